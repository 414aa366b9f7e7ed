//! `homolog score`: what it prints and writes, what it does when a part of it fails, and how it ends.

use std::fs;

use serde_json::{Value, json};

use crate::input::{benchmark, cut, responses};
use crate::program::{MODEL, files, homolog};

const ON_MINE: [&str; 6] = ["-b", ".", "--engine", "burn", "--layers", "layer2.0,linear"];

/// A folder with a benchmark of 20 stimuli, 3 units and 4 repetitions.
fn mine() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    benchmark(folder.path(), 20, &responses(3, 20, 4));
    folder
}

#[test]
fn json_has_every_field_of_a_score_and_is_what_is_kept() {
    let folder = mine();
    let ran = homolog(folder.path(), &[&["score", MODEL, "--json"], &ON_MINE[..]].concat()).done();
    let report = ran.json();
    assert_eq!(report["schema"], "homolog.score/1");
    let scores = report["scores"].as_array().unwrap();
    let layers: Vec<&Value> = scores.iter().map(|score| &score["layer"]).collect();
    assert_eq!(layers, [&json!("layer2.0"), &json!("linear")]);
    for score in scores {
        assert_eq!(score["model"], MODEL);
        assert_eq!((&score["benchmark"], &score["region"]), (&json!("mine-V4"), &json!("V4")));
        assert_eq!(score["metric"], "encoding-pls-2");
        let number = |name: &str| score[name].as_f64().unwrap_or_else(|| panic!("{name} is {}", score[name]));
        let (value, ceiling) = (number("value"), number("ceiling"));
        assert!(value.abs() <= 1.0 && number("error") >= 0.0 && ceiling > 0.0 && ceiling <= 1.0, "{score}");
        // Brain-Score's formula of 2026, which the manifest names.
        assert!((number("ceiled") - value * value / ceiling).abs() < 1e-12, "{score}");
    }
    let kept: Value =
        serde_json::from_slice(&fs::read(folder.path().join("homolog-scores/scores.json")).unwrap()).unwrap();
    assert_eq!(kept, report);
    assert!(folder.path().join("homolog-scores/report.html").is_file());
}

#[test]
fn the_table_marks_the_best_stage_and_names_the_report() {
    let folder = mine();
    let told = homolog(folder.path(), &[&["score", MODEL, "--out", "out"], &ON_MINE[..]].concat()).done().stdout;
    assert_eq!(told.lines().filter(|line| line.ends_with("best")).count(), 1, "{told}");
    for words in ["value", "± error", "ceiling", "ceiled", "mine-V4", "layer2.0", "linear", "report: out/report.html"]
    {
        assert!(told.contains(words), "no {words:?} in: {told}");
    }
}

#[test]
fn scoring_again_and_elsewhere_gives_the_same_bytes() {
    let folder = mine();
    for out in ["once", "once", "elsewhere"] {
        homolog(folder.path(), &[&["score", MODEL, "--out", out], &ON_MINE[..]].concat()).done();
    }
    assert!(files(&folder.path().join("once")) == files(&folder.path().join("elsewhere")));
}

#[test]
fn one_model_that_fails_does_not_lose_the_others_and_the_exit_code_says_so() {
    let folder = mine();
    let other = "random:resnet32_cifar10?seed=1";
    let models = ["score", MODEL, "no_such.onnx", other, "--json"];
    let ran = homolog(folder.path(), &[&models[..], &ON_MINE[..]].concat());
    ran.refused(2, &["no_such.onnx", "1 of what was asked for could not be scored"]);
    let report = ran.json();
    let failed = report["failures"].as_array().unwrap();
    assert_eq!((failed.len(), &failed[0]["model"]), (1, &json!("no_such.onnx")));
    let scored: Vec<&Value> = report["models"].as_array().unwrap().iter().map(|model| &model["name"]).collect();
    assert_eq!(scored, [&json!(MODEL), &json!(other)]);
    assert_eq!(report["scores"].as_array().unwrap().len(), 4);
}

#[test]
fn nothing_scored_is_an_error_that_says_where_the_reasons_are() {
    let folder = mine();
    let ran = homolog(folder.path(), &[&["score", "no_such.onnx"], &ON_MINE[..]].concat());
    ran.refused(2, &["no_such.onnx", "nothing was scored", "scores.json"]);
}

#[test]
fn a_minimum_that_is_not_reached_ends_with_1_and_one_that_is_with_0() {
    let folder = mine();
    let asked = |minimum: &'static str| [&["score", MODEL, "--minimum", minimum], &ON_MINE[..]].concat();
    let words = ["random:resnet20_cifar10?seed=1 reaches", "on mine-V4", "--minimum asks for 1.5"];
    homolog(folder.path(), &asked("1.5")).refused(1, &words);
    homolog(folder.path(), &asked("-2")).done();
    homolog(folder.path(), &asked("nan")).refused(2, &["'nan'", "--minimum", "a finite number is needed"]);
}

#[test]
fn a_plan_says_bytes_and_time_for_each_stage_and_runs_nothing() {
    let folder = mine();
    let plan = homolog(folder.path(), &[&["score", MODEL, "--plan", "--json"], &ON_MINE[..]].concat()).done().json();
    assert!(!folder.path().join("homolog-scores").exists(), "a plan keeps nothing");
    assert_eq!(plan["schema"], "homolog.score-plan/1");
    let plans = plan["plans"].as_array().unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!((&plans[0]["model"], &plans[0]["benchmark"]), (&json!(MODEL), &json!("mine-V4")));
    let stages = plans[0]["stages"].as_array().unwrap();
    // 10 units of 4 bytes for 20 stimuli.
    assert_eq!((stages.len(), &stages[1]["bytes"], &stages[1]["placement"]), (2, &json!(800), &json!("memory")));
    assert!(stages[0]["seconds"].as_f64().unwrap() > 0.0);
    let told = homolog(folder.path(), &[&["score", MODEL, "--plan"], &ON_MINE[..]].concat()).done().stdout;
    assert!(told.contains("on mine-V4") && told.contains("linear") && told.contains("memory"), "{told}");
}

#[test]
fn a_truncated_stimulus_is_named_before_any_network_runs_and_skip_bad_notes_it_in_the_report() {
    let folder = mine();
    cut(&folder.path().join("images/image0004.png"));
    let asked = [&["score", MODEL, "--json"], &ON_MINE[..]].concat();
    homolog(folder.path(), &asked).refused(2, &["cannot decode stimulus \"image0004", "cut short", "--skip-bad"]);
    let ran = homolog(folder.path(), &[&asked[..], &["--skip-bad"]].concat()).done();
    ran.refused(0, &["left out \"image0004\"", "cut short"]);
    let report = ran.json();
    assert_eq!(report["benchmarks"][0]["n_stimuli"], 19);
    let notes = report["benchmarks"][0]["notes"].to_string();
    assert!(
        notes.contains("left out because they cannot be decoded: stimuli") && notes.contains("image0004"),
        "{notes}"
    );
    let page = fs::read_to_string(folder.path().join("homolog-scores/report.html")).unwrap();
    assert!(page.contains("left out because they cannot be decoded"), "the report does not list it");
}
