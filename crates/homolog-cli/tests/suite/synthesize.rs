//! `homolog synthesize`: its files, that it repeats itself, goes on where it was, and what it refuses.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::input::images;
use crate::program::{MODEL, homolog};

fn report(folder: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.join(file)).unwrap()).unwrap()
}

fn exists(folder: &Path, file: &str) {
    assert!(folder.join(file).metadata().is_ok_and(|file| file.len() > 0), "{file} is missing");
}

#[test]
fn adversarial_images_come_with_curves_tables_and_a_transfer_matrix() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 4);
    let other = "random:resnet20_cifar10?seed=2";
    let arguments = [
        "synthesize",
        "adversarial",
        MODEL,
        "--images",
        "images",
        "--out",
        "out",
        "--attack",
        "pgd-linf",
        "--attack",
        "apgd-ce-l2",
        "--steps",
        "4",
        "--show",
        "2",
        "--transfer",
        other,
        "--engine",
        "burn",
    ];
    let ran = homolog(folder.path(), &arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let out = folder.path().join("out");
    let first = report(&out, "adversarial.json");
    assert_eq!(first["schema"], "homolog.synthesize-adversarial/1");
    for result in first["results"].as_array().unwrap() {
        let strengths = result["strengths"].as_array().unwrap();
        assert_eq!(strengths[0]["accuracy"], 1.0, "labels are what the network says to unchanged images");
        let accuracy = |at: &Value| at["accuracy"].as_f64().unwrap();
        assert!(accuracy(strengths.last().unwrap()) <= accuracy(&strengths[0]));
        assert_eq!(result["files"].as_array().unwrap().len(), 2);
        exists(&out, result["sheet"].as_str().unwrap());
    }
    for file in ["accuracy-linf.png", "accuracy-l2.svg", "pgd-linf-transfer.png", "apgd-ce-l2-trajectory.png"] {
        exists(&out, file);
    }
    // Two attacks, four images, six budgets.
    assert_eq!(fs::read_to_string(out.join("adversarial.csv")).unwrap().lines().count(), 1 + 2 * 4 * 6);
    // What is kept is found again, and gives the same.
    let again = homolog(folder.path(), &arguments);
    assert_eq!((again.code, report(&out, "adversarial.json")), (Some(0), first));
}

