//! Gauss-Legendre quadrature.

/// Newton steps; four reach double precision from the starting guess.
const N_NEWTON: usize = 16;

/// Nodes in (0, 1), ascending, and weights that sum to 1, of the quadrature that is exact for polynomials up to degree 2n - 1.
///
/// # Reference
/// Abramowitz M, Stegun IA (1964). Handbook of mathematical functions, 25.4.29: the nodes are the zeros of the Legendre polynomial,
/// found here by Newton's method.
pub(super) fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let count = n as f64;
    let node = |place: usize| {
        let mut x = (std::f64::consts::PI * (place as f64 + 0.75) / (count + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..N_NEWTON {
            let (mut before, mut value) = (1.0, x);
            for degree in 2..=n {
                let degree = degree as f64;
                (before, value) = (value, ((2.0 * degree - 1.0) * x * value - (degree - 1.0) * before) / degree);
            }
            slope = count * (x * value - before) / (x * x - 1.0);
            x -= value / slope;
        }
        ((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..n).map(node).collect()
}

#[cfg(test)]
mod tests {
    use super::gauss_legendre;

    #[test]
    fn polynomials_up_to_degree_2n_less_1_are_integrated_exactly() {
        for n in 1..60 {
            let nodes = gauss_legendre(n);
            for degree in 0..2 * n {
                let found: f64 = nodes.iter().map(|(x, weight)| weight * x.powi(degree as i32)).sum();
                let expected = 1.0 / (degree as f64 + 1.0);
                assert!((found / expected - 1.0).abs() < 1e-11, "{n} nodes, degree {degree}: {found}");
            }
            // The next degree is not.
            let found: f64 = nodes.iter().map(|(x, weight)| weight * x.powi(2 * n as i32)).sum();
            assert!(n > 8 || (found * (2 * n + 1) as f64 - 1.0).abs() > 1e-11);
            assert!(nodes.is_sorted_by(|a, b| a.0 < b.0));
        }
    }
}
