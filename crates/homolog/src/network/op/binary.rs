//! Functions of two or more values at every position, broadcast against each other as NumPy does.

use std::sync::Arc;

use burn::tensor::kind::{Basic, Ordered};
use burn::tensor::{Bool, Float, Int, Shape, Tensor};

use super::attributes::NodeAttributes;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::DType;
use crate::network::value::{Ranked, Value, both_ranks, each_rank};

/// Which remainder [`Binary::Mod`] gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remainder {
    /// With the sign of the divisor (Python's `%`).
    OfDivisor,
    /// With the sign of the dividend (C's `fmod`).
    OfDividend,
}

/// Two numbers in, one number out: inputs `A` and `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// A + B
    Add,
    /// A - B
    Sub,
    /// A B
    Mul,
    /// A / B; of integers, rounded towards 0.
    Div,
    /// A to the B; the result has A's type.
    Pow,
    /// The remainder of A / B.
    Mod(Remainder),
}

impl Binary {
    /// Reads any of these functions; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(match attributes.op() {
            "Add" => Self::Add,
            "Sub" => Self::Sub,
            "Mul" => Self::Mul,
            "Div" => Self::Div,
            "Pow" => Self::Pow,
            "Mod" if attributes.switch_or("fmod", false)? => Self::Mod(Remainder::OfDividend),
            "Mod" => Self::Mod(Remainder::OfDivisor),
            other => {
                return Err(OpError::Unknown { op: other.to_owned() });
            }
        }))
    }
}

impl Binary {
    fn of_floats<const D: usize>(self, left: Tensor<D>, right: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Add => left + right,
            Self::Sub => left - right,
            Self::Mul => left * right,
            Self::Div => left / right,
            Self::Pow => broadcast_pair(left, right, Tensor::powf),
            Self::Mod(Remainder::OfDivisor) => broadcast_pair(left, right, Tensor::remainder),
            Self::Mod(Remainder::OfDividend) => broadcast_pair(left, right, Tensor::fmod),
        }
    }

    fn of_integers<const D: usize>(self, left: Tensor<D, Int>, right: Tensor<D, Int>) -> Tensor<D, Int> {
        match self {
            Self::Add => left + right,
            Self::Sub => left - right,
            Self::Mul => left * right,
            Self::Div => left / right,
            Self::Pow => broadcast_pair(left, right, Tensor::powi),
            Self::Mod(Remainder::OfDivisor) => broadcast_pair(left, right, Tensor::remainder),
            Self::Mod(Remainder::OfDividend) => left.clone() - left / right.clone() * right,
        }
    }
}

/// A power with a known exponent; the common ones by multiplication, which is exact and has a gradient at 0.
fn power(base: Ranked<Float>, exponent: f64) -> Ranked<Float> {
    each_rank!(base, base => {
        if exponent == 1.0 {
            base
        } else if exponent == 2.0 {
            base.clone() * base
        } else if exponent == 0.5 {
            base.sqrt()
        } else {
            base.powf_scalar(exponent)
        }
    })
}

/// A function of two tensors that does not broadcast by itself.
fn broadcast_pair<const D: usize, K: Basic>(
    left: Tensor<D, K>,
    right: Tensor<D, K>,
    function: impl Fn(Tensor<D, K>, Tensor<D, K>) -> Tensor<D, K>,
) -> Tensor<D, K> {
    let mut sizes = left.dims();
    for (size, other) in sizes.iter_mut().zip(right.dims()) {
        if *size == 1 {
            *size = other;
        }
    }
    let expand = |tensor: Tensor<D, K>| {
        if tensor.dims() == sizes { tensor } else { tensor.expand(Shape::from(sizes.to_vec())) }
    };
    let (left, right) = (expand(left), expand(right));
    function(left, right)
}

