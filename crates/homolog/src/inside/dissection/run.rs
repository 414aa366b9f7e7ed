//! The images through the network, twice where their responses do not fit in memory: once for thresholds, once for overlaps.

use ndarray::Axis;
use rayon::prelude::*;

use super::error::DissectionError;
use super::result::{Dissection, UnitExample};
use super::tally::{Categories, ConceptPixels, Labels, Tally};
use super::threshold::TopValues;
use super::upsample::{Upsampler, Upsampling};
use crate::network::channels::ChannelLayout;
use crate::network::checked::{Network, Stage};
use crate::network::engine::Engine;
use crate::progress::{Cancel, Progress};
use crate::recording::record::{Placement, RecordError, RecordPlan, Resources, RowSink, Rows, Stream};
use crate::stimuli::labelled::LabelledSet;
use crate::stimuli::{Limits, Preprocessing, StimulusSet};

/// How units are compared with concepts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criteria {
    /// The share of all positions of all images at which a unit is above its threshold: 0.005 in the paper.
    pub share: f64,
    /// How maps get the size of masks.
    pub upsampling: Upsampling,
    /// How many images with the largest responses are kept for each unit.
    pub n_examples: usize,
}

impl Default for Criteria {
    fn default() -> Self {
        Self { share: 0.005, upsampling: Upsampling::default(), n_examples: 4 }
    }
}

/// Labelled images and what runs a network on them.
#[derive(Clone, Copy)]
pub struct Dissector<'a> {
    /// The images with their masks.
    pub labelled: &'a LabelledSet,
    /// How images are prepared; masks are resized and cropped with them.
    pub preprocessing: &'a Preprocessing,
    /// What runs the network.
    pub engine: &'a dyn Engine,
    /// Memory and threads.
    pub resources: Resources,
}

impl Dissector<'_> {
    /// Overlaps of all units of `stages` with all concepts. Counts are whole numbers, so the result is the same for any number
    /// of threads.
    ///
    /// Memory: for each unit, 8 bytes for each of the `criteria.share` largest of its responses, and the tables of overlaps;
    /// besides, what a recording takes. Responses are kept between the two passes where they fit, else the network runs twice.
    ///
    /// # Errors
    /// [`DissectionError`]: a share outside (0, 1), a budget that is too small, masks or images that cannot be read, a response
    /// that is not finite.
    pub fn dissect(
        &self,
        network: &Network,
        stages: &[Stage],
        criteria: &Criteria,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Vec<Dissection>, DissectionError> {
        if !(criteria.share > 0.0 && criteria.share < 1.0) {
            let needed = "above 0 and below 1, such as 0.005";
            return Err(DissectionError::Setting { what: "share of positions", found: criteria.share, needed });
        }
        let image = image_size(network)?;
        let categories = Categories::of(self.labelled.concepts());
        let (plan, keeps) = self.plan(network, stages, criteria, &categories)?;
        let pass = Pass { set: self.labelled.set(), network, stages, batch_size: plan.batch_size };
        let mut thresholds = Thresholds {
            set: self.labelled.set(),
            stages: stages
                .iter()
                .map(|stage| StageTops::new(stage, self.labelled.set().len(), criteria.share))
                .collect(),
            kept: keeps.then(Vec::new),
            failed: None,
        };
        pass.run(self, &mut thresholds, progress, cancel)
            .map_err(|problem| thresholds.failed.take().unwrap_or(problem))?;
        let kept = thresholds.kept.take();
        let mut tallies = Tallies {
            dissector: self,
            image,
            concepts: ConceptPixels(vec![0; self.labelled.concepts().len()]),
            stages: Vec::new(),
            categories,
            failed: None,
        };
        for (stage, tops) in stages.iter().zip(&thresholds.stages) {
            let values = tops.thresholds().ok_or_else(|| DissectionError::Short { stage: stage.name.clone() })?;
            let upsampler = Upsampler::new(criteria.upsampling, stage, image, image);
            let n_pixels = image[0] * image[1];
            let tally = Tally::new(tops.layout, n_pixels, values, &tallies.categories, criteria.n_examples);
            tallies.stages.push((tally, upsampler));
        }
        drop(thresholds);
        let told = match kept {
            Some(kept) => tallies.take_kept(kept, progress, cancel).map_err(DissectionError::from),
            None => pass.run(self, &mut tallies, progress, cancel),
        };
        told.map_err(|problem| tallies.failed.take().unwrap_or(problem))?;
        Ok(tallies.finish(stages))
    }

    /// How the images are run, and whether all responses are kept meanwhile.
    fn plan(
        &self,
        network: &Network,
        stages: &[Stage],
        criteria: &Criteria,
        categories: &Categories,
    ) -> Result<(RecordPlan, bool), DissectionError> {
        let n_images = self.labelled.set().len();
        let layouts: Vec<ChannelLayout> = stages.iter().map(Stage::channel_layout).collect();
        let table = 8 * (categories.names.len() + categories.of_concept.len()) as u64;
        let own: u64 = layouts
            .iter()
            .map(|layout| {
                let tops = TopValues::bytes(n_images * layout.n_positions(), criteria.share);
                // Tables exist as they are counted and as they are returned.
                layout.n_channels as u64 * (tops + 2 * table + 16 * criteria.n_examples as u64)
            })
            .sum();
        let budget = self.resources.memory_bytes;
        let n_units = layouts.iter().map(|layout| layout.n_channels).sum();
        let needed = own + self.labelled.resident_bytes();
        if needed > budget / 2 {
            return Err(DissectionError::TooLarge { budget, needed: 2 * needed, n_units, n_images });
        }
        let left = Resources { memory_bytes: budget - needed, ..self.resources };
        let plan = RecordPlan::new(network, stages, n_images, left)?;
        let keeps = plan.stages.iter().all(|stage| stage.placement == Placement::Resident);
        Ok((plan, keeps))
    }

    /// The labels of an image as the network is shown it.
    fn labels(&self, image: usize, needed: [usize; 2], categories: &Categories) -> Result<Labels, DissectionError> {
        let masks = self.labelled.prepared_masks(image, self.preprocessing)?;
        let found = [masks.height, masks.width];
        if !masks.masks.is_empty() && found != needed {
            let id = self.labelled.set().ids().nth(image).unwrap_or_default().to_owned();
            return Err(DissectionError::MaskSize { id, found, needed });
        }
        Ok(Labels::of(&masks, categories))
    }
}

