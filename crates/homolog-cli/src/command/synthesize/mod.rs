//! `homolog synthesize`: stimuli that tell networks apart from each other and from the brain.

mod adversarial;
mod attack_output;
mod controversial;
mod controversial_output;
mod drive;
mod labels;
mod making;
mod metamer;
mod metamer_agreement;
mod metamer_output;

use clap::Subcommand;

use crate::exit::Failure;

/// What is synthesized.
#[derive(Subcommand)]
pub(crate) enum Synthesize {
    /// Images next to given ones that change a classifier's answer: accuracy against strength, and transfer to other networks
    Adversarial(Box<adversarial::Adversarial>),
    /// Images to which a stage responds as to a given one, judged against random pairs of images
    Metamer(Box<metamer::Metamer>),
    /// Images that two or more networks put into different classes
    Controversial(Box<controversial::Controversial>),
    /// Images that drive recorded neurons through their fitted mapping, or a population to a pattern
    Drive(Box<drive::Drive>),
}

impl Synthesize {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self {
            Self::Adversarial(command) => command.run(),
            Self::Metamer(command) => command.run(),
            Self::Controversial(command) => command.run(),
            Self::Drive(command) => command.run(),
        }
    }
}
