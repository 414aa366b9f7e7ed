//! Decisions of a network among 16 categories, beside those of people on the same images.

use std::collections::BTreeMap;

use homolog_stats::StatsError;
use homolog_stats::behaviour::{
    CueConflictTrial, ScoredTrial, error_consistency, error_consistency_ceiling, mean_accuracy, most_probable_category,
    shape_bias,
};
use homolog_stats::encoding::BootstrapInterval;
use homolog_stats::random::Rng;
use ndarray::{Array2, ArrayView1};

use super::data::{BenchmarkData, Brain};
use super::error::ScoreError;
use super::grams::record;
use super::model::ScoredModel;
use super::outcome::{Outcome, StageOutcome};
use super::result::{CeilingSummary, Interval};
use super::run::{BOOTSTRAP_SAMPLES, CONFIDENCE, RunContext};
use crate::benchmark::{BehaviourMeasure, CATEGORIES, Metric, Trial, imagenet_classes_by_category};
use crate::network::checked::Stage;
use crate::network::engine::EngineError;
use crate::recording::record::RecordError;

/// Classes of ImageNet's 2012 challenge.
const N_CLASSES: usize = 1000;

/// What a network decided for each stimulus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decisions {
    /// The output that it decided with.
    pub layer: String,
    /// One of the 16 categories for each stimulus, in the benchmark's order.
    pub categories: Vec<&'static str>,
}

impl Decisions {
    /// Runs the network and takes, for each stimulus, the category whose ImageNet classes have the highest mean probability.
    ///
    /// # Errors
    /// [`ScoreError::NotAClassifier`] when the output does not have 1,000 units.
    ///
    /// # Reference
    /// Geirhos R et al. (2018). Generalisation in humans and deep neural networks. NeurIPS. arXiv 1808.08750.
    pub fn of(model: &ScoredModel, data: &BenchmarkData, run: &RunContext<'_>) -> Result<Self, ScoreError> {
        let stage = classifier(model, &data.spec.name)?;
        let rows = record(model, std::slice::from_ref(stage), &[0], &data.stimuli, run)?;
        let outputs = match rows.first() {
            Some(rows) => rows
                .columns(0..N_CLASSES)
                .map_err(|source| RecordError::Read { place: stage.name.clone().into(), source })?,
            None => Array2::zeros((0, N_CLASSES)),
        };
        let of_stage = |source| ScoreError::Stats { stage: stage.name.clone(), source };
        let categories = categories_of(&outputs).map_err(of_stage)?;
        Ok(Self { layer: stage.name.clone(), categories })
    }
}

/// The output that decides among the classes of ImageNet.
pub(super) fn classifier<'a>(model: &'a ScoredModel, benchmark: &str) -> Result<&'a Stage, ScoreError> {
    let output = model.network.graph().outputs.first().map_or("", String::as_str);
    let stage = model.network.stage(output).map_err(|source| RecordError::from(EngineError::from(source)))?;
    if stage.n_units() != N_CLASSES {
        return Err(ScoreError::NotAClassifier {
            model: model.name.clone(),
            layer: stage.name.clone(),
            found: stage.n_units(),
            benchmark: benchmark.to_owned(),
        });
    }
    Ok(stage)
}

fn categories_of(outputs: &Array2<f32>) -> Result<Vec<&'static str>, StatsError> {
    let classes: Vec<Vec<usize>> = imagenet_classes_by_category()
        .iter()
        .map(|classes| classes.iter().map(|class| class.index).collect())
        .collect();
    let decide = |row: ArrayView1<'_, f32>| Ok(CATEGORIES[most_probable_category(&probabilities(row), &classes)?]);
    outputs.outer_iter().map(decide).collect()
}

/// The softmax of a row of logits; a row that is one of probabilities already stays as it is.
fn probabilities(row: ArrayView1<'_, f32>) -> Vec<f64> {
    let values: Vec<f64> = row.iter().map(|value| f64::from(*value)).collect();
    let sum: f64 = values.iter().sum();
    if values.iter().all(|value| *value >= 0.0) && (sum - 1.0).abs() < 1e-3 {
        return values;
    }
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = values.iter().map(|value| (value - largest).exp()).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / total).collect()
}

