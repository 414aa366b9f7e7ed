use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{Array3, Array4, ArrayD};

use super::*;
use crate::network::builder::{Builder, Conv2d, Rounding, Value};
use crate::network::checked::Network;
use crate::network::graph::Graph;
use crate::network::tensor::HostTensor;
use crate::network::weights::fill_random;

fn parameter(graph: &Graph, name: &str) -> Array4<f64> {
    let HostTensor::F32(weights) = &*graph.parameters[name] else { panic!("floats") };
    let shape = weights.shape();
    let shape = (shape[0], shape[1], shape.get(2).copied().unwrap_or(1), shape.get(3).copied().unwrap_or(1));
    weights.mapv(f64::from).into_shape_with_order(shape).unwrap()
}

fn set(graph: &mut Graph, name: &str, weights: Array4<f32>) {
    assert_eq!(graph.parameters[name].shape(), weights.shape(), "{name}");
    graph.parameters.insert(name.to_owned(), Arc::new(HostTensor::F32(weights.into_dyn())));
}

/// A network of the layers that `layers` adds to a rectified `first` of 5 channels, with random weights.
fn network(layers: impl FnOnce(&mut Builder, Value) -> Value) -> (Network, Graph) {
    let (mut b, image) = Builder::new("planted", [24, 24]);
    let x = b.conv2d("zeroth", &image, &Conv2d::new(5, 3).padding(1));
    let x = b.relu("first", &x);
    let x = layers(&mut b, x);
    let graph = fill_random(b.finish(&x).unwrap(), 3);
    (Network::check(graph.clone()).unwrap(), graph)
}

/// The kernel of two convolutions in a row for every channel before them: Σ over channels between of the products of weights
/// at (first kernel's place + `stride` × second kernel's place).
fn convolved(first: &Array4<f64>, second: &Array4<f64>, channel: usize, stride: usize) -> Array3<f64> {
    let (_, n_in, height, width) = first.dim();
    let (_, n_between, down, across) = second.dim();
    let mut kernel = Array3::zeros((n_in, height + stride * (down - 1), width + stride * (across - 1)));
    for ((between, row, column), weight) in second.index_axis(ndarray::Axis(0), channel).indexed_iter() {
        assert!(between < n_between);
        for input in 0..n_in {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                kernel[[input, y + stride * row, x + stride * column]] += weight * first[[between, input, y, x]];
            }
        }
    }
    kernel
}

#[track_caller]
fn same(found: &ExpandedWeights, expected: &Array3<f64>) {
    assert_eq!(found.weights.dim(), expected.dim());
    assert!(!found.is_cut);
    let largest = expected.iter().fold(0.0_f64, |most, w| most.max(w.abs()));
    assert!(largest > 0.0);
    for (place, (found, expected)) in found.weights.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() < 1e-6 * largest, "{place}: {found} is not {expected}");
    }
}

fn expanded(network: &Network, to: &str, channel: usize) -> ExpandedWeights {
    expanded_weights(network, "first", to, &[channel], &Slopes::One).unwrap().remove(0)
}

#[test]
fn two_convolutions_in_a_row_have_the_convolution_of_their_kernels() {
    for (stride, kernel) in [(1, 3), (2, 3), (1, 1), (3, 2)] {
        let (network, graph) = network(|b, x| {
            let x = b.conv2d("second", &x, &Conv2d::new(6, 3).stride(stride).padding(1));
            let x = b.relu("rectified", &x);
            b.conv2d("third", &x, &Conv2d::new(4, kernel))
        });
        let (second, third) = (parameter(&graph, "second.weight"), parameter(&graph, "third.weight"));
        for channel in 0..4 {
            same(&expanded(&network, "third", channel), &convolved(&second, &third, channel, stride));
        }
    }
}

#[test]
fn units_expanded_together_have_the_weights_that_they_have_alone() {
    let (network, _) = network(|b, x| {
        let x = b.conv2d("second", &x, &Conv2d::new(20, 3));
        b.relu("rectified", &x)
    });
    let channels: Vec<usize> = (0..20).rev().collect();
    let together = expanded_weights(&network, "first", "rectified", &channels, &Slopes::One).unwrap();
    for (channel, together) in channels.into_iter().zip(&together) {
        assert_eq!(together, &expanded(&network, "rectified", channel));
    }
}

