//! Deletion and insertion curves: whether the pixels that a map ranks high are those that matter.

use ndarray::{Array2, Array3};

use super::baseline::blurred_for_insertion;
use super::{AttributionError, Attributor};
use crate::inside::objective::Aim;

/// What is done to pixels, from the highest rank to the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveKind {
    /// They become the baseline's; a good map's curve falls fast.
    Deletion,
    /// They take the place of the baseline's, a blurred image where none was chosen; a good map's curve rises fast.
    Insertion,
}

/// The objective as more and more pixels are changed.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelCurve {
    /// Share of the pixels that are changed, 0 to 1.
    pub shares: Vec<f64>,
    /// The objective at each.
    pub objectives: Vec<f64>,
    /// The area under the curve, by trapezoids; shares from 0 to 1, in units of the objective.
    pub auc: f64,
}

impl Attributor<'_> {
    /// Changes the pixels of `input` in `n_steps` equal parts in the order of `plane` (height, width), the largest first; equal
    /// ones row by row.
    ///
    /// # Errors
    /// No steps, a plane of another size than the input, [`AttributionError::NotFinite`], the engine's.
    ///
    /// # Reference
    /// Petsiuk V, Das A, Saenko K (2018). RISE. BMVC. arXiv 1806.07421, section 4.2.
    pub fn curve(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        plane: &Array2<f64>,
        kind: CurveKind,
        n_steps: usize,
    ) -> Result<PixelCurve, AttributionError> {
        self.check(aim, input)?;
        let [_, height, width] = self.size;
        if plane.dim() != (height, width) {
            let (found, needed) = (plane.shape().to_vec(), vec![height, width]);
            return Err(AttributionError::InputShape { found, needed });
        }
        if n_steps == 0 {
            let needed = "at least 1 is needed".to_owned();
            return Err(AttributionError::Setting { what: "steps of a curve", found: "0".to_owned(), needed });
        }
        let order = from_highest(plane);
        let (start, end) = match kind {
            CurveKind::Deletion => (input.clone(), self.baseline_of(input)?),
            CurveKind::Insertion if self.baseline.is_none() => (blurred_for_insertion(input), input.clone()),
            CurveKind::Insertion => (self.baseline_of(input)?, input.clone()),
        };
        let n_pixels = order.len();
        let n_changed = |step: usize| step * n_pixels / n_steps;
        let changed = |step: usize| {
            let mut image = start.clone();
            for place in order.iter().take(n_changed(step)) {
                let (y, x) = (place / width, place % width);
                for (mut plane, end) in image.outer_iter_mut().zip(end.outer_iter()) {
                    plane[[y, x]] = end[[y, x]];
                }
            }
            image
        };
        let objectives = self.objectives(aim, n_steps + 1, &changed)?;
        let shares: Vec<f64> = (0..=n_steps).map(|step| n_changed(step) as f64 / n_pixels as f64).collect();
        let auc = shares
            .windows(2)
            .zip(objectives.windows(2))
            .map(|(share, objective)| (share[1] - share[0]) * (objective[0] + objective[1]) / 2.0)
            .sum();
        Ok(PixelCurve { shares, objectives, auc })
    }
}

/// Positions in row-major order, the largest number's first.
fn from_highest(plane: &Array2<f64>) -> Vec<usize> {
    // -0 and 0 are equal.
    let values: Vec<f64> = plane.iter().map(|value| value + 0.0).collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_comes_first_and_equal_ones_row_by_row() {
        let plane = ndarray::array![[1.0, 3.0], [3.0, -2.0]];
        assert_eq!(from_highest(&plane), [1, 2, 0, 3]);
    }
}
