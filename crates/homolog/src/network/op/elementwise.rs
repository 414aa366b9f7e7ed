//! Functions of one number at every position (for activation functions see [`activation`](super::activation)).

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{OpError, Operator};

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
        match Self::ALL
            .into_iter()
            .find(|function| function.kind() == attributes.op())
        {
            Some(function) => Ok(Arc::new(function)),
            None => Err(OpError::Unknown {
                op: attributes.op().to_owned(),
            }),
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
}
