//! Many stages, many regions, and the way back from the brain to a model.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, s};

use super::cross_validated::{
    Encoding, EncodingProtocol, HeldOut, Kept, MissingTargets, OPERATION, check, encode, predict_splits, scored,
};
use crate::error::StatsError;
use crate::finite::require_count;
use crate::mapping::Predictors;

/// [`encode`] for many stages and regions: one result for each region of each stage.
///
/// What a stage needs is made once for all its regions: where the mapping treats each unit alone ([`treats_targets_alone`](crate::mapping::Mapping::treats_targets_alone)), the units of
/// all regions are mapped together.
///
/// # Shapes and units
/// - `regions`: each (n_stimuli, n_units), in the order of the stages' stimuli.
/// - returns `[stage][region]`.
///
/// # Errors
/// Those of [`encode`], of the first stage and region that has one.
pub fn encode_stages(
    stages: &[Predictors],
    regions: &[ArrayView2<'_, f64>],
    protocol: &EncodingProtocol,
) -> Result<Vec<Vec<Encoding>>, StatsError> {
    require_count(OPERATION, "stages", stages.len(), 1)?;
    require_count(OPERATION, "regions", regions.len(), 1)?;
    stages.iter().map(|stage| encode_regions(stage, regions, protocol)).collect()
}

/// [`encode`] from brain to model: how well the responses predict each unit of the model.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_units of the brain); `features`: (n_stimuli, n_units of the model).
///
/// # Errors
/// Those of [`Predictors::holding_features`], for the responses, and of [`encode`].
pub fn encode_reversed(
    responses: ArrayView2<'_, f64>,
    features: ArrayView2<'_, f64>,
    protocol: &EncodingProtocol,
) -> Result<Encoding, StatsError> {
    encode(&Predictors::holding_features(responses)?, features, protocol)
}

fn encode_regions(
    predictors: &Predictors,
    regions: &[ArrayView2<'_, f64>],
    protocol: &EncodingProtocol,
) -> Result<Vec<Encoding>, StatsError> {
    let is_joint = protocol.mapping.treats_targets_alone() && protocol.missing != MissingTargets::DropStimuli;
    if !is_joint || regions.len() == 1 {
        return regions.iter().map(|targets| encode(predictors, *targets, protocol)).collect();
    }
    let mut kept = Vec::with_capacity(regions.len());
    let mut parts = Vec::with_capacity(regions.len());
    for targets in regions {
        check(predictors, *targets, protocol)?;
        let of_region = Kept::of(*targets, protocol.missing)?;
        parts.push(targets.select(Axis(1), &of_region.units));
        kept.push(of_region);
    }
    let n_units = parts.iter().map(Array2::ncols).sum();
    let mut joint = Array2::zeros((predictors.n_stimuli(), n_units));
    let mut start = 0;
    for part in &parts {
        joint.slice_mut(s![.., start..start + part.ncols()]).assign(part);
        start += part.ncols();
    }
    let together = predict_splits(predictors, joint.view(), &protocol.mapping, &protocol.splits)?;
    let mut start = 0;
    let of_region = |(kept, part): (Kept, &Array2<f64>)| {
        let units = start..start + part.ncols();
        start = units.end;
        scored(together.iter().map(|held_out| held_out.of_units(units.clone())).collect(), kept, protocol)
    };
    kept.into_iter().zip(&parts).map(of_region).collect()
}

impl HeldOut {
    /// The same of some of the units.
    fn of_units(&self, units: Range<usize>) -> Self {
        let columns = |matrix: &Array2<f64>| matrix.slice(s![.., units.clone()]).to_owned();
        Self {
            stimuli: self.stimuli.clone(),
            predicted: columns(&self.predicted),
            observed: columns(&self.observed),
            penalties: self.penalties.as_ref().map(|all| all[units.clone()].to_vec()),
            band_weights: self.band_weights.as_ref().map(|all| all.slice(s![units.clone(), ..]).to_owned()),
            partners: self.partners.as_ref().map(|all| all[units.clone()].to_vec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::cross_validated::tests::{protocol, simulated};
    use crate::mapping::Mapping;

    #[test]
    fn regions_mapped_together_are_as_each_alone() {
        let (predictors, targets) = simulated();
        let mut other = targets.slice(s![.., 1..4]).mapv(|x| x * x);
        other[[5, 1]] = f64::NAN;
        let regions = [targets.view(), other.view()];
        for name in ["pls", "ridge", "ols", "kernel-ridge", "one-to-one"] {
            let mut mapping: Mapping = name.parse().unwrap();
            if let Mapping::Pls(options) = &mut mapping {
                options.n_components = 3;
            }
            let protocol = EncodingProtocol { mapping, missing: MissingTargets::DropUnits, ..protocol() };
            let stages = [predictors.clone(), predictors.select(&(0..80).collect::<Vec<_>>()).unwrap()];
            let found = encode_stages(&stages, &regions, &protocol).unwrap();
            for (region, targets) in regions.iter().enumerate() {
                let alone = encode(&predictors, *targets, &protocol).unwrap();
                assert_eq!(found[0][region].units, alone.units, "{name}");
                assert!((&found[0][region].scores - &alone.scores).iter().all(|d| d.abs() < 1e-9), "{name}");
            }
            assert_eq!(found.len(), 2);
        }
    }

    #[test]
    fn brain_predicts_a_model_that_is_a_linear_image_of_it() {
        let (_, responses) = simulated();
        let features = responses.dot(&Array2::from_shape_fn((6, 3), |(a, b)| (a + 2 * b) as f64 - 3.0));
        let found = encode_reversed(
            responses.view(),
            features.view(),
            &EncodingProtocol { mapping: "ols".parse().unwrap(), ..protocol() },
        );
        assert!((found.unwrap().aggregate.value - 1.0).abs() < 1e-9);
    }
}
