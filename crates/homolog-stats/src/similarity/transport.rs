//! Optimal transport between two sets of units of equal mass, exactly, by shortest augmenting paths.

use ndarray::Array2;

/// The greatest Σ P_ij gain_ij over transport plans P with row sums 1/n and column sums 1/m.
///
/// Masses are made whole (each row holds m/g, each column n/g, with g their greatest common divisor); each augmentation moves as much
/// as the bottleneck of a cheapest path allows, with potentials that keep reduced costs non-negative (successive shortest paths).
pub(super) fn best_uniform_transport(gain: &Array2<f64>) -> f64 {
    let (n, m) = gain.dim();
    let divisor = greatest_common_divisor(n, m);
    let mut problem = Transport {
        gain,
        supply: vec![m / divisor; n],
        demand: vec![n / divisor; m],
        flow: Array2::zeros((n, m)),
        row_potential: vec![0.0; n],
        column_potential: vec![0.0; m],
    };
    for (column, potential) in problem.column_potential.iter_mut().enumerate() {
        // Costs are −gain; this makes every reduced cost 0 or more at the start.
        *potential = gain.column(column).iter().map(|gain| -gain).fold(f64::INFINITY, f64::min);
    }
    for row in 0..n {
        while problem.supply[row] > 0 {
            problem.augment_from(row);
        }
    }
    let moved = (n * (m / divisor)) as f64;
    problem.flow.iter().zip(gain).map(|(&flow, gain)| flow as f64 * gain).sum::<f64>() / moved
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

struct Transport<'a> {
    gain: &'a Array2<f64>,
    supply: Vec<usize>,
    demand: Vec<usize>,
    flow: Array2<usize>,
    row_potential: Vec<f64>,
    column_potential: Vec<f64>,
}

impl Transport<'_> {
    fn reduced_cost(&self, row: usize, column: usize) -> f64 {
        (-self.gain[[row, column]] - self.row_potential[row] - self.column_potential[column]).max(0.0)
    }

    /// Moves mass from `source` along the cheapest path to a column with room (Dijkstra over rows and columns).
    fn augment_from(&mut self, source: usize) {
        let (n, m) = self.gain.dim();
        let mut row_distance = vec![f64::INFINITY; n];
        let mut column_distance = vec![f64::INFINITY; m];
        let mut column_from = vec![usize::MAX; m];
        let mut row_from = vec![usize::MAX; n];
        let mut column_done = vec![false; m];
        row_distance[source] = 0.0;
        let mut new_rows = vec![source];
        let target = loop {
            for &row in &new_rows {
                for column in 0..m {
                    let distance = row_distance[row] + self.reduced_cost(row, column);
                    if !column_done[column] && distance < column_distance[column] {
                        column_distance[column] = distance;
                        column_from[column] = row;
                    }
                }
            }
            let nearest = (0..m)
                .filter(|&column| !column_done[column])
                .min_by(|&a, &b| column_distance[a].total_cmp(&column_distance[b]));
            // Supply and demand are equal in all, so a column with room is always reached.
            let Some(column) = nearest else { return };
            column_done[column] = true;
            if self.demand[column] > 0 {
                break column;
            }
            new_rows.clear();
            for row in 0..n {
                if self.flow[[row, column]] > 0 && row_distance[row].is_infinite() {
                    row_distance[row] = column_distance[column];
                    row_from[row] = column;
                    new_rows.push(row);
                }
            }
        };
        self.update_potentials(&row_distance, &column_distance, &column_done, column_distance[target]);
        self.push_along(source, target, &column_from, &row_from);
    }

    fn update_potentials(&mut self, row_distance: &[f64], column_distance: &[f64], column_done: &[bool], reach: f64) {
        for (potential, &distance) in self.row_potential.iter_mut().zip(row_distance) {
            if distance < reach {
                *potential += reach - distance;
            }
        }
        for ((potential, &distance), &done) in self.column_potential.iter_mut().zip(column_distance).zip(column_done) {
            if done {
                *potential -= reach - distance;
            }
        }
    }

    fn push_along(&mut self, source: usize, target: usize, column_from: &[usize], row_from: &[usize]) {
        let mut path = Vec::new();
        let mut amount = self.demand[target].min(self.supply[source]);
        let mut column = target;
        loop {
            let row = column_from[column];
            path.push((row, column));
            if row == source {
                break;
            }
            let back = row_from[row];
            amount = amount.min(self.flow[[row, back]]);
            column = back;
        }
        for (step, &(row, column)) in path.iter().enumerate() {
            self.flow[[row, column]] += amount;
            if step + 1 < path.len() {
                self.flow[[row, row_from[row]]] -= amount;
            }
        }
        self.supply[source] -= amount;
        self.demand[target] -= amount;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    #[test]
    fn best_assignment_of_three_is_found() {
        // The diagonal sums to 1 + 1 + 1; the best assignment is 0→1, 1→0, 2→2: 5 + 4 + 1.
        let gain = array![[1.0, 5.0, 0.0], [4.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert!((best_uniform_transport(&gain) - 10.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn no_exchange_of_two_units_improves_a_square_plan() {
        // Optimality over all 120 assignments of five.
        let mut rng = Rng::new(1);
        let gain = Array2::from_shape_simple_fn((5, 5), || rng.normal());
        let mut best = f64::NEG_INFINITY;
        let mut order = [0, 1, 2, 3, 4];
        permutations(&mut order, 0, &mut |order| {
            best = best.max((0..5).map(|i| gain[[i, order[i]]]).sum::<f64>() / 5.0);
        });
        assert!((best_uniform_transport(&gain) - best).abs() < 1e-12);
    }

    fn permutations(order: &mut [usize; 5], from: usize, see: &mut impl FnMut(&[usize; 5])) {
        if from == 5 {
            return see(order);
        }
        for other in from..5 {
            order.swap(from, other);
            permutations(order, from + 1, see);
            order.swap(from, other);
        }
    }
}
