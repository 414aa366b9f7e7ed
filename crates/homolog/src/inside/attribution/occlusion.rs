//! Occlusion: how much the objective falls where a square of the image is hidden.

use ndarray::{Array2, Array3, Axis, s};

use super::{AttributionError, Attributor};
use crate::inside::image::narrow;
use crate::inside::objective::Aim;

impl Attributor<'_> {
    /// The objective, and for each pixel the mean fall of the objective over the squares that cover it.
    pub(super) fn occlusion(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        window: usize,
        stride: usize,
    ) -> Result<(f64, Array3<f32>), AttributionError> {
        let [_, height, width] = self.size;
        let (down, across) = (spans(height, window, stride), spans(width, window, stride));
        let squares: Vec<_> =
            down.iter().flat_map(|rows| across.iter().map(move |columns| (rows.clone(), columns.clone()))).collect();
        let baseline = self.baseline_of(input)?;
        let hidden = |place: usize| {
            let mut changed = input.clone();
            if let Some((rows, columns)) = place.checked_sub(1).and_then(|place| squares.get(place)) {
                let square = s![.., rows.clone(), columns.clone()];
                changed.slice_mut(square).assign(&baseline.slice(square));
            }
            changed
        };
        let objectives = self.objectives(aim, squares.len() + 1, &hidden)?;
        let objective = objectives.first().copied().unwrap_or(f64::NAN);
        let mut falls: Array2<f64> = Array2::zeros((height, width));
        let mut covered: Array2<f64> = Array2::zeros((height, width));
        for ((rows, columns), without) in squares.iter().zip(objectives.iter().skip(1)) {
            let square = s![rows.clone(), columns.clone()];
            falls.slice_mut(square).mapv_inplace(|fall| fall + objective - without);
            covered.slice_mut(s![rows.clone(), columns.clone()]).mapv_inplace(|count| count + 1.0);
        }
        // A stride beyond the window leaves pixels that no square covers; nothing is known of them.
        let mean = ndarray::Zip::from(&falls).and(&covered).map_collect(|fall, count| fall / count.max(1.0));
        Ok((objective, mean.mapv(narrow).insert_axis(Axis(0))))
    }
}

/// The stretches that a window of `window` covers of `size` at steps of `stride`; the last is cut at the end.
fn spans(size: usize, window: usize, stride: usize) -> Vec<std::ops::Range<usize>> {
    let n = 1 + size.saturating_sub(window).div_ceil(stride);
    (0..n).map(|place| place * stride..(place * stride + window).min(size)).filter(|span| !span.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::spans;

    #[test]
    fn windows_reach_the_end_and_are_cut_there() {
        assert_eq!(spans(10, 4, 3), [0..4, 3..7, 6..10]);
        assert_eq!(spans(11, 4, 3), [0..4, 3..7, 6..10, 9..11]);
        assert_eq!((spans(3, 8, 2).first(), spans(3, 8, 2).len()), (Some(&(0..3)), 1));
    }
}
