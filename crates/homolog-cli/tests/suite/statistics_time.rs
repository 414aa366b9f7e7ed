//! `homolog time`: matrices over time against models, regions and other times.

use std::fs;
use std::path::Path;

use ndarray::{Array1, Array2, Array3, Axis, s, stack};
use serde_json::{Value, json};

use crate::program::homolog;
use crate::statistics::{correlation_distances, matrix, number, write};

const SUBJECTS: usize = 8;
const BINS: usize = 20;

/// Eight subjects whose matrices hold the first geometry in bins 6 to 9 and the second in bins 13 to 16, and noise at all times.
fn experiment(folder: &Path) -> Array2<f64> {
    let first = Array1::from(correlation_distances(matrix(12, 10, 3).view()));
    // These two correlate at 0.0001 over pairs.
    let second = Array1::from(correlation_distances(matrix(12, 10, 16).view()));
    let movies = Array3::from_shape_fn((SUBJECTS, BINS, first.len()), |(subject, bin, pair)| {
        let noise = number(subject * 100_003 + bin * 1_009 + pair + 9_000_000);
        let signal = match bin {
            6..=9 => first[pair],
            13..=16 => second[pair],
            _ => 0.0,
        };
        1.5 + signal + 0.6 * noise
    });
    write(folder, "meg.npy", &movies);
    let models = stack(Axis(0), &[first.view(), second.view()]).unwrap();
    write(folder, "models.npy", &models);
    // Three subjects of a region that holds the second geometry.
    let region = Array2::from_shape_fn((3, first.len()), |(subject, pair)| {
        second[pair] + 0.2 * number(subject * 77_003 + pair + 5_000_000)
    });
    write(folder, "IT.npy", &region);
    models
}

fn significant(course: &Value) -> Vec<(f64, f64)> {
    let clusters = course["clusters"].as_array().unwrap();
    let found = clusters.iter().filter(|one| one["p"].as_f64().unwrap() < 0.05 && one["mass"].as_f64().unwrap() > 0.0);
    found.map(|one| (one["from"].as_f64().unwrap(), one["to"].as_f64().unwrap())).collect()
}

#[test]
fn models_and_regions_are_found_at_their_times() {
    let folder = tempfile::tempdir().unwrap();
    experiment(folder.path());
    let arguments = [
        "time",
        "--data",
        "meg.npy",
        "--models",
        "models.npy",
        "--regions",
        "IT.npy",
        "--times",
        "-100:25",
        "--json",
        "--plot",
        "time.png",
        "--report",
        "time.html",
    ];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!((&object["schema"], &object["n_subjects"]), (&json!("homolog.time/1"), &json!(8)));
    assert_eq!(object["times"][4], json!(0.0));
    let courses = object["courses"].as_array().unwrap();
    assert_eq!(courses.len(), 3);
    // Bin 6 begins at 50 ms, bin 9 at 125; bin 13 at 225, bin 16 at 300.
    assert_eq!(significant(&courses[0]), [(50.0, 125.0)], "{object}");
    assert_eq!(significant(&courses[1]), [(225.0, 300.0)]);
    assert_eq!((&courses[2]["kind"], &courses[2]["name"]), (&json!("region"), &json!("IT")));
    assert_eq!(significant(&courses[2]), [(225.0, 300.0)]);
    let (mean, interval) = (&courses[0]["mean"][7], &courses[0]["interval"][7]);
    assert!(interval[0].as_f64() < mean.as_f64() && mean.as_f64() < interval[1].as_f64());
    assert_eq!(object["ceiling"].as_array().map(Vec::len), Some(BINS));
    assert!(image::open(folder.path().join("time.png")).unwrap().width() > 300);
    let page = fs::read_to_string(folder.path().join("time.html")).unwrap();
    assert!(page.contains("Representations over time") && page.contains("sha256"));
}

