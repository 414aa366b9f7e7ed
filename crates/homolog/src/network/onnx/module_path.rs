//! Stages named as PyTorch names its modules, from the names that PyTorch's exporter gives to nodes.
//!
//! The exporter writes the modules that a call went through into a node's name: the convolution of `features.3.squeeze`
//! is `/features/features.3/squeeze/Conv`. A module's output is the value that leaves its nodes; where more than one
//! value leaves, the module gets no name here.

use std::collections::{BTreeMap, BTreeSet};

use crate::network::graph::{Node, StageName};

/// The modules whose output can be told, in the order in which their values are written, inner modules first.
pub(crate) fn module_stages(nodes: &[Node], outputs: &[String]) -> Vec<StageName> {
    let modules: Vec<Vec<String>> = nodes.iter().map(|node| modules_of(&node.name)).collect();
    let mut leaving: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let readers = readers_by_value(nodes);
    let is_output: BTreeSet<&str> = outputs.iter().map(String::as_str).collect();
    let mut order: Vec<(&str, &str)> = Vec::new();
    for (node, path) in nodes
        .iter()
        .zip(&modules)
        .filter(|(node, _)| node.op.kind() != "Constant")
    {
        for value in node.outputs.iter().filter(|value| !value.is_empty()) {
            let read_by = readers.get(value.as_str()).map_or(&[][..], Vec::as_slice);
            for module in path.iter().rev() {
                let leaves = is_output.contains(value.as_str())
                    || read_by.iter().any(|reader| {
                        !modules
                            .get(*reader)
                            .is_some_and(|path| path.contains(module))
                    });
                if leaves {
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
        .map(|(module, value)| StageName {
            name: module.to_owned(),
            value: value.to_owned(),
        })
        .collect()
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

/// The modules that a node stands in, outermost first, by the names that PyTorch gives them.
///
/// A part of the node's name that repeats the part before it and adds an index is a child of a `Sequential`:
/// `/features/features.3/squeeze/Conv` stands in `features`, `features.3` and `features.3.squeeze`.
fn modules_of(node_name: &str) -> Vec<String> {
    let Some((scopes, _)) = node_name
        .strip_prefix('/')
        .and_then(|name| name.rsplit_once('/'))
    else {
        return Vec::new();
    };
    let mut modules: Vec<String> = Vec::new();
    let mut previous = "";
    for scope in scopes.split('/') {
        let indices = scope
            .strip_prefix(previous)
            .filter(|_| !previous.is_empty())
            .and_then(|rest| rest.strip_prefix('.'));
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

    fn node(name: &str, inputs: &[&str], output: &str) -> Node {
        Node {
            name: name.to_owned(),
            op: Arc::new(Activation::Relu),
            inputs: inputs
                .iter()
                .map(|input| Some((*input).to_owned()))
                .collect(),
            outputs: vec![output.to_owned()],
        }
    }

    #[test]
    fn scopes_of_sequentials_are_joined_as_pytorch_joins_them() {
        let cases = [
            (
                "/features/features.3/squeeze/Conv",
                vec!["features", "features.3", "features.3.squeeze"],
            ),
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
            (
                "/layer1/layer1.0/relu_1/Relu",
                vec!["layer1", "layer1.0", "layer1.0.relu_1"],
            ),
            ("/Flatten", vec![]),
            ("Conv_0", vec![]),
        ];
        for (name, expected) in cases {
            assert_eq!(modules_of(name), expected, "{name}");
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
        let stages: Vec<(String, String)> = module_stages(&nodes, &["y".to_owned()])
            .into_iter()
            .map(|stage| (stage.name, stage.value))
            .collect();
        let expected = [
            ("features.0.squeeze", "a"),
            ("features.0.expand", "b"),
            ("features.0", "c"),
            ("features", "c"),
        ];
        assert_eq!(
            stages,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
    }

    #[test]
    fn a_module_with_two_outputs_gets_no_name() {
        let nodes = [
            node("/two/A", &["x"], "a"),
            node("/two/B", &["x"], "b"),
            node("/Add", &["a", "b"], "y"),
        ];
        assert!(module_stages(&nodes, &["y".to_owned()]).is_empty());
    }
}
