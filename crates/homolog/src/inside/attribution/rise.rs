//! RISE: the mean objective over random masks.

use ndarray::{Array2, Array3, Axis};

use super::{AttributionError, Attributor};
use crate::inside::bilinear::between;
use crate::inside::image::narrow;
use crate::inside::objective::Aim;
use crate::stimuli::generate::Random;

/// Masks by their numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Masks {
    pub(super) n_masks: usize,
    pub(super) n_cells: usize,
    pub(super) shown: f64,
    pub(super) seed: u64,
}

impl Masks {
    /// How much of each pixel mask `place` shows, 0 to 1: a grid of random cells, enlarged bilinearly to one cell more than
    /// the image along each side and shifted by a random part of a cell.
    fn mask(&self, place: usize, [height, width]: [usize; 2]) -> Array2<f64> {
        let mut random = Random::stream(self.seed, place as u64);
        let cells = Array2::from_shape_simple_fn((self.n_cells, self.n_cells), || {
            if random.uniform() < self.shown { 1.0 } else { 0.0 }
        });
        let mut side = |size: usize| {
            let cell = size.div_ceil(self.n_cells);
            let (enlarged, shift) = ((self.n_cells + 1) * cell, random.index(cell));
            (0..size).map(|place| between(place + shift, self.n_cells, enlarged)).collect::<Vec<_>>()
        };
        let (down, across) = (side(height), side(width));
        Array2::from_shape_fn((height, width), |(y, x)| {
            let ((top, bottom, low), (left, right, near)) = (down[y], across[x]);
            let row = |y: usize| cells[[y, left]] * (1.0 - near) + cells[[y, right]] * near;
            row(top) * (1.0 - low) + row(bottom) * low
        })
    }
}

impl Attributor<'_> {
    /// The objective, and Σ over masks of objective(masked image) · mask / (number of masks · share shown).
    pub(super) fn rise(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        masks: &Masks,
    ) -> Result<(f64, Array3<f32>), AttributionError> {
        let [_, height, width] = self.size;
        let baseline = self.baseline_of(input)?;
        let masked = |place: usize| match place.checked_sub(1) {
            Some(place) => {
                let mask = masks.mask(place, [height, width]).mapv(narrow);
                input * &mask + &baseline * &mask.mapv(|shown| 1.0 - shown)
            }
            None => input.clone(),
        };
        let objectives = self.objectives(aim, masks.n_masks + 1, &masked)?;
        let objective = objectives.first().copied().unwrap_or(f64::NAN);
        let mut sum: Array2<f64> = Array2::zeros((height, width));
        for (place, objective) in objectives.iter().skip(1).enumerate() {
            sum.scaled_add(*objective, &masks.mask(place, [height, width]));
        }
        let expected = masks.n_masks as f64 * masks.shown;
        Ok((objective, sum.mapv(|sum| narrow(sum / expected)).insert_axis(Axis(0))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_show_each_pixel_equally_often() {
        let masks = Masks { n_masks: 4000, n_cells: 4, shown: 0.3, seed: 1 };
        let mut mean: Array2<f64> = Array2::zeros((10, 14));
        for place in 0..masks.n_masks {
            let mask = masks.mask(place, [10, 14]);
            assert!(mask.iter().all(|shown| (0.0..=1.0).contains(shown)));
            mean.scaled_add(1.0 / masks.n_masks as f64, &mask);
        }
        // The standard error of a share of .3 in 4,000 is .007.
        assert!(mean.iter().all(|shown| (shown - 0.3).abs() < 0.03), "{mean}");
        assert_eq!(masks.mask(3, [10, 14]), masks.mask(3, [10, 14]));
        assert_ne!(masks.mask(3, [10, 14]), masks.mask(4, [10, 14]));
    }
}
