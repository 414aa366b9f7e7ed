//! A network that is scored, with all that determines its responses.

use serde::Serialize;

use crate::network::checked::{Network, Stage};
use crate::stimuli::Preprocessing;

/// A checked network, its weights' identity and what its images go through.
#[derive(Clone, Debug)]
pub struct ScoredModel {
    /// As the user named it.
    pub name: String,
    /// The network.
    pub network: Network,
    /// The stages to score, in the order in which they run.
    pub stages: Vec<Stage>,
    /// What images go through.
    pub preprocessing: Preprocessing,
    /// sha256 of the weights file; nothing for a network that needs none.
    pub weights_sha256: Option<String>,
}

/// All that determines the responses of a network to a stimulus, besides the engine's rounding.
#[derive(Debug, Serialize)]
pub struct ModelIdentity<'a> {
    architecture: &'a str,
    weights: &'a str,
    preprocessing: String,
}

impl ScoredModel {
    /// What a stored piece of this model depends on.
    pub fn identity(&self) -> ModelIdentity<'_> {
        ModelIdentity {
            architecture: &self.network.graph().name,
            // An untrained network is determined by its name, which holds the seed.
            weights: self.weights_sha256.as_deref().unwrap_or(&self.name),
            preprocessing: self.preprocessing.content_hash(),
        }
    }
}
