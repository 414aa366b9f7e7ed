//! Gratings: planted preferences, widths, phases, sizes and contrasts are found.

use std::f64::consts::{FRAC_PI_2, PI, TAU};
use std::sync::Arc;

use super::planted::{Gabor, Lab, add_energy, filters, on_grid, push, set};
use crate::inside::probe::{
    GratingExperiment, GratingMeasure, GratingSettings, StageTuning, UnitChoice, UnitKind, UnitTuning,
};
use crate::network::op::binary::Binary;

const SIDE: usize = 33;

/// Angles between two that repeat after `period`.
fn apart(one: f64, other: f64, period: f64) -> f64 {
    let off = (one - other).rem_euclid(period);
    off.min(period - off)
}

fn tuned(lab: &Lab, stages: &[&str], settings: GratingSettings) -> Vec<StageTuning> {
    let probed: Vec<_> = stages.iter().map(|stage| lab.probed(stage, UnitChoice::Centre)).collect();
    GratingExperiment { settings }.run(&lab.presenter(), &probed).expect("measured")
}

/// Eighths of an octave from 2 to 14 cycles an image.
fn fine() -> GratingSettings {
    let frequencies = (0..23).map(|step| 2.0 * 2f64.powf(f64::from(step) / 8.0)).collect();
    GratingSettings {
        n_orientations: 36,
        frequencies: Some(frequencies),
        measures: vec![GratingMeasure::Phase],
        ..GratingSettings::default()
    }
}

/// Four Gabors, each followed by its partner in quadrature.
fn gabors() -> Vec<Gabor> {
    [(0.0, 0.2, 0.0, 4.0), (37.0, 0.15, 60.0, 4.5), (90.0, 0.25, 200.0, 3.0), (151.0, 0.18, 300.0, 4.0)]
        .into_iter()
        .flat_map(|(orientation_deg, cycles_per_px, phase_deg, sigma_px)| {
            let even = Gabor { orientation_deg, cycles_per_px, phase_deg, sigma_px, offset_px: [0.0; 2] };
            [even, Gabor { phase_deg: phase_deg + 90.0, ..even }]
        })
        .collect()
}

/// Half-width in degrees and bandwidth in octaves of a Gabor's amplitude, exp(−2π²σ²|f − f0|²).
fn widths(gabor: &Gabor) -> (f64, f64) {
    let reach = (2.0_f64.ln() / 2.0).sqrt() / (PI * gabor.sigma_px);
    let half_width = 2.0 * (reach / (2.0 * gabor.cycles_per_px)).asin();
    let bandwidth = ((gabor.cycles_per_px + reach) / (gabor.cycles_per_px - reach)).log2();
    (half_width.to_degrees(), bandwidth)
}

fn assert_prefers(unit: &UnitTuning, gabor: &Gabor, power: f64) {
    let (orientation, frequency) = (unit.orientation.unwrap(), unit.frequency.unwrap());
    assert!(apart(orientation.preferred_deg, gabor.orientation_deg, 180.0) < 1.0, "{orientation:?} of {gabor:?}");
    let preferred = frequency.preferred / SIDE as f64;
    assert!((preferred / gabor.cycles_per_px - 1.0).abs() < 0.02, "{preferred} of {gabor:?}");
    // Squaring narrows a Gaussian by the root of 2; here both widths are small enough for that to hold to a few per cent.
    let (half_width, bandwidth) = widths(&Gabor { sigma_px: gabor.sigma_px * power.sqrt(), ..*gabor });
    let found = orientation.half_width_deg.unwrap();
    assert!((found / half_width - 1.0).abs() < 0.05, "{found}, not {half_width}, of {gabor:?}");
    let found = frequency.bandwidth_octaves.unwrap();
    assert!((found / bandwidth - 1.0).abs() < 0.05, "{found}, not {bandwidth}, of {gabor:?}");
}

#[test]
fn planted_gabors_are_found_in_simple_and_in_complex_units() {
    let gabors = gabors();
    let mut graph = filters(SIDE, SIDE, &gabors.iter().map(|gabor| gabor.kernel(SIDE)).collect::<Vec<_>>());
    add_energy(&mut graph, 4);
    let stages = tuned(&Lab::new(graph), &["filter", "rectified", "energy"], fine());
    for (unit, gabor) in stages[1].units.iter().zip(&gabors) {
        assert_eq!(unit.kind, UnitKind::Simple);
        assert_prefers(unit, gabor, 1.0);
        let phase = unit.phase.as_ref().unwrap();
        assert!((phase.ratio.unwrap() / FRAC_PI_2 - 1.0).abs() < 0.01, "F1/F0 of a half-wave rectifier: {phase:?}");
        assert!(apart(phase.preferred_deg, gabor.phase_deg, 360.0) < 3.0, "{phase:?} of {gabor:?}");
    }
    for (unit, gabor) in stages[0].units.iter().zip(&gabors) {
        assert_prefers(unit, gabor, 1.0);
        assert_eq!(unit.phase.as_ref().unwrap().ratio, None, "a linear unit has no mean to divide by");
    }
    for (unit, gabor) in stages[2].units.iter().zip(gabors.iter().step_by(2)) {
        assert_eq!(unit.kind, UnitKind::Complex);
        assert_prefers(unit, gabor, 2.0);
        assert!(unit.phase.as_ref().unwrap().ratio.unwrap() < 0.03, "{:?}", unit.phase);
        assert!(unit.orientation.unwrap().circular_variance < 0.5);
    }
}

