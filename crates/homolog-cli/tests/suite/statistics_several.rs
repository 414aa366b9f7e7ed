//! Several models at once, mixed RSA, geometries, odd-one-out choices, ceilings of encoding.

use std::fs;

use ndarray::{Array1, Array2, Array3, Axis, s, stack};
use serde_json::json;

use crate::program::homolog;
use crate::statistics::{correlation_distances, features, geometry, matrix, number, write};

#[test]
fn partial_and_regression_rsa_tell_models_apart() {
    let folder = tempfile::tempdir().unwrap();
    let rdm = |seed| Array1::from(correlation_distances(matrix(24, 10, seed).view()));
    let (truth, other) = (rdm(3), rdm(4));
    // A model that is all but the truth, and one that is unrelated.
    let near = &truth + &(rdm(5) * 0.3);
    write(folder.path(), "near.npy", &near);
    write(folder.path(), "truth.npy", &truth);
    write(folder.path(), "models.npy", &stack(Axis(0), &[truth.view(), other.view()]).unwrap());
    let noise = matrix(6, truth.len(), 8) * 0.3;
    write(folder.path(), "rdms.npy", &(noise + &truth.clone().insert_axis(Axis(0)) + 0.5));
    let value = |more: &[&str]| {
        let arguments = [&["compare", "near.npy", "--with", "rdms.npy", "--by", "pearson", "--json"], more].concat();
        homolog(folder.path(), &arguments).done().json()["values"][0][0].as_f64().unwrap()
    };
    let (plain, partial) = (value(&[]), value(&["--partial", "truth.npy"]));
    assert!(plain > 0.5 && partial.abs() < 0.2, "nothing of the model is left beside the truth: {plain} {partial}");
    let arguments = [
        "compare",
        "models.npy",
        "--with",
        "rdms.npy",
        "--by",
        "pearson",
        "--regression",
        "non-negative",
        "--json",
        "--plot",
        "unique.png",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    let unique = |model: usize| object["models"][model]["unique_r_squared"].as_f64().unwrap();
    assert!(unique(0) > 0.4 && unique(1) < 0.02, "{object}");
    assert_eq!(object["r_squared_of_subjects"].as_array().map(Vec::len), Some(6));
    assert!(folder.path().join("unique.png").exists());
    let compare = |more: &[&str]| homolog(folder.path(), &[&["compare", "models.npy"], more].concat());
    compare(&["--with", "rdms.npy", "--by", "tau-a", "--regression"]).refused(2, &["pearson or spearman", "tau-a"]);
    compare(&["--by", "pearson", "--regression"]).refused(2, &["--with FILE"]);
    compare(&["--with", "rdms.npy", "--by", "cka", "--partial", "truth.npy"]).refused(2, &["pearson or spearman"]);
    compare(&["--with", "rdms.npy", "--by", "pearson", "--partial", "models.npy"]).refused(2, &["model RDM"]);
}

#[test]
fn options_of_responses_are_refused_where_matrices_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    geometry(folder.path());
    let compare =
        |more: &[&str]| homolog(folder.path(), &[&["compare", "models.npy", "--with", "rdms.npy"], more].concat());
    compare(&["--axes", "stimulus,unit"]).refused(2, &["--axes says nothing", "cka"]);
    compare(&["--on-nan", "drop-unit"]).refused(2, &["--on-nan says nothing"]);
    // Squared distances of Euclidean patterns have a second moment; these do not need to be of one.
    let squared = Array1::from_shape_fn(276, |pair| 1.0 + 0.01 * number(pair));
    write(folder.path(), "squared.npy", &squared);
    let object =
        homolog(folder.path(), &["compare", "squared.npy", "--by", "bures-similarity", "--json"]).done().json();
    assert!((object["values"][0][0].as_f64().unwrap() - 1.0).abs() < 1e-9);
}

