//! Metamers of SqueezeNet's stages against the null distribution of pairs of the sample images.

use homolog::inside::image::{Colour, InputMap, Parameterisation};
use homolog::inside::optimise::{Ended, Look, Settings, Surroundings};
use homolog::inside::transform::Optimiser;
use homolog::network::checked::Network;
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use homolog::stimuli::{IdStyle, Preprocessing, StimulusSet};
use homolog::synthesis::adversarial::{Goal, subject_of};
use homolog::synthesis::metamer::{GROUP, Null, NullPlan, Observer, metamer_recipe};

use crate::real_data;

/// An early, a middle and a late stage.
const STAGES: [&str; 3] = ["features.2", "features.7", "features.12"];

/// Alike beyond this percentage of the pairs.
const NEEDED: f64 = 99.9;

#[test]
fn metamers_of_three_stages_are_beyond_the_null_distribution() {
    let path = real_data("weights/squeezenet1_1/squeezenet1_1.pth");
    let spec = ModelSpec::parse(&format!("squeezenet1_1@{}", path.display())).expect("read");
    let loaded = load(&spec, |_| Err("nothing is fetched here".into())).expect("loaded");
    let network = Network::check(loaded.graph).expect("checked");
    let preprocessing = Preprocessing::named("caffe-227").expect("known");
    let input = InputMap::of(&preprocessing);
    let stages = network.select_stages(&STAGES.join(",")).expect("stages");

    let set = StimulusSet::open(&real_data("imagenet_sample_1000"), IdStyle::NameWithoutExtension).expect("images");
    let ids: Vec<String> = set.ids().step_by(20).take(GROUP).map(str::to_owned).collect();
    let pairs = set.select(ids.iter().map(String::as_str)).expect("found");
    let resources = Resources::with_threads(2);
    let plan = NullPlan { set: &pairs, preprocessing: &preprocessing, engine: &Burn::cpu(), resources };
    let nulls = plan.distributions(&network, &stages, &Silent, &Cancel::default()).expect("a null");

    let cat = set.ids().position(|id| id.starts_with("0281_")).expect("a tabby cat");
    let goal = Goal { label: 281, target: None };
    let image = subject_of(&set, cat, &preprocessing, goal).expect("prepared").image;

    let settings = Settings {
        parameterisation: Parameterisation::Fourier,
        colour: Colour::Decorrelated,
        recipe: metamer_recipe(Optimiser::Lbfgs, 2),
        size: [227, 227],
        n_images: 1,
        n_steps: 60,
        learning_rate: 0.05,
        seed: 0,
        magnitudes: None,
        start: None,
    };
    let look = Look {
        network: &network,
        input: input.clone(),
        settings,
        prior: None,
        identity: String::new(),
        burn: Burn::cpu(),
    };
    let objectives = STAGES.map(|stage| format!("inversion({stage})").parse().expect("an objective"));
    let reference = look.reference(&image, &STAGES).expect("responses");
    let aims = look.aims(&objectives, Some(&reference)).expect("aims");
    let watch = |_: usize, _: usize, _: f64| {};
    let around = Surroundings { resources, progress: &Silent, watch: &watch, cancel: &Cancel::default(), store: None };
    let made = look.optimise(&aims, &around).expect("optimised");

    let observer = Observer { network: &network, input, stages, burn: Burn::cpu() };
    for (place, (one, null)) in made.iter().zip(&nulls).enumerate() {
        assert_eq!(one.ended, Ended::Done);
        let rounded = one.images[0].mapv(|pixel| (pixel * 255.0).round() / 255.0);
        let judged = observer.judge(&image, &rounded, &nulls).expect("judged")[place];
        let threshold = Null::quantile(&null.spearman, NEEDED).expect("pairs");
        println!("{}: {:?}; the {NEEDED}th percentile of pairs is {threshold:.4}", null.stage, judged);
        assert!(judged.spearman_percentile >= NEEDED && judged.likeness.spearman > threshold, "{judged:?}");
        assert!(judged.pearson_percentile >= NEEDED, "{judged:?}");
        // It is another image, not the original made again.
        let difference = (&rounded - &image).mapv(f32::abs).mean().expect("pixels");
        assert!(difference > 0.01, "{}: the image itself came back ({difference})", null.stage);
    }
}
