//! Progress on standard error: a bar with rate and time left on a terminal, nothing otherwise.

use std::io::IsTerminal as _;
use std::sync::Mutex;

use homolog::progress::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::exit::tell;

/// Bars for pieces of work, one at a time.
#[derive(Debug)]
pub(crate) struct Bars {
    current: Mutex<Option<ProgressBar>>,
    is_terminal: bool,
}

impl Bars {
    /// Bars on standard error when that is a terminal.
    pub(crate) fn new() -> Self {
        Self { current: Mutex::new(None), is_terminal: std::io::stderr().is_terminal() }
    }

    /// Says something beside the present bar, instead of what it said before.
    pub(crate) fn note(&self, message: &str) {
        self.with(|current| {
            if let Some(bar) = current {
                bar.set_message(message.to_owned());
            }
        });
    }

    fn with(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        if let Ok(mut current) = self.current.lock() {
            act(&mut current);
        }
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: u64) {
        if !self.is_terminal {
            return;
        }
        let template = "{msg:32} {bar:30} {pos}/{len}  {per_sec}  {eta} left";
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar.set_message(what.to_owned());
        self.with(|current| *current = Some(bar));
    }

    fn advance(&self, steps: u64) {
        self.with(|current| {
            if let Some(bar) = current {
                bar.inc(steps);
            }
        });
    }

    fn warn(&self, message: &str) {
        self.with(|current| match current {
            Some(bar) => bar.suspend(|| tell(message)),
            None => tell(message),
        });
    }

    fn end(&self) {
        self.with(|current| {
            if let Some(bar) = current.take() {
                bar.finish_and_clear();
            }
        });
    }
}
