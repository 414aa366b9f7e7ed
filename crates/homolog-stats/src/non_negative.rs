//! Least squares with weights of 0 or more, from inner products alone.

use ndarray::{Array1, Array2, Axis};

use crate::linear_algebra::cholesky;

/// The w ≥ 0 that minimises wᵀ A w − 2 bᵀ w, for a positive definite A (Lawson and Hanson's active set on normal equations).
///
/// Lawson, Hanson (1974). Solving least squares problems, chapter 23; Bro, de Jong (1997), J Chemometrics 11:393.
pub(crate) fn non_negative_least_squares(among: &Array2<f64>, with: &Array1<f64>) -> Array1<f64> {
    let n = with.len();
    let mut weights = Array1::zeros(n);
    let mut free = vec![false; n];
    let tolerance = 1e-13 * with.iter().fold(0.0f64, |most, value| most.max(value.abs()));
    // Each outer round frees one weight for good or for a while; 10 n rounds are far more than any problem needs.
    for _ in 0..10 * n + 10 {
        let gradient = with - &among.dot(&weights);
        let next = (0..n)
            .filter(|&i| !free[i] && gradient[i] > tolerance)
            .max_by(|&i, &j| gradient[i].total_cmp(&gradient[j]));
        let Some(next) = next else { break };
        free[next] = true;
        while let Some(trial) = solve_free(among, with, &free) {
            let blocked = |i: usize| free[i] && trial[i] <= 0.0;
            if !(0..n).any(blocked) {
                weights = trial;
                break;
            }
            let step = (0..n).filter(|&i| blocked(i)).map(|i| weights[i] / (weights[i] - trial[i])).fold(1.0, f64::min);
            weights = &weights + &((&trial - &weights) * step);
            for i in 0..n {
                if free[i] && weights[i] <= 1e-15 {
                    free[i] = false;
                    weights[i] = 0.0;
                }
            }
        }
    }
    weights
}

/// The unconstrained solution over the free weights, the others 0.
fn solve_free(among: &Array2<f64>, with: &Array1<f64>, free: &[bool]) -> Option<Array1<f64>> {
    let at: Vec<usize> = (0..free.len()).filter(|&i| free[i]).collect();
    let mut solution = Array1::zeros(free.len());
    if at.is_empty() {
        return Some(solution);
    }
    let factor = cholesky(among.select(Axis(0), &at).select(Axis(1), &at).view())?;
    let mut solved: Vec<f64> = at.iter().map(|&i| with[i]).collect();
    for i in 0..at.len() {
        let known: f64 = (0..i).map(|k| factor[[i, k]] * solved[k]).sum();
        solved[i] = (solved[i] - known) / factor[[i, i]];
    }
    for i in (0..at.len()).rev() {
        let known: f64 = (i + 1..at.len()).map(|k| factor[[k, i]] * solved[k]).sum();
        solved[i] = (solved[i] - known) / factor[[i, i]];
    }
    for (&i, value) in at.iter().zip(solved) {
        solution[i] = value;
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    #[test]
    fn weight_that_would_be_negative_is_zero_and_the_others_are_refitted() {
        // Unconstrained: w = A⁻¹ b = (2, -1); with w_1 = 0 the first is b_0 / A_00 = 1.5.
        let among = array![[2.0, 1.0], [1.0, 2.0]];
        let with = array![3.0, 0.0];
        let found = non_negative_least_squares(&among, &with);
        assert!((found[0] - 1.5).abs() < 1e-14 && found[1] == 0.0, "{found}");
    }

    #[test]
    fn solution_meets_the_conditions_of_optimality() {
        let mut rng = Rng::new(3);
        for _ in 0..50 {
            let x = Array2::from_shape_simple_fn((12, 5), || rng.normal());
            let y = Array1::from_shape_simple_fn(12, || rng.normal());
            let (among, with) = (x.t().dot(&x), x.t().dot(&y));
            let weights = non_negative_least_squares(&among, &with);
            let gradient = &with - &among.dot(&weights);
            for i in 0..5 {
                assert!(weights[i] >= 0.0 && gradient[i] < 1e-10);
                assert!(weights[i] == 0.0 || gradient[i].abs() < 1e-10);
            }
        }
    }
}
