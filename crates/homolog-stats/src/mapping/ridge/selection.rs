//! Choosing a penalty from the training part alone.
//!
//! What a fit to the other training stimuli predicts for those that are left out follows from the fit to all of them, so that one
//! decomposition serves every fold: residuals r = (I − H)⁻¹ e, with e the residuals of the whole fit and H its hat matrix, both for the
//! stimuli of the fold (with one stimulus, e / (1 − leverage)).

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, Zip, s};
use rayon::prelude::*;

use super::RidgeOptions;
use super::shrinkage::{FitsOfRows, Shrinkage};
use super::spectrum::Spectrum;
use crate::encoding::PredictionScore;
use crate::error::StatsError;
use crate::linear_algebra::inverse_of_positive_definite;
use crate::mapping::Intercept;
use crate::mapping::products::{Real, product_on_this_thread};
use crate::splits::{FoldOrder, Split, k_fold};

/// Targets that are fitted at once, so that memory stays bounded whatever their number.
const TARGETS_AT_ONCE: usize = 64;
/// Stimuli whose leave-one-out residuals are made at once.
const STIMULI_AT_ONCE: usize = 512;
/// What of the table of penalties and components is left out: of what it makes of targets, and of what it makes of hat matrices.
const RESOLUTION_OF_FITS: f64 = 1e-7;
const RESOLUTION_OF_HAT: f64 = 1e-14;
/// Rows and columns of a tile of a hat matrix.
const HAT_TILE: usize = 108;
/// The least share of a stimulus's variance that the rest may leave open: below it the residual is rounding.
const LEAST_FREEDOM: f64 = 1e-12;
/// The least share under which the fits are found in single precision: its rounding, some 1e-7 of a target, is enlarged by no more than a
/// hundred on the way to the held-out residual.
const LEAST_FREEDOM_IN_SINGLE: f64 = 1e-2;

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
pub(super) fn choose_penalties<'a>(trained: Trained<'a>, options: &'a RidgeOptions) -> Result<Vec<f64>, StatsError> {
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

