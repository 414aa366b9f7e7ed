//! Nodes of older operator sets in the form of [`ONNX_OPSET`](crate::network::ONNX_OPSET).
//!
//! Most changes between versions turned an attribute into an input. To add one, add a row to [`CHANGES`].

use std::collections::BTreeMap;
use std::sync::Arc;

use super::einsum::einsum_as_matrix_product;
use super::error::NodePlace;
use crate::network::op::attributes::NodeAttributes;
use crate::network::op::{Attribute, OpError};
use crate::network::tensor::HostTensor;

/// A node as it stands in a file.
#[derive(Clone, Debug)]
pub(crate) struct FileNode {
    /// Where it stands, for messages.
    pub(crate) place: NodePlace,
    /// Its unique name.
    pub(crate) name: String,
    /// The operator as [`OPERATORS`](crate::network::op::registry::OPERATORS) or [`CHANGES`] spells it.
    pub(crate) op: &'static str,
    /// Names of the values read; `None` for an absent optional one.
    pub(crate) inputs: Vec<Option<String>>,
    /// Names of the values written; empty for one that is not wanted.
    pub(crate) outputs: Vec<String>,
    /// Attributes by name.
    pub(crate) attributes: BTreeMap<String, Attribute>,
    /// The modules of PyTorch that it stands in, outermost first, as far as the exporter said.
    pub(crate) modules: Vec<String>,
}

/// What one node becomes: itself, with nodes that have to stand before and after it.
#[derive(Debug)]
pub(crate) struct Converted {
    pub(super) before: Vec<FileNode>,
    pub(super) node: FileNode,
    pub(super) after: Vec<FileNode>,
}

/// Number of axes of the values whose shape the file states.
pub(crate) type Ranks = BTreeMap<String, usize>;

/// How an operator's form changed.
enum Change {
    /// An attribute (integers or a float) became a constant input at this position.
    BecomesInput { attribute: &'static str, input: usize },
    /// Something else.
    Rewritten(fn(&mut Converted, &Ranks) -> Result<(), OpError>),
}

use Change::{BecomesInput, Rewritten};

/// An operator that is rewritten whatever the file's operator set is.
const NEVER: i64 = i64::MAX;

/// The changes: (operator, first operator set that has the new form, what changed), in the order in which they are made.
const CHANGES: &[(&str, i64, Change)] = &[
    ("BatchNormalization", 9, Rewritten(refuse_statistics_per_position)),
    ("BatchNormalization", 14, Rewritten(refuse_training_outputs)),
    ("Clip", 11, BecomesInput { attribute: "min", input: 1 }),
    ("Clip", 11, BecomesInput { attribute: "max", input: 2 }),
    ("Einsum", NEVER, Rewritten(einsum_as_matrix_product)),
    ("LogSoftmax", 13, Rewritten(softmax_over_flattened_axes)),
    ("Pad", 11, BecomesInput { attribute: "pads", input: 1 }),
    ("Pad", 11, BecomesInput { attribute: "value", input: 2 }),
    ("ReduceL1", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceL2", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceLogSum", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceLogSumExp", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceMax", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceMean", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceMin", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceProd", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceSum", 13, BecomesInput { attribute: "axes", input: 1 }),
    ("ReduceSumSquare", 18, BecomesInput { attribute: "axes", input: 1 }),
    ("Resize", 11, Rewritten(resize_by_scales)),
    ("Slice", 10, BecomesInput { attribute: "starts", input: 1 }),
    ("Slice", 10, BecomesInput { attribute: "ends", input: 2 }),
    ("Slice", 10, BecomesInput { attribute: "axes", input: 3 }),
    ("Softmax", 13, Rewritten(softmax_over_flattened_axes)),
    ("Split", 13, BecomesInput { attribute: "split", input: 1 }),
    ("Split", 18, Rewritten(split_into_equal_parts)),
    ("Squeeze", 13, BecomesInput { attribute: "axes", input: 1 }),
    ("Unsqueeze", 13, BecomesInput { attribute: "axes", input: 1 }),
    ("Upsample", 9, BecomesInput { attribute: "scales", input: 1 }),
    ("Upsample", 10, Rewritten(resize_by_scales)),
];

/// The operator of this name, where a node of it is converted to others.
pub(crate) fn converted_operator(name: &str, opset: i64) -> Option<&'static str> {
    CHANGES.iter().find(|(op, first, _)| *op == name && opset < *first).map(|(op, _, _)| *op)
}

/// `node` of a file of version `opset` in the newer form, with the nodes that it needs around it, in order.
pub(crate) fn convert(node: FileNode, opset: i64, ranks: &Ranks) -> Result<Vec<FileNode>, OpError> {
    let mut converted = Converted { before: Vec::new(), node, after: Vec::new() };
    for (op, first, change) in CHANGES {
        if converted.node.op == *op && opset < *first {
            match change {
                BecomesInput { attribute, input } => converted.attribute_becomes_input(attribute, *input)?,
                Rewritten(rewrite) => rewrite(&mut converted, ranks)?,
            }
        }
    }
    let Converted { mut before, node, after } = converted;
    before.push(node);
    before.extend(after);
    Ok(before)
}

