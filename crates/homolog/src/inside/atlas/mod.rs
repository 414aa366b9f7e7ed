//! What a stage sees in many images: its activations laid out in a plane, averaged in a grid, each average made into an image.
//!
//! | step | type | file |
//! |---|---|---|
//! | one activation vector of each image | [`Sampled`], [`Sampling`] | `activations.rs` |
//! | what each adds to a class | [`Sampled::attribute`] | `attribution.rs` |
//! | the plane, and the averages of its cells | [`Atlas`], [`Layer`], [`GridCell`] | `grid.rs` |
//! | what an icon maximises | [`Direction`], [`Layer::aims`] | `icon.rs` |
//!
//! The plane is UMAP's ([`homolog_stats::umap`]). Icons are optimised by [`Look`](super::optimise::Look), and shown on the
//! page of [`report`](crate::report).
//!
//! # Reference
//! Carter S, Armstrong Z, Schubert L, Johnson I, Olah C (2019). Activation atlas. Distill. doi 10.23915/distill.00015.

mod activations;
mod attribution;
mod error;
mod grid;
mod icon;
#[cfg(test)]
mod tests;

pub use activations::{Sampled, Sampling};
pub use error::AtlasError;
pub use grid::{Atlas, GridCell, Layer, Settings};
pub use icon::{Direction, Directions};
