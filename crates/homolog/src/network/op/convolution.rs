//! Convolution and its transpose, over one or two spatial axes.

use std::sync::Arc;

use super::attributes::{NodeAttributes, int_from, ints_from};
use super::{Attribute, OpError, Operator};

/// What is added around the spatial axes before a window slides over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// Positions before and after each spatial axis, `[before, after]`; empty stands for none anywhere.
    Explicit(Vec<[usize; 2]>),
    /// So much that the output has ceil(input / stride) positions, the odd one after (TensorFlow's `SAME`).
    SameUpper,
    /// So much that the output has ceil(input / stride) positions, the odd one before.
    SameLower,
    /// None.
    Valid,
}

impl Padding {
    /// No padding.
    pub const NONE: Self = Self::Explicit(Vec::new());

    /// The same number of positions on all four sides of two spatial axes.
    pub fn square(positions: usize) -> Self {
        Self::Explicit(vec![[positions; 2]; 2])
    }

    /// Reads `auto_pad` and `pads`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Self, OpError> {
        match attributes.text_or("auto_pad", "NOTSET")? {
            "NOTSET" | "" => {
                let pads = attributes.counts("pads", 0)?;
                if pads.len() % 2 != 0 {
                    return Err(attributes
                        .refuse("pads", "it must have one number for each side of each axis"));
                }
                let (before, after) = pads.split_at(pads.len() / 2);
                Ok(Self::Explicit(
                    before
                        .iter()
                        .zip(after)
                        .map(|(before, after)| [*before, *after])
                        .collect(),
                ))
            }
            "SAME_UPPER" => Ok(Self::SameUpper),
            "SAME_LOWER" => Ok(Self::SameLower),
            "VALID" => Ok(Self::Valid),
            _ => Err(attributes.refuse(
                "auto_pad",
                "homolog has NOTSET, SAME_UPPER, SAME_LOWER and VALID",
            )),
        }
    }

    /// The attributes `auto_pad` or `pads`.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let auto_pad = |text: &str| vec![("auto_pad", Attribute::Text(text.to_owned()))];
        match self {
            Self::Explicit(sides) if sides.is_empty() => Vec::new(),
            Self::Explicit(sides) => {
                let pads: Vec<usize> = sides
                    .iter()
                    .map(|side| side[0])
                    .chain(sides.iter().map(|side| side[1]))
                    .collect();
                vec![("pads", ints_from(&pads))]
            }
            Self::SameUpper => auto_pad("SAME_UPPER"),
            Self::SameLower => auto_pad("SAME_LOWER"),
            Self::Valid => auto_pad("VALID"),
        }
    }
}

/// Cross-correlation with learned filters (what networks call convolution): inputs `X` (batch, channel, space…),
/// `W` (filter, channel / groups, space…), optional `B` (filter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conv {
    /// Padding with zeros.
    pub padding: Padding,
    /// Input positions between neighbouring outputs, for each spatial axis; empty stands for 1 everywhere.
    pub strides: Vec<usize>,
    /// Input positions between neighbouring taps of a filter; empty stands for 1 everywhere.
    pub dilations: Vec<usize>,
    /// Number of groups into which channels and filters are split.
    pub groups: usize,
}

impl Conv {
    /// A convolution over two spatial axes with the same stride and padding along both.
    pub fn square(stride: usize, padding: usize) -> Self {
        Self {
            padding: Padding::square(padding),
            strides: vec![stride; 2],
            dilations: vec![1; 2],
            groups: 1,
        }
    }

    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self {
            padding: Padding::read(attributes)?,
            strides: attributes.counts("strides", 1)?,
            dilations: attributes.counts("dilations", 1)?,
            groups: attributes.count_or("group", 1)?,
        }))
    }
}

/// The attributes `strides` and `dilations`, left out where empty.
pub(crate) fn window_attributes(
    strides: &[usize],
    dilations: &[usize],
) -> Vec<(&'static str, Attribute)> {
    let mut attributes = Vec::new();
    if !strides.is_empty() {
        attributes.push(("strides", ints_from(strides)));
    }
    if !dilations.is_empty() {
        attributes.push(("dilations", ints_from(dilations)));
    }
    attributes
}

impl Operator for Conv {
    fn kind(&self) -> &'static str {
        "Conv"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = self.padding.attributes();
        attributes.extend(window_attributes(&self.strides, &self.dilations));
        attributes.push(("group", int_from(self.groups)));
        attributes
    }
}

/// The transpose of [`Conv`] (sometimes called deconvolution): inputs `X` (batch, channel, space…),
/// `W` (channel, filter / groups, space…), optional `B` (filter).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvTranspose {
    /// Positions cut from the output, before and after each spatial axis; empty stands for none.
    pub padding: Padding,
    /// Output positions between neighbouring inputs; empty stands for 1 everywhere.
    pub strides: Vec<usize>,
    /// Output positions between neighbouring taps of a filter; empty stands for 1 everywhere.
    pub dilations: Vec<usize>,
    /// Number of groups into which channels and filters are split.
    pub groups: usize,
    /// Positions added after the end of each spatial axis of the output; empty stands for none.
    pub output_padding: Vec<usize>,
}

impl ConvTranspose {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.has("output_shape") {
            return Err(attributes.refuse(
                "output_shape",
                "homolog takes the size from pads and output_padding",
            ));
        }
        Ok(Arc::new(Self {
            padding: Padding::read(attributes)?,
            strides: attributes.counts("strides", 1)?,
            dilations: attributes.counts("dilations", 1)?,
            groups: attributes.count_or("group", 1)?,
            output_padding: attributes.counts("output_padding", 0)?,
        }))
    }
}

impl Operator for ConvTranspose {
    fn kind(&self) -> &'static str {
        "ConvTranspose"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = self.padding.attributes();
        attributes.extend(window_attributes(&self.strides, &self.dilations));
        attributes.push(("group", int_from(self.groups)));
        if !self.output_padding.is_empty() {
            attributes.push(("output_padding", ints_from(&self.output_padding)));
        }
        attributes
    }
}
