//! Representational dissimilarity matrices: one number for each pair of stimuli.
//!
//! An RDM is a vector in the order of scipy's `squareform`: the upper triangle row by row, n(n − 1)/2 values for n stimuli. A set
//! of RDMs (subjects, layers, time bins) is a matrix with one RDM in each row. Start at [`rdm_from_features`]; with repeated
//! observations at [`crossnobis`]; where those do not fit into memory at [`ResidualMoments`] and [`CrossnobisSum`].

mod noise;
mod observed;
mod pairs;
mod partial;
mod pattern;
mod repeated;
mod streamed;
mod transform;

pub use noise::{NoiseCovariance, NoiseEstimate, whiten_by_precision};
pub use observed::{ObservedMeasure, rdm_from_observations};
pub use pairs::{matrix_from_pairs, n_pairs, n_stimuli, pair_position, pairs, pairs_from_matrix, select_stimuli};
pub use partial::{JoinedRdm, PartialRdm, PartialWeighting, join_partial_rdms};
pub use pattern::{RdmMeasure, rdm_from_features, rdm_from_gram, rdm_per_time_bin};
pub use repeated::{
    Observations, RatePrior, condition_means, cross_validated_poisson_divergence_per_unit, crossnobis,
    crossnobis_noise_per_fold, poisson_divergence_per_unit, squared_mahalanobis_per_unit,
};
pub use streamed::{CrossnobisSum, NoiseFactor, ResidualMoments, ResidualProducts};
pub use transform::{RdmTransform, transform_rdm};
