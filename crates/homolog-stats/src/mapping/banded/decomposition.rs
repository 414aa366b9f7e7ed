//! The bands of one split, and their decomposition under given weights.

use std::ops::Range;

use ndarray::{Array2, ArrayView2, Axis, s};

use super::OPERATION;
use crate::error::StatsError;
use crate::linear_algebra::symmetric_eigen;
use crate::mapping::pls::mean_of_rows;
use crate::mapping::products::{product, transpose_times_self};
use crate::mapping::ridge::spectrum::{Spectrum, kept, kernel_parts};
use crate::mapping::{Intercept, Kernel, Predictors};

/// The bands over all stimuli, in the form that is smaller.
#[derive(Debug, Clone)]
pub(super) enum Bands {
    /// Linear bands side by side, no more features than stimuli: (n_stimuli, n_features), and the columns of each.
    Features { features: Array2<f64>, columns: Vec<Range<usize>> },
    /// A kernel between all stimuli for each band.
    Kernels(Vec<Array2<f64>>),
}

impl Bands {
    /// Every kernel on every band, the kernels of the first band first.
    pub(super) fn new(predictors: &Predictors, kernels: &[Kernel]) -> Result<Self, StatsError> {
        let is_linear = kernels.iter().all(|&kernel| kernel == Kernel::Linear) && kernels.len() == 1;
        if is_linear && predictors.n_features() <= predictors.n_stimuli() {
            let parts: Option<Vec<Array2<f64>>> = predictors.bands().iter().map(Predictors::features).collect();
            if let Some(parts) = parts {
                return Ok(Self::side_by_side(&parts));
            }
        }
        let of_band = |band| kernels.iter().map(move |kernel: &Kernel| kernel.between_stimuli(band));
        let made: Result<Vec<Array2<f64>>, StatsError> = predictors.bands().iter().flat_map(of_band).collect();
        Ok(Self::Kernels(made?))
    }

    fn side_by_side(parts: &[Array2<f64>]) -> Self {
        let n_stimuli = parts.first().map_or(0, Array2::nrows);
        let mut columns: Vec<Range<usize>> = Vec::with_capacity(parts.len());
        for part in parts {
            let start = columns.last().map_or(0, |last| last.end);
            columns.push(start..start + part.ncols());
        }
        let mut features = Array2::zeros((n_stimuli, columns.last().map_or(0, |last| last.end)));
        for (part, columns) in parts.iter().zip(&columns) {
            features.slice_mut(s![.., columns.clone()]).assign(part);
        }
        Self::Features { features, columns }
    }

    pub(super) fn n_bands(&self) -> usize {
        match self {
            Self::Features { columns, .. } => columns.len(),
            Self::Kernels(kernels) => kernels.len(),
        }
    }

    /// The training and the test part of one split.
    pub(super) fn at(&self, train: &[usize], test: &[usize], intercept: Intercept) -> BandsOfSplit<'_> {
        match self {
            Self::Features { features, columns } => {
                let mean = match intercept {
                    Intercept::Fitted => mean_of_rows(features.view(), train),
                    Intercept::None => vec![0.0; features.ncols()],
                };
                let part = |positions: &[usize]| features.select(Axis(0), positions) - ndarray::aview1(&mean);
                let (train, test) = (part(train), part(test));
                BandsOfSplit::Features { products: transpose_times_self(train.view()), train, test, columns, intercept }
            }
            Self::Kernels(kernels) => {
                let parts = |kernel: &Array2<f64>| kernel_parts(kernel.view(), train, test, intercept);
                BandsOfSplit::Kernels { parts: kernels.iter().map(parts).collect(), intercept }
            }
        }
    }
}

/// A kernel within the training part, and from the test to the training part.
type KernelParts = (Array2<f64>, Array2<f64>);

/// The bands of one split, centred by the training part with an intercept.
pub(super) enum BandsOfSplit<'a> {
    Features {
        train: Array2<f64>,
        test: Array2<f64>,
        /// Xᵀ X of the training part, unweighted.
        products: Array2<f64>,
        columns: &'a [Range<usize>],
        intercept: Intercept,
    },
    /// Of each band, the kernel within the training part, and from the test to the training part.
    Kernels { parts: Vec<KernelParts>, intercept: Intercept },
}

