//! The checked form of a manifest: what a run may rely on.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::ManifestError;
use super::fetch::{DataFile, Expected, Origin};
use super::manifest::{Citation, FileEntry, Manifest, SCHEMA};
use super::protocol::{Ceiling, Mapping, Metric, Splits};
use super::stimuli::{StimuliKind, StimuliSpec};
use super::trials::TrialsSpec;
use crate::recording::read_spec::{Labels, ReadSpec};

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
        let file = if path.is_dir() {
            path.join("benchmark.toml")
        } else {
            path.to_path_buf()
        };
        let text = std::fs::read_to_string(&file).map_err(|source| ManifestError::Unreadable {
            path: file.clone(),
            source,
        })?;
        let folder = file.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        BenchmarkSpec::from_toml(&text, &format!("\"{}\"", file.display()), Some(&folder))
    }

    /// Reads and checks TOML. `manifest` is what messages call it; `folder` is where files without an origin are.
    ///
    /// # Errors
    /// Every [`ManifestError`] but [`ManifestError::Unreadable`] and [`ManifestError::UnknownBenchmark`].
    pub fn from_toml(
        text: &str,
        manifest: &str,
        folder: Option<&Path>,
    ) -> Result<BenchmarkSpec, ManifestError> {
        let written = Manifest::from_toml(text, manifest)?;
        Checker { manifest, folder }.check(written)
    }

    /// The files below `folder`, or the file that `folder` is.
    pub fn files_below(&self, folder: &str) -> impl Iterator<Item = &DataFile> {
        let folder = folder.trim_end_matches('/').to_owned();
        self.files.iter().filter(move |file| {
            file.path
                .strip_prefix(&folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// Checks a manifest, with what its messages need.
struct Checker<'a> {
    manifest: &'a str,
    folder: Option<&'a Path>,
}

impl Checker<'_> {
    fn check(&self, written: Manifest) -> Result<BenchmarkSpec, ManifestError> {
        if written.schema != SCHEMA {
            return Err(self.value("schema", &written.schema, format!("\"{SCHEMA}\"")));
        }
        let allowed = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
        if written.name.is_empty() || !written.name.chars().all(allowed) {
            return Err(self.value(
                "name",
                &written.name,
                "letters, digits, \"-\", \"_\" and \".\"",
            ));
        }
        if written.version == 0 {
            return Err(self.value("version", 0, "1 or more"));
        }
        if written.region.trim().is_empty() {
            return Err(self.value(
                "region",
                "\"\"",
                "the part of the brain that was recorded, such as \"IT\"",
            ));
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
            Metric::Encoding {
                mapping, splits, ..
            } => {
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
            Mapping::Pls { components: 0 } => {
                Err(self.value("metric.mapping.components", 0, "1 or more"))
            }
            Mapping::Ridge { penalties, .. } if penalties.is_empty() => {
                Err(self.value("metric.mapping.penalties", "[]", "at least one penalty"))
            }
            Mapping::Ridge { penalties, .. } => {
                match penalties
                    .iter()
                    .find(|penalty| !(penalty.is_finite() && **penalty >= 0.0))
                {
                    Some(penalty) => Err(self.value(
                        "metric.mapping.penalties",
                        penalty,
                        "finite numbers from 0 up",
                    )),
                    None => Ok(()),
                }
            }
            Mapping::Pls { .. } => Ok(()),
        }
    }

    fn check_splits(&self, splits: &Splits) -> Result<(), ManifestError> {
        let (Splits::Shuffle { n, train_size, .. }
        | Splits::StratifiedShuffle { n, train_size, .. }) = splits
        else {
            return Ok(());
        };
        if *n == 0 {
            return Err(self.value("metric.splits.n", n, "1 or more"));
        }
        if !(*train_size > 0.0 && *train_size < 1.0) {
            return Err(self.value(
                "metric.splits.train_size",
                train_size,
                "a share between 0 and 1",
            ));
        }
        Ok(())
    }

    fn check_ceiling(&self, ceiling: &Ceiling, metric: &Metric) -> Result<(), ManifestError> {
        let fits = match ceiling {
            Ceiling::SplitHalfSpearmanBrown { n: 0, .. } | Ceiling::Population { n: 0, .. } => {
                return Err(self.value("ceiling.n", 0, "1 or more"));
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
            return Err(self.value(
                "stimuli.width_deg",
                width,
                "degrees of visual angle above 0, up to 360",
            ));
        }
        let is_array = matches!(
            stimuli.kind,
            StimuliKind::Mat | StimuliKind::Npy | StimuliKind::Npz
        );
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
            (Metric::Behaviour16Class { .. }, Some(trials))
                if recordings.is_empty() && !trials.paths.is_empty() =>
            {
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

    /// Every file with its origin; in a user's own manifest also those that are only named where they are used.
    fn files(
        &self,
        benchmark: &str,
        entries: &[FileEntry],
        stimuli: &StimuliSpec,
        data: &BrainData,
    ) -> Result<Vec<DataFile>, ManifestError> {
        let mut files = Vec::new();
        for entry in entries {
            self.check_relative("files.path", &entry.path)?;
            files.extend(self.files_of(benchmark, entry)?);
        }
        let mut listed = BTreeSet::new();
        for file in &files {
            if !listed.insert(file.path.clone()) {
                return Err(self.value(
                    "files.path",
                    format!("\"{}\" twice", file.path),
                    "each file once",
                ));
            }
        }
        for (key, path) in used_paths(stimuli, data) {
            self.check_relative(key, &path)?;
            let is_listed = files.iter().any(|file| {
                file.path == path
                    || file.path.starts_with(&format!("{path}/"))
                    || path.starts_with(&format!("{}/", file.path))
            });
            if is_listed {
                continue;
            }
            let Some(folder) = self.folder else {
                return Err(self.value(key, format!("\"{path}\""), "a path that [[files]] has"));
            };
            files.push(DataFile {
                benchmark: benchmark.to_owned(),
                path,
                origin: Origin::ByHand(format!(
                    "It belongs in the folder of the manifest, \"{}\"",
                    folder.display()
                )),
                expected: Expected::Unknown,
                n_files: None,
                beside: self.folder.map(Path::to_path_buf),
            });
        }
        Ok(files)
    }

    fn files_of(&self, benchmark: &str, entry: &FileEntry) -> Result<Vec<DataFile>, ManifestError> {
        let key = |name: &str| format!("files \"{}\": {name}", entry.path);
        if let Some(url) = &entry.url
            && !(url.starts_with("https://") || url.starts_with("http://"))
        {
            return Err(self.value(
                key("url"),
                url,
                "an address that begins with https:// or http://",
            ));
        }
        let file = |path: String, sha256: Option<&String>, url: Option<String>| {
            let expected =
                sha256.map_or(Expected::Unknown, |sha256| Expected::Whole(sha256.clone()));
            let origin = match (url, &entry.by_hand, self.folder) {
                (Some(url), ..) => Origin::Url(url),
                (None, Some(how), _) => {
                    Origin::ByHand(how.split_whitespace().collect::<Vec<_>>().join(" "))
                }
                (None, None, Some(folder)) => Origin::ByHand(format!(
                    "It belongs in the folder of the manifest, \"{}\"",
                    folder.display()
                )),
                (None, None, None) => {
                    return Err(self.value(key("url"), "missing", "a url, or by_hand"));
                }
            };
            if let Expected::Whole(sha256) = &expected {
                self.check_sha256(&key("sha256"), sha256)?;
            } else if matches!(origin, Origin::Url(_)) {
                return Err(self.value(
                    key("sha256"),
                    "missing",
                    "the 64 digits that what is at the url has",
                ));
            }
            Ok(DataFile {
                benchmark: benchmark.to_owned(),
                path,
                origin,
                expected,
                n_files: entry.n_files,
                beside: self.folder.map(Path::to_path_buf),
            })
        };
        if entry.files.is_empty() {
            return Ok(vec![file(
                entry.path.clone(),
                entry.sha256.as_ref(),
                entry.url.clone(),
            )?]);
        }
        let mut files = Vec::new();
        for (name, sha256) in &entry.files {
            self.check_relative(&key("files"), name)?;
            let url = entry
                .url
                .as_ref()
                .map(|base| format!("{}/{name}", base.trim_end_matches('/')));
            files.push(file(format!("{}/{name}", entry.path), Some(sha256), url)?);
        }
        Ok(files)
    }

    fn check_sha256(&self, key: &str, sha256: &str) -> Result<(), ManifestError> {
        if sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(());
        }
        Err(self.value(key, format!("\"{sha256}\""), "64 hexadecimal digits"))
    }

    /// A manifest from anywhere must not be able to name a file outside its folder.
    fn check_relative(&self, key: &str, path: &str) -> Result<(), ManifestError> {
        let stays_inside = Path::new(path)
            .components()
            .all(|part| matches!(part, Component::Normal(_)));
        if !path.is_empty() && stays_inside && !path.contains('\\') {
            return Ok(());
        }
        Err(self.value(
            key,
            format!("\"{path}\""),
            "a path below the data folder, without \"..\" and \"\\\"",
        ))
    }

    fn value(
        &self,
        key: impl ToString,
        found: impl ToString,
        needed: impl ToString,
    ) -> ManifestError {
        ManifestError::Value {
            manifest: self.manifest.to_owned(),
            key: key.to_string(),
            found: found.to_string(),
            needed: needed.to_string(),
        }
    }

    fn mismatch(&self, found: String, needed: &str) -> ManifestError {
        ManifestError::Mismatch {
            manifest: self.manifest.to_owned(),
            found,
            needed: needed.to_owned(),
        }
    }
}

/// Every path that the manifest uses, with the key that it stands under.
fn used_paths(stimuli: &StimuliSpec, data: &BrainData) -> Vec<(&'static str, String)> {
    let mut used = vec![("stimuli.path", stimuli.path.clone())];
    match data {
        BrainData::Trials(trials) => used.extend(
            trials
                .paths
                .iter()
                .map(|path| ("trials.paths", path.clone())),
        ),
        BrainData::Recordings(recordings) => {
            for recording in recordings {
                used.push((
                    "recording.path",
                    recording.path.to_string_lossy().into_owned(),
                ));
                let further = recording
                    .coordinates
                    .iter()
                    .filter_map(|coordinate| coordinate.path.as_ref());
                used.extend(further.map(|path| {
                    (
                        "recording.coordinates.path",
                        path.to_string_lossy().into_owned(),
                    )
                }));
                let labels = recording.axes.iter().filter_map(|axis| match &axis.labels {
                    Labels::Variable { path, .. } => path.as_ref(),
                    _ => None,
                });
                used.extend(labels.map(|path| {
                    (
                        "recording.axes.labels_path",
                        path.to_string_lossy().into_owned(),
                    )
                }));
            }
        }
    }
    used
}
