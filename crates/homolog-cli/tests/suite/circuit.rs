//! `homolog circuit`: its files, that it repeats itself, and what it refuses.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, Ran, homolog};

fn circuit(folder: &Path, arguments: &[&str]) -> Ran {
    homolog(folder, &[&["circuit", MODEL, "--out", "out", "--engine", "burn"], arguments].concat())
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("out/circuit.json")).unwrap()).unwrap()
}

#[test]
fn a_circuit_leaves_a_tree_as_picture_page_and_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        ["--unit", "layer1.2:5", "--depth", "2", "--breadth", "2", "--steps", "3", "--size", "24", "--seed", "3"];
    let ran = circuit(folder.path(), &arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("layer1.2:5") && ran.stdout.contains("layer1.1:"), "{}", ran.stdout);
    let out = folder.path().join("out");
    let report = report(folder.path());
    assert_eq!(report["schema"], "homolog.circuit/1");
    assert_eq!((&report["images"]["seed"], &report["images"]["size_px"][0]), (&3.into(), &24.into()));
    let tree = &report["results"][0]["tree"];
    assert_eq!(report["results"][0]["through"], serde_json::json!(["layer1.1", "layer1.0"]));
    let inputs = tree["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 2);
    let norm = |node: &Value| node["link"]["norm"].as_f64().unwrap();
    assert!(norm(&inputs[0]) >= norm(&inputs[1]) && norm(&inputs[1]) > 0.0);
    for input in inputs {
        // A residual block of two 3 × 3 convolutions: 5 × 5 weights, which add up to what is told.
        let kernel: Vec<Vec<f64>> = serde_json::from_value(input["link"]["kernel"].clone()).unwrap();
        assert_eq!((kernel.len(), kernel[0].len()), (5, 5));
        let sum: f64 = kernel.iter().flatten().sum();
        let told = input["link"]["excitation"].as_f64().unwrap() + input["link"]["inhibition"].as_f64().unwrap();
        assert!((sum - told).abs() < 1e-5, "{sum} {told}");
        assert_eq!(input["inputs"].as_array().unwrap().len(), 2);
        let image = image::open(out.join(input["image"].as_str().unwrap())).unwrap();
        assert_eq!((image.width(), image.height()), (24, 24));
    }
    assert!(fs::read_to_string(out.join("layer1.2_5.svg")).unwrap().contains("layer1.2:5</text>"));
    assert!(image::open(out.join("layer1.2_5.png")).unwrap().width() > 400);
    let page = fs::read_to_string(out.join("circuit.html")).unwrap();
    assert!(page.contains("layer1.2:5") && page.contains("homolog circuit"));
    // 16 channels and a header.
    assert_eq!(fs::read_to_string(out.join("layer1.2_5-weights.csv")).unwrap().lines().count(), 17);

    let first = fs::read(out.join("layer1.2_5.svg")).unwrap();
    fs::remove_dir_all(&out).unwrap();
    assert_eq!(circuit(folder.path(), &[&arguments[..], &["--threads", "1"]].concat()).code, Some(0));
    assert_eq!(fs::read(out.join("layer1.2_5.svg")).unwrap(), first);
}

#[test]
fn a_pair_alone_and_slopes_over_images_need_no_pictures_of_units() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 6);
    let pair = ["--unit", "layer1.2:5", "--from", "layer1.0:3", "--steps", "0", "--json"];
    let one = circuit(folder.path(), &pair).done().json();
    let link = |report: &Value| report["results"][0]["tree"]["inputs"][0].clone();
    assert_eq!(link(&one)["unit"], "layer1.0:3");
    // Two blocks of two 3 × 3 convolutions.
    assert_eq!(link(&one)["link"]["kernel"].as_array().unwrap().len(), 9);
    assert_eq!(one["images"], Value::Null);
    let active = circuit(folder.path(), &[&pair[..], &["--active", "images"]].concat()).done().json();
    assert!(active["slopes"].as_str().unwrap().contains("images"));
    assert_ne!(link(&active)["link"]["norm"], link(&one)["link"]["norm"]);
}

#[test]
fn inputs_can_be_the_most_exciting_or_the_most_inhibiting_ones() {
    let folder = tempfile::tempdir().unwrap();
    for (by, sign) in [("excitation", 1.0), ("inhibition", -1.0)] {
        let arguments =
            ["--unit", "layer1.2:5", "--depth", "1", "--breadth", "3", "--steps", "0", "--by", by, "--json"];
        let report = circuit(folder.path(), &arguments).done().json();
        assert_eq!(report["strongest_by"], by);
        let tree = &report["results"][0]["tree"];
        let told: Vec<f64> =
            tree["inputs"].as_array().unwrap().iter().map(|input| input["link"][by].as_f64().unwrap() * sign).collect();
        assert!(told.is_sorted_by(|a, b| a >= b) && told[2] > 0.0, "{by}: {told:?}");
        // No channel outside the tree is stronger.
        let table = fs::read_to_string(folder.path().join("out/layer1.2_5-weights.csv")).unwrap();
        let column = table.lines().next().unwrap().split(',').position(|name| name == by).unwrap();
        let all = table.lines().skip(1).map(|line| line.split(',').nth(column).unwrap().parse::<f64>().unwrap() * sign);
        assert_eq!(all.filter(|strength| *strength > told[2]).count(), 2);
    }
}

#[test]
fn a_perceptron_on_tokens_has_weights_and_attention_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let vit = ["circuit", "random:vit_b_16?seed=1", "--out", "out", "--engine", "burn", "--steps", "0", "--json"];
    let run = |unit: &str, from: &str| homolog(folder.path(), &[&vit[..], &["--unit", unit, "--from", from]].concat());
    let block = |number: usize, part: &str| format!("encoder.layers.encoder_layer_{number}{part}");
    let report = run(&format!("{}:7", block(0, ".mlp.3")), &format!("{}:5", block(0, ".mlp.0"))).done().json();
    let kernel = &report["results"][0]["tree"]["inputs"][0]["link"]["kernel"];
    assert!(kernel[0][0].as_f64().is_some_and(|weight| weight != 0.0), "{kernel}");
    assert_eq!((kernel.as_array().unwrap().len(), kernel[0].as_array().unwrap().len()), (1, 1));
    let refused = run(&format!("{}:7", block(1, "")), &format!("{}:5", block(0, "")));
    refused.refused(2, &["cannot expand weights", "no constant weights can stand for it", "same side of it"]);
}

#[test]
fn what_has_no_circuit_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--unit", "layer1.2"][..], &["cannot read the unit \"layer1.2\"", "features.10:12"][..]),
        (&["--unit", "layer1.9:0"], &["no layer \"layer1.9\"", "\"layer1.0\""]),
        (&["--unit", "layer1.2:99"], &["no channel 99", "has 16"]),
        (&["--unit", "layer1.2:1", "--from", "layer2.0:1"], &["does not depend on", "earlier stage"]),
        (&["--unit", "layer1.2:1", "--depth", "40"], &["cannot find 40 stages", "--depth"]),
        (&["--unit", "layer1.2:1", "--breadth", "0"], &["breadth of 0"]),
        (&["--unit", "layer1.2:1", "--size", "two"], &["--size \"two\""]),
        (&["--unit", "layer1.2:1", "--through", "nowhere"], &["no layer \"nowhere\""]),
        (&["--unit", "layer1.2:1", "--active", "none"], &["cannot read none"]),
    ] {
        circuit(folder.path(), arguments).refused(2, words);
    }
}
