//! Planning an experiment: how many subjects, stimuli and repetitions it takes to tell two models apart.
//!
//! Experiments are simulated from a model's geometry with the noise of a pilot ([`noise_to_signal_of_repetitions`],
//! [`noise_to_signal_of_rdms`]) and analysed as the real one will be: [`power_to_tell_apart`], [`model_recovery`].

mod design;
mod noise_level;
mod recovery;
mod simulation;

pub use design::{DesignPower, PowerSettings, power_to_tell_apart};
pub use noise_level::{noise_to_signal_of_rdms, noise_to_signal_of_repetitions};
pub use recovery::{ModelRecovery, model_recovery};
pub use simulation::{Design, SimulatedExperiment, Simulation, simulate_experiment};
