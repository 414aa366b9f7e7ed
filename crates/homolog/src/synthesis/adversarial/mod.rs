//! Images next to a given one that a classifier puts into another class.
//!
//! | name | budget | published by |
//! |---|---|---|
//! | `fgsm` | largest change of a pixel | Goodfellow et al. 2015: one step along the sign of the gradient |
//! | `pgd-linf`, `pgd-l2` | largest change, or length of the change | Madry et al. 2018: steps, each projected back |
//! | `apgd-ce-…`, `apgd-dlr-…` | the same | Croce & Hein 2020: steps that halve by themselves, on cross-entropy or the difference-of-logits ratio |
//! | `deepfool` | none: the nearest it finds | Moosavi-Dezfooli et al. 2016: to the nearest class border of the linearised network |
//! | `carlini-wagner` | none: the nearest it finds | Carlini & Wagner 2017, L2 |
//!
//! Budgets are of images from 0 to 1, before preprocessing: 8/255 is eight levels of a picture of 8 bits. Every image stays
//! in [0, 1]. What is written as a picture is rounded to 8 bits, which can undo small changes, so the class of the rounded
//! image is told beside that of the image itself.
//!
//! An image that the network has wrong to begin with is not attacked and counts as wrong, as in RobustBench.
//!
//! # Reference
//! Goodfellow I, Shlens J, Szegedy C (2015). Explaining and harnessing adversarial examples. ICLR. arXiv 1412.6572.
//! Madry A et al. (2018). Towards deep learning models resistant to adversarial attacks. ICLR. arXiv 1706.06083.
//! Croce F, Hein M (2020). Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks.
//! ICML. arXiv 2003.01690. Moosavi-Dezfooli S, Fawzi A, Frossard P (2016). DeepFool. CVPR. arXiv 1511.04599.
//! Carlini N, Wagner D (2017). Towards evaluating the robustness of neural networks. IEEE S&P. arXiv 1608.04644.

mod apgd;
mod ball;
mod carlini_wagner;
mod deepfool;
mod evaluation;
mod kept;
mod loss;
mod projected;
mod strength;
#[cfg(test)]
mod tests;

use ndarray::Array3;

pub use ball::Norm;
pub use evaluation::{Attacked, Evaluation, Found, Keep, Outcome, Subject, Subjects, subject_of};
pub use loss::Goal;
pub use strength::{Strength, strengths, transferred};

use super::SynthesisError;
use super::classifier::{Classifier, Passes};
use crate::inside::InsideError;
use crate::naming::nearest_three;
use crate::stimuli::generate::Random;

/// A way to change the class, with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attack {
    /// One step of the whole budget along the sign of the gradient of the cross-entropy.
    Fgsm,
    /// Steps along the gradient, each projected back into the budget.
    Pgd {
        /// How a change is measured.
        norm: Norm,
        /// Steps.
        n_steps: usize,
        /// Length of a step as a share of the budget.
        step: f64,
        /// Where it starts.
        start: Start,
    },
    /// Steps with momentum, halved where the loss does not rise.
    Apgd {
        /// How a change is measured.
        norm: Norm,
        /// What is raised.
        loss: ApgdLoss,
        /// Steps.
        n_steps: usize,
        /// Random starts, until one succeeds.
        n_restarts: usize,
    },
    /// Steps to the nearest border between classes, as if the network were linear.
    DeepFool {
        /// The classes with the largest logits whose borders are looked at.
        n_candidates: usize,
        /// Steps at most.
        n_steps: usize,
        /// How far beyond the border each step goes, as a share of the way.
        overshoot: f64,
    },
    /// |change|² + c max(logit of the label - largest other, -confidence) by Adam, over the inverse of tanh.
    CarliniWagner {
        /// The weight c of the first search.
        weight: f64,
        /// By how much another logit has to be larger.
        confidence: f64,
        /// Steps of each search.
        n_steps: usize,
        /// Adam's step.
        learning_rate: f64,
        /// Searches: c is bisected between one that succeeds and one that does not.
        n_searches: usize,
    },
}

/// Where steps start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At the image.
    Image,
    /// At a random place within the budget.
    Random,
}

/// What APGD raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApgdLoss {
    /// Cross-entropy.
    CrossEntropy,
    /// The difference-of-logits ratio, which does not change with the logits' scale.
    DifferenceOfLogits,
}

