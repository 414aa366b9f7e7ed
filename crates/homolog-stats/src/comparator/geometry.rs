//! Comparators of whole geometries: RDMs as squared distances, turned into second moments of patterns.
//!
//! They need every pair, so they are no choices of a bootstrap over stimuli, where a stimulus drawn twice has no pair with itself.

use ndarray::{Array2, ArrayView1, ArrayView2};

use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::linear_algebra::{cholesky, product, symmetric_eigen, symmetric_eigenvalues};
use crate::naming::unknown_name;
use crate::rdm;

/// A comparator of second moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GeometryComparator {
    /// Fidelity of the centred kernels: tr (A^½ B A^½)^½ / √(tr A tr B), from 0 to 1. rsatoolbox: "bures".
    BuresSimilarity,
    /// Squared Bures distance: tr A + tr B − 2 tr (A^½ B A^½)^½. rsatoolbox: "bures_metric".
    SquaredBuresDistance,
    /// − the least affine-invariant Riemannian distance between the second moments, over the scale of the first and how much
    /// isotropic noise is added to it. rsatoolbox: "neg_riem_dist".
    NegativeRiemannianDistance,
}

impl GeometryComparator {
    /// Every comparator of geometries.
    pub const ALL: [Self; 3] = [Self::BuresSimilarity, Self::SquaredBuresDistance, Self::NegativeRiemannianDistance];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::BuresSimilarity => "bures-similarity",
            Self::SquaredBuresDistance => "squared-bures-distance",
            Self::NegativeRiemannianDistance => "negative-riemannian-distance",
        }
    }
}

impl std::str::FromStr for GeometryComparator {
    type Err = StatsError;

    /// Understands rsatoolbox's names too.
    fn from_str(name: &str) -> Result<Self, StatsError> {
        let ours = match name {
            "bures" => "bures-similarity",
            "bures_metric" => "squared-bures-distance",
            "neg_riem_dist" => "negative-riemannian-distance",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|comparator| comparator.name() == ours)
            .ok_or_else(|| unknown_name("comparator of geometries", name, &Self::ALL.map(Self::name)))
    }
}

/// How alike each RDM of one set is to each of another, as geometries.
///
/// # Shapes and units
/// - `left`: (n_left, n_pairs), `right`: (n_right, n_pairs), rows RDMs of squared distances over the same stimuli; returns (n_left, n_right).
///
/// # Errors
/// - [`StatsError::ShapeMismatch`], [`StatsError::NotPairs`], [`StatsError::TooFewStimuli`] under 3, [`StatsError::NotFinite`].
/// - [`StatsError::OutOfRange`] when an RDM's second moment has no positive trace.
/// - [`StatsError::Singular`] for the Riemannian distance when a second moment is not positive definite: crossnobis RDMs and those of fewer units
///   than stimuli are not.
///
/// # Edge cases
/// Negative eigenvalues, which RDMs that are not squared Euclidean have, count as 0 in the Bures forms, as in rsatoolbox.
///
/// # Accuracy and randomness
/// f64; Bures agrees with rsatoolbox 0.3.2 to 1e-8; the Riemannian distance to the 1e-4 of its optimiser (goldens/rsatoolbox/compare). Deterministic.
///
/// # Reference
/// Harvey, Lipshutz, Williams (2024). What representational similarity measures imply about decodable information. arXiv:2411.08197 (Bures).
/// Shahbazi et al. (2021). Using distance on the Riemannian manifold to compare representations. NeuroImage 239:118271.
pub fn compare_geometries(
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
    comparator: GeometryComparator,
) -> Result<Array2<f64>, StatsError> {
    const OPERATION: &str = "a comparison of geometries";
    require_same_length(
        OPERATION,
        "pairs of stimuli",
        ("the first set of RDMs", left.ncols()),
        ("the second set of RDMs", right.ncols()),
    )?;
    require_stimuli(OPERATION, rdm::n_stimuli(left.ncols())?, 3)?;
    require_count(OPERATION, "RDMs in the first set", left.nrows(), 1)?;
    require_count(OPERATION, "RDMs in the second set", right.nrows(), 1)?;
    require_finite(OPERATION, "the first set of RDMs", left)?;
    require_finite(OPERATION, "the second set of RDMs", right)?;
    let mut out = Array2::zeros((left.nrows(), right.nrows()));
    for ((i, j), value) in out.indexed_iter_mut() {
        *value = match comparator {
            GeometryComparator::NegativeRiemannianDistance => -riemannian_distance(left.row(i), right.row(j))?,
            _ => bures(left.row(i), right.row(j), comparator)?,
        };
    }
    Ok(out)
}

