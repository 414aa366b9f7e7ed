//! Attributions of SqueezeNet to photographs against captum's and zennit's (`goldens/captum/attribution`,
//! `goldens/zennit/attribution`, which say what is kept of each map).

use std::path::Path;

use homolog::inside::attribution::lrp::PixelBox;
use homolog::inside::attribution::{Attributor, Balance, METHODS, Method, Settings};
use homolog::inside::objective::{Aim, Objective, Quantity};
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{ModelSpec, load};
use homolog::progress::Cancel;
use homolog::recording::record::Resources;
use homolog::stimuli::{IdStyle, Limits, Preprocessing, SourceReader, StimulusSet};
use homolog_stats::comparator::mean_ranks;
use ndarray::{Array1, Array3};
use serde_json::Value;

use crate::real_data;

/// Largest relative error of a map's values, sum and norm.
const TOLERANCE: f64 = 1e-3;

/// Least rank correlation of a map's values.
const RANK_CORRELATION: f64 = 0.999;

/// A gradient jumps where a rectifier or a maximum switches. Near enough to such a place single precision and the golden's double
/// are on different sides of it; of a noisy copy's gradient, that is an eighth of `SmoothGrad`'s map. On these photographs and copies
/// `PyTorch` in single precision is itself up to 4.6e-3 away from `PyTorch` in double (five of eight above 1e-3).
fn tolerance(method: &str) -> f64 {
    if method == "smoothgrad" { 5.0 * TOLERANCE } else { TOLERANCE }
}

fn golden(peer: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../goldens/{peer}/attribution/golden.json"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect("the golden")).expect("JSON")
}

fn network() -> Network {
    let path = real_data("weights/squeezenet1_1/squeezenet1_1.pth");
    let spec = ModelSpec::parse(&format!("squeezenet1_1@{}", path.display())).expect("read");
    let loaded = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    Network::check(loaded.graph).expect("checked")
}

/// The golden's photographs, preprocessed.
fn photographs(names: &[&str]) -> Vec<Array3<f32>> {
    let set = StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::NameWithoutExtension).expect("images");
    let preprocessing = Preprocessing::named("caffe-227").expect("known");
    let mut reader = SourceReader::new(Limits::default());
    let one = |name: &&str| {
        let place = set
            .ids()
            .position(|id| Path::new(name).file_stem().is_some_and(|stem| stem == id))
            .expect("the photograph");
        let image = reader.image(&set.stimuli()[place], preprocessing.background).expect("decoded");
        preprocessing.apply(&image, None).expect("preprocessed")
    };
    names.iter().map(one).collect()
}

fn settings(golden: &Value) -> Settings {
    let number = |name: &str| golden["settings"][name].as_u64().map_or(0, |number| number as usize);
    let mean = [103.939_f32, 116.779, 123.68];
    Settings {
        n_steps: number("n_steps"),
        n_samples: number("n_samples"),
        noise: golden["settings"]["noise"].as_f64().unwrap_or(0.0),
        seed: number("seed") as u64,
        window: number("window"),
        stride: number("stride"),
        stage: golden["settings"]["grad_cam_stage"].as_str().map(str::to_owned),
        pixel_box: Some(PixelBox {
            low: mean.map(|mean| -mean).to_vec(),
            high: mean.map(|mean| 255.0 - mean).to_vec(),
        }),
        ..Settings::default()
    }
}

fn numbers(values: &Value) -> Vec<f64> {
    values.as_array().expect("a list").iter().map(|value| value.as_f64().expect("a number")).collect()
}

