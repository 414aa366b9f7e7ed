//! Centred kernel alignment: how alike two representations of the same stimuli are, whatever their numbers of units.

use ndarray::{Array2, ArrayView2};

use crate::StatsError;
use crate::finite::{require_finite, require_same_length, require_stimuli};
use crate::gram::{Gram, centre_both_sides};

/// How the Hilbert-Schmidt independence criterion inside CKA is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CkaEstimate {
    /// tr(H K H L): above 0 for unrelated representations, the more so the fewer the stimuli.
    Biased,
    /// Song et al.'s U-statistic: 0 on average for unrelated representations, and may be negative.
    Debiased,
}

/// Linear CKA from two Gram matrices.
///
/// CKA = HSIC(K, L) / √(HSIC(K, K) HSIC(L, L)). Biased, with K = X Xᵀ: ‖Yᵀ X‖² / (‖Xᵀ X‖ ‖Yᵀ Y‖) of centred units, which is the whitened
/// cosine of Euclidean RDMs.
///
/// # Shapes and units
/// - `left`, `right`: over the same stimuli in the same order; returns one number, at most 1.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when the numbers of stimuli differ.
/// - [`StatsError::TooFewStimuli`] under 3 stimuli, under 4 when debiased.
/// - [`StatsError::ConstantPattern`] when all stimuli have one pattern; [`StatsError::OutOfRange`] when a debiased self-similarity is not above 0.
///
/// # Accuracy and randomness
/// f64; agrees to 1e-10 with the formulas written out in NumPy (goldens/numpy/similarity). Deterministic.
///
/// # Example
/// ```
/// use homolog_stats::{gram::Gram, similarity::{CkaEstimate, linear_cka}};
/// use ndarray::array;
/// let responses = array![[1.0, 0.0], [0.0, 1.0], [2.0, 2.0], [0.5, 3.0]];
/// let (once, thrice) = (Gram::of(responses.view())?, Gram::of((&responses * 3.0).view())?);
/// assert!((linear_cka(&once, &thrice, CkaEstimate::Biased)? - 1.0).abs() < 1e-12);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Kornblith et al. (2019). Similarity of neural network representations revisited. ICML. Equation 4.
/// Song et al. (2012). Feature selection via dependence maximization. JMLR 13:1393. Equation 5 (debiased).
pub fn linear_cka(left: &Gram, right: &Gram, estimate: CkaEstimate) -> Result<f64, StatsError> {
    kernel_cka(left.products.view(), right.products.view(), estimate)
}

/// CKA with a Gaussian kernel, whose width is a share of the median distance between stimuli.
///
/// k(x, y) = exp(−‖x − y‖² / (2 σ²)), σ = `width` × median over pairs of ‖x − y‖.
///
/// # Shapes and units
/// - `left`, `right`: Gram matrices over the same stimuli; `width`: 1 is usual, without unit.
///
/// # Errors
/// As [`linear_cka`]; [`StatsError::OutOfRange`] when the width is not above 0.
///
/// # Accuracy and randomness
/// As [`linear_cka`].
///
/// # Reference
/// Kornblith et al. (2019). Similarity of neural network representations revisited. ICML. Section 3.
pub fn rbf_cka(left: &Gram, right: &Gram, width: f64, estimate: CkaEstimate) -> Result<f64, StatsError> {
    kernel_cka(gaussian_kernel(left, width)?.view(), gaussian_kernel(right, width)?.view(), estimate)
}

/// CKA of two kernel matrices over the same stimuli.
///
/// # Shapes and units
/// - `left`, `right`: (n_stimuli, n_stimuli), symmetric.
///
/// # Errors
/// As [`linear_cka`]; [`StatsError::NotFinite`].
///
/// # Reference
/// As [`linear_cka`].
pub fn kernel_cka(
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
    estimate: CkaEstimate,
) -> Result<f64, StatsError> {
    const OPERATION: &str = "CKA";
    let n = left.nrows();
    require_same_length(OPERATION, "stimuli", ("the first kernel", n), ("the second kernel", right.nrows()))?;
    for (what, kernel) in [("the first kernel", left), ("the second kernel", right)] {
        require_same_length(
            OPERATION,
            "stimuli",
            ("the rows of a kernel", kernel.nrows()),
            ("its columns", kernel.ncols()),
        )?;
        require_finite(OPERATION, what, kernel)?;
    }
    let (left, right) = match estimate {
        CkaEstimate::Biased => {
            require_stimuli(OPERATION, n, 3)?;
            (centre_both_sides(left), centre_both_sides(right))
        }
        CkaEstimate::Debiased => {
            require_stimuli("debiased CKA", n, 4)?;
            (u_centred(left), u_centred(right))
        }
    };
    let inner = |a: &Array2<f64>, b: &Array2<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let (own_left, own_right) = (inner(&left, &left), inner(&right, &right));
    for (index, (own, raw)) in
        [(own_left, left_scale(&left, n)), (own_right, left_scale(&right, n))].into_iter().enumerate()
    {
        if own <= raw {
            return Err(StatsError::ConstantPattern {
                operation: OPERATION,
                what: "over all stimuli, the representation",
                index,
            });
        }
    }
    Ok(inner(&left, &right) / (own_left * own_right).sqrt())
}

