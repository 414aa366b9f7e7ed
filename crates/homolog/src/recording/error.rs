//! What can be wrong with a recording or with a file of one.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::naming::{listed, nearest_three};

/// What is wrong with a recording, or with what was asked of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// A coordinate has another length than its axis.
    #[error(
        "cannot make a recording: coordinate \"{name}\" of the {axis} axis has {found} values and the axis has {needed} \
         entries. Give one value for each {axis}"
    )]
    CoordinateLength {
        /// The axis.
        axis: &'static str,
        /// The coordinate.
        name: String,
        /// How many values it has.
        found: usize,
        /// How many entries the axis has.
        needed: usize,
    },
    /// A coordinate that is needed, or that was asked for, is not there.
    #[error(
        "the {axis} axis has no coordinate \"{name}\"; it has {}",
        if known.is_empty() { "none".to_owned() } else { listed(known.iter().map(String::as_str), 12) }
    )]
    MissingCoordinate {
        /// The axis.
        axis: &'static str,
        /// The coordinate.
        name: String,
        /// The coordinates that the axis has.
        known: Vec<String>,
    },
    /// A coordinate holds another kind of values than is needed.
    #[error("coordinate \"{name}\" of the {axis} axis holds {found}, and {needed} is needed")]
    CoordinateKind {
        /// The axis.
        axis: &'static str,
        /// The coordinate.
        name: String,
        /// What it holds.
        found: &'static str,
        /// What is needed.
        needed: &'static str,
    },
    /// Entries that have to be unique are not.
    #[error(
        "{n_repeated} of the {axis} entries repeat another's {what} (first: {}). {next_step}",
        listed(first.iter().map(String::as_str), 3)
    )]
    Repeated {
        /// The axis.
        axis: &'static str,
        /// What has to be unique, in words.
        what: &'static str,
        /// How many entries repeat another.
        n_repeated: usize,
        /// The first few.
        first: Vec<String>,
        /// What to do about it.
        next_step: &'static str,
    },
    /// A selection by a coordinate's value matches nothing.
    #[error(
        "no {axis} has {name} \"{wanted}\". Closest: {}; {} different values are there",
        nearest_three(wanted, known.iter().map(String::as_str)),
        known.len()
    )]
    NothingSelected {
        /// The axis.
        axis: &'static str,
        /// The coordinate.
        name: String,
        /// The value asked for.
        wanted: String,
        /// The values that are there.
        known: Vec<String>,
    },
    /// The stimuli of two sides are not the same.
    #[error("{}", stimuli_differ(left, right, *n_left, *n_right, only_left, only_right))]
    StimuliDiffer {
        /// What the left side is called.
        left: String,
        /// What the right side is called.
        right: String,
        /// How many stimuli the left side has.
        n_left: usize,
        /// How many stimuli the right side has.
        n_right: usize,
        /// The ids that only the left side has, in its order.
        only_left: Vec<String>,
        /// The ids that only the right side has, in its order.
        only_right: Vec<String>,
    },
    /// A number that has to be there is missing.
    #[error(
        "{n_missing} of {n_values} values are missing (NaN), in {n_units} of the units (first: unit \"{first_unit}\", \
         stimulus \"{first_stimulus}\"). Pass --on-nan drop-unit or --on-nan drop-presentation; the report then lists \
         what was dropped"
    )]
    MissingValues {
        /// How many values are missing.
        n_missing: usize,
        /// How many values there are.
        n_values: usize,
        /// In how many units.
        n_units: usize,
        /// The first of these units.
        first_unit: String,
        /// The first stimulus for which it has no value.
        first_stimulus: String,
    },
    /// One time bin is needed and there are several.
    #[error(
        "cannot {operation} a recording of {n_time_bins} time bins. Select one of them, or average over them, first"
    )]
    SeveralTimeBins {
        /// What was to be done.
        operation: &'static str,
        /// How many there are.
        n_time_bins: usize,
    },
    /// Something was to be selected by position that is not there.
    #[error("{axis} {index} was asked for, and there are {n_entries} (counted from 0)")]
    OutOfRange {
        /// The axis.
        axis: &'static str,
        /// The position.
        index: usize,
        /// How many entries the axis has.
        n_entries: usize,
    },
    /// Two recordings do not fit together.
    #[error("cannot put recordings together along {along}: recording {index} differs from the first in {what}")]
    CannotConcatenate {
        /// The axis along which they were to be put together.
        along: &'static str,
        /// Which recording, counted from 0.
        index: usize,
        /// In what it differs.
        what: String,
    },
    /// A declaration of how an array is read does not fit the array.
    #[error("cannot read \"{}\" as declared: {problem}", path.display())]
    Declaration {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        #[source]
        problem: DeclarationProblem,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

fn stimuli_differ(
    left: &str,
    right: &str,
    n_left: usize,
    n_right: usize,
    only_left: &[String],
    only_right: &[String],
) -> String {
    let mut text = format!("cannot join {left} and {right}: {left} has {n_left} stimuli and {right} has {n_right}.");
    for (side, only) in [(left, only_left), (right, only_right)] {
        if !only.is_empty() {
            let names = listed(only.iter().map(String::as_str), 8);
            let verb = if only.len() == 1 { "stimulus is" } else { "stimuli are" };
            text.push_str(&format!(" {} {verb} only in {side} ({names}).", only.len()));
        }
    }
    let n_shared = n_left.saturating_sub(only_left.len());
    if n_shared == 0 {
        text.push_str(" They have none in common: check that the ids are written the same way on both sides");
    } else {
        text.push_str(&format!(" Pass --stimuli shared to use the {n_shared} they have in common"));
    }
    text
}

/// What does not fit between an array and the declaration of how it is read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeclarationProblem {
    /// The array has another number of axes.
    #[error(
        "the array has {} axes of {found:?} entries and {needed} are declared ({})",
        found.len(),
        listed(names.iter().map(String::as_str), 8)
    )]
    NumberOfAxes {
        /// The array's shape.
        found: Vec<usize>,
        /// How many axes are declared.
        needed: usize,
        /// Their names.
        names: Vec<String>,
    },
    /// An axis has another length than its labels.
    #[error("axis \"{axis}\" has {found} entries and {needed} {what}")]
    AxisLength {
        /// The axis.
        axis: String,
        /// Its length.
        found: usize,
        /// How many of them there are.
        needed: usize,
        /// What was counted.
        what: &'static str,
    },
    /// A name is not among those declared.
    #[error(
        "{place} names \"{wanted}\", which is not there. Closest: {}",
        nearest_three(wanted, known.iter().map(String::as_str))
    )]
    UnknownName {
        /// Where the name stands.
        place: String,
        /// The name.
        wanted: String,
        /// The names that are there.
        known: Vec<String>,
    },
    /// The declaration contradicts itself or leaves something out.
    #[error("{place} {problem}. {next_step}")]
    Contradiction {
        /// Where.
        place: String,
        /// What is wrong there.
        problem: String,
        /// What to write instead.
        next_step: String,
    },
    /// Two entries of an axis carry one label.
    #[error("label \"{label}\" stands for several entries of axis \"{axis}\". Labels of an axis must differ")]
    RepeatedLabel {
        /// The axis.
        axis: String,
        /// The label.
        label: String,
    },
}