impl Converted {
    pub(super) fn attributes(&self) -> NodeAttributes {
        NodeAttributes::new(self.node.op, self.node.attributes.clone())
    }

    fn attribute_becomes_input(&mut self, attribute: &'static str, input: usize) -> Result<(), OpError> {
        let tensor = match self.node.attributes.get(attribute) {
            None => return Ok(()),
            Some(Attribute::Ints(values)) => HostTensor::from_i64(&[values.len()], values.clone()),
            Some(Attribute::Floats(values)) => HostTensor::from_f32(&[values.len()], values.clone()),
            Some(Attribute::Float(value)) => HostTensor::from_f32(&[], vec![*value]),
            Some(_) => None,
        };
        let Some(tensor) = tensor else {
            return Err(self.attributes().refuse(attribute, "it must be a number or a list of numbers"));
        };
        self.node.attributes.remove(attribute);
        let value = Attribute::Tensor(Arc::new(tensor));
        let constant = self.companion("Constant", attribute, Vec::new(), [("value", value)]);
        let name = constant.outputs.first().cloned();
        self.before.push(constant);
        // More inputs than the old form had would be in the way of the new one.
        if self.node.inputs.get(input).is_some_and(Option::is_some) {
            return Err(OpError::Arity {
                op: self.node.op,
                found: self.node.inputs.len(),
                needed: format!("at most {input} beside its attribute {attribute}"),
            });
        }
        self.set_input(input, name);
        Ok(())
    }

    pub(super) fn set_input(&mut self, input: usize, name: Option<String>) {
        if self.node.inputs.len() <= input {
            self.node.inputs.resize(input + 1, None);
        }
        if let Some(place) = self.node.inputs.get_mut(input) {
            *place = name;
        }
    }

