//! What drives a unit in data: the images of a folder to which each channel responds most, least and in between.
//!
//! One pass over the images serves all channels of all stages. The response of a channel to an image is its largest over
//! positions; that position's receptive field is what the channel saw. For a stage without positions the response is the
//! unit's and the field the whole image.

use std::cmp::Ordering;

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::InsideError;
use crate::network::checked::{Network, Stage};
use crate::network::engine::Engine;
use crate::network::receptive_field::ReceptiveField;
use crate::progress::{Cancel, Progress};
use crate::recording::record::{RecordError, RecordPlan, Resources, RowSink, Rows, Stream};
use crate::stimuli::{Image, ImageError, Limits, Preprocessing, SourceReader, StimulusSet};

/// One image's response.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Example {
    /// Position of the image in the set.
    pub image: usize,
    /// Row and column of the stage at which the channel responds so.
    pub place: [usize; 2],
    /// The response.
    pub response: f32,
}

/// Largest and smallest response of every channel of a stage to every image, with their positions.
#[derive(Clone, Debug)]
pub struct Responses {
    /// The stage.
    pub stage: Stage,
    /// (n_images, n_channels): the largest over positions.
    largest: Array2<f32>,
    /// (n_images, n_channels): at which position, rows first.
    largest_at: Array2<u32>,
    smallest: Array2<f32>,
    smallest_at: Array2<u32>,
}

/// The examples of one channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Examples {
    /// Highest responses, highest first; one for each image.
    pub maximal: Vec<Example>,
    /// Lowest responses, lowest first, each at the position where the channel responds least.
    pub minimal: Vec<Example>,
    /// The images whose largest response is at each of the quantiles asked for.
    pub quantiles: Vec<(f64, Example)>,
}

/// What is run through what.
pub struct Folder<'a> {
    /// The images.
    pub set: &'a StimulusSet,
    /// How they are prepared.
    pub preprocessing: &'a Preprocessing,
    /// What runs the network.
    pub engine: &'a dyn Engine,
    /// Memory and threads.
    pub resources: Resources,
}

/// Bytes kept for each image and channel.
const BYTES_EACH: u64 = 16;

impl Folder<'_> {
    /// Responses of every channel of `stages` to every image, in one pass.
    ///
    /// # Errors
    /// [`InsideError::ExamplesTooLarge`] when they do not fit the budget; what stops a recording.
    pub fn responses(
        &self,
        network: &Network,
        stages: &[Stage],
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Vec<Responses>, InsideError> {
        let n_images = self.set.len();
        let n_channels: usize = stages.iter().map(|stage| stage.channel_layout().n_channels).sum();
        let needed = BYTES_EACH * n_channels as u64 * n_images as u64;
        let budget = self.resources.memory_bytes;
        if needed > budget / 2 {
            return Err(InsideError::ExamplesTooLarge { budget, needed: 2 * needed, n_channels, n_images });
        }
        let left = Resources { memory_bytes: budget - needed, ..self.resources };
        let plan = RecordPlan::new(network, stages, n_images, left)?;
        let values: Vec<String> = stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = self.engine.open(network, &values)?;
        let mut extremes = Extremes { stages: stages.iter().map(|stage| Responses::empty(stage, n_images)).collect() };
        let stream = Stream {
            set: self.set,
            preprocessing: self.preprocessing,
            limits: Limits::default(),
            batch_size: plan.batch_size,
            n_decoders: self.resources.n_threads,
        };
        stream.run(session.as_mut(), &mut extremes, progress, cancel)?;
        Ok(extremes.stages)
    }

    /// What the channel saw of an example's image: the part of the prepared image inside its receptive field.
    ///
    /// # Errors
    /// An image that cannot be read.
    pub fn crop(&self, stage: &Stage, example: &Example) -> Result<Image, InsideError> {
        let Some(stimulus) = self.set.stimuli().get(example.image) else {
            return Err(ImageError::NoPixels { width: 0, height: 0 }.into());
        };
        let mut reader = SourceReader::new(Limits::default());
        let image = reader.image(stimulus, self.preprocessing.background)?;
        let sized = self.preprocessing.sized(&image, self.set.width_deg())?;
        let Some(field) = &stage.receptive_field else { return Ok(sized) };
        Ok(part(&sized, seen(field, example.place, [sized.height(), sized.width()]))?)
    }
}

impl Responses {
    fn empty(stage: &Stage, n_images: usize) -> Self {
        let shape = (n_images, stage.channel_layout().n_channels);
        Self {
            stage: stage.clone(),
            largest: Array2::zeros(shape),
            largest_at: Array2::zeros(shape),
            smallest: Array2::zeros(shape),
            smallest_at: Array2::zeros(shape),
        }
    }

