//! Normalization, with statistics that were learned or that are taken over the input.

use std::sync::Arc;

use super::attributes::{NodeAttributes, int_from};
use super::{Attribute, OpError, Operator};

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
            return Err(attributes.refuse(
                "training_mode",
                "homolog runs networks that were exported for inference",
            ));
        }
        Ok(Arc::new(Self {
            epsilon: attributes.float_or("epsilon", 1e-5)?,
        }))
    }
}

impl Operator for BatchNormalization {
    fn kind(&self) -> &'static str {
        "BatchNormalization"
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
        Ok(Arc::new(Self {
            axis: attributes.int_or("axis", -1)?,
            epsilon: attributes.float_or("epsilon", 1e-5)?,
        }))
    }
}

impl Operator for LayerNormalization {
    fn kind(&self) -> &'static str {
        "LayerNormalization"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("axis", Attribute::Int(self.axis)),
            ("epsilon", Attribute::Float(self.epsilon)),
        ]
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
        Ok(Arc::new(Self {
            epsilon: attributes.float_or("epsilon", 1e-5)?,
        }))
    }
}

impl Operator for InstanceNormalization {
    fn kind(&self) -> &'static str {
        "InstanceNormalization"
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

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("epsilon", Attribute::Float(self.epsilon)),
            ("num_groups", int_from(self.groups)),
        ]
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
        Ok(Arc::new(Self {
            axis: attributes.int_or("axis", -1)?,
            norm,
        }))
    }
}

impl Operator for LpNormalization {
    fn kind(&self) -> &'static str {
        "LpNormalization"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let p = if self.norm == Norm::L1 { 1 } else { 2 };
        vec![
            ("axis", Attribute::Int(self.axis)),
            ("p", Attribute::Int(p)),
        ]
    }
}
