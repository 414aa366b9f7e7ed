//! Sinusoidal gratings.

use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};

use ndarray::Array2;

use crate::stimuli::error::ImageError;
use crate::stimuli::image::Image;

/// What part of the image the grating fills; the rest is grey.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aperture {
    /// All of it.
    Full,
    /// A disc in the middle, its edge a raised cosine.
    Disc {
        /// Its diameter at half contrast, as a fraction of the image's width.
        diameter: f64,
        /// Width of the edge, as a fraction of the image's width.
        edge: f64,
    },
    /// A Gaussian in the middle.
    Gaussian {
        /// Its standard deviation, as a fraction of the image's width.
        sigma: f64,
    },
}

/// A sinusoidal grating around the mean grey 127.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grating {
    /// Direction of the bars, counter-clockwise from horizontal: 0 horizontal, 90 vertical bars.
    pub orientation_deg: f64,
    /// Spatial frequency in cycles per width of the image.
    pub cycles_per_image: f64,
    /// Phase at the middle: 0 puts a bright bar there.
    pub phase_deg: f64,
    /// Michelson contrast, 0 to 1.
    pub contrast: f64,
    /// Where it is shown.
    pub aperture: Aperture,
}

impl Grating {
    /// A grating of `frequency_cpd` cycles per degree of visual angle in an image `width_deg` wide; phase 0, full contrast and field.
    pub fn from_degrees(orientation_deg: f64, frequency_cpd: f64, width_deg: f64) -> Self {
        Self {
            orientation_deg,
            cycles_per_image: frequency_cpd * width_deg,
            phase_deg: 0.0,
            contrast: 1.0,
            aperture: Aperture::Full,
        }
    }

    /// The grating as a square image:
    /// 127.5 (1 + contrast × aperture × cos(2π f d + phase)), d the distance from the middle across the bars, rounded to 8 bits.
    ///
    /// # Errors
    /// [`ImageError::NoPixels`] when `size_px` is 0.
    pub fn render(&self, size_px: usize) -> Result<Image, ImageError> {
        let modulation = self.modulation();
        let place = |pixel: usize| (pixel as f64 + 0.5) / size_px as f64 - 0.5;
        let mut grey = Vec::with_capacity(size_px.saturating_mul(size_px));
        for row in 0..size_px {
            for column in 0..size_px {
                let value = 127.5 * (1.0 + modulation(place(column), place(row)));
                grey.push(value.round().clamp(0.0, 255.0) as u8);
            }
        }
        Image::from_grey(size_px, size_px, &grey)
    }

    /// The grating as luminance in [0, 1], not rounded: 0.5 (1 + contrast × aperture × cos(2π f d + phase)), its middle and its
    /// aperture's at `centre_px` (row, column), counted from the middle of the first pixel. All fractions of the image's width
    /// are of its columns. (height, width).
    pub fn luminance(&self, [height, width]: [usize; 2], centre_px: [f64; 2]) -> Array2<f32> {
        let modulation = self.modulation();
        let place = |pixel: usize, centre: f64| (pixel as f64 - centre) / width as f64;
        Array2::from_shape_fn((height, width), |(row, column)| {
            let value = 0.5 * (1.0 + modulation(place(column, centre_px[1]), place(row, centre_px[0])));
            value.clamp(0.0, 1.0) as f32
        })
    }

    /// Contrast × aperture × wave, at so many widths right of and below the middle.
    fn modulation(&self) -> impl Fn(f64, f64) -> f64 + '_ {
        let (sine, cosine) = (self.orientation_deg * PI / 180.0).sin_cos();
        let phase = self.phase_deg * PI / 180.0;
        move |x, y| {
            let visible = self.contrast * self.aperture.at(x.hypot(y));
            if visible == 0.0 {
                return 0.0;
            }
            // y points down in the image, so across the bars of a counter-clockwise angle is (sin, cos).
            visible * (TAU * self.cycles_per_image * (x * sine + y * cosine) + phase).cos()
        }
    }

    /// What a table of stimuli says of it.
    pub fn properties(&self) -> BTreeMap<String, String> {
        [
            ("orientation_deg", self.orientation_deg),
            ("cycles_per_image", self.cycles_per_image),
            ("phase_deg", self.phase_deg),
            ("contrast", self.contrast),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .into()
    }
}

