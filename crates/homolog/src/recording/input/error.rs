//! What can be wrong with what a command of statistics is given.

use thiserror::Error;

use crate::naming::{listed, nearest_three};
use crate::recording::error::{DataError, FileError};

/// What is wrong with an input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InputError {
    /// The file could not be read, or has no such variable.
    #[error(transparent)]
    File(#[from] FileError),
    /// The recording is not as it should be.
    #[error(transparent)]
    Data(#[from] DataError),
    /// An array has three axes or more, and nobody said what they are.
    #[error(
        "cannot tell what the {} axes of \"{input}\" are (shape {shape:?}). Name them from the first to the last, such as \
         --axes subject,stimulus,unit; axes are stimulus, unit, repetition, subject, session and time",
        shape.len()
    )]
    AxesNotNamed {
        /// The input, as the user named it.
        input: String,
        /// The array's shape.
        shape: Vec<usize>,
    },
    /// Another number of axes is named than the array has.
    #[error("cannot read \"{input}\" with the axes {}: the array has {} axes (shape {shape:?}). Name each once, in order", names.join(","), shape.len())]
    NumberOfAxes {
        /// The input.
        input: String,
        /// The axes that were named.
        names: Vec<&'static str>,
        /// The array's shape.
        shape: Vec<usize>,
    },
    /// Axes are named for a file that says itself what they are.
    #[error("cannot take --axes for \"{input}\": the file says itself what its axes are. Leave --axes out")]
    AxesKnown {
        /// The input.
        input: String,
    },
    /// A name is not one of an axis.
    #[error("there is no axis \"{name}\". Closest: {}; there are {}", nearest_three(name, known.iter().copied()), known.join(", "))]
    UnknownAxis {
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// The axes do not have exactly one along stimuli and at most one of each other kind.
    #[error("the axes {} {problem}. There has to be one axis \"stimulus\", and at most one of every other", names.join(","))]
    AxesContradict {
        /// The axes that were named.
        names: Vec<&'static str>,
        /// What is wrong with them.
        problem: &'static str,
    },
    /// A value is NaN or infinite.
    #[error(
        "{n_values} of {n_all} values of \"{input}\" are not finite (first: {value} in unit \"{unit}\" at stimulus \"{stimulus}\"{place}). \
         Pass --on-nan drop-unit or --on-nan drop-presentation; the result then lists what was dropped"
    )]
    NotFinite {
        /// The input.
        input: String,
        /// How many values are not finite.
        n_values: usize,
        /// How many values there are.
        n_all: usize,
        /// The first of them.
        value: f64,
        /// Its unit.
        unit: String,
        /// Its stimulus.
        stimulus: String,
        /// Where on the other axes, in words; empty without such axes.
        place: String,
    },
    /// Dropping everything that has a value that is not finite would leave nothing.
    #[error(
        "cannot leave out every {what} of \"{input}\" that has a value which is not finite: none of {n_entries} would be left"
    )]
    NothingLeft {
        /// The input.
        input: String,
        /// `unit` or `stimulus`.
        what: &'static str,
        /// How many there are.
        n_entries: usize,
    },
    /// An axis has no entry at all.
    #[error("cannot read \"{input}\": it has no entry along {along} (shape {shape:?}), and at least one is needed")]
    NoEntries {
        /// The input.
        input: String,
        /// The axis.
        along: &'static str,
        /// The shape.
        shape: Vec<usize>,
    },
    /// A stimulus has no presentation where the others have one.
    #[error(
        "cannot put \"{input}\" side by side along {along}: stimulus \"{stimulus}\" has no presentation in {along} {entry}. \
         Average over {along} first, or use a measure that takes unequal repetitions"
    )]
    Unbalanced {
        /// The input.
        input: String,
        /// The axis.
        along: &'static str,
        /// The first stimulus that lacks one.
        stimulus: String,
        /// Where.
        entry: String,
    },
    /// An axis has to be taken care of before the input is a plain matrix.
    #[error(
        "\"{input}\" has {n_entries} entries along {along}, and one matrix of stimuli by units is needed. Save the \
         mean over them, or each by itself, and pass that"
    )]
    LeadingAxis {
        /// The input.
        input: String,
        /// The axis.
        along: &'static str,
        /// Its length.
        n_entries: usize,
    },
    /// Two stimuli of one input have one id.
    #[error("{n_repeated} of the stimulus ids of \"{input}\" stand for several rows (first: {}). Ids of an input have to differ", listed(first.iter().map(String::as_str), 3))]
    RepeatedIds {
        /// The input.
        input: String,
        /// How many ids occur again.
        n_repeated: usize,
        /// The first few.
        first: Vec<String>,
    },
    /// The ids given for an input are not as many as its stimuli.
    #[error("cannot name the stimuli of \"{input}\": there are {found} ids and {needed} stimuli")]
    NumberOfIds {
        /// The input.
        input: String,
        /// How many ids there are.
        found: usize,
        /// How many stimuli there are.
        needed: usize,
    },
    /// Of two inputs only one knows its stimuli by id.
    #[error(
        "cannot join \"{named}\" and \"{unnamed}\": the stimuli of \"{named}\" have ids and those of \"{unnamed}\" are known by position \
         only. Give \"{unnamed}\" ids (an array or column stimulus_id), or take those of \"{named}\" away"
    )]
    OneSideHasIds {
        /// The input with ids.
        named: String,
        /// The input without.
        unnamed: String,
    },
    /// Two inputs without ids have another number of stimuli.
    #[error(
        "cannot join \"{left}\" and \"{right}\" by position: {left_len} stimuli and {right_len}. Without ids both need the same \
         stimuli in the same order"
    )]
    Lengths {
        /// The first input.
        left: String,
        /// How many stimuli it has.
        left_len: usize,
        /// The other input.
        right: String,
        /// How many stimuli it has.
        right_len: usize,
    },
    /// An array is not one of dissimilarity matrices.
    #[error("cannot read \"{input}\" as dissimilarity matrices: {problem}")]
    Rdm {
        /// The input.
        input: String,
        /// What is wrong with it.
        #[source]
        problem: Box<RdmProblem>,
    },
    /// A table begins with a line of numbers where names of columns belong.
    #[error(
        "cannot read \"{input}\": its first line holds numbers, and a table needs a line with the names of its columns. Add one, or save the array as .npy"
    )]
    NoColumnNames {
        /// The input.
        input: String,
    },
    /// Several columns of a table, or stages of a recording, could be meant.
    #[error(
        "cannot tell which {what} of \"{input}\" is meant: it has {}. Name one, such as \"{input}:{}\"",
        listed(parts.iter().map(String::as_str), 8),
        parts.first().map_or("NAME", String::as_str)
    )]
    PartNotNamed {
        /// The input.
        input: String,
        /// `column` or `stage`.
        what: &'static str,
        /// Those that could be meant.
        parts: Vec<String>,
    },
    /// Labels have another shape than one for each stimulus.
    #[error(
        "cannot read \"{input}\" as one value for each stimulus: it has the shape {shape:?}, and one axis is needed"
    )]
    NotAVector {
        /// The input.
        input: String,
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Numbers are needed and there is text.
    #[error("cannot read \"{input}\" as numbers: the value of stimulus \"{stimulus}\" is \"{found}\"")]
    NotANumber {
        /// The input.
        input: String,
        /// The first stimulus without a number.
        stimulus: String,
        /// Its value.
        found: String,
    },
}

