//! Channels spread over space, and space gathered into channels.

use std::sync::Arc;

use super::attributes::{NodeAttributes, int_from};
use super::{Attribute, OpError, Operator};

/// How the channels of a block are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockOrder {
    /// Depth, column, row: the place in the block is the outer index (ONNX's default).
    DepthLast,
    /// Column, row, depth: the place in the block is the inner index (PyTorch's pixel shuffle).
    DepthFirst,
}

/// Channels spread over blocks of space: input (batch, channel, height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthToSpace {
    /// Positions along each side of a block.
    pub block: usize,
    /// How the channels of a block are ordered.
    pub order: BlockOrder,
}

impl DepthToSpace {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        attributes.int("blocksize")?;
        let order = match attributes.text_or("mode", "DCR")? {
            "DCR" => BlockOrder::DepthLast,
            "CRD" => BlockOrder::DepthFirst,
            _ => return Err(attributes.refuse("mode", "homolog has DCR and CRD")),
        };
        Ok(Arc::new(Self {
            block: attributes.count_or("blocksize", 1)?,
            order,
        }))
    }
}

impl Operator for DepthToSpace {
    fn kind(&self) -> &'static str {
        "DepthToSpace"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mode = if self.order == BlockOrder::DepthLast {
            "DCR"
        } else {
            "CRD"
        };
        vec![
            ("blocksize", int_from(self.block)),
            ("mode", Attribute::Text(mode.to_owned())),
        ]
    }
}

/// Blocks of space gathered into channels: input (batch, channel, height, width).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceToDepth {
    /// Positions along each side of a block.
    pub block: usize,
}

impl SpaceToDepth {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        attributes.int("blocksize")?;
        Ok(Arc::new(Self {
            block: attributes.count_or("blocksize", 1)?,
        }))
    }
}

impl Operator for SpaceToDepth {
    fn kind(&self) -> &'static str {
        "SpaceToDepth"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("blocksize", int_from(self.block))]
    }
}
