//! Orientation tuning.

use std::f64::consts::PI;

use super::curve::{crossing, highest, parabola_peak, require_responses};
use crate::StatsError;

/// What a unit prefers among orientations, and how sharply.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrientationTuning {
    /// Where the curve is highest, from 0 up to but not including 180 degrees; between samples by a parabola through the
    /// (logarithms of the) highest response and its neighbours.
    pub preferred_deg: f64,
    /// 1 − |Σ r exp(2iθ)| / Σ r: 0 for a response to one orientation alone, 1 for equal responses to all.
    pub circular_variance: f64,
    /// (R_pref − R_orth) / (R_pref + R_orth), at the sample with the highest response and the one 90° away.
    pub selectivity_index: f64,
    /// Mean of the distances from the peak at which the curve falls to half of its height, on either side; none where it does
    /// not fall so far within 90°.
    pub half_width_deg: Option<f64>,
}

/// The tuning of responses to orientations 0, 180/n, 2·180/n, … degrees.
///
/// # Shapes and units
/// - `responses`: one for each orientation, at least 4, above the response to a blank, none below 0.
///
/// # Errors
/// [`StatsError::TooFew`]; [`StatsError::NotFinite`]; [`StatsError::Negative`]; [`StatsError::OutOfRange`] for a silent unit.
///
/// # Reference
/// Ringach D L, Shapley R M, Hawken M J (2002). Orientation selectivity in macaque V1. J Neurosci 22:5639 (circular variance).
/// De Valois R L, Yund E W, Hepler N (1982). Vision Res 22:531 (half-width at half-height).
///
/// # Example
/// ```
/// use homolog_stats::tuning::orientation_tuning;
/// let tuning = orientation_tuning(&[0.0, 1.0, 0.0, 0.0])?;
/// assert_eq!(tuning.preferred_deg, 45.0);
/// assert!(tuning.circular_variance.abs() < 1e-15);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
pub fn orientation_tuning(responses: &[f64]) -> Result<OrientationTuning, StatsError> {
    require_responses("orientation tuning", responses, 4)?;
    let n = responses.len();
    let step = 180.0 / n as f64;
    let (mut cosine, mut sine, mut sum) = (0.0, 0.0, 0.0);
    for (at, response) in responses.iter().enumerate() {
        let angle = 2.0 * PI * at as f64 / n as f64;
        cosine += response * angle.cos();
        sine += response * angle.sin();
        sum += response;
    }
    let best = highest(responses);
    let at = |offset: isize| responses[(best as isize + offset).rem_euclid(n as isize) as usize];
    let (offset, height) = parabola_peak(at(-1), at(0), at(1));
    let orthogonal =
        if n.is_multiple_of(2) { at(n as isize / 2) } else { 0.5 * (at(n as isize / 2) + at(n as isize / 2 + 1)) };
    let side = |direction: isize| half_distance(|steps| at(direction * steps), n, offset * direction as f64, height);
    let half_width = side(1).zip(side(-1)).map(|(right, left)| 0.5 * (right + left) * step);
    Ok(OrientationTuning {
        preferred_deg: ((best as f64 + offset) * step).rem_euclid(180.0),
        circular_variance: 1.0 - cosine.hypot(sine) / sum,
        selectivity_index: (at(0) - orthogonal) / (at(0) + orthogonal),
        half_width_deg: half_width,
    })
}

/// How many steps from the peak, itself `offset` steps from the highest sample in this direction, the curve is half as high.
fn half_distance(at: impl Fn(isize) -> f64, n: usize, offset: f64, height: f64) -> Option<f64> {
    let half = height / 2.0;
    let farthest = n as isize / 2;
    let below = (1..=farthest).find(|steps| at(*steps) <= half)?;
    Some(crossing(((below - 1) as f64, at(below - 1)), (below as f64, at(below)), half) - offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// exp(k (cos 2(θ − θ0) − 1)) at n orientations.
    fn von_mises(n: usize, preferred_deg: f64, k: f64) -> Vec<f64> {
        let angle = |at: usize| (2.0 * (180.0 * at as f64 / n as f64 - preferred_deg)).to_radians();
        (0..n).map(|at| (k * (angle(at).cos() - 1.0)).exp()).collect()
    }

    #[test]
    fn tuning_of_a_von_mises_curve_is_its_closed_form() {
        let k = 2.0;
        let tuning = orientation_tuning(&von_mises(36, 103.0, k)).unwrap();
        assert!((tuning.preferred_deg - 103.0).abs() < 0.1, "{tuning:?}");
        // Circular variance 1 − I1(k)/I0(k); I0(2) = 2.2795853, I1(2) = 1.5906369.
        assert!((tuning.circular_variance - (1.0 - 1.590_636_854_6 / 2.279_585_302_3)).abs() < 1e-9);
        let half = 0.5 * (1.0 + 0.5_f64.ln() / k).acos().to_degrees();
        assert!((tuning.half_width_deg.unwrap() - half).abs() < 0.3, "{tuning:?}, not {half}");
    }

    #[test]
    fn equal_responses_are_not_selective_and_have_no_width() {
        let tuning = orientation_tuning(&[2.0; 8]).unwrap();
        assert!((tuning.circular_variance - 1.0).abs() < 1e-15);
        assert_eq!((tuning.selectivity_index, tuning.half_width_deg), (0.0, None));
    }

    #[test]
    fn a_preference_near_0_wraps_round() {
        let tuning = orientation_tuning(&von_mises(12, 178.0, 3.0)).unwrap();
        assert!((tuning.preferred_deg - 178.0).abs() < 0.6, "{tuning:?}");
        assert!(tuning.half_width_deg.is_some());
    }

    #[test]
    fn silence_and_suppression_have_no_tuning() {
        assert!(matches!(orientation_tuning(&[0.0; 8]), Err(StatsError::OutOfRange { .. })));
        assert!(matches!(orientation_tuning(&[1.0, -1.0, 0.0, 0.0]), Err(StatsError::Negative { column: 1, .. })));
        assert!(matches!(orientation_tuning(&[1.0, f64::NAN, 0.0, 0.0]), Err(StatsError::NotFinite { .. })));
        assert!(matches!(orientation_tuning(&[1.0; 3]), Err(StatsError::TooFew { .. })));
    }
}
