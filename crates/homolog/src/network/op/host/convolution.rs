//! Convolution: each image unfolded a few rows at a time and multiplied with the filters.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::prelude::ReborrowMut as _;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::{line_of, outputs_inside};
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

/// How a convolution is divided among threads; in either way, no sum depends on their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Division {
    /// Each image on one thread: where several are run side by side.
    Images,
    /// Some rows of an image on one thread: where one image is waited for.
    Rows,
}

/// Unfolded numbers that are multiplied at once: they stay in the second-level cache.
const UNFOLDED: usize = 128 * 1024;

/// Multiplications that are worth a thread of their own.
const MULTIPLICATIONS_OF_PIECE: usize = 3_000_000;

/// Rows that are worth it: each piece reads all filters.
const ROWS_OF_PIECE: usize = 4;

impl Convolution {
    /// Numbers in one filter.
    pub(super) fn n_taps(&self) -> usize {
        self.channels / self.groups * self.window[0].kernel * self.window[1].kernel
    }

    /// Whether the unfolded input is the input itself.
    pub(super) fn is_pointwise(&self) -> bool {
        self.window.iter().all(|axis| axis.kernel == 1 && axis.stride == 1 && axis.padding == (0, 0))
    }

    /// Rows of the output that are made at once.
    pub(super) fn n_rows_at_once(&self) -> usize {
        (UNFOLDED / (self.n_taps() * self.output[1]).max(1)).clamp(1, self.output[0].max(1))
    }

    /// Rows of each piece, when `n_rows` of an image are divided among threads: a power of two of pieces, whatever the
    /// number of threads.
    pub(super) fn n_rows_of_piece(&self, n_rows: usize) -> usize {
        let multiplications = self.filters * self.n_taps() * self.output[0] * self.output[1];
        let n_pieces = (multiplications / MULTIPLICATIONS_OF_PIECE).min(n_rows / ROWS_OF_PIECE).max(1);
        n_rows.div_ceil(1 << n_pieces.ilog2()).max(1)
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

    /// Writes some rows of the output of one image, `first` and those after it: (filter, position).
    fn rows_of_image(
        &self,
        image: &[f32],
        weight: &[f32],
        bias: Option<&[f32]>,
        first: usize,
        mut output: MatMut<'_, f32>,
    ) {
        let (n_space, width) = (self.output[0] * self.output[1], self.output[1]);
        let (n_taps, n_filters) = (self.n_taps(), self.filters / self.groups);
        for (filter, bias) in bias.into_iter().flatten().enumerate() {
            line_of(output.rb_mut(), filter).fill(*bias);
        }
        let accumulate = if bias.is_some() { Accum::Add } else { Accum::Replace };
        let end = first + output.ncols() / width;
        let n_rows = self.n_rows_at_once();
        let mut unfolded = vec![0.0; if self.is_pointwise() { 0 } else { n_taps * n_rows.min(end - first) * width }];
        let groups = image.chunks(image.len() / self.groups).zip(weight.chunks(n_filters * n_taps));
        for (group, (channels, weight)) in groups.enumerate() {
            let weight = MatRef::from_row_major_slice(weight, n_filters, n_taps);
            let mut output = output.rb_mut().subrows_mut(group * n_filters, n_filters);
            if self.is_pointwise() {
                let input = MatRef::from_row_major_slice(channels, n_taps, n_space);
                let input = input.subcols(first * width, output.ncols());
                matmul(output, accumulate, weight, input, 1.0, Par::Seq);
                continue;
            }
            for start in (first..end).step_by(n_rows) {
                let rows = start..(start + n_rows).min(end);
                let n_columns = rows.len() * width;
                let unfolded = &mut unfolded[..n_taps * n_columns];
                self.unfold(channels, &rows, unfolded);
                let input = MatRef::from_row_major_slice(&*unfolded, n_taps, n_columns);
                let output = output.rb_mut().subcols_mut((start - first) * width, n_columns);
                matmul(output, accumulate, weight, input, 1.0, Par::Seq);
            }
        }
    }
}

/// The convolution of `images` (image, channel, height, width) with `weight` (filter, channel / groups, height, width), as
/// (image, filter, height, width). All sizes are those of `convolution`.
pub(crate) fn convolve(
    images: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    convolution: &Convolution,
    division: Division,
) -> Vec<f32> {
    let image_size = convolution.channels * convolution.input[0] * convolution.input[1];
    let [height, width] = convolution.output;
    let output_size = convolution.filters * height * width;
    let n_rows = match division {
        Division::Images => height,
        Division::Rows => convolution.n_rows_of_piece(height),
    };
    let mut outputs = vec![0.0; images.len() / image_size * output_size];
    outputs.par_chunks_mut(output_size).zip(images.par_chunks(image_size)).for_each(|(output, image)| {
        let output = MatMut::from_row_major_slice_mut(output, convolution.filters, height * width);
        output.par_col_chunks_mut(n_rows * width).enumerate().for_each(|(piece, output)| {
            convolution.rows_of_image(image, weight, bias, piece * n_rows, output);
        });
    });
    outputs
}
