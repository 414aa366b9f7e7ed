//! How much of the image one unit of a stage sees.

/// The part of the image that one unit of a stage can depend on, along (height, width).
///
/// A unit at position `i` of the stage sees the image positions
/// `centre + i * stride - (size - 1) / 2 ..= centre + i * stride + (size - 1) / 2`, before clipping to the image.
///
/// # Reference
/// Araujo A, Norris W, Sim J (2019). Computing receptive fields of convolutional neural networks. Distill. doi 10.23915/distill.00021.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceptiveField {
    /// Extent in image pixels.
    pub size_px: [usize; 2],
    /// Image pixels between the fields of neighbouring units.
    pub stride_px: [usize; 2],
    /// Image position of the centre of the first unit's field, in pixels from the first pixel's centre; negative or
    /// half-integer values occur with padding.
    pub centre_px: [f64; 2],
}
