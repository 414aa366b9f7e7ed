//! How far neighbours in a layout can be believed.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::neighbours::Distance;
use crate::error::StatsError;
use crate::finite::{require_finite, require_stimuli};

const OPERATION: &str = "trustworthiness";

/// How far neighbours in a layout are neighbours in the features: 1 where all are, about 0.5 where places are random.
///
/// T = 1 − 2 / (n k (2n − 3k − 1)) Σᵢ Σⱼ (r(i, j) − k), the inner sum over those of the k nearest neighbours of i in the layout that
/// are not among its k nearest in the features, r being the rank of j by distance from i in the features.
/// Convention: of equally distant points the earlier comes first.
///
/// # Shapes and units
/// - `features`: (n_points, n_features); `layout`: (n_points, n_dimensions), Euclidean.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when the two have different numbers of points.
/// - [`StatsError::OutOfRange`] when `n_neighbours` is 0 or not below half the points.
/// - [`StatsError::NotFinite`] names the first value that is NaN or infinite.
///
/// # Accuracy and randomness
/// f64, deterministic, time n² log n. Agrees with scikit-learn 1.9.1 to 1e-12 (goldens/umap-learn/clusters).
///
/// # Reference
/// Venna J, Kaski S (2001). Neighborhood preservation in nonlinear projection methods: an experimental study. ICANN, 485-491.
pub fn trustworthiness<A: Copy + Into<f64> + Sync + Send, B: Copy + Into<f64> + Sync + Send>(
    features: ArrayView2<'_, A>,
    layout: ArrayView2<'_, B>,
    n_neighbours: usize,
    distance: Distance,
) -> Result<f64, StatsError> {
    let n = features.nrows();
    require_stimuli(OPERATION, n, 3)?;
    if layout.nrows() != n {
        return Err(StatsError::ShapeMismatch {
            operation: OPERATION,
            axis: "points",
            left: "the features",
            left_len: n,
            right: "the layout",
            right_len: layout.nrows(),
        });
    }
    if n_neighbours == 0 || 2 * n_neighbours >= n {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the number of neighbours",
            value: n_neighbours as f64,
            allowed: "above 0 and below half the number of points",
        });
    }
    require_finite(OPERATION, "features", features)?;
    require_finite(OPERATION, "layout", layout)?;
    let features = distance.prepared(features.mapv(Into::into));
    let layout = layout.mapv(Into::into);
    // Whole numbers, so that the order in which points are added does not matter.
    let excess: usize = (0..n)
        .into_par_iter()
        .map(|point| {
            let near = order(n, point, |other| Distance::Euclidean.between(layout.row(point), layout.row(other)));
            let far = order(n, point, |other| distance.between(features.row(point), features.row(other)));
            let mut rank = vec![0; n];
            for (place, other) in far.into_iter().enumerate() {
                rank[other] = place + 1;
            }
            near.into_iter().take(n_neighbours).map(|other| rank[other].saturating_sub(n_neighbours)).sum::<usize>()
        })
        .sum();
    let (n, k) = (n as f64, n_neighbours as f64);
    Ok(1.0 - 2.0 * excess as f64 / (n * k * (2.0 * n - 3.0 * k - 1.0)))
}

/// All other points, from near to far.
fn order(n: usize, point: usize, distance: impl Fn(usize) -> f64) -> Vec<usize> {
    let mut others: Vec<(f64, usize)> =
        (0..n).filter(|other| *other != point).map(|other| (distance(other), other)).collect();
    others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    others.into_iter().map(|(_, other)| other).collect()
}
