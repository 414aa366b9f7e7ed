//! Stimuli that tell networks apart: from each other, and from the brain.
//!
//! | module | what is made |
//! |---|---|
//! | [`adversarial`] | images next to a given one that change the class: FGSM, PGD, APGD, DeepFool, Carlini-Wagner |
//! | [`metamer`] | images to which a stage responds as to a given one, judged against random pairs of images |
//! | [`controversial`] | images that two or more networks put into different classes |
//! | [`neurons`] | recorded neurons as a stage of the network, by their fitted mapping, so that images can be made that drive them |
//!
//! Metamers, controversial images and images that drive neurons are made by [`crate::inside::optimise`]: several networks are
//! joined to one ([`joined`]), neurons are appended as a stage, and both are then looked at like any network.

pub mod adversarial;
pub mod classifier;
pub mod controversial;
mod error;
pub mod joined;
pub mod metamer;
pub mod neurons;

pub use error::SynthesisError;
