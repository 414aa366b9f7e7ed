//! Operators: one file per family, each with its shape rule, its forward pass, its ONNX reading and writing, its
//! receptive field and its tests.
//!
//! To add one: write a struct that implements [`Operator`] in the file of its family, and add one line to the table in
//! `registry.rs`.

pub mod activation;
pub mod attributes;
pub mod binary;
pub mod constant;
pub mod convolution;
pub mod dense;
pub mod einsum;
pub mod elementwise;
#[cfg(test)]
mod gradient_check;
pub(crate) mod host;
pub mod indexing;
pub mod inputs;
pub mod normalization;
pub mod pad;
pub mod pooling;
pub mod reduce;
pub mod registry;
pub mod resize;
pub mod scatter;
pub mod shape;
pub mod softmax;
pub mod space;
pub mod window;

use std::fmt::Debug;
use std::sync::Arc;

use super::tensor::{DType, HostTensor};
use super::value::Value;

pub use inputs::{Call, Inputs};

/// What is known about a value before anything is run.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Element type.
    pub dtype: DType,
    /// Sizes of the axes, the batch included.
    pub shape: Vec<usize>,
    /// The value itself, where it does not depend on the stimuli.
    pub constant: Option<Arc<HostTensor>>,
}

/// Why an operator cannot be read, checked or run. The node's name is added by whoever holds the node.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpError {
    /// An operator that the registry does not have.
    #[error("homolog has no operator {op}")]
    Unknown {
        /// ONNX name of the operator.
        op: String,
    },
    /// Too few or too many inputs.
    #[error("{op} has {found} inputs and needs {needed}")]
    Arity {
        /// ONNX name of the operator.
        op: &'static str,
        /// Inputs that the node has.
        found: usize,
        /// How many it takes, in words.
        needed: String,
    },
    /// An attribute that is missing, of the wrong type or out of range.
    #[error("{op} has attribute {attribute} {found}; {needed}")]
    Attribute {
        /// ONNX name of the operator.
        op: &'static str,
        /// The attribute's name.
        attribute: String,
        /// What stands in the file.
        found: String,
        /// What homolog can do.
        needed: String,
    },
    /// Inputs whose shapes or types do not go together.
    #[error("{op} cannot take its inputs: {found}; {needed}")]
    Shape {
        /// ONNX name of the operator.
        op: &'static str,
        /// The shapes found, in words.
        found: String,
        /// What the operator asks for.
        needed: String,
    },
    /// A tensor that must be known before running but depends on the stimuli.
    #[error("{op} takes its {input} from a value that depends on the stimuli, and homolog needs it to be constant")]
    NotConstant {
        /// ONNX name of the operator.
        op: &'static str,
        /// Which input.
        input: &'static str,
    },
    /// The engine stopped in the middle of the operator: a mistake in homolog.
    #[error("{op} stopped the engine on {found}, which is a mistake in homolog: {said}")]
    Panicked {
        /// ONNX name of the operator.
        op: &'static str,
        /// The inputs, in words.
        found: String,
        /// What the engine said.
        said: String,
    },
}

/// How far an operator's output unit sees into its input, along the two spatial axes.
#[derive(Clone, Debug, PartialEq)]
pub enum Reach {
    /// Each output position sees the same position of every input (activations, sums, concatenation).
    Pointwise,
    /// A window slides over the input.
    Window {
        /// Extent in input positions, dilation included: (height, width).
        size: [usize; 2],
        /// Input positions between neighbouring outputs.
        stride: [usize; 2],
        /// Positions added before the first: (top, left).
        padding: [usize; 2],
    },
    /// Every output sees every input position, or the spatial axes are gone.
    Global,
}

/// The value of an ONNX attribute, as far as the operators here use them.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// A float.
    Float(f32),
    /// An integer.
    Int(i64),
    /// A string.
    Text(String),
    /// Floats.
    Floats(Vec<f32>),
    /// Integers.
    Ints(Vec<i64>),
    /// A tensor.
    Tensor(Arc<HostTensor>),
}

/// One operator with its attributes.
///
/// The operator's inputs and outputs are those of ONNX at [`ONNX_OPSET`](super::ONNX_OPSET), in ONNX's order.
pub trait Operator: Debug + Send + Sync {
    /// ONNX name of the operator, such as `Conv`.
    fn kind(&self) -> &'static str;

    /// Attributes as they are written to ONNX at [`ONNX_OPSET`](super::ONNX_OPSET); those at their default may be left out.
    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        Vec::new()
    }

    /// Types and shapes of the outputs, from what is known about the inputs; `None` for an absent optional input.
    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError>;

    /// The outputs for the given inputs, whose facts went through [`infer`](Self::infer) before.
    fn forward(&self, call: Call<'_>) -> Result<Vec<Value>, OpError>;

    /// How far one output sees into input `index`. The default is the bound that always holds.
    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Global
    }
}
