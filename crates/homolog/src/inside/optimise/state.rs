//! The state of an optimisation as bytes, so that a run that was stopped goes on as if it had not been.
//!
//! One line of JSON, then numbers in the machine's byte order: the parameters (32 bits); of Adam, means and squares (32 bits);
//! of L-BFGS, the point, its gradient and the steps that it remembers (64 bits).

use burn::tensor::Tensor;
use homolog_stats::lbfgs::Lbfgs;
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use crate::inside::image::ImageModel;
use crate::inside::transform::Optimiser;
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
    pub(super) parameters: Vec<Tensor<1>>,
    pub(super) mover: Mover,
    /// The objective before each step.
    pub(super) trajectory: Vec<f64>,
    /// The step whose objective was not finite.
    pub(super) not_finite: Option<usize>,
}

/// What the optimiser remembers.
#[derive(Clone, Debug)]
pub(super) enum Mover {
    Adam(Adam),
    /// Nothing before the first step of a scale.
    Lbfgs(Option<Lbfgs>),
}

impl Mover {
    pub(super) fn new(optimiser: Optimiser, parameters: &[Tensor<1>]) -> Self {
        match optimiser {
            Optimiser::Adam => Self::Adam(Adam::new(parameters)),
            Optimiser::Lbfgs => Self::Lbfgs(None),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    step: usize,
    scale: usize,
    n_silent: usize,
    sizes: Vec<usize>,
    mover: MoverHeader,
    /// As bits, which JSON keeps exactly.
    trajectory: Vec<u64>,
    not_finite: Option<usize>,
}

#[derive(Serialize, Deserialize)]
enum MoverHeader {
    Adam { n_steps: usize },
    FreshLbfgs,
    Lbfgs { value: u64, n_steps: usize },
}

impl State {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let header = Header {
            step: self.step,
            scale: self.scale,
            n_silent: self.n_silent,
            sizes: self.parameters.iter().map(|one| one.dims()[0]).collect(),
            mover: match &self.mover {
                Mover::Adam(adam) => MoverHeader::Adam { n_steps: adam.n_steps },
                Mover::Lbfgs(None) => MoverHeader::FreshLbfgs,
                Mover::Lbfgs(Some(lbfgs)) => {
                    MoverHeader::Lbfgs { value: lbfgs.value.to_bits(), n_steps: lbfgs.steps.len() }
                }
            },
            trajectory: self.trajectory.iter().map(|value| value.to_bits()).collect(),
            not_finite: self.not_finite,
        };
        let parameters = self.parameters.iter().cloned();
        let parameters: Vec<f32> =
            parameters.flat_map(|numbers| Ranked::R1(numbers).into_elements().unwrap_or_default()).collect();
        let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
        bytes.push(b'\n');
        bytes.extend_from_slice(bytemuck::cast_slice(&parameters));
        match &self.mover {
            Mover::Adam(adam) => {
                bytes.extend_from_slice(bytemuck::cast_slice(&adam.means.concat()));
                bytes.extend_from_slice(bytemuck::cast_slice(&adam.squares.concat()));
            }
            Mover::Lbfgs(None) => {}
            Mover::Lbfgs(Some(lbfgs)) => {
                let steps = lbfgs.steps.iter().flat_map(|(moved, turned)| [moved, turned]);
                for block in [&lbfgs.point, &lbfgs.gradient].into_iter().chain(steps) {
                    bytes.extend_from_slice(bytemuck::cast_slice(block));
                }
            }
        }
        bytes
    }

    /// The scale that kept bytes are of, for which a model has to be made before they can be read.
    pub(super) fn scale_of(bytes: &[u8]) -> Option<usize> {
        header(bytes).map(|(header, _)| header.scale)
    }

    /// The state, where the bytes are those of one for this model.
    pub(super) fn from_bytes(bytes: &[u8], model: &ImageModel) -> Option<Self> {
        let (header, mut rest) = header(bytes)?;
        if header.sizes != model.sizes() {
            return None;
        }
        let n: usize = header.sizes.iter().sum();
        let numbers = |rest: &mut &[u8]| -> Option<Vec<Vec<f32>>> {
            header.sizes.iter().map(|size| taken(rest, *size, f32::from_ne_bytes)).collect()
        };
        let parameters = numbers(&mut rest)?.into_iter().map(|numbers| model.upload(numbers)).collect();
        let mover = match header.mover {
            MoverHeader::Adam { n_steps } => {
                Mover::Adam(Adam { n_steps, means: numbers(&mut rest)?, squares: numbers(&mut rest)? })
            }
            MoverHeader::FreshLbfgs => Mover::Lbfgs(None),
            MoverHeader::Lbfgs { value, n_steps } => {
                let mut block = || taken(&mut rest, n, f64::from_ne_bytes);
                let mut lbfgs = Lbfgs::new(block()?, (f64::from_bits(value), block()?));
                for _ in 0..n_steps {
                    lbfgs.steps.push_back((block()?, block()?));
                }
                Mover::Lbfgs(Some(lbfgs))
            }
        };
        rest.is_empty().then(|| Self {
            step: header.step,
            scale: header.scale,
            n_silent: header.n_silent,
            parameters,
            mover,
            trajectory: header.trajectory.iter().map(|bits| f64::from_bits(*bits)).collect(),
            not_finite: header.not_finite,
        })
    }
}

/// The next `n` numbers, which are then gone from `rest`.
fn taken<const SIZE: usize, A>(rest: &mut &[u8], n: usize, read: impl Fn([u8; SIZE]) -> A) -> Option<Vec<A>> {
    let (taken, after) = rest.split_at_checked(n * SIZE)?;
    *rest = after;
    taken.chunks_exact(SIZE).map(|bytes| Some(read(bytes.try_into().ok()?))).collect()
}

fn header(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let header = serde_json::from_slice(bytes.get(..end)?).ok()?;
    Some((header, bytes.get(end + 1..)?))
}
