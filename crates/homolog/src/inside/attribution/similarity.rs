//! How alike two maps are: rank correlation and structural similarity.

use homolog_stats::comparator::mean_ranks;
use ndarray::{Array1, Array2, Axis, Zip};

use super::AttributionError;

/// Standard deviation and radius in pixels of the window of the structural similarity.
const WINDOW: (f64, usize) = (1.5, 5);

/// What keeps the structural similarity finite: (0.01 L)² and (0.03 L)² for L = 1.
const CONSTANTS: (f64, f64) = (1e-4, 9e-4);

/// How alike two maps are. A number is missing where one of the maps is constant, which has no ranks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// Spearman's rank correlation of the maps, signs and all; -1 to 1.
    pub spearman: Option<f64>,
    /// Spearman's rank correlation of their absolute values; -1 to 1.
    pub spearman_absolute: Option<f64>,
    /// Mean structural similarity of their absolute values, each as a share of its largest; at most 1.
    pub ssim: Option<f64>,
}

impl Similarity {
    /// Of two maps (height, width).
    ///
    /// # Errors
    /// [`AttributionError::NotComparable`] for two sizes, or numbers that are not finite.
    pub fn of(a: &Array2<f64>, b: &Array2<f64>) -> Result<Self, AttributionError> {
        if a.dim() != b.dim() {
            let because = format!("one has {:?} pixels and the other {:?}", a.shape(), b.shape());
            return Err(AttributionError::NotComparable { because });
        }
        if a.iter().chain(b).any(|value| !value.is_finite()) {
            return Err(AttributionError::NotComparable {
                because: "they hold numbers that are not finite".to_owned(),
            });
        }
        let (absolute_a, absolute_b) = (a.mapv(f64::abs), b.mapv(f64::abs));
        let structure = share_of_largest(&absolute_a).zip(share_of_largest(&absolute_b));
        Ok(Self {
            spearman: spearman(a, b),
            spearman_absolute: spearman(&absolute_a, &absolute_b),
            ssim: structure.map(|(a, b)| structural_similarity(&a, &b)),
        })
    }
}

/// Pearson's r of mean ranks; `None` where a side is constant.
fn spearman(a: &Array2<f64>, b: &Array2<f64>) -> Option<f64> {
    let ranks = |map: &Array2<f64>| {
        // -0 and 0 are one value and would be two ranks.
        let values: Vec<f64> = map.iter().map(|value| value + 0.0).collect();
        let ranks = Array1::from_vec(mean_ranks(&values));
        let mean = ranks.mean()?;
        Some(ranks - mean)
    };
    let (a, b) = (ranks(a)?, ranks(b)?);
    let length = (a.dot(&a) * b.dot(&b)).sqrt();
    (length > 0.0).then(|| a.dot(&b) / length)
}

fn share_of_largest(map: &Array2<f64>) -> Option<Array2<f64>> {
    let largest = map.iter().copied().fold(0.0, f64::max);
    (largest > 0.0).then(|| map / largest)
}

/// The mean over pixels of the structural similarity of two maps in [0, 1], with a Gaussian window that is cut at the edge.
///
/// ((2 μa μb + C1)(2 σab + C2)) / ((μa² + μb² + C1)(σa² + σb² + C2)), C1 = .01², C2 = .03².
///
/// # Reference
/// Wang Z, Bovik AC, Sheikh HR, Simoncelli EP (2004). Image quality assessment. IEEE Trans. Image Process. 13:600, equation (13).
fn structural_similarity(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    let (mean_a, mean_b) = (windowed(a), windowed(b));
    let (square_a, square_b, cross) = (windowed(&(a * a)), windowed(&(b * b)), windowed(&(a * b)));
    let (c1, c2) = CONSTANTS;
    let mut sum = 0.0;
    Zip::indexed(&mean_a).and(&mean_b).and(&cross).for_each(|place, &ma, &mb, &ab| {
        let (va, vb, covariance) = (square_a[place] - ma * ma, square_b[place] - mb * mb, ab - ma * mb);
        sum += (2.0 * ma * mb + c1) * (2.0 * covariance + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
    });
    sum / a.len().max(1) as f64
}

/// Gaussian means around each pixel.
fn windowed(map: &Array2<f64>) -> Array2<f64> {
    let (deviation, radius) = WINDOW;
    let weight = |tap: usize| (-(tap as f64 - radius as f64).powi(2) / (2.0 * deviation * deviation)).exp();
    let kernel: Vec<f64> = (0..=2 * radius).map(weight).collect();
    let mut result = map.clone();
    for axis in 0..2 {
        for mut lane in result.lanes_mut(Axis(axis)) {
            let before: Array1<f64> = lane.to_owned();
            for (place, value) in lane.iter_mut().enumerate() {
                let near = kernel.iter().enumerate().filter_map(|(tap, weight)| {
                    let from = (place + tap).checked_sub(radius)?;
                    Some((weight * before.get(from)?, *weight))
                });
                let (sum, weights) =
                    near.fold((0.0, 0.0), |(sum, weights), (one, weight)| (sum + one, weights + weight));
                *value = sum / weights;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::generate::Random;

    fn noise(seed: u64) -> Array2<f64> {
        let mut random = Random::new(seed);
        Array2::from_shape_simple_fn((40, 50), || random.normal())
    }

    #[test]
    fn a_map_is_like_itself_unlike_noise_and_opposite_to_its_negative() {
        let map = noise(1);
        let itself = Similarity::of(&map, &(&map * 3.0)).unwrap();
        assert!((itself.spearman.unwrap() - 1.0).abs() < 1e-12 && (itself.ssim.unwrap() - 1.0).abs() < 1e-12);
        let other = Similarity::of(&map, &noise(2)).unwrap();
        // The standard error of a correlation of 2,000 pixels is .022.
        assert!(other.spearman.unwrap().abs() < 0.1 && other.spearman_absolute.unwrap().abs() < 0.1);
        assert!(other.ssim.unwrap() < 0.5);
        let negative = Similarity::of(&map, &-&map).unwrap();
        assert!((negative.spearman.unwrap() + 1.0).abs() < 1e-12);
        assert!((negative.spearman_absolute.unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_similarity_of_two_constants_is_that_of_their_means() {
        // Variances 0: (2 · 1 · .5 + C1) / (1 + .25 + C1) = 1.0001 / 1.2501.
        let found = structural_similarity(&Array2::ones((9, 9)), &Array2::from_elem((9, 9), 0.5));
        assert!((found - 1.0001 / 1.2501).abs() < 1e-12, "{found}");
    }

    #[test]
    fn a_constant_map_has_no_rank_correlation() {
        let found = Similarity::of(&noise(1), &Array2::zeros((40, 50))).unwrap();
        assert_eq!(found, Similarity { spearman: None, spearman_absolute: None, ssim: None });
        assert!(Similarity::of(&noise(1), &Array2::zeros((3, 3))).is_err());
    }
}