#[test]
fn a_pool_counts_as_the_mean_of_its_window() {
    let (network, graph) = network(|b, x| {
        let x = b.max_pool2d("pool", &x, 3, 2, 0, Rounding::Ceil);
        b.conv2d("second", &x, &Conv2d::new(4, 3))
    });
    let second = parameter(&graph, "second.weight");
    let mean = Array4::from_shape_fn((5, 5, 3, 3), |(out, of, _, _)| if out == of { 1.0 / 9.0 } else { 0.0 });
    same(&expanded(&network, "second", 1), &convolved(&mean, &second, 1, 2));
    assert_eq!(expanded(&network, "second", 1).weights.dim(), (5, 7, 7));
}

#[test]
fn joined_branches_keep_their_own_kernels_and_added_ones_add_up() {
    let (network, graph) = network(|b, x| {
        let squeezed = b.conv2d("squeeze", &x, &Conv2d::new(3, 1));
        let squeezed = b.relu("squeezed", &squeezed);
        let one = b.conv2d("expand1x1", &squeezed, &Conv2d::new(4, 1));
        let three = b.conv2d("expand3x3", &squeezed, &Conv2d::new(5, 3).padding(1));
        let fire = b.concat("fire", &[&one, &three]);
        let kept = b.conv2d("residual", &fire, &Conv2d::new(9, 3).padding(1));
        b.add("sum", &kept, &fire)
    });
    let squeeze = parameter(&graph, "squeeze.weight");
    let one = convolved(&squeeze, &parameter(&graph, "expand1x1.weight"), 2, 1);
    let mut wide = Array3::zeros((5, 3, 3));
    wide.slice_mut(ndarray::s![.., 1..2, 1..2]).assign(&one);
    same(&expanded(&network, "fire", 2), &wide);
    let three = convolved(&squeeze, &parameter(&graph, "expand3x3.weight"), 4, 1);
    same(&expanded(&network, "fire", 4 + 4), &three);
    // Residual addition: the identity, and the convolution, from the fire module itself.
    let residual = parameter(&graph, "residual.weight");
    let mut sum = residual.index_axis(ndarray::Axis(0), 7).to_owned();
    sum[[7, 1, 1]] += 1.0;
    let found = expanded_weights(&network, "fire", "sum", &[7], &Slopes::One).unwrap().remove(0);
    same(&found, &sum);
}

#[test]
fn a_fully_connected_layer_after_a_mean_has_its_weight_spread_over_all_positions() {
    let (network, graph) = network(|b, x| {
        let x = b.adaptive_avg_pool2d("pool", &x, 1);
        let x = b.flatten("flatten", &x);
        b.linear("fc", &x, 7)
    });
    let weight = parameter(&graph, "fc.weight");
    let found = expanded(&network, "fc", 6);
    same(&found, &Array3::from_shape_fn((5, 24, 24), |(channel, _, _)| weight[[6, channel, 0, 0]] / 576.0));
    let flat = expanded_weights(&network, "flatten", "fc", &[6], &Slopes::One).unwrap().remove(0);
    same(&flat, &Array3::from_shape_fn((5, 1, 1), |(channel, _, _)| weight[[6, channel, 0, 0]]));
}

#[test]
fn rectifiers_can_let_through_the_share_in_which_they_are_active() {
    let (network, graph) = network(|b, x| {
        let x = b.conv2d("second", &x, &Conv2d::new(3, 3));
        let x = b.relu("rectified", &x);
        b.conv2d("third", &x, &Conv2d::new(2, 1))
    });
    let shares = [0.5_f32, 0.0, 0.25];
    let slopes = Slopes::ShareActive(BTreeMap::from([("rectified".to_owned(), shares.to_vec())]));
    let found = expanded_weights(&network, "first", "third", &[1], &slopes).unwrap().remove(0);
    let mut third = parameter(&graph, "third.weight");
    for (between, share) in shares.iter().enumerate() {
        third.slice_mut(ndarray::s![.., between, .., ..]).mapv_inplace(|weight| weight * f64::from(*share));
    }
    same(&found, &convolved(&parameter(&graph, "second.weight"), &third, 1, 1));
}

