//! `homolog encode`: responses predicted from features, cross-validated.

mod ceiling;
mod figures;
mod saved_mapping;

use std::path::PathBuf;

use clap::Args;
use homolog::recording::OnMissing;
use homolog::recording::input::{PatternAxis, Patterns};
use homolog::report::Cell;
use homolog_stats::StatsError;
use homolog_stats::encoding::{
    Encoding, EncodingProtocol, MissingTargets, PredictionScore, UndefinedScores, VariancePart, bootstrap_over_stimuli,
    encode, encode_reversed, partition_variance,
};
use homolog_stats::mapping::kernel_ridge::KernelRidgeOptions;
use homolog_stats::mapping::pls::PlsOptions;
use homolog_stats::mapping::ridge::PenaltyScope;
use homolog_stats::mapping::{Mapping, Predictors};
use homolog_stats::random::Rng;
use homolog_stats::splits::SplitsSpec;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::inputs::{InputOptions, aligned_patterns, by_position, labels, left_out, patterns, provenance};
use crate::run_options::ComputeOptions;
use crate::showing::{Outcome, ShowOptions};
use ceiling::{Ceiled, Ceiling, CeilingChoice};

/// Responses predicted from features, cross-validated
///
/// Several --features are scored one by one, but for the mappings of several feature spaces (banded-ridge, multiple-kernel-ridge, stacked-ridge)
/// and for --partition, which take them together.
#[derive(Args)]
pub(crate) struct Encode {
    /// Features, stimuli × features: X.npy, X.npz:variable, file.mat:variable, or a recorded folder (each stage, or FOLDER:stage); may be repeated
    #[arg(long, required = true, value_name = "FILE")]
    features: Vec<String>,
    /// Responses, stimuli × units, or a file of recordings with ids; repetitions are averaged
    #[arg(long, required = true, value_name = "FILE")]
    responses: String,
    /// pls, ridge, ols, kernel-ridge, banded-ridge, multiple-kernel-ridge, stacked-ridge, one-to-one, poisson, factorised
    #[arg(long, value_name = "NAME", default_value = "pls")]
    mapping: Mapping,
    /// Components of pls [default: 25]
    #[arg(long, value_name = "N")]
    components: Option<usize>,
    /// Penalties of the ridge mappings [default: the mapping's own grid]
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', allow_hyphen_values = true)]
    penalties: Vec<f64>,
    /// Choose a penalty for each unit rather than one for all
    #[arg(long)]
    penalty_each_unit: bool,
    /// How stimuli are divided: shuffle:SPLITS:TRAIN:SEED, stratified:SPLITS:TRAIN:SEED, kfold:FOLDS[:SEED], stratified-kfold:FOLDS[:SEED],
    /// group-kfold:FOLDS, leave-one-group-out
    #[arg(long, value_name = "DIVISION", default_value = "shuffle:10:0.9:1")]
    splits: SplitsSpec,
    /// The label of each stimulus, for divisions by labels: a file or a coordinate of the responses (@category)
    #[arg(long, value_name = "FILE|@NAME")]
    labels: Option<String>,
    /// How predictions are scored: pearson, r2, explained-variance, deviance-explained
    #[arg(long, value_name = "NAME", default_value = "pearson", value_parser = PredictionScore::from_name)]
    score: PredictionScore,
    /// Give scores in units of what the repetitions of the responses make explainable: r2-over-ceiling (Brain-Score since 2026), ratio-squared
    /// (Brain-Score before), r-over-root-ceiling, ratio, signal-power-explained (Sahani and Linden), normalized-correlation (Schoppe et al.)
    #[arg(long, value_name = "NAME", conflicts_with = "reversed")]
    ceiling: Option<CeilingChoice>,
    /// Divide what the feature spaces explain into unique and shared parts
    #[arg(long, conflicts_with = "reversed")]
    partition: bool,
    /// Predict each feature from the responses instead
    #[arg(long)]
    reversed: bool,
    /// Write the mapping fitted to all stimuli, with its penalty chosen from all of them: a row for each unit, the weights of the features in
    /// their own units and the intercept last, as `synthesize drive --weights` and `attribute --readout` read it
    #[arg(long, value_name = "FILE.npy", conflicts_with_all = ["reversed", "partition"])]
    save_mapping: Option<PathBuf>,
    /// Bootstrap samples over stimuli for an interval of Pearson scores; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    samples: usize,
    #[command(flatten)]
    input: InputOptions,
    /// Seed of the bootstrap
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// One feature space, or all together, with its scores.
struct Scored {
    name: String,
    encoding: Encoding,
    interval: Option<(f64, f64)>,
    ceiled: Option<Ceiled>,
}

impl Encode {
    pub(crate) fn run(mut self) -> Result<(), Failure> {
        self.compute.set_threads();
        self.mapping = self.mapping_with_options()?;
        let (features, trials) = self.read()?;
        let responses = trials.average(PatternAxis::Repetition);
        let ceiling = self.ceiling.map(|choice| Ceiling::of(&trials, choice, self.score)).transpose()?;
        let label = self.labels.as_deref().map(|text| labels(text, &responses)).transpose()?;
        let told = |problem: StatsError| Failure::from_error(&problem);
        let protocol = EncodingProtocol {
            mapping: self.mapping.clone(),
            splits: self.splits.draw(responses.n_stimuli(), label.as_deref()).map_err(told)?,
            score: self.score,
            missing: MissingTargets::Refuse,
            undefined: UndefinedScores::LeaveOut,
        };
        let targets = responses.matrix().map_err(|problem| crate::inputs::unread(&problem))?;
        let mut scored = Vec::new();
        for (name, sets) in self.groups(&features) {
            let named = |problem: StatsError| Failure::wrong_input(format!("{name}: {problem}"));
            let encoding = if self.reversed {
                let matrix = sets[0].matrix().map_err(|problem| crate::inputs::unread(&problem))?;
                encode_reversed(targets, matrix, &protocol).map_err(named)?
            } else {
                encode(&self.predictors(&sets)?, targets, &protocol).map_err(named)?
            };
            let interval = self.interval(&encoding).map_err(named)?;
            let ceiled = ceiling.as_ref().map(|ceiling| ceiling.ceiled(&encoding)).transpose().map_err(named)?;
            scored.push(Scored { name, encoding, interval, ceiled });
        }
        let parts = if self.partition {
            let sets = features.iter().map(|one| self.predictors(&[one])).collect::<Result<Vec<_>, _>>()?;
            partition_variance(&sets, targets, &protocol).map_err(told)?
        } else {
            Vec::new()
        };
        let mut outcome = self.outcome(&scored, &parts, &features, &responses);
        if let Some(file) = &self.save_mapping {
            let saved = saved_mapping::save(file, &self.mapping, &features, targets)?;
            outcome.notes.push(format!(
                "The mapping fitted to all {} stimuli is in {}.",
                targets.nrows(),
                file.display()
            ));
            if let Some(object) = outcome.json.as_object_mut() {
                object.insert("saved_mapping".to_owned(), saved);
            }
        }
        if let Some(ceiling) = &ceiling {
            add_ceiling(ceiling, &scored, &mut outcome);
        }
        self.show.show(&outcome)
    }

