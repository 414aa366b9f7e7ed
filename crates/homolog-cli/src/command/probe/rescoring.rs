//! Lesions and gains: accuracy and scores before and after.

use std::path::Path;

use clap::Args;
use homolog::benchmark::benchmark;
use homolog::benchmark::fetch::Sources;
use homolog::inside::probe::{Accuracy, Category, Presenter, ProbedStage, UnitChoice, accuracy, feature_preference};
use homolog::network::checked::Network;
use homolog::network::scaled::Factors;
use homolog::recording::{OnMissing, StimulusJoin};
use homolog::score::{BenchmarkData, ScoredModel, score_network};
use homolog::stimuli::StimulusSet;
use homolog::store::{Store, hex};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Bench, failed, labels};
use crate::exit::Failure;
use crate::run_options::folders;
use crate::running::Running;
use crate::score_results::unscored;

/// What is changed, and by what the change is judged.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Lesions and gains")]
pub(super) struct Rescoring {
    /// Silence a stage (features.8), channels of it (features.8:3,5,7-9) or one unit (features.8[12,5,7]); may be given often,
    /// each a lesion of its own
    #[arg(long, value_name = "STAGE[:CHANNELS]")]
    lesion: Vec<String>,
    /// Feature-similarity gain: multiply each channel of a stage by max(0, 1 + STRENGTH × its preference) for a category of
    /// --images; may be given often
    #[arg(long, value_name = "STAGE:CATEGORY=STRENGTH")]
    gain: Vec<String>,
    /// Class of each image of --images as the number of its output, counted from 0: FILE.csv:COLUMN
    #[arg(long, value_name = "FILE:COLUMN")]
    classes: Option<String>,
    /// A benchmark that every stage of --layers is scored on before and after; may be given often
    #[arg(long = "benchmark", value_name = "NAME|PATH")]
    benchmarks: Vec<String>,
    /// Where a benchmark's files are that cannot be fetched; may be given often
    #[arg(long, value_name = "NAME=FOLDER")]
    data: Vec<String>,
}

/// What was found: one line of each for every change.
#[derive(Clone, Debug, Default)]
pub(super) struct Rescored {
    pub(super) changes: Vec<Change>,
}

/// One change and what it did.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub(super) what: String,
    /// Of which images or stage on which benchmark, before, after.
    pub(super) effects: Vec<(String, Option<f64>, Option<f64>)>,
}

/// A change as it was asked for.
enum Asked {
    Lesion { stage: String, what: Silenced },
    Gain { stage: String, category: String, strength: f64 },
}

enum Silenced {
    Whole,
    Channels(Vec<usize>),
    Unit(Vec<usize>),
}

/// Labelled images.
struct Labelled {
    set: StimulusSet,
    classes: Option<Vec<usize>>,
    categories: Vec<Category>,
}

impl Rescoring {
    pub(super) fn is_asked(&self) -> bool {
        !self.lesion.is_empty() || !self.gain.is_empty()
    }

    /// Every change by itself, judged by accuracy where classes are known, and on every benchmark.
    pub(super) fn run(&self, bench: &Bench<'_>, running: &Running) -> Result<Option<Rescored>, Failure> {
        if !self.is_asked() {
            return Ok(None);
        }
        if self.classes.is_none() && self.benchmarks.is_empty() {
            return Err(Failure::wrong_input(
                "cannot judge a lesion or a gain: pass --images with --classes FILE.csv:COLUMN for accuracy, or --benchmark NAME for scores",
            ));
        }
        let network = &bench.model.network;
        let asked: Vec<(&String, Asked)> = self.asked(network)?;
        let labelled = self.labelled(bench)?;
        let benchmarks = self.benchmark_data(running)?;
        let store = Store::open(&bench.probe.out.join("pieces")).map_err(|problem| Failure::from_error(&problem))?;
        let before = self.judge(bench, running, &store, network, "", labelled.as_ref(), &benchmarks)?;
        let mut rescored = Rescored::default();
        for (text, change) in asked {
            let changed = changed(bench, network, &change, labelled.as_ref())?;
            let after = self.judge(bench, running, &store, &changed, text, labelled.as_ref(), &benchmarks)?;
            let effects =
                before.iter().zip(after).map(|((of, before), (_, after))| (of.clone(), *before, after)).collect();
            rescored.changes.push(Change { what: text.clone(), effects });
        }
        Ok(Some(rescored))
    }

