//! The layers of convolutional networks, with PyTorch's parameters, names and rounding.

use std::sync::Arc;

use super::{BuildError, Builder, Init, Padding, Rounding, Value};
use crate::network::op::Operator;
use crate::network::op::activation::{Activation, Clip};
use crate::network::op::binary::Binary;
use crate::network::op::convolution::Conv;
use crate::network::op::dense::Gemm;
use crate::network::op::indexing::Concat;
use crate::network::op::normalization::BatchNormalization;
use crate::network::op::pad::{Pad, PadMode};
use crate::network::op::pooling::{AveragePool, GlobalPool, MaxPool, PaddingInMean};
use crate::network::op::shape::Flatten;
use crate::network::tensor::HostTensor;

/// A convolution over an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conv2d {
    n_out: usize,
    kernel: [usize; 2],
    stride: usize,
    padding: Padding,
    groups: usize,
    has_bias: bool,
}

impl Conv2d {
    /// `n_out` square filters of `kernel` positions, stride 1, no padding, with biases.
    pub fn new(n_out: usize, kernel: usize) -> Self {
        Self::oblong(n_out, [kernel; 2])
    }

    /// The same with filters of this height and width.
    pub fn oblong(n_out: usize, kernel: [usize; 2]) -> Self {
        Self { n_out, kernel, stride: 1, padding: Padding::square(0), groups: 1, has_bias: true }
    }

    /// With `stride` input positions between neighbouring outputs.
    pub fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// With `positions` of zeros on all sides.
    pub fn padding(self, positions: usize) -> Self {
        Self { padding: Padding::square(positions), ..self }
    }

    /// With any padding.
    pub fn padded(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// With channels and filters split into `groups`.
    pub fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// Without biases.
    pub fn without_bias(self) -> Self {
        Self { has_bias: false, ..self }
    }
}

/// Extent, stride and padding of a window, along (height, width).
struct Window<'a> {
    size: [usize; 2],
    stride: usize,
    padding: &'a Padding,
    rounding: Rounding,
}

impl Builder {
    /// Convolution; parameters `weight` and, unless left out, `bias`.
    pub fn conv2d(&mut self, path: &str, x: &Value, conv: &Conv2d) -> Value {
        let window =
            Window { size: conv.kernel, stride: conv.stride, padding: &conv.padding, rounding: Rounding::Floor };
        let [height, width] = self.window_positions(path, x, &window);
        let n_in = x.n_channels() / conv.groups.max(1);
        let shape = [conv.n_out, n_in, conv.kernel[0], conv.kernel[1]];
        let init = Init::He { fan_in: shape[1..].iter().product() };
        let mut inputs = vec![self.declare(format!("{path}.weight"), &shape, init)];
        if conv.has_bias {
            inputs.push(self.declare(format!("{path}.bias"), &[conv.n_out], Init::Zeros));
        }
        let op = Conv {
            padding: conv.padding.clone(),
            strides: vec![conv.stride; 2],
            dilations: vec![1; 2],
            groups: conv.groups,
        };
        let inputs: Vec<&str> = std::iter::once(x.name.as_str()).chain(inputs.iter().map(String::as_str)).collect();
        self.layer(path, Arc::new(op), &inputs, vec![conv.n_out, height, width])
    }

    /// Batch normalization with its running statistics; parameters `weight`, `bias`, `running_mean`, `running_var`.
    pub fn batch_norm2d(&mut self, path: &str, x: &Value, epsilon: f32) -> Value {
        let shape = [x.n_channels()];
        let scale = self.declare(format!("{path}.weight"), &shape, Init::Ones);
        let shift = self.declare(format!("{path}.bias"), &shape, Init::Zeros);
        let mean = self.declare(format!("{path}.running_mean"), &shape, Init::Zeros);
        let variance = self.declare(format!("{path}.running_var"), &shape, Init::Ones);
        let inputs = [x.name.as_str(), &scale, &shift, &mean, &variance];
        self.layer(path, Arc::new(BatchNormalization { epsilon }), &inputs, x.shape.clone())
    }

    /// max(x, 0).
    pub fn relu(&mut self, path: &str, x: &Value) -> Value {
        self.layer(path, Arc::new(Activation::Relu), &[&x.name], x.shape.clone())
    }

    /// min(max(x, 0), 6).
    pub fn relu6(&mut self, path: &str, x: &Value) -> Value {
        let low = self.constant(format!("{path}.min"), HostTensor::from_f32(&[], vec![0.0]));
        let high = self.constant(format!("{path}.max"), HostTensor::from_f32(&[], vec![6.0]));
        self.layer(path, Arc::new(Clip), &[&x.name, &low, &high], x.shape.clone())
    }