/// The second moment of patterns whose mean is at the origin: −½ H D H.
fn centred_second_moment(pairs: ArrayView1<'_, f64>) -> Result<Array2<f64>, StatsError> {
    let squared = rdm::matrix_from_pairs(pairs)?;
    let moment = crate::gram::centre_both_sides((squared * -0.5).view());
    let trace = moment.diag().sum();
    if trace > 0.0 {
        return Ok(moment);
    }
    Err(StatsError::OutOfRange {
        operation: "a comparison of geometries",
        parameter: "the total variance that an RDM implies",
        value: trace,
        allowed: "above 0",
    })
}

fn bures(
    left: ArrayView1<'_, f64>,
    right: ArrayView1<'_, f64>,
    comparator: GeometryComparator,
) -> Result<f64, StatsError> {
    const OPERATION: &str = "a Bures comparison";
    let (a, b) = (centred_second_moment(left)?, centred_second_moment(right)?);
    let (values, vectors) = symmetric_eigen(OPERATION, a.view())?;
    let scaled = &vectors * &values.mapv(|value| value.max(0.0).sqrt().sqrt());
    let root = product(scaled.view(), scaled.t());
    let inner = product(product(root.view(), b.view()).view(), root.view());
    let fidelity: f64 = symmetric_eigenvalues(OPERATION, inner.view())?.iter().map(|value| value.max(0.0).sqrt()).sum();
    let (trace_a, trace_b) = (a.diag().sum(), b.diag().sum());
    Ok(match comparator {
        GeometryComparator::BuresSimilarity => fidelity / (trace_a * trace_b).sqrt(),
        _ => trace_a + trace_b - 2.0 * fidelity,
    })
}

/// The second moment with the first stimulus at the origin: ½ (d_0i + d_0j − d_ij) for i, j > 0.
fn anchored_second_moment(pairs: ArrayView1<'_, f64>) -> Result<Array2<f64>, StatsError> {
    let squared = rdm::matrix_from_pairs(pairs)?;
    let n = squared.nrows() - 1;
    Ok(Array2::from_shape_fn((n, n), |(i, j)| {
        0.5 * (squared[[0, i + 1]] + squared[[0, j + 1]] - squared[[i + 1, j + 1]])
    }))
}

fn riemannian_distance(left: ArrayView1<'_, f64>, right: ArrayView1<'_, f64>) -> Result<f64, StatsError> {
    const OPERATION: &str = "a Riemannian distance of RDMs";
    let singular = StatsError::Singular {
        operation: OPERATION,
        matrix: "the second moment of an RDM",
        advice: "Use RDMs of squared distances from more units than stimuli, or another comparator",
    };
    let (a, b) = (anchored_second_moment(left)?, anchored_second_moment(right)?);
    let n = a.nrows();
    let noise = Array2::from_shape_fn((n, n), |(i, j)| if i == j { 2.0 } else { 1.0 });
    let factor = cholesky(b.view()).ok_or(singular.clone())?;
    cholesky(a.view()).ok_or(singular.clone())?;
    // Relative to B: L⁻¹ A L⁻ᵀ, so that each trial needs ordinary eigenvalues only.
    let relative = |matrix: &Array2<f64>| {
        let half = solve_lower_columns(&factor, matrix);
        solve_lower_columns(&factor, &half.t().to_owned())
    };
    let (a, noise) = (relative(&a), relative(&noise));
    let distance = |[scale, share]: [f64; 2]| {
        let mixed = &a * scale.exp() + &noise * share.exp();
        match symmetric_eigenvalues(OPERATION, mixed.view()) {
            Ok(values) if values.iter().all(|&value| value > 0.0) => {
                values.iter().map(|value| value.ln().powi(2)).sum::<f64>().sqrt()
            }
            _ => f64::INFINITY,
        }
    };
    let least = minimise_in_the_plane(distance);
    if least.is_finite() { Ok(least) } else { Err(singular) }
}

