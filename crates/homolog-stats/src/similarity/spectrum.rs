//! The spectrum of a representation: how many dimensions it uses, and how fast their variance falls.

use ndarray::ArrayView2;

use super::alignment::centred_pair;
use crate::StatsError;
use crate::finite::{require_count, require_same_length, require_stimuli};
use crate::gram::Gram;
use crate::linear_algebra::{product, symmetric_eigen, symmetric_eigenvalues};

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

/// How much each component counts in the fit of a power law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PowerLawWeights {
    /// Component n counts 1/n, so that each stretch of the logarithmic axis counts alike: Stringer et al.'s own fit.
    OneOverComponent,
    /// Alike, so that the many late components decide.
    Equal,
}

/// A power law λ_n = scale · n^−exponent of the variances of a representation.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PowerLaw {
    /// α: a code of stimuli of d dimensions can only be smooth where it is above 1 + 2/d.
    pub exponent: f64,
    /// The fitted variance of component 1, in squared units of the responses.
    pub scale: f64,
}

impl PowerLaw {
    /// The fitted variance of a component, counted from 1.
    pub fn at(&self, component: usize) -> f64 {
        self.scale * (component as f64).powf(-self.exponent)
    }
}

/// The power law λ_n ∝ n^−α, fitted by weighted least squares between logarithms over components `first` to `last`.
///
/// # Shapes and units
/// - `variances`: from the greatest; `first`, `last`: components from 1, both within. Stringer et al. use 11 to 500.
///
/// # Errors
/// [`StatsError::OutOfRange`] when the range is empty, outside, or holds a variance that is not above 0.
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with NumPy (goldens/numpy/spectrum). Deterministic.
///
/// # Reference
/// Stringer et al. (2019). High-dimensional geometry of population responses in visual cortex. Nature 571:361.
/// doi:10.1038/s41586-019-1346-5; the weights are those of the code published with it.
pub fn fit_power_law(
    variances: &[f64],
    first: usize,
    last: usize,
    weights: PowerLawWeights,
) -> Result<PowerLaw, StatsError> {
    const OPERATION: &str = "the slope of an eigenspectrum";
    let out_of_range =
        |parameter, value, allowed| StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed };
    if first == 0 || last <= first || last > variances.len() {
        let allowed = "above the first, which is at least 1, and at most the number of components";
        return Err(out_of_range("the last component", last as f64, allowed));
    }
    let used = &variances[first - 1..last];
    if let Some(value) = used.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
        let allowed = "above 0: end the range before the components without variance";
        return Err(out_of_range("a variance in the range", *value, allowed));
    }
    let weight = |component: usize| match weights {
        PowerLawWeights::OneOverComponent => 1.0 / component as f64,
        PowerLawWeights::Equal => 1.0,
    };
    let points: Vec<[f64; 3]> = (first..=last)
        .zip(used)
        .map(|(component, value)| [weight(component), (component as f64).ln(), value.ln()])
        .collect();
    let total: f64 = points.iter().map(|[weight, ..]| weight).sum();
    let mean_x = points.iter().map(|[weight, x, _]| weight * x).sum::<f64>() / total;
    let mean_y = points.iter().map(|[weight, _, y]| weight * y).sum::<f64>() / total;
    let covariance: f64 = points.iter().map(|[weight, x, y]| weight * (x - mean_x) * (y - mean_y)).sum();
    let variance: f64 = points.iter().map(|[weight, x, _]| weight * (x - mean_x).powi(2)).sum();
    let exponent = -covariance / variance;
    Ok(PowerLaw { exponent, scale: (mean_y + exponent * mean_x).exp() })
}

