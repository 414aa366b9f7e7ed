//! Optimised images against data: a channel's image has to drive it beyond the best of the 1,000 sample images.

use std::collections::BTreeMap;

use homolog::inside::image::{Colour, InputMap, Parameterisation};
use homolog::inside::objective::Objective;
use homolog::inside::optimise::{Look, Settings, Surroundings};
use homolog::inside::transform::Regularizer;
use homolog::network::checked::{Network, Stage};
use homolog::network::engine::Engine as _;
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{LoadedModel, ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::{RecordError, Resources, RowSink, Rows, Stream};
use homolog::stimuli::generate::Random;
use homolog::stimuli::{IdStyle, Limits, Preprocessing, StimulusSet};
use ndarray::Axis;

use crate::real_data;

/// The largest mean over positions of each channel, over all images.
struct LargestMeans {
    stages: Vec<Stage>,
    largest: Vec<Vec<f64>>,
}

impl RowSink for LargestMeans {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for ((stage, largest), block) in self.stages.iter().zip(&mut self.largest).zip(&rows.stages) {
            let n_places = stage.shape[1] * stage.shape[2];
            for row in block.axis_iter(Axis(0)) {
                for (channel, largest) in largest.iter_mut().enumerate() {
                    let places = row.iter().skip(channel * n_places).take(n_places);
                    *largest = largest.max(places.map(|value| f64::from(*value)).sum::<f64>() / n_places as f64);
                }
            }
        }
        Ok(())
    }
}

/// A network and what is asked of it.
pub(crate) struct Case {
    pub(crate) architecture: &'static str,
    pub(crate) weights: &'static str,
    /// The last four stages.
    pub(crate) stages: &'static str,
    pub(crate) n_channels: usize,
    pub(crate) n_steps: usize,
}

pub(crate) const SQUEEZENET: Case = Case {
    architecture: "squeezenet1_1",
    weights: "squeezenet1_1/squeezenet1_1.pth",
    stages: "features.9,features.10,features.11,features.12",
    n_channels: 10,
    n_steps: 64,
};

pub(crate) const RESNET20: Case = Case {
    architecture: "resnet20_cifar10",
    weights: "resnet_cifar10_akamaster/resnet20-12fca82f.safetensors",
    stages: "layer2.2,layer3.0,layer3.1,layer3.2",
    n_channels: 20,
    n_steps: 128,
};

/// How many of the case's random channels are driven beyond the best of the images, and which are not.
pub(crate) fn n_beyond_data(case: &Case) -> (usize, Vec<String>) {
    let path = real_data(&format!("weights/{}", case.weights));
    let spec = ModelSpec::parse(&format!("{}@{}", case.architecture, path.display())).expect("read");
    let LoadedModel { graph, recipe, .. } = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    let network = Network::check(graph).expect("checked");
    let preprocessing = Preprocessing::named(recipe.expect("a recipe")).expect("known");
    let resources = Resources::with_threads(2);
    let stages = network.select_stages(case.stages).expect("stages");
    let best = best_in_data(&network, &stages, &preprocessing);
    let mut random = Random::new(20);
    let all: Vec<(&Stage, usize)> =
        stages.iter().flat_map(|stage| (0..stage.shape[0]).map(move |channel| (stage, channel))).collect();
    let chosen: Vec<(&Stage, usize)> = (0..case.n_channels).map(|_| all[random.index(all.len())]).collect();
    let objectives: Vec<Objective> =
        chosen.iter().map(|(stage, channel)| Objective::channel(&stage.name, *channel)).collect();
    let [_, height, width] = <[usize; 3]>::try_from(network.stimulus_shape()).expect("an image");
    let settings = Settings {
        parameterisation: Parameterisation::Fourier,
        colour: Colour::Decorrelated,
        recipe: Regularizer::Robust.recipe(),
        size: [height, width],
        n_images: 1,
        n_steps: case.n_steps,
        learning_rate: 0.05,
        seed: 0,
        magnitudes: None,
        start: None,
    };
    let input = InputMap::of(&preprocessing);
    let look = Look { network: &network, input, settings, prior: None, identity: String::new(), burn: Burn::cpu() };
    let aims = look.aims(&objectives, None).expect("channels exist");
    let watch = |_: usize, _: usize, _: f64| {};
    let around = Surroundings { resources, progress: &Silent, watch: &watch, cancel: &Cancel::default(), store: None };
    let optimised = look.optimise(&aims, &around).expect("optimised");
    let mut below = Vec::new();
    for (one, (stage, channel)) in optimised.iter().zip(&chosen) {
        let in_data = best[&stage.name][*channel];
        println!("{}: {:.4} from {:.4}, best in data {in_data:.4}", one.name, one.objective, one.trajectory[0]);
        if one.objective <= in_data {
            below.push(format!("{} {} (data {in_data})", one.name, one.objective));
        }
    }
    (chosen.len() - below.len(), below)
}

/// The largest mean of every channel over the sample images.
fn best_in_data(network: &Network, stages: &[Stage], preprocessing: &Preprocessing) -> BTreeMap<String, Vec<f64>> {
    let set = StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::NameWithoutExtension).expect("images");
    assert_eq!(set.len(), 1000);
    let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
    let mut session = Burn::cpu().open(network, &values).expect("opened");
    let largest = stages.iter().map(|stage| vec![f64::NEG_INFINITY; stage.shape[0]]).collect();
    let mut means = LargestMeans { stages: stages.to_vec(), largest };
    let stream = Stream { set: &set, preprocessing, limits: Limits::default(), batch_size: 16, n_decoders: 2 };
    stream.run(session.as_mut(), &mut means, &Silent, &Cancel::default()).expect("recorded");
    stages.iter().map(|stage| stage.name.clone()).zip(means.largest).collect()
}