/// What each penalty is worth for each target, the larger the better, to single precision: (n_penalties, n_targets).
pub(crate) fn criterion<'a>(
    trained: Trained<'a>,
    penalties: &'a [f64],
    choice: PenaltyChoice,
) -> Result<Array2<f64>, StatsError> {
    let eigenvalues = trained.spectrum.eigenvalues.to_vec();
    let shrinkage = Shrinkage::new(&eigenvalues, penalties, RESOLUTION_OF_FITS)?;
    let PenaltyChoice::Folds { n_folds, order, criterion } = choice else {
        return closed_form(trained, &shrinkage, penalties, choice);
    };
    let folds: Vec<Split> = k_fold(trained.targets.nrows(), n_folds, order)?;
    let judge = FoldJudge {
        trained,
        shrinkage,
        of_hat: Shrinkage::new(&eigenvalues, penalties, RESOLUTION_OF_HAT)?,
        penalties,
        criterion,
        scales: scales(trained.targets),
    };
    let mut sum = Array2::zeros((penalties.len(), trained.targets.ncols()));
    for fold in &folds {
        sum += &judge.of_fold(&fold.test)?;
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
        let fits = shrinkage.at::<f64>(trained.spectrum.train_scores.slice(rows));
        let of_block = |columns: Range<usize>| {
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

/// For each target a power of two of the size of its largest value, so that single precision holds what is divided by it.
fn scales(targets: ArrayView2<'_, f64>) -> Vec<f64> {
    let largest = targets.fold_axis(Axis(0), 0.0f64, |largest, value| largest.max(value.abs()));
    largest.iter().map(|&size| if size > 0.0 { size.log2().floor().exp2() } else { 1.0 }).collect()
}

/// What judges every penalty on one fold after another.
struct FoldJudge<'a> {
    trained: Trained<'a>,
    shrinkage: Shrinkage,
    /// The same, fine enough for the hat matrix, which is taken from 1.
    of_hat: Shrinkage,
    penalties: &'a [f64],
    criterion: FoldCriterion,
    scales: Vec<f64>,
}

impl FoldJudge<'_> {
    /// The criterion on one fold: (n_penalties, n_targets).
    fn of_fold(&self, fold: &[usize]) -> Result<Array2<f64>, StatsError> {
        let scores = self.trained.spectrum.train_scores.select(Axis(0), fold);
        let open =
            OpenFold::new(of_intercept(self.trained.spectrum), &hat_tiles(&self.of_hat, &scores), self.penalties)?;
        if open.least_freedom > LEAST_FREEDOM_IN_SINGLE {
            self.of_fits(&self.shrinkage.at::<f32>(scores.view()), &open, fold)
        } else {
            self.of_fits(&self.shrinkage.at::<f64>(scores.view()), &open, fold)
        }
    }

    fn of_fits<T: Real>(
        &self,
        fits: &FitsOfRows<'_, T>,
        open: &OpenFold,
        fold: &[usize],
    ) -> Result<Array2<f64>, StatsError> {
        let observed = self.trained.targets.select(Axis(0), fold);
        over_targets(observed.ncols(), |columns| {
            let scales = ndarray::aview1(&self.scales[columns.clone()]);
            let observed = &observed.slice(s![.., columns.clone()]) / &scales;
            let fitted = fits.of((&self.trained.projections.slice(s![.., columns.clone()]) / &scales).view());
            let mut found = Array2::zeros((self.penalties.len(), columns.len()));
            for (penalty, fitted) in fitted.outer_iter().enumerate() {
                let Ok(fitted) = fitted.to_shape(observed.dim()) else { continue };
                let left = Zip::from(&observed)
                    .and(&fitted)
                    .map_collect(|observed, &fitted| (observed - fitted.into()) as f32);
                let residual = product_on_this_thread(open.inverses[penalty].view(), left.view());
                let values = judged(self.criterion, &observed, &residual.mapv(f64::from), columns.start)?;
                for ((place, value), scale) in found.row_mut(penalty).iter_mut().zip(values).zip(scales) {
                    *place = self.criterion.in_units_of_the_target(value, *scale);
                }
            }
            Ok(found)
        })
    }
}

impl FoldCriterion {
    /// The criterion of a target, from that of the target divided by `scale`.
    fn in_units_of_the_target(self, value: f64, scale: f64) -> f64 {
        match self {
            Self::MeanSquaredError => value * scale * scale,
            Self::Score(_) => value,
        }
    }
}

/// (I − H)⁻¹ of a fold for each penalty, which makes held-out residuals of those of the whole fit.
struct OpenFold {
    /// Single precision is enough to compare penalties by.
    inverses: Vec<Array2<f32>>,
    /// The least share of a stimulus's variance that the rest leave open, over all penalties.
    least_freedom: f64,
}

impl OpenFold {
    fn new(intercept: f64, hat: &[HatTile], penalties: &[f64]) -> Result<Self, StatsError> {
        let size = hat.last().map_or(0, |tile| tile.rows.end);
        let open_inverse = |(at, &penalty): (usize, &f64)| {
            let mut open = Array2::<f64>::eye(size);
            for tile in hat {
                for (row, values) in tile.rows.clone().zip(tile.of_penalties.row(at).exact_chunks(tile.columns.len())) {
                    for (column, value) in tile.columns.clone().zip(values) {
                        open[[row, column]] -= value + intercept;
                        if tile.columns.start < tile.rows.start {
                            open[[column, row]] = open[[row, column]];
                        }
                    }
                }
            }
            match inverse_of_positive_definite(open.view()) {
                Some((inverse, pivot)) if pivot > LEAST_FREEDOM => Ok((inverse.mapv(|value| value as f32), pivot)),
                _ => Err(fits_exactly(penalty)),
            }
        };
        let made: Vec<(Array2<f32>, f64)> =
            penalties.par_iter().enumerate().map(open_inverse).collect::<Result<_, _>>()?;
        let least_freedom = made.iter().map(|(_, pivot)| *pivot).fold(f64::INFINITY, f64::min);
        Ok(Self { inverses: made.into_iter().map(|(inverse, _)| inverse).collect(), least_freedom })
    }
}

/// A tile, on or below the diagonal, of the hat matrix of a fold without the intercept.
struct HatTile {
    rows: Range<usize>,
    columns: Range<usize>,
    /// (n_penalties, rows · columns).
    of_penalties: Array2<f64>,
}

/// Z diag(1 / (λ + α)) Zᵀ of the stimuli with scores Z.
fn hat_tiles(shrinkage: &Shrinkage, scores: &Array2<f64>) -> Vec<HatTile> {
    let part = |start: usize| start..(start + HAT_TILE).min(scores.nrows());
    let starts: Vec<usize> = (0..scores.nrows()).step_by(HAT_TILE).collect();
    let of_rows = |&start: &usize| {
        let rows = part(start);
        let fits = shrinkage.at::<f64>(scores.slice(s![rows.clone(), ..]));
        let of_columns = |start: usize| {
            let columns = part(start);
            let of_penalties = fits.of(scores.slice(s![columns.clone(), ..]).t());
            HatTile { rows: rows.clone(), columns, of_penalties }
        };
        (0..=start).step_by(HAT_TILE).map(of_columns).collect::<Vec<_>>()
    };
    starts.par_iter().flat_map_iter(of_rows).collect()
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
    of_block: impl Fn(Range<usize>) -> Result<Array2<f64>, StatsError> + Sync,
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