#[test]
fn what_lies_outside_the_stage_is_said_to_be_cut() {
    let (network, _) = network(|b, x| b.conv2d("second", &x, &Conv2d::new(2, 23).padding(2)));
    let found = expanded(&network, "second", 0);
    assert_eq!((found.weights.dim(), found.begins, found.is_cut), ((5, 23, 23), [1, 1], false));
    let (network, _) =
        super::tests::network(|b: &mut Builder, x| b.conv2d("second", &x, &Conv2d::new(2, 27).padding(13)));
    let found = expanded(&network, "second", 0);
    // The unit at (12, 12) of 24 sees from -1 to 25.
    assert_eq!((found.begins, found.is_cut), ([-1, -1], true));
    assert!(found.weights.index_axis(ndarray::Axis(1), 0).iter().all(|weight| *weight == 0.0));
    assert!(found.weights.index_axis(ndarray::Axis(1), 1).iter().any(|weight| *weight != 0.0));
}

/// A detector of windows above wheels: `parts` has windows (channel 2), wheels (channel 5) and six others; the car reads windows in
/// the upper and wheels in the lower row of its kernel, is inhibited by channel 1 everywhere, and hardly reads the rest.
fn car() -> Network {
    let (_, mut graph) = network(|b, x| {
        let x = b.conv2d("parts_conv", &x, &Conv2d::new(8, 3).padding(1));
        let x = b.relu("parts", &x);
        let x = b.conv2d("car_conv", &x, &Conv2d::new(3, 3).padding(1));
        b.relu("car", &x)
    });
    let mut car = Array4::from_shape_fn((3, 8, 3, 3), |(o, i, y, x)| 0.01 * ((o + 2 * i + 3 * y + 5 * x) as f32).sin());
    for x in 0..3 {
        car[[1, 2, 0, x]] = 1.0;
        car[[1, 5, 2, x]] = 0.8;
        for y in 0..3 {
            car[[1, 1, y, x]] = -0.3;
        }
    }
    set(&mut graph, "car_conv.weight", car);
    let mut parts = Array4::zeros((8, 5, 3, 3));
    for channel in 0..8 {
        // A part is an edge of the channel of the image's features that has its number, and one other weakly.
        parts[[channel, channel % 5, 1, 0]] = 1.0;
        parts[[channel, channel % 5, 1, 2]] = -1.0;
        parts[[channel, (channel + 1) % 5, 1, 1]] = 0.2;
    }
    set(&mut graph, "parts_conv.weight", parts);
    Network::check(graph).unwrap()
}

#[test]
fn a_car_is_found_to_be_made_of_windows_above_and_wheels_below() {
    let network = car();
    let through = stages_before(&network, "car", 2).unwrap();
    assert_eq!(through, ["parts", "first"]);
    let circuit = Circuit { network: &network, slopes: &Slopes::One, through, breadth: 3, by: Strongest::Norm };
    let tree = circuit.tree(&"car:1".parse().unwrap()).unwrap();
    let channels: Vec<usize> = tree.inputs.iter().map(|node| node.unit.channel).collect();
    // Norms: windows √3, wheels .8 √3, the inhibiting channel .3 × 3.
    assert_eq!(channels, [2, 5, 1]);
    let rows =
        |node: &Node| -> Vec<f32> { node.link.as_ref().unwrap().kernel.rows().into_iter().map(|r| r.sum()).collect() };
    let (windows, wheels) = (rows(&tree.inputs[0]), rows(&tree.inputs[1]));
    assert!(windows[0] > 2.9 && windows[2].abs() < 0.1, "{windows:?}");
    assert!(wheels[2] > 2.3 && wheels[0].abs() < 0.1, "{wheels:?}");
    let strength = |node: &Node| node.link.as_ref().unwrap().strength;
    assert!(strength(&tree.inputs[0]).is_excitatory() && !strength(&tree.inputs[2]).is_excitatory());
    assert!((strength(&tree.inputs[2]).inhibition + 2.7).abs() < 0.1);
    // 3 + 1.92 + .81 of all squares, and 54 tiny ones.
    assert!((strength(&tree.inputs[0]).share - 3.0 / 5.73).abs() < 0.01);
    let of_windows: Vec<usize> = tree.inputs[0].inputs.iter().map(|node| node.unit.channel).collect();
    assert_eq!(of_windows, [2, 3]);
    assert_eq!(tree.all().len(), 1 + 3 + 3 * 2);
}

