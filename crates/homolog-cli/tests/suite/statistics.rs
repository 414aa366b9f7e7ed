//! The commands of statistics on plain arrays: `rdm`, `compare`, `infer`, `encode`, `decode`, `behave`, `power`.

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis, s, stack};
use serde_json::{Value, json};

use crate::program::homolog;

/// Numbers from −1 to 1 that look random and are the same everywhere.
pub(crate) fn number(at: usize) -> f64 {
    let mixed = (at as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

pub(crate) fn matrix(rows: usize, columns: usize, seed: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |(row, column)| number(seed * 1_000_003 + row * 1_009 + column))
}

pub(crate) fn write<D: ndarray::Dimension>(folder: &Path, name: &str, values: &ndarray::Array<f64, D>) {
    ndarray_npy::write_npy(folder.join(name), values).unwrap();
}

/// Features X (40 × 12), their halves A and B, and responses Y that are a linear map of X.
pub(crate) fn features(folder: &Path) -> Array2<f64> {
    let x = matrix(40, 12, 1);
    write(folder, "X.npy", &x);
    write(folder, "A.npy", &x.slice(s![.., ..6]).to_owned());
    write(folder, "B.npy", &x.slice(s![.., 6..]).to_owned());
    write(folder, "Y.npy", &x.dot(&matrix(12, 3, 2)));
    x
}

/// 1 − r of each pair of rows, as the definition has it.
pub(crate) fn correlation_distances(patterns: ArrayView2<'_, f64>) -> Vec<f64> {
    let centred: Vec<Array1<f64>> =
        patterns.rows().into_iter().map(|row| &row - row.mean().unwrap_or_default()).collect();
    let mut distances = Vec::new();
    for first in 0..centred.len() {
        for second in first + 1..centred.len() {
            let (a, b) = (&centred[first], &centred[second]);
            distances.push(1.0 - a.dot(b) / (a.dot(a) * b.dot(b)).sqrt());
        }
    }
    distances
}

/// Models and subjects over 24 stimuli: the first model is the truth of all subjects.
pub(crate) fn geometry(folder: &Path) {
    let truth = Array1::from(correlation_distances(matrix(24, 10, 3).view()));
    let other = Array1::from(correlation_distances(matrix(24, 10, 4).view()));
    write(folder, "models.npy", &stack(Axis(0), &[truth.view(), other.view()]).unwrap());
    let noise = matrix(6, truth.len(), 5) * 0.4;
    write(folder, "rdms.npy", &(noise + &truth.insert_axis(Axis(0)) + 0.5));
}

#[test]
fn rdm_writes_the_upper_triangle_and_figures() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    let told = homolog(
        folder.path(),
        &["rdm", "X.npy", "--measure", "correlation", "--out", "rdm.npy", "--plot", "rdm.png", "--report", "rdm.html"],
    )
    .done();
    let found: Array1<f64> = ndarray_npy::read_npy(folder.path().join("rdm.npy")).unwrap();
    let expected = Array1::from(correlation_distances(x.view()));
    assert!((&found - &expected).iter().all(|difference| difference.abs() < 1e-12));
    assert!(told.stdout.contains("joined by position"), "{}", told.stdout);
    for name in ["rdm.png", "rdm-mds.png"] {
        let picture = image::open(folder.path().join(name)).unwrap();
        assert!(picture.width() > 300, "{name}");
    }
    let page = fs::read_to_string(folder.path().join("rdm.html")).unwrap();
    assert!(page.contains("Representational dissimilarity") && page.contains("sha256"));
    assert!(!page.contains("http"), "a page loads nothing");

    let object = homolog(folder.path(), &["rdm", "X.npy", "--json"]).done().json();
    assert_eq!((&object["schema"], &object["n_stimuli"]), (&json!("homolog.rdm/1"), &json!(40)));
    assert_eq!(object["dissimilarities"][0].as_array().map(Vec::len), Some(780));
}

#[test]
fn crossnobis_needs_repetitions_and_takes_them_from_the_axes() {
    let folder = tempfile::tempdir().unwrap();
    let signal = matrix(10, 6, 6).insert_axis(Axis(2));
    let noise = Array3::from_shape_fn((10, 6, 3), |(a, b, c)| 0.1 * number(a * 100 + b * 10 + c + 77_000));
    write(folder.path(), "R.npy", &(noise + signal));
    let arguments = ["rdm", "R.npy", "--axes", "stimulus,unit,repetition", "--measure", "crossnobis", "--json"];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!(object["dissimilarities"][0].as_array().map(Vec::len), Some(45));
    homolog(folder.path(), &["rdm", "R.npy", "--measure", "crossnobis"]).refused(2, &["R.npy", "--axes"]);
}

