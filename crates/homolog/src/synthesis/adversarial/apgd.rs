//! APGD: momentum, and steps that halve by themselves.

use ndarray::{Array3, Zip};

use super::{ApgdLoss, Found, Norm, Task};
use crate::inside::optimise::Ended;
use crate::stimuli::generate::Random;
use crate::synthesis::SynthesisError;
use crate::synthesis::classifier::{Pass, Passes};

/// The share of a step that follows the gradient; the rest follows the last step.
const ALONG_GRADIENT: f32 = 0.75;

/// A step is halved where the loss rose in at most this share of the steps since the last checkpoint.
const RISING: f64 = 0.75;

pub(super) struct Apgd {
    pub(super) norm: Norm,
    pub(super) loss: ApgdLoss,
    pub(super) n_steps: usize,
    pub(super) n_restarts: usize,
}

/// A run from one random start.
struct Run {
    image: Array3<f32>,
    previous: Array3<f32>,
    gradient: Array3<f32>,
    best: Best,
    /// The last image that met the goal.
    met: Option<Array3<f32>>,
    /// The loss before each step.
    losses: Vec<f64>,
    step: f64,
}

struct Best {
    image: Array3<f32>,
    gradient: Array3<f32>,
    loss: f64,
}

/// When steps are halved.
///
/// # Reference
/// Algorithm 1 and section 4.2: the first checkpoint after 0.22 of the steps; each period 0.03 shorter than the last, and at
/// least 0.06.
struct Checkpoints {
    period: usize,
    shorter: usize,
    least: usize,
    since: usize,
    best_loss: f64,
    was_halved: bool,
}

impl Apgd {
    pub(super) fn run(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        random: &mut Random,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Found, SynthesisError> {
        let mut best: Option<(f64, Found)> = None;
        for _ in 0..self.n_restarts {
            let (loss, met, found) = self.once(passes, task, random, told)?;
            let is_over = met || found.ended != Ended::Done;
            if is_over || best.as_ref().is_none_or(|(highest, _)| loss > *highest) {
                best = Some((loss, found));
            }
            if is_over {
                break;
            }
        }
        let nothing = || Found { image: task.image.clone(), trajectory: Vec::new(), ended: Ended::Done };
        Ok(best.map_or_else(nothing, |(_, found)| found))
    }

    /// The best loss, whether the goal was met, and the image: the last that met it, else that of the best loss.
    fn once(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        random: &mut Random,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<(f64, bool, Found), SynthesisError> {
        let image = self.norm.random_edge(task.image, task.budget, random);
        let first = passes.pass(&image, |logits| task.goal.apgd(self.loss, logits))?;
        if !first.is_finite() {
            let found =
                Found { image: task.image.clone(), trajectory: Vec::new(), ended: Ended::NotFinite { step: 0 } };
            return Ok((f64::NEG_INFINITY, false, found));
        }
        let mut run = Run {
            previous: image.clone(),
            met: task.goal.is_met(&first.logits).then(|| image.clone()),
            best: Best { image: image.clone(), gradient: first.gradient.clone(), loss: first.loss },
            gradient: first.gradient,
            losses: vec![first.loss],
            step: 2.0 * task.budget,
            image,
        };
        let mut checkpoints = Checkpoints::new(self.n_steps, first.loss);
        let mut ended = Ended::Done;
        for step in 0..self.n_steps {
            let next = self.next(task, &run, step);
            let pass = passes.pass(&next, |logits| task.goal.apgd(self.loss, logits))?;
            if !pass.is_finite() {
                ended = Ended::NotFinite { step: step + 1 };
                break;
            }
            let loss = pass.loss;
            run.take(next, pass, task);
            checkpoints.pass_by(&mut run);
            if !told(loss) {
                ended = Ended::Cancelled { step: step + 1 };
                break;
            }
        }
        let Run { best, met, losses, .. } = run;
        let is_met = met.is_some();
        Ok((best.loss, is_met, Found { image: met.unwrap_or(best.image), trajectory: losses, ended }))
    }

    /// Algorithm 1, lines 7 and 8.
    fn next(&self, task: &Task<'_>, run: &Run, step: usize) -> Array3<f32> {
        let ahead = self.norm.ascended(&run.image, &run.gradient, run.step);
        let ahead = self.norm.projected(task.image, &ahead, task.budget);
        let along = if step == 0 { 1.0 } else { ALONG_GRADIENT };
        let mut next = run.image.clone();
        Zip::from(&mut next).and(&ahead).and(&run.previous).for_each(|pixel, ahead, previous| {
            let at = *pixel;
            *pixel = at + (ahead - at) * along + (at - previous) * (1.0 - along);
        });
        self.norm.projected(task.image, &next, task.budget)
    }
}

impl Run {
    fn take(&mut self, next: Array3<f32>, pass: Pass, task: &Task<'_>) {
        if task.goal.is_met(&pass.logits) {
            self.met = Some(next.clone());
        }
        if pass.loss > self.best.loss {
            self.best = Best { image: next.clone(), gradient: pass.gradient.clone(), loss: pass.loss };
        }
        self.losses.push(pass.loss);
        self.previous = std::mem::replace(&mut self.image, next);
        self.gradient = pass.gradient;
    }
}

impl Checkpoints {
    fn new(n_steps: usize, loss: f64) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
        let share = |share: f64| ((share * n_steps as f64) as usize).max(1);
        let (period, shorter, least) = (share(0.22), share(0.03), share(0.06));
        Self { period, shorter, least, since: 0, best_loss: loss, was_halved: true }
    }

    fn pass_by(&mut self, run: &mut Run) {
        self.since += 1;
        if self.since < self.period {
            return;
        }
        let recent = run.losses.iter().rev().take(self.period + 1).rev();
        let n_rises = recent.clone().zip(recent.skip(1)).filter(|(before, after)| after > before).count();
        let oscillates = n_rises as f64 <= RISING * self.period as f64;
        let stands_still = !self.was_halved && self.best_loss >= run.best.loss;
        self.was_halved = oscillates || stands_still;
        self.best_loss = run.best.loss;
        if self.was_halved {
            run.step /= 2.0;
            run.image = run.best.image.clone();
            run.gradient = run.best.gradient.clone();
        }
        self.since = 0;
        self.period = self.period.saturating_sub(self.shorter).max(self.least);
    }
}