    fn asked(&self, network: &Network) -> Result<Vec<(&String, Asked)>, Failure> {
        let lesions = self.lesion.iter().map(|text| lesion(text, network).map(|lesion| (text, lesion)));
        let gains = self.gain.iter().map(|text| gain(text).map(|gain| (text, gain)));
        lesions.chain(gains).collect()
    }

    /// The images with their classes and categories, where any are given.
    fn labelled(&self, bench: &Bench<'_>) -> Result<Option<Labelled>, Failure> {
        if self.classes.is_none() && self.gain.is_empty() {
            return Ok(None);
        }
        let set = bench.image_set()?;
        let classes = self.classes.as_ref().map(|place| {
            let number = |label: String| {
                let class =
                    label.parse::<f64>().ok().filter(|class| *class >= 0.0 && class.fract() == 0.0 && *class < 1e9);
                #[allow(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "a whole number below a billion"
                )]
                class.map(|class| class as usize).ok_or_else(|| {
                    Failure::wrong_input(format!(
                        "cannot use \"{label}\" of \"{place}\" as a class: a whole number from 0 on is needed"
                    ))
                })
            };
            labels::of_column(&set, place)?.into_iter().map(number).collect::<Result<Vec<usize>, Failure>>()
        });
        let categories = if self.gain.is_empty() { Vec::new() } else { bench.categories(&set)? };
        Ok(Some(Labelled { classes: classes.transpose()?, set, categories }))
    }

    fn benchmark_data(&self, running: &Running) -> Result<Vec<BenchmarkData>, Failure> {
        let mut sources = Sources::from_environment().map_err(|problem| Failure::from_error(&problem))?;
        sources.given = folders(&self.data)?;
        let read = |name: &String| {
            let spec = benchmark(name).map_err(|problem| Failure::from_error(&problem))?;
            BenchmarkData::load(spec, &sources, StimulusJoin::All, &running.progress, &running.cancel)
                .and_then(|data| data.without_missing(OnMissing::default()))
                .map_err(|problem| unscored(&problem))
        };
        self.benchmarks.iter().map(read).collect()
    }

    /// Accuracy over all images and of each category that is attended to, and the score of every stage on every benchmark.
    #[allow(clippy::too_many_arguments, reason = "what is judged, and by what")]
    fn judge(
        &self,
        bench: &Bench<'_>,
        running: &Running,
        store: &Store,
        network: &Network,
        change: &str,
        labelled: Option<&Labelled>,
        benchmarks: &[BenchmarkData],
    ) -> Result<Vec<(String, Option<f64>)>, Failure> {
        let mut found = Vec::new();
        if let Some(Labelled { set, classes: Some(classes), categories }) = labelled {
            let presenter = on(&bench.presenter, network);
            let judged: Accuracy =
                accuracy(&presenter, set, bench.image_preprocessing()?, classes).map_err(|problem| failed(&problem))?;
            found.push((format!("top-1 of {} images", classes.len()), Some(judged.top_1())));
            for category in categories {
                let of = format!("top-1 of {} images of {}", category.images.len(), category.name);
                found.push((of, judged.of_images(&category.images)));
            }
        }
        for data in benchmarks {
            let model = scored(bench, network, change)?;
            let run = running.scoring(store, bench.probe.seed, OnMissing::default());
            for scored in score_network(&model, data, &run).map_err(|problem| unscored(&problem))? {
                found.extend(model.stages.iter().map(|stage| {
                    let score = scored.scores.iter().find(|score| score.layer == stage.name);
                    (format!("{} on {}", stage.name, scored.benchmark.name), score.and_then(|score| score.value))
                }));
            }
        }
        Ok(found)
    }
}

