//! How a unit's predictions agree with its responses.

use crate::error::StatsError;

/// The measure of agreement, over the stimuli of a test part, for each unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PredictionScore {
    /// Pearson's correlation.
    Pearson,
    /// 1 − Σ(y − ŷ)² / Σ(y − ȳ)², the mean of the test part in the denominator (scikit-learn's `r2_score`). Below 0 when worse than that mean.
    R2,
    /// 1 − var(y − ŷ) / var(y): as [`PredictionScore::R2`] but blind to a constant offset (scikit-learn's `explained_variance_score`).
    ExplainedVariance,
}

impl PredictionScore {
    /// Every score.
    pub const ALL: [Self; 3] = [Self::Pearson, Self::R2, Self::ExplainedVariance];

    /// The name that commands and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pearson => "pearson",
            Self::R2 => "r2",
            Self::ExplainedVariance => "explained-variance",
        }
    }

    /// The score of this name.
    ///
    /// # Errors
    /// - [`StatsError::UnknownName`] lists all names.
    pub fn from_name(name: &str) -> Result<Self, StatsError> {
        Self::ALL.into_iter().find(|score| score.name() == name).ok_or_else(|| StatsError::UnknownName {
            what: "prediction score",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// The score of one unit, or `None` where it is undefined: a constant response, for Pearson also a constant prediction, or fewer than 2 stimuli.
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
    fn constant_response_has_no_score() {
        for score in PredictionScore::ALL {
            assert_eq!(score.of(&[1.0, 2.0], &[3.0, 3.0]), None);
        }
        assert_eq!(pearson(&[2.0, 2.0], &[1.0, 3.0]), None);
    }
}
