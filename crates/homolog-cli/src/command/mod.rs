//! The subcommands: one file each, with its arguments, its help and what it does.

mod atlas;
mod attribute;
mod behave;
mod circuit;
mod compare;
mod data;
mod decode;
mod demo;
mod dissect;
mod encode;
mod infer;
mod layers;
mod look;
mod power;
mod probe;
mod rdm;
mod record;
mod reweight;
pub(crate) mod score;
mod spectrum;
mod synthesize;
mod time;

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
    /// Which concepts units detect, by overlap with labelled masks, and what is lost without them
    Dissect(Box<dissect::Dissect>),
    /// Measure units as in electrophysiology: tuning, receptive fields, selectivity, invariance, lesions
    Probe(Box<probe::Probe>),
    /// Attribute a logit, a unit, a stage or a fitted neuron to the pixels of images
    Attribute(Box<attribute::Attribute>),
    /// The weights between units of any two stages, and what a unit is made of
    Circuit(Box<circuit::Circuit>),
    /// What a stage sees in many images: their activations in a plane, each region made into an image
    Atlas(Box<atlas::Atlas>),
    /// Record the responses of a network's stages to stimuli
    Record(record::Record),
    /// Score networks against recordings of the brain and against behaviour
    Score(score::Score),
    /// Representational dissimilarity matrices of any responses
    Rdm(rdm::Rdm),
    /// How alike representations are, by dissimilarity matrices or by responses
    Compare(compare::Compare),
    /// How many dimensions representations use, and how fast their variance falls
    Spectrum(spectrum::Spectrum),
    /// Which model fits subjects' dissimilarity matrices, how well and how surely
    Infer(infer::Infer),
    /// Dissimilarity matrices over time against models, regions and other times
    Time(Box<time::Time>),
    /// Features reweighted on some stimuli before their dissimilarity matrix is compared on others (mixed RSA)
    Reweight(Box<reweight::Reweight>),
    /// Responses predicted from features, cross-validated
    Encode(Box<encode::Encode>),
    /// Categories and variables read out of responses, cross-validated
    Decode(Box<decode::Decode>),
    /// What observers answered, compared
    Behave(Box<behave::Behave>),
    /// How large an experiment has to be to tell two models apart
    Power(Box<power::Power>),
    /// Make stimuli that tell networks apart: adversarial, metamers, controversial, driving neurons
    #[command(subcommand)]
    Synthesize(synthesize::Synthesize),
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
            Self::Dissect(command) => command.run(),
            Self::Probe(command) => command.run(),
            Self::Attribute(command) => command.run(),
            Self::Circuit(command) => command.run(),
            Self::Atlas(command) => command.run(),
            Self::Record(command) => command.run(),
            Self::Score(command) => command.run(),
            Self::Rdm(command) => command.run(),
            Self::Compare(command) => command.run(),
            Self::Spectrum(command) => command.run(),
            Self::Infer(command) => command.run(),
            Self::Time(command) => command.run(),
            Self::Reweight(command) => command.run(),
            Self::Encode(command) => command.run(),
            Self::Decode(command) => command.run(),
            Self::Behave(command) => command.run(),
            Self::Power(command) => command.run(),
            Self::Synthesize(command) => command.run(),
            Self::Data(command) => command.run(),
        }
    }
}
