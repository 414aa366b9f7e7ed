use std::sync::Arc;

use ndarray::Array3;

use super::*;
use crate::inside::image::{InputMap, narrow};
use crate::inside::optimise::{Ended, Surroundings};
use crate::network::builder::{Builder, Conv2d};
use crate::network::checked::Network;
use crate::network::engine::burn::Burn;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::progress::{Cancel, Silent};
use crate::recording::record::Resources;
use crate::store::Store;
use crate::synthesis::classifier::largest;

const SIDE: usize = 6;
const N: usize = 3 * SIDE * SIDE;

/// logits = W x + b over the pixels.
fn linear(weights: &[Vec<f32>], bias: &[f32]) -> Network {
    let (mut b, image) = Builder::new("linear", [SIDE, SIDE]);
    let x = b.flatten("flat", &image);
    let x = b.linear("fc", &x, weights.len());
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    let set = |shape: &[usize], numbers: Vec<f32>| Arc::new(HostTensor::from_f32(shape, numbers).unwrap());
    graph.parameters.insert("fc.weight".to_owned(), set(&[weights.len(), N], weights.concat()));
    graph.parameters.insert("fc.bias".to_owned(), set(&[weights.len()], bias.to_vec()));
    Network::check(graph).unwrap()
}

/// Weights of five classes, none of them 0.
fn weights() -> Vec<Vec<f32>> {
    let mut random = Random::new(5);
    let mut draw = || loop {
        let weight = narrow(random.normal());
        if weight.abs() > 0.05 {
            return weight;
        }
    };
    (0..5).map(|_| (0..N).map(|_| draw()).collect()).collect()
}

/// Half grey, and the bias with which class 0 leads the second by .2.
fn grey_and_bias(weights: &[Vec<f32>]) -> (Array3<f32>, Vec<f32>) {
    let image = Array3::from_elem((3, SIDE, SIDE), 0.5);
    let lead = [0.2, 0.0, -0.5, -0.6, -0.7];
    let bias = weights.iter().zip(lead).map(|(row, lead)| lead - 0.5 * row.iter().sum::<f32>()).collect();
    (image, bias)
}

fn classifier(network: &Network) -> Classifier<'_> {
    Classifier::new(network, InputMap::unchanged(3), "test".to_owned(), Burn::cpu()).unwrap()
}

fn goal(target: Option<usize>) -> Goal {
    Goal { label: 0, target }
}

fn found(classifier: &Classifier<'_>, attack: Attack, image: &Array3<f32>, goal: Goal, budget: f64) -> Found {
    let task = Task { image, goal, budget };
    attack.run(&mut classifier.passes(), &task, &mut Random::new(3), &mut |_| true).unwrap()
}

fn difference(weights: &[Vec<f32>], class: usize) -> Vec<f64> {
    weights[class].iter().zip(&weights[0]).map(|(a, b)| f64::from(a - b)).collect()
}

