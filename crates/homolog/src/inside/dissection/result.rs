//! What a dissection found.

use ndarray::Array2;

use super::tally::Categories;
use super::upsample::Upsampling;
use crate::network::checked::Stage;
use crate::stimuli::labelled::Concept;

/// The overlaps of one stage's units with all concepts.
#[derive(Clone, Debug)]
pub struct Dissection {
    /// The stage; a unit is one of its channels.
    pub stage: Stage,
    /// How its maps were upsampled.
    pub upsampling: Upsampling,
    /// For each unit, the response that it exceeds at the chosen share of positions.
    pub thresholds: Vec<f64>,
    /// The concepts.
    pub concepts: Vec<Concept>,
    /// For each concept, pixels that show it in all images.
    pub concept_pixels: Vec<u64>,
    /// Pixels of all images.
    pub n_pixels: u64,
    /// For each unit the images with its largest responses, highest first.
    pub examples: Vec<Vec<UnitExample>>,
    pub(super) categories: Categories,
    /// (unit, category): pixels of the unit in images that show any concept of the category.
    pub(super) above: Array2<u64>,
    /// (unit, concept): pixels of the unit that show the concept.
    pub(super) both: Array2<u64>,
}

/// An image that drives a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitExample {
    /// Its position in the set.
    pub image: usize,
    /// The unit's largest response to it.
    pub response: f32,
}

/// A unit and the concept that it overlaps best with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// The unit.
    pub unit: usize,
    /// The concept's place in the list.
    pub concept: usize,
    /// Their intersection over union.
    pub iou: f64,
}

impl Dissection {
    /// How many units there are.
    pub fn n_units(&self) -> usize {
        self.thresholds.len()
    }

    /// The names of the categories, in the order of the concepts.
    pub fn categories(&self) -> &[String] {
        &self.categories.names
    }

    /// Intersection over union of a unit's pixels and a concept's, over the images that show any concept of its category.
    ///
    /// Returns `None` where neither has a pixel, or for a unit or concept that is not there.
    pub fn iou(&self, unit: usize, concept: usize) -> Option<f64> {
        let category = *self.categories.of_concept.get(concept)?;
        let both = *self.both.get([unit, concept])?;
        let union = self.above.get([unit, category])? + self.concept_pixels.get(concept)? - both;
        (union > 0).then(|| both as f64 / union as f64)
    }

    /// The concept with which a unit overlaps best; of equal ones the first.
    ///
    /// Returns `None` for a unit without pixels where no concept has any either, or that is not there.
    pub fn best(&self, unit: usize) -> Option<Detector> {
        let overlaps = (0..self.concepts.len()).filter_map(|concept| Some((concept, self.iou(unit, concept)?)));
        let best = overlaps.reduce(|best, other| if other.1 > best.1 { other } else { best });
        best.map(|(concept, iou)| Detector { unit, concept, iou })
    }

    /// The units whose best overlap is above `iou`, best first.
    pub fn detectors(&self, iou: f64) -> Vec<Detector> {
        let best = (0..self.n_units()).filter_map(|unit| self.best(unit));
        let mut detectors: Vec<Detector> = best.filter(|best| best.iou > iou).collect();
        detectors.sort_by(|one, other| other.iou.total_cmp(&one.iou).then(one.unit.cmp(&other.unit)));
        detectors
    }

    /// For each concept, how many units detect it.
    pub fn n_detectors(&self, iou: f64) -> Vec<usize> {
        let mut counts = vec![0; self.concepts.len()];
        for detector in self.detectors(iou) {
            if let Some(count) = counts.get_mut(detector.concept) {
                *count += 1;
            }
        }
        counts
    }

    /// For each category, how many of its concepts have a detector: the unique detectors of the paper.
    pub fn n_unique(&self, iou: f64) -> Vec<usize> {
        let mut counts = vec![0; self.categories.names.len()];
        for (category, n_detectors) in self.categories.of_concept.iter().zip(self.n_detectors(iou)) {
            if let Some(count) = counts.get_mut(*category).filter(|_| n_detectors > 0) {
                *count += 1;
            }
        }
        counts
    }
}