#[test]
fn the_strongest_inputs_can_be_those_that_excite_or_those_that_inhibit() {
    let network = car();
    let inputs = |by: Strongest| -> Vec<(usize, f64)> {
        let through = vec!["parts".to_owned()];
        let circuit = Circuit { network: &network, slopes: &Slopes::One, through, breadth: 2, by };
        let tree = circuit.tree(&"car:1".parse().unwrap()).unwrap();
        tree.inputs.iter().map(|node| (node.unit.channel, node.link.as_ref().unwrap().strength.sum())).collect()
    };
    let exciting = inputs(Strongest::Excitation);
    assert_eq!(exciting.iter().map(|(channel, _)| *channel).collect::<Vec<_>>(), [2, 5]);
    assert!((exciting[0].1 - 3.0).abs() < 0.1 && (exciting[1].1 - 2.4).abs() < 0.1, "{exciting:?}");
    let inhibiting = inputs(Strongest::Inhibition);
    assert_eq!(inhibiting[0].0, 1);
    assert!((inhibiting[0].1 + 2.7).abs() < 0.1 && inhibiting[1].1.abs() < 0.1, "{inhibiting:?}");
}

/// Three channels at 8 × 8 positions, their 64 tokens, and a perceptron on each token.
fn tokens() -> (Network, Graph) {
    let (mut b, image) = Builder::new("tokens", [8, 8]);
    let x = b.conv2d("conv", &image, &Conv2d::new(3, 1));
    let x = b.relu("map", &x);
    let x = b.tokens_from_image("tokens", &x);
    let hidden = b.linear_of_tokens("hidden", &x, 5);
    let hidden = b.gelu("active", &hidden);
    let out = b.linear_of_tokens("out", &hidden, 4);
    let out = b.layer_norm("normed", &out, 1e-5);
    let graph = fill_random(b.finish(&out).unwrap(), 3);
    (Network::check(graph.clone()).unwrap(), graph)
}

#[test]
fn layers_on_each_token_by_itself_are_1_by_1_convolutions() {
    let (network, graph) = tokens();
    // (out, in) of each layer, as PyTorch keeps them.
    let (hidden, out) = (parameter(&graph, "hidden.weight"), parameter(&graph, "out.weight"));
    let expected = |channel: usize, of: usize| -> f64 {
        (0..5).map(|between| out[[channel, between, 0, 0]] * hidden[[between, of, 0, 0]]).sum()
    };
    for (from, begins) in [("tokens", [0, 32]), ("map", [4, 0])] {
        let found = expanded_weights(&network, from, "out", &[0, 3], &Slopes::One).unwrap();
        for (channel, found) in [0, 3].into_iter().zip(&found) {
            // The token in the middle, the 32nd of 64: at row 4, column 0 of the map.
            assert_eq!((found.weights.dim(), found.begins, found.is_cut), ((3, 1, 1), begins, false), "{from}");
            for of in 0..3 {
                let (found, expected) = (f64::from(found.weights[[of, 0, 0]]), expected(channel, of));
                assert!((found - expected).abs() < 1e-5 * expected.abs().max(0.1), "{from}: {found}, not {expected}");
            }
        }
    }
    // A channel of tokens has a slope of its own.
    let shares = [1.0_f32, 0.0, 0.5, 0.25, 1.0];
    let slopes = Slopes::ShareActive(BTreeMap::from([("active".to_owned(), shares.to_vec())]));
    let found = expanded_weights(&network, "tokens", "out", &[1], &slopes).unwrap().remove(0);
    let expected: f64 = (0..5).map(|k| out[[1, k, 0, 0]] * f64::from(shares[k]) * hidden[[k, 2, 0, 0]]).sum();
    assert!((f64::from(found.weights[[2, 0, 0]]) - expected).abs() < 1e-5);
    // What divides by a token's own spread has no weights.
    let refused = expanded_weights(&network, "out", "normed", &[0], &Slopes::One).unwrap_err().to_string();
    assert!(refused.contains("LayerNormalization") && refused.contains("no constant weights"), "{refused}");
}

