//! Stages named as PyTorch names its modules, from what PyTorch's exporters say about each node.
//!
//! The older exporter writes the modules that a call went through into a node's name: the convolution of
//! `features.3.squeeze` is `/features/features.3/squeeze/Conv`. The newer one (`dynamo=True`) writes them into the node's
//! metadata. A module's output is the value that leaves its nodes; where more than one value leaves, the module gets no
//! name here.

use std::collections::{BTreeMap, BTreeSet};

use super::proto::NodeProto;
use crate::network::graph::{Node, StageName};

/// The key under which the newer exporter keeps the modules: the text of a Python list, from the network itself (an
/// empty name) to the call.
const MODULES_KEY: &str = "pkg.torch.onnx.name_scopes";

/// The modules that a node stands in, outermost first, by the names that PyTorch gives them; empty where the file does
/// not say.
pub(crate) fn modules_of(node: &NodeProto) -> Vec<String> {
    match node.metadata_props.iter().find(|entry| entry.key == MODULES_KEY) {
        Some(entry) => modules_in_list(&entry.value),
        None => modules_in_name(&node.name),
    }
}

/// The modules whose output can be told, in the order in which their values are written, inner modules first.
/// `modules` holds those of each node.
pub(crate) fn module_stages(nodes: &[Node], modules: &[Vec<String>], outputs: &[String]) -> Vec<StageName> {
    let mut leaving: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let readers = readers_by_value(nodes);
    let is_output: BTreeSet<&str> = outputs.iter().map(String::as_str).collect();
    let mut order: Vec<(&str, &str)> = Vec::new();
    for (node, path) in nodes.iter().zip(modules).filter(|(node, _)| node.op.kind() != "Constant") {
        for value in node.outputs.iter().filter(|value| !value.is_empty()) {
            let read_by = readers.get(value.as_str()).map_or(&[][..], Vec::as_slice);
            // A convolution with folded weights gives what the normalization after it gave, so its module gets no name.
            for module in path.iter().rev().skip(usize::from(has_folded_weights(node))) {
                let is_inside = |reader: &usize| modules.get(*reader).is_some_and(|path| path.contains(module));
                if is_output.contains(value.as_str()) || !read_by.iter().all(is_inside) {
                    leaving.entry(module).or_default().push(value);
                    order.push((module, value));
                }
            }
        }
    }
    let is_alone = |module: &str| leaving.get(module).is_some_and(|values| values.len() == 1);
    order
        .into_iter()
        .filter(|(module, _)| is_alone(module))
        .map(|(module, value)| StageName { name: module.to_owned(), value: value.to_owned() })
        .collect()
}

/// Whether the older exporter folded the batch normalization after a convolution into its weights: it then names them
/// after itself, not after the module's parameters. (The newer one files such a convolution under the normalization.)
fn has_folded_weights(node: &Node) -> bool {
    let weights = node.inputs.get(1).and_then(Option::as_ref);
    node.op.kind() == "Conv" && weights.is_some_and(|name| name.starts_with("onnx::"))
}

fn readers_by_value(nodes: &[Node]) -> BTreeMap<&str, Vec<usize>> {
    let mut readers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, node) in nodes.iter().enumerate() {
        for value in node.inputs.iter().flatten() {
            readers.entry(value).or_default().push(position);
        }
    }
    readers
}

/// The modules in a list such as `['', 'features', 'features.0', 'conv2d']`, without the network and the call.
fn modules_in_list(list: &str) -> Vec<String> {
    let names: Vec<&str> = list.split('\'').skip(1).step_by(2).collect();
    let modules = names.get(1..names.len().saturating_sub(1)).unwrap_or_default();
    modules.iter().map(|module| (*module).to_owned()).collect()
}

