//! What a mapping predicts from: the features themselves, or only their Gram matrix.

use ndarray::{Array2, ArrayView2, Axis};

use super::products::{product, transpose_times_self};
use crate::error::StatsError;
use crate::finite::{require_finite, require_stimuli};
use crate::gram::{Gram, centre_both_sides};

const OPERATION: &str = "a mapping from features to responses";

/// Features of all stimuli, in the form that is smaller: made once, shared by every split, every region and every mapping.
///
/// With n stimuli and p features, p ≤ n keeps the features and their p × p cross-products; p > n keeps the n × n Gram matrix alone, from
/// which linear mappings and their predictions follow exactly. Both are centred by the mean over all stimuli, which changes no result (each
/// split centres again by its training part) and keeps the cancellation of centring small.
#[derive(Debug, Clone)]
pub struct Predictors {
    pub(crate) side: Side,
}

/// The smaller side of the features.
#[derive(Debug, Clone)]
pub(crate) enum Side {
    /// Centred features (n_stimuli, n_features) and their cross-products (n_features, n_features).
    Features { features: Array2<f64>, cross_products: Array2<f64> },
    /// Centred Gram matrix (n_stimuli, n_stimuli).
    Stimuli { gram: Array2<f64> },
}

impl Predictors {
    /// From features that are in memory.
    ///
    /// # Shapes and units
    /// - `features`: (n_stimuli, n_features), any real unit.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with fewer than 2 stimuli.
    /// - [`StatsError::NotFinite`] names the first value that is NaN or infinite.
    pub fn from_features(features: ArrayView2<'_, f64>) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, features.nrows(), 2)?;
        if features.ncols() > features.nrows() {
            return Self::from_gram(&Gram::of(features)?);
        }
        require_finite(OPERATION, "features", features)?;
        let mean = features.mean_axis(Axis(0)).unwrap_or_default();
        let centred = &features - &mean;
        let cross_products = transpose_times_self(centred.view());
        Ok(Self { side: Side::Features { features: centred, cross_products } })
    }

    /// From the Gram matrix of features that were streamed.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with fewer than 2 stimuli.
    pub fn from_gram(gram: &Gram) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, gram.n_stimuli(), 2)?;
        require_finite(OPERATION, "the Gram matrix", gram.products.view())?;
        Ok(Self { side: Side::Stimuli { gram: centre_both_sides(gram.products.view()) } })
    }

    /// How many stimuli there are.
    pub fn n_stimuli(&self) -> usize {
        match &self.side {
            Side::Features { features, .. } => features.nrows(),
            Side::Stimuli { gram } => gram.nrows(),
        }
    }

    /// The most components that a mapping can have: the length of the smaller side.
    pub fn largest_rank(&self) -> usize {
        match &self.side {
            Side::Features { features, .. } => features.ncols(),
            Side::Stimuli { gram } => gram.nrows(),
        }
    }

    /// Only the stimuli at `positions`, in that order. Cross-products are made anew from them.
    pub fn select(&self, positions: &[usize]) -> Result<Self, StatsError> {
        match &self.side {
            Side::Features { features, .. } => Self::from_features(features.select(Axis(0), positions).view()),
            Side::Stimuli { gram } => {
                let chosen = gram.select(Axis(0), positions).select(Axis(1), positions);
                Ok(Self { side: Side::Stimuli { gram: centre_both_sides(chosen.view()) } })
            }
        }
    }

    /// Cross-products with targets over all stimuli: Xᵀ Y (n_features, n_targets), or K Y (n_stimuli, n_targets).
    pub(crate) fn times_targets(&self, targets: ArrayView2<'_, f64>) -> Array2<f64> {
        match &self.side {
            Side::Features { features, .. } => product(features.t(), targets),
            Side::Stimuli { gram } => product(gram.view(), targets),
        }
    }
}
