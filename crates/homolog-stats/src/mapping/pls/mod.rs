//! Partial least squares regression: scikit-learn's `PLSRegression`, without its iteration.
//!
//! scikit-learn finds each component by NIPALS, an iteration over all stimuli that stops at a tolerance; here each component is the leading
//! singular direction of the deflated cross-products (Dayal and MacGregor 1997), which that iteration converges to. Cross-products
//! are formed once over all stimuli; a split takes away those of the stimuli that it leaves out (Engstrøm 2024). With more
//! features than stimuli the same steps are taken in the space of stimuli, where the Gram matrix is all that is needed.

mod deflated;
mod feature_side;
mod stimulus_side;

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use self::feature_side::FeatureSide;
use self::stimulus_side::StimulusSide;
use super::predictors::{Predictors, Side};
use crate::error::StatsError;
use crate::splits::Split;

pub(crate) const OPERATION: &str = "partial least squares";

/// Splits go through the components together, so many at most: the field's usual ten.
const MOST_TOGETHER: usize = 10;
/// And so many at least, so that threads have work.
const FEWEST_TOGETHER: usize = 4;
/// Entries of cross-products of splits that go together, so that memory stays bounded whatever the number of targets: 256 MB.
const ENTRIES_AT_ONCE: usize = 1 << 25;

/// What PLS is fitted with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlsOptions {
    /// How many components; the field's most used is 25.
    pub n_components: usize,
    /// Whether features and targets are brought to unit variance.
    pub scaling: PlsScaling,
}

impl PlsOptions {
    /// Brain-Score's: 25 components, unscaled.
    pub const BRAIN_SCORE: Self = Self { n_components: 25, scaling: PlsScaling::None };
}

/// Whether features and targets are divided by their standard deviations over the training part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlsScaling {
    /// Centred only: scikit-learn's `scale=False`, Brain-Score's choice.
    None,
    /// Centred and divided by the standard deviation (ddof 1; a constant column is left as it is): scikit-learn's `scale=True`. Needs the features
    /// themselves, so at most as many features as stimuli.
    UnitVariance,
}

/// PLS of a set of targets on a set of predictors, prepared once and then asked for the predictions of any split.
///
/// The model for each split: X and Y centred by their training means; for each component a unit weight w that maximises the
/// covariance of X w with Y, scores t = X w, both X and Y deflated by t (scikit-learn's `PLSRegression`).
///
/// # Reference
/// Dayal, MacGregor (1997). Improved PLS algorithms. J Chemometrics 11:73-85.
/// doi:10.1002/(SICI)1099-128X(199701)11:1<73::AID-CEM435>3.0.CO;2-#, algorithm 2.
/// Engstrøm (2024). Shortcutting cross-validation. arXiv:2401.13185 (the down-dating).
/// Differs in: the leading direction of the targets is found by Lanczos on Yᵀ X Xᵀ Y, which is itself updated by rank two, not
/// formed, after each component.
#[derive(Debug, Clone)]
pub struct PreparedPls<'a> {
    predictors: &'a Predictors,
    /// Targets less their mean over all stimuli (n_stimuli, n_targets).
    targets: Array2<f64>,
    target_means: Array1<f64>,
    /// Xᵀ Y, or K Y, over all stimuli.
    cross: Array2<f64>,
}

impl<'a> PreparedPls<'a> {
    /// Forms the cross-products of all stimuli.
    ///
    /// # Shapes and units
    /// - `targets`: (n_stimuli, n_targets), any real unit.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when predictors and targets differ in stimuli.
    /// - [`StatsError::TooFew`] when there is no target.
    /// - [`StatsError::NotFinite`] names the first target value that is NaN or infinite.
    pub fn new(predictors: &'a Predictors, targets: ArrayView2<'_, f64>) -> Result<Self, StatsError> {
        super::check_targets(OPERATION, predictors, targets)?;
        let target_means = targets.mean_axis(Axis(0)).unwrap_or_default();
        let targets = &targets - &target_means;
        let cross = predictors.times_targets(targets.view());
        Ok(Self { predictors, targets, target_means, cross })
    }

