//! Mixed RSA: features are mapped onto measured units, and the RDM is that of the predicted responses.

use ndarray::{Array1, ArrayView2, Axis};

use super::{ReweightedScores, compare_one};
use crate::StatsError;
use crate::comparator::Comparator;
use crate::finite::{require_count, require_same_length, require_stimuli};
use crate::mapping::Predictors;
use crate::mapping::ridge::{PreparedRidge, RidgeOptions};
use crate::rdm::{RdmMeasure, rdm_from_features};
use crate::splits::Split;

const OPERATION: &str = "an RDM of predicted responses";

/// Fewest test stimuli of a split: their RDMs are compared.
const FEWEST_TEST_STIMULI: usize = 4;

/// The RDM over a split's test stimuli of the responses that ridge regression on its training stimuli predicts (mixed RSA).
///
/// Each unit is predicted as a weighted sum of features, weights fitted on training stimuli alone; the RDM is formed of the predictions. What
/// features count for is thus set by how units weigh them.
///
/// # Shapes and units
/// - `features`: over n_stimuli; `responses`: (n_stimuli, n_units).
/// - returns: over the split's test stimuli, in their order.
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] under 4 test stimuli; as [`PreparedRidge::new`], [`PreparedRidge::predict`] and [`rdm_from_features`]: a prediction
///   that is the same for all units is a constant pattern.
///
/// # Accuracy and randomness
/// f64. Deterministic.
///
/// # Reference
/// Khaligh-Razavi, Henriksson, Kay, Kriegeskorte (2017). Fixed versus mixed RSA. J Math Psychol 76:184. doi:10.1016/j.jmp.2016.10.007.
/// Differs from the paper in: penalties are those of `options`, chosen within the training stimuli, where the paper fixes one.
pub fn rdm_of_predicted_responses(
    features: &Predictors,
    responses: ArrayView2<'_, f64>,
    split: &Split,
    options: &RidgeOptions,
    measure: RdmMeasure,
) -> Result<Array1<f64>, StatsError> {
    require_stimuli(OPERATION, split.test.len(), FEWEST_TEST_STIMULI)?;
    let prediction = PreparedRidge::new(features, responses)?.predict(split, options)?;
    rdm_from_features(prediction.predicted.view(), measure)
}

/// How responses are predicted, and how RDMs are formed and compared.
#[derive(Debug, Clone)]
pub struct PredictedResponseProtocol<'a> {
    /// What is learnt from and tested on; each test part has at least 4 stimuli.
    pub splits: &'a [Split],
    /// Penalties of the ridge regression.
    pub options: &'a RidgeOptions,
    /// Of predicted and of measured responses, and of the features as they are.
    pub measure: RdmMeasure,
    /// How RDMs are compared.
    pub comparator: Comparator,
}

/// Mixed RSA over splits: predicted against measured responses of each subject on held-out stimuli, beside the features as they are.
///
/// # Shapes and units
/// - `features`: (n_stimuli, n_features); `responses`: for each subject (n_stimuli, n_units of that subject).
///
/// # Errors
/// As [`rdm_of_predicted_responses`] and [`crate::comparator::compare_rdms`]; [`StatsError::TooFew`] without a split or a subject;
/// [`StatsError::ShapeMismatch`] for other numbers of stimuli.
///
/// # Accuracy and randomness
/// As [`rdm_of_predicted_responses`].
///
/// # Reference
/// As [`rdm_of_predicted_responses`].
pub fn compare_predicted_responses(
    features: ArrayView2<'_, f64>,
    responses: &[ArrayView2<'_, f64>],
    protocol: &PredictedResponseProtocol<'_>,
) -> Result<ReweightedScores, StatsError> {
    require_count(OPERATION, "splits", protocol.splits.len(), 1)?;
    require_count(OPERATION, "subjects", responses.len(), 1)?;
    let predictors = Predictors::from_features(features)?;
    let mut scores = ReweightedScores::empty(protocol.splits.len(), responses.len());
    for (at, split) in protocol.splits.iter().enumerate() {
        split.check(features.nrows())?;
        let plain = rdm_from_features(features.select(Axis(0), &split.test).view(), protocol.measure)?;
        for (subject, responses) in responses.iter().enumerate() {
            require_same_length(
                OPERATION,
                "stimuli",
                ("the features", features.nrows()),
                ("the responses", responses.nrows()),
            )?;
            let predicted =
                rdm_of_predicted_responses(&predictors, *responses, split, protocol.options, protocol.measure)?;
            let measured = rdm_from_features(responses.select(Axis(0), &split.test).view(), protocol.measure)?;
            scores.reweighted[[at, subject]] = compare_one(predicted.view(), measured.view(), protocol.comparator)?;
            scores.as_they_are[[at, subject]] = compare_one(plain.view(), measured.view(), protocol.comparator)?;
        }
    }
    Ok(scores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::splits::{FoldOrder, k_fold};
    use ndarray::Array2;

    /// Units that see the first 3 of 12 features: as they are, the other features blur the RDM.
    fn experiment(seed: u64) -> (Array2<f64>, Array2<f64>) {
        let mut rng = Rng::new(seed);
        let features = Array2::from_shape_simple_fn((60, 12), || rng.normal());
        let weights = Array2::from_shape_fn((12, 30), |(feature, _)| if feature < 3 { rng.normal() } else { 0.0 });
        let responses = features.dot(&weights) + Array2::from_shape_simple_fn((60, 30), || 0.5 * rng.normal());
        (features, responses)
    }

    #[test]
    fn features_that_units_see_count_after_reweighting() {
        let (features, responses) = experiment(1);
        let splits = k_fold(60, 3, FoldOrder::Shuffled(1)).unwrap();
        let options = RidgeOptions::fixed(1.0);
        let protocol = PredictedResponseProtocol {
            splits: &splits,
            options: &options,
            measure: RdmMeasure::SquaredEuclideanPerUnit,
            comparator: Comparator::Pearson,
        };
        let found = compare_predicted_responses(features.view(), &[responses.view()], &protocol).unwrap();
        let (reweighted, plain) = found.per_subject();
        assert!(reweighted[0] > 0.9 && reweighted[0] > plain[0] + 0.2, "{reweighted} {plain}");
    }

    #[test]
    fn exact_responses_are_predicted_exactly() {
        let mut rng = Rng::new(2);
        let features = Array2::from_shape_simple_fn((20, 4), || rng.normal());
        let responses = features.dot(&Array2::from_shape_simple_fn((4, 6), || rng.normal()));
        let split = Split { train: (0..14).collect(), test: (14..20).collect() };
        let predictors = Predictors::from_features(features.view()).unwrap();
        let measure = RdmMeasure::Euclidean;
        let found =
            rdm_of_predicted_responses(&predictors, responses.view(), &split, &RidgeOptions::fixed(0.0), measure)
                .unwrap();
        let truth = rdm_from_features(responses.select(Axis(0), &split.test).view(), measure).unwrap();
        assert!((&found - &truth).iter().all(|d| d.abs() < 1e-9));
    }

    #[test]
    fn test_part_of_three_stimuli_is_refused() {
        let (features, responses) = experiment(3);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let split = Split { train: (0..57).collect(), test: (57..60).collect() };
        let options = RidgeOptions::fixed(1.0);
        let found = rdm_of_predicted_responses(&predictors, responses.view(), &split, &options, RdmMeasure::Euclidean);
        assert!(matches!(found, Err(StatsError::TooFewStimuli { found: 3, needed: 4, .. })));
    }
}
