//! Odd-one-out choices among three things, and which similarities predict them.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use homolog::recording::OnMissing;
use homolog::recording::format::table::Table;
use homolog::recording::input::{Location, MissingPairs, RdmStack};
use homolog::report::Cell;
use homolog::report::figure::{Band, Bar, BarChart, PairMarks};
use homolog_stats::behaviour::{OddOneOut, TripletCeiling, odd_one_out_accuracy, odd_one_out_ceiling};
use homolog_stats::rdm::{RdmMeasure, matrix_from_pairs, rdm_from_features};
use ndarray::{Array2, ArrayView2};
use serde_json::json;

use super::Found;
use crate::exit::Failure;
use crate::inputs::{patterns, unread};
use crate::showing::Drawing;

/// How alike two things are by their features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Similarity {
    /// Sum of products, as in Hebart et al. (2020)
    #[default]
    DotProduct,
    /// Cosine of the angle between them
    Cosine,
    /// Correlation over features
    Pearson,
}

/// What predicts odd-one-out choices.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Odd-one-out choices")]
pub(super) struct TripletOptions {
    /// Columns of the two things that stay together and of the odd one; things are ids, or numbers of rows from 0
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', num_args = 1, default_value = "first,second,odd")]
    triplet: Vec<String>,
    /// Features of the things, things × features, whose similarities predict; may be repeated
    #[arg(long, value_name = "FILE")]
    features: Vec<String>,
    /// How alike two things are by their features
    #[arg(long, value_enum, default_value_t)]
    similarity: Similarity,
    /// Dissimilarities of the things, which predict; may be repeated
    #[arg(long, value_name = "FILE")]
    rdm: Vec<String>,
}

impl TripletOptions {
    /// Files beside those of the choices.
    pub(super) fn files(&self) -> impl Iterator<Item = &String> {
        self.features.iter().chain(&self.rdm)
    }
}

/// Similarities by the ids of things.
struct Predictor {
    name: String,
    /// What was given, as the user names it.
    input: String,
    things: Vec<String>,
    similarity: Array2<f64>,
}

/// A choice as it stands in its file: the two that stay, the odd one.
type Named = [String; 3];

pub(super) fn found(files: &[String], options: &TripletOptions) -> Result<Found, Failure> {
    let choices = read_choices(files, options)?;
    let predictors = predictors(options)?;
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    for thing in choices.iter().flatten() {
        let next = numbers.len();
        numbers.entry(thing).or_insert(next);
    }
    let told = |problem| Failure::from_error(&problem);
    let ceiling = match odd_one_out_ceiling(&numbered(&choices, &numbers)) {
        Ok(ceiling) => Some(ceiling),
        Err(homolog_stats::StatsError::TooFew { what: "triplets that were answered twice", .. }) => None,
        Err(problem) => return Err(told(problem)),
    };
    let (mut rows, mut listed, mut bars) = (Vec::new(), Vec::new(), Vec::new());
    for predictor in &predictors {
        let positions = positions(predictor, &choices)?;
        let accuracy = odd_one_out_accuracy(predictor.similarity.view(), &numbered(&choices, &positions));
        let accuracy = accuracy.map_err(|problem| Failure::wrong_input(format!("{}: {problem}", predictor.name)))?;
        rows.push(vec![
            Cell::name(predictor.name.clone()),
            Cell::number(accuracy.accuracy),
            Cell::number(accuracy.standard_error),
        ]);
        listed.push(json!({ "name": predictor.name, "accuracy": accuracy.accuracy, "error": accuracy.standard_error }));
        let half = 1.96 * accuracy.standard_error;
        bars.push(Bar {
            name: predictor.name.clone(),
            value: Some(accuracy.accuracy),
            interval: Some((accuracy.accuracy - half, accuracy.accuracy + half)),
            subjects: Vec::new(),
            colour: 0,
        });
    }
    let notes = match ceiling {
        Some(_) => Vec::new(),
        None => vec!["no triplet was answered twice: there is no noise ceiling".to_owned()],
    };
    Ok(Found {
        lead: lead(choices.len(), numbers.len(), ceiling),
        json: json!({ "measure": "odd-one-out", "n_choices": choices.len(), "n_things": numbers.len(), "chance": 1.0 / 3.0,
            "ceiling": ceiling.map(|one| json!({ "lower": one.lower, "upper": one.upper, "n_triplets": one.n_triplets })),
            "models": listed }),
        columns: vec!["similarities", "accuracy", "error"],
        rows,
        notes,
        drawings: drawing(bars, ceiling).into_iter().collect(),
    })
}

fn lead(n_choices: usize, n_things: usize, ceiling: Option<TripletCeiling>) -> String {
    let of_ceiling = ceiling.map_or_else(String::new, |one| {
        format!(
            " Ceiling {:.3} to {:.3}, from {} triplets that were answered repeatedly.",
            one.lower, one.upper, one.n_triplets
        )
    });
    format!("{n_choices} choices among {n_things} things; chance is 0.333.{of_ceiling}")
}