/// The same presenter with another network.
fn on<'a>(presenter: &Presenter<'a>, network: &'a Network) -> Presenter<'a> {
    Presenter {
        network,
        engine: presenter.engine,
        input: presenter.input.clone(),
        resources: presenter.resources,
        progress: presenter.progress,
        cancel: presenter.cancel,
    }
}

/// The changed network as scoring takes it; the change is part of its identity, so that no stored piece of another is used.
fn scored(bench: &Bench<'_>, network: &Network, change: &str) -> Result<ScoredModel, Failure> {
    let names = bench.probed.iter().map(|probed| probed.stage.name.as_str());
    let stages: Result<Vec<_>, _> = names.map(|name| network.stage(name).cloned()).collect();
    let weights = bench.model.weights_sha256.as_deref().unwrap_or(&bench.model.name);
    let of_change = hex(&Sha256::digest(format!("{weights} {change}")));
    Ok(ScoredModel {
        name: bench.model.name.clone(),
        network: network.clone(),
        stages: stages.map_err(|problem| Failure::from_error(&problem))?,
        preprocessing: bench.image_preprocessing()?.clone(),
        weights_sha256: if change.is_empty() { bench.model.weights_sha256.clone() } else { Some(of_change) },
    })
}

/// The network with a change made to it.
fn changed(
    bench: &Bench<'_>,
    network: &Network,
    change: &Asked,
    labelled: Option<&Labelled>,
) -> Result<Network, Failure> {
    let told = |problem: homolog::network::scaled::ScaleError| Failure::from_error(&problem);
    match change {
        Asked::Lesion { stage, what: Silenced::Whole } => network.without_stage(stage).map_err(told),
        Asked::Lesion { stage, what: Silenced::Channels(channels) } => {
            network.without_channels(stage, channels).map_err(told)
        }
        Asked::Lesion { stage, what: Silenced::Unit(place) } => {
            let found = network.stage(stage).map_err(|problem| Failure::from_error(&problem))?;
            let is_there =
                place.len() == found.shape.len() && place.iter().zip(&found.shape).all(|(at, size)| at < size);
            if !is_there {
                return Err(Failure::wrong_input(format!(
                    "cannot silence the unit {place:?} of \"{stage}\": its shape is {:?}, and indices count from 0",
                    found.shape
                )));
            }
            let unit = place.iter().zip(&found.shape).fold(0, |index, (at, size)| index * size + at);
            network.without_units(stage, &[unit]).map_err(told)
        }
        Asked::Gain { stage, category, strength } => {
            let preference = preference(bench, network, stage, category, labelled)?;
            #[allow(clippy::cast_possible_truncation, reason = "factors are single precision")]
            let factors = preference.iter().map(|preference| (1.0 + strength * preference).max(0.0) as f32).collect();
            network.scaled(stage, &Factors::Channels(factors)).map_err(told)
        }
    }
}

/// How much each channel of a stage prefers a category.
fn preference(
    bench: &Bench<'_>,
    network: &Network,
    stage: &str,
    category: &str,
    labelled: Option<&Labelled>,
) -> Result<Vec<f64>, Failure> {
    let Some(labelled) = labelled else { return Ok(Vec::new()) };
    let Some(attended) = labelled.categories.iter().position(|one| one.name == category) else {
        let names = labelled.categories.iter().map(|one| one.name.as_str());
        return Err(Failure::wrong_input(format!(
            "the images have no category \"{category}\". Closest: {}",
            homolog::naming::nearest_three(category, names)
        )));
    };
    let stage = network.stage(stage).map_err(|problem| Failure::from_error(&problem))?;
    let probed = [ProbedStage::new(network, stage, UnitChoice::Mean)];
    let folders = bench
        .presenter
        .folder(&labelled.set, bench.image_preprocessing()?, &probed)
        .map_err(|problem| failed(&problem))?;
    Ok(folders.first().map_or_else(Vec::new, |folder| feature_preference(folder, &labelled.categories, attended)))
}

