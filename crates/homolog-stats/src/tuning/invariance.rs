//! Invariance of a unit's preference to transformations of its stimuli.

use ndarray::{ArrayView2, Axis};

use crate::StatsError;
use crate::comparator::mean_ranks;
use crate::finite::{require_count, require_finite};

/// How much of a unit's preference stays when its stimuli are transformed.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariance {
    /// Spearman correlation, over objects, of the responses under each transformation with those under the reference; none
    /// where either is the same for all objects.
    pub rank_correlations: Vec<Option<f64>>,
    /// Mean of the correlations with transformations other than the reference; none where there is none.
    pub mean_rank_correlation: Option<f64>,
    /// For the object that drives the unit most at the reference: its response under each transformation as a share of its
    /// largest.
    pub retained: Vec<f64>,
    /// Mean of those shares.
    pub mean_retained: f64,
}

/// Invariance of responses to objects under transformations of one kind.
///
/// # Shapes and units
/// - `responses`: (n_objects, n_transformations), above the response to a blank; at least 3 objects and 2 transformations.
/// - `reference`: the transformation that the others are compared with.
///
/// # Errors
/// [`StatsError::TooFew`]; [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] where the reference does not exist or the best
/// object has no response above 0.
///
/// # Reference
/// Ito M, Tamura H, Fujita I, Tanaka K (1995). Size and position invariance of neuronal responses in monkey inferotemporal
/// cortex. J Neurophysiol 73:218 (response retained). DiCarlo J J, Cox D D (2007). Trends Cogn Sci 11:333 (preserved order).
pub fn invariance(responses: ArrayView2<'_, f64>, reference: usize) -> Result<Invariance, StatsError> {
    const OPERATION: &str = "invariance";
    require_count(OPERATION, "objects", responses.nrows(), 3)?;
    require_count(OPERATION, "transformations", responses.ncols(), 2)?;
    require_finite(OPERATION, "responses", responses)?;
    if reference >= responses.ncols() {
        let value = reference as f64;
        let (parameter, allowed) = ("the reference", "one of the transformations");
        return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed });
    }
    let ranks: Vec<Vec<f64>> = responses.axis_iter(Axis(1)).map(|column| mean_ranks(&column.to_vec())).collect();
    let rank_correlations: Vec<Option<f64>> = ranks.iter().map(|one| correlation(one, &ranks[reference])).collect();
    let others =
        rank_correlations.iter().enumerate().filter(|(at, _)| *at != reference).filter_map(|(_, value)| *value);
    let others: Vec<f64> = others.collect();
    let best = super::curve::highest(&responses.column(reference).to_vec());
    let row = responses.row(best);
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest <= 0.0 {
        let (parameter, allowed) = ("the largest response to the best object", "above 0");
        return Err(StatsError::OutOfRange { operation: OPERATION, parameter, value: largest, allowed });
    }
    let retained: Vec<f64> = row.iter().map(|response| response / largest).collect();
    Ok(Invariance {
        mean_rank_correlation: (!others.is_empty()).then(|| others.iter().sum::<f64>() / others.len() as f64),
        rank_correlations,
        mean_retained: retained.iter().sum::<f64>() / retained.len() as f64,
        retained,
    })
}

/// Pearson's correlation; none where either does not vary.
fn correlation(left: &[f64], right: &[f64]) -> Option<f64> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (left_mean, right_mean) = (mean(left), mean(right));
    let (mut product, mut left_square, mut right_square) = (0.0, 0.0, 0.0);
    for (a, b) in left.iter().zip(right) {
        product += (a - left_mean) * (b - right_mean);
        left_square += (a - left_mean).powi(2);
        right_square += (b - right_mean).powi(2);
    }
    let scale: f64 = (left_square * right_square).sqrt();
    (scale > 0.0).then(|| (product / scale).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_scaled_copy_keeps_its_order_and_loses_its_height() {
        let responses = array![[4.0, 2.0, 0.0], [2.0, 1.0, 0.0], [1.0, 0.5, 0.0]];
        let found = invariance(responses.view(), 0).unwrap();
        assert_eq!(found.rank_correlations, [Some(1.0), Some(1.0), None]);
        assert_eq!(found.mean_rank_correlation, Some(1.0));
        assert_eq!(found.retained, [1.0, 0.5, 0.0]);
        assert_eq!(found.mean_retained, 0.5);
    }

    #[test]
    fn a_reversed_order_is_an_opposite_preference() {
        let responses = array![[3.0, 1.0], [2.0, 2.0], [1.0, 3.0]];
        assert_eq!(invariance(responses.view(), 0).unwrap().mean_rank_correlation, Some(-1.0));
        assert!(invariance(responses.view(), 2).is_err());
        assert!(invariance(array![[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]].view(), 0).is_err());
    }
}
