//! Choosing a penalty from the training part alone.
//!
//! What a fit to the other training stimuli predicts for those that are left out follows from the fit to all of them, so that one
//! decomposition serves every fold: residuals r = (I − H)⁻¹ e, with e the residuals of the whole fit and H its hat matrix, both for the
//! stimuli of the fold (with one stimulus, e / (1 − leverage)).

use ndarray::{Array2, ArrayView2, Axis, Zip, s};
use rayon::prelude::*;

use super::RidgeOptions;
use super::shrinkage::Shrinkage;
use super::spectrum::Spectrum;
use crate::encoding::PredictionScore;
use crate::error::StatsError;
use crate::linear_algebra::inverse_of_positive_definite;
use crate::mapping::Intercept;
use crate::mapping::products::{product_on_this_thread, transpose_times_self};
use crate::splits::{FoldOrder, Split, k_fold};

/// Targets that are fitted at once, so that memory stays bounded whatever their number.
const TARGETS_AT_ONCE: usize = 64;
/// Stimuli whose leave-one-out residuals are made at once.
const STIMULI_AT_ONCE: usize = 512;
/// The least share of a stimulus's variance that the rest may leave open: below it the residual is rounding.
const LEAST_FREEDOM: f64 = 1e-12;

/// How a penalty is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PenaltyChoice {
    /// The least mean squared error when each training stimulus is left out in turn, in closed form: residual / (1 − leverage), the intercept counted in
    /// the leverage (scikit-learn's `RidgeCV(cv=None)`).
    LeaveOneOut,
    /// The least generalised cross-validation error: n ‖residual‖² / (n − trace of the hat matrix)² (Golub, Heath, Wahba 1979, doi:10.1080/00401706.1979.10489751).
    Generalized,
    /// The best mean criterion over folds within the training part (himalaya's and scikit-learn's `RidgeCV(cv=k)`).
    Folds {
        /// How many folds.
        n_folds: usize,
        /// The order in which training stimuli are dealt to them.
        order: FoldOrder,
        /// What is compared between penalties.
        criterion: FoldCriterion,
    },
}

/// What a penalty is judged by on the stimuli that were left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldCriterion {
    /// The least mean squared error (himalaya's default).
    MeanSquaredError,
    /// The largest score.
    Score(PredictionScore),
}

impl PenaltyChoice {
    /// himalaya's default: five folds as the stimuli come, least mean squared error.
    pub const HIMALAYA: Self =
        Self::Folds { n_folds: 5, order: FoldOrder::AsGiven, criterion: FoldCriterion::MeanSquaredError };
}

/// For what a penalty is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PenaltyScope {
    /// One for each target.
    EachTarget,
    /// One for all: the best mean criterion over targets.
    AllTargets,
}

/// Training part of a set of targets, as the choice of a penalty needs it.
#[derive(Clone, Copy)]
pub(crate) struct Trained<'a> {
    pub(crate) spectrum: &'a Spectrum,
    /// Less what the intercept takes (n_train, n_targets).
    pub(crate) targets: ArrayView2<'a, f64>,
    /// (n_components, n_targets).
    pub(crate) projections: ArrayView2<'a, f64>,
}

/// The penalty of each target.
pub(super) fn choose_penalties(trained: Trained<'_>, options: &RidgeOptions) -> Result<Vec<f64>, StatsError> {
    let criterion = criterion(trained, &options.penalties, options.choice)?;
    let best = |values: Vec<f64>| {
        let better = |best: usize, at: usize| if values[at] > values[best] { at } else { best };
        options.penalties[(0..values.len()).fold(0, better)]
    };
    Ok(match options.scope {
        PenaltyScope::EachTarget => criterion.columns().into_iter().map(|column| best(column.to_vec())).collect(),
        PenaltyScope::AllTargets => vec![best(criterion.sum_axis(Axis(1)).to_vec()); criterion.ncols()],
    })
}

