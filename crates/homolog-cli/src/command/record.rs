//! `homolog record`: the responses of a network's stages, kept with the ids of the stimuli.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use homolog::network::checked::Stage;
use homolog::network::engine::Engine;
use homolog::progress::{Cancel, Progress as _};
use homolog::recording::record::budget::{peak_resident_bytes, show_bytes};
use homolog::recording::record::{Archive, RecordError, RecordPlan, Recorded, RowSink, Rows, Stream};
use homolog::stimuli::{CheckDepth, IdStyle, Limits, Preprocessing, StimulusSet};
use serde_json::json;

use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::model::Model;
use crate::progress::Bars;
use crate::run_options::RunOptions;
use crate::table::{Align, Table, print};

/// How file names become stimulus ids.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum IdChoice {
    /// cats/01.png becomes cats/01
    #[default]
    Path,
    /// cats/01.png becomes 01
    Stem,
    /// cats/01.png becomes 01.png
    Name,
}

/// Record the responses of a network's stages to stimuli
///
/// The folder holds activations.zarr (Zarr v3: one array of stimuli × units for each stage, and the stimulus ids) and recording.json. Stop it
/// whenever you like: the same command goes on where it was, and the result is the same to the byte.
#[derive(Args)]
pub(crate) struct Record {
    /// A zoo name (squeezenet1_1), with weights (squeezenet1_1@weights.pth), an ONNX file, or random:NAME?seed=1
    model: String,
    /// A folder or zip of images, a CSV table beside images, or an .npy array of images
    stimuli: PathBuf,
    /// Where the recording goes
    #[arg(long, value_name = "FOLDER", required_unless_present = "plan")]
    out: Option<PathBuf>,
    /// `blocks`, `all`, or names and patterns with commas between
    #[arg(long, value_name = "NAMES", default_value = "blocks")]
    layers: String,
    /// How images are prepared: a recipe's name or a TOML file [default: as the weights want it]
    #[arg(long, value_name = "NAME|FILE")]
    preprocessing: Option<String>,
    /// How file names become stimulus ids
    #[arg(long, value_enum, default_value_t)]
    ids: IdChoice,
    /// Only say what it would take: bytes and time for each stage
    #[arg(long)]
    plan: bool,
    /// Leave out stimuli that cannot be decoded, and list them
    #[arg(long)]
    skip_bad: bool,
    /// One JSON object instead of words
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    run: RunOptions,
}

impl Record {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = self.run.resources();
        let set = self.stimuli(&progress)?;
        let model = Model::load(&self.model, &progress, &cancel)?;
        let stages = model.stages(&self.layers)?;
        let preprocessing = model.preprocessing(self.preprocessing.as_deref())?;
        let plan = RecordPlan::new(&model.network, &stages, set.len(), resources)
            .map_err(|problem| Failure::from_error(&problem))?;
        let engine = self.run.engine(&progress)?;
        let job = Job { model: &model, stages: &stages, set: &set, preprocessing: &preprocessing, plan: &plan };
        if self.plan {
            let for_one_batch = job.time_one_batch(engine.as_ref(), resources.n_threads)?;
            return self.print_plan(&plan, for_one_batch);
        }
        let out = self.out.clone().unwrap_or_default();
        let mut archive = job.archive(&out, engine.as_ref())?;
        job.run(engine.as_ref(), resources.n_threads, &mut archive, &progress, &cancel)?;
        self.print_done(&plan, &out)
    }

    /// The stimuli, each decoded once so that a bad one is named before hours are spent.
    fn stimuli(&self, progress: &Bars) -> Result<StimulusSet, Failure> {
        let ids = match self.ids {
            IdChoice::Path => IdStyle::PathWithoutExtension,
            IdChoice::Stem => IdStyle::NameWithoutExtension,
            IdChoice::Name => IdStyle::Name,
        };
        let set = StimulusSet::open(&self.stimuli, ids).map_err(|problem| Failure::from_error(&problem))?;
        let (good, bad) = set.split_off_bad(CheckDepth::Decode, Limits::default());
        let Some(first) = bad.first() else { return Ok(set) };
        if !self.skip_bad {
            let more = if bad.len() > 1 { format!(" ({} more are bad too)", bad.len() - 1) } else { String::new() };
            return Err(Failure::wrong_input(format!(
                "{}{more}. Nothing was recorded; mend it, or pass --skip-bad to go on without",
                crate::exit::chain(&first.error)
            )));
        }
        for stimulus in &bad {
            progress.warn(&format!("left out \"{}\": {}", stimulus.id, crate::exit::chain(&stimulus.error)));
        }
        if good.is_empty() {
            return Err(Failure::wrong_input("every stimulus is bad; nothing was recorded"));
        }
        Ok(good)
    }

    fn print_plan(&self, plan: &RecordPlan, for_one_batch: Duration) -> Result<(), Failure> {
        let n_batches = plan.n_stimuli.div_ceil(plan.batch_size).max(1);
        let seconds = for_one_batch.as_secs_f64() * n_batches as f64;
        if self.json {
            let stages: Vec<_> = plan
                .stages
                .iter()
                .map(|stage| {
                    json!({ "name": stage.name, "shape": stage.shape, "n_units": stage.n_units, "bytes": stage.bytes,
                        "seconds": stage.share_of_work * seconds })
                })
                .collect();
            let object = json!({ "schema": "homolog.record-plan/1", "n_stimuli": plan.n_stimuli, "batch_size": plan.batch_size,
                "resident_bytes": plan.streaming_bytes, "bytes": plan.total_bytes(), "seconds": seconds, "stages": stages });
            return printed(|out| writeln!(out, "{object:#}"));
        }
        let mut table = Table::new(&[
            ("stage", Align::Left),
            ("output", Align::Right),
            ("units", Align::Right),
            ("on disk", Align::Right),
            ("seconds", Align::Right),
        ]);
        for stage in &plan.stages {
            table.row(vec![
                stage.name.clone(),
                stage.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
                stage.n_units.to_string(),
                show_bytes(stage.bytes),
                format!("{:.1}", stage.share_of_work * seconds),
            ]);
        }
        printed(|out| {
            table.write(out)?;
            writeln!(
                out,
                "\n{} stimuli, {} at a time: {} on disk, up to {} resident, about {seconds:.0} s (timed on one batch, shared out by arithmetic)",
                plan.n_stimuli,
                plan.batch_size,
                show_bytes(plan.total_bytes()),
                show_bytes(plan.streaming_bytes)
            )
        })
    }

    fn print_done(&self, plan: &RecordPlan, out: &std::path::Path) -> Result<(), Failure> {
        let peak = peak_resident_bytes();
        if self.json {
            let names: Vec<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
            let object = json!({ "schema": "homolog.record/1", "folder": out, "n_stimuli": plan.n_stimuli, "stages": names,
                "bytes": plan.total_bytes(), "peak_resident_bytes": peak });
            return printed(|out| writeln!(out, "{object:#}"));
        }
        printed(|stdout| {
            writeln!(
                stdout,
                "{} stages of {} stimuli in {}: {}{}",
                plan.stages.len(),
                plan.n_stimuli,
                out.display(),
                show_bytes(plan.total_bytes()),
                peak.map_or_else(String::new, |peak| format!(", at most {} resident", show_bytes(peak)))
            )
        })
    }
}

