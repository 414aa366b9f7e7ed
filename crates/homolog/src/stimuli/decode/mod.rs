//! Bytes of a file to an [`Image`], with the pixels that Pillow's `Image.open(file).convert("RGB")` gives.
//!
//! Two deliberate differences from Pillow: alpha is composed on a background (Pillow drops it and shows whatever lies under
//! transparent pixels), and 16-bit grey keeps its high byte, as Pillow does for 16-bit colour (for grey it clips at 255, so
//! that nearly every 16-bit image becomes white). As in Pillow, EXIF orientation, colour profiles and gamma are not applied.

mod jpeg;
mod raster;

use super::error::{DecodeError, ImageError};
use super::image::Image;
use super::source::Limits;

/// How files are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoding {
    /// What transparent pixels are composed on: red, green, blue.
    pub background: [u8; 3],
    /// Most pixels of an image, as its header states them; checked before memory is taken.
    pub max_pixels: u64,
}

impl Default for Decoding {
    /// Grey 128, as the screen around a stimulus; 100 million pixels.
    fn default() -> Self {
        Self { background: [128; 3], max_pixels: Limits::default().max_pixels }
    }
}

/// The formats that are read, by the bytes with which their files begin; names are not trusted.
enum Format {
    Jpeg,
    Png,
    Tiff,
}

impl Format {
    /// The format of a file.
    fn of(bytes: &[u8]) -> Result<Self, DecodeError> {
        match bytes {
            [] => Err(DecodeError::Empty),
            [0xff, 0xd8, 0xff, ..] => Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Ok(Self::Png),
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Ok(Self::Tiff),
            _ => Err(DecodeError::UnknownFormat {
                start: bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
            }),
        }
    }
}

/// The image in a JPEG, PNG or TIFF file.
///
/// JPEG: libjpeg-turbo's decoder (accurate integer transform, smooth chroma), Pillow's pixels exactly; grey, YCbCr, RGB, CMYK
/// and YCCK. PNG and TIFF: 1 to 16 bit grey, palette, colour, with and without alpha; 16-bit values keep their high byte; alpha
/// is composed on the background as Pillow's `paste` with a mask rounds it. TIFF: the first page.
///
/// # Errors
/// A [`DecodeError`] that says what is wrong: empty, another format, cut short (JPEG included, where the C library only warns),
/// damaged, a kind of pixel that is not read, more pixels than allowed. Never panics, whatever the bytes.
pub fn decode(bytes: &[u8], decoding: &Decoding) -> Result<Image, DecodeError> {
    match Format::of(bytes)? {
        Format::Jpeg => jpeg::decode(bytes, decoding.max_pixels),
        Format::Png => raster::decode(bytes, raster::PNG, decoding),
        Format::Tiff => raster::decode(bytes, raster::TIFF, decoding),
    }
}

/// Width and height that the file's header states. What follows the header is not looked at.
///
/// # Errors
/// As [`decode`], as far as the header shows it.
pub fn dimensions(bytes: &[u8], max_pixels: u64) -> Result<(usize, usize), DecodeError> {
    match Format::of(bytes)? {
        Format::Jpeg => jpeg::dimensions(bytes, max_pixels),
        Format::Png => raster::dimensions(bytes, raster::PNG, max_pixels),
        Format::Tiff => raster::dimensions(bytes, raster::TIFF, max_pixels),
    }
}

/// Refuses an image whose header states more pixels than allowed.
fn check_size(width: usize, height: usize, max_pixels: u64) -> Result<(usize, usize), ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels { width, height });
    }
    if (width as u128) * (height as u128) > u128::from(max_pixels) {
        return Err(ImageError::TooManyPixels { width, height, limit: max_pixels });
    }
    Ok((width, height))
}

/// `(a × b) / 255`, rounded, exactly as Pillow rounds it.
fn multiply_divide_255(a: u8, b: u8) -> u8 {
    divide_255(u32::from(a) * u32::from(b))
}

/// `sum / 255`, rounded, exactly as Pillow rounds it; `sum` is at most 255 × 255.
fn divide_255(sum: u32) -> u8 {
    let biased = sum + 128;
    (((biased >> 8) + biased) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_told_by_its_bytes() {
        let of = |bytes: &[u8]| decode(bytes, &Decoding::default()).unwrap_err().to_string();
        assert_eq!(of(b""), "the file is empty");
        assert_eq!(
            of(b"GIF89a"),
            "the file begins with 47 49 46 38, which is neither JPEG, PNG nor TIFF; convert it to PNG"
        );
    }

    #[test]
    fn division_by_255_rounds_to_the_nearest() {
        for sum in 0..=255 * 255 {
            assert_eq!(u32::from(divide_255(sum)), (sum as f64 / 255.0).round() as u32, "{sum}");
        }
    }

    #[test]
    fn an_image_over_the_limit_is_refused_before_it_is_decoded() {
        assert_eq!(
            check_size(20_000, 20_000, 100_000_000).unwrap_err().to_string(),
            "an image of 20000 × 20000 pixels is larger than the limit of 100000000 pixels; make it smaller, or raise the limit"
        );
    }
}
