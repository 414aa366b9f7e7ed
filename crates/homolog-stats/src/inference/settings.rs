//! What inference is asked for, and what is done instead where there are too few subjects or stimuli.

use std::fmt;

use super::bootstrap::Resampling;
use super::parts::ModelFolds;
use crate::comparator::Comparator;

/// Fewest subjects that are resampled.
///
/// Where subjects make part of the variance it has hardly more than n − 1 degrees of freedom, which leaves a test of so few next to no power. From 5 on
/// tests reject what they should (tests/calibration).
pub const FEWEST_SUBJECTS_TO_RESAMPLE: usize = 5;

/// Fewest stimuli that are resampled.
///
/// A bootstrap sample of n stimuli holds 0.63 n different ones and leaves out every pair of copies. What that takes from the variance is given back to the
/// first order of 1/n ([`super::BootstrapCorrection::PairsOfStimuli`]), which is enough from 20 on (tests/calibration).
pub const FEWEST_STIMULI_TO_RESAMPLE: usize = 20;

/// What [`super::infer`] is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct InferenceSettings {
    /// How RDMs are compared.
    pub comparator: Comparator,
    /// What conclusions are to hold beyond.
    pub resampling: Resampling,
    /// Bootstrap samples: 1,000 is usual.
    pub n_samples: usize,
    /// Share of experiments whose interval holds the truth: 0.95 is usual.
    pub confidence: f64,
    /// Parts for the cross-validation of flexible models; `None` for [`ModelFolds::suited_to_samples_of`]. Not used when all models are fixed.
    pub folds: Option<ModelFolds>,
    /// Random divisions into parts for each bootstrap sample, at least 2. rsatoolbox: 2. Not used when all models are fixed.
    pub n_divisions: usize,
    /// Relabellings of stimuli for the exact test of each fixed model against no relation at all, which then is the test against 0
    /// ([`super::Inference::zero_method`]); 0 leaves it out, unless it is the only one that the data allow.
    pub n_relabellings: usize,
}

impl Default for InferenceSettings {
    fn default() -> Self {
        Self {
            comparator: Comparator::Spearman,
            resampling: Resampling::Both,
            n_samples: 1000,
            confidence: 0.95,
            folds: None,
            n_divisions: 2,
            n_relabellings: 0,
        }
    }
}

/// Which tests a result holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestMethod {
    /// Student's t with standard errors from the bootstrap.
    BootstrapT,
    /// Wilcoxon's signed ranks of subjects' scores.
    SignedRank,
    /// Exchange of stimulus labels alone.
    LabelExchange,
}

impl TestMethod {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::BootstrapT => "bootstrap-t",
            Self::SignedRank => "signed-rank",
            Self::LabelExchange => "label-exchange",
        }
    }
}

/// Why something other than the resampling that was asked for was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResamplingChange {
    /// Stimuli were resampled alone.
    TooFewSubjects {
        /// How many subjects there are.
        found: usize,
    },
    /// Subjects were tested by signed ranks.
    TooFewStimuli {
        /// How many stimuli there are.
        found: usize,
    },
    /// Neither could be resampled; only the test by exchange of labels is given.
    TooFewOfBoth {
        /// How many subjects there are.
        subjects: usize,
        /// How many stimuli there are.
        stimuli: usize,
    },
}

impl fmt::Display for ResamplingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewSubjects { found } => write!(
                f,
                "{found} {} too few to resample (at least {FEWEST_SUBJECTS_TO_RESAMPLE}), so stimuli were resampled alone: conclusions hold for {} only",
                if *found == 1 { "subject is" } else { "subjects are" },
                if *found == 1 { "this subject" } else { "these subjects" },
            ),
            Self::TooFewStimuli { found } => write!(
                f,
                "{found} stimuli are too few to resample (at least {FEWEST_STIMULI_TO_RESAMPLE}), so subjects were resampled alone and tested by signed ranks: conclusions hold for these stimuli only"
            ),
            Self::TooFewOfBoth { subjects, stimuli } => write!(
                f,
                "{subjects} {} and {stimuli} stimuli are too few to resample either (at least {FEWEST_SUBJECTS_TO_RESAMPLE} and {FEWEST_STIMULI_TO_RESAMPLE}), so there are no intervals, only the test by exchange of stimulus labels",
                if *subjects == 1 { "subject" } else { "subjects" },
            ),
        }
    }
}

/// What is resampled and how it is tested, for these numbers of subjects and stimuli.
pub(crate) fn suitable(
    asked: Resampling,
    subjects: usize,
    stimuli: usize,
) -> (Option<Resampling>, TestMethod, Option<ResamplingChange>) {
    let enough_subjects = subjects >= FEWEST_SUBJECTS_TO_RESAMPLE;
    let enough_stimuli = stimuli >= FEWEST_STIMULI_TO_RESAMPLE;
    match (asked, enough_subjects, enough_stimuli) {
        (Resampling::Subjects, true, _) | (Resampling::Stimuli, _, true) | (Resampling::Both, true, true) => {
            (Some(asked), TestMethod::BootstrapT, None)
        }
        (_, false, true) => (
            Some(Resampling::Stimuli),
            TestMethod::BootstrapT,
            Some(ResamplingChange::TooFewSubjects { found: subjects }),
        ),
        (_, true, false) => (
            Some(Resampling::Subjects),
            TestMethod::SignedRank,
            Some(ResamplingChange::TooFewStimuli { found: stimuli }),
        ),
        (_, false, false) => {
            (None, TestMethod::LabelExchange, Some(ResamplingChange::TooFewOfBoth { subjects, stimuli }))
        }
    }
}