    /// Predictions for the test stimuli of `split` from its training stimuli: (n_test, n_targets), in the order of `split.test`.
    ///
    /// # Errors
    /// - As [`Split::check`].
    /// - [`StatsError::OutOfRange`] when `n_components` is 0 or exceeds the training stimuli less one or the features.
    /// - [`StatsError::TooFew`] when the training features have fewer directions than `n_components` that covary with the targets.
    ///
    /// # Accuracy and randomness
    /// f64 throughout. Agrees with scikit-learn 1.9.1 to 1e-8 of the largest prediction where its NIPALS is given a tolerance that lets it
    /// converge (goldens/scikit-learn/pls); at its default tolerance of 1e-6 scikit-learn itself differs from the limit by up to some 1e-3.
    pub fn predict(&self, split: &Split, options: &PlsOptions) -> Result<Array2<f64>, StatsError> {
        let found = self.predict_splits(std::slice::from_ref(split), options)?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Predictions for the test stimuli of every split, as [`PreparedPls::predict`] makes them: sooner than one by one, because
    /// some splits go through the components together.
    ///
    /// # Errors
    /// As [`PreparedPls::predict`], of the first split that has one.
    pub fn predict_splits(&self, splits: &[Split], options: &PlsOptions) -> Result<Vec<Array2<f64>>, StatsError> {
        for split in splits {
            self.check(split, options)?;
        }
        let n_together = (ENTRIES_AT_ONCE / self.cross.len().max(1)).clamp(FEWEST_TOGETHER, MOST_TOGETHER);
        let mut predicted = Vec::with_capacity(splits.len());
        for splits in splits.chunks(n_together) {
            predicted.extend(self.predict_together(splits, options)?);
        }
        Ok(predicted)
    }

    fn check(&self, split: &Split, options: &PlsOptions) -> Result<(), StatsError> {
        split.check(self.predictors.n_stimuli())?;
        let most = self.predictors.largest_rank().min(split.train.len().saturating_sub(1));
        let n_components = options.n_components;
        if n_components == 0 || n_components > most {
            return Err(StatsError::OutOfRange {
                operation: OPERATION,
                parameter: "the number of components",
                value: n_components as f64,
                allowed: "from 1 to the smaller of the number of features and the number of training stimuli less one",
            });
        }
        if options.scaling == PlsScaling::UnitVariance && matches!(self.predictors.side, Side::Stimuli { .. }) {
            return Err(StatsError::OutOfRange {
                operation: "partial least squares with features of unit variance",
                parameter: "the number of features",
                value: f64::INFINITY,
                allowed: "at most the number of stimuli, because a Gram matrix does not know the variance of a feature; scale the features first",
            });
        }
        Ok(())
    }

    fn predict_together(&self, splits: &[Split], options: &PlsOptions) -> Result<Vec<Array2<f64>>, StatsError> {
        let targets = self.targets.view();
        let folds: Vec<Fold<'_>> = splits.par_iter().map(|split| Fold::new(split, targets, options.scaling)).collect();
        let components = match &self.predictors.side {
            Side::Features { features, cross_products, .. } => {
                let standard = features.as_standard_layout();
                let rows: Vec<&[f64]> = standard.as_slice().unwrap_or_default().chunks(features.ncols()).collect();
                let side = |fold| FeatureSide::new(fold, (features, &rows), targets, &self.cross);
                deflated::extract(folds.par_iter().map(side).collect(), cross_products.view(), options.n_components)?
            }
            Side::Stimuli { gram, .. } => {
                let side = |fold| StimulusSide::new(fold, gram, targets, &self.cross);
                deflated::extract(folds.par_iter().map(side).collect(), gram.view(), options.n_components)?
            }
        };
        let predict = |(fold, components): (&Fold<'_>, deflated::Components)| {
            let offset = &self.target_means + &ndarray::aview1(&fold.target_means);
            let predicted = super::products::product(components.test_scores.view(), components.loadings.view());
            predicted * ndarray::aview1(&fold.target_scales) + &offset
        };
        Ok(folds.par_iter().zip(components).map(predict).collect())
    }
}

/// One split, with what centring by its training part needs.
pub(crate) struct Fold<'a> {
    pub(crate) split: &'a Split,
    /// Positions that are not in the training part.
    pub(crate) left_out: Vec<usize>,
    /// Mean of each target over the training part.
    pub(crate) target_means: Vec<f64>,
    /// What each target is divided by.
    pub(crate) target_scales: Vec<f64>,
    pub(crate) scaling: PlsScaling,
}

impl<'a> Fold<'a> {
    fn new(split: &'a Split, targets: ArrayView2<'_, f64>, scaling: PlsScaling) -> Self {
        let mut is_trained = vec![false; targets.nrows()];
        split.train.iter().for_each(|&position| is_trained[position] = true);
        let left_out: Vec<usize> = (0..targets.nrows()).filter(|&position| !is_trained[position]).collect();
        let target_means = mean_of_training(targets, &split.train, &left_out);
        let target_scales = scales(targets, &split.train, &target_means, scaling);
        Self { split, left_out, target_means, target_scales, scaling }
    }

    pub(crate) fn n_train(&self) -> f64 {
        self.split.train.len() as f64
    }
}

/// What each column is divided by: its standard deviation over the rows at `positions` (ddof 1; 1 where that is 0), or 1.
pub(crate) fn scales(matrix: ArrayView2<'_, f64>, positions: &[usize], means: &[f64], scaling: PlsScaling) -> Vec<f64> {
    if scaling == PlsScaling::None {
        return vec![1.0; matrix.ncols()];
    }
    let mut squares = vec![0.0; matrix.ncols()];
    for &position in positions {
        let row = matrix.row(position);
        let deviations = row.iter().zip(means).map(|(value, mean)| value - mean);
        squares.iter_mut().zip(deviations).for_each(|(sum, deviation)| *sum += deviation * deviation);
    }
    let degrees = positions.len() as f64 - 1.0;
    let scale = |square: f64| {
        if square > 0.0 { (square / degrees).sqrt() } else { 1.0 }
    };
    squares.into_iter().map(scale).collect()
}

/// Mean of each column over the training rows of a matrix whose columns sum to zero, from whichever rows are fewer.
fn mean_of_training(centred: ArrayView2<'_, f64>, train: &[usize], left_out: &[usize]) -> Vec<f64> {
    if train.len() <= left_out.len() {
        return mean_of_rows(centred, train);
    }
    let share = left_out.len() as f64 / train.len() as f64;
    let mean = if left_out.is_empty() { vec![0.0; centred.ncols()] } else { mean_of_rows(centred, left_out) };
    mean.into_iter().map(|mean| -share * mean).collect()
}

/// Mean of each column over the rows at `positions`.
pub(crate) fn mean_of_rows(matrix: ArrayView2<'_, f64>, positions: &[usize]) -> Vec<f64> {
    let mut mean = vec![0.0; matrix.ncols()];
    for &position in positions {
        mean.iter_mut().zip(matrix.row(position)).for_each(|(sum, &value)| *sum += value);
    }
    mean.iter_mut().for_each(|sum| *sum /= positions.len() as f64);
    mean
}

#[cfg(test)]
mod tests;
