//! The layers of convolutional networks, with PyTorch's parameters, names and rounding.

use std::sync::Arc;

use super::window::Window;
use super::{Builder, Init, Padding, Rounding, Value};
use crate::network::op::Operator;
use crate::network::op::activation::{Activation, Clip};
use crate::network::op::binary::Binary;
use crate::network::op::convolution::Conv;
use crate::network::op::dense::Gemm;
use crate::network::op::indexing::Concat;
use crate::network::op::normalization::BatchNormalization;
use crate::network::op::pad::{Pad, PadMode};
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
}
