//! Normalization, with statistics that were learned or that are taken over the input.

use std::sync::Arc;

use burn::tensor::Tensor;
use burn::tensor::module::avg_pool2d;
use burn::tensor::ops::AvgPoolOptions;

use super::attributes::{NodeAttributes, int_from};
use super::inputs::broadcast_shape;
use super::window::pointwise_unless_spatial;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::value::{Ranked, Value, both_ranks, each_rank};

/// The shape of input 0, after checking that all others have one number for each of its channels.
fn with_channels<'a>(inputs: &Inputs<'a>) -> Result<&'a [usize], OpError> {
    let shape = inputs.float(0)?.shape.as_slice();
    let Some(channels) = shape.get(1) else {
        return Err(inputs.refuse("homolog needs (batch, channel, space…)"));
    };
    for index in 1..inputs.len() {
        if inputs.float(index)?.shape != [*channels] {
            return Err(inputs.refuse(format!("input {index} needs {channels} numbers, one for each channel")));
        }
    }
    Ok(shape)
}

/// factor x + offset, with one factor and offset for each channel.
fn scale_channels(x: Ranked, factor: Tensor<1>, offset: Tensor<1>) -> Ranked {
    let channels = factor.dims()[0];
    let mut sizes = vec![1; x.rank()];
    if let Some(size) = sizes.get_mut(1) {
        *size = channels;
    }
    let (factor, offset) = (Ranked::R1(factor).reshape(&sizes), Ranked::R1(offset).reshape(&sizes));
    let scaled = both_ranks!(x, factor => x * factor);
    both_ranks!(scaled, offset => scaled + offset)
}

/// Each row with zero mean and unit (population) variance.
fn standardize(rows: Tensor<2>, epsilon: f32) -> Tensor<2> {
    let centred = rows.clone() - rows.mean_dim(1);
    let variance = (centred.clone() * centred.clone()).mean_dim(1);
    centred / variance.add_scalar(epsilon).sqrt()
}

/// Zero mean and unit variance over space and the channels of each of `groups` groups.
fn standardize_groups(x: Ranked, groups: usize, epsilon: f32) -> Ranked {
    let shape = x.shape();
    let n_rows = shape.first().copied().unwrap_or(1) * groups;
    let n_columns = shape.iter().product::<usize>() / n_rows.max(1);
    let rows = x.reshape(&[n_rows, n_columns]).into_rank::<2>();
    Ranked::R2(standardize(rows, epsilon)).reshape(&shape)
}

/// scale (x - mean) / sqrt(var + epsilon) + B with learned statistics: inputs `X` (batch, channel, space…), `scale`,
/// `B`, `input_mean`, `input_var` (channel).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNormalization {
    /// Added to the variance.
    pub epsilon: f32,
}

impl BatchNormalization {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.switch_or("training_mode", false)? {
            return Err(attributes.refuse("training_mode", "homolog runs networks that were exported for inference"));
        }
        Ok(Arc::new(Self { epsilon: attributes.float_or("epsilon", 1e-5)? }))
    }
}

impl Operator for BatchNormalization {
    fn kind(&self) -> &'static str {
        "BatchNormalization"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 5..=5)?;
        Ok(vec![Fact::float(with_channels(&inputs)?.to_vec())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let mut vector = |index: usize| call.float(index).map(Ranked::into_rank::<1>);
        let (scale, shift, mean, variance) = (vector(1)?, vector(2)?, vector(3)?, vector(4)?);
        let factor = scale / variance.add_scalar(self.epsilon).sqrt();
        let offset = shift - mean * factor.clone();
        Ok(vec![Value::Float(scale_channels(x, factor, offset))])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("epsilon", Attribute::Float(self.epsilon))]
    }
}

/// Zero mean and unit variance over the axes from `axis` on, then scale and shift: inputs `X`, `Scale`, optional `B`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNormalization {
    /// First normalized axis; negative counts from the last.
    pub axis: i64,
    /// Added to the variance.
    pub epsilon: f32,
}

impl LayerNormalization {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self { axis: attributes.int_or("axis", -1)?, epsilon: attributes.float_or("epsilon", 1e-5)? }))
    }
}

