//! What and where: a read-out of a feature map that is a mask over positions times weights of channels.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::one_to_one::units_needed;
use super::pls::mean_of_rows;
use super::products::{add_scaled, dot, product_on_this_thread};
use super::{Predictors, check_targets};
use crate::error::StatsError;
use crate::finite::require_count;
use crate::linear_algebra::solve_positive_definite;
use crate::non_negative::non_negative_least_squares;
use crate::splits::Split;

const OPERATION: &str = "a factorised what and where read-out";
/// A share of the mean squared length of the positions, added so that positions that are alike can be told apart.
const LEAST_RIDGE: f64 = 1e-10;

/// What the read-out is fitted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FactorisedOptions {
    /// How many channels the features have; each holds as many positions.
    pub n_channels: usize,
    /// α of the channel weights, above 0: `what_penalty` ‖w‖².
    pub what_penalty: f64,
    /// λ of the mask, 0 or more: `where_penalty` Σ s. The larger, the fewer positions.
    pub where_penalty: f64,
    /// The most alternations between mask and weights.
    pub most_rounds: usize,
    /// Alternation ends when the objective falls by less than this share.
    pub tolerance: f64,
}

impl FactorisedOptions {
    /// Weak penalties, 1 each, and up to 100 alternations to 1e-6.
    pub fn of_channels(n_channels: usize) -> Self {
        Self { n_channels, what_penalty: 1.0, where_penalty: 1.0, most_rounds: 100, tolerance: 1e-6 }
    }

    fn check(&self, n_features: usize) -> Result<usize, StatsError> {
        require_count(OPERATION, "channels", self.n_channels, 1)?;
        require_count(OPERATION, "alternations", self.most_rounds, 1)?;
        let out_of_range =
            |parameter, value, allowed| StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed };
        if !(self.what_penalty > 0.0 && self.what_penalty.is_finite()) {
            return Err(out_of_range("the penalty of the channel weights", self.what_penalty, "above 0"));
        }
        if !(self.where_penalty >= 0.0 && self.where_penalty.is_finite()) {
            return Err(out_of_range("the penalty of the mask", self.where_penalty, "0 or more"));
        }
        if !n_features.is_multiple_of(self.n_channels) {
            let allowed = "a divisor of the number of features";
            return Err(out_of_range("the number of channels", self.n_channels as f64, allowed));
        }
        Ok(n_features / self.n_channels)
    }
}

/// What the read-out predicts for a test part, with what it read.
#[derive(Debug, Clone, PartialEq)]
pub struct FactorisedPrediction {
    /// (n_test, n_targets).
    pub predicted: Array2<f64>,
    /// The mask of each target, 0 or more, summing to 1: (n_targets, n_positions).
    pub masks: Array2<f64>,
    /// The channel weights of each target: (n_targets, n_channels).
    pub weights: Array2<f64>,
}

/// Predictions for the test stimuli of `split` by a mask over positions times weights of channels.
///
/// For each target: minimise Σ (y − Σ_p Σ_c s_p w_c x_cp − b)² + α ‖w‖² + λ Σ_p s_p over s ≥ 0, w and b, by turns: w for the mask
/// (ridge), then the mask for w (non-negative least squares), from an even mask. The objective never rises; what is reached is a
/// local least. A constant is fitted by centring with the training part.
///
/// # Shapes and units
/// - features: (n_stimuli, n_channels · n_positions), all positions of the first channel first, as a flattened feature map is.
/// - `targets`: (n_stimuli, n_targets), any real unit.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] and [`StatsError::NotFinite`] as [`super::ridge::PreparedRidge::new`].
/// - [`StatsError::Unsupported`] when only the Gram matrix of the features is there ([`Predictors::holding_features`] keeps them).
/// - [`StatsError::OutOfRange`] for penalties outside their range, channels that do not divide the features, or a mask penalty under which no
///   position is left.
///
/// # Reference
/// Klindt, Ecker, Euler, Bethge (2017). Neural system identification for large populations separating "what" and "where". NIPS 30.
/// Differs in: the feature map is given, so the fit alternates two convex problems in place of gradient descent; the weights have a squared
/// penalty, the mask the paper's absolute one.
pub fn predict_factorised(
    predictors: &Predictors,
    targets: ArrayView2<'_, f64>,
    split: &Split,
    options: &FactorisedOptions,
) -> Result<FactorisedPrediction, StatsError> {
    check_targets(OPERATION, predictors, targets)?;
    split.check(predictors.n_stimuli())?;
    let n_positions = options.check(predictors.n_features())?;
    let features = predictors.features().ok_or_else(|| units_needed(OPERATION))?;
    let means = mean_of_rows(features.view(), &split.train);
    let part = |positions: &[usize]| features.select(Axis(0), positions) - ndarray::aview1(&means);
    let (trained, tested) =
        (FeatureMap::of(part(&split.train), n_positions), FeatureMap::of(part(&split.test), n_positions));
    let target_means = mean_of_rows(targets, &split.train);
    let of_target = |target: usize| {
        let observed: Array1<f64> =
            split.train.iter().map(|&at| targets[[at, target]] - target_means[target]).collect();
        let (mask, weights) = alternate(&trained, &observed, options)?;
        let along = tested.weigh_channels(&weights).dot(&mask);
        Ok((along + target_means[target], mask, weights))
    };
    let found: Vec<OfTarget> =
        (0..targets.ncols()).into_par_iter().map(of_target).collect::<Result<_, StatsError>>()?;
    let table = |of: fn(&OfTarget) -> &Array1<f64>, width: usize| {
        Array2::from_shape_fn((found.len(), width), |(target, at)| of(&found[target])[at])
    };
    Ok(FactorisedPrediction {
        predicted: table(|found| &found.0, split.test.len()).reversed_axes().as_standard_layout().into_owned(),
        masks: table(|found| &found.1, n_positions),
        weights: table(|found| &found.2, options.n_channels),
    })
}

