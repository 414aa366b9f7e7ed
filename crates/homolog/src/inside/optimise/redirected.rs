//! The gradient of a unit that is silent: past the rectifiers that let nothing through.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Tensor;

use crate::inside::InsideError;
use crate::inside::objective::Aim;
use crate::network::checked::Network;
use crate::network::engine::burn::{BurnNetwork, Wrt};
use crate::network::value::{Ranked, Value};

/// Rectifiers that may be passed one after the other.
const MAX_ROUNDS: usize = 8;

/// Images as a tracked leaf, and the network's input that was made of them.
pub(super) struct Shown {
    pub(super) leaf: Tensor<4>,
    pub(super) input: Tensor<4>,
}

/// The gradient at the images where the true one is 0 because rectifiers are silent; `None` where it stays 0.
///
/// At each rectifier (`Relu`) that a gradient reaches and at which nothing gets through, the gradient of the output is taken
/// for that of the input, except where the input is below 0 already and would be pushed further down.
///
/// # Reference
/// lucid's `redirected_relu_grad` (`lucid/misc/redirected_relu_grad.py`), used there in the first 16 steps.
/// Differs in: a rectifier counts as silent when nothing gets through for all images together.
pub(super) fn redirected(
    network: &mut BurnNetwork,
    aim: &Aim,
    shown: impl Fn() -> Shown,
) -> Result<Option<Tensor<4>>, InsideError> {
    let rectifiers = Rectifiers::before(network.network(), aim.taps());
    let wrt: Vec<Wrt> = rectifiers.pairs.iter().map(|(_, output)| Wrt::Value(output.clone())).collect();
    let mut taps: BTreeSet<String> = aim.taps().iter().cloned().collect();
    taps.extend(rectifiers.pairs.iter().map(|(input, _)| input.clone()));
    let taps: Vec<String> = taps.into_iter().collect();
    // What is pushed, and how: the objective itself at first.
    let mut pushed: Option<BTreeMap<String, Tensor<1>>> = None;
    for _ in 0..MAX_ROUNDS {
        let Shown { leaf, input } = shown();
        let n_shown = input.dims()[0];
        let tapped = network.tap(Ranked::R4(input), &taps, &wrt)?;
        let total = match &pushed {
            None => Some(aim.measure(&tapped.values, n_shown)?.sum()),
            Some(pushed) => product(&tapped.values, pushed),
        };
        let Some(total) = total.filter(Tensor::is_tracked) else { return Ok(None) };
        let gradients = total.backward();
        if let Some(gradient) = leaf.grad(&gradients)
            && largest(&gradient.clone().reshape([-1])) > 0.0
        {
            return Ok(Some(gradient));
        }
        let mut next = BTreeMap::new();
        for (input, output) in &rectifiers.pairs {
            let (Some(Value::Float(x)), Some(y)) =
                (tapped.values.get(input), tapped.leaves.get(&Wrt::Value(output.clone())))
            else {
                continue;
            };
            let Some(push) = gradient_of(y, &gradients).filter(|push| largest(push) > 0.0) else { continue };
            let x = flat(x.clone()).without_autodiff();
            let is_silent = x.clone().lower_equal_scalar(0.0);
            let through = push.clone().mask_fill(is_silent.clone(), 0.0);
            if largest(&through) > 0.0 {
                continue;
            }
            let is_lowered = is_silent.bool_and(push.clone().lower_scalar(0.0));
            let redirected = push.mask_fill(is_lowered, 0.0);
            if largest(&redirected) > 0.0 {
                next.insert(input.clone(), redirected);
            }
        }
        if next.is_empty() {
            return Ok(None);
        }
        pushed = Some(next);
    }
    Ok(None)
}

/// Values that go into and come out of rectifiers.
struct Rectifiers {
    pairs: Vec<(String, String)>,
}

impl Rectifiers {
    /// Those on the way to `taps`.
    fn before(network: &Network, taps: &[String]) -> Self {
        let graph = network.graph();
        let mut needed: BTreeSet<&str> = taps.iter().map(String::as_str).collect();
        let mut pairs = Vec::new();
        for node in graph.nodes.iter().rev() {
            if !node.outputs.iter().any(|value| needed.contains(value.as_str())) {
                continue;
            }
            needed.extend(node.inputs.iter().flatten().map(String::as_str));
            if let ("Relu", Some(Some(input)), Some(output)) =
                (node.op.kind(), node.inputs.first(), node.outputs.first())
            {
                pairs.push((input.clone(), output.clone()));
            }
        }
        Self { pairs }
    }
}

/// The sum over values of the product with what pushes them.
fn product(values: &BTreeMap<String, Value>, pushed: &BTreeMap<String, Tensor<1>>) -> Option<Tensor<1>> {
    let products = pushed.iter().filter_map(|(name, push)| match values.get(name) {
        Some(Value::Float(value)) => Some((flat(value.clone()) * push.clone()).sum()),
        _ => None,
    });
    products.reduce(|sum, product| sum + product)
}

fn flat(value: Ranked) -> Tensor<1> {
    let n = value.n_elements();
    value.reshape(&[n]).into_rank()
}

fn gradient_of(leaf: &Ranked, gradients: &burn::tensor::Gradients) -> Option<Tensor<1>> {
    let gradient = match leaf {
        Ranked::R1(leaf) => Ranked::R1(leaf.grad(gradients)?),
        Ranked::R2(leaf) => Ranked::R2(leaf.grad(gradients)?),
        Ranked::R3(leaf) => Ranked::R3(leaf.grad(gradients)?),
        Ranked::R4(leaf) => Ranked::R4(leaf.grad(gradients)?),
        Ranked::R5(leaf) => Ranked::R5(leaf.grad(gradients)?),
        Ranked::R6(leaf) => Ranked::R6(leaf.grad(gradients)?),
    };
    Some(flat(gradient))
}

/// The largest absolute value; not finite where any is not.
pub(super) fn largest(numbers: &Tensor<1>) -> f64 {
    let largest = numbers.clone().without_autodiff().abs().max().try_into_scalar::<f32>();
    largest.map_or(f64::NAN, f64::from)
}
