//! Similarity of two representations of the same stimuli other than by RDMs, and the dimensionality of one.
//!
//! CKA and the spectrum take Gram matrices, so that they follow from one pass over the units; the alignments take responses, and
//! multidimensional scaling the dissimilarities of an RDM.

mod alignment;
mod cka;
mod mds;
mod shape;
#[cfg(test)]
mod simulated;
mod spectrum;
mod transport;

pub use alignment::{pwcca, soft_matching_correlation, svcca};
pub use cka::{CkaEstimate, kernel_cka, linear_cka, rbf_cka};
pub use mds::{MdsEmbedding, MdsOptions, classical_mds, metric_mds};
pub use shape::{angular_shape_distance, partly_whitened_shape_distance, squared_procrustes_distance};
pub use spectrum::{
    PowerLaw, PowerLawWeights, cross_validated_variances, effective_dimensionality, fit_power_law, principal_variances,
};
