//! What must hold before a change lands.

use std::process::{Command, ExitCode};

/// The steps: a name, and arguments of cargo. Tests come before the lints, which compile every dependency once more.
const STEPS: [(&str, &[&str]); 4] = [
    ("format", &["fmt", "--all", "--check"]),
    ("tests", &["test", "--workspace"]),
    ("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]),
    // The libraries: comments of the programs are their help, whose brackets are no links.
    ("documentation", &["doc", "--package", "homolog", "--package", "homolog-stats", "--no-deps", "--quiet"]),
];

/// Runs the steps and stops at the first that does not hold.
pub(crate) fn run() -> ExitCode {
    for (name, arguments) in STEPS {
        eprintln!("== {name}: cargo {}", arguments.join(" "));
        // Only rustdoc reads it: a link to nothing in the documentation is an error.
        let status = Command::new(env!("CARGO")).args(arguments).env("RUSTDOCFLAGS", "--deny warnings").status();
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
