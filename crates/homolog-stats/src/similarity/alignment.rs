//! Similarity after the best alignment: canonical correlations, and soft matching of single units.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::linear_algebra::{product, thin_svd};

/// Centred units of both representations, checked.
pub(super) fn centred_pair(
    operation: &'static str,
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
) -> Result<[Array2<f64>; 2], StatsError> {
    require_same_length(
        operation,
        "stimuli",
        ("the first representation", left.nrows()),
        ("the second", right.nrows()),
    )?;
    require_stimuli(operation, left.nrows(), 3)?;
    let mut centred = Vec::with_capacity(2);
    for (index, (what, responses)) in
        [("the first representation", left), ("the second representation", right)].into_iter().enumerate()
    {
        require_count(operation, "units", responses.ncols(), 1)?;
        require_finite(operation, what, responses)?;
        let means = responses.sum_axis(Axis(0)) / responses.nrows() as f64;
        let without = &responses - &means;
        let raw: f64 = responses.iter().map(|value| value * value).sum();
        let left_over: f64 = without.iter().map(|value| value * value).sum();
        if left_over <= (f64::EPSILON * responses.nrows() as f64).powi(2) * raw {
            return Err(StatsError::ConstantPattern { operation, what: "over all stimuli, representation", index });
        }
        centred.push(without);
    }
    let second = centred.pop();
    match (centred.pop(), second) {
        (Some(first), Some(second)) => Ok([first, second]),
        _ => Err(StatsError::TooFew { operation, what: "representations", found: 0, needed: 2 }),
    }
}

/// The left singular vectors and singular values that carry `share` of the variance.
pub(super) fn leading_components(
    operation: &'static str,
    centred: &Array2<f64>,
    share: f64,
) -> Result<(Array2<f64>, Array1<f64>), StatsError> {
    let svd = thin_svd(operation, centred.view())?;
    let squares = svd.values.mapv(|value| value * value);
    let total = squares.sum();
    let noise = svd.values[0] * f64::EPSILON * centred.nrows().max(centred.ncols()) as f64;
    let mut kept = 0;
    let mut sum = 0.0;
    while kept < squares.len() && svd.values[kept] > noise && (kept == 0 || sum < share * total * (1.0 - 1e-12)) {
        sum += squares[kept];
        kept += 1;
    }
    let range = ndarray::s![.., ..kept];
    Ok((svd.left.slice(range).to_owned(), svd.values.slice(ndarray::s![..kept]).to_owned()))
}

fn require_share(operation: &'static str, share: f64) -> Result<(), StatsError> {
    if share > 0.0 && share <= 1.0 {
        return Ok(());
    }
    Err(StatsError::OutOfRange {
        operation,
        parameter: "the share of variance kept",
        value: share,
        allowed: "above 0 and at most 1",
    })
}

/// Canonical correlations after reduction to the leading principal components of each side.
struct Canonical {
    correlations: Array1<f64>,
    /// Canonical variables of the first representation: (n_stimuli, n_correlations), of length 1.
    variables: Array2<f64>,
}

fn canonical(
    operation: &'static str,
    left: &Array2<f64>,
    right: &Array2<f64>,
    share: f64,
) -> Result<Canonical, StatsError> {
    require_share(operation, share)?;
    let (first, _) = leading_components(operation, left, share)?;
    let (second, _) = leading_components(operation, right, share)?;
    let n = left.nrows();
    if first.ncols() + second.ncols() >= n {
        // Two subspaces whose dimensions add up to those of the stimuli meet whatever the representations are.
        return Err(StatsError::TooFewStimuli { operation, found: n, needed: first.ncols() + second.ncols() + 1 });
    }
    let svd = thin_svd(operation, product(first.t(), second.view()).view())?;
    Ok(Canonical {
        correlations: svd.values.mapv(|value| value.min(1.0)),
        variables: product(first.view(), svd.left.view()),
    })
}

/// Mean canonical correlation after keeping the principal components that carry `share` of the variance (SVCCA).
///
/// # Shapes and units
/// - `left`: (n_stimuli, n_units), `right`: (n_stimuli, any n_units), the same stimuli in the same order.
/// - `share`: 0.99 in the paper. Returns one number from 0 to 1.
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] when the kept components of both sides are not fewer than the stimuli: the correlations would be 1 for any data.
/// - [`StatsError::ShapeMismatch`], [`StatsError::NotFinite`], [`StatsError::ConstantPattern`], [`StatsError::OutOfRange`].
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with the formulas written out in NumPy (goldens/numpy/similarity). Deterministic.
///
/// # Reference
/// Raghu et al. (2017). SVCCA: singular vector canonical correlation analysis. NeurIPS. Section 2.
pub fn svcca(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>, share: f64) -> Result<f64, StatsError> {
    const OPERATION: &str = "SVCCA";
    let [left, right] = centred_pair(OPERATION, left, right)?;
    let found = canonical(OPERATION, &left, &right, share)?;
    Ok(found.correlations.sum() / found.correlations.len() as f64)
}

