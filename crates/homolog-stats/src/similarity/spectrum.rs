//! The spectrum of a representation: how many dimensions it uses, and how fast their variance falls.

use crate::StatsError;
use crate::finite::{require_count, require_stimuli};
use crate::gram::Gram;
use crate::linear_algebra::symmetric_eigenvalues;

/// Variances along the principal components of a representation, from the greatest: eigenvalues of the covariance of units.
///
/// # Shapes and units
/// - `gram`: over n_stimuli; returns min(n_stimuli − 1, n_units) variances (divided by n_stimuli − 1), in squared units of the responses.
///
/// # Errors
/// [`StatsError::TooFewStimuli`] under 2; [`StatsError::ConstantPattern`] when nothing varies; [`StatsError::Decomposition`].
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with NumPy (goldens/numpy/similarity). Deterministic.
///
/// # Reference
/// Pearson (1901). On lines and planes of closest fit to systems of points in space. Phil Mag 2:559.
pub fn principal_variances(gram: &Gram) -> Result<Vec<f64>, StatsError> {
    const OPERATION: &str = "the eigenspectrum of a representation";
    let n = gram.n_stimuli();
    require_stimuli(OPERATION, n, 2)?;
    let mut values = symmetric_eigenvalues(OPERATION, gram.centred_over_stimuli().view())?;
    values.reverse();
    values.truncate((n - 1).min(gram.n_units));
    let raw: f64 = gram.products.diag().sum();
    if values[0] <= raw * f64::EPSILON * n as f64 {
        return Err(StatsError::ConstantPattern {
            operation: OPERATION,
            what: "over all stimuli, representation",
            index: 0,
        });
    }
    Ok(values.into_iter().map(|value| value.max(0.0) / (n as f64 - 1.0)).collect())
}

/// Effective dimensionality: (Σ λ)² / Σ λ², the participation ratio of the principal variances.
///
/// # Shapes and units
/// - `variances`: as [`principal_variances`] gives; returns from 1 to their number.
///
/// # Errors
/// [`StatsError::TooFew`] with none; [`StatsError::OutOfRange`] for a negative or no finite variance, or none above 0.
///
/// # Example
/// ```
/// assert_eq!(homolog_stats::similarity::effective_dimensionality(&[2.0, 2.0, 0.0]), Ok(2.0));
/// ```
///
/// # Reference
/// Elmoznino, Bonner (2024). High-performing neural network models of visual cortex benefit from high latent dimensionality. PLoS Comput Biol 20:e1011792.
pub fn effective_dimensionality(variances: &[f64]) -> Result<f64, StatsError> {
    const OPERATION: &str = "the effective dimensionality";
    require_variances(OPERATION, variances)?;
    let sum: f64 = variances.iter().sum();
    Ok(sum * sum / variances.iter().map(|value| value * value).sum::<f64>())
}

/// The exponent α of a power law λ_n ∝ n^−α, fitted by least squares between logarithms over components `first` to `last`.
///
/// # Shapes and units
/// - `variances`: from the greatest; `first`, `last`: components from 1, both within. Stringer et al. use 11 to 500.
///
/// # Errors
/// [`StatsError::OutOfRange`] when the range is empty, outside, or holds a variance of 0.
///
/// # Reference
/// Stringer et al. (2019). High-dimensional geometry of population responses in visual cortex. Nature 571:361.
/// Differs from the paper in: variances are not cross-validated, so noise flattens the tail; average repetitions first.
pub fn eigenspectrum_slope(variances: &[f64], first: usize, last: usize) -> Result<f64, StatsError> {
    const OPERATION: &str = "the slope of an eigenspectrum";
    require_variances(OPERATION, variances)?;
    if first == 0 || last <= first || last > variances.len() {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the last component",
            value: last as f64,
            allowed: "above the first, which is at least 1, and at most the number of components",
        });
    }
    let used = &variances[first - 1..last];
    if used.iter().any(|&value| value <= 0.0) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "a variance in the range",
            value: 0.0,
            allowed: "above 0: end the range before the components without variance",
        });
    }
    let n = used.len() as f64;
    let points: Vec<(f64, f64)> =
        used.iter().enumerate().map(|(at, value)| (((first + at) as f64).ln(), value.ln())).collect();
    let mean_x = points.iter().map(|point| point.0).sum::<f64>() / n;
    let mean_y = points.iter().map(|point| point.1).sum::<f64>() / n;
    let covariance: f64 = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
    Ok(-covariance / variance)
}

fn require_variances(operation: &'static str, variances: &[f64]) -> Result<(), StatsError> {
    require_count(operation, "variances", variances.len(), 1)?;
    let wrong = variances.iter().find(|value| !(value.is_finite() && **value >= 0.0));
    let none = (!variances.iter().any(|&value| value > 0.0)).then_some(&0.0);
    match wrong.or(none) {
        None => Ok(()),
        Some(&value) => Err(StatsError::OutOfRange {
            operation,
            parameter: "a variance",
            value,
            allowed: "0 or more and finite, and one of them above 0",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn variances_of_two_independent_units_are_theirs() {
        // Unit 0: -3, 3, 0, 0; unit 1: 0, 0, 1, -1; sums of squares 18 and 2 over 3.
        let gram = Gram::of(array![[-3.0, 0.0], [3.0, 0.0], [0.0, 1.0], [0.0, -1.0]].view()).unwrap();
        let found = principal_variances(&gram).unwrap();
        assert!((found[0] - 6.0).abs() < 1e-12 && (found[1] - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn power_law_gives_back_its_exponent() {
        let variances: Vec<f64> = (1..=50).map(|n| 7.0 * f64::from(n).powf(-1.3)).collect();
        assert!((eigenspectrum_slope(&variances, 2, 40).unwrap() - 1.3).abs() < 1e-12);
        assert!(eigenspectrum_slope(&variances, 2, 51).is_err());
    }

    #[test]
    fn constant_representation_has_no_spectrum() {
        let gram = Gram::of(ndarray::Array2::<f64>::ones((5, 4)).view()).unwrap();
        assert!(matches!(principal_variances(&gram), Err(StatsError::ConstantPattern { .. })));
        assert!(effective_dimensionality(&[0.0, 0.0]).is_err());
    }
}
