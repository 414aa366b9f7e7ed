//! What was found of one stage, whatever was measured: numbers and curves of each unit, figures, words.

use homolog::inside::probe::ProbedStage;
use homolog::report::figure::{Histogram, TuningPanel, TuningRow, TuningSheet};
use serde_json::{Map, Value, json};

/// One number or word of a unit; the same names in the same order for all units of a stage.
pub(super) type Field = (&'static str, Value);

/// A curve of a unit: its name, and (place, response) from left to right.
pub(super) struct Curve {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// What was found of one unit.
#[derive(Default)]
pub(super) struct UnitReport {
    pub(super) fields: Vec<Field>,
    pub(super) curves: Vec<Curve>,
    /// Anything else, for JSON alone.
    pub(super) further: Vec<Field>,
    /// Below its name in the sheet.
    pub(super) notes: Vec<String>,
    pub(super) panels: Vec<TuningPanel>,
}

/// What was found of one stage.
pub(super) struct StageReport {
    pub(super) probed: ProbedStage,
    pub(super) units: Vec<UnitReport>,
    /// Of the stage as a whole.
    pub(super) summary: Map<String, Value>,
    /// The same in words, for the terminal and the page.
    pub(super) findings: Vec<String>,
    /// What the columns of the sheet are.
    pub(super) columns: Vec<(String, String)>,
    /// The units that are drawn, most selective first; nothing for the first ones.
    pub(super) order: Option<Vec<usize>>,
    pub(super) histograms: Vec<Histogram>,
    /// Further tables: the end of the file's name, and CSV.
    pub(super) tables: Vec<(&'static str, String)>,
}

impl StageReport {
    pub(super) fn new(probed: &ProbedStage) -> Self {
        let unit = |at: usize| {
            let mut report = UnitReport::default();
            if let Some(unit) = probed.units.get(at) {
                report.fields = vec![
                    ("stage", json!(probed.stage.name)),
                    ("unit", json!(probed.unit_name(unit))),
                    ("channel", json!(unit.channel)),
                    ("row", json!(unit.place[0])),
                    ("column", json!(unit.place[1])),
                ];
            }
            report
        };
        Self {
            units: (0..probed.units.len()).map(unit).collect(),
            probed: probed.clone(),
            summary: Map::new(),
            findings: Vec::new(),
            columns: Vec::new(),
            order: None,
            histograms: Vec::new(),
            tables: Vec::new(),
        }
    }

    /// What a unit is called.
    pub(super) fn unit_name(&self, unit: usize) -> String {
        self.probed.units.get(unit).map(|unit| self.probed.unit_name(unit)).unwrap_or_default()
    }

    /// A column of the sheet, with one panel for each unit.
    pub(super) fn add_panels(&mut self, title: &str, axis: &str, panels: Vec<TuningPanel>) {
        self.columns.push((title.to_owned(), axis.to_owned()));
        for (unit, panel) in self.units.iter_mut().zip(panels) {
            unit.panels.push(panel);
        }
    }

    /// A histogram of a number of the units; none where no unit has it.
    pub(super) fn add_histogram(&mut self, title: &str, axis: &str, range: (f64, f64), values: Vec<Option<f64>>) {
        if values.iter().flatten().next().is_none() {
            return;
        }
        self.histograms.push(Histogram {
            description: format!("{title} of the units of {}", self.probed.stage.name),
            title: title.to_owned(),
            horizontal: axis.to_owned(),
            values: values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
            range,
            colour: self.histograms.len() % 3,
            counted: "units".to_owned(),
        });
    }

    /// The sheet of the units that are drawn; none where nothing can be.
    pub(super) fn sheet(&self, n: usize) -> Option<TuningSheet> {
        let order: Vec<usize> = match &self.order {
            Some(order) => order.iter().copied().take(n).collect(),
            None => (0..self.units.len().min(n)).collect(),
        };
        if order.is_empty() || self.columns.is_empty() {
            return None;
        }
        let row = |at: usize| {
            let unit = self.units.get(at)?;
            Some(TuningRow { name: self.unit_name(at), notes: unit.notes.clone(), panels: unit.panels.clone() })
        };
        let which = if self.order.is_some() { "most selective" } else { "first" };
        Some(TuningSheet {
            description: format!("Tuning of {} units of {}", order.len(), self.probed.stage.name),
            title: format!("{}: the {} {which} of {} units", self.probed.stage.name, order.len(), self.units.len()),
            columns: self.columns.clone(),
            rows: order.into_iter().filter_map(row).collect(),
        })
    }

    pub(super) fn json(&self) -> Value {
        let unit = |unit: &UnitReport| {
            let mut object: Map<String, Value> = unit
                .fields
                .iter()
                .chain(&unit.further)
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect();
            let curve = |curve: &Curve| {
                let (places, responses): (Vec<f64>, Vec<f64>) = curve.points.iter().copied().unzip();
                (curve.name.to_owned(), json!({ "at": places, "response": responses }))
            };
            object.insert("curves".to_owned(), Value::Object(unit.curves.iter().map(curve).collect()));
            Value::Object(object)
        };
        json!({
            "stage": self.probed.stage.name,
            "theoretical_field_px": self.probed.field_px,
            "field_centre_px": self.probed.centre_px(),
            "summary": self.summary,
            "units": self.units.iter().map(unit).collect::<Vec<_>>(),
        })
    }
}

/// A number for a table: nothing where there is none or it is not finite.
pub(super) fn number(value: Option<f64>) -> Value {
    value.filter(|value| value.is_finite()).map_or(Value::Null, |value| json!(value))
}
