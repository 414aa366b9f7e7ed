//! The part of the page that is about one benchmark.

use super::figure::{Band, Figure, Histogram, Horizontal, Labels, LineChart, Point, SERIES, Series, escape, number};
use super::page::ModelNames;
use super::table::{anchor, shown};
use super::{Figures, RdmPair};
use crate::score::result::{BenchmarkSummary, CeilingSummary, ModelSummary, ScoreReport};

/// Width of a figure beside the text, and on a telephone.
const WIDE: f64 = 860.0;
const NARROW: f64 = 340.0;
/// Width of one dissimilarity matrix.
const RDM_WIDTH: f64 = 300.0;

/// Everything about one benchmark.
pub(super) fn section(
    report: &ScoreReport,
    benchmark: &BenchmarkSummary,
    figures: &Figures,
    names: &ModelNames,
) -> String {
    let badge = if benchmark.simulated { " <span class=\"badge\">Simulated data</span>" } else { "" };
    let mut html = format!(
        "<section id=\"{}\"><h2>{} <span class=\"quiet\">{}</span>{badge}</h2><p class=\"quiet\">{}</p>",
        anchor(&benchmark.name),
        escape(&benchmark.region),
        escape(&benchmark.name),
        escape(&benchmark.title),
    );
    html.push_str(&depth_figure(report, benchmark, names));
    html.push_str(&rdm_figure(benchmark, figures, names));
    html.push_str(&unit_figure(report, benchmark, names));
    html.push_str(&facts(benchmark));
    html.push_str("</section>");
    html
}

fn depth_figure(report: &ScoreReport, benchmark: &BenchmarkSummary, names: &ModelNames) -> String {
    let models: Vec<&ModelSummary> = report
        .models
        .iter()
        .filter(|model| report.scores_of(&model.name, &benchmark.name).iter().any(|score| score.value.is_some()))
        .collect();
    let Some(first) = models.first() else {
        return String::new();
    };
    let one_axis = models.iter().all(|model| model.layers == first.layers);
    let horizontal = if one_axis {
        Horizontal { title: "stage, from input to output".to_owned(), labels: Labels::Names(first.layers.clone()) }
    } else {
        let ends = Labels::Share { low: "input".to_owned(), high: "output".to_owned() };
        Horizontal { title: "relative depth".to_owned(), labels: ends }
    };
    let chart = LineChart {
        description: format!("{} of each stage on {}, by depth", benchmark.value_label, benchmark.name),
        vertical: benchmark.value_label.clone(),
        horizontal,
        series: models
            .iter()
            .map(|model| Series {
                name: names.short(&model.name).to_owned(),
                ..series(report, benchmark, model, one_axis)
            })
            .collect(),
        band: band(&benchmark.ceiling),
    };
    let caption = format!(
        "Score against depth. Filled: the best stage{}. Bars: \u{b1} one standard error. {}",
        if models.len() > 1 { " of each model" } else { "" },
        band_caption(&benchmark.ceiling)
    );
    in_both_widths(&|width| chart.figure(width), &caption)
}

fn series(report: &ScoreReport, benchmark: &BenchmarkSummary, model: &ModelSummary, one_axis: bool) -> Series {
    let last = model.layers.len().saturating_sub(1).max(1) as f64;
    let points = report
        .scores_of(&model.name, &benchmark.name)
        .into_iter()
        .map(|score| {
            let listed = model.layers.iter().position(|layer| *layer == score.layer);
            let position = listed.unwrap_or(score.depth) as f64;
            Point {
                position: if one_axis { position } else { position / last },
                value: score.value,
                error: score.error,
                name: format!("{} {}", model.name, score.layer),
            }
        })
        .collect();
    Series { name: model.name.clone(), points }
}

/// The values at which a score's ceiled form is 1: the ceiling, or its root where the formula squares the value.
fn band(ceiling: &CeilingSummary) -> Option<Band> {
    let reached = |bound: f64| {
        if squares(ceiling) { bound.max(0.0).sqrt() } else { bound }
    };
    let (low, high) = match (ceiling.lower, ceiling.upper, ceiling.value) {
        (Some(lower), Some(upper), _) => (lower, upper),
        (_, _, Some(value)) => {
            let error = ceiling.error.filter(|error| error.is_finite()).unwrap_or(0.0);
            (value - error, value + error)
        }
        _ => return None,
    };
    let band = Band { name: "noise ceiling".to_owned(), low: reached(low), high: reached(high) };
    (band.low.is_finite() && band.high.is_finite()).then_some(band)
}

fn squares(ceiling: &CeilingSummary) -> bool {
    ceiling.formula.as_deref() == Some("brain-score-2026")
}

fn band_caption(ceiling: &CeilingSummary) -> String {
    if let Some(reason) = &ceiling.reason {
        return format!("No ceiling: {}.", escape(reason.trim_end_matches('.')));
    }
    let mut caption = match (ceiling.lower, ceiling.upper) {
        (Some(_), Some(_)) => "Shaded: the noise ceiling from its lower to its upper bound".to_owned(),
        _ => "Shaded: the noise ceiling \u{b1} one standard error".to_owned(),
    };
    if squares(ceiling) {
        caption.push_str(", drawn at its square root, where the ceiled score (value\u{b2} / ceiling) is 1");
    }
    caption.push('.');
    caption
}