/// Images through the network, once.
pub(super) struct Pass<'a> {
    pub(super) set: &'a StimulusSet,
    pub(super) network: &'a Network,
    pub(super) stages: &'a [Stage],
    pub(super) batch_size: usize,
}

impl Pass<'_> {
    pub(super) fn run(
        &self,
        dissector: &Dissector<'_>,
        sink: &mut dyn RowSink,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<(), DissectionError> {
        let values: Vec<String> = self.stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = dissector.engine.open(self.network, &values)?;
        let stream = Stream {
            set: self.set,
            preprocessing: dissector.preprocessing,
            limits: Limits::default(),
            batch_size: self.batch_size,
            n_decoders: dissector.resources.n_threads,
        };
        Ok(stream.run(session.as_mut(), sink, progress, cancel)?)
    }
}

/// Height and width of the network's input.
pub(super) fn image_size(network: &Network) -> Result<[usize; 2], DissectionError> {
    let shape = network.stimulus_shape();
    match shape[..] {
        [_, height, width] => Ok([height, width]),
        _ => Err(DissectionError::NotImages { network: network.graph().name.clone(), shape }),
    }
}

/// The largest responses of one stage's units.
struct StageTops {
    name: String,
    layout: ChannelLayout,
    units: Vec<TopValues>,
}

impl StageTops {
    fn new(stage: &Stage, n_images: usize, share: f64) -> Self {
        let layout = stage.channel_layout();
        let unit = TopValues::new(n_images * layout.n_positions(), share);
        Self { name: stage.name.clone(), layout, units: vec![unit; layout.n_channels] }
    }

    fn thresholds(&self) -> Option<Vec<f64>> {
        self.units.iter().map(TopValues::quantile).collect()
    }
}

