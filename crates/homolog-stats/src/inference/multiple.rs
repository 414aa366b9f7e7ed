//! Many tests at once: control of the false discovery rate and of the family-wise error rate.

use crate::StatsError;

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
    fn nan_is_no_p_value() {
        assert!(false_discovery_rate(&[0.5, f64::NAN]).is_err());
    }
}
