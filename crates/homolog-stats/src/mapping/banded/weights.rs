//! Candidates for the weights of the bands.

use ndarray::Array2;

use super::OPERATION;
use crate::error::StatsError;
use crate::finite::{require_count, require_same_length};
use crate::splits::numpy_random::NumpyRandom;

/// Which weights of the bands are tried.
#[derive(Debug, Clone, PartialEq)]
pub enum BandWeights {
    /// Drawn from Dirichlet distributions, the first replaced by equal weights: himalaya's random search, number for number for a seed.
    Random {
        /// How many.
        n_candidates: usize,
        /// Concentrations, taken by turns, each above 0 and at most 1: the smaller, the more a candidate favours few bands. himalaya's are 0.1 and 1.
        concentrations: Vec<f64>,
        /// NumPy's `random_state`.
        seed: u32,
    },
    /// These, each row one candidate of weights of 0 or more: (n_candidates, n_bands).
    Given(Array2<f64>),
}

impl BandWeights {
    /// himalaya's default search: concentrations 0.1 and 1.
    pub fn random(n_candidates: usize, seed: u32) -> Self {
        Self::Random { n_candidates, concentrations: vec![0.1, 1.0], seed }
    }

    /// The candidates: (n_candidates, n_bands).
    pub(super) fn candidates(&self, n_bands: usize) -> Result<Array2<f64>, StatsError> {
        match self {
            Self::Given(weights) => {
                require_count(OPERATION, "candidates for the weights of bands", weights.nrows(), 1)?;
                require_same_length(OPERATION, "bands", ("the weights", weights.ncols()), ("the features", n_bands))?;
                match weights.iter().find(|&&weight| !(weight >= 0.0 && weight.is_finite())) {
                    None => Ok(weights.clone()),
                    Some(&value) => Err(out_of_range("the weight of a band", value, "0 or more, and finite")),
                }
            }
            Self::Random { n_candidates, concentrations, seed } => {
                require_count(OPERATION, "candidates for the weights of bands", *n_candidates, 1)?;
                require_count(OPERATION, "concentrations", concentrations.len(), 1)?;
                if let Some(&value) = concentrations.iter().find(|&&value| !(value > 0.0 && value <= 1.0)) {
                    return Err(out_of_range(
                        "a concentration of the weights of bands",
                        value,
                        "above 0 and at most 1",
                    ));
                }
                Ok(drawn(*n_candidates, n_bands, concentrations, *seed))
            }
        }
    }
}

fn out_of_range(parameter: &'static str, value: f64, allowed: &'static str) -> StatsError {
    StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed }
}

/// All draws of the first concentration, then all of the second; then dealt by turns.
fn drawn(n_candidates: usize, n_bands: usize, concentrations: &[f64], seed: u32) -> Array2<f64> {
    let mut random = NumpyRandom::new(seed);
    let n_each = n_candidates.div_ceil(concentrations.len());
    let mut draw = |&concentration: &f64| (0..n_each).map(|_| random.dirichlet(concentration, n_bands)).collect();
    let draws: Vec<Vec<Vec<f64>>> = concentrations.iter().map(&mut draw).collect();
    Array2::from_shape_fn((n_candidates, n_bands), |(candidate, band)| match candidate {
        0 => 1.0 / n_bands as f64,
        _ => draws[candidate % concentrations.len()][candidate / concentrations.len()][band],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_weights_sum_to_one_and_have_their_mean() {
        let weights = BandWeights::random(4000, 3).candidates(4).unwrap();
        assert!(weights.outer_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12));
        let mean = weights.mean_axis(ndarray::Axis(0)).unwrap();
        assert!(mean.iter().all(|mean| (mean - 0.25).abs() < 0.02), "{mean}");
        assert_eq!(weights.row(0).to_vec(), [0.25; 4]);
    }

    #[test]
    fn weights_below_zero_and_concentrations_above_one_are_refused() {
        let given = BandWeights::Given(ndarray::array![[0.5, -0.5]]);
        let words = given.candidates(2).unwrap_err().to_string();
        assert!(words.contains("the weight of a band is -0.5, and needs to be 0 or more"), "{words}");
        let random = BandWeights::Random { n_candidates: 3, concentrations: vec![2.0], seed: 0 };
        assert!(random.candidates(2).is_err());
        assert!(matches!(given.candidates(3), Err(StatsError::ShapeMismatch { .. })));
    }
}
