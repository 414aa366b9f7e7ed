//! `homolog dissect`: its files, that it repeats itself, and what it refuses.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::input::{images, network, onnx_file};
use crate::program::{MODEL, Ran, homolog};

fn dissect(folder: &Path, arguments: &[&str]) -> Ran {
    homolog(folder, &[&["dissect", MODEL, "--engine", "burn"], arguments].concat())
}

/// Units and their best concepts, from units.csv.
fn units(folder: &Path) -> BTreeMap<(String, String), (String, String)> {
    let text = fs::read_to_string(folder.join("units.csv")).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("stage,unit,category,concept,iou,is_detector,threshold"));
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        ((cells[0].to_owned(), cells[1].to_owned()), (cells[3].to_owned(), cells[4].to_owned()))
    };
    lines.map(line).collect()
}

#[test]
fn a_dissection_leaves_tables_figures_and_pictures_and_repeats_itself_from_its_own_folder() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let common = ["--layers", "layer1.0,layer3.2", "--quantile", "0.02", "--iou", "0.01"];
    let first = ["--images", "12", "--out", "one", "--write-labelled", "set", "--json", "--threads", "2"];
    let report: Value = dissect(place, &[&common[..], &first].concat()).done().json();
    assert_eq!(report["schema"], "homolog.dissect/1");
    assert_eq!((&report["n_images"], &report["quantile"]), (&12.into(), &0.02.into()));
    assert!(report["labelled_sha256"].as_str().unwrap().len() == 64);
    let stages = report["stages"].as_array().unwrap();
    assert_eq!((stages[0]["n_units"].as_u64(), stages[1]["n_units"].as_u64()), (Some(16), Some(64)));
    assert_eq!(stages[0]["upsampling"], "receptive-fields");
    assert!(stages[0]["n_detectors"].as_u64().unwrap() > 0);
    for file in ["labelled-images.png", "detectors.png", "detectors-layer1.0.png", "top-units-layer1.0.png"] {
        let picture = image::open(place.join("one").join(file)).unwrap();
        assert!(picture.width() > 100 && picture.height() > 50, "{file}");
    }
    let own = units(&place.join("one"));
    assert_eq!(own.len(), 80);
    let concepts = fs::read_to_string(place.join("one/concepts.csv")).unwrap();
    assert!(concepts.contains("layer3.2,object,house,"), "{concepts}");

    // The folder has other places for concepts, and the same overlaps.
    let again = ["--labelled", "set", "--out", "two", "--threads", "1"];
    let ran = dissect(place, &[&common[..], &again].concat()).done();
    assert!(ran.stdout.contains("layer3.2") && ran.stdout.contains("in two"), "{}", ran.stdout);
    let read = units(&place.join("two"));
    for (unit, (concept, iou)) in &own {
        let (other_concept, other_iou) = &read[unit];
        assert_eq!(iou, other_iou, "{unit:?}");
        // A unit that overlaps with nothing is put to the first concept, which is another one in the folder.
        assert!(concept == other_concept || iou == "0", "{unit:?}: {concept} and {other_concept}");
    }
}

#[test]
fn classes_are_scored_without_the_detectors_of_a_concept() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let mut table = "stimulus_id,class\n".to_owned();
    (0..12).for_each(|image| table.push_str(&format!("scene_{image:04},{}\n", image % 10)));
    fs::write(place.join("classes.csv"), table).unwrap();
    let arguments = [
        "--layers",
        "layer3.2",
        "--images",
        "12",
        "--iou",
        "0.002",
        "--ablate",
        "all",
        "--classes",
        "classes.csv",
        "--out",
        "out",
        "--json",
    ];
    let report = dissect(place, &arguments).done().json();
    let ablations = report["ablations"].as_array().unwrap();
    assert!(!ablations.is_empty());
    for ablation in ablations {
        assert!(!ablation["units"].as_array().unwrap().is_empty());
        assert_eq!(ablation["classes"].as_array().unwrap().len(), 10);
        assert!(ablation["before"]["accuracy"].as_f64().unwrap() <= 1.0);
    }
    let changed = |ablation: &Value| ablation["before"]["mean_output"] != ablation["after"]["mean_output"];
    assert!(ablations.iter().any(changed));
    let text = fs::read_to_string(place.join("out/ablations.csv")).unwrap();
    assert_eq!(text.lines().count(), 1 + 10 * ablations.len());
}

#[test]
fn what_cannot_be_dissected_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    images(&place.join("mixed/images"), 3);
    fs::create_dir_all(place.join("mixed/masks/colour/red")).unwrap();
    for name in ["image0001", "image0009"] {
        fs::copy(place.join("mixed/images/image0001.png"), place.join(format!("mixed/masks/colour/red/{name}.png")))
            .unwrap();
    }
    images(&place.join("none"), 1);
    fs::write(place.join("classes.csv"), "stimulus_id,class\nscene_0000,1\n").unwrap();
    let few = ["--images", "2", "--layers", "layer1.0"];
    for (arguments, words) in [
        (&["--layers", "layer9"][..], &["no layer \"layer9\""][..]),
        (
            &["--layers", "layer1.0", "--labelled", "mixed"],
            &["1 of 2 masks have no image (\"image0009\")", "2 of 3 images have no mask (\"image0002\""],
        ),
        (&["--layers", "layer1.0", "--labelled", "none"], &["no folder \"images\"", "masks/CATEGORY/CONCEPT"]),
        (&[&few[..], &["--quantile", "1.5"]].concat(), &["share of positions of 1.5"]),
        (&[&few[..], &["--iou", "2"]].concat(), &["--iou 2"]),
        (&[&few[..], &["--memory", "1MiB"]].concat(), &["--memory"]),
        (&[&few[..], &["--ablate", "rad", "--classes", "@object"]].concat(), &["no concept \"rad\"", "\"red\""]),
        (&[&few[..], &["--ablate", "red", "--classes", "@object"]].concat(), &["10 outputs", "\"car\""]),
        (&[&few[..], &["--ablate", "red", "--classes", "@thing"]].concat(), &["no property \"thing\"", "\"object\""]),
        (&[&few[..], &["--ablate", "red", "--classes", "folders"]].concat(), &["\"scene_0000\"", "lies in none"]),
        (&[&few[..], &["--ablate", "red", "--classes", "classes.csv"]].concat(), &["scene_0001"]),
        (&[&few[..], &["--labelled", "mixed"]].concat(), &["--labelled"]),
    ] {
        dissect(place, &[arguments, &["--out", "out"]].concat()).refused(2, words);
    }
    let mut graph = network();
    graph.outputs = vec![graph.stages.first().unwrap().value.clone()];
    onnx_file(place, "maps.onnx", &graph);
    let arguments = [
        "dissect",
        "maps.onnx",
        "--layers",
        "all",
        "--images",
        "2",
        "--preprocessing",
        "unit-32",
        "--ablate",
        "red",
        "--classes",
        "@object",
        "--out",
        "out",
    ];
    homolog(place, &arguments).refused(2, &["by class", "an output of shape"]);
}
