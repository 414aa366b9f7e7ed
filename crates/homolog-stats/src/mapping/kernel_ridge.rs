//! Ridge regression on a kernel between stimuli.

use ndarray::{Array2, ArrayView2, Axis};

use super::kernel::Kernel;
use super::predictors::{Predictors, Side};
use super::ridge::spectrum::Spectrum;
use super::ridge::{RidgeOptions, RidgePrediction, fit_spectrum};
use super::{Intercept, check_targets};
use crate::error::StatsError;
use crate::splits::Split;

const OPERATION: &str = "kernel ridge regression";

/// What kernel ridge regression is fitted with.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelRidgeOptions {
    /// How alike stimuli are.
    pub kernel: Kernel,
    /// Penalties, and how one is chosen.
    pub ridge: RidgeOptions,
    /// Whether kernel and targets are centred by the training part ([`Intercept::Fitted`]); himalaya's default is not to.
    pub intercept: Intercept,
}

/// Kernel ridge regression of a set of targets, asked for the predictions of any split.
///
/// For each target the weights w of the training stimuli that minimise ‖y − K w‖² + α wᵀ K w; a test stimulus is predicted by K_test w.
/// With the linear kernel this is ridge regression; one eigendecomposition of the training part serves all penalties, folds and targets.
///
/// # Reference
/// Saunders, Gammerman, Vovk (1998). Ridge regression learning algorithm in dual variables. ICML. Equation (5).
#[derive(Debug, Clone)]
pub struct PreparedKernelRidge<'a> {
    predictors: &'a Predictors,
    targets: ArrayView2<'a, f64>,
    intercept: Intercept,
    source: Source,
}

/// What a split is decomposed from.
#[derive(Debug, Clone)]
enum Source {
    /// The predictors themselves: a linear kernel with an intercept.
    Predictors,
    /// Features as they came: a linear kernel without an intercept, and no more features than stimuli.
    Features(Array2<f64>),
    Kernel(Array2<f64>),
}

impl<'a> PreparedKernelRidge<'a> {
    /// Makes the kernel between all stimuli, where it is not linear.
    ///
    /// # Shapes and units
    /// - `targets`: (n_stimuli, n_targets), any real unit.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`], [`StatsError::TooFew`] and [`StatsError::NotFinite`] as [`super::ridge::PreparedRidge::new`].
    /// - Those of [`Kernel::between_stimuli`].
    pub fn new(
        predictors: &'a Predictors,
        targets: ArrayView2<'a, f64>,
        kernel: Kernel,
        intercept: Intercept,
    ) -> Result<Self, StatsError> {
        check_targets(OPERATION, predictors, targets)?;
        let source = match (kernel, intercept, &predictors.side) {
            (Kernel::Linear, Intercept::Fitted, _) => Source::Predictors,
            (Kernel::Linear, Intercept::None, Side::Features { features, means, .. }) => {
                Source::Features(features + means)
            }
            _ => Source::Kernel(kernel.between_stimuli(predictors)?),
        };
        Ok(Self { predictors, targets, intercept, source })
    }

    /// Predictions for the test stimuli of `split`, with penalties chosen from its training stimuli alone.
    ///
    /// # Errors
    /// As [`super::ridge::PreparedRidge::predict`].
    ///
    /// # Accuracy and randomness
    /// f64, deterministic. Agrees with himalaya 0.4.11 to 1e-8 (goldens/himalaya/kernel-ridge).
    pub fn predict(&self, split: &Split, options: &RidgeOptions) -> Result<RidgePrediction, StatsError> {
        options.check()?;
        split.check(self.predictors.n_stimuli())?;
        let (train, test) = (split.train.as_slice(), split.test.as_slice());
        let spectrum = match &self.source {
            Source::Predictors => Spectrum::of(self.predictors, train, test)?,
            Source::Features(features) => Spectrum::of_uncentred_features(features.view(), train, test)?,
            Source::Kernel(kernel) => Spectrum::of_kernel(kernel.view(), train, test, self.intercept)?,
        };
        fit_spectrum(&spectrum, self.targets.select(Axis(0), train).view(), options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gram::Gram;
    use crate::mapping::ridge::{PenaltyChoice, PenaltyScope, PreparedRidge};
    use crate::random::normal_matrix;

    fn draw(n_rows: usize, n_columns: usize, seed: u64) -> Array2<f64> {
        normal_matrix(n_rows, n_columns, seed) + 0.5
    }

    fn split() -> Split {
        Split { train: (0..30).collect(), test: (30..36).collect() }
    }

    fn chosen() -> RidgeOptions {
        let penalties = vec![0.1, 1.0, 10.0, 100.0];
        RidgeOptions { penalties, choice: PenaltyChoice::HIMALAYA, scope: PenaltyScope::EachTarget }
    }

    fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
        (a - b).iter().fold(0.0, |most, d| d.abs().max(most))
    }

    #[test]
    fn linear_kernel_with_an_intercept_is_ridge_regression() {
        for n_features in [8, 50] {
            let (features, targets) = (draw(36, n_features, 1), draw(36, 3, 2));
            let predictors = Predictors::from_features(features.view()).unwrap();
            let ridge = PreparedRidge::new(&predictors, targets.view()).unwrap().predict(&split(), &chosen()).unwrap();
            let kernel = PreparedKernelRidge::new(&predictors, targets.view(), Kernel::Linear, Intercept::Fitted);
            assert_eq!(kernel.unwrap().predict(&split(), &chosen()).unwrap(), ridge);
        }
    }

    #[test]
    fn linear_kernel_by_features_equals_the_one_by_products() {
        let (features, targets) = (draw(36, 8, 3), draw(36, 3, 4));
        let by_features = Predictors::from_features(features.view()).unwrap();
        let by_gram = Predictors::from_gram(&Gram::of(features.view()).unwrap()).unwrap();
        let predict = |predictors: &Predictors| {
            let prepared =
                PreparedKernelRidge::new(predictors, targets.view(), Kernel::Linear, Intercept::None).unwrap();
            prepared.predict(&split(), &chosen()).unwrap()
        };
        let (one, other) = (predict(&by_features), predict(&by_gram));
        assert_eq!(one.penalties, other.penalties);
        assert!(largest_difference(&one.predicted, &other.predicted) < 1e-9);
    }

    #[test]
    fn polynomial_of_degree_two_predicts_a_product_of_features_that_a_line_cannot() {
        let features = draw(36, 2, 5);
        let targets = Array2::from_shape_fn((36, 1), |(row, _)| features[[row, 0]] * features[[row, 1]]);
        let predictors = Predictors::from_features(features.view()).unwrap();
        let error = |kernel| {
            let prepared = PreparedKernelRidge::new(&predictors, targets.view(), kernel, Intercept::Fitted).unwrap();
            let found = prepared.predict(&split(), &RidgeOptions::fixed(1e-6)).unwrap();
            largest_difference(&found.predicted, &targets.select(Axis(0), &split().test))
        };
        assert!(error(Kernel::Polynomial { degree: 2, gamma: None, offset: 1.0 }) < 1e-4);
        assert!(error(Kernel::Linear) > 0.1);
    }
}
