//! The number that an objective has for each image, out of the tapped values.

use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::{Tensor, activation};

use super::aim::{Aim, Measure, Part, channel_axis};
use crate::network::engine::EngineError;
use crate::network::value::{Ranked, Value};

/// What keeps a cosine finite where a position is silent.
const SILENCE: f64 = 1e-6;

/// The smallest cosine that a caricature is scaled by, as in lucid.
const SMALLEST_COSINE: f64 = 0.1;

impl Aim {
    /// The objective for each of `n_images`: (n_images, 1), tracked where the values are.
    ///
    /// # Errors
    /// [`EngineError::OutputCount`] when a tapped value is missing, which is a mistake in homolog.
    pub fn measure(&self, values: &BTreeMap<String, Value>, n_images: usize) -> Result<Tensor<2>, EngineError> {
        let mut total: Option<Tensor<2>> = None;
        for part in &self.parts {
            let Some(Value::Float(value)) = values.get(&part.value) else {
                return Err(EngineError::OutputCount { engine: "burn" });
            };
            let weighted = part.measure(value.clone(), n_images).mul_scalar(part.weight);
            total = Some(match total {
                Some(total) => total + weighted,
                None => weighted,
            });
        }
        total.ok_or(EngineError::OutputCount { engine: "burn" })
    }
}

impl Part {
    fn measure(&self, value: Ranked, n_images: usize) -> Tensor<2> {
        match &self.measure {
            Measure::Mean(ranges) => {
                let shape: Vec<usize> = std::iter::once(n_images).chain(self.shape.iter().copied()).collect();
                let mut selected = value.reshape(&shape);
                for (axis, range) in ranges.iter().enumerate() {
                    selected = selected.narrow(axis + 1, range.start, range.len());
                }
                selected.into_rows(n_images).mean_dim(1)
            }
            Measure::MeanSquare => value.into_rows(n_images).square().mean_dim(1),
            Measure::Probability(class) => activation::softmax(value.into_rows(n_images), 1).narrow(1, *class, 1),
            Measure::Direction(vector) => {
                let channels = self.channels_first(value, n_images);
                let vector = along_channels(&channels, vector);
                (channels * vector).sum_dim(1).mean_dim(2).reshape([n_images, 1])
            }
            Measure::Cosine(vector) => {
                let channels = self.channels_first(value, n_images);
                let vector = along_channels(&channels, vector);
                let lengths = channels.clone().square().sum_dim(1).add_scalar(SILENCE * SILENCE).sqrt();
                ((channels * vector).sum_dim(1) / lengths).mean_dim(2).reshape([n_images, 1])
            }
            Measure::Inversion(target) => {
                let (rows, target, square) = with_target(value.into_rows(n_images), target);
                (rows - target).square().sum_dim(1).div_scalar(-square)
            }
            Measure::Caricature(target) => {
                let (rows, target, square) = with_target(value.into_rows(n_images), target);
                let product = (rows.clone() * target).sum_dim(1);
                let lengths = rows.square().sum_dim(1).add_scalar(SILENCE * SILENCE).sqrt().mul_scalar(square.sqrt());
                let cosine = (product.clone() / lengths).clamp_min(SMALLEST_COSINE);
                product.div_scalar(square) * cosine
            }
            Measure::Diversity => diversity(self.channels_first(value, n_images)),
        }
    }

    /// (n_images, channel, position).
    fn channels_first(&self, value: Ranked, n_images: usize) -> Tensor<3> {
        let axis = channel_axis(&self.shape);
        let n_channels = self.shape.get(axis).copied().unwrap_or(1).max(1);
        let n_positions = (self.shape.iter().product::<usize>() / n_channels).max(1);
        let rows = value.into_rows(n_images);
        if axis == 1 {
            rows.reshape([n_images, n_positions, n_channels]).swap_dims(1, 2)
        } else {
            rows.reshape([n_images, n_channels, n_positions])
        }
    }
}

impl Ranked {
    /// One row for each image.
    pub(in crate::inside) fn into_rows(self, n_images: usize) -> Tensor<2> {
        let n_units = self.n_elements() / n_images.max(1);
        self.reshape(&[n_images, n_units]).into_rank::<2>()
    }
}

/// The vector as (1, channel, 1) beside `channels`.
fn along_channels(channels: &Tensor<3>, vector: &[f32]) -> Tensor<3> {
    let device = channels.device().inner();
    Ranked::from_elements(&[1, vector.len(), 1], vector.to_vec(), &device).into_rank()
}

/// The rows, the target as one more row, and the target's square.
fn with_target(rows: Tensor<2>, target: &Arc<[f32]>) -> (Tensor<2>, Tensor<2>, f64) {
    let device = rows.device().inner();
    let square = target.iter().map(|response| f64::from(*response).powi(2)).sum();
    let target = Ranked::from_elements(&[1, target.len()], target.to_vec(), &device).into_rank();
    (rows, target, square)
}

/// Minus the mean cosine of each image's Gram matrix with the others'.
fn diversity(channels: Tensor<3>) -> Tensor<2> {
    let [n_images, n_channels, _] = channels.dims();
    let grams = channels.clone().matmul(channels.swap_dims(1, 2)).reshape([n_images, n_channels * n_channels]);
    let lengths = grams.clone().square().sum_dim(1).add_scalar(SILENCE * SILENCE).sqrt();
    let unit = grams / lengths;
    let own = unit.clone().square().sum_dim(1);
    let sum = unit.clone().sum_dim(0);
    let others = (unit * sum).sum_dim(1) - own;
    #[allow(clippy::cast_precision_loss, reason = "a handful of images")]
    let n_others = (n_images.max(2) - 1) as f64;
    others.div_scalar(-n_others)
}