/// X where the condition holds, else Y; all of one shape.
fn choose<K: Basic>(condition: Ranked<Bool>, x: Ranked<K>, y: Ranked<K>) -> Ranked<K> {
    match x {
        Ranked::R1(x) => Ranked::R1(y.into_rank::<1>().mask_where(condition.into_rank(), x)),
        Ranked::R2(x) => Ranked::R2(y.into_rank::<2>().mask_where(condition.into_rank(), x)),
        Ranked::R3(x) => Ranked::R3(y.into_rank::<3>().mask_where(condition.into_rank(), x)),
        Ranked::R4(x) => Ranked::R4(y.into_rank::<4>().mask_where(condition.into_rank(), x)),
        Ranked::R5(x) => Ranked::R5(y.into_rank::<5>().mask_where(condition.into_rank(), x)),
        Ranked::R6(x) => Ranked::R6(y.into_rank::<6>().mask_where(condition.into_rank(), x)),
    }
}

impl Operator for Binary {
    fn kind(&self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Sub => "Sub",
            Self::Mul => "Mul",
            Self::Div => "Div",
            Self::Pow => "Pow",
            Self::Mod(_) => "Mod",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let left = inputs.fact(0)?;
        if left.dtype == DType::Bool || *self != Self::Pow {
            inputs.of_type(1, left.dtype)?;
        }
        if left.dtype == DType::Bool {
            return Err(inputs.refuse("homolog needs numbers"));
        }
        Ok(vec![Fact::variable(left.dtype, inputs.broadcast()?)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let exponent = call.facts().optional(1).and_then(Fact::scalar);
        let output = match (call.value(0)?, call.value(1)?) {
            (Value::Float(left), _) if *self == Self::Pow && exponent.is_some() => {
                Value::Float(power(left, exponent.unwrap_or(1.0)).broadcast(call.output_shape()))
            }
            (Value::Float(left), Value::Float(right)) => {
                Value::Float(both_ranks!(left, right => self.of_floats(left, right)))
            }
            (Value::Float(left), Value::Int(right)) => {
                Value::Float(both_ranks!(left, right => self.of_floats(left, right.float())))
            }
            (Value::Int(left), Value::Int(right)) => {
                Value::Int(both_ranks!(left, right => self.of_integers(left, right)))
            }
            (Value::Int(left), Value::Float(right)) => {
                Value::Int(both_ranks!(left, right => self.of_floats(left.float(), right).int()))
            }
            _ => return Err(call.refuse("homolog needs numbers")),
        };
        Ok(vec![output])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        match self {
            Self::Mod(remainder) => {
                vec![("fmod", Attribute::Int(i64::from(*remainder == Remainder::OfDividend)))]
            }
            _ => Vec::new(),
        }
    }
}

/// Two values in, a truth value out: inputs `A` and `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// A = B
    Equal,
    /// A < B
    Less,
    /// A <= B
    LessOrEqual,
    /// A > B
    Greater,
    /// A >= B
    GreaterOrEqual,
    /// Both truth values.
    And,
    /// Either truth value.
    Or,
}

impl Comparison {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Equal, Self::Less, Self::LessOrEqual, Self::Greater, Self::GreaterOrEqual, Self::And, Self::Or];

    /// Reads any of these functions; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        match Self::ALL.into_iter().find(|function| function.kind() == attributes.op()) {
            Some(function) => Ok(Arc::new(function)),
            None => Err(OpError::Unknown { op: attributes.op().to_owned() }),
        }
    }
}

impl Comparison {
    fn of_numbers<const D: usize, K: Ordered>(self, left: Tensor<D, K>, right: Tensor<D, K>) -> Tensor<D, Bool> {
        match self {
            Self::Less => left.lower(right),
            Self::LessOrEqual => left.lower_equal(right),
            Self::Greater => left.greater(right),
            Self::GreaterOrEqual => left.greater_equal(right),
            // The shape rule lets only Equal through besides these.
            Self::Equal | Self::And | Self::Or => left.equal(right),
        }
    }
}

