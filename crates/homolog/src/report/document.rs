//! A page of any command: title, command line, figures with captions, tables, and where the numbers come from.

use std::path::Path;

use super::benchmark_section::in_both_widths;
use super::figure::{Figure, escape, number};
use super::page::document;
use super::table::{NOTHING, anchor, raw, table};
use super::{ReportError, write_file};

/// A page, built from top to bottom; the same page for the same calls.
///
/// ```
/// use homolog::report::{Cell, Document, Table};
///
/// let mut page = Document::new("How alike are two RDMs?", "homolog compare a.npy b.npy");
/// page.section("Result");
/// page.table(Table::new(["comparator", "value"]).row([Cell::text("cosine"), Cell::number(0.93)]));
/// page.provenance("Seed", "0");
/// assert!(page.html().contains("0.930"));
/// ```
#[derive(Clone, Debug)]
pub struct Document {
    title: String,
    command: String,
    lead: String,
    is_simulated: bool,
    body: String,
    provenance: Vec<(String, String)>,
}

/// A table of a [`Document`].
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

/// One cell of a [`Table`].
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Words, which are broken into lines where they are long.
    Text(String),
    /// A name as a program writes it: a stage, a file. Broken anywhere where it is long.
    Name(String),
    /// A number with so many decimals; a dash where there is none.
    Number {
        /// The number.
        value: Option<f64>,
        /// How many decimals are shown.
        decimals: usize,
    },
    /// A p-value: three decimals, and "< 0.001" below.
    PValue(Option<f64>),
    /// From the lower to the upper end.
    Interval(Option<(f64, f64)>),
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// A name as a program writes it.
    pub fn name(name: impl Into<String>) -> Cell {
        Cell::Name(name.into())
    }

    /// A number with three decimals.
    pub fn number(value: impl Into<Option<f64>>) -> Cell {
        Cell::Number { value: value.into(), decimals: 3 }
    }

    /// A whole number.
    pub fn count(count: usize) -> Cell {
        Cell::Number { value: Some(count as f64), decimals: 0 }
    }

    fn is_number(&self) -> bool {
        !matches!(self, Cell::Text(_) | Cell::Name(_))
    }

    fn html(&self) -> String {
        let numeric = |value: Option<f64>, shown: String| {
            format!("<td class=\"number\" data-value=\"{}\">{shown}</td>", raw(value))
        };
        match self {
            Cell::Text(text) => format!("<td class=\"name\">{}</td>", escape(text)),
            Cell::Name(name) => format!("<td class=\"name\"><code>{}</code></td>", escape(name)),
            Cell::Number { value, decimals } => {
                let finite = value.filter(|value| value.is_finite());
                numeric(*value, finite.map_or_else(|| NOTHING.to_owned(), |value| number(value, *decimals)))
            }
            Cell::PValue(value) => {
                let shown = match value.filter(|value| value.is_finite()) {
                    Some(value) if value < 0.001 => "&lt;\u{2009}0.001".to_owned(),
                    Some(value) => number(value, 3),
                    None => NOTHING.to_owned(),
                };
                numeric(*value, shown)
            }
            Cell::Interval(interval) => {
                let finite = interval.filter(|(low, high)| low.is_finite() && high.is_finite());
                let shown = |(low, high)| format!("{} to {}", number(low, 3), number(high, 3));
                numeric(finite.map(|(low, _)| low), finite.map_or_else(|| NOTHING.to_owned(), shown))
            }
        }
    }
}

impl Table {
    /// A table with these names of columns and no row yet.
    pub fn new<Name: Into<String>>(columns: impl IntoIterator<Item = Name>) -> Table {
        Table { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// The same table with one more row. Cells beyond the columns are left out, and missing ones are empty.
    #[must_use]
    pub fn row(mut self, cells: impl IntoIterator<Item = Cell>) -> Table {
        self.push(cells);
        self
    }

    /// Adds a row, as [`Table::row`].
    pub fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut cells: Vec<Cell> = cells.into_iter().take(self.columns.len()).collect();
        cells.resize(self.columns.len(), Cell::Text(String::new()));
        self.rows.push(cells);
    }

    fn html(&self) -> String {
        let is_number = |column: usize| {
            !self.rows.is_empty() && self.rows.iter().all(|row| row.get(column).is_some_and(Cell::is_number))
        };
        let names: Vec<String> = self.columns.iter().map(|name| escape(name)).collect();
        let heads: Vec<(&str, &str)> = names
            .iter()
            .enumerate()
            .map(|(column, name)| (name.as_str(), if is_number(column) { "number" } else { "" }))
            .collect();
        let row = |cells: &Vec<Cell>| format!("<tr>{}</tr>", cells.iter().map(Cell::html).collect::<String>());
        table(" class=\"sortable\"", &heads, &self.rows.iter().map(row).collect::<String>())
    }
}

impl Document {
    /// A page with this title, of the run of this command line.
    pub fn new(title: impl Into<String>, command: impl Into<String>) -> Document {
        Document {
            title: title.into(),
            command: command.into(),
            lead: String::new(),
            is_simulated: false,
            body: String::new(),
            provenance: Vec::new(),
        }
    }

    /// One or two sentences below the title: what was found, of how much.
    pub fn lead(&mut self, text: impl Into<String>) {
        self.lead = text.into();
    }

    /// Marks the whole page as one of simulated data.
    pub fn mark_simulated(&mut self) {
        self.is_simulated = true;
    }

