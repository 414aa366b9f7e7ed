//! Ctrl-C: at the next safe point, and at once where that is far.

use std::process::exit;
use std::thread;
use std::time::Duration;

use homolog::progress::Cancel;

use crate::exit::{Failure, INTERRUPTED};

/// How long a run may take to come to a safe point before the program ends all the same.
const PATIENCE: Duration = Duration::from_secs(1);

/// Lets Ctrl-C (and a termination signal) ask everyone who holds a clone of `cancel` to stop, and ends the program soon after, or
/// at once the second time. That loses no more than the piece a run is at: what is on disk is whole at any moment.
pub(crate) fn cancel_on_interrupt(cancel: &Cancel) {
    let cancel = cancel.clone();
    // Where the system allows no handler, Ctrl-C ends the program as it would have.
    let _ = ctrlc::set_handler(move || {
        if cancel.is_cancelled() {
            exit(i32::from(INTERRUPTED));
        }
        cancel.cancel();
        thread::spawn(|| {
            thread::sleep(PATIENCE);
            Failure::interrupted().report();
            exit(i32::from(INTERRUPTED));
        });
    });
}
