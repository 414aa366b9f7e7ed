//! A benchmark's stimuli and recordings, read from wherever its files were found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::ScoreError;
use crate::benchmark::fetch::{Located, Sources};
use crate::benchmark::{
    BenchmarkSpec, BrainData, IdRule, Metric, Placement, StimuliKind, StimuliSpec, Trial, TrialsSpec, properties_of_id,
};
use crate::progress::{Cancel, Progress};
use crate::recording::array::{DataArray, Elements};
use crate::recording::labelled::numbered;
use crate::recording::read_spec::{Along, AxisSpec, Labels, ReadSpec};
use crate::recording::{RecordedRdms, Recording, RecordingAxis, Side, StimulusJoin, format, join_stimuli};
use crate::stimuli::{IdStyle, Image, Source, Stimulus, StimulusSet};

/// A benchmark with everything that it compares with in memory; stimuli are decoded when they are needed.
#[derive(Clone, Debug)]
pub struct BenchmarkData {
    /// The benchmark.
    pub spec: BenchmarkSpec,
    /// What was shown.
    pub stimuli: StimulusSet,
    /// What the brain, or people, did.
    pub brain: Brain,
    /// sha256 of each file that was read, by its path.
    pub files: Vec<(String, String)>,
}

/// What a network is compared with.
#[derive(Clone, Debug)]
pub enum Brain {
    /// Populations of units.
    Units(Vec<Recording>),
    /// Dissimilarities between stimuli, as published.
    Rdms(Vec<RecordedRdms>),
    /// Answers of people.
    Trials(Vec<Trial>),
}

impl BenchmarkData {
    /// Finds (and fetches, where that is possible) the files of a benchmark and reads them.
    ///
    /// # Errors
    /// What keeps a file from being had or read; [`ScoreError::StimuliKind`] where an array is not one of images.
    pub fn load(
        mut spec: BenchmarkSpec,
        sources: &Sources,
        join: StimulusJoin,
        progress: &dyn Progress,
        cancel: &Cancel,
    ) -> Result<Self, ScoreError> {
        let mut located = Vec::with_capacity(spec.files.len());
        for file in &spec.files {
            located.push(sources.fetch(file, progress, cancel)?);
        }
        let places = Places(&located);
        let brain = brain(&spec, &places)?;
        let shown = stimuli(&spec.stimuli, &places)?;
        let (n_shown, n_recorded) = (shown.len(), brain.stimulus_ids().len());
        let stimuli = in_common(shown, &brain, join)?;
        let n_shared = stimuli.len();
        if n_shared < n_shown.max(n_recorded) {
            let note = format!("on the {n_shared} stimuli in common: {n_shown} were shown and {n_recorded} recorded");
            spec.notes.push(note);
        }
        let files = located.into_iter().map(|file| (file.path, file.sha256)).collect();
        Ok(Self { spec, stimuli, brain, files })
    }
}

impl BenchmarkData {
    /// The recording's presentations of the benchmark's stimuli, in their order.
    pub fn in_order(&self, recording: &Recording) -> Result<Recording, ScoreError> {
        let ids: Vec<String> = self.stimuli.ids().map(str::to_owned).collect();
        // The stimuli are those in common already; what the recording has besides was left out on purpose.
        Ok(recording.join(&ids, StimulusJoin::Shared)?)
    }

    /// The mean response of each unit to each of the benchmark's stimuli, in their order.
    pub fn averaged(&self, recording: &Recording) -> Result<Recording, ScoreError> {
        Ok(self.in_order(recording)?.average_time_bins()?.average_repetitions()?)
    }

    /// The group of each stimulus: a coordinate of the recording, or a property of the stimuli.
    ///
    /// # Errors
    /// [`ScoreError::NoGroups`] when neither has it.
    pub fn groups(&self, name: &str) -> Result<Vec<String>, ScoreError> {
        let mut known = BTreeSet::new();
        if let Brain::Units(recordings) = &self.brain {
            for recording in recordings {
                let averaged = self.averaged(recording)?;
                let coordinates = averaged.coordinates(RecordingAxis::Presentation);
                if let Some(groups) = coordinates.get(name) {
                    return Ok(groups.to_texts());
                }
                known.extend(coordinates.keys().cloned());
            }
        }
        let properties: Option<Vec<String>> =
            self.stimuli.property(name).map(|value| value.map(str::to_owned)).collect();
        let of_stimuli = self.stimuli.stimuli().iter().flat_map(|stimulus| stimulus.properties.keys().cloned());
        known.extend(of_stimuli);
        properties.ok_or_else(|| ScoreError::NoGroups {
            benchmark: self.spec.name.clone(),
            name: name.to_owned(),
            known: crate::naming::listed(known.iter().map(String::as_str), 20),
        })
    }

