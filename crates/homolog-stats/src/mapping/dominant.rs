//! The largest eigenvalue of a symmetric positive semi-definite matrix and its eigenvector.

use super::products::{add_scaled, dot};
use crate::random::Rng;

/// How small the residual ‖M q − λ q‖ has to be beside λ.
const TOLERANCE: f64 = 1e-13;
/// How often the small problem is solved to see whether the iteration is done.
const CHECK_EVERY: usize = 6;

/// The largest eigenvalue of the matrix behind `apply` and its unit eigenvector, by the Lanczos iteration with full reorthogonalisation, from `start`.
///
/// The result does not depend on `start` beyond rounding, save for its sign; a good start only shortens the way.
pub(crate) fn dominant_eigenpair(apply: impl Fn(&[f64]) -> Vec<f64>, start: &[f64]) -> (f64, Vec<f64>) {
    let size = start.len();
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(64);
    let (mut diagonal, mut beside): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut next = never_at_right_angles(start);
    let mut value_before = f64::MIN;
    loop {
        let mut image = apply(&next);
        let along = dot(&image, &next);
        add_scaled(&mut image, -along, &next);
        if let (Some(before), Some(length)) = (basis.last(), beside.last()) {
            add_scaled(&mut image, -length, before);
        }
        diagonal.push(along);
        basis.push(next);
        let length = put_at_right_angles(&mut image, &basis);
        let full = basis.len() == size || length <= f64::EPSILON * diagonal[0].abs();
        if full || basis.len().is_multiple_of(CHECK_EVERY) {
            // Of a larger basis the value is no smaller.
            let (value, weights) = largest_of_tridiagonal(&diagonal, &beside, value_before);
            value_before = value;
            let residual = length * weights.last().copied().unwrap_or(0.0).abs();
            if full || residual <= TOLERANCE * value {
                return (value, combine(&basis, &weights));
            }
        }
        beside.push(length);
        next = image.iter().map(|x| x / length).collect();
    }
}

/// Takes what lies along the basis away from `image`, whose length is then returned: again where that took most of it, which twice is
/// enough for (Kahan and Parlett), so that the basis stays orthogonal to rounding.
fn put_at_right_angles(image: &mut [f64], basis: &[Vec<f64>]) -> f64 {
    let mut length = dot(image, image).sqrt();
    for _ in 0..2 {
        let before = length;
        for vector in basis {
            let along = dot(vector, image);
            add_scaled(image, -along, vector);
        }
        length = dot(image, image).sqrt();
        if length > std::f64::consts::FRAC_1_SQRT_2 * before {
            break;
        }
    }
    length
}

/// The start with a little of everything added, so that it is not at right angles to the answer.
fn never_at_right_angles(start: &[f64]) -> Vec<f64> {
    let mut mixed = unit_or_ones(start);
    let mut rng = Rng::new(0);
    mixed.iter_mut().for_each(|x| *x += 1e-2 * (rng.uniform() - 0.5));
    unit_or_ones(&mixed)
}

fn unit_or_ones(start: &[f64]) -> Vec<f64> {
    let length = dot(start, start).sqrt();
    match length > 0.0 && length.is_finite() {
        true => start.iter().map(|x| x / length).collect(),
        false => vec![1.0 / (start.len() as f64).sqrt(); start.len()],
    }
}

