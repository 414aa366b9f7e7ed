//! `homolog probe`: its files, that it repeats itself, what lesions do, and what it refuses.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use homolog::network::builder::{Builder, Conv2d};
use homolog::network::tensor::HostTensor;
use homolog::network::weights::fill_random;
use homolog_stats::random::Rng;
use ndarray::Array3;
use serde_json::Value;

use crate::input::{benchmark, images, onnx_file};
use crate::program::{MODEL, Ran, homolog};

fn probe(folder: &Path, arguments: &[&str]) -> Ran {
    homolog(folder, &[&["probe", MODEL, "--out", "out", "--engine", "burn"], arguments].concat())
}

fn report(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("out/probe.json")).unwrap()).unwrap()
}

/// Fewer gratings and frames than the defaults, so that a test takes seconds.
const QUICK: [&str; 8] = ["--orientations", "4", "--phases", "4", "--frequencies", "2,4,8", "--noise-blocks", "1"];

#[test]
fn a_plain_probe_leaves_a_page_sheets_tables_and_how_to_make_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let arguments =
        [&["--layers", "conv1,layer1.0", "--cells", "7", "--drawn", "3", "--degrees-per-pixel", "0.25"], &QUICK[..]]
            .concat();
    let ran = probe(folder.path(), &arguments).done();
    assert!(
        ran.stdout.contains("units are oriented") && ran.stdout.contains("receptive fields: theoretical"),
        "{}",
        ran.stdout
    );
    let found = report(folder.path());
    assert_eq!(found["schema"], "homolog.probe/1");
    let stages = found["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 2);
    let unit = &stages[0]["units"][0];
    for name in [
        "orientation_deg",
        "f1_f0",
        "suppression_index",
        "c50",
        "x_px",
        "size_deg",
        "frequency_cycles_per_degree",
        "field_height_px",
    ] {
        assert!(unit.get(name).is_some(), "no {name} in {unit}");
    }
    assert_eq!(unit["curves"]["orientation_deg"]["response"].as_array().unwrap().len(), 4);
    let units = fs::read_to_string(folder.path().join("out/units.csv")).unwrap();
    assert_eq!(units.lines().count(), 1 + 16 + 16);
    assert!(units.starts_with("stage,unit,channel,row,column,kind,"), "{units}");
    for picture in found["pictures"].as_array().unwrap() {
        let picture = image::open(folder.path().join("out").join(picture.as_str().unwrap())).unwrap();
        assert!(picture.width() > 1000 && picture.height() > 400);
    }
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("Circular variance") && page.contains("spike-triggered"));
    let first = fs::read(folder.path().join("out/units.csv")).unwrap();
    fs::remove_dir_all(folder.path().join("out")).unwrap();
    probe(folder.path(), &[&arguments[..], &["--threads", "1"]].concat()).done();
    assert_eq!(fs::read(folder.path().join("out/units.csv")).unwrap(), first, "one thread gives the same bytes");
}

#[test]
fn every_unit_and_every_image_has_its_numbers() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 6);
    let every = [&["--layers", "layer3.0", "--units", "every", "--measure", "orientation,phase"], &QUICK[..]].concat();
    probe(folder.path(), &every).done();
    assert_eq!(report(folder.path())["stages"][0]["units"].as_array().unwrap().len(), 64 * 8 * 8);
    probe(folder.path(), &["--layers", "layer3.0", "--units", "mean", "--images", "images"]).done();
    let table = fs::read_to_string(folder.path().join("out/layer3.0-population-sparseness.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 6);
    let measured = &report(folder.path())["stages"][0]["units"][5];
    assert!(
        measured["lifetime_sparseness_vinje_gallant"].as_f64().is_some_and(|s| (0.0..=1.0).contains(&s)),
        "{measured}"
    );
    probe(folder.path(), &["--layers", "layer3.0", "--measure", "invariance", "--objects", "1"]).done();
    assert!(report(folder.path())["stages"][0]["units"][0].get("pose_rank_correlation").is_some());
}

#[test]
fn categories_concepts_lesions_and_gains_are_judged_by_labelled_images() {
    let folder = tempfile::tempdir().unwrap();
    for concept in ["dog", "piano"] {
        for medium in ["photograph", "drawing", "word"] {
            images(&folder.path().join("concepts").join(concept).join(medium), 2);
        }
    }
    let ran = probe(folder.path(), &["--layers", "layer3.2", "--concepts", "concepts", "--permutations", "19"]).done();
    assert!(ran.stdout.contains("prefer one concept in all of 3 media"), "{}", ran.stdout);
    let concepts = fs::read_to_string(folder.path().join("out/layer3.2-concepts.csv")).unwrap();
    assert_eq!(concepts.lines().count(), 1 + 64 * 2 * 3);

    probe(folder.path(), &["--layers", "layer3.2", "--images", "concepts", "--measure", "categories"]).done();
    let categories = report(folder.path())["stages"][0]["summary"]["categories"].clone();
    assert_eq!(categories["categories"][1]["name"], "piano");

    let ids: Vec<String> = ["dog", "piano"]
        .iter()
        .flat_map(|concept| ["photograph", "drawing", "word"].map(|medium| format!("{concept}/{medium}/image")))
        .flat_map(|stem| (0..2).map(move |at| format!("{stem}{:04}", at + 1)))
        .collect();
    let rows: String = ids.iter().map(|id| format!("{id},{}\n", usize::from(id.starts_with("piano")))).collect();
    fs::write(folder.path().join("classes.csv"), format!("stimulus_id,class\n{rows}")).unwrap();
    let lesions = [
        "--lesion",
        "layer3.2",
        "--lesion",
        "layer1.0:0,3-5",
        "--lesion",
        "layer3.2[7,2,3]",
        "--gain",
        "layer2.0:dog=0.5",
    ];
    let labelled = ["--images", "concepts", "--classes", "classes.csv:class", "--json"];
    let ran = probe(folder.path(), &[&lesions[..], &labelled[..]].concat()).done();
    let changes = ran.json()["rescored"].as_array().unwrap().clone();
    assert_eq!(changes.len(), 4);
    for change in &changes {
        let effects = change["effects"].as_array().unwrap();
        assert_eq!(effects.len(), 1 + 2, "all images, and each category that gains are of");
        assert!(
            effects.iter().all(|effect| effect["after"].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)))
        );
    }
}