#[test]
fn an_unoriented_unit_is_not_selective_and_a_dead_one_is_silent() {
    let blob = on_grid(SIDE, |x, y| (-(x * x + y * y) / 18.0).exp());
    let dead = vec![0.0; SIDE * SIDE];
    let stages = tuned(&Lab::new(filters(SIDE, SIDE, &[blob, dead])), &["rectified"], GratingSettings::default());
    let [blob, dead] = stages[0].units.as_slice() else { panic!("two units") };
    let orientation = blob.orientation.unwrap();
    assert!(orientation.circular_variance > 0.99 && orientation.selectivity_index < 0.01, "{orientation:?}");
    assert_eq!(orientation.half_width_deg, None);
    assert_eq!((dead.kind, dead.peak, dead.orientation, dead.phase.clone()), (UnitKind::Silent, 0.0, None, None));
}

/// J0 by its integral.
fn bessel(x: f64) -> f64 {
    const N: usize = 400;
    (0..N).map(|at| (x * (PI * (at as f64 + 0.5) / N as f64).sin()).cos()).sum::<f64>() / N as f64
}

/// The amplitude that a disc of a grating drives a round filter to: 2π ∫ w(r) J0(2π f r) r dr up to the disc's edge.
fn disc_response(weight: impl Fn(f64) -> f64, cycles_per_px: f64, diameter: f64) -> f64 {
    const N: usize = 2000;
    let step = diameter / 2.0 / N as f64;
    let part = |r: f64| TAU * weight(r) * bessel(TAU * cycles_per_px * r) * r * step;
    (0..N).map(|at| part((at as f64 + 0.5) * step)).sum::<f64>().abs()
}

#[test]
fn a_difference_of_gaussians_is_suppressed_as_its_integral_says() {
    // Centre and surround as volumes 1 and 0.9.
    let (centre, surround, share) = (2.0_f64, 5.0_f64, 0.9);
    let gaussian = |r: f64, sigma: f64| (-r * r / (2.0 * sigma * sigma)).exp() / (TAU * sigma * sigma);
    let weight = |r: f64| gaussian(r, centre) - share * gaussian(r, surround);
    let side = 41;
    let kernel = on_grid(side, |x, y| weight(x.hypot(y)));
    let settings = GratingSettings {
        frequencies: Some((0..13).map(|step| 1.0 * 2f64.powf(f64::from(step) / 4.0)).collect()),
        measures: vec![GratingMeasure::Size],
        n_diameters: 14,
        ..GratingSettings::default()
    };
    let stages = tuned(&Lab::new(filters(side, side, &[kernel])), &["rectified"], settings);
    let (stage, unit) = (&stages[0], &stages[0].units[0]);
    // The optimum of exp(−a f²) − s exp(−b f²), a = 2π²σ²: f² = ln(s b / a) / (b − a).
    let (a, b) = (2.0 * PI * PI * centre * centre, 2.0 * PI * PI * surround * surround);
    let optimum = ((share * b / a).ln() / (b - a)).sqrt();
    let found = unit.frequency.unwrap().preferred / side as f64;
    assert!((found / optimum - 1.0).abs() < 0.04, "{found}, not {optimum}");
    // At the grating that was shown, the whole curve.
    let shown = stage.frequencies[unit.best[1]] / side as f64;
    let size = unit.size.as_ref().unwrap();
    let expected: Vec<f64> =
        stage.diameters_px.iter().map(|diameter| disc_response(weight, shown, *diameter)).collect();
    let scale = size.curve.last().unwrap() / expected.last().unwrap();
    for ((diameter, found), expected) in stage.diameters_px.iter().zip(&size.curve).zip(&expected).skip(3) {
        assert!((found / (scale * expected) - 1.0).abs() < 0.05, "{found}, not {} at {diameter} px", scale * expected);
    }
    let largest = expected.iter().copied().fold(0.0, f64::max);
    let suppression = (largest - expected.last().unwrap()) / largest;
    let found = size.tuning.unwrap();
    assert!((found.suppression_index - suppression).abs() < 0.02, "{found:?}, not {suppression}");
}

