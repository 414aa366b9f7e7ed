//! Positions added around a value.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, OpError, Operator};

/// What the added positions hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadMode {
    /// One number.
    Constant,
    /// The value mirrored at its edge, without repeating the edge.
    Reflect,
    /// The value's edge.
    Edge,
}

/// Positions added before and after each axis: inputs `data`, constant `pads` (all befores, then all afters; negative
/// ones cut), optional scalar `constant_value`, optional constant `axes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// What the added positions hold.
    pub mode: PadMode,
}

impl Pad {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let mode = match attributes.text_or("mode", "constant")? {
            "constant" => PadMode::Constant,
            "reflect" => PadMode::Reflect,
            "edge" => PadMode::Edge,
            _ => return Err(attributes.refuse("mode", "homolog has constant, reflect and edge")),
        };
        Ok(Arc::new(Self { mode }))
    }
}

impl Operator for Pad {
    fn kind(&self) -> &'static str {
        "Pad"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let text = match self.mode {
            PadMode::Constant => "constant",
            PadMode::Reflect => "reflect",
            PadMode::Edge => "edge",
        };
        vec![("mode", Attribute::Text(text.to_owned()))]
    }
}
