//! Principal components of a training part, by whichever side of the predictors is there.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::OPERATION;
use crate::error::StatsError;
use crate::finite::require_stimuli;
use crate::linear_algebra::symmetric_eigen;
use crate::mapping::Intercept;
use crate::mapping::pls::mean_of_rows;
use crate::mapping::predictors::{Predictors, Side};
use crate::mapping::products::{product, transpose_times_self};

/// Scores of the training and the test part on the principal components of the training part.
pub(crate) struct Spectrum {
    /// Squared length of each component's training scores, from least to greatest.
    pub(crate) eigenvalues: Array1<f64>,
    /// B, with Bᵀ B = diag(eigenvalues): (n_train, n_components).
    pub(crate) train_scores: Array2<f64>,
    /// (n_test, n_components).
    pub(crate) test_scores: Array2<f64>,
    /// Whether both parts are centred by the training part.
    pub(crate) intercept: Intercept,
}

impl Spectrum {
    /// Of linear features, with an intercept.
    pub(crate) fn of(predictors: &Predictors, train: &[usize], test: &[usize]) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, train.len(), 2)?;
        match &predictors.side {
            Side::Features { features, cross_products, .. } => of_features(features, cross_products, train, test),
            Side::Stimuli { gram, .. } => Self::of_kernel(gram.view(), train, test, Intercept::Fitted),
        }
    }

    /// Of a kernel between all stimuli.
    pub(crate) fn of_kernel(
        kernel: ArrayView2<'_, f64>,
        train: &[usize],
        test: &[usize],
        intercept: Intercept,
    ) -> Result<Self, StatsError> {
        let (products, cross) = kernel_parts(kernel, train, test, intercept);
        Self::of_kernel_parts(products, cross, intercept)
    }

    /// Eigenvectors U of K = X Xᵀ with eigenvalues Λ: training scores U √Λ, test scores K_test U / √Λ.
    pub(crate) fn of_kernel_parts(
        products: Array2<f64>,
        cross: Array2<f64>,
        intercept: Intercept,
    ) -> Result<Self, StatsError> {
        let (eigenvalues, vectors) = kept(symmetric_eigen(OPERATION, products.view())?, products.nrows());
        let roots = eigenvalues.mapv(f64::sqrt);
        Ok(Self {
            test_scores: product(cross.view(), vectors.view()) / &roots,
            train_scores: vectors * &roots,
            eigenvalues,
            intercept,
        })
    }

    /// Of linear features without an intercept: nothing is taken away.
    pub(crate) fn of_uncentred_features(
        features: ArrayView2<'_, f64>,
        train: &[usize],
        test: &[usize],
    ) -> Result<Self, StatsError> {
        let (trained, tested) = (features.select(Axis(0), train), features.select(Axis(0), test));
        if trained.nrows() < trained.ncols() {
            let cross = product(tested.view(), trained.t());
            return Self::of_kernel_parts(transpose_times_self(trained.t()), cross, Intercept::None);
        }
        let products = transpose_times_self(trained.view());
        let (eigenvalues, vectors) = kept(symmetric_eigen(OPERATION, products.view())?, train.len());
        Ok(Self {
            train_scores: product(trained.view(), vectors.view()),
            test_scores: product(tested.view(), vectors.view()),
            eigenvalues,
            intercept: Intercept::None,
        })
    }

    /// Bᵀ Y (n_components, n_targets).
    pub(crate) fn projections(&self, targets: ArrayView2<'_, f64>) -> Array2<f64> {
        product(self.train_scores.t(), targets)
    }

    /// Targets of the training part less what the intercept takes, and what it takes.
    pub(crate) fn centred_targets(&self, targets: ArrayView2<'_, f64>) -> (Array2<f64>, Vec<f64>) {
        let means = match self.intercept {
            Intercept::Fitted => mean_of_rows(targets, &(0..targets.nrows()).collect::<Vec<usize>>()),
            Intercept::None => vec![0.0; targets.ncols()],
        };
        (&targets - &ndarray::aview1(&means), means)
    }
}

/// The kernel within the training part, and from the test to the training part; centred by the training part with an intercept.
pub(crate) fn kernel_parts(
    kernel: ArrayView2<'_, f64>,
    train: &[usize],
    test: &[usize],
    intercept: Intercept,
) -> (Array2<f64>, Array2<f64>) {
    let rows_of = |positions: &[usize]| kernel.select(Axis(0), positions).select(Axis(1), train);
    let (mut products, mut cross) = (rows_of(train), rows_of(test));
    if intercept == Intercept::Fitted {
        let column_means = products.mean_axis(Axis(0)).unwrap_or_default();
        let grand = column_means.mean().unwrap_or(0.0);
        for matrix in [&mut products, &mut cross] {
            for mut row in matrix.outer_iter_mut() {
                let row_mean = row.mean().unwrap_or(0.0);
                row.iter_mut().zip(&column_means).for_each(|(value, mean)| *value += grand - row_mean - mean);
            }
        }
    }
    (products, cross)
}

/// With p features: eigenvectors V of the training part's centred Xᵀ X; scores are X V.
fn of_features(
    features: &Array2<f64>,
    whole: &Array2<f64>,
    train: &[usize],
    test: &[usize],
) -> Result<Spectrum, StatsError> {
    let mean = mean_of_rows(features.view(), train);
    let centred = |positions: &[usize]| features.select(Axis(0), positions) - ndarray::aview1(&mean);
    let (train_features, test_features) = (centred(train), centred(test));
    if train.len() < features.ncols() {
        let products = transpose_times_self(train_features.t());
        let cross = product(test_features.view(), train_features.t());
        return Spectrum::of_kernel_parts(products, cross, Intercept::Fitted);
    }
    let products = match 2 * train.len() > features.nrows() {
        true => down_dated(features, whole, &mean, train),
        false => transpose_times_self(train_features.view()),
    };
    let (eigenvalues, vectors) = kept(symmetric_eigen(OPERATION, products.view())?, train.len());
    Ok(Spectrum {
        train_scores: product(train_features.view(), vectors.view()),
        test_scores: product(test_features.view(), vectors.view()),
        eigenvalues,
        intercept: Intercept::Fitted,
    })
}

/// Xᵀ X over all stimuli, less those that are left out and less n μ μᵀ.
fn down_dated(features: &Array2<f64>, whole: &Array2<f64>, mean: &[f64], train: &[usize]) -> Array2<f64> {
    let mut is_trained = vec![false; features.nrows()];
    train.iter().for_each(|&position| is_trained[position] = true);
    let left_out: Vec<usize> = (0..features.nrows()).filter(|&position| !is_trained[position]).collect();
    let mut products = whole - &transpose_times_self(features.select(Axis(0), &left_out).view());
    let n_train = train.len() as f64;
    for (mut row, &feature_mean) in products.outer_iter_mut().zip(mean) {
        row.iter_mut().zip(mean).for_each(|(value, other)| *value -= n_train * feature_mean * other);
    }
    products
}

/// The directions that are there to working precision.
pub(crate) fn kept((values, vectors): (Array1<f64>, Array2<f64>), n_train: usize) -> (Array1<f64>, Array2<f64>) {
    let largest = values.last().copied().unwrap_or(0.0);
    let floor = f64::EPSILON * n_train as f64 * largest;
    let first = values.iter().take_while(|&&value| value <= floor).count();
    (values.slice(s![first..]).to_owned(), vectors.slice(s![.., first..]).to_owned())
}
