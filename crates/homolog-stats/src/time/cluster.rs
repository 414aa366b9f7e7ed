//! Where along time (or times × times) subjects agree: clusters of neighbouring points, against random signs of subjects.

use ndarray::ArrayView2;
use rayon::prelude::*;

use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length};
use crate::inference::Alternative;
use crate::inference::distribution::student_t_quantile;
use crate::random::Rng;

const OPERATION: &str = "a cluster test over subjects";

/// Most subjects for which every pattern of signs is tried; beyond it they are drawn at random.
const ALL_SIGNS_UP_TO: usize = 12;

/// Which points touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Neighbours {
    /// Points in a row, such as time bins: each touches the one before and the one after.
    Line,
    /// A grid of `n_rows` rows, such as times × times, its points row by row: each touches those beside, above and below.
    Grid {
        /// How many rows.
        n_rows: usize,
    },
}

/// What [`sign_flip_cluster_test`] is asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClusterTestSettings {
    /// Which points touch.
    pub neighbours: Neighbours,
    /// A point may belong to a cluster when its own t test has p below this: 0.05 and 0.01 are usual. It decides what clusters are looked for, not
    /// how often a false one is found.
    pub forming_p: f64,
    /// Which deviations from 0 count.
    pub alternative: Alternative,
    /// Random patterns of signs, where there are more than 12 subjects; with fewer all are tried.
    pub n_flips: usize,
}

/// Neighbouring points whose t passes the threshold to the same side.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Cluster {
    /// Its points, ascending.
    pub points: Vec<usize>,
    /// Sum of their t values; negative for a cluster below 0.
    pub mass: f64,
    /// Chance that the largest cluster under random signs has at least its mass: the chance of any false cluster is kept.
    pub p: f64,
}

/// What [`sign_flip_cluster_test`] finds.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClusterTest {
    /// t of each point over subjects.
    pub t: Vec<f64>,
    /// The t that a point must pass.
    pub threshold: f64,
    /// Clusters, the largest mass first.
    pub clusters: Vec<Cluster>,
    /// Patterns of signs that were tried.
    pub n_flips: usize,
}

impl ClusterTest {
    /// For each point, the p of the cluster that it belongs to; `None` outside all clusters.
    pub fn p_of_points(&self) -> Vec<Option<f64>> {
        let mut p = vec![None; self.t.len()];
        for cluster in &self.clusters {
            for &point in &cluster.points {
                p[point] = Some(cluster.p);
            }
        }
        p
    }
}

