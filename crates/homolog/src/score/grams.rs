//! The Gram matrix of each stage over a set of stimuli: one pass through the network, and all that RDMs and mappings need.
//!
//! A stage of p units over n stimuli is reduced to n × n numbers, which are kept in the store; the n × p responses are held in memory
//! where the budget allows and otherwise in a scratch file, and are gone after the run.

use homolog_stats::gram::{Gram, GramAccumulator};
use ndarray::{Array1, Array2};
use rayon::prelude::*;

use super::error::ScoreError;
use super::model::ScoredModel;
use super::run::RunContext;
use crate::network::checked::Stage;
use crate::recording::record::{RecordError, RecordPlan, RowSink, Rows, StageRows, Stream};
use crate::stimuli::{Limits, StimulusSet};
use crate::store::{PieceKey, Store};

/// Units that are brought into memory at once while a Gram matrix is formed.
const UNITS_AT_ONCE: usize = 4096;

/// The Gram matrices of the stages `stages` over `stimuli`, in their order; those that an earlier run left in the store are not computed again.
///
/// Which stages are recorded together, and how many stimuli at once, decides how an engine rounds (batch normalization is folded where no
/// recorded stage sees it), so a piece is named by these too, and a run that goes on records from the same session as one that was not stopped.
///
/// # Errors
/// What the recording or the store stops at; [`ScoreError::Stats`] where a response is not finite.
pub fn stage_grams(
    model: &ScoredModel,
    stages: &[Stage],
    stimuli: &StimulusSet,
    stimuli_sha256: &str,
    run: &RunContext<'_>,
) -> Result<Vec<Gram>, ScoreError> {
    let plan = RecordPlan::new(&model.network, stages, stimuli.len(), run.resources)?;
    let together: Vec<&str> = stages.iter().map(|stage| stage.value.as_str()).collect();
    let rounding = (run.engine.description(), &together, plan.batch_size);
    let keys: Vec<PieceKey> = stages
        .iter()
        .map(|stage| PieceKey::of(&("gram/2", model.identity(), &stage.value, stimuli_sha256, &rounding)))
        .collect::<Result<_, _>>()?;
    let mut grams: Vec<Option<Gram>> = keys.iter().map(|key| stored(run.store, key)).collect::<Result<_, _>>()?;
    let missing: Vec<usize> = (0..stages.len()).filter(|stage| grams[*stage].is_none()).collect();
    if !missing.is_empty() {
        let rows = record(model, stages, &missing, stimuli, run)?;
        run.progress.begin("comparing stimuli", missing.len() as u64);
        for (stage, rows) in missing.into_iter().zip(rows) {
            run.stop_if_cancelled()?;
            let gram = gram_of(&rows, stimuli.len(), &stages[stage].name)?;
            run.store.put("gram", &keys[stage], &to_bytes(&gram))?;
            grams[stage] = Some(gram);
            run.progress.advance(1);
        }
        run.progress.end();
    }
    Ok(grams.into_iter().flatten().collect())
}

/// The responses of the stages at the positions `wanted`, resident or spilled, recorded together with all the others.
pub(super) fn record(
    model: &ScoredModel,
    stages: &[Stage],
    wanted: &[usize],
    stimuli: &StimulusSet,
    run: &RunContext<'_>,
) -> Result<Vec<StageRows>, ScoreError> {
    let plan = RecordPlan::new(&model.network, stages, stimuli.len(), run.resources)?;
    let scratch = run.store.folder();
    let mut sink = ScratchSink { stages: Vec::with_capacity(wanted.len()), scratch: scratch.to_owned() };
    for (position, stage) in plan.stages.iter().enumerate().filter(|(position, _)| wanted.contains(position)) {
        let rows = StageRows::new(stage.placement, stimuli.len(), stage.n_units, scratch);
        sink.stages.push((position, rows.map_err(|source| RecordError::Write { place: scratch.to_owned(), source })?));
    }
    let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
    let mut session = run.engine.open(&model.network, &values).map_err(RecordError::from)?;
    let stream = Stream {
        set: stimuli,
        preprocessing: &model.preprocessing,
        limits: Limits::default(),
        batch_size: plan.batch_size,
        n_decoders: run.resources.n_threads,
    };
    stream.run(session.as_mut(), &mut sink, run.progress, run.cancel)?;
    Ok(sink.stages.into_iter().map(|(_, rows)| rows).collect())
}

/// Keeps the rows of some stages, for the run only.
struct ScratchSink {
    /// Each with its position among the recorded stages.
    stages: Vec<(usize, StageRows)>,
    scratch: std::path::PathBuf,
}

impl RowSink for ScratchSink {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for (position, kept) in &mut self.stages {
            let Some(block) = rows.stages.get(*position) else { continue };
            kept.write(rows.first, block.view())
                .map_err(|source| RecordError::Write { place: self.scratch.clone(), source })?;
        }
        Ok(())
    }
}

/// The Gram matrix of one stage, block of units by block.
fn gram_of(rows: &StageRows, n_stimuli: usize, stage: &str) -> Result<Gram, ScoreError> {
    let mut sum = GramAccumulator::new(n_stimuli);
    let mut first = 0;
    while first < rows.n_units() {
        let units = first..(first + UNITS_AT_ONCE).min(rows.n_units());
        first = units.end;
        let block = rows
            .columns(units)
            .map_err(|source| RecordError::Read { place: format!("the scratch file of {stage}").into(), source })?;
        sum.add_columns(block.view()).map_err(|source| ScoreError::Stats { stage: stage.to_owned(), source })?;
    }
    sum.finish().map_err(|source| ScoreError::Stats { stage: stage.to_owned(), source })
}

fn stored(store: &Store, key: &PieceKey) -> Result<Option<Gram>, ScoreError> {
    Ok(store.get("gram", key)?.and_then(|bytes| from_bytes(&bytes)))
}

/// Number of stimuli, number of units, sums and products, each little-endian.
fn to_bytes(gram: &Gram) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16 + 8 * (gram.row_sums.len() + gram.products.len()));
    bytes.extend((gram.n_stimuli() as u64).to_le_bytes());
    bytes.extend((gram.n_units as u64).to_le_bytes());
    gram.row_sums.iter().chain(&gram.products).for_each(|value| bytes.extend(value.to_le_bytes()));
    bytes
}

/// What [`to_bytes`] wrote; `None` where it is something else, which is then made again.
fn from_bytes(bytes: &[u8]) -> Option<Gram> {
    let (words, []) = bytes.as_chunks::<8>() else { return None };
    let (head, values) = words.split_at_checked(2)?;
    let n_stimuli = usize::try_from(u64::from_le_bytes(head[0])).ok()?;
    let n_units = usize::try_from(u64::from_le_bytes(head[1])).ok()?;
    let values: Vec<f64> = values.par_iter().map(|word| f64::from_le_bytes(*word)).collect();
    let (row_sums, products) = values.split_at_checked(n_stimuli)?;
    let products = Array2::from_shape_vec((n_stimuli, n_stimuli), products.to_vec()).ok()?;
    Some(Gram { products, row_sums: Array1::from(row_sums.to_vec()), n_units })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_gram_matrix_is_written_and_read_back_to_the_bit() {
        let gram = Gram::of(array![[1.0, 2.5], [-3.0, 0.1], [1e-300, 7.0]].view()).expect("finite");
        assert_eq!(from_bytes(&to_bytes(&gram)), Some(gram.clone()));
        let bytes = to_bytes(&gram);
        assert_eq!(from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(from_bytes(&bytes[..bytes.len() - 8]), None);
        assert_eq!(from_bytes(&[]), None);
    }
}
