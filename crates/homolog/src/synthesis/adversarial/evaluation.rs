//! An attack on many images, at many budgets, and what other networks say to what it finds.

use ndarray::Array3;
use sha2::{Digest as _, Sha256};

use super::kept;
use super::{Attack, Goal, Norm, Task};
use crate::inside::optimise::{Ended, Surroundings, backward_bytes};
use crate::inside::picture::pictures;
use crate::inside::side_by_side::{Workers, side_by_side};
use crate::network::engine::Engine as _;
use crate::stimuli::generate::Random;
use crate::stimuli::{Image, Limits, Preprocessing, SourceReader, StimulusSet};
use crate::store::{PieceKey, hex};
use crate::synthesis::SynthesisError;
use crate::synthesis::classifier::{Classifier, Passes, largest};

/// An attack on a classifier.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// The network whose gradients are used.
    pub classifier: &'a Classifier<'a>,
    /// The attack.
    pub attack: Attack,
    /// Budgets of images in [0, 1], in the attack's norm. An attack that looks for the nearest image is run once, and budgets
    /// are applied to what it found.
    pub budgets: Vec<f64>,
    /// Of random starts.
    pub seed: u64,
    /// Further networks that are shown what was found, rounded to 8 bits.
    pub shown_to: Vec<&'a Classifier<'a>>,
}

/// An image to be attacked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Its stimulus's id.
    pub id: String,
    /// (channel, height, width) in [0, 1], of the network's size.
    pub image: Array3<f32>,
    /// What is wanted.
    pub goal: Goal,
}

/// What an attack makes of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// In [0, 1] and within the budget.
    pub image: Array3<f32>,
    /// What is raised, before each step.
    pub trajectory: Vec<f64>,
    /// How it ended; where something was not finite, the image is the last good one.
    pub ended: Ended,
}

/// One image under one budget.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The budget; infinite for an attack that looks for the nearest image.
    pub budget: f64,
    /// The largest change of a pixel's channel.
    pub linf: f64,
    /// The length of the change.
    pub l2: f64,
    /// The class that the network gives.
    pub class: usize,
    /// The class that it gives to the image rounded to 8 bits.
    pub class_rounded: usize,
    /// The classes that the further networks give to the rounded image.
    pub shown: Vec<usize>,
    /// What was raised, before each step.
    pub trajectory: Vec<f64>,
    /// How it ended.
    pub ended: Ended,
}

/// One image under all budgets.
#[derive(Clone, Debug, PartialEq)]
pub struct Attacked {
    /// Its stimulus's id.
    pub id: String,
    /// What was wanted.
    pub goal: Goal,
    /// The class of the unchanged image.
    pub clean_class: usize,
    /// The classes that the further networks give to the unchanged image.
    pub clean_shown: Vec<usize>,
    /// One for each budget, or a single one.
    pub outcomes: Vec<Outcome>,
}

/// Where a subject comes from: its place in the list.
pub type Subjects<'a> = &'a (dyn Fn(usize) -> Result<Subject, SynthesisError> + Sync);

/// Given each image when it is done: its place, what came of it, and the pictures, of 8 bits; the unchanged one first.
pub type Keep<'a> = &'a (dyn Fn(usize, &Attacked, &[Image]) + Sync);

/// The stimulus of a set as a subject, prepared as the network's images are.
///
/// # Errors
/// A stimulus that cannot be read, or has another size than the network's.
pub fn subject_of(
    set: &StimulusSet,
    place: usize,
    preprocessing: &Preprocessing,
    goal: Goal,
) -> Result<Subject, SynthesisError> {
    let none = || crate::stimuli::ImageError::NoPixels { width: 0, height: 0 };
    let stimulus = set.stimuli().get(place).ok_or_else(none)?;
    let image = SourceReader::new(Limits::default()).image(stimulus, preprocessing.background)?;
    let sized = preprocessing.sized(&image, set.width_deg())?;
    let image = Array3::from_shape_fn((3, sized.height(), sized.width()), |(channel, y, x)| {
        f32::from(sized.rgb().get((y * sized.width() + x) * 3 + channel).copied().unwrap_or(0)) / 255.0
    });
    Ok(Subject { id: stimulus.id.clone(), image, goal })
}

