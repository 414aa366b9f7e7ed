//! Recordings and manifests that cannot be used are named, with the next step; what an option leaves out is noted.

use std::fs;
use std::path::Path;

use ndarray::{Array3, s};
use serde_json::Value;

use crate::input::{MANIFEST, benchmark, responses};
use crate::program::{MODEL, Ran, homolog};

const SCORE: [&str; 9] = ["score", MODEL, "-b", ".", "--engine", "burn", "--layers", "linear", "--json"];

fn score(folder: &Path, more: &[&str]) -> Ran {
    homolog(folder, &[&SCORE[..], more].concat())
}

/// The notes of the one benchmark of a report.
fn notes(report: &Value) -> String {
    report["benchmarks"][0]["notes"].to_string()
}

#[test]
fn a_stimulus_without_a_recording_and_the_reverse_are_listed_and_can_be_left_out() {
    for (n_images, n_recorded) in [(21, 20), (20, 21)] {
        let folder = tempfile::tempdir().unwrap();
        benchmark(folder.path(), n_images, &responses(3, n_recorded, 4));
        score(folder.path(), &[]).refused(2, &["only in the", "\"image0021\"", "--stimuli shared"]);
        let report = score(folder.path(), &["--stimuli", "shared"]).done().json();
        assert_eq!(report["benchmarks"][0]["n_stimuli"], 20);
        let note = format!("on the 20 stimuli in common: {n_images} were shown and {n_recorded} recorded");
        assert!(notes(&report).contains(&note), "{report}");
    }
}

#[test]
fn nan_in_one_unit_is_refused_and_dropped_only_by_a_policy_that_the_report_notes() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorded = responses(3, 20, 4);
    recorded.slice_mut(s![1, 6, ..]).fill(f64::NAN);
    benchmark(folder.path(), 20, &recorded);
    let words = ["1 of 60 values are missing (NaN)", "stimulus \"image0007\"", "--on-nan drop-unit"];
    score(folder.path(), &[]).refused(2, &words);

    let report = score(folder.path(), &["--on-nan", "drop-unit"]).done().json();
    assert_eq!(report["benchmarks"][0]["n_units"], 2);
    assert!(notes(&report).contains("dropped for missing responses: units"), "{report}");

    let report = score(folder.path(), &["--on-nan", "drop-presentation"]).done().json();
    assert_eq!(report["benchmarks"][0]["n_units"], 3);
    assert!(notes(&report).contains("dropped for missing responses: stimuli \\\"image0007\\\""), "{report}");
}

#[test]
fn a_constant_unit_is_refused_and_dropped_only_by_a_policy_that_the_report_notes() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorded = responses(3, 20, 4);
    recorded.slice_mut(s![2, .., ..]).fill(5.0);
    benchmark(folder.path(), 20, &recorded);
    let words = ["of mine-V4 is constant over the 20 stimuli", "--on-nan drop-unit"];
    score(folder.path(), &[]).refused(2, &words);
    let report = score(folder.path(), &["--on-nan", "drop-unit"]).done().json();
    assert_eq!(report["benchmarks"][0]["n_units"], 2);
    assert!(notes(&report).contains("dropped because they never change: units"), "{report}");
}

#[test]
fn one_repetition_where_the_ceiling_needs_two_says_so() {
    let folder = tempfile::tempdir().unwrap();
    benchmark(folder.path(), 20, &responses(3, 20, 1));
    score(folder.path(), &[]).refused(
        2,
        &[
            "cannot compute the ceiling of mine-V4",
            "1 repetition of each stimulus",
            "split halves need 2",
            "kind = \"none\"",
        ],
    );
}

#[test]
fn an_unknown_benchmark_lists_the_nearest_three() {
    let folder = tempfile::tempdir().unwrap();
    let ran = homolog(folder.path(), &["score", MODEL, "-b", "kriegeskorte2008-IT", "--engine", "burn"]);
    let words =
        ["there is no benchmark \"kriegeskorte2008-IT\"", "\"kriegeskorte2008-hIT\"", "\"kriegeskorte2008-mIT\""];
    ran.refused(2, &words);
    ran.refused(2, &["homolog data list"]);
}

/// A benchmark whose manifest was changed.
fn changed(from: &str, to: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    benchmark(folder.path(), 1, &Array3::zeros((1, 1, 1)));
    let manifest = MANIFEST.replace(from, to);
    assert_ne!(manifest, MANIFEST, "the test changes nothing");
    fs::write(folder.path().join("benchmark.toml"), manifest).unwrap();
    score(folder.path(), &[])
}

#[test]
fn a_protocol_that_is_not_computed_is_refused_rather_than_passed_over() {
    let encoding = "kind = \"encoding\"\n";
    let with = |line: &str| format!("{encoding}{line}\n");
    changed(encoding, &with("over_units = \"mean\""))
        .refused(2, &["metric.over_units is \"mean\"", "\"median\", which is what homolog computes"]);
    changed(encoding, &with("over_splits = \"median\""))
        .refused(2, &["metric.over_splits is \"median\"", "\"mean\", which is what homolog computes"]);
    changed("formula =", "over = \"session\"\nformula =")
        .refused(2, &["ceiling.over is \"session\"", "\"repetition\", which is what homolog halves"]);
    let metric = &MANIFEST[MANIFEST.find("[metric]").unwrap()..];
    let decisions = "[metric]\nkind = \"behaviour-16class\"\nmeasures = [\"accuracy\"]\nover_classes = \"median\"\n\n[ceiling]\n\
                     kind = \"none\"\nreason = \"none\"\n";
    changed(metric, decisions).refused(2, &["metric.over_classes is \"median\"", "\"mean\""]);
}

#[test]
fn a_key_that_does_not_exist_is_refused_with_the_nearest() {
    changed("train_size", "train_szie").refused(2, &["\"train_szie\"", "\"train_size\"", "docs/benchmarks.md"]);
}
