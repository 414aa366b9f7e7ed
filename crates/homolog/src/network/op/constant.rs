//! Values that come from the file or from shapes, and values passed on.

use std::sync::Arc;

use super::attributes::{NodeAttributes, int_from};
use super::{Attribute, OpError, Operator};
use crate::network::tensor::{DType, HostTensor};

/// A value that stands in the graph: no input.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The value.
    pub value: Arc<HostTensor>,
}

impl Constant {
    /// Reads the attributes of a node; `value_int`, `value_ints`, `value_float` and `value_floats` are taken too.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        match attributes.constant()? {
            Some(value) => Ok(Arc::new(Self { value })),
            None => Err(attributes.refuse(
                "value",
                "a constant needs a tensor, a number or a list of numbers",
            )),
        }
    }
}

impl Operator for Constant {
    fn kind(&self) -> &'static str {
        "Constant"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("value", Attribute::Tensor(Arc::clone(&self.value)))]
    }
}

/// The same number everywhere: constant input `input` (the wanted shape).
#[derive(Clone, Debug, PartialEq)]
pub struct ConstantOfShape {
    /// The number, as a tensor of one element.
    pub value: Arc<HostTensor>,
}

impl ConstantOfShape {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let zero = || {
            Arc::new(HostTensor::F32(ndarray::ArrayD::zeros(ndarray::IxDyn(&[
                1,
            ]))))
        };
        let value = attributes.tensor("value")?.unwrap_or_else(zero);
        if value.n_elements() != 1 {
            return Err(attributes.refuse("value", "it must have one element"));
        }
        Ok(Arc::new(Self { value }))
    }
}

impl Operator for ConstantOfShape {
    fn kind(&self) -> &'static str {
        "ConstantOfShape"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("value", Attribute::Tensor(Arc::clone(&self.value)))]
    }
}

/// The input's sizes as integers: input `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// First axis; negative counts from the last.
    pub start: i64,
    /// The axis before which to stop; negative counts from the last, `None` is the end.
    pub end: Option<i64>,
}

impl Shape {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let end = if attributes.has("end") {
            Some(attributes.int("end")?)
        } else {
            None
        };
        Ok(Arc::new(Self {
            start: attributes.int_or("start", 0)?,
            end,
        }))
    }
}

impl Operator for Shape {
    fn kind(&self) -> &'static str {
        "Shape"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = vec![("start", Attribute::Int(self.start))];
        attributes.extend(self.end.map(|end| ("end", Attribute::Int(end))));
        attributes
    }
}

/// Integers or floats from `start` in steps of `delta`, `limit` excluded: three constant scalar inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range;

impl Range {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Range {
    fn kind(&self) -> &'static str {
        "Range"
    }
}

/// The input as another type; floats become integers by dropping their fraction: input `input`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cast {
    /// The wanted type.
    pub to: DType,
}

impl Cast {
    /// Reads the attributes of a node; the types are numbered as in ONNX's `TensorProto.DataType`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let to = match attributes.int("to")? {
            1 | 10 | 11 | 16 => DType::F32,
            2..=7 | 12 | 13 => DType::I64,
            9 => DType::Bool,
            _ => {
                return Err(
                    attributes.refuse("to", "homolog has floats, integers and truth values")
                );
            }
        };
        Ok(Arc::new(Self { to }))
    }
}

impl Operator for Cast {
    fn kind(&self) -> &'static str {
        "Cast"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let to = match self.to {
            DType::F32 => 1,
            DType::I64 => 7,
            DType::Bool => 9,
        };
        vec![("to", int_from(to))]
    }
}

/// The input passed on; what training would have dropped is kept: input `input` (`Identity`) or `data` (`Dropout`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassOn {
    /// `Identity`
    Identity,
    /// `Dropout`, outside training; its optional inputs `ratio` and `training_mode` are not looked at, and its mask is
    /// not given.
    Dropout,
}

impl PassOn {
    /// Reads an `Identity`.
    pub(crate) fn read_identity(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Identity))
    }

    /// Reads a `Dropout`.
    pub(crate) fn read_dropout(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Dropout))
    }
}

impl Operator for PassOn {
    fn kind(&self) -> &'static str {
        match self {
            Self::Identity => "Identity",
            Self::Dropout => "Dropout",
        }
    }
}