/// What is wrong with a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FileError {
    /// The operating system could not read it.
    #[error("cannot read \"{}\"", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The operating system could not write it.
    #[error("cannot write \"{}\"", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its ending names no format that is read here.
    #[error(
        "cannot tell the format of \"{}\": its name ends in none of .npy, .npz, .csv, .tsv (also .gz), .mat, .nc, .zarr. Rename it, \
         or convert it to one of these",
        path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// Its content is not what its format asks for, or asks for what is not supported.
    #[error("cannot read \"{}\" as {format}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The format.
        format: &'static str,
        /// What is wrong with it.
        #[source]
        source: Box<ContentProblem>,
    },
    /// What was asked for is not in the file.
    #[error("cannot read \"{wanted}\" from \"{}\": {problem}", path.display())]
    Variable {
        /// The file.
        path: PathBuf,
        /// What was asked for.
        wanted: String,
        /// What is wrong with it.
        #[source]
        problem: Box<PathProblem>,
    },
    /// The recording has something that the format cannot hold.
    #[error("cannot write \"{}\" as {format}: {what} cannot be stored in it. {next_step}", path.display())]
    CannotHold {
        /// The file.
        path: PathBuf,
        /// The format.
        format: &'static str,
        /// What it cannot hold.
        what: String,
        /// What to do.
        next_step: &'static str,
    },
}

