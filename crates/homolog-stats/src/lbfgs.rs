//! L-BFGS, step by step: the state is open, so that a caller can keep it and go on later to the same bits.

use std::collections::VecDeque;

use crate::mapping::{add_scaled, dot};

/// Steps that the curvature is estimated from.
const MEMORY: usize = 20;
/// Decrease that a step must bring, as a share of what the slope promises (Armijo).
const SUFFICIENT: f64 = 1e-4;

/// A value and its gradient.
pub type Valued = (f64, Vec<f64>);

/// Where a minimisation stands.
///
/// # Reference
/// Nocedal, Wright (2006). Numerical optimization, algorithm 7.5, with steps halved until the value falls enough, or, once that drowns
/// in rounding, until the slope does (Hager, Zhang 2005, doi:10.1137/030601880). A step along which the gradient does not grow, as there
/// are where the function is not convex, is not remembered.
///
/// # Example
/// ```
/// use homolog_stats::lbfgs::{Advanced, InitialCurvature, Lbfgs, LineSearch};
/// // (x - 3)² from 0.
/// let mut function = |x: &[f64]| Ok::<_, ()>(((x[0] - 3.0).powi(2), vec![2.0 * (x[0] - 3.0)]));
/// let first = function(&[0.0])?;
/// let mut state = Lbfgs::new(vec![0.0], first);
/// while state.advance(InitialCurvature::LastStep, LineSearch::DOUBLE, &mut function)? == Advanced::Moved {}
/// assert!((state.point[0] - 3.0).abs() < 1e-6);
/// # Ok::<(), ()>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Lbfgs {
    /// The best point so far.
    pub point: Vec<f64>,
    /// The function's value there.
    pub value: f64,
    /// Its gradient there.
    pub gradient: Vec<f64>,
    /// The last steps, oldest first: how far the point moved, and by how much the gradient changed.
    pub steps: VecDeque<(Vec<f64>, Vec<f64>)>,
}

/// What the inverse of the second derivative is taken to be before any step corrects it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum InitialCurvature<'a> {
    /// An estimate along each variable.
    Along(&'a [f64]),
    /// The last step's (equation 7.20 there), the same for all variables; for the first step, that which makes it of length 1.
    LastStep,
}

/// When the search along a line ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LineSearch {
    /// Halvings before it gives up.
    pub most_halvings: usize,
    /// Error of the function's values, relative to 1 + their size.
    pub rounding: f64,
}

impl LineSearch {
    /// For functions computed in 64 bits.
    pub const DOUBLE: Self = Self { most_halvings: 60, rounding: 1e-13 };
    /// For functions computed in 32 bits.
    pub const SINGLE: Self = Self { most_halvings: 20, rounding: 1e-7 };
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advanced {
    /// The point is a better one.
    Moved,
    /// No step along the gradient betters it: a stationary point, as far as the function's rounding lets one see.
    Stuck,
}

impl Lbfgs {
    /// At the start, with the function's value and gradient there.
    pub fn new(point: Vec<f64>, (value, gradient): Valued) -> Self {
        Self { point, value, gradient, steps: VecDeque::new() }
    }

    /// One step; the state is unchanged but for what it remembers where there is no better point.
    ///
    /// Points at which `function` is not finite are treated as too far.
    ///
    /// # Errors
    /// The function's own; the state is then that before the step.
    pub fn advance<E>(
        &mut self,
        initial: InitialCurvature<'_>,
        search: LineSearch,
        function: &mut impl FnMut(&[f64]) -> Result<Valued, E>,
    ) -> Result<Advanced, E> {
        loop {
            let mut direction = self.downhill(initial);
            let mut slope = dot(&self.gradient, &direction);
            if slope.is_nan() || slope >= 0.0 {
                self.steps.clear();
                direction = self.downhill(initial);
                slope = dot(&self.gradient, &direction);
            }
            // No way leads down: the gradient is 0, or too small or large for its square to be a number.
            if slope.is_nan() || slope >= 0.0 {
                return Ok(Advanced::Stuck);
            }
            if let Some((next, valued)) = self.along(&direction, slope, search, function)? {
                self.take(next, valued);
                return Ok(Advanced::Moved);
            }
            if self.steps.is_empty() {
                return Ok(Advanced::Stuck);
            }
            self.steps.clear();
        }
    }

    fn take(&mut self, next: Vec<f64>, (value, gradient): Valued) {
        let moved: Vec<f64> = next.iter().zip(&self.point).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = gradient.iter().zip(&self.gradient).map(|(a, b)| a - b).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-16 * dot(&turned, &turned).sqrt() * dot(&moved, &moved).sqrt() {
            if self.steps.len() == MEMORY {
                self.steps.pop_front();
            }
            self.steps.push_back((moved, turned));
        }
        (self.point, self.value, self.gradient) = (next, value, gradient);
    }

