//! Threshold and width against the condition, which is a level.

use homolog::report::Cell;
use homolog::report::figure::{Curve, CurveChart, CurvePoint, Reference, Spacing};
use homolog_stats::behaviour::{LapseRate, PsychometricData, PsychometricSettings, psychometric_threshold_interval};
use homolog_stats::random::Rng;
use serde_json::json;

use super::{Behave, Found, Observer, of};
use crate::exit::Failure;
use crate::showing::Drawing;

/// Right answers and trials of an observer at each level, ascending.
struct Levels {
    levels: Vec<f64>,
    n_correct: Vec<u32>,
    n_trials: Vec<u32>,
}

pub(super) fn found(behave: &Behave, observers: &[Observer]) -> Result<Found, Failure> {
    let categories: std::collections::BTreeSet<&str> =
        observers.iter().flat_map(|observer| &observer.trials).map(|trial| trial.truth.as_str()).collect();
    let guess_rate = behave.guess_rate.unwrap_or(1.0 / categories.len().max(1) as f64);
    let settings = PsychometricSettings { shape: behave.function, guess_rate, lapse_rate: LapseRate::Fitted };
    let (mut rows, mut listed, mut curves) = (Vec::new(), Vec::new(), Vec::new());
    for (number, observer) in observers.iter().enumerate() {
        let Levels { levels, n_correct, n_trials } = levels(observer)?;
        let data = PsychometricData { levels: &levels, n_correct: &n_correct, n_trials: &n_trials };
        let rng = Rng::new(behave.seed).stream(number as u64);
        let found =
            psychometric_threshold_interval(&data, &settings, (behave.samples, 0.95), &rng).map_err(of(observer))?;
        let fit = &found.fit;
        rows.push(vec![
            Cell::name(observer.name.clone()),
            Cell::number(fit.threshold),
            Cell::Interval(Some((found.lower, found.upper))),
            Cell::number(fit.width),
            Cell::number(fit.lapse_rate),
            Cell::number(fit.deviance),
        ]);
        listed.push(json!({ "observer": observer.name, "threshold": fit.threshold, "lower": found.lower,
            "upper": found.upper, "error": found.standard_error, "width": fit.width, "guess_rate": fit.guess_rate,
            "lapse_rate": fit.lapse_rate, "deviance": fit.deviance, "levels": levels, "n_correct": n_correct,
            "n_trials": n_trials }));
        let ends = levels
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), level| (low.min(*level), high.max(*level)));
        let place = |at: usize| ends.0 + (ends.1 - ends.0) * at as f64 / 100.0;
        curves.push(Curve {
            name: observer.name.clone(),
            line: (0..=100).map(|at| (place(at), fit.share_correct(place(at)))).collect(),
            points: (0..levels.len())
                .map(|at| CurvePoint {
                    place: levels[at],
                    value: f64::from(n_correct[at]) / f64::from(n_trials[at]),
                    interval: None,
                })
                .collect(),
            ..Curve::default()
        });
    }
    let chart = CurveChart {
        description: "Share of right answers against the level".to_owned(),
        title: String::new(),
        vertical: "share of right answers".to_owned(),
        horizontal: behave.condition.clone(),
        spacing: Spacing::Linear,
        range: Some((0.0, 1.0)),
        curves,
        ceiling: Vec::new(),
        references: vec![Reference::Level { value: guess_rate, name: "chance".to_owned() }],
    };
    Ok(Found {
        lead: format!(
            "{}, guess rate {guess_rate:.4}, lapse rate fitted, 95% bootstrap intervals.",
            behave.function.name()
        ),
        json: json!({ "measure": "psychometric", "function": behave.function.name(), "observers": listed }),
        columns: vec!["observer", "threshold", "interval", "width", "lapses", "deviance"],
        rows,
        notes: Vec::new(),
        drawings: vec![Drawing {
            name: "psychometric",
            caption: "Share of right answers at each level, and the fitted function.".to_owned(),
            draw: Box::new(move |width| chart.figure(width)),
        }],
    })
}

/// Levels, ascending, with right answers and trials.
fn levels(observer: &Observer) -> Result<Levels, Failure> {
    let mut counts: Vec<(f64, u32, u32)> = Vec::new();
    for trial in &observer.trials {
        // Conditions such as "c05" or "0.35" hold one number.
        let digits = trial.condition.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        let level: f64 = digits.parse().map_err(|_| {
            Failure::wrong_input(format!(
                "the condition \"{}\" of {} is no number; name the column of levels with --condition",
                trial.condition, observer.name
            ))
        })?;
        let at = counts.iter().position(|(known, ..)| *known == level).unwrap_or_else(|| {
            counts.push((level, 0, 0));
            counts.len() - 1
        });
        counts[at].1 += u32::from(trial.truth == trial.answer);
        counts[at].2 += 1;
    }
    counts.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Levels {
        levels: counts.iter().map(|one| one.0).collect(),
        n_correct: counts.iter().map(|one| one.1).collect(),
        n_trials: counts.iter().map(|one| one.2).collect(),
    })
}
