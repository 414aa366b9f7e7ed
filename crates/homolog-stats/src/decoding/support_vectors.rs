//! A linear support vector machine.

use ndarray::{Array1, Array2, ArrayView2, concatenate};
use rayon::prelude::*;

use super::basis::{Basis, Origin};
use super::classifier::{LinearClassifier, check_classes};
use super::logistic::above_zero;
use crate::error::StatsError;
use crate::mapping::product;
use crate::minimise::{Stopping, minimise};

const OPERATION: &str = "a linear support vector machine";

/// A linear support vector machine with a squared penalty and the squared hinge loss, one class against the rest.
///
/// Minimises ½ (‖w‖² + b²) + C Σ max(0, 1 − y (w x + b))², y = 1 for the class and −1 for the rest (scikit-learn's `LinearSVC(C)`, whose
/// constant is penalised too).
///
/// # Reference
/// Fan, Chang, Hsieh, Wang, Lin (2008). LIBLINEAR. JMLR 9:1871-1874. Equation (2) with the squared loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SupportVectors {
    /// C, above 0: the smaller, the stronger the penalty.
    pub inverse_penalty: f64,
}

impl SupportVectors {
    /// Fits the classifier; shapes as [`super::Decoder::fit`].
    ///
    /// # Errors
    /// - As [`super::Decoder::fit`].
    /// - [`StatsError::OutOfRange`] when C is not above 0.
    /// - [`StatsError::NotConverged`] when the iteration ends early.
    ///
    /// # Accuracy and randomness
    /// f64, L-BFGS in the directions in which the stimuli differ, deterministic. Agrees with scikit-learn 1.9.1 at a tight tolerance to 1e-4 of its
    /// coefficients, and class for class (goldens/scikit-learn/classifiers).
    pub fn fit(self, features: ArrayView2<'_, f64>, classes: &[usize]) -> Result<LinearClassifier, StatsError> {
        let n_classes = check_classes(OPERATION, features, classes)?;
        let c = above_zero(OPERATION, self.inverse_penalty)?;
        let ones = Array2::ones((features.nrows(), 1));
        // Both have the same rows, so they can be joined.
        let with_constant = concatenate(ndarray::Axis(1), &[features, ones.view()]).unwrap_or_default();
        let basis = Basis::of(OPERATION, with_constant.view(), Origin::Zero)?;
        let rows: Vec<usize> = if n_classes == 2 { vec![1] } else { (0..n_classes).collect() };
        let fit_row = |&class: &usize| {
            let signs: Vec<f64> = classes.iter().map(|&other| if other == class { 1.0 } else { -1.0 }).collect();
            Ok(basis.coefficients(&against_rest(&basis, &signs, c)?).0)
        };
        let fitted: Vec<Array1<f64>> = rows.par_iter().map(fit_row).collect::<Result<_, StatsError>>()?;
        let n_features = features.ncols();
        Ok(LinearClassifier {
            coefficients: Array2::from_shape_fn((rows.len(), n_features), |(row, feature)| fitted[row][feature]),
            intercepts: fitted.iter().map(|row| row[n_features]).collect(),
        })
    }
}

/// Coefficients of the directions for the class whose stimuli have sign 1.
fn against_rest(basis: &Basis, signs: &[f64], c: f64) -> Result<Vec<f64>, StatsError> {
    let n = signs.len() as f64;
    let ridge = 1.0 / (c * n);
    let scale: Vec<f64> = basis.squares.iter().map(|square| 1.0 / (2.0 * square / n + ridge)).collect();
    minimise(OPERATION, vec![0.0; basis.n_directions()], &scale, Stopping::TIGHT, |point| {
        let weights = ndarray::aview1(point).insert_axis(ndarray::Axis(1));
        let along = product(basis.scores.view(), weights);
        let shortfalls = along.iter().zip(signs).map(|(value, sign)| (1.0 - sign * value).max(0.0));
        let loss: f64 = shortfalls.clone().map(|short| short * short).sum::<f64>() / n;
        let pulls: Array1<f64> = shortfalls.zip(signs).map(|(short, sign)| -2.0 * sign * short / n).collect();
        let of_scores = product(basis.scores.t(), pulls.insert_axis(ndarray::Axis(1)).view());
        let gradient = of_scores.iter().zip(point).map(|(g, w)| g + ridge * w).collect();
        (loss + ridge / 2.0 * point.iter().map(|w| w * w).sum::<f64>(), gradient)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    #[test]
    fn two_points_give_the_hand_worked_slope() {
        // x = ±1, classes 1 and 0: least of w²/2 + 2 C (1 − w)² is w = 4 C / (1 + 4 C), b = 0.
        for c in [0.1, 1.0, 10.0] {
            let found = SupportVectors { inverse_penalty: c }.fit(array![[1.0], [-1.0]].view(), &[1, 0]).unwrap();
            assert!((found.coefficients[[0, 0]] - 4.0 * c / (1.0 + 4.0 * c)).abs() < 1e-8);
            assert!(found.intercepts[0].abs() < 1e-8);
        }
    }

    #[test]
    fn solution_meets_the_condition_of_the_optimum_for_any_number_of_features() {
        let mut rng = Rng::new(4);
        for n_features in [3, 40] {
            let features = Array2::from_shape_simple_fn((20, n_features), || rng.normal());
            let classes: Vec<usize> = (0..20).map(|at| usize::from(features[[at, 0]] + rng.normal() > 0.0)).collect();
            let found = SupportVectors { inverse_penalty: 0.7 }.fit(features.view(), &classes).unwrap();
            let decision = found.decision(features.view()).unwrap();
            // w = 2 C Σ y max(0, 1 − y f) x.
            for feature in 0..n_features {
                let pull = |at: usize| {
                    let sign = 2.0 * classes[at] as f64 - 1.0;
                    1.4 * sign * (1.0 - sign * decision[[at, 0]]).max(0.0) * features[[at, feature]]
                };
                let sum: f64 = (0..20).map(pull).sum();
                assert!((found.coefficients[[0, feature]] - sum).abs() < 1e-6);
            }
        }
    }
}