/// What is recorded from what.
struct Job<'a> {
    model: &'a Model,
    stages: &'a [Stage],
    set: &'a StimulusSet,
    preprocessing: &'a Preprocessing,
    plan: &'a RecordPlan,
}

impl Job<'_> {
    fn archive(&self, out: &std::path::Path, engine: &dyn Engine) -> Result<Archive, Failure> {
        let stimuli_sha256 =
            self.set.content_hash(Limits::default()).map_err(|problem| Failure::from_error(&problem))?;
        let recorded = Recorded {
            model: self.model.name.clone(),
            weights_sha256: self.model.weights_sha256.clone(),
            stimuli_sha256,
            preprocessing: self.preprocessing.name.clone(),
            preprocessing_sha256: self.preprocessing.content_hash(),
            engine: engine.description(),
        };
        let ids: Vec<String> = self.set.ids().map(str::to_owned).collect();
        Archive::open(out, &recorded, self.plan, &ids).map_err(|problem| Failure::from_error(&problem))
    }

    fn run(
        &self,
        engine: &dyn Engine,
        n_threads: usize,
        sink: &mut dyn RowSink,
        progress: &Bars,
        cancel: &Cancel,
    ) -> Result<(), Failure> {
        let values: Vec<String> = self.stages.iter().map(|stage| stage.value.clone()).collect();
        let mut session = engine
            .open(&self.model.network, &values)
            .map_err(|problem| Failure::from_error(&RecordError::from(problem)))?;
        let stream = Stream {
            set: self.set,
            preprocessing: self.preprocessing,
            limits: Limits::default(),
            batch_size: self.plan.batch_size,
            n_decoders: n_threads,
        };
        stream.run(session.as_mut(), sink, progress, cancel).map_err(|problem| match problem {
            RecordError::Cancelled => Failure::interrupted("The same command goes on where this one was"),
            problem => Failure::from_error(&problem),
        })
    }

    /// How long a batch takes, the second of two: the first also lays out the weights.
    fn time_one_batch(&self, engine: &dyn Engine, n_threads: usize) -> Result<Duration, Failure> {
        let one = Job { set: &self.set.slice(0..self.plan.batch_size.min(self.set.len())), ..*self };
        let mut taken = Duration::ZERO;
        for _ in 0..2 {
            let began = Instant::now();
            one.run(engine, n_threads, &mut Nowhere, &Bars::new(), &Cancel::default())?;
            taken = began.elapsed();
        }
        Ok(taken)
    }
}

/// Keeps nothing: for timing.
struct Nowhere;

impl RowSink for Nowhere {
    fn has(&self, _batch: usize) -> bool {
        false
    }

    fn keep(&mut self, _rows: Rows) -> Result<(), RecordError> {
        Ok(())
    }
}

fn printed(write: impl FnOnce(&mut io::StdoutLock<'_>) -> io::Result<()>) -> Result<(), Failure> {
    print(write).map_err(|problem| Failure::outside(format!("cannot print: {problem}")))
}