impl Operator for Comparison {
    fn kind(&self) -> &'static str {
        match self {
            Self::Equal => "Equal",
            Self::Less => "Less",
            Self::LessOrEqual => "LessOrEqual",
            Self::Greater => "Greater",
            Self::GreaterOrEqual => "GreaterOrEqual",
            Self::And => "And",
            Self::Or => "Or",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let left = inputs.fact(0)?;
        inputs.of_type(1, left.dtype)?;
        let is_logical = matches!(self, Self::And | Self::Or);
        if is_logical != (left.dtype == DType::Bool) && *self != Self::Equal {
            let needed = if is_logical { "homolog needs truth values" } else { "homolog needs numbers" };
            return Err(inputs.refuse(needed));
        }
        Ok(vec![Fact::variable(DType::Bool, inputs.broadcast()?)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let output = match (call.value(0)?, call.value(1)?) {
            (Value::Float(left), Value::Float(right)) => {
                both_ranks!(left, right => self.of_numbers(left, right))
            }
            (Value::Int(left), Value::Int(right)) => {
                both_ranks!(left, right => self.of_numbers(left, right))
            }
            (Value::Bool(left), Value::Bool(right)) => both_ranks!(left, right => match self {
                Self::And => left.bool_and(right),
                Self::Or => left.bool_or(right),
                _ => left.equal(right),
            }),
            _ => return Err(call.refuse("both inputs must have one type")),
        };
        Ok(vec![Value::Bool(output)])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}

/// One number out of any number of inputs, at every position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variadic {
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// The sum.
    Sum,
    /// The mean.
    Mean,
}

impl Variadic {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Min, Self::Max, Self::Sum, Self::Mean];

    /// Reads any of these functions; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        match Self::ALL.into_iter().find(|function| function.kind() == attributes.op()) {
            Some(function) => Ok(Arc::new(function)),
            None => Err(OpError::Unknown { op: attributes.op().to_owned() }),
        }
    }
}

impl Operator for Variadic {
    fn kind(&self) -> &'static str {
        match self {
            Self::Min => "Min",
            Self::Max => "Max",
            Self::Sum => "Sum",
            Self::Mean => "Mean",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=usize::MAX)?;
        let first = inputs.fact(0)?;
        for index in 1..inputs.len() {
            inputs.of_type(index, first.dtype)?;
        }
        let is_integer_extreme = first.dtype == DType::I64 && matches!(self, Self::Min | Self::Max);
        if first.dtype != DType::F32 && !is_integer_extreme {
            return Err(inputs.refuse("homolog needs floats"));
        }
        Ok(vec![Fact::variable(first.dtype, inputs.broadcast()?)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let n_inputs = call.values.len();
        let mut result = call.value(0)?;
        for index in 1..n_inputs {
            result = match (result, call.value(index)?) {
                (Value::Float(left), Value::Float(right)) => Value::Float(both_ranks!(left, right => match self {
                    Self::Min => broadcast_pair(left, right, Tensor::min_pair),
                    Self::Max => broadcast_pair(left, right, Tensor::max_pair),
                    Self::Sum | Self::Mean => left + right,
                })),
                (Value::Int(left), Value::Int(right)) => Value::Int(both_ranks!(left, right => match self {
                    Self::Min => broadcast_pair(left, right, Tensor::min_pair),
                    _ => broadcast_pair(left, right, Tensor::max_pair),
                })),
                _ => return Err(call.refuse("all inputs must have one type")),
            };
        }
        if let (Self::Mean, Value::Float(sum)) = (self, &result) {
            #[allow(clippy::cast_precision_loss, reason = "a node has far fewer inputs than 2^53")]
            let n = n_inputs as f64;
            result = Value::Float(each_rank!(sum.clone(), sum => sum.div_scalar(n)));
        }
        Ok(vec![result])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}

/// X where the condition holds, else Y: inputs `condition` (truth values), `X`, `Y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Where;

impl Where {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Where {
    fn kind(&self) -> &'static str {
        "Where"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=3)?;
        inputs.of_type(0, DType::Bool)?;
        let fact = inputs.fact(1)?;
        inputs.of_type(2, fact.dtype)?;
        Ok(vec![Fact::variable(fact.dtype, inputs.broadcast()?)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        let condition = call.bool(0)?.broadcast(shape);
        let output = match (call.value(1)?, call.value(2)?) {
            (Value::Float(x), Value::Float(y)) => {
                Value::Float(choose(condition, x.broadcast(shape), y.broadcast(shape)))
            }
            (Value::Int(x), Value::Int(y)) => Value::Int(choose(condition, x.broadcast(shape), y.broadcast(shape))),
            (Value::Bool(x), Value::Bool(y)) => Value::Bool(choose(condition, x.broadcast(shape), y.broadcast(shape))),
            _ => return Err(call.refuse("both choices must have one type")),
        };
        Ok(vec![output])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}
