//! What a unit is made of: the weights between units of any two stages, expanded through what lies between.
//!
//! | step | type | file |
//! |---|---|---|
//! | a network made linear between two stages | [`Slopes`] | `linear.rs` |
//! | how often each channel is active, from images | [`share_active`] | `activity.rs` |
//! | the kernel of every channel | [`ExpandedWeights`], [`Strength`] | `weights.rs` |
//! | the strongest inputs of a unit, and theirs | [`Circuit`], [`Node`] | `tree.rs` |
//!
//! Expanded weights are those of the network without its non-linearities; they say how units are wired, not what an input
//! does to a response on any one image. Attribution says that.
//!
//! # Reference
//! Olah C, Cammarata N, Schubert L, Goh G, Petrov M, Carter S (2020). Zoom in: an introduction to circuits. Distill.
//! doi 10.23915/distill.00024.001. Voss C et al. (2021). Visualizing weights. Distill. doi 10.23915/distill.00024.007.

mod activity;
mod error;
mod linear;
#[cfg(test)]
mod tests;
mod tree;
mod weights;

pub use activity::share_active;
pub use error::CircuitError;
pub use linear::Slopes;
pub use tree::{Circuit, Link, Node, Unit, pair, stages_before};
pub use weights::{ExpandedWeights, Strength, Strongest, expanded_weights};