/// A network whose three units are the means of red, green and blue.
fn colours(folder: &Path) {
    let (mut b, image) = Builder::new("colours", [32, 32]);
    let x = b.conv2d("conv", &image, &Conv2d::new(3, 1));
    let x = b.adaptive_avg_pool2d("pool", &x, 1);
    let x = b.flatten("units", &x);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let identity = (0..9).map(|place| if place % 4 == 0 { 1.0 } else { 0.0 }).collect();
    for (name, tensor) in [
        ("conv.weight", HostTensor::from_f32(&[3, 3, 1, 1], identity)),
        ("conv.bias", HostTensor::from_f32(&[3], vec![0.0; 3])),
    ] {
        graph.parameters.insert(name.to_owned(), Arc::new(tensor.unwrap()));
    }
    onnx_file(folder, "colours.onnx", &graph);
}

#[test]
fn a_benchmark_is_scored_before_and_after_a_lesion_of_the_unit_that_carries_it() {
    let folder = tempfile::tempdir().unwrap();
    colours(folder.path());
    // Twelve neurons that see red alone, four repetitions with a little noise.
    let mut rng = Rng::new(5);
    let colours: Vec<[u8; 3]> = (0..60).map(|_| [(); 3].map(|()| (255.0 * rng.uniform()) as u8)).collect();
    let responses = Array3::from_shape_fn((12, 60, 4), |(neuron, stimulus, _)| {
        (1.0 + neuron as f64) * f64::from(colours[stimulus][0]) / 255.0 + 0.1 * rng.normal()
    });
    benchmark(folder.path(), 60, &responses);
    for (number, colour) in colours.iter().enumerate() {
        let file = folder.path().join(format!("images/image{:04}.png", number + 1));
        image::RgbImage::from_pixel(8, 8, image::Rgb(*colour)).save(file).unwrap();
    }
    let arguments = [
        "probe",
        "colours.onnx",
        "--preprocessing",
        "unit-32",
        "--layers",
        "units",
        "--lesion",
        "units:0",
        "--lesion",
        "units:2",
        "--benchmark",
        ".",
        "--engine",
        "burn",
        "--out",
        "out",
        "--json",
    ];
    let report = homolog(folder.path(), &arguments).done().json();
    let effect = |change: usize| {
        let found = &report["rescored"][change]["effects"][0];
        assert_eq!(found["of"], "units on mine-V4");
        (found["before"].as_f64().unwrap(), found["after"].as_f64().unwrap())
    };
    let ((before, without_red), (again, without_blue)) = (effect(0), effect(1));
    assert_eq!(before, again);
    assert!(before > 0.8, "with red the neurons are predicted: {before}");
    assert!(without_red < 0.3, "without red they are not: {without_red}");
    assert!((without_blue - before).abs() < 0.1, "blue carries nothing: {without_blue}, {before}");
}

#[test]
fn what_cannot_be_probed_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 4);
    images(&folder.path().join("one/cat"), 4);
    fs::write(folder.path().join("classes.csv"), "stimulus_id,class\nimage0001,3\n").unwrap();
    for (arguments, words) in [
        (&["--layers", "layer1.9"][..], &["no layer \"layer1.9\"", "\"layer1.0\""][..]),
        (&["--layers", "conv1", "--contrast", "0"], &["a grating without contrast is a blank"]),
        (&["--layers", "conv1", "--frequencies", "2,4,40"], &["at most 16 cycles an image"]),
        (&["--layers", "conv1", "--units", "every", "--measure", "size"], &["but for the units at its centre"]),
        (&["--measure", "orientatoin"], &["\"orientation\""]),
        (&["--measure", "sparseness"], &["--images"]),
        (&["--images", "images", "--measure", "categories"], &["do not lie in subfolders", "--labels"]),
        (
            &["--layers", "conv1", "--images", "one", "--measure", "categories"],
            &["all 4 images are of one category (\"cat\")"],
        ),
        (&["--measure", "concepts"], &["--concepts"]),
        (&["--layers", "conv1", "--concepts", "one"], &["two folders deep"]),
        (&["--lesion", "layer1.0"], &["--classes", "--benchmark"]),
        (
            &["--lesion", "layer1.0:99", "--images", "images", "--classes", "classes.csv"],
            &["3 of 4 images are not in it"],
        ),
        (&["--degrees-per-pixel", "0"], &["must be above 0"]),
        (&["--layers", "conv1", "--memory", "1MiB"], &["--memory"]),
    ] {
        probe(folder.path(), arguments).refused(2, words);
    }
}
