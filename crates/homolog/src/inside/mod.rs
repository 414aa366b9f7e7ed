//! Looking inside a network: what its units want, what they are made of, what drives them.
//!
//! | module | what is in it |
//! |---|---|
//! | [`objective`] | what is maximised: units, channels, stages, logits, directions, and sums of them, by name |
//! | [`image`] | how an image is made of parameters, and how it becomes the network's input |
//! | [`transform`] | the regularizers of the published comparison: views, penalties, filters, scales |
//! | [`optimise`] | the loop: Adam, many units at once, exact resume, dead units, what is not finite |
//! | [`attribution`] | which pixels a number owes to: gradients, relevance, occlusion, and checks of them |
//! | [`atlas`] | a stage's activations over many images in a plane, and an image of each region of it |
//! | [`circuit`] | the weights between units of any two stages, and the strongest inputs of a unit as a tree |
//! | [`trimmed`](trimmed()) | a network cut after some stages, for images of another size |
//! | [`examples`] | the images of a folder that drive each channel most, least and in between |
//! | [`dissection`] | which concepts the units of a stage detect, and what is lost without them |
//! | [`probe`] | in-silico electrophysiology: tuning, receptive fields, sparseness, selectivity, invariance, lesions |
//! | [`picture`] | arrays as PNG, contact sheets with captions |
//!
//! The four parts objective, image, transform and optimise are those of lucid (Olah C, Mordvintsev A, Schubert L (2017).
//! Feature visualization. Distill. doi 10.23915/distill.00007). Start at [`optimise::Look`].

pub mod atlas;
pub mod attribution;
pub(crate) mod bilinear;
pub mod circuit;
pub mod dissection;
mod error;
pub mod examples;
#[cfg(test)]
mod host_check;
pub mod image;
pub mod objective;
pub mod optimise;
pub mod picture;
pub mod probe;
pub(crate) mod side_by_side;
pub mod transform;
mod trimmed;

pub use error::InsideError;
pub use trimmed::trimmed;
