//! What `--plan` prints: bytes and time for each stage.

use std::io::{self, Write};

use homolog::recording::record::budget::show_bytes;
use homolog::recording::record::{Placement, RecordPlan};
use serde_json::{Value, json};

use crate::table::{Align, Table};

/// Where the responses of a run go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// All to the disk, to stay there.
    Kept,
    /// To memory or a scratch file, until a stage's Gram matrix is formed.
    Passing,
}

/// A plan with the seconds that it was estimated to take.
pub(crate) struct TimedPlan {
    pub(crate) plan: RecordPlan,
    pub(crate) seconds: f64,
    pub(crate) destination: Destination,
}

impl TimedPlan {
    /// The fields of a plan, without a schema.
    pub(crate) fn json(&self) -> Value {
        let plan = &self.plan;
        let stages: Vec<_> = plan
            .stages
            .iter()
            .map(|stage| {
                json!({ "name": stage.name, "shape": stage.shape, "n_units": stage.n_units, "bytes": stage.bytes,
                    "placement": self.place(stage.placement), "seconds": stage.share_of_work * self.seconds })
            })
            .collect();
        json!({ "n_stimuli": plan.n_stimuli, "batch_size": plan.batch_size, "resident_bytes": plan.streaming_bytes,
            "bytes": plan.total_bytes(), "seconds": self.seconds, "stages": stages })
    }

    /// A row for each stage and a line for all.
    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let plan = &self.plan;
        let mut table = Table::new(&[
            ("stage", Align::Left),
            ("output", Align::Right),
            ("units", Align::Right),
            ("bytes", Align::Right),
            ("where", Align::Left),
            ("seconds", Align::Right),
        ]);
        for stage in &plan.stages {
            table.row(vec![
                stage.name.clone(),
                stage.shape.iter().map(usize::to_string).collect::<Vec<_>>().join("×"),
                stage.n_units.to_string(),
                show_bytes(stage.bytes),
                self.place(stage.placement).to_owned(),
                format!("{:.1}", stage.share_of_work * self.seconds),
            ]);
        }
        table.write(out)?;
        writeln!(
            out,
            "\n{} stimuli, {} at a time: {} of responses, up to {} resident while they are recorded, about {:.0} s (timed on one batch, shared \
             out by arithmetic)",
            plan.n_stimuli,
            plan.batch_size,
            show_bytes(plan.total_bytes()),
            show_bytes(plan.streaming_bytes),
            self.seconds
        )
    }

    fn place(&self, placement: Placement) -> &'static str {
        match (self.destination, placement) {
            (Destination::Kept, _) => "disk",
            (Destination::Passing, Placement::Resident) => "memory",
            (Destination::Passing, Placement::Spilled) => "scratch file",
        }
    }
}
