//! What the commands of statistics refuse, and that threads change nothing.

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2, Array3, Axis, s};

use crate::program::{Ran, homolog};
use crate::statistics::{features, geometry, matrix, number, write};

/// Responses (20 stimuli, 4 units, 3 repetitions) of which stimulus 7 lacks repetition 1: whole, or in unit 2 alone.
fn repeated(folder: &Path) -> (Array3<f64>, Array3<f64>) {
    let trials = Array3::from_shape_fn((20, 4, 3), |(a, b, c)| number(a * 1_000 + b * 10 + c + 31_000));
    let (mut whole, mut part) = (trials.clone(), trials);
    whole.slice_mut(s![7, .., 1]).fill(f64::NAN);
    part[[7, 2, 1]] = f64::NAN;
    write(folder, "whole.npy", &whole);
    write(folder, "part.npy", &part);
    (whole, part)
}

#[test]
fn repetition_that_is_missing_in_part_is_refused_by_every_command_and_a_whole_one_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    repeated(folder.path());
    write(folder.path(), "X.npy", &matrix(20, 6, 1));
    let labels: String =
        std::iter::once("class\n".to_owned()).chain((0..20).map(|at| format!("c{}\n", at % 2))).collect();
    fs::write(folder.path().join("labels.csv"), labels).unwrap();
    let axes = ["--axes", "stimulus,unit,repetition"];
    let run = |file: &str, before: &[&str], after: &[&str]| -> Ran {
        homolog(folder.path(), &[before, &[file], after, &axes].concat())
    };
    let commands: [(&[&str], &[&str]); 6] = [
        (&["rdm"], &[]),
        (&["rdm"], &["--measure", "crossnobis"]),
        (&["compare", "X.npy"], &["--by", "cka"]),
        (&["encode", "--features", "X.npy", "--responses"], &["--mapping", "ols", "--splits", "kfold:4:1"]),
        (&["decode"], &["--labels", "labels.csv:class", "--decoder", "lda"]),
        (&["reweight", "--features", "X.npy", "--responses"], &["--splits", "kfold:4:1"]),
    ];
    for (before, after) in commands {
        if before[0] == "compare" {
            // --axes speaks of every input of the command, so the features are repeated too.
            let file = folder.path().join("X3.npy");
            let x: Array2<f64> = ndarray_npy::read_npy(folder.path().join("X.npy")).unwrap();
            ndarray_npy::write_npy(file, &x.insert_axis(Axis(2))).unwrap();
            run("part.npy", &["compare", "X3.npy"], after)
                .refused(2, &["part.npy", "unit \"2\" at stimulus \"7\"", "repetition 1"]);
            run("whole.npy", &["compare", "X3.npy"], after).done();
            continue;
        }
        let refused = run("part.npy", before, after);
        refused.refused(2, &["part.npy", "unit \"2\" at stimulus \"7\"", "repetition 1", "--on-nan"]);
        assert_eq!(refused.stdout, "", "{before:?}");
        run("whole.npy", before, after).done();
    }
    let told = run("part.npy", &["rdm"], &["--on-nan", "drop-unit"]).done();
    assert!(told.stdout.contains("1 units with missing values left out (2)"), "{}", told.stdout);
}

#[test]
fn mean_over_repetitions_is_of_those_that_happened() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, _) = repeated(folder.path());
    let mut mean = whole.mean_axis(Axis(2)).unwrap();
    mean.row_mut(7).assign(&((&whole.slice(s![7, .., 0]) + &whole.slice(s![7, .., 2])) / 2.0));
    write(folder.path(), "mean.npy", &mean);
    let rdm = |arguments: &[&str]| homolog(folder.path(), &[&["rdm"], arguments, &["--json"]].concat()).done().json();
    let ours = rdm(&["whole.npy", "--axes", "stimulus,unit,repetition"])["dissimilarities"].clone();
    let expected = rdm(&["mean.npy"])["dissimilarities"].clone();
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value[0].as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
    };
    assert!(numbers(&ours).iter().zip(numbers(&expected)).all(|(a, b)| (a - b).abs() < 1e-12));
}

