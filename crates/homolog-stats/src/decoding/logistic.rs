//! Multinomial logistic regression.

use ndarray::{Array1, Array2, ArrayView2, s};

use super::basis::{Basis, Origin};
use super::classifier::{LinearClassifier, check_classes};
use crate::error::StatsError;
use crate::mapping::product;
use crate::minimise::{Stopping, minimise};

const OPERATION: &str = "logistic regression";

/// Multinomial logistic regression with a squared penalty.
///
/// Minimises ½ ‖W‖² + C Σ −ln p(class), with p the softmax of W x + b, b without penalty; with two classes one row w and the logistic
/// function (scikit-learn's `LogisticRegression(C)`).
///
/// # Reference
/// Cox (1958). J R Stat Soc B 20:215-242; scikit-learn's `LogisticRegression`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogisticRegression {
    /// C, above 0: the smaller, the stronger the penalty.
    pub inverse_penalty: f64,
}

impl LogisticRegression {
    /// Fits the classifier; shapes as [`super::Decoder::fit`].
    ///
    /// # Errors
    /// - As [`super::Decoder::fit`].
    /// - [`StatsError::OutOfRange`] when C is not above 0.
    /// - [`StatsError::NotConverged`] when the iteration ends early.
    ///
    /// # Accuracy and randomness
    /// f64, L-BFGS until the gradient promises a change below 1e-10, deterministic. Agrees with scikit-learn 1.9.1 at a tight tolerance to 1e-4 of its
    /// coefficients, and class for class (goldens/scikit-learn/classifiers).
    pub fn fit(self, features: ArrayView2<'_, f64>, classes: &[usize]) -> Result<LinearClassifier, StatsError> {
        let n_classes = check_classes(OPERATION, features, classes)?;
        let c = above_zero(OPERATION, self.inverse_penalty)?;
        let basis = Basis::of(OPERATION, features, Origin::Mean)?;
        let n_rows = if n_classes == 2 { 1 } else { n_classes };
        let problem = Problem { basis: &basis, classes, n_rows, ridge: 1.0 / (c * classes.len() as f64) };
        let solved = problem.solve()?;
        Ok(in_features(&basis, &solved, n_rows))
    }
}

/// C, once it is found to be above 0.
pub(super) fn above_zero(operation: &'static str, value: f64) -> Result<f64, StatsError> {
    match value > 0.0 && value.is_finite() {
        true => Ok(value),
        false => {
            Err(StatsError::OutOfRange { operation, parameter: "the inverse penalty C", value, allowed: "above 0" })
        }
    }
}

/// From coefficients of the directions and the constant of each row, one after another, to those of the features.
fn in_features(basis: &Basis, solved: &[f64], n_rows: usize) -> LinearClassifier {
    let width = basis.n_directions() + 1;
    let rows: Vec<(Array1<f64>, f64)> = solved
        .chunks(width)
        .take(n_rows)
        .map(|row| {
            let (coefficients, shift) = basis.coefficients(&row[..width - 1]);
            (coefficients, row[width - 1] + shift)
        })
        .collect();
    let n_features = rows.first().map_or(0, |row| row.0.len());
    LinearClassifier {
        coefficients: Array2::from_shape_fn((n_rows, n_features), |(row, feature)| rows[row].0[feature]),
        intercepts: rows.iter().map(|row| row.1).collect(),
    }
}

struct Problem<'a> {
    basis: &'a Basis,
    classes: &'a [usize],
    n_rows: usize,
    /// 1 / (C n): the penalty beside the mean loss.
    ridge: f64,
}

impl Problem<'_> {
    fn solve(&self) -> Result<Vec<f64>, StatsError> {
        let (n, k) = self.basis.scores.dim();
        let share = 1.0 / (self.n_rows.max(2)) as f64;
        let curvature = share * (1.0 - share);
        let mut of_row: Vec<f64> =
            self.basis.squares.iter().map(|square| 1.0 / (curvature * square / n as f64 + self.ridge)).collect();
        of_row.push(1.0 / curvature);
        let scale = of_row.repeat(self.n_rows);
        let start = vec![0.0; self.n_rows * (k + 1)];
        minimise(OPERATION, start, &scale, Stopping::TIGHT, |point| self.value_and_gradient(point))
    }

    fn value_and_gradient(&self, point: &[f64]) -> (f64, Vec<f64>) {
        let (n, k) = self.basis.scores.dim();
        let weights = Array2::from_shape_fn((self.n_rows, k + 1), |(row, at)| point[row * (k + 1) + at]);
        let slopes = weights.slice(s![.., ..k]);
        let mut along = product(self.basis.scores.view(), slopes.t()) + weights.column(k);
        let mut loss = 0.0;
        for (mut row, &class) in along.outer_iter_mut().zip(self.classes) {
            loss += match self.n_rows {
                1 => logistic_loss(&mut row[0], class),
                _ => softmax_loss(row, class),
            };
        }
        // `along` now holds the derivative of each stimulus's loss.
        let of_slopes = product(along.t(), self.basis.scores.view()) / n as f64;
        let penalty: f64 = slopes.iter().map(|x| x * x).sum();
        let mut gradient = Vec::with_capacity(point.len());
        for (row, of_slopes) in of_slopes.outer_iter().enumerate() {
            gradient.extend(of_slopes.iter().zip(slopes.row(row)).map(|(g, w)| g + self.ridge * w));
            gradient.push(along.column(row).sum() / n as f64);
        }
        (loss / n as f64 + self.ridge / 2.0 * penalty, gradient)
    }
}

