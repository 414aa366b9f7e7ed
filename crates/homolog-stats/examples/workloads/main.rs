//! The workloads of `peers_stats.py`, on the same files: one JSON line each, with the median seconds of the computation, the values, and the
//! largest resident size of this process so far (name one workload a run to have its own).
//!
//!     cargo run --release -p homolog-stats --example workloads -- DIR [WORKLOAD…]
//!
//! DIR holds the arrays that `peers_stats.py make DIR` writes.

mod mapping;
mod ridge;
mod rsa;

use std::path::Path;
use std::time::Instant;

use serde_json::json;

type Failure = Box<dyn std::error::Error>;

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Failure> {
    // As the program does.
    homolog_stats::pages::keep_freed();
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("name the folder that peers_stats.py made")?;
    let asked: Vec<String> = arguments.collect();
    let known = || rsa::WORKLOADS.into_iter().chain(mapping::WORKLOADS).chain(ridge::WORKLOADS);
    if let Some(unknown) = asked.iter().find(|name| known().all(|known| known != *name)) {
        return Err(format!("no workload \"{unknown}\"; there are {}", known().collect::<Vec<_>>().join(", ")).into());
    }
    for name in known() {
        if asked.is_empty() || asked.iter().any(|other| other == name) {
            let folder = Path::new(&folder);
            let (seconds, values) = if mapping::WORKLOADS.contains(&name) {
                mapping::run(name, folder)?
            } else if ridge::WORKLOADS.contains(&name) {
                ridge::run(name, folder)?
            } else {
                rsa::run(name, folder)?
            };
            println!(
                "{}",
                json!({"workload": name, "seconds": seconds, "values": values, "peak_resident_bytes": peak_resident_bytes()})
            );
        }
    }
    Ok(())
}

/// The median of some runs, and what the last returned.
fn timed<T>(runs: usize, work: impl Fn() -> Result<T, Failure>) -> Result<(f64, T), Failure> {
    let mut seconds = Vec::new();
    let mut last = None;
    for _ in 0..runs {
        let start = Instant::now();
        last = Some(work()?);
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    Ok((seconds[runs / 2], last.ok_or("no run was made")?))
}

/// As Linux counts it; nothing on other systems.
fn peak_resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}
