//! What `homolog probe` leaves: a table of units, their curves, sheets of the most selective, a page, and how to make it again.

use std::io::Write as _;

use homolog::recording::record::budget::peak_resident_bytes;
use homolog::report::figure::Figure;
use homolog::report::{Cell, Document, Table as PageTable};
use serde_json::{Value, json};

use super::Bench;
use super::measure::Measures;
use super::rescoring::{Rescored, file_stem};
use super::stage_report::StageReport;
use crate::exit::Failure;
use crate::pictures::{PictureFolder, provenance};
use crate::table::{Align, Table, printed};

/// Width of a sheet for each of its columns, and for the names.
const COLUMN_PX: f64 = 118.0;
const NAMES_PX: f64 = 130.0;

/// Width of a histogram.
const HISTOGRAM_PX: f64 = 250.0;

/// Everything that was found.
pub(super) struct Output<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) measures: &'a Measures,
    pub(super) reports: &'a [StageReport],
    pub(super) rescored: Option<&'a Rescored>,
}

impl Output<'_> {
    /// Writes everything, and prints what was found or the JSON.
    pub(super) fn write(&self, as_json: bool) -> Result<(), Failure> {
        let out = PictureFolder::at(&self.bench.probe.out);
        let stems = self.stems();
        let mut pictures = Vec::new();
        let has_units = !self.measures.is_empty();
        if has_units {
            out.put("units.csv", units_table(self.reports).as_bytes())?;
        }
        if self.reports.iter().any(|report| report.units.iter().any(|unit| !unit.curves.is_empty())) {
            out.put("curves.csv", curves_table(self.reports).as_bytes())?;
        }
        for (report, stem) in self.reports.iter().zip(&stems) {
            if let Some(figure) = self.sheet(report) {
                put_figure(&out, &format!("{stem}-units"), &figure)?;
                pictures.push(format!("{stem}-units.png"));
            }
            for (name, table) in &report.tables {
                out.put(&format!("{stem}-{name}.csv"), table.as_bytes())?;
            }
        }
        let json = self.json(&pictures);
        out.put("probe.json", format!("{json:#}\n").as_bytes())?;
        self.page().write(&out.path().join("report.html")).map_err(|problem| Failure::from_error(&problem))?;
        if as_json {
            return printed(|to| writeln!(to, "{json:#}"));
        }
        printed(|to| {
            for report in self.reports {
                for finding in &report.findings {
                    writeln!(to, "{}: {finding}", report.probed.stage.name)?;
                }
            }
            if let Some(rescored) = self.rescored {
                effects_table(rescored).write(to)?;
            }
            writeln!(to, "\nin {}: report.html", out.path().display())
        })
    }

    /// A file name for each stage, no two the same.
    fn stems(&self) -> Vec<String> {
        let mut stems: Vec<String> = Vec::new();
        for report in self.reports {
            let plain = file_stem(&report.probed.stage.name);
            let mut stem = plain.clone();
            let mut number = 2;
            while stems.iter().any(|taken| taken.eq_ignore_ascii_case(&stem)) {
                stem = format!("{plain}-{number}");
                number += 1;
            }
            stems.push(stem);
        }
        stems
    }

    fn sheet(&self, report: &StageReport) -> Option<Figure> {
        let sheet = report.sheet(self.bench.probe.drawn)?;
        let width = NAMES_PX + COLUMN_PX * sheet.columns.len() as f64;
        Some(sheet.figure(width))
    }

    fn json(&self, pictures: &[String]) -> Value {
        let mut report = provenance("probe", self.bench.model, self.bench.preprocessing);
        let own = json!({
            "settings": self.bench.settings(self.measures),
            "pictures": pictures,
            "peak_resident_bytes": peak_resident_bytes(),
            "rescored": self.rescored.map(Rescored::json),
            "stages": if self.measures.is_empty() { Vec::new() } else { self.reports.iter().map(StageReport::json).collect() },
        });
        report.extend(own.as_object().cloned().unwrap_or_default());
        report.into()
    }

    fn page(&self) -> Document {
        let mut page = Document::new(format!("Units of {}", self.bench.model.name), command_line());
        page.lead(format!(
            "Measured on {} stages: {}.",
            self.reports.len(),
            if self.measures.is_empty() { "lesions and gains".to_owned() } else { self.measures.names().join(", ") }
        ));
        if let Some(rescored) = self.rescored {
            page.section("Lesions and gains");
            let mut table = PageTable::new(["change", "of", "before", "after"]);
            for change in &rescored.changes {
                for (of, before, after) in &change.effects {
                    table.push([Cell::name(&change.what), Cell::text(of), Cell::number(*before), Cell::number(*after)]);
                }
            }
            page.table(table);
        }
        for report in self.reports.iter().filter(|report| !report.findings.is_empty()) {
            page.section(&report.probed.stage.name);
            report.findings.iter().for_each(|finding| page.paragraph(&sentence(finding)));
            let histograms: Vec<Figure> =
                report.histograms.iter().map(|histogram| histogram.figure(HISTOGRAM_PX)).collect();
            if !histograms.is_empty() {
                page.figures(&histograms, "All units; the line is the median.");
            }
            if let Some(figure) = self.sheet(report) {
                page.figures(&[figure], SHEET_CAPTION);
            }
            page.table(selective_table(report, self.bench.probe.drawn));
        }
        let settings = self.bench.settings(self.measures);
        for (name, value) in settings.as_object().into_iter().flatten() {
            page.provenance(name.replace('_', " "), value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
        if let Some(sha256) = &self.bench.model.weights_sha256 {
            page.provenance("weights sha256", sha256.clone());
        }
        page
    }
}

/// What a reader needs to know of a sheet.
const SHEET_CAPTION: &str = "A row for each unit; its curves share one vertical scale, from 0 to its largest response, which is also the \
    circle of the orientations. Responses are those above a blank: the mean over phases for complex units, the amplitude of their modulation \
    for simple ones. Dashed: what the unit prefers; of contrast, c50 of the fitted hyperbolic ratio (orange). Maps: blue is less, orange more \
    response to light, the black frame the theoretical receptive field.";

fn put_figure(out: &PictureFolder<'_>, stem: &str, figure: &Figure) -> Result<(), Failure> {
    out.put(&format!("{stem}.svg"), figure.standalone().as_bytes())?;
    let png = figure.png().map_err(|problem| Failure::from_error(&problem))?;
    out.put(&format!("{stem}.png"), &png)
}

/// One line for each unit of each stage; stages that lack a number leave it empty.
fn units_table(reports: &[StageReport]) -> String {
    let mut names: Vec<&'static str> = Vec::new();
    for (name, _) in reports.iter().filter_map(|report| report.units.first()).flat_map(|unit| &unit.fields) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let mut text = names.join(",") + "\n";
    for unit in reports.iter().flat_map(|report| &report.units) {
        let cell = |name: &&str| {
            unit.fields.iter().find(|(known, _)| known == name).map_or_else(String::new, |(_, value)| plain(value))
        };
        text.push_str(&(names.iter().map(cell).collect::<Vec<_>>().join(",") + "\n"));
    }
    text
}

/// One line for each point of each curve.
fn curves_table(reports: &[StageReport]) -> String {
    let mut text = "stage,unit,curve,at,response\n".to_owned();
    for report in reports {
        for (at, unit) in report.units.iter().enumerate() {
            let (stage, name) = (quoted(&report.probed.stage.name), quoted(&report.unit_name(at)));
            for curve in &unit.curves {
                for (place, response) in &curve.points {
                    text.push_str(&format!("{stage},{name},{},{place},{response}\n", curve.name));
                }
            }
        }
    }
    text
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => quoted(text),
        other => other.to_string(),
    }
}

