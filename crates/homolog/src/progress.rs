//! What a long run tells its caller while it works, and how the caller stops it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Told how far a long piece of work is. A front end draws it; the library never prints.
pub trait Progress: Sync {
    /// A piece of work of `total` steps begins.
    fn begin(&self, what: &str, total: u64);
    /// That many further steps are done.
    fn advance(&self, steps: u64);
    /// Something that the user should know but that stops nothing.
    fn warn(&self, message: &str);
    /// The piece of work has ended.
    fn end(&self);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total: u64) {}
    fn advance(&self, _steps: u64) {}
    fn warn(&self, _message: &str) {}
    fn end(&self) {}
}

/// A wish to stop, shared between the one who wishes and those who work.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks everyone who holds a clone to stop at the next safe point.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether stopping was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for code that takes a plain one.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}
