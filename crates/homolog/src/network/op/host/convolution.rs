//! Convolution: each image unfolded a few rows at a time and multiplied with the filters.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::outputs_inside;
use crate::network::op::window::AxisWindow;

/// The sizes of a convolution over two spatial axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Convolution {
    /// Channels of the input.
    pub(crate) channels: usize,
    /// (height, width) of the input.
    pub(crate) input: [usize; 2],
    /// Number of filters.
    pub(crate) filters: usize,
    /// Number of groups into which channels and filters are split.
    pub(crate) groups: usize,
    /// (height, width) of the output.
    pub(crate) output: [usize; 2],
    /// The filters' window.
    pub(crate) window: [AxisWindow; 2],
}

/// Unfolded numbers that are multiplied at once: they stay in the second-level cache.
const UNFOLDED: usize = 128 * 1024;

impl Convolution {
    /// Numbers in one filter.
    fn n_taps(&self) -> usize {
        self.channels / self.groups * self.window[0].kernel * self.window[1].kernel
    }

    /// Whether the unfolded input is the input itself.
    fn is_pointwise(&self) -> bool {
        self.window.iter().all(|axis| axis.kernel == 1 && axis.stride == 1 && axis.padding == (0, 0))
    }

    /// Rows of the output that are made at once.
    fn n_rows_at_once(&self) -> usize {
        (UNFOLDED / (self.n_taps() * self.output[1]).max(1)).clamp(1, self.output[0].max(1))
    }

    /// Writes the input positions under each tap (rows) for each output position (columns) of `rows` into `unfolded`.
    fn unfold(&self, channels: &[f32], rows: &Range<usize>, unfolded: &mut [f32]) {
        let [height, width] = self.input;
        let [vertical, horizontal] = &self.window;
        let n_columns = self.output[1];
        let taps = channels.chunks(height * width).flat_map(|channel| {
            (0..vertical.kernel).flat_map(move |y| (0..horizontal.kernel).map(move |x| (channel, y, x)))
        });
        for ((channel, y, x), row_of_taps) in taps.zip(unfolded.chunks_mut(rows.len() * n_columns)) {
            let inside = outputs_inside(horizontal, x, width, n_columns);
            for (row, line) in rows.clone().zip(row_of_taps.chunks_mut(n_columns)) {
                let position = (row * vertical.stride + y * vertical.dilation).checked_sub(vertical.padding.0);
                let source = position.filter(|position| *position < height).and_then(|position| {
                    let start = inside.start * horizontal.stride + x * horizontal.dilation - horizontal.padding.0;
                    channel.get(position * width + start..(position + 1) * width)
                });
                let Some(source) = source.filter(|_| !inside.is_empty()) else {
                    line.fill(0.0);
                    continue;
                };
                line[..inside.start].fill(0.0);
                line[inside.end..].fill(0.0);
                let line = &mut line[inside.clone()];
                if horizontal.stride == 1 {
                    line.copy_from_slice(&source[..line.len()]);
                } else {
                    for (place, value) in line.iter_mut().zip(source.iter().step_by(horizontal.stride)) {
                        *place = *value;
                    }
                }
            }
        }
    }

    /// Writes the output of one image.
    fn of_image(&self, image: &[f32], weight: &[f32], bias: Option<&[f32]>, output: &mut [f32]) {
        let n_space = self.output[0] * self.output[1];
        let (n_taps, n_filters) = (self.n_taps(), self.filters / self.groups);
        if let Some(bias) = bias {
            output.chunks_mut(n_space).zip(bias).for_each(|(filter, bias)| filter.fill(*bias));
        }
        let accumulate = if bias.is_some() { Accum::Add } else { Accum::Replace };
        let channels = image.chunks(image.len() / self.groups);
        let groups = channels.zip(weight.chunks(n_filters * n_taps)).zip(output.chunks_mut(n_filters * n_space));
        let n_rows = self.n_rows_at_once();
        let mut unfolded = vec![0.0; if self.is_pointwise() { 0 } else { n_taps * n_rows * self.output[1] }];
        for ((channels, weight), output) in groups {
            let weight = MatRef::from_row_major_slice(weight, n_filters, n_taps);
            if self.is_pointwise() {
                let input = MatRef::from_row_major_slice(channels, n_taps, n_space);
                let output = MatMut::from_row_major_slice_mut(output, n_filters, n_space);
                matmul(output, accumulate, weight, input, 1.0, Par::Seq);
                continue;
            }
            for first in (0..self.output[0]).step_by(n_rows) {
                let rows = first..(first + n_rows).min(self.output[0]);
                let n_columns = rows.len() * self.output[1];
                let unfolded = &mut unfolded[..n_taps * n_columns];
                self.unfold(channels, &rows, unfolded);
                let input = MatRef::from_row_major_slice(&*unfolded, n_taps, n_columns);
                let all = MatMut::from_row_major_slice_mut(&mut *output, n_filters, n_space);
                matmul(all.subcols_mut(first * self.output[1], n_columns), accumulate, weight, input, 1.0, Par::Seq);
            }
        }
    }
}

/// The convolution of `images` (image, channel, height, width) with `weight` (filter, channel / groups, height, width), as
/// (image, filter, height, width). All sizes are those of `convolution`.
pub(crate) fn convolve(images: &[f32], weight: &[f32], bias: Option<&[f32]>, convolution: &Convolution) -> Vec<f32> {
    let image_size = convolution.channels * convolution.input[0] * convolution.input[1];
    let output_size = convolution.filters * convolution.output[0] * convolution.output[1];
    let n_images = images.len() / image_size;
    let mut outputs = vec![0.0; n_images * output_size];
    // Each image on one thread, so that no sum depends on the number of threads.
    outputs
        .par_chunks_mut(output_size)
        .zip(images.par_chunks(image_size))
        .for_each(|(output, image)| convolution.of_image(image, weight, bias, output));
    outputs
}
