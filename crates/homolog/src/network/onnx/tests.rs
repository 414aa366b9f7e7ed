//! Reading and writing whole files, good and bad.

use proptest::prelude::*;
use prost::Message;
use prost::bytes::Bytes;

use super::proto::*;
use super::*;
use crate::network::graph::{Dim, Graph};
use crate::network::op::Attribute;
use crate::network::tensor::{DType, HostTensor};

fn dim(size: Option<i64>) -> DimensionProto {
    DimensionProto { dim_value: size, dim_param: None }
}

fn value(name: &str, dims: &[Option<i64>]) -> ValueInfoProto {
    let shape = Some(TensorShapeProto { dim: dims.iter().copied().map(dim).collect() });
    let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
    ValueInfoProto { name: name.to_owned(), r#type: Some(TypeProto { tensor_type }) }
}

fn node(name: &str, op: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto {
        name: name.to_owned(),
        op_type: op.to_owned(),
        input: inputs.iter().map(|input| (*input).to_owned()).collect(),
        output: outputs.iter().map(|output| (*output).to_owned()).collect(),
        ..NodeProto::default()
    }
}

fn integer(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.to_owned(), kind: attribute_kind::INT, i: Some(i), ..AttributeProto::default() }
}

fn tensor(name: &str, dims: &[i64], numbers: &[f32]) -> TensorProto {
    TensorProto {
        name: name.to_owned(),
        data_type: 1,
        dims: dims.to_vec(),
        float_data: numbers.to_vec(),
        ..TensorProto::default()
    }
}

/// x (batch, 2) -> fc: Gemm with w and b -> /head/Relu -> unnamed Softmax -> y
fn small_model() -> ModelProto {
    let mut gemm = node("fc", "Gemm", &["x", "w", "b"], &["h"]);
    gemm.attribute.push(integer("transB", 1));
    let graph = GraphProto {
        name: "small".to_owned(),
        node: vec![gemm, node("/head/Relu", "Relu", &["h"], &["r"]), node("", "Softmax", &["r"], &["y"])],
        initializer: vec![tensor("w", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), tensor("b", &[3], &[0.5, -0.5, 0.0])],
        // Older files list the parameters among the inputs.
        input: vec![value("x", &[None, Some(2)]), value("w", &[Some(3), Some(2)])],
        output: vec![value("y", &[None, Some(3)])],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: 8,
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 17 }],
        graph: Some(graph),
        ..ModelProto::default()
    }
}

/// The small model after `change`, read from its bytes as "small.onnx".
fn read_changed(change: impl FnOnce(&mut ModelProto)) -> Result<Graph, OnnxError> {
    let mut model = small_model();
    change(&mut model);
    read_bytes("small.onnx", model.encode_to_vec())
}

fn graph_of(model: &mut ModelProto) -> &mut GraphProto {
    model.graph.get_or_insert_default()
}

/// The error's words with those of its causes, as the program prints them.
fn words(result: Result<Graph, OnnxError>) -> String {
    let error = result.expect_err("the file is bad");
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(source) = cause {
        text.push_str(&format!(": {source}"));
        cause = source.source();
    }
    text
}

#[test]
fn a_small_network_is_read_with_the_exporters_names() {
    let graph = read_changed(|_| ()).expect("reads");
    assert_eq!(graph.name, "small");
    let names: Vec<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["fc", "/head/Relu", "Softmax_2"]);
    assert_eq!(graph.inputs.len(), 1);
    assert_eq!(graph.inputs[0].dims, [Dim::Batch, Dim::Fixed(2)]);
    assert_eq!(graph.inputs[0].dtype, DType::F32);
    let weights = HostTensor::from_f32(&[3, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(graph.parameters["w"].as_ref(), &weights.expect("sizes fit"));
    assert_eq!(graph.outputs, ["y"]);
    assert_eq!(graph.stages.len(), 1);
    assert_eq!((graph.stages[0].name.as_str(), graph.stages[0].value.as_str()), ("head", "r"));
}

#[test]
fn nodes_with_one_name_are_told_apart() {
    let graph = read_changed(|model| {
        for node in &mut graph_of(model).node {
            node.name = "layer".to_owned();
        }
    })
    .expect("reads");
    let names: Vec<&str> = graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["layer", "layer_1", "layer_2"]);
}

