//! The image without information that an image is compared with.

use ndarray::{Array1, Array3, Axis};

use super::AttributionError;
use crate::inside::image::narrow;

/// Standard deviation and radius in pixels of the blur that insertion starts from, as in RISE's code.
const INSERTION_BLUR: (f64, usize) = (5.0, 5);

/// Side of a square image whose blurred baseline has a standard deviation of 10 pixels; others in proportion.
///
/// Fong RC, Vedaldi A (2017). Interpretable explanations of black boxes. ICCV. arXiv 1704.03296, section 4.3.
const SIDE_OF_TEN: f64 = 224.0;

/// What stands for "nothing to see": where integrated gradients start, what occlusion and RISE put in place of what they hide, what
/// pixels become as they are deleted, and what insertion starts from.
///
/// # Reference
/// Sturmfels P, Lundberg S, Lee SI (2020). Visualizing the impact of feature attribution baselines. Distill.
/// doi 10.23915/distill.00022.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Baseline {
    /// 0 everywhere in the network's own input, captum's default: the mean colour of the training images where the preprocessing takes
    /// it away, black where it does not.
    #[default]
    Zero,
    /// The image's own mean colour.
    Mean,
    /// The image blurred by a Gaussian of 10 pixels at 224 (in proportion to the shorter side), cut at three of them.
    Blur,
    /// An image as the network takes it: (channel, height, width), preprocessed.
    Image(Array3<f32>),
}

impl Baseline {
    /// Its name in arguments and results.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Mean => "mean",
            Self::Blur => "blur",
            Self::Image(_) => "image",
        }
    }

    /// The baseline of an input.
    ///
    /// # Errors
    /// [`AttributionError::InputShape`] for an image of another size than the input.
    pub fn of(&self, input: &Array3<f32>) -> Result<Array3<f32>, AttributionError> {
        match self {
            Self::Zero => Ok(Array3::zeros(input.dim())),
            Self::Mean => {
                let mut baseline = input.clone();
                for mut channel in baseline.outer_iter_mut() {
                    let mean = channel.iter().copied().map(f64::from).sum::<f64>() / channel.len().max(1) as f64;
                    channel.fill(narrow(mean));
                }
                Ok(baseline)
            }
            Self::Blur => {
                let (_, height, width) = input.dim();
                let deviation = 10.0 * height.min(width) as f64 / SIDE_OF_TEN;
                #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few pixels")]
                let radius = (3.0 * deviation).ceil() as usize;
                Ok(blurred(input, deviation, radius))
            }
            Self::Image(image) if image.dim() == input.dim() => Ok(image.clone()),
            Self::Image(image) => {
                let (found, needed) = (image.shape().to_vec(), input.shape().to_vec());
                Err(AttributionError::InputShape { found, needed })
            }
        }
    }
}

/// What insertion starts from where no baseline was chosen.
pub(super) fn blurred_for_insertion(input: &Array3<f32>) -> Array3<f32> {
    blurred(input, INSERTION_BLUR.0, INSERTION_BLUR.1)
}

/// Each channel blurred by a Gaussian that is cut at its radius, and renormalized at the edge.
fn blurred(input: &Array3<f32>, deviation: f64, radius: usize) -> Array3<f32> {
    let kernel: Vec<f64> = (0..=2 * radius)
        .map(|place| (-(place as f64 - radius as f64).powi(2) / (2.0 * deviation * deviation)).exp())
        .collect();
    let mut result = input.mapv(f64::from);
    for axis in [1, 2] {
        for mut lane in result.lanes_mut(Axis(axis)) {
            let before: Array1<f64> = lane.to_owned();
            for (place, value) in lane.iter_mut().enumerate() {
                let (mut sum, mut weights) = (0.0, 0.0);
                for (tap, weight) in kernel.iter().enumerate() {
                    let from = (place + tap).checked_sub(radius).and_then(|from| before.get(from));
                    if let Some(from) = from {
                        sum += weight * from;
                        weights += weight;
                    }
                }
                *value = sum / weights;
            }
        }
    }
    result.mapv(narrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_constant_is_its_own_mean_and_its_own_blur() {
        let flat = Array3::from_elem((2, 7, 9), 3.5);
        let near = |found: Array3<f32>| found.iter().all(|value| (value - 3.5).abs() < 1e-6);
        assert!(near(blurred_for_insertion(&flat)));
        assert!(near(Baseline::Mean.of(&flat).unwrap()) && near(Baseline::Blur.of(&flat).unwrap()));
        assert!(Baseline::Zero.of(&flat).unwrap().iter().all(|value| *value == 0.0));
    }

    #[test]
    fn a_blur_spreads_a_point_by_its_deviation_and_keeps_its_sum() {
        // 10 pixels at 224 are 2 at 44.8.
        let mut point = Array3::zeros((1, 45, 45));
        point[[0, 22, 22]] = 1.0;
        let found = Baseline::Blur.of(&point).unwrap().mapv(f64::from);
        let variance: f64 = found.indexed_iter().map(|((_, y, _), value)| value * (y as f64 - 22.0).powi(2)).sum();
        // Cut at three deviations, a Gaussian has .973 of its variance.
        assert!((found.sum() - 1.0).abs() < 1e-5 && (variance.sqrt() - 2.0).abs() < 0.05, "{variance}");
    }

    #[test]
    fn an_image_of_another_size_is_refused() {
        let input = Array3::zeros((3, 4, 4));
        assert!(Baseline::Image(input.clone()).of(&input).is_ok());
        let refused = Baseline::Image(Array3::zeros((3, 4, 5))).of(&input).unwrap_err().to_string();
        assert!(refused.contains("[3, 4, 5]") && refused.contains("[3, 4, 4]"), "{refused}");
    }
}