/// The first pass: thresholds.
struct Thresholds<'a> {
    set: &'a StimulusSet,
    stages: Vec<StageTops>,
    /// All responses, where they are kept.
    kept: Option<Vec<Rows>>,
    /// What a [`RecordError`] cannot say.
    failed: Option<DissectionError>,
}

impl RowSink for Thresholds<'_> {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for (stage, block) in self.stages.iter_mut().zip(&rows.stages) {
            let layout = stage.layout;
            let not_finite = stage.units.par_iter_mut().enumerate().find_map_first(|(unit, tops)| {
                for (image, row) in block.outer_iter().enumerate() {
                    for position in 0..layout.n_positions() {
                        let value = row.get(layout.unit(unit, position)).copied().unwrap_or(f32::NAN);
                        if !value.is_finite() {
                            return Some((image, unit, value));
                        }
                        tops.push(value);
                    }
                }
                None
            });
            if let Some((image, unit, found)) = not_finite {
                let id = self.set.ids().nth(rows.first + image).unwrap_or_default().to_owned();
                self.failed = Some(DissectionError::NotFinite { stage: stage.name.clone(), unit, id, found });
                // Only stops the stream: `failed` is what is told.
                return Err(RecordError::Cancelled);
            }
        }
        if let Some(kept) = &mut self.kept {
            kept.push(rows);
        }
        Ok(())
    }
}

/// The second pass: overlaps.
struct Tallies<'a> {
    dissector: &'a Dissector<'a>,
    image: [usize; 2],
    categories: Categories,
    concepts: ConceptPixels,
    stages: Vec<(Tally, Upsampler)>,
    /// What a [`RecordError`] cannot say.
    failed: Option<DissectionError>,
}

impl RowSink for Tallies<'_> {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        let n_images = rows.stages.first().map_or(0, |block| block.len_of(Axis(0)));
        let of_image = |image: usize| self.dissector.labels(rows.first + image, self.image, &self.categories);
        let labels: Result<Vec<Labels>, DissectionError> = (0..n_images).into_par_iter().map(of_image).collect();
        let labels = match labels {
            Ok(labels) => labels,
            Err(problem) => {
                self.failed = Some(problem);
                // Only stops the stream: `failed` is what is told.
                return Err(RecordError::Cancelled);
            }
        };
        labels.iter().for_each(|labels| self.concepts.take(labels));
        for ((tally, upsampler), block) in self.stages.iter_mut().zip(&rows.stages) {
            tally.take(rows.first, block.view(), &labels, upsampler);
        }
        Ok(())
    }
}

impl Tallies<'_> {
    /// Responses that were kept from the first pass.
    fn take_kept(&mut self, kept: Vec<Rows>, progress: &dyn Progress, cancel: &Cancel) -> Result<(), RecordError> {
        progress.begin("comparing with the masks", self.dissector.labelled.set().len() as u64);
        let mut outcome = Ok(());
        for rows in kept {
            if cancel.is_cancelled() {
                outcome = Err(RecordError::Cancelled);
                break;
            }
            let n_images = rows.stages.first().map_or(0, |block| block.len_of(Axis(0)));
            outcome = self.keep(rows);
            if outcome.is_err() {
                break;
            }
            progress.advance(n_images as u64);
        }
        progress.end();
        outcome
    }

    fn finish(self, stages: &[Stage]) -> Vec<Dissection> {
        let labelled = self.dissector.labelled;
        let n_pixels = (labelled.set().len() * self.image[0] * self.image[1]) as u64;
        let dissection = |(stage, (tally, upsampler)): (&Stage, &(Tally, Upsampler))| Dissection {
            stage: stage.clone(),
            upsampling: upsampler.upsampling,
            thresholds: tally.thresholds.clone(),
            concepts: labelled.concepts().to_vec(),
            concept_pixels: self.concepts.0.clone(),
            n_pixels,
            examples: tally.examples().map(examples).collect(),
            categories: self.categories.clone(),
            above: tally.above(),
            both: tally.both(),
        };
        stages.iter().zip(&self.stages).map(dissection).collect()
    }
}

fn examples(largest: &[(f32, usize)]) -> Vec<UnitExample> {
    largest.iter().map(|(response, image)| UnitExample { image: *image, response: *response }).collect()
}
