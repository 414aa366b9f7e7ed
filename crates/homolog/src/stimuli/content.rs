//! A hash of a set of stimuli, for a result's provenance.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::error::StimulusError;
use super::set::StimulusSet;
use super::source::{Limits, Source, SourceReader};

impl StimulusSet {
    /// A hash (SHA-256, hexadecimal) of the ids and the bytes of every stimulus, in order: files as they are stored, decoded
    /// images by their size and pixels. The same images in another file format have another hash, since their pixels may
    /// differ. Reads everything once, on all of rayon's threads; does not depend on how many those are.
    ///
    /// # Errors
    /// Those of [`SourceReader::bytes`]; of several, the first in the set's order.
    pub fn content_hash(&self, limits: Limits) -> Result<String, StimulusError> {
        let digests: Vec<Result<[u8; 32], StimulusError>> = (self.stimuli())
            .par_iter()
            .map_init(
                || SourceReader::new(limits),
                |reader, stimulus| {
                    let mut hasher = Sha256::new();
                    match &stimulus.source {
                        Source::ArrayRow { width, height, .. } => hasher.update(format!("pixels {width} {height}\n")),
                        Source::Decoded(image) => {
                            hasher.update(format!("pixels {} {}\n", image.width(), image.height()))
                        }
                        Source::File(_) | Source::ZipMember { .. } => hasher.update("file\n"),
                    }
                    hasher.update(reader.bytes(stimulus)?);
                    Ok(hasher.finalize().into())
                },
            )
            .collect();
        let mut hasher = Sha256::new();
        hasher.update(b"homolog stimuli 1\n");
        for (stimulus, digest) in self.stimuli().iter().zip(digests) {
            // The length before the id, so that no two lists of ids read the same.
            hasher.update((stimulus.id.len() as u64).to_le_bytes());
            hasher.update(&stimulus.id);
            hasher.update(digest?);
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}