#[test]
fn numbers_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut x = features(folder.path());
    geometry(folder.path());
    let run = |arguments: &[&str]| homolog(folder.path(), arguments);
    x[[3, 5]] = f64::INFINITY;
    write(folder.path(), "inf.npy", &x);
    run(&["rdm", "inf.npy"]).refused(2, &["inf.npy", "inf in unit \"5\" at stimulus \"3\""]);
    run(&["encode", "--features", "inf.npy", "--responses", "Y.npy"])
        .refused(2, &["inf.npy", "unit \"5\" at stimulus \"3\""]);
    // A pattern that is the same for all units has no correlation.
    x.row_mut(3).fill(2.0);
    write(folder.path(), "constant.npy", &x);
    run(&["rdm", "constant.npy"]).refused(2, &["constant.npy", "3", "constant"]);
    // More units than residuals: a full covariance is singular.
    let trials = Array3::from_shape_fn((5, 30, 3), |(a, b, c)| number(a * 3_001 + b * 17 + c));
    write(folder.path(), "few.npy", &trials);
    let mahalanobis =
        ["rdm", "few.npy", "--axes", "stimulus,unit,repetition", "--measure", "squared-mahalanobis-per-unit"];
    run(&[&mahalanobis[..], &["--noise", "full"]].concat()).refused(2, &["few.npy", "singular"]);
    run(&mahalanobis).done();
    // Ranks that are all tied.
    let tied = Array1::from_elem(276, 1.0);
    write(folder.path(), "tied.npy", &tied);
    for comparator in ["spearman", "rho-a", "tau-a", "tau-b", "pearson"] {
        let arguments =
            ["infer", "--models", "tied.npy", "--data", "rdms.npy", "--comparator", comparator, "--samples", "50"];
        let refused = run(&arguments);
        refused.refused(2, &["constant"]);
        assert_eq!(refused.stdout, "", "{comparator}");
    }
    // A time axis without an entry.
    write(folder.path(), "none.npy", &Array3::<f64>::zeros((10, 4, 0)));
    run(&["rdm", "none.npy", "--axes", "stimulus,unit,time"]).refused(2, &["none.npy", "no entry along time"]);
    run(&["decode", "none.npy", "--axes", "stimulus,unit,time", "--variable", "none.npy"]).refused(2, &["none.npy"]);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    features(folder.path());
    geometry(folder.path());
    let movies = Array3::from_shape_fn((6, 5, 276), |(a, b, c)| 1.5 + number(a * 9_001 + b * 401 + c));
    write(folder.path(), "movies.npy", &movies);
    let labels: String =
        std::iter::once("class\n".to_owned()).chain((0..40).map(|at| format!("c{}\n", at % 2))).collect();
    fs::write(folder.path().join("labels.csv"), labels).unwrap();
    let trials: String = std::iter::once("subj,category,object_response,imagename,distractor\n".to_owned())
        .chain((0..960).map(|at| {
            let (truth, other) = if at % 4 < 2 { ("cat", "dog") } else { ("dog", "cat") };
            let answer = if number(at + 77) < 0.3 { truth } else { other };
            format!("s{},{truth},{answer},im{},{other}\n", at / 24 % 2, at % 24)
        }))
        .collect();
    fs::write(folder.path().join("trials.csv"), trials).unwrap();
    let commands: [&[&str]; 12] = [
        &["rdm", "X.npy"],
        &["spectrum", "X.npy", "A.npy", "--components", "2:5"],
        &["reweight", "--features", "X.npy", "--responses", "Y.npy", "--splits", "kfold:4:1"],
        &["behave", "trials.csv", "--measure", "i2"],
        &["compare", "A.npy", "X.npy", "--by", "rbf-cka"],
        &["compare", "A.npy", "X.npy", "--by", "angular-shape-distance:0.4"],
        &["infer", "--models", "models.npy", "--data", "rdms.npy", "--comparator", "tau-a", "--samples", "60"],
        &["infer", "--models", "weighted:models.npy", "--data", "rdms.npy", "--samples", "20"],
        &[
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
        ],
        &["decode", "X.npy", "--labels", "labels.csv:class", "--permutations", "20", "--manifolds"],
        &["time", "--data", "movies.npy", "--models", "models.npy", "--across-time", "between"],
        &[
            "power",
            "--models",
            "models.npy",
            "--noise-to-signal",
            "30",
            "--subjects",
            "6",
            "--experiments",
            "20",
            "--samples",
            "40",
            "--units",
            "12",
        ],
    ];
    for command in commands {
        let with = |threads: &str| {
            homolog(folder.path(), &[command, &["--json", "--threads", threads]].concat()).done().stdout
        };
        assert_eq!(with("1"), with("2"), "{command:?}");
    }
}

