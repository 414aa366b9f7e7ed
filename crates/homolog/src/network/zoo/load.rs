//! From a specification to a graph with numbers.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::known_weights::known;
use super::{ENTRIES, ModelSpec, ZooEntry};
use crate::network::builder::BuildError;
use crate::network::checked::Network;
use crate::network::error::GraphError;
use crate::network::graph::{Dim, Graph};
use crate::network::onnx::{self, OnnxError};
use crate::network::weights::{Misfit, StateDict, WeightsError, fill, fill_random, n_fitting};

/// A network with its numbers, and what belongs to them.
#[derive(Clone, Debug)]
pub struct LoadedModel {
    /// The network, not yet checked.
    pub graph: Graph,
    /// How the user named it.
    pub name: String,
    /// SHA-256 of the file that the numbers came from, 64 hexadecimal digits; `None` for an untrained network.
    pub weights_sha256: Option<String>,
    /// Name of the preprocessing recipe that the numbers want; `None` for a network from an ONNX file that is not known.
    pub recipe: Option<&'static str>,
    /// Height and width of the images; `None` where an ONNX file leaves them open or has no image input.
    pub image_px: Option<[usize; 2]>,
}

impl LoadedModel {
    /// The network, checked.
    ///
    /// # Errors
    /// [`LoadError::Unrunnable`], which names the model and the node at fault.
    pub fn network(&self) -> Result<Network, LoadError> {
        Network::check(self.graph.clone())
            .map_err(|source| LoadError::Unrunnable { model: self.name.clone(), source: Box::new(source) })
    }
}

/// Another architecture that a state dict looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LooksLike {
    /// Its name.
    pub name: &'static str,
    /// Number of its parameters that fit by name and shape.
    pub n_fitting: usize,
    /// Number of its parameters.
    pub n_declared: usize,
}

/// Why a model cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The weights file cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The ONNX file cannot be read.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// The ONNX file cannot be opened to hash it.
    #[error("cannot read \"{}\"", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        source: std::io::Error,
    },
    /// The architecture cannot be built for its images.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The network was read and cannot be run.
    #[error("cannot load \"{model}\"")]
    Unrunnable {
        /// The model, as the user named it.
        model: String,
        /// Which node does not fit, and why.
        #[source]
        source: Box<GraphError>,
    },
    /// The published weights could not be fetched.
    #[error("cannot fetch the published weights of {architecture} (\"{file}\")")]
    Fetch {
        /// The architecture.
        architecture: &'static str,
        /// The file's name.
        file: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file holds the weights of another architecture.
    #[error(
        "cannot load \"{}\" into {architecture}: it looks like {}: {} of {} names fit. Write {}@{}",
        path.display(), looks_like.name, looks_like.n_fitting, looks_like.n_declared, looks_like.name, path.display()
    )]
    OtherArchitecture {
        /// The file.
        path: PathBuf,
        /// The architecture that was asked for.
        architecture: &'static str,
        /// The one that fits better.
        looks_like: LooksLike,
        /// What does not fit.
        #[source]
        misfit: Box<Misfit>,
    },
    /// Some parameters do not fit.
    #[error("cannot load \"{}\" into {architecture}", path.display())]
    Misfit {
        /// The file.
        path: PathBuf,
        /// The architecture that was asked for.
        architecture: &'static str,
        /// What does not fit.
        #[source]
        misfit: Box<Misfit>,
    },
}

