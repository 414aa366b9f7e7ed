//! Networks: from a file or a builder to something that runs.
//!
//! | stage | type | file |
//! |---|---|---|
//! | as read or built | [`graph::Graph`] | `graph.rs`, `builder.rs`, `onnx/`, `zoo/` |
//! | checked: every value has a shape and a type | [`checked::Network`] | `checked.rs` |
//! | for one batch size: constants folded | [`plan::Plan`] | `plan.rs` |
//! | running | [`engine::Engine`] | `engine/` |

pub mod builder;
pub mod channels;
pub mod checked;
pub mod engine;
pub mod error;
pub mod graph;
pub mod onnx;
pub mod op;
pub mod plan;
pub mod readout;
pub mod receptive_field;
pub mod scaled;
mod select;
pub mod tensor;
pub mod value;
pub mod weights;
pub mod working_set;
pub mod zoo;

/// The version of ONNX's operator set whose operators [`op`] holds: older files are converted to it on reading, and
/// graphs are written in it.
pub const ONNX_OPSET: i64 = 20;
