//! Stimuli that can all be decoded, known before hours are spent on them.

use homolog::progress::Progress as _;
use homolog::stimuli::{CheckDepth, Limits, StimulusSet};

use crate::exit::{Failure, chain};
use crate::progress::Bars;

/// What to do with stimuli that cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnBad {
    /// Refuse, and name the first.
    Refuse,
    /// Leave them out, and list them.
    Skip,
}

impl OnBad {
    /// As the flag `--skip-bad` says.
    pub(crate) fn from_flag(skip_bad: bool) -> Self {
        if skip_bad { Self::Skip } else { Self::Refuse }
    }
}

/// The stimuli without those that cannot be decoded, and the ids of those; each is decoded once.
pub(crate) fn sound_stimuli(
    set: StimulusSet,
    on_bad: OnBad,
    progress: &Bars,
) -> Result<(StimulusSet, Vec<String>), Failure> {
    let (good, bad) = set.split_off_bad(CheckDepth::Decode, Limits::default());
    let Some(first) = bad.first() else { return Ok((set, Vec::new())) };
    if on_bad == OnBad::Refuse {
        let more = if bad.len() > 1 { format!(" ({} more are bad too)", bad.len() - 1) } else { String::new() };
        return Err(Failure::wrong_input(format!(
            "{}{more}. Nothing was recorded; mend it, or pass --skip-bad to go on without",
            chain(&first.error)
        )));
    }
    for stimulus in &bad {
        progress.warn(&format!("left out \"{}\": {}", stimulus.id, chain(&stimulus.error)));
    }
    if good.is_empty() {
        return Err(Failure::wrong_input("every stimulus is bad; nothing was recorded"));
    }
    Ok((good, bad.into_iter().map(|stimulus| stimulus.id).collect()))
}
