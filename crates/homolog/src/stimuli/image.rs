//! A decoded image.

use super::error::ImageError;

/// Rows of pixels, three interleaved channels (red, green, blue), each 0..=255, before any preprocessing.
///
/// There is always at least one pixel, and the bytes always fill the width and height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Pixels across.
    width: usize,
    /// Pixels down.
    height: usize,
    /// (height, width, 3).
    rgb: Vec<u8>,
}

impl Image {
    /// An image of `width` × `height` pixels from its bytes, (height, width, 3).
    ///
    /// # Errors
    /// [`ImageError::NoPixels`] when a side is 0, [`ImageError::WrongLength`] when the bytes do not fill it.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Result<Self, ImageError> {
        let needed = n_values(width, height, 3)?;
        if rgb.len() != needed {
            return Err(ImageError::WrongLength { width, height, found: rgb.len(), needed });
        }
        Ok(Self { width, height, rgb })
    }

    /// An image from one grey byte a pixel, (height, width), repeated over the three channels.
    ///
    /// # Errors
    /// As [`Image::new`].
    pub fn from_grey(width: usize, height: usize, grey: &[u8]) -> Result<Self, ImageError> {
        let needed = n_values(width, height, 1)?;
        if grey.len() != needed {
            return Err(ImageError::WrongLength { width, height, found: grey.len(), needed });
        }
        Self::new(width, height, grey.iter().flat_map(|&value| [value; 3]).collect())
    }

    /// An image of one colour.
    ///
    /// # Errors
    /// [`ImageError::NoPixels`] when a side is 0.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Result<Self, ImageError> {
        let n_pixels = n_values(width, height, 3)? / 3;
        Self::new(width, height, colour.repeat(n_pixels))
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The bytes, (height, width, 3): red, green, blue of the first pixel of the first row first.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The rows, top first, each (width, 3).
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.rgb.chunks_exact(self.width * 3)
    }

    /// Luma of each pixel as Pillow's `convert("L")` makes it (ITU-R 601-2: (19595 R + 38470 G + 7471 B + 32768) / 65536), (height, width).
    pub fn luma(&self) -> Vec<u8> {
        self.rgb
            .chunks_exact(3)
            .map(|pixel| {
                let sum: u32 =
                    pixel.iter().zip([19595, 38470, 7471]).map(|(&value, weight)| u32::from(value) * weight).sum();
                ((sum + 0x8000) >> 16) as u8
            })
            .collect()
    }
}

/// How many numbers an image of that size holds.
fn n_values(width: usize, height: usize, n_channels: usize) -> Result<usize, ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels { width, height });
    }
    width.checked_mul(height).and_then(|n_pixels| n_pixels.checked_mul(n_channels)).ok_or(ImageError::TooManyPixels {
        width,
        height,
        limit: usize::MAX as u64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_holds_exactly_its_pixels() {
        assert!(Image::new(2, 1, vec![0; 6]).is_ok());
        let error = Image::new(2, 2, vec![0; 6]).unwrap_err();
        assert_eq!(error.to_string(), "an image of 2 × 2 pixels needs 12 bytes, and there are 6");
        assert!(matches!(Image::new(0, 2, vec![]), Err(ImageError::NoPixels { .. })));
        assert!(matches!(Image::filled(usize::MAX, 2, [0; 3]), Err(ImageError::TooManyPixels { .. })));
    }

    #[test]
    fn grey_is_repeated_over_the_channels() {
        assert_eq!(Image::from_grey(2, 1, &[7, 9]).unwrap().rgb(), [7, 7, 7, 9, 9, 9]);
    }

    #[test]
    fn luma_weighs_green_most_and_keeps_white() {
        let image = Image::new(4, 1, vec![255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255]).unwrap();
        assert_eq!(image.luma(), [255, 76, 150, 29]); // round(255 × .299), round(255 × .587), round(255 × .114)
    }
}
