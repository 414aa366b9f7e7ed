//! In-silico electrophysiology: the experiments of sensory physiology on every unit of chosen stages at once.
//!
//! | file | what is measured |
//! |---|---|
//! | `unit` | [`ProbedStage`]: which units of a stage, and where their receptive fields lie |
//! | `present` | [`Presenter`]: frames made on the fly through the network, and images of a folder |
//! | `grating/` | [`GratingExperiment`]: orientation, spatial frequency, phase, contrast, size, position; F1/F0 |
//! | `receptive_field` | [`FieldExperiment`]: sparse noise and spike-triggered average against the theoretical field |
//! | `transformed` | [`TransformedObjects`]: invariance to position, size and pose over the program's own objects |
//! | `sparseness`, `category`, `concept` | sparseness, category selectivity, one concept in several media, over folders |
//! | `rescore` | accuracy after a lesion, and under feature-similarity gain |
//!
//! The mathematics of curves is [`homolog_stats::tuning`]. A unit's response to a grating is what it adds to its response to
//! a blank of mean luminance: the mean over phases (F0) for units that respond to all phases alike, the amplitude of the
//! modulation (F1) for units that follow the phase, as is done for complex and simple cells.

mod category;
mod concept;
mod error;
mod grating;
mod present;
mod receptive_field;
mod rescore;
mod sparseness;
mod transformed;
mod unit;

pub use category::{Category, CategoryTuning, StageCategories, category_selectivity};
pub use concept::{ConceptStimuli, ConceptTest, StageConcepts, concept_cells};
pub use error::ProbeError;
pub use grating::{
    ContrastTuning, GratingExperiment, GratingMeasure, GratingSettings, PhaseTuning, PositionTuning, SizeResponse,
    StageTuning, TuningSummary, UnitKind, UnitTuning,
};
pub use present::{FolderResponses, Presenter};
pub use receptive_field::{FieldExperiment, FieldGrid, FieldSettings, MeasuredField, StageFields};
pub use rescore::{Accuracy, accuracy, feature_preference};
pub use sparseness::{StageSparseness, sparseness};
pub use transformed::{StageInvariance, TransformedObjects, UnitInvariance};
pub use unit::{ProbedStage, ProbedUnit, UnitChoice};

#[cfg(test)]
mod tests;
