//! Tests over subjects that need neither a bootstrap nor normality: signed ranks, signs, and exchange of signs.

use ndarray::ArrayView2;

use super::multiple::Alternative;
use crate::StatsError;
use crate::comparator::mean_ranks;
use crate::finite::{require_count, require_finite, require_finite_vector};
use crate::random::Rng;

/// Most subjects for which every exchange of signs is tried; beyond it they are drawn at random.
const ALL_SIGNS_UP_TO: usize = 12;

/// p of Wilcoxon's signed-rank test that subjects' values lie symmetrically about 0.
///
/// W = Σ of the ranks of |value| over positive values; p from all 2ⁿ equally likely signs, exact with ties too. Convention: zeros are dropped
/// (Wilcoxon's), tied sizes share their mean rank.
///
/// # Shapes and units
/// - `values`: one for each subject, such as the difference of two models' scores.
///
/// # Errors
/// - [`StatsError::TooFew`] when no value differs from 0; [`StatsError::NotFinite`].
///
/// # Example
/// ```
/// use homolog_stats::inference::{Alternative, signed_rank_test};
/// // All 5 above 0: one of 32 equally likely signs.
/// assert_eq!(signed_rank_test(&[0.1, 0.4, 0.2, 0.3, 0.5], Alternative::Greater)?, 1.0 / 32.0);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Wilcoxon (1945). Individual comparisons by ranking methods. Biometrics Bull 1:80.
pub fn signed_rank_test(values: &[f64], alternative: Alternative) -> Result<f64, StatsError> {
    const OPERATION: &str = "a signed-rank test over subjects";
    let doubled = doubled_signed_ranks(OPERATION, values)?;
    let all: i64 = doubled.iter().map(|rank| rank.abs()).sum();
    // P(Σ of the ranks that get a plus = w), by adding one subject at a time.
    let mut chance = vec![0.0f64; all as usize + 1];
    chance[0] = 1.0;
    for rank in doubled.iter().map(|rank| rank.unsigned_abs() as usize) {
        for sum in (0..chance.len()).rev() {
            let with = if sum >= rank { chance[sum - rank] } else { 0.0 };
            chance[sum] = 0.5 * (chance[sum] + with);
        }
    }
    let positive: i64 = doubled.iter().filter(|rank| **rank > 0).sum();
    let tail = |from: i64| chance.iter().skip(from as usize).sum::<f64>();
    Ok(match alternative {
        Alternative::Greater => tail(positive),
        Alternative::TwoSided => (2.0 * tail(positive.max(all - positive))).min(1.0),
    })
}

/// p of the sign test that subjects' values are as often above 0 as below; zeros are dropped.
///
/// # Shapes and units
/// - `values`: one for each subject.
///
/// # Errors
/// As [`signed_rank_test`].
///
/// # Reference
/// Dixon, Mood (1946). The statistical sign test. J Am Stat Assoc 41:557.
pub fn sign_test(values: &[f64], alternative: Alternative) -> Result<f64, StatsError> {
    const OPERATION: &str = "a sign test over subjects";
    let signs = doubled_signed_ranks(OPERATION, values)?;
    let n = signs.len();
    let positive = signs.iter().filter(|rank| **rank > 0).count();
    let tail = |from: usize| {
        let mut chance = 0.5f64.powi(n as i32);
        let mut sum = 0.0;
        for k in 0..=n {
            if k >= from {
                sum += chance;
            }
            chance *= (n - k) as f64 / (k + 1) as f64;
        }
        sum
    };
    Ok(match alternative {
        Alternative::Greater => tail(positive).min(1.0),
        Alternative::TwoSided => (2.0 * tail(positive.max(n - positive))).min(1.0),
    })
}