    /// A node that is added for this one; `part` says what for, and is part of its name and its output's.
    pub(super) fn companion<const N: usize>(
        &self,
        op: &'static str,
        part: &str,
        inputs: Vec<Option<String>>,
        attributes: [(&str, Attribute); N],
    ) -> FileNode {
        let name = format!("{}:{part}", self.node.name);
        FileNode {
            place: self.node.place.clone(),
            modules: self.node.modules.clone(),
            op,
            inputs,
            outputs: vec![name.clone()],
            name,
            attributes: attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}

/// Before version 9 a batch normalization could have statistics for each channel and position.
fn refuse_statistics_per_position(converted: &mut Converted, _: &Ranks) -> Result<(), OpError> {
    let attributes = converted.attributes();
    if attributes.switch_or("spatial", true)? {
        return Ok(());
    }
    Err(attributes.refuse("spatial", "homolog has 1 (statistics for each channel)"))
}

/// Before version 14 the statistics of training were further outputs.
fn refuse_training_outputs(converted: &mut Converted, _: &Ranks) -> Result<(), OpError> {
    let outputs = &mut converted.node.outputs;
    if outputs.iter().skip(1).any(|output| !output.is_empty()) {
        return Err(OpError::Shape {
            op: converted.node.op,
            found: format!("{} outputs, which are the statistics of training", outputs.len()),
            needed: "export the network for inference (eval mode)".to_owned(),
        });
    }
    outputs.truncate(1);
    Ok(())
}

/// Before version 18 a split without sizes had as many equal parts as outputs.
fn split_into_equal_parts(converted: &mut Converted, _: &Ranks) -> Result<(), OpError> {
    if converted.node.inputs.get(1).is_none_or(Option::is_none) {
        let n_outputs = i64::try_from(converted.node.outputs.len()).unwrap_or(i64::MAX);
        converted.node.attributes.insert("num_outputs".to_owned(), Attribute::Int(n_outputs));
    }
    Ok(())
}

/// Before version 13 the axes from `axis` on were taken as one, so that the result summed to 1 over all of them.
fn softmax_over_flattened_axes(converted: &mut Converted, ranks: &Ranks) -> Result<(), OpError> {
    let axis = converted.attributes().int_or("axis", 1)?;
    converted.node.attributes.insert("axis".to_owned(), Attribute::Int(-1));
    let Some(Some(input)) = converted.node.inputs.first().cloned() else {
        // The operator's own check reports the missing input.
        return Ok(());
    };
    let rank = ranks.get(&input).and_then(|rank| i64::try_from(*rank).ok());
    if axis == -1 || rank.is_some_and(|rank| axis == rank - 1) {
        return Ok(());
    }
    let [output] = converted.node.outputs.as_slice() else {
        return Ok(());
    };
    let output = output.clone();
    let shape = converted.companion("Shape", "shape", vec![Some(input.clone())], []);
    let flat = converted.companion("Flatten", "flat", vec![Some(input)], [("axis", Attribute::Int(axis))]);
    let flat_output = format!("{}:flat_output", converted.node.name);
    converted.node.inputs = vec![flat.outputs.first().cloned()];
    converted.node.outputs = vec![flat_output.clone()];
    let inputs = vec![Some(flat_output), shape.outputs.first().cloned()];
    let mut unflat = converted.companion("Reshape", "unflat", inputs, []);
    unflat.outputs = vec![output];
    converted.before.extend([shape, flat]);
    converted.after.push(unflat);
    Ok(())
}

/// Before version 11 `Resize`, and `Upsample` before it, took scales as the second input and mapped an output position
/// to x / scale, rounded down for the nearest neighbour.
fn resize_by_scales(converted: &mut Converted, _: &Ranks) -> Result<(), OpError> {
    let attributes = converted.attributes();
    let mode = match attributes.text_or("mode", "nearest")? {
        "nearest" => "nearest",
        "linear" | "bilinear" => "linear",
        _ => {
            return Err(attributes.refuse("mode", "homolog has nearest and linear in this operator set"));
        }
    };
    let text = |text: &str| Attribute::Text(text.to_owned());
    converted.node.attributes = BTreeMap::from([
        ("mode".to_owned(), text(mode)),
        ("coordinate_transformation_mode".to_owned(), text("asymmetric")),
        ("nearest_mode".to_owned(), text("floor")),
    ]);
    converted.node.op = "Resize";
    let mut inputs = converted.node.inputs.iter().cloned();
    converted.node.inputs = vec![inputs.next().flatten(), None, inputs.next().flatten()];
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(op: &'static str, inputs: &[&str], attributes: &[(&str, Attribute)]) -> FileNode {
        FileNode {
            place: NodePlace { index: 0, name: "n".to_owned(), op: op.to_owned() },
            name: "n".to_owned(),
            op,
            inputs: inputs.iter().map(|name| Some((*name).to_owned())).collect(),
            outputs: vec!["y".to_owned()],
            modules: Vec::new(),
            attributes: attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        }
    }

    fn ops(nodes: &[FileNode]) -> Vec<&str> {
        nodes.iter().map(|node| node.op).collect()
    }

    #[test]
    fn axes_of_an_old_reduction_become_a_constant_input() {
        let old = node("ReduceMean", &["x"], &[("axes", Attribute::Ints(vec![2, 3]))]);
        let nodes = convert(old, 13, &Ranks::new()).expect("converts");
        assert_eq!(ops(&nodes), ["Constant", "ReduceMean"]);
        assert_eq!(nodes[1].inputs, [Some("x".to_owned()), Some("n:axes".to_owned())]);
        assert!(nodes[1].attributes.is_empty());
    }

    #[test]
    fn a_node_in_the_new_form_stays_as_it_is() {
        let new = node("ReduceMean", &["x", "axes"], &[]);
        assert_eq!(ops(&convert(new, 18, &Ranks::new()).expect("converts")), ["ReduceMean"]);
    }

    #[test]
    fn an_old_clip_without_a_lower_limit_leaves_that_input_empty() {
        let old = node("Clip", &["x"], &[("max", Attribute::Float(6.0))]);
        let nodes = convert(old, 9, &Ranks::new()).expect("converts");
        assert_eq!(nodes[1].inputs, [Some("x".to_owned()), None, Some("n:max".to_owned())]);
    }

    #[test]
    fn an_old_softmax_along_the_last_axis_needs_no_flattening() {
        let old = || node("Softmax", &["x"], &[("axis", Attribute::Int(3))]);
        let ranks = Ranks::from([("x".to_owned(), 4)]);
        assert_eq!(ops(&convert(old(), 11, &ranks).expect("converts")), ["Softmax"]);
        let flattened = convert(old(), 11, &Ranks::new()).expect("converts");
        assert_eq!(ops(&flattened), ["Shape", "Flatten", "Softmax", "Reshape"]);
        assert_eq!(flattened[3].outputs, ["y"]);
    }

    #[test]
    fn upsample_becomes_resize_with_its_own_coordinates() {
        let old = node("Upsample", &["x"], &[("scales", Attribute::Floats(vec![1.0, 1.0, 2.0, 2.0]))]);
        let nodes = convert(old, 7, &Ranks::new()).expect("converts");
        assert_eq!(ops(&nodes), ["Constant", "Resize"]);
        assert_eq!(nodes[1].inputs, [Some("x".to_owned()), None, Some("n:scales".to_owned())]);
        let coordinates = nodes[1].attributes.get("coordinate_transformation_mode");
        assert_eq!(coordinates, Some(&Attribute::Text("asymmetric".to_owned())));
    }

    #[test]
    fn normalization_by_position_is_refused_by_name() {
        let old = node("BatchNormalization", &["x"], &[("spatial", Attribute::Int(0))]);
        let words = convert(old, 7, &Ranks::new()).expect_err("refused").to_string();
        assert_eq!(words, "BatchNormalization has attribute spatial 0; homolog has 1 (statistics for each channel)");
    }
}
