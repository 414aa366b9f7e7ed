//! Stimuli made by the program: objects and gratings whose every property is known, the same for the same seed everywhere.

mod grating;
pub mod labelled;
mod noise;
mod object;
mod outline;
mod random;

pub use grating::{Aperture, Grating};
pub use labelled::labelled_scenes;
pub use noise::pink_noise;
pub use object::{Category, ObjectScene, objects};
pub use random::Random;
