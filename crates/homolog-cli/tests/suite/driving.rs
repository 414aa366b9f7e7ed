//! From recorded features to a fitted mapping, and from there to images that drive its neurons: `record`, `encode --save-mapping`,
//! `synthesize drive`, `attribute --readout`.

use std::fs;
use std::path::Path;

use homolog::recording::format::zarr::Activations;
use ndarray::{Array2, Axis, s};
use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, homolog};

/// The responses of `layer` to 24 images, recorded in `features`.
fn recorded(folder: &Path, layer: &str) -> Array2<f64> {
    images(&folder.join("images"), 24);
    homolog(folder, &["record", MODEL, "images", "--layers", layer, "--engine", "burn", "--out", "features"]).done();
    let stage = Activations::open(&folder.join("features/activations.zarr")).unwrap().stage(layer).unwrap();
    stage.read_rows(0..stage.n_stimuli()).unwrap().mapv(f64::from)
}

/// Two neurons that are weighted sums of units, with an intercept, as a table by image.
fn planted(folder: &Path, features: &Array2<f64>) {
    let weight = |(neuron, unit): (usize, usize)| ((neuron * 17 + unit * 7) % 13) as f64 / 6.0 - 1.0;
    let weights = Array2::from_shape_fn((2, features.ncols()), weight);
    let responses = features.dot(&weights.t()) + 4.0;
    let mut table = "stimulus_id,first,second\n".to_owned();
    for (number, row) in responses.rows().into_iter().enumerate() {
        table.push_str(&format!("image{:04},{},{}\n", number + 1, row[0], row[1]));
    }
    fs::write(folder.join("responses.csv"), table).unwrap();
}

/// What the saved rows of weights, intercept last, predict for features.
fn predicted(mapping: &Array2<f64>, features: &Array2<f64>) -> Array2<f64> {
    let n_units = features.ncols();
    features.dot(&mapping.slice(s![.., ..n_units]).t()) + mapping.index_axis(Axis(1), n_units)
}

#[test]
fn a_mapping_fitted_by_encode_drives_its_neurons_beyond_every_recorded_image() {
    let folder = tempfile::tempdir().unwrap();
    let features = recorded(folder.path(), "layer3.2");
    planted(folder.path(), &features);
    let encode = [
        "encode",
        "--features",
        "features:layer3.2",
        "--responses",
        "responses.csv",
        "--mapping",
        "ridge",
        "--penalties",
        "0.000000001",
        "--save-mapping",
        "mapping.npy",
        "--json",
    ];
    let report = homolog(folder.path(), &encode).done().json();
    let saved = &report["saved_mapping"];
    assert_eq!((&saved["n_units"], &saved["n_features"], &saved["n_stimuli"]), (&2.into(), &4096.into(), &24.into()));
    assert_eq!(saved["penalties"], serde_json::json!([1e-9, 1e-9]));
    let mapping: Array2<f64> = ndarray_npy::read_npy(folder.path().join("mapping.npy")).unwrap();
    assert_eq!(mapping.dim(), (2, 4097));
    // With hardly any penalty and without noise the fit goes through the responses.
    let fitted = predicted(&mapping, &features);
    let table = fs::read_to_string(folder.path().join("responses.csv")).unwrap();
    for (line, row) in table.lines().skip(1).zip(fitted.rows()) {
        let told: Vec<f64> = line.split(',').skip(1).map(|number| number.parse().unwrap()).collect();
        assert!((told[0] - row[0]).abs() < 1e-4 && (told[1] - row[1]).abs() < 1e-4, "{told:?} {row}");
    }

    let drive = |neuron: &str, out: &str| {
        let start = ["synthesize", "drive", MODEL, "--layer", "layer3.2", "--weights", "mapping.npy", "--steps", "120"];
        homolog(folder.path(), &[&start[..], &["--neurons", neuron, "--out", out]].concat()).done();
        let file = folder.path().join(out).join("drive.json");
        serde_json::from_slice::<Value>(&fs::read(file).unwrap()).unwrap()["results"][0].clone()
    };
    for neuron in [0, 1] {
        let driven = drive(&neuron.to_string(), &format!("driven{neuron}"));
        let reached = driven["predicted_responses"][neuron].as_f64().unwrap();
        let best = fitted.column(neuron).iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let first = driven["trajectory"][0].as_f64().unwrap();
        assert!(reached > best && reached > first, "neuron {neuron}: {reached}, images {best}, noise {first}");
    }

    // The same file makes the neuron a stage that can be attributed.
    let attribute = [
        "attribute",
        MODEL,
        "images/image0003.png",
        "--readout",
        "layer3.2=mapping.npy",
        "--objective",
        "readout:1",
        "--method",
        "integrated-gradients",
        "--engine",
        "burn",
        "--out",
        "attributed",
        "--json",
    ];
    let value = homolog(folder.path(), &attribute).done().json()["results"][0]["value"].as_f64().unwrap();
    assert!((value - fitted[[2, 1]]).abs() < 1e-3 * fitted[[2, 1]].abs().max(1.0), "{value}, not {}", fitted[[2, 1]]);
}

#[test]
fn a_mapping_that_is_no_weights_or_of_several_spaces_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let features = recorded(folder.path(), "linear");
    planted(folder.path(), &features);
    let encode = |more: &[&str]| {
        let arguments = ["encode", "--features", "features:linear", "--responses", "responses.csv"];
        homolog(folder.path(), &[&arguments[..], &["--save-mapping", "mapping.npy"], more].concat())
    };
    encode(&["--mapping", "one-to-one"]).refused(2, &["one-to-one", "not weighted sums", "Choose pls, ridge"]);
    let several = ["--features", "features:linear", "--mapping", "ols"];
    encode(&several).refused(2, &["2 feature spaces", "one --features"]);
    encode(&["--mapping", "ols", "--reversed"]).refused(2, &["--save-mapping", "--reversed"]);
    assert!(!folder.path().join("mapping.npy").exists());
}
