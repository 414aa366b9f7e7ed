//! Stimuli: images with ids, their decoding, their size in visual degrees, and how they become a network's input.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// An image as decoded: rows of pixels, interleaved channels, before any preprocessing.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// 3: red, green, blue, each 0..=255. Grey is repeated, alpha is composed on the background, 16 bits are reduced to 8
    /// as Pillow reduces them.
    pub rgb: Vec<u8>,
}

/// Where the bytes of one stimulus are.
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
    /// Decoded already: from an array of images, or made by the program.
    Decoded(Arc<Image>),
}

/// One stimulus.
#[derive(Clone, Debug)]
pub struct Stimulus {
    /// Unique in its set.
    pub id: String,
    /// Where it is.
    pub source: Source,
    /// Category, position, and whatever else its table says of it.
    pub properties: BTreeMap<String, String>,
}

/// Stimuli in a fixed order, with unique ids.
#[derive(Clone, Debug)]
pub struct StimulusSet {
    /// The stimuli; private to construction so that ids stay unique.
    stimuli: Vec<Stimulus>,
    /// Width of each stimulus in degrees of visual angle, where the experiment states it.
    pub width_deg: Option<f64>,
}