/// Prediction, mask and channel weights of one target.
type OfTarget = (Array1<f64>, Array1<f64>, Array1<f64>);

/// Centred features, all positions of a channel side by side.
struct FeatureMap {
    features: Array2<f64>,
    n_positions: usize,
}

impl FeatureMap {
    fn of(features: Array2<f64>, n_positions: usize) -> Self {
        Self { features: features.as_standard_layout().into_owned(), n_positions }
    }

    /// Σ_c w_c x_cp: (n_stimuli, n_positions).
    fn weigh_channels(&self, weights: &Array1<f64>) -> Array2<f64> {
        let mut out = Array2::zeros((self.features.nrows(), self.n_positions));
        for (row, mut place) in self.features.outer_iter().zip(out.outer_iter_mut()) {
            if let (Some(row), Some(place)) = (row.to_slice(), place.as_slice_mut()) {
                for (channel, &weight) in row.chunks(self.n_positions).zip(weights) {
                    add_scaled(place, weight, channel);
                }
            }
        }
        out
    }

    /// Σ_p s_p x_cp: (n_stimuli, n_channels).
    fn mask_positions(&self, mask: &Array1<f64>) -> Array2<f64> {
        let n_channels = self.features.ncols() / self.n_positions;
        let mask = mask.to_vec();
        let rows = self.features.outer_iter();
        let values = rows.flat_map(|row| {
            let row = row.to_vec();
            row.chunks(self.n_positions).map(|channel| dot(channel, &mask)).collect::<Vec<f64>>()
        });
        Array2::from_shape_vec((self.features.nrows(), n_channels), values.collect()).unwrap_or_default()
    }
}

/// Mask and weights by turns until the objective stands still; the mask sums to 1.
fn alternate(
    trained: &FeatureMap,
    observed: &Array1<f64>,
    options: &FactorisedOptions,
) -> Result<(Array1<f64>, Array1<f64>), StatsError> {
    let mut mask = Array1::from_elem(trained.n_positions, 1.0 / trained.n_positions as f64);
    let mut weights = Array1::zeros(options.n_channels);
    let mut objective = f64::INFINITY;
    for _ in 0..options.most_rounds {
        weights = channel_weights(trained, &mask, observed, options.what_penalty)?;
        let seen = trained.weigh_channels(&weights);
        mask = position_mask(&seen, observed, options.where_penalty);
        let residual = observed - &seen.dot(&mask);
        let next =
            residual.dot(&residual) + options.what_penalty * weights.dot(&weights) + options.where_penalty * mask.sum();
        let is_still = objective - next <= options.tolerance * next;
        objective = next;
        if is_still {
            break;
        }
    }
    let total = mask.sum();
    if total.is_nan() || total <= 0.0 {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the penalty of the mask",
            value: options.where_penalty,
            allowed: "small enough that a position is left for every target",
        });
    }
    Ok((mask / total, weights * total))
}

