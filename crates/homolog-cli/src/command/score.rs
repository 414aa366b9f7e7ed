//! `homolog score`: networks against recordings.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use homolog::benchmark::fetch::Sources;
use homolog::benchmark::{BenchmarkSpec, benchmark, built_in_names};
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::{OnMissing, StimulusJoin};
use homolog::report::{self, Figures, RdmPair};
use homolog::score::result::{Failure as ScoreFailure, ModelSummary, ScoreReport};
use homolog::score::{BenchmarkData, RunContext, ScoreError, Scored, ScoredModel, rdms_to_show, score_network};
use homolog::store::Store;

use crate::cancel::cancel_on_interrupt;
use crate::exit::{Failure, chain};
use crate::model::Model;
use crate::progress::Bars;
use crate::run_options::{MissingChoice, RunOptions, StimuliChoice, folders};
use crate::score_table::score_table;
use crate::table::print;

/// Score networks against recordings of the brain and against behaviour
///
/// Every stage gets a value, its error, the noise ceiling and the ceiled value. The folder given with --out holds report.html, scores.json and
/// the pieces of the run: the same command goes on where a stopped one was.
#[derive(Args)]
pub(crate) struct Score {
    /// Zoo names (squeezenet1_1), with weights (squeezenet1_1@weights.pth), ONNX files, or random:NAME?seed=1
    #[arg(required = true, value_name = "MODEL")]
    models: Vec<String>,
    /// A built-in benchmark, a pattern over their names (`cowley2023-V4-*`), or a folder with a benchmark.toml; may be repeated
    #[arg(long = "benchmark", short, required = true, value_name = "NAME|PATH")]
    benchmarks: Vec<String>,
    /// `blocks`, `all`, or names and patterns with commas between
    #[arg(long, value_name = "NAMES", default_value = "blocks")]
    layers: String,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// Where the report and the pieces of the run go
    #[arg(long, value_name = "FOLDER", default_value = "homolog-scores")]
    out: PathBuf,
    /// Where a benchmark's files are that cannot be fetched; may be repeated
    #[arg(long, value_name = "NAME=FOLDER")]
    data: Vec<String>,
    /// What to do with stimuli that only the recording or only the set of stimuli has
    #[arg(long, value_enum, default_value_t)]
    stimuli: StimuliChoice,
    /// What to do with missing responses and with units that never change
    #[arg(long, value_enum, default_value_t)]
    on_nan: MissingChoice,
    /// End with code 1 unless every model reaches this value at its best stage on every benchmark
    #[arg(long, value_name = "VALUE")]
    minimum: Option<f64>,
    /// Seed of the bootstraps
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

impl Score {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let specs = self.specs()?;
        let resources = self.run.resources();
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let engine = self.run.engine(&progress)?;
        let run = RunContext {
            engine: engine.as_ref(),
            store: &store,
            resources,
            seed: self.seed,
            on_missing: OnMissing::from(self.on_nan),
            progress: &progress,
            cancel: &cancel,
        };
        let mut report = ScoreReport::new(command_line());
        let mut figures = Figures::default();
        let benchmarks = self.benchmark_data(specs, &run)?;
        for text in &self.models {
            match Model::load(text, &progress, &cancel)
                .and_then(|model| model.scored(&self.layers, self.preprocessing.as_deref()))
            {
                Ok(model) => score_model(&model, &benchmarks, &run, &mut report, &mut figures)?,
                Err(problem) => {
                    progress.warn(problem.message());
                    report.failures.push(ScoreFailure {
                        model: text.clone(),
                        benchmark: None,
                        message: problem.message().to_owned(),
                    });
                }
            }
        }
        self.finish(&report, &figures)
    }

    /// The benchmarks that are asked for, each once, in the order asked for.
    fn specs(&self) -> Result<Vec<BenchmarkSpec>, Failure> {
        let mut specs: Vec<BenchmarkSpec> = Vec::new();
        for asked in &self.benchmarks {
            let by_pattern: Vec<&str> =
                built_in_names().filter(|name| *name != asked && fast_glob::glob_match(asked, *name)).collect();
            let names = if by_pattern.is_empty() { vec![asked.as_str()] } else { by_pattern };
            for name in names {
                let spec = benchmark(name).map_err(|problem| Failure::from_input(&problem))?;
                if specs.iter().all(|known| known.name != spec.name) {
                    specs.push(spec);
                }
            }
        }
        Ok(specs)
    }

    /// Reads every benchmark before any network runs, so that what is missing is said before hours are spent.
    fn benchmark_data(&self, specs: Vec<BenchmarkSpec>, run: &RunContext<'_>) -> Result<Vec<BenchmarkData>, Failure> {
        let mut sources = Sources::from_environment().map_err(|problem| Failure::from_error(&problem))?;
        sources.given = folders(&self.data)?;
        specs
            .into_iter()
            .map(|spec| {
                BenchmarkData::load(spec, &sources, StimulusJoin::from(self.stimuli), run.progress, run.cancel)
                    .map_err(|problem| unscored(&problem))
            })
            .collect()
    }

