//! Where the pixels of a stimulus are, and reading them within limits.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zip::ZipArchive;

use super::decode::{Decoding, decode, dimensions};
use super::error::{DecodeError, StimulusError};
use super::image::Image;
use super::set::Stimulus;

/// Where the pixels of one stimulus are.
#[derive(Clone, Debug)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A member of a zip archive.
    ZipMember {
        /// The archive.
        archive: PathBuf,
        /// The member's name in it.
        member: String,
    },
    /// Bytes in the middle of a file: one image of an array of images.
    ArrayRow {
        /// The file.
        file: PathBuf,
        /// Byte at which the image begins.
        offset: u64,
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// 1 or 3 bytes a pixel.
        n_channels: usize,
    },
    /// Decoded already: from an array of images, or made by the program.
    Decoded(Arc<Image>),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::ZipMember { archive, member } => {
                write!(formatter, "{} in {}", member, archive.display())
            }
            Self::ArrayRow { file, offset, .. } => {
                write!(formatter, "the image at byte {offset} of {}", file.display())
            }
            Self::Decoded(image) => {
                write!(formatter, "an image of {} × {} pixels in memory", image.width(), image.height())
            }
        }
    }
}

/// What one stimulus may grow to. Checked before memory is taken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, or member of an archive once unpacked.
    pub max_bytes: u64,
    /// Largest ratio of unpacked to packed size of a member of an archive that unpacks to more than 16 MiB.
    pub max_expansion: u64,
    /// Most pixels of one image, as its header states them.
    pub max_pixels: u64,
}

impl Default for Limits {
    /// 512 MiB, 200 times, 100 million pixels.
    fn default() -> Self {
        Self { max_bytes: 512 << 20, max_expansion: 200, max_pixels: 100_000_000 }
    }
}

/// Below this size an unpacked member harms nobody, however small it was packed.
const HARMLESS_BYTES: u64 = 16 << 20;

/// Reads stimuli one after the other; keeps archives open between them. Each thread has its own.
#[derive(Default)]
pub struct SourceReader {
    /// What one stimulus may grow to.
    limits: Limits,
    /// Archives that were opened.
    archives: BTreeMap<PathBuf, ZipArchive<BufReader<File>>>,
}

impl SourceReader {
    /// A reader that keeps to these limits.
    pub fn new(limits: Limits) -> Self {
        Self { limits, archives: BTreeMap::new() }
    }

    /// The image of a stimulus; alpha is composed on `background`.
    ///
    /// # Errors
    /// The bytes cannot be read ([`StimulusError::Unreadable`], [`StimulusError::Archive`]), are over the limits
    /// ([`StimulusError::TooManyBytes`], [`StimulusError::ExpandsTooMuch`]) or cannot be decoded
    /// ([`StimulusError::Undecodable`]).
    pub fn image(&mut self, stimulus: &Stimulus, background: [u8; 3]) -> Result<Arc<Image>, StimulusError> {
        let undecodable = |source: DecodeError| undecodable(stimulus, source);
        if let Source::Decoded(image) = &stimulus.source {
            return Ok(Arc::clone(image));
        }
        let bytes = self.bytes(stimulus)?;
        let image = match &stimulus.source {
            Source::ArrayRow { width, height, n_channels: 1, .. } => {
                Image::from_grey(*width, *height, &bytes).map_err(DecodeError::from)
            }
            Source::ArrayRow { width, height, .. } => Image::new(*width, *height, bytes).map_err(DecodeError::from),
            _ => decode(&bytes, &Decoding { background, max_pixels: self.limits.max_pixels }),
        };
        image.map(Arc::new).map_err(undecodable)
    }

    /// Width and height of a stimulus, from its header.
    ///
    /// # Errors
    /// As [`SourceReader::image`]; a file that is cut short after its header is not noticed.
    pub fn size(&mut self, stimulus: &Stimulus) -> Result<(usize, usize), StimulusError> {
        match &stimulus.source {
            Source::Decoded(image) => Ok((image.width(), image.height())),
            Source::ArrayRow { width, height, .. } => Ok((*width, *height)),
            _ => {
                let bytes = self.bytes(stimulus)?;
                dimensions(&bytes, self.limits.max_pixels).map_err(|source| undecodable(stimulus, source))
            }
        }
    }

