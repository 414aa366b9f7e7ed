//! One number from all positions along some axes.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, OpError, Operator};

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
        Ok(if attributes.switch_or("keepdims", true)? {
            Self::Kept
        } else {
            Self::Dropped
        })
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
        let found = Reduction::ALL
            .into_iter()
            .find(|reduction| reduction.kind() == attributes.op());
        let Some(reduction) = found else {
            return Err(OpError::Unknown {
                op: attributes.op().to_owned(),
            });
        };
        let no_axes = if attributes.switch_or("noop_with_empty_axes", false)? {
            NoAxes::None
        } else {
            NoAxes::All
        };
        Ok(Arc::new(Self {
            reduction,
            reduced: ReducedAxes::read(attributes)?,
            no_axes,
        }))
    }
}

impl Operator for Reduce {
    fn kind(&self) -> &'static str {
        self.reduction.kind()
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            self.reduced.attribute(),
            (
                "noop_with_empty_axes",
                Attribute::Int(i64::from(self.no_axes == NoAxes::None)),
            ),
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
            return Err(
                attributes.refuse("select_last_index", "homolog has 0 (the first of equals)")
            );
        }
        let extreme = if attributes.op() == "ArgMin" {
            Extreme::Smallest
        } else {
            Extreme::Largest
        };
        Ok(Arc::new(Self {
            extreme,
            axis: attributes.int_or("axis", 0)?,
            reduced: ReducedAxes::read(attributes)?,
        }))
    }
}

impl Operator for ArgExtreme {
    fn kind(&self) -> &'static str {
        match self.extreme {
            Extreme::Largest => "ArgMax",
            Extreme::Smallest => "ArgMin",
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("axis", Attribute::Int(self.axis)),
            self.reduced.attribute(),
        ]
    }
}
