//! `homolog atlas`: its files, that it repeats itself and goes on where it was, and what it refuses.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, Ran, homolog};

fn atlas(folder: &Path, arguments: &[&str]) -> Ran {
    let fixed = ["atlas", MODEL, "--images", "images", "--out", "out", "--engine", "burn"];
    homolog(folder, &[&fixed[..], arguments].concat())
}

const SMALL: [&str; 14] = [
    "--stage",
    "layer1.2",
    "--grid",
    "3",
    "--neighbours",
    "5",
    "--steps",
    "2",
    "--size",
    "24",
    "--class",
    "4",
    "--class-images",
    "7",
];

#[test]
fn an_atlas_leaves_a_page_pictures_icons_and_the_layout() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 30);
    let ran = atlas(folder.path(), &SMALL);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("all 30 images") && ran.stdout.contains("trustworthiness"), "{}", ran.stdout);
    let out = folder.path().join("out");
    let report: Value = serde_json::from_slice(&fs::read(out.join("atlas.json")).unwrap()).unwrap();
    assert_eq!(report["schema"], "homolog.atlas/1");
    assert_eq!(report["images"].as_array().unwrap().len(), 30);
    assert_eq!(report["stimuli_sha256"].as_str().unwrap().len(), 64);
    let layers = report["layers"].as_array().unwrap();
    let counts = |layer: &Value| -> Vec<u64> {
        layer["cells"].as_array().unwrap().iter().map(|cell| cell["n_images"].as_u64().unwrap()).collect()
    };
    assert_eq!(layers.iter().map(|layer| counts(layer).iter().sum()).collect::<Vec<u64>>(), [30, 7]);
    for cell in layers.iter().flat_map(|layer| layer["cells"].as_array().unwrap()) {
        let icon = image::open(out.join(cell["icon"].as_str().unwrap())).unwrap();
        assert_eq!((icon.width(), icon.height()), (24, 24));
        assert_eq!(cell["images"].as_array().unwrap().len() as u64, cell["n_images"].as_u64().unwrap());
        assert_eq!(cell["classes"].as_array().unwrap().len(), 3);
    }
    // What a class's atlas is of, and what the activations of each cell add to it; the whole stage is of no class.
    assert_eq!(report["class_by"], "attribution");
    let added = |layer: &Value| layer["cells"].as_array().unwrap().iter().all(|cell| cell["attribution"].is_f64());
    assert_eq!(layers.iter().map(added).collect::<Vec<_>>(), [false, true]);
    for file in ["atlas.png", "atlas.svg", "atlas-class-4.png", "atlas-class-4.svg"] {
        assert!(out.join(file).exists(), "{file}");
    }
    let page = fs::read_to_string(out.join("atlas.html")).unwrap();
    assert!(page.contains("data:image/png;base64,") && page.contains("\"image0007\""));
    for loading in ["src=", "<link", "@import", "url(", "fetch(", "http"] {
        assert!(!page.contains(loading), "{loading}");
    }
}

#[test]
fn the_images_of_a_class_can_be_chosen_by_its_output() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 30);
    let report = atlas(folder.path(), &[&SMALL[..], &["--class-by", "output", "--json"]].concat()).done().json();
    assert_eq!(report["class_by"], "output");
    let cells = report["layers"][1]["cells"].as_array().unwrap();
    assert!(cells.iter().all(|cell| cell["attribution"].is_null()));
}

#[test]
fn a_seed_reproduces_the_page_and_a_second_run_finds_its_icons() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 30);
    let page = || fs::read(folder.path().join("out/atlas.html")).unwrap();
    atlas(folder.path(), &SMALL).done();
    let first = page();
    // The icons are kept, and made no second time.
    let state = || {
        fs::metadata(fs::read_dir(folder.path().join("out/state")).unwrap().next().unwrap().unwrap().path()).unwrap()
    };
    assert!(state().len() > 0);
    atlas(folder.path(), &SMALL).done();
    assert_eq!(page(), first);
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    atlas(folder.path(), &SMALL).done();
    assert_eq!(page(), first);
}

#[test]
fn what_cannot_be_drawn_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 12);
    for (arguments, words) in [
        (&["--stage", "layer1.9", "--neighbours", "5"][..], &["no layer \"layer1.9\"", "\"layer1.0\""][..]),
        (&["--stage", "layer1.0"], &["12 images by 20 neighbours", "--neighbours 11"]),
        (&["--stage", "layer1.0", "--neighbours", "5", "--grid", "0"], &["grid of 0", "at least 1"]),
        (&["--stage", "layer1.0", "--neighbours", "1"], &["neighbours of 1", "at least 2"]),
        (&["--stage", "layer1.0", "--neighbours", "5", "--class", "10"], &["class 10", "10 classes (0 to 9)"]),
        (&["--stage", "layer1.0", "--neighbours", "5", "--shrinkage", "0"], &["--shrinkage 0"]),
        (&["--stage", "layer1.0", "--neighbours", "5", "--class-names", "none.txt"], &["\"none.txt\""]),
        (&["--stage", "layer1.0", "--neighbours", "5", "--at-least", "50"], &["no cell", "--at-least"]),
        (&["--stage", "layer1.0", "--neighbours", "5", "--memory", "1MiB"], &["1.0 MiB", "--memory"]),
    ] {
        atlas(folder.path(), arguments).refused(2, words);
    }
}
