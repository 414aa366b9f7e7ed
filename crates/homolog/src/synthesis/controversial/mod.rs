//! Controversial stimuli: images that networks put into different classes, each surely.
//!
//! With evidence l = ln(p / (1 − p)) of a class, an image's controversiality over networks 1, 2, … that are to see classes y₁, y₂, …
//! is min over k of l_k(y_k) and, where networks know the same classes, of −l_k(y_j) for the others' classes. What is raised is its
//! smooth form, −(1/α) ln Σ exp(−α l).
//!
//! # Reference
//! Golan T, Raju P C, Kriegeskorte N (2020). Controversial stimuli: pitting neural networks against each other as models of human
//! cognition. PNAS 117:29330. doi:10.1073/pnas.1912334117. There the networks' last layers were trained as sigmoids; an ImageNet
//! classifier has a softmax, whose evidence is l(y) = z_y − ln Σ_{j≠y} exp z_j.

mod choices;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use choices::ClassChoices;
use ndarray::Array3;

use super::SynthesisError;
use super::classifier::Classifier;
use super::joined::Joined;
use crate::inside::image::narrow;
use crate::network::checked::Network;
use crate::network::op::binary::Binary;
use crate::network::op::indexing::{Concat, Gather};
use crate::network::op::reduce::{NoAxes, Reduce, ReducedAxes, Reduction};

/// The name of the stage whose one unit is the controversiality.
pub const CONTROVERSY: &str = "controversy";

/// How logits become evidence for a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Evidence {
    /// Classes exclude each other: p = softmax.
    #[default]
    Softmax,
    /// Classes do not: p = sigmoid, as in the paper.
    Sigmoid,
}

impl Evidence {
    /// ln(p / (1 − p)) of a class.
    pub fn of(self, logits: &[f32], class: usize) -> f64 {
        let at = |place: usize| logits.get(place).map_or(f64::NAN, |logit| f64::from(*logit));
        if self == Self::Sigmoid {
            return at(class);
        }
        let others = || (0..logits.len()).filter(|place| *place != class).map(at);
        let largest = others().fold(f64::NEG_INFINITY, f64::max);
        at(class) - largest - others().map(|other| (other - largest).exp()).sum::<f64>().ln()
    }
}

/// What an image is to be seen as.
#[derive(Clone, Debug, PartialEq)]
pub struct Controversy {
    /// The class that each network is to see.
    pub classes: Vec<usize>,
    /// How logits become evidence.
    pub evidence: Evidence,
    /// α: how sharply the smallest is taken.
    pub sharpness: f64,
}

/// What networks make of an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The class with the largest logit, of each network.
    pub classes: Vec<usize>,
    /// p of each network (row) for each network's wanted class (column); `None` where the network has no such class.
    pub probabilities: Vec<Vec<Option<f64>>>,
    /// The least evidence: the controversiality itself, not smoothed.
    pub controversiality: f64,
}