    /// The bytes that a stimulus is made of: the whole file or member, the pixels of an array's row or a decoded image.
    ///
    /// # Errors
    /// As [`SourceReader::image`], without the decoding.
    pub fn bytes(&mut self, stimulus: &Stimulus) -> Result<Vec<u8>, StimulusError> {
        match &stimulus.source {
            Source::File(path) => self.file(path),
            Source::ZipMember { archive, member } => self.member(archive, member),
            Source::ArrayRow { file, offset, width, height, n_channels } => {
                let n_bytes = width.saturating_mul(*height).saturating_mul(*n_channels);
                self.within_limit(file.display(), n_bytes as u64)?;
                array_row(file, *offset, n_bytes).map_err(|source| unreadable(file.display(), source))
            }
            Source::Decoded(image) => Ok(image.rgb().to_vec()),
        }
    }

    /// The bytes of a file.
    fn file(&self, path: &Path) -> Result<Vec<u8>, StimulusError> {
        let failed = |source| unreadable(path.display(), source);
        let file = File::open(path).map_err(failed)?;
        let declared = file.metadata().map_err(failed)?.len();
        self.within_limit(path.display(), declared)?;
        let mut bytes = Vec::with_capacity(usize::try_from(declared).unwrap_or(0));
        file.take(self.limits.max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        self.within_limit(path.display(), bytes.len() as u64)?;
        Ok(bytes)
    }

    /// The bytes of an archive's member. Its stated sizes are checked first, and then what really comes, since a bomb may lie.
    fn member(&mut self, archive: &Path, member: &str) -> Result<Vec<u8>, StimulusError> {
        let limits = self.limits;
        let place = format!("{member} in {}", archive.display());
        let failed = |source| StimulusError::Archive { place: place.clone(), source };
        let opened = self.archive(archive)?;
        let entry = opened.by_name(member).map_err(failed)?;
        let (compressed, declared) = (entry.compressed_size(), entry.size());
        check_expansion(&place, compressed, declared, limits)?;
        let mut bytes = Vec::with_capacity(usize::try_from(declared.min(HARMLESS_BYTES)).unwrap_or(0));
        entry
            .take(limits.max_bytes.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|source| unreadable(&place, source))?;
        check_expansion(&place, compressed, bytes.len() as u64, limits)?;
        Ok(bytes)
    }

    /// The archive, opened at its first use.
    fn archive(&mut self, path: &Path) -> Result<&mut ZipArchive<BufReader<File>>, StimulusError> {
        if !self.archives.contains_key(path) {
            self.archives.insert(path.to_owned(), open_archive(path)?);
        }
        self.archives.get_mut(path).ok_or_else(|| unreadable(path.display(), io::ErrorKind::NotFound.into()))
    }

    /// Refuses what is over the limit of one stimulus.
    fn within_limit(&self, place: impl fmt::Display, found: u64) -> Result<(), StimulusError> {
        let limit = self.limits.max_bytes;
        if found > limit {
            return Err(StimulusError::TooManyBytes { place: place.to_string(), found, limit });
        }
        Ok(())
    }
}

/// Opens a zip archive and reads its table of contents.
pub(super) fn open_archive(path: &Path) -> Result<ZipArchive<BufReader<File>>, StimulusError> {
    let file = File::open(path).map_err(|source| unreadable(path.display(), source))?;
    ZipArchive::new(BufReader::new(file))
        .map_err(|source| StimulusError::Archive { place: path.display().to_string(), source })
}

/// Refuses a member that is too large, or that grows too much.
fn check_expansion(place: &str, compressed: u64, uncompressed: u64, limits: Limits) -> Result<(), StimulusError> {
    if uncompressed > limits.max_bytes {
        return Err(StimulusError::TooManyBytes {
            place: place.to_owned(),
            found: uncompressed,
            limit: limits.max_bytes,
        });
    }
    if uncompressed > HARMLESS_BYTES && uncompressed / compressed.max(1) > limits.max_expansion {
        return Err(StimulusError::ExpandsTooMuch {
            place: place.to_owned(),
            compressed,
            uncompressed,
            limit: limits.max_expansion,
        });
    }
    Ok(())
}

/// `n_bytes` of a file from `offset`.
fn array_row(file: &Path, offset: u64, n_bytes: usize) -> io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; n_bytes];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The operating system's reason, with the place.
pub(super) fn unreadable(place: impl fmt::Display, source: io::Error) -> StimulusError {
    StimulusError::Unreadable { place: place.to_string(), source }
}

/// The decoder's reason, with the stimulus.
fn undecodable(stimulus: &Stimulus, source: DecodeError) -> StimulusError {
    StimulusError::Undecodable { id: stimulus.id.clone(), place: stimulus.source.to_string(), source }
}