/// Projection-weighted mean canonical correlation (PWCCA): correlations weigh as much as their variable accounts for in the first representation.
///
/// Weight of variable h_i: Σ over units x of |⟨h_i, x⟩|.
///
/// # Shapes and units
/// As [`svcca`]; not symmetric: the weights come from `left`. `share` 1 keeps all components, as the paper does.
///
/// # Errors
/// As [`svcca`].
///
/// # Accuracy and randomness
/// As [`svcca`].
///
/// # Reference
/// Morcos, Raghu, Bengio (2018). Insights on representational similarity in neural networks with canonical correlation. NeurIPS. Section 2.
pub fn pwcca(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>, share: f64) -> Result<f64, StatsError> {
    const OPERATION: &str = "PWCCA";
    let [left, right] = centred_pair(OPERATION, left, right)?;
    let found = canonical(OPERATION, &left, &right, share)?;
    let weights = product(found.variables.t(), left.view()).mapv(f64::abs).sum_axis(Axis(1));
    Ok(found.correlations.dot(&weights) / weights.sum())
}

/// How well single units of one representation match single units of the other, each unit's mass shared out at best (soft matching).
///
/// The optimal transport plan P between units (each of mass 1/n of its side) that maximises Σ P_ij r_ij, with r_ij Pearson's r over stimuli
/// of unit i and unit j. With equal numbers of units P is the best one-to-one assignment, divided by n_units.
///
/// # Shapes and units
/// - `left`: (n_stimuli, n_left), `right`: (n_stimuli, n_right); returns from −1 to 1. Time grows as (n_left + n_right)³: for up to a few thousand units.
///
/// # Errors
/// [`StatsError::ConstantPattern`] names a unit without variance; [`StatsError::ShapeMismatch`], [`StatsError::TooFewStimuli`], [`StatsError::NotFinite`].
///
/// # Accuracy and randomness
/// Exact optimum; agrees to 1e-9 with SciPy's linear programme (goldens/numpy/similarity). Deterministic.
///
/// # Reference
/// Khosla, Williams (2024). Soft matching distance: a metric on neural representations that captures single-neuron tuning. UniReps. Equation 5.
/// Differs from the paper in: the fit is given as a mean correlation, not as a distance.
pub fn soft_matching_correlation(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Result<f64, StatsError> {
    const OPERATION: &str = "a soft matching of units";
    let [left, right] = centred_pair(OPERATION, left, right)?;
    let (left, right) = (unit_columns(OPERATION, left)?, unit_columns(OPERATION, right)?);
    let correlations = product(left.t(), right.view());
    Ok(super::transport::best_uniform_transport(&correlations))
}

fn unit_columns(operation: &'static str, centred: Array2<f64>) -> Result<Array2<f64>, StatsError> {
    let lengths = centred.mapv(|x| x * x).sum_axis(Axis(0)).mapv(f64::sqrt);
    let scale = lengths.iter().copied().fold(0.0, f64::max);
    match lengths.iter().position(|&length| length <= scale * f64::EPSILON) {
        Some(index) => Err(StatsError::ConstantPattern { operation, what: "unit", index }),
        None => Ok(centred / &lengths),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;
    use crate::similarity::simulated::turned;
    use ndarray::array;

    #[test]
    fn rotation_scale_and_shift_change_no_canonical_correlation() {
        let x = normal_matrix(20, 4, 1);
        let y = turned(&x, 2);
        assert!((svcca(x.view(), y.view(), 1.0).unwrap() - 1.0).abs() < 1e-12);
        assert!((pwcca(x.view(), y.view(), 1.0).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn canonical_correlation_of_everything_with_everything_is_refused() {
        let found = svcca(normal_matrix(6, 40, 5).view(), normal_matrix(6, 30, 6).view(), 1.0);
        assert!(matches!(found, Err(StatsError::TooFewStimuli { .. })));
    }

    #[test]
    fn permuted_units_match_fully_and_rotated_ones_do_not() {
        let x = normal_matrix(30, 5, 7);
        let permuted = x.select(Axis(1), &[3, 0, 4, 1, 2]);
        assert!((soft_matching_correlation(x.view(), permuted.view()).unwrap() - 1.0).abs() < 1e-12);
        assert!(soft_matching_correlation(x.view(), turned(&x, 8).view()).unwrap() < 0.95);
    }

    #[test]
    fn one_unit_is_shared_out_over_two() {
        // Unit 0 of the left equals both units of the right: the mean correlation is 1.
        let left = array![[1.0], [2.0], [4.0]];
        let right = array![[1.0, 2.0], [2.0, 4.0], [4.0, 8.0]];
        assert!((soft_matching_correlation(left.view(), right.view()).unwrap() - 1.0).abs() < 1e-12);
    }
}
