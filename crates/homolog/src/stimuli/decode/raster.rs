//! PNG and TIFF by the `image` crate.

use std::io::{Cursor, ErrorKind};

use image::error::{ImageError as ReaderError, LimitErrorKind};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::{Decoding, check_size, divide_255};
use crate::stimuli::error::DecodeError;
use crate::stimuli::image::Image;

/// A format that this file reads: its reader, and its name in messages.
#[derive(Clone, Copy)]
pub(super) struct Raster {
    format: ImageFormat,
    name: &'static str,
}

/// PNG.
pub(super) const PNG: Raster = Raster { format: ImageFormat::Png, name: "PNG" };

/// TIFF.
pub(super) const TIFF: Raster = Raster { format: ImageFormat::Tiff, name: "TIFF" };

/// Memory that a decoder may take beyond the pixels themselves.
const WORKING_BYTES: u64 = 64 << 20;

/// A decoder that has read the header and found the size allowed.
fn opened<'a>(
    bytes: &'a [u8],
    raster: Raster,
    max_pixels: u64,
) -> Result<(impl ImageDecoder + 'a, usize, usize), DecodeError> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), raster.format);
    let mut limits = Limits::no_limits();
    // 16-bit alpha and colour are the widest pixels: 8 bytes, held twice while bytes are put in order.
    limits.max_alloc = Some(max_pixels.saturating_mul(16).saturating_add(WORKING_BYTES));
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|error| in_our_words(error, raster, bytes.len()))?;
    let (width, height) = decoder.dimensions();
    let (width, height) = check_size(width as usize, height as usize, max_pixels)?;
    Ok((decoder, width, height))
}

/// Width and height in the header.
pub(super) fn dimensions(bytes: &[u8], raster: Raster, max_pixels: u64) -> Result<(usize, usize), DecodeError> {
    opened(bytes, raster, max_pixels).map(|(_, width, height)| (width, height))
}

/// The image.
pub(super) fn decode(bytes: &[u8], raster: Raster, decoding: &Decoding) -> Result<Image, DecodeError> {
    let (decoder, width, height) = opened(bytes, raster, decoding.max_pixels)?;
    let decoded = DynamicImage::from_decoder(decoder).map_err(|error| in_our_words(error, raster, bytes.len()))?;
    let background = decoding.background;
    let rgb = match decoded {
        DynamicImage::ImageLuma8(pixels) => colour_from_grey::<1>(&pixels, background),
        DynamicImage::ImageLumaA8(pixels) => colour_from_grey::<2>(&pixels, background),
        DynamicImage::ImageRgb8(pixels) => pixels.into_raw(),
        DynamicImage::ImageRgba8(pixels) => composed(pixels.chunks_exact(4), background),
        DynamicImage::ImageLuma16(pixels) => colour_from_grey::<1>(&high_bytes(&pixels), background),
        DynamicImage::ImageLumaA16(pixels) => colour_from_grey::<2>(&high_bytes(&pixels), background),
        DynamicImage::ImageRgb16(pixels) => high_bytes(&pixels),
        DynamicImage::ImageRgba16(pixels) => composed(high_bytes(&pixels).chunks_exact(4), background),
        other => {
            let found = format!("{:?} pixels", other.color());
            return Err(DecodeError::UnsupportedPixels { format: raster.name, found });
        }
    };
    Ok(Image::new(width, height, rgb)?)
}

/// The more significant byte of each value, as Pillow reduces 16-bit colour.
fn high_bytes(values: &[u16]) -> Vec<u8> {
    values.iter().map(|value| (value >> 8) as u8).collect()
}

/// Grey, alone (`N` = 1) or followed by alpha (`N` = 2), as colour.
fn colour_from_grey<const N: usize>(grey: &[u8], background: [u8; 3]) -> Vec<u8> {
    if N == 1 {
        return grey.iter().flat_map(|&value| [value; 3]).collect();
    }
    grey.chunks_exact(2).flat_map(|pixel| over([pixel[0]; 3], pixel[1], background)).collect()
}

/// Colour with alpha on a background.
fn composed<'a>(pixels: impl Iterator<Item = &'a [u8]>, background: [u8; 3]) -> Vec<u8> {
    pixels.flat_map(|pixel| over([pixel[0], pixel[1], pixel[2]], pixel[3], background)).collect()
}

/// One pixel on the background: (background (255 - alpha) + colour × alpha) / 255.
fn over(colour: [u8; 3], alpha: u8, background: [u8; 3]) -> [u8; 3] {
    [0, 1, 2].map(|channel| {
        divide_255(
            u32::from(background[channel]) * u32::from(255 - alpha) + u32::from(colour[channel]) * u32::from(alpha),
        )
    })
}

/// The reader's error in our words.
fn in_our_words(error: ReaderError, raster: Raster, n_bytes: usize) -> DecodeError {
    let format = raster.name;
    if ended_early(&error) {
        return DecodeError::Truncated { format, n_bytes };
    }
    match error {
        ReaderError::Unsupported(unsupported) => {
            DecodeError::UnsupportedPixels { format, found: unsupported.to_string() }
        }
        ReaderError::Limits(limit) if limit.kind() == LimitErrorKind::InsufficientMemory => {
            DecodeError::Damaged { format, found: "it asks for more memory than its size explains".to_owned() }
        }
        other => DecodeError::Damaged { format, found: other.to_string() },
    }
}

/// Whether any of the error's causes is the end of the file.
fn ended_early(error: &ReaderError) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        let is_end = |io: &std::io::Error| io.kind() == ErrorKind::UnexpectedEof;
        if current.downcast_ref::<std::io::Error>().is_some_and(is_end) {
            return true;
        }
        cause = current.source();
    }
    // Readers wrap the operating system's error in different ways; their words for it are the same.
    error.to_string().contains("unexpected end of file") || error.to_string().contains("failed to fill whole buffer")
}
