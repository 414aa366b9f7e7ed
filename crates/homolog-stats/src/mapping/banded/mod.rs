//! Banded ridge regression: a weight for each set of features and each target, and the same over several kernels.

mod decomposition;
mod refinement;
mod weights;

pub use weights::BandWeights;

use ndarray::{Array2, Array3, ArrayView2, Axis, s};
use rayon::prelude::*;

use self::decomposition::{Bands, BandsOfSplit, WeightedBands};
use self::refinement::Refinement;
use super::predictors::Predictors;
use super::ridge::{FoldCriterion, PenaltyChoice, Trained, check_penalties, coefficients, criterion};
use super::{Intercept, Kernel, check_targets};
use crate::error::StatsError;
use crate::finite::require_count;
use crate::splits::{Split, k_fold};

pub(crate) const OPERATION: &str = "banded ridge regression";
/// What a weight or a penalty of 0 is taken as where its logarithm is needed.
const LEAST_SHARE: f64 = 1e-8;

/// How weights and penalties are searched.
#[derive(Debug, Clone, PartialEq)]
pub struct BandedRidgeOptions {
    /// Kernels that each set of features is seen through: [`Kernel::Linear`] alone is banded ridge, several make each set as many bands
    /// (multiple-kernel ridge).
    pub kernels: Vec<Kernel>,
    /// Weights that are tried.
    pub weights: BandWeights,
    /// Penalties that are tried with each, 0 or more.
    pub penalties: Vec<f64>,
    /// How a pair of weights and penalty is judged within the training part.
    pub choice: PenaltyChoice,
    /// Steps downhill from the best pair of each target, along the gradient of the mean squared error over folds; 0 for none. Each step of a
    /// target inverts a matrix of the size of the training part. Needs [`FoldCriterion::MeanSquaredError`].
    pub n_refinements: usize,
    /// Whether kernels and targets are centred by the training part ([`Intercept::Fitted`]); himalaya's default is not to.
    pub intercept: Intercept,
}

/// What banded ridge regression predicts for a test part.
#[derive(Debug, Clone, PartialEq)]
pub struct BandedRidgePrediction {
    /// (n_test, n_targets).
    pub predicted: Array2<f64>,
    /// What each band contributes, (n_bands, n_test, n_targets); with the intercept, they add up to `predicted`.
    pub of_bands: Array3<f64>,
    /// The penalty of each target.
    pub penalties: Vec<f64>,
    /// The weight of each band for each target: (n_targets, n_bands).
    pub weights: Array2<f64>,
    /// The criterion that the chosen pair reached within the training part, for each target, to single precision: some 1e-6 of it.
    pub criterion: Vec<f64>,
}

/// Ridge regression of a set of targets on several sets of features, each with a weight of its own for each target.
///
/// K = Σ_b γ_b K_b; for each candidate γ and each penalty α the criterion over folds within the training part; each target keeps
/// its best pair and is fitted with it on the whole training part. Equivalent to ridge with the penalty α / γ_b on band b.
///
/// # Reference
/// Dupré la Tour, Eickenberg, Nunez-Elizalde, Gallant (2022). Feature-space selection with banded ridge regression. NeuroImage 264:119728.
/// doi:10.1016/j.neuroimage.2022.119728. Section 2.5 (random search).
/// Differs in: folds follow in closed form from one decomposition for each candidate; so does the gradient of the refinement, which the paper
/// approximates (section 2.4).
#[derive(Debug, Clone)]
pub struct PreparedBandedRidge<'a> {
    targets: ArrayView2<'a, f64>,
    bands: Bands,
}