#[test]
fn a_network_that_is_written_is_read_back() {
    let graph = read_changed(|_| ()).expect("reads");
    let again = read_bytes("again.onnx", write(&graph, &["h".to_owned(), "y".to_owned()])).expect("reads");
    assert_eq!(again.parameters, graph.parameters);
    assert_eq!(again.inputs, graph.inputs);
    assert_eq!(again.outputs, ["h", "y"]);
    for (written, node) in again.nodes.iter().zip(&graph.nodes) {
        assert_eq!(format!("{written:?}"), format!("{node:?}"));
    }
    assert_eq!(again.nodes.len(), graph.nodes.len());
}

#[test]
fn only_what_the_outputs_depend_on_is_written() {
    let graph = read_changed(|model| {
        graph_of(model).initializer.push(tensor("unused", &[1], &[0.0]));
    })
    .expect("reads");
    let again = read_bytes("again.onnx", write(&graph, &["h".to_owned()])).expect("reads");
    assert_eq!(again.nodes.len(), 1);
    assert_eq!(again.parameters.keys().collect::<Vec<_>>(), ["b", "w"]);
}

#[test]
fn an_unsupported_operator_is_named_with_its_node_and_the_nearest() {
    let words = words(read_changed(|model| graph_of(model).node[1].op_type = "Reluu".to_owned()));
    assert_eq!(
        words,
        "cannot load \"small.onnx\": node 1 (\"/head/Relu\", Reluu) uses Reluu, which homolog does not implement \
         (nearest that it has: \"Relu\", \"Celu\", \"Gelu\"). Export the network so that it is written with other \
         operators, for instance with another opset_version"
    );
}

#[test]
fn an_operator_of_another_family_is_named_with_its_domain() {
    let words = words(read_changed(|model| graph_of(model).node[1].domain = "com.microsoft".to_owned()));
    assert!(words.contains("uses com.microsoft::Relu, which homolog does not implement"), "{words}");
}

#[test]
fn a_bad_attribute_names_the_node_the_attribute_and_what_it_must_be() {
    let words = words(read_changed(|model| graph_of(model).node[0].attribute[0].i = Some(7)));
    assert!(words.starts_with("cannot load \"small.onnx\": node 0 (\"fc\", Gemm) cannot be read: "), "{words}");
    assert!(words.contains("Gemm has attribute transB 7; it must be 0 or 1"), "{words}");
}

#[test]
fn control_flow_is_refused_by_the_kind_of_its_attribute() {
    let words = words(read_changed(|model| graph_of(model).node[0].attribute[0].kind = 5));
    assert!(words.contains("has attribute \"transB\" that is a graph"), "{words}");
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = small_model().encode_to_vec();
    for n_bytes in 0..bytes.len() {
        let result = read_bytes("cut.onnx", bytes[..n_bytes].to_vec());
        let words = words(result);
        assert!(words.starts_with("cannot load \"cut.onnx\": "), "{words}");
        assert!(words.contains("cut off") || words.contains("hold no"), "{n_bytes}: {words}");
    }
}

#[test]
fn operator_sets_outside_7_to_21_are_refused_with_a_way_out() {
    for version in [6, 22] {
        let words = words(read_changed(|model| model.opset_import[0].version = version));
        assert!(words.contains(&format!("version (opset) {version}, and homolog reads 7 to 21")), "{words}");
    }
    for version in 7..=21 {
        assert!(read_changed(|model| model.opset_import[0].version = version).is_ok(), "{version}");
    }
}

#[test]
fn a_value_that_nothing_writes_is_named_with_its_reader() {
    let words = words(read_changed(|model| graph_of(model).node[1].input[0] = "ghost".to_owned()));
    assert!(words.contains("node 1 (\"/head/Relu\", Relu) reads \"ghost\", which nothing writes"), "{words}");
}

#[test]
fn a_cycle_is_named_with_both_nodes() {
    let words = words(read_changed(|model| graph_of(model).node[0].input[0] = "y".to_owned()));
    let expected = "node 0 (\"fc\", Gemm) reads \"y\", which only node 2 (unnamed, Softmax) writes";
    assert!(words.contains(expected), "{words}");
}

#[test]
fn a_value_written_twice_is_named_with_both_writers() {
    let words = words(read_changed(|model| graph_of(model).node[2].output[0] = "h".to_owned()));
    assert!(words.contains("writes \"h\", which exists already as the output of node 0 (\"fc\", Gemm)"), "{words}");
}

#[test]
fn an_output_that_nothing_writes_is_named() {
    let words = words(read_changed(|model| graph_of(model).output[0].name = "z".to_owned()));
    assert!(words.contains("its output \"z\" is written by no node"), "{words}");
}

