//! Tuning to sinusoidal gratings.
//!
//! Two passes. In the first (`screen.rs`) all stages see full-field gratings of every orientation, spatial frequency and phase;
//! each unit's best of them decides what it is shown in the second (`preferred.rs`): that grating at finer phases, at rising
//! contrast, through discs of rising diameter, and as a patch at places along both axes. Units that share their best
//! orientation and frequency share its frames.

mod preferred;
mod screen;
mod settings;
mod summary;

pub use settings::{GratingMeasure, GratingSettings};
pub use summary::TuningSummary;

use homolog_stats::tuning::{FrequencyTuning, NakaRushton, OrientationTuning, SizeTuning};

use self::settings::Levels;
use super::error::ProbeError;
use super::present::Presenter;
use super::unit::{ProbedStage, UnitChoice};

/// How a unit follows the phase of its best grating.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    /// No grating raises it above its response to a blank, nor is it modulated by any: dead, or blind to luminance gratings.
    Silent,
    /// F1 above F0: it follows the phase.
    Simple,
    /// F0 at least F1: it responds to all phases.
    Complex,
}

impl UnitKind {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Simple => "simple",
            Self::Complex => "complex",
        }
    }

    /// What counts as the response: F1 of a simple unit, F0 above the blank of a complex one; suppression counts as none.
    fn response(self, mean: f64, amplitude: f64) -> f64 {
        match self {
            Self::Silent => 0.0,
            Self::Simple => amplitude,
            Self::Complex => mean.max(0.0),
        }
    }
}

/// Tuning to phase at the unit's best orientation and frequency.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseTuning {
    /// Response above the blank at each of the phases.
    pub curve: Vec<f64>,
    /// Mean over phases, above the blank.
    pub f0: f64,
    /// Amplitude of the modulation.
    pub f1: f64,
    /// F1 / F0; none of a unit whose mean is not raised.
    pub ratio: Option<f64>,
    /// The phase, at the middle of the unit's theoretical receptive field, that drives it most; 0 is a bright bar there.
    pub preferred_deg: f64,
}

/// Response to rising contrast.
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastTuning {
    /// Response at each of the contrasts.
    pub curve: Vec<f64>,
    /// The fitted hyperbolic ratio; none where contrast does not excite the unit.
    pub fit: Option<NakaRushton>,
}

/// Response to rising diameter.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeResponse {
    /// Response at each of the diameters.
    pub curve: Vec<f64>,
    /// Preferred diameter in pixels, and the suppression index.
    pub tuning: Option<SizeTuning>,
}

/// Response to a patch at places along one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct PositionTuning {
    /// Response at each of the offsets.
    pub curve: Vec<f64>,
    /// Where it is highest, in pixels from the middle of the theoretical receptive field, right or down.
    pub preferred_px: Option<f64>,
    /// Full width at half height in pixels; none where the curve does not fall so far.
    pub width_px: Option<f64>,
}

/// What was found of one unit. A tuning is missing where the unit is silent or the measure was not asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct UnitTuning {
    /// Response to a blank of mean luminance.
    pub blank: f64,
    /// How it follows the phase.
    pub kind: UnitKind,
    /// Response to its best grating of the first pass.
    pub peak: f64,
    /// Which orientation and frequency that is, by position.
    pub best: [usize; 2],
    /// Response to each orientation, at the best frequency.
    pub orientation_curve: Vec<f64>,
    /// What it prefers.
    pub orientation: Option<OrientationTuning>,
    /// Response to each frequency, at the best orientation.
    pub frequency_curve: Vec<f64>,
    /// What it prefers, in cycles per width of the image.
    pub frequency: Option<FrequencyTuning>,
    /// Over phase.
    pub phase: Option<PhaseTuning>,
    /// Over contrast.
    pub contrast: Option<ContrastTuning>,
    /// Over diameter.
    pub size: Option<SizeResponse>,
    /// Along x, then y.
    pub position: Option<[PositionTuning; 2]>,
}

/// What was found of one stage.
#[derive(Clone, Debug)]
pub struct StageTuning {
    /// The stage and its units.
    pub probed: ProbedStage,
    /// Orientations of the first pass in degrees: 0 has horizontal bars.
    pub orientations_deg: Vec<f64>,
    /// Its frequencies in cycles per width of the image.
    pub frequencies: Vec<f64>,
    /// Phases of the second pass in degrees.
    pub phases_deg: Vec<f64>,
    /// Contrasts.
    pub contrasts: Vec<f64>,
    /// Diameters in pixels.
    pub diameters_px: Vec<f64>,
    /// Offsets of the patch from the middle of the receptive field in pixels, along x and along y.
    pub offsets_px: Vec<f64>,
    /// One for each unit of `probed`.
    pub units: Vec<UnitTuning>,
}

/// Gratings to be shown.
#[derive(Clone, Debug)]
pub struct GratingExperiment {
    /// What is shown and measured.
    pub settings: GratingSettings,
}

impl GratingExperiment {
    /// Measures every unit of `probed`.
    ///
    /// # Errors
    /// [`ProbeError::Setting`] for a setting that cannot be; [`ProbeError::ImageTooSmall`]; [`ProbeError::NotImages`];
    /// [`ProbeError::NeedsCentre`] for size or position of units that lie elsewhere; [`ProbeError::TooLarge`]; the engine's.
    pub fn run(&self, presenter: &Presenter<'_>, probed: &[ProbedStage]) -> Result<Vec<StageTuning>, ProbeError> {
        let image_px = presenter.image_px("gratings")?;
        self.settings.check()?;
        for (measure, what) in [(GratingMeasure::Size, "size tuning"), (GratingMeasure::Position, "position tuning")] {
            let every = probed.iter().find(|one| one.choice != UnitChoice::Centre);
            if let Some(one) = every.filter(|_| self.settings.measures.contains(&measure)) {
                return Err(ProbeError::NeedsCentre { what, stage: one.stage.name.clone() });
            }
        }
        let levels = Levels::new(&self.settings, image_px)?;
        let screened = screen::run(presenter, probed, &levels, &self.settings)?;
        let mut stages = Vec::with_capacity(probed.len());
        for (one, units) in probed.iter().zip(screened) {
            let local = levels.of_stage(one);
            let mut stage = StageTuning {
                probed: one.clone(),
                orientations_deg: levels.orientations_deg.clone(),
                frequencies: levels.frequencies.clone(),
                phases_deg: levels.phases_deg.clone(),
                contrasts: levels.contrasts.clone(),
                diameters_px: local.diameters_px,
                offsets_px: local.offsets_px,
                units,
            };
            preferred::run(presenter, &mut stage, &self.settings)?;
            stages.push(stage);
        }
        Ok(stages)
    }
}
