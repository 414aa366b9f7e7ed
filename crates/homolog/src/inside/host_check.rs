//! Whether an operation of our own gives what the engine's operations give, values and gradients.

use burn::tensor::{Device, Distribution, Tensor};

fn elements<const RANK: usize>(tensor: Tensor<RANK>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("floats")
}

/// The images that `made` gives for `numbers`, and the gradient of their product with `pushed`.
fn found<const RANK: usize>(
    made: &dyn Fn(Tensor<RANK>) -> Tensor<4>,
    numbers: Tensor<RANK>,
    pushed: &mut Option<Tensor<4>>,
) -> [Vec<f32>; 2] {
    let leaf = numbers.autodiff().require_grad();
    let images = made(leaf.clone());
    let dims = images.dims();
    let pushed =
        pushed.get_or_insert_with(|| Tensor::random(dims, Distribution::Uniform(-1.0, 1.0), &Device::flex())).clone();
    let gradients = (images.clone() * pushed).sum().backward();
    let of_leaf = leaf.grad(&gradients).expect("a gradient");
    [elements(images.without_autodiff()), elements(of_leaf)]
}

/// Compares both for random numbers of this shape, in single precision.
pub(super) fn assert_same<const RANK: usize>(
    shape: [usize; RANK],
    ours: &dyn Fn(Tensor<RANK>) -> Tensor<4>,
    engines: &dyn Fn(Tensor<RANK>) -> Tensor<4>,
) {
    let numbers = Tensor::<RANK>::random(shape, Distribution::Uniform(-1.0, 1.0), &Device::flex());
    let mut pushed = None;
    let expected = found(engines, numbers.clone(), &mut pushed);
    let found = found(ours, numbers.clone(), &mut pushed);
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!(found.len(), expected.len());
        let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        assert!(largest > 0.0, "nothing to compare");
        let error = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error < 2e-6 * largest, "{shape:?}: {error} of {largest}");
    }
    assert_eq!(elements(ours(numbers)), found[0], "without a tape");
}
