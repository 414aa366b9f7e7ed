//! From the best candidate of each target downhill: the error over folds as a smooth function of the logarithms of the bands' weights.

use ndarray::{Array1, Array2, ArrayView1, Axis};

use super::OPERATION;
use crate::error::StatsError;
use crate::linear_algebra::inverse_of_positive_definite;
use crate::mapping::{Intercept, product};
use crate::splits::Split;

/// Length of the first step, in natural logarithms of a weight.
const FIRST_STEP: f64 = 0.5;
/// A step shorter than this ends the way.
const LAST_STEP: f64 = 1e-4;
/// The least pivot of the part that a fold leaves open: below it the error is rounding.
const LEAST_FREEDOM: f64 = 1e-12;

/// The training part of one target, as its weights are refined.
pub(super) struct Refinement<'a> {
    /// Kernels within the training part, centred with an intercept.
    pub(super) kernels: &'a [Array2<f64>],
    pub(super) folds: &'a [Split],
    pub(super) intercept: Intercept,
    /// Less what the intercept takes.
    pub(super) target: ArrayView1<'a, f64>,
}

/// Weights that were refined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refined {
    /// δ_b = ln(γ_b / α).
    pub(super) logarithms: Vec<f64>,
    /// Mean squared error over folds.
    pub(super) error: f64,
    /// Coefficients of the training stimuli: a test stimulus is predicted by Σ_b exp(δ_b) K_b of it times these.
    pub(super) dual: Array1<f64>,
}

struct State {
    error: f64,
    gradient: Vec<f64>,
    dual: Array1<f64>,
}