/// What is wrong with the content of a file, or with a piece of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ContentProblem {
    /// There are fewer bytes than the content says.
    #[error("{place} needs {needed} bytes and {left} are left: the file is cut short or damaged")]
    CutShort {
        /// Which piece.
        place: String,
        /// How many bytes it needs.
        needed: u64,
        /// How many are left.
        left: u64,
    },
    /// A piece is not what the format asks for.
    #[error("{place} is {found}, where {needed} is needed: the file is damaged or of another format")]
    Unexpected {
        /// Which piece.
        place: String,
        /// What it is.
        found: String,
        /// What the format asks for.
        needed: &'static str,
    },
    /// The format allows a piece that is not supported here.
    #[error("{place} is {found}, which is not supported. {next_step}")]
    Unsupported {
        /// Which piece.
        place: String,
        /// What it is.
        found: String,
        /// What to do about it.
        next_step: &'static str,
    },
    /// The library that reads the format gave up.
    #[error("{place} cannot be decoded")]
    Undecodable {
        /// Which piece.
        place: String,
        /// What the library says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A piece of what is needed is not there.
    #[error(
        "there is no {what} \"{wanted}\"; there {}",
        if known.is_empty() { "is none at all".to_owned() } else { format!("is {}", listed(known.iter().map(String::as_str), 12)) }
    )]
    Missing {
        /// What kind of piece.
        what: &'static str,
        /// Its name.
        wanted: String,
        /// The names that are there.
        known: Vec<String>,
    },
}

/// What is wrong with the path to a variable inside a file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// The path cannot be read.
    #[error("the path is not understood from \"{rest}\" on; it is written as in MATLAB, such as RDMs(1,:).RDM")]
    Syntax {
        /// The rest of the path.
        rest: String,
    },
    /// A name is not there.
    #[error(
        "{place} has no \"{wanted}\". Closest: {}. It has {}",
        nearest_three(wanted, known.iter().map(String::as_str)),
        listed(known.iter().map(String::as_str), 20)
    )]
    UnknownName {
        /// Where it was looked for.
        place: String,
        /// The name.
        wanted: String,
        /// The names that are there.
        known: Vec<String>,
    },
    /// An index does not fit.
    #[error("{place} has {shape:?} entries, so it has no entry ({index}); indices count from 1")]
    Index {
        /// What was indexed.
        place: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The index.
        index: String,
    },
    /// Something is of another kind than the path needs.
    #[error("{place} is {found}, where {needed} is needed")]
    Kind {
        /// What was reached.
        place: String,
        /// What it is.
        found: String,
        /// What is needed.
        needed: &'static str,
    },
    /// The entries that `:` runs over do not have one shape.
    #[error("{place} has entries of different shapes ({first:?} and {other:?}), which cannot be put into one array")]
    Ragged {
        /// What was reached.
        place: String,
        /// The shape of the first entry.
        first: Vec<usize>,
        /// Another shape.
        other: Vec<usize>,
    },
}
