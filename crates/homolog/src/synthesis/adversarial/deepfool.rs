//! DeepFool: to the nearest border between classes, as if the network were linear, until the class changes.

use super::ball::length_of;
use super::{Found, Task};
use crate::inside::image::narrow;
use crate::inside::optimise::Ended;
use crate::synthesis::SynthesisError;
use crate::synthesis::classifier::{Passes, largest};

/// Added to the distance of each step, so that the last ends beyond the border by more than rounding, as in the authors' program and foolbox.
const BEYOND: f64 = 1e-4;

pub(super) struct DeepFool {
    pub(super) n_candidates: usize,
    pub(super) n_steps: usize,
    pub(super) overshoot: f64,
}

impl DeepFool {
    /// The trajectory is minus the distance to the nearest border, as the linearised network has it.
    pub(super) fn run(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Found, SynthesisError> {
        let mut image = task.image.clone();
        let (mut before, mut trajectory) = (image.clone(), Vec::new());
        let candidates = self.candidates(&passes.logits(task.image)?, task);
        for step in 0..self.n_steps {
            // Away from the label, or to the target from whatever is nearest to being seen.
            let from = match task.goal.target {
                None => task.goal.label,
                Some(_) => largest(&passes.logits(&image)?),
            };
            let n_classes = passes.classifier.n_classes();
            let rows: Vec<Vec<f64>> = candidates.iter().map(|class| difference(*class, from, n_classes)).collect();
            let (logits, gradients) = passes.jacobian(&image, &rows)?;
            if task.goal.is_met(&logits) {
                break;
            }
            let at = |class: usize| logits.get(class).map_or(f64::NAN, |logit| f64::from(*logit));
            let distances = candidates.iter().zip(&gradients).map(|(class, gradient)| {
                let length = length_of(gradient);
                ((at(*class) - at(from)).abs() / length, length, gradient)
            });
            let nearest = distances.min_by(|a, b| a.0.total_cmp(&b.0));
            let Some((distance, length, gradient)) = nearest.filter(|(distance, ..)| distance.is_finite()) else {
                return Ok(Found { image: before, trajectory, ended: Ended::NotFinite { step } });
            };
            trajectory.push(-distance);
            before.clone_from(&image);
            image.scaled_add(narrow((1.0 + self.overshoot) * (distance + BEYOND) / length), gradient);
            image.mapv_inplace(|pixel| pixel.clamp(0.0, 1.0));
            if !told(-distance) {
                return Ok(Found { image, trajectory, ended: Ended::Cancelled { step: step + 1 } });
            }
        }
        Ok(Found { image, trajectory, ended: Ended::Done })
    }

    /// The classes whose borders are looked at: the target, or those with the largest logits.
    fn candidates(&self, logits: &[f32], task: &Task<'_>) -> Vec<usize> {
        let mut order: Vec<usize> = (0..logits.len()).filter(|class| *class != task.goal.label).collect();
        let at = |class: &usize| logits.get(*class).copied().unwrap_or(f32::NAN);
        order.sort_by(|a, b| at(b).total_cmp(&at(a)).then(a.cmp(b)));
        order.truncate(self.n_candidates.saturating_sub(1));
        task.goal.target.map_or(order, |target| vec![target])
    }
}

/// The row whose product with the logits is that of `class` less that of `from`.
fn difference(class: usize, from: usize, n_classes: usize) -> Vec<f64> {
    let value = |place: usize| f64::from(u8::from(place == class)) - f64::from(u8::from(place == from));
    (0..n_classes).map(value).collect()
}
