//! Numbers for an architecture: from a state dict, or made from names.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::counter::Counter;
use super::state_dict::StateDict;
use crate::naming::nearest_three;
use crate::network::builder::{Architecture, Declaration, Init};
use crate::network::graph::Graph;
use crate::network::tensor::HostTensor;

/// How the names in published files differ from an architecture's own.
#[derive(Clone, Copy, Debug)]
pub struct Naming {
    /// The architecture's name of a parameter that a file calls something else; `None` where the file's name stands.
    pub rename: fn(&str) -> Option<String>,
    /// Beginnings of names that a file may hold and the architecture does not run, such as auxiliary classifiers.
    pub not_run: &'static [&'static str],
}

impl Naming {
    /// The names in files are the architecture's own.
    pub const SAME: Self = Self { rename: |_| None, not_run: &[] };

    fn apply(&self, name: &str) -> String {
        (self.rename)(name).unwrap_or_else(|| name.to_owned())
    }
}

/// A parameter whose shape in the file is not the architecture's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misshaped {
    /// The parameter.
    pub name: String,
    /// Its shape in the file.
    pub found: Vec<usize>,
    /// Its shape in the architecture.
    pub needed: Vec<usize>,
}

/// What does not fit between a state dict and an architecture; never empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Misfit {
    /// Parameters that the architecture has and the file does not.
    pub missing: Vec<String>,
    /// Tensors that the file has and the architecture does not.
    pub unexpected: Vec<String>,
    /// Parameters of another shape.
    pub misshaped: Vec<Misshaped>,
    /// Number of parameters that fit by name and shape.
    pub n_fitting: usize,
    /// Number of parameters that the architecture has.
    pub n_declared: usize,
}

/// How many of each kind an error message lists.
const LISTED: usize = 6;

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} parameters fit", self.n_fitting, self.n_declared)?;
        let missing = self.missing.iter().map(|name| with_nearest(name, "in the file", &self.unexpected)).collect();
        list(f, "missing", missing)?;
        let unexpected =
            self.unexpected.iter().map(|name| with_nearest(name, "in the architecture", &self.missing)).collect();
        list(f, "unexpected", unexpected)?;
        let misshaped = self
            .misshaped
            .iter()
            .map(|parameter| {
                format!("\"{}\" is {:?} and must be {:?}", parameter.name, parameter.found, parameter.needed)
            })
            .collect();
        list(f, "of another shape", misshaped)
    }
}

fn with_nearest(name: &str, place: &str, others: &[String]) -> String {
    if others.is_empty() {
        return format!("\"{name}\"");
    }
    let nearest = nearest_three(name, others.iter().map(String::as_str));
    let nearest = nearest.split(", ").next().unwrap_or_default();
    format!("\"{name}\" (nearest {place}: {nearest})")
}

fn list(f: &mut fmt::Formatter<'_>, what: &str, items: Vec<String>) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = items.iter().take(LISTED).map(String::as_str).collect();
    write!(f, "; {} {what}: {}", items.len(), shown.join(", "))?;
    match items.len().saturating_sub(LISTED) {
        0 => Ok(()),
        more => write!(f, " and {more} more"),
    }
}

/// The architecture with the numbers of a state dict.
///
/// # Errors
/// A [`Misfit`] that lists every parameter that is missing, unexpected or of another shape; nothing is filled partly.
pub fn fill(architecture: Architecture, state: &StateDict, naming: &Naming) -> Result<Graph, Box<Misfit>> {
    let Architecture { mut graph, declarations } = architecture;
    let by_name = tensors_by_name(state, naming);
    let mut misfit = Misfit {
        missing: Vec::new(),
        unexpected: Vec::new(),
        misshaped: Vec::new(),
        n_fitting: 0,
        n_declared: declarations.len(),
    };
    for declaration in &declarations {
        match by_name.get(&declaration.name) {
            None => misfit.missing.push(declaration.name.clone()),
            Some(tensor) if tensor.shape() != declaration.shape => misfit.misshaped.push(Misshaped {
                name: declaration.name.clone(),
                found: tensor.shape().to_vec(),
                needed: declaration.shape.clone(),
            }),
            Some(tensor) => {
                misfit.n_fitting += 1;
                graph.parameters.insert(declaration.name.clone(), Arc::clone(tensor));
            }
        }
    }
    let declared: BTreeSet<&str> = declarations.iter().map(|declaration| declaration.name.as_str()).collect();
    let is_run = |name: &&String| !naming.not_run.iter().any(|start| name.starts_with(start));
    misfit.unexpected = by_name.into_keys().filter(|name| is_run(&name) && !declared.contains(name.as_str())).collect();
    let fits = misfit.missing.is_empty() && misfit.unexpected.is_empty() && misfit.misshaped.is_empty();
    if fits { Ok(graph) } else { Err(Box::new(misfit)) }
}

/// How many of the declared parameters a state dict has under their name and with their shape.
pub fn n_fitting(declarations: &[Declaration], state: &StateDict, naming: &Naming) -> usize {
    let by_name = tensors_by_name(state, naming);
    let fits = |declaration: &&Declaration| {
        by_name.get(&declaration.name).is_some_and(|tensor| tensor.shape() == declaration.shape)
    };
    declarations.iter().filter(fits).count()
}

