//! The second pass: phase, contrast, size and position at each unit's best orientation and spatial frequency.

use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::ops::Range;

use homolog_stats::tuning::{fit_naka_rushton, modulation, size_tuning};
use ndarray::Array2;
use rayon::prelude::*;

use super::super::error::ProbeError;
use super::super::present::Presenter;
use super::super::unit::ProbedUnit;
use super::settings::{GratingMeasure, GratingSettings};
use super::{ContrastTuning, PhaseTuning, PositionTuning, SizeResponse, StageTuning, UnitKind, UnitTuning};
use crate::stimuli::generate::{Aperture, Grating};

/// Phases of a patch at each place.
const PATCH_PHASES: usize = 4;

/// Frames of one curve: for every level, a cycle of phases.
struct Block {
    measure: GratingMeasure,
    frames: Range<usize>,
    n_phases: usize,
}

/// Measures every unit that is not silent.
pub(super) fn run(
    presenter: &Presenter<'_>,
    stage: &mut StageTuning,
    settings: &GratingSettings,
) -> Result<(), ProbeError> {
    let mut conditions: BTreeMap<[usize; 2], Vec<usize>> = BTreeMap::new();
    for (at, unit) in stage.units.iter().enumerate().filter(|(_, unit)| unit.kind != UnitKind::Silent) {
        conditions.entry(unit.best).or_default().push(at);
    }
    let centre = stage.probed.centre_px();
    let frames = frames(stage, settings);
    if frames.gratings.is_empty() || conditions.is_empty() {
        return Ok(());
    }
    let image_px = stage.probed.image_px;
    let probed = [stage.probed.clone()];
    let mut opened = presenter.open(&probed, frames.gratings.len())?;
    presenter.progress.begin(&stage.probed.stage.name, (conditions.len() * frames.gratings.len()) as u64);
    for (best, units) in &conditions {
        let frame = |at: usize| {
            let (grating, offset) = &frames.gratings[at];
            let grating = Grating {
                orientation_deg: stage.orientations_deg[best[0]],
                cycles_per_image: stage.frequencies[best[1]],
                ..*grating
            };
            grating.luminance(image_px, [centre[0] + offset[0], centre[1] + offset[1]])
        };
        let shown = opened.luminance(frames.gratings.len(), frame)?;
        let Some(responses) = shown.first() else { continue };
        let measured: Vec<UnitTuning> =
            units.par_iter().map(|at| measure(stage, *at, responses, &frames.blocks, centre)).collect();
        for (at, unit) in units.iter().zip(measured) {
            stage.units[*at] = unit;
        }
    }
    presenter.progress.end();
    Ok(())
}

/// What is shown: gratings that lack their orientation and frequency, each with the offset of its middle (down, right).
struct Frames {
    gratings: Vec<(Grating, [f64; 2])>,
    blocks: Vec<Block>,
}

fn frames(stage: &StageTuning, settings: &GratingSettings) -> Frames {
    let width = stage.probed.image_px[1] as f64;
    let plain = Grating { contrast: settings.contrast, ..Grating::from_degrees(0.0, 0.0, 1.0) };
    let mut frames = Frames { gratings: Vec::new(), blocks: Vec::new() };
    for measure in &settings.measures {
        let first = frames.gratings.len();
        let mut cycle = |grating: Grating, n_phases: usize, offset: [f64; 2]| {
            let phase = |at: usize| 360.0 * at as f64 / n_phases as f64;
            frames.gratings.extend((0..n_phases).map(|at| (Grating { phase_deg: phase(at), ..grating }, offset)));
        };
        let n_phases = match measure {
            GratingMeasure::Phase => {
                cycle(plain, stage.phases_deg.len(), [0.0; 2]);
                stage.phases_deg.len()
            }
            GratingMeasure::Contrast => {
                stage.contrasts.iter().for_each(|contrast| {
                    cycle(Grating { contrast: *contrast, ..plain }, settings.n_phases, [0.0; 2]);
                });
                settings.n_phases
            }
            GratingMeasure::Size => {
                for diameter in &stage.diameters_px {
                    let aperture = Aperture::Disc { diameter: diameter / width, edge: 1.0 / width };
                    cycle(Grating { aperture, ..plain }, settings.n_phases, [0.0; 2]);
                }
                settings.n_phases
            }
            GratingMeasure::Position => {
                let step = match stage.offsets_px.as_slice() {
                    [first, second, ..] => second - first,
                    _ => 1.0,
                };
                let grating =
                    Grating { aperture: Aperture::Gaussian { sigma: (step / 2.0).max(0.5) / width }, ..plain };
                stage.offsets_px.iter().for_each(|offset| cycle(grating, PATCH_PHASES, [0.0, *offset]));
                stage.offsets_px.iter().for_each(|offset| cycle(grating, PATCH_PHASES, [*offset, 0.0]));
                PATCH_PHASES
            }
        };
        frames.blocks.push(Block { measure: *measure, frames: first..frames.gratings.len(), n_phases });
    }
    frames
}

