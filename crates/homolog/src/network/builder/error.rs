//! Why an architecture cannot be built.

/// Why an architecture cannot be built.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// A window that is larger than what it slides over.
    #[error(
        "cannot build {architecture} for images of {} x {} pixels (width x height): at \"{at}\" only {} x {} positions are \
         left for a window of {} x {}",
        image_px[1], image_px[0], left[1], left[0], window[1], window[0]
    )]
    ImageTooSmall {
        /// Name of the architecture.
        architecture: String,
        /// Height and width asked for.
        image_px: [usize; 2],
        /// The layer.
        at: String,
        /// Height and width that arrive there, padding included.
        left: [usize; 2],
        /// Height and width of its window.
        window: [usize; 2],
    },
    /// An image size for which the architecture has no parameters or no even pooling.
    #[error(
        "cannot build {architecture} for images of {} x {} pixels (width x height): \"{at}\" gets {} x {} positions and needs {needed}",
        image_px[1], image_px[0], found[1], found[0]
    )]
    ImageSize {
        /// Name of the architecture.
        architecture: String,
        /// Height and width asked for.
        image_px: [usize; 2],
        /// The layer.
        at: String,
        /// Height and width that arrive there.
        found: [usize; 2],
        /// What the layer can take.
        needed: String,
    },
    /// A layer that does not fit the value it is applied to.
    #[error(
        "cannot build {architecture}: \"{at}\" got a value of shape {found:?} (without the batch) and needs {needed}"
    )]
    Shape {
        /// Name of the architecture.
        architecture: String,
        /// The layer.
        at: String,
        /// The value's shape.
        found: Vec<usize>,
        /// What the layer can take.
        needed: String,
    },
    /// Two layers of one name.
    #[error("cannot build {architecture}: two layers are called \"{at}\"")]
    NameTaken {
        /// Name of the architecture.
        architecture: String,
        /// The name.
        at: String,
    },
}
