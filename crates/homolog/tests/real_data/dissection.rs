//! A trained network dissected on the program's own labelled images.

use homolog::inside::dissection::{Classes, Criteria, Dissector};
use homolog::network::engine::burn::Burn;
use homolog::network::zoo::{ModelSpec, load};
use homolog::progress::{Cancel, Silent};
use homolog::recording::record::Resources;
use homolog::stimuli::Preprocessing;
use homolog::stimuli::generate::labelled_scenes;

use crate::real_data;

#[test]
fn squeezenet_has_detectors_that_the_same_network_without_training_lacks() {
    let labelled = labelled_scenes(48, 256, 0).unwrap();
    let weights = real_data("weights/squeezenet1_1/squeezenet1_1.pth");
    let trained = format!("squeezenet1_1@{}", weights.display());
    let dissected = |model: &str| {
        let nothing = |_: &'static _| Err("nothing is fetched here".into());
        let loaded = load(&ModelSpec::parse(model).unwrap(), nothing).unwrap();
        // Published weights have a recipe, random ones the architecture's own size.
        let preprocessing = Preprocessing::named(loaded.recipe.unwrap_or("torchvision")).unwrap();
        let network = loaded.network().unwrap();
        let resources = Resources { memory_bytes: 2 << 30, n_threads: 2 };
        let engine = Burn::cpu();
        let dissector = Dissector { labelled: &labelled, preprocessing: &preprocessing, engine: &engine, resources };
        let stages = network.select_stages("features.12").unwrap();
        let found = dissector.dissect(&network, &stages, &Criteria::default(), &Silent, &Cancel::default());
        let found = found.unwrap().remove(0);
        // Silencing the detectors of one concept changes what the network says.
        let detectors = found.detectors(0.04);
        let concept = detectors.first().map(|one| one.concept);
        let units: Vec<usize> =
            detectors.iter().filter(|one| Some(one.concept) == concept).map(|one| one.unit).collect();
        let classes = Classes::from_labels(&vec!["0".to_owned(); 48], 1000).unwrap();
        let effects =
            dissector.ablate(&network, "features.12", &[units], &classes, &Silent, &Cancel::default()).unwrap();
        (found, effects)
    };
    let (trained, effects) = dissected(&trained);
    assert_eq!(trained.n_units(), 512);
    assert!(effects[0].before.mean_output != effects[0].after.mean_output);
    let (untrained, _) = dissected("random:squeezenet1_1?seed=1");
    let unique = |found: &homolog::inside::dissection::Dissection| found.n_unique(0.04).iter().sum::<usize>();
    let (with, without) = (unique(&trained), unique(&untrained));
    eprintln!(
        "unique detectors: {with} trained, {without} untrained; {} and {} units",
        trained.detectors(0.04).len(),
        untrained.detectors(0.04).len()
    );
    assert!(with > without, "{with} unique detectors, and {without} without training");
    // A unit that detects an object or its parts is what training brings.
    let of = |found: &homolog::inside::dissection::Dissection, name: &str| {
        let place = found.categories().iter().position(|category| category == name).unwrap();
        found.n_unique(0.04)[place]
    };
    assert!(of(&trained, "object") + of(&trained, "part") > of(&untrained, "object") + of(&untrained, "part"));
}