/// STAGE, STAGE:CHANNELS or STAGE[PLACE]; a name that is a stage is taken whole.
fn lesion(text: &str, network: &Network) -> Result<Asked, Failure> {
    let whole = || Asked::Lesion { stage: text.to_owned(), what: Silenced::Whole };
    if network.stage(text).is_ok() {
        return Ok(whole());
    }
    if let Some((stage, place)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        let place: Option<Vec<usize>> = place.split(',').map(|index| index.trim().parse().ok()).collect();
        if let Some(place) = place {
            return Ok(Asked::Lesion { stage: stage.to_owned(), what: Silenced::Unit(place) });
        }
    }
    match text.rsplit_once(':') {
        Some((stage, channels)) => {
            let channels = channel_list(channels).ok_or_else(|| {
                Failure::wrong_input(format!(
                    "cannot read --lesion \"{text}\": after the stage come channels, as in {stage}:3,5,7-9"
                ))
            })?;
            Ok(Asked::Lesion { stage: stage.to_owned(), what: Silenced::Channels(channels) })
        }
        // An unknown stage is told by the network, with the nearest names.
        None => Ok(whole()),
    }
}

/// Numbers and ranges with commas between.
fn channel_list(text: &str) -> Option<Vec<usize>> {
    let mut channels = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((first, last)) => {
                let (first, last): (usize, usize) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
                if first > last || last - first > 1_000_000 {
                    return None;
                }
                channels.extend(first..=last);
            }
            None => channels.push(part.trim().parse().ok()?),
        }
    }
    Some(channels)
}

fn gain(text: &str) -> Result<Asked, Failure> {
    let read = || {
        let (place, strength) = text.rsplit_once('=')?;
        let (stage, category) = place.split_once(':')?;
        let strength = strength.trim().parse::<f64>().ok().filter(|strength| strength.is_finite())?;
        Some(Asked::Gain { stage: stage.to_owned(), category: category.to_owned(), strength })
    };
    read().ok_or_else(|| {
        Failure::wrong_input(format!(
            "cannot read --gain \"{text}\": it needs STAGE:CATEGORY=STRENGTH, as in features.12:dog=0.5"
        ))
    })
}

impl Rescored {
    pub(super) fn json(&self) -> Value {
        let change = |change: &Change| {
            let effect = |(of, before, after): &(String, Option<f64>, Option<f64>)| {
                let difference = before.zip(*after).map(|(before, after)| after - before);
                json!({ "of": of, "before": before, "after": after, "difference": difference })
            };
            json!({ "change": change.what, "effects": change.effects.iter().map(effect).collect::<Vec<_>>() })
        };
        self.changes.iter().map(change).collect()
    }
}

/// The name of a stage as part of a file's name.
pub(super) fn file_stem(stage: &str) -> String {
    let plain: String = stage
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_') { letter } else { '_' })
        .collect();
    let plain = plain.trim_matches('_').to_owned();
    if plain.is_empty() || Path::new(&plain).file_stem().is_none() { "stage".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_numbers_and_ranges() {
        assert_eq!(channel_list("3,5,7-9"), Some(vec![3, 5, 7, 8, 9]));
        for wrong in ["", "a", "5-3", "1,,2", "0-99999999"] {
            assert_eq!(channel_list(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_gain_names_stage_category_and_strength() {
        let Asked::Gain { stage, category, strength } = gain("features.12:n02=dog=0.5").unwrap() else {
            panic!("a gain")
        };
        assert_eq!((stage.as_str(), category.as_str(), strength), ("features.12", "n02=dog", 0.5));
        for wrong in ["features.12", "features.12:dog", "features.12:dog=much", "features.12:dog=NaN"] {
            assert!(gain(wrong).is_err(), "{wrong}");
        }
    }
}
