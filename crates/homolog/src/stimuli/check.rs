//! Every stimulus opened before a run, so that a damaged one is named before hours are spent.

use rayon::prelude::*;

use super::error::StimulusError;
use super::set::StimulusSet;
use super::source::{Limits, SourceReader};

/// How far each stimulus is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDepth {
    /// Its header: format and size. Quick, and blind to a file that is cut short.
    Header,
    /// All of it: decoded and thrown away.
    Decode,
}

/// A stimulus that cannot be used.
#[derive(Debug)]
pub struct BadStimulus {
    /// Its position in the set that was checked.
    pub position: usize,
    /// Its id.
    pub id: String,
    /// What is wrong with it.
    pub error: StimulusError,
}

impl StimulusSet {
    /// The stimuli that cannot be used, in order, each with its reason; empty when all are sound. Runs on all of rayon's
    /// threads.
    pub fn check(&self, depth: CheckDepth, limits: Limits) -> Vec<BadStimulus> {
        let check_one = |reader: &mut SourceReader, position: usize| {
            let stimulus = self.stimuli().get(position)?;
            let error = match depth {
                CheckDepth::Header => reader.size(stimulus).err(),
                CheckDepth::Decode => reader.image(stimulus, [0; 3]).err(),
            }?;
            Some(BadStimulus { position, id: stimulus.id.clone(), error })
        };
        (0..self.len()).into_par_iter().map_init(|| SourceReader::new(limits), check_one).flatten_iter().collect()
    }

    /// The set without the stimuli that cannot be used, and those, as `--skip-bad` wants it.
    pub fn split_off_bad(&self, depth: CheckDepth, limits: Limits) -> (Self, Vec<BadStimulus>) {
        let bad = self.check(depth, limits);
        let is_bad = |position: usize| bad.binary_search_by_key(&position, |stimulus| stimulus.position).is_ok();
        (self.keep(|position| !is_bad(position)), bad)
    }
}
