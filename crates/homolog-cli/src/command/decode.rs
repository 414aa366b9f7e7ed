//! `homolog decode`: categories and variables read out of responses.

use std::collections::BTreeMap;

use clap::Args;
use homolog::recording::input::{PatternAxis, Patterns};
use homolog::report::Cell;
use homolog::report::figure::{Bar, BarChart, Curve, CurveChart, PairMarks, Reference, Spacing, TimeMap};
use homolog_stats::StatsError;
use homolog_stats::decoding::{
    Decoder, Decoding, DecodingProtocol, FeatureScaling, ManifoldGeometry, VariableProtocol, decode, decode_over_time,
    decode_variables, generalise_across_time, manifold_capacity,
};
use homolog_stats::encoding::{Encoding, PredictionScore};
use homolog_stats::mapping::Mapping;
use homolog_stats::random::Rng;
use homolog_stats::splits::{Split, SplitsSpec};
use ndarray::{Array2, Array3, Axis, stack};
use serde_json::{Value, json};

use crate::confusions::confusion_drawing;
use crate::exit::Failure;
use crate::inputs::{InputOptions, aligned_patterns, by_position, labels, left_out, provenance};
use crate::run_options::ComputeOptions;
use crate::showing::{Drawing, Outcome, ShowOptions};

/// Normal vectors that the capacity of manifolds is averaged over: an error of 3%.
const MANIFOLD_SAMPLES: usize = 1000;

/// Categories and variables read out of responses, cross-validated
///
/// Each input (each stage of a recorded folder) is decoded by itself. With a time axis (--axes stimulus,unit,time) every bin is, and
/// --across-time tests each bin's classifier in all others.
#[derive(Args)]
pub(crate) struct Decode {
    /// Responses: X.npy, X.npz:variable, file.mat:variable, file.nc, or a recorded folder (each stage, or FOLDER:stage)
    #[arg(required = true, value_name = "RESPONSES")]
    inputs: Vec<String>,
    /// The class of each stimulus: a file (file.csv:column, labels.npy) or a coordinate of the responses (@category)
    #[arg(long, value_name = "FILE|@NAME", required_unless_present = "variable")]
    labels: Option<String>,
    /// A continuous variable of each stimulus (position, size, pose), read out by ridge regression; may be repeated
    #[arg(long, value_name = "FILE|@NAME", conflicts_with = "labels")]
    variable: Vec<String>,
    /// logistic, lda, svm
    #[arg(long, value_name = "NAME", default_value = "logistic")]
    decoder: Decoder,
    /// Leave units in their own scale rather than bring each to unit variance over the training part
    #[arg(long)]
    unscaled: bool,
    /// How stimuli are divided, as for encode [default: stratified:10:0.8:1 for classes, shuffle:10:0.8:1 for variables]
    #[arg(long, value_name = "DIVISION")]
    splits: Option<SplitsSpec>,
    /// Repeat with permuted training labels for a p-value; 0 for none
    #[arg(long, value_name = "N", default_value_t = 0)]
    permutations: usize,
    /// Test the classifier of each time bin in all others
    #[arg(long)]
    across_time: bool,
    /// How separable the classes are at all: capacity, radius and dimension of their manifolds
    #[arg(long)]
    manifolds: bool,
    #[command(flatten)]
    input: InputOptions,
    /// Seed of permutations and manifolds
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    compute: ComputeOptions,
    #[command(flatten)]
    show: ShowOptions,
}

/// One input, decoded.
struct Decoded {
    name: String,
    /// One for each time bin; one where there is no time.
    bins: Vec<Decoding>,
    /// What the bins are called; empty where there is no time.
    times: Vec<String>,
    /// Learnt in (row), tested in (column).
    across: Option<Array2<f64>>,
    /// One for each class.
    manifolds: Vec<ManifoldGeometry>,
}

impl Decode {
    pub(crate) fn run(self) -> Result<(), Failure> {
        self.compute.set_threads();
        let read = self.input.patterns(&self.inputs)?;
        let read: Vec<Patterns> = aligned_patterns(&read, self.input.join())?
            .iter()
            .map(|patterns| patterns.average(PatternAxis::Repetition))
            .collect();
        let Some(first) = read.first() else {
            return Err(Failure::wrong_input("there are no responses to decode"));
        };
        let mut notes: Vec<String> = read.iter().flat_map(left_out).collect();
        notes.extend(by_position(&first.stimuli));
        let outcome = match &self.labels {
            Some(text) => {
                let texts = labels(text, first)?;
                let mut names: Vec<String> = texts.clone();
                names.sort();
                names.dedup();
                let number: BTreeMap<&str, usize> =
                    names.iter().enumerate().map(|(class, name)| (name.as_str(), class)).collect();
                let classes: Vec<usize> = texts.iter().filter_map(|text| number.get(text.as_str()).copied()).collect();
                let found = read.iter().map(|one| self.classes_of(one, &classes)).collect::<Result<Vec<_>, _>>()?;
                self.outcome_of_classes(&found, &names, notes)
            }
            None => self.outcome_of_variables(&read, notes)?,
        };
        self.show.show(&outcome)
    }

