//! Softmax along one axis.

use std::sync::Arc;

use burn::tensor::activation;

use super::attributes::NodeAttributes;
use super::window::pointwise_unless_spatial;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::value::{Value, each_rank};

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
        Ok(Arc::new(Self::Probability { axis: attributes.int_or("axis", -1)? }))
    }

    /// Reads a `LogSoftmax`.
    pub(crate) fn read_logarithm(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Logarithm { axis: attributes.int_or("axis", -1)? }))
    }
}

impl Softmax {
    fn axis(self) -> i64 {
        let (Self::Probability { axis } | Self::Logarithm { axis }) = self;
        axis
    }
}

impl Operator for Softmax {
    fn kind(&self) -> &'static str {
        match self {
            Self::Probability { .. } => "Softmax",
            Self::Logarithm { .. } => "LogSoftmax",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let fact = inputs.float(0)?;
        inputs.axis(self.axis(), fact.shape.len())?;
        Ok(vec![Fact::float(fact.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let axis = call.facts().axis(self.axis(), x.rank())?;
        let output = match self {
            Self::Probability { .. } => each_rank!(x, x => activation::softmax(x, axis)),
            Self::Logarithm { .. } => each_rank!(x, x => activation::log_softmax(x, axis)),
        };
        Ok(vec![Value::Float(output)])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_unless_spatial(self.axis(), index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis()))]
    }
}
