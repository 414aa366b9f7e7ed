use std::collections::BTreeMap;

use burn::tensor::Device;

use super::*;
use crate::network::builder::{Builder, Conv2d};
use crate::network::checked::Network;
use crate::network::value::{Ranked, Value};
use crate::network::weights::fill_random;

/// conv (4 channels of 6 × 6), relu, pooled classifier of 5.
fn network() -> Network {
    let (mut b, image) = Builder::new("small", [8, 8]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 3));
    let x = b.relu("relu", &x);
    let x = b.adaptive_avg_pool2d("pool", &x, 1);
    let x = b.flatten("flatten", &x);
    let x = b.linear("fc", &x, 5);
    Network::check(fill_random(b.finish(&x).unwrap(), 1)).unwrap()
}

fn read(text: &str) -> Objective {
    text.parse().unwrap()
}

/// The objective for two images whose stage `relu` has these responses.
fn measured(text: &str, responses: &[f32], reference: Option<&[f32]>) -> Vec<f32> {
    let network = network();
    let value = network.stage("relu").unwrap().value.clone();
    let reference = reference.map(|target| BTreeMap::from([(value.clone(), target.to_vec())]));
    let aim = Aim::new(&read(text), &network, reference.as_ref()).unwrap();
    let tensor = Ranked::from_elements(&[2, 4, 6, 6], responses.to_vec(), &Device::flex());
    let values = BTreeMap::from([(value, Value::Float(tensor))]);
    Ranked::R2(aim.measure(&values, 2).unwrap()).into_elements().unwrap()
}

/// Unit (channel c, row y, column x) of image i responds i + c + y / 10 + x / 100.
fn responses() -> Vec<f32> {
    let number =
        |i: usize, c: usize, place: usize| i as f32 + c as f32 + (place / 6) as f32 * 0.1 + (place % 6) as f32 * 0.01;
    (0..2).flat_map(|i| (0..4).flat_map(move |c| (0..36).map(move |place| number(i, c, place)))).collect()
}

fn near(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found} is not {expected}");
    }
}

#[test]
fn an_objective_is_read_and_written_the_same() {
    for text in [
        "features.8:12",
        "-features.8[12,5,7]",
        "features.8",
        "0.5*features.8:3 - 2*logit:281 + probability:7",
        "direction(features.8, 3=1, 5=-0.5)",
        "cosine(features.8, 0=0.001)",
        "inversion(features.5) + features.8:1",
        "caricature(a/b_1)",
        "diversity(\"my layer-3\")",
        "\"logit\":3",
    ] {
        assert_eq!(read(text).to_string(), text);
    }
    assert_eq!(read("2*(a:1 - (b:2 + 3*c))").to_string(), "2*a:1 - 2*b:2 - 6*c");
    assert_eq!(read(" 1e-2 * a:1"), Objective::channel("a", 1) * 0.01);
    assert_eq!(read("a:1-b:2"), Objective::channel("a", 1) - Objective::channel("b", 2));
}

#[test]
fn what_is_no_objective_is_named_with_its_place() {
    for (text, at) in [
        ("", "the end"),
        ("a:", "the end"),
        ("a:x", "\"x\""),
        ("a[1,", "the end"),
        ("a:1 b", "\"b\""),
        ("2*", "the end"),
        ("logit", "colon"),
        ("cosine(a)", "channels with weights"),
        ("inversion(a, 1=2)", "a stage alone"),
        ("(a:1", "closing parenthesis"),
        ("\"a:1", "closing quote"),
        ("a:99999999999999999999999", "whole number"),
    ] {
        let refused = text.parse::<Objective>().unwrap_err().to_string();
        assert!(refused.contains(at) && refused.contains("features.8:12"), "{text}: {refused}");
    }
    assert!("(".repeat(100_000).parse::<Objective>().is_err());
}

