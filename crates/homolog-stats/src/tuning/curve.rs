//! A response curve: its checks, its peak between samples, and where it falls below a height.

use crate::StatsError;
use crate::finite::{require_count, require_finite_vector, require_same_length};

/// Passes when responses are at least `needed`, finite, not below 0, and not all 0.
pub(super) fn require_responses(operation: &'static str, responses: &[f64], needed: usize) -> Result<(), StatsError> {
    require_count(operation, "responses", responses.len(), needed)?;
    require_finite_vector(operation, "responses", responses)?;
    if let Some(column) = responses.iter().position(|response| *response < 0.0) {
        let value = responses[column];
        return Err(StatsError::Negative { operation, what: "responses", row: 0, column, value });
    }
    if responses.iter().all(|response| *response == 0.0) {
        let (parameter, allowed) = ("the largest response", "above 0: a unit that is silent has no tuning");
        return Err(StatsError::OutOfRange { operation, parameter, value: 0.0, allowed });
    }
    Ok(())
}

/// Passes when levels are as many as the responses, above 0 and rising.
pub(super) fn require_levels(operation: &'static str, levels: &[f64], responses: &[f64]) -> Result<(), StatsError> {
    require_same_length(operation, "levels", ("the stimulus", levels.len()), ("the response", responses.len()))?;
    require_finite_vector(operation, "levels", levels)?;
    let rising = levels.windows(2).all(|pair| pair[0] < pair[1]);
    match levels.first() {
        Some(first) if *first > 0.0 && rising => Ok(()),
        first => Err(StatsError::OutOfRange {
            operation,
            parameter: "the first level",
            value: first.copied().unwrap_or(f64::NAN),
            allowed: "above 0, and the levels after it rising",
        }),
    }
}

/// The position of the first of the highest.
pub(super) fn highest(responses: &[f64]) -> usize {
    let better = |best: usize, (at, response): (usize, &f64)| if *response > responses[best] { at } else { best };
    responses.iter().enumerate().fold(0, better)
}

/// The peak of the parabola through three equally spaced responses, the middle one no lower than the others: how far from the
/// middle, in steps, and how high. Through their logarithms where all are above 0, which is exact for a Gaussian curve.
pub(super) fn parabola_peak(before: f64, middle: f64, after: f64) -> (f64, f64) {
    let positive = before > 0.0 && middle > 0.0 && after > 0.0;
    let (left, centre, right) = if positive { (before.ln(), middle.ln(), after.ln()) } else { (before, middle, after) };
    let bend = left - 2.0 * centre + right;
    if bend >= 0.0 {
        return (0.0, middle);
    }
    let offset = (0.5 * (left - right) / bend).clamp(-0.5, 0.5);
    let height = centre - 0.25 * (left - right) * offset;
    (offset, if positive { height.exp() } else { height })
}

/// Where a line through two points reaches `height`.
pub(super) fn crossing(from: (f64, f64), to: (f64, f64), height: f64) -> f64 {
    from.0 + (to.0 - from.0) * (height - from.1) / (to.1 - from.1)
}
