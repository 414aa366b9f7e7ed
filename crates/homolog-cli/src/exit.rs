//! Exit codes, and how a problem is told.

use std::fmt::Display;
use std::process::ExitCode;

/// Everything was done.
pub(crate) const DONE: u8 = 0;
/// It ran, but a threshold that was asked for was not met.
pub(crate) const THRESHOLD_NOT_MET: u8 = 1;
/// The command or its input has to be changed.
pub(crate) const WRONG_INPUT: u8 = 2;
/// Something outside the program failed: network, disk, memory.
pub(crate) const OUTSIDE_FAILED: u8 = 3;
/// Stopped by Ctrl-C, as shells count it.
pub(crate) const INTERRUPTED: u8 = 130;

/// A problem with the exit code that it ends the program with.
#[derive(Debug)]
pub(crate) struct Failure {
    code: u8,
    message: String,
}

impl Failure {
    /// The command or its input has to be changed.
    pub(crate) fn wrong_input(problem: impl Display) -> Self {
        Self { code: WRONG_INPUT, message: problem.to_string() }
    }

    /// Something outside the program failed.
    pub(crate) fn outside(problem: impl Display) -> Self {
        Self { code: OUTSIDE_FAILED, message: problem.to_string() }
    }

    /// A threshold was not met.
    pub(crate) fn threshold(problem: impl Display) -> Self {
        Self { code: THRESHOLD_NOT_MET, message: problem.to_string() }
    }

    /// The user stopped the run; `next` says how to go on.
    pub(crate) fn interrupted(next: impl Display) -> Self {
        Self { code: INTERRUPTED, message: format!("stopped. {next}") }
    }

    /// Prints the problem on standard error, once, and gives the code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("homolog: {}", self.message);
        ExitCode::from(self.code)
    }
}
