//! One activation vector of each image of a folder.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView1, Axis};

use super::AtlasError;
use crate::inside::examples::Folder;
use crate::network::checked::{Network, Stage};
use crate::progress::{Cancel, Progress};
use crate::recording::record::{RecordError, RecordPlan, Resources, RowSink, Rows, Stream};
use crate::stimuli::Limits;
use crate::stimuli::generate::Random;

/// Which activation vector stands for an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sampling {
    /// That of one random position, those at the edge left out where there are others.
    #[default]
    RandomPosition,
    /// The mean over all positions.
    Mean,
}

impl Sampling {
    /// Its name in arguments and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomPosition => "random-position",
            Self::Mean => "mean",
        }
    }
}

/// One activation vector of each image.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The stage.
    pub stage: Stage,
    /// (n_images, n_channels).
    pub vectors: Array2<f32>,
    /// Row and column of each vector; `None` for means and for stages without positions.
    pub positions: Vec<Option<[usize; 2]>>,
    /// The classifier's outputs before the softmax, (n_images, n_classes); `None` where the network is no classifier.
    pub logits: Option<Array2<f32>>,
    /// What each image's vector adds to a class, by class: [`Sampled::attribute`].
    pub attributions: BTreeMap<usize, Vec<f64>>,
}

impl Sampled {
    /// Runs all images and keeps one vector of each.
    ///
    /// The position in image number i follows from the seed and i alone.
    ///
    /// # Errors
    /// An unknown stage, one without channels, a budget that is too small, and what stops a recording.
    pub fn record(
        network: &Network,
        stage: &str,
        images: &Folder<'_>,
        (sampling, seed): (Sampling, u64),
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, AtlasError> {
        let stage = network.stage(stage)?.clone();
        let n_channels = Channels::of(&stage)?.n_channels;
        let logits = logits(network);
        let n_images = images.set.len();
        let n_classes = logits.as_ref().map_or(0, Stage::n_units);
        let needed = 4 * (n_images * (n_channels + n_classes)) as u64;
        let budget = images.resources.memory_bytes;
        if needed > budget / 2 {
            return Err(AtlasError::TooLarge { budget, needed: 2 * needed, n_images });
        }
        let stages: Vec<Stage> = std::iter::once(stage.clone()).chain(logits).collect();
        let left = Resources { memory_bytes: budget - needed, ..images.resources };
        let plan = RecordPlan::new(network, &stages, n_images, left)?;
        let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = images.engine.open(network, &values).map_err(crate::inside::InsideError::from)?;
        let mut sampler = Sampler {
            channels: Channels::of(&stage)?,
            sampling,
            seed,
            vectors: Array2::zeros((n_images, n_channels)),
            positions: vec![None; n_images],
            logits: Array2::zeros((n_images, n_classes)),
        };
        let stream = Stream {
            set: images.set,
            preprocessing: images.preprocessing,
            limits: Limits::default(),
            batch_size: plan.batch_size,
            n_decoders: images.resources.n_threads,
        };
        stream.run(session.as_mut(), &mut sampler, progress, cancel)?;
        let Sampler { vectors, positions, logits, .. } = sampler;
        let logits = (n_classes > 0).then_some(logits);
        Ok(Self { stage, vectors, positions, logits, attributions: BTreeMap::new() })
    }
}

/// The value before a final softmax, or the output, where it is one number for each of several classes.
pub(super) fn logits(network: &Network) -> Option<Stage> {
    let graph = network.graph();
    let output = graph.outputs.first()?;
    let writer = graph.nodes.iter().find(|node| node.outputs.contains(output));
    let before = writer.filter(|node| node.op.kind() == "Softmax").and_then(|node| node.inputs.first()?.as_ref());
    let stage = network.stage(before.unwrap_or(output)).ok()?;
    (stage.shape.len() == 1 && stage.n_units() > 1).then(|| stage.clone())
}

/// How a stage's units are channels at positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Channels {
    pub(super) n_channels: usize,
    height: usize,
    pub(super) width: usize,
    is_last: bool,
}

impl Channels {
    pub(super) fn of(stage: &Stage) -> Result<Self, AtlasError> {
        match stage.shape.as_slice() {
            [n_channels, height, width] => {
                Ok(Self { n_channels: *n_channels, height: *height, width: *width, is_last: false })
            }
            [n_tokens, n_channels] => Ok(Self { n_channels: *n_channels, height: 1, width: *n_tokens, is_last: true }),
            [n_channels] => Ok(Self { n_channels: *n_channels, height: 1, width: 1, is_last: false }),
            shape => Err(AtlasError::Layout { stage: stage.name.clone(), shape: shape.to_vec() }),
        }
    }

    pub(super) fn n_places(&self) -> usize {
        self.height * self.width
    }

    /// The place of a unit in the stage's row.
    pub(super) fn unit(&self, channel: usize, place: usize) -> usize {
        if self.is_last { place * self.n_channels + channel } else { channel * self.n_places() + place }
    }

    /// The channel of a unit of the stage's row.
    pub(super) fn channel(&self, unit: usize) -> usize {
        if self.is_last { unit % self.n_channels.max(1) } else { unit / self.n_places().max(1) }
    }
}

struct Sampler {
    channels: Channels,
    sampling: Sampling,
    seed: u64,
    vectors: Array2<f32>,
    positions: Vec<Option<[usize; 2]>>,
    logits: Array2<f32>,
}

impl Sampler {
    fn position(&self, image: usize) -> Option<[usize; 2]> {
        if self.sampling == Sampling::Mean || self.channels.n_places() == 1 {
            return None;
        }
        let mut random = Random::stream(self.seed, image as u64);
        let mut inner = |size: usize| if size > 2 { 1 + random.index(size - 2) } else { random.index(size) };
        Some([inner(self.channels.height), inner(self.channels.width)])
    }

    fn take(&mut self, image: usize, row: ArrayView1<'_, f32>) {
        let position = self.position(image);
        let channels = self.channels;
        let at = |unit: usize| row.get(unit).copied().unwrap_or(f32::NAN);
        let n_places = channels.n_places();
        let vector = |channel: usize| match position {
            Some([y, x]) => at(channels.unit(channel, y * channels.width + x)),
            #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
            None => {
                let sum: f64 = (0..n_places).map(|place| f64::from(at(channels.unit(channel, place)))).sum();
                (sum / n_places as f64) as f32
            }
        };
        let found: Vec<f32> = (0..channels.n_channels).map(vector).collect();
        if let (Some(kept), Some(place)) =
            (self.vectors.rows_mut().into_iter().nth(image), self.positions.get_mut(image))
        {
            kept.into_iter().zip(found).for_each(|(kept, found)| *kept = found);
            *place = position;
        }
    }
}

impl RowSink for Sampler {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        if let Some(block) = rows.stages.first() {
            for (place, row) in block.axis_iter(Axis(0)).enumerate() {
                self.take(rows.first + place, row);
            }
        }
        if let Some(block) = rows.stages.get(1) {
            let kept = self.logits.rows_mut().into_iter().skip(rows.first);
            kept.zip(block.axis_iter(Axis(0))).for_each(|(mut kept, row)| kept.assign(&row));
        }
        Ok(())
    }
}
