//! The subcommands: one file each, with its arguments, its help and what it does.

mod data;
mod demo;
mod layers;
mod look;
mod record;
pub(crate) mod score;

use clap::Subcommand;

use crate::exit::Failure;

/// What the program can be asked to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// The main job on simulated data with known truth, offline
    Demo(demo::Demo),
    /// List the stages of a network: operator, shape, parameters, receptive field
    Layers(layers::Layers),
    /// Make images that drive units, and find those in a folder that do
    Look(Box<look::Look>),
    /// Record the responses of a network's stages to stimuli
    Record(record::Record),
    /// Score networks against recordings of the brain and against behaviour
    Score(score::Score),
    /// List, show and fetch the data of benchmarks
    #[command(subcommand)]
    Data(data::Data),
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Demo(command) => command.run(),
            Self::Layers(command) => command.run(),
            Self::Look(command) => command.run(),
            Self::Record(command) => command.run(),
            Self::Score(command) => command.run(),
            Self::Data(command) => command.run(),
        }
    }
}
