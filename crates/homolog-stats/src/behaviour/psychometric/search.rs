//! The least value of a function of a few numbers, by Nelder and Mead's simplex.

/// The best point and its value, from a start and a first step along each axis.
///
/// Nelder, Mead (1965). A simplex method for function minimization. Comput J 7:308. Restarted once from where it stops, since a simplex can fold up.
pub(super) fn minimise(function: &dyn Fn(&[f64]) -> f64, start: &[f64], steps: &[f64]) -> (Vec<f64>, f64) {
    let (first, _) = descend(function, start, steps);
    let smaller: Vec<f64> = steps.iter().map(|step| step * 0.1).collect();
    descend(function, &first, &smaller)
}

fn descend(function: &dyn Fn(&[f64]) -> f64, start: &[f64], steps: &[f64]) -> (Vec<f64>, f64) {
    let n = start.len();
    let mut simplex: Vec<(Vec<f64>, f64)> = (0..=n)
        .map(|vertex| {
            let mut at = start.to_vec();
            if vertex > 0 {
                at[vertex - 1] += steps[vertex - 1];
            }
            let value = function(&at);
            (at, value)
        })
        .collect();
    for _ in 0..2000 {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, worst) = (simplex[0].clone(), simplex[n].clone());
        let size = (0..n)
            .map(|axis| {
                simplex.iter().map(|v| (v.0[axis] - best.0[axis]).abs()).fold(0.0, f64::max) / steps[axis].abs()
            })
            .fold(0.0, f64::max);
        if size < 1e-9 && worst.1 - best.1 <= 1e-13 * (1.0 + best.1.abs()) {
            break;
        }
        let centre: Vec<f64> =
            (0..n).map(|axis| simplex[..n].iter().map(|vertex| vertex.0[axis]).sum::<f64>() / n as f64).collect();
        let at = |step: f64| {
            let point: Vec<f64> = (0..n).map(|axis| centre[axis] + step * (centre[axis] - worst.0[axis])).collect();
            let value = function(&point);
            (point, value)
        };
        let reflected = at(1.0);
        let next = if reflected.1 < best.1 {
            let expanded = at(2.0);
            Some(if expanded.1 < reflected.1 { expanded } else { reflected })
        } else if reflected.1 < simplex[n - 1].1 {
            Some(reflected)
        } else {
            let contracted = if reflected.1 < worst.1 { at(0.5) } else { at(-0.5) };
            (contracted.1 < worst.1.min(reflected.1)).then_some(contracted)
        };
        match next {
            Some(vertex) => simplex[n] = vertex,
            None => {
                for vertex in &mut simplex[1..] {
                    let point: Vec<f64> = (0..n).map(|axis| 0.5 * (best.0[axis] + vertex.0[axis])).collect();
                    let value = function(&point);
                    *vertex = (point, value);
                }
            }
        }
    }
    simplex.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((start.to_vec(), f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minimum_of_a_bent_valley_is_found() {
        // Rosenbrock's function: 0 at (1, 1).
        let valley = |x: &[f64]| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2);
        let (at, value) = minimise(&valley, &[-1.2, 1.0], &[0.5, 0.5]);
        assert!(value < 1e-12 && (at[0] - 1.0).abs() < 1e-5 && (at[1] - 1.0).abs() < 1e-5, "{at:?}");
    }
}
