//! Products of matrices.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, OpError, Operator};

/// Whether a matrix is used as it is or transposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// As it is.
    AsIs,
    /// Transposed.
    Transposed,
}

impl Orientation {
    fn read(attributes: &NodeAttributes, name: &str) -> Result<Self, OpError> {
        Ok(if attributes.switch_or(name, false)? {
            Self::Transposed
        } else {
            Self::AsIs
        })
    }
}

/// alpha A B + beta C: inputs `A` (m, k), `B` (k, n), optional `C` broadcast to (m, n).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gemm {
    /// Factor of the product.
    pub alpha: f32,
    /// Factor of `C`.
    pub beta: f32,
    /// Whether `A` is transposed first.
    pub a: Orientation,
    /// Whether `B` is transposed first.
    pub b: Orientation,
}

impl Gemm {
    /// A fully connected layer with weights (output, input), as PyTorch keeps them.
    pub const LINEAR: Self = Self {
        alpha: 1.0,
        beta: 1.0,
        a: Orientation::AsIs,
        b: Orientation::Transposed,
    };

    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self {
            alpha: attributes.float_or("alpha", 1.0)?,
            beta: attributes.float_or("beta", 1.0)?,
            a: Orientation::read(attributes, "transA")?,
            b: Orientation::read(attributes, "transB")?,
        }))
    }
}

impl Operator for Gemm {
    fn kind(&self) -> &'static str {
        "Gemm"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("alpha", Attribute::Float(self.alpha)),
            ("beta", Attribute::Float(self.beta)),
            (
                "transA",
                Attribute::Int(i64::from(self.a == Orientation::Transposed)),
            ),
            (
                "transB",
                Attribute::Int(i64::from(self.b == Orientation::Transposed)),
            ),
        ]
    }
}

/// The matrix product over the last two axes, the others broadcast (NumPy's `matmul`): inputs `A`, `B`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatMul;

impl MatMul {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for MatMul {
    fn kind(&self) -> &'static str {
        "MatMul"
    }
}
