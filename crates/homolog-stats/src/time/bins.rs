//! Samples of a recording averaged within time bins.

use ndarray::{Array3, ArrayView3, Axis};

use crate::StatsError;
use crate::finite::{require_count, require_same_length};

const OPERATION: &str = "means in time bins";

/// From `start_ms` up to, but not including, `end_ms`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeBin {
    /// Its beginning.
    pub start_ms: f64,
    /// Its end.
    pub end_ms: f64,
}

/// The mean over the samples within each time bin.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_units, n_samples); `times_ms`: one for each sample.
/// - returns: (n_stimuli, n_units, n_bins).
///
/// # Errors
/// - [`StatsError::OutOfRange`] for a bin of no length, one that ends before it starts, or a time that is not finite.
/// - [`StatsError::Missing`] names a bin without a sample.
/// - [`StatsError::NotFinite`] names the first value that is not finite by stimulus (row) and unit (column).
/// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] without a bin.
///
/// # Reference
/// The arithmetic mean; Brain-Score's `time_bin_start` and `time_bin_end` have the same half-open bins.
pub fn mean_in_time_bins(
    responses: ArrayView3<'_, f64>,
    times_ms: &[f64],
    bins: &[TimeBin],
) -> Result<Array3<f64>, StatsError> {
    let (n_stimuli, n_units, n_samples) = responses.dim();
    require_same_length(OPERATION, "samples", ("the responses", n_samples), ("the times", times_ms.len()))?;
    require_count(OPERATION, "time bins", bins.len(), 1)?;
    let out_of_range =
        |parameter, value, allowed| StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed };
    if let Some(&time) = times_ms.iter().find(|time| !time.is_finite()) {
        return Err(out_of_range("the time of a sample", time, "finite"));
    }
    if let Some(((row, column, _), &value)) = responses.indexed_iter().find(|(_, value)| !value.is_finite()) {
        return Err(StatsError::NotFinite { operation: OPERATION, what: "responses", row, column, value });
    }
    let mut means = Array3::zeros((n_stimuli, n_units, bins.len()));
    for (index, bin) in bins.iter().enumerate() {
        let length = bin.end_ms - bin.start_ms;
        if !(length > 0.0 && length.is_finite()) {
            return Err(out_of_range("the length of a time bin in ms", length, "above 0 and finite"));
        }
        let within: Vec<usize> =
            (0..n_samples).filter(|&at| times_ms[at] >= bin.start_ms && times_ms[at] < bin.end_ms).collect();
        if within.is_empty() {
            return Err(StatsError::Missing {
                operation: OPERATION,
                what: "time bin",
                index,
                missing: "sample",
                advice: "Make it longer, or leave it out",
            });
        }
        let sum = responses.select(Axis(2), &within).sum_axis(Axis(2));
        means.index_axis_mut(Axis(2), index).assign(&(sum / within.len() as f64));
    }
    Ok(means)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bin_holds_its_start_and_not_its_end() {
        let responses = Array3::from_shape_fn((2, 1, 4), |(stimulus, _, sample)| (10 * stimulus + sample) as f64);
        let bins = [TimeBin { start_ms: 0.0, end_ms: 20.0 }, TimeBin { start_ms: 20.0, end_ms: 40.0 }];
        let found = mean_in_time_bins(responses.view(), &[0.0, 10.0, 20.0, 30.0], &bins).unwrap();
        assert_eq!(found, ndarray::array![[[0.5, 2.5]], [[10.5, 12.5]]]);
    }

    #[test]
    fn bin_of_no_length_and_bin_without_a_sample_are_refused() {
        let responses = Array3::zeros((2, 1, 2));
        let of = |start_ms, end_ms| mean_in_time_bins(responses.view(), &[0.0, 10.0], &[TimeBin { start_ms, end_ms }]);
        assert!(matches!(of(5.0, 5.0), Err(StatsError::OutOfRange { value: 0.0, .. })));
        assert!(matches!(of(2.0, 8.0), Err(StatsError::Missing { index: 0, .. })));
    }
}
