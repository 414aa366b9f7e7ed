//! Shape decisions over shape and texture decisions.

use homolog::report::Cell;
use homolog::report::figure::{Bar, BarChart, PairMarks};
use homolog_stats::behaviour::{CueConflictTrial, shape_bias};
use serde_json::json;

use super::{Found, Observer, Trial, of};
use crate::exit::Failure;
use crate::showing::Drawing;

pub(super) fn found(observers: &[Observer]) -> Result<Found, Failure> {
    let (mut rows, mut listed, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    for observer in observers {
        let trial = |trial: &'_ Trial| (trial.shape.clone(), trial.texture.clone(), trial.answer.clone());
        let texts: Vec<(String, String, String)> = observer.trials.iter().map(trial).collect();
        let trials: Vec<CueConflictTrial<'_>> =
            texts.iter().map(|(shape, texture, answer)| CueConflictTrial { shape, texture, answer }).collect();
        let found = shape_bias(&trials).map_err(of(observer))?;
        rows.push(vec![
            Cell::name(observer.name.clone()),
            Cell::number(found.value),
            Cell::count(found.n_shape),
            Cell::count(found.n_texture),
        ]);
        listed.push(json!({ "observer": observer.name, "value": found.value, "n_shape": found.n_shape,
            "n_texture": found.n_texture, "n_conflicts": found.n_conflicts }));
        bars.push(Bar {
            name: observer.name.clone(),
            value: Some(found.value),
            interval: None,
            subjects: Vec::new(),
            colour: observer.file,
        });
    }
    let chart = BarChart {
        description: "Shape bias of each observer".to_owned(),
        vertical: "shape decisions / (shape + texture decisions)".to_owned(),
        bars,
        ceiling: None,
        different: Vec::new(),
        pair_marks: PairMarks::Automatic,
        mark_rows: Vec::new(),
    };
    Ok(Found {
        lead: String::new(),
        json: json!({ "measure": "shape-bias", "observers": listed }),
        columns: vec!["observer", "shape bias", "shape", "texture"],
        rows,
        notes: Vec::new(),
        drawings: vec![Drawing {
            name: "shape-bias",
            caption: "Shape decisions as a share of shape and texture decisions on images whose cues conflict."
                .to_owned(),
            draw: Box::new(move |width| chart.figure(width)),
        }],
    })
}
