//! The images that drive a unit, dark where the unit is below its threshold.

use std::collections::{BTreeMap, BTreeSet};

use super::bits::Bits;
use super::error::DissectionError;
use super::result::{Dissection, UnitExample};
use super::run::{Dissector, Pass, image_size};
use super::upsample::Upsampler;
use crate::network::channels::ChannelLayout;
use crate::network::checked::Network;
use crate::progress::{Cancel, Silent};
use crate::recording::record::{RecordError, RecordPlan, RowSink, Rows};
use crate::stimuli::{Image, ImageError, Limits, SourceReader};

/// What is left of the light where a unit is below its threshold.
const DIMMED: f64 = 0.22;

/// An image that drives a unit, as it is shown.
#[derive(Clone, Debug)]
pub struct ShownExample {
    /// Which image, and the response.
    pub example: UnitExample,
    /// The prepared image, dark where the unit is below its threshold.
    pub picture: Image,
}

impl Dissector<'_> {
    /// The examples of some units of a dissected stage, each unit's from the highest response down.
    ///
    /// # Errors
    /// What stops a recording; an image that cannot be read.
    pub fn examples(
        &self,
        network: &Network,
        dissection: &Dissection,
        units: &[usize],
        cancel: &Cancel,
    ) -> Result<Vec<Vec<ShownExample>>, DissectionError> {
        let of_unit = |unit: &usize| dissection.examples.get(*unit).map_or(&[][..], Vec::as_slice);
        let images: BTreeSet<usize> = units.iter().flat_map(of_unit).map(|example| example.image).collect();
        let images: Vec<usize> = images.into_iter().collect();
        let ids: Vec<&str> = self.labelled.set().ids().collect();
        let set = self.labelled.set().select(images.iter().filter_map(|image| ids.get(*image).copied()))?;
        let mut wanted: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (unit, example) in units.iter().flat_map(|unit| of_unit(unit).iter().map(move |example| (unit, example))) {
            wanted.entry(example.image).or_default().push(*unit);
        }
        let stage = &dissection.stage;
        let mut maps = Maps { images: &images, wanted: &wanted, layout: stage.channel_layout(), kept: BTreeMap::new() };
        let stages = std::slice::from_ref(stage);
        let plan = RecordPlan::new(network, stages, set.len(), self.resources)?;
        let pass = Pass { set: &set, network, stages, batch_size: plan.batch_size };
        pass.run(self, &mut maps, &Silent, cancel)?;
        let size = image_size(network)?;
        let upsampler = Upsampler::new(dissection.upsampling, stage, size, size);
        let mut reader = SourceReader::new(Limits::default());
        let mut shown = Vec::with_capacity(units.len());
        for unit in units {
            let threshold = dissection.thresholds.get(*unit).copied().unwrap_or(f64::INFINITY);
            let mut pictures = Vec::new();
            for example in of_unit(unit) {
                let Some(stimulus) = self.labelled.set().stimuli().get(example.image) else { continue };
                let Some(map) = maps.kept.get(&(example.image, *unit)) else { continue };
                let image = reader.image(stimulus, self.preprocessing.background)?;
                let sized = self.preprocessing.sized(&image, self.labelled.set().width_deg())?;
                let mut above = Bits::none(size[0] * size[1]);
                upsampler.above(map, threshold, &mut above);
                pictures.push(ShownExample { example: *example, picture: dimmed(&sized, &above)? });
            }
            shown.push(pictures);
        }
        Ok(shown)
    }
}

/// The maps of wanted units of wanted images.
struct Maps<'a> {
    /// The images that are run, by their positions in the whole set.
    images: &'a [usize],
    wanted: &'a BTreeMap<usize, Vec<usize>>,
    layout: ChannelLayout,
    /// By image and unit.
    kept: BTreeMap<(usize, usize), Vec<f32>>,
}

impl RowSink for Maps<'_> {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, rows: Rows) -> Result<(), RecordError> {
        for (place, row) in rows.stages.iter().flat_map(|block| block.outer_iter()).enumerate() {
            let Some(image) = self.images.get(rows.first + place) else { continue };
            for unit in self.wanted.get(image).into_iter().flatten() {
                let at = |position| row.get(self.layout.unit(*unit, position)).copied().unwrap_or(f32::NAN);
                self.kept.insert((*image, *unit), (0..self.layout.n_positions()).map(at).collect());
            }
        }
        Ok(())
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a byte")]
fn dimmed(image: &Image, above: &Bits) -> Result<Image, ImageError> {
    let shade = |(place, value): (usize, &u8)| {
        if above.has(place / 3) { *value } else { (f64::from(*value) * DIMMED).round() as u8 }
    };
    Image::new(image.width(), image.height(), image.rgb().iter().enumerate().map(shade).collect())
}