impl Evaluation<'_> {
    /// Attacks `n_subjects` images, several side by side. What comes of an image does not depend on the others, on memory or on
    /// the number of threads; images that a kept run has done are not done again.
    ///
    /// # Errors
    /// Settings that cannot be, a label that is no class, too little memory, the engine's, or [`SynthesisError::Cancelled`].
    pub fn run(
        &self,
        n_subjects: usize,
        subjects: Subjects<'_>,
        keep: Keep<'_>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Vec<Attacked>, SynthesisError> {
        self.attack.check(self.classifier)?;
        if let Some(budget) = self.budgets.iter().find(|budget| !(budget.is_finite() && **budget >= 0.0)) {
            let needed = "it must be 0 or above, of images from 0 to 1";
            return Err(SynthesisError::Setting { what: "a budget of", found: budget.to_string(), needed });
        }
        let workers = self.workers(n_subjects, surroundings)?;
        surroundings.progress.begin("attacking", n_subjects as u64);
        let start = || Ok((self.classifier.passes(), self.shown_to.iter().map(|one| one.passes()).collect()));
        let job = |(passes, others): &mut (Passes<'_>, Vec<Passes<'_>>), place: usize| {
            if surroundings.cancel.is_cancelled() {
                return Err(SynthesisError::Cancelled);
            }
            let subject = subjects(place)?;
            self.check(&subject)?;
            let (attacked, shown) = self.kept_or_made(place, &subject, passes, others, surroundings)?;
            keep(place, &attacked, &shown);
            surroundings.progress.advance(1);
            Ok(attacked)
        };
        let outcome = side_by_side(workers, n_subjects, start, job);
        surroundings.progress.end();
        outcome
    }

    fn workers(&self, n_subjects: usize, surroundings: &Surroundings<'_>) -> Result<Workers, SynthesisError> {
        let bytes = |classifier: &Classifier<'_>, n_images: usize| -> Result<u64, SynthesisError> {
            let weights = classifier.network.graph().parameters.values();
            let weights: u64 = weights.map(|one| 4 * one.n_elements() as u64).sum();
            let pixels: usize = classifier.shape().iter().product();
            let values = backward_bytes(classifier.network, &[classifier.logits().to_owned()], n_images)?;
            Ok(2 * weights + values + 20 * 4 * (pixels * n_images) as u64)
        };
        let mut needed = bytes(self.classifier, self.attack.n_at_once())?;
        for other in &self.shown_to {
            needed += bytes(other, 1)?;
        }
        let (fixed, resources) = (64 << 20, surroundings.resources);
        let n = (resources.memory_bytes.saturating_sub(fixed) / needed).min(resources.n_threads.max(1) as u64);
        let n_workers = usize::try_from(n).unwrap_or(1).min(n_subjects.max(1));
        if n_workers == 0 {
            let (budget, needed) = (resources.memory_bytes, needed + fixed);
            return Err(SynthesisError::BudgetTooSmall { what: "attack an image", budget, needed });
        }
        Ok(Workers { n_workers, n_threads: (resources.n_threads / n_workers).max(1) })
    }

    fn check(&self, subject: &Subject) -> Result<(), SynthesisError> {
        let (network, n_classes) = (&self.classifier.network.graph().name, self.classifier.n_classes());
        let Goal { label, target } = subject.goal;
        for (what, class) in [("label", Some(label)), ("target", target)] {
            if let Some(class) = class.filter(|class| *class >= n_classes) {
                let (id, network) = (subject.id.clone(), network.clone());
                return Err(SynthesisError::NoSuchClass { what, id, class, network, n_classes });
            }
        }
        if target == Some(label) {
            return Err(SynthesisError::TargetIsLabel { id: subject.id.clone(), class: label });
        }
        let (found, needed) = (subject.image.shape().to_vec(), self.classifier.shape().to_vec());
        if found != needed {
            return Err(crate::network::engine::EngineError::ImageShape { found, needed }.into());
        }
        Ok(())
    }

    fn kept_or_made(
        &self,
        place: usize,
        subject: &Subject,
        passes: &mut Passes<'_>,
        others: &mut [Passes<'_>],
        surroundings: &Surroundings<'_>,
    ) -> Result<(Attacked, Vec<Image>), SynthesisError> {
        let Some(store) = surroundings.store else {
            return self.made(place, subject, passes, others, surroundings);
        };
        let key = self.key(subject)?;
        if let Some(kept) = store.get(kept::KIND, &key)?.and_then(|bytes| kept::from_bytes(&bytes)) {
            return Ok(kept);
        }
        let (attacked, shown) = self.made(place, subject, passes, others, surroundings)?;
        store.put(kept::KIND, &key, &kept::to_bytes(&attacked, &shown))?;
        Ok((attacked, shown))
    }

    fn made(
        &self,
        place: usize,
        subject: &Subject,
        passes: &mut Passes<'_>,
        others: &mut [Passes<'_>],
        surroundings: &Surroundings<'_>,
    ) -> Result<(Attacked, Vec<Image>), SynthesisError> {
        let Subject { id, image, goal } = subject;
        let logits = passes.logits(image)?;
        if let Some(logit) = logits.iter().find(|logit| !logit.is_finite()) {
            let (network, found) = (self.classifier.network.graph().name.clone(), f64::from(*logit));
            return Err(SynthesisError::NotFinite { network, id: id.clone(), found });
        }
        let clean_class = largest(&logits);
        let clean_shown = classes(others, image)?;
        let budgets = if self.attack.is_nearest() { vec![f64::INFINITY] } else { self.budgets.clone() };
        let (mut outcomes, mut shown) = (Vec::new(), pictures(image)?);
        for budget in budgets {
            let is_settled = budget == 0.0 || goal.is_met_by(clean_class);
            let found = if is_settled {
                Found { image: image.clone(), trajectory: Vec::new(), ended: Ended::Done }
            } else {
                let mut told = |loss: f64| {
                    (surroundings.watch)(place, 0, loss);
                    !surroundings.cancel.is_cancelled()
                };
                let task = Task { image, goal: *goal, budget };
                self.attack.run(passes, &task, &mut self.random(subject), &mut told)?
            };
            if matches!(found.ended, Ended::Cancelled { .. }) {
                return Err(SynthesisError::Cancelled);
            }
            let rounded = found.image.mapv(|pixel| (pixel * 255.0).round() / 255.0);
            outcomes.push(Outcome {
                budget,
                linf: Norm::Linf.distance(image, &found.image),
                l2: Norm::L2.distance(image, &found.image),
                class: largest(&passes.logits(&found.image)?),
                class_rounded: largest(&passes.logits(&rounded)?),
                shown: classes(others, &rounded)?,
                trajectory: found.trajectory,
                ended: found.ended,
            });
            shown.extend(pictures(&found.image)?);
        }
        Ok((Attacked { id: id.clone(), goal: *goal, clean_class, clean_shown, outcomes }, shown))
    }

    /// The random numbers of an image: its own, whatever else is attacked, and the same for every budget.
    fn random(&self, subject: &Subject) -> Random {
        let digest = Sha256::digest(subject.id.as_bytes());
        let stream = digest.iter().take(8).fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
        Random::stream(self.seed, stream)
    }

    /// The hash of all that determines what comes of an image.
    fn key(&self, subject: &Subject) -> Result<PieceKey, SynthesisError> {
        let bytes: Vec<u8> = subject.image.iter().flat_map(|value| value.to_le_bytes()).collect();
        let image = hex(&Sha256::digest(&bytes));
        let networks: Vec<String> = std::iter::once(self.classifier)
            .chain(self.shown_to.iter().copied())
            .map(|one| format!("{} {:?} {}", one.identity, one.input, one.burn.description()))
            .collect();
        let settings = format!("{:?} {:?} {}", self.attack, self.budgets, self.seed);
        let determinants = ("adversarial 2", networks, settings, &subject.id, image, format!("{:?}", subject.goal));
        Ok(PieceKey::of(&determinants)?)
    }
}

fn classes(networks: &mut [Passes<'_>], image: &Array3<f32>) -> Result<Vec<usize>, SynthesisError> {
    networks.iter_mut().map(|passes| Ok(largest(&passes.logits(image)?))).collect()
}