/// One image with all that was answered to it.
struct Image<'a> {
    id: &'a str,
    shape: &'a str,
    texture: &'a str,
    decision: &'a str,
}

/// The measures that the benchmark names, in its order, each with what people do.
///
/// # Errors
/// [`ScoreError::NoGroups`] when a stimulus's name does not say its shape and texture; what keeps a measure from having a value.
pub fn score_decisions(
    data: &BenchmarkData,
    decisions: &Decisions,
    seed: u64,
) -> Result<Vec<(BehaviourMeasure, Outcome)>, ScoreError> {
    let (Metric::Behaviour16Class { measures, .. }, Brain::Trials(trials)) = (&data.spec.metric, &data.brain) else {
        return Err(data.other_kind("no answers of people"));
    };
    let (shapes, textures) = (data.groups("shape")?, data.groups("texture")?);
    let images: Vec<Image<'_>> = data
        .stimuli
        .ids()
        .zip(shapes.iter().zip(&textures))
        .zip(&decisions.categories)
        .map(|((id, (shape, texture)), decision)| Image { id, shape, texture, decision })
        .collect();
    let people = People::new(trials);
    let of_recording = |source| ScoreError::Recording { benchmark: data.spec.name.clone(), source };
    measures
        .iter()
        .map(|measure| {
            let ceiling = people.summary(data, *measure).map_err(of_recording)?;
            let stage = measured(*measure, &images, &people, seed);
            let outcome = Outcome {
                stages: vec![stage],
                ceiling,
                n_units: None,
                n_subjects: Some(people.0.len()),
                per_split_is: (*measure == BehaviourMeasure::ErrorConsistency).then(|| "subject".to_owned()),
                notes: Vec::new(),
            };
            Ok((*measure, outcome))
        })
        .collect()
}