    fn draw_splits(&self, n_stimuli: usize, labels: Option<&[usize]>, usual: &str) -> Result<Vec<Split>, Failure> {
        let told = |problem: StatsError| Failure::from_error(&problem);
        let spec = self.splits.map_or_else(|| usual.parse(), Ok).map_err(told)?;
        spec.draw(n_stimuli, labels).map_err(told)
    }

    fn classes_of(&self, patterns: &Patterns, classes: &[usize]) -> Result<Decoded, Failure> {
        let told = |problem: StatsError| Failure::wrong_input(format!("{}: {problem}", patterns.input));
        let protocol = DecodingProtocol {
            decoder: self.decoder,
            scaling: if self.unscaled { FeatureScaling::None } else { FeatureScaling::UnitVariance },
            splits: self.draw_splits(patterns.n_stimuli(), Some(classes), "stratified:10:0.8:1")?,
            n_permutations: self.permutations,
        };
        let rng = Rng::new(self.seed);
        let name = patterns.input.clone();
        let times = patterns.leading.iter().find(|leading| leading.axis == PatternAxis::Time);
        let times = times.map_or_else(Vec::new, |leading| leading.labels.clone());
        if times.is_empty() {
            if self.across_time {
                return Err(Failure::wrong_input(format!(
                    "--across-time needs a time axis, and \"{name}\" has none; name it with --axes stimulus,unit,time"
                )));
            }
            let matrix = patterns.matrix().map_err(|problem| crate::inputs::unread(&problem))?;
            let bins = vec![decode(matrix, classes, &protocol, &rng).map_err(told)?];
            let manifolds = if self.manifolds {
                manifold_capacity(matrix, classes, MANIFOLD_SAMPLES, &rng).map_err(told)?
            } else {
                Vec::new()
            };
            return Ok(Decoded { name, bins, times, across: None, manifolds });
        }
        let cube = over_time(patterns)?;
        let bins = decode_over_time(cube.view(), classes, &protocol, &rng).map_err(told)?;
        let across = self.across_time.then(|| generalise_across_time(cube.view(), classes, &protocol));
        let across = across.transpose().map_err(told)?;
        Ok(Decoded { name, bins, times, across, manifolds: Vec::new() })
    }

    fn outcome_of_classes(&self, found: &[Decoded], names: &[String], mut notes: Vec<String>) -> Outcome {
        let mut rows = Vec::new();
        for one in found {
            for (at, decoding) in one.bins.iter().enumerate() {
                let time = one.times.get(at).map_or_else(String::new, |time| format!(" time {time}"));
                let mean_d_prime = decoding.d_primes.iter().sum::<f64>() / decoding.d_primes.len() as f64;
                rows.push(vec![
                    Cell::name(format!("{}{time}", one.name)),
                    Cell::number(decoding.accuracy),
                    Cell::number(decoding.balanced_accuracy),
                    Cell::number(mean_d_prime),
                    Cell::PValue(decoding.permutation.as_ref().map(|null| null.p_value)),
                ]);
            }
        }
        for one in found.iter().filter(|one| !one.manifolds.is_empty()) {
            let mean = |of: fn(&ManifoldGeometry) -> f64| {
                one.manifolds.iter().map(of).sum::<f64>() / one.manifolds.len() as f64
            };
            notes.push(format!(
                "{}: manifolds of classes have capacity {:.3}, radius {:.3}, dimension {:.2} (means)",
                one.name,
                mean(|manifold| manifold.capacity),
                mean(|manifold| manifold.radius),
                mean(|manifold| manifold.dimension)
            ));
        }
        let chance = 1.0 / names.len().max(1) as f64;
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        Outcome {
            schema: "homolog.decode/1",
            title: "Categories read out of responses".to_owned(),
            lead: format!("{} classes, chance {chance:.3}, {}.", names.len(), self.decoder.name()),
            json: json!({ "decoder": self.decoder.name(), "classes": names, "chance": chance, "seed": self.seed,
                "inputs": found.iter().map(decoded_json).collect::<Vec<_>>() }),
            columns: vec!["responses", "accuracy", "balanced", "mean d′", "p"],
            rows,
            notes,
            drawings: class_drawings(found, names, chance),
            provenance: provenance(&inputs),
        }
    }