#[test]
fn quantities_are_what_their_names_say() {
    let (all, units) = (responses(), 4 * 36);
    // Positions average .25 + .025.
    near(&measured("relu:2", &all, None), &[2.275, 3.275]);
    near(&measured("relu[2,3,4]", &all, None), &[2.34, 3.34]);
    near(&measured("relu[1]", &all, None), &[1.33, 2.33]);
    let square = |image: &[f32]| image.iter().map(|x| x * x).sum::<f32>() / units as f32;
    near(&measured("relu", &all, None), &[square(&all[..units]), square(&all[units..])]);
    near(&measured("3*relu:0 - relu:1", &all, None), &[3.0 * 0.275 - 1.275, 3.0 * 1.275 - 2.275]);
    // (1, -1, 0, 0) / √2 with channels that differ by 1 everywhere.
    near(&measured("direction(relu, 0=5, 1=-5)", &all, None), &[-0.5_f32.sqrt(); 2]);
    let cosine = |image: usize| {
        let at = |place: usize| {
            let column: Vec<f32> = (0..4).map(|c| all[image * units + c * 36 + place]).collect();
            column[3] / column.iter().map(|x| x * x).sum::<f32>().sqrt()
        };
        (0..36).map(at).sum::<f32>() / 36.0
    };
    near(&measured("cosine(relu, 3=2)", &all, None), &[cosine(0), cosine(1)]);
}

#[test]
fn comparisons_with_an_image_are_largest_at_its_response() {
    let (all, units) = (responses(), 4 * 36);
    let target = &all[units..];
    let found = measured("inversion(relu)", &all, Some(target));
    // Every response is 1 away from the target's.
    let square: f32 = target.iter().map(|x| x * x).sum();
    near(&found, &[-(units as f32) / square, 0.0]);
    let found = measured("caricature(relu)", &all, Some(target));
    near(&found[1..], &[1.0]);
    assert!(found[0] < 1.0 && found[0] > 0.0);
}

#[test]
fn diversity_of_one_image_twice_is_lowest() {
    let (all, units) = (responses(), 4 * 36);
    near(&measured("diversity(relu)", &[&all[..units], &all[..units]].concat(), None), &[-1.0, -1.0]);
    // Channels that are active in one image only: their Gram matrices have nothing in common.
    let mut apart = vec![0.0; 2 * units];
    apart[..36].fill(1.0);
    apart[units + 36..units + 72].fill(1.0);
    near(&measured("diversity(relu)", &apart, None), &[0.0, 0.0]);
}

#[test]
fn a_unit_out_of_range_is_named_with_how_many_there_are() {
    let network = network();
    let refused = |text: &str| Aim::new(&read(text), &network, None).unwrap_err().to_string();
    for (text, words) in [
        ("relu:4", ["channel 4", "has 4 (0 to 3)"]),
        ("relu[1,6,0]", ["row 6", "has 6"]),
        ("relu[1,0,6]", ["column 6", "has 6"]),
        ("relu[1,2]", ["2 indices", "[4, 6, 6]"]),
        ("fc:5", ["channel 5", "has 5"]),
        ("logit:5", ["class 5", "has 5"]),
        ("direction(relu, 9=1)", ["channel 9", "has 4"]),
        ("direction(relu, 1=0)", ["no direction", "direction(relu, 1=0)"]),
        ("inversion(relu)", ["none was given", "--image"]),
        ("rely:1", ["no layer \"rely\"", "\"relu\""]),
    ] {
        let refused = refused(text);
        assert!(words.iter().all(|word| refused.contains(word)), "{text}: {refused}");
    }
}

#[test]
fn a_network_whose_output_is_no_vector_has_no_logits() {
    let (mut b, image) = Builder::new("map", [8, 8]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 3));
    let network = Network::check(fill_random(b.finish(&x).unwrap(), 1)).unwrap();
    let refused = Aim::new(&read("logit:1"), &network, None).unwrap_err().to_string();
    assert!(refused.contains("needs a classifier") && refused.contains("[4, 6, 6]"), "{refused}");
}

#[test]
fn a_stage_that_the_image_cannot_change_smoothly_is_refused() {
    use std::sync::Arc;

    use crate::network::graph::Node;
    use crate::network::op::attributes::NodeAttributes;
    use crate::network::op::registry::operator;

    let mut graph = network().graph().clone();
    let relu = network().stage("relu").unwrap().value.clone();
    let entry = operator("Round").unwrap();
    let rounding = (entry.read)(&NodeAttributes::new("Round", BTreeMap::new())).unwrap();
    graph.nodes.push(Node {
        name: "rounded".to_owned(),
        op: Arc::clone(&rounding),
        inputs: vec![Some(relu)],
        outputs: vec!["rounded".to_owned()],
    });
    graph.outputs.push("rounded".to_owned());
    let network = Network::check(graph).unwrap();
    let refused = Aim::new(&read("rounded:1"), &network, None).unwrap_err().to_string();
    assert!(refused.contains("no gradient leads from \"rounded\"") && refused.contains("in jumps"), "{refused}");
}