/// Variances along principal components that two repetitions of the stimuli share, from the greatest component (cvPCA).
///
/// Component n of one repetition: the mean over both repetitions of Σ_stimuli (x v_n)(x′ v_n) / (n_stimuli − 1), v_n its n-th principal
/// direction, x and x′ the centred responses of this repetition and the other. Noise that is independent between repetitions adds nothing on
/// average, so the tail may be negative.
///
/// # Shapes and units
/// - `first`, `second`: (n_stimuli, n_units), the same stimuli and units; returns min(n_stimuli − 1, n_units) values, in squared units of the
///   responses.
///
/// # Errors
/// [`StatsError::ShapeMismatch`]; [`StatsError::TooFewStimuli`] under 3; [`StatsError::NotFinite`]; [`StatsError::ConstantPattern`] when a
/// repetition does not vary.
///
/// # Accuracy and randomness
/// f64; agrees to 1e-8 with NumPy (goldens/numpy/spectrum). Deterministic.
///
/// # Reference
/// Stringer et al. (2019). Nature 571:361. doi:10.1038/s41586-019-1346-5, Methods, "Cross-validated PCA".
/// Differs from the paper in: both repetitions give directions once, where the paper's code exchanges repetitions at random for each stimulus.
pub fn cross_validated_variances(
    first: ArrayView2<'_, f64>,
    second: ArrayView2<'_, f64>,
) -> Result<Vec<f64>, StatsError> {
    const OPERATION: &str = "the cross-validated eigenspectrum of a representation";
    let (names, units) = (("the first repetition", "the second repetition"), (first.ncols(), second.ncols()));
    require_same_length(OPERATION, "units", (names.0, units.0), (names.1, units.1))?;
    let [first, second] = centred_pair(OPERATION, first, second)?;
    let n = first.nrows();
    let n_components = (n - 1).min(units.0);
    let shared = product(second.view(), first.t());
    let mut variances = vec![0.0; n_components];
    for own in [&first, &second] {
        let (_, vectors) = symmetric_eigen(OPERATION, product(own.view(), own.t()).view())?;
        // Eigenvalues ascend, so the leading direction is the last column.
        for (variance, direction) in variances.iter_mut().zip(vectors.columns().into_iter().rev()) {
            *variance += direction.dot(&shared.dot(&direction)) / (2.0 * (n as f64 - 1.0));
        }
    }
    Ok(variances)
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
    use crate::random::Rng;
    use ndarray::{Array2, array};

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
        for weights in [PowerLawWeights::OneOverComponent, PowerLawWeights::Equal] {
            let found = fit_power_law(&variances, 2, 40, weights).unwrap();
            assert!((found.exponent - 1.3).abs() < 1e-12 && (found.at(3) - variances[2]).abs() < 1e-12, "{found:?}");
            assert!(fit_power_law(&variances, 2, 51, weights).is_err());
            assert!(fit_power_law(&[2.0, 1.0, -0.5], 1, 3, weights).is_err());
        }
    }

    #[test]
    fn noise_of_repetitions_adds_nothing_to_what_they_share() {
        let mut rng = Rng::new(4);
        let mut draw = |n: usize, p: usize, scale: f64| Array2::from_shape_simple_fn((n, p), || scale * rng.normal());
        let (signal, noise) = (draw(400, 2, 2.0).dot(&draw(2, 30, 1.0)), [draw(400, 30, 1.0), draw(400, 30, 1.0)]);
        let [first, second] = noise.map(|noise| noise + &signal);
        let found = cross_validated_variances(first.view(), second.view()).unwrap();
        let plain = principal_variances(&Gram::of(first.view()).unwrap()).unwrap();
        let true_sum: f64 = principal_variances(&Gram::of(signal.view()).unwrap()).unwrap().iter().sum();
        assert_eq!(found.len(), 30);
        assert!((found.iter().sum::<f64>() / true_sum - 1.0).abs() < 0.05, "{found:?}");
        let tail = |values: &[f64]| values[2..].iter().sum::<f64>() / 28.0;
        assert!(tail(&plain) > 0.9 && tail(&found).abs() < 0.02, "{} {}", tail(&plain), tail(&found));
        let identical = cross_validated_variances(first.view(), first.view()).unwrap();
        assert!(identical.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn constant_representation_has_no_spectrum() {
        let gram = Gram::of(Array2::<f64>::ones((5, 4)).view()).unwrap();
        assert!(matches!(principal_variances(&gram), Err(StatsError::ConstantPattern { .. })));
        assert!(effective_dimensionality(&[0.0, 0.0]).is_err());
    }
}
