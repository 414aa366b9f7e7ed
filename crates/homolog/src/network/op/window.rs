//! Windows that slide over spatial axes: what convolution and pooling have in common.

use super::convolution::Padding;
use super::inputs::axis_from_first;
use super::pooling::Rounding;
use super::{Fact, Inputs, OpError, Reach};

/// A window along every spatial axis of one input, with its padding worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// One entry for each spatial axis.
    axes: Vec<AxisWindow>,
}

/// A window along one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AxisWindow {
    /// Number of taps.
    pub(crate) kernel: usize,
    /// Input positions between neighbouring outputs.
    pub(crate) stride: usize,
    /// Input positions between neighbouring taps.
    pub(crate) dilation: usize,
    /// Positions added before the first and after the last.
    pub(crate) padding: (usize, usize),
}

impl AxisWindow {
    /// Extent in input positions.
    pub(crate) fn extent(&self) -> usize {
        self.dilation * self.kernel.saturating_sub(1) + 1
    }

    /// Outputs over an axis of `size` positions; `None` where the window does not fit.
    pub(crate) fn n_outputs(&self, size: usize, rounding: Rounding) -> Option<usize> {
        let free = (size + self.padding.0 + self.padding.1).checked_sub(self.extent())?;
        Some(match rounding {
            Rounding::Floor => free / self.stride + 1,
            Rounding::Ceil => {
                let n = free.div_ceil(self.stride) + 1;
                if (n - 1) * self.stride >= size + self.padding.0 { n - 1 } else { n }
            }
        })
    }
}

/// The attributes from which a window is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WindowAttributes<'a> {
    /// Number of taps along each spatial axis.
    pub(crate) kernel: &'a [usize],
    /// Input positions between neighbouring outputs; empty stands for 1.
    pub(crate) strides: &'a [usize],
    /// Input positions between neighbouring taps; empty stands for 1.
    pub(crate) dilations: &'a [usize],
    /// What is added around.
    pub(crate) padding: &'a Padding,
}

impl Window {
    /// The window over spatial axes of these sizes.
    pub(crate) fn new(attributes: WindowAttributes<'_>, sizes: &[usize], inputs: &Inputs<'_>) -> Result<Self, OpError> {
        let WindowAttributes { kernel, strides, dilations, padding } = attributes;
        let n_axes = sizes.len();
        let is_fitting = |list: &[usize]| list.is_empty() || list.len() == n_axes;
        let n_sides = if let Padding::Explicit(sides) = padding { sides.len() } else { 0 };
        if kernel.len() != n_axes || !is_fitting(strides) || !is_fitting(dilations) || !n_sides <= 2 {
            return Err(inputs.refuse(format!("the window has {} axes and the input has {n_axes}", kernel.len())));
        }
        if n_sides != 0 && n_sides != n_axes {
            return Err(inputs.refuse(format!("the padding has {n_sides} axes and the input has {n_axes}")));
        }
        let axes = kernel.iter().zip(sizes).enumerate().map(|(axis, (kernel, size))| {
            let stride = strides.get(axis).copied().unwrap_or(1);
            let dilation = dilations.get(axis).copied().unwrap_or(1);
            let mut window = AxisWindow { kernel: *kernel, stride, dilation, padding: (0, 0) };
            let missing = ((size.div_ceil(stride).saturating_sub(1)) * stride + window.extent()).saturating_sub(*size);
            window.padding = match padding {
                Padding::Explicit(sides) => sides.get(axis).map_or((0, 0), |side| (side[0], side[1])),
                Padding::SameUpper => (missing / 2, missing - missing / 2),
                Padding::SameLower => (missing - missing / 2, missing / 2),
                Padding::Valid => (0, 0),
            };
            window
        });
        Ok(Self { axes: axes.collect() })
    }

    /// The windows along the axes.
    pub(crate) fn axes(&self) -> &[AxisWindow] {
        &self.axes
    }

    /// Spatial sizes of the output.
    pub(crate) fn output(
        &self,
        sizes: &[usize],
        rounding: Rounding,
        inputs: &Inputs<'_>,
    ) -> Result<Vec<usize>, OpError> {
        self.axes
            .iter()
            .zip(sizes)
            .map(|(axis, size)| {
                axis.n_outputs(*size, rounding).filter(|n| *n > 0).ok_or_else(|| {
                    let padded = size + axis.padding.0 + axis.padding.1;
                    inputs.refuse(format!(
                        "a window of {} positions does not fit into {padded}; give a larger image",
                        axis.extent()
                    ))
                })
            })
            .collect()
    }

    /// How far an output sees; along one spatial axis, that axis is the width.
    pub(crate) fn reach(&self) -> Reach {
        let pick = |value: fn(&AxisWindow) -> usize, other: usize| match self.axes.as_slice() {
            [width] => [other, value(width)],
            [height, width] => [value(height), value(width)],
            _ => [other, other],
        };
        Reach::Window {
            size: pick(AxisWindow::extent, 1),
            stride: pick(|axis| axis.stride, 1),
            padding: pick(|axis| axis.padding.0, 0),
        }
    }
}

/// The reach of an operator that works along one axis (or joins or cuts it): pointwise, unless the axis is spatial, which
/// the last two axes are from the third on.
pub(crate) fn pointwise_unless_spatial(axis: i64, index: usize, inputs: &[Option<&Fact>]) -> Reach {
    let rank = inputs.get(index).copied().flatten().map_or(0, |fact| fact.shape.len());
    match axis_from_first(axis, rank) {
        Some(axis) if axis < 2 || axis + 2 < rank => Reach::Pointwise,
        _ => Reach::Global,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::op::Fact;

    fn outputs(
        kernel: usize,
        stride: usize,
        padding: Padding,
        size: usize,
        rounding: Rounding,
    ) -> Result<usize, OpError> {
        let fact = Fact::float(vec![1, 1, size]);
        let facts = [Some(&fact)];
        let inputs = Inputs::new("MaxPool", &facts, 1..=1)?;
        let attributes = WindowAttributes { kernel: &[kernel], strides: &[stride], dilations: &[], padding: &padding };
        let window = Window::new(attributes, &[size], &inputs)?;
        Ok(window.output(&[size], rounding, &inputs)?[0])
    }

    #[test]
    fn rounding_up_keeps_a_partial_window_that_begins_inside() {
        // 113 positions, windows of 3 every 2: the windows begin at 0, 2, …, 110; 112 would reach beyond the end.
        assert_eq!(outputs(3, 2, Padding::NONE, 112, Rounding::Floor), Ok(55));
        assert_eq!(outputs(3, 2, Padding::NONE, 112, Rounding::Ceil), Ok(56));
        // A window that would begin in the padding after the end is dropped.
        assert_eq!(outputs(2, 2, Padding::Explicit(vec![[1, 1]]), 3, Rounding::Ceil), Ok(2));
    }

    #[test]
    fn same_padding_gives_one_output_for_each_stride() {
        assert_eq!(outputs(3, 2, Padding::SameUpper, 7, Rounding::Floor), Ok(4));
        assert_eq!(outputs(3, 2, Padding::SameLower, 8, Rounding::Floor), Ok(4));
    }

    #[test]
    fn a_window_larger_than_the_input_is_refused_with_both_sizes() {
        let error = outputs(7, 1, Padding::NONE, 5, Rounding::Floor).expect_err("7 > 5");
        let words = "MaxPool cannot take its inputs: floats (1, 1, 5); \
                     a window of 7 positions does not fit into 5; give a larger image";
        assert_eq!(error.to_string(), words);
    }
}
