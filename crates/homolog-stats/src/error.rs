//! What can be wrong with the numbers handed to a statistic.
//!
//! One enum for the whole crate: every operation names itself, says what it found, what it needed, and what to do next.
//! A statistic that has no value is always one of these, never NaN and never a plausible number.

/// Why a statistic has no value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// A value is NaN or infinite.
    #[error(
        "cannot compute {operation}: {what} holds {value} at row {row}, column {column} (counted from 0), and it has no value with a number that is not finite. \
         Drop or mend that row or column first"
    )]
    NotFinite {
        /// What was being computed, such as "correlation RDM".
        operation: &'static str,
        /// The array that holds the value, such as "features" or "responses".
        what: &'static str,
        /// Row of the first such value: a stimulus in features, an RDM in a set of RDMs.
        row: usize,
        /// Column of the first such value: a unit in features, a pair of stimuli in a set of RDMs.
        column: usize,
        /// The value: NaN or an infinity.
        value: f64,
    },

    /// A row or column has no variance, or is all zero, so that a correlation or an angle with it is undefined.
    #[error(
        "cannot compute {operation}: {what} {index} (counted from 0) is constant, and a correlation or an angle with a constant is undefined. \
         Leave it out, or choose a measure that does not divide by its variance"
    )]
    ConstantPattern {
        /// What was being computed.
        operation: &'static str,
        /// What is constant: "stimulus", "unit", "RDM".
        what: &'static str,
        /// Its position, from 0.
        index: usize,
    },

    /// Fewer stimuli than the operation is defined for.
    #[error("cannot compute {operation} with {found} stimuli: at least {needed} are needed")]
    TooFewStimuli {
        /// What was being computed.
        operation: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },

    /// Fewer of something other than stimuli (subjects, repetitions, folds, units, …) than the operation is defined for.
    #[error("cannot compute {operation} with {found} {what}: at least {needed} are needed")]
    TooFew {
        /// What was being computed.
        operation: &'static str,
        /// What there are too few of, in the plural: "subjects", "repetitions", "folds".
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
    },

    /// Two arrays that must agree in size do not.
    #[error(
        "cannot compute {operation}: {left} has {left_len} {axis} and {right} has {right_len}. Both need the same {axis} in the same order"
    )]
    ShapeMismatch {
        /// What was being computed.
        operation: &'static str,
        /// The axis on which they differ, in the plural: "stimuli", "units", "pairs of stimuli".
        axis: &'static str,
        /// The first array.
        left: &'static str,
        /// Its length along the axis.
        left_len: usize,
        /// The second array.
        right: &'static str,
        /// Its length along the axis.
        right_len: usize,
    },

    /// A vector whose length is not n(n − 1)/2 of any n.
    #[error(
        "cannot read {n_pairs} values as the pairs of an RDM: a set of n stimuli has n(n - 1)/2 pairs, and no n gives {n_pairs}"
    )]
    NotPairs {
        /// The length of the vector.
        n_pairs: usize,
    },

    /// A parameter outside the values that have a meaning.
    #[error("cannot compute {operation}: {parameter} is {value}, and needs to be {allowed}")]
    OutOfRange {
        /// What was being computed.
        operation: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed, in words: "above 0", "from 0 to 1".
        allowed: &'static str,
    },

    /// A value below zero where only zero and above have a meaning (counts, variances).
    #[error(
        "cannot compute {operation}: {what} is {value} at row {row}, column {column} (counted from 0), and needs to be 0 or more"
    )]
    Negative {
        /// What was being computed.
        operation: &'static str,
        /// The array that holds the value.
        what: &'static str,
        /// Row of the first such value.
        row: usize,
        /// Column of the first such value.
        column: usize,
        /// The value.
        value: f64,
    },

    /// A matrix that must be inverted has no inverse (to working precision).
    #[error("cannot compute {operation}: {matrix} is singular to working precision. {advice}")]
    Singular {
        /// What was being computed.
        operation: &'static str,
        /// The matrix, such as "the noise covariance".
        matrix: &'static str,
        /// What to do next, as a sentence without a full stop.
        advice: &'static str,
    },

    /// An iteration that did not reach its tolerance.
    #[error(
        "cannot compute {operation}: after {iterations} iterations it still changes by {change:e}, and it needs to change by less than {tolerance:e}. Allow more iterations, or more regularisation"
    )]
    NotConverged {
        /// What was being computed.
        operation: &'static str,
        /// Iterations that were made.
        iterations: usize,
        /// The last change.
        change: f64,
        /// The change that was needed.
        tolerance: f64,
    },

    /// The linear algebra library did not return a decomposition.
    #[error(
        "cannot compute {operation}: the {decomposition} of a finite {n_rows} × {n_columns} matrix did not converge. Check for values of very different magnitude"
    )]
    Decomposition {
        /// What was being computed.
        operation: &'static str,
        /// "eigendecomposition", "singular value decomposition".
        decomposition: &'static str,
        /// Rows of the matrix.
        n_rows: usize,
        /// Columns of the matrix.
        n_columns: usize,
    },

    /// A label, fold or pair that has no observation where one is needed.
    #[error("cannot compute {operation}: {what} {index} (counted from 0) has no {missing}. {advice}")]
    Missing {
        /// What was being computed.
        operation: &'static str,
        /// What lacks something: "condition", "pair", "fold", "category".
        what: &'static str,
        /// Its position, from 0.
        index: usize,
        /// What it lacks.
        missing: &'static str,
        /// What to do next, as a sentence without a full stop.
        advice: &'static str,
    },

    /// Two choices that do not go together.
    #[error("cannot compute {operation} with {choice}: {reason}. {instead}")]
    Unsupported {
        /// What was being computed.
        operation: &'static str,
        /// The choice that does not fit it.
        choice: &'static str,
        /// Why not.
        reason: &'static str,
        /// What to choose instead, as a sentence without a full stop.
        instead: &'static str,
    },

    /// A name that is not in a list of names.
    #[error("there is no {what} \"{name}\". There are: {known}")]
    UnknownName {
        /// What was looked for: "comparator", "RDM measure".
        what: &'static str,
        /// The name as given.
        name: String,
        /// All the names, separated by commas.
        known: String,
    },

    /// The caller asked to stop.
    #[error("{operation} was stopped before its end, as asked")]
    Stopped {
        /// What was being computed.
        operation: &'static str,
    },
}
