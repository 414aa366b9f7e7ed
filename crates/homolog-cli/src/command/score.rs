//! `homolog score`: networks against recordings.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;
use homolog::benchmark::fetch::Sources;
use homolog::benchmark::{BenchmarkSpec, benchmark, built_in_names};
use homolog::naming::listed;
use homolog::recording::record::RecordPlan;
use homolog::recording::{OnMissing, StimulusJoin};
use homolog::score::result::ScoreReport;
use homolog::score::{BenchmarkData, ScoredModel, stages_to_record};
use homolog::store::Store;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::model::Model;
use crate::plan_table::{Destination, TimedPlan};
use crate::recorder::Recorder;
use crate::run_options::{MissingChoice, RunOptions, StimuliChoice, folders};
use crate::running::Running;
use crate::score_results::{ScoreResults, unscored};
use crate::score_table::score_table;
use crate::sound_stimuli::{OnBad, sound_stimuli};
use crate::table::printed;

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
    #[arg(long, value_name = "VALUE", value_parser = finite, allow_negative_numbers = true)]
    minimum: Option<f64>,
    /// Only say what recording would take: bytes and time for each stage
    #[arg(long)]
    plan: bool,
    /// Leave out stimuli that cannot be decoded, and list them in the report
    #[arg(long)]
    skip_bad: bool,
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
        let specs = self.specs()?;
        let running = Running::begin(&self.run)?;
        if self.plan {
            let benchmarks = self.benchmark_data(specs, &running)?;
            return self.print_plans(&benchmarks, &running);
        }
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let benchmarks = self.benchmark_data(specs, &running)?;
        let run = running.scoring(&store, self.seed, OnMissing::from(self.on_nan));
        let mut results = ScoreResults::new(command_line());
        for text in &self.models {
            match self.model(text, &running) {
                Ok(model) => results.score_model(&model, &benchmarks, &run)?,
                Err(_) if running.cancel.is_cancelled() => return Err(Failure::interrupted()),
                Err(problem) => results.fail(text, None, problem, &run),
            }
        }
        let page = results.write(&self.out)?;
        if self.json {
            results.print_json()?;
        } else {
            printed(|out| {
                score_table(&results.report).write(out)?;
                writeln!(out, "\nreport: {}", page.display())
            })?;
        }
        results.check_complete()?;
        self.check_minimum(&results.report)
    }

    fn model(&self, text: &str, running: &Running) -> Result<ScoredModel, Failure> {
        let model = Model::load(text, &running.burn, &running.progress, &running.cancel)?;
        model.scored(&self.layers, self.preprocessing.as_deref())
    }

    /// The benchmarks that are asked for, each once, in the order asked for.
    fn specs(&self) -> Result<Vec<BenchmarkSpec>, Failure> {
        let mut specs: Vec<BenchmarkSpec> = Vec::new();
        for asked in &self.benchmarks {
            let by_pattern: Vec<&str> =
                built_in_names().filter(|name| *name != asked && fast_glob::glob_match(asked, *name)).collect();
            let names = if by_pattern.is_empty() { vec![asked.as_str()] } else { by_pattern };
            for name in names {
                let spec = benchmark(name).map_err(|problem| Failure::from_error(&problem))?;
                if specs.iter().all(|known| known.name != spec.name) {
                    specs.push(spec);
                }
            }
        }
        Ok(specs)
    }

    /// Reads every benchmark before any network runs, so that what is missing is said before hours are spent.
    fn benchmark_data(&self, specs: Vec<BenchmarkSpec>, running: &Running) -> Result<Vec<BenchmarkData>, Failure> {
        let mut sources = Sources::from_environment().map_err(|problem| Failure::from_error(&problem))?;
        sources.given = folders(&self.data)?;
        let join = StimulusJoin::from(self.stimuli);
        let on_missing = OnMissing::from(self.on_nan);
        let on_bad = OnBad::from_flag(self.skip_bad);
        let mut benchmarks = Vec::with_capacity(specs.len());
        for spec in specs {
            let mut data = BenchmarkData::load(spec, &sources, join, &running.progress, &running.cancel)
                .and_then(|data| data.without_missing(on_missing))
                .map_err(|problem| unscored(&problem))?;
            let (sound, skipped) = sound_stimuli(data.stimuli, on_bad, &running.progress)?;
            data.stimuli = sound;
            if !skipped.is_empty() {
                let names = listed(skipped.iter().map(String::as_str), skipped.len());
                data.spec.notes.push(format!("left out because they cannot be decoded: stimuli {names}"));
            }
            benchmarks.push(data);
        }
        Ok(benchmarks)
    }

    /// What recording each model on each benchmark would take; nothing is kept.
    fn print_plans(&self, benchmarks: &[BenchmarkData], running: &Running) -> Result<(), Failure> {
        let mut plans = Vec::new();
        for text in &self.models {
            let model = self.model(text, running)?;
            for data in benchmarks {
                let timed = timed_plan(&model, data, running)?;
                if self.json {
                    plans.push(with_names(timed.json(), &model.name, &data.spec.name));
                } else {
                    printed(|out| {
                        writeln!(out, "{} on {}", model.name, data.spec.name)?;
                        timed.write(out)?;
                        writeln!(out)
                    })?;
                }
            }
        }
        if !self.json {
            return Ok(());
        }
        let object = json!({ "schema": "homolog.score-plan/1", "plans": plans });
        printed(|out| writeln!(out, "{object:#}"))
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

/// A number that a value can reach or not.
fn finite(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| "a finite number is needed".to_owned())
}

/// What recording one model on one benchmark would take, timed on one batch.
fn timed_plan(model: &ScoredModel, data: &BenchmarkData, running: &Running) -> Result<TimedPlan, Failure> {
    let stages = stages_to_record(model, &data.spec).map_err(|problem| unscored(&problem))?;
    let plan = RecordPlan::new(&model.network, &stages, data.stimuli.len(), running.resources)
        .map_err(|problem| Failure::from_error(&problem))?;
    let recorder = Recorder {
        network: &model.network,
        stages: &stages,
        set: &data.stimuli,
        preprocessing: &model.preprocessing,
        plan: &plan,
        engine: running.engine.as_ref(),
        n_threads: running.resources.n_threads,
    };
    let seconds = recorder.estimated_seconds()?;
    Ok(TimedPlan { plan, seconds, destination: Destination::Passing })
}

fn with_names(mut plan: Value, model: &str, benchmark: &str) -> Value {
    plan["model"] = json!(model);
    plan["benchmark"] = json!(benchmark);
    plan
}

/// The command as the user gave it, but for where the results went: a run gives the same bytes in whatever folder.
fn command_line() -> String {
    let mut words = vec!["homolog".to_owned()];
    let mut arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--out" => drop(arguments.next()),
            inline if inline.starts_with("--out=") => {}
            _ => words.push(argument),
        }
    }
    words.join(" ")
}
