//! Kappa of each pair of observers, with its ceiling.

use homolog::report::Cell;
use homolog::report::figure::{ColourMap, LabelledMatrix};
use homolog_stats::behaviour::{ScoredTrial, error_consistency_between, error_consistency_ceiling};
use ndarray::Array2;
use serde_json::json;

use super::{Found, Observer, Trial};
use crate::exit::Failure;
use crate::showing::Drawing;

pub(super) fn found(observers: &[Observer]) -> Result<Found, Failure> {
    let scored = |observer: &Observer| {
        let trial = |trial: &Trial| ScoredTrial {
            condition: trial.condition.clone(),
            image: trial.image.clone(),
            correct: trial.truth == trial.answer,
        };
        observer.trials.iter().map(trial).collect::<Vec<_>>()
    };
    let trials: Vec<Vec<ScoredTrial>> = observers.iter().map(scored).collect();
    let n = observers.len();
    let mut values = Array2::from_elem((n, n), f64::NAN);
    let (mut rows, mut listed) = (Vec::new(), Vec::new());
    for first in 0..n {
        for second in first + 1..n {
            let found = error_consistency_between(&trials[first], &trials[second]).map_err(|problem| {
                Failure::wrong_input(format!("{} and {}: {problem}", observers[first].name, observers[second].name))
            })?;
            let kappa = found.iter().map(|one| one.kappa).sum::<f64>() / found.len().max(1) as f64;
            values[[first, second]] = kappa;
            values[[second, first]] = kappa;
            let names = (observers[first].name.clone(), observers[second].name.clone());
            rows.push(vec![Cell::name(names.0.clone()), Cell::name(names.1.clone()), Cell::number(kappa)]);
            listed.push(json!({ "first": names.0, "second": names.1, "kappa": kappa,
                "of_conditions": found.iter().map(|one| json!({ "condition": one.condition, "kappa": one.kappa,
                    "n_trials": one.n_trials })).collect::<Vec<_>>() }));
        }
    }
    let of_first: Vec<Vec<ScoredTrial>> = observers
        .iter()
        .zip(&trials)
        .filter(|(observer, _)| observer.file == 0)
        .map(|(_, trials)| trials.clone())
        .collect();
    let ceiling = if of_first.len() > 1 {
        Some(error_consistency_ceiling(&of_first).map_err(|problem| Failure::from_error(&problem))?)
    } else {
        None
    };
    let names: Vec<String> = observers.iter().map(|observer| observer.name.clone()).collect();
    let matrix = LabelledMatrix {
        description: "Error consistency of each pair of observers".to_owned(),
        rows: String::new(),
        columns: String::new(),
        row_names: names.clone(),
        column_names: names,
        values,
        range: (0.0, 1.0),
        map: ColourMap::Viridis,
        value: "kappa".to_owned(),
        decimals: 2,
    };
    Ok(Found {
        lead: ceiling.map_or_else(String::new, |ceiling| {
            format!("Ceiling, mean over pairs of the {} observers of the first file: {ceiling:.5}.", of_first.len())
        }),
        json: json!({ "measure": "error-consistency", "ceiling": ceiling, "pairs": listed }),
        columns: vec!["first", "second", "kappa"],
        rows,
        notes: Vec::new(),
        drawings: vec![Drawing {
            name: "kappa",
            caption: "Error consistency (kappa) of each pair of observers, mean over conditions.".to_owned(),
            draw: Box::new(move |width| matrix.figure(width)),
        }],
    })
}
