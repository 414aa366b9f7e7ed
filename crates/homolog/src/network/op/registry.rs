//! All operators by their ONNX names.

use std::sync::Arc;

use super::activation::{Activation, Clip, PRelu};
use super::attributes::NodeAttributes;
use super::binary::{Binary, Comparison, Variadic, Where};
use super::constant::{Cast, Constant, ConstantOfShape, PassOn, Range, Shape};
use super::convolution::{Conv, ConvTranspose};
use super::dense::{Gemm, MatMul};
use super::einsum::Einsum;
use super::elementwise::Unary;
use super::indexing::{Concat, Gather, GatherElements, Slice, Split};
use super::normalization::{
    BatchNormalization, GroupNormalization, InstanceNormalization, LayerNormalization, LpNormalization, Lrn,
};
use super::pad::Pad;
use super::pooling::{AveragePool, GlobalPool, MaxPool};
use super::reduce::{ArgExtreme, Reduce};
use super::resize::Resize;
use super::scatter::ScatterNd;
use super::shape::{Expand, Flatten, Reshape, Squeeze, Tile, Transpose, Unsqueeze};
use super::softmax::Softmax;
use super::space::{DepthToSpace, SpaceToDepth};
use super::{OpError, Operator};

/// Makes an operator from a node's attributes, in the form of [`ONNX_OPSET`](crate::network::ONNX_OPSET).
pub type ReadOperator = fn(&NodeAttributes) -> Result<Arc<dyn Operator>, OpError>;

/// An operator that homolog has.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// ONNX name of the operator.
    pub name: &'static str,
    /// Reads a node of it.
    pub read: ReadOperator,
}

const fn entry(name: &'static str, read: ReadOperator) -> Entry {
    Entry { name, read }
}

/// Every operator, by name.
pub const OPERATORS: &[Entry] = &[
    entry("Abs", Unary::read),
    entry("Add", Binary::read),
    entry("And", Comparison::read),
    entry("ArgMax", ArgExtreme::read),
    entry("ArgMin", ArgExtreme::read),
    entry("AveragePool", AveragePool::read),
    entry("BatchNormalization", BatchNormalization::read),
    entry("Cast", Cast::read),
    entry("Ceil", Unary::read),
    entry("Celu", Activation::read),
    entry("Clip", Clip::read),
    entry("Concat", Concat::read),
    entry("Constant", Constant::read),
    entry("ConstantOfShape", ConstantOfShape::read),
    entry("Conv", Conv::read),
    entry("ConvTranspose", ConvTranspose::read),
    entry("Cos", Unary::read),
    entry("DepthToSpace", DepthToSpace::read),
    entry("Div", Binary::read),
    entry("Dropout", PassOn::read_dropout),
    entry("Einsum", Einsum::read),
    entry("Elu", Activation::read),
    entry("Equal", Comparison::read),
    entry("Erf", Unary::read),
    entry("Exp", Unary::read),
    entry("Expand", Expand::read),
    entry("Flatten", Flatten::read),
    entry("Floor", Unary::read),
    entry("Gather", Gather::read),
    entry("GatherElements", GatherElements::read),
    entry("Gelu", Activation::read),
    entry("Gemm", Gemm::read),
    entry("GlobalAveragePool", GlobalPool::read_average),
    entry("GlobalMaxPool", GlobalPool::read_max),
    entry("Greater", Comparison::read),
    entry("GreaterOrEqual", Comparison::read),
    entry("GroupNormalization", GroupNormalization::read),
    entry("HardSigmoid", Activation::read),
    entry("HardSwish", Activation::read),
    entry("Identity", PassOn::read_identity),
    entry("InstanceNormalization", InstanceNormalization::read),
    entry("LRN", Lrn::read),
    entry("LayerNormalization", LayerNormalization::read),
    entry("LeakyRelu", Activation::read),
    entry("Less", Comparison::read),
    entry("LessOrEqual", Comparison::read),
    entry("Log", Unary::read),
    entry("LogSoftmax", Softmax::read_logarithm),
    entry("LpNormalization", LpNormalization::read),
    entry("MatMul", MatMul::read),
    entry("Max", Variadic::read),
    entry("MaxPool", MaxPool::read),
    entry("Mean", Variadic::read),
    entry("Min", Variadic::read),
    entry("Mish", Activation::read),
    entry("Mod", Binary::read),
    entry("Mul", Binary::read),
    entry("Neg", Unary::read),
    entry("Not", Unary::read),
    entry("Or", Comparison::read),
    entry("PRelu", PRelu::read),
    entry("Pad", Pad::read),
    entry("Pow", Binary::read),
    entry("Range", Range::read),
    entry("Reciprocal", Unary::read),
    entry("ReduceL1", Reduce::read),
    entry("ReduceL2", Reduce::read),
    entry("ReduceLogSum", Reduce::read),
    entry("ReduceLogSumExp", Reduce::read),
    entry("ReduceMax", Reduce::read),
    entry("ReduceMean", Reduce::read),
    entry("ReduceMin", Reduce::read),
    entry("ReduceProd", Reduce::read),
    entry("ReduceSum", Reduce::read),
    entry("ReduceSumSquare", Reduce::read),
    entry("Relu", Activation::read),
    entry("Reshape", Reshape::read),
    entry("Resize", Resize::read),
    entry("Round", Unary::read),
    entry("ScatterND", ScatterNd::read),
    entry("Selu", Activation::read),
    entry("Shape", Shape::read),
    entry("Sigmoid", Activation::read),
    entry("Sign", Unary::read),
    entry("Sin", Unary::read),
    entry("Slice", Slice::read),
    entry("Softmax", Softmax::read),
    entry("Softplus", Activation::read),
    entry("Softsign", Activation::read),
    entry("SpaceToDepth", SpaceToDepth::read),
    entry("Split", Split::read),
    entry("Sqrt", Unary::read),
    entry("Squeeze", Squeeze::read),
    entry("Sub", Binary::read),
    entry("Sum", Variadic::read),
    entry("Tanh", Activation::read),
    entry("Tile", Tile::read),
    entry("Transpose", Transpose::read),
    entry("Unsqueeze", Unsqueeze::read),
    entry("Where", Where::read),
];

/// The operator with this ONNX name; `None` where homolog does not have it.
pub fn operator(name: &str) -> Option<&'static Entry> {
    OPERATORS.iter().find(|entry| entry.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_unique() {
        let names: Vec<&str> = OPERATORS.iter().map(|entry| entry.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    }
}
