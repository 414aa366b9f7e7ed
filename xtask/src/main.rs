//! Checks of the whole project, and measurements against its peers.
//!
//! `cargo xtask check` runs what must hold before a change lands, cheapest first; `cargo xtask peers` runs homolog and the
//! program that a user would pick instead, in turn, and prints their ratio.

mod check;
mod peers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Checks of homolog, and measurements against its peers")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints, documentation and the offline tests, cheapest first.
    Check,
    Peers(peers::Peers),
}

fn main() -> ExitCode {
    match Arguments::parse().task {
        Task::Check => check::run(),
        Task::Peers(peers) => peers.run(),
    }
}
