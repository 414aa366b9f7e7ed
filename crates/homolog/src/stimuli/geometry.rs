//! Sizes and places: torchvision's shorter side and centre crop, Brain-Score's screen.

use super::error::ImageError;
use super::image::Image;

/// Width and height at which the shorter side is `size_px`, as torchvision's `Resize(size_px)` rounds them: the longer side is
/// size × longer / shorter, cut to a whole number.
pub fn shorter_side_to(size_px: usize, width: usize, height: usize) -> (usize, usize) {
    let longer = |long: usize, short: usize| (size_px as f64 * long as f64 / short.max(1) as f64) as usize;
    if width <= height { (size_px, longer(height, width)) } else { (longer(width, height), size_px) }
}

/// The middle `width` × `height` pixels, as torchvision's `CenterCrop` finds them: offsets are (side - crop) / 2, halves to
/// the even number; an image that is too small is first padded with black, the extra pixel on the left and top rounded down.
///
/// # Errors
/// [`ImageError::NoPixels`] for a side of 0.
pub fn crop_centre(image: &Image, width: usize, height: usize) -> Result<Image, ImageError> {
    let offset = |side: usize, crop: usize| match side.checked_sub(crop) {
        Some(surplus) => half_to_even(surplus) as isize,
        None => -(((crop - side) / 2) as isize),
    };
    window(image, offset(image.width(), width), offset(image.height(), height), width, height, [0; 3])
}

/// The image as it appears on a screen `to_deg` wide when it is `from_deg` wide itself: smaller than the screen, it is put in
/// the middle of a larger image of `background`; larger, it is cut to its middle. Pixels are not resampled.
///
/// The new sides are round(side × to / from); the offsets are half of the difference; halves go to the even number: as
/// Brain-Score's `place_on_screen` does it, whose background is grey 128.
///
/// # Errors
/// [`ImageError::TooManyPixels`] when the screen would have more than 100 million pixels.
///
/// # Reference
/// brain-score/vision, brainscore_vision/benchmark_helpers/screen.py.
pub fn place_on_screen(image: &Image, from_deg: f64, to_deg: f64, background: [u8; 3]) -> Result<Image, ImageError> {
    const MAX_PIXELS: u64 = 100_000_000;
    if from_deg == to_deg {
        return Ok(image.clone());
    }
    let ratio = to_deg / from_deg;
    // At least the one pixel in the middle is seen, however small the screen.
    let on_screen = |side: usize| ((side as f64 * ratio).round_ties_even() as usize).max(1);
    let (width, height) = (on_screen(image.width()), on_screen(image.height()));
    if (width as u64).saturating_mul(height as u64) > MAX_PIXELS {
        return Err(ImageError::TooManyPixels { width, height, limit: MAX_PIXELS });
    }
    let offset = |side: usize, screen: usize| match side.checked_sub(screen) {
        Some(surplus) => half_to_even(surplus) as isize,
        None => -(half_to_even(screen - side) as isize),
    };
    window(image, offset(image.width(), width), offset(image.height(), height), width, height, background)
}

/// Half of a number, rounded to the even one where it is not whole.
fn half_to_even(number: usize) -> usize {
    (number as f64 / 2.0).round_ties_even() as usize
}

/// `width` × `height` pixels from column `left` and row `top` on; `fill` where the image has none.
fn window(
    image: &Image,
    left: isize,
    top: isize,
    width: usize,
    height: usize,
    fill: [u8; 3],
) -> Result<Image, ImageError> {
    let n_before = |offset: isize| offset.min(0).unsigned_abs();
    let (first_column, first_row) = (left.max(0) as usize, top.max(0) as usize);
    let n_columns = image.width().saturating_sub(first_column).min(width.saturating_sub(n_before(left)));
    let n_rows = image.height().saturating_sub(first_row).min(height.saturating_sub(n_before(top)));
    let mut rgb = Image::filled(width, height, fill)?.rgb().to_vec();
    let start = n_before(left) * 3;
    for (to, from) in rgb.chunks_exact_mut(width * 3).skip(n_before(top)).zip(image.rows().skip(first_row).take(n_rows))
    {
        to[start..start + n_columns * 3].copy_from_slice(&from[first_column * 3..][..n_columns * 3]);
    }
    Image::new(width, height, rgb)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ramp(width: usize, height: usize) -> Image {
        Image::from_grey(width, height, &(1..=(width * height) as u8).collect::<Vec<_>>()).unwrap()
    }

    fn grey(image: &Image) -> Vec<u8> {
        image.rgb().iter().step_by(3).copied().collect()
    }

    #[test]
    fn the_longer_side_is_cut_to_a_whole_number() {
        assert_eq!(shorter_side_to(256, 500, 375), (341, 256)); // 341.33
        assert_eq!(shorter_side_to(256, 333, 500), (256, 384)); // 384.38
        assert_eq!(shorter_side_to(10, 7, 7), (10, 10));
    }

    #[test]
    fn a_crop_rounds_its_offset_to_even() {
        assert_eq!(grey(&crop_centre(&ramp(4, 1), 1, 1).unwrap()), [3]); // 1.5 → 2
        assert_eq!(grey(&crop_centre(&ramp(6, 1), 1, 1).unwrap()), [3]); // 2.5 → 2
        assert_eq!(grey(&crop_centre(&ramp(3, 3), 1, 1).unwrap()), [5]);
    }

    #[test]
    fn a_crop_larger_than_the_image_is_padded_with_black() {
        assert_eq!(grey(&crop_centre(&ramp(1, 1), 4, 1).unwrap()), [0, 1, 0, 0]);
    }

    #[test]
    fn half_as_wide_as_the_screen_is_a_quarter_of_it() {
        let on_screen = place_on_screen(&ramp(2, 2), 4.0, 8.0, [128; 3]).unwrap();
        assert_eq!((on_screen.width(), on_screen.height()), (4, 4));
        assert_eq!(grey(&on_screen), [128, 128, 128, 128, 128, 1, 2, 128, 128, 3, 4, 128, 128, 128, 128, 128]);
    }

    #[test]
    fn wider_than_the_screen_is_cut() {
        assert_eq!(grey(&place_on_screen(&ramp(4, 4), 8.0, 4.0, [128; 3]).unwrap()), [6, 7, 10, 11]);
        assert_eq!(place_on_screen(&ramp(3, 3), 8.0, 1e-9, [128; 3]).unwrap().width(), 1);
        assert!(place_on_screen(&ramp(3, 3), 1e-9, 8.0, [128; 3]).is_err());
    }

    proptest! {
        #[test]
        fn windows_have_the_asked_size(width in 1usize..9, height in 1usize..9, crop in (1usize..12, 1usize..12), ratio in 0.05f64..20.0) {
            let image = ramp(width, height);
            let cropped = crop_centre(&image, crop.0, crop.1).unwrap();
            prop_assert_eq!((cropped.width(), cropped.height()), crop);
            let screen = place_on_screen(&image, 1.0, ratio, [0; 3]).unwrap();
            prop_assert_eq!(screen.width(), ((width as f64 * ratio).round_ties_even() as usize).max(1));
        }
    }
}
