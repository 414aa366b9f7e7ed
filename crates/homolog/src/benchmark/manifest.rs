//! The text form of a benchmark: what may stand in a `benchmark.toml`, before any of it is checked.
//!
//! docs/benchmarks.md describes every key for users. [`super::BenchmarkSpec`] is the checked form.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::ManifestError;
use super::protocol::{Ceiling, Metric};
use super::stimuli::StimuliSpec;
use super::trials::TrialsSpec;
use crate::naming::nearest_three;
use crate::recording::read_spec::ReadSpec;

/// The value of `schema` that this version reads.
pub const SCHEMA: &str = "homolog.benchmark/1";

/// A `benchmark.toml` as it is written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// Letters, digits, `-`, `_` and `.`; what the user types.
    pub name: String,
    /// Moves when, and only when, the numbers of the benchmark do.
    pub version: u32,
    /// One line.
    pub title: String,
    /// Part of the brain that was recorded: V1, V4, IT, EVC, …; `behaviour` where none was.
    pub region: String,
    /// Whose brain.
    pub species: String,
    /// Whether the recording was made by a program.
    #[serde(default)]
    pub simulated: bool,
    /// What to cite.
    pub citation: Citation,
    /// As stated at the origin, and where.
    pub licence: String,
    /// What a user should know before believing a number.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Every file with its origin. May be empty in a user's own manifest: its files are then beside it.
    #[serde(default)]
    pub files: Vec<FileEntry>,
    /// What was shown.
    pub stimuli: StimuliSpec,
    /// What was recorded; each entry is a population of units, or a set of RDMs.
    #[serde(default)]
    pub recording: Vec<ReadSpec>,
    /// What people answered, where the benchmark is one of behaviour.
    pub trials: Option<TrialsSpec>,
    /// How a network is compared with it.
    pub metric: Metric,
    /// What limits the comparison.
    pub ceiling: Ceiling,
}

/// The publication that a user of the benchmark cites.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Citation {
    /// Authors, year, title, journal, in one line.
    pub text: String,
    /// Digital object identifier, without the address of a resolver.
    pub doi: Option<String>,
}

/// One file, or several files of one folder, and where they come from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// `<data set>/<file>`, or a folder that `files` or `n_files` belongs to.
    pub path: String,
    /// Address of the file; with `files`, of the folder that they are in.
    pub url: Option<String>,
    /// 64 hexadecimal digits.
    pub sha256: Option<String>,
    /// The files of the folder `path`, each with its sha256.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// How many files the folder `path` has, where they are not listed.
    pub n_files: Option<usize>,
    /// Where the originals are and how they come to this form, where no URL serves it.
    pub by_hand: Option<String>,
}

impl Manifest {
    /// Reads TOML; `manifest` is what messages call it, quoted by the caller.
    ///
    /// # Errors
    /// - [`ManifestError::UnknownName`] for a key or a choice that does not exist, with the nearest ones.
    /// - [`ManifestError::Syntax`] for everything else that the TOML reader refuses, with the line.
    pub fn from_toml(text: &str, manifest: &str) -> Result<Manifest, ManifestError> {
        toml::from_str(text).map_err(|error| {
            let offset = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1;
            in_our_words(error.message(), manifest, line)
        })
    }
}

/// Serde says "unknown field `a`, expected one of `b`, `c`" and "unknown variant …" in the same form.
fn in_our_words(message: &str, manifest: &str, line: usize) -> ManifestError {
    let what = match message {
        _ if message.starts_with("unknown field") => "key",
        _ if message.starts_with("unknown variant") => "choice",
        _ => {
            let message = message.trim().replace('\n', " ");
            return ManifestError::Syntax { manifest: manifest.to_owned(), line, message };
        }
    };
    let mut quoted = message.split('`').skip(1).step_by(2);
    let found = quoted.next().unwrap_or_default().to_owned();
    let known: Vec<&str> = quoted.collect();
    ManifestError::UnknownName {
        manifest: manifest.to_owned(),
        line,
        what,
        nearest: nearest_three(&found, known.iter().copied()),
        all: known.join(", "),
        found,
    }
}
