//! How a unit's predictions agree with its responses.

use crate::error::StatsError;
use crate::naming::unknown_name;

/// The measure of agreement, over the stimuli of a test part, for each unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredictionScore {
    /// Pearson's correlation.
    Pearson,
    /// 1 − Σ(y − ŷ)² / Σ(y − ȳ)², the mean of the test part in the denominator (scikit-learn's `r2_score`). Below 0 when worse than that mean.
    R2,
    /// 1 − var(y − ŷ) / var(y): as [`PredictionScore::R2`] but blind to a constant offset (scikit-learn's `explained_variance_score`).
    ExplainedVariance,
    /// 1 − D(y, ŷ) / D(y, ȳ) with the Poisson deviance D, for counts y and rates ŷ (scikit-learn's `d2_tweedie_score(power=1)`).
    DevianceExplained,
}

impl PredictionScore {
    /// Every score.
    pub const ALL: [Self; 4] = [Self::Pearson, Self::R2, Self::ExplainedVariance, Self::DevianceExplained];

    /// The name that commands and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pearson => "pearson",
            Self::R2 => "r2",
            Self::ExplainedVariance => "explained-variance",
            Self::DevianceExplained => "deviance-explained",
        }
    }

    /// The score of this name.
    ///
    /// # Errors
    /// - [`StatsError::UnknownName`] lists all names.
    pub fn from_name(name: &str) -> Result<Self, StatsError> {
        let known = Self::ALL.into_iter().find(|score| score.name() == name);
        known.ok_or_else(|| unknown_name("prediction score", name, &Self::ALL.map(Self::name)))
    }

    /// The score of one unit, or `None` where it is undefined: a constant response, for Pearson also a constant prediction, or fewer than 2 stimuli;
    /// for the deviance also a response below 0 or a prediction that is not above 0.
    pub fn of(self, predicted: &[f64], observed: &[f64]) -> Option<f64> {
        let variation = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
        };
        if self == Self::Pearson {
            return pearson(predicted, observed);
        }
        if is_constant(observed) || predicted.len() != observed.len() {
            return None;
        }
        if self == Self::DevianceExplained {
            if observed.iter().any(|&y| y < 0.0) || predicted.iter().any(|&rate| rate.is_nan() || rate <= 0.0) {
                return None;
            }
            let mean = observed.iter().sum::<f64>() / observed.len() as f64;
            let least = poisson_deviance(observed.iter().map(|_| &mean), observed);
            return Some(1.0 - poisson_deviance(predicted, observed) / least);
        }
        let residual: Vec<f64> = observed.iter().zip(predicted).map(|(y, guess)| y - guess).collect();
        let unexplained = match self {
            Self::ExplainedVariance => variation(&residual),
            _ => residual.iter().map(|x| x * x).sum(),
        };
        Some(1.0 - unexplained / variation(observed))
    }
}

/// Pearson's correlation of two vectors; `None` when either is constant, they differ in length, or there are fewer than 2 values.
///
/// r = Σ(x − x̄)(y − ȳ) / √(Σ(x − x̄)² Σ(y − ȳ)²), held to −1..1 against rounding.
pub fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    if left.len() != right.len() || is_constant(left) || is_constant(right) {
        return None;
    }
    let n = left.len() as f64;
    let (left_mean, right_mean) = (left.iter().sum::<f64>() / n, right.iter().sum::<f64>() / n);
    let (mut both, mut left_square, mut right_square) = (0.0, 0.0, 0.0);
    for (x, y) in left.iter().zip(right) {
        let (x, y) = (x - left_mean, y - right_mean);
        both += x * y;
        left_square += x * x;
        right_square += y * y;
    }
    let correlation = both / (left_square.sqrt() * right_square.sqrt());
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

/// 2 Σ (y ln(y / ŷ) − y + ŷ), with 0 ln 0 = 0, of counts y and rates ŷ above 0.
pub(crate) fn poisson_deviance<'a>(
    predicted: impl IntoIterator<Item = &'a f64>,
    observed: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    let of_pair = |(&rate, &y): (&f64, &f64)| (if y > 0.0 { y * (y / rate).ln() } else { 0.0 }) - y + rate;
    2.0 * predicted.into_iter().zip(observed).map(of_pair).sum::<f64>()
}

/// Whether no two values differ (so also with fewer than 2 values).
pub(crate) fn is_constant(values: &[f64]) -> bool {
    values.iter().all(|value| Some(value) == values.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_give_their_hand_worked_values() {
        // Residuals 1, 1, 1, 1 about a response of variance 5/4: R² = 1 − 4/5; without the offset the fit is exact.
        let (predicted, observed) = ([0.0, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]);
        assert!((PredictionScore::R2.of(&predicted, &observed).unwrap() - 0.2).abs() < 1e-15);
        assert_eq!(PredictionScore::ExplainedVariance.of(&predicted, &observed), Some(1.0));
        assert!((pearson(&[1.0, 2.0, 4.0], &[1.0, 3.0, 2.0]).unwrap() - 0.327_326_835_353_988_57).abs() < 1e-15);
    }

    #[test]
    fn deviance_of_the_mean_explains_nothing_and_of_the_counts_everything() {
        let observed = [1.0, 3.0, 5.0];
        let score = |predicted: &[f64]| PredictionScore::DevianceExplained.of(predicted, &observed);
        assert_eq!(score(&[3.0, 3.0, 3.0]), Some(0.0));
        assert_eq!(score(&observed), Some(1.0));
        assert_eq!(score(&[1.0, 0.0, 2.0]), None);
        // D(y, ŷ) = 2 (3 ln(3/2) − 1) with ŷ = (1, 2, 5); D(y, ȳ) = 2 (ln(1/3) + 5 ln(5/3)).
        let expected = 1.0 - (3.0 * 1.5_f64.ln() - 1.0) / (5.0 * (5.0_f64 / 3.0).ln() - 3.0_f64.ln());
        assert!((score(&[1.0, 2.0, 5.0]).unwrap() - expected).abs() < 1e-12);
    }

    #[test]
    fn constant_response_has_no_score() {
        for score in PredictionScore::ALL {
            assert_eq!(score.of(&[1.0, 2.0], &[3.0, 3.0]), None);
        }
        assert_eq!(pearson(&[2.0, 2.0], &[1.0, 3.0]), None);
    }
}
