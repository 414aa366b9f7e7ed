//! Convolution, maximum pooling and the rectifier of our own for the processor, with gradients with respect to their input.
//!
//! The engine's own are used for everything else: they run on other devices, in other precisions, and have gradients with
//! respect to filters too. On the processor, for 16 images through SqueezeNet's first stages (Burn 0.22.1, one thread), its
//! maximum pooling took 165 ms, as it always finds the places of the maxima too, and its convolution of 3 channels 116 ms,
//! of 350 million multiplications; a third of a step back to an image was its gradient of convolutions.
//!
//! | file | what is there |
//! |---|---|
//! | `convolution.rs`, `convolution_gradient.rs` | convolution, and its gradient with respect to the images |
//! | `max_pool.rs` | maximum pooling, with the places of the maxima where the gradient needs them |
//! | `rectify.rs` | the rectifier |
//! | `tape.rs` | how operations are recorded among the engine's, so that gradients go through them; operations elsewhere use it too |

mod convolution;
mod convolution_gradient;
mod max_pool;
mod rectify;
mod tape;

use std::sync::Arc;

use burn::tensor::{DType, Device};
use faer::MatMut;

pub(crate) use self::convolution::{Convolution, Division, convolve};
use self::convolution_gradient::convolution_gradient;
pub(crate) use self::max_pool::{MaxPooling, max_pool};
use self::max_pool::{Pooled, max_pool_gradient, max_pool_placed};
use self::rectify::{rectify, stop_silent};
pub(crate) use self::tape::{Gradient, Numbers, Taped, is_taped, record_if_taped};
use crate::network::tensor::HostTensor;
use crate::network::value::{Ranked, any_rank};

/// Whether a tensor lies in the processor's memory, in single precision and not tracked for gradients.
pub(crate) fn is_plain(tensor: &Ranked) -> bool {
    any_rank!(tensor, tensor => {
        !tensor.is_autodiff() && tensor.dtype() == DType::F32 && tensor.device() == Device::flex()
    })
}

/// Whether a tensor lies in the processor's memory, in single precision, tracked for gradients or not.
pub(crate) fn is_here(tensor: &Ranked) -> bool {
    is_plain(tensor) || is_taped(tensor)
}

/// For taps at `tap` of outputs `0..n_outputs` along an axis: the outputs whose input position lies within `size`.
fn outputs_inside(
    window: &super::window::AxisWindow,
    tap: usize,
    size: usize,
    n_outputs: usize,
) -> std::ops::Range<usize> {
    let (offset, before) = (tap * window.dilation, window.padding.0);
    let first = before.saturating_sub(offset).div_ceil(window.stride);
    let end = (size + before).saturating_sub(offset).div_ceil(window.stride).min(n_outputs);
    first.min(end)..end
}

/// The numbers of a row of a matrix whose rows are.
fn line_of(matrix: MatMut<'_, f32>, row: usize) -> &mut [f32] {
    matrix.row_mut(row).try_as_row_major_mut().map_or(&mut [], |line| line.as_slice_mut())
}

/// What a convolution keeps for its gradient.
#[derive(Clone, Debug)]
struct Convolved {
    convolution: Convolution,
    weight: Arc<HostTensor>,
}

impl Gradient for Convolved {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        convolution_gradient(of_output.as_slice(), self.weight.floats().unwrap_or(&[]), &self.convolution)
    }
}

/// [`convolve`] on the tape.
pub(crate) fn convolve_taped(
    images: Taped,
    weight: &Arc<HostTensor>,
    bias: Option<&[f32]>,
    convolution: &Convolution,
    shape: &[usize],
) -> Ranked {
    let filters = weight.floats().unwrap_or(&[]);
    let outputs = convolve(images.numbers.as_slice(), filters, bias, convolution, Division::Rows);
    let gradient = Convolved { convolution: *convolution, weight: Arc::clone(weight) };
    images.tape.record(Numbers::new(outputs, shape), gradient)
}

/// What maximum pooling keeps for its gradient.
#[derive(Clone, Debug)]
struct Maxima {
    pooling: MaxPooling,
    places: Vec<u32>,
}

impl Gradient for Maxima {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        max_pool_gradient(of_output.as_slice(), &self.places, &self.pooling)
    }
}

/// [`max_pool`] on the tape.
pub(crate) fn max_pool_taped(planes: Taped, pooling: &MaxPooling, shape: &[usize]) -> Ranked {
    let Pooled { numbers, places } = max_pool_placed(planes.numbers.as_slice(), pooling);
    planes.tape.record(Numbers::new(numbers, shape), Maxima { pooling: *pooling, places })
}

