//! The state of an optimisation as bytes, so that a run that was stopped goes on as if it had not been.
//!
//! One line of JSON, then 32-bit floats in the machine's byte order: parameters, Adam's means, its squares.

use serde::{Deserialize, Serialize};

use super::adam::Adam;
use crate::inside::image::ImageModel;
use crate::network::value::Ranked;

/// What changes from step to step.
#[derive(Clone, Debug)]
pub(super) struct State {
    /// Steps done.
    pub(super) step: usize,
    /// Which of the regularizer's scales the parameters are of.
    pub(super) scale: usize,
    /// Steps whose gradient was 0.
    pub(super) n_silent: usize,
    pub(super) parameters: Vec<burn::tensor::Tensor<1>>,
    pub(super) adam: Adam,
    /// The objective before each step.
    pub(super) trajectory: Vec<f64>,
    /// The step whose objective was not finite.
    pub(super) not_finite: Option<usize>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    step: usize,
    scale: usize,
    n_silent: usize,
    adam_steps: usize,
    sizes: Vec<usize>,
    /// As bits, which JSON keeps exactly.
    trajectory: Vec<u64>,
    not_finite: Option<usize>,
}

impl State {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let numbers = |tensors: &[burn::tensor::Tensor<1>]| -> Vec<Vec<f32>> {
            tensors.iter().map(|tensor| Ranked::R1(tensor.clone()).into_elements().unwrap_or_default()).collect()
        };
        let parameters = numbers(&self.parameters);
        let header = Header {
            step: self.step,
            scale: self.scale,
            n_silent: self.n_silent,
            adam_steps: self.adam.n_steps,
            sizes: parameters.iter().map(Vec::len).collect(),
            trajectory: self.trajectory.iter().map(|value| value.to_bits()).collect(),
            not_finite: self.not_finite,
        };
        let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
        bytes.push(b'\n');
        for block in [parameters, numbers(&self.adam.means), numbers(&self.adam.squares)].iter().flatten() {
            bytes.extend_from_slice(bytemuck::cast_slice(block));
        }
        bytes
    }

    /// The scale that kept bytes are of, for which a model has to be made before they can be read.
    pub(super) fn scale_of(bytes: &[u8]) -> Option<usize> {
        header(bytes).map(|(header, _)| header.scale)
    }

    /// The state, where the bytes are those of one for this model.
    pub(super) fn from_bytes(bytes: &[u8], model: &ImageModel) -> Option<Self> {
        let (header, rest) = header(bytes)?;
        let n: usize = header.sizes.iter().sum();
        if header.sizes != model.sizes() || rest.len() != 3 * n * size_of::<f32>() {
            return None;
        }
        let mut numbers: Vec<f32> = Vec::with_capacity(3 * n);
        for four in rest.chunks_exact(size_of::<f32>()) {
            numbers.push(f32::from_ne_bytes(four.try_into().ok()?));
        }
        let mut rest = numbers.as_slice();
        let mut block = || -> Option<Vec<burn::tensor::Tensor<1>>> {
            let take = |size: &usize| {
                let (taken, left) = rest.split_at_checked(*size)?;
                rest = left;
                Some(model.upload(taken.to_vec()))
            };
            header.sizes.iter().map(take).collect()
        };
        let (parameters, means, squares) = (block()?, block()?, block()?);
        Some(Self {
            step: header.step,
            scale: header.scale,
            n_silent: header.n_silent,
            parameters,
            adam: Adam { n_steps: header.adam_steps, means, squares },
            trajectory: header.trajectory.iter().map(|bits| f64::from_bits(*bits)).collect(),
            not_finite: header.not_finite,
        })
    }
}

fn header(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let header = serde_json::from_slice(bytes.get(..end)?).ok()?;
    Some((header, bytes.get(end + 1..)?))
}
