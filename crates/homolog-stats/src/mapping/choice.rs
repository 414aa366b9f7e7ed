//! The choice among mappings, by name and as one call.

use std::str::FromStr;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::banded::{BandWeights, BandedRidgeOptions, PreparedBandedRidge};
use super::factorised::{FactorisedOptions, predict_factorised};
use super::kernel_ridge::{KernelRidgeOptions, PreparedKernelRidge};
use super::least_squares::{Underdetermined, predict_least_squares};
use super::one_to_one::predict_one_to_one;
use super::pls::{PlsOptions, PreparedPls};
use super::poisson::{PoissonOptions, predict_poisson};
use super::ridge::{PenaltyChoice, PenaltyGrid, PenaltyScope, PreparedRidge, RidgeOptions};
use super::stacking::{StackedRidgeOptions, predict_stacked_ridge};
use super::{Intercept, Kernel, Predictors};
use crate::error::StatsError;
use crate::naming::unknown_name;
use crate::splits::{FoldOrder, Split};

/// A mapping from predictors to targets.
///
/// Read from its name, a mapping has the field's usual options, which can then be changed.
///
/// # Example
/// ```
/// use homolog_stats::mapping::Mapping;
/// use homolog_stats::mapping::pls::PlsOptions;
/// assert_eq!("pls".parse(), Ok(Mapping::Pls(PlsOptions::BRAIN_SCORE)));
/// assert!("rigde".parse::<Mapping>().is_err_and(|error| error.to_string().contains("There are: ridge")));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Mapping {
    /// Partial least squares: [`PreparedPls`].
    Pls(PlsOptions),
    /// Ridge regression: [`PreparedRidge`].
    Ridge(RidgeOptions),
    /// Ordinary least squares: [`predict_least_squares`].
    LeastSquares(Underdetermined),
    /// Kernel ridge regression: [`PreparedKernelRidge`].
    KernelRidge(KernelRidgeOptions),
    /// Banded and multiple-kernel ridge regression: [`PreparedBandedRidge`].
    BandedRidge(BandedRidgeOptions),
    /// A ridge regression on each set of features, joined by weights: [`predict_stacked_ridge`].
    StackedRidge(StackedRidgeOptions),
    /// One unit to one unit: [`predict_one_to_one`].
    OneToOne,
    /// Poisson regression: [`predict_poisson`].
    Poisson(PoissonOptions),
    /// A mask over positions times weights of channels: [`predict_factorised`].
    Factorised(FactorisedOptions),
}

/// What a mapping predicts for a test part, with what it chose.
#[derive(Debug, Clone, PartialEq)]
pub struct MappingPrediction {
    /// (n_test, n_targets), in the order of the split's test part.
    pub predicted: Array2<f64>,
    /// The penalty of each target, when the mapping has one.
    pub penalties: Option<Vec<f64>>,
    /// The weight of each band for each target, (n_targets, n_bands), of banded and stacked ridge.
    pub band_weights: Option<Array2<f64>>,
    /// The feature that predicts each target, of one unit to one unit.
    pub partners: Option<Vec<usize>>,
}

impl MappingPrediction {
    fn plain(predicted: Array2<f64>) -> Self {
        Self { predicted, penalties: None, band_weights: None, partners: None }
    }

    fn with_penalties(predicted: Array2<f64>, penalties: Vec<f64>) -> Self {
        Self { penalties: Some(penalties), ..Self::plain(predicted) }
    }
}

impl Mapping {
    /// The names that commands take.
    pub const NAMES: [&'static str; 10] = [
        "pls",
        "ridge",
        "ols",
        "kernel-ridge",
        "banded-ridge",
        "multiple-kernel-ridge",
        "stacked-ridge",
        "one-to-one",
        "poisson",
        "factorised",
    ];

