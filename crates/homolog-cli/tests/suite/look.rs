//! `homolog look`: its files, that it repeats itself, and what it refuses.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, Ran, homolog};

fn look(folder: &Path, arguments: &[&str]) -> Ran {
    homolog(folder, &[&["look", MODEL, "--out", "out", "--engine", "burn"], arguments].concat())
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("out/look.json")).unwrap()).unwrap()
}

#[test]
fn a_look_leaves_pictures_trajectories_and_how_to_make_them_again() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 12);
    let arguments = [
        "--channels",
        "layer1.0:0-1",
        "--objective",
        "-layer1.0[3,4,5]",
        "--steps",
        "6",
        "--examples",
        "images",
        "--n-examples",
        "2",
        "--seed",
        "3",
    ];
    let ran = look(folder.path(), &arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("layer1.0:1") && ran.stdout.contains("done"), "{}", ran.stdout);
    let report = report(folder.path());
    assert_eq!(report["schema"], "homolog.look/1");
    assert_eq!(report["seed"], 3);
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        let picture = image::open(folder.path().join("out").join(result["files"][0].as_str().unwrap())).unwrap();
        assert_eq!((picture.width(), picture.height()), (32, 32));
        let trajectory = result["trajectory"].as_array().unwrap();
        assert_eq!(trajectory.len(), 6);
        let figure = result["trajectory_file"].as_str().unwrap();
        let figure = image::open(folder.path().join("out").join(figure)).unwrap();
        assert!(figure.width() > 500, "{}", figure.width());
        assert_eq!(result["examples"]["maximal"].as_array().unwrap().len(), 2);
        assert!(folder.path().join("out").join(result["examples_sheet"].as_str().unwrap()).exists());
    }
    assert!(folder.path().join("out/contact-sheet.png").exists());
    // 16 channels with two highest, two lowest and three in between.
    let table = fs::read_to_string(folder.path().join("out/examples.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 16 * 7);

    let first = fs::read(folder.path().join("out/layer1.0_1.png")).unwrap();
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    let alone = ["--objective", "layer1.0:1", "--steps", "6", "--seed", "3", "--threads", "1"];
    assert_eq!(look(folder.path(), &alone).code, Some(0));
    assert_eq!(fs::read(folder.path().join("out/layer1.0_1.png")).unwrap(), first);
}

#[test]
fn an_image_can_be_inverted_and_accentuated() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let arguments = [
        "--objective",
        "layer1.0:2 + 0.5*inversion(layer1.0)",
        "--image",
        "images/image0001.png",
        "--start",
        "images/image0001.png",
        "--steps",
        "3",
        "--json",
    ];
    let ran = look(folder.path(), &arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let printed: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(printed["starts_from"], "an image");
}

#[test]
fn what_cannot_be_looked_at_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--objective", "layer1.0:99"][..], &["channel 99", "has 16"][..]),
        (&["--objective", "layer1.9:0"], &["no layer \"layer1.9\"", "\"layer1.0\""]),
        (&["--objective", "layer1.0:"], &["cannot read the objective", "whole number"]),
        (&["--objective", "inversion(layer1.0)"], &["--image"]),
        (&["--objective", "layer1.0", "--param", "furier"], &["\"fourier\""]),
        (&["--objective", "layer1.0", "--param", "fourier", "--regularizer", "bilateral"], &["--param pixels"]),
        (&["--objective", "layer1.0", "--size", "two"], &["--size \"two\""]),
        (&["--objective", "layer1.0", "--start", "none.png"], &["\"none.png\""]),
        (&["--objective", "layer1.0", "--memory", "1MiB"], &["cannot optimise within 1.0 MiB", "--memory"]),
        (&["--channels", "layer1.0:5-2"], &["STAGE:FIRST-LAST"]),
    ] {
        look(folder.path(), arguments).refused(2, words);
    }
}
