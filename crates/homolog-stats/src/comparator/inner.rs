//! Comparators that are the cosine of an angle: the inner products of all RDMs of a sample in one matrix.
//!
//! Cosine, Pearson and their whitened forms need nothing else: from the inner products of models and subjects follow every
//! score, and both noise ceilings of every resampling of subjects.
//!
//! Whitening uses the structure of the covariance of squared distance estimates under independent noise. With B the
//! (n_pairs, n_stimuli) incidence of pairs and stimuli, V = B Bᵀ + 2 I up to a factor: 4 on the diagonal and 1 where two pairs share a
//! stimulus. By Woodbury, V⁻¹ = ½ (I − B (2 I + Bᵀ B)⁻¹ Bᵀ), and for a resampling in which stimulus i occurs m_i times,
//! (2 I + Bᵀ B) is d_i = 2 + N − 2 m_i on the diagonal plus 11ᵀ, on vectors that agree on copies. So one sum per stimulus
//! replaces the n² × n² covariance (Diedrichsen et al. 2020, arXiv:2007.02789, give V).

use ndarray::{Array1, Array2, ArrayView2};

use super::sample::PairSample;
use crate::linear_algebra::product_of_columns;

/// Which inner product is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InnerProduct {
    pub(crate) centring: Centring,
    pub(crate) metric: Metric,
}

/// Whether the mean over pairs is taken away first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Centring {
    AsIs,
    MeanRemoved,
}

/// Whether pairs count alike, or by the inverse covariance of their estimates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    Plain,
    Whitened,
}

/// The inner products of all RDMs of a sample.
#[derive(Debug, Clone)]
pub(crate) struct InnerProducts {
    /// (n_rdms, n_rdms), symmetric.
    pub(crate) products: Array2<f64>,
    /// The squared length of each RDM with all pairs counting alike, by which a pool scales it even for whitened comparators.
    pub(crate) plain_squares: Array1<f64>,
}

impl InnerProduct {
    /// Inner products of all columns of `values` (n_pairs, n_rdms) over a sample.
    pub(crate) fn of_sample(self, values: ArrayView2<'_, f64>, sample: &PairSample) -> InnerProducts {
        let n_rdms = values.ncols();
        let total = sample.total_weight();
        let mut kept = Array2::zeros((sample.positions.len(), n_rdms));
        for (mut row, &position) in kept.rows_mut().into_iter().zip(&sample.positions) {
            row.assign(&values.row(position as usize));
        }
        if self.centring == Centring::MeanRemoved {
            let mut means = Array1::<f64>::zeros(n_rdms);
            for (row, &weight) in kept.rows().into_iter().zip(&sample.weights) {
                means.scaled_add(f64::from(weight) / total, &row);
            }
            kept -= &means;
        }
        let correction = match self.metric {
            Metric::Plain => None,
            Metric::Whitened => Some(whitening_correction(kept.view(), sample)),
        };
        for (mut row, &weight) in kept.rows_mut().into_iter().zip(&sample.weights) {
            row *= f64::from(weight).sqrt();
        }
        let mut products = product_of_columns(kept.view());
        let plain_squares = products.diag().to_owned();
        if let Some(correction) = correction {
            products -= &correction;
            products *= 0.5;
        }
        InnerProducts { products, plain_squares }
    }
}

/// xᵀ B (2 I + Bᵀ B)⁻¹ Bᵀ y for all pairs of columns x, y of `kept`.
fn whitening_correction(kept: ArrayView2<'_, f64>, sample: &PairSample) -> Array2<f64> {
    let n_rdms = kept.ncols();
    let multiplicity = sample.multiplicities();
    let n_drawn = multiplicity.sum();
    let mut sums = Array2::<f64>::zeros((multiplicity.len(), n_rdms));
    for (row, &(first, second)) in kept.rows().into_iter().zip(&sample.stimuli) {
        let (first, second) = (first as usize, second as usize);
        sums.row_mut(first).scaled_add(multiplicity[second], &row);
        sums.row_mut(second).scaled_add(multiplicity[first], &row);
    }
    let share = multiplicity.mapv(|count| count / (2.0 + n_drawn - 2.0 * count));
    let mut total = Array1::<f64>::zeros(n_rdms);
    for (row, &share) in sums.rows().into_iter().zip(&share) {
        total.scaled_add(share, &row);
    }
    let whole = 1.0 + share.sum();
    for (mut row, &share) in sums.rows_mut().into_iter().zip(&share) {
        row *= share.abs().sqrt();
    }
    // A stimulus drawn more often than half of all draws has a negative share; its products are taken away, not added.
    let mut products = product_of_columns(sums.view());
    for (row, &share) in sums.rows().into_iter().zip(&share) {
        if share < 0.0 {
            for (i, j) in all_pairs(n_rdms) {
                products[[i, j]] -= 2.0 * row[i] * row[j];
            }
        }
    }
    for (i, j) in all_pairs(n_rdms) {
        products[[i, j]] -= total[i] * total[j] / whole;
    }
    products
}

/// All ordered pairs of 0..n, each with itself too.
fn all_pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (0..n).map(move |j| (i, j)))
}
