//! From the bytes of an ONNX file to a graph.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use prost::Message;
use prost::bytes::Bytes;

use super::convert::{FileNode, Ranks, convert, converted_operator};
use super::error::{NodePlace, OnnxError};
use super::module_path::{module_stages, modules_of};
use super::proto::{
    AttributeProto, ElementType, GraphProto, ModelProto, NodeProto, TensorTypeProto, ValueInfoProto, attribute_kind,
    element_name,
};
use super::tensor::{dtype_of, host_tensor};
use crate::naming::nearest_three;
use crate::network::graph::{Dim, Graph, GraphInput, Node};
use crate::network::op::Attribute;
use crate::network::op::attributes::NodeAttributes;
use crate::network::op::registry::{OPERATORS, operator};

/// The oldest and the newest version of ONNX's operator set that is read.
const OPSETS: (i64, i64) = (7, 21);

/// Reads the network in the ONNX file at `path`.
///
/// Names of nodes and values are the exporter's; a node without a name is called after its operator and its position.
/// Operators of older versions are brought into the form of [`ONNX_OPSET`](crate::network::ONNX_OPSET). An input whose
/// first size is open becomes one for batches ([`Dim::Batch`]). Where the exporter was PyTorch's, stages get the names
/// of PyTorch's modules.
///
/// # Errors
/// [`OnnxError`], always with the file and, where one is at fault, the node; never a panic, whatever the bytes are.
pub fn read(path: &Path) -> Result<Graph, OnnxError> {
    let file = path.display().to_string();
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(source) => return Err(OnnxError::Unreadable { file, source }),
    };
    // A bare file name has the empty path as its parent, which means the current folder.
    let folder = path.parent().unwrap_or(Path::new(""));
    Reader { file, folder: Some(folder) }.model(bytes)
}

/// Reads the network in the bytes of an ONNX file, called `file` in messages; its numbers must stand in these bytes.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(file: &str, bytes: Vec<u8>) -> Result<Graph, OnnxError> {
    Reader { file: file.to_owned(), folder: None }.model(bytes)
}

/// What is known while a file is read.
struct Reader<'a> {
    file: String,
    folder: Option<&'a Path>,
}