/// Where subjects' values differ from 0, with the chance of any false cluster kept over all points (sign-flip cluster test).
///
/// t of each point over subjects; neighbouring points that pass the threshold form a cluster, whose mass is its sum of t. Under the null
/// hypothesis each subject's whole row of values could as well have the opposite sign, so p is the share of sign patterns whose largest cluster has at
/// least that mass. A cluster says that there is an effect among its points, not that there is one at each.
///
/// # Shapes and units
/// - `values`: (n_subjects, n_points), such as comparisons over time less what chance gives.
///
/// # Errors
/// - [`StatsError::TooFew`] under 5 subjects (fewer have no sign pattern below p = 0.05), without a point, or under 19 random flips.
/// - [`StatsError::ConstantPattern`] names a point at which all subjects have the same value, so that t is undefined.
/// - [`StatsError::OutOfRange`] for a forming p that is not between 0 and 0.5; [`StatsError::ShapeMismatch`] for a grid whose rows do not divide
///   the points; [`StatsError::NotFinite`].
///
/// # Accuracy and randomness
/// Flip i draws from stream i of `rng`; all patterns are tried up to 12 subjects, and nothing is drawn. The same bits on any number of threads.
///
/// # Reference
/// Maris, Oostenveld (2007). Nonparametric statistical testing of EEG- and MEG-data. J Neurosci Methods 164:177. doi:10.1016/j.jneumeth.2007.03.024.
pub fn sign_flip_cluster_test(
    values: ArrayView2<'_, f64>,
    settings: &ClusterTestSettings,
    rng: &Rng,
) -> Result<ClusterTest, StatsError> {
    let (n_subjects, n_points) = values.dim();
    require_count(OPERATION, "subjects", n_subjects, 5)?;
    require_count(OPERATION, "points", n_points, 1)?;
    require_finite(OPERATION, "the values of subjects", values)?;
    if !(settings.forming_p > 0.0 && settings.forming_p < 0.5) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the p that forms clusters",
            value: settings.forming_p,
            allowed: "between 0 and 0.5",
        });
    }
    let n_columns = match settings.neighbours {
        Neighbours::Line => n_points,
        Neighbours::Grid { n_rows } => {
            require_count(OPERATION, "rows of the grid", n_rows, 1)?;
            let n_columns = n_points / n_rows;
            let whole = n_columns * n_rows;
            require_same_length(OPERATION, "points", ("the grid", whole), ("the values", n_points))?;
            n_columns
        }
    };
    if let Some(index) = (0..n_points).find(|&point| values.column(point).iter().all(|v| *v == values[[0, point]])) {
        return Err(StatsError::ConstantPattern { operation: OPERATION, what: "over subjects, point", index });
    }
    let tail = match settings.alternative {
        Alternative::Greater => settings.forming_p,
        Alternative::TwoSided => settings.forming_p / 2.0,
    };
    let threshold = student_t_quantile(tail, n_subjects as f64 - 1.0);
    let search = Search { threshold, n_columns, alternative: settings.alternative };
    let points = Points::of(values);
    let t = points.t(&vec![1.0; n_subjects]);
    let mut clusters = search.clusters(&t);
    let all = n_subjects <= ALL_SIGNS_UP_TO;
    if !all {
        require_count(OPERATION, "random flips of signs", settings.n_flips, 19)?;
    }
    let n_flips = if all { 1usize << n_subjects } else { settings.n_flips };
    let largest: Vec<f64> = (0..n_flips as u64)
        .into_par_iter()
        .map(|flip| {
            let mut rng = rng.stream(flip);
            let signs: Vec<f64> = (0..n_subjects)
                .map(|subject| if all { flip >> subject & 1 == 1 } else { rng.next_u64() >> 63 == 1 })
                .map(|minus| if minus { -1.0 } else { 1.0 })
                .collect();
            search.clusters(&points.t(&signs)).iter().map(|cluster| cluster.mass.abs()).fold(0.0, f64::max)
        })
        .collect();
    // Random patterns count the one that was observed among them; all patterns hold it already.
    let own = usize::from(!all);
    for cluster in &mut clusters {
        let size = cluster.mass.abs() * (1.0 - 1e-12);
        let reached = largest.iter().filter(|&&largest| largest >= size).count();
        cluster.p = (reached + own) as f64 / (n_flips + own) as f64;
    }
    clusters.sort_by(|a, b| b.mass.abs().total_cmp(&a.mass.abs()));
    Ok(ClusterTest { t, threshold, clusters, n_flips })
}

/// Subjects' values point by point, with what no sign changes.
struct Points {
    /// Point by point, subjects in a row.
    values: Vec<f64>,
    n_subjects: usize,
    /// Σ of squares of each point.
    squares: Vec<f64>,
}

impl Points {
    fn of(values: ArrayView2<'_, f64>) -> Self {
        let by_point: Vec<f64> = values.t().iter().copied().collect();
        let squares = by_point.chunks(values.nrows()).map(|of| of.iter().map(|value| value * value).sum()).collect();
        Self { values: by_point, n_subjects: values.nrows(), squares }
    }

    /// t of each point when subjects' values are multiplied by signs: mean · √(n (n − 1) / (Σ x² − n mean²)).
    fn t(&self, signs: &[f64]) -> Vec<f64> {
        let n = self.n_subjects as f64;
        self.values
            .chunks(self.n_subjects)
            .zip(&self.squares)
            .map(|(of, squares)| {
                let mean = of.iter().zip(signs).map(|(value, sign)| value * sign).sum::<f64>() / n;
                // A sign pattern can make all subjects equal up to rounding: the largest t that a number can hold then.
                let spread = (squares - n * mean * mean).max(f64::EPSILON * squares);
                mean * (n * (n - 1.0) / spread).sqrt()
            })
            .collect()
    }
}

struct Search {
    threshold: f64,
    n_columns: usize,
    alternative: Alternative,
}

