//! The least value of a smooth convex function of many variables: L-BFGS.

use std::convert::Infallible;

use crate::StatsError;
use crate::lbfgs::{Advanced, InitialCurvature, Lbfgs, LineSearch};

/// When [`minimise`] stops.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stopping {
    /// The square root of the decrease that the scaled gradient still promises, beside the value: √(gᵀ S g) ≤ tolerance · √(1 + |f|).
    pub(crate) tolerance: f64,
    pub(crate) most_iterations: usize,
}

impl Stopping {
    /// Coefficients to about ten digits.
    pub(crate) const TIGHT: Self = Self { tolerance: 1e-10, most_iterations: 5_000 };
}

/// The point of least value, from `start`, by [`Lbfgs`]; `scale` estimates the inverse of the second derivative along each variable.
pub(crate) fn minimise(
    operation: &'static str,
    start: Vec<f64>,
    scale: &[f64],
    stopping: Stopping,
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Result<Vec<f64>, StatsError> {
    let first = function(&start);
    let mut state = Lbfgs::new(start, first);
    let mut evaluate = |point: &[f64]| Ok::<_, Infallible>(function(point));
    let promise = |state: &Lbfgs| {
        let square: f64 = state.gradient.iter().zip(scale).map(|(g, s)| g * g * s).sum();
        (square / (1.0 + state.value.abs())).sqrt()
    };
    for _ in 0..stopping.most_iterations {
        if promise(&state) <= stopping.tolerance {
            return Ok(state.point);
        }
        let Ok(advanced) = state.advance(InitialCurvature::Along(scale), LineSearch::DOUBLE, &mut evaluate);
        if advanced == Advanced::Stuck {
            break;
        }
    }
    let change = promise(&state);
    // Rounding may leave no step that improves; a thousand times the tolerance is still far below what any use of the result shows.
    if change <= 1e3 * stopping.tolerance {
        return Ok(state.point);
    }
    let (iterations, tolerance) = (stopping.most_iterations, stopping.tolerance);
    Err(StatsError::NotConverged { operation, iterations, change, tolerance })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn least_point_of_a_badly_scaled_quadratic_is_found() {
        // Σ c_k (x_k − k)² with c from 1e-3 to 1e5.
        let weights: Vec<f64> = (0..9).map(|k| 10f64.powi(k - 3)).collect();
        let function = |x: &[f64]| {
            let off: Vec<f64> = x.iter().enumerate().map(|(k, x)| x - k as f64).collect();
            let value = off.iter().zip(&weights).map(|(off, c)| c * off * off).sum();
            (value, off.iter().zip(&weights).map(|(off, c)| 2.0 * c * off).collect())
        };
        let found = minimise("a test", vec![0.0; 9], &[1.0; 9], Stopping::TIGHT, function).unwrap();
        for (k, x) in found.iter().enumerate() {
            assert!((x - k as f64).abs() < 1e-6, "{found:?}");
        }
    }

    #[test]
    fn function_that_is_not_quadratic_reaches_its_closed_form() {
        // e^x − 3 x is least at ln 3.
        let found = minimise("a test", vec![0.0], &[1.0], Stopping::TIGHT, |x| {
            (x[0].exp() - 3.0 * x[0], vec![x[0].exp() - 3.0])
        });
        assert!((found.unwrap()[0] - 3.0_f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn too_few_iterations_are_reported() {
        let stopping = Stopping { tolerance: 1e-12, most_iterations: 1 };
        let found = minimise("a test", vec![40.0], &[1e-3], stopping, |x| (x[0] * x[0], vec![2.0 * x[0]]));
        assert!(matches!(found, Err(StatsError::NotConverged { .. })), "{found:?}");
    }
}
