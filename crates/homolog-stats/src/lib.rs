//! Comparing representations: RDMs and their comparison, mappings, noise ceilings, decoding and behaviour.
//!
//! Arrays in, numbers out. No files, no networks, no clock, no global state; a random generator is an argument.

pub mod comparator;
pub mod error;
pub mod gram;
pub mod inference;
pub mod model;
pub mod noise_ceiling;
pub mod random;
pub mod rdm;
pub mod similarity;

mod finite;
mod linear_algebra;
mod non_negative;

pub use error::StatsError;
