//! What the commands of statistics take, read and brought into one order of stimuli.

use std::path::Path;

use clap::Args;
use homolog::recording::input::{
    InputError, Location, MissingPairs, PatternAxis, Patterns, RdmStack, StimulusIds, StimulusLabels, align, parse_axes,
};
use homolog::recording::{OnMissing, StimulusJoin};
use homolog::store::{hex, write_whole};
use ndarray::ArrayD;
use ndarray_npy::WriteNpyExt as _;
use sha2::{Digest as _, Sha256};

use crate::exit::Failure;
use crate::run_options::{MissingChoice, StimuliChoice};

/// How responses are read and brought together.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Input")]
pub(crate) struct InputOptions {
    /// What the axes of an array are: stimulus, unit, repetition, subject, session and time in its order [default: stimulus,unit]
    #[arg(long, value_name = "NAMES")]
    axes: Option<String>,
    /// What to do with stimuli that only some inputs have
    #[arg(long, value_enum, default_value_t)]
    stimuli: StimuliChoice,
    /// What to do with missing responses
    #[arg(long, value_enum, default_value_t)]
    on_nan: MissingChoice,
}

impl InputOptions {
    /// What to do with stimuli that only some inputs have.
    pub(crate) fn join(&self) -> StimulusJoin {
        StimulusJoin::from(self.stimuli)
    }

    /// The first option that was given and speaks of responses alone, where the input is something else.
    pub(crate) fn of_responses_given(&self) -> Option<&'static str> {
        let axes = self.axes.as_ref().map(|_| "--axes");
        axes.or_else(|| (self.on_nan != MissingChoice::Refuse).then_some("--on-nan"))
    }

    /// What to do with missing responses.
    pub(crate) fn on_missing(&self) -> OnMissing {
        OnMissing::from(self.on_nan)
    }

    /// Responses at each of `texts`, not yet in one order; a folder that `homolog record` made gives each of its stages.
    pub(crate) fn patterns(&self, texts: &[String]) -> Result<Vec<Patterns>, Failure> {
        let axes = self.axes.as_deref().map(parse_axes).transpose().map_err(|problem| Failure::from_error(&problem))?;
        patterns(texts, axes.as_deref(), self.on_missing())
    }
}

/// A failure in what the user gave, unless the disk is to blame.
pub(crate) fn unread(problem: &InputError) -> Failure {
    Failure::from_error(problem)
}

/// Responses at each of `texts`; a folder that `homolog record` made gives each of its stages.
pub(crate) fn patterns(
    texts: &[String],
    axes: Option<&[PatternAxis]>,
    on_missing: OnMissing,
) -> Result<Vec<Patterns>, Failure> {
    let mut found = Vec::new();
    for text in texts {
        let location = Location::parse(text);
        let stages = location.stages().map_err(|problem| unread(&problem))?;
        for place in if stages.is_empty() { vec![location] } else { stages } {
            let read = Patterns::read(&place, axes).and_then(|patterns| patterns.without_missing(on_missing));
            found.push(read.map_err(|problem| unread(&problem))?);
        }
    }
    Ok(found)
}

/// Stacks of dissimilarity matrices in one order of stimuli.
pub(crate) fn aligned_rdms(texts: &[&[String]], join: StimulusJoin) -> Result<Vec<Vec<RdmStack>>, Failure> {
    let mut groups = Vec::new();
    for group in texts {
        let read = group.iter().map(|text| RdmStack::read(&Location::parse(text), MissingPairs::Refuse));
        groups.push(read.collect::<Result<Vec<_>, _>>().map_err(|problem| unread(&problem))?);
    }
    let all: Vec<(&str, &StimulusIds)> =
        groups.iter().flatten().map(|stack| (stack.input.as_str(), &stack.stimuli)).collect();
    let aligned = align(&all, join).map_err(|problem| unread(&problem))?;
    let mut rows = aligned.rows.iter();
    let mut in_order = |stack: &RdmStack| rows.next().map_or_else(|| stack.clone(), |rows| stack.select_stimuli(rows));
    Ok(groups.iter().map(|group| group.iter().map(&mut in_order).collect()).collect())
}

