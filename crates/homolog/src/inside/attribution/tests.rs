use std::sync::Arc;

use ndarray::{Array1, Array2, Array3, Array4, ArrayD};

use super::lrp::{Composite, Rule};
use super::randomisation::{Randomisation, layers_from_the_top, randomised};
use super::walk::Start;
use super::*;
use crate::inside::objective::{Objective, ObjectiveError};
use crate::network::builder::{Builder, Conv2d, Rounding};
use crate::network::engine::Engine as _;
use crate::network::engine::burn::Burn;
use crate::network::graph::Graph;
use crate::network::readout::with_readout;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;
use crate::network::zoo::{ModelSpec, load};
use crate::stimuli::generate::Random;

const SIDE: usize = 12;

fn random_input(seed: u64, side: usize) -> Array3<f32> {
    let mut random = Random::new(seed);
    Array3::from_shape_simple_fn((3, side, side), || random.normal() as f32)
}

fn set(graph: &mut Graph, name: &str, tensor: ArrayD<f32>) {
    assert!(graph.parameters.insert(name.to_owned(), Arc::new(HostTensor::F32(tensor))).is_some(), "{name}");
}

fn without_biases(mut graph: Graph) -> Graph {
    let biases: Vec<String> = graph.parameters.keys().filter(|name| name.ends_with(".bias")).cloned().collect();
    for name in biases {
        let n = graph.parameters[&name].n_elements();
        set(&mut graph, &name, Array1::zeros(n).into_dyn());
    }
    graph
}

/// Pixels, flattened, times weights.
fn linear() -> (Network, Array3<f32>) {
    let (mut b, image) = Builder::new("linear", [SIDE; 2]);
    let x = b.flatten("flatten", &image);
    let x = b.linear("fc", &x, 2);
    let network = Network::check(without_biases(fill_random(b.finish(&x).unwrap(), 1))).unwrap();
    let weights = network.graph().parameters["fc.weight"].floats().unwrap()[..3 * SIDE * SIDE].to_vec();
    (network, Array3::from_shape_vec((3, SIDE, SIDE), weights).unwrap())
}

/// Two convolutions with rectifiers, a maximum, a branch that is added and one beside it, a classifier of 5. Without biases.
fn branching() -> Network {
    let (mut b, image) = Builder::new("branching", [SIDE; 2]);
    let x = b.conv2d("conv1", &image, &Conv2d::new(6, 3).padding(1));
    let x = b.relu("relu1", &x);
    let x = b.max_pool2d("pool1", &x, 2, 2, 0, Rounding::Floor);
    let side = b.conv2d("conv2", &x, &Conv2d::new(6, 3).padding(1));
    let side = b.relu("relu2", &side);
    let sum = b.add("sum", &x, &side);
    let beside = b.conv2d("conv3", &sum, &Conv2d::new(4, 1));
    let beside = b.relu("relu3", &beside);
    let x = b.concat("concat", &[&sum, &beside]);
    let x = b.adaptive_avg_pool2d("pool2", &x, 1);
    let x = b.flatten("flatten", &x);
    let x = b.linear("fc", &x, 5);
    Network::check(without_biases(fill_random(b.finish(&x).unwrap(), 3))).unwrap()
}

fn resnet() -> Network {
    let spec = ModelSpec::parse("random:resnet20_cifar10?seed=1").unwrap();
    let loaded = load(&spec, |_| Err("nothing is fetched here".into())).unwrap();
    Network::check(loaded.graph).unwrap()
}

fn aim(network: &Network, text: &str) -> Aim {
    Aim::new(&text.parse::<Objective>().unwrap(), network, None).unwrap()
}

fn attributed_with(
    network: &Network,
    text: &str,
    input: &Array3<f32>,
    method: &Method,
    resources: Resources,
) -> Result<Attribution, AttributionError> {
    let (engine, cancel) = (Burn::cpu(), Cancel::default());
    Attributor::new(network, &engine, resources, &cancel)?.attribute(&aim(network, text), input, method)
}

fn attributed(network: &Network, text: &str, input: &Array3<f32>, method: &Method) -> Attribution {
    attributed_with(network, text, input, method, Resources::with_threads(2)).unwrap()
}

fn named(name: &str) -> Method {
    let pixel_box = lrp::PixelBox { low: vec![-6.0; 3], high: vec![6.0; 3] };
    Method::named(name, &Settings { pixel_box: Some(pixel_box), ..Settings::default() }).unwrap()
}

