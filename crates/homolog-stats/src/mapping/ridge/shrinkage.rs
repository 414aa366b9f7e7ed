//! The fits of many penalties at little more than the price of a few.
//!
//! With penalty α the component of squared length λ is scaled by λ / (λ + α). Over components of neighbouring λ this table of components
//! and penalties is so smooth that a few columns span it to 1e-7, however many penalties there are. They serve to choose a penalty; the
//! fit with the chosen one is exact. Components are taken in bands of neighbours, fits are made for each band's columns, and every
//! penalty's is a combination of them.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Zip, s};

use super::OPERATION;
use crate::error::StatsError;
use crate::linear_algebra::thin_svd;
use crate::mapping::products::{Real, multiply_onto, product_on_this_thread};

/// Components of a band: fewer make smoother tables and more bands to combine.
const COMPONENTS_AT_ONCE: usize = 128;

/// The table λ / (λ + α) over components and penalties.
pub(super) struct Shrinkage {
    /// √λ of each component.
    roots: Vec<f64>,
    /// Of each column: the components that it is over, and its value at each, with the component's 1 / √λ.
    columns: Vec<(Range<usize>, Vec<f64>)>,
    /// (n_penalties, n_columns).
    of_penalties: Array2<f64>,
}

impl Shrinkage {
    /// `eigenvalues` ascending and above 0, so that neighbours are alike; singular values of a band's table below the share `resolution` of its
    /// largest are left out.
    pub(super) fn new(eigenvalues: &[f64], penalties: &[f64], resolution: f64) -> Result<Self, StatsError> {
        let mut columns = Vec::new();
        let mut weights: Vec<Vec<f64>> = Vec::new();
        for start in (0..eigenvalues.len()).step_by(COMPONENTS_AT_ONCE) {
            let band = start..(start + COMPONENTS_AT_ONCE).min(eigenvalues.len());
            let values = &eigenvalues[band.clone()];
            let table = Array2::from_shape_fn((values.len(), penalties.len()), |(component, penalty)| {
                values[component] / (values[component] + penalties[penalty])
            });
            let svd = thin_svd(OPERATION, table.view())?;
            let floor = resolution * svd.values.first().copied().unwrap_or(0.0);
            let rank = svd.values.iter().take_while(|&&value| value > floor).count();
            for column in 0..rank {
                let scaled = svd.left.column(column).iter().zip(values).map(|(x, value)| x / value.sqrt()).collect();
                columns.push((band.clone(), scaled));
                weights.push(svd.right.column(column).iter().map(|x| x * svd.values[column]).collect());
            }
        }
        let of_penalties =
            Array2::from_shape_fn((penalties.len(), weights.len()), |(penalty, column)| weights[column][penalty]);
        Ok(Self { roots: eigenvalues.iter().map(|value| value.sqrt()).collect(), columns, of_penalties })
    }

    /// Prepares the fits, in the precision `T`, of the stimuli with these scores (n_stimuli, n_components).
    pub(super) fn at<T: Real>(&self, scores: ArrayView2<'_, f64>) -> FitsOfRows<'_, T> {
        let scaled = |(band, factors): &(Range<usize>, Vec<f64>)| {
            let factors = ndarray::aview1(factors);
            let scores = scores.slice(s![.., band.clone()]);
            Zip::from(scores).and_broadcast(&factors).map_collect(|score, factor| T::rounded(score * factor))
        };
        FitsOfRows {
            shrinkage: self,
            n_rows: scores.nrows(),
            scaled: self.columns.iter().map(scaled).collect(),
            of_penalties: self.of_penalties.mapv(T::rounded),
        }
    }
}

/// Scores of some stimuli, scaled by each column of a [`Shrinkage`].
pub(super) struct FitsOfRows<'a, T: Real> {
    shrinkage: &'a Shrinkage,
    n_rows: usize,
    scaled: Vec<Array2<T>>,
    of_penalties: Array2<T>,
}

impl<T: Real> FitsOfRows<'_, T> {
    /// For every penalty the fits Z diag(1 / (λ + α)) `projections`: (n_penalties, n_stimuli · n_targets), on the calling thread.
    pub(super) fn of(&self, projections: ArrayView2<'_, f64>) -> Array2<T> {
        let mut per_root = Array2::zeros(projections.dim());
        for ((mut to, from), root) in per_root.outer_iter_mut().zip(projections.outer_iter()).zip(&self.shrinkage.roots)
        {
            to.zip_mut_with(&from, |to, projection| *to = T::rounded(projection / root));
        }
        let mut basis = Array2::zeros((self.scaled.len(), self.n_rows * projections.ncols()));
        let columns = self.shrinkage.columns.iter().zip(&self.scaled).zip(basis.outer_iter_mut());
        for (((band, _), scaled), mut place) in columns {
            if let Some(place) = place.as_slice_mut() {
                multiply_onto(place, scaled.view(), per_root.slice(s![band.clone(), ..]));
            }
        }
        product_on_this_thread(self.of_penalties.view(), basis.view())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fits_of_every_penalty_are_those_of_the_formula() {
        let eigenvalues: Vec<f64> = (0..300).map(|k| 10f64.powf(-2.0 + 8.0 * k as f64 / 299.0)).collect();
        let penalties = super::super::PenaltyGrid::BrainScore.values().unwrap();
        let shrinkage = Shrinkage::new(&eigenvalues, &penalties, 1e-7).unwrap();
        // 99 penalties would need 99 products with 300 components each, 29,700.
        let work: usize = shrinkage.columns.iter().map(|(band, _)| band.len()).sum();
        assert!(work < 5_000, "{work}");
        // With scores √λ and projections √λ the fit is the sum of the table's column.
        let roots: Vec<f64> = eigenvalues.iter().map(|x| x.sqrt()).collect();
        let scores = Array2::from_shape_vec((1, 300), roots.clone()).unwrap();
        let projections = Array2::from_shape_vec((300, 1), roots).unwrap();
        let found = shrinkage.at::<f64>(scores.view()).of(projections.view());
        for (&penalty, found) in penalties.iter().zip(&found) {
            let exact: f64 = eigenvalues.iter().map(|value| value / (value + penalty)).sum();
            assert!((found - exact).abs() < 1e-6 * exact, "{found} {exact}");
        }
    }
}