    /// Begins a part of the page.
    pub fn section(&mut self, heading: &str) {
        self.body.push_str(&format!("<h2 id=\"{}\">{}</h2>\n", anchor(heading), escape(heading)));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.body.push_str(&format!("<p>{}</p>\n", escape(text)));
    }

    /// Remarks, one below the other; nothing where there are none.
    pub fn notes<Note: AsRef<str>>(&mut self, notes: impl IntoIterator<Item = Note>) {
        let items: String = notes.into_iter().map(|note| format!("<li>{}</li>", escape(note.as_ref()))).collect();
        if !items.is_empty() {
            self.body.push_str(&format!("<ul class=\"notes\">{items}</ul>\n"));
        }
    }

    /// A figure, drawn once for a page and once for a telephone, with its caption.
    pub fn figure(&mut self, draw: impl Fn(f64) -> Figure, caption: &str) {
        self.body.push_str(&in_both_widths(&draw, &escape(caption)));
        self.body.push('\n');
    }

    /// Small figures beside each other under one caption.
    pub fn figures(&mut self, figures: &[Figure], caption: &str) {
        let figures: String = figures.iter().map(Figure::inline).collect();
        self.body.push_str(&format!(
            "<figure><div class=\"row\">{figures}</div><figcaption>{}</figcaption></figure>\n",
            escape(caption)
        ));
    }

    /// A table, which a reader can sort by any column.
    pub fn table(&mut self, table: Table) {
        self.body.push_str(&table.html());
        self.body.push('\n');
    }

    /// One thing that determined the numbers: a file with its hash, a seed, a version. They stand at the end of the page, whole.
    pub fn provenance(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.provenance.push((name.into(), value.into()));
    }

    /// The page as one HTML document that needs nothing beside it.
    pub fn html(&self) -> String {
        let badge = if self.is_simulated { " <span class=\"badge\">Simulated data</span>" } else { "" };
        let lead = if self.lead.is_empty() { String::new() } else { format!("<p>{}</p>", escape(&self.lead)) };
        let program = format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
        let entry = |(name, value): &(String, String)| {
            format!("<dt>{}</dt><dd><code>{}</code></dd>", escape(name), escape(value))
        };
        let body = format!(
            "<header><h1>{}{badge}</h1>{lead}<p class=\"quiet\">Written by {program}.</p><pre><code>{}</code></pre></header>\n\
             {}<h2>Where the numbers come from</h2><dl><dt>Program</dt><dd><code>{program}</code></dd>{}</dl>\n",
            escape(&self.title),
            escape(&self.command),
            self.body,
            self.provenance.iter().map(entry).collect::<String>(),
        );
        document(&self.title, &program, &body)
    }

    /// Writes the page, whole or not at all.
    ///
    /// # Errors
    /// [`ReportError::Io`] when its folder cannot be written to.
    pub fn write(&self, path: &Path) -> Result<(), ReportError> {
        write_file(path, self.html().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::figure::{StackedBar, StackedBars};

    fn page() -> Document {
        let mut page = Document::new("Variance <partition>", "homolog encode --features a&b.npy");
        page.lead("Two feature spaces explain 0.4 of the variance.");
        page.section("Result");
        let bars = StackedBars {
            description: "partition".to_owned(),
            vertical: "R\u{b2}".to_owned(),
            parts: vec!["only A".to_owned()],
            bars: vec![StackedBar { name: "V1".to_owned(), sizes: vec![0.2], ceiling: None }],
        };
        page.figure(|width| bars.figure(width), "What each explains.");
        page.figures(&[bars.figure(300.0)], "And again.");
        let table = Table::new(["region", "R\u{b2}", "p", "interval"])
            .row([Cell::name("V1"), Cell::number(0.25), Cell::PValue(Some(1e-5)), Cell::Interval(Some((0.1, 0.4)))])
            .row([Cell::name("V4"), Cell::number(f64::NAN), Cell::PValue(None)]);
        page.table(table);
        page.notes(["A note."]);
        page.paragraph("A paragraph.");
        page.provenance("Features", "/a/very/long/path/a&b.npy");
        page
    }

    #[test]
    fn a_page_holds_what_it_was_given_in_order() {
        let html = page().html();
        let words = [
            "Variance &lt;partition&gt;",
            "Two feature spaces",
            "homolog encode --features a&amp;b.npy",
            "What each explains.",
            "And again.",
            "<code>V1</code>",
            "0.250",
            "&lt;\u{2009}0.001",
            "0.100 to 0.400",
            "A note.",
            "A paragraph.",
            "Where the numbers come from",
            "/a/very/long/path/a&amp;b.npy",
        ];
        let places: Vec<Option<usize>> = words.iter().map(|words| html.rfind(words)).collect();
        assert!(places.iter().all(Option::is_some), "{:?}", words.iter().zip(&places).collect::<Vec<_>>());
        assert!(places.is_sorted(), "{:?}", words.iter().zip(&places).collect::<Vec<_>>());
        assert!(!html.split("<script>").next().unwrap_or_default().contains("NaN"));
    }

    #[test]
    fn a_page_loads_nothing() {
        let html = page().html();
        for loading in ["src=", "<link", "@import", "url(", "fetch(", "http"] {
            assert!(!html.contains(loading), "{loading}");
        }
    }

    #[test]
    fn a_row_of_too_many_cells_is_cut_and_one_of_too_few_is_filled() {
        let html =
            Table::new(["a", "b"]).row([Cell::count(1), Cell::count(2), Cell::count(3)]).row([Cell::count(4)]).html();
        assert_eq!(html.matches("<td").count(), 4);
        assert!(html.contains("<th scope=\"col\" class=\"number\">a"), "{html}");
    }
}