/// −ln p(class) of one decision value, which becomes its derivative.
fn logistic_loss(value: &mut f64, class: usize) -> f64 {
    let sign = if class == 1 { 1.0 } else { -1.0 };
    let margin = sign * *value;
    // ln(1 + exp(−m)) without overflow.
    let loss = (-margin.abs()).exp().ln_1p() + (-margin).max(0.0);
    *value = -sign / (1.0 + margin.exp());
    loss
}

/// −ln p(class) of one row of decision values, which becomes its derivative.
fn softmax_loss(mut row: ndarray::ArrayViewMut1<'_, f64>, class: usize) -> f64 {
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let chosen = row[class] - largest;
    row.mapv_inplace(|value| (value - largest).exp());
    let total = row.sum();
    row /= total;
    row[class] -= 1.0;
    total.ln() - chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::{Axis, array};

    #[test]
    fn two_points_meet_the_condition_of_the_optimum() {
        // x = ±1 with classes 1 and 0: w = 2 C / (1 + exp(w)), b = 0. With C = 1: w = 0.852606 to six places.
        let found = LogisticRegression { inverse_penalty: 1.0 }.fit(array![[1.0], [-1.0]].view(), &[1, 0]).unwrap();
        let w = found.coefficients[[0, 0]];
        assert!((w - 2.0 / (1.0 + w.exp())).abs() < 1e-8 && found.intercepts[0].abs() < 1e-8, "{found:?}");
    }

    #[test]
    fn gradient_is_that_of_the_loss() {
        let mut rng = Rng::new(3);
        let features = Array2::from_shape_simple_fn((9, 4), || rng.normal());
        let basis = Basis::of("a test", features.view(), Origin::Mean).unwrap();
        for n_rows in [1, 3] {
            let classes: Vec<usize> = (0..9).map(|at| at % n_rows.max(2)).collect();
            let problem = Problem { basis: &basis, classes: &classes, n_rows, ridge: 0.3 };
            let point: Vec<f64> = (0..n_rows * 5).map(|_| rng.normal()).collect();
            let (_, gradient) = problem.value_and_gradient(&point);
            for at in 0..point.len() {
                let moved = |by: f64| {
                    let mut point = point.clone();
                    point[at] += by;
                    problem.value_and_gradient(&point).0
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - gradient[at]).abs() < 1e-8, "{slope} {}", gradient[at]);
            }
        }
    }

    #[test]
    fn more_features_than_stimuli_give_the_same_decision_as_their_turned_coordinates() {
        let mut rng = Rng::new(5);
        let wide = Array2::from_shape_simple_fn((12, 40), || rng.normal());
        let classes: Vec<usize> = (0..12).map(|at| at % 3).collect();
        let (_, vectors) = symmetric(&wide);
        let turned = vectors;
        let fit = |features: &Array2<f64>| {
            let found = LogisticRegression { inverse_penalty: 0.5 }.fit(features.view(), &classes).unwrap();
            found.decision(features.view()).unwrap()
        };
        assert!((&fit(&wide) - &fit(&turned)).iter().all(|d| d.abs() < 1e-6));
    }

    /// A square root of the Gram matrix: other features with the same inner products.
    fn symmetric(features: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
        let gram = features.dot(&features.t());
        let (values, vectors) = crate::linear_algebra::symmetric_eigen("a test", gram.view()).unwrap();
        let roots = values.mapv(|value| value.max(0.0).sqrt());
        (values, vectors * &roots)
    }

    #[test]
    fn separated_classes_are_told_apart() {
        let mut rng = Rng::new(7);
        let classes: Vec<usize> = (0..60).map(|at| at % 3).collect();
        let features = Array2::from_shape_fn((60, 3), |(at, feature)| {
            0.2 * rng.normal() + if at % 3 == feature { 2.0 } else { 0.0 }
        });
        let found = LogisticRegression { inverse_penalty: 1.0 }.fit(features.view(), &classes).unwrap();
        assert_eq!(found.classify(features.view()).unwrap(), classes);
        assert!(found.intercepts.sum().abs() < 1e-8);
        assert!(found.coefficients.sum_axis(Axis(0)).iter().all(|sum| sum.abs() < 1e-6));
        assert!(LogisticRegression { inverse_penalty: 0.0 }.fit(features.view(), &classes).is_err());
    }
}