    /// The largest value in square windows.
    pub fn max_pool2d(
        &mut self,
        path: &str,
        x: &Value,
        kernel: usize,
        stride: usize,
        padding: usize,
        rounding: Rounding,
    ) -> Value {
        let op = MaxPool::square(kernel, stride, padding, rounding);
        let window = Window { size: [kernel; 2], stride, padding: &op.padding, rounding };
        let [height, width] = self.window_positions(path, x, &window);
        self.layer(path, Arc::new(op), &[&x.name], vec![x.n_channels(), height, width])
    }

    /// The mean of square windows; zeros of the padding count, as in PyTorch's default.
    pub fn avg_pool2d(&mut self, path: &str, x: &Value, kernel: usize, stride: usize, padding: usize) -> Value {
        let op = AveragePool::square(kernel, stride, padding, PaddingInMean::Included);
        let window = Window { size: [kernel; 2], stride, padding: &op.padding, rounding: Rounding::Floor };
        let [height, width] = self.window_positions(path, x, &window);
        self.layer(path, Arc::new(op), &[&x.name], vec![x.n_channels(), height, width])
    }

    /// The mean over as many even windows as leave `n_out` × `n_out` positions.
    pub fn adaptive_avg_pool2d(&mut self, path: &str, x: &Value, n_out: usize) -> Value {
        let found = self.space_of(path, x);
        if found == [n_out; 2] {
            self.stage(path, x);
            return x.clone();
        }
        if n_out == 1 {
            return self.layer(path, Arc::new(GlobalPool::Average), &[&x.name], vec![x.n_channels(), 1, 1]);
        }
        if found[0] != found[1] || !found[0].is_multiple_of(n_out) {
            self.refuse_image(path, found, format!("the same multiple of {n_out} both ways"));
            return x.clone();
        }
        let kernel = found[0] / n_out;
        self.avg_pool2d(path, x, kernel, kernel, 0)
    }

    /// What training drops out, passed on; a further name of `x`.
    pub fn dropout(&mut self, path: &str, x: &Value) -> Value {
        self.stage(path, x);
        x.clone()
    }

    /// All axes but the batch in one.
    pub fn flatten(&mut self, path: &str, x: &Value) -> Value {
        self.node(path, Arc::new(Flatten { axis: 1 }), &[&x.name], vec![x.shape.iter().product()])
    }

    /// A fully connected layer on a flat value; parameters `weight` (n_out, n_in) and `bias`.
    pub fn linear(&mut self, path: &str, x: &Value, n_out: usize) -> Value {
        if x.shape.len() != 1 {
            self.refuse_shape(path, x, "a flat value");
        }
        let n_in = x.n_channels();
        let weight = self.declare(format!("{path}.weight"), &[n_out, n_in], Init::He { fan_in: n_in });
        let bias = self.declare(format!("{path}.bias"), &[n_out], Init::Zeros);
        self.layer(path, Arc::new(Gemm::LINEAR), &[&x.name, &weight, &bias], vec![n_out])
    }

    /// a + b, of one shape; no stage of its own.
    pub fn add(&mut self, path: &str, a: &Value, b: &Value) -> Value {
        if a.shape != b.shape {
            self.refuse_shape(path, b, &format!("the shape {:?} of what it is added to", a.shape));
        }
        self.node(path, Arc::new(Binary::Add), &[&a.name, &b.name], a.shape.clone())
    }

    /// Values one after another along the channels; no stage of its own.
    pub fn concat(&mut self, path: &str, values: &[&Value]) -> Value {
        let mut shape = values.first().map(|value| value.shape.clone()).unwrap_or_default();
        for value in values {
            if value.shape.get(1..) != shape.get(1..) {
                self.refuse_shape(path, value, &format!("the space of {shape:?}"));
            }
        }
        if let Some(channels) = shape.first_mut() {
            *channels = values.iter().map(|value| value.n_channels()).sum();
        }
        let inputs: Vec<&str> = values.iter().map(|value| value.name.as_str()).collect();
        self.node(path, Arc::new(Concat { axis: 1 }), &inputs, shape)
    }

    /// `n_each` channels of zeros before and after; no stage of its own.
    pub fn pad_channels(&mut self, path: &str, x: &Value, n_each: usize) -> Value {
        let n = i64::try_from(n_each).unwrap_or(i64::MAX);
        let pads = self.constant(format!("{path}.pads"), HostTensor::from_i64(&[8], vec![0, n, 0, 0, 0, n, 0, 0]));
        let mut shape = x.shape.clone();
        if let Some(channels) = shape.first_mut() {
            *channels += 2 * n_each;
        }
        self.node(path, Arc::new(Pad { mode: PadMode::Constant }), &[&x.name, &pads], shape)
    }

