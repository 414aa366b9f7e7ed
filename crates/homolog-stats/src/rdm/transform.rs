//! Transforms of RDMs: each gives an RDM over the same stimuli.

use ndarray::{Array1, ArrayView1};

use super::pairs::{matrix_from_pairs, pairs_from_matrix};
use crate::StatsError;
use crate::comparator::mean_ranks;
use crate::finite::require_finite_vector;
use crate::naming::unknown_name;

/// What is done to every dissimilarity of an RDM.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum RdmTransform {
    /// Its rank among all pairs, from 1; ties share their mean rank.
    Rank,
    /// Its square root; negative values become 0 first.
    SquareRoot,
    /// Itself, or 0 where it is negative.
    Positive,
    /// Scaled so that the least is 0 and the greatest 1.
    MinMax,
    /// 0 below the `low` quantile, 1 above the `high` quantile, linear between: how much local topology and how much geometry counts.
    GeoTopological {
        /// Share of pairs that are set to 0.
        low: f64,
        /// Share of pairs below which nothing is set to 1.
        high: f64,
    },
    /// Scaled to \[0, 1\], then the length of the shortest path between the two stimuli over all pairs but the most distant.
    Geodesic,
}

impl RdmTransform {
    /// The names on command lines; "geo-topological" is followed by its two quantiles, as in `geo-topological:0.2:0.8`.
    pub const NAMES: [&'static str; 6] = ["rank", "square-root", "positive", "min-max", "geo-topological", "geodesic"];
}

impl std::str::FromStr for RdmTransform {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        let unknown = || unknown_name("transform of an RDM", name, &Self::NAMES);
        let mut words = name.split(':');
        let kind = words.next().unwrap_or_default();
        let numbers: Vec<f64> =
            words.map(str::parse).collect::<Result<_, _>>().map_err(|_: std::num::ParseFloatError| unknown())?;
        match (kind, numbers.as_slice()) {
            ("rank", []) => Ok(Self::Rank),
            ("square-root", []) => Ok(Self::SquareRoot),
            ("positive", []) => Ok(Self::Positive),
            ("min-max", []) => Ok(Self::MinMax),
            ("geo-topological", &[low, high]) => Ok(Self::GeoTopological { low, high }),
            ("geodesic", []) => Ok(Self::Geodesic),
            _ => Err(unknown()),
        }
    }
}

/// An RDM after a transform.
///
/// # Shapes and units
/// - `rdm`: (n_pairs), upper triangle row by row; returns the same.
///
/// # Errors
/// - [`StatsError::NotPairs`], [`StatsError::NotFinite`].
/// - [`StatsError::ConstantPattern`] when scaling needs two different values and there is one.
/// - [`StatsError::OutOfRange`] when the quantiles are not 0 ≤ low < high ≤ 1.
/// - [`StatsError::Missing`] for [`RdmTransform::Geodesic`] when a stimulus has no path to another.
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 to 1e-12 (goldens/rsatoolbox/rdm); its geo-topological quantiles are over all RDMs of a set, here of one. Deterministic.
///
/// # Reference
/// Lin, Kriegeskorte (2024). The topology and geometry of neural representations. PNAS 121:e2317881121 (geo-topological, geodesic).
pub fn transform_rdm(rdm: ArrayView1<'_, f64>, transform: RdmTransform) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "a transform of an RDM";
    super::n_stimuli(rdm.len())?;
    let values = rdm.to_vec();
    require_finite_vector(OPERATION, "the RDM", &values)?;
    Ok(match transform {
        RdmTransform::Rank => Array1::from(mean_ranks(&values)),
        RdmTransform::SquareRoot => rdm.mapv(|value| value.max(0.0).sqrt()),
        RdmTransform::Positive => rdm.mapv(|value| value.max(0.0)),
        RdmTransform::MinMax => between(rdm, least(&values), greatest(&values))?,
        RdmTransform::GeoTopological { low, high } => {
            if !(0.0 <= low && low < high && high <= 1.0) {
                return Err(StatsError::OutOfRange {
                    operation: OPERATION,
                    parameter: "the low quantile",
                    value: low,
                    allowed: "from 0 to below the high quantile, which is at most 1",
                });
            }
            let mut sorted = values;
            sorted.sort_unstable_by(f64::total_cmp);
            between(rdm, quantile(&sorted, low), quantile(&sorted, high))?
        }
        RdmTransform::Geodesic => geodesic(between(rdm, least(&values), greatest(&values))?)?,
    })
}

fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

fn greatest(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// NumPy's linear interpolation between the two nearest of sorted values.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() as f64 - 1.0);
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    below + (above - below) * (at - at.floor())
}

fn between(rdm: ArrayView1<'_, f64>, low: f64, high: f64) -> Result<Array1<f64>, StatsError> {
    if low == high {
        return Err(StatsError::ConstantPattern {
            operation: "a scaled RDM",
            what: "the RDM (between its bounds)",
            index: 0,
        });
    }
    Ok(rdm.mapv(|value| ((value - low) / (high - low)).clamp(0.0, 1.0)))
}

/// Shortest paths by Floyd and Warshall. As networkx reads the RDM, a dissimilarity of exactly 0 is no edge, and neither is the greatest.
fn geodesic(scaled: Array1<f64>) -> Result<Array1<f64>, StatsError> {
    let mut paths = matrix_from_pairs(scaled.view())?;
    let n = paths.nrows();
    paths.mapv_inplace(|length| if length == 0.0 || length == 1.0 { f64::INFINITY } else { length });
    paths.diag_mut().fill(0.0);
    for via in 0..n {
        let from_via = paths.row(via).to_owned();
        for start in 0..n {
            let first = paths[[start, via]];
            for (path, second) in paths.row_mut(start).iter_mut().zip(&from_via) {
                *path = path.min(first + second);
            }
        }
    }
    if let Some(index) = (0..n).find(|&stimulus| paths.row(stimulus).iter().any(|path| path.is_infinite())) {
        return Err(StatsError::Missing {
            operation: "a geodesic RDM",
            what: "stimulus",
            index,
            missing: "path to every other stimulus",
            advice: "Leave it out, or do not take geodesic distances of this RDM",
        });
    }
    pairs_from_matrix(paths.view())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn simple_transforms_are_those_worked_out_by_hand() {
        let rdm = array![4.0, -1.0, 9.0];
        let of = |t| transform_rdm(rdm.view(), t).unwrap();
        assert_eq!(of(RdmTransform::Rank), array![2.0, 1.0, 3.0]);
        assert_eq!(of(RdmTransform::SquareRoot), array![2.0, 0.0, 3.0]);
        assert_eq!(of(RdmTransform::Positive), array![4.0, 0.0, 9.0]);
        assert_eq!(of(RdmTransform::MinMax), array![0.5, 0.0, 1.0]);
    }

    #[test]
    fn transforms_are_found_by_their_names() {
        assert_eq!("geo-topological:0.2:0.8".parse(), Ok(RdmTransform::GeoTopological { low: 0.2, high: 0.8 }));
        assert_eq!("rank".parse(), Ok(RdmTransform::Rank));
        let words = "geo-topological".parse::<RdmTransform>().unwrap_err().to_string();
        assert!(words.contains("There are: geo-topological, "), "{words}");
        assert!("rank:1".parse::<RdmTransform>().is_err());
    }

    #[test]
    fn geodesic_goes_round_the_longest_edge() {
        // A line of three: 0-1 is 0.1 + least, 1-2 likewise, 0-2 the greatest is replaced by the path over 1.
        let rdm = array![2.0, 11.0, 3.0, 5.0, 4.0, 1.0];
        let path = transform_rdm(rdm.view(), RdmTransform::Geodesic).unwrap();
        // Scaled: 0-1 0.1, 0-2 1, 0-3 0.2, 1-2 0.4, 1-3 0.3, 2-3 0 (no edge): 0-2 over 1 is 0.5.
        let expected = array![0.1, 0.5, 0.2, 0.4, 0.3, 0.7];
        assert!((&path - &expected).iter().all(|d| d.abs() < 1e-12), "{path}");
    }

    #[test]
    fn constant_rdm_cannot_be_scaled() {
        let found = transform_rdm(array![2.0, 2.0, 2.0].view(), RdmTransform::MinMax);
        assert!(matches!(found, Err(StatsError::ConstantPattern { .. })));
        let crossed = RdmTransform::GeoTopological { low: 0.8, high: 0.2 };
        assert!(transform_rdm(array![1.0, 2.0, 3.0].view(), crossed).is_err());
    }
}
