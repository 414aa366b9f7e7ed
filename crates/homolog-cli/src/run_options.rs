//! Options that every command that runs a network takes.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use homolog::network::engine::Engine;
use homolog::network::engine::burn::{Burn, DeviceName};
use homolog::network::engine::onnxruntime::{OnnxRuntime, OnnxRuntimeConfig};
use homolog::progress::Progress;
use homolog::recording::record::Resources;
use homolog::recording::record::budget::{default_budget, parse_bytes};
use homolog::recording::{OnMissing, StimulusJoin};

use crate::exit::Failure;

/// What runs networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    /// ONNX Runtime where its library is found, else Burn; Burn on a GPU
    #[default]
    Auto,
    /// Burn: built in, always there
    Burn,
    /// ONNX Runtime: refuse to run without it
    Onnxruntime,
}

/// What to do with stimuli that only one side has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum StimuliChoice {
    /// Refuse, and list them
    #[default]
    All,
    /// Leave them out
    Shared,
}

impl From<StimuliChoice> for StimulusJoin {
    fn from(choice: StimuliChoice) -> Self {
        match choice {
            StimuliChoice::All => Self::All,
            StimuliChoice::Shared => Self::Shared,
        }
    }
}

/// What to do with missing responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MissingChoice {
    /// Refuse, and say where the first is
    #[default]
    Refuse,
    /// Drop the units that have any, and list them
    DropUnit,
    /// Drop the presentations that have any, and list them
    DropPresentation,
}

impl From<MissingChoice> for OnMissing {
    fn from(choice: MissingChoice) -> Self {
        match choice {
            MissingChoice::Refuse => Self::Refuse,
            MissingChoice::DropUnit => Self::DropUnit,
            MissingChoice::DropPresentation => Self::DropPresentation,
        }
    }
}

/// Folders by name, from texts such as `henaff2021-V1=/data/henaff`.
pub(crate) fn folders(texts: &[String]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    texts
        .iter()
        .map(|text| match text.split_once('=') {
            Some((name, folder)) if !name.is_empty() && !folder.is_empty() => {
                Ok((name.to_owned(), PathBuf::from(folder)))
            }
            _ => Err(Failure::wrong_input(format!("cannot read --data \"{text}\": it needs NAME=FOLDER"))),
        })
        .collect()
}

/// What computes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Running")]
pub(crate) struct ComputeOptions {
    /// Threads that compute; results do not depend on their number [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ComputeOptions {
    /// Sets the number of threads for all that computes, once, and returns it.
    pub(crate) fn set_threads(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let n_threads = self.threads.map_or(cores, usize::from);
        // A second call finds the pool as the first left it, which is the same.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build_global();
        n_threads
    }
}

/// Options that every command that runs a network takes.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Running")]
pub(crate) struct RunOptions {
    /// What runs networks
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
    /// Where networks run: cpu, gpu (the first one) or gpu:1; a GPU needs a homolog that was built with it
    #[arg(long, value_name = "NAME", default_value_t)]
    device: DeviceName,
    /// ONNX Runtime's library, when it is not where a Python environment or the system keeps it
    #[arg(long, value_name = "FILE")]
    onnxruntime: Option<PathBuf>,
    /// Memory that may be resident, such as 4GiB [default: what is available, less a tenth]
    #[arg(long, value_name = "SIZE", value_parser = parse_bytes)]
    memory: Option<u64>,
    #[command(flatten)]
    compute: ComputeOptions,
}

impl RunOptions {
    /// Memory and threads; sets the number of threads for all that computes, once.
    pub(crate) fn resources(&self) -> Resources {
        let n_threads = self.compute.set_threads();
        Resources { memory_bytes: self.memory.unwrap_or_else(default_budget), n_threads }
    }

    /// Burn on the device that was chosen.
    pub(crate) fn burn(&self, progress: &dyn Progress) -> Result<Burn, Failure> {
        if self.engine == EngineChoice::Onnxruntime && self.device != DeviceName::Cpu {
            return Err(Failure::wrong_input(format!(
                "cannot run ONNX Runtime on --device {}: homolog uses it on the processor alone. Pass --engine burn, or --device cpu",
                self.device
            )));
        }
        let burn = Burn::on(self.device).map_err(Failure::outside)?;
        if burn.is_imitated() {
            progress.warn(&format!(
                "--device {} is no GPU: its driver \"{}\" imitates one on the processor, which --device cpu uses better",
                self.device,
                burn.gpu_name().unwrap_or_default()
            ));
        }
        Ok(burn)
    }

    /// The engine that was chosen; `burn` is where it is Burn.
    pub(crate) fn engine(&self, burn: &Burn, progress: &dyn Progress) -> Result<Arc<dyn Engine>, Failure> {
        if self.device != DeviceName::Cpu {
            return Ok(Arc::new(burn.clone()));
        }
        let config = OnnxRuntimeConfig { library: self.onnxruntime.clone(), n_threads: self.resources().n_threads };
        match self.engine {
            EngineChoice::Burn => Ok(Arc::new(burn.clone())),
            EngineChoice::Onnxruntime => match OnnxRuntime::find(&config) {
                Ok(engine) => Ok(Arc::new(engine)),
                Err(reason) => Err(Failure::outside(format!("{reason}. --engine burn needs nothing installed"))),
            },
            EngineChoice::Auto => match OnnxRuntime::find(&config) {
                Ok(engine) => Ok(Arc::new(engine)),
                Err(reason) => {
                    progress.warn(&format!("running on Burn: {reason}"));
                    Ok(Arc::new(burn.clone()))
                }
            },
        }
    }
}