impl Operator for LayerNormalization {
    fn kind(&self) -> &'static str {
        "LayerNormalization"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=3)?;
        let shape = &inputs.float(0)?.shape;
        let axis = inputs.axis(self.axis, shape.len())?;
        let normalized = shape.get(axis..).unwrap_or(&[]);
        for index in 1..inputs.len() {
            let learned = &inputs.float(index)?.shape;
            if broadcast_shape([normalized, learned.as_slice()]).as_deref() != Some(normalized) {
                return Err(inputs.refuse(format!("input {index} must broadcast to {normalized:?}")));
            }
        }
        Ok(vec![Fact::float(shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let (scale, shift) = (call.float(1)?, call.optional_float(2)?);
        let shape = x.shape();
        let axis = call.facts().axis(self.axis, shape.len())?;
        let (outer, inner) = shape.split_at(axis);
        let (n_outer, n_inner): (usize, usize) = (outer.iter().product(), inner.iter().product());
        let learned = |value: Ranked| value.broadcast(inner).reshape(&[1, n_inner]).into_rank::<2>();
        let rows = x.reshape(&[n_outer, n_inner]).into_rank::<2>();
        let scaled = standardize(rows, self.epsilon) * learned(scale);
        let output = if let Some(shift) = shift { scaled + learned(shift) } else { scaled };
        Ok(vec![Value::Float(Ranked::R2(output).reshape(&shape))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis)), ("epsilon", Attribute::Float(self.epsilon))]
    }
}

/// Zero mean and unit variance over space for each channel of each stimulus, then scale and shift: inputs `input`
/// (batch, channel, space…), `scale`, `B` (channel).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InstanceNormalization {
    /// Added to the variance.
    pub epsilon: f32,
}

impl InstanceNormalization {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self { epsilon: attributes.float_or("epsilon", 1e-5)? }))
    }
}

impl Operator for InstanceNormalization {
    fn kind(&self) -> &'static str {
        "InstanceNormalization"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=3)?;
        Ok(vec![Fact::float(with_channels(&inputs)?.to_vec())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let (scale, shift) = (call.float(1)?.into_rank::<1>(), call.float(2)?.into_rank::<1>());
        let channels = scale.dims()[0];
        Ok(vec![Value::Float(scale_channels(standardize_groups(x, channels, self.epsilon), scale, shift))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("epsilon", Attribute::Float(self.epsilon))]
    }
}

/// Zero mean and unit variance over space and a group of channels, then scale and shift: inputs `X`
/// (batch, channel, space…), `scale`, `bias` — (group) at opsets 18 to 20, (channel) from 21; both are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupNormalization {
    /// Added to the variance.
    pub epsilon: f32,
    /// Number of groups of channels.
    pub groups: usize,
}

impl GroupNormalization {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        attributes.int("num_groups")?;
        Ok(Arc::new(Self {
            epsilon: attributes.float_or("epsilon", 1e-5)?,
            groups: attributes.count_or("num_groups", 1)?,
        }))
    }
}

