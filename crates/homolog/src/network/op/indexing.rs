//! Parts of a value, and values joined.

use std::sync::Arc;

use super::attributes::{NodeAttributes, int_from};
use super::{Attribute, OpError, Operator};

/// Values one after another along an axis: any number of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// The axis; negative counts from the last.
    pub axis: i64,
}

impl Concat {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self {
            axis: attributes.int("axis")?,
        }))
    }
}

impl Operator for Concat {
    fn kind(&self) -> &'static str {
        "Concat"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}

/// A value cut into parts along an axis: inputs `input`, optional constant `split` (the parts' sizes). One output a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// The axis; negative counts from the last.
    pub axis: i64,
    /// Number of parts, where `split` is absent: all of ceil(size / parts) but the last.
    pub n_outputs: Option<usize>,
}

impl Split {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let n_outputs = if attributes.has("num_outputs") {
            Some(attributes.count_or("num_outputs", 1)?)
        } else {
            None
        };
        Ok(Arc::new(Self {
            axis: attributes.int_or("axis", 0)?,
            n_outputs,
        }))
    }
}

impl Operator for Split {
    fn kind(&self) -> &'static str {
        "Split"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = vec![("axis", Attribute::Int(self.axis))];
        attributes.extend(
            self.n_outputs
                .map(|n_outputs| ("num_outputs", int_from(n_outputs))),
        );
        attributes
    }
}

/// A range of positions along some axes: inputs `data`, constant `starts`, `ends`, optional `axes`, `steps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice;

impl Slice {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Slice {
    fn kind(&self) -> &'static str {
        "Slice"
    }
}

/// Positions of an axis by index: inputs `data`, `indices` (integers of any shape, which replaces the axis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// The axis; negative counts from the last.
    pub axis: i64,
}

impl Gather {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self {
            axis: attributes.int_or("axis", 0)?,
        }))
    }
}

impl Operator for Gather {
    fn kind(&self) -> &'static str {
        "Gather"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}

/// One element for each index, the other axes' positions being the index's own: inputs `data`, `indices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatherElements {
    /// The axis; negative counts from the last.
    pub axis: i64,
}

impl GatherElements {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self {
            axis: attributes.int_or("axis", 0)?,
        }))
    }
}

impl Operator for GatherElements {
    fn kind(&self) -> &'static str {
        "GatherElements"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}
