//! Operations of our own on the engine's tape: run here, with gradients that are computed here.

use std::fmt::Debug;
use std::marker::PhantomData;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Device, Tensor, TensorData};

use crate::network::value::{Ranked, any_rank};

/// The engine's tensor on the processor.
type Plain = FloatTensor<Flex>;
/// The same with its place on the tape.
type Tracked = FloatTensor<Autodiff<Flex>>;

/// Numbers in single precision and row-major order, shared as the engine shares them.
#[derive(Clone, Debug)]
pub(crate) struct Numbers(Plain);

impl Numbers {
    /// Numbers of this shape.
    pub(crate) fn new(numbers: Vec<f32>, shape: &[usize]) -> Self {
        Self(Plain::from_data(TensorData::new(numbers, shape.to_vec())))
    }

    /// Copied only where the engine's tensor is a view that is not in row-major order.
    fn of(tensor: Plain) -> Self {
        if tensor.as_slice::<f32>().is_some() { Self(tensor) } else { Self(Plain::from_data(tensor.into_data())) }
    }

    /// Sizes of the axes.
    pub(crate) fn shape(&self) -> Vec<usize> {
        self.0.layout().shape().to_vec()
    }

    /// The numbers.
    pub(crate) fn as_slice(&self) -> &[f32] {
        self.0.as_slice().unwrap_or(&[])
    }

    /// The numbers, copied only where somebody else holds them too.
    pub(crate) fn into_vec(self) -> Vec<f32> {
        self.0.into_data().try_into_vec().unwrap_or_default()
    }
}

/// Runs an operation with one input, for which [`is_here`](super::is_here) holds; recorded where the input is on the tape.
pub(crate) fn record_if_taped<G: Gradient>(input: Ranked, run: impl FnOnce(&[f32]) -> (Numbers, G)) -> Ranked {
    if is_taped(&input)
        && let Some(Taped { numbers, tape }) = Taped::new(input.clone())
    {
        let (output, gradient) = run(numbers.as_slice());
        return tape.record(output, gradient);
    }
    let device = any_rank!(&input, tensor => tensor.device().inner());
    let (output, _) = run(&input.into_elements().unwrap_or_default());
    let shape = output.shape();
    Ranked::from_elements(&shape, output.into_vec(), &device)
}

/// What an operation keeps for its gradient.
pub(crate) trait Gradient: Clone + Debug + Send + 'static {
    /// The gradient with respect to the operation's input, for that with respect to its output.
    fn of_input(self, of_output: Numbers) -> Vec<f32>;
}

/// A tensor on the tape: its numbers, and what an operation on them is recorded with.
#[derive(Debug)]
pub(crate) struct Taped {
    pub(crate) numbers: Numbers,
    pub(crate) tape: Tape,
}

/// The place of a tensor on the tape.
#[derive(Debug)]
pub(crate) struct Tape {
    node: NodeGuard,
    shape: Vec<usize>,
}

/// Whether a tensor lies in the processor's memory, in single precision and on the tape.
pub(crate) fn is_taped(tensor: &Ranked) -> bool {
    any_rank!(tensor, tensor => {
        // Devices are equal with and without a tape.
        tensor.is_autodiff() && tensor.dtype() == DType::F32 && tensor.device() == Device::flex()
    })
}

impl Taped {
    /// Takes a tensor for which [`is_taped`] holds.
    pub(crate) fn new(tensor: Ranked) -> Option<Self> {
        let shape = tensor.shape();
        let tracked: Tracked = any_rank!(tensor, tensor => tensor.try_into_primitive::<Autodiff<Flex>>().ok()?);
        let (numbers, node) = tracked.into_parts();
        Some(Self { numbers: Numbers::of(numbers), tape: Tape { node, shape } })
    }
}

impl Tape {
    /// Sizes of the axes.
    pub(crate) fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Records that `output` was made of the tensor by an operation with this gradient.
    pub(crate) fn record<G: Gradient>(self, output: Numbers, gradient: G) -> Ranked {
        let Self { node, shape } = self;
        let step = Step::<G>(PhantomData).prepare::<NoCheckpointing>([node]).compute_bound();
        let tracked = match step.stateful() {
            OpsKind::Tracked(step) => step.finish((gradient, shape), output.0),
            OpsKind::UnTracked(step) => step.finish(output.0),
        };
        ranked(tracked)
    }
}

fn ranked(tracked: Tracked) -> Ranked {
    match tracked.primitive().layout().shape().len() {
        0 | 1 => Ranked::R1(Tensor::from_primitive::<Autodiff<Flex>>(tracked)),
        2 => Ranked::R2(Tensor::from_primitive::<Autodiff<Flex>>(tracked)),
        3 => Ranked::R3(Tensor::from_primitive::<Autodiff<Flex>>(tracked)),
        4 => Ranked::R4(Tensor::from_primitive::<Autodiff<Flex>>(tracked)),
        5 => Ranked::R5(Tensor::from_primitive::<Autodiff<Flex>>(tracked)),
        _ => Ranked::R6(Tensor::from_primitive::<Autodiff<Flex>>(tracked)),
    }
}

/// The step of the tape that a gradient `G` stands for.
#[derive(Debug)]
struct Step<G>(PhantomData<G>);

impl<G: Gradient> Backward<Flex, 1> for Step<G> {
    type State = (G, Vec<usize>);

    fn backward(self, ops: Ops<Self::State, 1>, gradients: &mut Gradients, _: &mut Checkpointer) {
        let of_output = gradients.consume::<Flex>(&ops.node);
        let ([parent], (gradient, shape)) = (ops.parents, ops.state);
        if let Some(parent) = parent {
            let of_input = gradient.of_input(Numbers::of(of_output));
            gradients.register::<Flex>(parent.id, Numbers::new(of_input, &shape).0);
        }
    }
}
