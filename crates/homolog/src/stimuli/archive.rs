//! Stimuli from a zip archive of images.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::StimulusError;
use super::folder::image_names;
use super::set::{IdStyle, Stimulus};
use super::source::{Source, open_archive};

/// The images in an archive. Only its table of contents is read.
pub(super) fn stimuli(path: &Path, ids: IdStyle) -> Result<Vec<Stimulus>, StimulusError> {
    let archive = open_archive(path)?;
    let mut names = Vec::with_capacity(archive.len());
    for name in archive.file_names() {
        let name = name.map_err(|source| StimulusError::Archive { place: path.display().to_string(), source })?;
        if !name.ends_with('/') {
            names.push(name.into_owned());
        }
    }
    let stimulus = |member: String| Stimulus {
        id: ids.id(&member),
        source: Source::ZipMember { archive: path.to_owned(), member },
        properties: BTreeMap::new(),
    };
    Ok(image_names(path, names)?.into_iter().map(stimulus).collect())
}
