//! Convolution and its transpose, over one or two spatial axes.

use std::sync::Arc;

use burn::tensor::module::{conv_transpose1d, conv_transpose2d, conv1d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use super::attributes::{NodeAttributes, int_from, ints_from};
use super::host::{self, Convolution, Division};
use super::pooling::Rounding;
use super::window::{AxisWindow, Window, WindowAttributes};
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::value::{Ranked, Value};

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
                    return Err(attributes.refuse("pads", "it must have one number for each side of each axis"));
                }
                let (before, after) = pads.split_at(pads.len() / 2);
                Ok(Self::Explicit(before.iter().zip(after).map(|(before, after)| [*before, *after]).collect()))
            }
            "SAME_UPPER" => Ok(Self::SameUpper),
            "SAME_LOWER" => Ok(Self::SameLower),
            "VALID" => Ok(Self::Valid),
            _ => Err(attributes.refuse("auto_pad", "homolog has NOTSET, SAME_UPPER, SAME_LOWER and VALID")),
        }
    }

    /// The attributes `auto_pad` or `pads`.
    pub(crate) fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let auto_pad = |text: &str| vec![("auto_pad", Attribute::Text(text.to_owned()))];
        match self {
            Self::Explicit(sides) if sides.is_empty() => Vec::new(),
            Self::Explicit(sides) => {
                let pads: Vec<usize> =
                    sides.iter().map(|side| side[0]).chain(sides.iter().map(|side| side[1])).collect();
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

/// From so many filters in a group on, our own convolution on the processor is faster than the engine's.
const FILTERS_FOR_HOST: usize = 4;

impl Conv {
    /// A convolution over two spatial axes with the same stride and padding along both.
    pub fn square(stride: usize, padding: usize) -> Self {
        Self { padding: Padding::square(padding), strides: vec![stride; 2], dilations: vec![1; 2], groups: 1 }
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

impl Conv {
    /// The output by our own convolution; `None` where the engine's is to be used: for filters that each see one channel
    /// it is the faster one, and it alone has gradients with respect to filters and runs on other devices.
    fn on_host(&self, window: [AxisWindow; 2], call: &mut Call<'_>) -> Option<Value> {
        let facts = call.facts();
        let known = |index: usize| facts.optional(index).and_then(|fact| fact.constant.as_ref());
        let (weight, bias) = (known(1)?, known(2).and_then(|bias| bias.floats()));
        let filters_in_order = weight.floats()?;
        let is_bias_unknown = facts.optional(2).is_some() && bias.is_none();
        let (input, output) = (&facts.optional(0)?.shape, call.output_shape());
        let ([_, channels, height, width], [_, filters, out_height, out_width]) = (input.as_slice(), output) else {
            return None;
        };
        if is_bias_unknown || filters / self.groups < FILTERS_FOR_HOST {
            return None;
        }
        let convolution = Convolution {
            channels: *channels,
            input: [*height, *width],
            filters: *filters,
            groups: self.groups,
            output: [*out_height, *out_width],
            window,
        };
        if let Some(data) = call.taped(0) {
            return Some(Value::Float(host::convolve_taped(data, weight, bias, &convolution, output)));
        }
        let data = call.plain_elements(0)?;
        let convolved = host::convolve(&data, filters_in_order, bias, &convolution, Division::Images);
        Some(Value::Float(Ranked::from_elements(output, convolved, call.device)))
    }

    fn window(&self, inputs: &Inputs<'_>) -> Result<Window, OpError> {
        let (data, weight) = (inputs.spatial(0)?, inputs.spatial(1)?);
        let attributes = WindowAttributes {
            kernel: weight.shape.get(2..).unwrap_or(&[]),
            strides: &self.strides,
            dilations: &self.dilations,
            padding: &self.padding,
        };
        Window::new(attributes, data.shape.get(2..).unwrap_or(&[]), inputs)
    }
}

/// Channels and spatial sizes of (batch, channel, space…).
fn split(shape: &[usize]) -> Option<(usize, &[usize])> {
    match shape {
        [_, channels, sizes @ ..] => Some((*channels, sizes)),
        _ => None,
    }
}

fn batch(shape: &[usize]) -> usize {
    shape.first().copied().unwrap_or(1)
}

fn check_bias(inputs: &Inputs<'_>, filters: usize) -> Result<(), OpError> {
    match inputs.optional(2) {
        Some(bias) if bias.shape != [filters] => Err(inputs.refuse(format!("the bias needs {filters} numbers"))),
        _ => Ok(()),
    }
}

/// The attributes `strides` and `dilations`, left out where empty.
pub(crate) fn window_attributes(strides: &[usize], dilations: &[usize]) -> Vec<(&'static str, Attribute)> {
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

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=3)?;
        let data = inputs.spatial(0)?;
        let weight = inputs.spatial(1)?;
        let (Some((channels, sizes)), [filters, per_group, ..]) = (split(&data.shape), weight.shape.as_slice()) else {
            return Err(inputs.refuse("homolog needs an input and filters with channels and space"));
        };
        if channels != per_group * self.groups || filters % self.groups != 0 {
            return Err(inputs.refuse(format!(
                "{filters} filters over {per_group} channels in {} groups need {} channels",
                self.groups,
                per_group * self.groups
            )));
        }
        check_bias(&inputs, *filters)?;
        let window = self.window(&inputs)?;
        let mut shape = vec![batch(&data.shape), *filters];
        shape.extend(window.output(sizes, Rounding::Floor, &inputs)?);
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let window = self.window(&call.facts())?;
        if let [height, width] = window.axes()
            && let Some(output) = self.on_host([*height, *width], &mut call)
        {
            return Ok(vec![output]);
        }
        let (data, weight, bias) = (call.float(0)?, call.float(1)?, call.optional_float(2)?);
        let bias = bias.map(Ranked::into_rank::<1>);
        let output = match window.axes() {
            [axis] => {
                let options =
                    ConvOptions::new_with_padding([axis.stride], [axis.padding], [axis.dilation], self.groups);
                Ranked::R3(conv1d(data.into_rank(), weight.into_rank(), bias, options))
            }
            [height, width] => {
                let options = ConvOptions::new_with_padding(
                    [height.stride, width.stride],
                    [height.padding, width.padding],
                    [height.dilation, width.dilation],
                    self.groups,
                );
                Ranked::R4(conv2d(data.into_rank(), weight.into_rank(), bias, options))
            }
            _ => return Err(call.refuse("homolog has one and two spatial axes")),
        };
        Ok(vec![Value::Float(output)])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        match Inputs::new(self.kind(), inputs, 2..=3).and_then(|inputs| self.window(&inputs)) {
            Ok(window) if index == 0 => window.reach(),
            _ => Reach::Global,
        }
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
            return Err(attributes.refuse("output_shape", "homolog takes the size from pads and output_padding"));
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

/// A transposed window along one axis.
#[derive(Clone, Copy, Debug)]
struct TransposedAxis {
    size: usize,
    extent: usize,
    stride: usize,
    dilation: usize,
    /// Positions added after the end.
    added: usize,
    /// Positions cut before the first and after the last.
    cut: (usize, usize),
}

impl TransposedAxis {
    fn n_full(&self) -> usize {
        self.stride * self.size.saturating_sub(1) + self.extent + self.added
    }

    fn n_outputs(&self, inputs: &Inputs<'_>) -> Result<usize, OpError> {
        self.n_full()
            .checked_sub(self.cut.0 + self.cut.1)
            .filter(|n| *n > 0)
            .ok_or_else(|| inputs.refuse("the padding must leave something of the output"))
    }
}

impl ConvTranspose {
    fn axes(&self, kernel: &[usize], sizes: &[usize], inputs: &Inputs<'_>) -> Result<Vec<TransposedAxis>, OpError> {
        let n_axes = sizes.len();
        let n_sides = if let Padding::Explicit(sides) = &self.padding { sides.len() } else { 0 };
        let lengths = [self.strides.len(), self.dilations.len(), self.output_padding.len(), n_sides];
        if lengths.iter().any(|length| *length != 0 && *length != n_axes) {
            return Err(inputs.refuse(format!("strides, dilations and padding need {n_axes} axes")));
        }
        let axes = kernel.iter().zip(sizes).enumerate().map(|(axis, (kernel, size))| {
            let stride = self.strides.get(axis).copied().unwrap_or(1);
            let dilation = self.dilations.get(axis).copied().unwrap_or(1);
            let added = self.output_padding.get(axis).copied().unwrap_or(0);
            let extent = dilation * kernel.saturating_sub(1) + 1;
            let mut result = TransposedAxis { size: *size, extent, stride, dilation, added, cut: (0, 0) };
            let surplus = result.n_full().saturating_sub(size * stride);
            result.cut = match &self.padding {
                Padding::Explicit(sides) => sides.get(axis).map_or((0, 0), |side| (side[0], side[1])),
                Padding::SameUpper => (surplus / 2, surplus - surplus / 2),
                Padding::SameLower => (surplus - surplus / 2, surplus / 2),
                Padding::Valid => (0, 0),
            };
            result
        });
        Ok(axes.collect())
    }
}

impl Operator for ConvTranspose {
    fn kind(&self) -> &'static str {
        "ConvTranspose"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=3)?;
        let data = inputs.spatial(0)?;
        let weight = inputs.spatial(1)?;
        let (Some((channels, sizes)), [in_channels, per_group, kernel @ ..]) =
            (split(&data.shape), weight.shape.as_slice())
        else {
            return Err(inputs.refuse("homolog needs an input and filters with channels and space"));
        };
        if channels != *in_channels || channels % self.groups != 0 || kernel.len() != sizes.len() {
            return Err(inputs.refuse(format!("the filters need {in_channels} channels in {} groups", self.groups)));
        }
        check_bias(&inputs, per_group * self.groups)?;
        let mut shape = vec![batch(&data.shape), per_group * self.groups];
        for axis in self.axes(kernel, sizes, &inputs)? {
            shape.push(axis.n_outputs(&inputs)?);
        }
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let inputs = call.facts();
        let (data_shape, weight_shape) = (&inputs.fact(0)?.shape, &inputs.fact(1)?.shape);
        let (sizes, kernel) = (data_shape.get(2..).unwrap_or(&[]), weight_shape.get(2..).unwrap_or(&[]));
        let axes = self.axes(kernel, sizes, &inputs)?;
        let (data, weight, bias) = (call.float(0)?, call.float(1)?, call.optional_float(2)?);
        let bias = bias.map(Ranked::into_rank::<1>);
        // The engine cuts equally on both sides; so nothing is cut there, and each side is cut here.
        let full = match axes.as_slice() {
            [axis] => {
                let options = ConvTransposeOptions::new([axis.stride], [0], [axis.added], [axis.dilation], self.groups);
                Ranked::R3(conv_transpose1d(data.into_rank(), weight.into_rank(), bias, options))
            }
            [height, width] => {
                let options = ConvTransposeOptions::new(
                    [height.stride, width.stride],
                    [0, 0],
                    [height.added, width.added],
                    [height.dilation, width.dilation],
                    self.groups,
                );
                Ranked::R4(conv_transpose2d(data.into_rank(), weight.into_rank(), bias, options))
            }
            _ => return Err(call.refuse("homolog has one and two spatial axes")),
        };
        let output = axes.iter().enumerate().try_fold(full, |full, (place, axis)| {
            Ok::<_, OpError>(full.narrow(place + 2, axis.cut.0, axis.n_outputs(&inputs)?))
        })?;
        Ok(vec![Value::Float(output)])
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
