//! Scores on the terminal.

use homolog::score::result::ScoreReport;

use crate::table::{Align, Table};

/// One row a score; the best stage of each model on each benchmark is marked.
pub(crate) fn score_table(report: &ScoreReport) -> Table {
    let mut table = Table::new(&[
        ("model", Align::Left),
        ("benchmark", Align::Left),
        ("stage", Align::Left),
        ("value", Align::Right),
        ("± error", Align::Right),
        ("95% interval", Align::Right),
        ("ceiling", Align::Right),
        ("ceiled", Align::Right),
        ("", Align::Left),
    ]);
    for model in &report.models {
        for benchmark in &report.benchmarks {
            let best = report.best(&model.name, &benchmark.name).map(|score| score.depth);
            for score in report.scores_of(&model.name, &benchmark.name) {
                let interval = score.interval.map(|ends| format!("{:.3} to {:.3}", ends.lower, ends.upper));
                table.row(vec![
                    score.model.clone(),
                    score.benchmark.clone(),
                    score.layer.clone(),
                    number(score.value),
                    number(score.error),
                    interval.unwrap_or_else(|| "–".to_owned()),
                    number(score.ceiling),
                    number(score.ceiled),
                    if best == Some(score.depth) { "best".to_owned() } else { String::new() },
                ]);
            }
        }
    }
    table
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.4}"))
}