    /// Writes the report and prints the scores.
    fn finish(&self, report: &ScoreReport, figures: &Figures) -> Result<(), Failure> {
        let page = self.out.join("report.html");
        report::write(&page, report, figures).map_err(|problem| Failure::from_error(&problem))?;
        report::write_json(&self.out.join("scores.json"), report).map_err(|problem| Failure::from_error(&problem))?;
        let printed = if self.json {
            serde_json::to_string_pretty(report)
                .map_err(std::io::Error::from)
                .and_then(|json| print(|out| writeln!(out, "{json}")))
        } else {
            let table = score_table(report);
            print(|out| {
                table.write(out)?;
                writeln!(out, "\nreport: {}", page.display())
            })
        };
        printed.map_err(|problem| Failure::outside(format!("cannot print: {problem}")))?;
        if report.scores.is_empty() {
            return Err(Failure::wrong_input("nothing was scored; the reasons stand above and in scores.json"));
        }
        self.check_minimum(report)
    }

    fn check_minimum(&self, report: &ScoreReport) -> Result<(), Failure> {
        let Some(minimum) = self.minimum else { return Ok(()) };
        for model in &report.models {
            for benchmark in &report.benchmarks {
                let best = report.best(&model.name, &benchmark.name).and_then(|score| score.value);
                if best.is_none_or(|value| value < minimum) {
                    let found = best.map_or_else(|| "no value".to_owned(), |value| format!("{value:.4}"));
                    return Err(Failure::threshold(format!(
                        "{} reaches {found} on {}, and --minimum asks for {minimum}",
                        model.name, benchmark.name
                    )));
                }
            }
        }
        Ok(())
    }
}

/// What a run that did not end in scores tells.
pub(crate) fn unscored(problem: &ScoreError) -> Failure {
    let is_stop = matches!(problem, ScoreError::Cancelled)
        || matches!(problem, ScoreError::Record(homolog::recording::record::RecordError::Cancelled));
    if is_stop {
        return Failure::interrupted("The same command goes on where this one was");
    }
    Failure::from_error(problem)
}

/// Scores one model on every benchmark; what fails on one does not lose the others.
pub(crate) fn score_model(
    model: &ScoredModel,
    benchmarks: &[BenchmarkData],
    run: &RunContext<'_>,
    report: &mut ScoreReport,
    figures: &mut Figures,
) -> Result<(), Failure> {
    report.models.push(ModelSummary {
        name: model.name.clone(),
        architecture: model.network.graph().name.clone(),
        layers: model.stages.iter().map(|stage| stage.name.clone()).collect(),
    });
    for data in benchmarks {
        match score_network(model, data, run) {
            Ok(measures) => {
                for scored in measures {
                    add(scored, model, data, run, report, figures);
                }
            }
            Err(problem @ (ScoreError::Cancelled | ScoreError::Store(_))) => return Err(unscored(&problem)),
            Err(problem) if run.cancel.is_cancelled() => return Err(unscored(&problem)),
            Err(problem) => {
                let message = chain(&problem);
                run.progress.warn(&format!("{} on {}: {message}", model.name, data.spec.name));
                report.failures.push(ScoreFailure {
                    model: model.name.clone(),
                    benchmark: Some(data.spec.name.clone()),
                    message,
                });
            }
        }
    }
    Ok(())
}

/// Adds the scores of one model on one benchmark to the report.
fn add(
    scored: Scored,
    model: &ScoredModel,
    data: &BenchmarkData,
    run: &RunContext<'_>,
    report: &mut ScoreReport,
    figures: &mut Figures,
) {
    for failure in &scored.failures {
        run.progress.warn(&format!("{} on {}: {}", failure.model, data.spec.name, failure.message));
    }
    figures.rdms.extend(rdm_pair(model, data, &scored));
    if report.benchmarks.iter().all(|known| known.name != scored.benchmark.name) {
        report.benchmarks.push(scored.benchmark);
    }
    report.scores.extend(scored.scores);
    report.failures.extend(scored.failures);
}

/// The RDM of the best stage beside the brain's, where the benchmark is one of RSA.
fn rdm_pair(model: &ScoredModel, data: &BenchmarkData, scored: &Scored) -> Option<RdmPair> {
    let best =
        scored.scores.iter().max_by(|a, b| a.value.partial_cmp(&b.value).unwrap_or(std::cmp::Ordering::Equal))?;
    let (brain, stage) = rdms_to_show(data, scored.grams.get(best.depth)?)?;
    RdmPair::new(&data.spec.name, data.stimuli.len(), &brain, (&model.name, &best.layer, &stage)).ok()
}

/// The command as the user gave it.
fn command_line() -> String {
    std::env::args().collect::<Vec<_>>().join(" ")
}
