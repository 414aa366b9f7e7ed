//! The first pass: every orientation, spatial frequency and phase, full field, for all stages at once.

use homolog_stats::tuning::{Modulation, frequency_tuning, modulation, orientation_tuning};
use ndarray::{Array2, Array3, ArrayView2, Axis, s};
use rayon::prelude::*;

use super::super::error::ProbeError;
use super::super::present::Presenter;
use super::super::unit::ProbedStage;
use super::settings::{GratingSettings, Levels};
use super::{UnitKind, UnitTuning};
use crate::stimuli::generate::{Aperture, Grating};

/// A response is none below this share of the stage's largest, which is what rounding in single precision leaves.
const NOTHING: f64 = 1e-5;

/// The units of every stage, with orientation and frequency.
pub(super) fn run(
    presenter: &Presenter<'_>,
    probed: &[ProbedStage],
    levels: &Levels,
    settings: &GratingSettings,
) -> Result<Vec<Vec<UnitTuning>>, ProbeError> {
    let image_px = presenter.image_px("gratings")?;
    let middle = image_px.map(|side| (side as f64 - 1.0) / 2.0);
    let (n_orientations, n_frequencies) = (levels.orientations_deg.len(), levels.frequencies.len());
    let n_phases = settings.n_phases;
    let n_frames = 1 + n_orientations * n_frequencies * n_phases;
    let frame = |at: usize| -> Array2<f32> {
        let Some(grating) = at.checked_sub(1) else { return Array2::from_elem(image_px, 0.5) };
        let (condition, phase) = (grating / n_phases, grating % n_phases);
        let grating = Grating {
            orientation_deg: levels.orientations_deg[condition / n_frequencies],
            cycles_per_image: levels.frequencies[condition % n_frequencies],
            phase_deg: 360.0 * phase as f64 / n_phases as f64,
            contrast: settings.contrast,
            aperture: Aperture::Full,
        };
        grating.luminance(image_px, middle)
    };
    presenter.progress.begin("orientation and frequency", n_frames as u64);
    let shown = presenter.open(probed, n_frames)?.luminance(n_frames, frame);
    presenter.progress.end();
    let of_stage = |responses: &Array2<f32>| {
        let conditions = Conditions { n_orientations, n_frequencies, n_phases };
        let units: Vec<(f64, Array2<Modulation>)> =
            (0..responses.ncols()).into_par_iter().map(|unit| conditions.of_unit(responses.view(), unit)).collect();
        let largest = units.iter().map(|(blank, found)| peak(*blank, found).1).fold(0.0, f64::max);
        units.into_iter().map(|(blank, found)| unit(blank, &found, largest, &levels.frequencies)).collect()
    };
    Ok(shown?.iter().map(of_stage).collect())
}

struct Conditions {
    n_orientations: usize,
    n_frequencies: usize,
    n_phases: usize,
}

impl Conditions {
    /// The response to the blank, and the modulation by every grating: (orientation, frequency).
    fn of_unit(&self, responses: ArrayView2<'_, f32>, unit: usize) -> (f64, Array2<Modulation>) {
        let column = responses.index_axis(Axis(1), unit).mapv(f64::from);
        let blank = column.first().copied().unwrap_or(0.0);
        let shape = (self.n_orientations, self.n_frequencies, self.n_phases);
        let gratings =
            Array3::from_shape_vec(shape, column.slice(s![1..]).to_vec()).unwrap_or_else(|_| Array3::zeros(shape));
        let none = Modulation { f0: f64::NAN, f1: f64::NAN, phase_deg: 0.0 };
        let found = Array2::from_shape_fn((self.n_orientations, self.n_frequencies), |(orientation, frequency)| {
            modulation(&gratings.slice(s![orientation, frequency, ..]).to_vec()).unwrap_or(none)
        });
        (blank, found)
    }
}

/// The grating with the largest response, mean or amplitude, and how large it is.
fn peak(blank: f64, found: &Array2<Modulation>) -> ([usize; 2], f64) {
    let mut best = ([0, 0], f64::NEG_INFINITY);
    for ((orientation, frequency), one) in found.indexed_iter() {
        let response = (one.f0 - blank).max(one.f1);
        if response > best.1 {
            best = ([orientation, frequency], response);
        }
    }
    best
}

/// What the first pass says of a unit.
fn unit(blank: f64, found: &Array2<Modulation>, largest: f64, frequencies: &[f64]) -> UnitTuning {
    let (best, peak) = peak(blank, found);
    let at_best = found[best];
    let kind = if peak.is_nan() || peak <= NOTHING * largest.max(blank.abs()) {
        UnitKind::Silent
    } else if at_best.f1 > at_best.f0 - blank {
        UnitKind::Simple
    } else {
        UnitKind::Complex
    };
    let response = |one: &Modulation| kind.response(one.f0 - blank, one.f1);
    let orientation_curve: Vec<f64> = found.column(best[1]).iter().map(response).collect();
    let frequency_curve: Vec<f64> = found.row(best[0]).iter().map(response).collect();
    UnitTuning {
        blank,
        kind,
        peak: if kind == UnitKind::Silent { 0.0 } else { peak },
        best,
        orientation: orientation_tuning(&orientation_curve).ok(),
        orientation_curve,
        frequency: frequency_tuning(frequencies, &frequency_curve).ok(),
        frequency_curve,
        phase: None,
        contrast: None,
        size: None,
        position: None,
    }
}