/// The modules in a node's name.
///
/// A part of the name that repeats the part before it and adds an index is a child of a `Sequential`:
/// `/features/features.3/squeeze/Conv` stands in `features`, `features.3` and `features.3.squeeze`.
fn modules_in_name(node_name: &str) -> Vec<String> {
    let Some((scopes, _)) = node_name.strip_prefix('/').and_then(|name| name.rsplit_once('/')) else {
        return Vec::new();
    };
    let mut modules: Vec<String> = Vec::new();
    let mut previous = "";
    for scope in scopes.split('/') {
        let indices =
            scope.strip_prefix(previous).filter(|_| !previous.is_empty()).and_then(|rest| rest.strip_prefix('.'));
        let module = match (modules.last(), indices) {
            (None, _) => scope.to_owned(),
            (Some(outer), Some(indices)) => format!("{outer}.{indices}"),
            (Some(outer), None) => format!("{outer}.{scope}"),
        };
        modules.push(module);
        previous = scope;
    }
    modules
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::network::op::activation::Activation;
    use crate::network::op::convolution::Conv;

    fn node(name: &str, inputs: &[&str], output: &str) -> Node {
        Node {
            name: name.to_owned(),
            op: Arc::new(Activation::Relu),
            inputs: inputs.iter().map(|input| Some((*input).to_owned())).collect(),
            outputs: vec![output.to_owned()],
        }
    }

    fn modules(nodes: &[Node]) -> Vec<Vec<String>> {
        nodes.iter().map(|node| modules_in_name(&node.name)).collect()
    }

    #[test]
    fn the_newer_exporters_list_is_read_without_the_network_and_the_call() {
        let list = "['', 'features', 'features.3', 'features.3.squeeze', 'conv2d_1']";
        assert_eq!(modules_in_list(list), ["features", "features.3", "features.3.squeeze"]);
        assert!(modules_in_list("['', 'flatten']").is_empty());
        assert!(modules_in_list("").is_empty());
    }

    #[test]
    fn scopes_of_sequentials_are_joined_as_pytorch_joins_them() {
        let cases = [
            ("/features/features.3/squeeze/Conv", vec!["features", "features.3", "features.3.squeeze"]),
            (
                "/features/features.1/features.1.0/block/block.0/block.0.0/Conv",
                vec![
                    "features",
                    "features.1",
                    "features.1.0",
                    "features.1.0.block",
                    "features.1.0.block.0",
                    "features.1.0.block.0.0",
                ],
            ),
            ("/layer1/layer1.0/relu_1/Relu", vec!["layer1", "layer1.0", "layer1.0.relu_1"]),
            ("/Flatten", vec![]),
            ("Conv_0", vec![]),
        ];
        for (name, expected) in cases {
            assert_eq!(modules_in_name(name), expected, "{name}");
        }
    }

    #[test]
    fn a_module_is_named_by_the_one_value_that_leaves_it() {
        let nodes = [
            node("/features/features.0/squeeze/Conv", &["x"], "a"),
            node("/features/features.0/expand/Conv", &["a"], "b"),
            node("/features/features.0/Concat", &["a", "b"], "c"),
            node("/Flatten", &["c"], "y"),
        ];
        let stages: Vec<(String, String)> = module_stages(&nodes, &modules(&nodes), &["y".to_owned()])
            .into_iter()
            .map(|stage| (stage.name, stage.value))
            .collect();
        let expected =
            [("features.0.squeeze", "a"), ("features.0.expand", "b"), ("features.0", "c"), ("features", "c")];
        assert_eq!(stages, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_convolution_with_a_folded_normalization_does_not_name_its_module() {
        let mut conv = node("/block/block.0/Conv", &["x", "onnx::Conv_12"], "a");
        conv.op = Arc::new(Conv::square(1, 0));
        let mut nodes = [conv, node("/Relu", &["a"], "y")];
        let names = |nodes: &[Node]| -> Vec<String> {
            let stages = module_stages(nodes, &modules(nodes), &["y".to_owned()]);
            stages.into_iter().map(|stage| stage.name).collect()
        };
        assert_eq!(names(&nodes), ["block"]);
        nodes[0].inputs[1] = Some("block.0.weight".to_owned());
        assert_eq!(names(&nodes), ["block.0", "block"]);
    }

    #[test]
    fn a_module_with_two_outputs_gets_no_name() {
        let nodes = [node("/two/A", &["x"], "a"), node("/two/B", &["x"], "b"), node("/Add", &["a", "b"], "y")];
        assert!(module_stages(&nodes, &modules(&nodes), &["y".to_owned()]).is_empty());
    }
}
