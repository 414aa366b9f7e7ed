//! Spatial-frequency tuning.

use super::curve::{crossing, highest, parabola_peak, require_levels, require_responses};
use crate::StatsError;

/// What a unit prefers among spatial frequencies, and over how many octaves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrequencyTuning {
    /// Where the curve is highest, in the unit of the frequencies; between samples by a parabola over log frequency, and at the
    /// end where the highest response is at an end.
    pub preferred: f64,
    /// Below the peak, where the curve is half as high; none where it stays above (low-pass).
    pub low_cutoff: Option<f64>,
    /// Above the peak, where the curve is half as high; none where it stays above.
    pub high_cutoff: Option<f64>,
    /// log2(high cut-off / low cut-off), where there are both.
    pub bandwidth_octaves: Option<f64>,
}

/// The tuning of responses to spatial frequencies; full width at half height, linear over log frequency between samples.
///
/// # Shapes and units
/// - `frequencies`: rising, above 0, at least 3; in equal ratios for the parabola to be right.
/// - `responses`: one for each, above the response to a blank, none below 0.
///
/// # Errors
/// [`StatsError::TooFew`]; [`StatsError::NotFinite`]; [`StatsError::Negative`]; [`StatsError::OutOfRange`] for a silent unit or
/// frequencies that do not rise; [`StatsError::ShapeMismatch`].
///
/// # Reference
/// De Valois R L, Albrecht D G, Thorell L G (1982). Spatial frequency selectivity of cells in macaque visual cortex. Vision Res 22:545.
pub fn frequency_tuning(frequencies: &[f64], responses: &[f64]) -> Result<FrequencyTuning, StatsError> {
    const OPERATION: &str = "spatial-frequency tuning";
    require_responses(OPERATION, responses, 3)?;
    require_levels(OPERATION, frequencies, responses)?;
    let octaves: Vec<f64> = frequencies.iter().map(|frequency| frequency.log2()).collect();
    let best = highest(responses);
    let (preferred, height) = match (best.checked_sub(1), responses.get(best + 1)) {
        (Some(before), Some(after)) => {
            let (offset, height) = parabola_peak(responses[before], responses[best], *after);
            let neighbour =
                if offset < 0.0 { octaves[best] - octaves[before] } else { octaves[best + 1] - octaves[best] };
            (octaves[best] + offset * neighbour, height)
        }
        _ => (octaves[best], responses[best]),
    };
    let half = height / 2.0;
    let cut = |inner: usize, outer: usize| {
        crossing((octaves[inner], responses[inner]), (octaves[outer], responses[outer]), half).exp2()
    };
    let low = (0..best).rev().find(|at| responses[*at] <= half).map(|at| cut(at + 1, at));
    let high = (best + 1..responses.len()).find(|at| responses[*at] <= half).map(|at| cut(at - 1, at));
    Ok(FrequencyTuning {
        preferred: preferred.exp2(),
        low_cutoff: low,
        high_cutoff: high,
        bandwidth_octaves: low.zip(high).map(|(low, high)| (high / low).log2()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gaussian_over_octaves_gives_its_centre_and_width() {
        let frequencies: Vec<f64> = (0..25).map(|at| 0.5 * 2f64.powf(f64::from(at) / 4.0)).collect();
        let (centre, sigma) = (5.3_f64, 0.6);
        let responses: Vec<f64> =
            frequencies.iter().map(|f| (-(f / centre).log2().powi(2) / (2.0 * sigma * sigma)).exp()).collect();
        let tuning = frequency_tuning(&frequencies, &responses).unwrap();
        assert!((tuning.preferred / centre - 1.0).abs() < 1e-9, "{tuning:?}");
        let width = 2.0 * sigma * (2.0 * 2.0_f64.ln()).sqrt();
        assert!((tuning.bandwidth_octaves.unwrap() - width).abs() < 0.02, "{tuning:?}, not {width}");
    }

    #[test]
    fn a_low_pass_unit_has_a_high_cutoff_alone() {
        let tuning = frequency_tuning(&[1.0, 2.0, 4.0, 8.0], &[1.0, 1.0, 0.5, 0.0]).unwrap();
        assert_eq!((tuning.preferred, tuning.low_cutoff, tuning.bandwidth_octaves), (1.0, None, None));
        assert_eq!(tuning.high_cutoff, Some(4.0));
        assert!(frequency_tuning(&[1.0, 1.0, 2.0], &[1.0; 3]).is_err());
        assert!(frequency_tuning(&[0.0, 1.0, 2.0], &[1.0; 3]).is_err());
    }
}
