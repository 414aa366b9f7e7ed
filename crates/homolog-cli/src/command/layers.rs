//! `homolog layers`: what can be recorded from a network.

use std::io::Write as _;

use clap::Args;
use homolog::network::checked::Stage;
use homolog::network::engine::burn::Burn;
use homolog::network::receptive_field::ReceptiveField;
use homolog::progress::Cancel;
use serde_json::json;

use crate::exit::Failure;
use crate::model::Model;
use crate::progress::Bars;
use crate::table::{Align, Table, printed};

/// List the stages of a network: operator, output shape, parameters, and the receptive field of one unit in pixels of the input
#[derive(Args)]
pub(crate) struct Layers {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// Only these: `all`, `blocks`, or names and patterns with commas between
    #[arg(long, value_name = "NAMES", default_value = "all")]
    layers: String,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Layers {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let model = Model::load(&self.model, &Burn::cpu(), &Bars::new(), &Cancel::default())?;
        let stages = model.stages(&self.layers)?;
        if self.json {
            let stages: Vec<_> = stages.iter().map(as_json).collect();
            let object = json!({ "schema": "homolog.layers/1", "model": model.name, "stages": stages });
            return printed(|out| writeln!(out, "{object:#}"));
        }
        printed(|out| as_table(&stages).write(out))
    }
}

fn as_table(stages: &[Stage]) -> Table {
    let mut table = Table::new(&[
        ("stage", Align::Left),
        ("operator", Align::Left),
        ("output", Align::Right),
        ("parameters", Align::Right),
        ("field px", Align::Right),
        ("stride px", Align::Right),
        ("centre px", Align::Right),
    ]);
    for stage in stages {
        let field = stage.receptive_field.as_ref();
        let shown = |show: fn(&ReceptiveField) -> String| field.map_or_else(|| "–".to_owned(), show);
        table.row(vec![
            stage.name.clone(),
            stage.operator.to_owned(),
            stage.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
            stage.n_parameters.to_string(),
            shown(|field| pair(&field.size_px)),
            shown(|field| pair(&field.stride_px)),
            shown(|field| pair(&field.centre_px)),
        ]);
    }
    table
}

/// Height and width, or one number where they agree.
fn pair<T: PartialEq + ToString>(values: &[T; 2]) -> String {
    let [height, width] = values;
    if height == width { height.to_string() } else { format!("{}×{}", height.to_string(), width.to_string()) }
}

fn as_json(stage: &Stage) -> serde_json::Value {
    json!({
        "name": stage.name,
        "aliases": stage.aliases,
        "operator": stage.operator,
        "value": stage.value,
        "shape": stage.shape,
        "n_units": stage.n_units(),
        "n_parameters": stage.n_parameters,
        "receptive_field": stage.receptive_field.as_ref().map(|field| json!({
            "size_px": field.size_px, "stride_px": field.stride_px, "centre_px": field.centre_px,
        })),
    })
}