#[test]
fn a_tensor_of_text_is_refused_by_name_and_type() {
    let words = words(read_changed(|model| graph_of(model).initializer[0].data_type = 8));
    assert!(words.contains("parameter \"w\" cannot be read: its elements are of type string"), "{words}");
}

#[test]
fn a_tensor_of_another_length_is_refused_by_name() {
    let words = words(read_changed(|model| graph_of(model).initializer[0].dims[0] = i64::MAX / 4));
    assert!(words.contains("parameter \"w\" cannot be read: its sizes"), "{words}");
}

#[test]
fn numbers_in_a_missing_file_are_named_with_its_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut model = small_model();
    let weights = &mut graph_of(&mut model).initializer[0];
    weights.float_data.clear();
    weights.data_location = DATA_LOCATION_EXTERNAL;
    weights.external_data = vec![StringStringEntryProto { key: "location".into(), value: "w.bin".into() }];
    let path = folder.path().join("small.onnx");
    std::fs::write(&path, model.encode_to_vec()).expect("written");
    let missing = words(read(&path));
    assert!(missing.contains("parameter \"w\"") && missing.contains("w.bin\", which cannot be read"), "{missing}");
    let from_memory = words(read_bytes("small.onnx", model.encode_to_vec()));
    assert!(from_memory.contains("the network was read from memory"), "{from_memory}");
    let numbers: Vec<u8> = [1.0f32, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    std::fs::write(folder.path().join("w.bin"), numbers).expect("written");
    let expected = HostTensor::from_f32(&[3, 2], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).expect("sizes fit");
    assert_eq!(read(&path).expect("reads").parameters["w"].as_ref(), &expected);
}

#[test]
fn a_missing_file_is_named() {
    let words = words(read(std::path::Path::new("no/such/file.onnx")));
    assert!(words.starts_with("cannot read the network \"no/such/file.onnx\""), "{words}");
}

#[test]
fn what_homolog_does_not_read_is_refused_by_name() {
    type Change = fn(&mut ModelProto);
    let cases: [(Change, &str); 3] = [
        (|model| model.training_info.push(Bytes::new()), "instructions for training"),
        (|model| graph_of(model).sparse_initializer.push(Bytes::new()), "sparse tensors"),
        (
            |model| model.functions.push(FunctionProto { name: "Relu".to_owned(), domain: String::new() }),
            "operators that are defined in the file itself",
        ),
    ];
    for (change, expected) in cases {
        let words = words(read_changed(change));
        assert!(words.contains(expected), "{words}");
    }
}

#[test]
fn an_input_of_unknown_rank_is_refused_by_name() {
    let words = words(read_changed(|model| {
        let tensor = graph_of(model).input[0].r#type.get_or_insert_default().tensor_type.get_or_insert_default();
        tensor.shape = None;
    }));
    assert!(words.contains("its input \"x\" is a tensor of unknown rank"), "{words}");
}

#[test]
fn axes_of_an_old_unsqueeze_are_read_as_a_constant() {
    let graph = read_changed(|model| {
        model.opset_import[0].version = 9;
        let node = &mut graph_of(model).node[1];
        node.op_type = "Unsqueeze".to_owned();
        let axes =
            AttributeProto { kind: attribute_kind::INTS, ints: vec![1], name: "axes".to_owned(), ..Default::default() };
        node.attribute.push(axes);
        graph_of(model).node[2].attribute.push(integer("axis", -1));
    })
    .expect("reads");
    let kinds: Vec<&str> = graph.nodes.iter().map(|node| node.op.kind()).collect();
    assert_eq!(kinds, ["Gemm", "Constant", "Unsqueeze", "Softmax"]);
    let value = graph.nodes[1].op.attributes().pop().map(|(_, value)| value);
    let Some(Attribute::Tensor(axes)) = value else { panic!("{value:?}") };
    assert_eq!(axes.integers(), Some(vec![1]));
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        // The empty protobuf message and some short ones are valid, but none of them is a network.
        prop_assert!(read_bytes("noise.onnx", bytes).is_err());
    }

    #[test]
    fn a_damaged_file_is_read_or_refused_without_a_panic(
        damages in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = small_model().encode_to_vec();
        for (place, byte) in damages {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(graph) = read_bytes("damaged.onnx", bytes) {
            let outputs = graph.outputs.clone();
            prop_assert!(!write(&graph, &outputs).is_empty());
        }
    }
}
