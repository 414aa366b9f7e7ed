//! Figures of patterns of two-way choices: the pattern of each observer, and one observer against another.

use homolog::report::figure::{
    Band, Bar, BarChart, ColourMap, LabelledMatrix, PairMarks, SERIES, ScatterPlot, ScatterPoint,
};
use homolog_stats::behaviour::{ConfusionRates, DiscriminationPattern, discrimination_pattern};
use ndarray::Array2;

use super::Observer;
use super::discrimination::Choices;
use crate::showing::Drawing;

/// d′ is held to this size, so colours end there.
const LARGEST_D_PRIME: f64 = 5.0;
/// Observers beyond which a matrix is clearer than a bar for each pair.
const MOST_WITH_BARS: usize = 4;
/// Observers whose matrix is drawn, each by the name of its file.
const MATRICES: [&str; 4] = ["first-matrix", "second-matrix", "third-matrix", "fourth-matrix"];

/// The consistency of each pair of observers and of each observer's halves, which stand on the diagonal of `values`: bars, or a matrix of many.
pub(super) fn consistencies(observers: &[Observer], values: &Array2<f64>, pattern: DiscriminationPattern) -> Drawing {
    let description = format!("Consistency of {} patterns", pattern.name());
    let value = format!("consistency of {} (Pearson\u{2019}s r)", pattern.name());
    if observers.len() > MOST_WITH_BARS {
        let names: Vec<String> = observers.iter().map(|observer| observer.name.clone()).collect();
        let least = values.iter().fold(0.0_f64, |least, value| least.min(*value));
        let matrix = LabelledMatrix {
            description,
            rows: String::new(),
            columns: String::new(),
            row_names: names.clone(),
            column_names: names,
            values: values.clone(),
            range: (least, 1.0),
            map: ColourMap::Viridis,
            value,
            decimals: 2,
        };
        let caption = "Correlation of the patterns of each pair of observers; on the diagonal that of two random halves of an observer\u{2019}s choices."
            .to_owned();
        return Drawing { name: "consistency", caption, draw: Box::new(move |width| matrix.figure(width)) };
    }
    let name = |at: usize| observers[at].name.as_str();
    let bar = |name: String, value: f64, colour| Bar {
        name,
        value: Some(value).filter(|value| value.is_finite()),
        interval: None,
        subjects: Vec::new(),
        colour,
    };
    let pairs = (0..observers.len()).flat_map(|first| (first + 1..observers.len()).map(move |second| (first, second)));
    let mut bars: Vec<Bar> =
        pairs.map(|pair| bar(format!("{} \u{2013} {}", name(pair.0), name(pair.1)), values[pair], 0)).collect();
    bars.extend((0..observers.len()).map(|at| bar(format!("{}, halves", name(at)), values[[at, at]], 1)));
    let of_first = (0..observers.len()).filter(|at| observers[*at].file == 0).map(|at| values[[at, at]]);
    let (low, high) = of_first
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let chart = BarChart {
        description,
        vertical: value,
        bars,
        ceiling: (low <= high).then(|| Band { name: "half against half".to_owned(), low, high }),
        different: Vec::new(),
        pair_marks: PairMarks::Automatic,
        mark_rows: Vec::new(),
    };
    Drawing {
        name: "consistency",
        caption: "Correlation of the patterns of each pair of observers (blue), and of two random halves of the choices of each (orange); the \
                  band is that of the observers of the first file, not corrected for its length."
            .to_owned(),
        draw: Box::new(move |width| chart.figure(width)),
    }
}

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
