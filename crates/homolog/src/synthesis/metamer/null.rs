//! The null distribution: how alike the responses to pairs of different images are.

use homolog_stats::comparator::mean_ranks;
use homolog_stats::gram::{Gram, GramAccumulator};
use ndarray::{Array2, ArrayView2, Axis, concatenate};
use rayon::prelude::*;

use super::Likeness;
use crate::inside::InsideError;
use crate::network::checked::{Network, Stage};
use crate::network::engine::Engine;
use crate::progress::{Cancel, Progress};
use crate::recording::record::{RecordPlan, Resources};
use crate::stimuli::{Limits, Preprocessing, StimulusSet, batches};
use crate::synthesis::SynthesisError;

/// Images whose pairs are all compared: 1,128 pairs, enough for the 99.9th percentile. Images of different groups are not paired,
/// so that a stage's responses to no more than one group are ever in memory.
pub const GROUP: usize = 48;

/// The likeness of a stage's responses to pairs of random images, each measure in rising order.
#[derive(Clone, Debug, PartialEq)]
pub struct Null {
    /// The stage's name.
    pub stage: String,
    /// Images that were paired.
    pub n_images: usize,
    /// Pearson's correlations of all pairs.
    pub pearson: Vec<f64>,
    /// Spearman's correlations of all pairs.
    pub spearman: Vec<f64>,
}

/// A likeness beside its null distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// The likeness.
    pub likeness: Likeness,
    /// Share of pairs that are less alike by Pearson's correlation, in percent.
    pub pearson_percentile: f64,
    /// Share of pairs that are less alike by Spearman's correlation, in percent.
    pub spearman_percentile: f64,
    /// (1 + pairs at least as alike by Spearman's correlation) / (1 + pairs): the p-value of no more than chance likeness.
    pub p_value: f64,
}

/// What a null distribution is taken over.
pub struct NullPlan<'a> {
    /// The images; the first group of [`GROUP`], the second, … are each paired among themselves.
    pub set: &'a StimulusSet,
    /// How an image becomes input.
    pub preprocessing: &'a Preprocessing,
    /// What runs the network.
    pub engine: &'a dyn Engine,
    /// Memory and threads.
    pub resources: Resources,
}

