//! Principal components of a training part, by whichever side of the predictors is there.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use super::OPERATION;
use crate::error::StatsError;
use crate::finite::require_stimuli;
use crate::linear_algebra::symmetric_eigen;
use crate::mapping::pls::mean_of_rows;
use crate::mapping::predictors::{Predictors, Side};
use crate::mapping::products::{product, transpose_times_self};

/// Scores of the training and the test part on the principal components of the training part.
pub(super) struct Spectrum {
    /// Squared length of each component's training scores, from least to greatest.
    pub(super) eigenvalues: Array1<f64>,
    /// B, with Bᵀ B = diag(eigenvalues): (n_train, n_components).
    pub(super) train_scores: Array2<f64>,
    /// (n_test, n_components).
    pub(super) test_scores: Array2<f64>,
}

impl Spectrum {
    pub(super) fn of(predictors: &Predictors, train: &[usize], test: &[usize]) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, train.len(), 2)?;
        match &predictors.side {
            Side::Features { features, cross_products } => of_features(features, cross_products, train, test),
            Side::Stimuli { gram } => of_gram(gram, train, test),
        }
    }

    /// Bᵀ Y (n_components, n_targets).
    pub(super) fn projections(&self, targets: ArrayView2<'_, f64>) -> Array2<f64> {
        product(self.train_scores.t(), targets)
    }
}

/// With p features: eigenvectors V of the training part's centred Xᵀ X; scores are X V.
fn of_features(
    features: &Array2<f64>,
    whole: &Array2<f64>,
    train: &[usize],
    test: &[usize],
) -> Result<Spectrum, StatsError> {
    let mean = mean_of_rows(features.view(), train);
    let centred = |positions: &[usize]| features.select(Axis(0), positions) - &ndarray::aview1(&mean);
    let train_features = centred(train);
    if train.len() < features.ncols() {
        let products = product(train_features.view(), train_features.t());
        let cross = product(centred(test).view(), train_features.t());
        return from_centred_gram(products, cross);
    }
    let products = match 2 * train.len() > features.nrows() {
        true => down_dated(features, whole, &mean, train),
        false => transpose_times_self(train_features.view()),
    };
    let (eigenvalues, vectors) = kept(symmetric_eigen(OPERATION, products.view())?, train.len());
    Ok(Spectrum {
        train_scores: product(train_features.view(), vectors.view()),
        test_scores: product(centred(test).view(), vectors.view()),
        eigenvalues,
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

/// From the Gram matrix over all stimuli: centred by the training part on both sides.
fn of_gram(gram: &Array2<f64>, train: &[usize], test: &[usize]) -> Result<Spectrum, StatsError> {
    let rows_of = |positions: &[usize]| gram.select(Axis(0), positions).select(Axis(1), train);
    let (mut products, mut cross) = (rows_of(train), rows_of(test));
    let column_means = products.mean_axis(Axis(0)).unwrap_or_default();
    let grand = column_means.mean().unwrap_or(0.0);
    for matrix in [&mut products, &mut cross] {
        for mut row in matrix.outer_iter_mut() {
            let row_mean = row.mean().unwrap_or(0.0);
            row.iter_mut().zip(&column_means).for_each(|(value, column_mean)| *value += grand - row_mean - column_mean);
        }
    }
    from_centred_gram(products, cross)
}

/// Eigenvectors U of the centred K = X Xᵀ with eigenvalues Λ: training scores U √Λ, test scores K_test U / √Λ.
fn from_centred_gram(products: Array2<f64>, cross: Array2<f64>) -> Result<Spectrum, StatsError> {
    let (eigenvalues, vectors) = kept(symmetric_eigen(OPERATION, products.view())?, products.nrows());
    let roots = eigenvalues.mapv(f64::sqrt);
    Ok(Spectrum {
        test_scores: product(cross.view(), vectors.view()) / &roots,
        train_scores: vectors * &roots,
        eigenvalues,
    })
}

/// The directions that are there to working precision.
fn kept((values, vectors): (Array1<f64>, Array2<f64>), n_train: usize) -> (Array1<f64>, Array2<f64>) {
    let largest = values.last().copied().unwrap_or(0.0);
    let floor = f64::EPSILON * n_train as f64 * largest;
    let first = values.iter().take_while(|&&value| value <= floor).count();
    (values.slice(s![first..]).to_owned(), vectors.slice(s![.., first..]).to_owned())
}
