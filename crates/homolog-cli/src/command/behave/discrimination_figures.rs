//! Figures of patterns of two-way choices: the pattern of each observer, and one observer against another.

use homolog::report::figure::{ColourMap, LabelledMatrix, SERIES, ScatterPlot, ScatterPoint};
use homolog_stats::behaviour::{ConfusionRates, DiscriminationPattern, discrimination_pattern};
use ndarray::Array2;

use super::Observer;
use super::discrimination::Choices;
use crate::showing::Drawing;

/// d′ is held to this size, so colours end there.
const LARGEST_D_PRIME: f64 = 5.0;
/// Observers whose matrix is drawn, each by the name of its file.
const MATRICES: [&str; 4] = ["first-matrix", "second-matrix", "third-matrix", "fourth-matrix"];

/// o2 as a matrix for each of the first observers, and any pattern of two observers value by value.
pub(super) fn patterns(
    observers: &[Observer],
    rates: &[ConfusionRates],
    choices: &Choices,
    pattern: DiscriminationPattern,
) -> Vec<Drawing> {
    let values: Vec<Array2<f64>> = rates.iter().map(|rates| discrimination_pattern(rates, pattern)).collect();
    let mut drawings = Vec::new();
    if pattern == DiscriminationPattern::O2 {
        let named = MATRICES.into_iter().zip(observers).zip(&values);
        drawings
            .extend(named.map(|((name, observer), values)| matrix(name, observer, values.clone(), &choices.objects)));
    }
    if let Some(second) = second_of(observers) {
        drawings.push(scatter([&observers[0], &observers[second]], [&values[0], &values[second]], choices, pattern));
    }
    drawings
}

/// Who the first observer is drawn against: the first of the last file, or of one file the second observer.
fn second_of(observers: &[Observer]) -> Option<usize> {
    let last_file = observers.last()?.file;
    let second = if last_file == 0 { 1 } else { observers.iter().position(|observer| observer.file == last_file)? };
    (second < observers.len()).then_some(second)
}

fn matrix(name: &'static str, observer: &Observer, values: Array2<f64>, objects: &[String]) -> Drawing {
    let matrix = LabelledMatrix {
        description: format!("How well {} tells each pair of objects apart", observer.name),
        rows: "object".to_owned(),
        columns: "other object".to_owned(),
        row_names: objects.to_vec(),
        column_names: objects.to_vec(),
        values,
        range: (-LARGEST_D_PRIME, LARGEST_D_PRIME),
        map: ColourMap::BlueToOrange,
        value: "d\u{2032}".to_owned(),
        decimals: 1,
    };
    Drawing {
        name,
        caption: format!(
            "How well {} tells each object (rows) from each other one (columns): d\u{2032}, held to \u{2212}5 to 5; grey where it is undefined.",
            observer.name
        ),
        draw: Box::new(move |width| matrix.figure(width)),
    }
}

fn scatter(
    observers: [&Observer; 2],
    values: [&Array2<f64>; 2],
    choices: &Choices,
    pattern: DiscriminationPattern,
) -> Drawing {
    let Choices { objects, truths, images, .. } = choices;
    let is_of_images =
        values[0].nrows() == truths.len() && !matches!(pattern, DiscriminationPattern::O1 | DiscriminationPattern::O2);
    let object = |number: usize| objects.get(number).map_or("", String::as_str);
    let point = |((row, column), across): ((usize, usize), &f64)| {
        let (item, kind) = if is_of_images { (images[row].as_str(), truths[row]) } else { (object(row), row) };
        let has_others = values[0].ncols() > 1;
        let name = if has_others { format!("{item} or {}", object(column)) } else { item.to_owned() };
        ScatterPoint {
            name,
            across: *across,
            up: values[1][[row, column]],
            kind: if objects.len() > SERIES { 0 } else { kind },
        }
    };
    let less_mean = matches!(pattern, DiscriminationPattern::I1Normalized | DiscriminationPattern::I2Normalized);
    let what = if less_mean { "d\u{2032} less the object\u{2019}s mean" } else { "d\u{2032}" };
    let plot = ScatterPlot {
        description: format!("{} of {} and {}", pattern.name(), observers[0].name, observers[1].name),
        vertical: format!("{what}, {}", observers[1].name),
        horizontal: format!("{what}, {}", observers[0].name),
        points: values[0].indexed_iter().map(point).collect(),
        kinds: if objects.len() > SERIES { Vec::new() } else { objects.clone() },
    };
    let items = match pattern {
        DiscriminationPattern::I1 | DiscriminationPattern::I1Normalized => "image",
        DiscriminationPattern::I2 | DiscriminationPattern::I2Normalized => "image and distractor",
        DiscriminationPattern::O1 => "object",
        DiscriminationPattern::O2 => "pair of objects",
    };
    Drawing {
        name: "scatter",
        caption: format!(
            "{} of {} against {}: a point for each {items}; the broken line is where both are equal.",
            pattern.name(),
            observers[1].name,
            observers[0].name
        ),
        draw: Box::new(move |width| plot.figure(width)),
    }
}
