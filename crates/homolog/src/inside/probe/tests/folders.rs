//! Folders of labelled images, lesions and gains, on a network that sees colour.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::planted::{Lab, push, set};
use crate::inside::probe::{
    Accuracy, Category, ConceptStimuli, FolderResponses, UnitChoice, accuracy, category_selectivity, concept_cells,
    feature_preference, sparseness,
};
use crate::network::builder::{Builder, Conv2d};
use crate::network::graph::Graph;
use crate::network::op::binary::Binary;
use crate::network::scaled::Factors;
use crate::network::weights::fill_random;
use crate::stimuli::generate::Random;
use crate::stimuli::{Image, Preprocessing, StimulusSet};

const SIDE: usize = 8;

/// Channels red, green and blue, then their means: what the network decides by.
fn colours() -> Graph {
    let (mut b, image) = Builder::new("colours", [SIDE; 2]);
    let x = b.conv2d("channels", &image, &Conv2d::new(3, 1).without_bias());
    let x = b.adaptive_avg_pool2d("pool", &x, 1);
    let x = b.flatten("flat", &x);
    let mut graph = fill_random(b.finish(&x).expect("built"), 0);
    set(&mut graph, "channels.weight", &[3, 3, 1, 1], vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    set(&mut graph, "one", &[1, 1], vec![1.0]);
    push(&mut graph, "decision", Arc::new(Binary::Mul), &["flat", "one"]);
    graph
}

/// Noise in which one colour is raised by a third: (id, image, its colour).
fn images(n: usize) -> Vec<(String, Image, usize)> {
    let mut random = Random::new(11);
    (0..n)
        .map(|at| {
            let raised = at % 3;
            let byte = |place: usize, random: &mut Random| {
                let level = random.between(0.2, 0.6) + if place % 3 == raised { 0.3 } else { 0.0 };
                (255.0 * level) as u8
            };
            let rgb = (0..SIDE * SIDE * 3).map(|place| byte(place, &mut random)).collect();
            (format!("image{at:03}"), Image::new(SIDE, SIDE, rgb).unwrap(), raised)
        })
        .collect()
}

struct Labelled {
    set: StimulusSet,
    classes: Vec<usize>,
    preprocessing: Preprocessing,
}

fn labelled(n: usize) -> Labelled {
    let images = images(n);
    let classes = images.iter().map(|(_, _, colour)| *colour).collect();
    let set = StimulusSet::from_images(images.into_iter().map(|(id, image, _)| (id, image, BTreeMap::new()))).unwrap();
    let preprocessing =
        Preprocessing::from_toml("name = 'plain'\nmean = [0.0, 0.0, 0.0]\nstd = [1.0, 1.0, 1.0]").unwrap();
    Labelled { set, classes, preprocessing }
}

impl Labelled {
    fn names(&self) -> Vec<String> {
        self.classes.iter().map(|class| ["red", "green", "blue"][*class].to_owned()).collect()
    }

    fn responses(&self, lab: &Lab, choice: UnitChoice) -> FolderResponses {
        let probed = [lab.probed("channels", choice)];
        lab.presenter().folder(&self.set, &self.preprocessing, &probed).unwrap().remove(0)
    }

    fn accuracy(&self, lab: &Lab) -> Accuracy {
        accuracy(&lab.presenter(), &self.set, &self.preprocessing, &self.classes).unwrap()
    }
}

#[test]
fn a_colour_channel_is_selective_for_its_colour_alone() {
    let (lab, images) = (Lab::new(colours()), labelled(30));
    let categories = Category::of_labels(&images.names()).unwrap();
    assert_eq!(categories.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["blue", "green", "red"]);
    let found = category_selectivity(&images.responses(&lab, UnitChoice::Mean), &categories).unwrap();
    for (channel, unit) in found.units.iter().enumerate() {
        for (category, tuning) in unit.iter().enumerate() {
            if 2 - category == channel {
                assert!(tuning.d_prime.unwrap() > 3.0 && tuning.auc == Some(1.0), "{tuning:?}");
                assert!(tuning.selectivity_index.unwrap() > 0.2 && tuning.fdr.unwrap() < 0.001, "{tuning:?}");
            } else {
                assert!(tuning.d_prime.unwrap() < 0.5 && tuning.selectivity_index.unwrap() < 0.0, "{tuning:?}");
            }
            assert!(tuning.fdr.unwrap() >= tuning.p.unwrap());
        }
    }
}

#[test]
fn a_lesioned_channel_takes_its_class_and_a_gain_gives_it_back() {
    let (lab, images) = (Lab::new(colours()), labelled(30));
    let of_class = |accuracy: &Accuracy, class: usize| {
        let members: Vec<usize> = (0..30).filter(|image| images.classes[*image] == class).collect();
        accuracy.of_images(&members).unwrap()
    };
    assert_eq!(images.accuracy(&lab).top_1(), 1.0);
    let lesioned = Lab::new(lab.network.without_channels("channels", &[1]).unwrap().graph().clone());
    let after = images.accuracy(&lesioned);
    assert_eq!((of_class(&after, 0), of_class(&after, 1), of_class(&after, 2)), (1.0, 0.0, 1.0));
    let silent = Lab::new(lab.network.without_stage("channels").unwrap().graph().clone());
    assert!((images.accuracy(&silent).top_1() - 1.0 / 3.0).abs() < 1e-12, "all outputs are equal: the first counts");
    // Blue turned down so far that it loses, then raised by what the channels prefer.
    let weak =
        Lab::new(lab.network.scaled("channels", &Factors::Channels(vec![1.0, 1.0, 0.4])).unwrap().graph().clone());
    assert_eq!(of_class(&images.accuracy(&weak), 2), 0.0);
    let categories = Category::of_labels(&images.names()).unwrap();
    let preference = feature_preference(&images.responses(&weak, UnitChoice::Every), &categories, 0);
    // Of three categories one drives a channel: (2/3, −1/3, −1/3) / (√2 / 3).
    assert!(
        (preference[2] - 2f64.sqrt()).abs() < 0.01 && (preference[0] + 0.5f64.sqrt()).abs() < 0.1,
        "{preference:?}"
    );
    let factors = preference.iter().map(|preference| (1.0 + preference) as f32).collect();
    let attended = Lab::new(weak.network.scaled("channels", &Factors::Channels(factors)).unwrap().graph().clone());
    assert_eq!(of_class(&images.accuracy(&attended), 2), 1.0);
}

#[test]
fn means_over_positions_equal_those_of_every_unit() {
    let (lab, images) = (Lab::new(colours()), labelled(4));
    let (means, every) = (images.responses(&lab, UnitChoice::Mean), images.responses(&lab, UnitChoice::Every));
    assert_eq!(every.responses.dim(), (4, 3 * SIDE * SIDE));
    for image in 0..4 {
        let channel: f32 = every.responses.row(image).iter().skip(SIDE * SIDE).take(SIDE * SIDE).sum();
        assert!((means.responses[[image, 1]] - channel / 64.0).abs() < 1e-6);
    }
    let sparse = sparseness(&means);
    assert_eq!((sparse.lifetime.len(), sparse.population.len(), sparse.share_negative), (3, 4, 0.0));
}

#[test]
fn a_channel_that_prefers_a_colour_in_every_medium_is_a_concept_cell() {
    // Concepts are colours; media are dark, middling and light versions of them.
    let (lab, images) = (Lab::new(colours()), labelled(54));
    let shown: Vec<(String, String)> = images
        .names()
        .into_iter()
        .enumerate()
        .map(|(at, colour)| (colour, ["drawing", "photograph", "word"][at / 3 % 3].to_owned()))
        .collect();
    let stimuli = ConceptStimuli::new(&shown).unwrap();
    let found = concept_cells(&images.responses(&lab, UnitChoice::Mean), &stimuli, 999, 7).unwrap();
    let red = stimuli.concepts.iter().position(|concept| concept == "red").unwrap();
    let test = &found.units[0][red];
    assert_eq!(test.media.len(), 3);
    assert!(test.media.iter().all(|medium| medium.auc == 1.0) && test.fdr < 0.01, "{test:?}");
    assert!(found.units[1][red].conjunction_p > 0.2, "{:?}", found.units[1][red]);
    let mut incomplete = shown;
    incomplete.retain(|(colour, medium)| colour != "blue" || medium != "word");
    let refused = ConceptStimuli::new(&incomplete).unwrap_err().to_string();
    assert!(refused.contains("\"blue\" has no image in the medium \"word\""), "{refused}");
}
