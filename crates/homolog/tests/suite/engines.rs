//! What every engine must do, on each engine.

use std::sync::Arc;

use homolog::network::checked::Network;
use homolog::network::engine::{Engine, EngineError};
use homolog::network::graph::{Dim, Graph, GraphInput, Node};
use homolog::network::op::Operator;
use homolog::network::op::activation::Activation;
use homolog::network::op::convolution::Conv;
use homolog::network::op::normalization::BatchNormalization;
use homolog::network::op::pooling::{GlobalPool, MaxPool, Rounding};
use homolog::network::op::reduce::{ArgExtreme, Extreme, ReducedAxes};
use homolog::network::op::shape::Flatten;
use homolog::network::tensor::{DType, HostTensor};
use homolog::network::weights::counter::Counter;
use ndarray::{Array2, Array4, s};

use crate::both_engines::both_engines;

/// Largest difference between engines, relative to the largest number of a stage.
const TOLERANCE: f32 = 1e-4;

fn node(name: &str, op: impl Operator + 'static, inputs: &[&str]) -> Node {
    Node {
        name: name.to_owned(),
        op: Arc::new(op),
        inputs: inputs.iter().map(|input| Some((*input).to_owned())).collect(),
        outputs: vec![name.to_owned()],
    }
}

/// Convolution, normalization, activation and pooling that rounds up, then a class.
fn small_network(batch: Dim) -> Network {
    let shapes: [(&str, &[usize], f64, f64); 6] = [
        ("filters", &[6, 3, 3, 3], -0.4, 0.4),
        ("bias", &[6], -0.2, 0.2),
        ("scale", &[6], 0.5, 1.5),
        ("shift", &[6], -0.2, 0.2),
        ("mean", &[6], -0.2, 0.2),
        ("variance", &[6], 0.5, 1.5),
    ];
    let parameter = |(name, shape, low, high): (&str, &[usize], f64, f64)| {
        let elements = Counter::of(name).uniforms(shape.iter().product(), low, high);
        (name.to_owned(), Arc::new(HostTensor::from_f32(shape, elements).expect("shaped")))
    };
    let dims = vec![batch, Dim::Fixed(3), Dim::Fixed(12), Dim::Fixed(10)];
    let class = ArgExtreme { extreme: Extreme::Largest, axis: 1, reduced: ReducedAxes::Dropped };
    let graph = Graph {
        name: "small".to_owned(),
        inputs: vec![GraphInput { name: "image".to_owned(), dtype: DType::F32, dims }],
        parameters: shapes.map(parameter).into_iter().collect(),
        nodes: vec![
            node("convolution", Conv::square(1, 1), &["image", "filters", "bias"]),
            node(
                "normalization",
                BatchNormalization { epsilon: 1e-5 },
                &["convolution", "scale", "shift", "mean", "variance"],
            ),
            node("relu", Activation::Relu, &["normalization"]),
            node("pool", MaxPool::square(3, 2, 0, Rounding::Ceil), &["relu"]),
            node("means", GlobalPool::Average, &["pool"]),
            node("flat", Flatten { axis: 1 }, &["means"]),
            node("class", class, &["flat"]),
        ],
        outputs: vec!["flat".to_owned(), "class".to_owned()],
        stages: Vec::new(),
    };
    Network::check(graph).expect("checked")
}

fn images(n_images: usize) -> Array4<f32> {
    let elements = Counter::of("image").uniforms(n_images * 3 * 12 * 10, -1.0, 1.0);
    Array4::from_shape_vec((n_images, 3, 12, 10), elements).expect("shaped")
}

fn recorded(engine: &dyn Engine, network: &Network, stages: &[&str], images: &Array4<f32>) -> Vec<Array2<f32>> {
    let stages: Vec<String> = stages.iter().map(|stage| (*stage).to_owned()).collect();
    engine.open(network, &stages).expect("opened").run(images.view()).expect("run")
}

fn assert_close(found: &Array2<f32>, expected: &Array2<f32>, what: &str) {
    assert_eq!(found.dim(), expected.dim(), "{what}");
    let largest = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= TOLERANCE * largest, "{what}: {found} for {expected}");
    }
}

const ALL: [&str; 7] = ["convolution", "normalization", "relu", "pool", "means", "flat", "class"];

#[test]
fn stages_are_what_the_operators_say() {
    let network = small_network(Dim::Batch);
    for engine in both_engines() {
        let stages = recorded(&*engine, &network, &ALL, &images(2));
        let [convolution, normalization, relu, pool, means, flat, class] = &stages[..] else { panic!("seven stages") };
        let parameter = |name: &str| network.graph().parameters[name].floats().expect("floats");
        for (unit, (before, after)) in convolution.iter().zip(normalization).enumerate() {
            let channel = unit / 120 % 6;
            let [scale, shift, mean, variance] =
                ["scale", "shift", "mean", "variance"].map(|name| parameter(name)[channel]);
            let expected = scale * (before - mean) / (variance + 1e-5).sqrt() + shift;
            assert!((after - expected).abs() < 1e-5, "{}: {after} for {expected}", engine.name());
        }
        assert_eq!(*relu, normalization.mapv(|value| value.max(0.0)));
        // Windows of 3 every 2 over 12 x 10 positions, the last reaching beyond: 6 x 5 of them.
        let planes = relu.to_shape((2, 6, 12, 10)).expect("shaped");
        let windows = pool.to_shape((2, 6, 6, 5)).expect("shaped");
        for ((image, channel, row, column), pooled) in windows.indexed_iter() {
            let rows = 2 * row..(2 * row + 3).min(12);
            let columns = 2 * column..(2 * column + 3).min(10);
            let window = planes.slice(s![image, channel, rows, columns]);
            assert_eq!(*pooled, window.iter().copied().fold(f32::MIN, f32::max));
        }
        let mean_of =
            |image: usize, channel: usize| windows.slice(s![image, channel, .., ..]).mean().expect("not empty");
        assert_close(flat, &Array2::from_shape_fn((2, 6), |(image, channel)| mean_of(image, channel)), engine.name());
        assert_eq!(means, flat);
        for (row, class) in flat.outer_iter().zip(class) {
            let largest = (0..6).max_by(|a, b| row[*a].total_cmp(&row[*b])).expect("six");
            assert_eq!(*class as usize, largest);
        }
    }
}

