//! `homolog attribute`: its files, that it repeats itself, and what it refuses.

use std::fs;
use std::path::Path;

use ndarray::{Array2, Array3};
use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, Ran, assert_same_files, homolog};

fn attribute(folder: &Path, arguments: &[&str]) -> Ran {
    homolog(folder, &[&["attribute", MODEL, "images", "--engine", "burn"], arguments].concat())
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("out/attribute.json")).unwrap()).unwrap()
}

#[test]
fn maps_of_several_images_come_with_their_sums_a_contact_sheet_and_how_to_make_them_again() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 2);
    let methods = "input-x-gradient,integrated-gradients,lrp-0,grad-cam,rise";
    let arguments = ["--method", methods, "--steps", "4", "--masks", "8", "--seed", "3", "--curves", "4", "--out"];
    let ran = attribute(folder.path(), &[&arguments[..], &["out"]].concat()).done();
    assert!(ran.stdout.contains("integrated-gradients") && ran.stdout.contains("gap"), "{}", ran.stdout);
    let report = report(folder.path());
    assert_eq!((&report["schema"], &report["seed"]), (&"homolog.attribute/1".into(), &3.into()));
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 2 * 5);
    for result in results {
        let file = |name: &str| folder.path().join("out").join(result[name].as_str().unwrap());
        let map: Array3<f32> = ndarray_npy::read_npy(file("map")).unwrap();
        assert_eq!(&map.shape()[1..], [32, 32]);
        let sum: f64 = map.iter().copied().map(f64::from).sum();
        assert!((sum - result["sum"].as_f64().unwrap()).abs() < 1e-6);
        for name in ["picture", "overlay"] {
            let picture = image::open(file(name)).unwrap().to_rgb8();
            assert_eq!(picture.dimensions(), (32, 32));
            // A picture of one colour shows nothing.
            assert!(picture.pixels().any(|pixel| pixel != picture.get_pixel(0, 0)), "{name} of {}", result["method"]);
        }
        assert!(result["objective"].as_str().unwrap().starts_with("logit:"));
        assert!(result["curves"]["of"].as_str().unwrap().starts_with("probability:"));
        let deletion = result["curves"]["deletion"]["values"].as_array().unwrap();
        assert_eq!(deletion.len(), 5);
        match result["method"].as_str().unwrap() {
            "integrated-gradients" => assert!(result["balance"]["gap"].is_number()),
            "lrp-0" => assert!(result["balance"]["start"].is_number() && result["balance"]["kept"].is_array()),
            "grad-cam" => assert_eq!(result["stage"], "layer3.2"),
            _ => assert!(result["balance"].is_null()),
        }
    }
    for name in ["contact-sheet.png", "deletion.svg", "deletion.png", "insertion.svg"] {
        assert!(folder.path().join("out").join(name).exists(), "{name}");
    }
    let again = [&arguments[..], &["again", "--threads", "1"]].concat();
    attribute(folder.path(), &again).done();
    for name in ["out", "again"] {
        fs::remove_file(folder.path().join(name).join("attribute.json")).unwrap();
    }
    assert_same_files(&folder.path().join("again"), &folder.path().join("out"), "one thread");
}

#[test]
fn a_fitted_neuron_is_attributed_and_its_map_changes_when_weights_are_randomised() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let weights = Array2::from_shape_fn((3, 64), |(neuron, channel)| ((neuron * 7 + channel * 5) % 11) as f64 - 5.0);
    ndarray_npy::write_npy(folder.path().join("weights.npy"), &weights).unwrap();
    let arguments = [
        "--readout",
        "layer3.2=weights.npy",
        "--objective",
        "readout:2",
        "--method",
        "gradient",
        "--out",
        "out",
        "--json",
    ];
    let mut ranks = Vec::new();
    for (randomise, name) in [(&["--randomise"][..], "redrawn"), (&["--randomise", "shuffled"], "shuffled")] {
        let found = attribute(folder.path(), &[&arguments[..], randomise].concat()).done().json();
        assert_eq!((&found["readout"], &found["randomised_by"]), (&"layer3.2=weights.npy".into(), &name.into()));
        let steps = found["results"][0]["randomised"].as_array().unwrap();
        // The read-out and 19 convolutions.
        assert_eq!(steps.len(), 20);
        assert_eq!(steps[0]["layer"], "readout");
        let of: Vec<f64> = steps.iter().map(|step| step["spearman"].as_f64().unwrap()).collect();
        assert!(of.iter().all(|rank| *rank < 0.9), "{name}: {of:?}");
        ranks.push(of);
    }
    assert_ne!(ranks[0], ranks[1], "two ways to randomise");
    assert!(folder.path().join("out/randomised-rank.png").exists());
}

