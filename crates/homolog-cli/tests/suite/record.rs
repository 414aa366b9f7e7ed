//! `homolog record`: the same bytes each time, a plan that runs nothing, activations that can be read again.

use homolog::recording::format::zarr::Activations;
use serde_json::json;

use crate::input::images;
use crate::program::{MODEL, assert_same_files, homolog};

const RECORD: [&str; 7] = ["record", MODEL, "images", "--engine", "burn", "--layers", "layer1.0,linear"];

#[test]
fn recording_twice_gives_the_same_bytes_whatever_the_threads() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 20);
    for (out, threads) in [("once", "1"), ("twice", "2")] {
        homolog(folder.path(), &[&RECORD[..], &["--out", out, "--threads", threads]].concat()).done();
    }
    assert_same_files(&folder.path().join("twice"), &folder.path().join("once"), "the second recording");
    homolog(folder.path(), &[&RECORD[..], &["--out", "once"]].concat()).done();
    assert_same_files(&folder.path().join("once"), &folder.path().join("twice"), "a recording that was complete");
}

#[test]
fn what_is_recorded_has_a_row_for_each_stimulus_id() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 20);
    let done = homolog(folder.path(), &[&RECORD[..], &["--out", "out", "--json"]].concat()).done().json();
    assert_eq!(done["schema"], "homolog.record/1");
    assert_eq!(done["stages"], json!(["layer1.0", "linear"]));
    let activations = Activations::open(&folder.path().join("out/activations.zarr")).unwrap();
    assert_eq!(activations.stimulus_ids()[0], "image0001");
    assert_eq!(activations.stimulus_ids().len(), 20);
    let linear = activations.stage("linear").unwrap().read_rows(0..20).unwrap();
    assert_eq!(linear.dim(), (20, 10));
    assert!(linear.iter().all(|value| value.is_finite()) && linear.row(0) != linear.row(1));
}

#[test]
fn a_plan_says_bytes_and_time_for_each_stage_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 40);
    let plan = homolog(folder.path(), &[&RECORD[..], &["--out", "out", "--plan", "--json"]].concat()).done().json();
    assert!(!folder.path().join("out").exists(), "a plan records nothing");
    assert_eq!(plan["schema"], "homolog.record-plan/1");
    assert_eq!((&plan["n_stimuli"], &plan["batch_size"]), (&json!(40), &json!(16)));
    let stages = plan["stages"].as_array().unwrap();
    let found: Vec<_> = stages.iter().map(|stage| (&stage["name"], &stage["n_units"], &stage["bytes"])).collect();
    // 16 × 32 × 32 and 10 units, of 4 bytes, for 40 stimuli.
    let expected = [(json!("layer1.0"), json!(16_384), json!(2_621_440)), (json!("linear"), json!(10), json!(1_600))];
    assert_eq!(found, expected.iter().map(|(name, units, bytes)| (name, units, bytes)).collect::<Vec<_>>());
    assert_eq!(plan["bytes"], 2_623_040);
    let seconds: f64 = stages.iter().map(|stage| stage["seconds"].as_f64().unwrap()).sum();
    assert!(seconds > 0.0 && (seconds / plan["seconds"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{plan}");

    let told = homolog(folder.path(), &[&RECORD[..], &["--plan"]].concat()).done().stdout;
    for words in ["layer1.0", "16×32×32", "2.5 MiB", "seconds", "40 stimuli, 16 at a time", "resident"] {
        assert!(told.contains(words), "no {words:?} in: {told}");
    }
}

#[test]
fn a_run_with_more_memory_than_before_keeps_to_the_batches_of_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 40);
    let plan = |memory: &str| {
        let asked = [&RECORD[..], &["--plan", "--json", "--memory", memory]].concat();
        homolog(folder.path(), &asked).done().json()["batch_size"].as_u64().unwrap()
    };
    let small = (66..120).map(|mib| format!("{mib}MiB")).find(|memory| {
        let asked = [&RECORD[..], &["--plan", "--memory", memory]].concat();
        homolog(folder.path(), &asked).code == Some(0)
    });
    let small = small.unwrap();
    assert!(plan(&small) < 16, "{small} is no small budget");
    homolog(folder.path(), &[&RECORD[..], &["--out", "out", "--memory", &small]].concat()).done();
    homolog(folder.path(), &[&RECORD[..], &["--out", "out"]].concat()).done();
}