impl<'a> PreparedBandedRidge<'a> {
    /// Brings the sets of features to the form that is smaller.
    ///
    /// # Shapes and units
    /// - `predictors`: [`Predictors::from_bands`]; scale features beforehand if bands should count alike.
    /// - `targets`: (n_stimuli, n_targets), any real unit.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] and [`StatsError::NotFinite`] as [`super::ridge::PreparedRidge::new`].
    /// - [`StatsError::TooFew`] without a kernel; those of [`Kernel::between_stimuli`].
    pub fn new(predictors: &Predictors, targets: ArrayView2<'a, f64>, kernels: &[Kernel]) -> Result<Self, StatsError> {
        check_targets(OPERATION, predictors, targets)?;
        require_count(OPERATION, "kernels", kernels.len(), 1)?;
        Ok(Self { targets, bands: Bands::new(predictors, kernels)? })
    }

    /// Predictions for the test stimuli of `split`, with weights and penalties chosen from its training stimuli alone.
    ///
    /// # Errors
    /// - As [`Split::check`].
    /// - [`StatsError::OutOfRange`] for a penalty or a weight that is negative or not finite.
    /// - [`StatsError::TooFew`] without a penalty or a candidate.
    /// - [`StatsError::TooFew`] when every feature that a candidate gives a weight is constant over the training part.
    /// - [`StatsError::Unsupported`] when weights are to be refined by another criterion than the mean squared error over folds.
    /// - Those of the [`PenaltyChoice`].
    ///
    /// # Accuracy and randomness
    /// Predictions in f64, deterministic for a seed: they agree with himalaya 0.4.11 to 1e-8, its random search included; the criterion to 5e-6
    /// (goldens/himalaya/banded-ridge).
    pub fn predict(&self, split: &Split, options: &BandedRidgeOptions) -> Result<BandedRidgePrediction, StatsError> {
        check_penalties(&options.penalties)?;
        split.check(self.targets.nrows())?;
        let candidates = options.weights.candidates(self.bands.n_bands())?;
        let bands = self.bands.at(&split.train, &split.test, options.intercept);
        let trained = self.targets.select(Axis(0), &split.train);
        let mut search = Search::new(self.bands.n_bands(), split.test.len(), trained.ncols());
        for weights in candidates.outer_iter() {
            let weighted = bands.weighted(&weights.to_vec())?;
            if weighted.spectrum.eigenvalues.is_empty() {
                let what = "sets of features that vary over the training stimuli";
                return Err(StatsError::TooFew { operation: OPERATION, what, found: 0, needed: 1 });
            }
            search.try_candidate(&weighted, weights, trained.view(), options)?;
        }
        if options.n_refinements > 0 {
            search.refine(&bands, trained.view(), options)?;
        }
        Ok(search.best)
    }
}

/// The best pair of each target so far.
struct Search {
    best: BandedRidgePrediction,
}

impl Search {
    fn new(n_bands: usize, n_test: usize, n_targets: usize) -> Self {
        let best = BandedRidgePrediction {
            predicted: Array2::zeros((n_test, n_targets)),
            of_bands: Array3::zeros((n_bands, n_test, n_targets)),
            penalties: vec![0.0; n_targets],
            weights: Array2::zeros((n_targets, n_bands)),
            criterion: vec![f64::NEG_INFINITY; n_targets],
        };
        Self { best }
    }

    /// Judges one candidate under every penalty, and fits the targets that it suits better than those before it.
    fn try_candidate(
        &mut self,
        weighted: &WeightedBands<'_>,
        weights: ndarray::ArrayView1<'_, f64>,
        targets: ArrayView2<'_, f64>,
        options: &BandedRidgeOptions,
    ) -> Result<(), StatsError> {
        let spectrum = &weighted.spectrum;
        let (targets, means) = spectrum.centred_targets(targets);
        let projections = spectrum.projections(targets.view());
        let trained = Trained { spectrum, targets: targets.view(), projections: projections.view() };
        let found = criterion(trained, &options.penalties, options.choice)?;
        let mut improved = Vec::new();
        for (target, of_penalties) in found.columns().into_iter().enumerate() {
            for (&value, &penalty) in of_penalties.iter().zip(&options.penalties) {
                if value > self.best.criterion[target] {
                    (self.best.criterion[target], self.best.penalties[target]) = (value, penalty);
                    self.best.weights.row_mut(target).assign(&weights);
                    improved.push(target);
                }
            }
        }
        improved.dedup();
        if !improved.is_empty() {
            let penalties: Vec<f64> = improved.iter().map(|&target| self.best.penalties[target]).collect();
            let fitted = coefficients(spectrum, projections.select(Axis(1), &improved), &penalties);
            self.refit(weighted, &fitted, (&improved, &means));
        }
        Ok(())
    }

