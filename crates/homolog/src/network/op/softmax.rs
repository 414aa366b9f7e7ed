//! Softmax along one axis.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, OpError, Operator};

/// exp(x) over its sum along `axis`, or its logarithm: input `X`, output of the same shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Softmax {
    /// exp(x) / sum exp(x) (`Softmax`)
    Probability {
        /// The axis along which the result sums to 1; negative counts from the last.
        axis: i64,
    },
    /// x - ln sum exp(x) (`LogSoftmax`)
    Logarithm {
        /// The axis along which the exponentials sum to 1; negative counts from the last.
        axis: i64,
    },
}

impl Softmax {
    /// Reads a `Softmax`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Probability {
            axis: attributes.int_or("axis", -1)?,
        }))
    }

    /// Reads a `LogSoftmax`.
    pub(crate) fn read_logarithm(
        attributes: &NodeAttributes,
    ) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Logarithm {
            axis: attributes.int_or("axis", -1)?,
        }))
    }
}

impl Operator for Softmax {
    fn kind(&self) -> &'static str {
        match self {
            Self::Probability { .. } => "Softmax",
            Self::Logarithm { .. } => "LogSoftmax",
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let (Self::Probability { axis } | Self::Logarithm { axis }) = self;
        vec![("axis", Attribute::Int(*axis))]
    }
}
