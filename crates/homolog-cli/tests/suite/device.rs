//! `--device`: where networks run.

use std::fs;

use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, assert_same_files, homolog};

#[test]
fn an_unknown_device_lists_the_nearest() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cuda", "gpu1", "gpu:first"] {
        let ran = homolog(folder.path(), &["look", MODEL, "--objective", "linear", "--out", "out", "--device", name]);
        ran.refused(2, &[&format!("there is no device \"{name}\""), "\"gpu\"", "gpu:1"]);
    }
}

#[test]
fn onnx_runtime_is_not_taken_to_a_gpu() {
    let folder = tempfile::tempdir().unwrap();
    let record = ["record", MODEL, "images", "--out", "out", "--engine", "onnxruntime", "--device", "gpu:1"];
    homolog(folder.path(), &record).refused(2, &["--device gpu:1", "--engine burn", "--device cpu"]);
}

#[test]
fn the_processor_is_the_default_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 3);
    let run = |out: &str, device: &[&str]| {
        let record = ["record", MODEL, "images", "--layers", "layer1.0,linear", "--engine", "burn", "--out", out];
        homolog(folder.path(), &[&record[..], device].concat()).done();
        let look = format!("{out}-look");
        let looked = ["look", MODEL, "--objective", "layer1.0:1", "--steps", "3", "--out", &look];
        homolog(folder.path(), &[&looked[..], device].concat()).done();
        fs::read(folder.path().join(look).join("layer1.0_1.png")).unwrap()
    };
    let (default, named) = (run("default", &[]), run("named", &["--device", "cpu"]));
    assert_eq!(default, named);
    assert_same_files(&folder.path().join("named"), &folder.path().join("default"), "--device cpu");
    let report: Value = serde_json::from_slice(&fs::read(folder.path().join("named-look/look.json")).unwrap()).unwrap();
    assert_eq!(report["device"], "cpu");
    assert!(report["engine"].as_str().unwrap().ends_with(" flex"), "{}", report["engine"]);
}

/// Every command that runs a network, with what it cannot do without.
#[cfg(not(feature = "wgpu"))]
const COMMANDS: [&[&str]; 12] = [
    &["record", MODEL, "images"],
    &["score", MODEL, "--benchmark", "henaff2021-V1"],
    &["demo"],
    &["look", MODEL, "--objective", "linear"],
    &["attribute", MODEL, "images"],
    &["probe", MODEL, "--layers", "linear"],
    &["dissect", MODEL, "--layers", "layer1.0"],
    &["circuit", MODEL, "--unit", "layer1.0:1"],
    &["atlas", MODEL, "--stage", "layer1.0", "--images", "images"],
    &["synthesize", "adversarial", MODEL, "--images", "images"],
    &["synthesize", "metamer", MODEL, "--layers", "layer1.0", "--image", "images/image0001.png"],
    &["synthesize", "controversial", MODEL, "random:resnet20_cifar10?seed=2", "--classes", "1,2"],
];

#[cfg(not(feature = "wgpu"))]
#[test]
fn a_program_for_the_processor_alone_says_how_to_build_one_for_gpus() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    for command in COMMANDS {
        let ran = homolog(folder.path(), &[command, &["--out", "out", "--device", "gpu"]].concat());
        ran.refused(3, &["cannot run on \"gpu\"", "--features homolog-cli/wgpu", "--device cpu"]);
        assert!(!folder.path().join("out").exists(), "{command:?} left something");
    }
}

#[cfg(feature = "wgpu")]
#[test]
fn a_look_on_a_gpu_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let look =
        ["look", MODEL, "--objective", "layer1.0:1", "--steps", "3", "--out", "out", "--device", "gpu", "--json"];
    let report = homolog(folder.path(), &look).done().json();
    let gpu = report["device"].as_str().unwrap();
    assert_ne!(gpu, "cpu");
    assert_eq!(report["engine"], format!("burn 0.22.1 wgpu ({gpu})"));
    homolog(folder.path(), &["look", MODEL, "--objective", "linear", "--out", "out", "--device", "gpu:99"])
        .refused(3, &["cannot run on \"gpu:99\"", "counted from gpu:0"]);
}