#[test]
fn a_geometry_lasts_while_it_is_there_and_noise_is_not_tested() {
    let folder = tempfile::tempdir().unwrap();
    experiment(folder.path());
    let arguments = ["time", "--data", "meg.npy", "--across-time", "between", "--json", "--plot", "across.svg"];
    let object = homolog(folder.path(), &arguments).done().json();
    let clusters = object["across_time"]["clusters"].as_array().unwrap();
    let points = clusters
        .iter()
        .filter(|one| one["p"].as_f64().unwrap() < 0.05 && one["mass"].as_f64().unwrap() > 0.0)
        .flat_map(|one| one["points"].as_array().unwrap().iter().map(|point| point.as_u64().unwrap() as usize));
    let points: Vec<(usize, usize)> = points.map(|point| (point / BINS, point % BINS)).collect();
    let inside = |(own, other): &(usize, usize)| {
        [6..=9, 13..=16].iter().any(|times| times.contains(own) && times.contains(other))
    };
    assert!(points.iter().filter(|point| inside(point)).count() == 32, "{points:?}");
    assert!(points.len() < 40, "clusters end where the geometry does: {points:?}");
    assert!(fs::read_to_string(folder.path().join("across.svg")).unwrap().starts_with("<svg"));
    let told = homolog(folder.path(), &["time", "--data", "meg.npy", "--across-time", "within"]).done();
    assert!(told.stdout.contains("nothing is tested"), "{}", told.stdout);
}

#[test]
fn responses_over_time_become_matrices_over_time() {
    let folder = tempfile::tempdir().unwrap();
    let responses = Array3::from_shape_fn((6, 10, 3), |(a, b, c)| number(a * 100 + b * 7 + c * 7_919 + 4_000));
    let subjects = stack(Axis(0), &[responses.view(), (&responses * 1.5 + 0.1).view()]).unwrap();
    write(folder.path(), "R.npy", &subjects);
    homolog(folder.path(), &["rdm", "R.npy", "--axes", "subject,stimulus,unit,time", "--out", "rdm.npy"]).done();
    let written: Array3<f64> = ndarray_npy::read_npy(folder.path().join("rdm.npy")).unwrap();
    assert_eq!(written.dim(), (2, 3, 15));
    let expected = correlation_distances(responses.slice(s![.., .., 1]));
    assert!(expected.iter().zip(written.slice(s![0, 1, ..])).all(|(a, b)| (a - b).abs() < 1e-12));
    let object =
        homolog(folder.path(), &["time", "--data", "rdm.npy", "--across-time", "within", "--json"]).done().json();
    assert_eq!((&object["n_subjects"], &object["time_axis"]), (&json!(2), &json!("time bin")));
}

#[test]
fn what_time_cannot_do_is_said() {
    let folder = tempfile::tempdir().unwrap();
    experiment(folder.path());
    let time = |more: &[&str]| homolog(folder.path(), &[&["time", "--data", "meg.npy"], more].concat());
    time(&[]).refused(2, &["--models, --regions or --across-time"]);
    time(&["--models", "models.npy", "--times", "0:0"]).refused(2, &["FIRST:STEP", "step above 0"]);
    time(&["--models", "models.npy", "--forming-p", "0.7"]).refused(2, &["forms clusters", "0.7"]);
    write(folder.path(), "none.npy", &Array3::<f64>::zeros((2, 0, 66)));
    homolog(folder.path(), &["time", "--data", "none.npy", "--models", "models.npy"])
        .refused(2, &["none.npy", "no axis of time bins with an entry"]);
    let meg: Array3<f64> = ndarray_npy::read_npy(folder.path().join("meg.npy")).unwrap();
    write(folder.path(), "few.npy", &meg.slice(s![..3, .., ..]).to_owned());
    let told = homolog(folder.path(), &["time", "--data", "few.npy", "--models", "models.npy"]).done();
    assert!(told.stdout.contains("3 subjects are too few for a cluster test"), "{}", told.stdout);
    write(folder.path(), "short.npy", &meg.slice(s![.., ..5, ..]).to_owned());
    homolog(folder.path(), &["time", "--data", "meg.npy", "--data", "short.npy", "--models", "models.npy"])
        .refused(2, &["20 time bins", "short.npy", "has 5"]);
    let mut nan = meg;
    nan[[1, 2, 3]] = f64::NAN;
    write(folder.path(), "nan.npy", &nan);
    homolog(folder.path(), &["time", "--data", "nan.npy", "--models", "models.npy"]).refused(2, &["nan.npy", "NaN"]);
}
