//! The mean of a time course over subjects, with its interval.

use ndarray::ArrayView2;

use crate::StatsError;
use crate::finite::{require_count, require_finite};
use crate::inference::distribution::student_t_quantile;

const OPERATION: &str = "the mean of a time course";

/// The mean over subjects at one point.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MeanInterval {
    /// Mean over subjects.
    pub mean: f64,
    /// mean ± t · s / √n, with n − 1 degrees of freedom, for this point alone; `None` with one subject.
    pub interval: Option<(f64, f64)>,
}

/// The mean over subjects at each point, with the interval of Student's t.
///
/// # Shapes and units
/// - `values`: (n_subjects, n_points), in any unit; `confidence`: share of experiments whose interval holds the mean, such as 0.95.
///
/// # Errors
/// [`StatsError::TooFew`] without a subject or a point; [`StatsError::NotFinite`]; [`StatsError::OutOfRange`] for a confidence that is not between 0 and 1.
///
/// # Edge cases
/// An interval is that of one point: over many points some do not hold their mean. [`super::sign_flip_cluster_test`] is over all.
///
/// # Reference
/// Student (1908). The probable error of a mean. Biometrika 6:1.
pub fn mean_over_subjects(values: ArrayView2<'_, f64>, confidence: f64) -> Result<Vec<MeanInterval>, StatsError> {
    let (n_subjects, n_points) = values.dim();
    require_count(OPERATION, "subjects", n_subjects, 1)?;
    require_count(OPERATION, "points", n_points, 1)?;
    require_finite(OPERATION, "the values of subjects", values)?;
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the confidence",
            value: confidence,
            allowed: "between 0 and 1",
        });
    }
    let n = n_subjects as f64;
    let width = (n_subjects > 1).then(|| student_t_quantile((1.0 - confidence) / 2.0, n - 1.0));
    let of_point = |column: ndarray::ArrayView1<'_, f64>| {
        let mean = column.sum() / n;
        let interval = width.map(|width| {
            let half = width * column.var(1.0).max(0.0).sqrt() / n.sqrt();
            (mean - half, mean + half)
        });
        MeanInterval { mean, interval }
    };
    Ok(values.columns().into_iter().map(of_point).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn interval_of_three_subjects_is_the_hand_worked_one() {
        // 1, 2, 3: mean 2, s 1; t of 2 degrees of freedom at 97.5% is 4.302653.
        let found = mean_over_subjects(array![[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]].view(), 0.95).unwrap();
        let (low, high) = found[0].interval.unwrap();
        assert!((found[0].mean - 2.0).abs() < 1e-15);
        assert!((high - 2.0 - 4.302_652_729_911_275 / 3f64.sqrt()).abs() < 1e-9 && (low + high - 4.0).abs() < 1e-12);
        assert_eq!(found[1].interval, Some((5.0, 5.0)));
    }

    #[test]
    fn one_subject_has_no_interval_and_a_confidence_of_one_is_refused() {
        assert_eq!(mean_over_subjects(array![[1.0]].view(), 0.95).unwrap()[0].interval, None);
        assert!(mean_over_subjects(array![[1.0], [2.0]].view(), 1.0).is_err());
        assert!(mean_over_subjects(ndarray::Array2::zeros((2, 0)).view(), 0.95).is_err());
    }
}
