//! Linear discriminant analysis with a shrunk covariance.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::classifier::{LinearClassifier, check_classes, deviations};
use crate::error::StatsError;
use crate::linear_algebra::solve_positive_definite;
use crate::mapping::product;

const OPERATION: &str = "linear discriminant analysis";

/// How the covariance within classes is drawn towards one without correlations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shrinkage {
    /// For each class by the lemma of Ledoit and Wolf, on features of unit variance within the class (scikit-learn's `shrinkage='auto'`).
    LedoitWolf,
    /// By this share, from 0 to 1, of the mean variance (scikit-learn's `shrinkage=…`).
    Fixed(f64),
}

/// Linear discriminant analysis: classes of one covariance Σ, means μ and shares π.
///
/// Decision of class k: x Σ⁻¹ μ_k − ½ μ_k Σ⁻¹ μ_k + ln π_k, with Σ the mean over classes, by their shares, of their shrunk covariances (ddof 0); with
/// two classes the difference (scikit-learn's `LinearDiscriminantAnalysis(solver='lsqr')`).
///
/// # Reference
/// Fisher (1936). Ann Eugen 7:179-188. Ledoit, Wolf (2004). A well-conditioned estimator for large-dimensional covariance matrices. J Multivar
/// Anal 88:365-411. doi:10.1016/S0047-259X(03)00096-4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discriminant {
    /// How the covariance is shrunk.
    pub shrinkage: Shrinkage,
}

impl Discriminant {
    /// Fits the classifier; shapes as [`super::Decoder::fit`].
    ///
    /// # Errors
    /// - As [`super::Decoder::fit`].
    /// - [`StatsError::OutOfRange`] for a share of shrinkage that is not from 0 to 1.
    /// - [`StatsError::Singular`] when the covariance has no inverse, as without shrinkage it has none for more features than stimuli.
    ///
    /// # Edge cases
    /// Memory: n_features² f64. A feature that is constant in a class has variance 0 there, as scikit-learn has it.
    ///
    /// # Accuracy and randomness
    /// f64, deterministic; agrees with scikit-learn 1.9.1 to 1e-8 (goldens/scikit-learn/classifiers).
    pub fn fit(self, features: ArrayView2<'_, f64>, classes: &[usize]) -> Result<LinearClassifier, StatsError> {
        let n_classes = check_classes(OPERATION, features, classes)?;
        if let Shrinkage::Fixed(value) = self.shrinkage
            && !(0.0..=1.0).contains(&value)
        {
            let (parameter, allowed) = ("the shrinkage", "from 0 to 1");
            return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed });
        }
        let n_features = features.ncols();
        let (mut covariance, mut means) =
            (Array2::zeros((n_features, n_features)), Array2::zeros((n_classes, n_features)));
        let mut shares = Array1::zeros(n_classes);
        for class in 0..n_classes {
            let members: Vec<usize> = (0..classes.len()).filter(|&at| classes[at] == class).collect();
            let of_class = features.select(Axis(0), &members);
            shares[class] = members.len() as f64 / classes.len() as f64;
            means.row_mut(class).assign(&of_class.mean_axis(Axis(0)).unwrap_or_default());
            covariance.scaled_add(shares[class], &self.shrunk_covariance(of_class.view()));
        }
        let singular = StatsError::Singular {
            operation: OPERATION,
            matrix: "the covariance within classes",
            advice: "Shrink it more, or leave out features that do not vary within classes",
        };
        let solved = solve_positive_definite(covariance.view(), means.t()).ok_or(singular)?;
        let coefficients = solved.reversed_axes().as_standard_layout().into_owned();
        let intercepts: Array1<f64> = (0..n_classes)
            .map(|class| shares[class].ln() - 0.5 * means.row(class).dot(&coefficients.row(class)))
            .collect();
        if n_classes == 2 {
            let difference = &coefficients.row(1) - &coefficients.row(0);
            let intercepts = Array1::from_elem(1, intercepts[1] - intercepts[0]);
            return Ok(LinearClassifier { coefficients: difference.insert_axis(Axis(0)), intercepts });
        }
        Ok(LinearClassifier { coefficients, intercepts })
    }

    fn shrunk_covariance(self, features: ArrayView2<'_, f64>) -> Array2<f64> {
        let centred = &features - &features.mean_axis(Axis(0)).unwrap_or_default();
        match self.shrinkage {
            Shrinkage::Fixed(share) => shrunk(covariance(&centred), share),
            Shrinkage::LedoitWolf => {
                let scales = deviations(features);
                let scaled = centred / &scales;
                let found = covariance(&scaled);
                let share = ledoit_wolf_share(&scaled, &found);
                let mut shrunk = shrunk(found, share) * &scales;
                shrunk.outer_iter_mut().zip(&scales).for_each(|(mut row, scale)| row *= *scale);
                shrunk
            }
        }
    }
}

