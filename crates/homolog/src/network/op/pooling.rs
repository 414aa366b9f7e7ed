//! Pooling over windows of one or two spatial axes, and over all of space.

use std::sync::Arc;

use burn::tensor::module::{avg_pool1d, avg_pool2d, max_pool1d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};

use super::attributes::{NodeAttributes, ints_from};
use super::convolution::{Padding, window_attributes};
use super::host::{self, MaxPooling};
use super::window::{AxisWindow, Window, WindowAttributes};
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::value::{Ranked, Value};

/// What happens to a last window that reaches beyond the padded input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// It is dropped.
    Floor,
    /// It is kept, clipped to the input (`ceil_mode`); one that starts beyond input and padding is dropped, as PyTorch
    /// and ONNX Runtime do.
    Ceil,
}

impl Rounding {
    fn read(attributes: &NodeAttributes) -> Result<Self, OpError> {
        Ok(if attributes.switch_or("ceil_mode", false)? { Self::Ceil } else { Self::Floor })
    }

    fn attribute(self) -> (&'static str, Attribute) {
        ("ceil_mode", Attribute::Int(i64::from(self == Self::Ceil)))
    }
}

/// The largest value in each window: input `X` (batch, channel, space…).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Extent of the window along each spatial axis.
    pub kernel: Vec<usize>,
    /// Input positions between neighbouring windows; empty stands for 1 everywhere.
    pub strides: Vec<usize>,
    /// Positions around the input, never the largest.
    pub padding: Padding,
    /// Input positions between neighbouring taps of a window; empty stands for 1 everywhere.
    pub dilations: Vec<usize>,
    /// Whether a last, partial window counts.
    pub rounding: Rounding,
}

impl MaxPool {
    /// A square window over two spatial axes.
    pub fn square(kernel: usize, stride: usize, padding: usize, rounding: Rounding) -> Self {
        Self {
            kernel: vec![kernel; 2],
            strides: vec![stride; 2],
            padding: Padding::square(padding),
            dilations: vec![1; 2],
            rounding,
        }
    }

    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.int_or("storage_order", 0)? != 0 {
            return Err(attributes.refuse("storage_order", "homolog has 0 (row-major)"));
        }
        Ok(Arc::new(Self {
            kernel: kernel(attributes)?,
            strides: attributes.counts("strides", 1)?,
            padding: Padding::read(attributes)?,
            dilations: attributes.counts("dilations", 1)?,
            rounding: Rounding::read(attributes)?,
        }))
    }
}

impl MaxPool {
    /// The output by our own pooling; `None` where the engine's is to be used, which runs on other devices.
    fn on_host(&self, window: [AxisWindow; 2], call: &mut Call<'_>) -> Option<Value> {
        let (input, output) = (&call.facts().optional(0)?.shape, call.output_shape());
        let ([_, _, height, width], [_, _, out_height, out_width]) = (input.as_slice(), output) else { return None };
        let pooling = MaxPooling { input: [*height, *width], output: [*out_height, *out_width], window };
        if let Some(data) = call.taped(0) {
            return Some(Value::Float(host::max_pool_taped(data, &pooling, output)));
        }
        let data = call.plain_elements(0)?;
        Some(Value::Float(Ranked::from_elements(output, host::max_pool(&data, &pooling), call.device)))
    }

    fn window(&self, inputs: &Inputs<'_>) -> Result<Window, OpError> {
        let attributes = WindowAttributes {
            kernel: &self.kernel,
            strides: &self.strides,
            dilations: &self.dilations,
            padding: &self.padding,
        };
        Window::new(attributes, inputs.spatial(0)?.shape.get(2..).unwrap_or(&[]), inputs)
    }
}

fn kernel(attributes: &NodeAttributes) -> Result<Vec<usize>, OpError> {
    let kernel = attributes.counts("kernel_shape", 1)?;
    if kernel.is_empty() {
        return Err(attributes.refuse("kernel_shape", "it must give the window's extent along each spatial axis"));
    }
    Ok(kernel)
}