/// |a - b| / |b|.
fn error(a: &Array3<f32>, b: &Array3<f32>) -> f64 {
    let norm = |map: &Array3<f32>| map.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
    norm(&(a - b)) / norm(b)
}

#[test]
fn of_a_linear_unit_the_gradient_is_its_weights_and_every_share_is_input_times_weight() {
    let (network, weights) = linear();
    let input = random_input(1, SIDE);
    let shares = &input * &weights;
    assert!(error(&attributed(&network, "fc:0", &input, &Method::Gradient).map, &weights) < 1e-6);
    let smooth = Method::SmoothGrad { n_samples: 3, noise: 0.5, seed: 1 };
    assert!(error(&attributed(&network, "fc:0", &input, &smooth).map, &weights) < 1e-6);
    for name in ["input-x-gradient", "integrated-gradients", "lrp-0"] {
        let found = attributed(&network, "fc:0", &input, &named(name));
        assert!(error(&found.map, &shares) < 1e-5, "{name}: {}", error(&found.map, &shares));
        assert!((found.sum() - found.objective).abs() < 1e-5 * norm(&shares), "{name}");
        match found.balance {
            Balance::Completeness { at_baseline, gap } => {
                assert!(at_baseline == 0.0 && gap.abs() < 1e-5 * norm(&shares))
            }
            Balance::Conservation(ledger) => {
                assert!((ledger.start - found.objective).abs() < 1e-6);
                assert!((ledger.at_image - ledger.start).abs() < 1e-5 * norm(&shares), "{ledger:?}");
            }
            Balance::NotStated => {}
        }
    }
}

