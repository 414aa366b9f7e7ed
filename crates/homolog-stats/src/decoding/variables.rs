//! Reading continuous variables (position, size, pose) out of responses.

use ndarray::ArrayView2;

use crate::encoding::{Encoding, EncodingProtocol, MissingTargets, PredictionScore, UndefinedScores, encode};
use crate::error::StatsError;
use crate::mapping::ridge::RidgeOptions;
use crate::mapping::{Mapping, Predictors};
use crate::splits::Split;

/// How continuous variables are read out.
#[derive(Debug, Clone, PartialEq)]
pub struct VariableProtocol {
    /// Penalties, and how one is chosen.
    pub ridge: RidgeOptions,
    /// Training and test part of each split.
    pub splits: Vec<Split>,
    /// Agreement of read-out and truth.
    pub score: PredictionScore,
}

/// Cross-validated ridge regression of each variable on the responses: an encoding model whose units are the variables.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_units); `variables`: (n_stimuli, n_variables), each in its own unit.
///
/// # Errors
/// Those of [`encode`]: a missing value is refused, as is a variable that is constant over a test part.
///
/// # Reference
/// Hong, Yamins, Majaj, DiCarlo (2016). Explicit information for category-orthogonal object properties increases along the ventral stream.
/// Nat Neurosci 19:613-622. doi:10.1038/nn.4247.
pub fn decode_variables(
    responses: ArrayView2<'_, f64>,
    variables: ArrayView2<'_, f64>,
    protocol: &VariableProtocol,
) -> Result<Encoding, StatsError> {
    let protocol = EncodingProtocol {
        mapping: Mapping::Ridge(protocol.ridge.clone()),
        splits: protocol.splits.clone(),
        score: protocol.score,
        missing: MissingTargets::Refuse,
        undefined: UndefinedScores::Refuse,
    };
    encode(&Predictors::from_features(responses)?, variables, &protocol)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::splits::{FoldOrder, k_fold};
    use ndarray::Array2;

    #[test]
    fn variable_that_units_carry_linearly_is_read_out_and_another_is_not() {
        let mut rng = Rng::new(1);
        let variables = Array2::from_shape_simple_fn((100, 2), || rng.normal());
        let responses =
            Array2::from_shape_fn((100, 8), |(at, unit)| unit as f64 * variables[[at, 0]] + 0.5 * rng.normal());
        let protocol = VariableProtocol {
            ridge: RidgeOptions::fixed(1.0),
            splits: k_fold(100, 5, FoldOrder::AsGiven).unwrap(),
            score: PredictionScore::Pearson,
        };
        let scores = decode_variables(responses.view(), variables.view(), &protocol).unwrap().of_units();
        assert!(scores[0].unwrap() > 0.99 && scores[1].unwrap().abs() < 0.4, "{scores:?}");
    }
}
