//! Which set of features explains which part of a response: unique and shared variance, and the split of a joint model's R².

use ndarray::{Array2, ArrayView2, ArrayView3, Axis};

use super::cross_validated::{EncodingProtocol, encode};
use super::score::{PredictionScore, is_constant};
use crate::error::StatsError;
use crate::finite::require_same_length;
use crate::mapping::Predictors;

const OPERATION: &str = "a variance partition";
/// Sets of features beyond which the number of their combinations is refused.
const MOST_SETS: usize = 6;

/// What one combination of sets explains together and what its sets, and only they, have in common.
#[derive(Debug, Clone, PartialEq)]
pub struct VariancePart {
    /// Positions of the sets.
    pub sets: Vec<usize>,
    /// Score of a model on these sets together, for each kept unit; `None` where it is undefined in every split.
    pub joint: Vec<Option<f64>>,
    /// The part of the score that these sets share and no other has: with one set its unique part. May be negative.
    pub shared: Vec<Option<f64>>,
}

/// Cross-validated scores of every combination of sets of features, and the parts they divide into.
///
/// With R²(A) the score of a model on the sets A and N all sets, the part of S is Σ_{B ⊆ S} (−1)^{|S| − |B|} (R²(N) − R²(N without B)); all parts add up
/// to R²(N). Convention: each R² is the mean over splits, cross-validated, so a part can be negative.
///
/// # Shapes and units
/// - `sets`: two to six sets of features of the same stimuli.
/// - `targets`: (n_stimuli, n_units).
/// - returns one part for each combination, fewest sets first.
///
/// # Errors
/// - [`StatsError::OutOfRange`] for fewer than two sets or more than six.
/// - [`StatsError::Unsupported`] unless the score is R² or explained variance.
/// - Those of [`encode`].
///
/// # Reference
/// Lescroart, Stansbury, Gallant (2015). Fourier power, subjective distance, and object categories. Front Comput Neurosci 9:135.
/// doi:10.3389/fncom.2015.00135. Nimon, Lewis, Kane, Haynes (2008). Behav Res Methods 40:457-466 (commonality coefficients).
pub fn partition_variance(
    sets: &[Predictors],
    targets: ArrayView2<'_, f64>,
    protocol: &EncodingProtocol,
) -> Result<Vec<VariancePart>, StatsError> {
    if !(2..=MOST_SETS).contains(&sets.len()) {
        let (parameter, value) = ("the number of sets of features", sets.len() as f64);
        return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed: "from 2 to 6" });
    }
    if !matches!(protocol.score, PredictionScore::R2 | PredictionScore::ExplainedVariance) {
        return Err(StatsError::Unsupported {
            operation: OPERATION,
            choice: "a score that is not a share of variance",
            reason: "only shares of variance add up",
            instead: "Score by r2 or explained-variance",
        });
    }
    let members =
        |combination: usize| (0..sets.len()).filter(|set| combination >> set & 1 == 1).collect::<Vec<usize>>();
    let score = |combination: usize| {
        let chosen = members(combination).into_iter().map(|set| sets[set].clone()).collect();
        Ok(encode(&Predictors::from_bands(chosen)?, targets, protocol)?.of_units())
    };
    let joint: Vec<Vec<Option<f64>>> = (1..1 << sets.len()).map(score).collect::<Result<_, StatsError>>()?;
    let n_units = joint.first().map_or(0, Vec::len);
    let shared: Vec<Option<Vec<f64>>> = (0..n_units)
        .map(|unit| {
            let of_unit: Option<Vec<f64>> = joint.iter().map(|scores| scores[unit]).collect();
            of_unit.map(|scores| commonality(&scores))
        })
        .collect();
    let part = |combination: usize| VariancePart {
        sets: members(combination),
        joint: joint[combination - 1].clone(),
        shared: shared.iter().map(|parts| parts.as_ref().map(|parts| parts[combination - 1])).collect(),
    };
    let mut parts: Vec<VariancePart> = (1..1 << sets.len()).map(part).collect();
    parts.sort_by_key(|part| part.sets.len());
    Ok(parts)
}

/// The part of each combination, from the scores of all: both at place (combination − 1), bit k of a combination telling whether set k is in it.
fn commonality(scores: &[f64]) -> Vec<f64> {
    let all = scores.len();
    let score = |combination: usize| if combination == 0 { 0.0 } else { scores[combination - 1] };
    let part = |combination: usize| {
        let within = (0..=combination).filter(|subset| subset & combination == *subset);
        let signed = |subset: usize| {
            let sign = if (combination.count_ones() - subset.count_ones()).is_multiple_of(2) { 1.0 } else { -1.0 };
            sign * (score(all) - score(all & !subset))
        };
        within.map(signed).sum()
    };
    (1..=all).map(part).collect()
}

