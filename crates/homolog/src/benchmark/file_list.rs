//! The files of a benchmark: those that the manifest lists, and in a user's own also those that it only uses.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::ManifestError;
use super::check::Checker;
use super::fetch::{DataFile, Expected, Origin};
use super::manifest::FileEntry;
use super::spec::BrainData;
use super::stimuli::StimuliSpec;
use crate::recording::read_spec::Labels;

impl Checker<'_> {
    /// Every file with its origin; in a user's own manifest also those that are only named where they are used.
    pub(super) fn files(
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
                return Err(self.value("files.path", format!("\"{}\" twice", file.path), "each file once"));
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
                origin: Origin::ByHand(format!("It belongs in the folder of the manifest, \"{}\"", folder.display())),
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
            return Err(self.value(key("url"), url, "an address that begins with https:// or http://"));
        }
        let file = |path: String, sha256: Option<&String>, url: Option<String>| {
            let expected = sha256.map_or(Expected::Unknown, |sha256| Expected::Whole(sha256.clone()));
            let origin = match (url, &entry.by_hand, self.folder) {
                (Some(url), ..) => Origin::Url(url),
                (None, Some(how), _) => Origin::ByHand(how.split_whitespace().collect::<Vec<_>>().join(" ")),
                (None, None, Some(folder)) => {
                    Origin::ByHand(format!("It belongs in the folder of the manifest, \"{}\"", folder.display()))
                }
                (None, None, None) => {
                    return Err(self.value(key("url"), "missing", "a url, or by_hand"));
                }
            };
            if let Expected::Whole(sha256) = &expected {
                self.check_sha256(&key("sha256"), sha256)?;
            } else if matches!(origin, Origin::Url(_)) {
                return Err(self.value(key("sha256"), "missing", "the 64 digits that what is at the url has"));
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
            return Ok(vec![file(entry.path.clone(), entry.sha256.as_ref(), entry.url.clone())?]);
        }
        let mut files = Vec::new();
        for (name, sha256) in &entry.files {
            self.check_relative(&key("files"), name)?;
            let url = entry.url.as_ref().map(|base| format!("{}/{name}", base.trim_end_matches('/')));
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
        let stays_inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !path.is_empty() && stays_inside && !path.contains('\\') {
            return Ok(());
        }
        Err(self.value(key, format!("\"{path}\""), "a path below the data folder, without \"..\" and \"\\\""))
    }
}

/// Every path that the manifest uses, with the key that it stands under.
fn used_paths(stimuli: &StimuliSpec, data: &BrainData) -> Vec<(&'static str, String)> {
    let mut used = vec![("stimuli.path", stimuli.path.clone())];
    match data {
        BrainData::Trials(trials) => used.extend(trials.paths.iter().map(|path| ("trials.paths", path.clone()))),
        BrainData::Recordings(recordings) => {
            for recording in recordings {
                used.push(("recording.path", recording.path.to_string_lossy().into_owned()));
                let further = recording.coordinates.iter().filter_map(|coordinate| coordinate.path.as_ref());
                used.extend(further.map(|path| ("recording.coordinates.path", path.to_string_lossy().into_owned())));
                let labels = recording.axes.iter().filter_map(|axis| match &axis.labels {
                    Labels::Variable { path, .. } => path.as_ref(),
                    _ => None,
                });
                used.extend(labels.map(|path| ("recording.axes.labels_path", path.to_string_lossy().into_owned())));
            }
        }
    }
    used
}
