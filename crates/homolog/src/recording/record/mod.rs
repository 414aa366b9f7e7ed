//! Recording from a network as one records from a brain: stimulus by stimulus, within a stated memory.
//!
//! | step | type | file |
//! |---|---|---|
//! | what it will take | [`RecordPlan`] | `plan.rs`, `budget.rs` |
//! | running | [`Stream`] into a [`RowSink`] | `stream.rs` |
//! | where rows go | [`StageRows`] for a run's own use, [`Archive`] for keeping | `rows.rs`, `archive.rs` |

mod archive;
pub mod budget;
mod error;
mod plan;
mod rows;
mod stream;

pub use archive::{Archive, Recorded};
pub use error::RecordError;
pub(crate) use plan::LARGEST_BATCH;
pub use plan::{RecordPlan, Resources, StagePlan};
pub use rows::{Placement, StageRows};
pub use stream::{RowSink, Rows, Stream};
