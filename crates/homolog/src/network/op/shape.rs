//! The same numbers in another shape or order.

use std::sync::Arc;

use super::attributes::{NodeAttributes, ints_from};
use super::{Attribute, OpError, Operator};

/// What a 0 in the wanted shape of [`Reshape`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroSize {
    /// The input's size at the same place (ONNX's default).
    Copied,
    /// An axis of size 0 (`allowzero`).
    Empty,
}

/// Another shape with the same number of elements: inputs `data`, constant `shape` (one -1 is worked out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reshape {
    /// What a 0 in the wanted shape stands for.
    pub zero: ZeroSize,
}

impl Reshape {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let is_empty = attributes.switch_or("allowzero", false)?;
        Ok(Arc::new(Self {
            zero: if is_empty {
                ZeroSize::Empty
            } else {
                ZeroSize::Copied
            },
        }))
    }
}

impl Operator for Reshape {
    fn kind(&self) -> &'static str {
        "Reshape"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![(
            "allowzero",
            Attribute::Int(i64::from(self.zero == ZeroSize::Empty)),
        )]
    }
}

/// Two axes: those before `axis` in one, the others in the other: input `input`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten {
    /// First axis of the second group; negative counts from the last.
    pub axis: i64,
}

impl Flatten {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self {
            axis: attributes.int_or("axis", 1)?,
        }))
    }
}

impl Operator for Flatten {
    fn kind(&self) -> &'static str {
        "Flatten"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}

/// The axes in another order: input `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transpose {
    /// For each axis of the output, the axis of the input; `None` reverses them.
    pub permutation: Option<Vec<usize>>,
}

impl Transpose {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let permutation = if attributes.has("perm") {
            Some(attributes.counts("perm", 0)?)
        } else {
            None
        };
        Ok(Arc::new(Self { permutation }))
    }
}

impl Operator for Transpose {
    fn kind(&self) -> &'static str {
        "Transpose"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.permutation
            .iter()
            .map(|permutation| ("perm", ints_from(permutation)))
            .collect()
    }
}

/// Without axes of size 1: inputs `data`, optional constant `axes` (all of size 1 when absent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Squeeze;

impl Squeeze {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Squeeze {
    fn kind(&self) -> &'static str {
        "Squeeze"
    }
}

/// With further axes of size 1: inputs `data`, constant `axes` (places in the output).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsqueeze;

impl Unsqueeze {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Unsqueeze {
    fn kind(&self) -> &'static str {
        "Unsqueeze"
    }
}

/// Broadcast to a larger shape: inputs `input`, constant `shape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expand;

impl Expand {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Expand {
    fn kind(&self) -> &'static str {
        "Expand"
    }
}

/// Repeated along its axes: inputs `input`, constant `repeats` (one number an axis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile;

impl Tile {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Tile {
    fn kind(&self) -> &'static str {
        "Tile"
    }
}