#[test]
fn infer_finds_the_model_that_subjects_follow() {
    let folder = tempfile::tempdir().unwrap();
    geometry(folder.path());
    let arguments = [
        "infer",
        "--models",
        "models.npy",
        "--data",
        "rdms.npy",
        "--comparator",
        "tau-a",
        "--bootstrap",
        "both",
        "--samples",
        "200",
        "--json",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!((&object["schema"], &object["comparator"]), (&json!("homolog.infer/1"), &json!("tau-a")));
    assert_eq!((&object["method"], &object["zero_method"]), (&json!("bootstrap-t"), &json!("label-exchange")));
    let models = object["models"].as_array().unwrap();
    let value = |model: usize| models[model]["value"].as_f64().unwrap();
    assert!(value(0) > value(1) + 0.2, "{} {}", value(0), value(1));
    assert!(models[0]["against_zero"]["fdr"].as_f64().unwrap() < 0.01);
    assert!(object["pairs"][0]["test"]["holm"].as_f64().unwrap() < 0.05);
    let ceiling = &object["ceiling"];
    assert!(ceiling["lower"].as_f64().unwrap() < ceiling["upper"].as_f64().unwrap());
    // The same seed gives the same numbers.
    assert_eq!(homolog(folder.path(), &arguments).done().json(), object);
    let by_bootstrap = [&arguments[..], &["--relabellings", "0"]].concat();
    assert_eq!(homolog(folder.path(), &by_bootstrap).done().json()["zero_method"], json!("bootstrap-t"));
}

#[test]
fn too_few_subjects_are_said_and_flexible_models_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    geometry(folder.path());
    let all: Array2<f64> = ndarray_npy::read_npy(folder.path().join("rdms.npy")).unwrap();
    write(folder.path(), "one.npy", &all.slice(s![..1, ..]).to_owned());
    let told =
        homolog(folder.path(), &["infer", "--models", "models.npy", "--data", "one.npy", "--samples", "50"]).done();
    assert!(told.stdout.contains("too few to resample"), "{}", told.stdout);
    assert!(told.stdout.contains("there is no noise ceiling"), "{}", told.stdout);
    let arguments = [
        "infer",
        "--models",
        "weighted:models.npy",
        "--data",
        "rdms.npy",
        "--samples",
        "20",
        "--json",
        "--plot",
        "bars.svg",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!(object["models"][0]["weights"].as_array().map(Vec::len), Some(2));
    assert!(fs::read_to_string(folder.path().join("bars.svg")).unwrap().starts_with("<svg"));
}

#[test]
fn encode_predicts_what_is_linear_and_takes_two_feature_spaces() {
    let folder = tempfile::tempdir().unwrap();
    features(folder.path());
    let pls = [
        "encode",
        "--features",
        "X.npy",
        "--responses",
        "Y.npy",
        "--mapping",
        "pls",
        "--components",
        "12",
        "--splits",
        "shuffle:10:0.9:1",
        "--json",
    ];
    let object = homolog(folder.path(), &pls).done().json();
    assert!(object["scores"][0]["value"].as_f64().unwrap() > 0.999, "{object}");
    assert_eq!(object["scores"][0]["of_splits"].as_array().map(Vec::len), Some(10));
    let banded = [
        "encode",
        "--features",
        "A.npy",
        "--features",
        "B.npy",
        "--responses",
        "Y.npy",
        "--mapping",
        "banded-ridge",
        "--splits",
        "kfold:4:1",
        "--json",
    ];
    let object = homolog(folder.path(), &banded).done().json();
    // himalaya's penalties begin at 10, so 30 stimuli are not fitted to the full.
    assert!(object["scores"][0]["value"].as_f64().unwrap() > 0.85, "{object}");
    let weights = &object["scores"][0]["mean_band_weights_of_splits"];
    assert_eq!(weights.as_array().map(Vec::len), Some(4), "{object}");
    let parts = [
        "encode",
        "--features",
        "A.npy",
        "--features",
        "B.npy",
        "--responses",
        "Y.npy",
        "--mapping",
        "ols",
        "--score",
        "r2",
        "--partition",
        "--splits",
        "kfold:4:1",
        "--json",
    ];
    let object = homolog(folder.path(), &parts).done().json();
    let partition = object["partition"].as_array().unwrap();
    assert_eq!(partition.len(), 3);
    let sum: f64 = partition.iter().map(|part| part["shared"][0].as_f64().unwrap()).sum();
    let joint = partition[2]["joint"][0].as_f64().unwrap();
    assert!((sum - joint).abs() < 1e-9, "the parts of a unit add up to what all explain: {sum} {joint}");
}

#[test]
fn decode_reads_classes_and_time_bins() {
    let folder = tempfile::tempdir().unwrap();
    let class = |stimulus: usize| stimulus % 2;
    let mut x = matrix(40, 5, 7);
    for (stimulus, mut row) in x.rows_mut().into_iter().enumerate() {
        row[0] += 4.0 * class(stimulus) as f64;
    }
    write(folder.path(), "X.npy", &x);
    let mut t = Array3::from_shape_fn((40, 5, 3), |(a, b, c)| number(a * 77 + b * 13 + c * 7_001 + 31));
    t.slice_mut(s![.., .., 2]).assign(&x);
    write(folder.path(), "T.npy", &t);
    let labels: String =
        std::iter::once("category\n".to_owned()).chain((0..40).map(|at| format!("c{}\n", class(at)))).collect();
    fs::write(folder.path().join("labels.csv"), labels).unwrap();
    let arguments = ["decode", "X.npy", "--labels", "labels.csv:category", "--decoder", "lda", "--json"];
    let object = homolog(folder.path(), &arguments).done().json();
    let accuracy = |object: &Value, at: usize| object["inputs"][0]["decodings"][at]["accuracy"].as_f64().unwrap();
    assert!(accuracy(&object, 0) > 0.9, "{object}");
    assert_eq!(object["classes"], json!(["c0", "c1"]));
    let arguments = [
        "decode",
        "T.npy",
        "--axes",
        "stimulus,unit,time",
        "--labels",
        "labels.csv:category",
        "--across-time",
        "--json",
        "--plot",
        "time.png",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    assert!(accuracy(&object, 2) > 0.9 && accuracy(&object, 0) < 0.8, "{object}");
    let across = object["inputs"][0]["across_time"].as_array().unwrap();
    assert_eq!(across.len(), 3);
    assert!(folder.path().join("time-across-time.png").exists());
}

#[test]
fn compare_takes_matrices_and_responses() {
    let folder = tempfile::tempdir().unwrap();
    features(folder.path());
    geometry(folder.path());
    let object = homolog(folder.path(), &["compare", "A.npy", "X.npy", "--by", "cka", "--json"]).done().json();
    let value = |row: usize, column: usize| object["values"][row][column].as_f64().unwrap();
    assert!((value(0, 0) - 1.0).abs() < 1e-12 && value(0, 1) < 1.0);
    let arguments = ["compare", "models.npy", "--with", "rdms.npy", "--by", "pearson", "--json"];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!(object["pairs"].as_array().map(Vec::len), Some(12));
    assert!(object["ceiling"]["lower"].is_number());
}

#[test]
fn behave_fits_thresholds_and_compares_errors() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "subj,category,object_response,condition,imagename\n".to_owned();
    for (number_of, subject) in ["s1", "s2"].into_iter().enumerate() {
        for trial in 0..500 {
            let level = [0.1, 0.2, 0.3, 0.4, 0.5][trial % 5];
            let share = 0.5 + 0.5 / (1.0 + f64::exp(-(level - 0.3) * 20.0));
            let is_right = (number(trial * 2 + number_of + 5_000) + 1.0) / 2.0 < share;
            let (truth, other) = if trial % 2 == 0 { ("cat", "dog") } else { ("dog", "cat") };
            let answer = if is_right { truth } else { other };
            table.push_str(&format!("{subject},{truth},{answer},{level},image{trial}\n"));
        }
    }
    fs::write(folder.path().join("trials.csv"), table).unwrap();
    let arguments =
        ["behave", "trials.csv", "--measure", "psychometric", "--function", "logistic", "--samples", "50", "--json"];
    let object = homolog(folder.path(), &arguments).done().json();
    let threshold = object["observers"][0]["threshold"].as_f64().unwrap();
    assert!((threshold - 0.3).abs() < 0.05, "{threshold}");
    let object =
        homolog(folder.path(), &["behave", "trials.csv", "--measure", "error-consistency", "--json"]).done().json();
    assert_eq!(object["pairs"].as_array().map(Vec::len), Some(1));
    homolog(folder.path(), &["behave", "trials.csv", "--measure", "i1"]).refused(2, &["trials.csv", "\"distractor\""]);
}

#[test]
fn power_grows_with_subjects_and_says_that_it_is_simulated() {
    let folder = tempfile::tempdir().unwrap();
    geometry(folder.path());
    let arguments = [
        "power",
        "--models",
        "models.npy",
        "--noise-to-signal",
        "30",
        "--subjects",
        "5,20",
        "--experiments",
        "20",
        "--samples",
        "50",
        "--units",
        "20",
        "--json",
        "--recovery",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    let power = |design: usize| object["designs"][design]["power"].as_f64().unwrap();
    assert!(power(1) > power(0), "{object}");
    assert_eq!(object["recovery"]["shares"].as_array().map(Vec::len), Some(2));
    homolog(folder.path(), &["power", "--models", "models.npy", "--noise-to-signal", "1", "--rival", "3"])
        .refused(2, &["there is no model 3", "counted from 1"]);
}

#[test]
fn bad_numbers_are_named_and_nothing_plausible_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let mut x = features(folder.path());
    x[[4, 7]] = f64::NAN;
    write(folder.path(), "nan.npy", &x);
    let refused = homolog(folder.path(), &["rdm", "nan.npy"]);
    refused.refused(2, &["nan.npy", "4", "7"]);
    assert_eq!(refused.stdout, "");
    let told = homolog(folder.path(), &["rdm", "nan.npy", "--on-nan", "drop-unit"]).done();
    assert!(told.stdout.contains("1 units with missing values left out (7)"), "{}", told.stdout);
    write(folder.path(), "short.npy", &matrix(39, 3, 9));
    let encode = |responses: &str, more: &[&str]| {
        let mut arguments = vec!["encode", "--features", "X.npy", "--responses", responses];
        arguments.extend_from_slice(more);
        homolog(folder.path(), &arguments)
    };
    encode("short.npy", &[]).refused(2, &["X.npy", "short.npy", "40", "39"]);
    encode("Y.npy", &["--splits", "kfold:41"]).refused(2, &["41", "40"]);
    encode("Y.npy", &["--splits", "kfold"]).refused(2, &["kfold:FOLDS[:SEED]"]);
    encode("Y.npy", &["--mapping", "rigde"]).refused(2, &["there is no mapping \"rigde\"", "There are: ridge"]);
    encode("Y.npy", &["--mapping", "ridge", "--penalties", "-1,1"]).refused(2, &["penalt", "-1"]);
    encode("Y.npy", &["--mapping", "ols", "--components", "3"]).refused(2, &["--components says nothing to ols"]);
    let mut y: Array2<f64> = ndarray_npy::read_npy(folder.path().join("Y.npy")).unwrap();
    y.column_mut(1).fill(2.0);
    write(folder.path(), "constant.npy", &y);
    let told = encode("constant.npy", &["--components", "5"]).done();
    assert!(told.stdout.contains("undefined (constant), and left out"), "{}", told.stdout);
    homolog(folder.path(), &["rdm", "X.npy", "--plot", "rdm.jpg"]).refused(2, &["rdm.jpg", ".svg nor .png"]);
    homolog(folder.path(), &["infer", "--models", "X.npy", "--data", "X.npy"]).refused(2, &["X.npy"]);
}

#[test]
fn ids_are_joined_and_those_that_differ_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let table = |first: usize, last: usize, column: &str| {
        let mut text = format!("stimulus_id,{column}1,{column}2\n");
        for stimulus in (first..last).rev() {
            text.push_str(&format!("im{stimulus},{},{}\n", number(stimulus), number(stimulus + 900)));
        }
        text
    };
    fs::write(folder.path().join("a.csv"), table(0, 30, "x")).unwrap();
    fs::write(folder.path().join("b.csv"), table(2, 31, "y")).unwrap();
    let arguments = ["encode", "--features", "a.csv", "--responses", "b.csv", "--mapping", "ols"];
    homolog(folder.path(), &arguments).refused(2, &["a.csv", "b.csv", "im30"]);
    let mut shared = arguments.to_vec();
    shared.extend(["--stimuli", "shared", "--json"]);
    let object = homolog(folder.path(), &shared).done().json();
    assert_eq!((&object["matched_by"], &object["n_stimuli"]), (&json!("id"), &json!(28)));
    // The same numbers under the same ids, whatever their order in the file.
    assert!(object["scores"][0]["value"].as_f64().unwrap() > 0.999_999, "{object}");
}
