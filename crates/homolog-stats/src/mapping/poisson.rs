//! Poisson regression for spike counts.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::check_targets;
use super::predictors::Predictors;
use super::products::{dot, times_vector};
use super::ridge::check_penalties;
use super::ridge::spectrum::Spectrum;
use crate::encoding::poisson_deviance;
use crate::error::StatsError;
use crate::minimise::{Stopping, minimise};
use crate::splits::{FoldOrder, Split, k_fold};

const OPERATION: &str = "Poisson regression";

/// What Poisson regression is fitted with.
#[derive(Debug, Clone, PartialEq)]
pub struct PoissonOptions {
    /// Candidates for the penalty, each 0 or more, in scikit-learn's scale (its `alpha`); a single one is used as it is.
    pub penalties: Vec<f64>,
    /// Folds within the training part by which each target's penalty is chosen: the least mean deviance.
    pub n_folds: usize,
    /// How training stimuli are dealt to them.
    pub order: FoldOrder,
}

/// What Poisson regression predicts for a test part.
#[derive(Debug, Clone, PartialEq)]
pub struct PoissonPrediction {
    /// Rates, in the unit of the counts: (n_test, n_targets).
    pub predicted: Array2<f64>,
    /// The penalty used for each target.
    pub penalties: Vec<f64>,
}

/// Expected counts for the test stimuli of `split` by Poisson regression with a logarithmic link.
///
/// For each target the b and c that minimise (1/n) Σ (exp(x b + c) − y (x b + c)) + (α/2) ‖b‖² over the n training stimuli (scikit-learn's
/// `PoissonRegressor`). Any side of the predictors serves: the solution lies in the span of the training stimuli.
///
/// # Shapes and units
/// - `targets`: (n_stimuli, n_targets), counts or mean counts, 0 or more.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] and [`StatsError::NotFinite`] as [`super::ridge::PreparedRidge::new`].
/// - [`StatsError::Negative`] names the first count below 0.
/// - [`StatsError::ConstantPattern`] for a target without any count in a training part.
/// - [`StatsError::NotConverged`] when L-BFGS stops early, as it does without a penalty when features separate counts of 0 from the rest.
///
/// # Accuracy and randomness
/// f64, deterministic; agrees with scikit-learn 1.9.1 at a tight tolerance to 1e-6 (goldens/scikit-learn/poisson).
///
/// # Reference
/// McCullagh, Nelder (1989). Generalized linear models, chapter 6.
pub fn predict_poisson(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    split: &Split,
    options: &PoissonOptions,
) -> Result<PoissonPrediction, StatsError> {
    check_targets(OPERATION, predictors, targets)?;
    check_penalties(&options.penalties)?;
    split.check(predictors.n_stimuli())?;
    if let Some(((row, column), &value)) = targets.indexed_iter().find(|(_, value)| **value < 0.0) {
        return Err(StatsError::Negative { operation: OPERATION, what: "responses", row, column, value });
    }
    let penalties = match options.penalties.as_slice() {
        [only] => vec![*only; targets.ncols()],
        _ => choose(predictors, targets, &split.train, options)?,
    };
    let predicted = rates(predictors, targets, split, |target| penalties[target])?;
    Ok(PoissonPrediction { predicted, penalties })
}

/// The penalty of each target with the least deviance over folds of the training part.
fn choose(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    train: &[usize],
    options: &PoissonOptions,
) -> Result<Vec<f64>, StatsError> {
    let mut deviance = Array2::<f64>::zeros((options.penalties.len(), targets.ncols()));
    for fold in k_fold(train.len(), options.n_folds, options.order)? {
        let outer = |part: &[usize]| part.iter().map(|&at| train[at]).collect::<Vec<usize>>();
        let fold = Split { train: outer(&fold.train), test: outer(&fold.test) };
        let observed = targets.select(Axis(0), &fold.test);
        for (at, &penalty) in options.penalties.iter().enumerate() {
            let predicted = rates(predictors, targets, &fold, |_| penalty)?;
            for target in 0..targets.ncols() {
                let pair = (predicted.column(target), observed.column(target));
                deviance[[at, target]] += poisson_deviance(pair.0.iter(), pair.1.iter());
            }
        }
    }
    let least = |column: ndarray::ArrayView1<'_, f64>| {
        let better = |best: usize, at: usize| if column[at] < column[best] { at } else { best };
        options.penalties[(0..column.len()).fold(0, better)]
    };
    Ok(deviance.columns().into_iter().map(least).collect())
}

/// Rates of the test part, each target with its penalty.
fn rates(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    split: &Split,
    penalty_of: impl Fn(usize) -> f64 + Sync,
) -> Result<Array2<f64>, StatsError> {
    let spectrum = Spectrum::of(predictors, &split.train, &split.test)?;
    let trained = targets.select(Axis(0), &split.train);
    let of_target = |target: usize| {
        let counts = trained.column(target).to_vec();
        if counts.iter().all(|&count| count == 0.0) {
            return Err(StatsError::ConstantPattern { operation: OPERATION, what: "target", index: target });
        }
        let fitted = fit(&spectrum, &counts, penalty_of(target))?;
        let (slopes, constant) = fitted.split_at(fitted.len() - 1);
        let along = times_vector(spectrum.test_scores.view(), slopes);
        Ok(along.into_iter().map(|x| (x + constant[0]).exp()).collect::<Vec<f64>>())
    };
    let columns: Vec<Vec<f64>> = (0..targets.ncols()).into_par_iter().map(of_target).collect::<Result<_, _>>()?;
    Ok(Array2::from_shape_fn((split.test.len(), targets.ncols()), |(row, target)| columns[target][row]))
}