fn channel_weights(
    trained: &FeatureMap,
    mask: &Array1<f64>,
    observed: &Array1<f64>,
    penalty: f64,
) -> Result<Array1<f64>, StatsError> {
    let seen = trained.mask_positions(mask);
    let mut products = product_on_this_thread(seen.t(), seen.view());
    products.diag_mut().iter_mut().for_each(|x| *x += penalty);
    let right = seen.t().dot(observed).insert_axis(Axis(1));
    let singular = StatsError::Singular {
        operation: OPERATION,
        matrix: "the covariance of the masked channels",
        advice: "Choose a larger penalty of the channel weights",
    };
    let solved = solve_positive_definite(products.view(), right.view()).ok_or(singular)?;
    Ok(solved.column(0).to_owned())
}

fn position_mask(seen: &Array2<f64>, observed: &Array1<f64>, penalty: f64) -> Array1<f64> {
    let mut among = product_on_this_thread(seen.t(), seen.view());
    let lift = LEAST_RIDGE * among.diag().mean().unwrap_or(0.0) + f64::MIN_POSITIVE;
    among.diag_mut().iter_mut().for_each(|x| *x += lift);
    non_negative_least_squares(&among, &(seen.t().dot(observed) - penalty / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// 3 channels of 16 positions; the target sees channels 0 and 2 (weights 1 and −0.5) at positions 5 and 6.
    fn simulated(noise: f64) -> (Array2<f64>, Array2<f64>) {
        let mut rng = Rng::new(2);
        let features = Array2::from_shape_simple_fn((150, 48), || rng.normal());
        let targets = Array2::from_shape_fn((150, 1), |(at, _)| {
            let place = |position: usize| features[[at, position]] - 0.5 * features[[at, 32 + position]];
            0.7 * place(5) + 0.3 * place(6) + noise * rng.normal() + 4.0
        });
        (features, targets)
    }

    fn split() -> Split {
        Split { train: (0..120).collect(), test: (120..150).collect() }
    }

    #[test]
    fn mask_and_weights_that_made_the_responses_are_found() {
        let (features, targets) = simulated(0.0);
        let predictors = Predictors::holding_features(features.view()).unwrap();
        let options = FactorisedOptions {
            what_penalty: 1e-6,
            where_penalty: 1e-6,
            tolerance: 1e-12,
            ..FactorisedOptions::of_channels(3)
        };
        let found = predict_factorised(&predictors, targets.view(), &split(), &options).unwrap();
        for (position, &value) in found.masks.row(0).iter().enumerate() {
            let truth = [0.7, 0.3].get(position.wrapping_sub(5)).copied().unwrap_or(0.0);
            assert!((value - truth).abs() < 1e-3, "{}", found.masks);
        }
        for (value, truth) in found.weights.row(0).iter().zip([1.0, 0.0, -0.5]) {
            assert!((value - truth).abs() < 1e-3, "{}", found.weights);
        }
        let expected = targets.select(Axis(0), &split().test);
        assert!((&found.predicted - &expected).iter().all(|d| d.abs() < 1e-2));
    }

    #[test]
    fn larger_mask_penalty_leaves_fewer_positions() {
        let (features, targets) = simulated(1.0);
        let predictors = Predictors::holding_features(features.view()).unwrap();
        let n_seen = |where_penalty| {
            let options = FactorisedOptions { where_penalty, ..FactorisedOptions::of_channels(3) };
            let found = predict_factorised(&predictors, targets.view(), &split(), &options).unwrap();
            found.masks.iter().filter(|&&value| value > 0.0).count()
        };
        assert!(n_seen(20.0) < n_seen(0.01), "{} {}", n_seen(20.0), n_seen(0.01));
    }

    #[test]
    fn penalty_that_leaves_nothing_and_channels_that_do_not_divide_are_refused() {
        let (features, targets) = simulated(1.0);
        let predictors = Predictors::holding_features(features.view()).unwrap();
        let refused =
            |options| predict_factorised(&predictors, targets.view(), &split(), &options).unwrap_err().to_string();
        let words = refused(FactorisedOptions { where_penalty: 1e9, ..FactorisedOptions::of_channels(3) });
        assert!(words.contains("the penalty of the mask is 1000000000"), "{words}");
        let words = refused(FactorisedOptions::of_channels(7));
        assert!(words.contains("the number of channels is 7"), "{words}");
    }
}