impl Attack {
    /// All, with the settings of their authors or of the comparison with torchattacks.
    pub const ALL: [Self; 9] = [
        Self::Fgsm,
        Self::Pgd { norm: Norm::Linf, n_steps: 10, step: 0.25, start: Start::Random },
        Self::Pgd { norm: Norm::L2, n_steps: 10, step: 0.25, start: Start::Random },
        Self::Apgd { norm: Norm::Linf, loss: ApgdLoss::CrossEntropy, n_steps: 10, n_restarts: 1 },
        Self::Apgd { norm: Norm::L2, loss: ApgdLoss::CrossEntropy, n_steps: 10, n_restarts: 1 },
        Self::Apgd { norm: Norm::Linf, loss: ApgdLoss::DifferenceOfLogits, n_steps: 10, n_restarts: 1 },
        Self::Apgd { norm: Norm::L2, loss: ApgdLoss::DifferenceOfLogits, n_steps: 10, n_restarts: 1 },
        Self::DeepFool { n_candidates: 10, n_steps: 50, overshoot: 0.02 },
        Self::CarliniWagner { weight: 1.0, confidence: 0.0, n_steps: 100, learning_rate: 0.01, n_searches: 5 },
    ];

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Fgsm => "fgsm",
            Self::Pgd { norm: Norm::Linf, .. } => "pgd-linf",
            Self::Pgd { norm: Norm::L2, .. } => "pgd-l2",
            Self::Apgd { norm: Norm::Linf, loss: ApgdLoss::CrossEntropy, .. } => "apgd-ce-linf",
            Self::Apgd { norm: Norm::L2, loss: ApgdLoss::CrossEntropy, .. } => "apgd-ce-l2",
            Self::Apgd { norm: Norm::Linf, loss: ApgdLoss::DifferenceOfLogits, .. } => "apgd-dlr-linf",
            Self::Apgd { norm: Norm::L2, loss: ApgdLoss::DifferenceOfLogits, .. } => "apgd-dlr-l2",
            Self::DeepFool { .. } => "deepfool",
            Self::CarliniWagner { .. } => "carlini-wagner",
        }
    }

    /// The one of that name, with its usual settings.
    ///
    /// # Errors
    /// [`InsideError::UnknownName`] with the nearest three.
    pub fn named(name: &str) -> Result<Self, InsideError> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| InsideError::UnknownName {
            what: "attack",
            name: name.to_owned(),
            nearest: nearest_three(name, Self::ALL.iter().map(Self::name)),
            all: Self::ALL.map(|one| one.name()).join(", "),
        })
    }

    /// How its changes are measured.
    pub fn norm(&self) -> Norm {
        match self {
            Self::Fgsm => Norm::Linf,
            Self::Pgd { norm, .. } | Self::Apgd { norm, .. } => *norm,
            Self::DeepFool { .. } | Self::CarliniWagner { .. } => Norm::L2,
        }
    }

    /// Whether it looks for the nearest image instead of staying within a budget.
    pub fn is_nearest(&self) -> bool {
        matches!(self, Self::DeepFool { .. } | Self::CarliniWagner { .. })
    }

    /// Images that it runs at once.
    fn n_at_once(&self) -> usize {
        if let Self::DeepFool { n_candidates, .. } = self { *n_candidates } else { 1 }
    }

    fn check(&self, classifier: &Classifier<'_>) -> Result<(), SynthesisError> {
        let at_least_one = |what, n: usize| match n {
            0 => Err(SynthesisError::Setting { what, found: "0".to_owned(), needed: "at least 1 is needed" }),
            _ => Ok(()),
        };
        let above_zero = |what, number: f64| match number.is_finite() && number > 0.0 {
            true => Ok(()),
            false => Err(SynthesisError::Setting { what, found: number.to_string(), needed: "it must be above 0" }),
        };
        match *self {
            Self::Fgsm => Ok(()),
            Self::Pgd { n_steps, step, .. } => at_least_one("steps", n_steps).and(above_zero("a step of", step)),
            Self::Apgd { n_steps, n_restarts, loss, .. } => {
                // The targeted ratio looks at the four largest.
                let (needed, n_classes) = (4, classifier.n_classes());
                if loss == ApgdLoss::DifferenceOfLogits && n_classes < needed {
                    let (attack, network) = (self.name(), classifier.network.graph().name.clone());
                    return Err(SynthesisError::TooFewClasses { attack, network, n_classes, needed });
                }
                at_least_one("steps", n_steps).and(at_least_one("random starts", n_restarts))
            }
            Self::DeepFool { n_candidates, n_steps, .. } => {
                at_least_one("steps", n_steps).and(at_least_one("candidates", n_candidates.saturating_sub(1)))
            }
            Self::CarliniWagner { weight, n_steps, learning_rate, n_searches, .. } => at_least_one("steps", n_steps)
                .and(at_least_one("searches", n_searches))
                .and(above_zero("a weight of", weight))
                .and(above_zero("a learning rate of", learning_rate)),
        }
    }

    /// Changes one image; `told` gets the loss of each step and says whether to go on.
    fn run(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        random: &mut Random,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Found, SynthesisError> {
        match *self {
            Self::Fgsm => projected::Steps { norm: Norm::Linf, n_steps: 1, step: 1.0, start: Start::Image }
                .run(passes, task, random, told),
            Self::Pgd { norm, n_steps, step, start } => {
                projected::Steps { norm, n_steps, step, start }.run(passes, task, random, told)
            }
            Self::Apgd { norm, loss, n_steps, n_restarts } => {
                apgd::Apgd { norm, loss, n_steps, n_restarts }.run(passes, task, random, told)
            }
            Self::DeepFool { n_candidates, n_steps, overshoot } => {
                deepfool::DeepFool { n_candidates, n_steps, overshoot }.run(passes, task, told)
            }
            Self::CarliniWagner { weight, confidence, n_steps, learning_rate, n_searches } => {
                carlini_wagner::CarliniWagner { weight, confidence, n_steps, learning_rate, n_searches }
                    .run(passes, task, told)
            }
        }
    }
}

/// One image to be changed.
#[derive(Clone, Copy, Debug)]
struct Task<'a> {
    image: &'a Array3<f32>,
    goal: Goal,
    /// How far it may be changed, for attacks with a budget.
    budget: f64,
}
