//! One number from all positions along some axes.

use std::sync::Arc;

use burn::tensor::{Int, Tensor};

use super::attributes::NodeAttributes;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::DType;
use crate::network::value::{Ranked, Value, any_rank, each_kind, each_rank};

/// What becomes of an axis that was reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReducedAxes {
    /// It stays, with size 1 (`keepdims`, ONNX's default).
    Kept,
    /// It is gone.
    Dropped,
}

impl ReducedAxes {
    fn read(attributes: &NodeAttributes) -> Result<Self, OpError> {
        Ok(if attributes.switch_or("keepdims", true)? { Self::Kept } else { Self::Dropped })
    }

    fn shape(self, shape: &[usize], axes: &[usize]) -> Vec<usize> {
        let sizes = shape.iter().enumerate();
        match self {
            Self::Kept => sizes.map(|(axis, size)| if axes.contains(&axis) { 1 } else { *size }).collect(),
            Self::Dropped => sizes.filter(|(axis, _)| !axes.contains(axis)).map(|(_, size)| *size).collect(),
        }
    }

    fn attribute(self) -> (&'static str, Attribute) {
        ("keepdims", Attribute::Int(i64::from(self == Self::Kept)))
    }
}

/// What is computed along the axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// The mean.
    Mean,
    /// The sum.
    Sum,
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The product.
    Prod,
    /// The sum of absolute values.
    L1,
    /// The square root of the sum of squares.
    L2,
    /// The sum of squares.
    SumSquare,
    /// The logarithm of the sum.
    LogSum,
    /// The logarithm of the sum of exponentials.
    LogSumExp,
}

impl Reduction {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Mean,
        Self::Sum,
        Self::Max,
        Self::Min,
        Self::Prod,
        Self::L1,
        Self::L2,
        Self::SumSquare,
        Self::LogSum,
        Self::LogSumExp,
    ];

    /// ONNX name of the operator.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Mean => "ReduceMean",
            Self::Sum => "ReduceSum",
            Self::Max => "ReduceMax",
            Self::Min => "ReduceMin",
            Self::Prod => "ReduceProd",
            Self::L1 => "ReduceL1",
            Self::L2 => "ReduceL2",
            Self::SumSquare => "ReduceSumSquare",
            Self::LogSum => "ReduceLogSum",
            Self::LogSumExp => "ReduceLogSumExp",
        }
    }
}

impl Reduction {
    fn of_floats<const D: usize>(self, x: Tensor<D>, axes: &[usize]) -> Tensor<D> {
        let sum = |x: Tensor<D>| axes.iter().fold(x, |x, axis| x.sum_dim(*axis));
        match self {
            Self::Mean => axes.iter().fold(x, |x, axis| x.mean_dim(*axis)),
            Self::Sum => sum(x),
            Self::Max => axes.iter().fold(x, |x, axis| x.max_dim(*axis)),
            Self::Min => axes.iter().fold(x, |x, axis| x.min_dim(*axis)),
            Self::Prod => axes.iter().fold(x, |x, axis| product(x, *axis)),
            Self::L1 => sum(x.abs()),
            Self::L2 => sum(x.clone() * x).sqrt(),
            Self::SumSquare => sum(x.clone() * x),
            Self::LogSum => sum(x).log(),
            Self::LogSumExp => {
                let largest = axes.iter().fold(x.clone(), |x, axis| x.max_dim(*axis)).detach();
                sum((x - largest.clone()).exp()).log() + largest
            }
        }
    }

    /// The shape rule lets only the four that integers have through.
    fn of_integers<const D: usize>(self, x: Tensor<D, Int>, axes: &[usize]) -> Tensor<D, Int> {
        match self {
            Self::Max => axes.iter().fold(x, |x, axis| x.max_dim(*axis)),
            Self::Min => axes.iter().fold(x, |x, axis| x.min_dim(*axis)),
            Self::Prod => axes.iter().fold(x, |x, axis| x.prod_dim(*axis)),
            _ => axes.iter().fold(x, |x, axis| x.sum_dim(*axis)),
        }
    }
}

/// The product along an axis, position by position: right for negative numbers and zeros, and so is its gradient.
fn product<const D: usize>(x: Tensor<D>, axis: usize) -> Tensor<D> {
    let n = x.dims().get(axis).copied().unwrap_or(1);
    (1..n).fold(x.clone().narrow(axis, 0, 1), |product, place| product * x.clone().narrow(axis, place, 1))
}

/// Positions of any rank as one row; their shape is given back by the caller.
fn each_axis<const D: usize>(places: Tensor<D, Int>) -> Ranked<Int> {
    Ranked::R1(places.flatten(0, D - 1))
}

/// What absent or empty `axes` stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAxes {
    /// All axes (ONNX's default).
    All,
    /// No axis (`noop_with_empty_axes`).
    None,
}