/// L⁻¹ M for a lower triangular L.
fn solve_lower_columns(factor: &Array2<f64>, matrix: &Array2<f64>) -> Array2<f64> {
    let mut solved = matrix.clone();
    for row in 0..solved.nrows() {
        for known in 0..row {
            let (above, mut below) = solved.view_mut().split_at(ndarray::Axis(0), row);
            below.row_mut(0).scaled_add(-factor[[row, known]], &above.row(known));
        }
        let diagonal = factor[[row, row]];
        solved.row_mut(row).mapv_inplace(|value| value / diagonal);
    }
    solved
}

/// The least value of a function of two numbers, from (0, 0), by Nelder and Mead's simplex.
fn minimise_in_the_plane(function: impl Fn([f64; 2]) -> f64) -> f64 {
    let mut simplex: Vec<([f64; 2], f64)> =
        [[0.0, 0.0], [0.5, 0.0], [0.0, 0.5]].into_iter().map(|at| (at, function(at))).collect();
    for _ in 0..500 {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let (best, middle, worst) = (simplex[0], simplex[1], simplex[2]);
        let size =
            (0..2).map(|k| (worst.0[k] - best.0[k]).abs().max((middle.0[k] - best.0[k]).abs())).fold(0.0, f64::max);
        if worst.1 - best.1 <= 1e-13 * best.1.abs() && size < 1e-7 {
            break;
        }
        let centre = [0, 1].map(|k| 0.5 * (best.0[k] + middle.0[k]));
        let at = |step: f64| {
            let point = [0, 1].map(|k| centre[k] + step * (centre[k] - worst.0[k]));
            (point, function(point))
        };
        let reflected = at(1.0);
        let next = if reflected.1 < best.1 {
            let expanded = at(2.0);
            if expanded.1 < reflected.1 { Some(expanded) } else { Some(reflected) }
        } else if reflected.1 < middle.1 {
            Some(reflected)
        } else {
            let contracted = if reflected.1 < worst.1 { at(0.5) } else { at(-0.5) };
            (contracted.1 < worst.1.min(reflected.1)).then_some(contracted)
        };
        match next {
            Some(point) => simplex[2] = point,
            None => {
                for vertex in &mut simplex[1..] {
                    let point = [0, 1].map(|k| 0.5 * (best.0[k] + vertex.0[k]));
                    *vertex = (point, function(point));
                }
            }
        }
    }
    simplex.iter().map(|vertex| vertex.1).fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::rdm::{RdmMeasure, rdm_from_features};
    use ndarray::Axis;

    fn squared_distances(n: usize, units: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        let patterns = Array2::from_shape_simple_fn((n, units), || rng.normal());
        rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap().insert_axis(Axis(0))
    }

    #[test]
    fn a_geometry_is_fully_like_itself_at_any_scale() {
        let rdm = squared_distances(6, 9, 1);
        let of =
            |scale: f64, comparator| compare_geometries(rdm.view(), (&rdm * scale).view(), comparator).unwrap()[[0, 0]];
        assert!((of(3.0, GeometryComparator::BuresSimilarity) - 1.0).abs() < 1e-7);
        assert!(of(1.0, GeometryComparator::SquaredBuresDistance).abs() < 1e-7);
        // The scale is fitted; only the noise that cannot be less than nothing keeps it from 0.
        assert!(of(3.0, GeometryComparator::NegativeRiemannianDistance) > -1e-4);
    }

    #[test]
    fn second_moment_of_few_units_has_no_riemannian_distance() {
        let rdm = squared_distances(6, 2, 2);
        let found = compare_geometries(rdm.view(), rdm.view(), GeometryComparator::NegativeRiemannianDistance);
        assert!(matches!(found, Err(StatsError::Singular { .. })), "{found:?}");
    }
}
