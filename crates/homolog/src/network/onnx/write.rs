//! From a graph to the bytes of an ONNX file.

use std::collections::BTreeSet;

use prost::Message;
use prost::bytes::Bytes;

use super::proto::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto, attribute_kind,
};
use super::tensor::{element_number, tensor_proto};
use crate::network::ONNX_OPSET;
use crate::network::graph::{Dim, Graph, GraphInput, Node};
use crate::network::op::Attribute;

/// The version of the file format that came with [`ONNX_OPSET`] (ONNX 1.15).
const IR_VERSION: i64 = 9;

/// The graph as an ONNX file of operator set [`ONNX_OPSET`]; the outputs are `outputs` (values of the graph), in this
/// order.
///
/// Only the nodes and parameters that these values depend on are written; a value named twice is one output.
///
/// Nothing about shapes is written but the inputs': ONNX Runtime infers the others. Besides the bytes returned, the
/// largest parameter is in memory a second time.
pub fn write(graph: &Graph, outputs: &[String]) -> Vec<u8> {
    let nodes = needed_nodes(graph, outputs);
    let read: BTreeSet<&str> = nodes.iter().flat_map(|node| node.inputs.iter().flatten()).map(String::as_str).collect();
    let model = ModelProto {
        ir_version: IR_VERSION,
        producer_name: "homolog".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: ONNX_OPSET }],
        graph: Some(GraphProto {
            name: if graph.name.is_empty() { "network".to_owned() } else { graph.name.clone() },
            node: nodes.iter().map(|node| node_proto(node)).collect(),
            input: graph.inputs.iter().map(input_proto).collect(),
            output: unique(outputs).map(|name| ValueInfoProto { name: name.clone(), r#type: None }).collect(),
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    let parameters: Vec<_> = graph.parameters.iter().filter(|(name, _)| read.contains(name.as_str())).collect();
    let n_numbers: usize = parameters.iter().map(|(_, tensor)| tensor.n_elements()).sum();
    let mut bytes = Vec::with_capacity(model.encoded_len() + 4 * n_numbers + 64 * parameters.len());
    encode(&model, &mut bytes);
    // In protobuf a message that occurs again is merged with what was there, so each parameter can follow as a graph
    // that holds nothing else, and is copied one at a time.
    for (name, tensor) in parameters {
        let initializer = vec![tensor_proto(name, tensor)];
        let graph = Some(GraphProto { initializer, ..GraphProto::default() });
        encode(&ModelProto { graph, ..ModelProto::default() }, &mut bytes);
    }
    bytes
}

fn encode(model: &ModelProto, bytes: &mut Vec<u8>) {
    // Vectors grow as needed, so that there is no case in which this is short of space.
    bytes.reserve(model.encoded_len());
    model.encode_raw(bytes);
}

/// The nodes that `outputs` depend on, in the graph's order.
fn needed_nodes<'a>(graph: &'a Graph, outputs: &'a [String]) -> Vec<&'a Node> {
    let mut needed: BTreeSet<&str> = outputs.iter().map(String::as_str).collect();
    let mut nodes = Vec::new();
    for node in graph.nodes.iter().rev() {
        if node.outputs.iter().any(|output| needed.contains(output.as_str())) {
            needed.extend(node.inputs.iter().flatten().map(String::as_str));
            nodes.push(node);
        }
    }
    nodes.reverse();
    nodes
}

fn unique(names: &[String]) -> impl Iterator<Item = &String> {
    names.iter().enumerate().filter(|(position, name)| !names[..*position].contains(name)).map(|(_, name)| name)
}

fn node_proto(node: &Node) -> NodeProto {
    NodeProto {
        name: node.name.clone(),
        op_type: node.op.kind().to_owned(),
        input: node.inputs.iter().map(|name| name.clone().unwrap_or_default()).collect(),
        output: node.outputs.clone(),
        attribute: node.op.attributes().into_iter().map(|(name, value)| attribute_proto(name, value)).collect(),
        ..NodeProto::default()
    }
}

fn attribute_proto(name: &str, value: Attribute) -> AttributeProto {
    let mut proto = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match value {
        Attribute::Float(value) => (proto.kind, proto.f) = (attribute_kind::FLOAT, Some(value)),
        Attribute::Int(value) => (proto.kind, proto.i) = (attribute_kind::INT, Some(value)),
        Attribute::Text(value) => (proto.kind, proto.s) = (attribute_kind::STRING, Some(Bytes::from(value))),
        Attribute::Floats(values) => (proto.kind, proto.floats) = (attribute_kind::FLOATS, values),
        Attribute::Ints(values) => (proto.kind, proto.ints) = (attribute_kind::INTS, values),
        Attribute::Tensor(value) => (proto.kind, proto.t) = (attribute_kind::TENSOR, Some(tensor_proto("", &value))),
    }
    proto
}

fn input_proto(input: &GraphInput) -> ValueInfoProto {
    let dims = input.dims.iter().enumerate().map(|(axis, dim)| match dim {
        Dim::Fixed(size) => DimensionProto { dim_value: i64::try_from(*size).ok(), dim_param: None },
        Dim::Batch => DimensionProto { dim_value: None, dim_param: Some("batch".to_owned()) },
        Dim::Open => DimensionProto { dim_value: None, dim_param: Some(format!("{}_axis_{axis}", input.name)) },
    });
    let shape = Some(TensorShapeProto { dim: dims.collect() });
    let tensor_type = Some(TensorTypeProto { elem_type: element_number(input.dtype), shape });
    ValueInfoProto { name: input.name.clone(), r#type: Some(TypeProto { tensor_type }) }
}
