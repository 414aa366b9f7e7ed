//! How strongly neighbours belong together.

use std::collections::BTreeMap;

use super::neighbours::Neighbours;

/// Halvings of the search for a point's scale.
const MOST_HALVINGS: usize = 64;

/// How near the sum of a point's memberships comes to its target.
const TOLERANCE: f64 = 1e-5;

/// The least scale of a point, as a share of its neighbours' mean distance.
const LEAST_SCALE: f64 = 1e-3;

/// The weighted graph of all points; every edge stands twice, once from each end.
pub(super) struct FuzzyGraph {
    pub(super) n_points: usize,
    /// (from, to, weight in (0, 1]), ordered by from, then to.
    pub(super) edges: Vec<(usize, usize, f64)>,
}

/// ρ, the distance to the nearest neighbour that is not at the same place, and σ, for which Σ exp(−max(d − ρ, 0) / σ) over a
/// point's other neighbours is log₂ of the number of neighbours.
pub(super) fn scales(neighbours: &Neighbours) -> Vec<(f64, f64)> {
    let n_each = neighbours.n_each;
    let target = (n_each as f64).log2();
    let overall = neighbours.distances.iter().sum::<f64>() / neighbours.distances.len().max(1) as f64;
    neighbours
        .distances
        .chunks(n_each)
        .map(|distances| {
            let rho = distances.iter().copied().find(|distance| *distance > 0.0).unwrap_or(0.0);
            let (mut low, mut high, mut sigma) = (0.0, f64::INFINITY, 1.0);
            for _ in 0..MOST_HALVINGS {
                let sum: f64 = distances.iter().skip(1).map(|distance| membership(*distance, rho, sigma)).sum();
                if (sum - target).abs() < TOLERANCE {
                    break;
                }
                if sum > target {
                    high = sigma;
                } else {
                    low = sigma;
                }
                sigma = if high.is_finite() { (low + high) / 2.0 } else { sigma * 2.0 };
            }
            let mean = if rho > 0.0 { distances.iter().sum::<f64>() / distances.len() as f64 } else { overall };
            (rho, sigma.max(LEAST_SCALE * mean))
        })
        .collect()
}

fn membership(distance: f64, rho: f64, sigma: f64) -> f64 {
    if distance <= rho || sigma == 0.0 { 1.0 } else { (-(distance - rho) / sigma).exp() }
}

impl FuzzyGraph {
    pub(super) fn of(neighbours: &Neighbours) -> Self {
        let scales = scales(neighbours);
        let mut directed: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        let rows = neighbours.indices.chunks(neighbours.n_each).zip(neighbours.distances.chunks(neighbours.n_each));
        for (point, ((indices, distances), (rho, sigma))) in rows.zip(&scales).enumerate() {
            for (other, distance) in indices.iter().zip(distances).filter(|(other, _)| **other != point) {
                let weight = membership(*distance, *rho, *sigma);
                if weight > 0.0 {
                    directed.insert((point, *other), weight);
                }
            }
        }
        let mut edges: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for ((from, to), weight) in &directed {
            let back = directed.get(&(*to, *from)).copied().unwrap_or(0.0);
            let either = weight + back - weight * back;
            edges.insert((*from, *to), either);
            edges.insert((*to, *from), either);
        }
        let edges = edges.into_iter().map(|((from, to), weight)| (from, to, weight)).collect();
        Self { n_points: scales.len(), edges }
    }
}
