//! What a command of statistics shows: a table or JSON on standard output, figures, a page.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use homolog::report::figure::Figure;
use homolog::report::{Cell, Document, Table as PageTable};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::table::{Align, Table, printed};

/// Width of a saved figure in pixels before it is doubled for PNG: two columns of a journal.
const FIGURE_PX: f64 = 640.0;

/// What a command of statistics shows besides its table.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Showing")]
pub(crate) struct ShowOptions {
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Save the figures: the name ends in .svg or .png; further figures get their own name before the ending
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Write a page with figures, tables and where the numbers come from
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// A figure of an outcome.
pub(crate) struct Drawing {
    /// What is put into the name of its file, after the first.
    pub(crate) name: &'static str,
    /// What stands below it.
    pub(crate) caption: String,
    /// Draws it at a width.
    pub(crate) draw: Box<dyn Fn(f64) -> Figure>,
}

/// What a command found.
pub(crate) struct Outcome {
    /// Name and version of the JSON object: `homolog.infer/1`.
    pub(crate) schema: &'static str,
    /// The heading of the page.
    pub(crate) title: String,
    /// What was found, in a sentence or two.
    pub(crate) lead: String,
    /// Everything, for programs.
    pub(crate) json: Value,
    /// Names of the table's columns.
    pub(crate) columns: Vec<&'static str>,
    /// Its rows.
    pub(crate) rows: Vec<Vec<Cell>>,
    /// What has to be known beside the numbers: what was left out, what was done instead.
    pub(crate) notes: Vec<String>,
    /// Figures, the main one first.
    pub(crate) drawings: Vec<Drawing>,
    /// What determined the numbers.
    pub(crate) provenance: Vec<(String, String)>,
}

impl ShowOptions {
    /// Shows `outcome` in every way that was asked for.
    pub(crate) fn show(&self, outcome: &Outcome) -> Result<(), Failure> {
        for (at, drawing) in outcome.drawings.iter().enumerate() {
            if let Some(plot) = &self.plot {
                let place = if at == 0 { plot.clone() } else { beside(plot, drawing.name) };
                (drawing.draw)(FIGURE_PX).save(&place).map_err(|problem| Failure::from_error(&problem))?;
            }
        }
        if self.plot.is_some() && outcome.drawings.is_empty() {
            return Err(Failure::wrong_input("there is no figure of this result; leave --plot away"));
        }
        if let Some(report) = &self.report {
            outcome.page().write(report).map_err(|problem| Failure::from_error(&problem))?;
        }
        if self.json { outcome.print_json() } else { outcome.print_table(self) }
    }
}

/// `figures/rdm.png` and `mds` give `figures/rdm-mds.png`.
fn beside(path: &Path, name: &str) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
    path.with_file_name(format!("{stem}-{name}.{ending}"))
}

impl Outcome {
    fn page(&self) -> Document {
        let mut page = Document::new(self.title.clone(), command_line());
        page.lead(self.lead.clone());
        for drawing in &self.drawings {
            page.figure(&drawing.draw, &drawing.caption);
        }
        let mut table = PageTable::new(self.columns.iter().copied());
        for row in &self.rows {
            table.push(row.iter().cloned());
        }
        page.table(table);
        page.notes(&self.notes);
        for (name, value) in &self.provenance {
            page.provenance(name.clone(), value.clone());
        }
        page
    }

    fn print_json(&self) -> Result<(), Failure> {
        let mut object = json!({ "schema": self.schema, "notes": self.notes });
        if let (Some(object), Value::Object(found)) = (object.as_object_mut(), &self.json) {
            object.extend(found.clone());
        }
        printed(|out| writeln!(out, "{object:#}"))
    }

    fn print_table(&self, options: &ShowOptions) -> Result<(), Failure> {
        let is_number = |column: usize| {
            self.rows.iter().all(|row| !matches!(row.get(column), Some(Cell::Text(_) | Cell::Name(_)) | None))
        };
        let header: Vec<(&'static str, Align)> = self
            .columns
            .iter()
            .enumerate()
            .map(|(column, name)| (*name, if is_number(column) { Align::Right } else { Align::Left }))
            .collect();
        let mut table = Table::new(&header);
        for row in &self.rows {
            table.row(row.iter().map(words).collect());
        }
        printed(|out| {
            table.write(out)?;
            if !self.lead.is_empty() {
                writeln!(out, "\n{}", self.lead)?;
            }
            for note in &self.notes {
                writeln!(out, "note: {note}")?;
            }
            for (what, place) in [("figure", &options.plot), ("report", &options.report)] {
                if let Some(place) = place {
                    writeln!(out, "{what}: {}", place.display())?;
                }
            }
            Ok(())
        })
    }
}

/// A cell as the terminal shows it.
fn words(cell: &Cell) -> String {
    let shown = |value: f64, decimals: usize| format!("{value:.decimals$}");
    match cell {
        Cell::Text(text) | Cell::Name(text) => text.clone(),
        Cell::Number { value, decimals } => {
            value.filter(|value| value.is_finite()).map_or_else(|| "-".to_owned(), |value| shown(value, *decimals))
        }
        Cell::PValue(value) => match value.filter(|value| value.is_finite()) {
            Some(value) if value < 0.001 => "< 0.001".to_owned(),
            Some(value) => shown(value, 3),
            None => "-".to_owned(),
        },
        Cell::Interval(interval) => interval
            .filter(|(low, high)| low.is_finite() && high.is_finite())
            .map_or_else(|| "-".to_owned(), |(low, high)| format!("{low:.3} to {high:.3}")),
    }
}

/// The command as the user gave it, without where the program lies.
pub(crate) fn command_line() -> String {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once("homolog".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_figures_stand_beside_the_first() {
        assert_eq!(beside(Path::new("out/rdm.png"), "mds"), Path::new("out/rdm-mds.png"));
    }

    #[test]
    fn small_p_values_are_not_shown_as_zero_and_missing_numbers_as_a_dash() {
        assert_eq!(words(&Cell::PValue(Some(1e-9))), "< 0.001");
        assert_eq!(words(&Cell::number(None)), "-");
        assert_eq!(words(&Cell::Interval(Some((0.1, 0.25)))), "0.100 to 0.250");
    }
}