impl Operator for GroupNormalization {
    fn kind(&self) -> &'static str {
        "GroupNormalization"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=3)?;
        let shape = &inputs.float(0)?.shape;
        let channels = shape.get(1).copied().unwrap_or(0);
        if shape.len() < 2 || channels % self.groups != 0 {
            return Err(inputs.refuse(format!("the channels must divide into {} groups", self.groups)));
        }
        for index in [1, 2] {
            let learned = &inputs.float(index)?.shape;
            if *learned != [channels] && *learned != [self.groups] {
                return Err(inputs.refuse(format!("input {index} needs {channels} or {} numbers", self.groups)));
            }
        }
        Ok(vec![Fact::float(shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let channels = x.shape().get(1).copied().unwrap_or(1);
        let each_channel = |learned: Ranked| {
            let learned = learned.into_rank::<1>();
            let n = learned.dims()[0];
            let repeated = Ranked::R1(learned).reshape(&[n, 1]).broadcast(&[n, channels / n.max(1)]);
            repeated.reshape(&[channels]).into_rank::<1>()
        };
        let (scale, shift) = (each_channel(call.float(1)?), each_channel(call.float(2)?));
        Ok(vec![Value::Float(scale_channels(standardize_groups(x, self.groups, self.epsilon), scale, shift))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("epsilon", Attribute::Float(self.epsilon)), ("num_groups", int_from(self.groups))]
    }
}

/// Local response normalization over channels, x / (bias + alpha / size * sum of squares)^beta: input `X`
/// (batch, channel, space…).
///
/// # Reference
/// Krizhevsky A, Sutskever I, Hinton GE (2012). ImageNet classification with deep convolutional neural networks.
/// NeurIPS. Section 3.3; differs in dividing alpha by size, as ONNX, Caffe and PyTorch do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lrn {
    /// Number of channels that are summed over, the channel itself in the middle.
    pub size: usize,
    /// Factor of the mean square.
    pub alpha: f32,
    /// Exponent.
    pub beta: f32,
    /// Added to the mean square.
    pub bias: f32,
}

impl Lrn {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        attributes.int("size")?;
        Ok(Arc::new(Self {
            size: attributes.count_or("size", 1)?,
            alpha: attributes.float_or("alpha", 1e-4)?,
            beta: attributes.float_or("beta", 0.75)?,
            bias: attributes.float_or("bias", 1.0)?,
        }))
    }
}

impl Operator for Lrn {
    fn kind(&self) -> &'static str {
        "LRN"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let shape = &inputs.float(0)?.shape;
        if shape.len() < 2 {
            return Err(inputs.refuse("homolog needs (batch, channel, space…)"));
        }
        Ok(vec![Fact::float(shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let shape = x.shape();
        let (kept, space) = shape.split_at(shape.len().min(2));
        let [batch, channels] = kept else {
            return Err(call.refuse("homolog needs (batch, channel, space…)"));
        };
        let x = x.reshape(&[*batch, 1, *channels, space.iter().product()]).into_rank::<4>();
        let before = (self.size - 1) / 2;
        let options = AvgPoolOptions::new([self.size, 1])
            .with_stride([1, 1])
            .with_padding_pairs([(before, self.size - 1 - before), (0, 0)])
            .with_count_include_pad(true);
        let mean_square = avg_pool2d(x.clone() * x.clone(), options);
        let divisor = mean_square.mul_scalar(self.alpha).add_scalar(self.bias).powf_scalar(self.beta);
        Ok(vec![Value::Float(Ranked::R4(x / divisor).reshape(&shape))])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("size", int_from(self.size)),
            ("alpha", Attribute::Float(self.alpha)),
            ("beta", Attribute::Float(self.beta)),
            ("bias", Attribute::Float(self.bias)),
        ]
    }
}

/// Which length a vector is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// The sum of absolute values.
    L1,
    /// The square root of the sum of squares.
    L2,
}

/// The input divided by its length along `axis`: input `X`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LpNormalization {
    /// The axis along which the result has length 1; negative counts from the last.
    pub axis: i64,
    /// Which length.
    pub norm: Norm,
}

impl LpNormalization {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let norm = match attributes.int_or("p", 2)? {
            1 => Norm::L1,
            2 => Norm::L2,
            _ => return Err(attributes.refuse("p", "homolog has 1 and 2")),
        };
        Ok(Arc::new(Self { axis: attributes.int_or("axis", -1)?, norm }))
    }
}

impl Operator for LpNormalization {
    fn kind(&self) -> &'static str {
        "LpNormalization"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let shape = &inputs.float(0)?.shape;
        inputs.axis(self.axis, shape.len())?;
        Ok(vec![Fact::float(shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let axis = call.facts().axis(self.axis, x.rank())?;
        let output = each_rank!(x, x => {
            let length = match self.norm {
                Norm::L1 => x.clone().abs().sum_dim(axis),
                Norm::L2 => (x.clone() * x.clone()).sum_dim(axis).sqrt(),
            };
            x / length
        });
        Ok(vec![Value::Float(output)])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_unless_spatial(self.axis, index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let p = if self.norm == Norm::L1 { 1 } else { 2 };
        vec![("axis", Attribute::Int(self.axis)), ("p", Attribute::Int(p))]
    }
}