#[test]
fn a_stage_is_the_same_whatever_else_is_recorded() {
    let network = small_network(Dim::Batch);
    for engine in both_engines() {
        let together = recorded(&*engine, &network, &ALL, &images(3));
        for (stage, expected) in ALL.iter().zip(&together) {
            // Alone, a normalization is folded into the convolution before it.
            let alone = recorded(&*engine, &network, &[stage], &images(3));
            assert_close(&alone[0], expected, stage);
        }
        let twice = recorded(&*engine, &network, &["relu", "pool", "relu"], &images(3));
        assert_eq!(twice[0], twice[2]);
    }
}

#[test]
fn images_are_run_in_any_number() {
    let network = small_network(Dim::Batch);
    let fixed = small_network(Dim::Fixed(4));
    let all = images(7);
    for engine in both_engines() {
        let expected = recorded(&*engine, &network, &["pool"], &all).remove(0);
        let mut session = engine.open(&network, &["pool".to_owned()]).expect("opened");
        for (start, end) in [(0, 4), (4, 5), (5, 7)] {
            let part = session.run(all.slice(s![start..end, .., .., ..])).expect("run");
            assert_close(&part[0], &expected.slice(s![start..end, ..]).to_owned(), "a part of the images");
        }
        assert_close(&recorded(&*engine, &fixed, &["pool"], &all)[0], &expected, "four at a time");
    }
}

#[test]
fn burn_gives_an_image_the_same_numbers_beside_any_others() {
    let network = small_network(Dim::Batch);
    let all = images(5);
    let burn = homolog::network::engine::burn::Burn::cpu();
    let together = recorded(&burn, &network, &ALL, &all);
    for image in 0..5 {
        let alone = recorded(&burn, &network, &ALL, &all.slice(s![image..=image, .., .., ..]).to_owned());
        for (alone, together) in alone.iter().zip(&together) {
            assert_eq!(alone.row(0), together.row(image));
        }
    }
}

#[test]
fn engines_agree() {
    let network = small_network(Dim::Batch);
    let engines = both_engines();
    let expected = recorded(&*engines[0], &network, &ALL, &images(4));
    for engine in engines.iter().skip(1) {
        for ((found, expected), stage) in recorded(&**engine, &network, &ALL, &images(4)).iter().zip(&expected).zip(ALL)
        {
            assert_close(found, expected, stage);
        }
    }
}

#[test]
fn images_of_another_size_are_refused_with_both_sizes() {
    let network = small_network(Dim::Batch);
    for engine in both_engines() {
        let mut session = engine.open(&network, &["pool".to_owned()]).expect("opened");
        let refused = session.run(Array4::zeros((1, 3, 10, 12)).view()).expect_err("another size");
        assert!(matches!(refused, EngineError::ImageShape { .. }));
        let words =
            "the network takes images of shape [3, 12, 10] (channel, height, width), and these have [3, 10, 12]";
        assert_eq!(refused.to_string(), words);
    }
}

#[test]
fn an_unknown_stage_lists_the_nearest_three() {
    let network = small_network(Dim::Batch);
    let refused = network.stage("pol").expect_err("no such stage");
    let words = "small has no layer \"pol\". Closest: \"pool\", \"relu\", \"flat\". `homolog layers MODEL` lists all 7";
    assert_eq!(refused.to_string(), words);
}

#[test]
fn operators_that_do_not_fit_are_named_with_what_was_found_and_needed() {
    let mut graph = small_network(Dim::Batch).graph().clone();
    let filters = HostTensor::from_f32(&[6, 4, 3, 3], vec![0.0; 216]).expect("shaped");
    graph.parameters.insert("filters".to_owned(), Arc::new(filters));
    let refused = Network::check(graph.clone()).expect_err("four channels");
    assert_eq!(refused.to_string(), "node \"convolution\" (Conv) does not fit into the network");
    let source = std::error::Error::source(&refused).expect("a cause").to_string();
    let words = "Conv cannot take its inputs: floats (1, 3, 12, 10), floats (6, 4, 3, 3), floats (6); \
                 6 filters over 4 channels in 1 groups need 4 channels";
    assert_eq!(source, words);

    graph.nodes[0].inputs[0] = Some("picture".to_owned());
    let refused = Network::check(graph).expect_err("no such value").to_string();
    assert_eq!(refused, "node \"convolution\" reads \"picture\", which no input, parameter or earlier node gives");
}
