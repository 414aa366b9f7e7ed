//! Grids of penalties that the field uses, by name.

use super::OPERATION;
use crate::error::StatsError;

/// Candidates for the penalty of ridge regression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PenaltyGrid {
    /// Brain-Score's `ALPHA_LIST`, 99 values from 0.01 to 10⁷ (`metrics/regression_correlation/metric.py`).
    BrainScore,
    /// DeepNSD's seven: 10^-1, 10^0, …, 10^5.
    DeepNsd,
    /// The twenty of himalaya's tutorials: 10^1, 10^2, …, 10^20.
    Himalaya,
    /// `count` values evenly spaced in the logarithm from 10^`first` to 10^`last`.
    Logarithmic {
        /// Exponent of the first.
        first: f64,
        /// Exponent of the last.
        last: f64,
        /// How many.
        count: usize,
    },
}

impl PenaltyGrid {
    /// The grid of this name: `brain-score`, `deepnsd`, `himalaya`, or `log:FIRST:LAST:COUNT` with exponents of ten.
    ///
    /// # Errors
    /// - [`StatsError::UnknownName`] lists the names.
    pub fn from_name(name: &str) -> Result<Self, StatsError> {
        let unknown = || StatsError::UnknownName {
            what: "grid of penalties",
            name: name.to_owned(),
            known: "brain-score, deepnsd, himalaya, log:FIRST:LAST:COUNT (exponents of ten)".to_owned(),
        };
        match name {
            "brain-score" => Ok(Self::BrainScore),
            "deepnsd" => Ok(Self::DeepNsd),
            "himalaya" => Ok(Self::Himalaya),
            _ => {
                let parts: Vec<&str> = name.strip_prefix("log:").ok_or_else(unknown)?.split(':').collect();
                let [first, last, count] = parts.as_slice() else {
                    return Err(unknown());
                };
                let exponent = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite()).ok_or_else(unknown);
                let count = count.parse::<usize>().ok().filter(|&count| count > 0).ok_or_else(unknown)?;
                Ok(Self::Logarithmic { first: exponent(first)?, last: exponent(last)?, count })
            }
        }
    }

    /// The penalties, ascending.
    ///
    /// # Errors
    /// - [`StatsError::TooFew`] for a grid of no values.
    pub fn values(self) -> Result<Vec<f64>, StatsError> {
        match self {
            Self::BrainScore => Ok(brain_score()),
            Self::DeepNsd => Ok(logarithmic(-1.0, 5.0, 7)),
            Self::Himalaya => Ok(logarithmic(1.0, 20.0, 20)),
            Self::Logarithmic { count: 0, .. } => {
                Err(StatsError::TooFew { operation: OPERATION, what: "penalties", found: 0, needed: 1 })
            }
            Self::Logarithmic { first, last, count } => Ok(logarithmic(first, last, count)),
        }
    }
}

fn brain_score() -> Vec<f64> {
    let mut values = vec![0.01, 0.1, 0.5, 1.0];
    let mut add = |first: f64, last: f64, count: usize, divisions: f64| {
        values.extend((0..count).map(|at| first + (last - first) * at as f64 / divisions));
    };
    add(1e1, 1e2, 4, 4.0);
    add(1e2, 1e3, 18, 18.0);
    add(1e3, 1e4, 18, 18.0);
    add(1e4, 1e5, 18, 18.0);
    add(1e5, 1e6, 18, 18.0);
    add(1e6, 1e7, 19, 18.0);
    values
}

fn logarithmic(first: f64, last: f64, count: usize) -> Vec<f64> {
    let divisions = count.saturating_sub(1).max(1) as f64;
    (0..count).map(|at| 10f64.powf(first + (last - first) * at as f64 / divisions)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brain_score_grid_has_99_ascending_values() {
        let values = PenaltyGrid::BrainScore.values().unwrap();
        assert_eq!(values.len(), 99);
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!((values[3], values[5], values[9], values[98]), (1.0, 32.5, 150.0, 1e7));
    }

    #[test]
    fn grids_are_read_from_their_names() {
        let grid = PenaltyGrid::from_name("log:-1:5:7").unwrap();
        assert_eq!(grid.values(), PenaltyGrid::DeepNsd.values());
        let message = PenaltyGrid::from_name("brainscore").unwrap_err().to_string();
        assert!(message.contains("brain-score, deepnsd, himalaya"), "{message}");
        assert!(PenaltyGrid::from_name("log:1:2:0").is_err());
    }
}