#[test]
fn a_baseline_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 2);
    let run = |baseline: &str| {
        let arguments = ["attribute", MODEL, "images/image0001.png", "--engine", "burn", "--out", "out", "--json"];
        let methods = ["--method", "integrated-gradients,occlusion", "--steps", "16", "--curves", "2", "--window", "9"];
        let baseline = if baseline.is_empty() { vec![] } else { vec!["--baseline", baseline] };
        homolog(folder.path(), &[&arguments[..], &methods, &baseline].concat())
    };
    let plain = run("").done().json();
    assert_eq!(plain["baseline"]["name"], "zero");
    let number = |report: &Value, place: &str| report["results"][0].pointer(place).and_then(Value::as_f64).unwrap();
    let mut seen = vec![number(&plain, "/balance/objective_at_baseline")];
    for (asked, name) in [("mean", "mean"), ("blur", "blur"), ("images/image0002.png", "image")] {
        let found = run(asked).done().json();
        assert_eq!((&found["baseline"]["name"], &found["baseline"]["asked"]), (&name.into(), &asked.into()));
        let at_baseline = number(&found, "/balance/objective_at_baseline");
        // Completeness holds from wherever the path begins.
        let gap = number(&found, "/sum") - (number(&found, "/value") - at_baseline);
        assert!((gap - number(&found, "/balance/gap")).abs() < 1e-4, "{name}");
        assert!(!seen.contains(&at_baseline), "{name} is another baseline");
        seen.push(at_baseline);
        // All deleted is the baseline, and so is nothing inserted.
        let (deleted, inserted) = ("/curves/deletion/values/2", "/curves/insertion/values/0");
        assert!((number(&found, deleted) - number(&found, inserted)).abs() < 1e-6, "{name}");
    }
    // The image itself as its own baseline: nothing to attribute.
    let own = run("images/image0001.png").done().json();
    assert_eq!(number(&own, "/sum"), 0.0);
    run("none.png").refused(2, &["--baseline \"none.png\"", "zero, mean, blur"]);
}

#[test]
fn what_cannot_be_attributed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    ndarray_npy::write_npy(folder.path().join("weights.npy"), &Array2::<f64>::zeros((1, 5))).unwrap();
    for (arguments, words) in [
        (&["--method", "gradcam"][..], ["\"gradcam\"", "grad-cam"]),
        (&["--objective", "logit:10"], ["class 10", "has 10"]),
        (&["--objective", "layer9.0:1"], ["layer9.0", "layer"]),
        (&["--objective", "caricature(layer1.0)"], ["second image", "caricature(layer1.0)"]),
        (
            &["--method", "grad-cam", "--objective", "layer1.0:1", "--stage", "layer2.0"],
            ["does not depend", "layer2.0"],
        ),
        (&["--method", "occlusion", "--stride", "0"], ["a stride of 0", "at least 1"]),
        (&["--readout", "layer3.2=weights.npy"], ["[1, 5]", "4096 (units"]),
        (&["--readout", "weights.npy"], ["STAGE=FILE.npy", "weights.npy"]),
        (&["--memory", "1MiB", "--method", "gradient"], ["1.0 MiB", "--memory"]),
    ] {
        attribute(folder.path(), &[&["--out", "out"], arguments].concat()).refused(2, &words);
    }
    assert!(!folder.path().join("out").exists());
    homolog(folder.path(), &["attribute", MODEL, "nothing", "--out", "out"]).refused(2, &["nothing"]);
}
