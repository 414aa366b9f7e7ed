//! Channels spread over space, and space gathered into channels.

use std::sync::Arc;

use super::attributes::{NodeAttributes, int_from};
use super::{Attribute, Call, Fact, Inputs, OpError, Operator};
use crate::network::value::Value;

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
        Ok(Arc::new(Self { block: attributes.count_or("blocksize", 1)?, order }))
    }
}

impl Operator for DepthToSpace {
    fn kind(&self) -> &'static str {
        "DepthToSpace"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let area = self.block * self.block;
        match inputs.float(0)?.shape.as_slice() {
            [batch, channels, height, width] if channels % area == 0 => {
                Ok(vec![Fact::float(vec![*batch, channels / area, height * self.block, width * self.block])])
            }
            _ => Err(inputs
                .refuse(format!("homolog needs (batch, channel, height, width) with a multiple of {area} channels"))),
        }
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let [batch, channels, height, width] = x.clone().into_rank::<4>().dims();
        let depth = channels / (self.block * self.block);
        let (split, order) = match self.order {
            BlockOrder::DepthLast => ([batch, self.block, self.block, depth, height, width], [0, 3, 4, 1, 5, 2]),
            BlockOrder::DepthFirst => ([batch, depth, self.block, self.block, height, width], [0, 1, 4, 2, 5, 3]),
        };
        Ok(vec![Value::Float(x.reshape(&split).permute(&order).reshape(call.output_shape()))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mode = if self.order == BlockOrder::DepthLast { "DCR" } else { "CRD" };
        vec![("blocksize", int_from(self.block)), ("mode", Attribute::Text(mode.to_owned()))]
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
        Ok(Arc::new(Self { block: attributes.count_or("blocksize", 1)? }))
    }
}

impl Operator for SpaceToDepth {
    fn kind(&self) -> &'static str {
        "SpaceToDepth"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let block = self.block;
        match inputs.float(0)?.shape.as_slice() {
            [batch, channels, height, width] if height % block == 0 && width % block == 0 => {
                Ok(vec![Fact::float(vec![*batch, channels * block * block, height / block, width / block])])
            }
            _ => Err(inputs.refuse(format!("homolog needs (batch, channel, height, width) in blocks of {block}"))),
        }
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let x = call.float(0)?;
        let [batch, channels, height, width] = x.clone().into_rank::<4>().dims();
        let block = self.block;
        let split = [batch, channels, height / block, block, width / block, block];
        Ok(vec![Value::Float(x.reshape(&split).permute(&[0, 3, 5, 1, 2, 4]).reshape(call.output_shape()))])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("blocksize", int_from(self.block))]
    }
}
