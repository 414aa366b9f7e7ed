//! A world whose truth is known: stimuli made by the program, a SIMULATED visual cortex that saw them, and models that need no
//! weights. `homolog demo` scores the models on the simulated recordings and must find what was put in.
//!
//! Nothing here is data. Every region's name begins with "simulated".
//!
//! | region | what its units are | the model that matches it |
//! |---|---|---|
//! | simulated V1 | Gabor energy at one place, saturating with contrast | `gabor-energy` |
//! | simulated V4 | sums of the largest Gabor energies in large windows, rectified | `pooled-energy` |
//! | simulated IT | tuned to the object's category and its group, hardly to its place and size | `category` |
//!
//! All units fire with Poisson noise around their rate, times a gain that all units of a region share in one presentation.

mod benchmarks;
mod cortex;
mod gabor;
mod models;

use ndarray::{Array2, Array3};

pub use gabor::{Gabor, GaborBank};
pub use models::WeightlessModel;

use crate::stimuli::generate::{Grating, ObjectScene, objects};
use crate::stimuli::{Image, StimulusError, StimulusSet};

/// Orientations of the gratings that the simulated V1 is shown, evenly spaced.
const N_ORIENTATIONS: usize = 12;

/// Spatial frequencies of those gratings.
const GRATING_CYCLES_PER_IMAGE: [f64; 3] = [4.0, 8.0, 16.0];

/// How large the world is.
#[derive(Clone, Debug, PartialEq)]
pub struct WorldSettings {
    /// Exemplars of each of the eight categories.
    pub per_category: usize,
    /// Side of each image.
    pub size_px: usize,
    /// Units of each region.
    pub n_units: usize,
    /// Presentations of each stimulus.
    pub n_repetitions: usize,
    /// Determines everything.
    pub seed: u64,
}

impl Default for WorldSettings {
    /// 128 stimuli of 96 pixels, 60 units a region, 6 presentations, seed 1.
    fn default() -> Self {
        Self { per_category: 16, size_px: 96, n_units: 60, n_repetitions: 6, seed: 1 }
    }
}

/// A region of the simulated cortex and what was recorded from it.
#[derive(Clone, Debug)]
pub struct SimulatedRegion {
    /// "simulated V1", "simulated V4" or "simulated IT".
    pub name: &'static str,
    /// The model that its units were built from.
    pub matched_by: &'static str,
    /// Expected spikes, (n_stimuli, n_units).
    pub rates: Array2<f64>,
    /// Spike counts, (n_repetitions, n_stimuli, n_units).
    pub responses: Array3<f64>,
}

/// Stimuli, recordings and models, and what is true of them.
#[derive(Clone, Debug)]
pub struct World {
    /// The objects, in the order of every array's stimulus axis.
    pub stimuli: StimulusSet,
    /// Category, position, size and pose of each.
    pub scenes: Vec<ObjectScene>,
    /// V1, V4 and IT.
    pub regions: Vec<SimulatedRegion>,
    /// Pixels, Gabor energy, pooled energy and the categories themselves.
    pub models: Vec<WeightlessModel>,
    /// Gratings of every orientation at each frequency, shown to V1 alone.
    pub gratings: StimulusSet,
    /// V1's spike counts for the gratings, (n_repetitions, n_gratings, n_units).
    pub grating_responses: Array3<f64>,
    /// The orientation that each V1 unit was built for, 0 to 180, counter-clockwise from horizontal.
    pub v1_orientation_deg: Vec<f64>,
}

impl World {
    /// Makes the world. The same settings give the same world on every machine and any number of threads.
    ///
    /// # Errors
    /// [`StimulusError`] when the images have no pixels.
    pub fn simulate(settings: &WorldSettings) -> Result<Self, StimulusError> {
        let (stimuli, scenes) = objects(settings.per_category, settings.size_px, settings.seed)?;
        let images = decoded(&stimuli)?;
        let (gratings, grating_images) = grating_set(settings.size_px)?;
        let bank = GaborBank::grid(settings.size_px);
        let energy = bank.energies(&images);
        let pooled = models::pooled_energy(&bank, &energy);
        let v1_bank = cortex::v1_units(settings);
        let rates = [
            cortex::v1_rates(&v1_bank, &images),
            cortex::v4_rates(&pooled, settings),
            cortex::it_rates(&scenes, settings),
        ];
        let named = [
            ("simulated V1", models::GABOR_ENERGY),
            ("simulated V4", models::POOLED_ENERGY),
            ("simulated IT", models::CATEGORY),
        ];
        let regions = named.into_iter().zip(rates).enumerate().map(|(area, ((name, matched_by), rates))| {
            let responses = cortex::spikes(&rates, settings, area as u64);
            SimulatedRegion { name, matched_by, rates, responses }
        });
        let grating_rates = cortex::v1_rates(&v1_bank, &grating_images);
        Ok(Self {
            regions: regions.collect(),
            models: models::all(&images, energy, pooled, &scenes)?,
            grating_responses: cortex::spikes(&grating_rates, settings, named.len() as u64),
            v1_orientation_deg: v1_bank.gabors().iter().map(|gabor| gabor.orientation_deg).collect(),
            stimuli,
            scenes,
            gratings,
        })
    }

    /// The orientation that each V1 unit prefers as its responses to the gratings show it, 0 to 180: half the angle of the
    /// sum over gratings of mean count × exp(2i orientation).
    pub fn measured_orientation_deg(&self) -> Vec<f64> {
        let (n_repetitions, _, n_units) = self.grating_responses.dim();
        let angles: Vec<f64> = self
            .gratings
            .property("orientation_deg")
            .map(|text| text.and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0).to_radians() * 2.0)
            .collect();
        let preferred = |unit: usize| {
            let (mut sine, mut cosine) = (0.0, 0.0);
            for repetition in 0..n_repetitions {
                for (grating, angle) in angles.iter().enumerate() {
                    let count = self.grating_responses[[repetition, grating, unit]];
                    sine += count * angle.sin();
                    cosine += count * angle.cos();
                }
            }
            (sine.atan2(cosine).to_degrees() / 2.0).rem_euclid(180.0)
        };
        (0..n_units).map(preferred).collect()
    }
}

/// The images of a set that the program made.
fn decoded(set: &StimulusSet) -> Result<Vec<Image>, StimulusError> {
    let mut reader = crate::stimuli::SourceReader::default();
    set.stimuli().iter().map(|stimulus| Ok((*reader.image(stimulus, [128; 3])?).clone())).collect()
}

/// The gratings, and their images.
fn grating_set(size_px: usize) -> Result<(StimulusSet, Vec<Image>), StimulusError> {
    let mut named = Vec::new();
    for cycles_per_image in GRATING_CYCLES_PER_IMAGE {
        for step in 0..N_ORIENTATIONS {
            let orientation_deg = 180.0 * step as f64 / N_ORIENTATIONS as f64;
            let grating = Grating { cycles_per_image, ..Grating::from_degrees(orientation_deg, 0.0, 1.0) };
            let image = grating.render(size_px).map_err(|source| StimulusError::Ungenerated { source })?;
            named.push((format!("grating_{cycles_per_image:02}_{orientation_deg:03}"), image, grating.properties()));
        }
    }
    let images = named.iter().map(|(_, image, _)| image.clone()).collect();
    Ok((StimulusSet::from_images(named)?, images))
}

#[cfg(test)]
mod tests;