    /// The metric asks for something that the recording does not hold.
    pub(super) fn other_kind(&self, found: impl Into<String>) -> ScoreError {
        let found = found.into();
        ScoreError::OtherKind { metric: self.spec.metric.name(), benchmark: self.spec.name.clone(), found }
    }
}

/// The stimuli that both sides have, in the recording's order: that is the order in which splits count them.
fn in_common(shown: StimulusSet, brain: &Brain, join: StimulusJoin) -> Result<StimulusSet, ScoreError> {
    let recorded = brain.stimulus_ids();
    let given: Vec<String> = shown.ids().map(str::to_owned).collect();
    let sides = (
        Side { name: "the recording", stimulus_ids: &recorded },
        Side { name: "the set of stimuli", stimulus_ids: &given },
    );
    let shared = join_stimuli(sides.0, sides.1, join)?;
    Ok(shown.select(shared.iter().map(String::as_str))?)
}

impl Brain {
    /// Ids of the stimuli, each once, in the order of the recording; of several recordings, the first's first.
    pub fn stimulus_ids(&self) -> Vec<String> {
        let all: Vec<&String> = match self {
            Self::Units(recordings) => recordings.iter().flat_map(|recording| recording.stimulus_ids()).collect(),
            Self::Rdms(sets) => sets.iter().flat_map(|set| &set.stimulus_ids).collect(),
            Self::Trials(trials) => trials.iter().map(|trial| &trial.stimulus_id).collect(),
        };
        let mut seen = BTreeSet::new();
        all.into_iter().filter(|id| seen.insert(*id)).cloned().collect()
    }
}

/// Where the paths of a manifest are on this machine.
struct Places<'a>(&'a [Located]);

impl Places<'_> {
    /// The place of `path`, which is a listed file, lies in a listed folder, or is the folder of listed files.
    fn of(&self, path: &str) -> PathBuf {
        let path = path.trim_end_matches('/');
        let within = |file: &Located| match path.strip_prefix(file.path.as_str())? {
            "" => Some(file.place.clone()),
            rest => Some(file.place.join(rest.strip_prefix('/')?)),
        };
        let around = |file: &Located| {
            let rest = file.path.strip_prefix(path)?.strip_prefix('/')?;
            file.place.ancestors().nth(rest.split('/').count()).map(Path::to_path_buf)
        };
        self.0.iter().find_map(within).or_else(|| self.0.iter().find_map(around)).unwrap_or_else(|| PathBuf::from(path))
    }

    /// The declaration with the places of its files in place of their paths.
    fn resolve(&self, spec: &ReadSpec) -> ReadSpec {
        let mut spec = spec.clone();
        spec.path = self.of(&spec.path.to_string_lossy());
        for axis in &mut spec.axes {
            if let Labels::Variable { path: Some(path), .. } = &mut axis.labels {
                *path = self.of(&path.to_string_lossy());
            }
        }
        for coordinate in &mut spec.coordinates {
            coordinate.path = coordinate.path.as_ref().map(|path| self.of(&path.to_string_lossy()));
        }
        spec
    }
}

fn brain(spec: &BenchmarkSpec, places: &Places<'_>) -> Result<Brain, ScoreError> {
    // Paths are whole by now, so the folder that they would be relative to is not used.
    let folder = Path::new("");
    match (&spec.data, &spec.metric) {
        (BrainData::Trials(trials), _) => Ok(Brain::Trials(read_trials(trials, places)?)),
        (BrainData::Recordings(recordings), Metric::Rsa { .. }) if recordings.iter().all(is_of_rdms) => {
            let rdms = recordings.iter().map(|recording| places.resolve(recording).read_rdms(folder));
            Ok(Brain::Rdms(rdms.collect::<Result<_, _>>()?))
        }
        (BrainData::Recordings(recordings), _) => {
            let units = recordings.iter().map(|recording| places.resolve(recording).read_recording(folder));
            Ok(Brain::Units(units.collect::<Result<_, _>>()?))
        }
    }
}

