//! Gabor energy: the model of a complex cell.

use std::f64::consts::TAU;

use ndarray::Array2;
use rayon::prelude::*;

use crate::stimuli::Image;

/// Spatial frequencies of the grid, and how many places there are to each side.
const GRID: [(f64, usize); 3] = [(4.0, 5), (8.0, 8), (16.0, 12)];

/// Orientations of the grid.
const N_ORIENTATIONS: usize = 8;

/// Standard deviation of the envelope in cycles: about one octave of bandwidth.
const SIGMA_CYCLES: f64 = 0.56;

/// Standard deviations to each side that are computed.
const REACH_SIGMAS: f64 = 2.5;

/// A pair of Gabor filters, a quarter cycle apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gabor {
    /// Its middle as a fraction of the image's width, from the left.
    pub x: f64,
    /// The same, from the top.
    pub y: f64,
    /// Cycles per width of the image.
    pub cycles_per_image: f64,
    /// The bars that it prefers, counter-clockwise from horizontal.
    pub orientation_deg: f64,
}

/// The two filters of one Gabor over the pixels they cover.
#[derive(Clone, Debug)]
struct Filters {
    /// First row and column.
    corner: (usize, usize),
    /// Columns covered.
    n_columns: usize,
    /// Cosine and sine weight of each pixel, row by row.
    weights: Vec<(f32, f32)>,
}

/// Many Gabors for images of one size.
#[derive(Clone, Debug)]
pub struct GaborBank {
    size_px: usize,
    gabors: Vec<Gabor>,
    filters: Vec<Filters>,
}

impl GaborBank {
    /// These Gabors for square images of `size_px`.
    pub fn new(size_px: usize, gabors: Vec<Gabor>) -> Self {
        let filters = gabors.par_iter().map(|gabor| Filters::new(gabor, size_px)).collect();
        Self { size_px, gabors, filters }
    }

    /// Eight orientations at 4, 8 and 16 cycles per image, on grids of 5, 8 and 12 places to a side.
    pub fn grid(size_px: usize) -> Self {
        let mut gabors = Vec::new();
        for (cycles_per_image, n_places) in GRID {
            for place in 0..n_places * n_places {
                let at = |step: usize| (step as f64 + 0.5) / n_places as f64;
                gabors.extend((0..N_ORIENTATIONS).map(|step| Gabor {
                    x: at(place % n_places),
                    y: at(place / n_places),
                    cycles_per_image,
                    orientation_deg: 180.0 * step as f64 / N_ORIENTATIONS as f64,
                }));
            }
        }
        Self::new(size_px, gabors)
    }

    /// The Gabors, in the order of the columns of [`GaborBank::energies`].
    pub fn gabors(&self) -> &[Gabor] {
        &self.gabors
    }

    /// The amplitude sqrt(even² + odd²) of every Gabor's response to every image: (n_images, n_gabors); 1 for a grating of full
    /// contrast at its orientation and frequency. Images of another size give zeros where they end.
    ///
    /// # Reference
    /// Adelson E H, Bergen J R (1985). Spatiotemporal energy models for the perception of motion. J Opt Soc Am A 2:284-299.
    /// doi:10.1364/JOSAA.2.000284. Equation (5), in space alone and with the square root.
    pub fn energies(&self, images: &[Image]) -> Array2<f64> {
        let rows: Vec<Vec<f64>> = images
            .par_iter()
            .map(|image| {
                let contrast = contrasts(image, self.size_px);
                self.filters.iter().map(|filters| filters.energy(&contrast, self.size_px)).collect()
            })
            .collect();
        Array2::from_shape_fn((images.len(), self.gabors.len()), |(image, gabor)| rows[image][gabor])
    }
}

/// Luma around the mean grey, in [-1, 1], (size_px, size_px).
fn contrasts(image: &Image, size_px: usize) -> Vec<f32> {
    let luma = image.luma();
    let mut contrast = vec![0.0; size_px * size_px];
    for (row, to) in contrast.chunks_exact_mut(size_px.max(1)).enumerate().take(image.height()) {
        for (value, &from) in to.iter_mut().zip(&luma[row * image.width()..][..image.width()]) {
            *value = (f32::from(from) - 127.5) / 127.5;
        }
    }
    contrast
}

impl Filters {
    /// The weights: a Gaussian times cosine and sine across the bars, scaled so that the matching grating gives 1.
    fn new(gabor: &Gabor, size_px: usize) -> Self {
        let size = size_px as f64;
        let sigma = SIGMA_CYCLES / gabor.cycles_per_image;
        let span = |centre: f64| {
            let first = ((centre - REACH_SIGMAS * sigma) * size).max(0.0) as usize;
            let end = (((centre + REACH_SIGMAS * sigma) * size).max(0.0) as usize + 1).min(size_px);
            (first.min(end), end)
        };
        let ((left, right), (top, bottom)) = (span(gabor.x), span(gabor.y));
        let (sine, cosine) = gabor.orientation_deg.to_radians().sin_cos();
        let scale = 2.0 / (TAU * (sigma * size).powi(2));
        let mut weights = Vec::with_capacity((right - left) * (bottom - top));
        for row in top..bottom {
            for column in left..right {
                let x = (column as f64 + 0.5) / size - gabor.x;
                let y = (row as f64 + 0.5) / size - gabor.y;
                let envelope = scale * (-(x * x + y * y) / (2.0 * sigma * sigma)).exp();
                let (odd, even) = (TAU * gabor.cycles_per_image * (x * sine + y * cosine)).sin_cos();
                weights.push(((envelope * even) as f32, (envelope * odd) as f32));
            }
        }
        Self { corner: (top, left), n_columns: right - left, weights }
    }

    /// The amplitude of the response.
    fn energy(&self, contrast: &[f32], size_px: usize) -> f64 {
        let (top, left) = self.corner;
        let (mut even, mut odd) = (0.0, 0.0);
        for (row, weights) in self.weights.chunks_exact(self.n_columns.max(1)).enumerate() {
            let pixels = &contrast[(top + row) * size_px + left..][..self.n_columns];
            for (&pixel, &(cosine, sine)) in pixels.iter().zip(weights) {
                even += f64::from(pixel * cosine);
                odd += f64::from(pixel * sine);
            }
        }
        even.hypot(odd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::generate::Grating;

    #[test]
    fn the_matching_grating_gives_one_and_the_orthogonal_nothing() {
        let gabor = Gabor { x: 0.5, y: 0.5, cycles_per_image: 8.0, orientation_deg: 30.0 };
        let bank = GaborBank::new(96, vec![gabor]);
        let grating = |orientation, phase_deg| {
            Grating { phase_deg, ..Grating::from_degrees(orientation, 8.0, 1.0) }.render(96).unwrap()
        };
        let images = [grating(30.0, 0.0), grating(30.0, 77.0), grating(120.0, 0.0), grating(45.0, 0.0)];
        let energies = bank.energies(&images);
        assert!((energies[[0, 0]] - 1.0).abs() < 0.05, "{energies}");
        assert!((energies[[1, 0]] - energies[[0, 0]]).abs() < 0.02, "the phase does not matter: {energies}");
        assert!(energies[[2, 0]] < 0.02, "{energies}");
        assert!((0.1..0.95).contains(&energies[[3, 0]]), "{energies}");
    }
}
