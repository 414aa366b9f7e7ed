//! Shape distances: what is left between two representations after the best rotation.

use ndarray::{Array2, ArrayView2};

use super::alignment::{centred_pair, leading_components};
use crate::StatsError;
use crate::linear_algebra::{product, singular_values, symmetric_eigen};

/// Squared Procrustes distance after centring and scaling to length 1: from 0 (same up to rotation and scale) to 2.
///
/// d² = ‖X‖² + ‖Y‖² − 2 ‖Xᵀ Y‖_* = 2 − 2 ‖Xᵀ Y‖_* with ‖X‖ = ‖Y‖ = 1, the sum of singular values being the best rotation's fit.
///
/// # Shapes and units
/// - `left`, `right`: (n_stimuli, n_units), the same stimuli; numbers of units may differ (the smaller is padded with zeros).
///
/// # Errors
/// [`StatsError::ShapeMismatch`], [`StatsError::TooFewStimuli`], [`StatsError::NotFinite`], [`StatsError::ConstantPattern`].
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with the formulas written out in NumPy (goldens/numpy/similarity). Deterministic.
///
/// # Reference
/// Ding, Denain, Steinhardt (2021). Grounding representation similarity through statistical testing. NeurIPS. Equation 2.
pub fn squared_procrustes_distance(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Result<f64, StatsError> {
    Ok((2.0 - 2.0 * best_rotation_fit("a Procrustes distance", left, right)?).max(0.0))
}

/// The angle between two representations after the best rotation: θ = arccos ‖Xᵀ Y‖_*, in radians; a metric.
///
/// # Shapes and units
/// As [`squared_procrustes_distance`]; returns from 0 to π/2.
///
/// # Errors
/// As [`squared_procrustes_distance`].
///
/// # Accuracy and randomness
/// As [`squared_procrustes_distance`].
///
/// # Reference
/// Williams et al. (2021). Generalized shape metrics on neural representations. NeurIPS. Equation 5 (α = 1).
pub fn angular_shape_distance(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Result<f64, StatsError> {
    Ok(best_rotation_fit("an angular shape distance", left, right)?.acos())
}

/// The angular shape distance after both representations are partly whitened, in radians; a metric for any one α.
///
/// X becomes C X (α I + (1 − α)(Xᵀ C X)^−½), C the centring over stimuli: its singular values s become α s + 1 − α, where they are not 0. With α = 1
/// this is [`angular_shape_distance`]; with α = 0 it is invariant to any invertible linear map, the arc cosine of the mean canonical
/// correlation where both sides have as many dimensions.
/// Convention: responses are taken in the unit they come in, as the paper and netrep have it, so for 0 < α < 1 the distance depends on their scale.
///
/// # Shapes and units
/// - `left`, `right`: as [`squared_procrustes_distance`]; `alpha`: from 0 to 1. Returns from 0 to π/2.
///
/// # Errors
/// - As [`squared_procrustes_distance`]; [`StatsError::OutOfRange`] for α outside 0 to 1.
/// - [`StatsError::TooFewStimuli`] with α = 0 when the dimensions of both sides are not fewer than the stimuli: they meet whatever the data are.
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with the formula written out in NumPy (goldens/numpy/shape_metrics). Deterministic.
///
/// # Reference
/// Williams et al. (2021). Generalized shape metrics on neural representations. NeurIPS. Section 2.3 (partial whitening).
pub fn partly_whitened_shape_distance(
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
    alpha: f64,
) -> Result<f64, StatsError> {
    const OPERATION: &str = "a partly whitened shape distance";
    if !(0.0..=1.0).contains(&alpha) {
        let (parameter, allowed) = ("alpha, the part that is not whitened", "from 0 to 1");
        return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value: alpha, allowed });
    }
    let [left, right] = centred_pair(OPERATION, left, right)?;
    let whitened = |centred: &Array2<f64>| {
        let (vectors, values) = leading_components(OPERATION, centred, 1.0)?;
        let values = values.mapv(|value| alpha * value + 1.0 - alpha);
        let length = values.dot(&values).sqrt();
        Ok::<_, StatsError>(vectors * &(values / length))
    };
    let (first, second) = (whitened(&left)?, whitened(&right)?);
    let n_dimensions = first.ncols() + second.ncols();
    if alpha == 0.0 && n_dimensions >= left.nrows() {
        let (found, needed) = (left.nrows(), n_dimensions + 1);
        return Err(StatsError::TooFewStimuli { operation: OPERATION, found, needed });
    }
    let fit: f64 = singular_values(OPERATION, product(first.t(), second.view()).view())?.iter().sum();
    Ok(fit.min(1.0).acos())
}

