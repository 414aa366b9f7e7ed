//! Gradients of any stage with respect to the images, to any other stage and to any parameter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use ndarray::{ArrayD, ArrayView4, ArrayViewD, IxDyn};

use super::NAME;
use super::fold::fold_batch_normalization;
use super::program::Program;
use crate::network::checked::Network;
use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::network::graph::Graph;
use crate::network::value::{Ranked, Value, any_rank, each_rank};

/// With respect to what a gradient is taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrt {
    /// The images.
    Images,
    /// A value of the network, by the name of [`Stage::value`](crate::network::checked::Stage).
    Value(String),
    /// A parameter, by its name in the graph.
    Parameter(String),
}

/// Values of one run that was tracked, and the tensors with respect to which gradients can be taken from it.
///
/// An objective is built out of [`values`](Self::values) with Burn's own operations; after its `backward()`, the gradients
/// of [`leaves`](Self::leaves) are read from the result.
#[derive(Debug)]
pub struct Tapped {
    /// The tapped values, by name.
    pub values: BTreeMap<String, Value>,
    /// One tracked tensor for each thing asked for.
    pub leaves: BTreeMap<Wrt, Ranked>,
}

/// A network on a device that can be run forward and backward.
#[derive(Debug)]
pub struct BurnNetwork {
    network: Network,
    graph: Arc<Graph>,
    device: Device,
    uploaded: BTreeMap<String, Value>,
    /// The last program, which an optimization asks for again and again.
    prepared: Option<(Request, Program)>,
}

/// What a program was made for: the number of images, the values, the parameters that are given.
type Request = (usize, Vec<String>, BTreeSet<String>);

impl BurnNetwork {
    /// `network` on `device`.
    pub(crate) fn new(network: Network, device: Device) -> Self {
        let graph = Arc::new(network.graph().clone());
        Self { network, graph, device, uploaded: BTreeMap::new(), prepared: None }
    }