fn rank_correlation(a: &[f64], b: &[f64]) -> f64 {
    let centred = |values: &[f64]| {
        let ranks = Array1::from_vec(mean_ranks(values));
        let mean = ranks.mean().expect("values");
        ranks - mean
    };
    let (a, b) = (centred(a), centred(b));
    a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// How far a map is from what was kept of the peer's: rank correlation, relative error of the values, of the norm, and of the
/// sum as a share of the norm times the root of the number of elements (a sum of signed numbers can be near 0).
fn differences(map: &[f64], kept: &Value, places: &Value) -> [f64; 4] {
    let places: Vec<usize> = numbers(&places[map.len().to_string()]).iter().map(|place| *place as usize).collect();
    let found: Vec<f64> = places.iter().map(|place| map[*place]).collect();
    let expected = numbers(&kept["values"]);
    let error = norm(found.iter().zip(&expected).map(|(found, expected)| found - expected));
    let whole = kept["norm"].as_f64().expect("a norm");
    let sum = (map.iter().sum::<f64>() - kept["sum"].as_f64().expect("a sum")).abs();
    [
        rank_correlation(&found, &expected),
        error / norm(expected.iter().copied()),
        (norm(map.iter().copied()) / whole - 1.0).abs(),
        sum / (whole * (map.len() as f64).sqrt()),
    ]
}

/// Compares all methods of a golden on all its photographs; `check` sees what each method says about its sum.
fn agrees(peer: &str, check: impl Fn(&Value, &Balance, f64)) {
    let golden = golden(peer);
    let (network, engine, cancel) = (network(), Burn::cpu(), Cancel::default());
    let mut attributor =
        Attributor::new(&network, &engine, &engine, Resources::with_threads(2), &cancel).expect("an image network");
    let cases = golden["cases"].as_array().expect("cases");
    let names: Vec<&str> = cases.iter().map(|case| case["image"].as_str().expect("a name")).collect();
    assert_eq!(names.len(), 8);
    for (case, input) in cases.iter().zip(photographs(&names)) {
        let class = case["class"].as_u64().expect("a class") as usize;
        let aim = Aim::new(&Objective::of(Quantity::Logit { class }), &network, None).expect("a class");
        for (name, kept) in case["maps"].as_object().expect("maps") {
            assert!(METHODS.contains(&name.as_str()));
            let method = Method::named(name, &settings(&golden)).expect("a method");
            let found = attributor.attribute(&aim, &input, &method).expect(name);
            let logit = case["logit"].as_f64().expect("a logit");
            assert!((found.objective / logit - 1.0).abs() < 1e-4, "{} is not {logit}", found.objective);
            let map: Vec<f64> = match &found.stage_map {
                Some(stage_map) => stage_map.signed.iter().copied().map(f64::from).collect(),
                None => found.map.iter().copied().map(f64::from).collect(),
            };
            let [rank, values, norm, sum] = differences(&map, kept, &golden["places"]);
            println!("{} {name}: rank {rank:.6}, values {values:.1e}, norm {norm:.1e}, sum {sum:.1e}", case["image"]);
            assert!(rank >= RANK_CORRELATION, "{} {name}: rank correlation {rank}", case["image"]);
            assert!(
                values.max(norm).max(sum) <= tolerance(name),
                "{} {name}: {values:.1e} {norm:.1e} {sum:.1e}",
                case["image"]
            );
            let scaled: Vec<f64> = map.iter().map(|value| value * 1.01).collect();
            assert!(differences(&scaled, kept, &golden["places"])[1] > tolerance(name), "1 % would be seen");
            check(kept, &found.balance, found.objective);
        }
    }
}

#[test]
fn squeezenets_attributions_are_captums() {
    agrees("captum", |kept, balance, objective| {
        if let Balance::Completeness { gap, .. } = balance {
            // The quadrature's own error, which single precision can hardly change.
            let expected = kept["gap"].as_f64().expect("a gap");
            assert!((gap - expected).abs() < 1e-3 * objective.abs(), "gap {gap}, captum {expected}");
        }
    });
}

#[test]
fn squeezenets_relevance_is_zennits_and_is_conserved() {
    agrees("zennit", |_, balance, objective| {
        let Balance::Conservation(ledger) = balance else { panic!("no ledger") };
        assert!((ledger.start / objective - 1.0).abs() < 1e-5, "starts with {} of {objective}", ledger.start);
        let (kept, moved) =
            ledger.kept.iter().fold((0.0, objective.abs()), |(kept, moved), (_, one)| (kept + one, moved + one.abs()));
        assert!((ledger.start - ledger.at_image - kept).abs() < 1e-4 * moved, "{ledger:?}");
    });
}
