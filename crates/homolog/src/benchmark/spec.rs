//! The checked form of a manifest: what a run may rely on.

use std::path::{Path, PathBuf};

use super::ManifestError;
use super::check::Checker;
use super::fetch::DataFile;
use super::manifest::{Citation, Manifest};
use super::protocol::{Ceiling, Metric};
use super::stimuli::StimuliSpec;
use super::trials::TrialsSpec;
use crate::recording::read_spec::ReadSpec;

/// A benchmark whose manifest has been checked: every file has an origin, every number is in its range, and metric, ceiling
/// and data go together.
#[derive(Clone, Debug)]
pub struct BenchmarkSpec {
    /// What the user types.
    pub name: String,
    /// Moves when, and only when, the numbers do.
    pub version: u32,
    /// One line.
    pub title: String,
    /// Part of the brain.
    pub region: String,
    /// Whose brain.
    pub species: String,
    /// Whether the recording was made by a program.
    pub simulated: bool,
    /// What to cite.
    pub citation: Citation,
    /// As stated at the origin.
    pub licence: String,
    /// What a user should know before believing a number.
    pub notes: Vec<String>,
    /// Every file that is needed, each once.
    pub files: Vec<DataFile>,
    /// What was shown.
    pub stimuli: StimuliSpec,
    /// What is compared with.
    pub data: BrainData,
    /// How a network is compared with it.
    pub metric: Metric,
    /// What limits the comparison.
    pub ceiling: Ceiling,
    /// The folder of a user's own manifest; nothing for a built-in one.
    pub folder: Option<PathBuf>,
}

/// What a network is compared with.
#[derive(Clone, Debug)]
pub enum BrainData {
    /// Populations of units, or RDMs, in the manifest's order; never empty.
    Recordings(Vec<ReadSpec>),
    /// Answers of people.
    Trials(TrialsSpec),
}

impl BenchmarkSpec {
    /// Reads a user's own manifest: a `benchmark.toml`, or a folder that has one.
    ///
    /// # Errors
    /// Every [`ManifestError`] but [`ManifestError::UnknownBenchmark`].
    pub fn from_path(path: &Path) -> Result<BenchmarkSpec, ManifestError> {
        let file = if path.is_dir() { path.join("benchmark.toml") } else { path.to_path_buf() };
        let text = std::fs::read_to_string(&file)
            .map_err(|source| ManifestError::Unreadable { path: file.clone(), source })?;
        let folder = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        BenchmarkSpec::from_toml(&text, &format!("\"{}\"", file.display()), Some(&folder))
    }

    /// Reads and checks TOML. `manifest` is what messages call it; `folder` is where files without an origin are.
    ///
    /// # Errors
    /// Every [`ManifestError`] but [`ManifestError::Unreadable`] and [`ManifestError::UnknownBenchmark`].
    pub fn from_toml(text: &str, manifest: &str, folder: Option<&Path>) -> Result<BenchmarkSpec, ManifestError> {
        let written = Manifest::from_toml(text, manifest)?;
        Checker { manifest, folder }.check(written)
    }

    /// The files below `folder`, or the file that `folder` is.
    pub fn files_below(&self, folder: &str) -> impl Iterator<Item = &DataFile> {
        let folder = folder.trim_end_matches('/').to_owned();
        self.files.iter().filter(move |file| {
            file.path.strip_prefix(&folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}
