//! What a mapping predicts from: the features themselves, or only their Gram matrix.

use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, ArrayView2, Axis, Zip, concatenate};

use super::products::{product, transpose_times_self};
use crate::error::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::gram::{Gram, centre_both_sides};

const OPERATION: &str = "a mapping from features to responses";

/// Features of all stimuli, in the form that is smaller: made once, shared by every split, every region and every mapping.
///
/// With n stimuli and p features, p ≤ n keeps the features and their p × p cross-products; p > n keeps the n × n Gram matrix alone, from
/// which linear mappings and their predictions follow exactly. Both are centred by the mean over all stimuli, which changes no result (each
/// split centres again by its training part) and keeps the cancellation of centring small. What was taken away is kept beside them, for
/// mappings without an intercept and for kernels that are not linear.
#[derive(Debug, Clone)]
pub struct Predictors {
    pub(crate) side: Side,
    /// How many features there are.
    n_features: usize,
    /// The features as they came, where a mapping from single units will ask for them.
    held: Option<Array2<f64>>,
    /// The sets of features that this one joins.
    bands: Vec<Predictors>,
}

/// The smaller side of the features.
#[derive(Debug, Clone)]
pub(crate) enum Side {
    /// Centred features (n_stimuli, n_features), their cross-products (n_features, n_features), and the means that were taken away.
    Features { features: Array2<f64>, cross_products: Array2<f64>, means: Array1<f64> },
    /// Centred Gram matrix (n_stimuli, n_stimuli), and the means over its rows that were taken away.
    Stimuli { gram: Array2<f64>, row_means: Array1<f64> },
}

impl Predictors {
    /// From features that are in memory, in single or double precision; all is computed in double.
    ///
    /// # Shapes and units
    /// - `features`: (n_stimuli, n_features), any real unit.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with fewer than 2 stimuli.
    /// - [`StatsError::TooFew`] without a feature.
    /// - [`StatsError::NotFinite`] names the first value that is NaN or infinite.
    pub fn from_features<T>(features: ArrayView2<'_, T>) -> Result<Self, StatsError>
    where
        T: Copy + Into<f64> + Send + Sync,
    {
        require_stimuli(OPERATION, features.nrows(), 2)?;
        require_count(OPERATION, "features", features.ncols(), 1)?;
        if features.ncols() > features.nrows() {
            return Self::from_gram(&Gram::of(features.mapv(Into::into).view())?);
        }
        require_finite(OPERATION, "features", features)?;
        let (centred, means) = less_means(features);
        let cross_products = transpose_times_self(centred.view());
        let side = Side::Features { features: centred, cross_products, means };
        Ok(Self { side, n_features: features.ncols(), held: None, bands: Vec::new() })
    }

    /// From features that are in memory, which are kept however many there are: for mappings from single units
    /// ([`super::Mapping::needs_units`]).
    ///
    /// # Errors
    /// As [`Predictors::from_features`].
    pub fn holding_features(features: ArrayView2<'_, f64>) -> Result<Self, StatsError> {
        let mut predictors = Self::from_features(features)?;
        if let Side::Stimuli { .. } = predictors.side {
            predictors.held = Some(features.to_owned());
        }
        Ok(predictors)
    }

    /// From the Gram matrix of features that were streamed.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with fewer than 2 stimuli.
    /// - [`StatsError::NotFinite`] names the first product that is NaN or infinite.
    pub fn from_gram(gram: &Gram) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, gram.n_stimuli(), 2)?;
        require_finite(OPERATION, "the Gram matrix", gram.products.view())?;
        Ok(Self::from_products(gram.products.view(), gram.n_units))
    }

    /// Several sets of features of the same stimuli, side by side: banded ridge gives each a weight of its own, every other mapping
    /// takes them together.
    ///
    /// # Errors
    /// - [`StatsError::TooFew`] without a set.
    /// - [`StatsError::ShapeMismatch`] when the sets differ in stimuli.
    pub fn from_bands(bands: Vec<Self>) -> Result<Self, StatsError> {
        let Some(first) = bands.first() else {
            return Err(StatsError::TooFew { operation: OPERATION, what: "sets of features", found: 0, needed: 1 });
        };
        let n_stimuli = first.n_stimuli();
        for band in &bands {
            let (ours, other) = (("a set of features", band.n_stimuli()), ("the first", n_stimuli));
            require_same_length(OPERATION, "stimuli", ours, other)?;
        }
        let n_features = bands.iter().map(|band| band.n_features).sum();
        let held: Option<Vec<Array2<f64>>> = bands.iter().map(Self::features).collect();
        let joined = held.and_then(|parts| {
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            concatenate(Axis(1), &views).ok()
        });
        let mut joint = match joined {
            Some(features) => Self::holding_features(features.view())?,
            None => {
                let mut sum = Array2::zeros((n_stimuli, n_stimuli));
                bands.iter().for_each(|band| sum += &band.products());
                Self::from_products(sum.view(), n_features)
            }
        };
        joint.bands = bands;
        Ok(joint)
    }

    fn from_products(products: ArrayView2<'_, f64>, n_features: usize) -> Self {
        let row_means = products.mean_axis(Axis(0)).unwrap_or_default();
        let side = Side::Stimuli { gram: centre_both_sides(products), row_means };
        Self { side, n_features, held: None, bands: Vec::new() }
    }

    /// How many stimuli there are.
    pub fn n_stimuli(&self) -> usize {
        match &self.side {
            Side::Features { features, .. } => features.nrows(),
            Side::Stimuli { gram, .. } => gram.nrows(),
        }
    }

    /// How many features there are, over all sets.
    pub fn n_features(&self) -> usize {
        self.n_features
    }

    /// The sets of features that this one joins; itself alone when it joins none.
    pub fn bands(&self) -> &[Self] {
        if self.bands.is_empty() { std::slice::from_ref(self) } else { &self.bands }
    }

    /// The most components that a mapping can have: the length of the smaller side.
    pub fn largest_rank(&self) -> usize {
        match &self.side {
            Side::Features { features, .. } => features.ncols(),
            Side::Stimuli { gram, .. } => gram.nrows(),
        }
    }

    /// Only the stimuli at `positions`, in that order. Cross-products are made anew from them.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with fewer than 2 positions.
    pub fn select(&self, positions: &[usize]) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, positions.len(), 2)?;
        if !self.bands.is_empty() {
            let bands: Result<Vec<Self>, StatsError> = self.bands.iter().map(|band| band.select(positions)).collect();
            return Self::from_bands(bands?);
        }
        match self.features() {
            Some(features) => Self::holding_features(features.select(Axis(0), positions).view()),
            None => {
                let chosen = self.products().select(Axis(0), positions).select(Axis(1), positions);
                Ok(Self::from_products(chosen.view(), self.n_features))
            }
        }
    }

    /// The features as they came (n_stimuli, n_features); `None` where only their Gram matrix is there.
    pub(crate) fn features(&self) -> Option<Array2<f64>> {
        match &self.side {
            Side::Features { features, means, .. } => Some(features + means),
            Side::Stimuli { .. } => self.held.clone(),
        }
    }

    /// Inner products of the features as they came (n_stimuli, n_stimuli).
    pub(crate) fn products(&self) -> Array2<f64> {
        match &self.side {
            Side::Features { features, means, .. } => {
                let raw = features + means;
                transpose_times_self(raw.t())
            }
            Side::Stimuli { gram, row_means } => {
                let grand = row_means.mean().unwrap_or(0.0);
                Array2::from_shape_fn(gram.dim(), |(row, column)| {
                    gram[[row, column]] + row_means[row] + row_means[column] - grand
                })
            }
        }
    }

    /// Cross-products with targets over all stimuli: Xᵀ Y (n_features, n_targets), or K Y (n_stimuli, n_targets).
    pub(crate) fn times_targets(&self, targets: ArrayView2<'_, f64>) -> Array2<f64> {
        match &self.side {
            Side::Features { features, .. } => product(features.t(), targets),
            Side::Stimuli { gram, .. } => product(gram.view(), targets),
        }
    }
}