/// The distance to the nearest border of class 0, and the class beyond it.
fn nearest_border(weights: &[Vec<f32>], network: &Network, image: &Array3<f32>) -> (f64, usize) {
    let logits = classifier(network).passes().logits(image).unwrap();
    let distance = |class: usize| {
        let length = difference(weights, class).iter().map(|w| w * w).sum::<f64>().sqrt();
        (f64::from(logits[0] - logits[class]) / length, class)
    };
    (1..5).map(distance).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

#[test]
fn fgsm_moves_every_pixel_by_the_budget_along_the_sign_of_the_gradient() {
    // With two classes the gradient of the cross-entropy is p (w₁ − w₀), whose sign is that of w₁ − w₀.
    let weights = weights();
    let (image, bias) = grey_and_bias(&weights);
    let network = linear(&weights[..2], &bias[..2]);
    let one = found(&classifier(&network), Attack::Fgsm, &image, goal(None), 0.01);
    for ((changed, pixel), slope) in one.image.iter().zip(&image).zip(difference(&weights, 1)) {
        assert!((f64::from(changed - pixel) - 0.01 * slope.signum()).abs() < 1e-6, "{changed} {slope}");
    }
    let towards = found(&classifier(&network), Attack::Fgsm, &image, goal(Some(1)), 0.01);
    assert_eq!(towards.image, one.image, "of two classes, away from one is towards the other");
}

#[test]
fn every_attack_stays_within_its_budget_and_in_the_range_of_pixels() {
    let weights = weights();
    let (mut image, bias) = grey_and_bias(&weights);
    // Some pixels at the ends of the range.
    image
        .iter_mut()
        .enumerate()
        .filter(|(place, _)| place % 3 == 0)
        .for_each(|(place, pixel)| *pixel = (place % 2) as f32);
    let network = linear(&weights, &bias);
    for attack in Attack::ALL.into_iter().filter(|attack| !attack.is_nearest()) {
        for budget in [0.001, 0.03, 0.5] {
            let one = found(&classifier(&network), attack, &image, goal(None), budget);
            let distance = attack.norm().distance(&image, &one.image);
            assert!(distance <= budget * (1.0 + 1e-5) + 1e-7, "{}: {distance} beyond {budget}", attack.name());
            assert!(one.image.iter().all(|pixel| (0.0..=1.0).contains(pixel)), "{}", attack.name());
        }
    }
}

#[test]
fn every_attack_raises_its_loss_and_changes_the_class_of_a_linear_network() {
    let weights = weights();
    let (image, bias) = grey_and_bias(&weights);
    let network = linear(&weights, &bias);
    let classifier = classifier(&network);
    for attack in Attack::ALL {
        for target in [None, Some(2)] {
            let one = found(&classifier, attack, &image, goal(target), 1.0);
            let class = largest(&classifier.passes().logits(&one.image).unwrap());
            assert!(goal(target).is_met_by(class), "{} to {target:?}: {class}", attack.name());
        }
    }
}

#[test]
fn deepfool_goes_to_the_nearest_border_and_a_fiftieth_beyond() {
    let weights = weights();
    let (image, bias) = grey_and_bias(&weights);
    let network = linear(&weights, &bias);
    let (distance, class) = nearest_border(&weights, &network, &image);
    let classifier = classifier(&network);
    let one = found(&classifier, Attack::named("deepfool").unwrap(), &image, goal(None), f64::INFINITY);
    let length = Norm::L2.distance(&image, &one.image);
    // 1e-4 is added to the step.
    let expected = 1.02 * (distance + 1e-4);
    assert!((length / expected - 1.0).abs() < 1e-3, "{length}, not {expected}");
    assert_eq!(largest(&classifier.passes().logits(&one.image).unwrap()), class);
    assert!((one.trajectory[0] + distance).abs() < 1e-4 * distance);
}

#[test]
fn carlini_wagner_finds_the_nearest_image_of_another_class_to_five_percent() {
    let weights = weights();
    let (image, bias) = grey_and_bias(&weights);
    let network = linear(&weights, &bias);
    let (distance, class) = nearest_border(&weights, &network, &image);
    let classifier = classifier(&network);
    let attack =
        Attack::CarliniWagner { weight: 0.01, confidence: 0.0, n_steps: 400, learning_rate: 0.001, n_searches: 9 };
    let one = found(&classifier, attack, &image, goal(None), f64::INFINITY);
    let length = Norm::L2.distance(&image, &one.image);
    assert!(length >= 0.999 * distance && length < 1.05 * distance, "{length} for {distance}");
    assert_eq!(largest(&classifier.passes().logits(&one.image).unwrap()), class);
}

#[test]
fn slopes_of_losses_are_their_central_differences() {
    let logits = [1.5_f32, -0.3, 2.0, 0.7, 0.1];
    type Of = fn(&Goal, &[f32]) -> super::super::classifier::Loss;
    let losses: [(&str, Of); 3] = [
        ("cross-entropy", Goal::cross_entropy),
        ("difference of logits", Goal::difference_of_logits),
        ("margin", Goal::margin),
    ];
    for (name, loss) in losses {
        for goal in [goal(None), goal(Some(3)), Goal { label: 2, target: None }] {
            for class in 0..logits.len() {
                let at = |change: f32| {
                    let mut moved = logits;
                    moved[class] += change;
                    loss(&goal, &moved).value
                };
                let slope = (at(0.01) - at(-0.01)) / 0.02;
                let found = loss(&goal, &logits).slope[class];
                assert!((found - slope).abs() < 2e-3, "{name} {goal:?} {class}: {found}, not {slope}");
            }
        }
    }
}

/// A network of three classes with a convolution and a rectifier.
fn convolutional() -> Network {
    let (mut b, image) = Builder::new("small", [SIDE, SIDE]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 3).padding(1));
    let x = b.relu("relu", &x);
    let x = b.flatten("flat", &x);
    let x = b.linear("fc", &x, 5);
    Network::check(fill_random(b.finish(&x).unwrap(), 2)).unwrap()
}

fn subjects(place: usize) -> Result<Subject, SynthesisError> {
    let mut random = Random::stream(8, place as u64);
    let image = Array3::from_shape_simple_fn((3, SIDE, SIDE), || narrow(random.uniform()));
    Ok(Subject { id: format!("image{place}"), image, goal: Goal { label: place % 5, target: None } })
}

fn run(
    evaluation: &Evaluation<'_>,
    n_threads: usize,
    store: Option<&Store>,
    cancel: &Cancel,
) -> Result<Vec<Attacked>, SynthesisError> {
    let watch = |_: usize, _: usize, _: f64| {};
    let resources = Resources { memory_bytes: 4 << 30, n_threads };
    let around = Surroundings { resources, progress: &Silent, watch: &watch, cancel, store };
    // Asks to stop after the third image.
    let keep = |place: usize, _: &Attacked, _: &[crate::stimuli::Image]| {
        if place == 2 && n_threads == 1 && store.is_some() {
            cancel.cancel();
        }
    };
    evaluation.run(6, &subjects, &keep, &around)
}