/// A field of CSV, in quotes where it has to be.
pub(super) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Columns of the units' numbers on the page: a reader takes in no more.
const PAGE_COLUMNS: usize = 9;

fn selective_table(report: &StageReport, n: usize) -> PageTable {
    const SHOWN: [&str; 18] = [
        "kind",
        "orientation_deg",
        "circular_variance",
        "half_width_deg",
        "frequency_cycles_per_image",
        "frequency_bandwidth_octaves",
        "f1_f0",
        "suppression_index",
        "lifetime_sparseness_vinje_gallant",
        "best_category",
        "category_d_prime",
        "category_fdr",
        "best_concept",
        "concept_conjunction_fdr",
        "position_rank_correlation",
        "size_rank_correlation",
        "pose_rank_correlation",
        "c50",
    ];
    let has =
        |name: &&&str| report.units.first().is_some_and(|unit| unit.fields.iter().any(|(known, _)| known == *name));
    let shown: Vec<&str> = SHOWN.iter().filter(has).take(PAGE_COLUMNS).copied().collect();
    let mut table =
        PageTable::new(std::iter::once("unit").chain(shown.iter().copied()).map(|name| name.replace('_', " ")));
    let order: Vec<usize> = report.order.clone().unwrap_or_else(|| (0..report.units.len()).collect());
    for at in order.into_iter().take(n.max(1)) {
        let Some(unit) = report.units.get(at) else { continue };
        let cell = |name: &&str| match unit.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value) {
            Some(Value::String(text)) => Cell::text(text),
            Some(value) => Cell::number(value.as_f64()),
            None => Cell::number(None),
        };
        table.push(std::iter::once(Cell::name(report.unit_name(at))).chain(shown.iter().map(cell)));
    }
    table
}

fn effects_table(rescored: &Rescored) -> Table {
    let mut table =
        Table::new(&[("change", Align::Left), ("of", Align::Left), ("before", Align::Right), ("after", Align::Right)]);
    let shown = |value: &Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.4}"));
    for change in &rescored.changes {
        for (of, before, after) in &change.effects {
            table.row(vec![change.what.clone(), of.clone(), shown(before), shown(after)]);
        }
    }
    table
}

/// Words with a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// The command as the user gave it, without where the program lies.
fn command_line() -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("homolog".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