/// The unit with its curves.
fn measure(stage: &StageTuning, at: usize, responses: &Array2<f32>, blocks: &[Block], centre: [f64; 2]) -> UnitTuning {
    let mut unit = stage.units[at].clone();
    let response = |frame: usize| f64::from(responses[[frame, at]]) - unit.blank;
    let kind = unit.kind;
    for block in blocks {
        let shown: Vec<f64> = block.frames.clone().map(response).collect();
        let curve: Vec<f64> = shown
            .chunks_exact(block.n_phases)
            .map(|cycle| modulation(cycle).map_or(0.0, |found| kind.response(found.f0, found.f1)))
            .collect();
        match block.measure {
            GratingMeasure::Phase => unit.phase = phase(stage, at, shown, centre),
            GratingMeasure::Contrast => {
                let fit = fit_naka_rushton(&stage.contrasts, &curve, 0.0).ok();
                unit.contrast = Some(ContrastTuning { curve, fit });
            }
            GratingMeasure::Size => {
                let tuning = size_tuning(&stage.diameters_px, &curve).ok();
                unit.size = Some(SizeResponse { curve, tuning });
            }
            GratingMeasure::Position => {
                let (across, down) = curve.split_at(stage.offsets_px.len());
                unit.position = Some([across, down].map(|curve| position(&stage.offsets_px, curve)));
            }
        }
    }
    unit
}

fn phase(stage: &StageTuning, at: usize, curve: Vec<f64>, centre: [f64; 2]) -> Option<PhaseTuning> {
    let found = modulation(&curve).ok()?;
    let (unit, probed) = (&stage.units[at], stage.probed.units.get(at)?);
    let shift = phase_at(probed, centre, stage.orientations_deg[unit.best[0]], stage.frequencies[unit.best[1]], stage);
    Some(PhaseTuning {
        curve,
        f0: found.f0,
        f1: found.f1,
        ratio: found.ratio(0.0),
        preferred_deg: (found.phase_deg + shift).rem_euclid(360.0),
    })
}

/// What phase a grating of phase 0 at `centre` has at the middle of the unit's receptive field, in degrees.
fn phase_at(unit: &ProbedUnit, centre: [f64; 2], orientation_deg: f64, frequency: f64, stage: &StageTuning) -> f64 {
    let (sine, cosine) = orientation_deg.to_radians().sin_cos();
    let width = stage.probed.image_px[1] as f64;
    let (x, y) = (unit.centre_px[1] - centre[1], unit.centre_px[0] - centre[0]);
    (TAU * frequency * (x * sine + y * cosine) / width).to_degrees()
}

/// Peak by a parabola and full width at half height, of a curve over offsets in equal steps.
fn position(offsets: &[f64], curve: &[f64]) -> PositionTuning {
    let mut found = PositionTuning { curve: curve.to_vec(), preferred_px: None, width_px: None };
    let highest = (0..curve.len()).reduce(|best, at| if curve[at] > curve[best] { at } else { best });
    let Some(best) = highest.filter(|best| curve[*best] > 0.0) else { return found };
    let step = offsets.get(1).zip(offsets.first()).map_or(0.0, |(second, first)| second - first);
    let inner = best.checked_sub(1).and_then(|before| Some((curve[before], *curve.get(best + 1)?)));
    let shift = inner.map_or(0.0, |(before, after)| {
        let bend = before - 2.0 * curve[best] + after;
        if bend < 0.0 { (0.5 * (before - after) / bend).clamp(-0.5, 0.5) } else { 0.0 }
    });
    found.preferred_px = Some(offsets[best] + shift * step);
    let half = curve[best] / 2.0;
    let cross = |inside: usize, outside: usize| {
        let share = (curve[inside] - half) / (curve[inside] - curve[outside]);
        offsets[inside] + share * (offsets[outside] - offsets[inside])
    };
    let left = (0..best).rev().find(|at| curve[*at] <= half).map(|at| cross(at + 1, at));
    let right = (best + 1..curve.len()).find(|at| curve[*at] <= half).map(|at| cross(at - 1, at));
    found.width_px = left.zip(right).map(|(left, right)| right - left);
    found
}