    /// Features and responses, with their repetitions, in one order of stimuli.
    fn read(&self) -> Result<(Vec<Patterns>, Patterns), Failure> {
        let mut all = patterns(&self.features, None, OnMissing::Refuse)?;
        all.extend(self.input.patterns(std::slice::from_ref(&self.responses))?);
        let mut aligned = aligned_patterns(&all, self.input.join())?;
        let responses = aligned.pop().ok_or_else(|| Failure::wrong_input("there are no responses"))?;
        Ok((aligned, responses))
    }

    /// Which feature spaces are mapped together, with what they are called.
    fn groups<'a>(&self, features: &'a [Patterns]) -> Vec<(String, Vec<&'a Patterns>)> {
        let is_joint = matches!(self.mapping, Mapping::BandedRidge(_) | Mapping::StackedRidge(_));
        if (is_joint || self.partition) && features.len() > 1 {
            let names: Vec<&str> = features.iter().map(|one| one.input.as_str()).collect();
            return vec![(names.join(" + "), features.iter().collect())];
        }
        features.iter().map(|one| (one.input.clone(), vec![one])).collect()
    }

    fn predictors(&self, sets: &[&Patterns]) -> Result<Predictors, Failure> {
        let one = |patterns: &&Patterns| {
            let matrix = patterns.matrix().map_err(|problem| crate::inputs::unread(&problem))?;
            let made = if self.mapping.needs_units() {
                Predictors::holding_features(matrix)
            } else {
                Predictors::from_features(matrix)
            };
            made.map_err(|problem| Failure::wrong_input(format!("{}: {problem}", patterns.input)))
        };
        let mut made = sets.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        match (made.len(), made.pop()) {
            (1, Some(alone)) if !matches!(self.mapping, Mapping::BandedRidge(_) | Mapping::StackedRidge(_)) => {
                Ok(alone)
            }
            (_, last) => {
                made.extend(last);
                Predictors::from_bands(made).map_err(|problem| Failure::from_error(&problem))
            }
        }
    }