/// What each penalty is worth for each target, the larger the better: (n_penalties, n_targets).
pub(crate) fn criterion(
    trained: Trained<'_>,
    penalties: &[f64],
    choice: PenaltyChoice,
) -> Result<Array2<f64>, StatsError> {
    let eigenvalues = trained.spectrum.eigenvalues.to_vec();
    let shrinkage = Shrinkage::new(&eigenvalues, penalties)?;
    let PenaltyChoice::Folds { n_folds, order, criterion } = choice else {
        return closed_form(trained, &shrinkage, penalties, choice);
    };
    let folds: Vec<Split> = k_fold(trained.targets.nrows(), n_folds, order)?;
    let mut sum = Array2::zeros((penalties.len(), trained.targets.ncols()));
    for fold in &folds {
        sum += &fold_criterion(trained, &shrinkage, &fold.test, (penalties, criterion))?;
    }
    Ok(sum / n_folds as f64)
}

/// Minus the leave-one-out or the generalised cross-validation error: (n_penalties, n_targets).
fn closed_form(
    trained: Trained<'_>,
    shrinkage: &Shrinkage,
    penalties: &[f64],
    choice: PenaltyChoice,
) -> Result<Array2<f64>, StatsError> {
    let n_train = trained.targets.nrows();
    let weights = leave_one_out_weights(trained.spectrum, penalties, choice)?;
    let mut errors = Array2::<f64>::zeros((penalties.len(), trained.targets.ncols()));
    for start in (0..n_train).step_by(STIMULI_AT_ONCE) {
        let rows = s![start..(start + STIMULI_AT_ONCE).min(n_train), ..];
        let (observed, weights) = (trained.targets.slice(rows), weights.slice(rows));
        let fits = shrinkage.at(trained.spectrum.train_scores.slice(rows));
        let of_block = |columns: std::ops::Range<usize>| {
            let fitted = fits.of(trained.projections.slice(s![.., columns.clone()]));
            let width = columns.len();
            let mut errors = Array2::<f64>::zeros((penalties.len(), width));
            for (penalty, fitted) in fitted.outer_iter().enumerate() {
                let Some(fitted) = fitted.to_slice() else { continue };
                for (row, fitted) in fitted.chunks(width).enumerate() {
                    let observed = observed.slice(s![row, columns.clone()]);
                    let weight = weights[[row, penalty]];
                    let residuals = observed.iter().zip(fitted).map(|(y, fit)| y - fit);
                    errors.row_mut(penalty).iter_mut().zip(residuals).for_each(|(sum, r)| *sum += weight * r * r);
                }
            }
            errors
        };
        errors += &over_targets(trained.targets.ncols(), |columns| Ok(of_block(columns)))?;
    }
    Ok(errors / -(n_train as f64))
}

/// What the squared residual of each training stimulus is multiplied by: (n_train, n_penalties).
fn leave_one_out_weights(
    spectrum: &Spectrum,
    penalties: &[f64],
    choice: PenaltyChoice,
) -> Result<Array2<f64>, StatsError> {
    let of_components = Array2::from_shape_fn((spectrum.eigenvalues.len(), penalties.len()), |(component, penalty)| {
        1.0 / (spectrum.eigenvalues[component] + penalties[penalty])
    });
    let squares = &spectrum.train_scores * &spectrum.train_scores;
    let leverage = super::super::product(squares.view(), of_components.view()) + of_intercept(spectrum);
    let free = match choice {
        PenaltyChoice::Generalized => {
            let free = leverage.mean_axis(Axis(0)).unwrap_or_default().mapv(|mean| 1.0 - mean);
            Array2::from_shape_fn(leverage.dim(), |(_, penalty)| free[penalty])
        }
        _ => leverage.mapv(|leverage| 1.0 - leverage),
    };
    match free.indexed_iter().find(|(_, free)| free.is_nan() || **free <= LEAST_FREEDOM) {
        None => Ok(free.mapv(|free| 1.0 / (free * free))),
        Some(((_, penalty), _)) => Err(fits_exactly(penalties[penalty])),
    }
}

/// What the intercept adds to every entry of the hat matrix.
fn of_intercept(spectrum: &Spectrum) -> f64 {
    match spectrum.intercept {
        Intercept::Fitted => 1.0 / spectrum.train_scores.nrows() as f64,
        Intercept::None => 0.0,
    }
}

fn fits_exactly(penalty: f64) -> StatsError {
    StatsError::OutOfRange {
        operation: "the choice of a penalty by leaving training stimuli out",
        parameter: "a penalty",
        value: penalty,
        allowed: "large enough that no training stimulus is fitted exactly; leave the small ones out",
    }
}

