//! Many tests at once: control of the false discovery rate and of the family-wise error rate.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use crate::StatsError;
use crate::linear_algebra::symmetric_eigen;
use crate::normal::normal_quantile;
use crate::random::Rng;

/// Draws from which the distribution of the greatest of several statistics is estimated, 9,999 in all: in blocks, each with its own stream.
const BLOCKS: usize = 11;
const DRAWS_OF_BLOCK: usize = 909;

/// Which deviations from the null hypothesis count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Alternative {
    /// Above it.
    Greater,
    /// To either side.
    TwoSided,
}

impl Alternative {
    /// What is compared with the null distribution.
    pub(crate) fn size(self, value: f64) -> f64 {
        match self {
            Self::Greater => value,
            Self::TwoSided => value.abs(),
        }
    }

    /// The size of a standard normal value that has this p.
    fn normal_value(self, p: f64) -> f64 {
        match self {
            Self::Greater => -normal_quantile(p),
            Self::TwoSided => -normal_quantile(p / 2.0),
        }
    }
}

/// The p-value of one test of a family, as it is and with the error over the family controlled in four ways.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct AdjustedP {
    /// As if it were the only test.
    pub p: f64,
    /// False discovery rate at which it is called significant ([`false_discovery_rate`]).
    pub fdr: f64,
    /// Chance of any false rejection, by Bonferroni: p times the number of tests.
    pub bonferroni: f64,
    /// Chance of any false rejection, by Holm ([`family_wise_error`]).
    pub holm: f64,
    /// Chance of any false rejection, by the distribution of the greatest statistic of the family, which uses how the tests depend.
    pub max_statistic: f64,
}

/// The tests of one family with every control; `max_statistic` holds the p-values by the greatest statistic.
pub(crate) fn adjust(p: &[f64], max_statistic: &[f64]) -> Result<Vec<AdjustedP>, StatsError> {
    let (fdr, holm) = (false_discovery_rate(p)?, family_wise_error(p)?);
    let n = p.len() as f64;
    Ok((0..p.len())
        .map(|at| AdjustedP {
            p: p[at],
            fdr: fdr[at],
            bonferroni: (n * p[at]).min(1.0),
            holm: holm[at],
            // The greatest of several is estimated from draws, and is never less extreme than one alone.
            max_statistic: max_statistic.get(at).map_or(1.0, |value| value.max(p[at])),
        })
        .collect())
}

/// P(the least of several p-values, under null hypotheses that are all true, is as small as each of `p`).
///
/// Each p stands for a standard normal value, and these depend as `covariance` says: the single-step method with a Gaussian copula, which holds for tests
/// whose t have different degrees of freedom too.
///
/// Hothorn, Bretz, Westfall (2008). Simultaneous inference in general parametric models. Biom J 50:346 (single-step).
pub(crate) fn max_statistic_p(
    p: &[f64],
    covariance: &Array2<f64>,
    alternative: Alternative,
    rng: &Rng,
) -> Result<Vec<f64>, StatsError> {
    let z: Vec<f64> = p.iter().map(|&p| alternative.normal_value(p)).collect();
    let (values, vectors) = symmetric_eigen("the distribution of the greatest statistic", covariance.view())?;
    let greatest_value = values.iter().copied().fold(0.0, f64::max);
    // Differences of models lie in fewer dimensions than there are of them.
    let kept: Vec<usize> = (0..values.len()).filter(|&at| values[at] > 1e-12 * greatest_value).collect();
    let root = vectors.select(Axis(1), &kept) * &values.select(Axis(0), &kept).mapv(f64::sqrt);
    let deviations: Vec<f64> = covariance.diag().iter().map(|variance| variance.max(0.0).sqrt()).collect();
    let counts = |block: usize| {
        let mut rng = rng.stream(block as u64);
        let mut reached = vec![0usize; z.len()];
        let mut normals = vec![0.0; kept.len()];
        for _ in 0..DRAWS_OF_BLOCK {
            normals.iter_mut().for_each(|normal| *normal = rng.normal());
            let mut greatest = f64::NEG_INFINITY;
            for (row, deviation) in root.rows().into_iter().zip(&deviations) {
                if *deviation > 0.0 {
                    let drawn: f64 = row.iter().zip(&normals).map(|(root, normal)| root * normal).sum();
                    greatest = greatest.max(alternative.size(drawn / deviation));
                }
            }
            for (count, &z) in reached.iter_mut().zip(&z) {
                *count += usize::from(greatest >= z);
            }
        }
        reached
    };
    let blocks: Vec<Vec<usize>> = (0..BLOCKS).into_par_iter().map(counts).collect();
    let n_draws = BLOCKS * DRAWS_OF_BLOCK;
    let reached = |at: usize| blocks.iter().map(|block| block[at]).sum::<usize>();
    Ok((0..z.len()).map(|at| (1 + reached(at)) as f64 / (1 + n_draws) as f64).collect())
}

