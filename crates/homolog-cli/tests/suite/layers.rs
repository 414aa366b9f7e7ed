//! `homolog layers`: what can be recorded from a network, as a table and as JSON.

use serde_json::json;

use crate::program::{MODEL, homolog};

#[test]
fn the_table_has_operator_output_parameters_and_receptive_field_of_each_stage() {
    let folder = tempfile::tempdir().unwrap();
    let told = homolog(folder.path(), &["layers", MODEL]).done().stdout;
    let row = |stage: &str| -> Vec<&str> {
        let line = told.lines().find(|line| line.split_whitespace().next() == Some(stage));
        line.unwrap_or_else(|| panic!("no row {stage} in: {told}")).split_whitespace().skip(1).collect()
    };
    assert!(told.starts_with("stage"), "{told}");
    // 3 × 16 × 3 × 3 weights; a 3 × 3 window.
    assert_eq!(row("conv1")[..5], ["Conv", "16×32×32", "432", "3", "1"]);
    // 64 × 10 weights and 10 biases; the whole image.
    let linear = row("linear");
    assert_eq!(linear[1..3], ["10", "650"], "{linear:?}");
}

#[test]
fn json_has_the_same_and_the_aliases() {
    let folder = tempfile::tempdir().unwrap();
    let object = homolog(folder.path(), &["layers", MODEL, "--layers", "conv1,linear", "--json"]).done().json();
    assert_eq!((&object["schema"], &object["model"]), (&json!("homolog.layers/1"), &json!(MODEL)));
    let stages = object["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 2);
    let conv = &stages[0];
    assert_eq!((&conv["name"], &conv["operator"]), (&json!("conv1"), &json!("Conv")));
    assert_eq!(
        (&conv["shape"], &conv["n_units"], &conv["n_parameters"]),
        (&json!([16, 32, 32]), &json!(16_384), &json!(432))
    );
    assert_eq!(conv["receptive_field"]["size_px"], json!([3, 3]));
    assert_eq!(conv["receptive_field"]["stride_px"], json!([1, 1]));
    assert_eq!((&conv["aliases"], &conv["value"]), (&json!([]), &json!("conv1")));
}
