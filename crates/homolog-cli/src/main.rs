//! The `homolog` program: arguments, progress, printing, exit codes. No mathematics.

mod cancel;
mod command;
mod confusions;
mod exit;
mod icons;
mod inputs;
mod model;
mod pictures;
mod plan_table;
mod progress;
mod recorder;
mod run_options;
mod running;
mod score_results;
mod score_table;
mod showing;
mod sound_stimuli;
mod table;

use std::process::ExitCode;

use clap::Parser;

/// Which stage of a deep network corresponds to which stage of the brain, how well, and why.
#[derive(Parser)]
#[command(name = "homolog", version, max_term_width = 110)]
struct Arguments {
    #[command(subcommand)]
    command: command::Command,
}

fn main() -> ExitCode {
    homolog_stats::pages::keep_freed();
    match Arguments::parse().command.run() {
        Ok(()) => ExitCode::from(exit::DONE),
        Err(failure) => failure.report(),
    }
}
