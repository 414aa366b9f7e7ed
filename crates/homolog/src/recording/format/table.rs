//! Tables: CSV and TSV with a line of column names.

use std::collections::BTreeMap;

use crate::recording::array::{DataArray, Elements};
use crate::recording::coordinate::Coordinate;
use crate::recording::error::{ContentProblem, FileError};
use crate::recording::tree::DataTree;

/// A table with named columns, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    names: Vec<String>,
    columns: Vec<Vec<String>>,
}

impl Table {
    /// A table of these columns.
    ///
    /// # Errors
    /// [`ContentProblem::Unexpected`] when columns differ in length or two have one name.
    pub fn new(columns: impl IntoIterator<Item = (String, Vec<String>)>) -> Result<Self, ContentProblem> {
        let (names, columns): (Vec<String>, Vec<Vec<String>>) = columns.into_iter().unzip();
        let table = Self { names, columns };
        if let Some(at) = table.columns.iter().position(|column| column.len() != table.n_rows()) {
            return Err(ContentProblem::Unexpected {
                place: format!("column \"{}\"", table.names[at]),
                found: format!("{} values long", table.columns[at].len()),
                needed: "as many values as the first column has",
            });
        }
        match (1..table.names.len()).find(|at| table.names[..*at].contains(&table.names[*at])) {
            Some(repeated) => Err(ContentProblem::Unexpected {
                place: "the line of column names".to_owned(),
                found: format!("naming \"{}\" twice", table.names[repeated]),
                needed: "a name of its own for each column",
            }),
            None => Ok(table),
        }
    }

    /// The table in the file, by the ending of its name `.csv` or `.tsv`, also with `.gz`.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn read(path: &std::path::Path) -> Result<Self, FileError> {
        let name = path.to_string_lossy().to_lowercase();
        let is_tsv = name.ends_with(".tsv") || name.ends_with(".tsv.gz");
        let bytes = super::read_bytes(path)?;
        Self::parse(&bytes, if is_tsv { b'\t' } else { b',' }).map_err(|source| FileError::Content {
            path: path.to_owned(),
            format: "a table",
            source: Box::new(source),
        })
    }

    /// The table in these bytes of UTF-8.
    ///
    /// # Errors
    /// [`ContentProblem`], which names the line.
    pub fn parse(bytes: &[u8], delimiter: u8) -> Result<Self, ContentProblem> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
        let undecodable =
            |source: csv::Error| ContentProblem::Undecodable { place: "the table".to_owned(), source: source.into() };
        let names: Vec<String> = reader.headers().map_err(undecodable)?.iter().map(str::to_owned).collect();
        let mut columns = vec![Vec::new(); names.len()];
        for record in reader.records() {
            for (column, value) in columns.iter_mut().zip(&record.map_err(undecodable)?) {
                column.push(value.to_owned());
            }
        }
        Self::new(names.into_iter().zip(columns))
    }

    /// The names of the columns, from left to right.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// How many rows there are below the names.
    pub fn n_rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// A column as it is written.
    ///
    /// # Errors
    /// [`ContentProblem::Missing`], which lists the columns.
    pub fn column(&self, name: &str) -> Result<&[String], ContentProblem> {
        let at = self.names.iter().position(|known| known == name);
        at.map(|at| self.columns[at].as_slice()).ok_or_else(|| ContentProblem::Missing {
            what: "column",
            wanted: name.to_owned(),
            known: self.names.clone(),
        })
    }

    /// A column of numbers; an empty entry and `nan` in any case are NaN.
    ///
    /// # Errors
    /// [`ContentProblem::Missing`], or [`ContentProblem::Unexpected`] with the row of the first entry that is no number.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, ContentProblem> {
        let texts = self.column(name)?;
        texts
            .iter()
            .enumerate()
            .map(|(row, text)| {
                number(text).ok_or_else(|| ContentProblem::Unexpected {
                    place: format!("row {} of column \"{name}\"", row + 1),
                    found: format!("\"{text}\""),
                    needed: "a number, or nothing where it is missing",
                })
            })
            .collect()
    }

    /// A column as whole numbers, numbers or truth values where every entry is one, else as text.
    ///
    /// # Errors
    /// [`ContentProblem::Missing`].
    pub fn coordinate(&self, name: &str) -> Result<Coordinate, ContentProblem> {
        Ok(guessed(self.column(name)?).into_coordinate())
    }

    /// The columns as named arrays of the kinds that [`Table::coordinate`] gives.
    pub fn into_tree(self) -> DataTree {
        let arrays = self.names.into_iter().zip(self.columns).filter_map(|(name, column)| {
            let array = DataArray::new(vec![column.len()], guessed(&column))?;
            Some((name, DataTree::Array(array)))
        });
        DataTree::named(arrays.collect::<BTreeMap<_, _>>())
    }

    /// The table as CSV.
    ///
    /// # Errors
    /// As the writer gives them.
    pub fn write(&self, writer: impl std::io::Write) -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(writer);
        writer.write_record(&self.names)?;
        for row in 0..self.n_rows() {
            writer.write_record(self.columns.iter().map(|column| column[row].as_str()))?;
        }
        writer.flush()
    }
}

fn number(text: &str) -> Option<f64> {
    match text.trim() {
        "" | "NA" => Some(f64::NAN),
        text => text.parse().ok(),
    }
}

fn guessed(texts: &[String]) -> Elements {
    if texts.iter().all(|text| text.trim().is_empty()) {
        return Elements::Text(texts.to_vec());
    }
    // Written back, a whole number has to give the same text: "007" and "+7" are names.
    let integers: Option<Vec<i64>> =
        texts.iter().map(|text| text.parse().ok().filter(|value: &i64| value.to_string() == *text)).collect();
    if let Some(integers) = integers {
        return Elements::Integer(integers);
    }
    let truths: Option<Vec<bool>> = texts.iter().map(|text| text.to_lowercase().parse().ok()).collect();
    if let Some(truths) = truths {
        return Elements::Bool(truths);
    }
    match texts.iter().map(|text| number(text).filter(|_| is_plainly_a_number(text))).collect() {
        Some(numbers) => Elements::Float(numbers),
        None => Elements::Text(texts.to_vec()),
    }
}

/// Whether a text is written as numbers are: "01" and "inf" are names, "" is a missing number.
fn is_plainly_a_number(text: &str) -> bool {
    let digits = text.trim().trim_start_matches('-');
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    !has_leading_zero
}
