//! Exit codes, and how a problem is told.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use homolog::benchmark::fetch::FetchError;
use homolog::inside::attribution::AttributionError;
use homolog::recording::record::RecordError;
use homolog::report::ReportError;
use homolog::score::ScoreError;
use homolog::store::StoreError;
use homolog::synthesis::SynthesisError;

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

    /// An error with its causes. What could not be written, and what the system or the network did not give, failed outside; a run
    /// that the user stopped is no mistake.
    pub(crate) fn from_error(problem: &(dyn Error + 'static)) -> Self {
        if let Some(SynthesisError::Cancelled) = problem.downcast_ref() {
            return Self::interrupted();
        }
        if let Some(AttributionError::Cancelled) = problem.downcast_ref() {
            return Self::stopped();
        }
        let inner = without_wrapper(problem);
        let is_outside = is_unwritten(inner) || causes(inner).any(is_of_the_system);
        Self { code: if is_outside { OUTSIDE_FAILED } else { WRONG_INPUT }, message: chain(problem) }
    }

    /// Some of what was asked for could not be done for this reason, and the rest was.
    pub(crate) fn in_part(&self, what: impl Display) -> Self {
        Self { code: self.code, message: what.to_string() }
    }

    /// Whether something outside the program failed.
    pub(crate) fn is_outside(&self) -> bool {
        self.code == OUTSIDE_FAILED
    }

    /// A threshold was not met.
    pub(crate) fn threshold(problem: impl Display) -> Self {
        Self { code: THRESHOLD_NOT_MET, message: problem.to_string() }
    }

    /// The user stopped the run.
    pub(crate) fn interrupted() -> Self {
        Self { code: INTERRUPTED, message: "stopped. The same command goes on where this one was".to_owned() }
    }

    /// The user stopped a run that keeps nothing to go on from.
    pub(crate) fn stopped() -> Self {
        Self { code: INTERRUPTED, message: "stopped".to_owned() }
    }

    /// What is told.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Prints the problem on standard error, once, and gives the code.
    pub(crate) fn report(&self) -> ExitCode {
        tell(&self.message);
        ExitCode::from(self.code)
    }
}

/// A line on standard error; a reader that has gone away is no problem.
pub(crate) fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "homolog: {message}");
}

/// The error that an error of scoring passes on in its place.
fn without_wrapper<'a>(problem: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    match problem.downcast_ref::<ScoreError>() {
        Some(ScoreError::Fetch(inner)) => inner,
        Some(ScoreError::Record(inner)) => inner,
        Some(ScoreError::Store(inner)) => inner,
        _ => problem,
    }
}

/// Whether results could not be written, for whatever reason.
fn is_unwritten(problem: &(dyn Error + 'static)) -> bool {
    matches!(problem.downcast_ref(), Some(RecordError::Write { .. } | RecordError::Store(_)))
        || problem.is::<StoreError>()
        || problem.is::<ReportError>()
}

/// Whether a cause lies in the machine or the network, rather than in a path or a file that the user gave.
fn is_of_the_system(cause: &(dyn Error + 'static)) -> bool {
    if let Some(FetchError::Unreachable { .. } | FetchError::Refused { .. }) = cause.downcast_ref() {
        return true;
    }
    cause.downcast_ref::<io::Error>().is_some_and(|problem| {
        !matches!(
            problem.kind(),
            ErrorKind::NotFound
                | ErrorKind::NotADirectory
                | ErrorKind::IsADirectory
                | ErrorKind::InvalidData
                | ErrorKind::InvalidInput
                | ErrorKind::InvalidFilename
                | ErrorKind::UnexpectedEof
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_damaged_file_is_wrong_input_and_a_full_or_forbidden_disk_is_outside() {
        let code = |kind: ErrorKind| Failure::from_error(&io::Error::from(kind)).code;
        for kind in [ErrorKind::NotFound, ErrorKind::InvalidData, ErrorKind::UnexpectedEof, ErrorKind::IsADirectory] {
            assert_eq!(code(kind), WRONG_INPUT, "{kind}");
        }
        for kind in [ErrorKind::StorageFull, ErrorKind::PermissionDenied, ErrorKind::OutOfMemory, ErrorKind::Other] {
            assert_eq!(code(kind), OUTSIDE_FAILED, "{kind}");
        }
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_outside_whatever_the_system_calls_it() {
        let unwritable = StoreError::Unwritable { folder: "out".into(), source: io::Error::from(ErrorKind::NotFound) };
        assert!(Failure::from_error(&ScoreError::from(unwritable)).is_outside());
    }
}
