//! Products of matrices.

use std::sync::Arc;

use burn::tensor::Tensor;

use super::attributes::NodeAttributes;
use super::inputs::broadcast_shape;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator};
use crate::network::value::{Ranked, Value, both_ranks};

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
        Ok(if attributes.switch_or(name, false)? { Self::Transposed } else { Self::AsIs })
    }

    fn sizes(self, matrix: &Fact, inputs: &Inputs<'_>) -> Result<[usize; 2], OpError> {
        match (self, matrix.shape.as_slice()) {
            (Self::AsIs, [rows, columns]) | (Self::Transposed, [columns, rows]) => Ok([*rows, *columns]),
            _ => Err(inputs.refuse("A and B must have two axes")),
        }
    }

    fn apply(self, matrix: Tensor<2>) -> Tensor<2> {
        if self == Self::Transposed { matrix.transpose() } else { matrix }
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
    pub const LINEAR: Self = Self { alpha: 1.0, beta: 1.0, a: Orientation::AsIs, b: Orientation::Transposed };

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

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=3)?;
        let ([rows, inner], [other_inner, columns]) =
            (self.a.sizes(inputs.float(0)?, &inputs)?, self.b.sizes(inputs.float(1)?, &inputs)?);
        if inner != other_inner {
            return Err(
                inputs.refuse(format!("the matrices share an axis, which is {inner} in A and {other_inner} in B"))
            );
        }
        let shape = vec![rows, columns];
        if let Some(added) = inputs.optional(2) {
            inputs.float(2)?;
            if broadcast_shape([shape.as_slice(), added.shape.as_slice()]).as_ref() != Some(&shape) {
                return Err(inputs.refuse(format!("C must broadcast to ({rows}, {columns})")));
            }
        }
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let a = self.a.apply(call.float(0)?.into_rank::<2>());
        let b = self.b.apply(call.float(1)?.into_rank::<2>());
        let added = call.optional_float(2)?;
        let scaled = |tensor: Tensor<2>, factor: f32| {
            if factor == 1.0 { tensor } else { tensor.mul_scalar(factor) }
        };
        let product = scaled(a.matmul(b), self.alpha);
        let output = match added {
            Some(added) => product + scaled(added.into_rank::<2>(), self.beta),
            None => product,
        };
        Ok(vec![Value::Float(Ranked::R2(output))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![
            ("alpha", Attribute::Float(self.alpha)),
            ("beta", Attribute::Float(self.beta)),
            ("transA", Attribute::Int(i64::from(self.a == Orientation::Transposed))),
            ("transB", Attribute::Int(i64::from(self.b == Orientation::Transposed))),
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

/// On which side of a product a matrix stands; a vector is a row on the left and a column on the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The outer axes, rows and columns of a stack of matrices.
fn matrix_sizes(shape: &[usize], side: Side) -> Option<(&[usize], usize, usize)> {
    match (shape, side) {
        ([outer @ .., rows, columns], _) => Some((outer, *rows, *columns)),
        ([n], Side::Left) => Some((&[], 1, *n)),
        ([n], Side::Right) => Some((&[], *n, 1)),
        ([], _) => None,
    }
}

impl Operator for MatMul {
    fn kind(&self) -> &'static str {
        "MatMul"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let (left, right) = (&inputs.float(0)?.shape, &inputs.float(1)?.shape);
        let (Some((outer_left, rows, inner)), Some((outer_right, other_inner, columns))) =
            (matrix_sizes(left, Side::Left), matrix_sizes(right, Side::Right))
        else {
            return Err(inputs.refuse("homolog needs at least one axis on both sides"));
        };
        if inner != other_inner {
            return Err(
                inputs.refuse(format!("the matrices share an axis, which is {inner} in A and {other_inner} in B"))
            );
        }
        let Some(mut shape) = broadcast_shape([outer_left, outer_right]) else {
            return Err(inputs.refuse("the axes before the last two must broadcast against each other"));
        };
        shape.extend((left.len() > 1).then_some(rows));
        shape.extend((right.len() > 1).then_some(columns));
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let ranks = (call.facts().fact(0)?.shape.len(), call.facts().fact(1)?.shape.len());
        let (mut left, mut right) = (call.float(0)?, call.float(1)?);
        if ranks.0 == 1 {
            left = left.with_leading_axes(2);
        }
        if ranks.1 == 1 {
            let n = right.n_elements();
            right = right.reshape(&[n, 1]);
        }
        let output = if right.rank() == 2 {
            let right = right.into_rank::<2>();
            let rows = left.into_rank::<2>();
            Ranked::R2(rows.matmul(right))
        } else {
            both_ranks!(left, right => left.matmul(right))
        };
        Ok(vec![Value::Float(output.reshape(call.output_shape()))])
    }
}