/// The value of a measure, and its interval by bootstrap over images.
fn measured(
    measure: BehaviourMeasure,
    images: &[Image<'_>],
    people: &People<'_>,
    seed: u64,
) -> Result<StageOutcome, StatsError> {
    let all: Vec<&Image<'_>> = images.iter().collect();
    let per_split = match measure {
        BehaviourMeasure::ErrorConsistency => people.agreement(&all)?,
        _ => Vec::new(),
    };
    let rng = Rng::new(seed);
    let samples: Vec<f64> = (0..BOOTSTRAP_SAMPLES as u64)
        .filter_map(|sample| {
            let counts = rng.stream(sample).bootstrap_counts(images.len());
            let drawn: Vec<&Image<'_>> = images
                .iter()
                .zip(counts)
                .flat_map(|(image, count)| std::iter::repeat_n(image, count as usize))
                .collect();
            // A sample without a single conflict has no value and is left out.
            value(measure, &drawn, people).ok()
        })
        .collect();
    let n_samples = samples.len();
    let spread = BootstrapInterval::of(samples, CONFIDENCE).ok();
    let interval = spread.as_ref().map(|spread| Interval {
        lower: spread.lower,
        upper: spread.upper,
        level: CONFIDENCE,
        n_samples,
    });
    let error = spread.map(|spread| spread.standard_error);
    Ok(StageOutcome {
        value: Some(value(measure, &all, people)?),
        error,
        interval,
        per_unit: Vec::new(),
        per_split: per_split.into_iter().map(Some).collect(),
    })
}

fn value(measure: BehaviourMeasure, images: &[&Image<'_>], people: &People<'_>) -> Result<f64, StatsError> {
    match measure {
        BehaviourMeasure::ShapeBias => {
            let trials: Vec<CueConflictTrial<'_>> = images
                .iter()
                .map(|image| CueConflictTrial { shape: image.shape, texture: image.texture, answer: image.decision })
                .collect();
            Ok(shape_bias(&trials)?.value)
        }
        BehaviourMeasure::Accuracy => {
            let (shapes, decisions): (Vec<&str>, Vec<&str>) =
                images.iter().map(|image| (image.shape, image.decision)).unzip();
            mean_accuracy(&shapes, &decisions)
        }
        BehaviourMeasure::ErrorConsistency => {
            let kappas = people.agreement(images)?;
            Ok(kappas.iter().sum::<f64>() / kappas.len() as f64)
        }
    }
}

/// The answers of each person.
struct People<'a>(BTreeMap<&'a str, BTreeMap<&'a str, &'a Trial>>);

impl<'a> People<'a> {
    fn new(trials: &'a [Trial]) -> Self {
        let mut people: BTreeMap<&str, BTreeMap<&str, &Trial>> = BTreeMap::new();
        for trial in trials {
            people.entry(&trial.subject).or_default().insert(&trial.stimulus_id, trial);
        }
        Self(people)
    }

    /// Error consistency of the network with each person.
    fn agreement(&self, images: &[&Image<'_>]) -> Result<Vec<f64>, StatsError> {
        self.0
            .values()
            .map(|answers| {
                let (network, person): (Vec<bool>, Vec<bool>) = images
                    .iter()
                    .filter_map(|image| answers.get(image.id).map(|trial| (image, trial)))
                    .map(|(image, trial)| (image.decision == image.shape, trial.response == trial.category))
                    .unzip();
                error_consistency(&network, &person)
            })
            .collect()
    }

    /// What limits a measure, or, where nothing does, what people do.
    fn summary(&self, data: &BenchmarkData, measure: BehaviourMeasure) -> Result<CeilingSummary, StatsError> {
        let mut summary = CeilingSummary {
            kind: data.spec.ceiling.kind().to_owned(),
            value: None,
            lower: None,
            upper: None,
            error: None,
            formula: None,
            reason: None,
        };
        match measure {
            BehaviourMeasure::ErrorConsistency => {
                let observers: Vec<Vec<ScoredTrial>> =
                    self.0.values().map(|answers| answers.values().copied().map(scored).collect()).collect();
                summary.value = Some(error_consistency_ceiling(&observers)?);
                summary.formula = data.spec.ceiling.formula().map(|formula| formula.name().to_owned());
            }
            BehaviourMeasure::ShapeBias => {
                let biases = self.shape_biases(data)?;
                summary.reason = Some(format!("a bias has no ceiling; {}", of_people(&biases)));
            }
            BehaviourMeasure::Accuracy => {
                let accuracies: Vec<f64> = self
                    .0
                    .values()
                    .map(|answers| {
                        let (categories, responses): (Vec<&str>, Vec<&str>) =
                            answers.values().map(|trial| (trial.category.as_str(), trial.response.as_str())).unzip();
                        mean_accuracy(&categories, &responses)
                    })
                    .collect::<Result<_, _>>()?;
                summary.reason = Some(format!("an accuracy has no ceiling but 1; {}", of_people(&accuracies)));
            }
        }
        Ok(summary)
    }

    /// The shape bias of each person.
    fn shape_biases(&self, data: &BenchmarkData) -> Result<Vec<f64>, StatsError> {
        let textures: BTreeMap<&str, &str> = data
            .stimuli
            .ids()
            .zip(data.stimuli.property("texture"))
            .map(|(id, texture)| (id, texture.unwrap_or("")))
            .collect();
        self.0
            .values()
            .map(|answers| {
                let trials: Vec<CueConflictTrial<'_>> = answers
                    .values()
                    .filter_map(|trial| {
                        let texture = textures.get(trial.stimulus_id.as_str())?;
                        Some(CueConflictTrial { shape: &trial.category, texture, answer: &trial.response })
                    })
                    .collect();
                Ok(shape_bias(&trials)?.value)
            })
            .collect()
    }
}

fn scored(trial: &Trial) -> ScoredTrial {
    ScoredTrial {
        condition: String::new(),
        image: trial.stimulus_id.clone(),
        correct: trial.response == trial.category,
    }
}

/// Mean and range over people, in words.
fn of_people(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("the mean of {} people is {mean:.4} ({least:.3} to {most:.3})", values.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn logits_become_probabilities_and_probabilities_stay() {
        let softmax = probabilities(array![0.0f32, 0.0, -1000.0].view());
        assert!((softmax[0] - 0.5).abs() < 1e-12 && softmax[2] == 0.0);
        assert_eq!(probabilities(array![0.25f32, 0.75].view()), vec![0.25, 0.75]);
    }
}
