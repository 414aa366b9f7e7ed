//! What a run shows: one self-contained HTML page, and the same numbers as JSON.
//!
//! The page loads nothing: styles, figures and pictures are in it, so that it can be mailed, archived and opened offline. It
//! follows the system's light or dark setting and prints in light.
//!
//! ```no_run
//! use homolog::report::{Figures, write, write_json};
//! use homolog::score::result::ScoreReport;
//!
//! # fn main() -> Result<(), homolog::report::ReportError> {
//! let report = ScoreReport::new("homolog score …");
//! write("results/report.html".as_ref(), &report, &Figures::default())?;
//! write_json("results/scores.json".as_ref(), &report)
//! # }
//! ```
//!
//! [`Document`] builds a page of the same kind for any other command, from the figures of [`figure`].

mod atlas_page;
mod benchmark_section;
mod document;
pub mod figure;
mod page;
mod rdm_pair;
mod style;
mod table;

use std::path::{Path, PathBuf};

pub use atlas_page::{AtlasPage, AtlasPageCell, AtlasPageLayer, AtlasPoint};
pub use document::{Cell, Document, Table};
pub use page::page;
pub use rdm_pair::RdmPair;

use crate::score::result::ScoreReport;
use crate::store::{next_step, write_whole};

/// What a page shows beside the scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The dissimilarity matrices of brain and network that are shown side by side; one for each benchmark of
    /// representational similarity, usually of the best stage.
    pub rdms: Vec<RdmPair>,
}

/// A report that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The file system refused.
    #[error("cannot write the report \"{}\": {source}. {}", .path.display(), next_step(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The results cannot be put into JSON.
    #[error("cannot write the results \"{}\" as JSON: {source}", .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the writer said.
        #[source]
        source: serde_json::Error,
    },
    /// Two matrices that do not belong together.
    #[error(
        "cannot show the dissimilarity matrices of \"{benchmark}\": {n_stimuli} stimuli make {needed} pairs, and the \
         matrix of the {side} has {found}"
    )]
    PairCount {
        /// The benchmark.
        benchmark: String,
        /// Stimuli.
        n_stimuli: usize,
        /// Pairs that they make.
        needed: usize,
        /// `brain` or `network`.
        side: &'static str,
        /// Pairs that are there.
        found: usize,
    },
}

/// Writes the page, whole or not at all.
///
/// # Errors
/// - [`ReportError::Io`] when its folder cannot be written to.
pub fn write(path: &Path, report: &ScoreReport, figures: &Figures) -> Result<(), ReportError> {
    write_file(path, page(report, figures).as_bytes())
}

/// Writes the scores as one JSON object, the same that `--json` prints, whole or not at all.
///
/// # Errors
/// - [`ReportError::Io`] when its folder cannot be written to.
pub fn write_json(path: &Path, report: &ScoreReport) -> Result<(), ReportError> {
    let mut text =
        serde_json::to_vec_pretty(report).map_err(|source| ReportError::Json { path: path.to_path_buf(), source })?;
    text.push(b'\n');
    write_file(path, &text)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), ReportError> {
    write_whole(path, bytes).map_err(|source| ReportError::Io { path: path.to_path_buf(), source })
}

#[cfg(test)]
mod tests;