/// Matrices of subjects in netCDF (subject, stimulus, stimulus), with ids in their order, as xarray writes them.
fn netcdf_rdms(path: &Path, rdms: &Array2<f64>, ids: &[String]) {
    use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
    let n = ids.len();
    let mut file = NcFileBuilder::new();
    let subjects = file.add_dimension("subject", rdms.nrows() as u64).unwrap();
    let stimuli = file.add_dimension("stimulus", n as u64).unwrap();
    let again = file.add_dimension("stimulus_again", n as u64).unwrap();
    let names = file.add_string_variable("subject", &[subjects]).unwrap();
    let labels: Vec<String> = (1..=rdms.nrows()).map(|subject| format!("s{subject}")).collect();
    file.write_string_variable(names, &labels).unwrap();
    let stimulus_ids = file.add_string_variable("stimulus_id", &[stimuli]).unwrap();
    file.write_string_variable(stimulus_ids, ids).unwrap();
    let data = file.add_variable::<f64>("rdms", &[subjects, stimuli, again]).unwrap();
    let coordinates = NcAttrValue::Chars("stimulus_id subject".to_owned());
    file.add_variable_attribute(data, "coordinates", coordinates).unwrap();
    let values: Vec<f64> =
        rdms.rows().into_iter().flat_map(|row| homolog_stats::rdm::matrix_from_pairs(row).unwrap()).collect();
    file.write_variable(data, &values).unwrap();
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn matrices_in_netcdf_are_joined_by_id_and_named_by_their_coordinates() {
    let folder = tempfile::tempdir().unwrap();
    geometry(folder.path());
    let rdms: Array2<f64> = ndarray_npy::read_npy(folder.path().join("rdms.npy")).unwrap();
    let models: Array2<f64> = ndarray_npy::read_npy(folder.path().join("models.npy")).unwrap();
    let ids: Vec<String> = (0..24).map(|stimulus| format!("im{stimulus:02}")).collect();
    netcdf_rdms(&folder.path().join("subjects.nc"), &rdms, &ids);
    // The models' stimuli stand the other way round.
    let backwards: Vec<usize> = (0..24).rev().collect();
    let turned: Vec<f64> = models
        .rows()
        .into_iter()
        .flat_map(|row| homolog_stats::rdm::select_stimuli(row, &backwards).unwrap().to_vec())
        .collect();
    let turned = Array2::from_shape_vec(models.dim(), turned).unwrap();
    netcdf_rdms(&folder.path().join("models.nc"), &turned, &ids.iter().rev().cloned().collect::<Vec<_>>());
    let json = |arguments: &[&str]| homolog(folder.path(), &[arguments, &["--json"]].concat()).done().json();
    let compared = json(&["compare", "models.nc", "--with", "subjects.nc", "--by", "pearson"]);
    assert_eq!(compared["columns"][5], serde_json::json!("subject s6"));
    let plain = json(&["compare", "models.npy", "--with", "rdms.npy", "--by", "pearson"]);
    let values = |object: &serde_json::Value| -> Vec<f64> {
        let rows = object["values"].as_array().unwrap();
        rows.iter().flat_map(|row| row.as_array().unwrap().iter().map(|value| value.as_f64().unwrap())).collect()
    };
    assert!(values(&compared).iter().zip(values(&plain)).all(|(a, b)| (a - b).abs() < 1e-12));
    let infer = |models: &str, data: &str| {
        json(&["infer", "--models", models, "--data", data, "--samples", "100", "--comparator", "tau-a"])
    };
    let (by_id, by_position) = (infer("models.nc", "subjects.nc"), infer("models.npy", "rdms.npy"));
    for model in 0..2 {
        let value = |object: &serde_json::Value| object["models"][model]["value"].as_f64().unwrap();
        assert!((value(&by_id) - value(&by_position)).abs() < 1e-12);
    }
    netcdf_rdms(&folder.path().join("others.nc"), &turned, &ids.iter().map(|id| format!("{id}b")).collect::<Vec<_>>());
    homolog(folder.path(), &["compare", "others.nc", "--with", "subjects.nc"])
        .refused(2, &["others.nc", "subjects.nc", "im00"]);
}
