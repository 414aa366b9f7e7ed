//! What gratings are shown.

use std::str::FromStr;

use super::super::error::ProbeError;
use super::super::unit::ProbedStage;
use crate::naming::nearest_three;

/// A curve that gratings can measure. Orientation and spatial frequency are always measured, since the others need their best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GratingMeasure {
    /// Phase, F1/F0.
    Phase,
    /// Contrast response.
    Contrast,
    /// Diameter, surround suppression.
    Size,
    /// Place along both axes.
    Position,
}

impl GratingMeasure {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Phase, Self::Contrast, Self::Size, Self::Position];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Contrast => "contrast",
            Self::Size => "size",
            Self::Position => "position",
        }
    }
}

impl FromStr for GratingMeasure {
    type Err = ProbeError;

    fn from_str(name: &str) -> Result<Self, ProbeError> {
        Self::ALL.into_iter().find(|measure| measure.name() == name).ok_or_else(|| ProbeError::Setting {
            what: "the measure",
            found: format!("\"{name}\""),
            needed: format!("closest: {}", nearest_three(name, Self::ALL.map(Self::name))),
        })
    }
}

/// What is shown and measured.
#[derive(Clone, Debug, PartialEq)]
pub struct GratingSettings {
    /// Orientations over 180 degrees, at least 4.
    pub n_orientations: usize,
    /// Spatial frequencies in cycles per width of the image, rising; nothing for half octaves from 2 up to 0.45 cycles a pixel.
    pub frequencies: Option<Vec<f64>>,
    /// Phases over a cycle in the first pass and for contrast and size, at least 4; phase tuning has four times
    /// as many, since the harmonics of a rectified response fall on F0 where phases are few: at 32 by 0.3 %.
    pub n_phases: usize,
    /// Michelson contrast, above 0 and at most 1.
    pub contrast: f64,
    /// Diameters of the disc, at least 3.
    pub n_diameters: usize,
    /// Places along each axis, at least 3.
    pub n_offsets: usize,
    /// What is measured in the second pass.
    pub measures: Vec<GratingMeasure>,
}

impl Default for GratingSettings {
    /// 12 orientations, 8 phases, full contrast, 10 diameters, 9 places, all measures.
    fn default() -> Self {
        Self {
            n_orientations: 12,
            frequencies: None,
            n_phases: 8,
            contrast: 1.0,
            n_diameters: 10,
            n_offsets: 9,
            measures: GratingMeasure::ALL.to_vec(),
        }
    }
}

/// Contrasts as shares of the settings' own: octaves, and the whole.
const CONTRASTS: [f64; 8] = [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0];

impl GratingSettings {
    pub(super) fn check(&self) -> Result<(), ProbeError> {
        let at_least = |what, found: usize, least: usize| {
            if found >= least {
                return Ok(());
            }
            Err(ProbeError::Setting { what, found: found.to_string(), needed: format!("at least {least} are needed") })
        };
        at_least("this number of orientations:", self.n_orientations, 4)?;
        at_least("this number of phases:", self.n_phases, 4)?;
        at_least("this number of diameters:", self.n_diameters, 3)?;
        at_least("this number of places:", self.n_offsets, 3)?;
        if self.contrast > 0.0 && self.contrast <= 1.0 {
            return Ok(());
        }
        let needed = "it must be above 0 and at most 1: a grating without contrast is a blank".to_owned();
        Err(ProbeError::Setting { what: "gratings of contrast", found: self.contrast.to_string(), needed })
    }
}

/// The levels of all curves.
pub(super) struct Levels {
    image_px: [usize; 2],
    pub(super) orientations_deg: Vec<f64>,
    pub(super) frequencies: Vec<f64>,
    pub(super) phases_deg: Vec<f64>,
    pub(super) contrasts: Vec<f64>,
    n_diameters: usize,
    n_offsets: usize,
}

/// Levels that depend on the receptive field.
pub(super) struct LocalLevels {
    pub(super) diameters_px: Vec<f64>,
    pub(super) offsets_px: Vec<f64>,
}

impl Levels {
    pub(super) fn new(settings: &GratingSettings, image_px: [usize; 2]) -> Result<Self, ProbeError> {
        let [height, width] = image_px;
        let frequencies = match &settings.frequencies {
            Some(frequencies) => checked_frequencies(frequencies, width)?,
            None => {
                let half_octaves = (0..).map(|step| 2.0 * 2f64.powf(f64::from(step) / 2.0));
                let frequencies: Vec<f64> =
                    half_octaves.take_while(|frequency| *frequency <= 0.45 * width as f64).collect();
                if frequencies.len() < 3 {
                    return Err(ProbeError::ImageTooSmall { height, width, n_frequencies: frequencies.len() });
                }
                frequencies
            }
        };
        let evenly = |n: usize, over: f64| (0..n).map(|at| over * at as f64 / n as f64).collect();
        Ok(Self {
            image_px,
            orientations_deg: evenly(settings.n_orientations, 180.0),
            frequencies,
            phases_deg: evenly(4 * settings.n_phases, 360.0),
            contrasts: CONTRASTS.iter().map(|share| share * settings.contrast).collect(),
            n_diameters: settings.n_diameters,
            n_offsets: settings.n_offsets,
        })
    }

    /// Diameters in equal ratios from an eighth of the receptive field, at least 2 pixels, to twice it, at least 16 pixels and
    /// at most the image; offsets over one and a half receptive fields, at least 4 pixels to either side.
    pub(super) fn of_stage(&self, probed: &ProbedStage) -> LocalLevels {
        let shorter = self.image_px[0].min(self.image_px[1]) as f64;
        let field = (probed.field_px[0].max(probed.field_px[1]) as f64).min(shorter);
        let largest = (2.0 * field).max(16.0).min(shorter);
        let smallest = (field / 8.0).max(2.0).min(largest / 2.0);
        let step = (largest / smallest).powf(1.0 / (self.n_diameters - 1) as f64);
        let reach = (0.75 * field).max(4.0).min(shorter / 2.0);
        let offset = |at: usize| reach * (2.0 * at as f64 / (self.n_offsets - 1) as f64 - 1.0);
        LocalLevels {
            diameters_px: (0..self.n_diameters).map(|at| smallest * step.powf(at as f64)).collect(),
            offsets_px: (0..self.n_offsets).map(offset).collect(),
        }
    }
}

fn checked_frequencies(frequencies: &[f64], width: usize) -> Result<Vec<f64>, ProbeError> {
    let nyquist = width as f64 / 2.0;
    let rising = frequencies.windows(2).all(|pair| pair[0] < pair[1]);
    let possible = frequencies.iter().all(|frequency| *frequency > 0.0 && *frequency <= nyquist);
    if frequencies.len() >= 3 && rising && possible {
        return Ok(frequencies.to_vec());
    }
    Err(ProbeError::Setting {
        what: "the spatial frequencies",
        found: format!("{frequencies:?}"),
        needed: format!(
            "at least 3 are needed, rising, above 0 and at most {nyquist} cycles an image, which is half a cycle a pixel"
        ),
    })
}
