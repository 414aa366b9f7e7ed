//! From a score per unit and split to one number.

use ndarray::ArrayView2;

use crate::error::StatsError;
use crate::finite::require_count;

/// One number over splits, with its error.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Mean over splits.
    pub value: f64,
    /// Standard deviation over splits (ddof 0) divided by the square root of their number.
    pub error: f64,
    /// The value of each split.
    pub of_splits: Vec<f64>,
}

/// Brain-Score's aggregation: in each split the median over units, then the mean over splits.
///
/// value = mean_s median_u r(s, u); error = std_s(ddof 0) / √n_splits.
/// Convention: the median of an even number is the mean of the middle two; NaN marks a score that is undefined and is left out of
/// the median (NumPy's `nanmedian`).
///
/// # Shapes and units
/// - `scores`: (n_splits, n_units).
///
/// # Errors
/// - [`StatsError::TooFew`] when there is no split, or a split has no defined score.
///
/// # Example
/// ```
/// use homolog_stats::encoding::median_over_units_mean_over_splits;
/// let scores = ndarray::array![[0.1, 0.5, 0.3], [0.2, 0.9, 0.7]];
/// let found = median_over_units_mean_over_splits(scores.view())?;
/// assert_eq!((found.value, found.of_splits), (0.5, vec![0.3, 0.7]));
/// assert!((found.error - 0.2 / 2_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Schrimpf et al. (2018). Brain-Score. bioRxiv 407007.
pub fn median_over_units_mean_over_splits(scores: ArrayView2<'_, f64>) -> Result<Aggregate, StatsError> {
    const OPERATION: &str = "the aggregate of scores";
    require_count(OPERATION, "splits", scores.nrows(), 1)?;
    let median = |row: ndarray::ArrayView1<'_, f64>| {
        let defined = row.iter().copied().filter(|value| !value.is_nan()).collect();
        median(defined).ok_or(StatsError::TooFew {
            operation: OPERATION,
            what: "units that have a score (none is where responses or predictions are constant over the test stimuli)",
            found: 0,
            needed: 1,
        })
    };
    let of_splits = scores.outer_iter().map(median).collect::<Result<Vec<f64>, _>>()?;
    Ok(Aggregate::of(of_splits))
}

impl Aggregate {
    fn of(of_splits: Vec<f64>) -> Self {
        let n = of_splits.len() as f64;
        let value = of_splits.iter().sum::<f64>() / n;
        let variance = of_splits.iter().map(|x| (x - value) * (x - value)).sum::<f64>() / n;
        Self { value, error: (variance / n).sqrt(), of_splits }
    }
}

/// The middle value, or the mean of the middle two; `None` of nothing.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_scores_are_left_out_of_the_median() {
        let scores = ndarray::array![[f64::NAN, 0.4, 0.2, 0.9], [0.1, 0.4, f64::NAN, f64::NAN]];
        let found = median_over_units_mean_over_splits(scores.view()).unwrap();
        assert_eq!(found.of_splits, [0.4, 0.25]);
    }

    #[test]
    fn split_without_a_defined_score_is_refused() {
        let scores = ndarray::array![[f64::NAN]];
        assert!(median_over_units_mean_over_splits(scores.view()).is_err());
    }
}