fn tensors_by_name<'a>(state: &'a StateDict, naming: &Naming) -> BTreeMap<String, &'a Arc<HostTensor>> {
    state.tensors.iter().map(|(name, tensor)| (naming.apply(name), tensor)).collect()
}

/// The architecture without training: each parameter as its [`Init`] says, from the generator of [`Counter`] under the key
/// `SEED/NAME`.
///
/// The same seed gives the same bits on every platform; each parameter is independent of all others.
pub fn fill_random(architecture: Architecture, seed: u64) -> Graph {
    let Architecture { mut graph, declarations } = architecture;
    for declaration in declarations {
        let n = declaration.shape.iter().product();
        let counter = Counter::of(&format!("{seed}/{}", declaration.name));
        let spread = |limit: f64| counter.uniforms(n, -limit, limit);
        // A uniform number in [-limit, limit] has variance limit^2 / 3.
        let elements = match declaration.init {
            Init::He { fan_in } => spread((6.0 / fan_in.max(1) as f64).sqrt()),
            Init::Spread(standard_deviation) => spread(3f64.sqrt() * standard_deviation),
            Init::Zeros => vec![0.0; n],
            Init::Ones => vec![1.0; n],
        };
        if let Some(tensor) = HostTensor::from_f32(&declaration.shape, elements) {
            graph.parameters.insert(declaration.name, Arc::new(tensor));
        }
    }
    graph
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::builder::{Builder, Conv2d};

    fn small() -> Architecture {
        let (mut b, image) = Builder::new("small", [8, 8]);
        let x = b.conv2d("conv1", &image, &Conv2d::new(4, 3));
        let x = b.batch_norm2d("bn1", &x, 1e-5);
        b.finish(&x).expect("built")
    }

    fn state(shapes: &[(&str, &[usize])]) -> StateDict {
        let zeros = |shape: &[usize]| HostTensor::from_f32(shape, vec![0.0; shape.iter().product()]).expect("shaped");
        StateDict {
            path: "small.pth".into(),
            sha256: String::new(),
            tensors: shapes.iter().map(|(name, shape)| ((*name).to_owned(), Arc::new(zeros(shape)))).collect(),
        }
    }

    const WHOLE: [(&str, &[usize]); 6] = [
        ("conv1.weight", &[4, 3, 3, 3]),
        ("conv1.bias", &[4]),
        ("bn1.weight", &[4]),
        ("bn1.bias", &[4]),
        ("bn1.running_mean", &[4]),
        ("bn1.running_var", &[4]),
    ];

    #[test]
    fn a_whole_state_dict_fills_every_parameter() {
        let graph = fill(small(), &state(&WHOLE), &Naming::SAME).expect("fits");
        assert_eq!(graph.parameters.len(), 6);
    }

    #[test]
    fn what_does_not_fit_is_listed_by_name_with_the_nearest() {
        let mut shapes = WHOLE.to_vec();
        shapes[0] = ("conv1.weight", &[4, 1, 3, 3]);
        shapes[1] = ("conv.bias", &[4]);
        let misfit = fill(small(), &state(&shapes), &Naming::SAME).expect_err("two do not fit");
        assert_eq!(
            misfit.to_string(),
            "4 of 6 parameters fit; 1 missing: \"conv1.bias\" (nearest in the file: \"conv.bias\"); 1 unexpected: \
             \"conv.bias\" (nearest in the architecture: \"conv1.bias\"); 1 of another shape: \"conv1.weight\" is \
             [4, 1, 3, 3] and must be [4, 3, 3, 3]"
        );
    }

    #[test]
    fn names_of_published_files_are_translated_and_parts_not_run_are_left_out() {
        let mut shapes = WHOLE.to_vec();
        shapes[1] = ("conv1.offset", &[4]);
        shapes.push(("aux.weight", &[7]));
        let naming =
            Naming { rename: |name| (name == "conv1.offset").then(|| "conv1.bias".to_owned()), not_run: &["aux."] };
        assert!(fill(small(), &state(&shapes), &naming).is_ok());
        assert_eq!(n_fitting(&small().declarations, &state(&shapes), &naming), 6);
    }

    #[test]
    fn untrained_weights_have_the_variance_of_their_init_and_follow_the_seed() {
        let (mut b, image) = Builder::new("wide", [8, 8]);
        let x = b.conv2d("conv1", &image, &Conv2d::new(4000, 3));
        let architecture = b.finish(&x).expect("built");
        let graph = fill_random(architecture.clone(), 1);
        let HostTensor::F32(weight) = &*graph.parameters["conv1.weight"] else { panic!("floats") };
        // Variance 2 / 27; 108,000 uniform numbers give it within 1 %.
        let variance = weight.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / weight.len() as f64;
        assert!((variance / (2.0 / 27.0) - 1.0).abs() < 0.01, "{variance}");
        assert_eq!(fill_random(architecture.clone(), 1).parameters, graph.parameters);
        assert_ne!(fill_random(architecture, 2).parameters, graph.parameters);
    }
}
