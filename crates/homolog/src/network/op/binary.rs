//! Functions of two or more values at every position, broadcast against each other as NumPy does.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, OpError, Operator};

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
                return Err(OpError::Unknown {
                    op: other.to_owned(),
                });
            }
        }))
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

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        match self {
            Self::Mod(remainder) => {
                vec![(
                    "fmod",
                    Attribute::Int(i64::from(*remainder == Remainder::OfDividend)),
                )]
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
    pub const ALL: [Self; 7] = [
        Self::Equal,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::And,
        Self::Or,
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

impl Operator for Variadic {
    fn kind(&self) -> &'static str {
        match self {
            Self::Min => "Min",
            Self::Max => "Max",
            Self::Sum => "Sum",
            Self::Mean => "Mean",
        }
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
}
