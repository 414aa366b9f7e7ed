//! Sparseness, of one unit over stimuli (lifetime) or of a population at one stimulus.

use super::curve::require_responses;
use crate::StatsError;

/// a = (Σ r / n)² / Σ (r² / n): 1 where all responses are equal, 1/n where one alone is above 0. The smaller, the sparser.
///
/// # Shapes and units
/// - `responses`: of one unit to n stimuli, or of n units to one stimulus; none below 0.
///
/// # Errors
/// [`StatsError::TooFew`] below 2; [`StatsError::Negative`]; [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] where all are 0.
///
/// # Reference
/// Treves A, Rolls E T (1991). What determines the capacity of autoassociative memories in the brain? Network 2:371.
/// Rolls E T, Tovee M J (1995). J Neurophysiol 73:713.
///
/// # Example
/// ```
/// use homolog_stats::tuning::treves_rolls_activity_ratio;
/// assert_eq!(treves_rolls_activity_ratio(&[0.0, 0.0, 3.0, 0.0])?, 0.25);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
pub fn treves_rolls_activity_ratio(responses: &[f64]) -> Result<f64, StatsError> {
    require_responses("sparseness", responses, 2)?;
    // In units of the largest, so that squares neither overflow nor vanish.
    let largest = responses.iter().copied().fold(0.0, f64::max);
    let (sum, squares) = responses.iter().fold((0.0, 0.0), |(sum, squares), response| {
        let response = response / largest;
        (sum + response, squares + response * response)
    });
    Ok(sum * sum / (responses.len() as f64 * squares))
}

/// S = (1 − a) / (1 − 1/n), with a the [`treves_rolls_activity_ratio`]: 0 where all responses are equal, 1 where one alone is
/// above 0. The larger, the sparser.
///
/// # Errors
/// As [`treves_rolls_activity_ratio`].
///
/// # Reference
/// Vinje W E, Gallant J L (2000). Sparse coding and decorrelation in primary visual cortex during natural vision. Science 287:1273.
pub fn vinje_gallant_sparseness(responses: &[f64]) -> Result<f64, StatsError> {
    let ratio = treves_rolls_activity_ratio(responses)?;
    Ok((1.0 - ratio) / (1.0 - 1.0 / responses.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn known_distributions_have_their_sparseness() {
        let mut rng = Rng::new(5);
        let exponential: Vec<f64> = (0..200_000).map(|_| -(1.0 - rng.uniform()).ln()).collect();
        // E(r)² / E(r²) = 1 / 2 of an exponential, 3 / 4 of a uniform distribution, share of ones of a binary one.
        assert!((treves_rolls_activity_ratio(&exponential).unwrap() - 0.5).abs() < 0.005);
        let uniform: Vec<f64> = (0..200_000).map(|_| rng.uniform()).collect();
        assert!((treves_rolls_activity_ratio(&uniform).unwrap() - 0.75).abs() < 0.003);
        let binary: Vec<f64> = (0..100).map(|at| f64::from(u8::from(at % 5 == 0))).collect();
        assert!((treves_rolls_activity_ratio(&binary).unwrap() - 0.2).abs() < 1e-15);
    }

    #[test]
    fn the_ends_of_vinje_and_gallants_scale_are_0_and_1() {
        assert!(vinje_gallant_sparseness(&[2.0; 9]).unwrap().abs() < 1e-15);
        assert!((vinje_gallant_sparseness(&[0.0, 1e-200, 0.0]).unwrap() - 1.0).abs() < 1e-15);
        assert!(vinje_gallant_sparseness(&[0.0; 3]).is_err() && vinje_gallant_sparseness(&[1.0, -1.0]).is_err());
    }
}