/// What is wrong with an array that should hold dissimilarity matrices.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RdmProblem {
    /// No reading of the shape gives matrices.
    #[error(
        "its shape is {shape:?}. Needed is (pairs), (matrices, pairs), (n, n) or (matrices, n, n), where n stimuli make \
         n (n - 1) / 2 pairs"
    )]
    Shape {
        /// The shape.
        shape: Vec<usize>,
    },
    /// The shape can be read as one square matrix or as several triangles, and the values do not decide.
    #[error(
        "its shape {shape:?} is that of one square matrix and also that of {n} matrices of {n} pairs, and it is {found}. Save \
         upper triangles with another number of matrices, or the square matrix as shape (1, {n}, {n})",
        n = shape.first().copied().unwrap_or(0)
    )]
    Ambiguous {
        /// The shape.
        shape: Vec<usize>,
        /// What of a square matrix of dissimilarities it has, and what not.
        found: &'static str,
    },
    /// The two triangles differ.
    #[error(
        "{matrix} is not symmetric: ({row}, {column}) is {above} and ({column}, {row}) is {below} (counted from 0). \
         Dissimilarities have no direction: store the mean of both"
    )]
    Asymmetric {
        /// Which matrix, in words.
        matrix: String,
        /// Row of the first entry that differs.
        row: usize,
        /// Its column.
        column: usize,
        /// The value in the upper triangle.
        above: f64,
        /// The value in the lower triangle.
        below: f64,
    },
    /// A stimulus differs from itself.
    #[error(
        "{matrix} has {value} on its diagonal, at stimulus {stimulus} (counted from 0), and a stimulus does not differ from itself. \
         {advice}"
    )]
    Diagonal {
        /// Which matrix, in words.
        matrix: String,
        /// The first such stimulus.
        stimulus: usize,
        /// The value.
        value: f64,
        /// What to do about it.
        advice: &'static str,
    },
    /// A dissimilarity is NaN or infinite.
    #[error(
        "{matrix} has {value} for the stimuli \"{first}\" and \"{second}\", {n_values} such values in all. {advice}"
    )]
    NotFinite {
        /// Which matrix, in words.
        matrix: String,
        /// The value.
        value: f64,
        /// One stimulus of the pair.
        first: String,
        /// The other.
        second: String,
        /// How many values of all matrices are so.
        n_values: usize,
        /// What to do about it.
        advice: &'static str,
    },
    /// Fewer than three stimuli: a comparison of matrices needs more than one pair.
    #[error("it has {n_stimuli} stimuli, and at least 3 are needed")]
    TooFewStimuli {
        /// How many.
        n_stimuli: usize,
    },
    /// There is no axis of time bins, or it has no entry.
    #[error(
        "its shape {shape:?} has no axis of time bins with an entry. Needed is (bins, pairs), (subjects, bins, pairs), (bins, n, n) or \
         (subjects, bins, n, n)"
    )]
    NoTimes {
        /// The shape.
        shape: Vec<usize>,
    },
    /// It holds text.
    #[error("it holds {found}, and numbers are needed")]
    NotNumbers {
        /// What it holds.
        found: &'static str,
    },
}
