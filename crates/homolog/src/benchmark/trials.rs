//! What people answered, trial by trial.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Tables of trials, one row each, and which of their columns is what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrialsSpec {
    /// CSV files with a header.
    pub paths: Vec<String>,
    /// The column that tells subjects apart.
    pub subject: String,
    /// The column that the stimulus id comes from.
    pub stimulus: String,
    /// Of that column, only what follows the last one of this text, as `_` in `0001_s5n_s01_0_bird_00_bird3-bird2.png`.
    #[serde(default)]
    pub stimulus_after: Option<String>,
    /// The column of answers.
    pub response: String,
    /// The column of the right answers.
    pub category: String,
}

/// One answer of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Who.
    pub subject: String,
    /// To which stimulus, without a file's ending.
    pub stimulus_id: String,
    /// The answer; `na` where the subject gave none.
    pub response: String,
    /// The right answer.
    pub category: String,
}

/// A table of trials that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrialsError {
    /// Not a CSV file.
    #[error("cannot read the trials in \"{}\": {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader said, with the line.
        #[source]
        source: csv::Error,
    },
    /// A column that the manifest names is not there.
    #[error("\"{}\" has no column \"{column}\"; it has {columns}. Correct [trials] in the manifest", .path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// As the manifest has it.
        column: String,
        /// Those that are there, quoted.
        columns: String,
    },
}

impl TrialsSpec {
    /// The trials of one file, in its order.
    ///
    /// # Errors
    /// - [`TrialsError::Unreadable`] when it is not a CSV file.
    /// - [`TrialsError::MissingColumn`] when it lacks one of the four columns.
    pub fn read(&self, path: &Path) -> Result<Vec<Trial>, TrialsError> {
        let unreadable = |source| TrialsError::Unreadable { path: path.to_path_buf(), source };
        let mut reader = csv::Reader::from_path(path).map_err(unreadable)?;
        let header = reader.headers().map_err(unreadable)?.clone();
        let position: BTreeMap<&str, usize> =
            header.iter().enumerate().map(|(position, column)| (column, position)).collect();
        let column = |name: &str| {
            position.get(name).copied().ok_or_else(|| TrialsError::MissingColumn {
                path: path.to_path_buf(),
                column: name.to_owned(),
                columns: crate::naming::listed(header.iter(), 20),
            })
        };
        let [subject, stimulus, response, category] =
            [column(&self.subject)?, column(&self.stimulus)?, column(&self.response)?, column(&self.category)?];
        let mut trials = Vec::new();
        for row in reader.records() {
            let row = row.map_err(unreadable)?;
            let cell = |position: usize| row.get(position).unwrap_or_default().to_owned();
            trials.push(Trial {
                subject: cell(subject),
                stimulus_id: self.stimulus_id(&cell(stimulus)),
                response: cell(response),
                category: cell(category),
            });
        }
        Ok(trials)
    }

    fn stimulus_id(&self, cell: &str) -> String {
        let after = match &self.stimulus_after {
            Some(separator) => cell.rsplit_once(separator.as_str()).map_or(cell, |(_, after)| after),
            None => cell,
        };
        super::stimuli::IdRule::Stem.id(after).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TrialsSpec {
        TrialsSpec {
            paths: vec!["trials.csv".to_owned()],
            subject: "subj".to_owned(),
            stimulus: "imagename".to_owned(),
            stimulus_after: Some("_".to_owned()),
            response: "object_response".to_owned(),
            category: "category".to_owned(),
        }
    }

    #[test]
    fn trials_are_read_by_the_names_of_their_columns() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("trials.csv");
        std::fs::write(
            &path,
            "subj,imagename,object_response,category\nsubject-01,0001_s5n_s01_0_bird_00_bird3-dog2.png,dog,bird\n",
        )
        .expect("written");
        let trials = spec().read(&path).expect("read");
        assert_eq!(trials.len(), 1);
        assert_eq!(trials[0].stimulus_id, "bird3-dog2");
        assert_eq!((trials[0].response.as_str(), trials[0].category.as_str()), ("dog", "bird"));
    }

    #[test]
    fn a_missing_column_is_named_beside_those_that_are_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("trials.csv");
        std::fs::write(&path, "subject,imagename,object_response,category\n").expect("written");
        let message = spec().read(&path).expect_err("no subj").to_string();
        assert!(message.contains("has no column \"subj\"; it has \"subject\", \"imagename\""), "{message}");
    }
}
