//! What must hold before a change lands.

use std::process::{Command, ExitCode};

/// The steps, cheapest first: a name, arguments of cargo, and the variables set for it.
const STEPS: [(&str, &[&str], &[(&str, &str)]); 4] = [
    ("format", &["fmt", "--all", "--check"], &[]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"], &[]),
    ("documentation", &["doc", "--workspace", "--no-deps", "--quiet"], &[("RUSTDOCFLAGS", "-D warnings")]),
    ("tests", &["test", "--workspace"], &[]),
];

/// Runs the steps and stops at the first that does not hold.
pub(crate) fn run() -> ExitCode {
    for (name, arguments, variables) in STEPS {
        eprintln!("== {name}: cargo {}", arguments.join(" "));
        let status = Command::new(env!("CARGO")).args(arguments).envs(variables.iter().copied()).status();
        match status {
            Ok(status) if status.success() => {}
            Ok(status) => {
                eprintln!("xtask: {name} ended with {status}");
                return ExitCode::FAILURE;
            }
            Err(problem) => {
                eprintln!("xtask: cargo could not be started: {problem}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