fn norm(map: &Array3<f32>) -> f64 {
    map.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn the_walk_with_the_operators_own_gradients_gives_the_gradient() {
    for network in [branching(), resnet()] {
        let side = network.stimulus_shape()[1];
        let input = random_input(2, side);
        let aim = aim(&network, "logit:3 - 0.5*logit:1");
        let mut walk = Walk::new(&network, aim.taps()).unwrap();
        let walked = walk.run(uploaded(&input), &aim, Start::Gradient, |step, back| step.pull_back(back)).unwrap();
        let gradient = attributed(&network, "logit:3 - 0.5*logit:1", &input, &Method::Gradient);
        let found = array_of(walked.image, input.dim());
        assert!(error(&found, &gradient.map) < 1e-4, "{}: {}", network.graph().name, error(&found, &gradient.map));
        assert!((walked.objective - gradient.objective).abs() < 1e-4 * gradient.objective.abs());
    }
}

#[test]
fn lrp_0_of_a_network_of_rectifiers_is_input_times_gradient() {
    // Ancona M, Ceolini E, Öztireli C, Gross M (2018). ICLR. arXiv 1711.06104, proposition 3.2.
    for network in [branching(), resnet()] {
        let input = random_input(3, network.stimulus_shape()[1]);
        let expected = attributed(&network, "logit:2", &input, &Method::InputTimesGradient);
        let found = attributed(&network, "logit:2", &input, &named("lrp-0"));
        assert!(error(&found.map, &expected.map) < 1e-3, "{}", error(&found.map, &expected.map));
    }
}

#[test]
fn without_biases_relevance_is_conserved_by_every_rule() {
    let network = branching();
    let input = random_input(4, SIDE);
    // Alpha-beta gives more than it took where nothing contributes negatively.
    let is_conserving = |name: &&&str| name.starts_with("lrp") && !name.contains("alpha2");
    for name in METHODS.iter().filter(is_conserving) {
        let found = attributed(&network, "logit:0", &input, &named(name));
        let Balance::Conservation(ledger) = &found.balance else { panic!("{name} has no ledger") };
        assert!((ledger.start - found.objective).abs() < 1e-5 * found.objective.abs(), "{name}");
        let share = (ledger.at_image / ledger.start - 1.0).abs();
        assert!(share < 1e-3, "{name}: {} at the image of {}", ledger.at_image, ledger.start);
        assert!((ledger.at_image - found.sum()).abs() < 1e-9);
    }
}

#[test]
fn the_ledger_says_where_biases_kept_relevance() {
    let (mut b, image) = Builder::new("biased", [SIDE; 2]);
    let x = b.flatten("flatten", &image);
    let x = b.linear("fc", &x, 1);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    set(&mut graph, "fc.bias", ndarray::arr1(&[2.5]).into_dyn());
    let network = Network::check(graph).unwrap();
    let found = attributed(&network, "fc:0", &random_input(1, SIDE), &named("lrp-0"));
    let Balance::Conservation(ledger) = found.balance else { panic!("no ledger") };
    assert!((ledger.start - ledger.at_image - 2.5).abs() < 1e-4, "{ledger:?}");
    assert!(matches!(&ledger.kept[..], [(node, kept)] if node == "fc" && (kept - 2.5).abs() < 1e-4), "{ledger:?}");
}

#[test]
fn the_z_plus_rule_shares_among_positive_contributions_alone() {
    // z = 3·2 + 1·(-4) with weights (2, -4, 0) per pixel and inputs (3, 1, 7): only the first contributes to z+.
    let (mut b, image) = Builder::new("pixel", [1, 1]);
    let x = b.conv2d("conv", &image, &Conv2d::new(1, 1));
    let x = b.flatten("flatten", &x);
    let mut graph = without_biases(fill_random(b.finish(&x).unwrap(), 1));
    set(&mut graph, "conv.weight", Array4::from_shape_vec((1, 3, 1, 1), vec![2.0, -4.0, 0.0]).unwrap().into_dyn());
    let network = Network::check(graph).unwrap();
    let input = Array3::from_shape_vec((3, 1, 1), vec![3.0, 1.0, 7.0]).unwrap();
    let share = |rule: Rule| {
        let composite = Composite {
            name: "lrp-zplus",
            first_convolution: None,
            first_dense: None,
            convolution: rule,
            dense: Rule::ZPlus,
            stabilizer: 1e-9,
        };
        attributed(&network, "conv:0", &input, &Method::Lrp(Box::new(composite))).map.into_raw_vec_and_offset().0
    };
    let near = |found: Vec<f32>, expected: [f32; 3]| {
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4), "{found:?} is not {expected:?}");
    };
    // R = z = 2.
    near(share(Rule::ZPlus), [2.0, 0.0, 0.0]);
    near(share(Rule::Epsilon { epsilon: 0.0 }), [6.0, -4.0, 0.0]);
    // 2 R (1, 0) - R (0, 1).
    near(share(Rule::AlphaBeta { alpha: 2.0, beta: 1.0 }), [4.0, -2.0, 0.0]);
    // (6 + γ 6, -4) R / (2 + γ 6) with γ = 1.
    near(share(Rule::Gamma { gamma: 1.0 }), [12.0 * 2.0 / 8.0, -4.0 * 2.0 / 8.0, 0.0]);
    near(share(Rule::Flat), [2.0 / 3.0; 3]);
    // w² = (4, 16, 0).
    near(share(Rule::SquaredWeights), [0.4, 1.6, 0.0]);
    // x w - l w+ - h w-, l = 0, h = 10: (6, 36, 0).
    let pixel_box = lrp::PixelBox { low: vec![0.0; 3], high: vec![10.0; 3] };
    near(share(Rule::Box(pixel_box)), [12.0 / 42.0, 72.0 / 42.0, 0.0]);
}

#[test]
fn deconvnet_and_guided_backpropagation_differ_at_silent_rectifiers_alone() {
    // One pixel, one weight of 1 to a rectifier, then a weight of 3 and one of -3.
    let (mut b, image) = Builder::new("pixel", [1, 1]);
    let x = b.conv2d("conv", &image, &Conv2d::new(1, 1));
    let x = b.relu("relu", &x);
    let x = b.flatten("flatten", &x);
    let x = b.linear("fc", &x, 2);
    let mut graph = without_biases(fill_random(b.finish(&x).unwrap(), 1));
    set(&mut graph, "conv.weight", Array4::from_shape_vec((1, 3, 1, 1), vec![1.0, 0.0, 0.0]).unwrap().into_dyn());
    set(&mut graph, "fc.weight", Array2::from_shape_vec((2, 1), vec![3.0, -3.0]).unwrap().into_dyn());
    let network = Network::check(graph).unwrap();
    let first = |text: &str, pixel: f32, method: &Method| {
        let input = Array3::from_elem((3, 1, 1), pixel);
        attributed(&network, text, &input, method).map[[0, 0, 0]]
    };
    let (deconvnet, guided) = (Method::Deconvnet, Method::GuidedBackpropagation);
    assert_eq!((first("fc:0", 1.0, &deconvnet), first("fc:0", 1.0, &guided)), (3.0, 3.0));
    assert_eq!((first("fc:0", -1.0, &deconvnet), first("fc:0", -1.0, &guided)), (3.0, 0.0));
    assert_eq!((first("fc:1", 1.0, &deconvnet), first("fc:1", 1.0, &guided)), (0.0, 0.0));
    assert_eq!(first("fc:1", 1.0, &Method::Gradient), -3.0);
}

