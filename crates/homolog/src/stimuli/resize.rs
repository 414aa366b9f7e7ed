//! Resampling as Pillow's `Image.resize` does it, to the last bit.
//!
//! Two passes, horizontal and vertical, with 8-bit pixels between them. Each output pixel is a weighted sum of the input
//! pixels under a filter that widens with the reduction (so that it is antialiased); weights are rounded to 22 bits after the point.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::error::ImageError;
use super::image::Image;

/// Bits after the point of a weight: 32, less 8 for the pixel and 2 for overshoot.
const FRACTION_BITS: u32 = 22;

/// Half of a unit, so that the shift at the end rounds.
const HALF: i32 = 1 << (FRACTION_BITS - 1);

/// The most pixels that an image may be enlarged to.
const MAX_PIXELS: u64 = 100_000_000;

/// The resampling filter; Pillow's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Filter {
    /// The mean of the input pixels.
    Box,
    /// A triangle, one pixel to each side.
    Bilinear,
    /// A Hamming window, one pixel to each side.
    Hamming,
    /// Keys' cubic with a = -0.5, two pixels to each side.
    Bicubic,
    /// A sinc under a sinc, three pixels to each side.
    Lanczos,
}

/// Whose order of the two passes: with 8-bit pixels between them, it shows in single levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PassOrder {
    /// Pillow before 13: always horizontal first.
    #[serde(rename = "pillow-12")]
    Pillow12,
    /// Pillow 13: vertical first where the height loses more than twice as many pixels as the width, else horizontal first.
    #[default]
    #[serde(rename = "pillow-13")]
    Pillow13,
}

impl PassOrder {
    /// Whether the vertical pass comes first on the way from one size to the other.
    fn is_vertical_first(self, image: &Image, width: usize, height: usize) -> bool {
        let lost = |from: usize, to: usize| from as i128 - to as i128;
        self == Self::Pillow13
            && height < image.height()
            && lost(image.height(), height) > 2 * lost(image.width(), width)
    }
}

impl Filter {
    /// How far the filter reaches to each side, in pixels of the smaller image.
    fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            Self::Bilinear | Self::Hamming => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    /// The filter's value at a distance from its centre.
    fn weight(self, distance: f64) -> f64 {
        let absolute = distance.abs();
        match self {
            Self::Box if distance > -0.5 && distance <= 0.5 => 1.0,
            Self::Bilinear if absolute < 1.0 => 1.0 - absolute,
            Self::Hamming if absolute == 0.0 => 1.0,
            Self::Hamming if absolute < 1.0 => {
                let angle = absolute * PI;
                // Pillow writes these two numbers in single precision, which shows in the last bit.
                angle.sin() / angle * (f64::from(0.54f32) + f64::from(0.46f32) * angle.cos())
            }
            Self::Bicubic => cubic(absolute),
            Self::Lanczos if (-3.0..3.0).contains(&distance) => sinc(distance) * sinc(distance / 3.0),
            _ => 0.0,
        }
    }
}

/// Keys' cubic with a = -0.5.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

/// sin(πx) / πx.
fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let angle = x * PI;
    angle.sin() / angle
}

/// Which input pixels make each output pixel, and with what weight.
struct Weights {
    /// For each output pixel, the first of its input pixels.
    starts: Vec<usize>,
    /// For each output pixel, its weights, in units of 2^-22.
    weights: Vec<Vec<i32>>,
}

impl Weights {
    /// The weights that turn `n_in` pixels into `n_out`.
    fn new(n_in: usize, n_out: usize, filter: Filter) -> Self {
        let scale = n_in as f64 / n_out as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let mut starts = Vec::with_capacity(n_out);
        let mut weights = Vec::with_capacity(n_out);
        for output in 0..n_out {
            let centre = (output as f64 + 0.5) * scale;
            // A cast drops what is after the point and takes negative numbers to 0, as the bounds need it.
            let start = (centre - support + 0.5) as usize;
            let end = ((centre + support + 0.5) as usize).min(n_in);
            let distance = |input: usize| (input as f64 - centre + 0.5) * (1.0 / stretch);
            let raw: Vec<f64> = (start..end).map(|input| filter.weight(distance(input))).collect();
            let total: f64 = raw.iter().sum();
            starts.push(start);
            weights.push(
                raw.iter().map(|&weight| fixed_point(if total == 0.0 { weight } else { weight / total })).collect(),
            );
        }
        Self { starts, weights }
    }

    /// For each output pixel, the first of its input pixels and their weights.
    fn iter(&self) -> impl Iterator<Item = (usize, &[i32])> {
        self.starts.iter().copied().zip(self.weights.iter().map(Vec::as_slice))
    }
}

/// A weight in units of 2^-22, halves away from zero.
fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << FRACTION_BITS);
    (scaled + if weight < 0.0 { -0.5 } else { 0.5 }) as i32
}

/// A sum of weighted pixels back to a pixel.
fn pixel(sum: i32) -> u8 {
    (sum >> FRACTION_BITS).clamp(0, 255) as u8
}

