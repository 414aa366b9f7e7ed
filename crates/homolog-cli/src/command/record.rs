//! `homolog record`: the responses of a network's stages, kept with the ids of the stimuli.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use homolog::network::engine::Engine;
use homolog::recording::record::budget::{peak_resident_bytes, show_bytes};
use homolog::recording::record::{Archive, RecordPlan, Recorded};
use homolog::stimuli::{IdStyle, Limits, Preprocessing, StimulusSet};
use serde_json::json;

use crate::exit::Failure;
use crate::model::Model;
use crate::plan_table::{Destination, TimedPlan};
use crate::recorder::Recorder;
use crate::run_options::RunOptions;
use crate::running::Running;
use crate::sound_stimuli::{OnBad, sound_stimuli};
use crate::table::printed;

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
        let running = Running::begin(&self.run)?;
        let set = self.stimuli()?;
        let (set, skipped) = sound_stimuli(set, OnBad::from_flag(self.skip_bad), &running.progress)?;
        let model = Model::load(&self.model, &running.burn, &running.progress, &running.cancel)?;
        let stages = model.stages(&self.layers)?;
        let preprocessing = model.preprocessing(self.preprocessing.as_deref())?;
        let plan = RecordPlan::new(&model.network, &stages, set.len(), running.resources)
            .map_err(|problem| Failure::from_error(&problem))?;
        let plan = match self.out.as_deref().and_then(Archive::batch_size_in) {
            Some(batch_size) => plan.in_batches_of(batch_size),
            None => plan,
        };
        let recorder = Recorder {
            network: &model.network,
            stages: &stages,
            set: &set,
            preprocessing: &preprocessing,
            plan: &plan,
            engine: running.engine.as_ref(),
            n_threads: running.resources.n_threads,
        };
        if self.plan {
            let seconds = recorder.estimated_seconds()?;
            return self.print_plan(&TimedPlan { plan, seconds, destination: Destination::Kept });
        }
        let out = self.out.clone().unwrap_or_default();
        let recorded = recorded(&model, &set, &preprocessing, running.engine.as_ref())?;
        let ids: Vec<String> = set.ids().map(str::to_owned).collect();
        let mut archive =
            Archive::open(&out, &recorded, &plan, &ids).map_err(|problem| Failure::from_error(&problem))?;
        recorder.run(&mut archive, &running.progress, &running.cancel)?;
        self.print_done(&plan, &skipped, &out)
    }

    fn stimuli(&self) -> Result<StimulusSet, Failure> {
        let ids = match self.ids {
            IdChoice::Path => IdStyle::PathWithoutExtension,
            IdChoice::Stem => IdStyle::NameWithoutExtension,
            IdChoice::Name => IdStyle::Name,
        };
        StimulusSet::open(&self.stimuli, ids).map_err(|problem| Failure::from_error(&problem))
    }

    fn print_plan(&self, timed: &TimedPlan) -> Result<(), Failure> {
        if self.json {
            let mut object = timed.json();
            object["schema"] = json!("homolog.record-plan/1");
            return printed(|out| writeln!(out, "{object:#}"));
        }
        printed(|out| timed.write(out))
    }

    fn print_done(&self, plan: &RecordPlan, skipped: &[String], out: &Path) -> Result<(), Failure> {
        let peak = peak_resident_bytes();
        if self.json {
            let names: Vec<&str> = plan.stages.iter().map(|stage| stage.name.as_str()).collect();
            let object = json!({ "schema": "homolog.record/1", "folder": out, "n_stimuli": plan.n_stimuli, "stages": names,
                "bytes": plan.total_bytes(), "peak_resident_bytes": peak, "skipped": skipped });
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

/// All that determines the numbers.
fn recorded(
    model: &Model,
    set: &StimulusSet,
    preprocessing: &Preprocessing,
    engine: &dyn Engine,
) -> Result<Recorded, Failure> {
    Ok(Recorded {
        model: model.name.clone(),
        weights_sha256: model.weights_sha256.clone(),
        stimuli_sha256: set.content_hash(Limits::default()).map_err(|problem| Failure::from_error(&problem))?,
        preprocessing: preprocessing.name.clone(),
        preprocessing_sha256: preprocessing.content_hash(),
        engine: engine.description(),
    })
}
