//! Examples of a folder: which images drive the units of the objectives, and all channels of chosen stages.

use std::path::Path;

use homolog::inside::examples::{Example, Examples, Folder, Responses};
use homolog::inside::objective::{Objective, Quantity};
use homolog::inside::picture::Cell;
use homolog::network::checked::Stage;
use homolog::network::engine::Engine;
use homolog::progress::{Cancel, Progress};
use homolog::recording::record::{RecordError, Resources};
use homolog::stimuli::{IdStyle, Image, Preprocessing, StimulusSet};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::model::Model;
use crate::table::csv_field;

/// Shares of the images that respond less.
const QUANTILES: [f64; 3] = [0.95, 0.75, 0.5];

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) folder: &'a Path,
    pub(super) layers: Option<&'a str>,
    pub(super) n_examples: usize,
}

/// What runs.
pub(super) struct Run<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) resources: Resources,
    pub(super) progress: &'a dyn Progress,
    pub(super) cancel: &'a Cancel,
}

/// Examples of one objective's channel.
pub(super) struct OfObjective {
    /// The place of the objective in the list.
    pub(super) objective: usize,
    pub(super) cells: Vec<Cell>,
    pub(super) summary: Value,
}

/// What was found.
pub(super) struct DataExamples {
    pub(super) of_objectives: Vec<OfObjective>,
    /// All channels of all stages as CSV.
    pub(super) table: String,
}

impl DataExamples {
    pub(super) fn find(
        asked: &Asked<'_>,
        model: &Model,
        preprocessing: &Preprocessing,
        objectives: &[Objective],
        run: &Run<'_>,
    ) -> Result<Self, Failure> {
        let set =
            StimulusSet::open(asked.folder, IdStyle::default()).map_err(|problem| Failure::from_error(&problem))?;
        let stages = stages(model, asked.layers, objectives)?;
        let folder = Folder { set: &set, preprocessing, engine: run.engine, resources: run.resources };
        let all =
            folder.responses(&model.network, &stages, run.progress, run.cancel).map_err(|problem| match problem {
                homolog::inside::InsideError::Record(RecordError::Cancelled) => Failure::interrupted(),
                problem => Failure::from_error(&problem),
            })?;
        let ids: Vec<&str> = set.ids().collect();
        let mut of_objectives = Vec::new();
        for (place, objective) in objectives.iter().enumerate() {
            let Some((stage, channel)) = channel_of(objective) else { continue };
            let Ok(stage) = model.network.stage(stage) else { continue };
            let Some(responses) = all.iter().find(|responses| responses.stage.value == stage.value) else { continue };
            let Some(examples) = responses.examples(channel, asked.n_examples, &QUANTILES) else { continue };
            let cells = cells(&folder, &responses.stage, &examples, &ids)?;
            of_objectives.push(OfObjective { objective: place, cells, summary: summary(&examples, &ids) });
        }
        Ok(Self { of_objectives, table: table(&all, asked.n_examples, &ids) })
    }
}

/// The stages that were asked for, or those of the objectives.
fn stages(model: &Model, layers: Option<&str>, objectives: &[Objective]) -> Result<Vec<Stage>, Failure> {
    if let Some(layers) = layers {
        let mut stages = model.stages(layers)?;
        for stage in of_objectives(model, objectives)? {
            if stages.iter().all(|one| one.value != stage.value) {
                stages.push(stage);
            }
        }
        return Ok(stages);
    }
    let stages = of_objectives(model, objectives)?;
    if stages.is_empty() {
        return Err(Failure::wrong_input(
            "cannot tell whose examples to look for: no --objective is a channel or a unit. Pass --layers blocks, or names",
        ));
    }
    Ok(stages)
}

fn of_objectives(model: &Model, objectives: &[Objective]) -> Result<Vec<Stage>, Failure> {
    let mut stages: Vec<Stage> = Vec::new();
    for (name, _) in objectives.iter().filter_map(channel_of) {
        let stage = model.network.stage(name).map_err(|problem| Failure::from_error(&problem))?;
        if stages.iter().all(|one| one.value != stage.value) {
            stages.push(stage.clone());
        }
    }
    Ok(stages)
}

/// Stage and channel of an objective that is one channel or one unit of it.
fn channel_of(objective: &Objective) -> Option<(&str, usize)> {
    match objective.terms.as_slice() {
        [term] => match &term.quantity {
            Quantity::Channel { stage, channel } => Some((stage, *channel)),
            Quantity::Unit { stage, place } => Some((stage, *place.first()?)),
            _ => None,
        },
        _ => None,
    }
}

fn cells(folder: &Folder<'_>, stage: &Stage, examples: &Examples, ids: &[&str]) -> Result<Vec<Cell>, Failure> {
    let cell = |example: &Example, what: &str| -> Result<Cell, Failure> {
        let picture: Image = folder.crop(stage, example).map_err(|problem| Failure::from_error(&problem))?;
        let id = ids.get(example.image).copied().unwrap_or_default();
        Ok(Cell { picture, caption: vec![format!("{what} {:.3}", example.response), id.to_owned()] })
    };
    let mut cells = Vec::new();
    for example in &examples.maximal {
        cells.push(cell(example, "max")?);
    }
    for (quantile, example) in &examples.quantiles {
        cells.push(cell(example, &format!("{:.0}%", 100.0 * quantile))?);
    }
    for example in &examples.minimal {
        cells.push(cell(example, "min")?);
    }
    Ok(cells)
}

fn summary(examples: &Examples, ids: &[&str]) -> Value {
    let one = |example: &Example| {
        json!({ "stimulus_id": ids.get(example.image), "row": example.place[0], "column": example.place[1],
            "response": example.response })
    };
    let quantiles: Vec<Value> = examples
        .quantiles
        .iter()
        .map(|(quantile, example)| json!({ "quantile": quantile, "example": one(example) }))
        .collect();
    json!({ "maximal": examples.maximal.iter().map(one).collect::<Vec<_>>(),
        "minimal": examples.minimal.iter().map(one).collect::<Vec<_>>(), "quantiles": quantiles })
}

/// One line for each example of each channel.
fn table(all: &[Responses], n_examples: usize, ids: &[&str]) -> String {
    let mut text = "stage,channel,which,stimulus_id,row,column,response\n".to_owned();
    for responses in all {
        for channel in 0..responses.n_channels() {
            let Some(examples) = responses.examples(channel, n_examples, &QUANTILES) else { continue };
            let mut line = |which: &str, example: &Example| {
                let id = ids.get(example.image).copied().unwrap_or_default();
                text.push_str(&format!(
                    "{},{channel},{which},{},{},{},{}\n",
                    csv_field(&responses.stage.name),
                    csv_field(id),
                    example.place[0],
                    example.place[1],
                    example.response
                ));
            };
            examples.maximal.iter().for_each(|example| line("maximal", example));
            examples.quantiles.iter().for_each(|(quantile, example)| line(&format!("quantile {quantile}"), example));
            examples.minimal.iter().for_each(|example| line("minimal", example));
        }
    }
    text
}