/// Features less the mean of each over all stimuli, and those means.
fn less_means<T: Copy + Into<f64> + Send + Sync>(features: ArrayView2<'_, T>) -> (Array2<f64>, Array1<f64>) {
    const COLUMNS_AT_ONCE: usize = 128;
    let mut means = Array1::<f64>::zeros(features.ncols());
    let parts = means.axis_chunks_iter_mut(Axis(0), COLUMNS_AT_ONCE).into_par_iter();
    parts.zip(features.axis_chunks_iter(Axis(1), COLUMNS_AT_ONCE).into_par_iter()).for_each(|(mut means, features)| {
        for row in features.outer_iter() {
            Zip::from(&mut means).and(row).for_each(|sum, &value| *sum += value.into());
        }
        means /= features.nrows() as f64;
    });
    let mut centred = Array2::zeros(features.dim());
    Zip::from(centred.rows_mut()).and(features.rows()).par_for_each(|mut centred, row| {
        Zip::from(&mut centred).and(row).and(&means).for_each(|to, &value, mean| *to = value.into() - mean);
    });
    (centred, means)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;

    fn draw(n_rows: usize, n_columns: usize, seed: u64) -> Array2<f64> {
        normal_matrix(n_rows, n_columns, seed) + 2.0
    }

    #[test]
    fn products_are_those_of_the_features_as_they_came() {
        for n_features in [4, 30] {
            let features = draw(12, n_features, 1);
            let expected = features.dot(&features.t());
            let found = Predictors::from_features(features.view()).unwrap().products();
            assert!((&found - &expected).iter().all(|d| d.abs() < 1e-11));
        }
    }

    #[test]
    fn bands_are_joined_and_chosen_from_together() {
        let parts = [draw(12, 3, 1), draw(12, 20, 2)];
        let bands = parts.iter().map(|part| Predictors::from_features(part.view()).unwrap()).collect();
        let joint = Predictors::from_bands(bands).unwrap();
        let expected = concatenate(Axis(1), &[parts[0].view(), parts[1].view()]).unwrap();
        assert_eq!((joint.n_features(), joint.bands().len()), (23, 2));
        assert!((&joint.products() - &expected.dot(&expected.t())).iter().all(|d| d.abs() < 1e-11));
        let chosen = joint.select(&[3, 1, 7]).unwrap();
        assert!((chosen.products()[[0, 1]] - joint.products()[[3, 1]]).abs() < 1e-11);
        assert_eq!(chosen.bands().len(), 2);
    }

    #[test]
    fn bands_of_other_stimuli_are_refused() {
        let bands = [draw(12, 3, 1), draw(13, 3, 2)].map(|part| Predictors::from_features(part.view()).unwrap());
        assert!(matches!(Predictors::from_bands(bands.to_vec()), Err(StatsError::ShapeMismatch { .. })));
        assert!(matches!(Predictors::from_bands(Vec::new()), Err(StatsError::TooFew { .. })));
    }
}
