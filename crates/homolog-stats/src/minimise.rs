//! The least value of a smooth convex function of many variables: L-BFGS.

use crate::StatsError;

/// Steps that the curvature is estimated from.
const MEMORY: usize = 20;
/// Halvings of a step before the search along a line gives up.
const MOST_HALVINGS: usize = 60;
/// Decrease that a step must bring, as a share of what the slope promises (Armijo).
const SUFFICIENT: f64 = 1e-4;

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

struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    /// 1 / (moved · turned).
    inverse_curvature: f64,
}

/// The point of least value, from `start`; `scale` estimates the inverse of the second derivative along each variable.
///
/// Nocedal, Wright (2006). Numerical optimization, algorithm 7.5, with steps halved until the value falls enough, or, once that drowns in
/// rounding, until the slope does (Hager, Zhang 2005, doi:10.1137/030601880).
pub(crate) fn minimise(
    operation: &'static str,
    start: Vec<f64>,
    scale: &[f64],
    stopping: Stopping,
    function: impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Result<Vec<f64>, StatsError> {
    let mut point = start;
    let (mut value, mut gradient) = function(&point);
    let mut steps: Vec<Step> = Vec::new();
    let promise = |gradient: &[f64], value: f64| {
        let square: f64 = gradient.iter().zip(scale).map(|(g, s)| g * g * s).sum();
        (square / (1.0 + value.abs())).sqrt()
    };
    for _ in 0..stopping.most_iterations {
        if promise(&gradient, value) <= stopping.tolerance {
            return Ok(point);
        }
        let mut direction = downhill(&gradient, &steps, scale);
        let mut slope = dot(&gradient, &direction);
        if slope.is_nan() || slope >= 0.0 {
            steps.clear();
            direction = downhill(&gradient, &steps, scale);
            slope = dot(&gradient, &direction);
        }
        let Some((next, next_value, next_gradient)) = along(&point, (value, slope), &direction, &function) else {
            if steps.is_empty() {
                break;
            }
            steps.clear();
            continue;
        };
        let moved: Vec<f64> = next.iter().zip(&point).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-16 * dot(&turned, &turned).sqrt() * dot(&moved, &moved).sqrt() {
            if steps.len() == MEMORY {
                steps.remove(0);
            }
            steps.push(Step { moved, turned, inverse_curvature: 1.0 / curvature });
        }
        (point, value, gradient) = (next, next_value, next_gradient);
    }
    let change = promise(&gradient, value);
    // Rounding may leave no step that improves; a thousand times the tolerance is still far below what any use of the result shows.
    if change <= 1e3 * stopping.tolerance {
        return Ok(point);
    }
    let (iterations, tolerance) = (stopping.most_iterations, stopping.tolerance);
    Err(StatsError::NotConverged { operation, iterations, change, tolerance })
}

/// Minus the estimated inverse second derivative times the gradient (the two loops of L-BFGS).
fn downhill(gradient: &[f64], steps: &[Step], scale: &[f64]) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|g| -g).collect();
    let mut along = vec![0.0; steps.len()];
    for (step, along) in steps.iter().zip(&mut along).rev() {
        *along = step.inverse_curvature * dot(&step.moved, &direction);
        add_scaled(&mut direction, -*along, &step.turned);
    }
    direction.iter_mut().zip(scale).for_each(|(x, s)| *x *= s);
    for (step, along) in steps.iter().zip(&along) {
        let back = step.inverse_curvature * dot(&step.turned, &direction);
        add_scaled(&mut direction, *along - back, &step.moved);
    }
    direction
}

/// The first of ever smaller steps that is good enough: point, value, gradient.
fn along(
    point: &[f64],
    (value, slope): (f64, f64),
    direction: &[f64],
    function: &impl Fn(&[f64]) -> (f64, Vec<f64>),
) -> Option<(Vec<f64>, f64, Vec<f64>)> {
    let rounding = 1e-13 * (1.0 + value.abs());
    let mut length = 1.0;
    for _ in 0..MOST_HALVINGS {
        let mut next = point.to_vec();
        add_scaled(&mut next, length, direction);
        let (next_value, next_gradient) = function(&next);
        if next_value.is_finite() {
            let falls = next_value <= value + SUFFICIENT * length * slope;
            let flattens = next_value <= value + rounding && dot(&next_gradient, direction).abs() <= 0.9 * slope.abs();
            if (falls && length * slope.abs() > rounding) || flattens {
                return Some((next, next_value, next_gradient));
            }
        }
        length /= 2.0;
    }
    None
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    crate::mapping::dot(left, right)
}

fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
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