/// Whether a declaration is of dissimilarity matrices: an axis of pairs, or two of the same stimuli.
fn is_of_rdms(spec: &ReadSpec) -> bool {
    let is_pair = |axis: &AxisSpec| axis.along == Some(Along::Pair) || axis.name == "pair";
    let is_twice = |axis: &AxisSpec| spec.axes.iter().filter(|other| other.name == axis.name).count() == 2;
    spec.axes.iter().any(|axis| is_pair(axis) || is_twice(axis))
}

fn read_trials(spec: &TrialsSpec, places: &Places<'_>) -> Result<Vec<Trial>, ScoreError> {
    let mut trials = Vec::new();
    for path in &spec.paths {
        trials.extend(spec.read(&places.of(path))?);
    }
    Ok(trials)
}

fn stimuli(spec: &StimuliSpec, places: &Places<'_>) -> Result<StimulusSet, ScoreError> {
    let place = places.of(&spec.path);
    let listed = match spec.kind {
        StimuliKind::Folder => from_files(StimulusSet::from_folder(&place, IdStyle::Path)?, spec)?,
        StimuliKind::Zip => from_files(StimulusSet::from_zip(&place, IdStyle::Path)?, spec)?,
        StimuliKind::Mat | StimuliKind::Npy | StimuliKind::Npz => from_array(&place, spec)?,
    };
    let described = listed.into_iter().map(|mut stimulus| {
        if let Some(pattern) = &spec.id_pattern {
            stimulus.properties.extend(properties_of_id(pattern, &stimulus.id).unwrap_or_default());
        }
        stimulus
    });
    let set = StimulusSet::new(described.collect())?;
    match (spec.placement, spec.width_deg) {
        (Placement::VisualDegrees, Some(width_deg)) => Ok(set.with_width_deg(width_deg)?),
        _ => Ok(set),
    }
}

/// Those of the files that the manifest means, under the ids that it gives them.
fn from_files(all: StimulusSet, spec: &StimuliSpec) -> Result<Vec<Stimulus>, ScoreError> {
    let pattern = spec.members.as_deref().unwrap_or("**/*");
    let named = all.stimuli().iter().filter(|stimulus| fast_glob::glob_match(pattern, &stimulus.id));
    let stimuli: Vec<Stimulus> = named
        .map(|stimulus| Stimulus { id: IdRule::id(spec.id, &stimulus.id).to_owned(), ..stimulus.clone() })
        .collect();
    if stimuli.is_empty() {
        return Err(ScoreError::NoMember { path: spec.path.clone(), pattern: pattern.to_owned(), n_files: all.len() });
    }
    Ok(stimuli)
}

/// The images of an array (stimulus, row, column[, channel]) of bytes, numbered from 1.
fn from_array(place: &Path, spec: &StimuliSpec) -> Result<Vec<Stimulus>, ScoreError> {
    let tree = format::read_tree(place)
        .map_err(|source| ScoreError::File { path: spec.path.clone(), source: Box::new(source) })?;
    let array = tree
        .array(spec.variable.as_deref())
        .map_err(|source| ScoreError::Variable { path: spec.path.clone(), source })?;
    let template = spec.numbered.as_deref().unwrap_or("{}");
    let images = images_of(&array).ok_or_else(|| ScoreError::StimuliKind {
        path: spec.path.clone(),
        variable: spec.variable.clone().unwrap_or_default(),
        found: format!("{} of shape {:?}", array.elements().kind(), array.shape()),
    })?;
    let stimulus = |(number, image): (i64, Image)| Stimulus {
        id: numbered(template, number).unwrap_or_else(|| number.to_string()),
        source: Source::Decoded(Arc::new(image)),
        properties: BTreeMap::new(),
    };
    Ok((1..).zip(images).map(stimulus).collect())
}

/// The images of an array; leading axes of size 1 are MATLAB's and fall away.
fn images_of(array: &DataArray) -> Option<Vec<Image>> {
    let mut shape = array.shape();
    while shape.len() > 3 && shape.first() == Some(&1) {
        shape = &shape[1..];
    }
    let Elements::Byte(bytes) = array.elements() else { return None };
    match *shape {
        [n, height, width, 3] if n > 0 => {
            bytes.chunks_exact(bytes.len() / n).map(|rgb| Image::new(width, height, rgb.to_vec()).ok()).collect()
        }
        [n, height, width] if n > 0 => {
            bytes.chunks_exact(bytes.len() / n).map(|grey| Image::from_grey(width, height, grey).ok()).collect()
        }
        _ => None,
    }
}
