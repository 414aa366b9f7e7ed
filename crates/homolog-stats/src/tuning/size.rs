//! Size tuning.

use super::curve::{crossing, highest, require_levels, require_responses};
use crate::StatsError;

/// How a response grows with the diameter of a grating, and what a large one takes away.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SizeTuning {
    /// The smallest diameter at which the response reaches 95 % of its largest, linear between samples; in the unit of the sizes.
    pub preferred: f64,
    /// (R_best − R_largest size) / R_best: 0 without surround suppression, 1 where a large grating silences the unit.
    pub suppression_index: f64,
}

/// The tuning of responses to gratings of rising diameter.
///
/// # Shapes and units
/// - `diameters`: rising, above 0, at least 3.
/// - `responses`: one for each, above the response to a blank, none below 0.
///
/// # Errors
/// As [`frequency_tuning`](super::frequency_tuning).
///
/// # Reference
/// Cavanaugh J R, Bair W, Movshon J A (2002). Nature and interaction of signals from the receptive field center and surround in
/// macaque V1 neurons. J Neurophysiol 88:2530 (grating summation field; suppression index).
pub fn size_tuning(diameters: &[f64], responses: &[f64]) -> Result<SizeTuning, StatsError> {
    const OPERATION: &str = "size tuning";
    require_responses(OPERATION, responses, 3)?;
    require_levels(OPERATION, diameters, responses)?;
    let largest = responses[highest(responses)];
    let enough = 0.95 * largest;
    let reached = responses.iter().position(|response| *response >= enough).unwrap_or(0);
    let preferred = match reached.checked_sub(1) {
        Some(before) => {
            crossing((diameters[before], responses[before]), (diameters[reached], responses[reached]), enough)
        }
        None => diameters[0],
    };
    let at_last = responses[responses.len() - 1];
    Ok(SizeTuning { preferred, suppression_index: (largest - at_last) / largest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suppression_is_the_share_that_the_largest_size_loses() {
        let tuning = size_tuning(&[1.0, 2.0, 3.0, 4.0], &[0.0, 8.0, 10.0, 4.0]).unwrap();
        assert!((tuning.suppression_index - 0.6).abs() < 1e-15);
        assert!((tuning.preferred - 2.75).abs() < 1e-12, "9.5 lies three quarters from 8 to 10");
    }

    #[test]
    fn a_unit_that_only_grows_is_not_suppressed() {
        assert_eq!(size_tuning(&[1.0, 2.0, 3.0], &[1.0, 2.0, 2.0]).unwrap().suppression_index, 0.0);
        assert!(size_tuning(&[1.0, 2.0, 3.0], &[0.0; 3]).is_err());
    }
}
