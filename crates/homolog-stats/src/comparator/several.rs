//! Several model RDMs at once: what one explains beside the others.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use super::rank::mean_ranks;
use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::linear_algebra::{cholesky, product};
use crate::non_negative::non_negative_least_squares;
use crate::rdm;

/// Whether dissimilarities are used as they are or as ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scale {
    /// As they are: Pearson.
    Values,
    /// Their ranks over pairs, ties sharing the mean: Spearman.
    Ranks,
}

/// Which weights of model RDMs are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeightSign {
    /// Any real weight.
    Free,
    /// 0 or more: a weighted sum of RDMs then is the RDM of features weighted.
    NonNegative,
}

/// Correlation of a model RDM with each subject's RDM after both are freed of what the controls explain.
///
/// Both are regressed on the controls and a constant, over pairs; r of the residuals.
///
/// # Shapes and units
/// - `model`: (n_pairs), `subjects`: (n_subjects, n_pairs), `controls`: (n_controls, n_pairs); returns (n_subjects), from −1 to 1.
///
/// # Errors
/// - [`StatsError::Singular`] when the controls are linearly dependent (or one is constant).
/// - [`StatsError::ConstantPattern`] when nothing of an RDM is left after the controls.
/// - [`StatsError::ShapeMismatch`], [`StatsError::NotPairs`], [`StatsError::NotFinite`], [`StatsError::TooFew`] without controls.
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with residuals by NumPy's least squares (goldens/numpy/rsa). Deterministic.
///
/// # Reference
/// Fisher (1924). The distribution of the partial correlation coefficient. Metron 3:329.
pub fn partial_correlation(
    model: ArrayView1<'_, f64>,
    subjects: ArrayView2<'_, f64>,
    controls: ArrayView2<'_, f64>,
    scale: Scale,
) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "a partial correlation of RDMs";
    require_count(OPERATION, "control RDMs", controls.nrows(), 1)?;
    let models = model.insert_axis(Axis(0));
    check(OPERATION, models, subjects)?;
    check(OPERATION, controls, subjects)?;
    let controls = Regressors::new(OPERATION, centred(controls, scale))?;
    let left = controls.residuals(OPERATION, "model RDM", centred(models, scale))?;
    let right = controls.residuals(OPERATION, "RDM of subject", centred(subjects, scale))?;
    Ok(right.dot(&left.row(0)))
}

/// What several model RDMs explain together of one subject's RDM.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegressionRsa {
    /// (n_subjects, n_models): regression weights of z-scored dissimilarities.
    pub weights: Array2<f64>,
    /// (n_subjects): share of variance explained by all models together.
    pub r_squared: Array1<f64>,
    /// (n_subjects, n_models): what the share of variance falls by when a model is left out.
    pub unique_r_squared: Array2<f64>,
}