#[test]
fn metamers_are_judged_at_their_stage_and_by_other_networks() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 6);
    let ran = homolog(
        folder.path(),
        &[
            "synthesize",
            "metamer",
            MODEL,
            "--image",
            "images/image0001.png",
            "--layers",
            "layer1.0,layer2.0",
            "--null",
            "images",
            "--shown-to",
            "random:resnet20_cifar10?seed=2=layer1.0",
            "--steps",
            "5",
            "--out",
            "out",
            "--engine",
            "burn",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let out = folder.path().join("out");
    let report = report(&out, "metamer.json");
    let results = report["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    for result in results {
        let witnesses = result["witnesses"].as_array().unwrap();
        assert_eq!(witnesses.len(), 3);
        // 6 images make 15 pairs.
        assert!(witnesses.iter().all(|one| one["n_pairs"] == 15 && one["spearman"].is_f64()));
        let classes = result["classes"].as_array().unwrap();
        assert_eq!(classes.len(), 2, "each network is asked for the class once");
        assert!(classes.iter().all(|one| one["is_same"] == (one["class_of_original"] == one["class_of_metamer"])));
        exists(&out, result["files"][0].as_str().unwrap());
        exists(&out, result["trajectory_file"].as_str().unwrap());
    }
    // Two stages, two networks; the table has what the JSON has.
    let agreement = report["class_agreement"].as_array().unwrap();
    assert_eq!(agreement.len(), 4);
    for one in agreement {
        let is_of = |result: &&Value| result["layer"] == one["layer"];
        let answers = results.iter().filter(is_of).flat_map(|result| result["classes"].as_array().unwrap());
        let n_same = answers.filter(|answer| answer["network"] == one["network"] && answer["is_same"] == true).count();
        assert_eq!((one["n_same_class"].as_u64(), one["n_originals"].as_u64()), (Some(n_same as u64), Some(1)));
        let of_pairs = one["share_of_random_pairs"].as_f64().unwrap() * 15.0;
        assert!((of_pairs - of_pairs.round()).abs() < 1e-9, "a share of 15 pairs");
    }
    assert!(ran.stdout.contains("class of the original") && ran.stdout.contains("of 1"), "{}", ran.stdout);
    for file in ["contact-sheet.png", "likeness.png", "agreement.png", "agreement.svg"] {
        exists(&out, file);
    }
}

#[test]
fn controversial_images_and_driven_neurons_leave_what_networks_say() {
    let folder = tempfile::tempdir().unwrap();
    let other = "random:resnet20_cifar10?seed=2";
    let ran = homolog(
        folder.path(),
        &[
            "synthesize",
            "controversial",
            MODEL,
            other,
            "--classes",
            "3,5",
            "--classes",
            "0,1",
            "--steps",
            "5",
            "--out",
            "out",
        ],
    );
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let out = folder.path().join("out");
    let found = report(&out, "controversial.json");
    assert_eq!(found["results"].as_array().unwrap().len(), 2);
    assert_eq!(found["results"][1]["classes"], serde_json::json!([0, 1]));
    exists(&out, "contact-sheet.png");
    assert_eq!(found["search"], Value::Null);

    // Two neurons over the 64 channels of the last stage before the classes, and an intercept.
    let weights: Vec<f64> = (0..2 * 11).map(|place| f64::from(place % 5) - 2.0).collect();
    npy(&folder.path().join("weights.npy"), &[2, 11], &weights);
    npy(&folder.path().join("pattern.npy"), &[2], &[1.0, -1.0]);
    let drive = |more: &[&str]| {
        let arguments = [
            "synthesize",
            "drive",
            MODEL,
            "--layer",
            "linear",
            "--weights",
            "weights.npy",
            "--steps",
            "5",
            "--out",
            "driven",
        ];
        homolog(folder.path(), &[&arguments[..], more].concat())
    };
    let ran = drive(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let driven = report(&folder.path().join("driven"), "drive.json");
    assert_eq!(driven["results"][1]["objective"], "neurons[1]");
    assert_eq!(driven["results"][0]["predicted_responses"].as_array().unwrap().len(), 2);
    let ran = drive(&["--target", "pattern.npy", "--json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stdout.contains("inversion(neurons)"));
    drive(&["--neurons", "2"]).refused(2, &["unit 2", "has 2"]);
    npy(&folder.path().join("weights.npy"), &[2, 7], &weights[..14]);
    drive(&[]).refused(2, &["[2, 7]", "10 (units of the stage)"]);
}

#[test]
fn pairs_of_classes_are_searched_and_the_most_controversial_images_kept() {
    let folder = tempfile::tempdir().unwrap();
    let other = "random:resnet20_cifar10?seed=2";
    let search = |more: &[&str]| {
        let arguments = ["synthesize", "controversial", MODEL, other, "--steps", "4", "--keep", "2"];
        homolog(folder.path(), &[&arguments[..], more].concat())
    };
    let ran = search(&["--pairs", "5", "--seed", "7", "--out", "out"]).done();
    assert!(ran.stdout.contains("of 5 pairs of classes (of 90)"), "{}", ran.stdout);
    let out = folder.path().join("out");
    let found = report(&out, "controversial.json");
    assert_eq!((&found["search"]["n_pairs"], &found["search"]["n_pairs_that_there_are"]), (&5.into(), &90.into()));
    let value = |one: &Value| one["seen"]["controversiality"].as_f64().unwrap();
    let tried = found["search"]["tried"].as_array().unwrap();
    assert_eq!(tried.len(), 5);
    assert!(tried.iter().map(value).is_sorted_by(|a, b| a >= b));
    assert!(tried.iter().all(|one| one["classes"][0] != one["classes"][1]));
    let kept = found["results"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    for (kept, tried) in kept.iter().zip(tried) {
        assert_eq!(kept["classes"], tried["classes"], "the first of those tried are kept");
        exists(&out, kept["files"][0].as_str().unwrap());
    }
    exists(&out, "contact-sheet.png");
    // What a search finds is what is made for classes that are named.
    let pair = |one: &Value| format!("{},{}", one["classes"][0], one["classes"][1]);
    let arguments = ["synthesize", "controversial", MODEL, other, "--steps", "4", "--seed", "7", "--out", "named"];
    homolog(folder.path(), &[&arguments[..], &["--classes", &pair(&kept[0])]].concat()).done();
    let named = report(&folder.path().join("named"), "controversial.json");
    assert_eq!(named["results"][0]["seen"], kept[0]["seen"]);
    search(&["--pairs", "none", "--out", "out"]).refused(2, &["--pairs \"none\"", "or all"]);
    search(&["--pairs", "3", "--classes", "1,2", "--out", "out"]).refused(2, &["--classes", "--pairs"]);
}

#[test]
fn what_cannot_be_synthesized_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 2);
    let adversarial = ["synthesize", "adversarial", MODEL, "--images", "images", "--out", "out"];
    let metamer = ["synthesize", "metamer", MODEL, "--image", "images/image0001.png", "--out", "out"];
    let controversial = ["synthesize", "controversial", MODEL, MODEL, "--out", "out"];
    for (command, arguments, words) in [
        (&adversarial[..], &["--attack", "pgd"][..], &["no attack \"pgd\"", "pgd-l2"][..]),
        (&adversarial, &["--budget", "much"], &["--budget \"much\""]),
        (&adversarial, &["--target", "10"], &["target", "class 10", "has 10"]),
        (&adversarial, &["--labels", "none.csv"], &["\"none.csv\""]),
        (&adversarial, &["--memory", "1MiB"], &["cannot attack an image within 1.0 MiB", "--memory"]),
        (&metamer, &["--layers", "layer9"], &["no layer \"layer9\""]),
        (&metamer, &["--layers", "layer1.0", "--null", "images"], &["2 images", "at least 3"]),
        (&metamer, &["--layers", "layer1.0", "--regularizer", "robust"], &["L-BFGS", "\"robust\""]),
        (&controversial, &["--classes", "1,1"], &["no controversy"]),
        (&controversial, &["--classes", "1,two"], &["--classes \"1,two\""]),
        (&controversial, &["--classes", "1,2,3"], &["3 classes were given for 2 networks"]),
    ] {
        homolog(folder.path(), &[command, arguments].concat()).refused(2, words);
    }
}

/// A file of 64-bit floats as NumPy writes it, format 1.0.
fn npy(file: &Path, shape: &[usize], numbers: &[f64]) {
    let sizes: String = shape.iter().map(|size| format!("{size},")).collect();
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({sizes}), }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
    bytes.extend(header.as_bytes());
    numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    fs::write(file, bytes).unwrap();
}