/// p of each of several tests over the same subjects, by the greatest signed-rank statistic when subjects' signs are exchanged: the chance of any
/// false rejection is kept, and what the tests have in common is used.
///
/// The statistic of a test is Σ sign · rank / √Σ rank². With up to 12 subjects all signs are tried, else `n_exchanges` random ones.
///
/// # Shapes and units
/// - `values`: (n_tests, n_subjects); returns one p for each test.
///
/// # Errors
/// As [`signed_rank_test`], of any test; [`StatsError::TooFew`] under 19 exchanges where they are drawn.
///
/// # Accuracy and randomness
/// Exchange i draws from stream i of `rng`.
///
/// # Reference
/// Nichols, Holmes (2002). Nonparametric permutation tests for functional neuroimaging. Hum Brain Mapp 15:1.
pub fn max_signed_rank_p(
    values: ArrayView2<'_, f64>,
    alternative: Alternative,
    n_exchanges: usize,
    rng: &Rng,
) -> Result<Vec<f64>, StatsError> {
    const OPERATION: &str = "tests by exchange of subjects' signs";
    let (n_tests, n) = values.dim();
    require_count(OPERATION, "tests", n_tests, 1)?;
    require_finite(OPERATION, "the values of subjects", values)?;
    let all = n <= ALL_SIGNS_UP_TO;
    if !all {
        require_count(OPERATION, "exchanges of signs", n_exchanges, 19)?;
    }
    let mut ranks = Vec::with_capacity(n_tests);
    for row in values.rows() {
        ranks.push(signed_ranks_of_unit_length(OPERATION, &row.to_vec())?);
    }
    let statistic = |ranks: &[f64], sign: &dyn Fn(usize) -> f64| {
        alternative.size(ranks.iter().enumerate().map(|(subject, rank)| sign(subject) * rank).sum())
    };
    let observed: Vec<f64> = ranks.iter().map(|ranks| statistic(ranks, &|_| 1.0)).collect();
    let n_used = if all { 1usize << n } else { n_exchanges };
    let mut reached = vec![0usize; n_tests];
    for exchange in 0..n_used as u64 {
        let bits: Vec<bool> = if all {
            (0..n).map(|subject| exchange >> subject & 1 == 1).collect()
        } else {
            let mut rng = rng.stream(exchange);
            (0..n).map(|_| rng.next_u64() >> 63 == 1).collect()
        };
        let sign = |subject: usize| if bits[subject] { -1.0 } else { 1.0 };
        let greatest = ranks.iter().map(|ranks| statistic(ranks, &sign)).fold(f64::NEG_INFINITY, f64::max);
        for (count, observed) in reached.iter_mut().zip(&observed) {
            *count += usize::from(greatest >= observed - 1e-12);
        }
    }
    // Random exchanges count the one that was observed among them; all exchanges hold it already.
    let own = usize::from(!all);
    Ok(reached.iter().map(|&count| (count + own) as f64 / (n_used + own) as f64).collect())
}

/// Twice the signed rank of each value that is not 0: whole numbers.
fn doubled_signed_ranks(operation: &'static str, values: &[f64]) -> Result<Vec<i64>, StatsError> {
    require_finite_vector(operation, "the values of subjects", values)?;
    let kept: Vec<f64> = values.iter().copied().filter(|value| *value != 0.0).collect();
    require_count(operation, "subjects whose value is not 0", kept.len(), 1)?;
    let sizes: Vec<f64> = kept.iter().map(|value| value.abs()).collect();
    let doubled = mean_ranks(&sizes).into_iter().map(|rank| (2.0 * rank) as i64);
    Ok(doubled.zip(&kept).map(|(rank, value)| if *value > 0.0 { rank } else { -rank }).collect())
}

fn signed_ranks_of_unit_length(operation: &'static str, values: &[f64]) -> Result<Vec<f64>, StatsError> {
    let doubled = doubled_signed_ranks(operation, values)?;
    let length = doubled.iter().map(|rank| (rank * rank) as f64).sum::<f64>().sqrt();
    let mut of_kept = doubled.into_iter();
    let rank_of = |value: &f64| if *value == 0.0 { 0.0 } else { of_kept.next().unwrap_or(0) as f64 / length };
    Ok(values.iter().map(rank_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn signed_rank_p_is_that_of_all_signs_counted_out() {
        let values = [0.3, -0.1, 0.2, 0.2, -0.5, 0.0, 0.9];
        // By hand over 2^6 signs of the ranks 4, 1, 2.5, 2.5, 5, 6: W = 15 of 21.
        let ranks = [4.0, 1.0, 2.5, 2.5, 5.0, 6.0];
        let at_least = (0..64u32)
            .filter(|bits| (0..6).filter(|i| bits >> i & 1 == 1).map(|i| ranks[i]).sum::<f64>() >= 15.0)
            .count();
        let found = signed_rank_test(&values, Alternative::Greater).unwrap();
        assert!((found - at_least as f64 / 64.0).abs() < 1e-15);
        let two_sided = signed_rank_test(&values, Alternative::TwoSided).unwrap();
        assert!((two_sided - 2.0 * found).abs() < 1e-15);
    }

    #[test]
    fn sign_test_is_binomial() {
        // 5 of 6 above 0: (6 + 1) / 64.
        let found = sign_test(&[1.0, 2.0, 3.0, -1.0, 0.5, 9.0], Alternative::Greater).unwrap();
        assert!((found - 7.0 / 64.0).abs() < 1e-15);
        assert_eq!(sign_test(&[1.0, -1.0], Alternative::TwoSided), Ok(1.0));
    }

    #[test]
    fn one_test_alone_has_its_signed_rank_p() {
        let values = array![[0.3, -0.1, 0.25, 0.2, -0.5, 0.7, 0.9]];
        let alone = signed_rank_test(&values.row(0).to_vec(), Alternative::Greater).unwrap();
        let found = max_signed_rank_p(values.view(), Alternative::Greater, 0, &Rng::new(1)).unwrap();
        assert!((found[0] - alone).abs() < 1e-12);
    }

    #[test]
    fn values_that_are_all_zero_or_not_finite_are_refused() {
        assert!(matches!(signed_rank_test(&[0.0, 0.0], Alternative::Greater), Err(StatsError::TooFew { .. })));
        assert!(matches!(
            sign_test(&[1.0, f64::NAN], Alternative::Greater),
            Err(StatsError::NotFinite { column: 1, .. })
        ));
    }
}
