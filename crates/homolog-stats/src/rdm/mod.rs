//! Representational dissimilarity matrices: one number for each pair of stimuli.
//!
//! An RDM is a vector in the order of scipy's `squareform`: the upper triangle row by row, n(n − 1)/2 values for n stimuli. A set
//! of RDMs (subjects, layers, time bins) is a matrix with one RDM in each row. Start at [`rdm_from_features`].

mod pairs;
mod pattern;

pub use pairs::{
    matrix_from_pairs, n_pairs, n_stimuli, pair_position, pairs, pairs_from_matrix, select_stimuli,
};
pub use pattern::{RdmMeasure, rdm_from_features, rdm_from_gram, rdm_per_time_bin};