/// ‖Xᵀ Y‖_* of centred representations of length 1. It is formed between principal components, so that many units cost nothing.
fn best_rotation_fit(
    operation: &'static str,
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
) -> Result<f64, StatsError> {
    let [left, right] = centred_pair(operation, left, right)?;
    let n = left.nrows();
    let (left, right) = (reduced(operation, left, n)?, reduced(operation, right, n)?);
    let length = |x: &Array2<f64>| x.iter().map(|value| value * value).sum::<f64>().sqrt();
    let nuclear: f64 = singular_values(operation, product(left.t(), right.view()).view())?.iter().sum();
    Ok((nuclear / (length(&left) * length(&right))).min(1.0))
}

/// The same geometry in at most `n` units.
fn reduced(operation: &'static str, centred: Array2<f64>, n: usize) -> Result<Array2<f64>, StatsError> {
    if centred.ncols() <= n {
        return Ok(centred);
    }
    let gram = product(centred.view(), centred.t());
    let (values, vectors) = symmetric_eigen(operation, gram.view())?;
    Ok(vectors * &values.mapv(|value| value.max(0.0).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;
    use crate::similarity::simulated::turned;

    #[test]
    fn rotation_scale_and_shift_change_no_distance() {
        let x = normal_matrix(20, 4, 1);
        let y = turned(&x, 2);
        assert!(squared_procrustes_distance(x.view(), y.view()).unwrap() < 1e-12);
        assert!(angular_shape_distance(x.view(), y.view()).unwrap() < 1e-6);
    }

    #[test]
    fn many_units_are_reduced_without_changing_the_angle() {
        let (x, y) = (normal_matrix(6, 40, 3), normal_matrix(6, 30, 4));
        let fit = best_rotation_fit("a test", x.view(), y.view()).unwrap();
        let [x, y] = centred_pair("a test", x.view(), y.view()).unwrap();
        let length = |m: &Array2<f64>| m.iter().map(|v| v * v).sum::<f64>().sqrt();
        let plain: f64 = singular_values("a test", x.t().dot(&y).view()).unwrap().iter().sum();
        assert!((fit - plain / length(&x) / length(&y)).abs() < 1e-12);
    }

    #[test]
    fn whitening_goes_from_rotations_to_any_linear_map() {
        let (x, y) = (normal_matrix(30, 4, 5), normal_matrix(30, 6, 6));
        let of = |a: &Array2<f64>, b: &Array2<f64>, alpha| partly_whitened_shape_distance(a.view(), b.view(), alpha);
        let plain = angular_shape_distance(x.view(), y.view()).unwrap();
        assert!((of(&x, &y, 1.0).unwrap() - plain).abs() < 1e-12);
        let mapped = x.dot(&normal_matrix(4, 4, 7));
        assert!(of(&x, &mapped, 0.0).unwrap() < 1e-6 && of(&x, &mapped, 0.5).unwrap() > 0.05);
        assert!((of(&x, &y, 0.3).unwrap() - of(&y, &x, 0.3).unwrap()).abs() < 1e-12);
        assert!(matches!(of(&x, &y, 1.5), Err(StatsError::OutOfRange { .. })));
        let many = normal_matrix(30, 28, 8);
        assert!(matches!(of(&x, &many, 0.0), Err(StatsError::TooFewStimuli { found: 30, needed: 33, .. })));
        assert!(of(&x, &many, 0.1).is_ok());
    }
}
