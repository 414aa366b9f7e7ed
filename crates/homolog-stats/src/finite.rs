//! The checks that every statistic makes before it computes: finite, agreeing in size, enough of everything.

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use crate::StatsError;

/// Passes when every value is finite; otherwise names the first that is not, row by row.
pub(crate) fn require_finite<A: Copy + Into<f64> + Sync + Send>(
    operation: &'static str,
    what: &'static str,
    values: ArrayView2<'_, A>,
) -> Result<(), StatsError> {
    let first = values.axis_iter(Axis(0)).into_par_iter().enumerate().find_map_first(|(row, line)| {
        // Counting reads at the speed of memory, which looking for a position does not.
        let n_bad = line.iter().filter(|&&value| !value.into().is_finite()).count();
        let at = if n_bad == 0 { None } else { line.iter().position(|&value| !value.into().is_finite()) }?;
        Some((row, at, line[at].into()))
    });
    match first {
        None => Ok(()),
        Some((row, column, value)) => Err(StatsError::NotFinite { operation, what, row, column, value }),
    }
}

/// Passes when every value of a vector is finite; the position is reported as the column of row 0.
pub(crate) fn require_finite_vector(
    operation: &'static str,
    what: &'static str,
    values: &[f64],
) -> Result<(), StatsError> {
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(()),
        Some(column) => Err(StatsError::NotFinite { operation, what, row: 0, column, value: values[column] }),
    }
}

/// Passes when two lengths along an axis agree.
pub(crate) fn require_same_length(
    operation: &'static str,
    axis: &'static str,
    left: (&'static str, usize),
    right: (&'static str, usize),
) -> Result<(), StatsError> {
    if left.1 == right.1 {
        return Ok(());
    }
    Err(StatsError::ShapeMismatch {
        operation,
        axis,
        left: left.0,
        left_len: left.1,
        right: right.0,
        right_len: right.1,
    })
}

/// Passes when there are at least `needed` stimuli.
pub(crate) fn require_stimuli(operation: &'static str, found: usize, needed: usize) -> Result<(), StatsError> {
    if found >= needed {
        return Ok(());
    }
    Err(StatsError::TooFewStimuli { operation, found, needed })
}

/// Passes when there are at least `needed` of something else.
pub(crate) fn require_count(
    operation: &'static str,
    what: &'static str,
    found: usize,
    needed: usize,
) -> Result<(), StatsError> {
    if found >= needed {
        return Ok(());
    }
    Err(StatsError::TooFew { operation, what, found, needed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn first_value_that_is_not_finite_is_named() {
        let values = array![[1.0, 2.0], [f64::NAN, f64::INFINITY]];
        let found = require_finite("a mean", "features", values.view());
        assert!(matches!(found, Err(StatsError::NotFinite { row: 1, column: 0, .. })));
    }

    #[test]
    fn unequal_lengths_are_both_reported() {
        let found = require_same_length("a score", "stimuli", ("the model", 92), ("the brain", 96));
        let words = found.unwrap_err().to_string();
        assert!(words.contains("92 stimuli") && words.contains("96"), "{words}");
    }
}
