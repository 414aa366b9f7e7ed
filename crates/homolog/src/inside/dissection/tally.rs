//! How many pixels a unit and a concept have, apart and together.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::bits::Bits;
use super::upsample::Upsampler;
use crate::network::channels::ChannelLayout;
use crate::stimuli::labelled::{Concept, Masks};

/// The labels of one image, ready to be compared.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    /// Each concept that is seen, and where.
    concepts: Vec<(usize, Bits)>,
    /// Whether any concept of a category is seen.
    has_category: Vec<bool>,
}

impl Labels {
    pub(super) fn of(masks: &Masks, categories: &Categories) -> Self {
        let mut has_category = vec![false; categories.names.len()];
        for (concept, _) in &masks.masks {
            if let Some(has) = categories.of_concept.get(*concept).and_then(|category| has_category.get_mut(*category))
            {
                *has = true;
            }
        }
        Self { concepts: masks.masks.iter().map(|(concept, mask)| (*concept, Bits::of(mask))).collect(), has_category }
    }
}

/// The kinds of the concepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Categories {
    pub(super) names: Vec<String>,
    /// The place of each concept's category.
    pub(super) of_concept: Vec<usize>,
}

impl Categories {
    pub(super) fn of(concepts: &[Concept]) -> Self {
        let mut names: Vec<String> = Vec::new();
        let mut of_concept = Vec::with_capacity(concepts.len());
        for concept in concepts {
            let place = names.iter().position(|name| *name == concept.category).unwrap_or(names.len());
            if place == names.len() {
                names.push(concept.category.clone());
            }
            of_concept.push(place);
        }
        Self { names, of_concept }
    }
}

/// Pixels of the concepts over all images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConceptPixels(pub(super) Vec<u64>);

impl ConceptPixels {
    pub(super) fn take(&mut self, labels: &Labels) {
        for (concept, bits) in &labels.concepts {
            if let Some(pixels) = self.0.get_mut(*concept) {
                *pixels += bits.count();
            }
        }
    }
}

/// Pixels of the units of one stage over all images.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    layout: ChannelLayout,
    n_pixels: usize,
    pub(super) thresholds: Vec<f64>,
    units: Vec<UnitTally>,
    n_examples: usize,
}

/// Pixels of one unit.
#[derive(Clone, Debug)]
struct UnitTally {
    /// For each category, pixels above the threshold in the images that show any of its concepts.
    above: Vec<u64>,
    /// For each concept, pixels above the threshold that show it.
    both: Vec<u64>,
    /// Largest responses, highest first, each with its image.
    examples: Vec<(f32, usize)>,
}

impl Tally {
    pub(super) fn new(
        layout: ChannelLayout,
        n_pixels: usize,
        thresholds: Vec<f64>,
        categories: &Categories,
        n_examples: usize,
    ) -> Self {
        let unit = UnitTally {
            above: vec![0; categories.names.len()],
            both: vec![0; categories.of_concept.len()],
            examples: Vec::new(),
        };
        let units = vec![unit; layout.n_channels];
        Self { layout, n_pixels, thresholds, units, n_examples }
    }

    /// Takes the responses (image, unit) to images from `first` on, with their labels.
    pub(super) fn take(&mut self, first: usize, rows: ArrayView2<'_, f32>, labels: &[Labels], upsampler: &Upsampler) {
        let (layout, n_examples, n_pixels) = (self.layout, self.n_examples, self.n_pixels);
        self.units.par_iter_mut().zip(&self.thresholds).enumerate().for_each_init(
            || (Bits::none(n_pixels), vec![0.0; layout.n_positions()]),
            |(shown, map), (unit, (tally, threshold))| {
                for ((image, row), labels) in rows.outer_iter().enumerate().zip(labels) {
                    for (position, value) in map.iter_mut().enumerate() {
                        *value = row.get(layout.unit(unit, position)).copied().unwrap_or(f32::NEG_INFINITY);
                    }
                    let largest = map.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    tally.show(largest, first + image, n_examples);
                    if f64::from(largest) > *threshold {
                        upsampler.above(map, *threshold, shown);
                        tally.count(shown, labels);
                    }
                }
            },
        );
    }

    /// For (unit, category): pixels of the unit in the category's images.
    pub(super) fn above(&self) -> Array2<u64> {
        table(&self.units, |unit| &unit.above)
    }

    /// For (unit, concept): pixels that both have.
    pub(super) fn both(&self) -> Array2<u64> {
        table(&self.units, |unit| &unit.both)
    }

    /// For each unit its largest responses with their images.
    pub(super) fn examples(&self) -> impl Iterator<Item = &[(f32, usize)]> {
        self.units.iter().map(|unit| unit.examples.as_slice())
    }
}

fn table(units: &[UnitTally], row: impl Fn(&UnitTally) -> &Vec<u64>) -> Array2<u64> {
    let n_columns = units.first().map_or(0, |unit| row(unit).len());
    let values: Vec<u64> = units.iter().flat_map(|unit| row(unit).iter().copied()).collect();
    Array2::from_shape_vec((units.len(), n_columns), values).unwrap_or_default()
}

impl UnitTally {
    fn count(&mut self, shown: &Bits, labels: &Labels) {
        let n_shown = shown.count();
        for (above, has) in self.above.iter_mut().zip(&labels.has_category) {
            *above += if *has { n_shown } else { 0 };
        }
        for (concept, bits) in &labels.concepts {
            if let Some(both) = self.both.get_mut(*concept) {
                *both += shown.count_both(bits);
            }
        }
    }

    /// Keeps the image if its response is among the largest; of equal ones the earlier image.
    fn show(&mut self, response: f32, image: usize, n_examples: usize) {
        let place = self.examples.partition_point(|(kept, _)| *kept >= response);
        if place < n_examples {
            self.examples.insert(place, (response, image));
            self.examples.truncate(n_examples);
        }
    }
}
