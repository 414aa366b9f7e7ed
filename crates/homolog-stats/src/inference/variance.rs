//! How much scores would vary in another experiment, from bootstrap evaluations.

use ndarray::Array2;

use super::bootstrap::{BootstrapEvaluations, Resampling};

/// Variances of what is tested: each model, each difference of two models, and each model's distance from the ceilings.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreVariances {
    /// Variance of each model's score; (n_models).
    pub models: Vec<f64>,
    /// Variance of the difference of models i and j; (n_models, n_models), zero on the diagonal.
    pub differences: Array2<f64>,
    /// Variance of each model's distance from the lower ceiling; (n_models).
    pub from_lower_ceiling: Vec<f64>,
    /// Variance of each model's distance from the upper ceiling; (n_models).
    pub from_upper_ceiling: Vec<f64>,
}

/// The variances of scores that bootstrap evaluations imply for new subjects, new stimuli, or both.
///
/// One factor with n levels: s² n / (n − 1), because a bootstrap of n levels varies by (n − 1)/n of what it should.
/// Both factors, with a = n_s/(n_s − 1), b = n_p/(n_p − 1) and the variances v of the three bootstraps:
/// a v_subjects + b v_stimuli − a b (v_both − v_subjects − v_stimuli), because the plain two-factor bootstrap counts the noise of single
/// measurements three times; kept between the larger one-factor variance and v_both.
///
/// # Shapes and units
/// Evaluations as [`super::evaluate_draws`] gives them; `None` when they lack the resampling asked for.
///
/// # Errors
/// None.
///
/// # Accuracy and randomness
/// As rsatoolbox 0.3.2's `extract_variances` (goldens/rsatoolbox/bootstrap). Deterministic.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566. Equations 9 to 12.
pub fn score_variances(
    evaluations: &BootstrapEvaluations,
    resampling: Resampling,
    n_subjects: usize,
    n_stimuli: usize,
) -> Option<ScoreVariances> {
    let covariances = match resampling {
        Resampling::Subjects => vec![evaluations.subjects.as_ref()?.covariance.clone()],
        Resampling::Stimuli => vec![evaluations.stimuli.as_ref()?.covariance.clone()],
        Resampling::Both => [&evaluations.both, &evaluations.subjects, &evaluations.stimuli]
            .into_iter()
            .map(|kind| kind.as_ref().map(|evaluations| evaluations.covariance.clone()))
            .collect::<Option<Vec<_>>>()?,
    };
    let inflation = |n: usize| n as f64 / (n as f64 - 1.0);
    let (by_subjects, by_stimuli) = (inflation(n_subjects), inflation(n_stimuli));
    let combine = |contrast: &dyn Fn(&Array2<f64>) -> f64| {
        let raw: Vec<f64> = covariances.iter().map(contrast).collect();
        match (resampling, raw.as_slice()) {
            (Resampling::Subjects, [v]) => by_subjects * v,
            (Resampling::Stimuli, [v]) => by_stimuli * v,
            (_, [both, subjects, stimuli]) => two_factor(*both, by_subjects, *subjects, by_stimuli, *stimuli),
            _ => f64::NAN,
        }
    };
    let n_models = covariances.first()?.nrows().saturating_sub(2);
    let of_difference = |i: usize, j: usize| combine(&|c| c[[i, i]] + c[[j, j]] - 2.0 * c[[i, j]]);
    Some(ScoreVariances {
        models: (0..n_models).map(|m| combine(&|c| c[[m, m]])).collect(),
        differences: Array2::from_shape_fn(
            (n_models, n_models),
            |(i, j)| {
                if i == j { 0.0 } else { of_difference(i, j) }
            },
        ),
        from_lower_ceiling: (0..n_models).map(|m| of_difference(m, n_models)).collect(),
        from_upper_ceiling: (0..n_models).map(|m| of_difference(m, n_models + 1)).collect(),
    })
}

fn two_factor(both: f64, by_subjects: f64, subjects: f64, by_stimuli: f64, stimuli: f64) -> f64 {
    let interaction = both - subjects - stimuli;
    let combined = by_subjects * subjects + by_stimuli * stimuli - by_subjects * by_stimuli * interaction;
    combined.max(by_subjects * subjects).max(by_stimuli * stimuli).min(both)
}

#[cfg(test)]
mod tests {
    use super::super::Evaluations;
    use super::*;
    use ndarray::array;

    #[test]
    fn one_factor_variance_is_inflated_by_its_levels() {
        let subjects = Evaluations::plain(array![[0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0]]);
        let evaluations = BootstrapEvaluations { both: None, subjects: Some(subjects), stimuli: None };
        // Variance 2 of the first model; 5 subjects: 2 * 5 / 4.
        let found = score_variances(&evaluations, Resampling::Subjects, 5, 10).unwrap();
        assert_eq!(found.models, [2.5, 0.0]);
        assert_eq!(found.differences[[0, 1]], 2.5);
        assert_eq!(found.from_lower_ceiling, [2.5, 0.0]);
        assert_eq!(score_variances(&evaluations, Resampling::Both, 5, 10), None);
    }

    #[test]
    fn two_factor_variance_takes_the_interaction_off() {
        // a = 5/4, b = 10/9: 1.25 * 2 + 10/9 * 3 - 25/18 * (6 - 5) = 4.4444…
        let found = two_factor(6.0, 1.25, 2.0, 10.0 / 9.0, 3.0);
        assert!((found - (2.5 + 30.0 / 9.0 - 25.0 / 18.0)).abs() < 1e-12);
        // Never below the larger single factor, never above the plain bootstrap of both.
        assert_eq!(two_factor(4.0, 1.25, 2.0, 10.0 / 9.0, 3.0), 4.0);
    }
}
