//! Features turned to the directions in which training stimuli differ: as few as there are, and each with its own length.
//!
//! A linear model with a squared penalty lies in the span of the training stimuli, so nothing is lost; and along these directions its second
//! derivatives are nearly a diagonal, which an iteration can be scaled by.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::error::StatsError;
use crate::linear_algebra::symmetric_eigen;
use crate::mapping::product;
use crate::mapping::ridge::spectrum::kept;

/// What is taken from the features before they are turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// Their means, for a model with a constant that has no penalty.
    Mean,
    /// Nothing.
    Zero,
}

/// Directions in which training stimuli differ.
pub(super) struct Basis {
    means: Array1<f64>,
    /// (n_features, n_directions).
    vectors: Array2<f64>,
    /// Of the training stimuli (n_train, n_directions).
    pub(super) scores: Array2<f64>,
    /// Squared length of each direction's scores.
    pub(super) squares: Vec<f64>,
}

impl Basis {
    pub(super) fn of(
        operation: &'static str,
        features: ArrayView2<'_, f64>,
        origin: Origin,
    ) -> Result<Self, StatsError> {
        let means = match origin {
            Origin::Mean => features.mean_axis(Axis(0)).unwrap_or_default(),
            Origin::Zero => Array1::zeros(features.ncols()),
        };
        let centred = &features - &means;
        let n_train = features.nrows();
        let (squares, vectors) = if features.ncols() <= n_train {
            let products = product(centred.t(), centred.view());
            kept(symmetric_eigen(operation, products.view())?, n_train)
        } else {
            let products = product(centred.view(), centred.t());
            let (squares, turned) = kept(symmetric_eigen(operation, products.view())?, n_train);
            let vectors = product(centred.t(), turned.view()) / &squares.mapv(f64::sqrt);
            (squares, vectors)
        };
        let scores = product(centred.view(), vectors.view());
        Ok(Self { means, vectors, scores, squares: squares.to_vec() })
    }

    pub(super) fn n_directions(&self) -> usize {
        self.squares.len()
    }

    /// Coefficients of the features from those of the directions, and what the constant changes by.
    pub(super) fn coefficients(&self, of_directions: &[f64]) -> (Array1<f64>, f64) {
        let coefficients = self.vectors.dot(&ndarray::aview1(of_directions));
        let shift = -coefficients.dot(&self.means);
        (coefficients, shift)
    }
}