impl Search {
    /// Clusters in the order of their first point.
    fn clusters(&self, t: &[f64]) -> Vec<Cluster> {
        let side = |point: usize| match self.alternative {
            _ if t[point] > self.threshold => 1,
            Alternative::TwoSided if t[point] < -self.threshold => -1,
            _ => 0,
        };
        let mut seen = vec![false; t.len()];
        let mut clusters = Vec::new();
        for first in 0..t.len() {
            if seen[first] || side(first) == 0 {
                continue;
            }
            let (mut points, mut open) = (Vec::new(), vec![first]);
            seen[first] = true;
            while let Some(point) = open.pop() {
                points.push(point);
                for other in self.neighbours(point, t.len()) {
                    if !seen[other] && side(other) == side(first) {
                        seen[other] = true;
                        open.push(other);
                    }
                }
            }
            points.sort_unstable();
            let mass = points.iter().map(|&point| t[point]).sum();
            clusters.push(Cluster { points, mass, p: 1.0 });
        }
        clusters
    }

    fn neighbours(&self, point: usize, n_points: usize) -> impl Iterator<Item = usize> + use<> {
        let (width, column) = (self.n_columns, point % self.n_columns);
        let left = (column > 0).then(|| point - 1);
        let right = (column + 1 < width).then(|| point + 1);
        let above = (point >= width).then(|| point - width);
        let below = (point + width < n_points).then_some(point + width);
        [left, right, above, below].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;

    fn settings(neighbours: Neighbours, alternative: Alternative) -> ClusterTestSettings {
        ClusterTestSettings { neighbours, forming_p: 0.05, alternative, n_flips: 499 }
    }

    #[test]
    fn t_is_that_of_its_formula() {
        let values = ndarray::array![[1.0], [2.0], [4.0], [3.0], [0.0]];
        let found =
            sign_flip_cluster_test(values.view(), &settings(Neighbours::Line, Alternative::Greater), &Rng::new(1))
                .unwrap();
        // Mean 2, variance 2.5: 2 / sqrt(2.5 / 5).
        assert!((found.t[0] - 2.0 / 0.5f64.sqrt()).abs() < 1e-12);
        assert_eq!(found.n_flips, 32);
        // Signs of 0 change nothing: 2 of 32 patterns leave the largest t.
        assert_eq!(found.clusters[0].p, 2.0 / 32.0);
    }

    #[test]
    fn effect_over_some_times_is_one_cluster_there() {
        for n_subjects in [10, 15] {
            let mut values = normal_matrix(n_subjects, 30, 2);
            values.slice_mut(ndarray::s![.., 10..18]).mapv_inplace(|value| value + 1.8);
            let found =
                sign_flip_cluster_test(values.view(), &settings(Neighbours::Line, Alternative::TwoSided), &Rng::new(3))
                    .unwrap();
            let largest = &found.clusters[0];
            assert!(largest.p < 0.01 && largest.points.iter().all(|point| (9..19).contains(point)), "{largest:?}");
            assert_eq!(found.p_of_points()[13], Some(largest.p));
        }
    }

    #[test]
    fn grid_touches_above_and_below_but_not_over_the_edge() {
        let search = Search { threshold: 1.0, n_columns: 3, alternative: Alternative::TwoSided };
        // Rows (2, 0, 2), (2, 0, -2): the corner at the end of a row does not touch the start of the next.
        let found = search.clusters(&[2.0, 0.0, 2.0, 2.0, 0.0, -2.0]);
        let points: Vec<&[usize]> = found.iter().map(|cluster| cluster.points.as_slice()).collect();
        assert_eq!(points, [&[0, 3][..], &[2], &[5]]);
    }

    #[test]
    fn point_that_is_equal_for_all_few_subjects_and_ragged_grids_are_refused() {
        let line = settings(Neighbours::Line, Alternative::Greater);
        let mut values = normal_matrix(6, 4, 4);
        values.column_mut(2).fill(0.5);
        let found = sign_flip_cluster_test(values.view(), &line, &Rng::new(1));
        assert!(matches!(found, Err(StatsError::ConstantPattern { index: 2, .. })));
        let found = sign_flip_cluster_test(normal_matrix(4, 4, 5).view(), &line, &Rng::new(1));
        assert!(matches!(found, Err(StatsError::TooFew { found: 4, needed: 5, .. })));
        let grid = settings(Neighbours::Grid { n_rows: 3 }, Alternative::Greater);
        let found = sign_flip_cluster_test(normal_matrix(6, 10, 6).view(), &grid, &Rng::new(1));
        assert!(matches!(found, Err(StatsError::ShapeMismatch { .. })));
    }
}
