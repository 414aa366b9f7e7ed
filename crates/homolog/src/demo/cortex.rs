//! The simulated cortex: the expected spikes of its units, and the spikes.

use ndarray::{Array2, Array3, Axis};

use super::WorldSettings;
use super::gabor::{Gabor, GaborBank};
use crate::stimuli::Image;
use crate::stimuli::generate::{Category, ObjectScene, Random};

/// Spikes that every unit fires without a stimulus.
const BASELINE: f64 = 2.0;

/// Spikes that a stimulus adds, on average over stimuli.
const MEAN_DRIVEN: f64 = 12.0;

/// Amplitude at which a V1 unit reaches half of its largest response.
const HALF_SATURATION: f64 = 0.25;

/// Standard deviation of the gain that the units of a region share in one presentation.
const SHARED_GAIN_SD: f64 = 0.1;

/// Streams of random numbers, one for each thing that is drawn, so that none depends on how much another drew.
mod stream {
    pub(super) const V1: u64 = 1 << 32;
    pub(super) const V4: u64 = 2 << 32;
    pub(super) const IT: u64 = 3 << 32;
    pub(super) const SPIKES: u64 = 4 << 32;
}

/// The V1 units: Gabors at random places, orientations and frequencies (none of them on a model's grid but by chance).
pub(super) fn v1_units(settings: &WorldSettings) -> GaborBank {
    let mut random = Random::stream(settings.seed, stream::V1);
    let gabor = |_| Gabor {
        x: random.between(0.15, 0.85),
        y: random.between(0.15, 0.85),
        cycles_per_image: 4.0 * 4f64.powf(random.uniform()),
        orientation_deg: random.between(0.0, 180.0),
    };
    GaborBank::new(settings.size_px, (0..settings.n_units).map(gabor).collect())
}

/// V1: amplitude a as a² / (a² + half²), (n_images, n_units).
pub(super) fn v1_rates(units: &GaborBank, images: &[Image]) -> Array2<f64> {
    let drive = units.energies(images).mapv(|a| a * a / (a * a + HALF_SATURATION * HALF_SATURATION));
    rates(drive)
}

/// V4: each unit adds three kinds of pooled energy and is inhibited by a fourth, and is rectified.
pub(super) fn v4_rates(pooled: &Array2<f64>, settings: &WorldSettings) -> Array2<f64> {
    let mut random = Random::stream(settings.seed, stream::V4);
    let n_pools = pooled.len_of(Axis(1));
    // Each pool in units of its own mean, so that the strong low frequencies do not drown the rest.
    let means = pooled.mean_axis(Axis(0)).unwrap_or_default();
    let mut drive = Array2::zeros((pooled.len_of(Axis(0)), settings.n_units));
    for mut unit in drive.columns_mut() {
        let inputs = [1.0, 1.0, 1.0, -0.8].map(|sign| (random.index(n_pools), sign * random.between(0.5, 1.0)));
        for (stimulus, response) in unit.iter_mut().enumerate() {
            let scaled = |pool: usize| pooled[[stimulus, pool]] / means[pool].max(f64::MIN_POSITIVE);
            let sum: f64 = inputs.iter().map(|&(pool, weight)| weight * scaled(pool)).sum();
            *response = f64::max(sum, 0.0).powi(2);
        }
    }
    rates(drive)
}

/// IT: a preference for each category and for one of the two groups, a little larger for larger and more central objects.
pub(super) fn it_rates(scenes: &[ObjectScene], settings: &WorldSettings) -> Array2<f64> {
    let mut random = Random::stream(settings.seed, stream::IT);
    let mut drive = Array2::zeros((scenes.len(), settings.n_units));
    for mut unit in drive.columns_mut() {
        let preference = Category::ALL.map(|_| random.normal().exp());
        let group = random.normal().exp();
        for (response, scene) in unit.iter_mut().zip(scenes) {
            let which = Category::ALL.iter().position(|&category| category == scene.category).unwrap_or(0);
            let of_group = if scene.category.is_animal_like() { group } else { 1.0 / group };
            let view = 1.0 + 0.5 * (scene.size - 0.55) - 1.5 * (scene.x.powi(2) + scene.y.powi(2));
            *response = preference[which] * of_group.sqrt() * view;
        }
    }
    rates(drive)
}

/// Drive in spikes: each unit's mean over stimuli is the same.
fn rates(mut drive: Array2<f64>) -> Array2<f64> {
    for mut unit in drive.columns_mut() {
        let mean = unit.mean().unwrap_or(0.0);
        let scale = if mean > 0.0 { MEAN_DRIVEN / mean } else { 0.0 };
        unit.mapv_inplace(|value| BASELINE + scale * value);
    }
    drive
}

/// Spike counts: Poisson around rate × shared gain, (n_repetitions, n_stimuli, n_units).
pub(super) fn spikes(rates: &Array2<f64>, settings: &WorldSettings, area: u64) -> Array3<f64> {
    let (n_stimuli, n_units) = rates.dim();
    let mut random = Random::stream(settings.seed, stream::SPIKES + area);
    let mut counts = Array3::zeros((settings.n_repetitions, n_stimuli, n_units));
    for mut presentation in counts.outer_iter_mut() {
        for (mut units, expected) in presentation.outer_iter_mut().zip(rates.outer_iter()) {
            let gain = (1.0 + SHARED_GAIN_SD * random.normal()).max(0.0);
            units.iter_mut().zip(expected).for_each(|(count, &rate)| *count = random.poisson(rate * gain));
        }
    }
    counts
}