impl Reader<'_> {
    fn model(&self, bytes: Vec<u8>) -> Result<Graph, OnnxError> {
        let n_bytes = bytes.len();
        // From shared bytes, so that the numbers of tensors are not copied before they are converted.
        let model = ModelProto::decode(Bytes::from(bytes)).map_err(|source| OnnxError::Encoding {
            file: self.file.clone(),
            n_bytes,
            source,
        })?;
        let incomplete = |missing| OnnxError::Incomplete { file: self.file.clone(), n_bytes, missing };
        let opset = model.opset_import.iter().find(|opset| is_onnx(&opset.domain)).map(|opset| opset.version);
        let Some(proto) = model.graph else {
            return Err(incomplete("graph"));
        };
        let Some(opset) = opset else {
            return Err(incomplete("version of its operators (opset_import)"));
        };
        let (oldest, newest) = OPSETS;
        if !(oldest..=newest).contains(&opset) {
            return Err(OnnxError::OpsetVersion { file: self.file.clone(), found: opset, oldest, newest });
        }
        if !model.training_info.is_empty() {
            return Err(self.unsupported("instructions for training", "export the network for inference"));
        }
        if !proto.sparse_initializer.is_empty() {
            return Err(self.unsupported("sparse tensors", "store its parameters as dense tensors"));
        }
        let is_function = |node: &NodeProto| {
            model.functions.iter().any(|function| function.name == node.op_type && function.domain == node.domain)
        };
        if proto.node.iter().any(is_function) {
            let next = "inline them with onnx.inliner.inline_local_functions, or export with dynamo=False";
            return Err(self.unsupported("operators that are defined in the file itself (functions)", next));
        }
        self.graph(proto, opset)
    }

    fn unsupported(&self, feature: &'static str, next: &'static str) -> OnnxError {
        OnnxError::UnsupportedFeature { file: self.file.clone(), feature, next }
    }

    fn graph(&self, proto: GraphProto, opset: i64) -> Result<Graph, OnnxError> {
        let ranks = ranks(&proto);
        let mut graph = Graph { name: proto.name, ..Graph::default() };
        for tensor in proto.initializer {
            let read = host_tensor(&tensor, self.folder).map_err(|source| OnnxError::Tensor {
                file: self.file.clone(),
                owner: format!("parameter \"{}\"", tensor.name),
                source,
            })?;
            graph.parameters.insert(tensor.name, Arc::new(read));
        }
        // Older files list the parameters among the inputs.
        for input in proto.input.iter().filter(|input| !graph.parameters.contains_key(&input.name)) {
            graph.inputs.push(self.input(input)?);
        }
        let mut names = Names::default();
        let mut places = Vec::new();
        let mut modules = Vec::new();
        for (index, node) in proto.node.into_iter().enumerate() {
            let node = self.node(index, node, opset, &mut names)?;
            let place = node.place.clone();
            let refuse =
                |source| OnnxError::Operator { file: self.file.clone(), place: Box::new(place.clone()), source };
            for node in convert(node, opset, &ranks).map_err(refuse)? {
                modules.push(node.modules.clone());
                graph.nodes.push(self.operator(node)?);
                places.push(place.clone());
            }
        }
        graph.outputs = proto.output.into_iter().map(|output| output.name).collect();
        self.check_order(&graph, &places)?;
        graph.stages = module_stages(&graph.nodes, &modules, &graph.outputs);
        Ok(graph)
    }

    fn input(&self, proto: &ValueInfoProto) -> Result<GraphInput, OnnxError> {
        let refuse = |found: String| OnnxError::InputType { file: self.file.clone(), input: proto.name.clone(), found };
        let tensor = tensor_type(proto).ok_or_else(|| refuse("no dense tensor".to_owned()))?;
        let element = ElementType::from_number(tensor.elem_type)
            .ok_or_else(|| refuse(format!("a tensor of type {}", element_name(tensor.elem_type))))?;
        let shape = tensor.shape.as_ref().ok_or_else(|| refuse("a tensor of unknown rank".to_owned()))?;
        let dims = shape.dim.iter().enumerate().map(|(axis, dim)| {
            match dim.dim_value.and_then(|size| usize::try_from(size).ok()).filter(|size| *size > 0) {
                Some(size) => Dim::Fixed(size),
                None if axis == 0 => Dim::Batch,
                None => Dim::Open,
            }
        });
        Ok(GraphInput { name: proto.name.clone(), dtype: dtype_of(element), dims: dims.collect() })
    }

    fn node(&self, index: usize, proto: NodeProto, opset: i64, names: &mut Names) -> Result<FileNode, OnnxError> {
        let place = NodePlace { index, name: proto.name.clone(), op: proto.op_type.clone() };
        let known =
            operator(&proto.op_type).map(|entry| entry.name).or_else(|| converted_operator(&proto.op_type, opset));
        let Some(op) = known.filter(|_| is_onnx(&proto.domain)) else {
            return Err(OnnxError::UnsupportedOperator {
                file: self.file.clone(),
                place: Box::new(place),
                nearest: nearest_three(&proto.op_type, OPERATORS.iter().map(|entry| entry.name)),
                domain: if is_onnx(&proto.domain) { String::new() } else { proto.domain },
            });
        };
        let modules = modules_of(&proto);
        let mut attributes = BTreeMap::new();
        for attribute in proto.attribute {
            let value = self.attribute(&attribute, &place)?;
            attributes.insert(attribute.name, value);
        }
        Ok(FileNode {
            name: names.unique(&proto.name, op, index),
            place,
            op,
            inputs: proto.input.into_iter().map(|name| Some(name).filter(|name| !name.is_empty())).collect(),
            outputs: proto.output,
            attributes,
            modules,
        })
    }

    fn attribute(&self, proto: &AttributeProto, place: &NodePlace) -> Result<Attribute, OnnxError> {
        let refuse = |found: &str| OnnxError::AttributeKind {
            file: self.file.clone(),
            place: Box::new(place.clone()),
            attribute: proto.name.clone(),
            found: found.to_owned(),
        };
        match kind_of(proto) {
            attribute_kind::FLOAT => Ok(Attribute::Float(proto.f.unwrap_or_default())),
            attribute_kind::INT => Ok(Attribute::Int(proto.i.unwrap_or_default())),
            attribute_kind::STRING => match std::str::from_utf8(proto.s.as_deref().unwrap_or_default()) {
                Ok(text) => Ok(Attribute::Text(text.to_owned())),
                Err(_) => Err(refuse("a text that is not UTF-8")),
            },
            attribute_kind::FLOATS => Ok(Attribute::Floats(proto.floats.clone())),
            attribute_kind::INTS => Ok(Attribute::Ints(proto.ints.clone())),
            attribute_kind::TENSOR => {
                let tensor = proto.t.as_ref().ok_or_else(|| refuse("a tensor without content"))?;
                let read = host_tensor(tensor, self.folder).map_err(|source| OnnxError::Tensor {
                    file: self.file.clone(),
                    owner: format!("attribute \"{}\" of {place}", proto.name),
                    source,
                })?;
                Ok(Attribute::Tensor(Arc::new(read)))
            }
            kind => Err(refuse(attribute_kind::name(kind))),
        }
    }

    fn operator(&self, node: FileNode) -> Result<Node, OnnxError> {
        let FileNode { place, name, op, inputs, outputs, attributes, modules: _ } = node;
        // Every operator that a conversion makes is in the registry; one that is not is reported all the same.
        let Some(entry) = operator(op) else {
            let nearest = nearest_three(op, OPERATORS.iter().map(|entry| entry.name));
            let place = Box::new(place);
            return Err(OnnxError::UnsupportedOperator {
                file: self.file.clone(),
                place,
                domain: String::new(),
                nearest,
            });
        };
        match (entry.read)(&NodeAttributes::new(entry.name, attributes)) {
            Ok(op) => Ok(Node { name, op, inputs, outputs }),
            Err(source) => Err(OnnxError::Operator { file: self.file.clone(), place: Box::new(place), source }),
        }
    }

    /// Every value is written once, and before it is read; `places` says where each node of the graph comes from.
    fn check_order(&self, graph: &Graph, places: &[NodePlace]) -> Result<(), OnnxError> {
        let mut written: BTreeMap<&str, String> = BTreeMap::new();
        written.extend(graph.parameters.keys().map(|name| (name.as_str(), "a parameter".to_owned())));
        written.extend(graph.inputs.iter().map(|input| (input.name.as_str(), "an input".to_owned())));
        for (node, place) in graph.nodes.iter().zip(places) {
            let unwritten = node.inputs.iter().flatten().find(|value| !written.contains_key(value.as_str()));
            if let Some(value) = unwritten {
                let later = graph.nodes.iter().zip(places).find(|(node, _)| node.outputs.contains(value));
                let state = match later {
                    Some((_, writer)) => {
                        format!("only {writer} writes, which stands there or later")
                    }
                    None => "nothing writes".to_owned(),
                };
                let (file, place) = (self.file.clone(), Box::new(place.clone()));
                return Err(OnnxError::UndefinedValue { file, place, value: value.clone(), state });
            }
            for value in node.outputs.iter().filter(|value| !value.is_empty()) {
                if let Some(earlier) = written.insert(value, format!("the output of {place}")) {
                    let (file, place) = (self.file.clone(), Box::new(place.clone()));
                    return Err(OnnxError::ValueWrittenTwice { file, place, value: value.clone(), earlier });
                }
            }
        }
        match graph.outputs.iter().find(|output| !written.contains_key(output.as_str())) {
            Some(value) => Err(OnnxError::UndefinedOutput { file: self.file.clone(), value: value.clone() }),
            None => Ok(()),
        }
    }
}