#[test]
fn a_pair_has_the_kernel_that_it_has_in_the_tree() {
    let network = car();
    let unit = |text: &str| text.parse::<Unit>().unwrap();
    let pair = pair(&network, &unit("parts:5"), &unit("car:1"), &Slopes::One).unwrap();
    let circuit = Circuit {
        network: &network,
        slopes: &Slopes::One,
        through: vec!["parts".to_owned()],
        breadth: 2,
        by: Strongest::Norm,
    };
    assert_eq!(pair.inputs[0], circuit.tree(&unit("car:1")).unwrap().inputs[1]);
    let refused = super::pair(&network, &unit("parts:8"), &unit("car:1"), &Slopes::One).unwrap_err().to_string();
    assert!(refused.contains("no channel 8 in \"parts\""), "{refused}");
}

#[test]
fn what_has_no_weights_is_refused_in_words() {
    let (network, _) = network(|b, x| {
        let gate = b.conv2d("gate", &x, &Conv2d::new(5, 1));
        let x = b.add("side", &x, &gate);
        b.relu("end", &x)
    });
    let refused = |from: &str, to: &str, channel: usize| {
        expanded_weights(&network, from, to, &[channel], &Slopes::One).unwrap_err().to_string()
    };
    for (from, to, channel, words) in [
        ("first", "end", 9, ["no channel 9", "has 5 (0 to 4)"]),
        ("end", "first", 0, ["does not depend on", "earlier stage"]),
        ("first", "first", 0, ["does not depend on", "no weights"]),
        ("first", "ennd", 0, ["no layer \"ennd\"", "\"end\""]),
    ] {
        let refused = refused(from, to, channel);
        assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
    }
    for text in ["features.8", "features.8:x", ":3", ""] {
        let refused = text.parse::<Unit>().unwrap_err().to_string();
        assert!(refused.contains("features.10:12"), "{refused}");
    }
    assert!(stages_before(&network, "end", 5).unwrap_err().to_string().contains("smaller --depth"));
    let circuit = Circuit {
        network: &network,
        slopes: &Slopes::One,
        through: vec!["first".to_owned()],
        breadth: 0,
        by: Strongest::Norm,
    };
    assert!(circuit.tree(&"end:0".parse().unwrap()).unwrap_err().to_string().contains("breadth of 0"));
}

#[test]
fn a_product_of_responses_has_no_weights() {
    use crate::network::graph::Node as GraphNode;
    use crate::network::op::binary::Binary;
    let (_, mut graph) = network(|b, x| b.conv2d("gate", &x, &Conv2d::new(5, 1)));
    graph.nodes.push(GraphNode {
        name: "gated".to_owned(),
        op: Arc::new(Binary::Mul),
        inputs: vec![Some("first".to_owned()), Some("gate".to_owned())],
        outputs: vec!["gated".to_owned()],
    });
    graph.outputs = vec!["gated".to_owned()];
    let network = Network::check(graph).unwrap();
    let refused = expanded_weights(&network, "first", "gated", &[0], &Slopes::One).unwrap_err().to_string();
    assert!(refused.contains("\"gated\" (Mul)") && refused.contains("multiplies"), "{refused}");
    // From the gate alone, too: what it is multiplied with differs from image to image.
    let refused = expanded_weights(&network, "gate", "gated", &[0], &Slopes::One).unwrap_err().to_string();
    assert!(refused.contains("\"gated\" (Mul)"), "{refused}");
}

#[test]
fn strengths_are_what_the_kernel_adds_up_to() {
    let mut weights = ArrayD::zeros(vec![3, 1, 2]);
    (weights[[1, 0, 0]], weights[[1, 0, 1]], weights[[2, 0, 0]]) = (3.0, -4.0, 5.0);
    let weights = weights.into_dimensionality().unwrap();
    let strengths = ExpandedWeights { weights, begins: [0, 0], is_cut: false }.strengths(Strongest::Norm);
    let channels: Vec<usize> = strengths.iter().map(|strength| strength.channel).collect();
    assert_eq!(channels, [1, 2, 0]);
    assert_eq!((strengths[0].norm, strengths[0].excitation, strengths[0].inhibition), (5.0, 3.0, -4.0));
    assert_eq!((strengths[0].share, strengths[2].share), (0.5, 0.0));
    assert!(!strengths[0].is_excitatory());
}
