//! Ctrl-C: once to stop at the next safe point, twice to stop at once.

use homolog::progress::Cancel;

use crate::exit::INTERRUPTED;

/// Lets Ctrl-C (and a termination signal) ask everyone who holds a clone of `cancel` to stop.
pub(crate) fn cancel_on_interrupt(cancel: &Cancel) {
    let cancel = cancel.clone();
    // Where the system allows no handler, Ctrl-C ends the program as it would have; pieces on disk stay whole.
    let _ = ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            std::process::exit(i32::from(INTERRUPTED));
        }
        cancel.cancel();
    });
}
