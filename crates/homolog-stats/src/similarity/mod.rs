//! Similarity of two representations of the same stimuli other than by RDMs, and the dimensionality of one.
//!
//! CKA and the spectrum take Gram matrices, so that they follow from one pass over the units; the alignments take responses, and
//! multidimensional scaling the dissimilarities of an RDM.

mod alignment;
mod cka;
mod mds;
mod spectrum;
mod transport;

pub use alignment::{angular_shape_distance, pwcca, soft_matching_correlation, squared_procrustes_distance, svcca};
pub use cka::{CkaEstimate, kernel_cka, linear_cka, rbf_cka};
pub use mds::{MdsEmbedding, MdsOptions, classical_mds, metric_mds};
pub use spectrum::{effective_dimensionality, eigenspectrum_slope, principal_variances};
