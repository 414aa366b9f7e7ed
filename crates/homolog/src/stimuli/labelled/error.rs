//! What can be wrong with labelled images.

use std::path::PathBuf;

use crate::stimuli::{ImageError, StimulusError};

/// Why images and masks do not make a labelled set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// Images or masks cannot be read.
    #[error(transparent)]
    Stimulus(#[from] StimulusError),
    /// A folder without one of its two parts.
    #[error(
        "cannot read labelled images from {}: there is no folder \"{missing}\" in it. It needs images/ID.png and masks/CATEGORY/CONCEPT/ID.png, or \
         images/ID.png, masks/ID.png and labels.csv",
        place.display()
    )]
    NoFolder {
        /// The folder.
        place: PathBuf,
        /// `images` or `masks`.
        missing: &'static str,
    },
    /// A mask that is not where masks are.
    #[error(
        "the mask {found:?} is of no concept: without a labels.csv, masks lie in masks/CATEGORY/CONCEPT/ID.png, in folders named after their category and \
         their concept"
    )]
    MaskPlace {
        /// Its path in the folder of masks.
        found: String,
    },
    /// Ids of masks and images differ.
    #[error(
        "the masks do not go with the images in {}: {n_without_image} of {n_masks} masks have no image ({masks}), and {n_without_mask} of {n_images} images \
         have no mask ({images}). A mask has the name of its image; an image that shows nothing has a black one",
        place.display()
    )]
    Ids {
        /// The folder.
        place: PathBuf,
        /// Masks without an image.
        n_without_image: usize,
        /// Masks in all.
        n_masks: usize,
        /// The first of them.
        masks: String,
        /// Images without a mask.
        n_without_mask: usize,
        /// Images in all.
        n_images: usize,
        /// The first of them.
        images: String,
    },
    /// A mask in a format that does not keep values.
    #[error("the mask {found:?} is a JPEG file, which does not keep values as they are; masks must be PNG or TIFF")]
    Lossy {
        /// Its path in the folder of masks.
        found: String,
    },
    /// A mask of another size than its image.
    #[error(
        "a mask of \"{id}\" is {} × {} pixels, and the image is {} × {}; masks must have the size of their image",
        found.0, found.1, needed.0, needed.1
    )]
    Size {
        /// The image.
        id: String,
        /// Width and height of the mask.
        found: (usize, usize),
        /// Width and height of the image.
        needed: (usize, usize),
    },
    /// A value that no line of the table lists.
    #[error("the mask of \"{id}\" has the value {found} at row {row}, column {column}, which labels.csv does not list")]
    Unlisted {
        /// The image.
        id: String,
        /// The value, as the table would have it.
        found: String,
        /// Where, from the top.
        row: usize,
        /// Where, from the left.
        column: usize,
    },
    /// The table of values cannot be read as such.
    #[error("cannot read the table of labels {}: {found}", place.display())]
    Table {
        /// The table.
        place: PathBuf,
        /// What is wrong, and where.
        found: String,
    },
    /// No concept at all.
    #[error("there are no concepts in {}: no mask and no line of labels.csv names one", place.display())]
    NoConcepts {
        /// The folder.
        place: PathBuf,
    },
    /// A mask that cannot be brought to the size of the network's input.
    #[error("cannot preprocess the masks of \"{id}\"")]
    Unpreprocessable {
        /// The image.
        id: String,
        /// What is wrong with its size.
        #[source]
        source: ImageError,
    },
}
