//! Which column of a table is what.

use std::path::Path;

use super::error::InputError;
use crate::recording::coordinate::Coordinate;
use crate::recording::error::{ContentProblem, FileError};
use crate::recording::format::table::Table;

/// What is wrong with the table in a file.
pub(super) fn content(path: &Path, source: ContentProblem) -> InputError {
    InputError::File(FileError::Content { path: path.to_owned(), format: "a table", source: Box::new(source) })
}

/// Refuses a table whose first line is data.
pub(super) fn check_column_names(input: &str, table: &Table) -> Result<(), InputError> {
    let are_numbers = !table.names().is_empty() && table.names().iter().all(|name| name.trim().parse::<f64>().is_ok());
    // Columns that are called 0, 1, 2, … were named so by a program.
    let are_counted = table.names().iter().enumerate().all(|(at, name)| name.trim() == at.to_string());
    if are_numbers && !are_counted { Err(InputError::NoColumnNames { input: input.to_owned() }) } else { Ok(()) }
}

/// The column of stimulus ids: the one of that name, else the first where it holds text.
pub(super) fn id_column(table: &Table) -> Result<Option<String>, ContentProblem> {
    if let Some(name) = table.names().iter().find(|name| *name == "stimulus_id") {
        return Ok(Some(name.clone()));
    }
    match table.names().first() {
        Some(first) if matches!(table.coordinate(first)?, Coordinate::Text(_)) => Ok(Some(first.clone())),
        _ => Ok(None),
    }
}