fn drawing(bars: Vec<Bar>, ceiling: Option<TripletCeiling>) -> Option<Drawing> {
    if bars.is_empty() {
        return None;
    }
    let chart = BarChart {
        description: "Share of odd-one-out choices that similarities predict".to_owned(),
        vertical: "share of choices predicted (chance 0.33)".to_owned(),
        bars,
        ceiling: ceiling.map(|one| Band { name: "noise ceiling".to_owned(), low: one.lower, high: one.upper }),
        different: Vec::new(),
        pair_marks: PairMarks::Automatic,
        mark_rows: Vec::new(),
    };
    Some(Drawing {
        name: "odd-one-out",
        caption: "Share of choices whose pair is the most similar of the three, with its 95% interval over choices."
            .to_owned(),
        draw: Box::new(move |width| chart.figure(width)),
    })
}

fn read_choices(files: &[String], options: &TripletOptions) -> Result<Vec<Named>, Failure> {
    let [first, second, odd] = options.triplet.as_slice() else {
        let found = options.triplet.join(",");
        return Err(Failure::wrong_input(format!(
            "cannot take the columns of --triplet \"{found}\": three are needed, such as first,second,odd"
        )));
    };
    let mut choices = Vec::new();
    for text in files {
        let table = Table::read(&Location::parse(text).path).map_err(|problem| Failure::from_error(&problem))?;
        let column =
            |name: &str| table.column(name).map_err(|problem| Failure::wrong_input(format!("{text}: {problem}")));
        let things = column(first)?.iter().zip(column(second)?).zip(column(odd)?);
        choices.extend(things.map(|((first, second), odd)| [first.clone(), second.clone(), odd.clone()]));
    }
    Ok(choices)
}

fn predictors(options: &TripletOptions) -> Result<Vec<Predictor>, Failure> {
    let mut predictors = Vec::new();
    for features in patterns(&options.features, None, OnMissing::Refuse)? {
        let matrix = features.matrix().map_err(|problem| unread(&problem))?;
        let similarity = similarity(matrix, options.similarity)
            .map_err(|problem| Failure::wrong_input(format!("{}: {problem}", features.input)))?;
        let name = Location::parse(&features.input).short();
        predictors.push(Predictor { name, input: features.input, things: features.stimuli.texts(), similarity });
    }
    for text in &options.rdm {
        let stack = RdmStack::read(&Location::parse(text), MissingPairs::Refuse).map_err(|problem| unread(&problem))?;
        let squares = (0..stack.n_matrices()).filter_map(|matrix| stack.square(matrix));
        predictors.extend(squares.zip(&stack.names).map(|(square, name)| Predictor {
            name: name.clone(),
            input: text.clone(),
            things: stack.stimuli.texts(),
            similarity: -square,
        }));
    }
    Ok(predictors)
}

fn similarity(features: ArrayView2<'_, f64>, how: Similarity) -> Result<Array2<f64>, homolog_stats::StatsError> {
    let measure = match how {
        Similarity::DotProduct => return Ok(features.dot(&features.t())),
        Similarity::Cosine => RdmMeasure::CosineDistance,
        Similarity::Pearson => RdmMeasure::PearsonDistance,
    };
    Ok(matrix_from_pairs(rdm_from_features(features, measure)?.view())?.mapv(|distance| 1.0 - distance))
}

/// The row of each thing, once every thing of the choices has one.
fn positions<'a>(predictor: &'a Predictor, choices: &[Named]) -> Result<BTreeMap<&'a str, usize>, Failure> {
    let positions: BTreeMap<&str, usize> =
        predictor.things.iter().enumerate().map(|(row, thing)| (thing.as_str(), row)).collect();
    let mut unknown: Vec<&str> =
        choices.iter().flatten().map(String::as_str).filter(|thing| !positions.contains_key(thing)).collect();
    unknown.sort_unstable();
    unknown.dedup();
    match unknown.first() {
        None => Ok(positions),
        Some(first) => Err(Failure::wrong_input(format!(
            "{} of the things that were chosen among are not in \"{}\", which has {} (first: \"{first}\"). Give it their ids \
             (an array or column stimulus_id), or number its rows from 0",
            unknown.len(),
            predictor.input,
            predictor.things.len()
        ))),
    }
}

fn numbered(choices: &[Named], numbers: &BTreeMap<&str, usize>) -> Vec<OddOneOut> {
    let number = |thing: &String| numbers.get(thing.as_str()).copied().unwrap_or(usize::MAX);
    let choice =
        |[first, second, odd]: &Named| OddOneOut { first: number(first), second: number(second), odd: number(odd) };
    choices.iter().map(choice).collect()
}