#[test]
fn a_stopped_run_goes_on_to_the_same_bits_whatever_the_threads() {
    let network = convolutional();
    let classifier = classifier(&network);
    let evaluation = Evaluation {
        classifier: &classifier,
        attack: Attack::named("pgd-l2").unwrap(),
        budgets: vec![0.0, 0.1, 0.3],
        seed: 4,
        shown_to: vec![&classifier],
    };
    let whole = run(&evaluation, 1, None, &Cancel::default()).unwrap();
    assert_eq!(run(&evaluation, 3, None, &Cancel::default()).unwrap(), whole);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let stopped = run(&evaluation, 1, Some(&store), &Cancel::default());
    assert!(matches!(stopped, Err(SynthesisError::Cancelled)));
    assert_eq!(std::fs::read_dir(folder.path().join("adversarial")).unwrap().count(), 3);
    assert_eq!(run(&evaluation, 2, Some(&store), &Cancel::default()).unwrap(), whole);
    for one in &whole {
        for outcome in &one.outcomes {
            assert_eq!(outcome.shown, [outcome.class_rounded]);
        }
    }
    let other = Evaluation { seed: 5, ..evaluation };
    assert_ne!(run(&other, 1, None, &Cancel::default()).unwrap(), whole);
}

#[test]
fn accuracy_falls_with_strength_and_counts_what_was_wrong_before() {
    let network = convolutional();
    let classifier = classifier(&network);
    for attack in [Attack::named("apgd-ce-linf").unwrap(), Attack::named("deepfool").unwrap()] {
        let budgets = vec![0.0, 0.02, 5.0];
        let evaluation =
            Evaluation { classifier: &classifier, attack, budgets: budgets.clone(), seed: 0, shown_to: vec![] };
        let attacked = run(&evaluation, 1, None, &Cancel::default()).unwrap();
        let curve = strengths(&attack, &budgets, &attacked);
        let clean = attacked.iter().filter(|one| one.clean_class == one.goal.label).count() as f64 / 6.0;
        assert!(clean > 0.0, "one image at least has to be right for this test to show anything");
        assert_eq!(curve[0].accuracy, clean, "{}", attack.name());
        assert!(curve[1].accuracy <= clean);
        assert_eq!(curve[2].accuracy, 0.0, "{}", attack.name());
    }
}

#[test]
fn a_loss_that_is_not_finite_stops_the_attack_at_the_last_good_image() {
    // On black all logits are 0; one step away from it they overflow.
    let network = linear(&[vec![3e38; N], vec![-3e38; N]], &[0.0, 0.0]);
    let image = Array3::zeros((3, SIDE, SIDE));
    let attack = Attack::Pgd { norm: Norm::Linf, n_steps: 3, step: 1.0, start: Start::Image };
    let one = found(&classifier(&network), attack, &image, Goal { label: 1, target: None }, 0.25);
    assert_eq!(one.ended, Ended::NotFinite { step: 1 });
    assert_eq!((one.trajectory.len(), one.image), (1, image));
}

#[test]
fn what_cannot_be_attacked_is_refused() {
    let (mut b, image) = Builder::new("features", [SIDE, SIDE]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 3));
    let network = Network::check(fill_random(b.finish(&x).unwrap(), 2)).unwrap();
    let refused =
        Classifier::new(&network, InputMap::unchanged(3), String::new(), Burn::cpu()).unwrap_err().to_string();
    assert!(refused.contains("no classifier") && refused.contains("[4, 4, 4]"), "{refused}");

    let weights = weights();
    let network = linear(&weights[..3], &[0.0; 3]);
    let classifier = classifier(&network);
    let evaluation =
        |attack| Evaluation { classifier: &classifier, attack, budgets: vec![0.1], seed: 0, shown_to: vec![] };
    let few = run(&evaluation(Attack::named("apgd-dlr-l2").unwrap()), 1, None, &Cancel::default());
    assert!(matches!(few, Err(SynthesisError::TooFewClasses { n_classes: 3, needed: 4, .. })));
    // Labels go up to 4.
    let beyond = run(&evaluation(Attack::Fgsm), 1, None, &Cancel::default()).unwrap_err();
    assert!(matches!(beyond, SynthesisError::NoSuchClass { what: "label", class: 3, .. }), "{beyond}");
    let negative = Evaluation { budgets: vec![-1.0], ..evaluation(Attack::Fgsm) };
    assert!(matches!(run(&negative, 1, None, &Cancel::default()), Err(SynthesisError::Setting { .. })));
    assert!(Attack::named("pgd").unwrap_err().to_string().contains("pgd-l2"));
}
