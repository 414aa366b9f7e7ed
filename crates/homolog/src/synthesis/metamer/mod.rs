//! Metamers: images to which a stage responds as to a given one, however different they look.
//!
//! They are the maxima of `inversion(STAGE)` from noise, made by [`crate::inside::optimise`], with L-BFGS or Adam, from a coarse
//! image to a fine one ([`metamer_recipe`]). Whether one is a metamer is judged against the null distribution of how alike the
//! responses to random pairs of images are ([`Null`]): alike at the matched stage beyond nearly all pairs, and, shown to another
//! network or at a later stage, alike or not. Beside it stands whether each network gives both the same class ([`ClassAgreement`]).
//!
//! # Reference
//! Feather J, Durango A, Gonzalez R, McDermott J (2019). Metamers of neural networks reveal divergence from human perceptual
//! systems. NeurIPS. Feather J, Leclerc G, Mądry A, McDermott J H (2023). Model metamers reveal divergent invariances between
//! biological and artificial neural networks. Nature Neuroscience 26:2017. doi:10.1038/s41593-023-01442-0. Theirs take 24,000 steps
//! of falling size; here curvature does their work.

mod agreement;
mod null;
mod observer;
#[cfg(test)]
mod tests;

use homolog_stats::comparator::mean_ranks;
use homolog_stats::encoding::pearson;

pub use agreement::ClassAgreement;
pub use null::{GROUP, Judged, Null, NullPlan};
pub use observer::Observer;

use crate::inside::transform::{Optimiser, Recipe, Regularizer};

/// How metamers are made: no regularizer, the image optimised from small to large.
pub fn metamer_recipe(optimiser: Optimiser, n_scales: usize) -> Recipe {
    Recipe { optimiser, n_scales: n_scales.max(1), ..Regularizer::None.recipe() }
}

/// How alike a stage's responses to two images are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Pearson's correlation over units.
    pub pearson: f64,
    /// Spearman's, ties sharing their mean rank.
    pub spearman: f64,
    /// 10 log10 of the squared response over the squared difference: decibels.
    pub signal_to_noise_db: f64,
}

impl Likeness {
    /// Of a stage's responses, units in the same order.
    ///
    /// Returns `None` when either image drives all units alike, so that no correlation is defined.
    pub fn of(original: &[f32], other: &[f32]) -> Option<Self> {
        let wide = |responses: &[f32]| -> Vec<f64> { responses.iter().copied().map(f64::from).collect() };
        let (original, other) = (wide(original), wide(other));
        let signal: f64 = original.iter().map(|response| response * response).sum();
        let noise: f64 = original.iter().zip(&other).map(|(a, b)| (a - b).powi(2)).sum();
        Some(Self {
            pearson: pearson(&original, &other)?,
            spearman: pearson(&mean_ranks(&original), &mean_ranks(&other))?,
            signal_to_noise_db: 10.0 * (signal / noise).log10(),
        })
    }
}
