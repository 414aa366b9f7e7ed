//! From what a user writes as MODEL to a checked network with its stages and its preprocessing.

use std::error::Error;

use homolog::benchmark::fetch::Sources;
use homolog::network::checked::{Network, Stage};
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{LoadedModel, ModelSpec, load};
use homolog::progress::{Cancel, Progress};
use homolog::score::ScoredModel;
use homolog::stimuli::Preprocessing;

use crate::exit::Failure;

/// A model as the commands use it.
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) network: Network,
    pub(crate) weights_sha256: Option<String>,
    /// What runs it forward and backward, and where.
    pub(crate) burn: Burn,
    recipe: Option<&'static str>,
}

impl Model {
    /// Reads or builds the model that `text` names; published weights are fetched where they are not here.
    pub(crate) fn load(text: &str, burn: &Burn, progress: &dyn Progress, cancel: &Cancel) -> Result<Self, Failure> {
        let spec = ModelSpec::parse(text).map_err(|problem| Failure::from_error(&problem))?;
        let fetch = |entry: &'static homolog::network::zoo::ZooEntry| {
            let sources = Sources::from_environment()?;
            let url = entry.weights_url().unwrap_or_default();
            let located = sources.fetch_weights(&url, progress, cancel)?;
            Ok::<_, Box<dyn Error + Send + Sync>>(located.place)
        };
        let loaded = load(&spec, fetch).map_err(|problem| Failure::from_error(&problem))?;
        let network = loaded.network().map_err(|problem| Failure::from_error(&problem))?;
        let LoadedModel { name, weights_sha256, recipe, .. } = loaded;
        Ok(Self { name, network, weights_sha256, burn: burn.clone(), recipe })
    }

    /// The preprocessing asked for, or that of the weights.
    pub(crate) fn preprocessing(&self, asked: Option<&str>) -> Result<Preprocessing, Failure> {
        let name = asked.or(self.recipe).ok_or_else(|| {
            Failure::wrong_input(format!(
                "cannot tell how images are to be prepared for \"{}\": the file does not say. Pass --preprocessing with a name (torchvision, caffe-227, \
                 …) or a TOML file",
                self.name
            ))
        })?;
        Preprocessing::find(name).map_err(|problem| Failure::from_error(&problem))
    }

    /// The stages that `layers` names: `all`, or names and patterns with commas between.
    pub(crate) fn stages(&self, layers: &str) -> Result<Vec<Stage>, Failure> {
        self.network.select_stages(layers).map_err(|problem| Failure::from_error(&problem))
    }

    /// The model with everything that scoring needs.
    pub(crate) fn scored(self, layers: &str, preprocessing: Option<&str>) -> Result<ScoredModel, Failure> {
        let stages = self.stages(layers)?;
        let preprocessing = self.preprocessing(preprocessing)?;
        Ok(ScoredModel {
            name: self.name,
            network: self.network,
            stages,
            preprocessing,
            weights_sha256: self.weights_sha256,
        })
    }
}
