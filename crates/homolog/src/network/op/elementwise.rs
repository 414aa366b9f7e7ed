//! Functions of one number at every position (for activation functions see [`activation`](super::activation)).

use std::sync::Arc;

use burn::tensor::Tensor;

use super::attributes::NodeAttributes;
use super::{Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::DType;
use crate::network::value::{Value, each_rank};

/// A pointwise function without attributes: input `X`, output of the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unary {
    /// |x|
    Abs,
    /// -x
    Neg,
    /// e to the x
    Exp,
    /// Natural logarithm.
    Log,
    /// Square root.
    Sqrt,
    /// 1 / x
    Reciprocal,
    /// The error function.
    Erf,
    /// The next integer below.
    Floor,
    /// The next integer above.
    Ceil,
    /// The nearest integer, halves to even.
    Round,
    /// -1, 0 or 1
    Sign,
    /// Sine, of radians.
    Sin,
    /// Cosine, of radians.
    Cos,
    /// Logical negation of truth values.
    Not,
}

impl Unary {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Abs,
        Self::Neg,
        Self::Exp,
        Self::Log,
        Self::Sqrt,
        Self::Reciprocal,
        Self::Erf,
        Self::Floor,
        Self::Ceil,
        Self::Round,
        Self::Sign,
        Self::Sin,
        Self::Cos,
        Self::Not,
    ];

    /// Reads any of these functions; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        match Self::ALL.into_iter().find(|function| function.kind() == attributes.op()) {
            Some(function) => Ok(Arc::new(function)),
            None => Err(OpError::Unknown { op: attributes.op().to_owned() }),
        }
    }
}

impl Unary {
    fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Abs => x.abs(),
            Self::Neg => x.neg(),
            Self::Exp => x.exp(),
            Self::Log => x.log(),
            Self::Sqrt => x.sqrt(),
            Self::Reciprocal => x.recip(),
            Self::Erf => x.erf(),
            Self::Floor => x.floor(),
            Self::Ceil => x.ceil(),
            Self::Round => x.round(),
            Self::Sign => x.sign(),
            Self::Sin => x.sin(),
            Self::Cos => x.cos(),
            // The shape rule lets only truth values through to this one.
            Self::Not => x,
        }
    }
}

impl Operator for Unary {
    fn kind(&self) -> &'static str {
        match self {
            Self::Abs => "Abs",
            Self::Neg => "Neg",
            Self::Exp => "Exp",
            Self::Log => "Log",
            Self::Sqrt => "Sqrt",
            Self::Reciprocal => "Reciprocal",
            Self::Erf => "Erf",
            Self::Floor => "Floor",
            Self::Ceil => "Ceil",
            Self::Round => "Round",
            Self::Sign => "Sign",
            Self::Sin => "Sin",
            Self::Cos => "Cos",
            Self::Not => "Not",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let fact = match self {
            Self::Not => inputs.of_type(0, DType::Bool)?,
            Self::Abs | Self::Neg | Self::Sign if inputs.fact(0)?.dtype == DType::I64 => inputs.fact(0)?,
            _ => inputs.float(0)?,
        };
        Ok(vec![Fact::variable(fact.dtype, fact.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let output = match (call.value(0)?, self) {
            (Value::Float(x), _) => Value::Float(each_rank!(x, x => self.apply(x))),
            (Value::Bool(x), _) => Value::Bool(each_rank!(x, x => x.bool_not())),
            (Value::Int(x), Self::Abs) => Value::Int(each_rank!(x, x => x.abs())),
            (Value::Int(x), Self::Neg) => Value::Int(each_rank!(x, x => x.neg())),
            (Value::Int(x), Self::Sign) => Value::Int(each_rank!(x, x => x.sign())),
            (Value::Int(_), _) => return Err(call.refuse("homolog needs floats")),
        };
        Ok(vec![output])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}
