//! Patterns of two-way choices: i1, i1n, i2, i2n, o1, o2.

use std::collections::BTreeMap;

use homolog::report::Cell;
use homolog_stats::behaviour::{
    ConfusionRates, DiscriminationPattern, TwoWayChoice, pattern_ceiling, pattern_consistency,
};
use homolog_stats::random::Rng;
use ndarray::Array2;
use serde_json::json;

use super::{Found, Observer, Trial, discrimination_figures, of};
use crate::exit::Failure;

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
    let (mut rows, mut listed, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    // Halves of an observer's own choices on the diagonal.
    let mut consistencies = Array2::from_elem((observers.len(), observers.len()), f64::NAN);
    for first in 0..observers.len() {
        for second in first + 1..observers.len() {
            let names = (observers[first].name.clone(), observers[second].name.clone());
            let value = pattern_consistency(&rates[first], &rates[second], pattern)
                .map_err(|problem| Failure::wrong_input(format!("{} and {}: {problem}", names.0, names.1)))?;
            rows.push(vec![Cell::name(names.0.clone()), Cell::name(names.1.clone()), Cell::number(value)]);
            consistencies[[first, second]] = value;
            consistencies[[second, first]] = value;
            listed.push(json!({ "first": names.0, "second": names.1, "value": value }));
        }
    }
    let mut ceilings = Vec::new();
    for (at, (observer, made)) in observers.iter().zip(&choices.of_observers).enumerate() {
        let rng = Rng::new(seed);
        let found = pattern_ceiling(made, &choices.truths, choices.objects.len(), pattern, (HALVINGS, &rng));
        if let Err(problem) = &found {
            notes.push(format!("{} has no consistency of half against half: {problem}", observer.name));
        }
        let found = found.ok();
        rows.push(vec![Cell::name(observer.name.clone()), Cell::text("(half against half)"), Cell::number(found)]);
        consistencies[[at, at]] = found.unwrap_or(f64::NAN);
        ceilings.push(json!({ "observer": observer.name, "value": found }));
    }
    let mut drawings = vec![discrimination_figures::consistencies(observers, &consistencies, pattern)];
    drawings.extend(discrimination_figures::patterns(observers, &rates, &choices, pattern));
    Ok(Found {
        lead: format!("{} images of {} objects.", choices.truths.len(), choices.objects.len()),
        json: json!({ "measure": pattern.name(), "objects": choices.objects, "pairs": listed, "ceilings": ceilings }),
        columns: vec!["first", "second", "consistency"],
        rows,
        notes,
        drawings,
    })
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
