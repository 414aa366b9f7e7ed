//! What can be wrong with a benchmark's manifest.

use std::path::PathBuf;

/// A `benchmark.toml` that cannot be used, or a benchmark that does not exist.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A name that is neither built in nor a path.
    #[error(
        "there is no benchmark \"{name}\", neither built in nor as a file or folder of that name. Closest: {nearest}. \
         `homolog data list` lists all {n_known}"
    )]
    UnknownBenchmark {
        /// As the user wrote it.
        name: String,
        /// The three nearest names, quoted.
        nearest: String,
        /// How many there are.
        n_known: usize,
    },

    /// The file cannot be read.
    #[error("cannot read the manifest \"{}\": {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },

    /// Not TOML, or a value of the wrong type.
    #[error("cannot read {manifest}, line {line}: {message}. docs/benchmarks.md describes every key")]
    Syntax {
        /// Which manifest, quoted.
        manifest: String,
        /// Counting from 1.
        line: usize,
        /// What the reader found and needed.
        message: String,
    },

    /// A key, or the name of a choice, that does not exist.
    #[error(
        "{manifest}, line {line}: there is no {what} \"{found}\" here. Closest: {nearest}. All: {all}. \
         docs/benchmarks.md describes them"
    )]
    UnknownName {
        /// Which manifest, quoted.
        manifest: String,
        /// Counting from 1.
        line: usize,
        /// `key` or `choice`.
        what: &'static str,
        /// As the user wrote it.
        found: String,
        /// The three nearest names, quoted.
        nearest: String,
        /// All names, in their order.
        all: String,
    },

    /// A value that has the right type and cannot be right.
    #[error("{manifest}: {key} is {found}, and {needed} was needed")]
    Value {
        /// Which manifest, quoted.
        manifest: String,
        /// The key, with the tables that it is in.
        key: String,
        /// As the manifest has it.
        found: String,
        /// What would do.
        needed: String,
    },

    /// A protocol whose parts do not go together.
    #[error("{manifest}: {found}, but {needed}")]
    Mismatch {
        /// Which manifest, quoted.
        manifest: String,
        /// What it says.
        found: String,
        /// What it would have to say as well or instead.
        needed: String,
    },
}
