//! `homolog behave`: what observers answered, compared.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use homolog::recording::format::table::Table;
use homolog::recording::input::Location;
use homolog::report::Cell;
use homolog::report::figure::{
    Bar, BarChart, ColourMap, Curve, CurveChart, CurvePoint, LabelledMatrix, PairMarks, Reference, Spacing,
};
use homolog_stats::StatsError;
use homolog_stats::behaviour::{
    ConfusionRates, CueConflictTrial, DiscriminationPattern, LapseRate, PsychometricData, PsychometricSettings,
    PsychometricShape, ScoredTrial, TwoWayChoice, confusion, error_consistency_between, error_consistency_ceiling,
    mean_accuracy, pattern_ceiling, pattern_consistency, psychometric_threshold_interval, shape_bias,
};
use homolog_stats::random::Rng;
use ndarray::{Array2, Axis};
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::inputs::provenance;
use crate::showing::{Drawing, Outcome, ShowOptions};

/// Random halvings for the ceiling of a pattern, as in Rajalingham et al. (2018).
const HALVINGS: usize = 10;

/// What is computed from the trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measure {
    /// Share of right answers of each observer, and the confusions
    Accuracy,
    /// Kappa of each pair of observers, mean over conditions, with its ceiling among the observers of the first file
    ErrorConsistency,
    /// Shape decisions over shape and texture decisions; needs the columns of --shape and --texture
    ShapeBias,
    /// Threshold and width against the condition, which has to be a number
    Psychometric,
    /// d′ of each image, from two-way choices
    I1,
    /// As i1, less the mean of each object and distractor
    I1n,
    /// d′ of each image and distractor
    I2,
    /// As i2, less the mean of each object and distractor
    I2n,
    /// d′ of each object
    O1,
    /// d′ of each pair of objects
    O2,
}

impl Measure {
    fn pattern(self) -> Option<DiscriminationPattern> {
        match self {
            Self::I1 => Some(DiscriminationPattern::I1),
            Self::I1n => Some(DiscriminationPattern::I1Normalized),
            Self::I2 => Some(DiscriminationPattern::I2),
            Self::I2n => Some(DiscriminationPattern::I2Normalized),
            Self::O1 => Some(DiscriminationPattern::O1),
            Self::O2 => Some(DiscriminationPattern::O2),
            _ => None,
        }
    }
}

/// What observers answered, compared
///
/// Tables of trials with a header, one row a trial; the usual names of columns are those of model-vs-human (subj, category, object_response, condition,
/// imagename). Each observer of each file is compared with each other.
#[derive(Args)]
pub(crate) struct Behave {
    /// CSV files of trials; observers are told apart within each
    #[arg(required = true, value_name = "TRIALS.csv")]
    files: Vec<String>,
    /// What is computed
    #[arg(long, value_enum, value_name = "NAME")]
    measure: Measure,
    /// The column that tells observers apart
    #[arg(long, value_name = "COLUMN", default_value = "subj")]
    observer: String,
    /// The column of the right answer
    #[arg(long, value_name = "COLUMN", default_value = "category")]
    truth: String,
    /// The column of the answer
    #[arg(long, value_name = "COLUMN", default_value = "object_response")]
    answer: String,
    /// The column of the condition, and of the level of psychometric functions
    #[arg(long, value_name = "COLUMN", default_value = "condition")]
    condition: String,
    /// The column of the image
    #[arg(long, value_name = "COLUMN", default_value = "imagename")]
    image: String,
    /// Of the image's name, only what follows the last one of this text: model-vs-human puts what differs between observers before it
    #[arg(long, value_name = "TEXT")]
    image_after: Option<String>,
    /// The column of the other object offered, for the patterns of two-way choices
    #[arg(long, value_name = "COLUMN", default_value = "distractor")]
    distractor: String,
    /// The column of an image's shape
    #[arg(long, value_name = "COLUMN", default_value = "shape")]
    shape: String,
    /// The column of an image's texture
    #[arg(long, value_name = "COLUMN", default_value = "texture")]
    texture: String,
    /// The psychometric function: cumulative-gaussian, logistic, weibull
    #[arg(long, value_name = "NAME", default_value = "cumulative-gaussian")]
    function: PsychometricShape,
    /// Share of right answers by chance [default: one over the number of categories]
    #[arg(long, value_name = "SHARE")]
    guess_rate: Option<f64>,
    /// Bootstrap samples for the interval of a threshold
    #[arg(long, value_name = "N", default_value_t = 1000)]
    samples: usize,
    /// Seed of halvings and the bootstrap
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    show: ShowOptions,
}