/// The criterion on one fold: (n_penalties, n_targets).
fn fold_criterion(
    trained: Trained<'_>,
    shrinkage: &Shrinkage,
    fold: &[usize],
    (penalties, criterion): (&[f64], FoldCriterion),
) -> Result<Array2<f64>, StatsError> {
    let scores = trained.spectrum.train_scores.select(Axis(0), fold);
    let observed = trained.targets.select(Axis(0), fold);
    let inverses = open_inverses(trained.spectrum, &scores, penalties)?;
    let fits = shrinkage.at(scores.view());
    over_targets(trained.targets.ncols(), |columns| {
        let observed = observed.slice(s![.., columns.clone()]).to_owned();
        let shape = observed.dim();
        let fitted = fits.of(trained.projections.slice(s![.., columns.clone()]));
        let mut found = Array2::zeros((penalties.len(), columns.len()));
        for (penalty, fitted) in fitted.outer_iter().enumerate() {
            let Ok(fitted) = fitted.to_shape(shape) else { continue };
            // What is left of the whole fit is found in double precision; single is enough to compare penalties by it.
            let left = Zip::from(&observed).and(&fitted).map_collect(|observed, fitted| (observed - fitted) as f32);
            let residual = product_on_this_thread(inverses[penalty].view(), left.view());
            let values = judged(criterion, &observed, &residual.mapv(f64::from), columns.start)?;
            found.row_mut(penalty).iter_mut().zip(values).for_each(|(place, value)| *place = value);
        }
        Ok(found)
    })
}

/// (I − H)⁻¹ of the fold for each penalty.
fn open_inverses(spectrum: &Spectrum, scores: &Array2<f64>, penalties: &[f64]) -> Result<Vec<Array2<f32>>, StatsError> {
    let open_inverse = |&penalty: &f64| {
        let scaled = scores / &spectrum.eigenvalues.mapv(|value| (value + penalty).sqrt());
        let mut open = transpose_times_self(scaled.t());
        open.mapv_inplace(|x| -x - of_intercept(spectrum));
        open.diag_mut().iter_mut().for_each(|x| *x += 1.0);
        match inverse_of_positive_definite(open.view()) {
            Some((inverse, pivot)) if pivot > LEAST_FREEDOM => Ok(inverse.mapv(|value| value as f32)),
            _ => Err(fits_exactly(penalty)),
        }
    };
    penalties.par_iter().map(open_inverse).collect()
}

/// The criterion of each target of a block whose first is `first`.
fn judged(
    criterion: FoldCriterion,
    observed: &Array2<f64>,
    residual: &Array2<f64>,
    first: usize,
) -> Result<Vec<f64>, StatsError> {
    let FoldCriterion::Score(score) = criterion else {
        let mut errors = vec![0.0; observed.ncols()];
        for row in residual.outer_iter() {
            errors.iter_mut().zip(row).for_each(|(sum, r)| *sum -= r * r);
        }
        return Ok(errors.into_iter().map(|error| error / observed.nrows() as f64).collect());
    };
    let predicted = observed - residual;
    let of_target = |(target, (guess, seen)): (usize, (ndarray::ArrayView1<'_, f64>, ndarray::ArrayView1<'_, f64>))| {
        let (operation, index) = ("the choice of a penalty by folds", first + target);
        let undefined = StatsError::ConstantPattern { operation, what: "target", index };
        score.of(&guess.to_vec(), &seen.to_vec()).ok_or(undefined)
    };
    predicted.columns().into_iter().zip(observed.columns()).enumerate().map(of_target).collect()
}

/// Joins what `of_block` finds for blocks of targets: each (n_penalties, targets of the block).
fn over_targets(
    n_targets: usize,
    of_block: impl Fn(std::ops::Range<usize>) -> Result<Array2<f64>, StatsError> + Sync,
) -> Result<Array2<f64>, StatsError> {
    let starts: Vec<usize> = (0..n_targets).step_by(TARGETS_AT_ONCE).collect();
    let blocks: Vec<Array2<f64>> = starts
        .into_par_iter()
        .map(|start| of_block(start..(start + TARGETS_AT_ONCE).min(n_targets)))
        .collect::<Result<_, _>>()?;
    let n_penalties = blocks.first().map_or(0, Array2::nrows);
    Ok(Array2::from_shape_fn((n_penalties, n_targets), |(penalty, target)| {
        blocks[target / TARGETS_AT_ONCE][[penalty, target % TARGETS_AT_ONCE]]
    }))
}
