//! Values that come from the file or from shapes, and values passed on.

use std::sync::Arc;

use ndarray::{ArrayD, IxDyn};

use super::attributes::{NodeAttributes, int_from};
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::{DType, HostTensor};
use crate::network::value::{Value, each_rank};

/// A [`Range`] of more numbers is refused: no network needs it, and it would fill the memory.
const LONGEST_RANGE: f64 = 1e8;

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
            None => Err(attributes.refuse("value", "a constant needs a tensor, a number or a list of numbers")),
        }
    }
}

impl Operator for Constant {
    fn kind(&self) -> &'static str {
        "Constant"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        Inputs::new(self.kind(), inputs, 0..=0)?;
        Ok(vec![Fact::known(HostTensor::clone(&self.value))])
    }

    fn forward(&self, call: Call<'_>) -> Result<Vec<Value>, OpError> {
        call.known_output()
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
        let zero = || Arc::new(HostTensor::F32(ndarray::ArrayD::zeros(ndarray::IxDyn(&[1]))));
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

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let wanted = inputs.ints(0, "shape")?;
        let sizes: Option<Vec<usize>> = wanted.iter().map(|size| usize::try_from(*size).ok()).collect();
        let Some(sizes) = sizes else {
            return Err(inputs.refuse(format!("no size of the wanted shape {wanted:?} may be negative")));
        };
        let shape = IxDyn(&sizes);
        let tensor = match &*self.value {
            HostTensor::F32(value) => HostTensor::F32(ArrayD::from_elem(shape, value.first().copied().unwrap_or(0.0))),
            HostTensor::I64(value) => HostTensor::I64(ArrayD::from_elem(shape, value.first().copied().unwrap_or(0))),
            HostTensor::Bool(value) => {
                HostTensor::Bool(ArrayD::from_elem(shape, value.first().copied().unwrap_or(false)))
            }
        };
        Ok(vec![Fact::known(tensor)])
    }

    fn forward(&self, call: Call<'_>) -> Result<Vec<Value>, OpError> {
        call.known_output()
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
        let end = if attributes.has("end") { Some(attributes.int("end")?) } else { None };
        Ok(Arc::new(Self { start: attributes.int_or("start", 0)?, end }))
    }
}

impl Operator for Shape {
    fn kind(&self) -> &'static str {
        "Shape"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let shape = &inputs.fact(0)?.shape;
        let rank = i64::try_from(shape.len()).unwrap_or(i64::MAX);
        let place = |axis: i64| {
            let from_first = if axis < 0 { axis.saturating_add(rank) } else { axis };
            usize::try_from(from_first.clamp(0, rank)).unwrap_or(0)
        };
        let range = place(self.start)..place(self.end.unwrap_or(rank));
        let sizes: Vec<i64> =
            shape.get(range).unwrap_or(&[]).iter().map(|size| i64::try_from(*size).unwrap_or(i64::MAX)).collect();
        Ok(vec![Fact::known(HostTensor::I64(ArrayD::from_shape_vec(IxDyn(&[sizes.len()]), sizes).unwrap_or_default()))])
    }

    fn forward(&self, call: Call<'_>) -> Result<Vec<Value>, OpError> {
        call.known_output()
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

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=3)?;
        let dtype = inputs.fact(0)?.dtype;
        let mut numbers = [0.0; 3];
        for ((index, number), name) in numbers.iter_mut().enumerate().zip(["start", "limit", "delta"]) {
            let fact = inputs.of_type(index, dtype)?;
            *number = fact.scalar().ok_or(OpError::NotConstant { op: self.kind(), input: name })?;
        }
        let [start, limit, delta] = numbers;
        let n = ((limit - start) / delta).ceil().max(0.0);
        if !n.is_finite() || n > LONGEST_RANGE || dtype == DType::Bool {
            return Err(inputs.refuse("the range must be finite and hold numbers"));
        }
        let steps = (0_u32..).take_while(|step| f64::from(*step) < n).map(|step| start + f64::from(step) * delta);
        #[allow(clippy::cast_possible_truncation, reason = "the elements have the type of the inputs")]
        let tensor = match dtype {
            DType::F32 => HostTensor::F32(steps.map(|value| value as f32).collect::<ndarray::Array1<f32>>().into_dyn()),
            _ => HostTensor::I64(steps.map(|value| value as i64).collect::<ndarray::Array1<i64>>().into_dyn()),
        };
        Ok(vec![Fact::known(tensor)])
    }

    fn forward(&self, call: Call<'_>) -> Result<Vec<Value>, OpError> {
        call.known_output()
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
                return Err(attributes.refuse("to", "homolog has floats, integers and truth values"));
            }
        };
        Ok(Arc::new(Self { to }))
    }
}

impl Operator for Cast {
    fn kind(&self) -> &'static str {
        "Cast"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let fact = Inputs::new(self.kind(), inputs, 1..=1)?.fact(0)?;
        Ok(vec![Fact::variable(self.to, fact.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        Ok(vec![match (call.value(0)?, self.to) {
            (Value::Float(x), DType::I64) => Value::Int(each_rank!(x, x => x.int())),
            (Value::Float(x), DType::Bool) => Value::Bool(each_rank!(x, x => x.bool())),
            (Value::Int(x), DType::F32) => Value::Float(each_rank!(x, x => x.float())),
            (Value::Int(x), DType::Bool) => Value::Bool(each_rank!(x, x => x.bool())),
            (Value::Bool(x), DType::F32) => Value::Float(each_rank!(x, x => x.float())),
            (Value::Bool(x), DType::I64) => Value::Int(each_rank!(x, x => x.int())),
            (same, _) => same,
        }])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
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

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let n_most = if *self == Self::Dropout { 3 } else { 1 };
        Ok(vec![Inputs::new(self.kind(), inputs, 1..=n_most)?.fact(0)?.clone()])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        Ok(vec![call.value(0)?])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}
