//! Scores as they come in, what could not be scored, and how both leave: report, JSON, table.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use homolog::report::{self, Figures, RdmPair};
use homolog::score::result::{Failure as ScoreFailure, ModelSummary, ScoreReport};
use homolog::score::{BenchmarkData, RunContext, ScoreError, Scored, ScoredModel, rdms_to_show, score_network};

use crate::exit::Failure;
use crate::table::printed;

/// What a run has found so far.
pub(crate) struct ScoreResults {
    pub(crate) report: ScoreReport,
    figures: Figures,
    /// Of each model, or model on a benchmark, that has no score.
    failed: Vec<Failure>,
}

impl ScoreResults {
    /// Nothing yet; `command` says what was run.
    pub(crate) fn new(command: impl Into<String>) -> Self {
        Self { report: ScoreReport::new(command), figures: Figures::default(), failed: Vec::new() }
    }

    /// Notes that a model, or a model on a benchmark, could not be scored; the others are.
    pub(crate) fn fail(&mut self, model: &str, benchmark: Option<&str>, problem: Failure, run: &RunContext<'_>) {
        let place = benchmark.map_or_else(|| model.to_owned(), |benchmark| format!("{model} on {benchmark}"));
        run.progress.warn(&format!("{place}: {}", problem.message()));
        self.report.failures.push(ScoreFailure {
            model: model.to_owned(),
            benchmark: benchmark.map(str::to_owned),
            message: problem.message().to_owned(),
        });
        self.failed.push(problem);
    }

    /// Scores one model on every benchmark; what fails on one does not lose the others, unless it is the disk.
    pub(crate) fn score_model(
        &mut self,
        model: &ScoredModel,
        benchmarks: &[BenchmarkData],
        run: &RunContext<'_>,
    ) -> Result<(), Failure> {
        self.report.models.push(ModelSummary {
            name: model.name.clone(),
            architecture: model.network.graph().name.clone(),
            layers: model.stages.iter().map(|stage| stage.name.clone()).collect(),
        });
        for data in benchmarks {
            match score_network(model, data, run) {
                Ok(measures) => {
                    for scored in measures {
                        self.figures.rdms.extend(rdm_pair(model, data, &scored));
                        self.add(scored, run);
                    }
                }
                Err(problem) => {
                    let failure = unscored(&problem);
                    if failure.is_outside() || run.cancel.is_cancelled() {
                        return Err(failure);
                    }
                    self.fail(&model.name, Some(&data.spec.name), failure, run);
                }
            }
        }
        Ok(())
    }

    /// Adds the scores of one model on one benchmark.
    pub(crate) fn add(&mut self, scored: Scored, run: &RunContext<'_>) {
        for failure in &scored.failures {
            run.progress.warn(&format!("{} on {}: {}", failure.model, scored.benchmark.name, failure.message));
        }
        if scored.scores.is_empty()
            && let Some(first) = scored.failures.first()
        {
            self.failed.push(Failure::wrong_input(&first.message));
        }
        if self.report.benchmarks.iter().all(|known| known.name != scored.benchmark.name) {
            self.report.benchmarks.push(scored.benchmark);
        }
        self.report.scores.extend(scored.scores);
        self.report.failures.extend(scored.failures);
    }

    /// Writes `report.html` and `scores.json` into `folder`; gives the place of the page.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let page = folder.join("report.html");
        report::write(&page, &self.report, &self.figures).map_err(|problem| Failure::from_error(&problem))?;
        let scores = folder.join("scores.json");
        report::write_json(&scores, &self.report).map_err(|problem| Failure::from_error(&problem))?;
        Ok(page)
    }

    /// Prints the scores as one JSON object.
    pub(crate) fn print_json(&self) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(&self.report)
            .map_err(|problem| Failure::outside(format!("cannot print: {problem}")))?;
        printed(|out| writeln!(out, "{json}"))
    }

    /// Nothing when all was scored; else how much was not, with the code of the first reason.
    pub(crate) fn check_complete(&self) -> Result<(), Failure> {
        let Some(first) = self.failed.first() else { return Ok(()) };
        let n = self.failed.len();
        let of_all = if self.report.scores.is_empty() {
            "nothing was scored; the reasons stand above and in scores.json".to_owned()
        } else {
            format!(
                "{n} of what was asked for could not be scored; the reasons stand above and in scores.json, beside the other scores"
            )
        };
        Err(first.in_part(of_all))
    }
}

/// What a run that did not end in scores tells.
pub(crate) fn unscored(problem: &ScoreError) -> Failure {
    let is_stop = matches!(problem, ScoreError::Cancelled)
        || matches!(problem, ScoreError::Record(homolog::recording::record::RecordError::Cancelled));
    if is_stop { Failure::interrupted() } else { Failure::from_error(problem) }
}

/// The RDM of the best stage beside the brain's, where the benchmark is one of RSA.
fn rdm_pair(model: &ScoredModel, data: &BenchmarkData, scored: &Scored) -> Option<RdmPair> {
    let best =
        scored.scores.iter().max_by(|a, b| a.value.partial_cmp(&b.value).unwrap_or(std::cmp::Ordering::Equal))?;
    let (brain, stage) = rdms_to_show(data, scored.grams.get(best.depth)?)?;
    RdmPair::new(&data.spec.name, data.stimuli.len(), &brain, (&model.name, &best.layer, &stage)).ok()
}