#[test]
fn a_low_frequency_shows_the_surround_of_a_difference_of_gaussians() {
    let gaussian = |r2: f64, sigma: f64| (-r2 / (2.0 * sigma * sigma)).exp() / (TAU * sigma * sigma);
    let kernel = on_grid(41, |x, y| gaussian(x * x + y * y, 1.5) - 0.9 * gaussian(x * x + y * y, 6.0));
    let settings = GratingSettings {
        frequencies: Some(vec![0.25, 0.5, 1.0]),
        measures: vec![GratingMeasure::Size],
        ..GratingSettings::default()
    };
    let stages = tuned(&Lab::new(filters(41, 41, &[kernel])), &["rectified"], settings);
    let size = stages[0].units[0].size.as_ref().unwrap().tuning.unwrap();
    assert!(size.suppression_index > 0.3 && size.preferred < 12.0, "{size:?}");
}

#[test]
fn divisive_normalisation_gives_its_semisaturation_and_an_exponent_of_2() {
    let even = Gabor { orientation_deg: 45.0, cycles_per_px: 0.2, phase_deg: 0.0, sigma_px: 4.0, offset_px: [0.0; 2] };
    let odd = Gabor { phase_deg: 90.0, ..even };
    let mut graph = filters(SIDE, SIDE, &[even.kernel(SIDE), odd.kernel(SIDE)]);
    add_energy(&mut graph, 1);
    let settings = GratingSettings { measures: vec![GratingMeasure::Contrast], ..GratingSettings::default() };
    let at_full = tuned(&Lab::new(graph.clone()), &["energy"], settings.clone())[0].units[0].peak;
    // energy / (energy + s) with s the energy at a contrast of 0.2.
    set(&mut graph, "semisaturation", &[1, 1, 1, 1], vec![(at_full * 0.04) as f32]);
    push(&mut graph, "pooled", Arc::new(Binary::Add), &["energy", "semisaturation"]);
    push(&mut graph, "normalised", Arc::new(Binary::Div), &["energy", "pooled"]);
    let stages = tuned(&Lab::new(graph), &["normalised"], settings);
    let fit = stages[0].units[0].contrast.as_ref().unwrap().fit.unwrap();
    assert!((fit.c50 / 0.2 - 1.0).abs() < 0.01 && (fit.n - 2.0).abs() < 0.02, "{fit:?}");
    assert!(fit.saturates && fit.r_squared > 0.9999, "{fit:?}");
}

#[test]
fn a_displaced_filter_is_found_where_it_lies() {
    let gabor =
        Gabor { orientation_deg: 0.0, cycles_per_px: 0.15, phase_deg: 0.0, sigma_px: 3.0, offset_px: [5.0, -3.0] };
    let settings =
        GratingSettings { measures: vec![GratingMeasure::Position], n_offsets: 17, ..GratingSettings::default() };
    let stages = tuned(&Lab::new(filters(49, SIDE, &[gabor.kernel(SIDE)])), &["rectified"], settings);
    let [across, down] = stages[0].units[0].position.clone().unwrap();
    assert!((across.preferred_px.unwrap() - 5.0).abs() < 0.7, "{across:?}");
    assert!((down.preferred_px.unwrap() + 3.0).abs() < 0.7, "{down:?}");
    assert!(across.width_px.is_some_and(|width| (4.0..14.0).contains(&width)), "{across:?}");
}

#[test]
fn every_unit_of_a_convolution_has_its_channels_tuning_and_the_phase_at_its_own_place() {
    let gabor =
        Gabor { orientation_deg: 30.0, cycles_per_px: 0.2, phase_deg: 40.0, sigma_px: 3.0, offset_px: [0.0; 2] };
    let lab = Lab::new(filters(27, 25, &[gabor.kernel(25)]));
    let settings = GratingSettings {
        measures: vec![GratingMeasure::Phase],
        frequencies: Some((0..9).map(|step| 2.7 * 2f64.powf(f64::from(step) / 4.0)).collect()),
        ..GratingSettings::default()
    };
    let probed = [lab.probed("rectified", UnitChoice::Every)];
    let stages = GratingExperiment { settings }.run(&lab.presenter(), &probed).expect("measured");
    assert_eq!(stages[0].units.len(), 9);
    for unit in &stages[0].units {
        assert!(apart(unit.orientation.unwrap().preferred_deg, 30.0, 180.0) < 1.0);
        let phase = unit.phase.as_ref().unwrap();
        assert!(apart(phase.preferred_deg, 40.0, 360.0) < 5.0, "{phase:?}");
    }
}