impl Aperture {
    /// How much of the contrast is shown at a distance from the middle.
    fn at(self, distance: f64) -> f64 {
        match self {
            Self::Full => 1.0,
            Self::Disc { diameter, edge } => {
                let from_edge = if edge > 0.0 { (distance - diameter / 2.0) / edge } else { f64::NAN };
                match from_edge {
                    _ if edge <= 0.0 => f64::from(u8::from(distance <= diameter / 2.0)),
                    beyond if beyond >= 0.5 => 0.0,
                    within if within <= -0.5 => 1.0,
                    between => 0.5 - 0.5 * (PI * between).sin(),
                }
            }
            Self::Gaussian { sigma } => (-distance * distance / (2.0 * sigma * sigma)).exp(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(image: &Image, x: usize) -> Vec<u8> {
        image.rows().map(|row| row[3 * x]).collect()
    }

    #[test]
    fn bars_run_along_their_orientation() {
        let horizontal = Grating::from_degrees(0.0, 1.0, 4.0).render(32).unwrap();
        assert!(horizontal.rows().all(|row| row.iter().all(|&value| value == row[0])), "rows of one grey");
        let vertical = Grating::from_degrees(90.0, 1.0, 4.0).render(32).unwrap();
        assert!((0..32).all(|x| { column(&vertical, x).iter().all(|&value| value == vertical.rgb()[3 * x]) }));
        let oblique = Grating::from_degrees(45.0, 1.0, 4.0).render(32).unwrap();
        let at = |x: usize, y: usize| oblique.rgb()[3 * (y * 32 + x)];
        assert!(
            (0..31).all(|step| at(step, 31 - step) == at(0, 31)),
            "one grey from the lower left to the upper right"
        );
    }

    #[test]
    fn the_frequency_is_the_number_of_cycles() {
        let grating = Grating::from_degrees(90.0, 2.0, 3.0).render(120).unwrap();
        let row: Vec<bool> = (0..120).map(|x| grating.rgb()[3 * x] > 127).collect();
        assert_eq!(row.windows(2).filter(|pair| pair[0] != pair[1]).count(), 12, "6 cycles cross the mean 12 times");
    }

    #[test]
    fn luminance_around_the_middle_is_the_image_before_it_is_rounded() {
        let grating = Grating {
            aperture: Aperture::Gaussian { sigma: 0.2 },
            phase_deg: 33.0,
            ..Grating::from_degrees(30.0, 3.0, 1.0)
        };
        let (image, luminance) = (grating.render(24).unwrap(), grating.luminance([24, 24], [11.5, 11.5]));
        for (byte, value) in image.rgb().iter().step_by(3).zip(&luminance) {
            assert!((f32::from(*byte) - 255.0 * value).abs() <= 0.5001);
        }
        // A bright bar of phase 0 stands where the middle is put.
        let moved = Grating { phase_deg: 0.0, ..grating }.luminance([16, 24], [3.0, 20.0]);
        assert_eq!(moved[[3, 20]], 1.0);
        assert!((moved[[15, 0]] - 0.5).abs() < 1e-4, "far away it is grey: {}", moved[[15, 0]]);
    }

    #[test]
    fn outside_the_aperture_it_is_grey() {
        let disc =
            Grating { aperture: Aperture::Disc { diameter: 0.5, edge: 0.1 }, ..Grating::from_degrees(0.0, 1.0, 8.0) };
        let image = disc.render(64).unwrap();
        assert_eq!(&image.rgb()[..3], [128; 3]);
        assert!(image.rgb().iter().any(|&value| value > 240));
        let faint = Grating { contrast: 0.1, ..disc }.render(64).unwrap();
        assert!(faint.rgb().iter().all(|&value| (114..=141).contains(&value)));
    }
}