    /// Every `stride`-th row and column, from the first; no stage of its own.
    pub fn subsample(&mut self, path: &str, x: &Value, stride: usize) -> Value {
        // A window of one position: the value itself, and the receptive field follows.
        let op = MaxPool::square(1, stride, 0, Rounding::Floor);
        let window = Window { size: [1, 1], stride, padding: &op.padding, rounding: Rounding::Floor };
        let [height, width] = self.window_positions(path, x, &window);
        self.node(path, Arc::new(op), &[&x.name], vec![x.n_channels(), height, width])
    }

    /// x scale + shift, one number of each for every channel; no parameters, no stage of its own.
    pub fn rescale_channels(&mut self, path: &str, x: &Value, scale: Vec<f32>, shift: Vec<f32>) -> Value {
        let shape = [1, x.n_channels(), 1, 1];
        let mut y = x.clone();
        let steps: [(&str, Vec<f32>, Arc<dyn Operator>); 2] =
            [("scaled", scale, Arc::new(Binary::Mul)), ("shifted", shift, Arc::new(Binary::Add))];
        for (step, numbers, op) in steps {
            let by = self.constant(format!("{path}.{step}_by"), HostTensor::from_f32(&shape, numbers));
            y = self.node(&format!("{path}.{step}"), op, &[&y.name, &by], x.shape.clone());
        }
        y
    }

    /// Height and width of what a window sliding over `x` leaves.
    fn window_positions(&mut self, at: &str, x: &Value, window: &Window<'_>) -> [usize; 2] {
        let space = self.space_of(at, x);
        let sides = |axis: usize| match window.padding {
            Padding::Explicit(sides) => sides.get(axis).copied().unwrap_or([0, 0]),
            _ => [0, 0],
        };
        let stride = window.stride.max(1);
        let mut positions = [1, 1];
        let mut left = [0, 0];
        for axis in 0..2 {
            if matches!(window.padding, Padding::SameUpper | Padding::SameLower) {
                positions[axis] = space[axis].div_ceil(stride);
                left[axis] = space[axis].max(window.size[axis]);
                continue;
            }
            let [before, after] = sides(axis);
            left[axis] = space[axis] + before + after;
            let steps = left[axis].saturating_sub(window.size[axis]);
            positions[axis] = 1 + match window.rounding {
                Rounding::Floor => steps / stride,
                // A window that would start in the padding behind the image is dropped, as PyTorch does.
                Rounding::Ceil if steps.div_ceil(stride) * stride >= space[axis] + before => steps / stride,
                Rounding::Ceil => steps.div_ceil(stride),
            };
        }
        if left[0] < window.size[0] || left[1] < window.size[1] || space.contains(&0) {
            self.refuse(BuildError::ImageTooSmall {
                architecture: self.graph.name.clone(),
                image_px: self.image_px,
                at: at.to_owned(),
                left,
                window: window.size,
            });
        }
        positions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pooled(n: usize, kernel: usize, stride: usize, padding: usize, rounding: Rounding) -> Vec<usize> {
        let (mut b, image) = Builder::new("net", [n, n]);
        b.max_pool2d("pool", &image, kernel, stride, padding, rounding).shape().to_vec()
    }

    #[test]
    fn pooling_rounds_as_pytorch_does() {
        // torch.nn.MaxPool2d(3, 2)(torch.zeros(1, 3, 112, 112)): 55; with ceil_mode=True: 56.
        assert_eq!(pooled(112, 3, 2, 0, Rounding::Floor), [3, 55, 55]);
        assert_eq!(pooled(112, 3, 2, 0, Rounding::Ceil), [3, 56, 56]);
        // MaxPool2d(2, 2, padding=1, ceil_mode=True) of 5: windows start at -1, 1, 3; one at 5 would lie in the padding.
        assert_eq!(pooled(5, 2, 2, 1, Rounding::Ceil), [3, 3, 3]);
    }

    #[test]
    fn same_padding_keeps_the_ratio() {
        let (mut b, image) = Builder::new("net", [225, 224]);
        let x = b.conv2d("conv", &image, &Conv2d::new(4, 5).stride(2).padded(Padding::SameUpper));
        assert_eq!(x.shape(), [4, 113, 112]);
    }

    #[test]
    fn an_even_adaptive_pool_is_a_pool_and_an_uneven_one_is_refused() {
        let (mut b, image) = Builder::new("net", [12, 12]);
        let x = b.adaptive_avg_pool2d("avgpool", &image, 6);
        assert_eq!(x.shape(), [3, 6, 6]);
        let x = b.adaptive_avg_pool2d("again", &x, 4);
        assert!(matches!(b.finish(&x), Err(BuildError::ImageSize { found: [6, 6], .. })));
    }
}
