//! `homolog spectrum`: effective dimensionality and eigenspectra.

use std::fs;

use ndarray::{Array2, Array3, Axis, stack};
use serde_json::json;

use crate::program::homolog;
use crate::statistics::{matrix, number, write};

/// Sixty stimuli and thirty independent units, the n-th with the n-th variance of a power law with exponent 1.2.
fn power_law() -> Array2<f64> {
    Array2::from_shape_fn((60, 30), |(stimulus, unit)| {
        let size = ((unit + 1) as f64).powf(-0.6);
        if stimulus / 2 == unit { if stimulus % 2 == 0 { size } else { -size } } else { 0.0 }
    })
}

#[test]
fn a_power_law_and_its_dimensionality_are_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let x = power_law();
    write(folder.path(), "X.npy", &x);
    write(folder.path(), "few.npy", &matrix(60, 5, 3));
    let arguments = ["spectrum", "X.npy", "few.npy", "--json", "--plot", "s.png", "--report", "s.html"];
    let object = homolog(folder.path(), &arguments).done().json();
    assert_eq!((&object["schema"], &object["n_stimuli"]), (&json!("homolog.spectrum/1"), &json!(60)));
    let found = &object["spectra"][0];
    assert!((found["power_law"]["exponent"].as_f64().unwrap() - 1.2).abs() < 1e-9, "{found}");
    assert_eq!((&found["power_law"]["components"], &found["n_units"]), (&json!([11, 30]), &json!(30)));
    let variances: Vec<f64> = (1..=30).map(|n| f64::from(n).powf(-1.2)).collect();
    let sum: f64 = variances.iter().sum();
    let expected = sum * sum / variances.iter().map(|value| value * value).sum::<f64>();
    assert!((found["effective_dimensionality"].as_f64().unwrap() - expected).abs() < 1e-9);
    // Five units have no eleventh component.
    assert!(object["spectra"][1]["power_law"].is_null());
    assert!(object["notes"].to_string().contains("no power law was fitted to 1 of 2 (first: few.npy)"), "{object}");
    for name in ["s.png", "s-dimensionality.png"] {
        assert!(image::open(folder.path().join(name)).unwrap().width() > 300, "{name}");
    }
    assert!(fs::read_to_string(folder.path().join("s.html")).unwrap().contains("participation ratio"));
    let table = homolog(folder.path(), &["spectrum", "X.npy", "--components", "2:9"]).done();
    assert!(table.stdout.contains("1.200") && table.stdout.contains("2 to 9"), "{}", table.stdout);
}

#[test]
fn repetitions_take_the_noise_out_of_the_spectrum() {
    let folder = tempfile::tempdir().unwrap();
    let x = power_law();
    let noise = Array3::from_shape_fn((4, 60, 30), |(a, b, c)| 0.05 * number(a * 100_003 + b * 1_009 + c + 40));
    write(folder.path(), "R.npy", &(noise + &x.insert_axis(Axis(0))));
    let spectrum = |more: &[&str]| {
        let arguments = ["spectrum", "R.npy", "--axes", "repetition,stimulus,unit", "--components", "2:8"];
        homolog(folder.path(), &[&arguments[..], more].concat())
    };
    let object = spectrum(&["--json"]).done().json();
    let found = &object["spectra"][0];
    assert_eq!(found["cross_validated"], json!(true));
    let sum = |name: &str| found[name].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).sum::<f64>();
    // Unit n has the variance 2 n^-1.2 / 59; noise of variance 0.0025 / 3 over four repetitions adds to the mean's alone.
    let signal: f64 = (1..=30).map(|n| 2.0 * f64::from(n).powf(-1.2) / 59.0).sum();
    let noise = 30.0 * 0.0025 / 3.0 / 4.0;
    assert!((sum("variances") / (signal + noise) - 1.0).abs() < 0.04, "{}", sum("variances"));
    assert!((sum("shared_variances") / signal - 1.0).abs() < 0.04, "{} {signal}", sum("shared_variances"));
    let mut torn: Array3<f64> = ndarray_npy::read_npy(folder.path().join("R.npy")).unwrap();
    for repetition in 1..4 {
        torn.slice_mut(ndarray::s![repetition, 5, ..]).fill(f64::NAN);
    }
    write(folder.path(), "R.npy", &torn);
    spectrum(&[]).refused(2, &["R.npy", "stimulus \"5\" has fewer than two repetitions"]);
    torn[[0, 7, 2]] = f64::NAN;
    write(folder.path(), "R.npy", &torn);
    spectrum(&[]).refused(2, &["R.npy", "unit \"2\" at stimulus \"7\"", "repetition 0"]);
}

#[test]
fn subjects_are_taken_one_by_one_and_what_has_no_spectrum_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let x = power_law();
    write(folder.path(), "S.npy", &stack(Axis(0), &[x.view(), (&x * 3.0).view()]).unwrap());
    let object =
        homolog(folder.path(), &["spectrum", "S.npy", "--axes", "subject,stimulus,unit", "--json"]).done().json();
    let names: Vec<&str> = (0..2).map(|at| object["spectra"][at]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["S.npy subject 0", "S.npy subject 1"]);
    let dimensionality = |at: usize| object["spectra"][at]["effective_dimensionality"].as_f64().unwrap();
    assert!((dimensionality(0) - dimensionality(1)).abs() < 1e-9, "a scale changes no dimensionality");
    write(folder.path(), "X.npy", &x);
    write(folder.path(), "flat.npy", &Array2::<f64>::ones((20, 6)));
    write(folder.path(), "one.npy", &matrix(1, 6, 3));
    let spectrum = |arguments: &[&str]| homolog(folder.path(), &[&["spectrum"], arguments].concat());
    spectrum(&["flat.npy"]).refused(2, &["flat.npy", "constant"]);
    spectrum(&["one.npy"]).refused(2, &["one.npy", "1"]);
    spectrum(&["X.npy", "--components", "11:400"]).refused(2, &["X.npy", "400"]);
    spectrum(&["X.npy", "--components", "9:3"]).refused(2, &["FIRST:LAST", "9:3"]);
    spectrum(&["X.npy", "--components", "eleven"]).refused(2, &["FIRST:LAST", "eleven"]);
}
