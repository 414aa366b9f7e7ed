//! Models that need no weights: pixels, Gabor energy, pooled Gabor energy, and the categories themselves.

use ndarray::{Array2, Axis};

use super::gabor::GaborBank;
use crate::stimuli::generate::{Category, ObjectScene};
use crate::stimuli::{Filter, Image, PassOrder, StimulusError, resize};

/// Name of the model of V1.
pub(super) const GABOR_ENERGY: &str = "gabor-energy";

/// Name of the model of V4.
pub(super) const POOLED_ENERGY: &str = "pooled-energy";

/// Name of the model of IT.
pub(super) const CATEGORY: &str = "category";

/// Side to which images are reduced for the pixel model.
const PIXEL_SIDE: usize = 24;

/// Windows over which energy is pooled: left, top and side as fractions of the image.
const WINDOWS: [(f64, f64, f64); 5] =
    [(0.0, 0.0, 0.6), (0.4, 0.0, 0.6), (0.0, 0.4, 0.6), (0.4, 0.4, 0.6), (0.2, 0.2, 0.6)];

/// The features of a model for the world's stimuli.
#[derive(Clone, Debug)]
pub struct WeightlessModel {
    /// Its name in tables.
    pub name: &'static str,
    /// What its features are.
    pub summary: &'static str,
    /// (n_stimuli, n_features).
    pub features: Array2<f64>,
}

/// All models.
pub(super) fn all(
    images: &[Image],
    energy: Array2<f64>,
    pooled: Array2<f64>,
    scenes: &[ObjectScene],
) -> Result<Vec<WeightlessModel>, StimulusError> {
    let model = |name, summary, features| WeightlessModel { name, summary, features };
    Ok(vec![
        model("pixels", "luma of 24 × 24 pixels", pixels(images)?),
        model(GABOR_ENERGY, "amplitude of Gabor filters, 8 orientations, 3 frequencies, on grids of places", energy),
        model(POOLED_ENERGY, "the largest Gabor energy in each of five large windows, as HMAX's C1 pools", pooled),
        model(CATEGORY, "the simulation's own categories and groups: what no image model is given", categories(scenes)),
    ])
}

/// Luma of each image, reduced.
fn pixels(images: &[Image]) -> Result<Array2<f64>, StimulusError> {
    let mut features = Array2::zeros((images.len(), PIXEL_SIDE * PIXEL_SIDE));
    for (mut row, image) in features.outer_iter_mut().zip(images) {
        let small = resize(image, PIXEL_SIDE, PIXEL_SIDE, Filter::Box, PassOrder::default())
            .map_err(|source| StimulusError::Ungenerated { source })?;
        row.iter_mut().zip(small.luma()).for_each(|(feature, luma)| *feature = f64::from(luma) / 255.0);
    }
    Ok(features)
}

/// Largest energy of the Gabors in each window, by frequency and orientation: (n_stimuli, windows × frequencies × orientations).
///
/// # Reference
/// Riesenhuber M, Poggio T (1999). Hierarchical models of object recognition in cortex. Nat Neurosci 2:1019-1025.
/// doi:10.1038/14819. The pooling of its C1 units.
pub(super) fn pooled_energy(bank: &GaborBank, energy: &Array2<f64>) -> Array2<f64> {
    let mut kinds: Vec<(f64, f64)> =
        bank.gabors().iter().map(|gabor| (gabor.cycles_per_image, gabor.orientation_deg)).collect();
    kinds.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    kinds.dedup();
    let mut columns = Vec::new();
    for (left, top, side) in WINDOWS {
        for &(cycles, orientation) in &kinds {
            let in_window: Vec<usize> = (bank.gabors().iter().enumerate())
                .filter(|(_, gabor)| (gabor.cycles_per_image, gabor.orientation_deg) == (cycles, orientation))
                .filter(|(_, gabor)| (left..left + side).contains(&gabor.x) && (top..top + side).contains(&gabor.y))
                .map(|(column, _)| column)
                .collect();
            columns.push(in_window);
        }
    }
    let largest =
        |stimulus: usize, members: &[usize]| members.iter().map(|&gabor| energy[[stimulus, gabor]]).fold(0.0, f64::max);
    Array2::from_shape_fn((energy.len_of(Axis(0)), columns.len()), |(stimulus, column)| {
        largest(stimulus, &columns[column])
    })
}

/// One feature a category, and one for each group: (n_stimuli, 10).
fn categories(scenes: &[ObjectScene]) -> Array2<f64> {
    let n_categories = Category::ALL.len();
    Array2::from_shape_fn((scenes.len(), n_categories + 2), |(stimulus, feature)| {
        let category = scenes[stimulus].category;
        let is_on = match feature.checked_sub(n_categories) {
            None => Category::ALL[feature] == category,
            Some(group) => (group == 0) == category.is_animal_like(),
        };
        f64::from(u8::from(is_on))
    })
}