/// The false discovery rate at which each test would just be called significant (Benjamini and Hochberg's adjusted p).
///
/// With p sorted, q_(i) = min over j ≥ i of p_(j) m / j, at most 1. Valid for independent or positively dependent tests.
///
/// # Shapes and units
/// - `p`: any number of p-values; returns as many, in the same order.
///
/// # Errors
/// [`StatsError::OutOfRange`] when a p-value is not from 0 to 1.
///
/// # Example
/// ```
/// use homolog_stats::inference::false_discovery_rate;
/// let q = false_discovery_rate(&[0.01, 0.04, 0.03])?;
/// assert!((q[0] - 0.03).abs() < 1e-15 && (q[1] - 0.04).abs() < 1e-15 && (q[2] - 0.04).abs() < 1e-15);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Benjamini, Hochberg (1995). Controlling the false discovery rate. J R Stat Soc B 57:289.
pub fn false_discovery_rate(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    require_probabilities("a false discovery rate", p)?;
    let m = p.len() as f64;
    let mut adjusted = vec![0.0; p.len()];
    let mut least = 1.0f64;
    for (rank, &at) in ascending(p).iter().enumerate().rev() {
        least = least.min(p[at] * m / (rank as f64 + 1.0));
        adjusted[at] = least;
    }
    Ok(adjusted)
}

/// p-values adjusted so that the chance of any false rejection is kept (Holm's step-down form of Bonferroni).
///
/// With p sorted, p̃_(i) = max over j ≤ i of (m − j + 1) p_(j), at most 1. Valid under any dependence.
///
/// # Shapes and units
/// - `p`: any number of p-values; returns as many, in the same order.
///
/// # Errors
/// [`StatsError::OutOfRange`] when a p-value is not from 0 to 1.
///
/// # Reference
/// Holm (1979). A simple sequentially rejective multiple test procedure. Scand J Stat 6:65.
pub fn family_wise_error(p: &[f64]) -> Result<Vec<f64>, StatsError> {
    require_probabilities("a family-wise error rate", p)?;
    let mut adjusted = vec![0.0; p.len()];
    let mut greatest = 0.0f64;
    for (rank, &at) in ascending(p).iter().enumerate() {
        greatest = greatest.max(p[at] * (p.len() - rank) as f64).min(1.0);
        adjusted[at] = greatest;
    }
    Ok(adjusted)
}

fn ascending(p: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|&a, &b| p[a].total_cmp(&p[b]));
    order
}

fn require_probabilities(operation: &'static str, p: &[f64]) -> Result<(), StatsError> {
    match p.iter().find(|value| !(0.0..=1.0).contains(*value)) {
        None => Ok(()),
        Some(&value) => {
            Err(StatsError::OutOfRange { operation, parameter: "a p-value", value, allowed: "from 0 to 1" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_multiplies_the_least_by_all_and_never_falls() {
        let adjusted = family_wise_error(&[0.04, 0.01, 0.03]).unwrap();
        let expected = [0.06, 0.03, 0.06];
        assert!(adjusted.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn discovery_rate_is_never_above_the_family_wise_error() {
        let p = [0.2, 0.001, 0.8, 0.04, 0.04];
        let (q, holm) = (false_discovery_rate(&p).unwrap(), family_wise_error(&p).unwrap());
        assert!(q.iter().zip(holm).all(|(q, holm)| *q <= holm + 1e-15));
    }

    #[test]
    fn least_of_independent_p_values_follows_the_product_of_their_distributions() {
        let p = [0.02, 0.3, 0.12];
        for alternative in [Alternative::Greater, Alternative::TwoSided] {
            let found = max_statistic_p(&p, &Array2::eye(3), alternative, &Rng::new(1)).unwrap();
            for (p, found) in p.iter().zip(&found) {
                // Standard error of a share of 9,999 draws: at most 0.005.
                assert!((found - (1.0 - (1.0 - p).powi(3))).abs() < 0.02, "{p} {found}");
            }
            // Tests that are one and the same are one test.
            let same = max_statistic_p(&p, &Array2::ones((3, 3)), alternative, &Rng::new(2)).unwrap();
            assert!(p.iter().zip(&same).all(|(p, found)| (p - found).abs() < 0.02), "{same:?}");
        }
    }

    #[test]
    fn nan_is_no_p_value() {
        assert!(false_discovery_rate(&[0.5, f64::NAN]).is_err());
    }
}
