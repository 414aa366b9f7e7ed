//! A network as it is read or built: named nodes over named values, not yet checked.
//!
//! The operators are those of ONNX, with ONNX's semantics, whatever the graph came from; so a graph from the zoo can be
//! written as ONNX and a graph from ONNX can be run by every engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::error::GraphError;
use super::op::Operator;
use super::tensor::{DType, HostTensor};

/// The size of one axis of a graph's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dim {
    /// The number of stimuli that are run together; it may differ from run to run.
    Batch,
    /// A size that the file or the architecture fixes.
    Fixed(usize),
    /// A size that the file leaves open (other than the batch); it must be chosen before the graph is checked.
    Open,
}

/// An input of the graph: what the stimuli become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphInput {
    /// The exporter's name of the value.
    pub name: String,
    /// Element type.
    pub dtype: DType,
    /// Sizes, outermost first; for images (batch, channel, height, width).
    pub dims: Vec<Dim>,
}

impl Graph {
    /// Chooses (height, width) of the images, which the first input may leave open.
    ///
    /// # Errors
    /// [`GraphError::ImageSize`] when the graph fixes another size or its input is no image.
    pub fn choose_image_size(&mut self, size: [usize; 2]) -> Result<(), GraphError> {
        let Some(input) = self.inputs.first_mut() else {
            return Err(GraphError::NoInput { network: self.name.clone() });
        };
        let words = |dims: &[Dim]| dims.iter().map(Dim::in_words).collect::<Vec<_>>().join(" x ");
        let wanted = size.map(Dim::Fixed);
        match input.dims.as_mut_slice() {
            [_, _, height, width]
                if [&*height, &*width]
                    .iter()
                    .zip(&wanted)
                    .all(|(dim, wanted)| **dim == Dim::Open || *dim == wanted) =>
            {
                [*height, *width] = wanted;
                Ok(())
            }
            dims => Err(GraphError::ImageSize {
                input: input.name.clone(),
                found: words(&wanted),
                needed: words(dims.get(2..).unwrap_or(&[])),
            }),
        }
    }
}

impl Dim {
    fn in_words(&self) -> String {
        match self {
            Self::Batch => "the batch".to_owned(),
            Self::Fixed(size) => size.to_string(),
            Self::Open => "any".to_owned(),
        }
    }
}

/// One operator applied to named values.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique in the graph; the exporter's where it has one, else made from the operator and its position.
    pub name: String,
    /// What is computed.
    pub op: Arc<dyn Operator>,
    /// Names of the values read, in the operator's order; `None` for an optional input that is absent.
    pub inputs: Vec<Option<String>>,
    /// Names of the values written, in the operator's order; an unused optional output has an empty name.
    pub outputs: Vec<String>,
}

/// A further name for a value, under which it can be recorded: torchvision's module path, or an alias such as `relu1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageName {
    /// What the user types.
    pub name: String,
    /// The value that it stands for.
    pub value: String,
}

/// A network as it is read or built.
///
/// Nothing is guaranteed but that the fields are filled: names may clash, values may be missing, shapes may not fit.
/// [`Network::check`](super::checked::Network::check) finds out, and only its result can be run.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Name of the architecture or the file's name for itself.
    pub name: String,
    /// What has to be given to run it.
    pub inputs: Vec<GraphInput>,
    /// Learned and constant tensors by name. A parameter is an input of the nodes that use it, by this name.
    pub parameters: BTreeMap<String, Arc<HostTensor>>,
    /// In an order in which every value is written before it is read (ONNX demands it, the builder gives it).
    pub nodes: Vec<Node>,
    /// Names of the values that are the graph's own outputs.
    pub outputs: Vec<String>,
    /// Stages by the names that users know, in the order of the data's path. Besides these, every node's name and
    /// every value's name is accepted.
    pub stages: Vec<StageName>,
}
