//! Comparing representations: RDMs and their comparison, mappings, noise ceilings, decoding and behaviour.
//!
//! Arrays in, numbers out. No files, no networks, no clock, no global state; a random generator is an argument. What a program may say
//! about the memory of its process is in [`pages`].

pub mod behaviour;
pub mod ceiling;
pub mod comparator;
pub mod decoding;
pub mod encoding;
pub mod error;
pub mod gram;
pub mod inference;
pub mod lbfgs;
pub mod mapping;
pub mod model;
pub mod noise_ceiling;
pub mod pages;
pub mod power;
pub mod principal_components;
mod products_of_rows;
pub mod random;
pub mod rdm;
pub mod reweighting;
pub mod similarity;
pub mod splits;
pub mod time;
pub mod tuning;
pub mod umap;

mod finite;
mod linear_algebra;
mod minimise;
mod naming;
mod non_negative;
mod normal;

pub use error::StatsError;
