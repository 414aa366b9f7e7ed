//! The gradient with another way back through rectifiers: deconvnet and guided backpropagation.

use ndarray::Array3;

use super::walk::{Start, Walk, untracked};
use super::{AttributionError, Method, array_of, uploaded};
use crate::inside::objective::Aim;
use crate::network::graph::Node;
use crate::network::value::each_rank;

fn is_rectifier(node: &Node) -> bool {
    node.op.kind() == "Relu"
}

/// The objective and the map of [`Method::Deconvnet`] or [`Method::GuidedBackpropagation`].
pub(super) fn rectified(
    walk: &mut Walk,
    aim: &Aim,
    input: &Array3<f32>,
    method: &Method,
) -> Result<(f64, Array3<f32>), AttributionError> {
    if !walk.any_node(is_rectifier) {
        let objective = aim.name().to_owned();
        return Err(AttributionError::NoRectifier { method: method.name(), objective });
    }
    let is_guided = *method == Method::GuidedBackpropagation;
    let walked = walk.run(uploaded(input, walk.device()), aim, Start::Gradient, |step, mut back| {
        if !is_rectifier(step.node) {
            return step.pull_back(back);
        }
        let Some(gradient) = back.pop().flatten() else { return Ok(Vec::new()) };
        let positive = each_rank!(untracked(gradient), gradient => gradient.clamp_min(0.0));
        if is_guided { step.pull_back(vec![Some(positive)]) } else { Ok(vec![(0, positive)]) }
    })?;
    Ok((walked.objective, array_of(walked.image, input.dim())))
}
