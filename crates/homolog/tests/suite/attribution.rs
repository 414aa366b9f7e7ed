//! RISE against its paper written out in NumPy.

use std::sync::Arc;

use homolog::inside::attribution::{Attributor, Baseline, Method};
use homolog::inside::objective::Aim;
use homolog::network::builder::{Builder, Conv2d};
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::tensor::HostTensor;
use homolog::network::weights::counter::Counter;
use homolog::network::weights::fill_random;
use homolog::progress::Cancel;
use homolog::recording::record::Resources;
use ndarray::Array3;

use crate::golden::golden_json;

/// The network of goldens/numpy/rise/make.py.
fn network() -> Network {
    let (mut b, image) = Builder::new("rise", [12, 14]);
    let x = b.conv2d("conv", &image, &Conv2d::new(4, 3).padding(1));
    let x = b.relu("relu", &x);
    let x = b.adaptive_avg_pool2d("pool", &x, 1);
    let x = b.flatten("flatten", &x);
    let x = b.linear("fc", &x, 3);
    let mut graph = fill_random(b.finish(&x).unwrap(), 1);
    for (name, limit) in [("conv.weight", 1.0), ("conv.bias", 1.0), ("fc.weight", 2.0), ("fc.bias", 1.0)] {
        let shape = graph.parameters[name].shape().to_vec();
        let numbers = Counter::of(&format!("rise {name}")).uniforms(shape.iter().product(), -limit, limit);
        graph.parameters.insert(name.to_owned(), Arc::new(HostTensor::from_f32(&shape, numbers).unwrap()));
    }
    Network::check(graph).unwrap()
}

#[test]
fn rise_is_what_its_paper_says() {
    let golden = golden_json("numpy/rise/golden.json");
    let network = network();
    let image = Counter::of("rise image").uniforms(3 * 12 * 14, -2.0, 2.0);
    let image = Array3::from_shape_vec((3, 12, 14), image).unwrap();
    let aim = Aim::new(&"probability:1".parse().unwrap(), &network, None).unwrap();
    let (engine, cancel) = (Burn::cpu(), Cancel::default());
    let method = Method::Rise { n_masks: 200, n_cells: 5, shown: 0.4, seed: 9 };
    for (name, baseline) in [("zero", None), ("mean", Some(Baseline::Mean))] {
        let attributor = Attributor::new(&network, &engine, &engine, Resources::with_threads(2), &cancel).unwrap();
        let mut attributor = match baseline {
            Some(baseline) => attributor.with_baseline(baseline),
            None => attributor,
        };
        let found = attributor.attribute(&aim, &image, &method).unwrap();
        assert!((found.objective - golden["probability"].as_f64().unwrap()).abs() < 1e-6);
        let expected: Vec<f64> = serde_json::from_value(golden[name].clone()).unwrap();
        assert_eq!(found.map.len(), expected.len());
        for (place, (found, expected)) in found.map.iter().zip(&expected).enumerate() {
            // Single precision over a sum of 200 masks.
            assert!((f64::from(*found) - expected).abs() < 1e-5 * expected, "{name} {place}: {found}, not {expected}");
        }
    }
}
