//! What every command that runs a network has around it: progress, stopping, memory and threads, an engine.

use std::sync::Arc;

use homolog::network::engine::Engine;
use homolog::network::engine::burn::Burn;
use homolog::progress::Cancel;
use homolog::recording::OnMissing;
use homolog::recording::record::Resources;
use homolog::score::RunContext;
use homolog::store::Store;

use crate::cancel::cancel_on_interrupt;
use crate::exit::Failure;
use crate::progress::Bars;
use crate::run_options::RunOptions;

/// What a command runs with.
pub(crate) struct Running {
    pub(crate) progress: Bars,
    pub(crate) cancel: Cancel,
    pub(crate) resources: Resources,
    pub(crate) burn: Burn,
    pub(crate) engine: Arc<dyn Engine>,
}

impl Running {
    /// As the options want it; from here on Ctrl-C stops the command.
    pub(crate) fn begin(options: &RunOptions) -> Result<Self, Failure> {
        let (progress, cancel) = (Bars::new(), Cancel::default());
        cancel_on_interrupt(&cancel);
        let resources = options.resources();
        let burn = options.burn(&progress)?;
        let engine = options.engine(&burn, &progress)?;
        Ok(Self { progress, cancel, resources, burn, engine })
    }

    /// The same for scoring, with the pieces of the run in `store`.
    pub(crate) fn scoring<'a>(&'a self, store: &'a Store, seed: u64, on_missing: OnMissing) -> RunContext<'a> {
        RunContext {
            engine: self.engine.as_ref(),
            store,
            resources: self.resources,
            seed,
            on_missing,
            progress: &self.progress,
            cancel: &self.cancel,
        }
    }
}
