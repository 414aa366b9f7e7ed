//! From a manifest as written to a checked one: names, ranges, and what goes with what.

use std::path::Path;

use super::ManifestError;
use super::manifest::{Manifest, SCHEMA};
use super::protocol::{Aggregate, Ceiling, Mapping, Metric, Splits};
use super::spec::{BenchmarkSpec, BrainData};
use super::stimuli::{StimuliKind, StimuliSpec};
use super::trials::TrialsSpec;
use crate::recording::read_spec::ReadSpec;

/// Checks a manifest, with what its messages need.
pub(super) struct Checker<'a> {
    /// What messages call the manifest, quoted.
    pub(super) manifest: &'a str,
    /// The folder of a user's own manifest.
    pub(super) folder: Option<&'a Path>,
}

impl Checker<'_> {
    pub(super) fn check(&self, written: Manifest) -> Result<BenchmarkSpec, ManifestError> {
        if written.schema != SCHEMA {
            return Err(self.value("schema", &written.schema, format!("\"{SCHEMA}\"")));
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if written.name.is_empty() || !written.name.chars().all(allowed) {
            return Err(self.value("name", &written.name, "letters, digits, \"-\", \"_\" and \".\""));
        }
        if written.version == 0 {
            return Err(self.value("version", 0, "1 or more"));
        }
        if written.region.trim().is_empty() {
            return Err(self.value("region", "\"\"", "the part of the brain that was recorded, such as \"IT\""));
        }
        self.check_metric(&written.metric)?;
        self.check_ceiling(&written.ceiling, &written.metric)?;
        self.check_stimuli(&written.stimuli)?;
        let data = self.data(written.recording, written.trials, &written.metric)?;
        let files = self.files(&written.name, &written.files, &written.stimuli, &data)?;
        Ok(BenchmarkSpec {
            name: written.name,
            version: written.version,
            title: written.title,
            region: written.region,
            species: written.species,
            simulated: written.simulated,
            citation: written.citation,
            licence: written.licence,
            notes: written.notes,
            files,
            stimuli: written.stimuli,
            data,
            metric: written.metric,
            ceiling: written.ceiling,
            folder: self.folder.map(Path::to_path_buf),
        })
    }

    fn check_metric(&self, metric: &Metric) -> Result<(), ManifestError> {
        match metric {
            // What is not computed is refused: a median under the name of a mean would be a wrong number.
            Metric::Encoding { over_units: Aggregate::Mean, .. } => {
                Err(self.value("metric.over_units", "\"mean\"", "\"median\", which is what homolog computes"))
            }
            Metric::Encoding { over_splits: Aggregate::Median, .. } => {
                Err(self.value("metric.over_splits", "\"median\"", "\"mean\", which is what homolog computes"))
            }
            Metric::Behaviour16Class { over_classes: Aggregate::Median, .. } => {
                Err(self.value("metric.over_classes", "\"median\"", "\"mean\", which is what homolog computes"))
            }
            Metric::Encoding { mapping, splits, .. } => {
                self.check_mapping(mapping)?;
                self.check_splits(splits)
            }
            Metric::Behaviour16Class { measures, .. } if measures.is_empty() => {
                Err(self.value("metric.measures", "[]", "at least one measure"))
            }
            Metric::Rsa { .. } | Metric::Behaviour16Class { .. } => Ok(()),
        }
    }

    fn check_mapping(&self, mapping: &Mapping) -> Result<(), ManifestError> {
        match mapping {
            Mapping::Pls { components: 0 } => Err(self.value("metric.mapping.components", 0, "1 or more")),
            Mapping::Ridge { penalties, .. } if penalties.is_empty() => {
                Err(self.value("metric.mapping.penalties", "[]", "at least one penalty"))
            }
            Mapping::Ridge { penalties, .. } => {
                match penalties.iter().find(|penalty| !(penalty.is_finite() && **penalty >= 0.0)) {
                    Some(penalty) => Err(self.value("metric.mapping.penalties", penalty, "finite numbers from 0 up")),
                    None => Ok(()),
                }
            }
            Mapping::Pls { .. } => Ok(()),
        }
    }

    fn check_splits(&self, splits: &Splits) -> Result<(), ManifestError> {
        let (Splits::Shuffle { n, train_size, .. } | Splits::StratifiedShuffle { n, train_size, .. }) = splits else {
            return Ok(());
        };
        if *n == 0 {
            return Err(self.value("metric.splits.n", n, "1 or more"));
        }
        if !(*train_size > 0.0 && *train_size < 1.0) {
            return Err(self.value("metric.splits.train_size", train_size, "a share between 0 and 1"));
        }
        Ok(())
    }

    fn check_ceiling(&self, ceiling: &Ceiling, metric: &Metric) -> Result<(), ManifestError> {
        let fits = match ceiling {
            Ceiling::SplitHalfSpearmanBrown { n: 0, .. } | Ceiling::Population { n: 0, .. } => {
                return Err(self.value("ceiling.n", 0, "1 or more"));
            }
            Ceiling::SplitHalfSpearmanBrown { over, .. } | Ceiling::Population { over, .. } if over != "repetition" => {
                let found = format!("\"{over}\"");
                return Err(self.value("ceiling.over", found, "\"repetition\", which is what homolog halves"));
            }
            Ceiling::Given { value, .. } if !(value.is_finite() && *value > 0.0) => {
                return Err(self.value("ceiling.value", value, "a finite number above 0"));
            }
            Ceiling::SplitHalfSpearmanBrown { .. } | Ceiling::Population { .. } => {
                matches!(metric, Metric::Encoding { .. })
            }
            Ceiling::RsaLowerUpper { .. } => matches!(metric, Metric::Rsa { .. }),
            Ceiling::BetweenPeople { .. } => matches!(metric, Metric::Behaviour16Class { .. }),
            Ceiling::Given { .. } | Ceiling::None { .. } => true,
        };
        if fits {
            return Ok(());
        }
        Err(self.mismatch(
            format!("the metric is {} and the ceiling is of another kind of metric", metric.name()),
            "\"rsa\" goes with \"rsa-lower-upper\", \"encoding\" with \"split-half-spearman-brown\" and \"population\", \
             \"behaviour-16class\" with \"between-people\", and each with \"given\" and \"none\"",
        ))
    }

    fn check_stimuli(&self, stimuli: &StimuliSpec) -> Result<(), ManifestError> {
        if let Some(width) = stimuli.width_deg
            && !(width.is_finite() && width > 0.0 && width <= 360.0)
        {
            return Err(self.value("stimuli.width_deg", width, "degrees of visual angle above 0, up to 360"));
        }
        let is_array = matches!(stimuli.kind, StimuliKind::Mat | StimuliKind::Npy | StimuliKind::Npz);
        if is_array && stimuli.numbered.is_none() {
            return Err(self.mismatch(
                "the stimuli are in an array, which has no names".to_owned(),
                "stimuli.numbered was needed, such as \"stimulus_{:02}\"",
            ));
        }
        if !is_array && stimuli.numbered.is_some() {
            return Err(self.mismatch(
                "the stimuli are files, and stimuli.numbered is for arrays".to_owned(),
                "stimuli.id was needed: \"stem\", \"name\" or \"path-stem\"",
            ));
        }
        Ok(())
    }

    fn data(
        &self,
        recordings: Vec<ReadSpec>,
        trials: Option<TrialsSpec>,
        metric: &Metric,
    ) -> Result<BrainData, ManifestError> {
        match (metric, trials) {
            (Metric::Behaviour16Class { .. }, Some(trials)) if recordings.is_empty() && !trials.paths.is_empty() => {
                Ok(BrainData::Trials(trials))
            }
            (Metric::Behaviour16Class { .. }, _) => Err(self.mismatch(
                "the metric is about behaviour".to_owned(),
                "[trials] with at least one file was needed, and no [[recording]]",
            )),
            (_, None) if !recordings.is_empty() => Ok(BrainData::Recordings(recordings)),
            (_, _) => Err(self.mismatch(
                "the metric is about a recording".to_owned(),
                "at least one [[recording]] was needed, and no [trials]",
            )),
        }
    }

    pub(super) fn value(&self, key: impl ToString, found: impl ToString, needed: impl ToString) -> ManifestError {
        ManifestError::Value {
            manifest: self.manifest.to_owned(),
            key: key.to_string(),
            found: found.to_string(),
            needed: needed.to_string(),
        }
    }

    fn mismatch(&self, found: String, needed: &str) -> ManifestError {
        ManifestError::Mismatch { manifest: self.manifest.to_owned(), found, needed: needed.to_owned() }
    }
}
