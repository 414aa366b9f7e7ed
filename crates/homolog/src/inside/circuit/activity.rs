//! How often each channel of each rectifier is active on images.

use std::collections::BTreeMap;

use ndarray::Axis;

use super::linear::RECTIFIERS;
use super::{CircuitError, Slopes};
use crate::inside::InsideError;
use crate::inside::examples::Folder;
use crate::network::checked::{Network, Stage};
use crate::progress::{Cancel, Progress};
use crate::recording::record::{RecordError, RecordPlan, RowSink, Rows, Stream};
use crate::stimuli::Limits;

/// The share of images and positions at which each channel of every rectifier that leads to `stage` responds above 0, as
/// [`Slopes::ShareActive`].
///
/// # Errors
/// An unknown stage, and what stops a recording.
pub fn share_active(
    network: &Network,
    stage: &str,
    images: &Folder<'_>,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Slopes, CircuitError> {
    let stages = rectifiers_before(network, stage)?;
    if stages.is_empty() {
        return Ok(Slopes::ShareActive(BTreeMap::new()));
    }
    let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
    let stopped = |problem: RecordError| CircuitError::Inside(InsideError::Record(problem));
    let plan = RecordPlan::new(network, &stages, images.set.len(), images.resources).map_err(stopped)?;
    let mut session = images.engine.open(network, &values)?;
    let counted = stages.iter().map(|stage| vec![0_u64; stage.channel_layout().n_channels]).collect();
    let mut active = Active { stages, counted };
    let stream = Stream {
        set: images.set,
        preprocessing: images.preprocessing,
        limits: Limits::default(),
        batch_size: plan.batch_size,
        n_decoders: images.resources.n_threads,
    };
    stream.run(session.as_mut(), &mut active, progress, cancel).map_err(stopped)?;
    Ok(Slopes::ShareActive(active.shares(images.set.len())))
}

/// The outputs of rectifiers on the way to a stage.
fn rectifiers_before(network: &Network, stage: &str) -> Result<Vec<Stage>, CircuitError> {
    let value = network.stage(stage)?.value.clone();
    let graph = network.graph();
    let needed = network.single_plan().needed_nodes(graph, &[value]);
    let outputs = needed
        .into_iter()
        .filter_map(|index| graph.nodes.get(index))
        .filter(|node| RECTIFIERS.contains(&node.op.kind()))
        .filter_map(|node| node.outputs.first());
    let stages: Result<Vec<Stage>, _> = outputs.map(|value| network.stage(value).cloned()).collect();
    Ok(stages?)
}

/// Counts responses above 0.
struct Active {
    stages: Vec<Stage>,
    /// For each stage, of each channel.
    counted: Vec<Vec<u64>>,
}

impl Active {
    fn shares(self, n_images: usize) -> BTreeMap<String, Vec<f32>> {
        let shares = |(stage, counted): (Stage, Vec<u64>)| {
            let n_positions = stage.n_units() / counted.len().max(1);
            let n = (n_images * n_positions).max(1) as f64;
            #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
            let share = |count: u64| (count as f64 / n) as f32;
            (stage.value, counted.into_iter().map(share).collect())
        };
        self.stages.into_iter().zip(self.counted).map(shares).collect()
    }
}

impl RowSink for Active {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for ((counted, block), stage) in self.counted.iter_mut().zip(&rows.stages).zip(&self.stages) {
            let layout = stage.channel_layout();
            for row in block.axis_iter(Axis(0)) {
                for (unit, response) in row.iter().enumerate() {
                    if let (true, Some(count)) = (*response > 0.0, counted.get_mut(layout.channel(unit))) {
                        *count += 1;
                    }
                }
            }
        }
        Ok(())
    }
}
