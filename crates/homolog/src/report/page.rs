//! The page as a whole.

use std::collections::BTreeMap;

use super::Figures;
use super::benchmark_section::{citation, section};
use super::figure::{escape, short_model_names, style_sheet};
use super::style::{PAGE, SORT};
use super::table::{all_scores, best_stages};
use crate::score::result::{Provenance, Score, ScoreReport};

/// The report as one HTML document that needs nothing beside it.
pub fn page(report: &ScoreReport, figures: &Figures) -> String {
    let names = ModelNames::of(report);
    let sections: String =
        report.benchmarks.iter().map(|benchmark| section(report, benchmark, figures, &names)).collect();
    let body = format!(
        "{header}\n{failures}\n{best}\n{sections}\n{all}\n{provenance}\n{cite}\n",
        header = header(report, &names),
        failures = failures(report),
        best = best(report, &names),
        all = every_score(report, &names),
        provenance = provenance(report),
        cite = cite(report),
    );
    document(&title(report, &names), &format!("{} {}", report.program.name, report.program.version), &body)
}

/// A whole HTML document that needs nothing beside it.
pub(super) fn document(title: &str, program: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\" class=\"follows-system\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"generator\" content=\"{program}\">\
         <title>{title}</title><style>{PAGE}{figure_style}</style></head>\n<body><main>\n{body}</main>\
         <script>{SORT}</script></body></html>\n",
        program = escape(program),
        title = escape(title),
        figure_style = style_sheet(),
    )
}

/// What each model is called on the page; its whole name stands where the numbers come from.
pub(super) struct ModelNames {
    short: BTreeMap<String, String>,
}

impl ModelNames {
    fn of(report: &ScoreReport) -> ModelNames {
        let names: Vec<String> = report.models.iter().map(|model| model.name.clone()).collect();
        let short = short_model_names(&names);
        ModelNames { short: names.into_iter().zip(short).collect() }
    }

    pub(super) fn short<'a>(&'a self, name: &'a str) -> &'a str {
        self.short.get(name).map_or(name, String::as_str)
    }

    /// A cell of a table with the short name, and the whole where a pointer rests on it.
    pub(super) fn cell(&self, name: &str) -> String {
        format!("<td class=\"name\" title=\"{}\">{}</td>", escape(name), escape(self.short(name)))
    }
}

fn title(report: &ScoreReport, names: &ModelNames) -> String {
    let models: Vec<&str> = report.models.iter().map(|model| names.short(&model.name)).collect();
    match models.as_slice() {
        [] => "Scores".to_owned(),
        [model] => format!("How brain-like is {model}?"),
        [first, .., last] if models.len() == 2 => format!("{first} and {last} beside the brain"),
        _ => format!("{} models beside the brain", models.len()),
    }
}

fn header(report: &ScoreReport, names: &ModelNames) -> String {
    let any_simulated = report.benchmarks.iter().any(|benchmark| benchmark.simulated);
    let badge = if any_simulated { " <span class=\"badge\">Simulated data</span>" } else { "" };
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    format!(
        "<header><h1>{}{badge}</h1><p class=\"quiet\">{} on {}, {}. Written by {} {}.</p><pre><code>{}</code></pre></header>",
        escape(&title(report, names)),
        counted(report.models.len(), "model"),
        counted(report.benchmarks.len(), "benchmark"),
        counted(report.scores.len(), "score"),
        escape(&report.program.name),
        escape(&report.program.version),
        escape(&report.command),
    )
}

fn failures(report: &ScoreReport) -> String {
    if report.failures.is_empty() {
        return String::new();
    }
    let items: String = report
        .failures
        .iter()
        .map(|failure| {
            let on = failure.benchmark.as_ref().map_or_else(String::new, |name| format!(" on {}", escape(name)));
            format!(
                "<p class=\"failure\"><strong>{}{on}</strong><br>{}</p>",
                escape(&failure.model),
                escape(&failure.message)
            )
        })
        .collect();
    format!("<h2>Not scored</h2>{items}")
}

fn best(report: &ScoreReport, names: &ModelNames) -> String {
    format!(
        "<h2>Best stage for each region</h2>{}<p class=\"quiet\">The best stage is chosen by the very value that is shown, \
         which is therefore a little too high. \u{b1}: one standard error. Interval: bootstrap over stimuli.</p>",
        best_stages(report, names)
    )
}

fn every_score(report: &ScoreReport, names: &ModelNames) -> String {
    if report.scores.is_empty() {
        return String::new();
    }
    format!(
        "<h2>Every score</h2><p class=\"quiet\">The best stage of each model on each benchmark is marked.</p>{}",
        all_scores(report, names)
    )
}

/// What determined the numbers: once for each model on each benchmark, since its stages share it.
fn provenance(report: &ScoreReport) -> String {
    let mut html = String::from("<h2>Where the numbers come from</h2>");
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for Score { model, benchmark, provenance, .. } in &report.scores {
        if seen.contains(&(model, benchmark)) {
            continue;
        }
        seen.push((model, benchmark));
        html.push_str(&format!(
            "<details><summary>{} on {}</summary>{}</details>",
            escape(model),
            escape(benchmark),
            provenance_list(provenance)
        ));
    }
    html
}

fn provenance_list(provenance: &Provenance) -> String {
    let code = |text: &str| format!("<code>{}</code>", escape(text));
    let mut entries = vec![
        ("Program", escape(&format!("homolog {}", provenance.program_version))),
        ("Benchmark version", provenance.benchmark_version.to_string()),
        ("Engine", escape(&provenance.engine)),
        ("Weights, sha256", provenance.weights_sha256.as_deref().map_or_else(|| "no weights file".to_owned(), code)),
        ("Stimuli, sha256", code(&provenance.stimuli_sha256)),
    ];
    for (path, sha256) in &provenance.recording_sha256 {
        entries.push(("Recording, sha256", format!("{} {}", code(sha256), escape(path))));
    }
    entries.push(("Preprocessing", escape(&provenance.preprocessing)));
    entries.push(("Preprocessing, sha256", code(&provenance.preprocessing_sha256)));
    entries.push(("Recipe", code(&provenance.recipe.to_string())));
    entries.push(("Seed", provenance.seed.to_string()));
    let entries: String = entries.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>")).collect();
    format!("<dl>{entries}</dl>")
}

fn cite(report: &ScoreReport) -> String {
    let mut citations: Vec<String> = Vec::new();
    for benchmark in report.benchmarks.iter().filter(|benchmark| !benchmark.citation.is_empty()) {
        let citation = citation(benchmark);
        if !citations.contains(&citation) {
            citations.push(citation);
        }
    }
    let items: String = citations.iter().map(|citation| format!("<li>{citation}</li>")).collect();
    format!(
        "<h2>How to cite</h2><p>Cite the recordings that you used, and the program with its version, {} {}.</p>\
         <ul class=\"notes\">{items}</ul>",
        escape(&report.program.name),
        escape(&report.program.version)
    )
}