/// The names that nodes have got so far, with how often each was wanted again.
#[derive(Default)]
struct Names(BTreeMap<String, usize>);

impl Names {
    /// The exporter's name where it gave one, else the operator and the position; made unique by a number.
    fn unique(&mut self, wanted: &str, op: &str, index: usize) -> String {
        let wanted = if wanted.is_empty() { format!("{op}_{index}") } else { wanted.to_owned() };
        let mut name = wanted.clone();
        while self.0.contains_key(&name) {
            let n_repeats = self.0.entry(wanted.clone()).or_insert(0);
            *n_repeats += 1;
            name = format!("{wanted}_{n_repeats}");
        }
        self.0.insert(name.clone(), 0);
        name
    }
}

/// ONNX's own operators have the empty domain or its long name.
fn is_onnx(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

/// Which field holds an attribute's value; the first exporters did not say.
fn kind_of(proto: &AttributeProto) -> i32 {
    match proto.kind {
        0 if proto.f.is_some() => attribute_kind::FLOAT,
        0 if proto.i.is_some() => attribute_kind::INT,
        0 if proto.s.is_some() => attribute_kind::STRING,
        0 if proto.t.is_some() => attribute_kind::TENSOR,
        0 if !proto.floats.is_empty() => attribute_kind::FLOATS,
        0 if !proto.ints.is_empty() => attribute_kind::INTS,
        kind => kind,
    }
}

fn tensor_type(proto: &ValueInfoProto) -> Option<&TensorTypeProto> {
    proto.r#type.as_ref()?.tensor_type.as_ref()
}

fn ranks(proto: &GraphProto) -> Ranks {
    let values = proto.value_info.iter().chain(&proto.input).chain(&proto.output);
    values.filter_map(|value| Some((value.name.clone(), tensor_type(value)?.shape.as_ref()?.dim.len()))).collect()
}
