//! `homolog demo`: the main job on a simulated cortex whose truth is known.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use homolog::demo::{World, WorldSettings};
use homolog::recording::OnMissing;
use homolog::score::result::{ModelSummary, ScoreReport};
use homolog::score::{BenchmarkData, RunContext, score_features};
use homolog::store::Store;

use crate::exit::Failure;
use crate::model::Model;
use crate::run_options::RunOptions;
use crate::running::Running;
use crate::score_results::{ScoreResults, unscored};
use crate::table::{Align, Table, printed};

/// The untrained network of the demo: small, and nothing has to be downloaded for it.
const UNTRAINED: &str = "random:squeezenet1_1?seed=1";

/// The main job on simulated data with known truth, offline
///
/// Stimuli made by the program, a SIMULATED visual cortex that saw them (an orientation-energy V1, a pooling V4, a category-selective IT, with
/// noise and repetitions), and models that need no weights. Each region must be matched best by the model it was built from.
#[derive(Args)]
pub(crate) struct Demo {
    /// Where the report goes
    #[arg(long, value_name = "FOLDER", default_value = "homolog-demo")]
    out: PathBuf,
    /// Seed of the simulation and of the bootstraps
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One JSON object instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

/// What was put into a region, and what was found.
struct Finding {
    region: String,
    metric: String,
    built_from: &'static str,
    best: String,
    value: f64,
    runner_up: String,
    runner_up_value: f64,
}

impl Demo {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let running = Running::begin(&self.run)?;
        let store = Store::open(&self.out).map_err(|problem| Failure::from_error(&problem))?;
        let run = running.scoring(&store, self.seed, OnMissing::Refuse);
        let world = World::simulate(&WorldSettings { seed: self.seed, ..WorldSettings::default() })
            .map_err(|problem| Failure::from_error(&problem))?;
        let benchmarks = world.benchmarks().map_err(|problem| Failure::from_error(&problem))?;
        let mut results = ScoreResults::new("homolog demo: everything here is SIMULATED");
        score_weightless(&world, &benchmarks, &run, &mut results)?;
        let untrained =
            Model::load(UNTRAINED, &running.burn, &running.progress, &running.cancel)?.scored("blocks", None)?;
        results.score_model(&untrained, &benchmarks, &run)?;
        let page = results.write(&self.out)?;
        let findings = findings(&world, &benchmarks, &results.report);
        if self.json {
            results.print_json()?
        } else {
            print_findings(&findings, &page)?
        }
        results.check_complete()?;
        let missed = findings.iter().filter(|finding| finding.best != finding.built_from).count();
        if missed > 0 {
            return Err(Failure::threshold(format!(
                "{missed} of {} findings differ from what was simulated",
                findings.len()
            )));
        }
        Ok(())
    }
}

fn print_findings(findings: &[Finding], page: &Path) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("region", Align::Left),
        ("metric", Align::Left),
        ("built from", Align::Left),
        ("best model", Align::Left),
        ("value", Align::Right),
        ("runner-up", Align::Left),
        ("value", Align::Right),
        ("truth recovered", Align::Left),
    ]);
    for finding in findings {
        table.row(vec![
            finding.region.clone(),
            finding.metric.clone(),
            finding.built_from.to_owned(),
            finding.best.clone(),
            format!("{:.3}", finding.value),
            finding.runner_up.clone(),
            format!("{:.3}", finding.runner_up_value),
            if finding.best == finding.built_from { "yes".to_owned() } else { "NO".to_owned() },
        ]);
    }
    printed(|out| {
        writeln!(out, "Simulated cortex, simulated recordings: nothing here was measured in a brain.\n")?;
        table.write(out)?;
        writeln!(out, "\nreport: {}", page.display())
    })
}

fn score_weightless(
    world: &World,
    benchmarks: &[BenchmarkData],
    run: &RunContext<'_>,
    results: &mut ScoreResults,
) -> Result<(), Failure> {
    run.progress.begin("models without weights", (world.models.len() * benchmarks.len()) as u64);
    for model in &world.models {
        results.report.models.push(ModelSummary {
            name: model.name.to_owned(),
            architecture: model.summary.to_owned(),
            layers: vec!["features".to_owned()],
        });
        for data in benchmarks {
            let scored = score_features(model.name, model.features.view(), data, run.on_missing, run.seed)
                .map_err(|problem| unscored(&problem))?;
            results.add(scored, run);
            run.progress.advance(1);
        }
    }
    run.progress.end();
    Ok(())
}

/// The best model of each region by each metric, and the one after it.
fn findings(world: &World, benchmarks: &[BenchmarkData], report: &ScoreReport) -> Vec<Finding> {
    let of_benchmark = |data: &BenchmarkData| {
        let built_from = world.regions.iter().find(|region| region.name == data.spec.region)?.matched_by;
        let mut ranked: Vec<(String, f64)> = report
            .models
            .iter()
            .filter_map(|model| {
                let best = report.best(&model.name, &data.spec.name)?;
                Some((model.name.clone(), best.value?))
            })
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut ranked = ranked.into_iter();
        let ((best, value), (runner_up, runner_up_value)) = (ranked.next()?, ranked.next()?);
        let (region, metric) = (data.spec.region.clone(), data.spec.metric.name());
        Some(Finding { region, metric, built_from, best, value, runner_up, runner_up_value })
    };
    benchmarks.iter().filter_map(of_benchmark).collect()
}
