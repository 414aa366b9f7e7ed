//! What can be wrong with a stimulus, in words that name it.

use std::path::PathBuf;

/// Why an image could not be made or changed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageError {
    /// A side of length 0.
    #[error("an image of {width} × {height} pixels has no pixels; both sides must be at least 1")]
    NoPixels {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// The bytes do not fill the stated size.
    #[error("an image of {width} × {height} pixels needs {needed} bytes, and there are {found}")]
    WrongLength {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// Bytes that there are.
        found: usize,
        /// Bytes that there must be.
        needed: usize,
    },
    /// Larger than the limit.
    #[error(
        "an image of {width} × {height} pixels is larger than the limit of {limit} pixels; make it smaller, or raise the limit"
    )]
    TooManyPixels {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// Pixels that are allowed.
        limit: u64,
    },
}

/// Why bytes could not be decoded to an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// There are no bytes.
    #[error("the file is empty")]
    Empty,
    /// Not a format that is read.
    #[error("the file begins with {start}, which is neither JPEG, PNG nor TIFF; convert it to PNG")]
    UnknownFormat {
        /// The first bytes, in hexadecimal.
        start: String,
    },
    /// The end is missing.
    #[error("the {format} file is cut short: its {n_bytes} bytes end before the image does; copy or download it again")]
    Truncated {
        /// JPEG, PNG or TIFF.
        format: &'static str,
        /// Bytes that there are.
        n_bytes: usize,
    },
    /// The decoder found something that cannot be.
    #[error("the {format} file is damaged: {found}")]
    Damaged {
        /// JPEG, PNG or TIFF.
        format: &'static str,
        /// What the decoder said.
        found: String,
    },
    /// A kind of pixel that is not read.
    #[error(
        "the {format} file holds {found}, which homolog does not read (it reads 8 and 16 bit grey, colour and palette, with and without alpha); convert it to 8-bit PNG"
    )]
    UnsupportedPixels {
        /// JPEG, PNG or TIFF.
        format: &'static str,
        /// What it holds.
        found: String,
    },
    /// The image itself is impossible or too large.
    #[error(transparent)]
    Image(#[from] ImageError),
}

/// Why a set of stimuli could not be made or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StimulusError {
    /// Two stimuli with one id.
    #[error(
        "two stimuli have the id {id:?}: {first} and {second}. Ids must be unique: rename one, or make ids of whole file names (--ids name; in a manifest, stimuli.id = \"name\")"
    )]
    DuplicateId {
        /// The id.
        id: String,
        /// Where the first is.
        first: String,
        /// Where the second is.
        second: String,
    },
    /// An id without characters.
    #[error("the stimulus {place} has an empty id; every stimulus needs one")]
    EmptyId {
        /// Where it is.
        place: String,
    },
    /// No stimuli at all.
    #[error("there are no images in {}; homolog reads .jpg, .jpeg, .png, .tif and .tiff", place.display())]
    NoStimuli {
        /// Folder, archive or table.
        place: PathBuf,
    },
    /// Images of a format that is not read.
    #[error("{n_files} images in {} have a format that homolog does not read, first {first:?}; convert them to PNG or JPEG", place.display())]
    UnsupportedFiles {
        /// Folder or archive.
        place: PathBuf,
        /// How many.
        n_files: usize,
        /// The first of them.
        first: String,
    },
    /// The operating system did not give the bytes.
    #[error("cannot read {place}")]
    Unreadable {
        /// File, or archive and member.
        place: String,
        /// The operating system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The archive or its member is damaged, encrypted or of an unsupported compression.
    #[error("cannot read {place}")]
    Archive {
        /// Archive, and member where one is meant.
        place: String,
        /// The archive reader's reason.
        #[source]
        source: zip::result::ZipError,
    },
    /// Larger than the limit, declared or found while reading.
    #[error(
        "{place} is {found} bytes or more, and the limit for one stimulus is {limit} bytes; it is not a plausible image, so nothing was read"
    )]
    TooManyBytes {
        /// File, or archive and member.
        place: String,
        /// Bytes declared, or read so far.
        found: u64,
        /// Bytes that are allowed.
        limit: u64,
    },
    /// A member of an archive that grows too much.
    #[error("{place} would grow from {compressed} to {uncompressed} bytes, {} times; the limit is {limit} times. This is how zip bombs are made; unpack the archive yourself if you trust it", uncompressed / compressed.max(&1))]
    ExpandsTooMuch {
        /// Archive and member.
        place: String,
        /// Bytes in the archive.
        compressed: u64,
        /// Bytes outside.
        uncompressed: u64,
        /// Largest ratio that is allowed.
        limit: u64,
    },
    /// The bytes are not an image that can be decoded.
    #[error("cannot decode stimulus {id:?} ({place})")]
    Undecodable {
        /// The stimulus.
        id: String,
        /// File, or archive and member.
        place: String,
        /// The decoder's reason.
        #[source]
        source: DecodeError,
    },
    /// The image cannot be preprocessed.
    #[error("cannot preprocess stimulus {id:?} ({place})")]
    Unpreprocessable {
        /// The stimulus.
        id: String,
        /// Where it is.
        place: String,
        /// What is wrong with its size.
        #[source]
        source: ImageError,
    },
    /// Two stimuli have different sizes after preprocessing.
    #[error("stimulus {id:?} is {} × {} pixels after preprocessing {preprocessing:?}, and the first in its batch is {} × {}; add a crop or a resize to both sides to the recipe", size.0, size.1, first.0, first.1)]
    UnequalSizes {
        /// The stimulus.
        id: String,
        /// The recipe.
        preprocessing: String,
        /// Its width and height.
        size: (usize, usize),
        /// Width and height of the first.
        first: (usize, usize),
    },
    /// The table of stimuli cannot be read as such.
    #[error("cannot read the table {}: {found}", place.display())]
    Table {
        /// The table.
        place: PathBuf,
        /// What is wrong, and where.
        found: String,
    },
    /// The array cannot be read as images.
    #[error("cannot read images from {}: {found}", place.display())]
    Array {
        /// The file.
        place: PathBuf,
        /// What is wrong, and what was needed.
        found: String,
    },
    /// A path that no reader is known for.
    #[error("cannot read stimuli from {}: it is neither a folder nor a .zip, .csv or .npy file", place.display())]
    UnknownKind {
        /// The path.
        place: PathBuf,
    },
    /// Ids that are not in the set.
    #[error("{n_missing} of {n_wanted} stimuli are not in the set: {listed}")]
    MissingIds {
        /// How many are missing.
        n_missing: usize,
        /// How many were asked for.
        n_wanted: usize,
        /// The first of them.
        listed: String,
    },
    /// A width in degrees that cannot be.
    #[error("a stimulus cannot be {found} degrees wide; the width must be above 0 and at most 360")]
    ImpossibleWidth {
        /// The width that was stated.
        found: f64,
    },
    /// A stimulus that the program should make cannot be made.
    #[error("cannot make the stimuli")]
    Ungenerated {
        /// What is wrong with its size.
        #[source]
        source: ImageError,
    },
    /// A thread of the loader ended without saying why.
    #[error("the thread that reads stimulus {id:?} ended unexpectedly; this is a bug in homolog")]
    ReaderGone {
        /// The stimulus that was waited for.
        id: String,
    },
}
