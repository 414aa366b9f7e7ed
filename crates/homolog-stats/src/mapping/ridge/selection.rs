//! Choosing a penalty from the training part alone.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::RidgeOptions;
use super::shrinkage::Shrinkage;
use super::spectrum::Spectrum;
use crate::encoding::PredictionScore;
use crate::error::StatsError;
use crate::mapping::pls::mean_of_rows;
use crate::mapping::predictors::Predictors;
use crate::mapping::products::product;
use crate::splits::{FoldOrder, Split, k_fold};

/// Targets that are fitted at once, so that memory stays bounded whatever their number.
const TARGETS_AT_ONCE: usize = 1024;

/// How a penalty is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PenaltyChoice {
    /// The least mean squared error when each training stimulus is left out in turn, in closed form: residual / (1 − leverage), the intercept counted in
    /// the leverage (scikit-learn's `RidgeCV(cv=None)`).
    LeaveOneOut,
    /// The least generalised cross-validation error: n ‖residual‖² / (n − trace of the hat matrix)² (Golub, Heath, Wahba 1979, doi:10.1080/00401706.1979.10489751).
    Generalized,
    /// The best mean score over folds within the training part (himalaya's and scikit-learn's `RidgeCV(cv=k)`).
    Folds {
        /// How many folds.
        n_folds: usize,
        /// The order in which training stimuli are dealt to them.
        order: FoldOrder,
        /// The score whose mean over folds is made largest.
        score: PredictionScore,
    },
}

/// For what a penalty is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PenaltyScope {
    /// One for each target.
    EachTarget,
    /// One for all: the best mean criterion over targets.
    AllTargets,
}

/// The penalty of each target.
pub(super) fn choose_penalties(
    predictors: &Predictors,
    train: &[usize],
    spectrum: &Spectrum,
    (targets, projections): (ArrayView2<'_, f64>, ArrayView2<'_, f64>),
    options: &RidgeOptions,
) -> Result<Vec<f64>, StatsError> {
    let criterion = match options.choice {
        PenaltyChoice::LeaveOneOut | PenaltyChoice::Generalized => {
            closed_form(spectrum, targets, projections, options)?
        }
        PenaltyChoice::Folds { n_folds, order, score } => {
            let folds: Vec<Split> = k_fold(train.len(), n_folds, order)?;
            let mut sum = Array2::zeros((options.penalties.len(), targets.ncols()));
            for fold in &folds {
                sum += &fold_scores(predictors, train, fold, targets, &options.penalties, score)?;
            }
            sum
        }
    };
    Ok(best_of_each(&criterion, options))
}

/// The penalty with the largest criterion for each target; the first among equals.
fn best_of_each(criterion: &Array2<f64>, options: &RidgeOptions) -> Vec<f64> {
    let best = |values: Vec<f64>| {
        let better = |best: usize, at: usize| if values[at] > values[best] { at } else { best };
        options.penalties[(0..values.len()).fold(0, better)]
    };
    match options.scope {
        PenaltyScope::EachTarget => criterion.columns().into_iter().map(|column| best(column.to_vec())).collect(),
        PenaltyScope::AllTargets => {
            vec![best(criterion.sum_axis(Axis(1)).to_vec()); criterion.ncols()]
        }
    }
}

