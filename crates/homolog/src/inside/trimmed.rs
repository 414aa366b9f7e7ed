//! A network cut after some stages, for images of another size.

use std::collections::BTreeSet;

use crate::network::checked::Network;
use crate::network::error::GraphError;
use crate::network::graph::Dim;

/// The part of `network` that leads to `values`, for images of (height, width) `size`.
///
/// What follows the last of the values is left out, so that a classifier that fixes the size of its input does not stand in
/// the way, and a small image takes the time of a small image. Stages keep their names.
///
/// # Errors
/// [`GraphError`] when the image is too small, or when a part that is needed fixes another size.
pub fn trimmed(network: &Network, values: &[String], size: [usize; 2]) -> Result<Network, GraphError> {
    let mut graph = network.graph().clone();
    let mut needed: BTreeSet<String> = values.iter().cloned().collect();
    let mut nodes = Vec::new();
    for node in graph.nodes.into_iter().rev() {
        if node.outputs.iter().any(|value| needed.contains(value)) {
            needed.extend(node.inputs.iter().flatten().cloned());
            nodes.push(node);
        }
    }
    nodes.reverse();
    graph.nodes = nodes;
    let written: BTreeSet<&String> = graph.nodes.iter().flat_map(|node| &node.outputs).collect();
    graph.stages.retain(|stage| written.contains(&stage.value));
    graph.parameters.retain(|name, _| needed.contains(name));
    graph.outputs = values.to_vec();
    if let Some(input) = graph.inputs.first_mut()
        && let [_, _, height, width] = input.dims.as_mut_slice()
    {
        [*height, *width] = size.map(Dim::Fixed);
    }
    Network::check(graph)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::builder::{Builder, Conv2d};
    use crate::network::engine::Engine as _;
    use crate::network::engine::burn::Burn;
    use crate::network::weights::fill_random;

    fn network(size: usize) -> Network {
        let (mut b, image) = Builder::new("small", [size; 2]);
        let x = b.conv2d("conv", &image, &Conv2d::new(4, 3).padding(1));
        let x = b.relu("relu", &x);
        let flat = b.flatten("flatten", &x);
        let logits = b.linear("fc", &flat, 5);
        Network::check(fill_random(b.finish(&logits).unwrap(), 1)).unwrap()
    }

    #[test]
    fn a_classifier_of_fixed_size_is_cut_away_and_the_rest_is_as_it_was() {
        let (whole, value) = (network(8), "relu".to_owned());
        let small = trimmed(&whole, std::slice::from_ref(&value), [5, 6]).unwrap();
        assert_eq!(small.stage("relu").unwrap().shape, [4, 5, 6]);
        assert!(small.stage("fc").is_err() && !small.graph().parameters.contains_key("fc.weight"));
        // Away from the edges the responses to a part of an image are those to the whole.
        let pixel = |(_, c, y, x): (usize, usize, usize, usize)| ((c * 64 + y * 8 + x) as f32 * 0.7).sin();
        let image = ndarray::Array4::from_shape_fn((1, 3, 8, 8), pixel);
        let part = image.slice(ndarray::s![.., .., ..5, ..6]).to_owned();
        let run = |network: &Network, image: &ndarray::Array4<f32>| {
            let mut session = Burn::cpu().open(network, std::slice::from_ref(&value)).unwrap();
            session.run(image.view()).unwrap().remove(0)
        };
        let (all, some) = (run(&whole, &image), run(&small, &part));
        for channel in 0..4 {
            for (y, x) in (1..4).flat_map(|y| (1..5).map(move |x| (y, x))) {
                let (one, other) = (all[[0, channel * 64 + y * 8 + x]], some[[0, channel * 30 + y * 6 + x]]);
                assert!((one - other).abs() < 1e-6, "{one} {other}");
            }
        }
    }

    #[test]
    fn what_is_needed_and_fixes_its_size_is_refused() {
        assert!(trimmed(&network(8), &["fc".to_owned()], [5, 6]).is_err());
    }
}
