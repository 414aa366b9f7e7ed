//! SqueezeNet under attack, compared with torchattacks and foolbox (`goldens/{torchattacks,foolbox}/adversarial`).

use std::path::Path;

use homolog::inside::image::InputMap;
use homolog::inside::optimise::Surroundings;
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use homolog::stimuli::{IdStyle, Preprocessing, StimulusSet};
use homolog::synthesis::adversarial::{Attack, Attacked, Evaluation, Goal, Norm, Strength, strengths, subject_of};
use homolog::synthesis::classifier::Classifier;
use serde_json::Value;

use crate::real_data;

/// Largest difference of two accuracies, in percent.
const TOLERANCE: f64 = 2.0;

fn golden(peer: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../goldens/{peer}/adversarial/golden.json"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect("the golden")).expect("JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|one| one.as_f64().expect("a number")).collect()
}

/// Every tenth of the 1,000 images.
fn images() -> StimulusSet {
    let set = StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::NameWithoutExtension).expect("images");
    let ids: Vec<String> = set.ids().step_by(10).map(str::to_owned).collect();
    set.select(ids.iter().map(String::as_str)).expect("found")
}

/// What comes of the golden's images.
fn attacked(attack: Attack, budgets: &[f64]) -> Vec<Attacked> {
    let path = real_data("weights/squeezenet1_1/squeezenet1_1.pth");
    let spec = ModelSpec::parse(&format!("squeezenet1_1@{}", path.display())).expect("read");
    let loaded = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    let network = Network::check(loaded.graph).expect("checked");
    let preprocessing = Preprocessing::named("caffe-227").expect("known");
    let classifier =
        Classifier::new(&network, InputMap::of(&preprocessing), String::new(), Burn::cpu()).expect("a classifier");
    let set = images();
    let subject = |place: usize| {
        let label = set.stimuli()[place].id[..4].parse().expect("the class");
        subject_of(&set, place, &preprocessing, Goal { label, target: None })
    };
    let evaluation =
        Evaluation { classifier: &classifier, attack, budgets: budgets.to_vec(), seed: 0, shown_to: Vec::new() };
    let watch = |_: usize, _: usize, _: f64| {};
    let (resources, cancel) = (Resources::with_threads(2), Cancel::default());
    let around = Surroundings { resources, progress: &Silent, watch: &watch, cancel: &cancel, store: None };
    evaluation.run(set.len(), &subject, &|_, _, _| {}, &around).expect("attacked")
}

fn compare(name: &str, curve: &[Strength], expected: &[f64]) {
    for (strength, expected) in curve.iter().zip(expected) {
        let found = 100.0 * strength.accuracy;
        println!("{name} at {:.5}: {found} %, the peer {expected} %", strength.budget);
        assert!((found - expected).abs() <= TOLERANCE, "{name} at {}: {found} %, not {expected} %", strength.budget);
    }
}

pub(crate) fn within_budget(name: &str, attack: Attack) {
    let golden = golden("torchattacks");
    let budgets = numbers(&golden[if attack.norm() == Norm::Linf { "linf" } else { "l2" }]);
    let expected = numbers(&golden["percent_right"][name]);
    let attacked = attacked(attack, &budgets);
    let n_right = attacked.iter().filter(|one| one.clean_class == one.goal.label).count();
    assert_eq!(n_right as u64, golden["n_right"].as_u64().expect("a count"), "clean images");
    compare(name, &strengths(&attack, &budgets, &attacked), &expected);
    for outcome in attacked.iter().flat_map(|one| &one.outcomes) {
        let size = if attack.norm() == Norm::Linf { outcome.linf } else { outcome.l2 };
        assert!(size <= outcome.budget * (1.0 + 1e-5) + 1e-7, "{size} beyond {}", outcome.budget);
    }
}

pub(crate) fn nearest(peer: &str, name: &str, attack: Attack) {
    let golden = golden(peer);
    let (budgets, case) = (numbers(&golden["l2"]), &golden["percent_right"][name]);
    let attacked = attacked(attack, &budgets);
    let curve = strengths(&attack, &budgets, &attacked);
    compare(name, &curve, &numbers(&case["accuracy"]));
    let all = &strengths(&attack, &[f64::INFINITY], &attacked)[0];
    let (found, expected) = (100.0 * all.accuracy, case["accuracy_at_any_length"].as_f64().expect("a number"));
    assert!((found - expected).abs() <= TOLERANCE, "{name}: {found} %, not {expected} %");
    let (found, expected) = (all.median_l2.expect("some"), case["median_l2_of_fooled"].as_f64().expect("a number"));
    println!("{name}: median length {found}, {peer} {expected}");
    assert!((found / expected - 1.0).abs() < 0.02, "{name}: median length {found}, not {expected}");
}
