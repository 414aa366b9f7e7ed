//! FGSM and PGD: steps up the gradient, each projected back into the budget.

use super::{Found, Norm, Start, Task};
use crate::inside::optimise::Ended;
use crate::stimuli::generate::Random;
use crate::synthesis::SynthesisError;
use crate::synthesis::classifier::Passes;

pub(super) struct Steps {
    pub(super) norm: Norm,
    pub(super) n_steps: usize,
    /// As a share of the budget.
    pub(super) step: f64,
    pub(super) start: Start,
}

impl Steps {
    pub(super) fn run(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        random: &mut Random,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Found, SynthesisError> {
        let Task { image: centre, goal, budget } = *task;
        let mut image = match self.start {
            Start::Image => centre.clone(),
            Start::Random => self.norm.random_inside(centre, budget, random),
        };
        let mut trajectory = Vec::with_capacity(self.n_steps);
        let mut before = image.clone();
        for step in 0..self.n_steps {
            let pass = passes.pass(&image, |logits| goal.cross_entropy(logits))?;
            if !pass.is_finite() {
                return Ok(Found { image: before, trajectory, ended: Ended::NotFinite { step } });
            }
            trajectory.push(pass.loss);
            let moved = self.norm.ascended(&image, &pass.gradient, self.step * budget);
            before = std::mem::replace(&mut image, self.norm.projected(centre, &moved, budget));
            if !told(pass.loss) {
                return Ok(Found { image, trajectory, ended: Ended::Cancelled { step: step + 1 } });
            }
        }
        Ok(Found { image, trajectory, ended: Ended::Done })
    }
}