#[test]
fn integrated_gradients_close_the_gap_with_more_steps() {
    // Large enough that the probability bends on the way.
    let (network, input) = (branching(), random_input(5, SIDE) * 20.0);
    let gap = |n_steps| match attributed(&network, "probability:1", &input, &Method::IntegratedGradients { n_steps })
        .balance
    {
        Balance::Completeness { at_baseline, gap } => {
            assert!((at_baseline - 0.2).abs() < 1e-6, "5 equal classes");
            gap.abs()
        }
        _ => panic!("no gap"),
    };
    assert!(gap(64) < 1e-4 && gap(1) > 1e-3, "{} {}", gap(64), gap(1));
}

#[test]
fn a_grad_cam_is_the_channels_weighted_by_their_gradients() {
    // Mean of channels 0 and 1 with weights 2 and -1: the gradient of a position is the weight over 16 positions.
    let (mut b, image) = Builder::new("cam", [4, 4]);
    let x = b.conv2d("conv", &image, &Conv2d::new(2, 1));
    let x = b.adaptive_avg_pool2d("pool", &x, 1);
    let x = b.flatten("flatten", &x);
    let x = b.linear("fc", &x, 1);
    let mut graph = without_biases(fill_random(b.finish(&x).unwrap(), 1));
    let weight = Array4::from_shape_vec((2, 3, 1, 1), vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0]).unwrap();
    set(&mut graph, "conv.weight", weight.into_dyn());
    set(&mut graph, "fc.weight", Array2::from_shape_vec((1, 2), vec![2.0, -1.0]).unwrap().into_dyn());
    let network = Network::check(graph).unwrap();
    let input = random_input(6, 4);
    let found = attributed(&network, "fc:0", &input, &Method::GradCam { stage: None });
    let stage_map = found.stage_map.unwrap();
    assert_eq!(stage_map.stage, "conv");
    for ((y, x), value) in stage_map.signed.indexed_iter() {
        let expected = (2.0 * input[[0, y, x]] - input[[1, y, x]]) / 16.0;
        assert!((value - expected).abs() < 1e-6);
        assert!((found.map[[0, y, x]] - expected.max(0.0)).abs() < 1e-6);
    }
}

/// A unit that adds up the green of rows 6 to 8 and columns 2 to 4, and nothing else.
fn planted() -> Network {
    let (mut b, image) = Builder::new("planted", [SIDE; 2]);
    let x = b.flatten("flatten", &image);
    let x = b.linear("fc", &x, 1);
    let mut graph = without_biases(fill_random(b.finish(&x).unwrap(), 1));
    let mut weight: Array4<f32> = Array4::zeros((1, 3, SIDE, SIDE));
    weight.slice_mut(ndarray::s![0, 1, 6..9, 2..5]).fill(1.0);
    set(&mut graph, "fc.weight", weight.into_shape_with_order((1, 3 * SIDE * SIDE)).unwrap().into_dyn());
    Network::check(graph).unwrap()
}

#[test]
fn occlusion_and_rise_find_the_place_of_a_planted_unit() {
    let network = planted();
    let input = Array3::from_elem((3, SIDE, SIDE), 1.0);
    for method in
        [Method::Occlusion { window: 3, stride: 1 }, Method::Rise { n_masks: 3000, n_cells: 4, shown: 0.5, seed: 2 }]
    {
        let found = attributed(&network, "fc:0", &input, &method);
        assert_eq!((found.objective, found.map.dim()), (9.0, (1, SIDE, SIDE)));
        let (place, _) = found.map.indexed_iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        assert!((6..9).contains(&place.1) && (2..5).contains(&place.2), "{}: {place:?}", method.name());
    }
    // The square over the patch takes all of it: the middle's nine squares take 9, 6 · 4 and 4 · 4 of 9.
    let occlusion = attributed(&network, "fc:0", &input, &Method::Occlusion { window: 3, stride: 1 }).map;
    assert!((occlusion[[0, 7, 3]] - (9.0 + 4.0 * 6.0 + 4.0 * 4.0) / 9.0).abs() < 1e-5);
    assert_eq!(occlusion[[0, 0, 11]], 0.0);
}

