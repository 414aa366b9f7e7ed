//! Network dissection: counts by hand, NumPy's numbers, planted detectors, folders, what cannot be dissected.

mod folder;
mod numbers;
mod planted;

use std::collections::BTreeMap;
use std::sync::Arc;

use homolog::inside::dissection::{Criteria, Dissection, DissectionError, Dissector};
use homolog::network::builder::{Builder, Conv2d, Value};
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::tensor::HostTensor;
use homolog::network::weights::fill_random;
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use homolog::stimuli::labelled::LabelledSet;
use homolog::stimuli::{Image, Preprocessing, StimulusSet};

pub(crate) const RESOURCES: Resources = Resources { memory_bytes: 1 << 30, n_threads: 2 };

/// Values 0 to 1, no change of size.
pub(crate) fn unchanged() -> Preprocessing {
    Preprocessing::from_toml("name = \"unchanged\"").unwrap()
}

/// A network whose parameters are put in by name, random where none is.
pub(crate) fn network(
    size: [usize; 2],
    build: impl FnOnce(&mut Builder, &Value) -> Value,
    parameters: &[(&str, &[usize], Vec<f32>)],
) -> Network {
    let (mut b, image) = Builder::new("planted", size);
    let output = build(&mut b, &image);
    let mut graph = fill_random(b.finish(&output).unwrap(), 1);
    for (name, shape, values) in parameters {
        assert!(graph.parameters.contains_key(*name), "no parameter {name}");
        let tensor = HostTensor::from_f32(shape, values.clone()).unwrap();
        graph.parameters.insert((*name).to_owned(), Arc::new(tensor));
    }
    Network::check(graph).unwrap()
}

/// One unit for each row of weights, at every pixel.
pub(crate) fn pixelwise(size: [usize; 2], rows: &[[f32; 3]]) -> Network {
    let weight: Vec<f32> = rows.iter().flatten().copied().collect();
    let bias = vec![0.0; rows.len()];
    network(
        size,
        |b, image| b.conv2d("units", image, &Conv2d::new(rows.len(), 1)),
        &[("units.weight", &[rows.len(), 3, 1, 1], weight), ("units.bias", &[rows.len()], bias)],
    )
}

pub(crate) fn image_set(images: Vec<(&str, Image)>) -> StimulusSet {
    StimulusSet::from_images(images.into_iter().map(|(id, image)| (id.to_owned(), image, BTreeMap::new()))).unwrap()
}

pub(crate) fn dissect(
    labelled: &LabelledSet,
    network: &Network,
    stage: &str,
    criteria: &Criteria,
) -> Result<Dissection, DissectionError> {
    dissect_within(labelled, network, stage, criteria, RESOURCES)
}

pub(crate) fn dissect_within(
    labelled: &LabelledSet,
    network: &Network,
    stage: &str,
    criteria: &Criteria,
    resources: Resources,
) -> Result<Dissection, DissectionError> {
    let (preprocessing, engine) = (unchanged(), Burn::cpu());
    let dissector = Dissector { labelled, preprocessing: &preprocessing, engine: &engine, resources };
    let stages = network.select_stages(stage).unwrap();
    let mut found = dissector.dissect(network, &stages, criteria, &Silent, &Cancel::default())?;
    Ok(found.remove(0))
}