/// Regression of subjects' RDMs on several model RDMs at once.
///
/// Each RDM is z-scored over pairs (after ranking, with [`Scale::Ranks`]); least squares, weights free or non-negative.
///
/// # Shapes and units
/// - `models`: (n_models, n_pairs), `subjects`: (n_subjects, n_pairs).
///
/// # Errors
/// - [`StatsError::Singular`] when the models are linearly dependent.
/// - [`StatsError::ConstantPattern`] for a constant RDM; [`StatsError::ShapeMismatch`], [`StatsError::NotPairs`], [`StatsError::NotFinite`].
///
/// # Accuracy and randomness
/// f64; agrees to 1e-9 with NumPy's and SciPy's least squares (goldens/numpy/rsa). Deterministic.
///
/// # Reference
/// Proklova, Kaiser, Peelen (2016). Disentangling representations of object shape and object category. J Cogn Neurosci 28:680.
pub fn regression_rsa(
    models: ArrayView2<'_, f64>,
    subjects: ArrayView2<'_, f64>,
    scale: Scale,
    sign: WeightSign,
) -> Result<RegressionRsa, StatsError> {
    const OPERATION: &str = "a regression of RDMs";
    check(OPERATION, models, subjects)?;
    let models = unit_length(OPERATION, "model RDM", centred(models, scale))?;
    let subjects = unit_length(OPERATION, "RDM of subject", centred(subjects, scale))?;
    let n_models = models.nrows();
    let among = product(models.view(), models.t());
    let with = product(subjects.view(), models.t());
    let fit = |kept: &[usize], subject: usize| -> Result<(Array1<f64>, f64), StatsError> {
        let among = among.select(Axis(0), kept).select(Axis(1), kept);
        let with: Array1<f64> = kept.iter().map(|&model| with[[subject, model]]).collect();
        let weights = solve(OPERATION, &among, &with, sign)?;
        let explained = 2.0 * weights.dot(&with) - weights.dot(&among.dot(&weights));
        Ok((weights, explained))
    };
    let everything: Vec<usize> = (0..n_models).collect();
    let mut found = RegressionRsa {
        weights: Array2::zeros((subjects.nrows(), n_models)),
        r_squared: Array1::zeros(subjects.nrows()),
        unique_r_squared: Array2::zeros((subjects.nrows(), n_models)),
    };
    for subject in 0..subjects.nrows() {
        let (weights, explained) = fit(&everything, subject)?;
        found.weights.row_mut(subject).assign(&weights);
        found.r_squared[subject] = explained;
        for left_out in 0..n_models {
            let kept: Vec<usize> = (0..n_models).filter(|&model| model != left_out).collect();
            let without = if kept.is_empty() { 0.0 } else { fit(&kept, subject)?.1 };
            found.unique_r_squared[[subject, left_out]] = explained - without;
        }
    }
    Ok(found)
}

/// Weights w that minimise wᵀ A w − 2 bᵀ w.
pub(crate) fn solve(
    operation: &'static str,
    among: &Array2<f64>,
    with: &Array1<f64>,
    sign: WeightSign,
) -> Result<Array1<f64>, StatsError> {
    let singular = StatsError::Singular {
        operation,
        matrix: "the matrix of products of the RDMs",
        advice: "Leave out RDMs that are sums of others",
    };
    let factor = well_conditioned(among).ok_or(singular)?;
    Ok(match sign {
        WeightSign::Free => solve_by_factor(&factor, with),
        WeightSign::NonNegative => non_negative_least_squares(among, with),
    })
}

/// The Cholesky factor, unless a regressor is all but a sum of the others.
fn well_conditioned(among: &Array2<f64>) -> Option<Array2<f64>> {
    let factor = cholesky(among.view())?;
    let fits = factor.diag().iter().zip(among.diag()).all(|(left, own)| left * left > 1e-12 * own);
    fits.then_some(factor)
}

fn solve_by_factor(factor: &Array2<f64>, with: &Array1<f64>) -> Array1<f64> {
    let n = with.len();
    let mut solved = with.clone();
    for i in 0..n {
        let known: f64 = (0..i).map(|k| factor[[i, k]] * solved[k]).sum();
        solved[i] = (solved[i] - known) / factor[[i, i]];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| factor[[k, i]] * solved[k]).sum();
        solved[i] = (solved[i] - known) / factor[[i, i]];
    }
    solved
}

fn check(
    operation: &'static str,
    models: ArrayView2<'_, f64>,
    subjects: ArrayView2<'_, f64>,
) -> Result<(), StatsError> {
    require_same_length(
        operation,
        "pairs of stimuli",
        ("the model RDMs", models.ncols()),
        ("the subjects' RDMs", subjects.ncols()),
    )?;
    require_stimuli(operation, rdm::n_stimuli(models.ncols())?, 3)?;
    require_count(operation, "model RDMs", models.nrows(), 1)?;
    require_count(operation, "subjects", subjects.nrows(), 1)?;
    require_finite(operation, "the model RDMs", models)?;
    require_finite(operation, "the subjects' RDMs", subjects)
}

fn centred(rdms: ArrayView2<'_, f64>, scale: Scale) -> Array2<f64> {
    let mut rdms = rdms.to_owned();
    for mut row in rdms.rows_mut() {
        if scale == Scale::Ranks {
            let ranks = mean_ranks(&row.to_vec());
            row.assign(&Array1::from(ranks));
        }
        let mean = row.sum() / row.len() as f64;
        row -= mean;
    }
    rdms
}

