//! Missing responses of a benchmark's recordings: refused, or left out and noted, before anything is compared.

use std::collections::BTreeSet;

use super::data::{BenchmarkData, Brain};
use super::error::ScoreError;
use crate::naming::listed;
use crate::recording::{OnMissing, Recording, RecordingAxis};

impl BenchmarkData {
    /// The benchmark without missing responses: refused, or the units or the stimuli that have them left out of it, which its notes
    /// then say. A response to a stimulus is missing where no repetition has one.
    ///
    /// # Errors
    /// [`ScoreError::Data`] when there are some and they are to be refused, or when nothing would be left.
    pub fn without_missing(mut self, on_missing: OnMissing) -> Result<Self, ScoreError> {
        let Brain::Units(recordings) = &self.brain else { return Ok(self) };
        let mut complete = Vec::with_capacity(recordings.len());
        let (mut units, mut stimuli) = (Vec::new(), BTreeSet::new());
        for recording in recordings {
            let averaged = self.averaged(recording)?.without_missing(on_missing)?;
            complete.push(without_units(recording, &averaged.dropped_units)?);
            units.extend(averaged.dropped_units);
            stimuli.extend(averaged.dropped_stimuli);
        }
        for (what, dropped) in [("units", units), ("stimuli", stimuli.iter().cloned().collect())] {
            if !dropped.is_empty() {
                let names = listed(dropped.iter().map(String::as_str), dropped.len());
                self.spec.notes.push(format!("dropped for missing responses: {what} {names}"));
            }
        }
        self.brain = Brain::Units(complete);
        let kept: Vec<&str> = self.stimuli.ids().filter(|id| !stimuli.contains(*id)).collect();
        self.stimuli = self.stimuli.select(kept)?;
        Ok(self)
    }
}

fn without_units(recording: &Recording, dropped: &[String]) -> Result<Recording, ScoreError> {
    let kept = |unit: &usize| !dropped.contains(&recording.unit_ids()[*unit]);
    let positions: Vec<usize> = (0..recording.n_units()).filter(kept).collect();
    Ok(recording.select_positions(RecordingAxis::Unit, &positions)?)
}
