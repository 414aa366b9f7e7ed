//! Looking inside a network: what its units want, what they are made of, what drives them.
//!
//! | module | what is in it |
//! |---|---|
//! | [`objective`] | what is maximised: units, channels, stages, logits, directions, and sums of them, by name |
//! | [`image`] | how an image is made of parameters, and how it becomes the network's input |
//! | [`transform`] | the regularizers of the published comparison: views, penalties, filters, scales |
//! | [`optimise`] | the loop: Adam, many units at once, exact resume, dead units, what is not finite |
//! | [`examples`] | the images of a folder that drive each channel most, least and in between |
//! | [`picture`] | arrays as PNG, contact sheets with captions |
//!
//! The four parts objective, image, transform and optimise are those of lucid (Olah C, Mordvintsev A, Schubert L (2017).
//! Feature visualization. Distill. doi 10.23915/distill.00007). Start at [`optimise::Look`].

mod error;
pub mod examples;
pub mod image;
pub mod objective;
pub mod optimise;
pub mod picture;
pub(crate) mod side_by_side;
pub mod transform;

pub use error::InsideError;