/// The image at another size, equal in every pixel to Pillow's `image.resize((width, height), filter)`. A side that keeps its
/// length is not touched. Most sizes give the same with either order of passes.
///
/// # Errors
/// [`ImageError::NoPixels`] for a side of 0, [`ImageError::TooManyPixels`] above 100 million pixels, between the passes too.
///
/// # Accuracy and randomness
/// Equal to Pillow 13.0.0 and 12.0.0 on every size in goldens/pillow/resize. Deterministic.
///
/// # Reference
/// Pillow, src/libImaging/Resample.c. Keys R G (1981). Cubic convolution interpolation for digital image processing.
/// IEEE Trans. ASSP 29:1153-1160. doi:10.1109/TASSP.1981.1163711.
pub fn resize(
    image: &Image,
    width: usize,
    height: usize,
    filter: Filter,
    order: PassOrder,
) -> Result<Image, ImageError> {
    check_output(width, height)?;
    if order.is_vertical_first(image, width, height) {
        resize_width(&resize_height(image, height, filter)?, width, filter)
    } else {
        resize_height(&resize_width(image, width, filter)?, height, filter)
    }
}

/// The horizontal pass, where the width changes.
fn resize_width(image: &Image, width: usize, filter: Filter) -> Result<Image, ImageError> {
    if width == image.width() {
        return Ok(image.clone());
    }
    check_output(width, image.height())?;
    Image::new(width, image.height(), resize_rows(image, width, filter))
}

/// The vertical pass, where the height changes.
fn resize_height(image: &Image, height: usize, filter: Filter) -> Result<Image, ImageError> {
    if height == image.height() {
        return Ok(image.clone());
    }
    check_output(image.width(), height)?;
    Image::new(image.width(), height, resize_columns(image, height, filter))
}

/// Refuses an output that is empty or would take gigabytes, as a very long image does when its shorter side is enlarged.
fn check_output(width: usize, height: usize) -> Result<(), ImageError> {
    if width == 0 || height == 0 {
        return Err(ImageError::NoPixels { width, height });
    }
    if (width as u64).saturating_mul(height as u64) > MAX_PIXELS {
        return Err(ImageError::TooManyPixels { width, height, limit: MAX_PIXELS });
    }
    Ok(())
}

/// Every row at another width.
fn resize_rows(image: &Image, width: usize, filter: Filter) -> Vec<u8> {
    let weights = Weights::new(image.width(), width, filter);
    let mut output = Vec::with_capacity(width * image.height() * 3);
    for row in image.rows() {
        for (start, weights) in weights.iter() {
            let mut sums = [HALF; 3];
            for (input, &weight) in row[start * 3..].chunks_exact(3).zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(input) {
                    *sum += i32::from(value) * weight;
                }
            }
            output.extend(sums.map(pixel));
        }
    }
    output
}

/// Every column at another height; whole rows are summed, which the compiler turns into vector instructions.
fn resize_columns(image: &Image, height: usize, filter: Filter) -> Vec<u8> {
    let row_bytes = image.width() * 3;
    let weights = Weights::new(image.height(), height, filter);
    let mut sums = vec![HALF; row_bytes];
    let mut output = Vec::with_capacity(row_bytes * height);
    for (start, weights) in weights.iter() {
        sums.fill(HALF);
        for (row, &weight) in image.rows().skip(start).zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        output.extend(sums.iter().map(|&sum| pixel(sum)));
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILTERS: [Filter; 5] = [Filter::Box, Filter::Bilinear, Filter::Hamming, Filter::Bicubic, Filter::Lanczos];

    #[test]
    fn halving_with_the_box_takes_means_of_pairs_rounded_half_up() {
        let image = Image::from_grey(4, 1, &[0, 1, 10, 20]).unwrap();
        assert_eq!(resize(&image, 2, 1, Filter::Box, PassOrder::default()).unwrap().rgb(), [1, 1, 1, 15, 15, 15]);
    }

    #[test]
    fn a_step_overshoots_with_the_cubic_and_is_clamped() {
        let image = Image::from_grey(4, 1, &[0, 0, 255, 255]).unwrap();
        let wide = resize(&image, 8, 1, Filter::Bicubic, PassOrder::default()).unwrap();
        assert!(wide.rgb().contains(&0) && wide.rgb().contains(&255));
    }

    #[test]
    fn an_output_without_pixels_or_of_gigabytes_is_refused() {
        let image = Image::from_grey(1, 100_000, &vec![9; 100_000]).unwrap();
        assert!(matches!(resize(&image, 0, 5, Filter::Box, PassOrder::default()), Err(ImageError::NoPixels { .. })));
        assert!(matches!(
            resize(&image, 256, 25_600_000, Filter::Box, PassOrder::default()),
            Err(ImageError::TooManyPixels { .. })
        ));
    }

    proptest! {
        #[test]
        fn one_colour_stays_one_colour(width in 1usize..40, height in 1usize..40, to in (1usize..60, 1usize..60), colour: [u8; 3]) {
            let image = Image::filled(width, height, colour).unwrap();
            for filter in FILTERS {
                prop_assert_eq!(resize(&image, to.0, to.1, filter, PassOrder::default()).unwrap(), Image::filled(to.0, to.1, colour).unwrap());
            }
        }

        #[test]
        fn rows_and_columns_are_treated_alike(side in 1usize..20, to in 1usize..30, values in proptest::collection::vec(any::<u8>(), 20)) {
            let values = &values[..side];
            for filter in FILTERS {
                let row = resize(&Image::from_grey(side, 1, values).unwrap(), to, 1, filter, PassOrder::default()).unwrap();
                let column = resize(&Image::from_grey(1, side, values).unwrap(), 1, to, filter, PassOrder::default()).unwrap();
                prop_assert_eq!(row.rgb(), column.rgb());
            }
        }
    }
}
