//! The page as a whole: what must be on it, and what must never be.

use super::*;
use crate::score::result::{BenchmarkSummary, CeilingSummary, Failure, ModelSummary, Provenance, Score, ScoreReport};

fn provenance() -> Provenance {
    Provenance {
        program_version: "0.1.0".to_owned(),
        benchmark_version: 1,
        weights_sha256: Some("ab".repeat(32)),
        stimuli_sha256: "cd".repeat(32),
        recording_sha256: vec![("set/responses.npy".to_owned(), "ef".repeat(32))],
        preprocessing: "caffe".to_owned(),
        preprocessing_sha256: "01".repeat(32),
        recipe: serde_json::json!({ "kind": "encoding" }),
        seed: 7,
        engine: "burn".to_owned(),
    }
}

fn score(layer: &str, depth: usize, value: Option<f64>) -> Score {
    Score {
        model: "net<script>".to_owned(),
        layer: layer.to_owned(),
        depth,
        benchmark: "mine-V4".to_owned(),
        region: "V4".to_owned(),
        metric: "encoding-pls-25".to_owned(),
        value,
        error: Some(0.02),
        ceiling: Some(0.64),
        ceiled: value.map(|value| value * value / 0.64),
        interval: None,
        per_unit: vec![Some(0.25), None, Some(0.5)],
        per_split: vec![value],
        per_split_is: Some("split".to_owned()),
        provenance: provenance(),
    }
}

fn report() -> ScoreReport {
    let mut report = ScoreReport::new("homolog score net --benchmark mine-V4");
    report.models = vec![ModelSummary {
        name: "net<script>".to_owned(),
        architecture: "net".to_owned(),
        layers: ["conv1", "conv2", "fc"].map(str::to_owned).to_vec(),
    }];
    report.benchmarks = vec![BenchmarkSummary {
        name: "mine-V4".to_owned(),
        version: 1,
        title: "Mine".to_owned(),
        region: "V4".to_owned(),
        species: "macaque".to_owned(),
        simulated: false,
        metric: "encoding-pls-25".to_owned(),
        value_label: "Pearson correlation".to_owned(),
        ceiling: CeilingSummary {
            kind: "split-half-spearman-brown".to_owned(),
            value: Some(0.64),
            lower: None,
            upper: None,
            error: Some(0.01),
            formula: Some("brain-score-2026".to_owned()),
            reason: None,
        },
        n_stimuli: 3,
        n_units: Some(3),
        n_subjects: None,
        citation: "Me (2026). Mine".to_owned(),
        doi: Some("10.1000/mine".to_owned()),
        licence: "mine".to_owned(),
        notes: vec!["A note.".to_owned()],
    }];
    report.scores = vec![score("conv1", 0, Some(0.3)), score("conv2", 1, Some(0.4)), score("fc", 2, None)];
    report
}

fn figures() -> Figures {
    let pair = RdmPair::new("mine-V4", 3, &[1.0, 2.0, 3.0], ("net", "conv2", &[3.0, 2.0, 1.0])).expect("three pairs");
    Figures { rdms: vec![pair] }
}

/// The page without its script.
fn shown(html: &str) -> &str {
    html.split("<script>").next().unwrap_or_default()
}

#[test]
fn the_page_loads_nothing() {
    let html = page(&report(), &figures());
    for loading in ["src=", "<link", "@import", "url(", "fetch(", "http://"] {
        assert!(!html.contains(loading), "{loading}");
    }
    let addresses = html.matches("https://").count();
    assert_eq!(addresses, html.matches("<a href=\"https://doi.org/").count(), "only links that a reader may follow");
}

#[test]
fn a_name_cannot_become_a_part_of_the_page() {
    let html = page(&report(), &figures());
    assert!(!html.contains("net<script>") && html.contains("net&lt;script&gt;"));
    assert_eq!(html.matches("<script>").count(), 1, "our own");
}

#[test]
fn the_page_shows_what_the_issue_of_a_reader_is() {
    let html = page(&report(), &figures());
    for words in [
        "Best stage for each region",
        "<code>conv2</code>",
        "0.400",
        "0.250",
        "split-half-spearman-brown",
        "brain-score-2026",
        "noise ceiling",
        "2 units, median 0.375, 1 without a value",
        "dissimilarity (percentile)",
        "doi:10.1000/mine",
        "A note.",
        "homolog score net --benchmark mine-V4",
        &"ab".repeat(32),
        "set/responses.npy",
        "Every score",
        "How to cite",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(!shown(&html).contains("NaN") && !html.contains("Simulated data"));
}

#[test]
fn simulated_data_and_failures_are_called_what_they_are() {
    let mut report = report();
    report.benchmarks[0].simulated = true;
    report.failures.push(Failure {
        model: "broken.onnx".to_owned(),
        benchmark: Some("mine-V4".to_owned()),
        message: "cut in half".to_owned(),
    });
    let html = page(&report, &Figures::default());
    assert!(html.contains("Simulated data") && html.contains("Not scored") && html.contains("cut in half"));
}

#[test]
fn a_report_of_nothing_is_still_a_page() {
    let html = page(&ScoreReport::new("homolog score"), &Figures::default());
    assert!(html.contains("No stage has a value") && !shown(&html).contains("NaN"));
    let mut without_values = report();
    without_values.scores.iter_mut().for_each(|score| score.value = None);
    assert!(page(&without_values, &figures()).contains("No stage has a value"));
}

#[test]
fn the_best_stage_is_the_first_of_the_highest() {
    let mut report = report();
    assert_eq!(report.best("net<script>", "mine-V4").expect("a best").layer, "conv2");
    report.scores[0].value = Some(0.4);
    assert_eq!(report.best("net<script>", "mine-V4").expect("a best").layer, "conv1");
    assert_eq!(report.best("other", "mine-V4"), None);
}

#[test]
fn the_json_is_one_object_with_the_promised_keys_and_comes_back_unchanged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep/er/scores.json");
    write_json(&path, &report()).expect("written");
    let text = std::fs::read_to_string(&path).expect("there");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["schema"], "homolog.score/1");
    for key in ["model", "layer", "benchmark", "region", "metric", "value", "error", "ceiling", "ceiled"] {
        assert!(json["scores"][0].get(key).is_some(), "{key}");
    }
    assert!(json["scores"][2]["value"].is_null());
    assert_eq!(serde_json::from_str::<ScoreReport>(&text).expect("read back"), report());
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let message = write(&file.join("report.html"), &report(), &Figures::default()).expect_err("a file").to_string();
    assert!(message.contains("cannot write the report") && message.contains("--out"), "{message}");
}
