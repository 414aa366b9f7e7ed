//! Benchmarks: stimuli, a brain recording, a protocol and a ceiling, as data.
//!
//! | from | to | file |
//! |---|---|---|
//! | TOML | [`Manifest`], as written | `manifest.rs` |
//! | [`Manifest`] | [`BenchmarkSpec`], checked | `spec.rs`, `check.rs`, `file_list.rs` |
//! | a name or a path | [`BenchmarkSpec`] | `builtin.rs` |
//! | [`fetch::DataFile`]s | [`fetch::Located`] files, each with the hash of its bytes | `fetch/` |
//!
//! Nothing is read here but manifests and tables of trials: [`crate::stimuli`] and [`crate::recording`] read the data. A
//! benchmark's version moves when, and only when, its numbers do.

mod builtin;
mod check;
mod error;
pub mod fetch;
mod file_list;
mod manifest;
mod protocol;
mod sixteen_classes;
mod spec;
mod stimuli;
mod trials;

pub use builtin::{benchmark, built_in_names};
pub use error::ManifestError;
pub use manifest::{Citation, FileEntry, Manifest, SCHEMA};
pub use protocol::{
    Aggregate, BehaviourMeasure, Bound, Ceiling, CeilingFormula, Comparator, Correlation, Mapping, Metric, PenaltyFor,
    RdmMeasure, Splits,
};
pub use sixteen_classes::{CATEGORIES, ImageNetClass, imagenet_classes_by_category};
pub use spec::{BenchmarkSpec, BrainData};
pub use stimuli::{IdRule, Placement, StimuliKind, StimuliSpec, properties_of_id};
pub use trials::{Trial, TrialsError, TrialsSpec};

#[cfg(test)]
mod tests;
