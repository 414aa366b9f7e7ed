//! The exact nearest neighbours of every point.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};
use rayon::prelude::*;

use crate::linear_algebra::product;

/// Points whose distances to all others are held at once.
const POINTS_AT_ONCE: usize = 256;

/// How near two points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Distance {
    /// √Σ (x − y)².
    #[default]
    Euclidean,
    /// 1 − x·y / (|x| |y|); 1 where one of the two is 0 everywhere, 0 where both are.
    Cosine,
}

impl Distance {
    /// The points as [`between`](Self::between) takes them: of length 1 for the cosine.
    pub(super) fn prepared(self, mut features: Array2<f64>) -> Array2<f64> {
        if self == Self::Cosine {
            for mut row in features.outer_iter_mut() {
                let length = row.dot(&row).sqrt();
                if length > 0.0 {
                    row /= length;
                }
            }
        }
        features
    }

    /// The distance of two points that are prepared.
    pub(super) fn between(self, one: ArrayView1<'_, f64>, other: ArrayView1<'_, f64>) -> f64 {
        // Half the squared chord is 1 minus the cosine, without the loss of digits where they are near.
        let square: f64 = one.iter().zip(other).map(|(x, y)| (x - y).powi(2)).sum();
        match self {
            Self::Euclidean => square.sqrt(),
            Self::Cosine if is_zero(one) != is_zero(other) => 1.0,
            Self::Cosine => square / 2.0,
        }
    }
}

fn is_zero(point: ArrayView1<'_, f64>) -> bool {
    point.iter().all(|x| *x == 0.0)
}

/// The nearest neighbours of every point, itself first, then from near to far.
pub(super) struct Neighbours {
    pub(super) n_each: usize,
    /// Row by row, `n_each` of each point.
    pub(super) indices: Vec<usize>,
    pub(super) distances: Vec<f64>,
}

impl Neighbours {
    /// `n_each` of each of the prepared points, which are at least as many; of equally near ones the earlier come first.
    pub(super) fn exact(features: ArrayView2<'_, f64>, n_each: usize, distance: Distance) -> Self {
        let squares: Vec<f64> = features.outer_iter().map(|row| row.dot(&row)).collect();
        let (mut indices, mut distances) = (Vec::new(), Vec::new());
        for first in (0..features.nrows()).step_by(POINTS_AT_ONCE) {
            let last = (first + POINTS_AT_ONCE).min(features.nrows());
            let products = product(features.slice(s![first..last, ..]), features.t());
            let rows: Vec<(Vec<usize>, Vec<f64>)> = products
                .axis_iter(Axis(0))
                .into_par_iter()
                .enumerate()
                .map(|(row, products)| {
                    let point = first + row;
                    let square = |other: usize| squares[point] + squares[other] - 2.0 * products[other];
                    // A zero point has no direction: its half squared chord to a unit vector is ½, and its distance 1.
                    let is_lost = |other: usize| distance == Distance::Cosine && squares[other] == 0.0;
                    let key = |other: usize| match is_lost(point) != is_lost(other) {
                        true => 2.0,
                        false => square(other),
                    };
                    nearest(features, point, n_each, distance, key)
                })
                .collect();
            for (row_indices, row_distances) in rows {
                indices.extend(row_indices);
                distances.extend(row_distances);
            }
        }
        Self { n_each, indices, distances }
    }
}

/// Indices and distances of the points with the smallest `key`, the point itself first.
fn nearest(
    features: ArrayView2<'_, f64>,
    point: usize,
    n_each: usize,
    distance: Distance,
    key: impl Fn(usize) -> f64,
) -> (Vec<usize>, Vec<f64>) {
    let mut others: Vec<(f64, usize)> =
        (0..features.nrows()).filter(|other| *other != point).map(|other| (key(other), other)).collect();
    let n_others = n_each.saturating_sub(1).min(others.len());
    let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if n_others > 0 && n_others < others.len() {
        others.select_nth_unstable_by(n_others - 1, order);
    }
    others.truncate(n_others);
    let mut exact: Vec<(f64, usize)> = others
        .into_iter()
        .map(|(_, other)| (distance.between(features.row(point), features.row(other)), other))
        .collect();
    exact.sort_by(order);
    let with_itself = std::iter::once((0.0, point)).chain(exact);
    with_itself.map(|(distance, other)| (other, distance)).unzip()
}
