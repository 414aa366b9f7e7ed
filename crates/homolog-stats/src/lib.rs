//! Comparing representations: RDMs and their comparison, mappings, noise ceilings, decoding and behaviour.
//!
//! Arrays in, numbers out. No files, no networks, no clock, no global state; a random generator is an argument.

pub mod error;
pub mod random;

pub use error::StatsError;
