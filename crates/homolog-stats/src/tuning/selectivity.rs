//! Selectivity for one category of stimuli among others.

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use crate::StatsError;
use crate::comparator::mean_ranks;
use crate::finite::{require_count, require_finite, require_finite_vector, require_same_length};
use crate::normal::normal_distribution;
use crate::random::Rng;

/// (μ_in − μ_out) / sqrt((σ²_in + σ²_out) / 2), variances with n − 1.
///
/// # Errors
/// [`StatsError::TooFew`] below 2 of either; [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] where neither varies.
///
/// # Reference
/// Green D M, Swets J A (1966). Signal Detection Theory and Psychophysics. Wiley. With unequal variances as in
/// Afraz A, Boyden E S, DiCarlo J J (2015). PNAS 112:6730.
pub fn d_prime(inside: &[f64], outside: &[f64]) -> Result<f64, StatsError> {
    const OPERATION: &str = "d\u{2032}";
    let moments = |values: &[f64], what| {
        require_count(OPERATION, what, values.len(), 2)?;
        require_finite_vector(OPERATION, what, values)?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Ok::<_, StatsError>((mean, squares / (values.len() as f64 - 1.0)))
    };
    let (one, other) = (moments(inside, "stimuli of the category")?, moments(outside, "stimuli of other categories")?);
    let spread = ((one.1 + other.1) / 2.0).sqrt();
    if spread > 0.0 {
        return Ok((one.0 - other.0) / spread);
    }
    let (parameter, allowed) = ("the standard deviation", "above 0: responses that do not vary have no d\u{2032}");
    Err(StatsError::OutOfRange { operation: OPERATION, parameter, value: spread, allowed })
}

/// (μ_in − μ_out) / (|μ_in| + |μ_out|): 1/3 where the category drives the unit twice as much as others do.
///
/// # Errors
/// [`StatsError::TooFew`] where either is empty; [`StatsError::OutOfRange`] where both means are 0; [`StatsError::NotFinite`].
///
/// # Reference
/// Tsao D Y, Freiwald W A, Tootell R B H, Livingstone M S (2006). A cortical region consisting entirely of face-selective
/// cells. Science 311:670 (face selectivity index). With absolute values, so that it stays from −1 to 1 where responses can be below 0.
pub fn selectivity_index(inside: &[f64], outside: &[f64]) -> Result<f64, StatsError> {
    const OPERATION: &str = "a selectivity index";
    let mean = |values: &[f64], what| {
        require_count(OPERATION, what, values.len(), 1)?;
        require_finite_vector(OPERATION, what, values)?;
        Ok::<_, StatsError>(values.iter().sum::<f64>() / values.len() as f64)
    };
    let (one, other) = (mean(inside, "stimuli of the category")?, mean(outside, "stimuli of other categories")?);
    let sum = one.abs() + other.abs();
    if sum > 0.0 {
        return Ok((one - other) / sum);
    }
    let (parameter, allowed) = ("the sum of both means", "above 0: a silent unit selects nothing");
    Err(StatsError::OutOfRange { operation: OPERATION, parameter, value: sum, allowed })
}

/// What the ranks of one category among all say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RankSum {
    /// Share of pairs, one stimulus inside and one outside, of which the one inside drives the unit more, ties half: the area
    /// under the ROC curve.
    pub auc: f64,
    /// Two-sided p of equal distributions, by the normal approximation with the correction for ties and for continuity.
    pub p: f64,
}

/// The rank-sum test of Wilcoxon, Mann and Whitney.
///
/// # Errors
/// [`StatsError::TooFew`] where either is empty; [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] where all are equal.
///
/// # Reference
/// Mann H B, Whitney D R (1947). Ann Math Stat 18:50; as scipy's `mannwhitneyu(method="asymptotic")`.
pub fn rank_sum_test(inside: &[f64], outside: &[f64]) -> Result<RankSum, StatsError> {
    const OPERATION: &str = "a rank-sum test";
    for (what, values) in [("stimuli of the category", inside), ("stimuli of other categories", outside)] {
        require_count(OPERATION, what, values.len(), 1)?;
        require_finite_vector(OPERATION, what, values)?;
    }
    let all: Vec<f64> = inside.iter().chain(outside).copied().collect();
    let ranks = mean_ranks(&all);
    let (n_in, n_out) = (inside.len() as f64, outside.len() as f64);
    let n = n_in + n_out;
    let u = ranks[..inside.len()].iter().sum::<f64>() - n_in * (n_in + 1.0) / 2.0;
    // Σ (t³ − t) over groups of t ties is n³ − n less twelve times the sum of squared deviations of the ranks.
    let middle = (n + 1.0) / 2.0;
    let spread: f64 = ranks.iter().map(|rank| (rank - middle).powi(2)).sum();
    let deviation = (n_in * n_out * spread / (n * (n - 1.0))).sqrt();
    if deviation.is_nan() || deviation <= 0.0 {
        let (parameter, allowed) = ("the spread of the ranks", "above 0: all responses are equal");
        return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value: deviation, allowed });
    }
    let off = (u - n_in * n_out / 2.0).abs() - 0.5;
    Ok(RankSum { auc: u / (n_in * n_out), p: (2.0 * normal_distribution(-off / deviation)).min(1.0) })
}