    fn outcome_of_variables(&self, read: &[Patterns], notes: Vec<String>) -> Result<Outcome, Failure> {
        let Some(first) = read.first() else { return Err(Failure::wrong_input("there are no responses to decode")) };
        let mut columns = Vec::new();
        for text in &self.variable {
            let numbers = labels(text, first)?.iter().map(|word| word.parse::<f64>()).collect::<Result<Vec<_>, _>>();
            let numbers = numbers.map_err(|_| {
                Failure::wrong_input(format!("\"{text}\" is no number for every stimulus; pass it as --labels"))
            })?;
            columns.push(ndarray::Array1::from(numbers));
        }
        let views: Vec<_> = columns.iter().map(|column| column.view()).collect();
        let variables = stack(Axis(1), &views).unwrap_or_default();
        let told = |problem: StatsError| Failure::from_error(&problem);
        let Ok(Mapping::Ridge(ridge)) = "ridge".parse::<Mapping>() else {
            return Err(Failure::wrong_input("there is no ridge regression"));
        };
        let protocol = VariableProtocol {
            ridge,
            splits: self.draw_splits(first.n_stimuli(), None, "shuffle:10:0.8:1")?,
            score: PredictionScore::Pearson,
        };
        let mut found: Vec<(String, Encoding)> = Vec::new();
        for patterns in read {
            let matrix = patterns.matrix().map_err(|problem| crate::inputs::unread(&problem))?;
            found.push((patterns.input.clone(), decode_variables(matrix, variables.view(), &protocol).map_err(told)?));
        }
        let mut rows = Vec::new();
        let mut listed: Vec<Value> = Vec::new();
        for (name, encoding) in &found {
            for (variable, score) in self.variable.iter().zip(encoding.of_units()) {
                rows.push(vec![Cell::name(name.clone()), Cell::name(variable.clone()), Cell::number(score)]);
                listed.push(json!({ "input": name, "variable": variable, "value": score }));
            }
        }
        let bar = |(at, (name, encoding)): (usize, &(String, Encoding))| {
            let scores = encoding.of_units();
            let names = self.variable.iter().zip(scores).map(move |(variable, score)| Bar {
                name: format!("{name} {variable}"),
                value: score,
                interval: None,
                subjects: Vec::new(),
                colour: at,
            });
            names.collect::<Vec<_>>()
        };
        let chart = BarChart {
            description: "Correlation of each variable with its read-out".to_owned(),
            vertical: "Pearson r (mean over splits)".to_owned(),
            bars: found.iter().enumerate().flat_map(bar).collect(),
            ceiling: None,
            different: Vec::new(),
            pair_marks: PairMarks::Automatic,
            mark_rows: Vec::new(),
        };
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        Ok(Outcome {
            schema: "homolog.decode/1",
            title: "Variables read out of responses".to_owned(),
            lead: format!("Ridge regression on each training part, {} splits.", protocol.splits.len()),
            json: json!({ "score": "pearson", "variables": listed }),
            columns: vec!["responses", "variable", "pearson"],
            rows,
            notes,
            drawings: vec![Drawing {
                name: "variables",
                caption:
                    "Correlation of each variable with what a linear read-out says, on stimuli it was not fitted to."
                        .to_owned(),
                draw: Box::new(move |width| chart.figure(width)),
            }],
            provenance: provenance(&inputs),
        })
    }
}

/// (stimuli, units, time bins), once every value is finite.
fn over_time(patterns: &Patterns) -> Result<Array3<f64>, Failure> {
    let bins: Vec<Patterns> = patterns.each(PatternAxis::Time).into_iter().map(|(_, bin)| bin).collect();
    let matrices = bins.iter().map(Patterns::matrix).collect::<Result<Vec<_>, _>>();
    let matrices = matrices.map_err(|problem| crate::inputs::unread(&problem))?;
    Ok(stack(Axis(2), &matrices).unwrap_or_default())
}

