//! Patterns of two-way choices: i1, i1n, i2, i2n, o1, o2.

use std::collections::BTreeMap;

use homolog::report::Cell;
use homolog::report::figure::{Band, Bar, BarChart, PairMarks};
use homolog_stats::behaviour::{
    ConfusionRates, DiscriminationPattern, TwoWayChoice, pattern_ceiling, pattern_consistency,
};
use homolog_stats::random::Rng;
use serde_json::json;

use super::{Found, Observer, Trial, discrimination_figures, of};
use crate::exit::Failure;
use crate::showing::Drawing;

/// Random halvings for the ceiling of a pattern, as in Rajalingham et al. (2018).
const HALVINGS: usize = 10;

pub(super) fn found(observers: &[Observer], pattern: DiscriminationPattern, seed: u64) -> Result<Found, Failure> {
    let choices = Choices::of(observers)?;
    let rates = observers
        .iter()
        .zip(&choices.of_observers)
        .map(|(observer, made)| {
            ConfusionRates::from_choices(made, &choices.truths, choices.objects.len()).map_err(of(observer))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let (mut rows, mut listed, mut bars, mut notes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut bar = |name: String, value: Option<f64>, colour| {
        bars.push(Bar { name, value, interval: None, subjects: Vec::new(), colour });
    };
    for first in 0..observers.len() {
        for second in first + 1..observers.len() {
            let names = (observers[first].name.clone(), observers[second].name.clone());
            let value = pattern_consistency(&rates[first], &rates[second], pattern)
                .map_err(|problem| Failure::wrong_input(format!("{} and {}: {problem}", names.0, names.1)))?;
            rows.push(vec![Cell::name(names.0.clone()), Cell::name(names.1.clone()), Cell::number(value)]);
            bar(format!("{} \u{2013} {}", names.0, names.1), Some(value), 0);
            listed.push(json!({ "first": names.0, "second": names.1, "value": value }));
        }
    }
    let mut ceilings = Vec::new();
    for (observer, made) in observers.iter().zip(&choices.of_observers) {
        let rng = Rng::new(seed);
        let found = pattern_ceiling(made, &choices.truths, choices.objects.len(), pattern, (HALVINGS, &rng));
        if let Err(problem) = &found {
            notes.push(format!("{} has no consistency of half against half: {problem}", observer.name));
        }
        let found = found.ok();
        rows.push(vec![Cell::name(observer.name.clone()), Cell::text("(half against half)"), Cell::number(found)]);
        bar(format!("{}, halves", observer.name), found, 1);
        ceilings.push(found);
    }
    let names_of_ceilings = observers.iter().zip(&ceilings);
    let listed_ceilings: Vec<_> =
        names_of_ceilings.map(|(observer, value)| json!({ "observer": observer.name, "value": value })).collect();
    let mut drawings = vec![consistencies(bars, ceiling_of_first(observers, &ceilings), pattern)];
    drawings.extend(discrimination_figures::patterns(observers, &rates, &choices, pattern));
    Ok(Found {
        lead: format!("{} images of {} objects.", choices.truths.len(), choices.objects.len()),
        json: json!({ "measure": pattern.name(), "objects": choices.objects, "pairs": listed, "ceilings": listed_ceilings }),
        columns: vec!["first", "second", "consistency"],
        rows,
        notes,
        drawings,
    })
}

/// From the least to the greatest consistency of half against half among the observers of the first file.
fn ceiling_of_first(observers: &[Observer], ceilings: &[Option<f64>]) -> Option<Band> {
    let of_first = observers.iter().zip(ceilings).filter(|(observer, _)| observer.file == 0);
    let values = of_first.filter_map(|(_, value)| *value);
    let (low, high) =
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    (low <= high).then(|| Band { name: "half against half".to_owned(), low, high })
}

fn consistencies(bars: Vec<Bar>, ceiling: Option<Band>, pattern: DiscriminationPattern) -> Drawing {
    let chart = BarChart {
        description: format!("Consistency of {} patterns", pattern.name()),
        vertical: format!("consistency of {} (Pearson\u{2019}s r)", pattern.name()),
        bars,
        ceiling,
        different: Vec::new(),
        pair_marks: PairMarks::Automatic,
        mark_rows: Vec::new(),
    };
    Drawing {
        name: "consistency",
        caption: "Correlation of the patterns of each pair of observers (blue), and of two random halves of the choices of each (orange); the \
                  band is that of the observers of the first file, not corrected for its length."
            .to_owned(),
        draw: Box::new(move |width| chart.figure(width)),
    }
}

/// Two-way choices with images and objects numbered alike for all observers.
pub(super) struct Choices {
    pub(super) objects: Vec<String>,
    pub(super) truths: Vec<usize>,
    /// The name of each image.
    pub(super) images: Vec<String>,
    of_observers: Vec<Vec<TwoWayChoice>>,
}

impl Choices {
    fn of(observers: &[Observer]) -> Result<Self, Failure> {
        let all = || observers.iter().flat_map(|observer| &observer.trials);
        let mut objects: Vec<String> =
            all().flat_map(|trial| [trial.truth.clone(), trial.distractor.clone()]).collect();
        objects.sort();
        objects.dedup();
        let number: BTreeMap<&str, usize> =
            objects.iter().enumerate().map(|(object, name)| (name.as_str(), object)).collect();
        let mut images: BTreeMap<&str, usize> = BTreeMap::new();
        let mut truths = Vec::new();
        for trial in all() {
            let next = images.len();
            let image = *images.entry(trial.image.as_str()).or_insert(next);
            let truth = number.get(trial.truth.as_str()).copied().unwrap_or_default();
            if image == truths.len() {
                truths.push(truth);
            } else if truths.get(image) != Some(&truth) {
                return Err(Failure::wrong_input(format!("image \"{}\" has two right answers", trial.image)));
            }
        }
        let choice = |trial: &Trial| TwoWayChoice {
            image: images.get(trial.image.as_str()).copied().unwrap_or_default(),
            distractor: number.get(trial.distractor.as_str()).copied().unwrap_or_default(),
            chose_distractor: trial.answer == trial.distractor,
        };
        let of_observers = observers.iter().map(|observer| observer.trials.iter().map(choice).collect()).collect();
        let mut names = vec![String::new(); truths.len()];
        for (name, image) in &images {
            (*name).clone_into(&mut names[*image]);
        }
        drop(images);
        Ok(Self { truths, of_observers, images: names, objects: objects.clone() })
    }
}