impl BandsOfSplit<'_> {
    /// The decomposition of Σ γ_b K_b, and the scores of the test part that each band contributes: (n_test, n_components) each.
    pub(super) fn weighted(&self, weights: &[f64]) -> Result<WeightedBands<'_>, StatsError> {
        match self {
            Self::Features { train, test, products, columns, intercept } => {
                let mut roots = vec![0.0; train.ncols()];
                for (columns, weight) in columns.iter().zip(weights) {
                    roots[columns.clone()].fill(weight.sqrt());
                }
                let scale = ndarray::aview1(&roots);
                let mut weighted = products * &scale;
                weighted.outer_iter_mut().zip(&roots).for_each(|(mut row, root)| row *= *root);
                let (eigenvalues, mut vectors) = kept(symmetric_eigen(OPERATION, weighted.view())?, train.nrows());
                vectors.outer_iter_mut().zip(&roots).for_each(|(mut row, root)| row *= *root);
                let spectrum = Spectrum {
                    train_scores: product(train.view(), vectors.view()),
                    test_scores: product(test.view(), vectors.view()),
                    eigenvalues,
                    intercept: *intercept,
                };
                Ok(WeightedBands { spectrum, back: Back::Features { test: test.view(), vectors, columns } })
            }
            Self::Kernels { parts, intercept } => {
                let sum = |of: fn(&KernelParts) -> &Array2<f64>| {
                    let shape = parts.first().map_or((0, 0), |part| of(part).dim());
                    let mut sum = Array2::zeros(shape);
                    parts.iter().zip(weights).for_each(|(part, &weight)| sum.scaled_add(weight, of(part)));
                    sum
                };
                let spectrum = Spectrum::of_kernel_parts(sum(|part| &part.0), sum(|part| &part.1), *intercept)?;
                Ok(WeightedBands { spectrum, back: Back::Kernels { parts, weights: weights.to_vec() } })
            }
        }
    }
}

impl BandsOfSplit<'_> {
    /// Of each band, the kernel within the training part, and from the test to the training part.
    pub(super) fn kernels(&self) -> (Vec<Array2<f64>>, Vec<Array2<f64>>) {
        match self {
            Self::Features { train, test, columns, .. } => {
                let of_band = |columns: &Range<usize>| {
                    let (train, test) = (train.slice(s![.., columns.clone()]), test.slice(s![.., columns.clone()]));
                    (product(train, train.t()), product(test, train.t()))
                };
                columns.iter().map(of_band).unzip()
            }
            Self::Kernels { parts, .. } => parts.iter().cloned().unzip(),
        }
    }
}

/// The bands under given weights, decomposed together.
pub(super) struct WeightedBands<'a> {
    pub(super) spectrum: Spectrum,
    back: Back<'a>,
}

/// What brings a fit back to the single bands.
enum Back<'a> {
    /// Weighted eigenvectors √γ V (n_features, n_components).
    Features {
        test: ArrayView2<'a, f64>,
        vectors: Array2<f64>,
        columns: &'a [Range<usize>],
    },
    Kernels {
        parts: &'a [KernelParts],
        weights: Vec<f64>,
    },
}

impl WeightedBands<'_> {
    /// The scores of the test part by each band alone; they add up to the joint scores.
    pub(super) fn test_scores_of_bands(&self) -> Vec<Array2<f64>> {
        match &self.back {
            Back::Features { test, vectors, columns } => {
                let of_band = |columns: &Range<usize>| {
                    product(test.slice(s![.., columns.clone()]), vectors.slice(s![columns.clone(), ..]))
                };
                columns.iter().map(of_band).collect()
            }
            Back::Kernels { parts, weights } => {
                let dual = &self.spectrum.train_scores / &self.spectrum.eigenvalues;
                let of_band = |(part, &weight): (&KernelParts, &f64)| product(part.1.view(), dual.view()) * weight;
                parts.iter().zip(weights).map(of_band).collect()
            }
        }
    }
}