impl Operator for MaxPool {
    fn kind(&self) -> &'static str {
        "MaxPool"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let data = inputs.spatial(0)?;
        let (kept, sizes) = data.shape.split_at(2);
        let mut shape = kept.to_vec();
        shape.extend(self.window(&inputs)?.output(sizes, self.rounding, &inputs)?);
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let window = self.window(&call.facts())?;
        if let [height, width] = window.axes()
            && let Some(output) = self.on_host([*height, *width], &mut call)
        {
            return Ok(vec![output]);
        }
        let is_ceil = self.rounding == Rounding::Ceil;
        let data = call.float(0)?;
        let output = match window.axes() {
            [axis] => {
                let options = MaxPoolOptions::new([axis.kernel])
                    .with_stride([axis.stride])
                    .with_padding_pairs([axis.padding])
                    .with_dilation([axis.dilation])
                    .with_ceil_mode(is_ceil);
                Ranked::R3(max_pool1d(data.into_rank(), options))
            }
            [height, width] => {
                let options = MaxPoolOptions::new([height.kernel, width.kernel])
                    .with_stride([height.stride, width.stride])
                    .with_padding_pairs([height.padding, width.padding])
                    .with_dilation([height.dilation, width.dilation])
                    .with_ceil_mode(is_ceil);
                Ranked::R4(max_pool2d(data.into_rank(), options))
            }
            _ => return Err(call.refuse("homolog has one and two spatial axes")),
        };
        Ok(vec![Value::Float(output)])
    }

    fn reach(&self, _index: usize, inputs: &[Option<&Fact>]) -> Reach {
        match Inputs::new(self.kind(), inputs, 1..=1).and_then(|inputs| self.window(&inputs)) {
            Ok(window) => window.reach(),
            Err(_) => Reach::Global,
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = vec![("kernel_shape", ints_from(&self.kernel)), self.rounding.attribute()];
        attributes.extend(self.padding.attributes());
        attributes.extend(window_attributes(&self.strides, &self.dilations));
        attributes
    }
}

/// What a window's mean is divided by where it reaches into the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaddingInMean {
    /// The number of input positions in the window (ONNX's default).
    Excluded,
    /// The number of positions of input and padding in the window (PyTorch's default).
    Included,
}

/// The mean of each window: input `X` (batch, channel, space…).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AveragePool {
    /// Extent of the window along each spatial axis.
    pub kernel: Vec<usize>,
    /// Input positions between neighbouring windows; empty stands for 1 everywhere.
    pub strides: Vec<usize>,
    /// Positions around the input, with value 0.
    pub padding: Padding,
    /// Whether a last, partial window counts.
    pub rounding: Rounding,
    /// Whether the padding is counted in the mean.
    pub padding_in_mean: PaddingInMean,
}

impl AveragePool {
    /// A square window over two spatial axes.
    pub fn square(kernel: usize, stride: usize, padding: usize, padding_in_mean: PaddingInMean) -> Self {
        Self {
            kernel: vec![kernel; 2],
            strides: vec![stride; 2],
            padding: Padding::square(padding),
            rounding: Rounding::Floor,
            padding_in_mean,
        }
    }

    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let is_included = attributes.switch_or("count_include_pad", false)?;
        if attributes.counts("dilations", 1)?.iter().any(|dilation| *dilation != 1) {
            return Err(attributes.refuse("dilations", "homolog has means over windows without gaps"));
        }
        Ok(Arc::new(Self {
            kernel: kernel(attributes)?,
            strides: attributes.counts("strides", 1)?,
            padding: Padding::read(attributes)?,
            rounding: Rounding::read(attributes)?,
            padding_in_mean: if is_included { PaddingInMean::Included } else { PaddingInMean::Excluded },
        }))
    }
}