#[test]
fn deleting_what_matters_first_leaves_the_smaller_area_and_inserting_it_the_larger() {
    let network = planted();
    let input = Array3::from_elem((3, SIDE, SIDE), 1.0);
    let (engine, cancel) = (Burn::cpu(), Cancel::default());
    let mut attributor = Attributor::new(&network, &engine, Resources::with_threads(2), &cancel).unwrap();
    let aim = aim(&network, "fc:0");
    let map = attributor.attribute(&aim, &input, &Method::InputTimesGradient).unwrap().plane();
    let right = attributor.curve(&aim, &input, &map, CurveKind::Deletion, 144).unwrap();
    let wrong = attributor.curve(&aim, &input, &-&map, CurveKind::Deletion, 144).unwrap();
    // The nine pixels go first: 9, 8, …, 0 and then 0, in steps of 1/144: (4.5 + 8 + … + 1) / 144 = 40.5 / 144.
    assert!((right.auc - 40.5 / 144.0).abs() < 1e-5, "{}", right.auc);
    // … or last: 9 until 135 are gone.
    assert!((wrong.auc - (9.0 * 135.0 + 40.5) / 144.0).abs() < 1e-4, "{}", wrong.auc);
    assert_eq!((right.shares[0], right.shares[144]), (0.0, 1.0));
    // The image is constant, so that blurring it changes nothing.
    let inserted = attributor.curve(&aim, &input, &map, CurveKind::Insertion, 12).unwrap();
    assert!(inserted.objectives.iter().all(|value| (value - 9.0).abs() < 1e-4));
    assert!(attributor.curve(&aim, &input, &map, CurveKind::Deletion, 0).is_err());
}

#[test]
fn shuffling_a_layer_keeps_its_numbers_and_changes_the_map() {
    let network = branching();
    let aim = aim(&network, "logit:1");
    let layers = layers_from_the_top(&network, &aim);
    assert_eq!(layers, ["fc", "conv3", "conv2", "conv1"]);
    let shuffled = |layers: &[String]| randomised(&network, layers, Randomisation::Shuffled, 7).unwrap();
    let changed = shuffled(&layers[..2]);
    let sorted = |network: &Network, name: &str| {
        let mut numbers = network.graph().parameters[name].floats().unwrap().to_vec();
        let before = numbers.clone();
        numbers.sort_by(f32::total_cmp);
        (before, numbers)
    };
    for (name, is_changed) in [("fc.weight", true), ("conv3.weight", true), ("conv1.weight", false)] {
        let ((before, numbers), (after, shuffled)) = (sorted(&network, name), sorted(&changed, name));
        assert_eq!(numbers, shuffled, "{name}");
        assert_eq!(before != after, is_changed, "{name}");
    }
    // A longer list goes on from a shorter one.
    let further = shuffled(&layers);
    assert_eq!(sorted(&further, "fc.weight").0, sorted(&changed, "fc.weight").0);
    let input = random_input(1, SIDE);
    let map = |network: &Network| attributed(network, "logit:1", &input, &Method::Gradient).plane();
    let found = similarity::Similarity::of(&map(&network), &map(&further)).unwrap();
    assert!(found.spearman.unwrap().abs() < 0.6, "{found:?}");
}