    /// Channels of the stage.
    pub fn n_channels(&self) -> usize {
        self.largest.ncols()
    }

    /// The largest response of a channel to any of the images.
    pub fn largest(&self, channel: usize) -> Option<f32> {
        let column = (channel < self.n_channels()).then(|| self.largest.column(channel))?;
        column.iter().copied().max_by(f32::total_cmp)
    }

    /// Takes one image's responses, in row-major order of the stage's shape.
    fn take(&mut self, image: usize, row: &[f32]) {
        let layout = self.stage.channel_layout();
        for channel in 0..layout.n_channels {
            let at = |place: usize| row.get(layout.unit(channel, place)).copied().unwrap_or(f32::NAN);
            let (mut high, mut low) = (0, 0);
            for place in 1..layout.n_positions() {
                if at(place) > at(high) {
                    high = place;
                }
                if at(place) < at(low) {
                    low = place;
                }
            }
            let index = [image, channel];
            (self.largest[index], self.largest_at[index]) = (at(high), u32::try_from(high).unwrap_or(u32::MAX));
            (self.smallest[index], self.smallest_at[index]) = (at(low), u32::try_from(low).unwrap_or(u32::MAX));
        }
    }

    /// The `n` highest and lowest examples of a channel and those at `quantiles` (0 to 1, of the largest responses over
    /// images, nearest rank). Of equal responses the earlier image comes first.
    ///
    /// Returns `None` for a channel that the stage does not have.
    pub fn examples(&self, channel: usize, n: usize, quantiles: &[f64]) -> Option<Examples> {
        if channel >= self.n_channels() {
            return None;
        }
        let width = self.stage.channel_layout().positions[1].max(1);
        let example = |responses: &Array2<f32>, places: &Array2<u32>, image: usize| {
            let place = usize::try_from(places[[image, channel]]).unwrap_or(0);
            Example { image, place: [place / width, place % width], response: responses[[image, channel]] }
        };
        let n_images = self.largest.nrows();
        let mut highest: Vec<Example> =
            (0..n_images).map(|image| example(&self.largest, &self.largest_at, image)).collect();
        highest.sort_by(|one, other| descending(one.response, other.response));
        let mut lowest: Vec<Example> =
            (0..n_images).map(|image| example(&self.smallest, &self.smallest_at, image)).collect();
        lowest.sort_by(|one, other| descending(other.response, one.response));
        lowest.truncate(n);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the number of images")]
        let at = |quantile: f64| ((1.0 - quantile.clamp(0.0, 1.0)) * (n_images.max(1) - 1) as f64).round() as usize;
        let quantiles = quantiles.iter().filter_map(|quantile| Some((*quantile, *highest.get(at(*quantile))?)));
        let quantiles = quantiles.collect();
        highest.truncate(n);
        Some(Examples { maximal: highest, minimal: lowest, quantiles })
    }
}

/// Higher first; what is not a number last.
fn descending(one: f32, other: f32) -> Ordering {
    one.is_nan().cmp(&other.is_nan()).then(other.partial_cmp(&one).unwrap_or(Ordering::Equal))
}

/// Takes rows as they come and keeps extremes.
struct Extremes {
    stages: Vec<Responses>,
}

impl RowSink for Extremes {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        let first = rows.first;
        self.stages.par_iter_mut().zip(&rows.stages).for_each(|(responses, block)| {
            for (place, row) in block.axis_iter(Axis(0)).enumerate() {
                match row.as_slice() {
                    Some(row) => responses.take(first + place, row),
                    None => responses.take(first + place, &row.to_vec()),
                }
            }
        });
        Ok(())
    }
}

/// The rows and columns of an image of this (height, width) that a unit sees: [top, bottom) and [left, right).
fn seen(field: &ReceptiveField, place: [usize; 2], size: [usize; 2]) -> [[usize; 2]; 2] {
    [0, 1].map(|axis| {
        let centre = field.centre_px[axis] + (place[axis] * field.stride_px[axis]) as f64;
        let reach = (field.size_px[axis] as f64 - 1.0) / 2.0;
        let last = size[axis].saturating_sub(1) as f64;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the image")]
        let clamped = |value: f64| value.clamp(0.0, last) as usize;
        [clamped((centre - reach).floor()), clamped((centre + reach).ceil()) + 1]
    })
}

/// A part of an image.
fn part(image: &Image, [[top, bottom], [left, right]]: [[usize; 2]; 2]) -> Result<Image, ImageError> {
    let mut rgb = Vec::with_capacity((bottom - top) * (right - left) * 3);
    for row in image.rows().skip(top).take(bottom - top) {
        rgb.extend_from_slice(row.get(3 * left..3 * right).unwrap_or(&[]));
    }
    Image::new(right - left, bottom - top, rgb)
}

#[cfg(test)]
mod tests;