/// An area under the ROC curve with its chance under permuted labels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PermutedAuc {
    /// As [`RankSum::auc`].
    pub auc: f64,
    /// (1 + number of permutations that reach it) / (1 + number of permutations), one-sided: how often chance prefers the
    /// category as much.
    pub p: f64,
}

/// The preference of every unit for a category, with permutations of the labels, the same for all units.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_units).
/// - `inside`: for each stimulus, whether it is of the category.
///
/// # Errors
/// [`StatsError::ShapeMismatch`]; [`StatsError::TooFew`] where the category or its complement is empty, or without permutations;
/// [`StatsError::NotFinite`].
pub fn permuted_auc(
    responses: ArrayView2<'_, f64>,
    inside: &[bool],
    n_permutations: usize,
    rng: &Rng,
) -> Result<Vec<PermutedAuc>, StatsError> {
    const OPERATION: &str = "a permutation test of selectivity";
    require_same_length(OPERATION, "stimuli", ("the responses", responses.nrows()), ("the labels", inside.len()))?;
    require_finite(OPERATION, "responses", responses)?;
    let members: Vec<usize> = (0..inside.len()).filter(|at| inside[*at]).collect();
    let (n_in, n_out) = (members.len(), inside.len() - members.len());
    require_count(OPERATION, "stimuli of the category", n_in, 1)?;
    require_count(OPERATION, "stimuli of other categories", n_out, 1)?;
    require_count(OPERATION, "permutations", n_permutations, 1)?;
    let drawn: Vec<Vec<usize>> = (0..n_permutations)
        .map(|index| {
            let mut order = rng.stream(index as u64).permutation(inside.len());
            order.truncate(n_in);
            order
        })
        .collect();
    let of_unit = |unit: usize| {
        let ranks = mean_ranks(&responses.index_axis(Axis(1), unit).to_vec());
        let sum = |chosen: &[usize]| chosen.iter().map(|at| ranks[*at]).sum::<f64>();
        let observed = sum(&members);
        // Ranks are halves of whole numbers: sums of them are exact.
        let reached = drawn.iter().filter(|chosen| sum(chosen) >= observed).count();
        let u = observed - (n_in * (n_in + 1)) as f64 / 2.0;
        PermutedAuc { auc: u / (n_in * n_out) as f64, p: (1 + reached) as f64 / (1 + n_permutations) as f64 }
    };
    Ok((0..responses.ncols()).into_par_iter().map(of_unit).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn d_prime_is_the_distance_of_two_normals_in_standard_deviations() {
        let mut rng = Rng::new(1);
        let mut draw = |mean: f64| (0..40_000).map(|_| mean + 2.0 * rng.normal()).collect::<Vec<f64>>();
        let (inside, outside) = (draw(3.0), draw(0.0));
        assert!((d_prime(&inside, &outside).unwrap() - 1.5).abs() < 0.03);
        assert!(d_prime(&[1.0, 1.0], &[0.0, 0.0]).is_err() && d_prime(&[1.0], &outside).is_err());
    }

    #[test]
    fn twice_the_response_is_an_index_of_a_third() {
        assert!((selectivity_index(&[2.0, 2.0], &[1.0, 1.0]).unwrap() - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(selectivity_index(&[1.0], &[-1.0]).unwrap(), 1.0);
        assert!(selectivity_index(&[0.0], &[0.0]).is_err());
    }

    #[test]
    fn every_pair_won_is_an_area_of_1() {
        let test = rank_sum_test(&[3.0, 4.0], &[1.0, 2.0, 0.0]).unwrap();
        assert_eq!(test.auc, 1.0);
        assert_eq!(rank_sum_test(&[1.0, 1.0], &[1.0, 2.0, 0.0]).unwrap().auc, 0.5);
        assert!(rank_sum_test(&[1.0], &[1.0]).is_err());
    }

    #[test]
    fn permuted_p_is_even_under_the_null_and_least_for_a_planted_unit() {
        let mut rng = Rng::new(9);
        let (n_stimuli, n_units) = (24, 400);
        let mut responses = Array2::from_shape_simple_fn((n_stimuli, n_units), || rng.normal());
        let inside: Vec<bool> = (0..n_stimuli).map(|at| at % 4 == 0).collect();
        for stimulus in (0..n_stimuli).step_by(4) {
            responses[[stimulus, 7]] += 100.0;
        }
        let found = permuted_auc(responses.view(), &inside, 999, &Rng::new(3)).unwrap();
        assert_eq!((found[7].auc, found[7].p), (1.0, 0.001));
        let below = found.iter().filter(|one| one.p <= 0.1).count() as f64 / n_units as f64;
        assert!((below - 0.1).abs() < 0.05, "{below} of p-values are below 0.1");
        assert!(permuted_auc(responses.view(), &vec![false; n_stimuli], 9, &Rng::new(3)).is_err());
    }
}