    /// The name that commands and reports use.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pls(_) => "pls",
            Self::Ridge(_) => "ridge",
            Self::LeastSquares(_) => "ols",
            Self::KernelRidge(_) => "kernel-ridge",
            Self::BandedRidge(options) if options.kernels == [Kernel::Linear] => "banded-ridge",
            Self::BandedRidge(_) => "multiple-kernel-ridge",
            Self::StackedRidge(_) => "stacked-ridge",
            Self::OneToOne => "one-to-one",
            Self::Poisson(_) => "poisson",
            Self::Factorised(_) => "factorised",
        }
    }

    /// Whether the mapping reads single units, so that [`Predictors::holding_features`] is needed for more features than stimuli.
    pub fn needs_units(&self) -> bool {
        matches!(self, Self::OneToOne | Self::Factorised(_))
    }

    /// Whether each target is mapped as if it were the only one, so that many sets of targets can be mapped at once.
    pub fn treats_targets_alone(&self) -> bool {
        match self {
            Self::Pls(_) => false,
            Self::Ridge(ridge)
            | Self::KernelRidge(KernelRidgeOptions { ridge, .. })
            | Self::StackedRidge(StackedRidgeOptions { ridge, .. }) => {
                ridge.penalties.len() == 1 || ridge.scope == PenaltyScope::EachTarget
            }
            _ => true,
        }
    }

    /// Predictions for the test part of every split, from its training part alone; what splits share is made once.
    ///
    /// # Errors
    /// Those of the mapping.
    pub fn predict(
        &self,
        predictors: &Predictors,
        targets: ArrayView2<'_, f64>,
        splits: &[Split],
    ) -> Result<Vec<MappingPrediction>, StatsError> {
        let over_splits = |predict: &(dyn Fn(&Split) -> Result<MappingPrediction, StatsError> + Sync)| {
            splits.par_iter().map(predict).collect()
        };
        match self {
            Self::Pls(options) => {
                let pls = PreparedPls::new(predictors, targets)?;
                let found = pls.predict_splits(splits, options)?;
                Ok(found.into_iter().map(MappingPrediction::plain).collect())
            }
            Self::Ridge(options) => {
                let ridge = PreparedRidge::new(predictors, targets)?;
                over_splits(&|split| {
                    let found = ridge.predict(split, options)?;
                    Ok(MappingPrediction::with_penalties(found.predicted, found.penalties))
                })
            }
            Self::LeastSquares(choice) => over_splits(&|split| {
                predict_least_squares(predictors, targets, split, *choice).map(MappingPrediction::plain)
            }),
            Self::KernelRidge(options) => {
                let ridge = PreparedKernelRidge::new(predictors, targets, options.kernel, options.intercept)?;
                over_splits(&|split| {
                    let found = ridge.predict(split, &options.ridge)?;
                    Ok(MappingPrediction::with_penalties(found.predicted, found.penalties))
                })
            }
            Self::BandedRidge(options) => {
                let ridge = PreparedBandedRidge::new(predictors, targets, &options.kernels)?;
                over_splits(&|split| {
                    let found = ridge.predict(split, options)?;
                    let made = MappingPrediction::with_penalties(found.predicted, found.penalties);
                    Ok(MappingPrediction { band_weights: Some(found.weights), ..made })
                })
            }
            Self::StackedRidge(options) => over_splits(&|split| {
                let found = predict_stacked_ridge(predictors, targets, split, options)?;
                let band_weights = Some(found.weights);
                Ok(MappingPrediction { band_weights, ..MappingPrediction::plain(found.predicted) })
            }),
            Self::OneToOne => over_splits(&|split| {
                let found = predict_one_to_one(predictors, targets, split)?;
                let partners = Some(found.partners);
                Ok(MappingPrediction { partners, ..MappingPrediction::plain(found.predicted) })
            }),
            Self::Poisson(options) => over_splits(&|split| {
                let found = predict_poisson(predictors, targets, split, options)?;
                Ok(MappingPrediction::with_penalties(found.predicted, found.penalties))
            }),
            Self::Factorised(options) => over_splits(&|split| {
                let found = predict_factorised(predictors, targets, split, options)?;
                Ok(MappingPrediction::plain(found.predicted))
            }),
        }
    }
}

impl FromStr for Mapping {
    type Err = StatsError;

    /// The mapping of this name with the field's usual options:
    /// `pls` with Brain-Score's 25 components; `ridge` with Brain-Score's penalties, one for all targets, by leaving one out; `ols` refusing too
    /// few stimuli; `kernel-ridge` (linear), `banded-ridge` and `multiple-kernel-ridge` (linear and RBF) with himalaya's penalties, folds and 100 random
    /// candidates, with an intercept; `stacked-ridge` with the same penalties and folds; `poisson` with seven penalties from 10⁻⁴ to 10² by five folds; `factorised` with one channel.
    fn from_str(name: &str) -> Result<Self, StatsError> {
        let ridge = |grid: PenaltyGrid, choice, scope| Ok(RidgeOptions { penalties: grid.values()?, choice, scope });
        let banded = |kernels: &[Kernel]| {
            Ok(Self::BandedRidge(BandedRidgeOptions {
                kernels: kernels.to_vec(),
                weights: BandWeights::random(100, 0),
                penalties: PenaltyGrid::Himalaya.values()?,
                choice: PenaltyChoice::HIMALAYA,
                intercept: Intercept::Fitted,
                n_refinements: 0,
            }))
        };
        match name {
            "pls" => Ok(Self::Pls(PlsOptions::BRAIN_SCORE)),
            "ridge" => {
                let options = ridge(PenaltyGrid::BrainScore, PenaltyChoice::LeaveOneOut, PenaltyScope::AllTargets);
                options.map(Self::Ridge)
            }
            "ols" => Ok(Self::LeastSquares(Underdetermined::Refuse)),
            "kernel-ridge" => Ok(Self::KernelRidge(KernelRidgeOptions {
                kernel: Kernel::Linear,
                ridge: ridge(PenaltyGrid::Himalaya, PenaltyChoice::HIMALAYA, PenaltyScope::EachTarget)?,
                intercept: Intercept::Fitted,
            })),
            "banded-ridge" => banded(&[Kernel::Linear]),
            "multiple-kernel-ridge" => banded(&[Kernel::Linear, Kernel::Rbf { gamma: None }]),
            "stacked-ridge" => Ok(Self::StackedRidge(StackedRidgeOptions {
                ridge: ridge(PenaltyGrid::Himalaya, PenaltyChoice::HIMALAYA, PenaltyScope::EachTarget)?,
                n_folds: 5,
                order: FoldOrder::AsGiven,
            })),
            "one-to-one" => Ok(Self::OneToOne),
            "poisson" => {
                let penalties = PenaltyGrid::Logarithmic { first: -4.0, last: 2.0, count: 7 }.values()?;
                Ok(Self::Poisson(PoissonOptions { penalties, n_folds: 5, order: FoldOrder::AsGiven }))
            }
            "factorised" => Ok(Self::Factorised(FactorisedOptions::of_channels(1))),
            _ => Err(unknown_name("mapping", name, &Self::NAMES)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_a_mapping_of_that_name() {
        for name in Mapping::NAMES {
            assert_eq!(name.parse::<Mapping>().unwrap().name(), name);
        }
    }

    #[test]
    fn unknown_name_lists_the_nearest_first() {
        let words = "kernel".parse::<Mapping>().unwrap_err().to_string();
        assert!(words.contains("there is no mapping \"kernel\""), "{words}");
    }
}
