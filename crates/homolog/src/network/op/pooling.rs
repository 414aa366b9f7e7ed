//! Pooling over windows of one or two spatial axes, and over all of space.

use std::sync::Arc;

use super::attributes::{NodeAttributes, ints_from};
use super::convolution::{Padding, window_attributes};
use super::{Attribute, OpError, Operator};

/// What happens to a last window that reaches beyond the padded input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// It is dropped.
    Floor,
    /// It is kept, clipped to the input (`ceil_mode`); one that starts beyond input and padding is dropped, as PyTorch
    /// and ONNX Runtime do.
    Ceil,
}

impl Rounding {
    fn read(attributes: &NodeAttributes) -> Result<Self, OpError> {
        Ok(if attributes.switch_or("ceil_mode", false)? {
            Self::Ceil
        } else {
            Self::Floor
        })
    }

    fn attribute(self) -> (&'static str, Attribute) {
        ("ceil_mode", Attribute::Int(i64::from(self == Self::Ceil)))
    }
}

/// The largest value in each window: input `X` (batch, channel, space…).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaxPool {
    /// Extent of the window along each spatial axis.
    pub kernel: Vec<usize>,
    /// Input positions between neighbouring windows; empty stands for 1 everywhere.
    pub strides: Vec<usize>,
    /// Positions around the input, never the largest.
    pub padding: Padding,
    /// Input positions between neighbouring taps of a window; empty stands for 1 everywhere.
    pub dilations: Vec<usize>,
    /// Whether a last, partial window counts.
    pub rounding: Rounding,
}

impl MaxPool {
    /// A square window over two spatial axes.
    pub fn square(kernel: usize, stride: usize, padding: usize, rounding: Rounding) -> Self {
        Self {
            kernel: vec![kernel; 2],
            strides: vec![stride; 2],
            padding: Padding::square(padding),
            dilations: vec![1; 2],
            rounding,
        }
    }

    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.int_or("storage_order", 0)? != 0 {
            return Err(attributes.refuse("storage_order", "homolog has 0 (row-major)"));
        }
        Ok(Arc::new(Self {
            kernel: kernel(attributes)?,
            strides: attributes.counts("strides", 1)?,
            padding: Padding::read(attributes)?,
            dilations: attributes.counts("dilations", 1)?,
            rounding: Rounding::read(attributes)?,
        }))
    }
}

fn kernel(attributes: &NodeAttributes) -> Result<Vec<usize>, OpError> {
    let kernel = attributes.counts("kernel_shape", 1)?;
    if kernel.is_empty() {
        return Err(attributes.refuse(
            "kernel_shape",
            "it must give the window's extent along each spatial axis",
        ));
    }
    Ok(kernel)
}

impl Operator for MaxPool {
    fn kind(&self) -> &'static str {
        "MaxPool"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = vec![
            ("kernel_shape", ints_from(&self.kernel)),
            self.rounding.attribute(),
        ];
        attributes.extend(self.padding.attributes());
        attributes.extend(window_attributes(&self.strides, &self.dilations));
        attributes
    }
}

/// What a window's mean is divided by where it reaches into the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaddingInMean {
    /// The number of input positions in the window (ONNX's default).
    Excluded,
    /// The number of positions of input and padding in the window (PyTorch's default).
    Included,
}

/// The mean of each window: input `X` (batch, channel, space…).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AveragePool {
    /// Extent of the window along each spatial axis.
    pub kernel: Vec<usize>,
    /// Input positions between neighbouring windows; empty stands for 1 everywhere.
    pub strides: Vec<usize>,
    /// Positions around the input, with value 0.
    pub padding: Padding,
    /// Input positions between neighbouring taps of a window; empty stands for 1 everywhere.
    pub dilations: Vec<usize>,
    /// Whether a last, partial window counts.
    pub rounding: Rounding,
    /// Whether the padding is counted in the mean.
    pub padding_in_mean: PaddingInMean,
}

impl AveragePool {
    /// A square window over two spatial axes.
    pub fn square(
        kernel: usize,
        stride: usize,
        padding: usize,
        padding_in_mean: PaddingInMean,
    ) -> Self {
        Self {
            kernel: vec![kernel; 2],
            strides: vec![stride; 2],
            padding: Padding::square(padding),
            dilations: vec![1; 2],
            rounding: Rounding::Floor,
            padding_in_mean,
        }
    }

    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let is_included = attributes.switch_or("count_include_pad", false)?;
        Ok(Arc::new(Self {
            kernel: kernel(attributes)?,
            strides: attributes.counts("strides", 1)?,
            padding: Padding::read(attributes)?,
            dilations: attributes.counts("dilations", 1)?,
            rounding: Rounding::read(attributes)?,
            padding_in_mean: if is_included {
                PaddingInMean::Included
            } else {
                PaddingInMean::Excluded
            },
        }))
    }
}

impl Operator for AveragePool {
    fn kind(&self) -> &'static str {
        "AveragePool"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let is_included = self.padding_in_mean == PaddingInMean::Included;
        let mut attributes = vec![
            ("kernel_shape", ints_from(&self.kernel)),
            self.rounding.attribute(),
            ("count_include_pad", Attribute::Int(i64::from(is_included))),
        ];
        attributes.extend(self.padding.attributes());
        attributes.extend(window_attributes(&self.strides, &self.dilations));
        attributes
    }
}

/// One number for each channel from all spatial positions: input `X` (batch, channel, space…), output with spatial
/// sizes 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalPool {
    /// The mean (`GlobalAveragePool`).
    Average,
    /// The largest (`GlobalMaxPool`).
    Max,
}

impl GlobalPool {
    /// Reads a `GlobalAveragePool`.
    pub(crate) fn read_average(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Average))
    }

    /// Reads a `GlobalMaxPool`.
    pub(crate) fn read_max(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self::Max))
    }
}

impl Operator for GlobalPool {
    fn kind(&self) -> &'static str {
        match self {
            Self::Average => "GlobalAveragePool",
            Self::Max => "GlobalMaxPool",
        }
    }
}
