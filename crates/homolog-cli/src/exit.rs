//! Exit codes, and how a problem is told.

use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;

/// Everything was done.
pub(crate) const DONE: u8 = 0;
/// It ran, but a threshold that was asked for was not met.
const THRESHOLD_NOT_MET: u8 = 1;
/// The command or its input has to be changed.
const WRONG_INPUT: u8 = 2;
/// Something outside the program failed: network, disk, memory.
const OUTSIDE_FAILED: u8 = 3;
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

    /// An error with its causes. A cause in the operating system or the network is an outside one.
    pub(crate) fn from_error(problem: &(dyn Error + 'static)) -> Self {
        let is_outside = causes(problem).any(|cause| {
            cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() != std::io::ErrorKind::NotFound)
        });
        Self { code: if is_outside { OUTSIDE_FAILED } else { WRONG_INPUT }, message: chain(problem) }
    }

    /// An error in what the user gave, with its causes.
    pub(crate) fn from_input(problem: &(dyn Error + 'static)) -> Self {
        Self::wrong_input(chain(problem))
    }

    /// A threshold was not met.
    pub(crate) fn threshold(problem: impl Display) -> Self {
        Self { code: THRESHOLD_NOT_MET, message: problem.to_string() }
    }

    /// The user stopped the run; `next` says how to go on.
    pub(crate) fn interrupted(next: impl Display) -> Self {
        Self { code: INTERRUPTED, message: format!("stopped. {next}") }
    }

    /// What is told.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Prints the problem on standard error, once, and gives the code.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("homolog: {}", self.message);
        ExitCode::from(self.code)
    }
}

/// The error and what caused it, outermost first; a cause that the message before it tells already is not told again.
pub(crate) fn chain(problem: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(problem) {
        let words = cause.to_string();
        if text.is_empty() {
            text = words;
        } else if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
    }
    text
}

fn causes<'a>(problem: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(problem);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}