/// Responses in one order of stimuli.
pub(crate) fn aligned_patterns(patterns: &[Patterns], join: StimulusJoin) -> Result<Vec<Patterns>, Failure> {
    let all: Vec<(&str, &StimulusIds)> =
        patterns.iter().map(|patterns| (patterns.input.as_str(), &patterns.stimuli)).collect();
    let aligned = align(&all, join).map_err(|problem| unread(&problem))?;
    Ok(patterns.iter().zip(&aligned.rows).map(|(patterns, rows)| patterns.select_stimuli(rows)).collect())
}

/// The responses of each subject, session and time bin of an input, with a name for each.
pub(crate) fn parts(patterns: &Patterns) -> Vec<(String, Patterns)> {
    let mut parts = vec![(patterns.input.clone(), patterns.clone())];
    for axis in [PatternAxis::Subject, PatternAxis::Session, PatternAxis::Time] {
        let split = |(name, part): &(String, Patterns)| {
            let name = name.clone();
            part.each(axis).into_iter().map(move |(entry, part)| match entry {
                Some(entry) => (format!("{name} {} {entry}", axis.name()), part),
                None => (name.clone(), part),
            })
        };
        parts = parts.iter().flat_map(split).collect();
    }
    parts
}

/// The label of each of `stimuli`, in their order: from a file of its own, or a coordinate of the responses (`@category`).
pub(crate) fn labels(text: &str, patterns: &Patterns) -> Result<Vec<String>, Failure> {
    if let Some(name) = text.strip_prefix('@') {
        return match patterns.stimulus.get(name) {
            Some(values) => Ok(values.to_texts()),
            None => {
                let known: Vec<&str> = patterns.stimulus.keys().map(String::as_str).collect();
                Err(Failure::wrong_input(format!(
                    "the stimuli of \"{}\" have no coordinate \"{name}\"; they have: {}",
                    patterns.input,
                    if known.is_empty() { "none".to_owned() } else { known.join(", ") }
                )))
            }
        };
    }
    let labels = StimulusLabels::read(&Location::parse(text)).map_err(|problem| unread(&problem))?;
    let both = [(patterns.input.as_str(), &patterns.stimuli), (labels.input.as_str(), &labels.stimuli)];
    let aligned = align(&both, StimulusJoin::All).map_err(|problem| unread(&problem))?;
    Ok(aligned.rows.get(1).map_or_else(|| labels.texts(), |rows| labels.select_stimuli(rows).texts()))
}

/// A remark on how rows were joined, where no input had ids.
pub(crate) fn by_position(stimuli: &StimulusIds) -> Option<String> {
    stimuli.is_positional().then(|| "no input has stimulus ids: rows were joined by position".to_owned())
}

/// A remark on what was left out of responses.
pub(crate) fn left_out(patterns: &Patterns) -> Vec<String> {
    let listed = |what: &str, ids: &[String]| {
        let first: Vec<&str> = ids.iter().take(5).map(String::as_str).collect();
        let more = if ids.len() > first.len() { ", …" } else { "" };
        format!("{}: {} {what} with missing values left out ({}{more})", patterns.input, ids.len(), first.join(", "))
    };
    let units = (!patterns.dropped_units.is_empty()).then(|| listed("units", &patterns.dropped_units));
    let stimuli = (!patterns.dropped_stimuli.is_empty()).then(|| listed("stimuli", &patterns.dropped_stimuli));
    units.into_iter().chain(stimuli).collect()
}

/// Files with their SHA-256, for the end of a page; folders by name alone.
pub(crate) fn provenance(texts: &[&str]) -> Vec<(String, String)> {
    let entry = |text: &&str| {
        let path = Location::parse(text).path;
        let hash = std::fs::read(&path).map(|bytes| format!("sha256 {}", hex(&Sha256::digest(&bytes))));
        ((*text).to_owned(), hash.unwrap_or_else(|_| path.display().to_string()))
    };
    texts.iter().map(entry).collect()
}

/// Writes an array as `.npy`, whole or not at all.
pub(crate) fn write_npy(path: &Path, values: &ArrayD<f64>) -> Result<(), Failure> {
    if path.extension().is_none_or(|ending| ending != "npy") {
        let asked = path.display();
        return Err(Failure::wrong_input(format!("cannot write \"{asked}\": the name has to end in .npy")));
    }
    let mut bytes = Vec::new();
    values.write_npy(&mut bytes).map_err(|problem| Failure::outside(format!("cannot write an array: {problem}")))?;
    write_whole(path, &bytes)
        .map_err(|problem| Failure::outside(format!("cannot write \"{}\": {problem}", path.display())))
}
