//! What each command of statistics is given that it cannot use: a clear error, nothing on standard output, never a plausible number.

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2, Array3, s};

use crate::program::homolog;
use crate::statistics::{features, geometry, matrix, number, write};

/// Inputs with one fault each, beside sound ones.
fn faulty(folder: &Path) {
    let x = features(folder);
    geometry(folder);
    let with = |place: [usize; 2], value: f64| {
        let mut faulty = x.clone();
        faulty[place] = value;
        faulty
    };
    write(folder, "nan.npy", &with([4, 7], f64::NAN));
    write(folder, "inf.npy", &with([3, 5], f64::INFINITY));
    write(folder, "ones.npy", &Array2::<f64>::ones((40, 12)));
    write(folder, "none.npy", &Array3::<f64>::zeros((40, 12, 0)));
    let rdms: Array2<f64> = ndarray_npy::read_npy(folder.join("rdms.npy")).unwrap();
    let mut torn = rdms.clone();
    torn[[2, 30]] = f64::NAN;
    write(folder, "nan-rdms.npy", &torn);
    write(folder, "one-rdm.npy", &rdms.slice(s![..1, ..]).to_owned());
    // Of 23 stimuli, where the others are of 24.
    write(folder, "short-rdms.npy", &matrix(6, 253, 9).mapv(|value| value + 2.0));
    write(folder, "tied.npy", &Array1::<f64>::ones(276));
    write(folder, "two-tied.npy", &Array2::<f64>::ones((2, 276)));
    let movies = Array3::from_shape_fn((6, 5, 276), |(a, b, c)| 1.5 + number(a * 9_001 + b * 401 + c));
    write(folder, "movies.npy", &movies);
    let labels = |n: usize, n_classes: usize| -> String {
        std::iter::once("class\n".to_owned()).chain((0..n).map(|at| format!("c{}\n", at % n_classes))).collect()
    };
    for (name, text) in [
        ("labels.csv", labels(40, 2)),
        ("one-class.csv", labels(40, 1)),
        ("short-labels.csv", labels(39, 2)),
        ("no-trials.csv", "subj,category,object_response,condition,imagename\n".to_owned()),
        ("one-level.csv", {
            let trial = |at: usize| format!("s1,cat,{},0.5,im{at}\n", if at.is_multiple_of(3) { "dog" } else { "cat" });
            let trials = (0..30).map(trial);
            std::iter::once("subj,category,object_response,condition,imagename\n".to_owned()).chain(trials).collect()
        }),
        ("choices.csv", "first,second,odd\n0,1,2\n1,2,3\n".to_owned()),
        ("twice.csv", "first,second,odd\n0,1,1\n".to_owned()),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Arguments, and words of the error.
type Case = (&'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    (&["rdm", "ones.npy"], &["ones.npy", "constant"]),
    (&["rdm", "X.npy", "--transform", "geo-topological:0.8:0.2"], &["X.npy", "low quantile"]),
    (&["compare", "nan-rdms.npy", "--with", "rdms.npy"], &["nan-rdms.npy", "matrix 2", "NaN"]),
    (&["compare", "tied.npy", "--with", "rdms.npy"], &["constant"]),
    (&["compare", "models.npy", "--with", "short-rdms.npy"], &["models.npy", "short-rdms.npy", "24", "23"]),
    (&["compare", "nan.npy", "X.npy", "--by", "cka"], &["nan.npy", "unit \"7\" at stimulus \"4\"", "--on-nan"]),
    (&["compare", "ones.npy", "X.npy", "--by", "svcca"], &["ones.npy", "constant"]),
    (&["compare", "X.npy", "A.npy", "--by", "angular-shape-distance:2"], &["from 0 to 1"]),
    (&["compare", "X.npy", "X.npy", "--by", "pearson"], &["X.npy", "dissimilarity"]),
    (&["infer", "--models", "models.npy", "--data", "nan-rdms.npy"], &["nan-rdms.npy", "matrix 2", "NaN"]),
    (&["infer", "--models", "models.npy", "--data", "short-rdms.npy"], &["24", "23"]),
    (&["infer", "--models", "tied.npy", "--data", "rdms.npy", "--samples", "20"], &["constant"]),
    (&["infer", "--models", "models.npy", "--data", "rdms.npy", "--confidence", "1.5"], &["1.5"]),
    (&["encode", "--features", "nan.npy", "--responses", "Y.npy"], &["nan.npy", "unit \"7\" at stimulus \"4\""]),
    (&["encode", "--features", "X.npy", "--responses", "inf.npy"], &["inf.npy", "unit \"5\" at stimulus \"3\""]),
    (&["encode", "--features", "X.npy", "--responses", "ones.npy", "--mapping", "ridge"], &["X.npy", "constant"]),
    (&["encode", "--features", "ones.npy", "--responses", "Y.npy", "--mapping", "ridge"], &["ones.npy", "constant"]),
    (&["encode", "--features", "ones.npy", "--responses", "Y.npy", "--mapping", "ols"], &["ones.npy", "singular"]),
    (
        &["encode", "--features", "X.npy", "--responses", "Y.npy", "--mapping", "kernel-ridge", "--penalties", "-1"],
        &["penalt", "-1"],
    ),
    (&["encode", "--features", "X.npy", "--responses", "Y.npy", "--splits", "kfold:1:1"], &["1", "2"]),
    (&["encode", "--features", "X.npy", "--responses", "Y.npy", "--splits", "kfold:41:1"], &["41", "40"]),
    (&["decode", "inf.npy", "--labels", "labels.csv:class"], &["inf.npy", "unit \"5\" at stimulus \"3\""]),
    (&["decode", "X.npy", "--labels", "one-class.csv:class"], &["class"]),
    (&["decode", "X.npy", "--labels", "short-labels.csv:class"], &["short-labels.csv", "40", "39"]),
    (&["decode", "X.npy", "--labels", "labels.csv:class", "--splits", "kfold:41:1"], &["41", "40"]),
    (&["decode", "none.npy", "--axes", "stimulus,unit,time", "--labels", "labels.csv:class"], &["none.npy", "time"]),
    (&["behave", "no-trials.csv", "--measure", "accuracy"], &["no trial"]),
    (&["behave", "one-level.csv", "--measure", "psychometric"], &["s1", "level"]),
    (&["behave", "one-level.csv", "--measure", "shape-bias"], &["one-level.csv", "shape"]),
    (&["behave", "choices.csv", "--measure", "odd-one-out", "--features", "nan.npy"], &["nan.npy", "unit \"7\""]),
    (&["behave", "choices.csv", "--measure", "odd-one-out", "--rdm", "nan-rdms.npy"], &["nan-rdms.npy", "NaN"]),
    (&["behave", "twice.csv", "--measure", "odd-one-out", "--features", "X.npy"], &["thing"]),
    (&["power", "--models", "nan-rdms.npy", "--noise-to-signal", "1"], &["nan-rdms.npy", "NaN"]),
    (&["power", "--models", "two-tied.npy", "--noise-to-signal", "1", "--experiments", "2"], &["constant"]),
    (&["power", "--models", "models.npy", "--noise-to-signal=-1", "--experiments", "2"], &["-1"]),
    (&["power", "--models", "models.npy", "--pilot", "one-rdm.npy", "--experiments", "2"], &["subjects"]),
    (&["time", "--data", "movies.npy", "--models", "tied.npy"], &["constant"]),
    (&["time", "--data", "movies.npy", "--models", "short-rdms.npy"], &["24", "23"]),
    (&["time", "--data", "movies.npy", "--regions", "nan-rdms.npy"], &["nan-rdms.npy", "NaN"]),
    (&["reweight", "--features", "inf.npy", "--responses", "Y.npy"], &["inf.npy", "unit \"5\" at stimulus \"3\""]),
    (&["reweight", "--features", "X.npy", "--responses", "ones.npy"], &["constant"]),
    (&["reweight", "--features", "X.npy", "--responses", "Y.npy", "--penalties", "-1"], &["penalt", "-1"]),
    (&["reweight", "--features", "X.npy", "--responses", "Y.npy", "--splits", "kfold:41:1"], &["41", "40"]),
    (&["reweight", "--features", "X.npy", "--data", "rdms.npy"], &["40", "24"]),
    (&["spectrum", "nan.npy"], &["nan.npy", "unit \"7\" at stimulus \"4\"", "--on-nan"]),
    (&["spectrum", "inf.npy"], &["inf.npy", "unit \"5\" at stimulus \"3\""]),
    (&["spectrum", "none.npy", "--axes", "stimulus,unit,time"], &["none.npy", "no entry along time"]),
];

#[test]
fn every_command_says_what_it_cannot_use_and_prints_no_number() {
    let folder = tempfile::tempdir().unwrap();
    faulty(folder.path());
    let mut wrong = Vec::new();
    for (arguments, words) in CASES {
        let ran = homolog(folder.path(), arguments);
        let lacks: Vec<&&str> = words.iter().filter(|word| !ran.stderr.contains(**word)).collect();
        if ran.code != Some(2) || !ran.stdout.is_empty() || !lacks.is_empty() || ran.stderr.contains("panicked") {
            wrong.push(format!("{arguments:?}: exit {:?}, lacks {lacks:?}: {}{}", ran.code, ran.stdout, ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn designs_that_are_too_small_to_resample_are_said_to_be_tested_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    geometry(folder.path());
    let power = |subjects: &str, stimuli: &str| {
        let arguments =
            ["power", "--models", "models.npy", "--noise-to-signal", "1", "--experiments", "2", "--samples", "20"];
        homolog(folder.path(), &[&arguments[..], &["--subjects", subjects, "--stimuli", stimuli]].concat())
            .done()
            .stdout
    };
    assert!(power("1", "24").contains("designs of fewer than 5 subjects"));
    assert!(power("6", "12").contains("designs of fewer than 20 stimuli"));
    assert!(!power("6", "24").contains("designs of fewer"));
}