#[test]
fn weights_drawn_anew_have_the_variance_of_their_fan_in_and_biases_are_0() {
    let (mut b, image) = Builder::new("wide", [8; 2]);
    let x = b.conv2d("conv", &image, &Conv2d::new(64, 5).padding(2));
    let x = b.relu("relu", &x);
    let x = b.tokens_from_image("tokens", &x);
    let x = b.linear_of_tokens("each", &x, 48);
    let x = b.first_token("first", &x);
    let x = b.linear("fc", &x, 40);
    let mut graph = fill_random(b.finish(&x).unwrap(), 3);
    set(&mut graph, "fc.bias", Array1::from_elem(40, 2.0_f32).into_dyn());
    let network = Network::check(graph).unwrap();
    let layers = layers_from_the_top(&network, &aim(&network, "logit:1"));
    assert_eq!(layers, ["fc", "each.product", "conv"], "a layer of tokens reads its weights transposed");
    let drawn = randomised(&network, &layers, Randomisation::Redrawn, 7).unwrap();
    let floats = |name: &str| drawn.graph().parameters[name].floats().unwrap().to_vec();
    for (name, fan_in) in [("conv.weight", 75.0), ("each.weight", 64.0), ("fc.weight", 48.0)] {
        let weights = floats(name);
        assert_ne!(weights, network.graph().parameters[name].floats().unwrap(), "{name}");
        let variance = weights.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>() / weights.len() as f64;
        // Of 1,920 weights or more, the standard error of the variance is 2 % of it.
        assert!((variance * fan_in / 2.0 - 1.0).abs() < 0.08, "{name}: {variance}");
    }
    assert!(floats("fc.bias").iter().all(|bias| *bias == 0.0));
    // One layer alone, and the same numbers as in the cascade.
    let one = randomised(&network, &layers[..1], Randomisation::Redrawn, 7).unwrap();
    assert_eq!(one.graph().parameters["fc.weight"], drawn.graph().parameters["fc.weight"]);
    assert_eq!(one.graph().parameters["conv.weight"], network.graph().parameters["conv.weight"]);
}

#[test]
fn baselines_are_where_paths_begin_and_what_hides() {
    // f = w x: integrated gradients are w (x - b), and hiding one pixel costs w (x - b) there, whatever the baseline.
    let (network, weights) = linear();
    let (input, other) = (random_input(1, SIDE), random_input(2, SIDE));
    let (engine, cancel) = (Burn::cpu(), Cancel::default());
    let attributor = || Attributor::new(&network, &engine, Resources::with_threads(2), &cancel).unwrap();
    let aim = aim(&network, "fc:0");
    for baseline in [Baseline::Zero, Baseline::Mean, Baseline::Blur, Baseline::Image(other)] {
        let from = baseline.of(&input).unwrap();
        let shares = (&input - &from) * &weights;
        let name = baseline.name();
        let mut attributor = attributor().with_baseline(baseline);
        let found = attributor.attribute(&aim, &input, &Method::IntegratedGradients { n_steps: 3 }).unwrap();
        assert!(error(&found.map, &shares) < 1e-5, "{name}");
        let Balance::Completeness { at_baseline, gap } = found.balance else { panic!("{name} has no balance") };
        let expected: f64 = from.iter().zip(&weights).map(|(b, w)| f64::from(b * w)).sum();
        assert!((at_baseline - expected).abs() < 1e-4 && gap.abs() < 1e-4, "{name}: {at_baseline}, not {expected}");
        let occluded = attributor.attribute(&aim, &input, &Method::Occlusion { window: 1, stride: 1 }).unwrap();
        let planes = shares.sum_axis(Axis(0)).insert_axis(Axis(0));
        assert!(error(&occluded.map, &planes) < 1e-4, "{name}: {}", error(&occluded.map, &planes));
        // Deletion ends where insertion begins: at the baseline.
        let plane = planes.index_axis(Axis(0), 0).mapv(f64::from);
        let deleted = attributor.curve(&aim, &input, &plane, CurveKind::Deletion, 4).unwrap();
        let inserted = attributor.curve(&aim, &input, &plane, CurveKind::Insertion, 4).unwrap();
        assert!((deleted.objectives[4] - expected).abs() < 1e-4 && (inserted.objectives[0] - expected).abs() < 1e-4);
        assert!((inserted.objectives[4] - found.objective).abs() < 1e-4, "{name}");
    }
}

#[test]
fn a_read_out_is_a_stage_whose_units_are_its_weights_times_the_responses() {
    let network = branching();
    let n_units = network.stage("relu2").unwrap().n_units();
    let mut random = Random::new(5);
    let weights = Array2::from_shape_simple_fn((2, n_units), || random.normal());
    let input = random_input(8, SIDE);
    let mut session = Burn::cpu().open(&network, &[network.stage("relu2").unwrap().value.clone()]).unwrap();
    let responses = session.run(input.view().insert_axis(Axis(0))).unwrap().remove(0).row(0).mapv(f64::from);
    let with_intercepts =
        ndarray::concatenate(Axis(1), &[weights.view(), ndarray::array![[0.5], [-0.5]].view()]).unwrap();
    let read = with_readout(&network, "readout", "relu2", with_intercepts.view()).unwrap();
    let found = attributed(&read, "readout:1", &input, &Method::InputTimesGradient);
    let expected = weights.row(1).dot(&responses) - 0.5;
    assert!((found.objective - expected).abs() < 1e-4 * expected.abs(), "{} is not {expected}", found.objective);
    // Without biases before it, what is not the intercept comes from the pixels.
    assert!((found.sum() - (expected + 0.5)).abs() < 1e-3 * expected.abs());
    let of_channels = Array2::from_shape_simple_fn((1, 6), || random.normal());
    let read = with_readout(&network, "readout", "relu2", of_channels.view()).unwrap();
    let means = responses.into_shape_with_order((6, 36)).unwrap().mean_axis(Axis(1)).unwrap();
    let expected = of_channels.row(0).dot(&means);
    let found = attributed(&read, "readout:0", &input, &named("lrp-epsilon-plus"));
    assert!(
        (found.objective - expected).abs() < 1e-4 * expected.abs().max(0.1),
        "{} is not {expected}",
        found.objective
    );
}