    /// The mapping with the options that were given for it.
    fn mapping_with_options(&self) -> Result<Mapping, Failure> {
        let mut mapping = self.mapping.clone();
        let mut has_penalties = false;
        match &mut mapping {
            Mapping::Pls(options) => {
                if let Some(n_components) = self.components {
                    *options = PlsOptions { n_components, ..*options };
                }
            }
            Mapping::Ridge(ridge) | Mapping::KernelRidge(KernelRidgeOptions { ridge, .. }) => {
                has_penalties = true;
                if !self.penalties.is_empty() {
                    ridge.penalties.clone_from(&self.penalties);
                }
                if self.penalty_each_unit {
                    ridge.scope = PenaltyScope::EachTarget;
                }
            }
            Mapping::BandedRidge(options) => {
                has_penalties = true;
                if !self.penalties.is_empty() {
                    options.penalties.clone_from(&self.penalties);
                }
            }
            Mapping::StackedRidge(options) => {
                has_penalties = true;
                if !self.penalties.is_empty() {
                    options.ridge.penalties.clone_from(&self.penalties);
                }
            }
            Mapping::Poisson(options) => {
                has_penalties = true;
                if !self.penalties.is_empty() {
                    options.penalties.clone_from(&self.penalties);
                }
            }
            _ => {}
        }
        let refuse = |option: &str| {
            let name = self.mapping.name();
            Failure::wrong_input(format!(
                "--{option} says nothing to {name}; leave it away or choose another --mapping"
            ))
        };
        if self.components.is_some() && !matches!(mapping, Mapping::Pls(_)) {
            return Err(refuse("components"));
        }
        if !self.penalties.is_empty() && !has_penalties {
            return Err(refuse("penalties"));
        }
        Ok(mapping)
    }

    fn interval(&self, encoding: &Encoding) -> Result<Option<(f64, f64)>, StatsError> {
        if self.samples == 0 {
            return Ok(None);
        }
        if self.score != PredictionScore::Pearson {
            return Err(StatsError::Unsupported {
                operation: "a bootstrap over stimuli",
                choice: "a score that is not pearson",
                reason: "the interval is that of correlations",
                instead: "Leave --samples away, or score by pearson",
            });
        }
        let found = bootstrap_over_stimuli(encoding, self.samples, 0.95, &Rng::new(self.seed))?;
        Ok(Some((found.lower, found.upper)))
    }