impl Refinement<'_> {
    /// Follows the gradient from `start` for at most `n_steps` evaluations, each longer after a gain and shorter after a loss.
    pub(super) fn descend(&self, start: Vec<f64>, n_steps: usize) -> Result<Refined, StatsError> {
        let mut logarithms = start;
        let mut state = self.evaluate(&logarithms)?;
        let mut step = FIRST_STEP;
        for _ in 0..n_steps {
            let length = state.gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
            if step < LAST_STEP || length.is_nan() || length <= 0.0 {
                break;
            }
            let trial: Vec<f64> = logarithms.iter().zip(&state.gradient).map(|(x, g)| x - step * g / length).collect();
            match self.evaluate(&trial) {
                Ok(next) if next.error < state.error => {
                    (logarithms, state) = (trial, next);
                    step *= 1.5;
                }
                _ => step /= 3.0,
            }
        }
        Ok(Refined { logarithms, error: state.error, dual: state.dual })
    }

    /// With M = I − H: held-out residuals r = M_FF⁻¹ (M y)_F, and with G = (K + I)⁻¹, u = M_FF⁻¹ r, both 0 outside the fold, the derivative of
    /// ‖r‖² along δ_b is 2 (G u)ᵀ exp(δ_b) K_b G (r − y).
    fn evaluate(&self, logarithms: &[f64]) -> Result<State, StatsError> {
        let n = self.target.len();
        let mut open = Array2::<f64>::eye(n);
        for (kernel, logarithm) in self.kernels.iter().zip(logarithms) {
            open.scaled_add(logarithm.exp(), kernel);
        }
        let singular = || StatsError::Singular {
            operation: OPERATION,
            matrix: "the weighted sum of the kernels",
            advice: "Leave the refinement of weights out, or scale the features down",
        };
        let (inverse, _) = inverse_of_positive_definite(open.view()).ok_or_else(singular)?;
        let of_intercept = if self.intercept == Intercept::Fitted { 1.0 / n as f64 } else { 0.0 };
        let dual = inverse.dot(&self.target);
        let (mut left, mut right) = (Array2::zeros((n, self.folds.len())), Array2::zeros((n, self.folds.len())));
        let mut error = 0.0;
        for (at, fold) in self.folds.iter().enumerate() {
            let share = 1.0 / (fold.test.len() * self.folds.len()) as f64;
            let within = inverse.select(Axis(0), &fold.test).select(Axis(1), &fold.test) - of_intercept;
            let (within, pivot) = inverse_of_positive_definite(within.view()).ok_or_else(singular)?;
            if pivot.is_nan() || pivot <= LEAST_FREEDOM {
                return Err(singular());
            }
            let residual = within.dot(&dual.select(Axis(0), &fold.test));
            let pull = within.dot(&residual);
            error += share * residual.dot(&residual);
            right.column_mut(at).assign(&-&self.target);
            for (place, &position) in fold.test.iter().enumerate() {
                left[[position, at]] = 2.0 * share * pull[place];
                right[[position, at]] += residual[place];
            }
        }
        let (left, right) = (product(inverse.view(), left.view()), product(inverse.view(), right.view()));
        let along = |(kernel, logarithm): (&Array2<f64>, &f64)| {
            logarithm.exp() * (&left * &product(kernel.view(), right.view())).sum()
        };
        let gradient = self.kernels.iter().zip(logarithms).map(along).collect();
        Ok(State { error, gradient, dual })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::splits::{FoldOrder, k_fold};

    fn simulated(intercept: Intercept) -> (Vec<Array2<f64>>, Array1<f64>) {
        let mut rng = Rng::new(8);
        let mut draw = |n_columns: usize| Array2::from_shape_simple_fn((30, n_columns), || rng.normal());
        let (mut first, mut second) = (draw(4), draw(40));
        let mut target = first.column(0).to_owned() + &draw(1).column(0) * 0.5;
        if intercept == Intercept::Fitted {
            first -= &first.mean_axis(Axis(0)).unwrap();
            second -= &second.mean_axis(Axis(0)).unwrap();
            target -= target.mean().unwrap();
        }
        (vec![first.dot(&first.t()), second.dot(&second.t())], target)
    }

    #[test]
    fn gradient_is_that_of_the_error() {
        for intercept in [Intercept::Fitted, Intercept::None] {
            let (kernels, target) = simulated(intercept);
            let folds = k_fold(30, 4, FoldOrder::AsGiven).unwrap();
            let refinement = Refinement { kernels: &kernels, folds: &folds, intercept, target: target.view() };
            let point = [-1.0, -3.0];
            let gradient = refinement.evaluate(&point).unwrap().gradient;
            for band in 0..2 {
                let moved = |by: f64| {
                    let mut point = point;
                    point[band] += by;
                    refinement.evaluate(&point).unwrap().error
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope - gradient[band]).abs() < 1e-7 * slope.abs().max(1.0), "{slope} {gradient:?}");
            }
        }
    }

    #[test]
    fn error_is_that_of_fitting_each_fold() {
        let (kernels, target) = simulated(Intercept::None);
        let folds = k_fold(30, 4, FoldOrder::AsGiven).unwrap();
        let refinement =
            Refinement { kernels: &kernels, folds: &folds, intercept: Intercept::None, target: target.view() };
        let found = refinement.evaluate(&[-1.0, -3.0]).unwrap().error;
        let whole = &kernels[0] * (-1.0_f64).exp() + &kernels[1] * (-3.0_f64).exp();
        let of_fold = |fold: &Split| {
            let train =
                whole.select(Axis(0), &fold.train).select(Axis(1), &fold.train) + Array2::<f64>::eye(fold.train.len());
            let dual = inverse_of_positive_definite(train.view()).unwrap().0.dot(&target.select(Axis(0), &fold.train));
            let cross = whole.select(Axis(0), &fold.test).select(Axis(1), &fold.train);
            let residual = target.select(Axis(0), &fold.test) - cross.dot(&dual);
            residual.mapv(|r| r * r).mean().unwrap() / 4.0
        };
        let expected: f64 = folds.iter().map(of_fold).sum();
        assert!((found - expected).abs() < 1e-10 * expected, "{found} {expected}");
    }

    #[test]
    fn way_downhill_ends_where_the_gradient_is_small() {
        let (kernels, target) = simulated(Intercept::Fitted);
        let folds = k_fold(30, 4, FoldOrder::AsGiven).unwrap();
        let refinement =
            Refinement { kernels: &kernels, folds: &folds, intercept: Intercept::Fitted, target: target.view() };
        let start = vec![-1.0, -1.0];
        let before = refinement.evaluate(&start).unwrap().error;
        let found = refinement.descend(start, 60).unwrap();
        assert!(found.error < 0.99 * before, "{before} {found:?}");
        assert!(found.logarithms[0] > found.logarithms[1] + 1.0, "{found:?}");
    }
}