    /// Refines the weights of each target, and keeps those that lower its error.
    fn refine(
        &mut self,
        bands: &BandsOfSplit<'_>,
        targets: ArrayView2<'_, f64>,
        options: &BandedRidgeOptions,
    ) -> Result<(), StatsError> {
        let PenaltyChoice::Folds { n_folds, order, criterion: FoldCriterion::MeanSquaredError } = options.choice else {
            return Err(StatsError::Unsupported {
                operation: OPERATION,
                choice: "a refinement of the weights",
                reason: "only the mean squared error over folds is followed downhill",
                instead: "Choose penalties by folds and mean squared error, or no refinement",
            });
        };
        let folds = k_fold(targets.nrows(), n_folds, order)?;
        let (kernels, cross) = bands.kernels();
        let means = match options.intercept {
            Intercept::Fitted => targets.mean_axis(Axis(0)).unwrap_or_default().to_vec(),
            Intercept::None => vec![0.0; targets.ncols()],
        };
        let centred = &targets - &ndarray::aview1(&means);
        let descend = |target: usize| {
            let (penalty, weights) = (self.best.penalties[target], self.best.weights.row(target));
            // A band that the best candidate leaves out, and a penalty of 0, have no logarithm: they start far out.
            let logarithm = |weight: &f64| (weight.max(LEAST_SHARE) / penalty.max(LEAST_SHARE)).ln();
            let (intercept, target) = (options.intercept, centred.column(target));
            let refinement = Refinement { kernels: &kernels, folds: &folds, intercept, target };
            refinement.descend(weights.iter().map(logarithm).collect(), options.n_refinements)
        };
        let refined = (0..targets.ncols()).into_par_iter().map(descend).collect::<Result<Vec<_>, _>>()?;
        for (target, refined) in refined.into_iter().enumerate() {
            if -refined.error <= self.best.criterion[target] {
                continue;
            }
            let total: f64 = refined.logarithms.iter().map(|x| x.exp()).sum();
            self.best.criterion[target] = -refined.error;
            self.best.penalties[target] = 1.0 / total;
            self.best.predicted.column_mut(target).fill(means[target]);
            for (band, (cross, logarithm)) in cross.iter().zip(&refined.logarithms).enumerate() {
                self.best.weights[[target, band]] = logarithm.exp() / total;
                let contribution = cross.dot(&refined.dual) * logarithm.exp();
                self.best.of_bands.slice_mut(s![band, .., target]).assign(&contribution);
                self.best.predicted.column_mut(target).scaled_add(1.0, &contribution);
            }
        }
        Ok(())
    }

    fn refit(&mut self, weighted: &WeightedBands<'_>, fitted: &Array2<f64>, (improved, means): (&[usize], &[f64])) {
        for &target in improved {
            self.best.predicted.column_mut(target).fill(means[target]);
        }
        for (band, scores) in weighted.test_scores_of_bands().iter().enumerate() {
            let contribution = super::product(scores.view(), fitted.view());
            for (column, &target) in contribution.columns().into_iter().zip(improved) {
                self.best.of_bands.slice_mut(s![band, .., target]).assign(&column);
                self.best.predicted.column_mut(target).scaled_add(1.0, &column);
            }
        }
    }
}

#[cfg(test)]
mod tests;
