//! Contrast response.

use super::curve::require_levels;
use crate::StatsError;
use crate::finite::{require_count, require_finite_vector};

/// Points along each side of the grid that is searched, and how often it is made narrower around the best of them.
const GRID: usize = 13;
const ROUNDS: usize = 36;

/// A fitted hyperbolic ratio, R(c) = baseline + r_max cⁿ / (cⁿ + c50ⁿ).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NakaRushton {
    /// Response without contrast.
    pub baseline: f64,
    /// What an unlimited contrast would add.
    pub r_max: f64,
    /// The contrast at which half of it is reached.
    pub c50: f64,
    /// The exponent.
    pub n: f64,
    /// Share of the responses' variance that the curve explains.
    pub r_squared: f64,
    /// Whether c50 is among the contrasts that were shown; where it is not, c50 and r_max are bounds of the search and no
    /// measurements: the unit does not saturate.
    pub saturates: bool,
}

impl NakaRushton {
    /// The response to a contrast.
    pub fn response(&self, contrast: f64) -> f64 {
        self.baseline + self.r_max * share(contrast, self.c50, self.n)
    }
}

/// cⁿ / (cⁿ + c50ⁿ).
fn share(contrast: f64, c50: f64, n: f64) -> f64 {
    if contrast <= 0.0 { 0.0 } else { 1.0 / (1.0 + (c50 / contrast).powf(n)) }
}

/// The hyperbolic ratio with the least sum of squared errors, its baseline given.
///
/// r_max follows from c50 and n in closed form; these two are searched over log c50 and log n, c50 from a tenth of the least
/// contrast to ten times the greatest, n from 0.2 to 10, on a grid that is narrowed around its best point.
///
/// # Shapes and units
/// - `contrasts`: rising, above 0, at least 4, as shares (1 is full contrast) or per cent.
/// - `responses`: one for each.
/// - `baseline`: the response to a blank.
///
/// # Errors
/// [`StatsError::TooFew`]; [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] for contrasts that do not rise from above 0 or
/// for a unit that contrast does not excite; [`StatsError::ShapeMismatch`].
///
/// # Reference
/// Naka K I, Rushton W A H (1966). J Physiol 185:536. Albrecht D G, Hamilton D B (1982). Striate cortex of monkey and cat:
/// contrast response function. J Neurophysiol 48:217, equation (3).
pub fn fit_naka_rushton(contrasts: &[f64], responses: &[f64], baseline: f64) -> Result<NakaRushton, StatsError> {
    const OPERATION: &str = "a contrast-response function";
    require_count(OPERATION, "contrasts", responses.len(), 4)?;
    require_finite_vector(OPERATION, "responses", responses)?;
    require_levels(OPERATION, contrasts, responses)?;
    let (least, greatest) = (contrasts[0], contrasts[contrasts.len() - 1]);
    let (low, high) = ([(least / 10.0).ln(), 0.2_f64.ln()], [(greatest * 10.0).ln(), 10_f64.ln()]);
    let cost = |point: [f64; 2]| least_squares(contrasts, responses, baseline, point[0].exp(), point[1].exp());
    let mut centre = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    let mut half = [0.5 * (high[0] - low[0]), 0.5 * (high[1] - low[1])];
    let mut best = (f64::INFINITY, 0.0, centre);
    for _ in 0..ROUNDS {
        let along = |axis: usize, step: usize| {
            let share = 2.0 * step as f64 / (GRID - 1) as f64 - 1.0;
            (centre[axis] + share * half[axis]).clamp(low[axis], high[axis])
        };
        for place in 0..GRID * GRID {
            let point = [along(0, place / GRID), along(1, place % GRID)];
            let (error, r_max) = cost(point);
            if error < best.0 {
                best = (error, r_max, point);
            }
        }
        centre = best.2;
        half = half.map(|side| side * 0.55);
    }
    let (error, r_max, [c50, n]) = (best.0, best.1, best.2.map(f64::exp));
    if r_max <= 0.0 {
        let (parameter, allowed) = ("the response that contrast adds", "above 0 for some contrast");
        return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value: r_max, allowed });
    }
    let mean = responses.iter().sum::<f64>() / responses.len() as f64;
    let spread: f64 = responses.iter().map(|response| (response - mean).powi(2)).sum();
    let r_squared = if spread > 0.0 { 1.0 - error / spread } else { 0.0 };
    Ok(NakaRushton { baseline, r_max, c50, n, r_squared, saturates: (least..=greatest).contains(&c50) })
}

/// The sum of squared errors with the best r_max that is not below 0, and that r_max.
fn least_squares(contrasts: &[f64], responses: &[f64], baseline: f64, c50: f64, n: f64) -> (f64, f64) {
    let shares = contrasts.iter().map(|contrast| share(*contrast, c50, n));
    let (mut product, mut square) = (0.0, 0.0);
    for (share, response) in shares.clone().zip(responses) {
        product += share * (response - baseline);
        square += share * share;
    }
    let r_max = if square > 0.0 { (product / square).max(0.0) } else { 0.0 };
    let error = shares.zip(responses).map(|(share, response)| (response - baseline - r_max * share).powi(2)).sum();
    (error, r_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planted_parameters_are_recovered() {
        let contrasts = [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.0];
        for (baseline, r_max, c50, n) in [(0.0, 1.0, 0.2, 2.0), (3.0, 40.0, 0.07, 1.3), (-1.0, 0.01, 0.5, 3.5)] {
            let planted = NakaRushton { baseline, r_max, c50, n, r_squared: 1.0, saturates: true };
            let responses: Vec<f64> = contrasts.iter().map(|c| planted.response(*c)).collect();
            let found = fit_naka_rushton(&contrasts, &responses, baseline).unwrap();
            assert!((found.c50 / c50 - 1.0).abs() < 1e-4, "{found:?}");
            assert!((found.n / n - 1.0).abs() < 1e-4, "{found:?}");
            assert!((found.r_max / r_max - 1.0).abs() < 1e-4, "{found:?}");
            assert!(found.saturates && found.r_squared > 0.999_999);
        }
    }

    #[test]
    fn a_line_does_not_saturate_and_a_suppressed_unit_has_no_fit() {
        let contrasts = [0.1, 0.2, 0.4, 0.8];
        let line = fit_naka_rushton(&contrasts, &contrasts, 0.0).unwrap();
        assert!(!line.saturates && (line.n - 1.0).abs() < 0.1, "{line:?}");
        assert!(fit_naka_rushton(&contrasts, &[0.0, -1.0, -2.0, -3.0], 0.0).is_err());
        assert!(fit_naka_rushton(&[0.0, 0.1, 0.2, 0.3], &[1.0; 4], 0.0).is_err());
    }
}