/// Xᵀ X / n of centred features.
fn covariance(centred: &Array2<f64>) -> Array2<f64> {
    product(centred.t(), centred.view()) / centred.nrows() as f64
}

fn shrunk(mut covariance: Array2<f64>, share: f64) -> Array2<f64> {
    let mean = covariance.diag().mean().unwrap_or(0.0);
    covariance *= 1.0 - share;
    covariance.diag_mut().iter_mut().for_each(|x| *x += share * mean);
    covariance
}

/// The share of shrinkage that is expected to be best: equation (14) of Ledoit and Wolf (2004), from 0 to 1.
fn ledoit_wolf_share(centred: &Array2<f64>, covariance: &Array2<f64>) -> f64 {
    let (n, p) = (centred.nrows() as f64, centred.ncols() as f64);
    if centred.ncols() == 1 {
        return 0.0;
    }
    let mean = covariance.diag().sum() / p;
    let squares: f64 = covariance.iter().map(|x| x * x).sum();
    let fourth: f64 = centred.outer_iter().map(|row| row.iter().map(|x| x * x).sum::<f64>().powi(2)).sum::<f64>() / n;
    let error = (fourth - squares) / (p * n);
    let distance = (squares - p * mean * mean) / p;
    let error = error.min(distance);
    if error == 0.0 { 0.0 } else { error / distance }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    #[test]
    fn one_feature_gives_the_hand_worked_boundary() {
        // Means 0 and 4, variance 1 in both, equal shares: slope 4, zero at 2.
        let features = array![[-1.0], [1.0], [3.0], [5.0]];
        for shrinkage in [Shrinkage::LedoitWolf, Shrinkage::Fixed(0.0)] {
            let found = Discriminant { shrinkage }.fit(features.view(), &[0, 0, 1, 1]).unwrap();
            assert!((found.coefficients[[0, 0]] - 4.0).abs() < 1e-12 && (found.intercepts[0] + 8.0).abs() < 1e-12);
        }
    }

    #[test]
    fn full_shrinkage_is_the_nearest_mean() {
        let mut rng = Rng::new(1);
        let classes: Vec<usize> = (0..30).map(|at| at % 3).collect();
        let features = Array2::from_shape_fn((30, 50), |(at, _)| rng.normal() + (at % 3) as f64);
        let found = Discriminant { shrinkage: Shrinkage::Fixed(1.0) }.fit(features.view(), &classes).unwrap();
        let mean = |class: usize| {
            let members: Vec<usize> = (0..30).filter(|&at| classes[at] == class).collect();
            features.select(Axis(0), &members).mean_axis(Axis(0)).unwrap()
        };
        let means = [mean(0), mean(1), mean(2)];
        let distance = |at: usize, class: usize| (&features.row(at) - &means[class]).mapv(|x| x * x).sum();
        let nearest = |at: usize| (0..3).min_by(|&a, &b| distance(at, a).total_cmp(&distance(at, b))).unwrap();
        assert_eq!(found.classify(features.view()).unwrap(), (0..30).map(nearest).collect::<Vec<_>>());
    }

    #[test]
    fn more_features_than_stimuli_need_shrinkage() {
        let mut rng = Rng::new(2);
        let features = Array2::from_shape_simple_fn((10, 20), || rng.normal());
        let classes = [0, 1, 0, 1, 0, 1, 0, 1, 0, 1];
        let refused = Discriminant { shrinkage: Shrinkage::Fixed(0.0) }.fit(features.view(), &classes);
        assert!(matches!(refused, Err(StatsError::Singular { .. })), "{refused:?}");
        assert!(Discriminant { shrinkage: Shrinkage::LedoitWolf }.fit(features.view(), &classes).is_ok());
        assert!(Discriminant { shrinkage: Shrinkage::Fixed(2.0) }.fit(features.view(), &classes).is_err());
    }
}