/// The largest eigenvalue of the symmetric tridiagonal matrix, which is at least `at_least`, and its unit eigenvector: bisection, then
/// inverse iteration.
fn largest_of_tridiagonal(diagonal: &[f64], beside: &[f64], at_least: f64) -> (f64, Vec<f64>) {
    let reach = |at: usize| {
        let left = at.checked_sub(1).map_or(0.0, |before| beside[before].abs());
        diagonal[at] + left + beside.get(at).map_or(0.0, |x| x.abs())
    };
    let mut above = (0..diagonal.len()).map(reach).fold(f64::MIN, f64::max);
    let resolution = f64::EPSILON * above.abs();
    // Less what rounding may have added to it.
    let mut below = diagonal.iter().copied().fold(at_least - 4.0 * resolution, f64::max);
    // Near the end it has hardly grown: the first steps up from there double.
    let mut step = 4.0 * resolution;
    while below + step < above {
        if all_eigenvalues_lie_below(below + step, diagonal, beside) {
            above = below + step;
            break;
        }
        below += step;
        step *= 16.0;
    }
    while above - below > resolution {
        let middle = below + (above - below) / 2.0;
        if middle <= below || middle >= above {
            break;
        }
        match all_eigenvalues_lie_below(middle, diagonal, beside) {
            true => above = middle,
            false => below = middle,
        }
    }
    let shift = above + 4.0 * resolution + f64::MIN_POSITIVE;
    let mut vector = vec![1.0; diagonal.len()];
    for _ in 0..3 {
        vector = unit_or_ones(&solve_below(shift, diagonal, beside, &vector));
    }
    (above, vector)
}

/// Whether shift − T is positive definite, by the signs of its pivots (Sturm).
fn all_eigenvalues_lie_below(shift: f64, diagonal: &[f64], beside: &[f64]) -> bool {
    let mut pivot = shift - diagonal[0];
    for at in 1..diagonal.len() {
        if pivot <= 0.0 {
            return false;
        }
        pivot = shift - diagonal[at] - beside[at - 1] * beside[at - 1] / pivot;
    }
    pivot > 0.0
}

/// Solves (shift − T) x = right, where shift lies above every eigenvalue of T, so that no pivoting is needed.
fn solve_below(shift: f64, diagonal: &[f64], beside: &[f64], right: &[f64]) -> Vec<f64> {
    let size = diagonal.len();
    let floor = f64::EPSILON * shift.abs() + f64::MIN_POSITIVE;
    let mut pivots = vec![(shift - diagonal[0]).max(floor); size];
    let mut solution = right.to_vec();
    for at in 1..size {
        let factor = beside[at - 1] / pivots[at - 1];
        pivots[at] = (shift - diagonal[at] - factor * beside[at - 1]).max(floor);
        solution[at] += factor * solution[at - 1];
    }
    solution[size - 1] /= pivots[size - 1];
    for at in (0..size - 1).rev() {
        solution[at] = (solution[at] + beside[at] * solution[at + 1]) / pivots[at];
    }
    solution
}

fn combine(basis: &[Vec<f64>], weights: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; basis.first().map_or(0, Vec::len)];
    for (vector, &weight) in basis.iter().zip(weights) {
        add_scaled(&mut sum, weight, vector);
    }
    unit_or_ones(&sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear_algebra::symmetric_eigen;
    use crate::mapping::products::times_vector;
    use ndarray::Array2;

    #[test]
    fn iteration_finds_what_the_whole_decomposition_finds() {
        let mut rng = Rng::new(2);
        let factor = Array2::from_shape_simple_fn((90, 60), || rng.normal());
        let matrix = factor.t().dot(&factor);
        let (values, vectors) = symmetric_eigen("a test", matrix.view()).unwrap();
        let (value, vector) = dominant_eigenpair(|v| times_vector(matrix.view(), v), &[1.0; 60]);
        assert!((value / values[59] - 1.0).abs() < 1e-12);
        let agreement = dot(&vector, &vectors.column(59).to_vec()).abs();
        assert!((agreement - 1.0).abs() < 1e-12, "{agreement}");
    }

    #[test]
    fn start_at_right_angles_to_the_answer_still_finds_it() {
        let mut matrix = Array2::<f64>::eye(30);
        matrix[[0, 0]] = 5.0;
        let mut start = vec![0.0; 30];
        start[3] = 1.0;
        let (value, _) = dominant_eigenpair(|v| times_vector(matrix.view(), v), &start);
        assert!((value - 5.0).abs() < 1e-10, "{value}");
    }
}