impl AveragePool {
    fn window(&self, inputs: &Inputs<'_>) -> Result<Window, OpError> {
        let attributes =
            WindowAttributes { kernel: &self.kernel, strides: &self.strides, dilations: &[], padding: &self.padding };
        Window::new(attributes, inputs.spatial(0)?.shape.get(2..).unwrap_or(&[]), inputs)
    }
}

impl Operator for AveragePool {
    fn kind(&self) -> &'static str {
        "AveragePool"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let data = inputs.spatial(0)?;
        let (kept, sizes) = data.shape.split_at(2);
        let mut shape = kept.to_vec();
        shape.extend(self.window(&inputs)?.output(sizes, self.rounding, &inputs)?);
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let window = self.window(&call.facts())?;
        let is_ceil = self.rounding == Rounding::Ceil;
        let is_included = self.padding_in_mean == PaddingInMean::Included;
        let data = call.float(0)?;
        let output = match window.axes() {
            [axis] => {
                let options = AvgPoolOptions::new([axis.kernel])
                    .with_stride([axis.stride])
                    .with_padding_pairs([axis.padding])
                    .with_count_include_pad(is_included)
                    .with_ceil_mode(is_ceil);
                Ranked::R3(avg_pool1d(data.into_rank(), options))
            }
            [height, width] => {
                let options = AvgPoolOptions::new([height.kernel, width.kernel])
                    .with_stride([height.stride, width.stride])
                    .with_padding_pairs([height.padding, width.padding])
                    .with_count_include_pad(is_included)
                    .with_ceil_mode(is_ceil);
                Ranked::R4(avg_pool2d(data.into_rank(), options))
            }
            _ => return Err(call.refuse("homolog has one and two spatial axes")),
        };
        Ok(vec![Value::Float(output)])
    }

    fn reach(&self, _index: usize, inputs: &[Option<&Fact>]) -> Reach {
        match Inputs::new(self.kind(), inputs, 1..=1).and_then(|inputs| self.window(&inputs)) {
            Ok(window) => window.reach(),
            Err(_) => Reach::Global,
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let is_included = self.padding_in_mean == PaddingInMean::Included;
        let mut attributes = vec![
            ("kernel_shape", ints_from(&self.kernel)),
            self.rounding.attribute(),
            ("count_include_pad", Attribute::Int(i64::from(is_included))),
        ];
        attributes.extend(self.padding.attributes());
        attributes.extend(window_attributes(&self.strides, &[]));
        attributes
    }
}

/// One number for each channel from all spatial positions: input `X` (batch, channel, space…), output with spatial
/// sizes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPool {
    /// The mean (`GlobalAveragePool`).
    Average,
    /// The largest (`GlobalMaxPool`).
    Max,
}

impl GlobalPool {
    /// Reads a `GlobalAveragePool`.
    pub(crate) fn read_average(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Average))
    }

    /// Reads a `GlobalMaxPool`.
    pub(crate) fn read_max(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Max))
    }
}

impl Operator for GlobalPool {
    fn kind(&self) -> &'static str {
        match self {
            Self::Average => "GlobalAveragePool",
            Self::Max => "GlobalMaxPool",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let shape = &inputs.float(0)?.shape;
        if shape.len() < 3 {
            return Err(inputs.refuse("homolog needs (batch, channel, space…)"));
        }
        let sizes = shape.iter().enumerate().map(|(axis, size)| if axis < 2 { *size } else { 1 });
        Ok(vec![Fact::float(sizes.collect())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let data = call.float(0)?;
        let shape = data.shape();
        let (kept, space) = shape.split_at(shape.len().min(2));
        let rows = data.reshape(&[kept.iter().product(), space.iter().product()]).into_rank::<2>();
        let pooled = match self {
            Self::Average => rows.mean_dim(1),
            Self::Max => rows.max_dim(1),
        };
        Ok(vec![Value::Float(Ranked::R2(pooled).reshape(call.output_shape()))])
    }
}