/// Coefficients of the components, and last the constant.
fn fit(spectrum: &Spectrum, counts: &[f64], penalty: f64) -> Result<Vec<f64>, StatsError> {
    let scores = spectrum.train_scores.view();
    let (n, k) = scores.dim();
    let mean = counts.iter().sum::<f64>() / n as f64;
    let mut start = vec![0.0; k + 1];
    start[k] = mean.ln();
    let mut scale: Vec<f64> =
        spectrum.eigenvalues.iter().map(|value| 1.0 / (mean * value / n as f64 + penalty)).collect();
    scale.push(1.0 / mean);
    minimise(OPERATION, start, &scale, Stopping::TIGHT, |point| {
        let (slopes, constant) = point.split_at(k);
        let along: Vec<f64> = times_vector(scores, slopes).into_iter().map(|x| x + constant[0]).collect();
        let rates: Vec<f64> = along.iter().map(|x| x.exp()).collect();
        let likelihood: f64 = rates.iter().zip(&along).zip(counts).map(|((rate, x), y)| rate - y * x).sum();
        let excess: Vec<f64> = rates.iter().zip(counts).map(|(rate, y)| (rate - y) / n as f64).collect();
        let mut gradient = times_vector(scores.t(), &excess);
        gradient.iter_mut().zip(slopes).for_each(|(g, b)| *g += penalty * b);
        gradient.push(excess.iter().sum());
        (likelihood / n as f64 + penalty / 2.0 * dot(slopes, slopes), gradient)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;

    fn options(penalties: &[f64]) -> PoissonOptions {
        PoissonOptions { penalties: penalties.to_vec(), n_folds: 4, order: FoldOrder::AsGiven }
    }

    fn split(n: usize) -> Split {
        Split { train: (0..n - 10).collect(), test: (n - 10..n).collect() }
    }

    #[test]
    fn two_groups_without_a_penalty_are_predicted_by_their_means() {
        // One feature that is 0 or 1: the maximum of the likelihood is the mean count of each group, 2 and 6.
        let features = Array2::from_shape_fn((20, 1), |(at, _)| (at % 2) as f64);
        let targets = Array2::from_shape_fn((20, 1), |(at, _)| [1.0, 5.0, 3.0, 7.0][at % 4]);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let split = Split { train: (0..16).collect(), test: vec![16, 17] };
        let found = predict_poisson(&predictors, targets.view(), &split, &options(&[0.0])).unwrap();
        assert!((found.predicted[[0, 0]] - 2.0).abs() < 1e-7 && (found.predicted[[1, 0]] - 6.0).abs() < 1e-7);
    }

    #[test]
    fn rates_do_not_depend_on_the_side_of_the_predictors() {
        let features = normal_matrix(50, 20, 1) * 0.3;
        let targets = normal_matrix(50, 2, 2).mapv(|x| (x.abs() * 3.0).round());
        let by_features = Predictors::from_features(features.view()).unwrap();
        let gram = crate::gram::Gram::of(features.view()).unwrap();
        let by_gram = Predictors::from_gram(&gram).unwrap();
        let predict =
            |predictors| predict_poisson(predictors, targets.view(), &split(50), &options(&[0.01, 0.1, 1.0])).unwrap();
        let (one, other) = (predict(&by_features), predict(&by_gram));
        assert_eq!(one.penalties, other.penalties);
        assert!((&one.predicted - &other.predicted).iter().all(|d| d.abs() < 1e-6));
    }

    #[test]
    fn large_penalty_leaves_the_mean_count() {
        let (features, targets) = (normal_matrix(50, 5, 1), normal_matrix(50, 1, 2).mapv(|x| (x.abs() * 4.0).round()));
        let predictors = Predictors::from_features(features.view()).unwrap();
        let found = predict_poisson(&predictors, targets.view(), &split(50), &options(&[1e9])).unwrap();
        let mean = targets.slice(ndarray::s![..40, 0]).mean().unwrap();
        assert!(found.predicted.iter().all(|rate| (rate - mean).abs() < 1e-6));
    }

    #[test]
    fn negative_counts_and_silent_targets_are_refused() {
        let (features, mut targets) = (normal_matrix(50, 5, 1), Array2::ones((50, 2)));
        let predictors = Predictors::from_features(features.view()).unwrap();
        targets[[3, 1]] = -1.0;
        let refused = predict_poisson(&predictors, targets.view(), &split(50), &options(&[1.0]));
        assert!(matches!(refused, Err(StatsError::Negative { row: 3, column: 1, .. })));
        targets.column_mut(1).fill(0.0);
        let refused = predict_poisson(&predictors, targets.view(), &split(50), &options(&[1.0]));
        assert!(matches!(refused, Err(StatsError::ConstantPattern { index: 1, .. })));
    }
}