    /// Minus the estimated inverse second derivative times the gradient (the two loops of L-BFGS).
    fn downhill(&self, initial: InitialCurvature<'_>) -> Vec<f64> {
        let inverse_curvature = |(moved, turned): &(Vec<f64>, Vec<f64>)| 1.0 / dot(moved, turned);
        let mut direction: Vec<f64> = self.gradient.iter().map(|g| -g).collect();
        let mut along = vec![0.0; self.steps.len()];
        for (step, along) in self.steps.iter().zip(&mut along).rev() {
            *along = inverse_curvature(step) * dot(&step.0, &direction);
            add_scaled(&mut direction, -*along, &step.1);
        }
        match (initial, self.steps.back()) {
            (InitialCurvature::Along(scale), _) => direction.iter_mut().zip(scale).for_each(|(x, s)| *x *= s),
            (InitialCurvature::LastStep, Some((moved, turned))) => {
                let scale = dot(moved, turned) / dot(turned, turned);
                direction.iter_mut().for_each(|x| *x *= scale);
            }
            (InitialCurvature::LastStep, None) => {
                let length = dot(&direction, &direction).sqrt();
                direction.iter_mut().filter(|_| length > 0.0).for_each(|x| *x /= length);
            }
        }
        for (step, along) in self.steps.iter().zip(&along) {
            let back = inverse_curvature(step) * dot(&step.1, &direction);
            add_scaled(&mut direction, *along - back, &step.0);
        }
        direction
    }

    /// The first of ever smaller steps that is good enough: the point, and the function there.
    fn along<E>(
        &self,
        direction: &[f64],
        slope: f64,
        search: LineSearch,
        function: &mut impl FnMut(&[f64]) -> Result<Valued, E>,
    ) -> Result<Option<(Vec<f64>, Valued)>, E> {
        let rounding = search.rounding * (1.0 + self.value.abs());
        let mut length = 1.0;
        for _ in 0..search.most_halvings {
            let mut next = self.point.clone();
            add_scaled(&mut next, length, direction);
            let (value, gradient) = function(&next)?;
            if value.is_finite() && gradient.iter().all(|g| g.is_finite()) {
                let falls = value <= self.value + SUFFICIENT * length * slope;
                let flattens = value <= self.value + rounding && dot(&gradient, direction).abs() <= 0.9 * slope.abs();
                if (falls && length * slope.abs() > rounding) || flattens {
                    return Ok(Some((next, (value, gradient))));
                }
            }
            length /= 2.0;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Σ 100 (x₂ − x₁²)² + (1 − x₁)² over pairs, least at 1 everywhere.
    fn rosenbrock(x: &[f64]) -> Result<Valued, ()> {
        let (mut value, mut gradient) = (0.0, vec![0.0; x.len()]);
        for (pair, slopes) in x.chunks_exact(2).zip(gradient.chunks_exact_mut(2)) {
            let (off, left) = (pair[1] - pair[0] * pair[0], 1.0 - pair[0]);
            value += 100.0 * off * off + left * left;
            slopes[0] = -400.0 * off * pair[0] - 2.0 * left;
            slopes[1] = 200.0 * off;
        }
        Ok((value, gradient))
    }

    fn state() -> Lbfgs {
        let start = [-1.2, 1.0].repeat(4);
        let first = rosenbrock(&start).unwrap();
        Lbfgs::new(start, first)
    }

    fn advance(state: &mut Lbfgs) -> Advanced {
        state.advance(InitialCurvature::LastStep, LineSearch::DOUBLE, &mut rosenbrock).unwrap()
    }

    #[test]
    fn rosenbrocks_valley_is_followed_to_its_end() {
        let mut state = state();
        let mut n_steps = 0;
        while advance(&mut state) == Advanced::Moved && state.value > 1e-20 {
            n_steps += 1;
        }
        assert!(state.point.iter().all(|x| (x - 1.0).abs() < 1e-8), "{:?}", state.point);
        assert!(n_steps < 100, "{n_steps} steps");
    }

    #[test]
    fn a_state_that_was_copied_goes_on_to_the_same_bits() {
        let mut whole = state();
        (0..7).for_each(|_| {
            advance(&mut whole);
        });
        let mut copied = whole.clone();
        for _ in 0..9 {
            advance(&mut whole);
            advance(&mut copied);
        }
        assert_eq!(whole, copied);
    }

    #[test]
    fn a_stationary_point_is_said_to_be_one() {
        let at = vec![1.0; 8];
        let first = rosenbrock(&at).unwrap();
        assert_eq!(advance(&mut Lbfgs::new(at, first)), Advanced::Stuck);
    }

    #[test]
    fn a_place_without_value_is_too_far() {
        // -ln x + x is least at 1, and has no value below 0.
        let mut function = |x: &[f64]| Ok::<_, ()>((x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]]));
        let first = function(&[0.001]).unwrap();
        let mut state = Lbfgs::new(vec![0.001], first);
        while state.advance(InitialCurvature::LastStep, LineSearch::DOUBLE, &mut function).unwrap() == Advanced::Moved {
        }
        assert!((state.point[0] - 1.0).abs() < 1e-6, "{}", state.point[0]);
    }
}
