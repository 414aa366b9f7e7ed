//! Layer-wise relevance propagation over the canonical graph.
//!
//! Relevance begins as value times gradient at the values that the objective is computed from: for a logit or any linear
//! objective its sum is the objective itself. It is then shared out among each node's inputs, down to the image. A rule keeps
//! what biases and stabilizers are due; the ledger says how much of it stayed where, and start = sum at the image + what stayed.

mod composite;
mod rule;

use ndarray::Array3;

pub use composite::{Composite, PixelBox, Rule};

use super::walk::{Start, Step, Walk};
use super::{AttributionError, array_of, uploaded};
use crate::inside::objective::Aim;

/// What became of the relevance that an objective began with.
#[derive(Clone, Debug, PartialEq)]
pub struct Conservation {
    /// At the values that the objective is computed from.
    pub start: f64,
    /// At the image.
    pub at_image: f64,
    /// What stayed at each node (its biases' and stabilizers' share, or what is lost where nothing contributes), from the
    /// objective to the image. A rule that favours one sign can give more than it took; then the number is negative.
    pub kept: Vec<(String, f64)>,
}

/// Objective, map and ledger.
pub(super) fn propagate(
    walk: &mut Walk,
    aim: &Aim,
    input: &Array3<f32>,
    composite: &Composite,
) -> Result<(f64, Array3<f32>, Conservation), AttributionError> {
    let walked =
        walk.run(uploaded(input, walk.device()), aim, Start::Relevance, |step, back| pass(composite, step, back))?;
    let map = array_of(walked.image, input.dim());
    let at_image = map.iter().copied().map(f64::from).sum();
    Ok((walked.objective, map, Conservation { start: walked.start, at_image, kept: walked.kept }))
}

/// Shares out the relevance of a node's outputs.
fn pass(
    composite: &Composite,
    step: &Step<'_>,
    mut back: Vec<Option<super::walk::Backward>>,
) -> Result<super::walk::Passed, AttributionError> {
    let refuse = |because: &'static str| {
        let (node, operator) = (step.node.name.clone(), step.node.op.kind());
        Err(AttributionError::NoRule { node, operator, because })
    };
    let n_variable = step.variable.len();
    match step.node.op.kind() {
        "Relu" | "LeakyRelu" | "PRelu" | "Clip" | "Elu" | "Celu" | "Selu" | "Gelu" | "HardSwish" | "Mish"
        | "Softplus" | "Tanh" | "Softsign" | "Sigmoid" | "HardSigmoid" => {
            Ok(back.pop().flatten().map(|relevance| (0, relevance)).into_iter().collect())
        }
        "MaxPool" | "GlobalMaxPool" | "ReduceMax" | "Max" | "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze"
        | "Transpose" | "Concat" | "Slice" | "Split" | "Pad" | "Dropout" | "Identity" | "Gather" | "DepthToSpace"
        | "SpaceToDepth" => step.pull_back(back),
        "AveragePool" | "GlobalAveragePool" | "ReduceMean" | "ReduceSum" | "Add" | "Sub" | "Sum" | "Mean" | "Neg"
        | "BatchNormalization" => rule::in_proportion(step, back, composite.stabilizer),
        "Mul" if n_variable == 1 => rule::in_proportion(step, back, composite.stabilizer),
        "Div" if step.variable == [0] => rule::in_proportion(step, back, composite.stabilizer),
        "Conv" | "ConvTranspose" if step.variable == [0] => {
            let first = composite.first_convolution.as_ref().filter(|_| step.reads_image);
            rule::linear(step, back, first.unwrap_or(&composite.convolution), composite.stabilizer)
        }
        "Gemm" | "MatMul" if n_variable == 1 => {
            let first = composite.first_dense.as_ref().filter(|_| step.reads_image);
            rule::linear(step, back, first.unwrap_or(&composite.dense), composite.stabilizer)
        }
        "Mul" | "Div" | "Conv" | "ConvTranspose" | "Gemm" | "MatMul" => {
            refuse("both of its factors depend on the image, and relevance has no rule for their product")
        }
        _ => refuse("its output is no sum of parts that its inputs contribute"),
    }
}
