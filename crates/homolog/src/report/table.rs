//! The tables of the page.

use super::figure::{escape, number};
use super::page::ModelNames;
use crate::score::result::{BenchmarkSummary, Score, ScoreReport};

/// What stands where a number has no value.
pub(super) const NOTHING: &str = "\u{2013}";

/// The best stage of each model on each benchmark.
pub(super) fn best_stages(report: &ScoreReport, names: &ModelNames) -> String {
    let mut rows = String::new();
    for benchmark in &report.benchmarks {
        for model in &report.models {
            if let Some(best) = report.best(&model.name, &benchmark.name) {
                rows.push_str(&best_row(benchmark, best, names));
            }
        }
    }
    if rows.is_empty() {
        return "<p>No stage has a value.</p>".to_owned();
    }
    table(
        "",
        &[
            ("Region", ""),
            ("Benchmark", ""),
            ("Model", ""),
            ("Best stage", ""),
            ("Value", "number"),
            ("Interval", "number"),
            ("Ceiling", "number"),
            ("Ceiled", "number"),
        ],
        &rows,
    )
}

fn best_row(benchmark: &BenchmarkSummary, best: &Score, names: &ModelNames) -> String {
    let simulated = if benchmark.simulated { " <span class=\"quiet\">(simulated)</span>" } else { "" };
    let meter = best.ceiled.filter(|ceiled| ceiled.is_finite()).map_or_else(String::new, |ceiled| {
        let percent = number((ceiled * 100.0).clamp(0.0, 100.0), 0);
        format!("<span class=\"meter\"><i style=\"width:{percent}%\"></i></span>")
    });
    format!(
        "<tr><td>{}{simulated}</td><td><a href=\"#{}\">{}</a></td>{}<td class=\"name\"><code>{}</code></td>{}{}{}\
         <td class=\"number\">{}{meter}</td></tr>",
        escape(&best.region),
        anchor(&benchmark.name),
        escape(&benchmark.name),
        names.cell(&best.model),
        escape(&best.layer),
        with_error(best),
        interval(best),
        number_cell(best.ceiling),
        shown(best.ceiled),
    )
}

/// Every stage of every model on every benchmark.
pub(super) fn all_scores(report: &ScoreReport, names: &ModelNames) -> String {
    let mut rows = String::new();
    for score in &report.scores {
        let is_best = report.best(&score.model, &score.benchmark).is_some_and(|best| std::ptr::eq(best, score));
        rows.push_str(&format!(
            "<tr{}><td>{}</td>{}<td class=\"name\" data-value=\"{}\"><code>{}</code></td><td>{}</td>{}{}{}{}</tr>",
            if is_best { " class=\"best\"" } else { "" },
            escape(&score.benchmark),
            names.cell(&score.model),
            score.depth,
            escape(&score.layer),
            escape(&score.metric),
            with_error(score),
            interval(score),
            number_cell(score.ceiling),
            number_cell(score.ceiled),
        ));
    }
    table(
        " class=\"sortable\"",
        &[
            ("Benchmark", ""),
            ("Model", ""),
            ("Stage", ""),
            ("Metric", ""),
            ("Value", "number"),
            ("Interval", "number"),
            ("Ceiling", "number"),
            ("Ceiled", "number"),
        ],
        &rows,
    )
}

/// A table that scrolls sideways where it is too wide; `heads` are the names of its columns with their classes, as HTML.
pub(super) fn table(attributes: &str, heads: &[(&str, &str)], rows: &str) -> String {
    let heads: String =
        heads.iter().map(|(head, class)| format!("<th scope=\"col\" class=\"{class}\">{head}</th>")).collect();
    format!(
        "<div class=\"scroll\"><table{attributes}><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )
}

fn with_error(score: &Score) -> String {
    let error = match score.error.filter(|error| error.is_finite()) {
        Some(error) => format!(" <span class=\"quiet\">\u{b1}\u{2009}{}</span>", number(error, 3)),
        None => String::new(),
    };
    format!("<td class=\"number\" data-value=\"{}\">{}{error}</td>", raw(score.value), shown(score.value))
}

fn interval(score: &Score) -> String {
    match &score.interval {
        Some(interval) => format!(
            "<td class=\"number\" data-value=\"{}\"><span class=\"quiet\">{} to {}</span></td>",
            raw(Some(interval.lower)),
            number(interval.lower, 3),
            number(interval.upper, 3)
        ),
        None => format!("<td class=\"number\" data-value=\"\">{NOTHING}</td>"),
    }
}

fn number_cell(value: Option<f64>) -> String {
    format!("<td class=\"number\" data-value=\"{}\">{}</td>", raw(value), shown(value))
}

/// Three decimals, or a dash.
pub(super) fn shown(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(|| NOTHING.to_owned(), |value| number(value, 3))
}

/// The number as a script reads it, or nothing.
pub(super) fn raw(value: Option<f64>) -> String {
    value.filter(|value| value.is_finite()).map_or_else(String::new, |value| value.to_string())
}

/// The name of a benchmark's place on the page.
pub(super) fn anchor(benchmark: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' }
    };
    benchmark.chars().map(plain).collect()
}