#[test]
fn maps_are_the_same_for_one_thread_and_for_two() {
    let (network, input) = (branching(), random_input(9, SIDE));
    for name in ["integrated-gradients", "smoothgrad", "occlusion", "lrp-epsilon-plus"] {
        let with = |n| attributed_with(&network, "logit:1", &input, &named(name), Resources::with_threads(n)).unwrap();
        assert_eq!(with(1), with(2), "{name}");
    }
}

#[test]
fn what_cannot_be_attributed_is_refused_with_the_reason() {
    let (network, input) = (branching(), random_input(1, SIDE));
    let refused = |text: &str, method: &Method| {
        let resources = Resources::with_threads(1);
        attributed_with(&network, text, &input, method, resources).unwrap_err().to_string()
    };
    let cam = |stage: &str| Method::GradCam { stage: Some(stage.to_owned()) };
    for (text, method, words) in [
        ("relu1:0", cam("conv3"), "\"relu1:0\" does not depend on it"),
        ("logit:0", cam("fc"), "its shape is [5]"),
        ("logit:0", cam("conv9"), "\"conv3\""),
        ("diversity(relu1)", Method::Gradient, "compares several images"),
        ("conv1:0", Method::Deconvnet, "there is none between the image and \"conv1:0\""),
    ] {
        let refused = refused(text, &method);
        assert!(refused.contains(words), "{refused}");
    }
    let small = Resources { memory_bytes: 1 << 20, n_threads: 1 };
    for method in [Method::Gradient, named("occlusion"), named("lrp-0")] {
        let refused = attributed_with(&network, "logit:0", &input, &method, small).unwrap_err().to_string();
        assert!(refused.contains("within 1.0 MiB") && refused.contains("--memory"), "{refused}");
    }
    let other =
        attributed_with(&network, "logit:0", &random_input(1, 5), &Method::Gradient, Resources::with_threads(1));
    assert!(other.unwrap_err().to_string().contains("[3, 5, 5]"));
    let (engine, cancel) = (Burn::cpu(), Cancel::default());
    cancel.cancel();
    let mut attributor = Attributor::new(&network, &engine, Resources::with_threads(1), &cancel).unwrap();
    let stopped = attributor.attribute(&aim(&network, "logit:0"), &input, &Method::Gradient);
    assert!(matches!(stopped, Err(AttributionError::Cancelled)));
}

#[test]
fn a_stage_that_is_no_classifier_has_no_logit_and_an_operator_without_rule_is_named() {
    let (mut b, image) = Builder::new("tokens", [SIDE; 2]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 4).stride(4));
    let x = b.tokens_from_image("tokens", &x);
    let x = b.layer_norm("norm", &x, 1e-5);
    let network = Network::check(fill_random(b.finish(&x).unwrap(), 1)).unwrap();
    let refused = Aim::new(&"logit:0".parse().unwrap(), &network, None).unwrap_err();
    assert!(matches!(refused, ObjectiveError::NotAClassifier { .. }), "{refused}");
    let input = random_input(1, SIDE);
    let lrp = attributed_with(&network, "norm:1", &input, &named("lrp-epsilon-plus"), Resources::with_threads(1));
    let refused = lrp.unwrap_err().to_string();
    assert!(refused.contains("LayerNormalization") && refused.contains("\"norm\""), "{refused}");
    // Methods that need the gradient alone do not mind.
    assert!(attributed(&network, "norm:1", &input, &Method::Gradient).map.iter().any(|value| *value != 0.0));
}