/// Loads a model. `fetch` gives the path of a published weights file, fetching it if need be; it is called only for
/// [`ModelSpec::Published`].
///
/// # Errors
/// [`LoadError`], whose sources say what is wrong in the file; never a panic, whatever the file holds.
pub fn load<F>(spec: &ModelSpec, fetch: F) -> Result<LoadedModel, LoadError>
where
    F: FnOnce(&'static ZooEntry) -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>>,
{
    match spec {
        ModelSpec::Onnx { path } => load_onnx(spec, path),
        ModelSpec::Weights { architecture, path } => load_weights(spec, architecture, path),
        ModelSpec::Published { architecture, file } => {
            let architecture = *architecture;
            let path = fetch(architecture).map_err(|source| LoadError::Fetch {
                architecture: architecture.name,
                file,
                source,
            })?;
            load_weights(spec, architecture, &path)
        }
        ModelSpec::Random { architecture, seed } => {
            let image_px = [architecture.image_px; 2];
            Ok(LoadedModel {
                graph: fill_random(architecture.architecture(image_px)?, *seed),
                name: spec.to_string(),
                weights_sha256: None,
                recipe: Some(architecture.recipe),
                image_px: Some(image_px),
            })
        }
    }
}

fn load_weights(spec: &ModelSpec, architecture: &'static ZooEntry, path: &Path) -> Result<LoadedModel, LoadError> {
    let state = StateDict::read(path)?;
    let known = known(&state.sha256);
    let image_px = [known.map_or(architecture.image_px, |file| file.image_px); 2];
    let built = architecture.architecture(image_px)?;
    let graph =
        fill(built, &state, architecture.naming()).map_err(|misfit| misfit_error(architecture, &state, misfit))?;
    Ok(LoadedModel {
        graph,
        name: spec.to_string(),
        recipe: Some(known.map_or(architecture.recipe, |file| file.recipe)),
        image_px: Some(image_px),
        weights_sha256: Some(state.sha256),
    })
}

/// The short words for a file of another architecture, or the list of what does not fit.
fn misfit_error(architecture: &'static ZooEntry, state: &StateDict, misfit: Box<Misfit>) -> LoadError {
    let path = state.path.clone();
    match best_fit(state) {
        Some(looks_like) if looks_like.name != architecture.name && looks_like.n_fitting > misfit.n_fitting => {
            LoadError::OtherArchitecture { path, architecture: architecture.name, looks_like, misfit }
        }
        _ => LoadError::Misfit { path, architecture: architecture.name, misfit },
    }
}

/// The architecture of which at least nine tenths of the parameters fit, and the most of them.
fn best_fit(state: &StateDict) -> Option<LooksLike> {
    let candidates = ENTRIES.iter().filter_map(|entry| {
        let declarations = entry.architecture([entry.image_px; 2]).ok()?.declarations;
        let n_fitting = n_fitting(&declarations, state, entry.naming());
        let is_close = 10 * n_fitting >= 9 * declarations.len();
        is_close.then_some(LooksLike { name: entry.name, n_fitting, n_declared: declarations.len() })
    });
    // Of equals the first in the table.
    candidates.reduce(|best, next| if next.n_fitting > best.n_fitting { next } else { best })
}

fn load_onnx(spec: &ModelSpec, path: &Path) -> Result<LoadedModel, LoadError> {
    let bytes = std::fs::read(path).map_err(|source| LoadError::Unreadable { path: path.to_owned(), source })?;
    let sha256: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    drop(bytes);
    let graph = onnx::read(path)?;
    let image_px = match graph.inputs.first().map(|input| input.dims.as_slice()) {
        Some([_, _, Dim::Fixed(height), Dim::Fixed(width)]) => Some([*height, *width]),
        _ => None,
    };
    let recipe = known(&sha256).map(|file| file.recipe);
    Ok(LoadedModel { graph, name: spec.to_string(), weights_sha256: Some(sha256), recipe, image_px })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::tensor::HostTensor;
    use std::sync::Arc;

    fn nothing_published(_: &'static ZooEntry) -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
        Err("no network here".into())
    }

    /// A state dict of zeros with every parameter of an architecture but those that `is_left_out` names.
    fn state_of(name: &str, is_left_out: impl Fn(&str) -> bool) -> StateDict {
        let entry = super::super::entry(name).expect(name);
        let declarations = entry.architecture([entry.image_px; 2]).expect(name).declarations;
        let tensors = declarations.into_iter().filter(|declared| !is_left_out(&declared.name)).map(|declared| {
            let zeros = ndarray::ArrayD::zeros(ndarray::IxDyn(&declared.shape));
            (declared.name, Arc::new(HostTensor::F32(zeros)))
        });
        StateDict { path: "some.pth".into(), sha256: String::new(), tensors: tensors.collect() }
    }

    fn refusal(asked: &str, state: &StateDict) -> LoadError {
        let entry = super::super::entry(asked).expect(asked);
        let built = entry.architecture([entry.image_px; 2]).expect(asked);
        misfit_error(entry, state, fill(built, state, entry.naming()).expect_err("does not fit"))
    }

    #[test]
    fn a_file_of_another_architecture_is_recognised() {
        let state = state_of("resnet20_cifar10", |name| name == "linear.bias");
        let words = refusal("squeezenet1_1", &state).to_string();
        assert_eq!(
            words,
            "cannot load \"some.pth\" into squeezenet1_1: it looks like resnet20_cifar10: 96 of 97 names fit. Write \
             resnet20_cifar10@some.pth"
        );
    }

    #[test]
    fn published_files_fit_under_their_own_names() {
        let fits = |name: &str, change: &dyn Fn(&str) -> String, more: &[&str]| {
            let mut state = state_of(name, |_| false);
            let tensors = std::mem::take(&mut state.tensors);
            state.tensors = tensors.into_iter().map(|(name, tensor)| (change(&name), tensor)).collect();
            let number = Arc::new(HostTensor::F32(ndarray::ArrayD::zeros(ndarray::IxDyn(&[1]))));
            state.tensors.extend(more.iter().map(|name| ((*name).to_owned(), Arc::clone(&number))));
            let entry = super::super::entry(name).expect(name);
            let built = entry.architecture([entry.image_px; 2]).expect(name);
            fill(built, &state, entry.naming()).map(|_| ()).map_err(|misfit| misfit.to_string())
        };
        assert_eq!(fits("googlenet", &str::to_owned, &["aux1.fc1.bias", "aux2.conv.bn.weight"]), Ok(()));
        assert_eq!(fits("inception_v3", &str::to_owned, &["AuxLogits.fc.bias"]), Ok(()));
        let dotted = |name: &str| {
            let dotted = |name: String, module: &str| name.replace(&format!(".{module}1."), &format!(".{module}.1."));
            if name.contains("denselayer") {
                ["norm", "conv"].into_iter().fold(name.to_owned(), dotted)
            } else {
                name.to_owned()
            }
        };
        assert!(dotted("features.denseblock1.denselayer1.norm1.weight").contains("norm.1.weight"));
        assert_eq!(fits("densenet121", &dotted, &[]), Ok(()));
        let old = |name: &str| name.replace(".mlp.0.", ".mlp.linear_1.").replace(".mlp.3.", ".mlp.linear_2.");
        assert_eq!(fits("vit_b_16", &old, &[]), Ok(()));
        assert!(fits("resnet18", &str::to_owned, &["aux1.fc1.bias"]).is_err());
    }

    #[test]
    fn a_file_that_lacks_one_parameter_lists_it() {
        let state = state_of("squeezenet1_1", |name| name == "features.0.bias");
        let refused = refusal("squeezenet1_1", &state);
        let LoadError::Misfit { misfit, .. } = &refused else { panic!("{refused}") };
        assert_eq!(misfit.missing, ["features.0.bias"]);
    }

    #[test]
    fn untrained_networks_need_no_file_and_published_ones_say_what_they_wanted() {
        let spec = ModelSpec::parse("random:resnet20_cifar10?seed=3").expect("read");
        let model = load(&spec, nothing_published).expect("made");
        assert_eq!((model.weights_sha256, model.image_px), (None, Some([32, 32])));
        assert_eq!(model.graph.parameters.len(), 97);

        let spec = ModelSpec::parse("resnet18").expect("read");
        let refused = load(&spec, nothing_published).expect_err("nothing fetched").to_string();
        assert_eq!(refused, "cannot fetch the published weights of resnet18 (\"resnet18-f37072fd.pth\")");
    }
}
