//! Many penalties at the price of a few: the table of shrinkage factors has low rank.
//!
//! Component k of a fit is scaled by λ_k / (λ_k + α). As a table over components and penalties this is so smooth that, whatever
//! the number of penalties, some tens of columns span it to 1e-10. They serve to choose a penalty; the fit with the chosen one is exact. Predictions are made for those columns, and every penalty's is a
//! combination of them.

use ndarray::{Array2, ArrayView2, s};

use super::OPERATION;
use crate::error::StatsError;
use crate::linear_algebra::thin_svd;
use crate::mapping::products::product;

/// Singular values of the table below this share of the largest are left out.
const RESOLUTION: f64 = 1e-10;

/// The table λ / (λ + α) as `of_components` · `of_penalties`.
pub(super) struct Shrinkage {
    /// (n_components, rank).
    pub(super) of_components: Array2<f64>,
    /// (rank, n_penalties).
    pub(super) of_penalties: Array2<f64>,
}

impl Shrinkage {
    pub(super) fn new(eigenvalues: &[f64], penalties: &[f64]) -> Result<Self, StatsError> {
        let table = Array2::from_shape_fn((eigenvalues.len(), penalties.len()), |(component, penalty)| {
            eigenvalues[component] / (eigenvalues[component] + penalties[penalty])
        });
        let svd = thin_svd(OPERATION, table.view())?;
        let floor = RESOLUTION * svd.values.first().copied().unwrap_or(0.0);
        let rank = svd.values.iter().take_while(|&&value| value > floor).count();
        let of_components = svd.left.slice(s![.., ..rank]).to_owned() * &svd.values.slice(s![..rank]);
        Ok(Self { of_components, of_penalties: svd.right.slice(s![.., ..rank]).t().to_owned() })
    }

    pub(super) fn rank(&self) -> usize {
        self.of_penalties.nrows()
    }

    /// For each column of the reduced table, the fits `scores` · diag(column / λ) · `projections`.
    pub(super) fn fits(
        &self,
        eigenvalues: &[f64],
        scores: ArrayView2<'_, f64>,
        projections: ArrayView2<'_, f64>,
    ) -> Vec<Array2<f64>> {
        let fit = |column: usize| {
            let mut scaled = scores.to_owned();
            for mut row in scaled.outer_iter_mut() {
                let factors = self.of_components.column(column);
                row.iter_mut()
                    .zip(factors)
                    .zip(eigenvalues)
                    .for_each(|((score, factor), value)| *score *= factor / value);
            }
            product(scaled.view(), projections)
        };
        (0..self.rank()).map(fit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninety_nine_penalties_take_a_third_of_the_columns() {
        let eigenvalues: Vec<f64> = (0..300).map(|k| 10f64.powf(-2.0 + 8.0 * k as f64 / 299.0)).collect();
        let penalties = super::super::PenaltyGrid::BrainScore.values().unwrap();
        let shrinkage = Shrinkage::new(&eigenvalues, &penalties).unwrap();
        assert!(shrinkage.rank() <= 40, "{}", shrinkage.rank());
        let table = shrinkage.of_components.dot(&shrinkage.of_penalties);
        for ((component, penalty), value) in table.indexed_iter() {
            let exact = eigenvalues[component] / (eigenvalues[component] + penalties[penalty]);
            assert!((value - exact).abs() < 1e-8, "{value} {exact}");
        }
    }
}