/// What the rectifier keeps for its gradient: its output.
#[derive(Clone, Debug)]
struct Rectified(Numbers);

impl Gradient for Rectified {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        let mut gradient = of_output.into_vec();
        stop_silent(&mut gradient, self.0.as_slice());
        gradient
    }
}

/// max(x, 0) on the tape.
pub(crate) fn rectify_taped(inputs: Taped) -> Ranked {
    let Taped { numbers, tape } = inputs;
    let mut outputs = numbers.into_vec();
    rectify(&mut outputs);
    let outputs = Numbers::new(outputs, tape.shape());
    tape.record(outputs.clone(), Rectified(outputs))
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::{conv2d, max_pool2d};
    use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
    use burn::tensor::{Distribution, Tensor};

    use super::*;
    use crate::network::op::window::AxisWindow;

    fn random(shape: [usize; 4], device: &Device) -> Tensor<4> {
        Tensor::random(shape, Distribution::Uniform(-1.0, 1.0), device)
    }

    fn elements(tensor: Tensor<4>) -> Vec<f32> {
        Ranked::R4(tensor).into_elements().expect("floats")
    }

    fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[test]
    fn convolution_is_the_engines() {
        let device = Device::flex();
        // kernel, stride, padding, dilation of height and width; groups
        let cases = [
            ([3, 3], [1, 1], [1, 1], [1, 1], 1),
            ([1, 1], [1, 1], [0, 0], [1, 1], 1),
            ([5, 2], [2, 3], [2, 0], [1, 2], 2),
            ([3, 7], [4, 1], [0, 3], [2, 1], 1),
            ([1, 1], [2, 2], [0, 0], [1, 1], 2),
        ];
        for (kernel, stride, padding, dilation, groups) in cases {
            for n_images in [1, 3] {
                let x = random([n_images, 4, 13, 11], &device);
                let weight = random([6, 4 / groups, kernel[0], kernel[1]], &device);
                let bias = Tensor::<1>::random([6], Distribution::Uniform(-1.0, 1.0), &device);
                let options = ConvOptions::new(stride, padding, dilation, groups);
                let expected = conv2d(x.clone(), weight.clone(), Some(bias.clone()), options);
                let [_, _, height, width] = expected.dims();
                let axis = |axis: usize| AxisWindow {
                    kernel: kernel[axis],
                    stride: stride[axis],
                    dilation: dilation[axis],
                    padding: (padding[axis], padding[axis]),
                };
                let convolution = Convolution {
                    channels: 4,
                    input: [13, 11],
                    filters: 6,
                    groups,
                    output: [height, width],
                    window: [axis(0), axis(1)],
                };
                let bias = Ranked::R1(bias).into_elements().expect("floats");
                let found = convolve(&elements(x), &elements(weight), Some(&bias), &convolution, Division::Images);
                let error = largest_difference(&found, &elements(expected));
                // Sums of at most 84 products of numbers below 1.
                assert!(error < 1e-5, "{kernel:?} {stride:?} {padding:?} {dilation:?} {groups}: {error:e}");
            }
        }
    }

    #[test]
    fn maximum_pooling_is_the_engines() {
        let device = Device::flex();
        for (kernel, stride, padding, dilation, is_ceil) in [
            ([3, 3], [2, 2], [0, 0], [1, 1], true),
            ([3, 3], [2, 2], [1, 1], [1, 1], false),
            ([2, 3], [1, 2], [1, 1], [2, 1], true),
            ([3, 3], [1, 1], [1, 1], [1, 1], false),
        ] {
            let x = random([2, 3, 12, 9], &device);
            let options = MaxPoolOptions::new(kernel)
                .with_stride(stride)
                .with_padding(padding)
                .with_dilation(dilation)
                .with_ceil_mode(is_ceil);
            let expected = max_pool2d(x.clone(), options);
            let [_, _, height, width] = expected.dims();
            let axis = |axis: usize| AxisWindow {
                kernel: kernel[axis],
                stride: stride[axis],
                dilation: dilation[axis],
                padding: (padding[axis], padding[axis]),
            };
            let pooling = MaxPooling { input: [12, 9], output: [height, width], window: [axis(0), axis(1)] };
            assert_eq!(max_pool(&elements(x), &pooling), elements(expected));
        }
    }

    #[test]
    fn maximum_pooling_passes_on_what_is_not_a_number() {
        let axis = AxisWindow { kernel: 2, stride: 2, dilation: 1, padding: (0, 0) };
        let pooling = MaxPooling { input: [2, 4], output: [1, 2], window: [axis, axis] };
        let pooled = max_pool(&[1.0, f32::NAN, 3.0, 4.0, 2.0, 5.0, 6.0, 1.0], &pooling);
        assert!(pooled[0].is_nan());
        assert_eq!(pooled[1], 6.0);
    }

    #[test]
    fn of_equal_maxima_the_first_is_placed_row_by_row() {
        let axis = AxisWindow { kernel: 2, stride: 2, dilation: 1, padding: (0, 0) };
        let pooling = MaxPooling { input: [2, 6], output: [1, 3], window: [axis, axis] };
        let infinite = f32::NEG_INFINITY;
        let plane = [0.0, 3.0, 1.0, 1.0, infinite, infinite, 3.0, 0.0, 1.0, 2.0, infinite, infinite];
        let pooled = max_pool_placed(&plane, &pooling);
        assert_eq!((pooled.numbers, pooled.places.clone()), (vec![3.0, 2.0, infinite], vec![1, 9, 4]));
        let gradient = max_pool_gradient(&[1.0, 2.0, 4.0], &pooled.places, &pooling);
        assert_eq!(gradient, [0.0, 1.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    }

    /// Convolution, rectifier and pooling, by ourselves or by the engine.
    #[derive(Clone, Copy)]
    enum By {
        Us,
        Engine,
    }

    /// The output for these images, and the gradient at them of its product with `cotangent`.
    fn chain(by: By, images: Vec<f32>, filters: &[f32], cotangent: Vec<f32>) -> [Vec<f32>; 2] {
        let device = Device::flex();
        let axis = |kernel, stride, padding| AxisWindow { kernel, stride, dilation: 1, padding: (padding, padding) };
        let convolution = Convolution {
            channels: 3,
            input: [15, 14],
            filters: 8,
            groups: 1,
            output: [15, 14],
            window: [axis(3, 1, 1), axis(3, 1, 1)],
        };
        let pooling = MaxPooling { input: [15, 14], output: [8, 7], window: [axis(3, 2, 1), axis(3, 2, 1)] };
        let bias = vec![0.1; 8];
        let leaf: Tensor<4> = Ranked::from_elements(&[2, 3, 15, 14], images, &device.clone().autodiff()).into_rank();
        let leaf = leaf.require_grad();
        let output: Tensor<4> = match by {
            By::Us => {
                let weight = ndarray::ArrayD::from_shape_vec(vec![8, 3, 3, 3], filters.to_vec()).expect("the shape");
                let weight = Arc::new(HostTensor::F32(weight));
                let taped = |tensor: Ranked| {
                    assert!(is_taped(&tensor));
                    Taped::new(tensor).expect("a tensor of the processor")
                };
                let images = taped(Ranked::R4(leaf.clone()));
                let convolved = convolve_taped(images, &weight, Some(&bias), &convolution, &[2, 8, 15, 14]);
                max_pool_taped(taped(rectify_taped(taped(convolved))), &pooling, &[2, 8, 8, 7]).into_rank()
            }
            By::Engine => {
                let weight = Ranked::from_elements(&[8, 3, 3, 3], filters.to_vec(), &device).into_rank();
                let bias = Ranked::from_elements(&[8], bias, &device).into_rank();
                let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
                let rectified = burn::tensor::activation::relu(conv2d(leaf.clone(), weight, Some(bias), options));
                max_pool2d(rectified, MaxPoolOptions::new([3, 3]).with_stride([2, 2]).with_padding([1, 1]))
            }
        };
        let cotangent: Tensor<4> = Ranked::from_elements(&[2, 8, 8, 7], cotangent, &device).into_rank();
        let gradients = (output.clone() * cotangent).sum().backward();
        [elements(output), elements(leaf.grad(&gradients).expect("a gradient"))]
    }

    #[test]
    fn gradients_through_the_tape_are_the_engines() {
        let device = Device::flex();
        let images = elements(random([2, 3, 15, 14], &device));
        let filters = elements(random([8, 3, 3, 3], &device));
        let cotangent = elements(random([2, 8, 8, 7], &device));
        let by = |by| chain(by, images.clone(), &filters, cotangent.clone());
        for (ours, engines) in by(By::Us).iter().zip(&by(By::Engine)) {
            let error = largest_difference(ours, engines);
            // Sums of at most 72 products of numbers below 1.
            assert!(error < 1e-5, "{error:e}");
        }
    }

    #[test]
    fn other_devices_and_precisions_are_left_to_the_engine() {
        let device = Device::flex();
        let plain = Tensor::<1>::zeros([1], &device);
        assert!(!is_taped(&Ranked::R1(plain.clone())));
        assert!(is_taped(&Ranked::R1(plain.autodiff())));
        assert!(!is_taped(&Ranked::from_wide_elements(&[1], vec![0.0], &device.autodiff())));
    }
}