/// What each band contributes to the R² of a joint model (the product measure): they add up to it.
///
/// R²_b = Σ (2 y ŷ_b − ŷ_b ŷ) / Σ y², with y less its mean over the stimuli, ŷ_b the contribution of band b and ŷ their sum.
/// Convention: contributions are taken as they are (himalaya's `r2_score_split`), so R² is that of a model whose constant is the mean of
/// the stimuli at hand.
///
/// # Shapes and units
/// - `of_bands`: (n_bands, n_stimuli, n_units), such as [`crate::mapping::banded::BandedRidgePrediction::of_bands`].
/// - `observed`: (n_stimuli, n_units).
/// - returns (n_bands, n_units).
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when they differ in stimuli or units.
/// - [`StatsError::NotFinite`] names the first response that is NaN or infinite.
/// - [`StatsError::ConstantPattern`] names the first unit that does not vary.
///
/// # Reference
/// Pratt (1987). Dividing the indivisible. Proc 2nd Tampere Conf Stat; Dupré la Tour et al. (2022), doi:10.1016/j.neuroimage.2022.119728, section 2.7.
pub fn split_r2(of_bands: ArrayView3<'_, f64>, observed: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
    const OPERATION: &str = "the split of R² over bands";
    let (n_bands, n_stimuli, n_units) = of_bands.dim();
    let (found, other) = (("the contributions", n_stimuli), ("the responses", observed.nrows()));
    require_same_length(OPERATION, "stimuli", found, other)?;
    require_same_length(OPERATION, "units", ("the contributions", n_units), ("the responses", observed.ncols()))?;
    crate::finite::require_finite(OPERATION, "the responses", observed)?;
    let joint = of_bands.sum_axis(Axis(0));
    let mut split = Array2::zeros((n_bands, n_units));
    for unit in 0..n_units {
        let seen = observed.column(unit);
        if is_constant(&seen.to_vec()) {
            return Err(StatsError::ConstantPattern { operation: OPERATION, what: "unit", index: unit });
        }
        let centred = &seen - seen.mean().unwrap_or(0.0);
        let total = centred.dot(&centred);
        for band in 0..n_bands {
            let contribution = of_bands.slice(ndarray::s![band, .., unit]);
            split[[band, unit]] = (2.0 * centred.dot(&contribution) - joint.column(unit).dot(&contribution)) / total;
        }
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{MissingTargets, UndefinedScores};
    use crate::mapping::Mapping;
    use crate::mapping::ridge::RidgeOptions;
    use crate::random::{Rng, normal_matrix};
    use crate::splits::{FoldOrder, k_fold};
    use ndarray::Array3;

    #[test]
    fn parts_of_two_sets_are_those_worked_by_hand() {
        // R²: A 0.5, B 0.4, both 0.7. Unique A 0.3, unique B 0.2, shared 0.2.
        let parts = commonality(&[0.5, 0.4, 0.7]);
        for (part, expected) in parts.iter().zip([0.3, 0.2, 0.2]) {
            assert!((part - expected).abs() < 1e-15, "{parts:?}");
        }
    }

    #[test]
    fn parts_of_three_sets_add_up_to_the_joint_score() {
        let scores = [0.3, 0.2, 0.45, 0.1, 0.36, 0.28, 0.5];
        assert!((commonality(&scores).iter().sum::<f64>() - 0.5).abs() < 1e-15);
        // Unique of the first: R²(ABC) − R²(BC).
        assert!((commonality(&scores)[0] - (0.5 - 0.28)).abs() < 1e-15);
    }

    #[test]
    fn set_that_drives_a_unit_alone_has_all_its_variance_as_unique() {
        let (first, second) = (normal_matrix(200, 4, 1), normal_matrix(200, 4, 2));
        let targets = first.dot(&normal_matrix(4, 2, 3)) + normal_matrix(200, 2, 4) * 0.1;
        let sets = [&first, &second].map(|set| Predictors::from_features(set.view()).unwrap());
        let mut protocol = EncodingProtocol {
            mapping: Mapping::Ridge(RidgeOptions::fixed(1.0)),
            splits: k_fold(200, 5, FoldOrder::AsGiven).unwrap(),
            score: PredictionScore::R2,
            missing: MissingTargets::Refuse,
            undefined: UndefinedScores::Refuse,
        };
        let parts = partition_variance(&sets, targets.view(), &protocol).unwrap();
        assert_eq!(parts.iter().map(|part| part.sets.clone()).collect::<Vec<_>>(), [vec![0], vec![1], vec![0, 1]]);
        for unit in 0..2 {
            assert!(parts[0].shared[unit].unwrap() > 0.95 && parts[1].shared[unit].unwrap().abs() < 0.02);
            // The score of the other set alone, which held-out stimuli bring a little below 0.
            assert!(parts[2].shared[unit].unwrap().abs() < 0.15, "{parts:?}");
        }
        protocol.score = PredictionScore::Pearson;
        assert!(matches!(partition_variance(&sets, targets.view(), &protocol), Err(StatsError::Unsupported { .. })));
    }

    #[test]
    fn contributions_add_up_to_the_joint_r2() {
        let mut rng = Rng::new(9);
        let of_bands = Array3::from_shape_simple_fn((3, 40, 2), || rng.normal());
        let observed = normal_matrix(40, 2, 5) + 3.0;
        let split = split_r2(of_bands.view(), observed.view()).unwrap();
        let joint = of_bands.sum_axis(Axis(0));
        for unit in 0..2 {
            let mean = observed.column(unit).mean().unwrap();
            let predicted: Vec<f64> = joint.column(unit).iter().map(|x| x + mean).collect();
            let expected = PredictionScore::R2.of(&predicted, &observed.column(unit).to_vec()).unwrap();
            assert!((split.column(unit).sum() - expected).abs() < 1e-12);
        }
    }
}
