//! The objective for many changed images, without gradients.

use std::collections::BTreeMap;

use burn::tensor::Device;
use ndarray::{Array3, Array4, Axis};

use super::{AttributionError, Attributor};
use crate::inside::objective::{Aim, Objective, Quantity};
use crate::network::checked::Stage;
use crate::network::engine::{EngineError, Session};
use crate::network::value::{Ranked, Value};
use crate::network::working_set::WorkingSet;
use crate::recording::record::LARGEST_BATCH;

/// A network ready to give the values that an objective is computed from.
pub(super) struct Forward {
    taps: Vec<String>,
    session: Box<dyn Session>,
    n_at_once: usize,
}

impl Attributor<'_> {
    /// The objective for each of `n` inputs.
    pub(super) fn objectives(
        &mut self,
        aim: &Aim,
        n: usize,
        make: &dyn Fn(usize) -> Array3<f32>,
    ) -> Result<Vec<f64>, AttributionError> {
        let forward = match self.forward.take().filter(|forward| forward.taps == aim.taps()) {
            Some(forward) => forward,
            None => self.opened(aim)?,
        };
        let forward = self.forward.insert(forward);
        let [n_channels, height, width] = self.size;
        let mut objectives = Vec::with_capacity(n);
        for first in (0..n).step_by(forward.n_at_once) {
            if self.cancel.is_cancelled() {
                return Err(AttributionError::Cancelled);
            }
            let n_now = forward.n_at_once.min(n - first);
            let mut batch = Array4::zeros((n_now, n_channels, height, width));
            for (place, mut row) in batch.axis_iter_mut(Axis(0)).enumerate() {
                row.assign(&make(first + place));
            }
            let recorded = forward.session.run(batch.view())?;
            let mut values = BTreeMap::new();
            for (name, rows) in forward.taps.iter().zip(recorded) {
                let shape = rows.shape().to_vec();
                // What was recorded is in the processor's memory, and so little that it is measured there.
                let ranked = Ranked::from_elements(&shape, rows.into_iter().collect(), &Device::flex());
                values.insert(name.clone(), Value::Float(ranked));
            }
            let measured = Ranked::R2(aim.measure(&values, n_now)?).into_wide_elements();
            objectives.extend(measured.ok_or(EngineError::OutputCount { engine: "burn" })?);
        }
        if objectives.iter().any(|objective| !objective.is_finite()) {
            return Err(AttributionError::NotFinite { method: "objective", objective: aim.name().to_owned() });
        }
        Ok(objectives)
    }

    /// The class with the largest logit for `input`.
    ///
    /// # Errors
    /// [`ObjectiveError::NotAClassifier`](crate::inside::objective::ObjectiveError), the engine's.
    pub fn largest_logit(&mut self, input: &Array3<f32>) -> Result<usize, AttributionError> {
        let aim = Aim::new(&Objective::of(Quantity::Logit { class: 0 }), self.network, None)?;
        self.check(&aim, input)?;
        let mut session = self.engine.open(self.network, aim.taps())?;
        let recorded = session.run(input.view().insert_axis(Axis(0)))?;
        let logits = recorded.first().ok_or(EngineError::OutputCount { engine: "burn" })?;
        let numbered = logits.iter().enumerate().filter(|(_, logit)| logit.is_finite());
        // The first of equal ones.
        let largest = numbered.max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        let not_finite = || AttributionError::NotFinite { method: "logits", objective: aim.name().to_owned() };
        largest.map(|(class, _)| class).ok_or_else(not_finite)
    }

    fn opened(&self, aim: &Aim) -> Result<Forward, AttributionError> {
        let stages: Vec<Stage> =
            aim.taps().iter().map(|tap| self.network.stage(tap).cloned()).collect::<Result<_, _>>()?;
        let working = WorkingSet::of(self.network, &stages);
        let each = working.live_bytes + 2 * working.input_bytes + 2 * working.recorded_bytes;
        let fixed = 2 * working.parameter_bytes + (64 << 20);
        let budget = self.resources.memory_bytes;
        let n_at_once = match self.network.fixed_batch() {
            Some(_) => 1,
            None => (budget.saturating_sub(fixed) / each.max(1)).min(LARGEST_BATCH as u64),
        };
        if n_at_once == 0 {
            return Err(AttributionError::BudgetTooSmall { budget, needed: fixed + each });
        }
        let session = self.engine.open(self.network, aim.taps())?;
        Ok(Forward { taps: aim.taps().to_vec(), session, n_at_once: usize::try_from(n_at_once).unwrap_or(1) })
    }
}
