//! Share of right answers of each observer, and the confusions.

use homolog::report::Cell;
use homolog_stats::behaviour::{confusion, mean_accuracy};
use serde_json::json;

use super::{Found, Observer, of};
use crate::confusions::confusion_drawing;
use crate::exit::Failure;

pub(super) fn found(observers: &[Observer]) -> Result<Found, Failure> {
    let mut rows = Vec::new();
    let mut listed = Vec::new();
    let mut all = (Vec::new(), Vec::new());
    for observer in observers {
        let truths: Vec<&str> = observer.trials.iter().map(|trial| trial.truth.as_str()).collect();
        let answers: Vec<&str> = observer.trials.iter().map(|trial| trial.answer.as_str()).collect();
        let value = mean_accuracy(&truths, &answers).map_err(of(observer))?;
        rows.push(vec![Cell::name(observer.name.clone()), Cell::number(value), Cell::count(truths.len())]);
        listed.push(json!({ "observer": observer.name, "value": value, "n_trials": truths.len() }));
        all.0.extend(truths);
        all.1.extend(answers);
    }
    let counts = confusion(&all.0, &all.1).map_err(|problem| Failure::from_error(&problem))?;
    Ok(Found {
        lead: format!("{} observers, {} trials.", observers.len(), all.0.len()),
        json: json!({ "measure": "accuracy", "observers": listed, "categories": counts.names,
            "confusion": counts.counts.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>() }),
        columns: vec!["observer", "accuracy", "trials"],
        rows,
        notes: Vec::new(),
        drawings: vec![confusion_drawing(
            &counts.names,
            counts.counts.view(),
            "answered",
            "Confusions of all observers together; each row adds up to 1.".to_owned(),
        )],
    })
}