fn decoded_json(one: &Decoded) -> Value {
    let bin = |(at, decoding): (usize, &Decoding)| {
        json!({
            "time": one.times.get(at), "accuracy": decoding.accuracy, "balanced_accuracy": decoding.balanced_accuracy,
            "of_splits": decoding.of_splits, "of_classes": decoding.of_classes, "d_primes": decoding.d_primes,
            "confusion": decoding.confusion.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>(),
            "p": decoding.permutation.as_ref().map(|null| null.p_value),
        })
    };
    let manifold = |manifold: &ManifoldGeometry| json!({ "capacity": manifold.capacity, "radius": manifold.radius, "dimension": manifold.dimension });
    json!({
        "input": one.name, "decodings": one.bins.iter().enumerate().map(bin).collect::<Vec<_>>(),
        "across_time": one.across.as_ref().map(|across| {
            across.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>()
        }),
        "manifolds": one.manifolds.iter().map(manifold).collect::<Vec<_>>(),
    })
}

/// Accuracy of each input; over time where there is time; and the confusions of the first.
fn class_drawings(found: &[Decoded], names: &[String], chance: f64) -> Vec<Drawing> {
    let mut drawings = Vec::new();
    let has_time = found.iter().any(|one| !one.times.is_empty());
    if has_time {
        drawings.push(curves(found, chance));
    } else {
        let bar = |one: &Decoded| {
            let decoding = one.bins.first();
            Bar {
                name: one.name.clone(),
                value: decoding.map(|decoding| decoding.accuracy),
                interval: None,
                subjects: decoding.map_or_else(Vec::new, |decoding| decoding.of_splits.clone()),
                colour: 0,
            }
        };
        let chart = BarChart {
            description: "Decoding accuracy of each input".to_owned(),
            vertical: format!("accuracy (chance {chance:.2})"),
            bars: found.iter().map(bar).collect(),
            ceiling: None,
            different: Vec::new(),
            pair_marks: PairMarks::Automatic,
            mark_rows: Vec::new(),
        };
        drawings.push(Drawing {
            name: "accuracy",
            caption: "Share of test stimuli whose class was read out, mean over splits; dots are splits.".to_owned(),
            draw: Box::new(move |width| chart.figure(width)),
        });
    }
    for one in found {
        drawings.extend(one.across.as_ref().map(|across| time_map(one, across, chance)));
    }
    if let Some(decoding) = found.first().and_then(|one| one.bins.first()).filter(|_| !has_time) {
        let name = found.first().map_or("", |one| one.name.as_str());
        drawings.push(confusion_drawing(
            names,
            decoding.confusion.view(),
            "read out",
            format!("Confusions of {name} over the test parts of all splits."),
        ));
    }
    drawings
}

fn curves(found: &[Decoded], chance: f64) -> Drawing {
    let curve = |one: &Decoded| {
        let place = |at: usize| one.times.get(at).and_then(|time| time.parse().ok()).unwrap_or(at as f64);
        Curve {
            name: one.name.clone(),
            line: one.bins.iter().enumerate().map(|(at, decoding)| (place(at), decoding.accuracy)).collect(),
            band: Vec::new(),
            points: Vec::new(),
            significant: Vec::new(),
        }
    };
    let chart = CurveChart {
        description: "Decoding accuracy over time".to_owned(),
        title: String::new(),
        vertical: "accuracy".to_owned(),
        horizontal: "time (ms)".to_owned(),
        spacing: Spacing::Linear,
        range: None,
        curves: found.iter().map(curve).collect(),
        ceiling: Vec::new(),
        references: vec![Reference::Level { value: chance, name: "chance".to_owned() }],
    };
    Drawing {
        name: "time",
        caption: "Share of test stimuli whose class was read out in each time bin; the line is chance.".to_owned(),
        draw: Box::new(move |width| chart.figure(width)),
    }
}

fn time_map(one: &Decoded, across: &Array2<f64>, chance: f64) -> Drawing {
    let times: Vec<f64> = (0..across.nrows())
        .map(|at| one.times.get(at).and_then(|time| time.parse().ok()).unwrap_or(at as f64))
        .collect();
    let map = TimeMap {
        description: format!("Generalisation across time of {}", one.name),
        title: one.name.clone(),
        vertical: "learnt at (ms)".to_owned(),
        horizontal: "tested at (ms)".to_owned(),
        vertical_times: times.clone(),
        horizontal_times: times,
        values: across.clone(),
        significant: Array2::from_elem(across.dim(), false),
        middle: chance,
        value: "accuracy".to_owned(),
        onset: None,
    };
    Drawing {
        name: "across-time",
        caption: format!("Accuracy of the classifier of each time of {} at every other time.", one.name),
        draw: Box::new(move |width| map.figure(width)),
    }
}
