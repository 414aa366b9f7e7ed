//! Similarity of two representations of the same stimuli other than by RDMs, and the dimensionality of one.
//!
//! Only CKA and the spectrum take Gram matrices, so that they follow from one pass over the units; the alignments take responses.

mod alignment;
mod cka;
mod spectrum;
mod transport;

pub use alignment::{angular_shape_distance, pwcca, soft_matching_correlation, squared_procrustes_distance, svcca};
pub use cka::{CkaEstimate, kernel_cka, linear_cka, rbf_cka};
pub use spectrum::{effective_dimensionality, eigenspectrum_slope, principal_variances};
