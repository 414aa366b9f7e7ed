//! Convolution and maximum pooling of our own for the processor, where nobody asks for gradients.
//!
//! The engine's own are used for everything else: they are differentiable and run on other devices. On the processor,
//! for 16 images through SqueezeNet's first stages (Burn 0.22.1, one thread), its maximum pooling took 165 ms, as it
//! always finds the places of the maxima too, and its convolution of 3 channels 116 ms, of 350 million multiplications.

mod convolution;
mod max_pool;

use burn::tensor::{DType, Device};

pub(crate) use self::convolution::{Convolution, convolve};
pub(crate) use self::max_pool::{MaxPooling, max_pool};
use crate::network::value::{Ranked, any_rank};

/// Whether a tensor lies in the processor's memory, in single precision and not tracked for gradients.
pub(crate) fn is_plain(tensor: &Ranked) -> bool {
    any_rank!(tensor, tensor => {
        !tensor.is_autodiff() && tensor.dtype() == DType::F32 && tensor.device() == Device::flex()
    })
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
                let found = convolve(&elements(x), &elements(weight), Some(&bias), &convolution);
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
}
