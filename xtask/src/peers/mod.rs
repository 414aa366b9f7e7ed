//! homolog and the program that a user would pick instead, in turn, on the same files, with the same number of threads.
//!
//! Absolute times on a shared machine say little; both sides run one after the other and the ratio of their medians is what counts.

mod side;
mod workload;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use self::side::{Measured, Sides};
use self::workload::{WORKLOADS, Workload};

/// Run both sides in turn and print one JSON line for each workload
#[derive(Args)]
pub(crate) struct Peers {
    /// The workloads, by name [default: all]
    workloads: Vec<String>,
    /// A Python with the peers installed
    #[arg(long, value_name = "FILE")]
    python: PathBuf,
    /// The folder of peers_stats.py and peers_vision.py
    #[arg(long, value_name = "FOLDER", default_value = "../shared/peers")]
    peers: PathBuf,
    /// Where the arrays that both sides read are kept; made where they are missing
    #[arg(long, value_name = "FOLDER", default_value = "target/peers-inputs")]
    inputs: PathBuf,
    /// Threads of each side
    #[arg(long, value_name = "N", default_value_t = 2)]
    threads: u16,
    /// ONNX Runtime's library [default: the one in the Python]
    #[arg(long, value_name = "FILE")]
    onnxruntime: Option<PathBuf>,
    /// The cargo profile that ours is built with; only `release` is what a user runs
    #[arg(long, value_name = "NAME", default_value = "release")]
    profile: String,
}

impl Peers {
    pub(crate) fn run(self) -> ExitCode {
        match self.measure() {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("xtask: {problem}");
                ExitCode::FAILURE
            }
        }
    }

    fn measure(self) -> Result<(), String> {
        let chosen = chosen(&self.workloads)?;
        let sides = Sides::prepare(&self, &chosen)?;
        let mut all_agree = true;
        for workload in chosen {
            let (mut ours, mut peers) = (Vec::new(), Vec::new());
            for _ in 0..workload.n_rounds {
                ours.push(sides.ours(workload)?);
                peers.push(sides.peer(workload)?);
            }
            let agrees = workload.agrees(&ours, &peers)?;
            all_agree &= agrees;
            println!("{}", line(workload, &ours, &peers, agrees));
        }
        if all_agree {
            Ok(())
        } else {
            Err("values differ by more than the tolerance; see \"agrees\" above".to_owned())
        }
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Workload>, String> {
    if names.is_empty() {
        return Ok(WORKLOADS.iter().collect());
    }
    let find = |name: &String| {
        WORKLOADS.iter().find(|workload| workload.name == name).ok_or_else(|| {
            let known: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
            format!("no workload \"{name}\"; there are {}", known.join(", "))
        })
    };
    names.iter().map(find).collect()
}

/// What is printed of a workload: the median of the times, the largest of the memories, and the values of the last round.
fn line(workload: &Workload, ours: &[Measured], peers: &[Measured], agrees: bool) -> Value {
    let (ours_s, peer_s) = (median_seconds(ours), median_seconds(peers));
    let last = |side: &[Measured], key: &str| side.last().map(|run| run.printed[key].clone());
    json!({
        "workload": workload.name,
        "ours_s": ours_s,
        "peer_s": peer_s,
        "ratio": peer_s / ours_s,
        "wanted_ratio": workload.wanted_ratio,
        "ours_rss_mb": largest_mb(ours),
        "peer_rss_mb": largest_mb(peers),
        "agrees": agrees,
        "tolerance": workload.tolerance,
        "largest_difference": last(peers, "largest_difference"),
        "ours": last(ours, "values"),
        "peer": last(peers, "values"),
        "peer_parts_s": last(peers, "parts"),
        "rounds_s": ours.iter().zip(peers).map(|(ours, peer)| [ours.seconds, peer.seconds]).collect::<Vec<_>>(),
    })
}

fn median_seconds(runs: &[Measured]) -> f64 {
    let mut seconds: Vec<f64> = runs.iter().map(|run| run.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}

fn largest_mb(runs: &[Measured]) -> u64 {
    runs.iter().map(|run| run.peak_resident_bytes).max().unwrap_or(0) / 1_000_000
}
