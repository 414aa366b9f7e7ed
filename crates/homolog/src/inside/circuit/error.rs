//! What can stop a circuit from being read.

use crate::inside::InsideError;
use crate::network::engine::EngineError;
use crate::network::error::GraphError;
use crate::network::op::OpError;

/// Why there are no weights between two stages.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// A text that is no unit.
    #[error("cannot read the unit \"{text}\": it needs a stage and a channel, as in features.10:12")]
    Unreadable {
        /// What the user wrote.
        text: String,
    },
    /// The network has no such stage, or does not fit together.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The gradient could not be computed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Images could not be run through the network.
    #[error(transparent)]
    Inside(#[from] InsideError),
    /// A channel that the stage does not have.
    #[error("there is no channel {channel} in \"{stage}\", which has {n} (0 to {})", n.saturating_sub(1))]
    NoChannel {
        /// The stage.
        stage: String,
        /// The channel asked for.
        channel: usize,
        /// How many there are.
        n: usize,
    },
    /// A stage whose units are not channels at positions.
    #[error(
        "cannot expand weights of \"{stage}\", whose shape is {shape:?}: homolog expands between stages of (channel, height, width), (token, channel) and flat ones"
    )]
    Layout {
        /// The stage.
        stage: String,
        /// Its shape for one image.
        shape: Vec<usize>,
    },
    /// The later stage does not read the earlier one.
    #[error(
        "\"{to}\" does not depend on \"{from}\": there are no weights between them. Choose an earlier stage than \"{to}\""
    )]
    NoPath {
        /// The earlier stage.
        from: String,
        /// The later stage.
        to: String,
    },
    /// An operator between the two that no constant weights can stand for.
    #[error(
        "cannot expand weights from \"{from}\" to \"{to}\": node \"{node}\" ({operator}) lies between, and {because}. Choose two stages on the same side of it"
    )]
    NotLinear {
        /// The earlier stage.
        from: String,
        /// The later stage.
        to: String,
        /// The node.
        node: String,
        /// ONNX name of its operator.
        operator: &'static str,
        /// Why it has no weights.
        because: &'static str,
    },
    /// The average that stands for a pool cannot be made.
    #[error("cannot expand weights through node \"{node}\" (MaxPool)")]
    Pool {
        /// The node.
        node: String,
        /// What is in the way.
        #[source]
        source: OpError,
    },
    /// A number that cannot be.
    #[error("cannot draw a circuit with {what} {found}: {needed}")]
    Setting {
        /// Which.
        what: &'static str,
        /// Its value.
        found: usize,
        /// What it must be.
        needed: &'static str,
    },
    /// No stage is left to look at.
    #[error(
        "cannot find {wanted} stages before \"{stage}\" to expand its weights to: there are {found}. Ask for a smaller --depth, or name them with --through"
    )]
    TooDeep {
        /// The unit's stage.
        stage: String,
        /// How many were asked for.
        wanted: usize,
        /// How many there are.
        found: usize,
    },
}