fn unit_length(operation: &'static str, what: &'static str, mut rows: Array2<f64>) -> Result<Array2<f64>, StatsError> {
    for (index, mut row) in rows.rows_mut().into_iter().enumerate() {
        let length = row.dot(&row).sqrt();
        if length == 0.0 {
            return Err(StatsError::ConstantPattern { operation, what, index });
        }
        row /= length;
    }
    Ok(rows)
}

/// Control RDMs, ready to be taken out of others.
struct Regressors {
    rows: Array2<f64>,
    factor: Array2<f64>,
}

impl Regressors {
    fn new(operation: &'static str, rows: Array2<f64>) -> Result<Self, StatsError> {
        let among = product(rows.view(), rows.t());
        let factor = well_conditioned(&among).ok_or(StatsError::Singular {
            operation,
            matrix: "the matrix of products of the control RDMs",
            advice: "Leave out controls that are constant or sums of others",
        })?;
        Ok(Self { rows, factor })
    }

    /// What is left of each row, scaled to length 1.
    fn residuals(
        &self,
        operation: &'static str,
        what: &'static str,
        mut rows: Array2<f64>,
    ) -> Result<Array2<f64>, StatsError> {
        for (index, mut row) in rows.rows_mut().into_iter().enumerate() {
            let before = row.dot(&row);
            let weights = solve_by_factor(&self.factor, &self.rows.dot(&row));
            row -= &self.rows.t().dot(&weights);
            let left = row.dot(&row);
            if left <= 1e-20 * before {
                return Err(StatsError::ConstantPattern { operation, what, index });
            }
            row /= left.sqrt();
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::stack;

    fn random(n: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        Array2::from_shape_simple_fn((n, 28), || rng.uniform())
    }

    #[test]
    fn partial_correlation_equals_the_formula_of_three_correlations() {
        let (model, subject, control) = (random(1, 1), random(1, 2), random(1, 3));
        let r = |a: &Array2<f64>, b: &Array2<f64>| {
            super::super::compare_rdms(a.view(), b.view(), super::super::Comparator::Pearson).unwrap()[[0, 0]]
        };
        let (xy, xz, yz) = (r(&model, &subject), r(&model, &control), r(&subject, &control));
        let expected = (xy - xz * yz) / ((1.0 - xz * xz) * (1.0 - yz * yz)).sqrt();
        let found = partial_correlation(model.row(0), subject.view(), control.view(), Scale::Values).unwrap()[0];
        assert!((found - expected).abs() < 1e-12);
    }

    #[test]
    fn control_that_is_the_model_leaves_nothing() {
        let model = random(1, 4);
        let found = partial_correlation(model.row(0), random(2, 5).view(), model.view(), Scale::Values);
        assert!(matches!(found, Err(StatsError::ConstantPattern { .. })));
    }

    #[test]
    fn regression_finds_the_weights_of_a_sum_and_forbids_negative_ones() {
        let models = random(2, 6);
        let subject = (&models.row(0) * 2.0 - models.row(1)).insert_axis(Axis(0));
        let free = regression_rsa(models.view(), subject.view(), Scale::Values, WeightSign::Free).unwrap();
        assert!((free.r_squared[0] - 1.0).abs() < 1e-12 && free.weights[[0, 1]] < 0.0);
        let bound = regression_rsa(models.view(), subject.view(), Scale::Values, WeightSign::NonNegative).unwrap();
        assert_eq!(bound.weights[[0, 1]], 0.0);
        assert!(bound.r_squared[0] < free.r_squared[0] && bound.unique_r_squared[[0, 1]].abs() < 1e-12);
    }

    #[test]
    fn model_given_twice_is_refused() {
        let model = random(1, 7);
        let twice = stack![Axis(0), model.row(0), model.row(0)];
        let found = regression_rsa(twice.view(), random(1, 8).view(), Scale::Values, WeightSign::Free);
        assert!(matches!(found, Err(StatsError::Singular { .. })));
    }
}
