//! Running one side once.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::Peers;
use super::workload::{Kind, Workload};

/// What one run took and printed.
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) peak_resident_bytes: u64,
    pub(crate) printed: Value,
}

/// What of an optimisation is timed.
#[derive(Clone, Copy)]
enum Timed {
    /// The median step, as the peer has it.
    MedianStep,
    /// All of it, divided by its steps and units: the only time that several units side by side have.
    Whole,
}

/// Both sides, ready to run.
pub(crate) struct Sides {
    python: PathBuf,
    driver: PathBuf,
    peers: PathBuf,
    inputs: PathBuf,
    onnxruntime: Option<PathBuf>,
    threads: u16,
    homolog: PathBuf,
    statistics: PathBuf,
    weights: PathBuf,
    /// Images, and what both sides write; removed at the end.
    scratch: TempDir,
}

impl Sides {
    /// Builds our side and makes the files that both read.
    pub(crate) fn prepare(asked: &Peers, workloads: &[&Workload]) -> Result<Self, String> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
        let built = target.join(if asked.profile == "dev" { "debug" } else { &asked.profile });
        let scratch = TempDir::new().map_err(|problem| format!("cannot make a temporary folder: {problem}"))?;
        let mut sides = Self {
            python: asked.python.clone(),
            driver: Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/run_peer.py"),
            peers: asked.peers.clone(),
            inputs: asked.inputs.clone(),
            onnxruntime: asked.onnxruntime.clone(),
            threads: asked.threads,
            homolog: built.join("homolog"),
            statistics: built.join("examples/workloads"),
            weights: PathBuf::new(),
            scratch,
        };
        let is_statistics = |workload: &&Workload| matches!(workload.kind, Kind::Statistics { .. });
        if !workloads.iter().all(is_statistics) {
            // The whole workspace, as everybody builds it: a part alone may need dependencies with other features, built anew.
            build(&asked.profile, &["--workspace"])?;
            let made = sides.python("images", &[sides.scratch.path().join("images").as_os_str()])?;
            sides.weights = PathBuf::from(made["weights"].as_str().unwrap_or_default());
        }
        if workloads.iter().any(is_statistics) {
            build(&asked.profile, &["--package", "homolog-stats", "--example", "workloads"])?;
            sides.python("inputs", &[sides.inputs.as_os_str()])?;
        }
        Ok(sides)
    }

    /// Our side. A recording's time is that of the whole process, from its start to its end; that of a statistic is the
    /// computation's alone, as the peer's is.
    pub(crate) fn ours(&self, workload: &Workload) -> Result<Measured, String> {
        let mut command = match workload.kind {
            Kind::Statistics { .. } => {
                let mut command = Command::new(&self.statistics);
                command.arg(&self.inputs).arg(workload.name);
                command
            }
            Kind::Recording { engine } => self.record(engine)?,
            Kind::Visualization { n_units: 1 } => return self.visualize(1, Timed::MedianStep),
            Kind::Visualization { n_units } => return self.visualize(n_units, Timed::Whole),
        };
        let began = Instant::now();
        let printed = self.printed(&mut command)?;
        let seconds = match workload.kind {
            Kind::Recording { .. } => began.elapsed().as_secs_f64(),
            _ => seconds(&printed)?,
        };
        measured(seconds, printed)
    }

    /// Seconds a step of one unit, when so many channels of a stage are optimised: 64 steps, Fourier, jitter.
    fn visualize(&self, n_units: usize, timed: Timed) -> Result<Measured, String> {
        const FIRST: usize = 17;
        const N_STEPS: usize = 64;
        let out = self.scratch.path().join("looks");
        remove(&out)?;
        let mut command = Command::new(&self.homolog);
        command.arg("look").arg(format!("squeezenet1_1@{}", self.weights.display()));
        command.arg("--channels").arg(format!("features.10:{FIRST}-{}", FIRST + n_units - 1));
        command.args(["--steps", &N_STEPS.to_string(), "--regularizer", "jitter", "--json", "--engine", "burn"]);
        command.arg("--threads").arg(self.threads.to_string()).arg("--out").arg(&out);
        let mut printed = self.printed(&mut command)?;
        let trajectory = printed["results"][0]["trajectory"].as_array().cloned().unwrap_or_default();
        printed["values"] = serde_json::json!({ "first": trajectory.first(), "last": trajectory.last() });
        let seconds = match timed {
            Timed::MedianStep => printed["results"][0]["step_seconds"].as_f64(),
            Timed::Whole => printed["optimising_seconds"].as_f64().map(|all| all / (n_units * N_STEPS) as f64),
        };
        measured(seconds.ok_or_else(|| format!("no times in {printed}"))?, printed)
    }

    fn record(&self, engine: &str) -> Result<Command, String> {
        let out = self.recording();
        remove(&out)?;
        let mut command = Command::new(&self.homolog);
        command.arg("record").arg(format!("squeezenet1_1@{}", self.weights.display()));
        command.arg(self.scratch.path().join("images"));
        command.args(["--layers", "features.?,features.1?", "--json", "--engine", engine]);
        command.arg("--threads").arg(self.threads.to_string()).arg("--out").arg(out);
        if engine == "onnxruntime" {
            match &self.onnxruntime {
                Some(library) => command.arg("--onnxruntime").arg(library),
                // Where a Python environment lies, its ONNX Runtime is looked for.
                None => {
                    command.env("VIRTUAL_ENV", self.python.parent().and_then(Path::parent).unwrap_or(Path::new("/")))
                }
            };
        }
        Ok(command)
    }

    fn recording(&self) -> PathBuf {
        self.scratch.path().join("recording")
    }

    /// The peer's side; its time does not hold the start of Python nor its imports.
    pub(crate) fn peer(&self, workload: &Workload) -> Result<Measured, String> {
        let printed = match workload.kind {
            Kind::Visualization { n_units: 1 } => self.python("visualize", &[])?,
            Kind::Visualization { .. } => return self.visualize(1, Timed::Whole),
            Kind::Statistics { peer, times } => {
                let printed = self.python("stats", &[self.inputs.as_os_str(), OsStr::new(peer)])?;
                return measured(f64::from(times) * seconds(&printed)?, printed);
            }
            Kind::Recording { .. } => {
                let store = self.scratch.path().join("peer");
                remove(&store)?;
                std::fs::create_dir(&store).map_err(|problem| format!("cannot make {}: {problem}", store.display()))?;
                let images = self.scratch.path().join("images");
                let printed =
                    self.python("extract", &[images.as_os_str(), self.recording().as_os_str(), store.as_os_str()])?;
                // 6 GB that would weigh on the next round's disk.
                remove(&store)?;
                printed
            }
        };
        measured(seconds(&printed)?, printed)
    }

    fn python(&self, task: &str, arguments: &[&OsStr]) -> Result<Value, String> {
        let mut command = Command::new(&self.python);
        command.arg(&self.driver).arg(task).arg(&self.peers).args(arguments);
        self.printed(&mut command)
    }

    /// The JSON object that `command` prints, run with as many threads as everybody.
    fn printed(&self, command: &mut Command) -> Result<Value, String> {
        let threads = self.threads.to_string();
        for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "THREADS"] {
            command.env(variable, &threads);
        }
        let name = command.get_program().to_string_lossy().into_owned();
        let output = command.output().map_err(|problem| format!("cannot start {name}: {problem}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("{name} ended with {}: {}", output.status, said.trim_end()));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|problem| format!("{name} did not print one JSON object: {problem}"))
    }
}

fn build(profile: &str, arguments: &[&str]) -> Result<(), String> {
    let status = Command::new(env!("CARGO")).args(["build", "--quiet", "--profile", profile]).args(arguments).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo build {} ended with {status}", arguments.join(" "))),
        Err(problem) => Err(format!("cargo could not be started: {problem}")),
    }
}

fn remove(folder: &Path) -> Result<(), String> {
    match std::fs::remove_dir_all(folder) {
        Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot remove {}: {problem}", folder.display()))
        }
        _ => Ok(()),
    }
}

fn seconds(printed: &Value) -> Result<f64, String> {
    printed["seconds"].as_f64().ok_or_else(|| format!("no seconds in {printed}"))
}

fn measured(seconds: f64, printed: Value) -> Result<Measured, String> {
    let peak_resident_bytes = printed["peak_resident_bytes"].as_u64();
    let peak_resident_bytes = peak_resident_bytes.ok_or_else(|| format!("no peak_resident_bytes in {printed}"))?;
    Ok(Measured { seconds, peak_resident_bytes, printed })
}