/// One number from all positions along some axes: inputs `data`, optional constant `axes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduce {
    /// What is computed.
    pub reduction: Reduction,
    /// What becomes of the reduced axes.
    pub reduced: ReducedAxes,
    /// What absent or empty `axes` stand for.
    pub no_axes: NoAxes,
}

impl Reduce {
    /// Reads any of the reductions; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let found = Reduction::ALL.into_iter().find(|reduction| reduction.kind() == attributes.op());
        let Some(reduction) = found else {
            return Err(OpError::Unknown { op: attributes.op().to_owned() });
        };
        let no_axes = if attributes.switch_or("noop_with_empty_axes", false)? { NoAxes::None } else { NoAxes::All };
        Ok(Arc::new(Self { reduction, reduced: ReducedAxes::read(attributes)?, no_axes }))
    }
}

impl Reduce {
    fn axes(&self, inputs: &Inputs<'_>) -> Result<Vec<usize>, OpError> {
        let rank = inputs.fact(0)?.shape.len();
        let given = inputs.optional_ints(1, "axes")?.unwrap_or_default();
        match (given.is_empty(), self.no_axes) {
            (true, NoAxes::All) => Ok((0..rank).collect()),
            _ => given.iter().map(|axis| inputs.axis(*axis, rank)).collect(),
        }
    }
}

impl Operator for Reduce {
    fn kind(&self) -> &'static str {
        self.reduction.kind()
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=2)?;
        let data = inputs.fact(0)?;
        let is_for_integers =
            matches!(self.reduction, Reduction::Sum | Reduction::Prod | Reduction::Max | Reduction::Min);
        if !(data.dtype == DType::F32 || (data.dtype == DType::I64 && is_for_integers)) {
            return Err(inputs.refuse("homolog needs floats"));
        }
        let axes = self.axes(&inputs)?;
        Ok(vec![Fact::variable(data.dtype, self.reduced.shape(&data.shape, &axes))])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let axes = self.axes(&call.facts())?;
        let output = match call.value(0)? {
            Value::Float(x) => Value::Float(each_rank!(x, x => self.reduction.of_floats(x, &axes))),
            Value::Int(x) => Value::Int(each_rank!(x, x => self.reduction.of_integers(x, &axes))),
            Value::Bool(_) => return Err(call.refuse("homolog needs numbers")),
        };
        Ok(vec![each_kind!(output, ranked => ranked.reshape(call.output_shape()))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        let Ok(inputs) = Inputs::new(self.kind(), inputs, 1..=2) else {
            return Reach::Global;
        };
        let (Ok(data), Ok(axes)) = (inputs.fact(0), self.axes(&inputs)) else {
            return Reach::Global;
        };
        let n_outer = data.shape.len().saturating_sub(2).max(2);
        let is_space_kept = self.reduced == ReducedAxes::Kept && axes.iter().all(|axis| *axis < n_outer);
        if index == 0 && is_space_kept { Reach::Pointwise } else { Reach::Global }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            self.reduced.attribute(),
            ("noop_with_empty_axes", Attribute::Int(i64::from(self.no_axes == NoAxes::None))),
        ]
    }
}

/// Which extreme [`ArgExtreme`] looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// The largest (`ArgMax`).
    Largest,
    /// The smallest (`ArgMin`).
    Smallest,
}

/// The position of the extreme along an axis, the first of equals: input `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArgExtreme {
    /// Which extreme.
    pub extreme: Extreme,
    /// The axis; negative counts from the last.
    pub axis: i64,
    /// What becomes of the axis.
    pub reduced: ReducedAxes,
}

impl ArgExtreme {
    /// Reads an `ArgMax` or `ArgMin`; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.switch_or("select_last_index", false)? {
            return Err(attributes.refuse("select_last_index", "homolog has 0 (the first of equals)"));
        }
        let extreme = if attributes.op() == "ArgMin" { Extreme::Smallest } else { Extreme::Largest };
        Ok(Arc::new(Self { extreme, axis: attributes.int_or("axis", 0)?, reduced: ReducedAxes::read(attributes)? }))
    }
}

impl Operator for ArgExtreme {
    fn kind(&self) -> &'static str {
        match self.extreme {
            Extreme::Largest => "ArgMax",
            Extreme::Smallest => "ArgMin",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let shape = &inputs.float(0)?.shape;
        let axis = inputs.axis(self.axis, shape.len())?;
        Ok(vec![Fact::variable(DType::I64, self.reduced.shape(shape, &[axis]))])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let axis = call.facts().axis(self.axis, x.rank())?;
        let place = any_rank!(x, x => match self.extreme {
            Extreme::Largest => each_axis(x.argmax(axis)),
            Extreme::Smallest => each_axis(x.argmin(axis)),
        });
        Ok(vec![Value::Int(place.reshape(call.output_shape()))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis)), self.reduced.attribute()]
    }
}