/// Minus the leave-one-out or the generalised cross-validation error: (n_penalties, n_targets).
fn closed_form(
    spectrum: &Spectrum,
    targets: ArrayView2<'_, f64>,
    projections: ArrayView2<'_, f64>,
    options: &RidgeOptions,
) -> Result<Array2<f64>, StatsError> {
    let eigenvalues = spectrum.eigenvalues.to_vec();
    let shrinkage = Shrinkage::new(&eigenvalues, &options.penalties)?;
    let n_train = targets.nrows() as f64;
    // Leverage of each stimulus for each column of the reduced table, less the intercept's 1/n.
    let squares = Array2::from_shape_fn(spectrum.train_scores.dim(), |(stimulus, component)| {
        let score = spectrum.train_scores[[stimulus, component]];
        score * score / eigenvalues[component]
    });
    let leverage =
        product(squares.view(), product(shrinkage.of_components.view(), shrinkage.of_penalties.view()).view())
            + 1.0 / n_train;
    let weights = match options.choice {
        PenaltyChoice::Generalized => {
            let free = leverage.sum_axis(Axis(0)).mapv(|trace| n_train - trace);
            Array2::from_shape_fn(leverage.dim(), |(_, penalty)| n_train * n_train / (free[penalty] * free[penalty]))
        }
        _ => leverage.mapv(|leverage| 1.0 / ((1.0 - leverage) * (1.0 - leverage))),
    };
    if let Some(((_, penalty), _)) = weights.indexed_iter().find(|(_, weight)| !(weight.is_finite() && **weight < 1e24))
    {
        return Err(StatsError::OutOfRange {
            operation: "the choice of a penalty by leaving one out",
            parameter: "a penalty",
            value: options.penalties[penalty],
            allowed: "large enough that no training stimulus is fitted exactly; choose by folds instead, or leave the small ones out",
        });
    }
    let errors = |start: usize| {
        let end = (start + TARGETS_AT_ONCE).min(targets.ncols());
        let block = ndarray::s![.., start..end];
        let fits = shrinkage.fits(&eigenvalues, spectrum.train_scores.view(), projections.slice(block));
        let error = |target: usize| {
            let residual = residuals(&fits, &shrinkage, targets.column(start + target).to_vec(), target);
            let lanes = residual.columns().into_iter().zip(weights.columns());
            lanes
                .map(|(residual, weight)| -residual.iter().zip(weight).map(|(r, w)| r * r * w).sum::<f64>() / n_train)
                .collect()
        };
        (0..end - start).into_par_iter().map(error).collect::<Vec<Vec<f64>>>()
    };
    let of_targets: Vec<Vec<f64>> = (0..targets.ncols()).step_by(TARGETS_AT_ONCE).flat_map(errors).collect();
    Ok(Array2::from_shape_fn((options.penalties.len(), targets.ncols()), |(penalty, target)| {
        of_targets[target][penalty]
    }))
}

/// y − ŷ of one target for every penalty: (n_stimuli, n_penalties).
fn residuals(fits: &[Array2<f64>], shrinkage: &Shrinkage, observed: Vec<f64>, target: usize) -> Array2<f64> {
    let basis =
        Array2::from_shape_fn((observed.len(), fits.len()), |(stimulus, column)| fits[column][[stimulus, target]]);
    let mut residual = product(basis.view(), shrinkage.of_penalties.view());
    for (mut row, observed) in residual.outer_iter_mut().zip(observed) {
        row.iter_mut().for_each(|fit| *fit = observed - *fit);
    }
    residual
}

/// The score of each penalty and target on one inner fold: (n_penalties, n_targets).
fn fold_scores(
    predictors: &Predictors,
    train: &[usize],
    fold: &Split,
    targets: ArrayView2<'_, f64>,
    penalties: &[f64],
    score: PredictionScore,
) -> Result<Array2<f64>, StatsError> {
    let outer = |part: &[usize]| part.iter().map(|&at| train[at]).collect::<Vec<usize>>();
    let spectrum = Spectrum::of(predictors, &outer(&fold.train), &outer(&fold.test))?;
    let eigenvalues = spectrum.eigenvalues.to_vec();
    let shrinkage = Shrinkage::new(&eigenvalues, penalties)?;
    let means = mean_of_rows(targets, &fold.train);
    let trained = targets.select(Axis(0), &fold.train) - &ndarray::aview1(&means);
    let tested = targets.select(Axis(0), &fold.test) - &ndarray::aview1(&means);
    let mut scores = Array2::zeros((penalties.len(), targets.ncols()));
    for start in (0..targets.ncols()).step_by(TARGETS_AT_ONCE) {
        let end = (start + TARGETS_AT_ONCE).min(targets.ncols());
        let projections = spectrum.projections(trained.slice(ndarray::s![.., start..end]));
        let fits = shrinkage.fits(&eigenvalues, spectrum.test_scores.view(), projections.view());
        let of_target = |target: usize| -> Result<Vec<f64>, StatsError> {
            let observed = tested.column(start + target).to_vec();
            let residual = residuals(&fits, &shrinkage, observed.clone(), target);
            let undefined = StatsError::ConstantPattern {
                operation: "the choice of a penalty by folds",
                what: "target",
                index: start + target,
            };
            let score_of = |residual: ndarray::ArrayView1<'_, f64>| {
                let predicted: Vec<f64> = observed.iter().zip(residual).map(|(y, r)| y - r).collect();
                score.of(&predicted, &observed).ok_or(undefined.clone())
            };
            residual.columns().into_iter().map(score_of).collect()
        };
        let block: Vec<Vec<f64>> = (0..end - start).into_par_iter().map(of_target).collect::<Result<_, _>>()?;
        for (target, of_penalties) in block.into_iter().enumerate() {
            scores.column_mut(start + target).iter_mut().zip(of_penalties).for_each(|(place, score)| *place = score);
        }
    }
    Ok(scores)
}