impl NullPlan<'_> {
    /// The null distribution of each stage.
    ///
    /// # Errors
    /// [`SynthesisError::FewImages`], [`SynthesisError::BudgetTooSmall`], [`SynthesisError::ConstantResponse`], images that cannot
    /// be read, the engine's, or [`SynthesisError::Cancelled`].
    pub fn distributions(
        &self,
        network: &Network,
        stages: &[Stage],
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Vec<Null>, SynthesisError> {
        let n_images = self.set.len();
        if n_images < 3 {
            return Err(SynthesisError::FewImages { n_images, needed: 3 });
        }
        let together = self.stages_together(stages)?;
        progress.begin("pairing images", (n_images * stages.len().div_ceil(together)) as u64);
        let mut nulls = Vec::new();
        for stages in stages.chunks(together) {
            nulls.extend(self.distributions_of(network, stages, progress, cancel)?);
        }
        progress.end();
        Ok(nulls)
    }

    /// How many stages' responses to a group fit at once, their ranks beside one of them.
    fn stages_together(&self, stages: &[Stage]) -> Result<usize, SynthesisError> {
        let group = self.set.len().min(GROUP) as u64;
        let largest = stages.iter().map(|stage| 4 * group * stage.n_units() as u64).max().unwrap_or(0);
        let all: u64 = stages.iter().map(|stage| 4 * group * stage.n_units() as u64).sum();
        let budget = self.resources.memory_bytes;
        // Sorting takes some 40 bytes a unit and thread.
        let ranking = 40 * largest / (4 * group).max(1) * self.resources.n_threads as u64 + (128 << 20);
        let needed = |rows: u64| rows + largest + ranking;
        if needed(all) <= budget {
            return Ok(stages.len().max(1));
        }
        if needed(largest) <= budget {
            return Ok(1);
        }
        Err(SynthesisError::BudgetTooSmall { what: "pair images", budget, needed: needed(largest) })
    }

    fn distributions_of(
        &self,
        network: &Network,
        stages: &[Stage],
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Vec<Null>, SynthesisError> {
        let name = |stage: &Stage| stage.name.clone();
        let mut nulls: Vec<Null> = stages
            .iter()
            .map(|stage| Null { stage: name(stage), n_images: 0, pearson: Vec::new(), spearman: Vec::new() })
            .collect();
        self.for_each_group(network, stages, (progress, cancel), |ids, responses| {
            for ((null, responses), stage) in nulls.iter_mut().zip(responses).zip(stages) {
                null.add(stage, ids, responses)?;
            }
            Ok(())
        })?;
        for null in &mut nulls {
            null.pearson.sort_by(f64::total_cmp);
            null.spearman.sort_by(f64::total_cmp);
        }
        Ok(nulls)
    }

    /// One group of images after the other: their ids, and each stage's responses to them (n_images, n_units).
    pub(super) fn for_each_group(
        &self,
        network: &Network,
        stages: &[Stage],
        (progress, cancel): (&dyn Progress, &Cancel),
        mut take: impl FnMut(&[&str], Vec<Array2<f32>>) -> Result<(), SynthesisError>,
    ) -> Result<(), SynthesisError> {
        let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = self.engine.open(network, &values)?;
        let plan = RecordPlan::new(network, stages, self.set.len(), self.resources).map_err(InsideError::from)?;
        for first in (0..self.set.len()).step_by(GROUP) {
            let group = self.set.slice(first..(first + GROUP).min(self.set.len()));
            let mut rows: Vec<Vec<Array2<f32>>> = vec![Vec::new(); stages.len()];
            let n_decoders = self.resources.n_threads;
            for batch in batches(&group, self.preprocessing, Limits::default(), plan.batch_size.min(GROUP), n_decoders)
            {
                if cancel.is_cancelled() {
                    return Err(SynthesisError::Cancelled);
                }
                let batch = batch?;
                for (rows, block) in rows.iter_mut().zip(session.run(batch.images.view())?) {
                    rows.push(block);
                }
                progress.advance(batch.ids.len() as u64);
            }
            let ids: Vec<&str> = group.ids().collect();
            take(&ids, rows.into_iter().map(stacked).collect())?;
        }
        Ok(())
    }
}

impl Null {
    /// Adds all pairs of a group: `responses` (n_images, n_units).
    fn add(&mut self, stage: &Stage, ids: &[&str], mut responses: Array2<f32>) -> Result<(), SynthesisError> {
        self.n_images += responses.nrows();
        let constant = |image: usize| SynthesisError::ConstantResponse {
            stage: stage.name.clone(),
            image: ids.get(image).copied().unwrap_or_default().to_owned(),
            n_units: stage.n_units(),
        };
        self.pearson.extend(correlations(responses.view()).map_err(constant)?);
        responses.axis_iter_mut(Axis(0)).into_par_iter().for_each(|mut row| {
            let wide: Vec<f64> = row.iter().copied().map(f64::from).collect();
            // Less the mean rank, half ranks of fewer than 2^23 units are exact in 32 bits.
            let middle = (wide.len() as f64 + 1.0) / 2.0;
            for (place, rank) in row.iter_mut().zip(mean_ranks(&wide)) {
                *place = crate::inside::image::narrow(rank - middle);
            }
        });
        self.spearman.extend(correlations(responses.view()).map_err(constant)?);
        Ok(())
    }

    /// Where a likeness lies among the pairs.
    pub fn judge(&self, likeness: Likeness) -> Judged {
        let below = |sorted: &[f64], value: f64| sorted.partition_point(|one| *one < value);
        let percentile = |sorted: &[f64], value: f64| 100.0 * below(sorted, value) as f64 / sorted.len().max(1) as f64;
        let n_above = self.spearman.len() - below(&self.spearman, likeness.spearman);
        Judged {
            likeness,
            pearson_percentile: percentile(&self.pearson, likeness.pearson),
            spearman_percentile: percentile(&self.spearman, likeness.spearman),
            p_value: (1 + n_above) as f64 / (1 + self.spearman.len()) as f64,
        }
    }

    /// The value of a sorted measure below which this percentage of pairs lie (the nearest rank).
    pub fn quantile(sorted: &[f64], percent: f64) -> Option<f64> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the number of pairs")]
        let place = (percent / 100.0 * sorted.len() as f64).ceil().max(1.0) as usize;
        sorted.get(place.min(sorted.len()).checked_sub(1)?).copied()
    }
}

/// Blocks of rows in one.
fn stacked(blocks: Vec<Array2<f32>>) -> Array2<f32> {
    let views: Vec<ArrayView2<'_, f32>> = blocks.iter().map(|block| block.view()).collect();
    concatenate(Axis(0), &views).unwrap_or_else(|_| Array2::zeros((0, 0)))
}

/// Pearson's correlation of each pair of rows; the first constant row as error.
fn correlations(rows: ArrayView2<'_, f32>) -> Result<Vec<f64>, usize> {
    let mut sum = GramAccumulator::new(rows.nrows());
    let added = sum.add_columns(rows);
    let Gram { products, row_sums, n_units } = added.and_then(|()| sum.finish()).map_err(|_| 0_usize)?;
    let n = n_units as f64;
    let covariance = |i: usize, j: usize| products[[i, j]] - row_sums[i] * row_sums[j] / n;
    let spreads: Vec<f64> = (0..rows.nrows()).map(|row| covariance(row, row)).collect();
    let is_constant = |row: &usize| spreads[*row] <= 1e-12 * products[[*row, *row]];
    if let Some(row) = (0..spreads.len()).find(is_constant) {
        return Err(row);
    }
    let pairs = (0..spreads.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    Ok(pairs.map(|(i, j)| (covariance(i, j) / (spreads[i] * spreads[j]).sqrt()).clamp(-1.0, 1.0)).collect())
}