    /// The network.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Where the network is.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The gradient of sum over objectives of <cotangent, value> with respect to each of `wrt`, in its order.
    ///
    /// `images`: (n_images, channel, height, width), preprocessed. `objectives`: names of values
    /// ([`Stage::value`](crate::network::checked::Stage)), each with a cotangent of the value's shape for all images.
    /// The results have the shapes of what they belong to; where no path leads from there to an objective they are 0.
    ///
    /// Nothing is tracked that is not on a path from `wrt` to an objective, and weights that nobody asked for cost nothing.
    ///
    /// # Errors
    /// [`GraphError::UnknownValue`] for names that do not exist, [`EngineError::CotangentShape`] for a cotangent of another shape.
    pub fn gradient(
        &mut self,
        images: ArrayView4<'_, f32>,
        objectives: &[(String, ArrayViewD<'_, f32>)],
        wrt: &[Wrt],
    ) -> Result<Vec<ArrayD<f32>>, EngineError> {
        let input = Ranked::from_elements(images.shape(), images.iter().copied().collect(), &self.device);
        let taps: Vec<String> = objectives.iter().map(|(value, _)| value.clone()).collect();
        let tapped = self.tap(input, &taps, wrt)?;
        let mut total: Option<Tensor<1>> = None;
        for (name, cotangent) in objectives {
            let Some(Value::Float(value)) = tapped.values.get(name) else {
                return Err(EngineError::OutputCount { engine: NAME });
            };
            if value.shape() != cotangent.shape() {
                let (found, needed) = (cotangent.shape().to_vec(), value.shape());
                return Err(EngineError::CotangentShape { value: name.clone(), found, needed });
            }
            let weights = value.like(cotangent.shape(), cotangent.iter().copied().map(f64::from).collect());
            let product = any_rank!(value.clone(), value => (value * weights.into_rank()).sum());
            total = Some(if let Some(total) = total { total + product } else { product });
        }
        let tracked = total.filter(Tensor::is_tracked);
        let gradients = tracked.map(|total| total.backward());
        let read = |leaf: &Ranked| {
            let shape = leaf.shape();
            let gradient = gradients.as_ref().and_then(
                |gradients| any_rank!(leaf, leaf => leaf.grad(gradients).map(|gradient| gradient.into_data())),
            );
            let elements = match gradient {
                Some(data) => data.convert::<f32>().try_into_vec::<f32>().ok()?,
                None => vec![0.0; shape.iter().product()],
            };
            ArrayD::from_shape_vec(IxDyn(&shape), elements).ok()
        };
        wrt.iter()
            .map(|wrt| tapped.leaves.get(wrt).and_then(read).ok_or(EngineError::OutputCount { engine: NAME }))
            .collect()
    }

    /// Runs the network on `images` and returns the values `taps`, tracked so that gradients reach each of `wrt`.
    ///
    /// `images` may itself be the result of tracked operations (an image made from parameters): gradients then go on through it.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn tap(&mut self, images: Ranked, taps: &[String], wrt: &[Wrt]) -> Result<Tapped, EngineError> {
        let found = images.shape();
        let needed = self.network.stimulus_shape();
        if found.get(1..) != Some(needed.as_slice()) {
            return Err(EngineError::ImageShape { found: found.get(1..).unwrap_or(&[]).to_vec(), needed });
        }
        let variable: BTreeSet<String> = wrt
            .iter()
            .filter_map(|wrt| if let Wrt::Parameter(name) = wrt { Some(name.clone()) } else { None })
            .collect();
        let mut wanted = taps.to_vec();
        wanted.extend(wrt.iter().filter_map(|wrt| if let Wrt::Value(name) = wrt { Some(name.clone()) } else { None }));
        let batch = found.first().copied().unwrap_or(1);
        self.prepare(batch, &wanted, &variable)?;
        let Some((_, program)) = &self.prepared else {
            return Err(EngineError::OutputCount { engine: NAME });
        };
        let mut leaves = BTreeMap::new();
        let mut given = BTreeMap::new();
        for name in &variable {
            let Some(parameter) = self.graph.parameters.get(name) else {
                continue;
            };
            if let Value::Float(value) = Value::from_host(parameter, &self.device) {
                let leaf = as_leaf(value);
                leaves.insert(Wrt::Parameter(name.clone()), leaf.clone());
                given.insert(name.clone(), Value::Float(leaf));
            }
        }
        let images = if wrt.contains(&Wrt::Images) {
            let (images, leaf) = with_leaf(images);
            leaves.insert(Wrt::Images, leaf);
            images
        } else {
            images
        };
        let values = program.run_with(Value::Float(images), given, &self.device, |name, value| match value {
            Value::Float(value) if wrt.iter().any(|wrt| matches!(wrt, Wrt::Value(wanted) if wanted == name)) => {
                let (value, leaf) = with_leaf(value);
                leaves.insert(Wrt::Value(name.to_owned()), leaf);
                Value::Float(value)
            }
            value => value,
        })?;
        Ok(Tapped { values, leaves })
    }

    /// Makes the program for a request, unless it is the last one's.
    fn prepare(&mut self, batch: usize, wanted: &[String], variable: &BTreeSet<String>) -> Result<(), EngineError> {
        let request = (batch, wanted.to_vec(), variable.clone());
        if self.prepared.as_ref().is_some_and(|(earlier, _)| *earlier == request) {
            return Ok(());
        }
        let checked = self.network.single_plan();
        let unknown = wanted.iter().find(|value| !checked.facts.contains_key(*value));
        let not_learned = variable.iter().find(|name| !self.graph.parameters.contains_key(*name));
        if let Some(value) = unknown.or(not_learned) {
            let (node, value) = ("the objective".to_owned(), value.clone());
            return Err(EngineError::Graph(GraphError::UnknownValue { node, value }));
        }
        let program = if variable.is_empty() {
            let folded = Arc::new(fold_batch_normalization(&self.graph, wanted));
            Program::new(&folded, batch, wanted, variable, checked)?
        } else {
            Program::new(&self.graph, batch, wanted, variable, checked)?
        };
        self.prepared = Some((request, program.upload(&self.device, &mut self.uploaded)));
        Ok(())
    }
}

/// The same numbers as the start of a new track.
fn as_leaf(value: Ranked) -> Ranked {
    each_rank!(value, tensor => tensor.without_autodiff().autodiff().require_grad())
}

/// The same numbers, and a tensor whose gradient is theirs. What is tracked already stays so: there, the leaf is a 0 that
/// is added.
fn with_leaf(value: Ranked) -> (Ranked, Ranked) {
    let is_tracked = any_rank!(&value, tensor => tensor.is_tracked());
    if !is_tracked {
        let leaf = as_leaf(value);
        return (leaf.clone(), leaf);
    }
    let zero = as_leaf(each_rank!(value.clone(), tensor => tensor.without_autodiff().zeros_like()));
    let sum = match zero.clone() {
        Ranked::R1(zero) => Ranked::R1(value.into_rank::<1>() + zero),
        Ranked::R2(zero) => Ranked::R2(value.into_rank::<2>() + zero),
        Ranked::R3(zero) => Ranked::R3(value.into_rank::<3>() + zero),
        Ranked::R4(zero) => Ranked::R4(value.into_rank::<4>() + zero),
        Ranked::R5(zero) => Ranked::R5(value.into_rank::<5>() + zero),
        Ranked::R6(zero) => Ranked::R6(value.into_rank::<6>() + zero),
    };
    (sum, zero)
}