impl Controversy {
    /// Checks that the classes are the networks'.
    ///
    /// # Errors
    /// [`SynthesisError::NotOneClassEach`], [`SynthesisError::NoControversy`], [`SynthesisError::NoSuchClass`],
    /// [`SynthesisError::Setting`] for a sharpness that is not above 0.
    fn check(&self, classifiers: &[Classifier<'_>]) -> Result<(), SynthesisError> {
        let (n_networks, n_classes) = (classifiers.len(), self.classes.len());
        if n_networks < 2 || n_networks != n_classes {
            return Err(SynthesisError::NotOneClassEach { n_networks, n_classes });
        }
        if !(self.sharpness.is_finite() && self.sharpness > 0.0) {
            let found = self.sharpness.to_string();
            return Err(SynthesisError::Setting { what: "a sharpness of", found, needed: "it must be above 0" });
        }
        for (place, (classifier, class)) in classifiers.iter().zip(&self.classes).enumerate() {
            let n_classes = classifier.n_classes();
            if *class >= n_classes {
                let (id, network) = (format!("network {}", place + 1), classifier.network.graph().name.clone());
                return Err(SynthesisError::NoSuchClass { what: "target", id, class: *class, network, n_classes });
            }
        }
        let distinct: BTreeSet<usize> = self.classes.iter().copied().collect();
        if let (1, Some(class), true) = (distinct.len(), distinct.first(), share_classes(classifiers)) {
            return Err(SynthesisError::NoControversy { class: *class });
        }
        Ok(())
    }

    /// All networks as one, whose stage [`CONTROVERSY`] is the smooth controversiality of an image of (height, width) `size`.
    ///
    /// # Errors
    /// Classes that are not the networks', as the error says.
    pub fn joined(&self, classifiers: &[Classifier<'_>], size: [usize; 2]) -> Result<Network, SynthesisError> {
        self.check(classifiers)?;
        let mut joined = Joined::new(classifiers, size);
        let mut terms = Vec::new();
        for (network, class, is_wanted) in self.terms(classifiers) {
            let evidence = self.evidence(&mut joined, classifiers, network, class);
            let sharpness = if is_wanted { -self.sharpness } else { self.sharpness };
            let name = format!("{}/term {}", network + 1, terms.len());
            let factor = joined.floats(&format!("{name} factor"), &[1], vec![narrow(sharpness)]);
            terms.push(joined.node(&name, Arc::new(Binary::Mul), &[&evidence, &factor]));
        }
        let terms: Vec<&str> = terms.iter().map(String::as_str).collect();
        let all = joined.node("terms", Arc::new(Concat { axis: 1 }), &terms);
        let sum = summed(&mut joined, "smooth", &all);
        let factor = joined.floats("smooth factor", &[1], vec![narrow(-1.0 / self.sharpness)]);
        joined.node(CONTROVERSY, Arc::new(Binary::Mul), &[&sum, &factor]);
        joined.finish(CONTROVERSY)
    }

    /// Network, class, and whether it is to see it.
    fn terms(&self, classifiers: &[Classifier<'_>]) -> Vec<(usize, usize, bool)> {
        let mut terms = Vec::new();
        for (network, own) in self.classes.iter().enumerate() {
            terms.push((network, *own, true));
            let others: BTreeSet<usize> = self.classes.iter().copied().filter(|class| class != own).collect();
            if share_classes(classifiers) {
                terms.extend(others.into_iter().map(|class| (network, class, false)));
            }
        }
        terms
    }

    /// The value with the evidence that a network has for a class: (n_images, 1).
    fn evidence(&self, joined: &mut Joined, classifiers: &[Classifier<'_>], network: usize, class: usize) -> String {
        let Some(classifier) = classifiers.get(network) else { return String::new() };
        let (logits, name) =
            (format!("{}/{}", network + 1, classifier.logits()), format!("{}/class {class}", network + 1));
        let whole = |class: usize| i64::try_from(class).unwrap_or(0);
        let index = joined.integers(&format!("{name} index"), vec![whole(class)]);
        let own = joined.node(&name, Arc::new(Gather { axis: 1 }), &[&logits, &index]);
        if self.evidence == Evidence::Sigmoid {
            return own;
        }
        let others = (0..classifier.n_classes()).filter(|other| *other != class).map(whole).collect();
        let index = joined.integers(&format!("{name} others index"), others);
        let others = joined.node(&format!("{name} others"), Arc::new(Gather { axis: 1 }), &[&logits, &index]);
        let others = summed(joined, &format!("{name} against"), &others);
        joined.node(&format!("{name} evidence"), Arc::new(Binary::Sub), &[&own, &others])
    }

    /// What the networks make of an image in [0, 1].
    ///
    /// # Errors
    /// Classes that are not the networks', or the engine's.
    pub fn seen(&self, classifiers: &[Classifier<'_>], image: &Array3<f32>) -> Result<Seen, SynthesisError> {
        self.check(classifiers)?;
        let logits: Result<Vec<Vec<f32>>, _> = classifiers.iter().map(|one| one.passes().logits(image)).collect();
        let logits = logits?;
        let evidence = |network: usize, class: usize| logits.get(network).map(|logits| self.evidence.of(logits, class));
        let probability = |network: usize, class: usize| {
            let is_class = classifiers.get(network).is_some_and(|one| class < one.n_classes());
            evidence(network, class).filter(|_| is_class).map(|evidence| 1.0 / (1.0 + (-evidence).exp()))
        };
        let signed = |(network, class, is_wanted): (usize, usize, bool)| {
            let evidence = evidence(network, class).unwrap_or(f64::NAN);
            if is_wanted { evidence } else { -evidence }
        };
        Ok(Seen {
            classes: logits.iter().map(|logits| super::classifier::largest(logits)).collect(),
            probabilities: (0..logits.len())
                .map(|network| self.classes.iter().map(|class| probability(network, *class)).collect())
                .collect(),
            controversiality: self.terms(classifiers).into_iter().map(signed).fold(f64::INFINITY, f64::min),
        })
    }
}

/// ln Σ exp over the second axis: (n_images, 1).
fn summed(joined: &mut Joined, name: &str, value: &str) -> String {
    let axes = joined.integers(&format!("{name} axes"), vec![1]);
    let op = Reduce { reduction: Reduction::LogSumExp, reduced: ReducedAxes::Kept, no_axes: NoAxes::All };
    joined.node(name, Arc::new(op), &[value, &axes])
}

/// Whether the networks know equally many classes, and so, as far as one can tell, the same.
fn share_classes(classifiers: &[Classifier<'_>]) -> bool {
    classifiers.windows(2).all(|pair| pair[0].n_classes() == pair[1].n_classes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::image::{Colour, InputMap, Parameterisation};
    use crate::inside::optimise::{Look, Optimised, Settings, Surroundings};
    use crate::inside::transform::{Optimiser, Recipe, Regularizer};
    use crate::network::builder::{Builder, Conv2d};
    use crate::network::engine::burn::Burn;
    use crate::network::tensor::HostTensor;
    use crate::network::weights::fill_random;
    use crate::progress::{Cancel, Silent};
    use crate::recording::record::Resources;
    use crate::stimuli::Preprocessing;

    /// Three classes, red, green and blue: ten times the mean of one of the channels each, in this order.
    fn colours(order: [usize; 3], side: usize) -> Network {
        let (mut b, image) = Builder::new("colours", [side, side]);
        let x = b.conv2d("conv", &image, &Conv2d::new(3, side));
        let x = b.flatten("classes", &x);
        let mut graph = fill_random(b.finish(&x).unwrap(), 1);
        let weight =
            |(class, channel): (usize, usize)| if order[class] == channel { 10.0 / (side * side) as f32 } else { 0.0 };
        let pairs = (0..3).flat_map(|class| (0..3).map(move |channel| (class, channel)));
        let numbers: Vec<f32> = pairs.flat_map(|pair| vec![weight(pair); side * side]).collect();
        let tensor = HostTensor::from_f32(&[3, 3, side, side], numbers).unwrap();
        graph.parameters.insert("conv.weight".to_owned(), Arc::new(tensor));
        Network::check(graph).unwrap()
    }

    fn classifier(network: &Network) -> Classifier<'_> {
        Classifier::new(network, InputMap::unchanged(3), String::new(), Burn::cpu()).unwrap()
    }

    fn controversy(classes: &[usize]) -> Controversy {
        Controversy { classes: classes.to_vec(), evidence: Evidence::Softmax, sharpness: 1.0 }
    }

    fn optimised(network: &Network, side: usize, optimiser: Optimiser) -> Optimised {
        let settings = Settings {
            parameterisation: Parameterisation::Pixels,
            colour: Colour::Plain,
            recipe: Recipe { optimiser, ..Regularizer::None.recipe() },
            size: [side, side],
            n_images: 1,
            n_steps: 60,
            learning_rate: 0.3,
            seed: 1,
            magnitudes: None,
            start: None,
        };
        let look = Look {
            network,
            input: InputMap::unchanged(3),
            settings,
            prior: None,
            identity: String::new(),
            burn: Burn::cpu(),
        };
        let aims = look.aims(&["controversy[0]".parse().unwrap()], None).unwrap();
        let watch = |_: usize, _: usize, _: f64| {};
        let around = Surroundings {
            resources: Resources { memory_bytes: 1 << 30, n_threads: 1 },
            progress: &Silent,
            watch: &watch,
            cancel: &Cancel::default(),
            store: None,
        };
        look.optimise(&aims, &around).unwrap().remove(0)
    }

    #[test]
    fn two_planted_networks_see_the_image_as_was_asked_for() {
        // To the second network class 0 is what class 1 is to the first: one colour, both content.
        let (first, second) = (colours([0, 1, 2], 6), colours([1, 0, 2], 8));
        let classifiers = [classifier(&first), classifier(&second)];
        let asked = controversy(&[0, 1]);
        for optimiser in [Optimiser::Adam, Optimiser::Lbfgs] {
            let one = optimised(&asked.joined(&classifiers, [8, 8]).unwrap(), 8, optimiser);
            let seen = asked.seen(&classifiers, &one.images[0]).unwrap();
            assert_eq!(seen.classes, [0, 1], "{optimiser:?}");
            assert!(seen.controversiality > 5.0, "{optimiser:?}: {}", seen.controversiality);
            let mean = |channel: usize| one.images[0].index_axis(ndarray::Axis(0), channel).mean().unwrap();
            assert!(mean(0) > 0.9 && mean(1) < 0.3 && mean(2) < 0.3, "red is what both want");
        }
    }

    #[test]
    fn the_joined_networks_unit_is_the_smooth_minimum_of_the_evidence() {
        let (first, second) = (colours([0, 1, 2], 6), colours([2, 1, 0], 9));
        let bgr = InputMap::of(&Preprocessing::find("caffe-9").unwrap());
        let classifiers = [classifier(&first), Classifier::new(&second, bgr, String::new(), Burn::cpu()).unwrap()];
        let image =
            Array3::from_shape_fn((3, 7, 7), |(c, y, x)| ((c * 49 + y * 7 + x) as f32 * 0.37).sin() * 0.5 + 0.5);
        for evidence in [Evidence::Softmax, Evidence::Sigmoid] {
            let asked = Controversy { evidence, sharpness: 0.5, ..controversy(&[0, 2]) };
            let joined = asked.joined(&classifiers, [7, 7]).unwrap();
            let value = joined.stage(CONTROVERSY).unwrap().value.clone();
            let engine = Burn::cpu();
            let mut session = crate::network::engine::Engine::open(&engine, &joined, &[value]).unwrap();
            let found = session.run(image.view().insert_axis(ndarray::Axis(0))).unwrap()[0][[0, 0]];
            let logits: Vec<Vec<f32>> = classifiers.iter().map(|one| one.passes().logits(&image).unwrap()).collect();
            let terms = [(0, 0, 1.0), (0, 2, -1.0), (1, 2, 1.0), (1, 0, -1.0)]
                .map(|(network, class, sign): (usize, usize, f64)| sign * evidence.of(&logits[network], class));
            let least = terms.into_iter().fold(f64::INFINITY, f64::min);
            let expected = least - 2.0 * terms.iter().map(|term| (-0.5 * (term - least)).exp()).sum::<f64>().ln();
            assert!((f64::from(found) - expected).abs() < 1e-3 * expected.abs().max(1.0), "{found}, not {expected}");
            assert!((asked.seen(&classifiers, &image).unwrap().controversiality - least).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_no_controversy_is_refused() {
        let network = colours([0, 1, 2], 6);
        let pair = [classifier(&network), classifier(&network)];
        let refused =
            |asked: Controversy, networks: &[Classifier<'_>]| asked.joined(networks, [6, 6]).unwrap_err().to_string();
        assert!(refused(controversy(&[0, 0]), &pair).contains("no controversy"));
        assert!(refused(controversy(&[0]), &pair[..1]).contains("two networks"));
        assert!(refused(controversy(&[0, 1, 2]), &pair).contains("3 classes were given for 2 networks"));
        assert!(refused(controversy(&[0, 3]), &pair).contains("network 2"));
        assert!(refused(Controversy { sharpness: 0.0, ..controversy(&[0, 1]) }, &pair).contains("sharpness"));
    }
}
