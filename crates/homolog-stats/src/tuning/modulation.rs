//! Response modulation over the cycle of a grating.

use std::f64::consts::TAU;

use crate::StatsError;
use crate::finite::{require_count, require_finite_vector};

/// The mean and the fundamental of a response over one cycle of a drifting grating.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Modulation {
    /// Mean over the cycle.
    pub f0: f64,
    /// Amplitude of the sinusoid of the grating's own frequency in the response.
    pub f1: f64,
    /// The phase at which that sinusoid is highest, from 0 up to but not including 360 degrees.
    pub phase_deg: f64,
}

impl Modulation {
    /// F1 / (F0 − response to a blank): above 1 for simple cells, below 1 for complex cells. None where the grating does not
    /// raise the mean, to within a millionth of F1: an unrectified linear unit has no ratio.
    ///
    /// # Reference
    /// Skottun B C, De Valois R L, Grosof D H, et al (1991). Classifying simple and complex cells on the basis of response
    /// modulation. Vision Res 31:1079.
    pub fn ratio(&self, blank: f64) -> Option<f64> {
        let raised = self.f0 - blank;
        (raised > 1e-6 * self.f1.max(blank.abs())).then(|| self.f1 / raised)
    }
}

/// Mean and fundamental of responses at phases 0, 360/n, 2·360/n, … degrees:
/// F0 = Σ r / n, F1 = 2 |Σ r exp(−iφ)| / n.
///
/// # Shapes and units
/// - `responses`: at least 3, over exactly one cycle.
///
/// # Errors
/// [`StatsError::TooFew`]; [`StatsError::NotFinite`].
///
/// # Example
/// ```
/// use homolog_stats::tuning::modulation;
/// // A cosine that half-wave rectification cuts at 0: F1 / F0 = π / 2.
/// let rectified: Vec<f64> = (0..360).map(|phase| f64::from(phase).to_radians().cos().max(0.0)).collect();
/// let ratio = modulation(&rectified)?.ratio(0.0).unwrap_or(0.0);
/// assert!((ratio - std::f64::consts::FRAC_PI_2).abs() < 1e-4);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
pub fn modulation(responses: &[f64]) -> Result<Modulation, StatsError> {
    const OPERATION: &str = "the modulation of a response";
    require_count(OPERATION, "phases", responses.len(), 3)?;
    require_finite_vector(OPERATION, "responses", responses)?;
    let n = responses.len() as f64;
    let f0 = responses.iter().sum::<f64>() / n;
    let (mut cosine, mut sine) = (0.0, 0.0);
    for (at, response) in responses.iter().enumerate() {
        let phase = TAU * at as f64 / n;
        // Without the mean, which has no fundamental and would leave its rounding.
        cosine += (response - f0) * phase.cos();
        sine += (response - f0) * phase.sin();
    }
    let phase_deg = sine.atan2(cosine).to_degrees().rem_euclid(360.0);
    Ok(Modulation { f0, f1: 2.0 * cosine.hypot(sine) / n, phase_deg })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shifted_cosine_gives_its_mean_amplitude_and_phase() {
        let responses: Vec<f64> =
            (0..8).map(|at| 3.0 + 2.0 * (f64::from(at) * 45.0 - 70.0).to_radians().cos()).collect();
        let found = modulation(&responses).unwrap();
        assert!((found.f0 - 3.0).abs() < 1e-12 && (found.f1 - 2.0).abs() < 1e-12);
        assert!((found.phase_deg - 70.0).abs() < 1e-9);
        assert!((found.ratio(1.0).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_linear_unit_has_no_ratio_and_a_constant_one_no_modulation() {
        let linear: Vec<f64> = (0..16).map(|at| (f64::from(at) * 22.5).to_radians().sin()).collect();
        assert_eq!(modulation(&linear).unwrap().ratio(0.0), None);
        let constant = modulation(&[5.0; 8]).unwrap();
        assert_eq!((constant.f1, constant.ratio(0.0)), (0.0, Some(0.0)));
        assert!(modulation(&[1.0, 2.0]).is_err());
    }
}