    fn outcome(
        &self,
        scored: &[Scored],
        parts: &[VariancePart],
        features: &[Patterns],
        responses: &Patterns,
    ) -> Outcome {
        let rows = scored.iter().map(|one| {
            let aggregate = &one.encoding.aggregate;
            vec![
                Cell::name(one.name.clone()),
                Cell::number(aggregate.value),
                Cell::number(aggregate.error),
                Cell::Interval(one.interval),
                Cell::count(one.encoding.units.len()),
                Cell::count(one.encoding.held_out.len()),
            ]
        });
        let mut notes: Vec<String> = features.iter().chain([responses]).flat_map(left_out).collect();
        notes.extend(by_position(&responses.stimuli));
        for one in scored.iter().filter(|one| !one.encoding.undefined.is_empty()) {
            let n = one.encoding.undefined.len();
            notes.push(format!("{}: {n} scores of a unit in a split are undefined (constant), and left out", one.name));
        }
        let mut files: Vec<&str> = self.features.iter().map(String::as_str).collect();
        files.push(&self.responses);
        let mut drawings = vec![self.bars(scored)];
        drawings.extend(self.stacked(parts, features));
        let best = scored.iter().max_by(|a, b| a.encoding.aggregate.value.total_cmp(&b.encoding.aggregate.value));
        Outcome {
            schema: "homolog.encode/1",
            title: "Responses predicted from features".to_owned(),
            lead: best.map_or_else(String::new, |best| {
                let (value, error) = (best.encoding.aggregate.value, best.encoding.aggregate.error);
                format!(
                    "Best: {}, {} {value:.3} ± {error:.3} ({}, median over units, mean over splits).",
                    best.name,
                    self.score.name(),
                    self.mapping.name()
                )
            }),
            json: self.json(scored, parts, features, responses),
            columns: vec!["features", self.score.name(), "error", "interval", "units", "splits"],
            rows: rows.collect(),
            notes,
            drawings,
            provenance: provenance(&files),
        }
    }

    fn json(&self, scored: &[Scored], parts: &[VariancePart], features: &[Patterns], responses: &Patterns) -> Value {
        let one = |one: &Scored| {
            let weights = one.encoding.held_out.iter().map(|part| {
                part.band_weights.as_ref().map(|weights| weights.mean_axis(ndarray::Axis(0)).map(|mean| mean.to_vec()))
            });
            json!({
                "features": one.name, "value": one.encoding.aggregate.value, "error": one.encoding.aggregate.error,
                "of_splits": one.encoding.aggregate.of_splits, "interval": one.interval,
                "of_units": one.encoding.of_units(), "n_units": one.encoding.units.len(),
                "mean_band_weights_of_splits": weights.collect::<Option<Vec<_>>>(),
            })
        };
        let part = |part: &VariancePart| {
            let names: Vec<&str> = part.sets.iter().map(|set| features[*set].input.as_str()).collect();
            json!({ "sets": names, "joint_median": median(&part.joint), "shared_median": median(&part.shared),
                "joint": part.joint, "shared": part.shared })
        };
        json!({
            "mapping": self.mapping.name(), "score": self.score.name(), "reversed": self.reversed,
            "n_stimuli": responses.n_stimuli(), "n_units": responses.n_units(),
            "matched_by": if responses.stimuli.is_positional() { "position" } else { "id" },
            "scores": scored.iter().map(one).collect::<Vec<_>>(),
            "partition": parts.iter().map(part).collect::<Vec<_>>(),
        })
    }
}

/// Scores in units of the ceiling, beside the others.
fn add_ceiling(ceiling: &Ceiling, scored: &[Scored], outcome: &mut Outcome) {
    outcome.columns.push("ceiled");
    for (row, one) in outcome.rows.iter_mut().zip(scored) {
        row.push(one.ceiled.as_ref().map_or_else(|| Cell::number(None), Ceiled::cell));
    }
    outcome.lead = format!("{} {}", outcome.lead, ceiling.words());
    outcome.notes.extend(scored.iter().filter_map(|one| one.ceiled.as_ref()?.note(&one.name)));
    if let Some(object) = outcome.json.as_object_mut() {
        object.insert("ceiling".to_owned(), ceiling.json());
    }
    if let Some(scores) = outcome.json.get_mut("scores").and_then(Value::as_array_mut) {
        for (score, one) in scores.iter_mut().zip(scored) {
            if let (Some(score), Some(ceiled)) = (score.as_object_mut(), &one.ceiled) {
                score.insert("ceiled".to_owned(), ceiled.json());
            }
        }
    }
}

/// The median of what is there.
fn median(values: &[Option<f64>]) -> Option<f64> {
    let mut present: Vec<f64> = values.iter().flatten().copied().collect();
    present.sort_by(f64::total_cmp);
    let middle = present.len() / 2;
    match present.len() {
        0 => None,
        n if n % 2 == 1 => present.get(middle).copied(),
        _ => Some((present[middle - 1] + present[middle]) / 2.0),
    }
}
