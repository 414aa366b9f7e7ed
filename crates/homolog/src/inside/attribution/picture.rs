//! Maps as pictures: in colour, and over the image.

use ndarray::Array2;

use crate::report::figure::ColourMap;
use crate::stimuli::{Image, ImageError};

/// The share of pixels that is shown in less than the strongest colour.
const SHOWN: f64 = 0.995;

/// How much of an overlay is the map, where it is not signed.
const OPACITY: f64 = 0.55;

/// How a map's numbers become colours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shading {
    /// Blue below 0, white at 0, orange above; the strongest colours at ± this number.
    Diverging(f64),
    /// Dark violet at the first number to bright yellow at the second.
    Sequential(f64, f64),
}

impl Shading {
    /// Diverging for a map with numbers below 0, with the 99.5th percentile of absolute values as its end; else from the least
    /// number to the 99.5th percentile.
    pub fn of(map: &Array2<f64>) -> Self {
        if map.iter().any(|value| *value < 0.0) {
            return Self::Diverging(quantile(map.iter().map(|value| value.abs())));
        }
        let least = map.iter().copied().fold(f64::INFINITY, f64::min);
        Self::Sequential(least, quantile(map.iter().copied()))
    }

    /// 0 to 1; .5 is a diverging map's 0.
    fn share(self, value: f64) -> f64 {
        match self {
            Self::Diverging(end) if end > 0.0 => 0.5 + 0.5 * (value / end).clamp(-1.0, 1.0),
            Self::Diverging(_) => 0.5,
            Self::Sequential(least, end) if end > least => ((value - least) / (end - least)).clamp(0.0, 1.0),
            Self::Sequential(..) => 0.0,
        }
    }

    fn colour(self, value: f64) -> [u8; 3] {
        let map = if let Self::Diverging(_) = self { ColourMap::BlueToOrange } else { ColourMap::Viridis };
        map.colour(self.share(value))
    }
}

/// The map in colour.
///
/// # Errors
/// [`ImageError`] when a side is 0.
pub fn shaded(map: &Array2<f64>, shading: Shading) -> Result<Image, ImageError> {
    let (height, width) = map.dim();
    let rgb = map.iter().flat_map(|value| shading.colour(*value)).collect();
    Image::new(width, height, rgb)
}

/// The map over the image in grey, both of one size: a signed map covers it the more the stronger it is, another one evenly.
///
/// # Errors
/// [`ImageError`] when the image has another size than the map.
pub fn overlay(image: &Image, map: &Array2<f64>, shading: Shading) -> Result<Image, ImageError> {
    let (height, width) = map.dim();
    let mut rgb = Vec::with_capacity(3 * height * width);
    for (grey, value) in image.luma().into_iter().zip(map) {
        let (opacity, colour) = match shading {
            Shading::Diverging(_) => {
                let strength = (2.0 * shading.share(*value) - 1.0).abs();
                // A middle colour over grey would look like the image; the side's own colour shows its sign.
                let side = if *value < 0.0 { 0.2 } else { 0.8 };
                (0.9 * strength, ColourMap::BlueToOrange.colour(side))
            }
            Shading::Sequential(..) => (OPACITY, shading.colour(*value)),
        };
        // The image is lightened, so that both sides of a signed map stand out.
        let grey = 110.0 + f64::from(grey) * (145.0 / 255.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of bytes")]
        rgb.extend(colour.map(|channel| (grey * (1.0 - opacity) + f64::from(channel) * opacity).round() as u8));
    }
    Image::new(width, height, rgb)
}

/// The number that a share [`SHOWN`] of all is below or equal to.
fn quantile(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
    let place = (sorted.len().saturating_sub(1) as f64 * SHOWN).ceil() as usize;
    sorted.get(place).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_maps_are_white_at_0_blue_below_and_orange_above() {
        let map = ndarray::array![[-2.0, 0.0, 2.0]];
        let picture = shaded(&map, Shading::of(&map)).unwrap();
        let [below, middle, above] = [0, 1, 2].map(|place| &picture.rgb()[3 * place..][..3]);
        assert!(below[2] > below[0] && above[0] > above[2] && middle.iter().all(|channel| *channel > 240));
    }

    #[test]
    fn maps_without_negative_numbers_use_all_of_their_range() {
        let map = Array2::from_shape_fn((10, 10), |(y, x)| 5.0 + (y * 10 + x) as f64 / 100.0);
        assert_eq!(Shading::of(&map), Shading::Sequential(5.0, 5.99));
        assert!(shaded(&Array2::zeros((2, 2)), Shading::of(&Array2::zeros((2, 2)))).is_ok());
    }

    #[test]
    fn an_overlay_needs_an_image_of_the_maps_size() {
        let map = Array2::from_shape_fn((4, 6), |(y, x)| y as f64 - x as f64);
        let shading = Shading::of(&map);
        assert!(overlay(&Image::filled(6, 4, [90; 3]).unwrap(), &map, shading).is_ok());
        assert!(overlay(&Image::filled(4, 4, [90; 3]).unwrap(), &map, shading).is_err());
    }
}