#[test]
fn reweighted_features_fit_what_units_see() {
    let folder = tempfile::tempdir().unwrap();
    let x = matrix(60, 12, 1);
    write(folder.path(), "X.npy", &x);
    let mut weights = matrix(12, 30, 2);
    weights.slice_mut(s![3.., ..]).fill(0.0);
    let responses = |seed| x.dot(&weights) + matrix(60, 30, seed) * 0.4;
    write(folder.path(), "R.npy", &stack(Axis(0), &[responses(3).view(), responses(4).view()]).unwrap());
    let arguments = [
        "reweight",
        "--features",
        "X.npy",
        "--responses",
        "R.npy",
        "--axes",
        "subject,stimulus,unit",
        "--measure",
        "squared-euclidean-per-unit",
        "--splits",
        "kfold:3:1",
        "--json",
        "--plot",
        "bars.png",
        "--report",
        "page.html",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    let scores = &object["scores"][0];
    let value = |which: &str| scores[which]["mean"].as_f64().unwrap();
    assert!(value("reweighted") > 0.8 && value("difference") > 0.2, "{object}");
    assert_eq!(scores["reweighted_of_splits"].as_array().map(Vec::len), Some(3));
    assert!(folder.path().join("bars.png").exists() && folder.path().join("page.html").exists());
    // Matrices alone: the squared distances of the first three features.
    let rdm = |seed: usize| {
        let mut pairs = Vec::new();
        for first in 0..60 {
            for second in first + 1..60 {
                let squares = (0..3).map(|f| (x[[first, f]] - x[[second, f]]).powi(2)).sum::<f64>();
                pairs.push(squares + 0.1 * number(seed * 90_001 + pairs.len()));
            }
        }
        Array1::from(pairs)
    };
    write(folder.path(), "rdms.npy", &stack(Axis(0), &[rdm(5).view(), rdm(6).view()]).unwrap());
    let arguments = ["reweight", "--features", "X.npy", "--data", "rdms.npy", "--splits", "kfold:3:1", "--json"];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!(object["by"], json!("weights of features"));
    assert!(object["scores"][0]["difference"]["mean"].as_f64().unwrap() > 0.2, "{object}");
    homolog(folder.path(), &["reweight", "--features", "X.npy", "--responses", "X.npy", "--splits", "kfold:30:1"])
        .refused(2, &["X.npy", "4"]);
    homolog(folder.path(), &["reweight", "--features", "X.npy", "--data", "rdms.npy", "--weight-penalty", "-1"])
        .refused(2, &["-1", "above 0"]);
    homolog(folder.path(), &["reweight", "--features", "X.npy", "--data", "rdms.npy", "--axes", "stimulus,unit"])
        .refused(2, &["--axes says nothing"]);
}

#[test]
fn odd_one_out_choices_are_predicted_by_the_features_that_made_them() {
    let folder = tempfile::tempdir().unwrap();
    let things: Array2<f64> = matrix(12, 4, 21).mapv(f64::abs);
    let mut table = "stimulus_id,a,b,c,d\n".to_owned();
    for (thing, row) in things.rows().into_iter().enumerate() {
        table.push_str(&format!("thing{thing},{},{},{},{}\n", row[0], row[1], row[2], row[3]));
    }
    fs::write(folder.path().join("features.csv"), table).unwrap();
    let similarity = things.dot(&things.t());
    let mut trials = "first,second,odd\n".to_owned();
    for i in 0..12 {
        for j in i + 1..12 {
            for k in j + 1..12 {
                let pairs = [(i, j, k), (i, k, j), (j, k, i)];
                let best = pairs.into_iter().max_by(|a, b| similarity[[a.0, a.1]].total_cmp(&similarity[[b.0, b.1]]));
                let (first, second, odd) = best.unwrap();
                // Every tenth answer is another than the features make; each triplet is answered twice.
                for again in 0..2 {
                    let (first, second, odd) =
                        if (i + 3 * j + 7 * k + again) % 10 == 0 { (odd, second, first) } else { (first, second, odd) };
                    trials.push_str(&format!("thing{first},thing{second},thing{odd}\n"));
                }
            }
        }
    }
    fs::write(folder.path().join("choices.csv"), trials).unwrap();
    let behave = |more: &[&str]| {
        homolog(folder.path(), &[&["behave", "choices.csv", "--measure", "odd-one-out"], more].concat())
    };
    let object = behave(&["--features", "features.csv", "--json", "--plot", "odd.png"]).done().json();
    assert_eq!((&object["n_choices"], &object["n_things"]), (&json!(440), &json!(12)));
    let accuracy = object["models"][0]["accuracy"].as_f64().unwrap();
    let ceiling = |which: &str| object["ceiling"][which].as_f64().unwrap();
    assert!(accuracy > 0.85 && accuracy < 0.95 && ceiling("lower") <= ceiling("upper"), "{object}");
    assert!(folder.path().join("odd.png").exists());
    // The same similarities as dissimilarities: same choices.
    let mut distances: Array2<f64> = similarity.mapv(|value| 10.0 - value);
    distances.diag_mut().fill(0.0);
    write(folder.path(), "rdm.npy", &distances);
    let by_number = fs::read_to_string(folder.path().join("choices.csv")).unwrap().replace("thing", "");
    fs::write(folder.path().join("numbers.csv"), by_number).unwrap();
    let arguments = ["behave", "numbers.csv", "--measure", "odd-one-out", "--rdm", "rdm.npy", "--json"];
    let by_rdm = homolog(folder.path(), &arguments).done().json();
    assert_eq!(by_rdm["models"][0]["accuracy"].as_f64().unwrap(), accuracy);
    behave(&["--rdm", "rdm.npy"]).refused(2, &["12 of the things", "rdm.npy", "\"thing0\""]);
    behave(&["--triplet", "first,second"]).refused(2, &["--triplet", "three are needed"]);
    behave(&["--features", "features.csv", "--triplet", "a,b,odd"]).refused(2, &["choices.csv", "\"a\""]);
}

#[test]
fn encoding_is_given_in_units_of_what_repetitions_make_explainable() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    let signal = x.dot(&matrix(12, 3, 2));
    let trials = Array3::from_shape_fn((40, 3, 6), |(stimulus, unit, repetition)| {
        signal[[stimulus, unit]] + 1.5 * number(stimulus * 10_007 + unit * 101 + repetition + 777_777)
    });
    write(folder.path(), "T.npy", &trials);
    let encode = |more: &[&str]| {
        let arguments = [
            &[
                "encode",
                "--features",
                "X.npy",
                "--responses",
                "T.npy",
                "--axes",
                "stimulus,unit,repetition",
                "--mapping",
                "ols",
                "--splits",
                "kfold:4:1",
            ],
            more,
        ];
        homolog(folder.path(), &arguments.concat())
    };
    for (name, low, high) in [
        ("normalized-correlation", 0.85, 1.1),
        ("signal-power-explained", 0.7, 1.1),
        ("r-over-root-ceiling", 0.85, 1.1),
    ] {
        let object = encode(&["--ceiling", name, "--json"]).done().json();
        let score = &object["scores"][0];
        let ceiled = score["ceiled"]["value"].as_f64().unwrap();
        assert!(ceiled > low && ceiled < high, "{name}: {object}");
        let raw = score["value"].as_f64().unwrap();
        assert!(name == "signal-power-explained" || ceiled > raw, "{name}: {ceiled} of {raw}");
        assert!(object["ceiling"]["reliability"].as_f64().unwrap() > 0.5);
        assert_eq!(object["ceiling"]["explainable_variance_of_units"].as_array().map(Vec::len), Some(3));
    }
    encode(&["--ceiling", "best"]).refused(2, &["best", "r2-over-ceiling", "signal-power-explained"]);
    encode(&["--ceiling", "ratio", "--score", "r2"]).refused(2, &["--score r2", "pearson"]);
    homolog(folder.path(), &["encode", "--features", "X.npy", "--responses", "Y.npy", "--ceiling", "ratio"])
        .refused(2, &["--ceiling needs the repetitions", "Y.npy", "--axes stimulus,unit,repetition"]);
}