/// The squared norm that rounding alone can leave after centring.
fn left_scale(centred: &Array2<f64>, n: usize) -> f64 {
    let greatest = centred.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    (f64::EPSILON * greatest * n as f64).powi(2)
}

/// Székely and Rizzo's U-centring: the inner product of two such matrices is the debiased HSIC up to a factor that cancels.
fn u_centred(kernel: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = kernel.nrows() as f64;
    let mut off = kernel.to_owned();
    off.diag_mut().fill(0.0);
    let rows = off.sum_axis(ndarray::Axis(1));
    let all = rows.sum();
    Array2::from_shape_fn(off.dim(), |(i, j)| {
        if i == j { 0.0 } else { off[[i, j]] - (rows[i] + rows[j]) / (n - 2.0) + all / ((n - 1.0) * (n - 2.0)) }
    })
}

fn gaussian_kernel(gram: &Gram, width: f64) -> Result<Array2<f64>, StatsError> {
    const OPERATION: &str = "CKA with a Gaussian kernel";
    if !(width > 0.0 && width.is_finite()) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the width",
            value: width,
            allowed: "above 0 and finite",
        });
    }
    let n = gram.n_stimuli();
    require_stimuli(OPERATION, n, 3)?;
    let squared =
        |i: usize, j: usize| (gram.products[[i, i]] + gram.products[[j, j]] - 2.0 * gram.products[[i, j]]).max(0.0);
    let mut distances: Vec<f64> = crate::rdm::pairs(n).map(|(i, j)| squared(i, j).sqrt()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    let middle = distances.len() / 2;
    let median =
        if distances.len() % 2 == 1 { distances[middle] } else { 0.5 * (distances[middle - 1] + distances[middle]) };
    let scale = 2.0 * (width * median).powi(2);
    if scale <= 0.0 {
        return Err(StatsError::ConstantPattern {
            operation: OPERATION,
            what: "over most stimuli, the representation",
            index: 0,
        });
    }
    Ok(Array2::from_shape_fn((n, n), |(i, j)| if i == j { 1.0 } else { (-squared(i, j) / scale).exp() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparator::{Comparator, compare_rdms};
    use crate::random::Rng;
    use crate::rdm::{RdmMeasure, rdm_from_gram};

    fn gram(n: usize, p: usize, seed: u64) -> Gram {
        let mut rng = Rng::new(seed);
        Gram::of(Array2::from_shape_simple_fn((n, p), || rng.normal()).view()).unwrap()
    }

    #[test]
    fn biased_linear_cka_is_the_whitened_cosine_of_euclidean_rdms() {
        let (a, b) = (gram(9, 5, 1), gram(9, 7, 2));
        let rdm =
            |g: &Gram| rdm_from_gram(g, RdmMeasure::SquaredEuclideanPerUnit).unwrap().insert_axis(ndarray::Axis(0));
        let whitened = compare_rdms(rdm(&a).view(), rdm(&b).view(), Comparator::WhitenedCosine).unwrap()[[0, 0]];
        assert!((linear_cka(&a, &b, CkaEstimate::Biased).unwrap() - whitened).abs() < 1e-12);
    }

    #[test]
    fn debiased_cka_of_unrelated_representations_averages_zero() {
        let (mut debiased, mut biased) = (0.0, 0.0);
        for seed in 0..300 {
            let (a, b) = (gram(12, 30, 100 + seed), gram(12, 30, 5000 + seed));
            debiased += linear_cka(&a, &b, CkaEstimate::Debiased).unwrap() / 300.0;
            biased += linear_cka(&a, &b, CkaEstimate::Biased).unwrap() / 300.0;
        }
        // Its standard deviation over pairs of representations is near 0.1.
        assert!(debiased.abs() < 0.03, "{debiased}");
        assert!(biased > 0.5, "{biased}");
    }

    #[test]
    fn a_representation_is_fully_like_itself() {
        let a = gram(8, 4, 3);
        for estimate in [CkaEstimate::Biased, CkaEstimate::Debiased] {
            assert!((linear_cka(&a, &a, estimate).unwrap() - 1.0).abs() < 1e-12);
            assert!((rbf_cka(&a, &a, 1.0, estimate).unwrap() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn same_pattern_for_all_stimuli_has_no_cka() {
        let flat = Gram::of(Array2::<f64>::ones((6, 3)).view()).unwrap();
        let found = linear_cka(&flat, &gram(6, 3, 4), CkaEstimate::Biased);
        assert!(matches!(found, Err(StatsError::ConstantPattern { .. })));
    }
}