/// The brain's matrix once, and beside it that of each model.
fn rdm_figure(benchmark: &BenchmarkSummary, figures: &Figures, names: &ModelNames) -> String {
    let pairs: Vec<&RdmPair> = figures.rdms.iter().filter(|pair| pair.benchmark() == benchmark.name).collect();
    let brain = pairs.first().map(|pair| pair.brain_figure(&benchmark.region, RDM_WIDTH));
    let networks = pairs.iter().map(|pair| pair.network_figure(names.short(pair.model()), RDM_WIDTH));
    let matrices: String = brain.into_iter().chain(networks).map(|figure| figure.inline()).collect();
    if matrices.is_empty() {
        return matrices;
    }
    format!(
        "<figure><div class=\"row\">{matrices}</div><figcaption>Dissimilarity of every pair of the {} stimuli, as \
         percentiles of each matrix, in the same order.</figcaption></figure>",
        benchmark.n_stimuli
    )
}

fn unit_figure(report: &ScoreReport, benchmark: &BenchmarkSummary, names: &ModelNames) -> String {
    let best: Vec<_> = report
        .models
        .iter()
        .enumerate()
        .filter_map(|(position, model)| Some((position, report.best(&model.name, &benchmark.name)?)))
        .filter(|(_, best)| best.per_unit.len() > 1)
        .collect();
    let finite =
        best.iter().flat_map(|(_, best)| &best.per_unit).filter_map(|value| value.filter(|value| value.is_finite()));
    let range = finite.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let mut html = String::new();
    for (position, best) in &best {
        let histogram = Histogram {
            description: format!("{} of each unit, {} of {}", benchmark.value_label, best.layer, best.model),
            title: format!("{} {}", names.short(&best.model), best.layer),
            horizontal: benchmark.value_label.clone(),
            values: best.per_unit.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
            range,
            colour: position % SERIES,
            counted: "units".to_owned(),
        };
        html.push_str(&histogram.figure(NARROW).inline());
    }
    if html.is_empty() {
        return html;
    }
    format!(
        "<figure><div class=\"row\">{html}</div><figcaption>Each recorded unit by itself, at the best stage; the line is \
         the median.</figcaption></figure>"
    )
}

/// A figure beside the text, and again for a telephone; the caption is HTML.
pub(super) fn in_both_widths(draw: &dyn Fn(f64) -> Figure, caption: &str) -> String {
    format!(
        "<figure><div class=\"wide\">{}</div><div class=\"narrow\">{}</div><figcaption>{caption}</figcaption></figure>",
        draw(WIDE).inline(),
        draw(NARROW).inline()
    )
}

fn facts(benchmark: &BenchmarkSummary) -> String {
    let mut facts = vec![
        ("Metric", escape(&benchmark.metric)),
        ("Ceiling", ceiling_text(&benchmark.ceiling)),
        ("Recorded from", escape(&benchmark.species)),
        ("Stimuli", benchmark.n_stimuli.to_string()),
    ];
    facts.extend(benchmark.n_units.map(|n_units| ("Units", n_units.to_string())));
    facts.extend(benchmark.n_subjects.map(|n_subjects| ("Subjects", n_subjects.to_string())));
    facts.push(("Version", benchmark.version.to_string()));
    facts.push(("Licence", escape(&benchmark.licence)));
    facts.push(("Cite", citation(benchmark)));
    let facts: String = facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>")).collect();
    let notes: String = benchmark.notes.iter().map(|note| format!("<li>{}</li>", escape(note))).collect();
    let notes = if notes.is_empty() { notes } else { format!("<ul class=\"notes\">{notes}</ul>") };
    format!("{notes}<dl>{facts}</dl>")
}

/// The citation with a link where it has an identifier.
pub(super) fn citation(benchmark: &BenchmarkSummary) -> String {
    match &benchmark.doi {
        Some(doi) => format!(
            "{}. <a href=\"https://doi.org/{}\">doi:{}</a>",
            escape(benchmark.citation.trim_end_matches('.')),
            escape(doi),
            escape(doi)
        ),
        None => escape(&benchmark.citation),
    }
}

fn ceiling_text(ceiling: &CeilingSummary) -> String {
    let mut text = escape(&ceiling.kind);
    if ceiling.value.is_some() {
        text.push_str(&format!(", {}", shown(ceiling.value)));
    }
    if let Some(error) = ceiling.error {
        text.push_str(&format!(" \u{b1} {}", number(error, 3)));
    }
    if let (Some(lower), Some(upper)) = (ceiling.lower, ceiling.upper) {
        text.push_str(&format!(" (lower {}, upper {})", number(lower, 3), number(upper, 3)));
    }
    if let Some(formula) = &ceiling.formula {
        text.push_str(&format!("; ceiled by <code>{}</code>", escape(formula)));
    }
    text
}
