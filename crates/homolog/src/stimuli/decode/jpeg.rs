//! JPEG by libjpeg-turbo's decoder. It unwinds where it cannot go on, and only warns where the file ends too soon: both become errors here.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::{ColorSpace, Decompress};

use super::{check_size, multiply_divide_255};
use crate::stimuli::error::DecodeError;
use crate::stimuli::image::Image;

/// The format's name in messages.
const JPEG: &str = "JPEG";

/// The file's bytes; notices when more are asked for than there are, where the decoder would make up an end of image.
struct Bytes<'a> {
    /// What was not yet read.
    rest: &'a [u8],
    /// Whether more was asked for than there was.
    ran_out: &'a Cell<bool>,
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.rest.read(buffer)
    }
}

impl BufRead for Bytes<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.rest.is_empty() {
            self.ran_out.set(true);
        }
        Ok(self.rest)
    }

    fn consume(&mut self, n_bytes: usize) {
        self.rest = self.rest.get(n_bytes..).unwrap_or_default();
    }
}

/// Runs `read` on the file's header and what follows it; whatever way it ends, the answer is a value.
fn contained<T>(
    bytes: &[u8],
    read: impl FnOnce(Decompress<Bytes<'_>>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    let ran_out = Cell::new(false);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let header = Decompress::new_reader(Bytes { rest: bytes, ran_out: &ran_out }).map_err(damaged)?;
        read(header)
    }));
    match result {
        Ok(Err(error @ DecodeError::Image(_))) => Err(error),
        _ if ran_out.get() => Err(DecodeError::Truncated { format: JPEG, n_bytes: bytes.len() }),
        Ok(result) => result,
        Err(panic) => {
            let message = panic.downcast_ref::<String>().map_or("its decoder stopped", String::as_str);
            let found = message.trim_start_matches("libjpeg fatal error: ").to_owned();
            Err(DecodeError::Damaged { format: JPEG, found })
        }
    }
}

/// The decoder's error in our words.
fn damaged(error: io::Error) -> DecodeError {
    DecodeError::Damaged { format: JPEG, found: error.to_string() }
}

/// Width and height in the header.
pub(super) fn dimensions(bytes: &[u8], max_pixels: u64) -> Result<(usize, usize), DecodeError> {
    contained(bytes, |header| Ok(check_size(header.width(), header.height(), max_pixels)?))
}

/// The image.
pub(super) fn decode(bytes: &[u8], max_pixels: u64) -> Result<Image, DecodeError> {
    contained(bytes, |header| {
        let (width, height) = check_size(header.width(), header.height(), max_pixels)?;
        let has_black = matches!(header.color_space(), ColorSpace::JCS_CMYK | ColorSpace::JCS_YCCK);
        let target = if has_black { ColorSpace::JCS_CMYK } else { ColorSpace::JCS_RGB };
        let mut started = header.to_colorspace(target).map_err(damaged)?;
        let pixels: Vec<u8> = started.read_scanlines().map_err(damaged)?;
        started.finish().map_err(damaged)?;
        let rgb = if has_black { rgb_from_inverted_cmyk(&pixels) } else { pixels };
        Ok(Image::new(width, height, rgb)?)
    })
}

/// Red, green and blue of cyan, magenta, yellow and black that are stored inverted, as Adobe's programs and so Pillow take all
/// four-channel JPEG to be: with c = 255 - stored, red = (255 - k) - c (255 - k) / 255.
fn rgb_from_inverted_cmyk(stored: &[u8]) -> Vec<u8> {
    stored
        .chunks_exact(4)
        .flat_map(|pixel| {
            let without_black = pixel[3];
            [0, 1, 2]
                .map(|channel| without_black.saturating_sub(multiply_divide_255(255 - pixel[channel], without_black)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inverted_cmyk_becomes_colour() {
        // Nothing printed is white; full black is black; full cyan without black is 0, 255, 255.
        let stored = [255, 255, 255, 255, 255, 255, 255, 0, 0, 255, 255, 255];
        assert_eq!(rgb_from_inverted_cmyk(&stored), [255, 255, 255, 0, 0, 0, 0, 255, 255]);
    }

    #[test]
    fn a_header_that_ends_is_cut_short_and_one_that_lies_is_damaged() {
        assert!(matches!(decode(&[0xff, 0xd8, 0xff], 100), Err(DecodeError::Truncated { .. })));
        let error = decode(&[0xff, 0xd8, 0xff, 0xd8, 0, 0], 100).unwrap_err();
        assert!(matches!(error, DecodeError::Damaged { .. }), "{error}");
    }
}