/// One trial of an observer.
struct Trial {
    truth: String,
    answer: String,
    condition: String,
    image: String,
    distractor: String,
    shape: String,
    texture: String,
}

/// One observer.
struct Observer {
    name: String,
    /// Which file they are of.
    file: usize,
    trials: Vec<Trial>,
}

/// What a measure found, before it is shown.
struct Found {
    lead: String,
    json: Value,
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
    notes: Vec<String>,
    drawings: Vec<Drawing>,
}

impl Behave {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let observers = self.observers()?;
        let found = match self.measure {
            Measure::Accuracy => self.accuracy(&observers)?,
            Measure::ErrorConsistency => self.error_consistency(&observers)?,
            Measure::ShapeBias => self.shape_bias(&observers)?,
            Measure::Psychometric => self.psychometric(&observers)?,
            measure => self.discrimination(&observers, measure.pattern().unwrap_or(DiscriminationPattern::I1))?,
        };
        let files: Vec<&str> = self.files.iter().map(String::as_str).collect();
        let outcome = Outcome {
            schema: "homolog.behave/1",
            title: "What observers answered".to_owned(),
            lead: found.lead,
            json: found.json,
            columns: found.columns,
            rows: found.rows,
            notes: found.notes,
            drawings: found.drawings,
            provenance: provenance(&files),
        };
        self.show.show(&outcome)
    }

    /// The observers of all files, in the order they appear in.
    fn observers(&self) -> Result<Vec<Observer>, Failure> {
        let mut observers: Vec<Observer> = Vec::new();
        for (file, text) in self.files.iter().enumerate() {
            let location = Location::parse(text);
            let table = Table::read(&location.path).map_err(|problem| Failure::from_error(&problem))?;
            let told = |problem: &dyn std::fmt::Display| Failure::wrong_input(format!("{text}: {problem}"));
            let needed = |name: &str| table.column(name).map(<[String]>::to_vec).map_err(|problem| told(&problem));
            // Columns that only some measures need are empty where they are not there.
            let optional = |name: &str, is_needed: bool| {
                if is_needed || table.names().iter().any(|known| known == name) {
                    needed(name)
                } else {
                    Ok(vec![String::new(); table.n_rows()])
                }
            };
            let is = |measures: &[Measure]| measures.contains(&self.measure);
            let (who, answer) = (needed(&self.observer)?, needed(&self.answer)?);
            let truth = optional(&self.truth, !is(&[Measure::ShapeBias]))?;
            let condition = optional(&self.condition, is(&[Measure::Psychometric, Measure::ErrorConsistency]))?;
            let has_images = is(&[Measure::ErrorConsistency]) || self.measure.pattern().is_some();
            let image = optional(&self.image, has_images)?;
            let distractor = optional(&self.distractor, self.measure.pattern().is_some())?;
            let shape = optional(&self.shape, is(&[Measure::ShapeBias]))?;
            let texture = optional(&self.texture, is(&[Measure::ShapeBias]))?;
            for row in 0..table.n_rows() {
                let at = observers.iter().position(|known| known.file == file && known.name == who[row]);
                let at = at.unwrap_or_else(|| {
                    observers.push(Observer { name: who[row].clone(), file, trials: Vec::new() });
                    observers.len() - 1
                });
                let name = image[row].as_str();
                let image =
                    self.image_after.as_deref().and_then(|mark| name.rsplit_once(mark)).map_or(name, |(_, id)| id);
                observers[at].trials.push(Trial {
                    truth: truth[row].clone(),
                    answer: answer[row].clone(),
                    condition: condition[row].clone(),
                    image: image.to_owned(),
                    distractor: distractor[row].clone(),
                    shape: shape[row].clone(),
                    texture: texture[row].clone(),
                });
            }
        }
        if observers.is_empty() {
            return Err(Failure::wrong_input("there is no trial in these files"));
        }
        Ok(observers)
    }

    fn accuracy(&self, observers: &[Observer]) -> Result<Found, Failure> {
        let mut rows = Vec::new();
        let mut listed = Vec::new();
        let mut all = (Vec::new(), Vec::new());
        for observer in observers {
            let truths: Vec<&str> = observer.trials.iter().map(|trial| trial.truth.as_str()).collect();
            let answers: Vec<&str> = observer.trials.iter().map(|trial| trial.answer.as_str()).collect();
            let value = mean_accuracy(&truths, &answers).map_err(of(observer))?;
            rows.push(vec![Cell::name(observer.name.clone()), Cell::number(value), Cell::count(truths.len())]);
            listed.push(json!({ "observer": observer.name, "value": value, "n_trials": truths.len() }));
            all.0.extend(truths);
            all.1.extend(answers);
        }
        let counts = confusion(&all.0, &all.1).map_err(|problem| Failure::from_error(&problem))?;
        let values = counts.counts.mapv(|count| count as f64);
        let sums = values.sum_axis(Axis(1)).insert_axis(Axis(1));
        let matrix = LabelledMatrix {
            description: "How often each category was answered to each".to_owned(),
            rows: "shown".to_owned(),
            columns: "answered".to_owned(),
            row_names: counts.names.clone(),
            column_names: counts.names.clone(),
            values: values / sums,
            range: (0.0, 1.0),
            map: ColourMap::Viridis,
            value: "share of trials".to_owned(),
            decimals: 2,
        };
        Ok(Found {
            lead: format!("{} observers, {} trials.", observers.len(), all.0.len()),
            json: json!({ "measure": "accuracy", "observers": listed, "categories": counts.names,
                "confusion": counts.counts.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>() }),
            columns: vec!["observer", "accuracy", "trials"],
            rows,
            notes: Vec::new(),
            drawings: vec![Drawing {
                name: "confusion",
                caption: "Confusions of all observers together; each row adds up to 1.".to_owned(),
                draw: Box::new(move |width| matrix.figure(width)),
            }],
        })
    }

    fn error_consistency(&self, observers: &[Observer]) -> Result<Found, Failure> {
        let scored = |observer: &Observer| {
            let trial = |trial: &Trial| ScoredTrial {
                condition: trial.condition.clone(),
                image: trial.image.clone(),
                correct: trial.truth == trial.answer,
            };
            observer.trials.iter().map(trial).collect::<Vec<_>>()
        };
        let trials: Vec<Vec<ScoredTrial>> = observers.iter().map(scored).collect();
        let n = observers.len();
        let mut values = Array2::from_elem((n, n), f64::NAN);
        let (mut rows, mut listed) = (Vec::new(), Vec::new());
        for first in 0..n {
            for second in first + 1..n {
                let found = error_consistency_between(&trials[first], &trials[second]).map_err(|problem| {
                    Failure::wrong_input(format!("{} and {}: {problem}", observers[first].name, observers[second].name))
                })?;
                let kappa = found.iter().map(|one| one.kappa).sum::<f64>() / found.len().max(1) as f64;
                values[[first, second]] = kappa;
                values[[second, first]] = kappa;
                let names = (observers[first].name.clone(), observers[second].name.clone());
                rows.push(vec![Cell::name(names.0.clone()), Cell::name(names.1.clone()), Cell::number(kappa)]);
                listed.push(json!({ "first": names.0, "second": names.1, "kappa": kappa,
                    "of_conditions": found.iter().map(|one| json!({ "condition": one.condition, "kappa": one.kappa,
                        "n_trials": one.n_trials })).collect::<Vec<_>>() }));
            }
        }
        let of_first: Vec<Vec<ScoredTrial>> = observers
            .iter()
            .zip(&trials)
            .filter(|(observer, _)| observer.file == 0)
            .map(|(_, trials)| trials.clone())
            .collect();
        let ceiling = if of_first.len() > 1 {
            Some(error_consistency_ceiling(&of_first).map_err(|problem| Failure::from_error(&problem))?)
        } else {
            None
        };
        let names: Vec<String> = observers.iter().map(|observer| observer.name.clone()).collect();
        let matrix = LabelledMatrix {
            description: "Error consistency of each pair of observers".to_owned(),
            rows: String::new(),
            columns: String::new(),
            row_names: names.clone(),
            column_names: names,
            values,
            range: (0.0, 1.0),
            map: ColourMap::Viridis,
            value: "kappa".to_owned(),
            decimals: 2,
        };
        Ok(Found {
            lead: ceiling.map_or_else(String::new, |ceiling| {
                format!("Ceiling, mean over pairs of the {} observers of the first file: {ceiling:.5}.", of_first.len())
            }),
            json: json!({ "measure": "error-consistency", "ceiling": ceiling, "pairs": listed }),
            columns: vec!["first", "second", "kappa"],
            rows,
            notes: Vec::new(),
            drawings: vec![Drawing {
                name: "kappa",
                caption: "Error consistency (kappa) of each pair of observers, mean over conditions.".to_owned(),
                draw: Box::new(move |width| matrix.figure(width)),
            }],
        })
    }

    fn shape_bias(&self, observers: &[Observer]) -> Result<Found, Failure> {
        let (mut rows, mut listed, mut bars) = (Vec::new(), Vec::new(), Vec::new());
        for observer in observers {
            let trial = |trial: &'_ Trial| (trial.shape.clone(), trial.texture.clone(), trial.answer.clone());
            let texts: Vec<(String, String, String)> = observer.trials.iter().map(trial).collect();
            let trials: Vec<CueConflictTrial<'_>> =
                texts.iter().map(|(shape, texture, answer)| CueConflictTrial { shape, texture, answer }).collect();
            let found = shape_bias(&trials).map_err(of(observer))?;
            rows.push(vec![
                Cell::name(observer.name.clone()),
                Cell::number(found.value),
                Cell::count(found.n_shape),
                Cell::count(found.n_texture),
            ]);
            listed.push(json!({ "observer": observer.name, "value": found.value, "n_shape": found.n_shape,
                "n_texture": found.n_texture, "n_conflicts": found.n_conflicts }));
            bars.push(Bar {
                name: observer.name.clone(),
                value: Some(found.value),
                interval: None,
                subjects: Vec::new(),
                colour: observer.file,
            });
        }
        let chart = BarChart {
            description: "Shape bias of each observer".to_owned(),
            vertical: "shape decisions / (shape + texture decisions)".to_owned(),
            bars,
            ceiling: None,
            different: Vec::new(),
            pair_marks: PairMarks::Automatic,
            mark_rows: Vec::new(),
        };
        Ok(Found {
            lead: String::new(),
            json: json!({ "measure": "shape-bias", "observers": listed }),
            columns: vec!["observer", "shape bias", "shape", "texture"],
            rows,
            notes: Vec::new(),
            drawings: vec![Drawing {
                name: "shape-bias",
                caption: "Shape decisions as a share of shape and texture decisions on images whose cues conflict."
                    .to_owned(),
                draw: Box::new(move |width| chart.figure(width)),
            }],
        })
    }

    fn psychometric(&self, observers: &[Observer]) -> Result<Found, Failure> {
        let categories: std::collections::BTreeSet<&str> =
            observers.iter().flat_map(|observer| &observer.trials).map(|trial| trial.truth.as_str()).collect();
        let guess_rate = self.guess_rate.unwrap_or(1.0 / categories.len().max(1) as f64);
        let settings = PsychometricSettings { shape: self.function, guess_rate, lapse_rate: LapseRate::Fitted };
        let (mut rows, mut listed, mut curves) = (Vec::new(), Vec::new(), Vec::new());
        for (number, observer) in observers.iter().enumerate() {
            let Levels { levels, n_correct, n_trials } = self.levels(observer)?;
            let data = PsychometricData { levels: &levels, n_correct: &n_correct, n_trials: &n_trials };
            let rng = Rng::new(self.seed).stream(number as u64);
            let found =
                psychometric_threshold_interval(&data, &settings, (self.samples, 0.95), &rng).map_err(of(observer))?;
            let fit = &found.fit;
            rows.push(vec![
                Cell::name(observer.name.clone()),
                Cell::number(fit.threshold),
                Cell::Interval(Some((found.lower, found.upper))),
                Cell::number(fit.width),
                Cell::number(fit.lapse_rate),
                Cell::number(fit.deviance),
            ]);
            listed.push(json!({ "observer": observer.name, "threshold": fit.threshold, "lower": found.lower,
                "upper": found.upper, "error": found.standard_error, "width": fit.width, "guess_rate": fit.guess_rate,
                "lapse_rate": fit.lapse_rate, "deviance": fit.deviance, "levels": levels, "n_correct": n_correct,
                "n_trials": n_trials }));
            let ends = levels
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), level| (low.min(*level), high.max(*level)));
            let place = |at: usize| ends.0 + (ends.1 - ends.0) * at as f64 / 100.0;
            curves.push(Curve {
                name: observer.name.clone(),
                line: (0..=100).map(|at| (place(at), fit.share_correct(place(at)))).collect(),
                points: (0..levels.len())
                    .map(|at| CurvePoint {
                        place: levels[at],
                        value: f64::from(n_correct[at]) / f64::from(n_trials[at]),
                        interval: None,
                    })
                    .collect(),
                ..Curve::default()
            });
        }
        let chart = CurveChart {
            description: "Share of right answers against the level".to_owned(),
            title: String::new(),
            vertical: "share of right answers".to_owned(),
            horizontal: self.condition.clone(),
            spacing: Spacing::Linear,
            range: Some((0.0, 1.0)),
            curves,
            ceiling: Vec::new(),
            references: vec![Reference::Level { value: guess_rate, name: "chance".to_owned() }],
        };
        Ok(Found {
            lead: format!(
                "{}, guess rate {guess_rate:.4}, lapse rate fitted, 95% bootstrap intervals.",
                self.function.name()
            ),
            json: json!({ "measure": "psychometric", "function": self.function.name(), "observers": listed }),
            columns: vec!["observer", "threshold", "interval", "width", "lapses", "deviance"],
            rows,
            notes: Vec::new(),
            drawings: vec![Drawing {
                name: "psychometric",
                caption: "Share of right answers at each level, and the fitted function.".to_owned(),
                draw: Box::new(move |width| chart.figure(width)),
            }],
        })
    }

    /// Levels, ascending, with right answers and trials.
    fn levels(&self, observer: &Observer) -> Result<Levels, Failure> {
        let mut counts: Vec<(f64, u32, u32)> = Vec::new();
        for trial in &observer.trials {
            // Conditions such as "c05" or "0.35" hold one number.
            let digits = trial.condition.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
            let level: f64 = digits.parse().map_err(|_| {
                Failure::wrong_input(format!(
                    "the condition \"{}\" of {} is no number; name the column of levels with --condition",
                    trial.condition, observer.name
                ))
            })?;
            let at = counts.iter().position(|(known, ..)| *known == level).unwrap_or_else(|| {
                counts.push((level, 0, 0));
                counts.len() - 1
            });
            counts[at].1 += u32::from(trial.truth == trial.answer);
            counts[at].2 += 1;
        }
        counts.sort_by(|a, b| a.0.total_cmp(&b.0));
        Ok(Levels {
            levels: counts.iter().map(|one| one.0).collect(),
            n_correct: counts.iter().map(|one| one.1).collect(),
            n_trials: counts.iter().map(|one| one.2).collect(),
        })
    }

    fn discrimination(&self, observers: &[Observer], pattern: DiscriminationPattern) -> Result<Found, Failure> {
        let choices = Choices::of(observers)?;
        let rates = observers
            .iter()
            .zip(&choices.of_observers)
            .map(|(observer, made)| {
                ConfusionRates::from_choices(made, &choices.truths, choices.objects.len()).map_err(of(observer))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let (mut rows, mut listed) = (Vec::new(), Vec::new());
        for first in 0..observers.len() {
            for second in first + 1..observers.len() {
                let names = (observers[first].name.clone(), observers[second].name.clone());
                let value = pattern_consistency(&rates[first], &rates[second], pattern)
                    .map_err(|problem| Failure::wrong_input(format!("{} and {}: {problem}", names.0, names.1)))?;
                rows.push(vec![Cell::name(names.0.clone()), Cell::name(names.1.clone()), Cell::number(value)]);
                listed.push(json!({ "first": names.0, "second": names.1, "value": value }));
            }
        }
        let mut ceilings = Vec::new();
        for (observer, made) in observers.iter().zip(&choices.of_observers) {
            let rng = Rng::new(self.seed);
            let found = pattern_ceiling(made, &choices.truths, choices.objects.len(), pattern, (HALVINGS, &rng));
            let found = found.ok();
            rows.push(vec![Cell::name(observer.name.clone()), Cell::text("(half against half)"), Cell::number(found)]);
            ceilings.push(json!({ "observer": observer.name, "value": found }));
        }
        Ok(Found {
            lead: format!("{} images of {} objects.", choices.truths.len(), choices.objects.len()),
            json: json!({ "measure": pattern.name(), "objects": choices.objects, "pairs": listed, "ceilings": ceilings }),
            columns: vec!["first", "second", "consistency"],
            rows,
            notes: Vec::new(),
            drawings: Vec::new(),
        })
    }
}

/// Right answers and trials of an observer at each level, ascending.
struct Levels {
    levels: Vec<f64>,
    n_correct: Vec<u32>,
    n_trials: Vec<u32>,
}

/// Two-way choices with images and objects numbered alike for all observers.
struct Choices {
    objects: Vec<String>,
    truths: Vec<usize>,
    of_observers: Vec<Vec<TwoWayChoice>>,
}

impl Choices {
    fn of(observers: &[Observer]) -> Result<Self, Failure> {
        let all = || observers.iter().flat_map(|observer| &observer.trials);
        let mut objects: Vec<String> =
            all().flat_map(|trial| [trial.truth.clone(), trial.distractor.clone()]).collect();
        objects.sort();
        objects.dedup();
        let number: BTreeMap<&str, usize> =
            objects.iter().enumerate().map(|(object, name)| (name.as_str(), object)).collect();
        let mut images: BTreeMap<&str, usize> = BTreeMap::new();
        let mut truths = Vec::new();
        for trial in all() {
            let next = images.len();
            let image = *images.entry(trial.image.as_str()).or_insert(next);
            let truth = number.get(trial.truth.as_str()).copied().unwrap_or_default();
            if image == truths.len() {
                truths.push(truth);
            } else if truths.get(image) != Some(&truth) {
                return Err(Failure::wrong_input(format!("image \"{}\" has two right answers", trial.image)));
            }
        }
        let choice = |trial: &Trial| TwoWayChoice {
            image: images.get(trial.image.as_str()).copied().unwrap_or_default(),
            distractor: number.get(trial.distractor.as_str()).copied().unwrap_or_default(),
            chose_distractor: trial.answer == trial.distractor,
        };
        let of_observers = observers.iter().map(|observer| observer.trials.iter().map(choice).collect()).collect();
        drop(images);
        Ok(Self { truths, of_observers, objects: objects.clone() })
    }
}

/// What is wrong with the trials of an observer.
fn of(observer: &Observer) -> impl Fn(StatsError) -> Failure + '_ {
    |problem| Failure::wrong_input(format!("{}: {problem}", observer.name))
}
