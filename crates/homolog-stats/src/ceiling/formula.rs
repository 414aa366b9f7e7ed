//! How a raw score and a ceiling become a ceiled score.

use crate::error::StatsError;

/// The formulas in use, each by its own name, because published numbers differ by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CeilingFormula {
    /// r² / ceiling, where the ceiling is a reliability: the share of explainable variance that is explained.
    /// Brain-Score's since January 2026 (`benchmark_helpers/neural_common.py`).
    SquaredOverCeiling,
    /// (r / ceiling)²: Brain-Score's before 2026.
    RatioSquared,
    /// r / √ceiling: the correlation with the noiseless response, when the ceiling is a reliability.
    OverRootCeiling,
    /// r / ceiling: Brain-Score's for representational similarity and for behaviour.
    Ratio,
}

impl CeilingFormula {
    /// Every formula.
    pub const ALL: [Self; 4] = [Self::SquaredOverCeiling, Self::RatioSquared, Self::OverRootCeiling, Self::Ratio];

    /// The name that commands and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::SquaredOverCeiling => "r2-over-ceiling",
            Self::RatioSquared => "ratio-squared",
            Self::OverRootCeiling => "r-over-root-ceiling",
            Self::Ratio => "ratio",
        }
    }

    /// The formula in symbols, with where it is used.
    pub fn description(self) -> &'static str {
        match self {
            Self::SquaredOverCeiling => "r²/ceiling (Brain-Score since 2026-01)",
            Self::RatioSquared => "(r/ceiling)² (Brain-Score before 2026)",
            Self::OverRootCeiling => "r/√ceiling",
            Self::Ratio => "r/ceiling (Brain-Score's RSA and behaviour)",
        }
    }

    /// The formula of this name.
    ///
    /// # Errors
    /// - [`StatsError::UnknownName`] lists all names.
    pub fn from_name(name: &str) -> Result<Self, StatsError> {
        Self::ALL.into_iter().find(|formula| formula.name() == name).ok_or_else(|| StatsError::UnknownName {
            what: "ceiling formula",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// The ceiled score: `score` in units of `ceiling`.
    ///
    /// Convention: a squared formula keeps the size only, so a negative r gives a positive value, as Brain-Score has it.
    ///
    /// # Errors
    /// - [`StatsError::OutOfRange`] when the ceiling is not above 0 and finite, or the score is not finite.
    ///
    /// # Example
    /// ```
    /// use homolog_stats::ceiling::CeilingFormula;
    /// assert_eq!(CeilingFormula::SquaredOverCeiling.apply(0.6, 0.9)?, 0.36 / 0.9);
    /// assert_eq!(CeilingFormula::Ratio.apply(0.25, 0.5)?, 0.5);
    /// # Ok::<(), homolog_stats::StatsError>(())
    /// ```
    pub fn apply(self, score: f64, ceiling: f64) -> Result<f64, StatsError> {
        let out_of_range = |parameter, value, allowed| StatsError::OutOfRange {
            operation: "a ceiled score",
            parameter,
            value,
            allowed,
        };
        if !(ceiling > 0.0 && ceiling.is_finite()) {
            return Err(out_of_range(
                "the ceiling",
                ceiling,
                "above 0: the recording has to be reliable for a ceiled score to have a meaning",
            ));
        }
        if !score.is_finite() {
            return Err(out_of_range("the score", score, "finite"));
        }
        Ok(match self {
            Self::SquaredOverCeiling => score * score / ceiling,
            Self::RatioSquared => (score / ceiling) * (score / ceiling),
            Self::OverRootCeiling => score / ceiling.sqrt(),
            Self::Ratio => score / ceiling,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_give_their_hand_worked_values() {
        let values = CeilingFormula::ALL.map(|formula| formula.apply(0.6, 0.64).unwrap());
        for (value, expected) in values.into_iter().zip([0.5625, 0.878_906_25, 0.75, 0.9375]) {
            assert!((value - expected).abs() < 1e-15, "{value}");
        }
    }

    #[test]
    fn ceiling_of_zero_is_refused() {
        let message = CeilingFormula::Ratio.apply(0.3, 0.0).unwrap_err().to_string();
        assert!(message.contains("the ceiling is 0, and needs to be above 0"), "{message}");
    }

    #[test]
    fn every_formula_is_found_by_its_name() {
        for formula in CeilingFormula::ALL {
            assert_eq!(CeilingFormula::from_name(formula.name()), Ok(formula));
        }
        assert!(CeilingFormula::from_name("r3").unwrap_err().to_string().contains("r2-over-ceiling, ratio-squared"));
    }
}
