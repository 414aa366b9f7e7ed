//! Maximum pooling: each window's rows first, then along the row.

use rayon::prelude::*;

use super::outputs_inside;
use crate::network::op::window::AxisWindow;

/// The sizes of a maximum pooling over two spatial axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaxPooling {
    /// (height, width) of the input.
    pub(crate) input: [usize; 2],
    /// (height, width) of the output.
    pub(crate) output: [usize; 2],
    /// The pooling window.
    pub(crate) window: [AxisWindow; 2],
}

/// The larger of two numbers; what is not a number wins, as in PyTorch.
#[inline]
fn larger(a: f32, b: f32) -> f32 {
    if b > a || b.is_nan() { b } else { a }
}

impl MaxPooling {
    fn of_plane(&self, plane: &[f32], output: &mut [f32]) {
        let [height, width] = self.input;
        let [vertical, horizontal] = &self.window;
        let mut highest = vec![f32::NEG_INFINITY; width];
        for (row, line) in output.chunks_mut(self.output[1]).enumerate() {
            let positions = (0..vertical.kernel)
                .filter_map(|y| (row * vertical.stride + y * vertical.dilation).checked_sub(vertical.padding.0))
                .filter(|position| *position < height);
            highest.fill(f32::NEG_INFINITY);
            for position in positions {
                let source = &plane[position * width..(position + 1) * width];
                highest.iter_mut().zip(source).for_each(|(highest, value)| *highest = larger(*highest, *value));
            }
            line.fill(f32::NEG_INFINITY);
            for x in 0..horizontal.kernel {
                let inside = outputs_inside(horizontal, x, width, line.len());
                if inside.is_empty() {
                    continue;
                }
                let start = inside.start * horizontal.stride + x * horizontal.dilation - horizontal.padding.0;
                let source = highest[start..].iter().step_by(horizontal.stride);
                line[inside].iter_mut().zip(source).for_each(|(place, value)| *place = larger(*place, *value));
            }
        }
    }
}

/// The largest number under each window, of planes one after another.
pub(crate) fn max_pool(planes: &[f32], pooling: &MaxPooling) -> Vec<f32> {
    let plane_size = pooling.input[0] * pooling.input[1];
    let output_size = pooling.output[0] * pooling.output[1];
    let mut outputs = vec![0.0; planes.len() / plane_size * output_size];
    outputs
        .par_chunks_mut(output_size)
        .zip(planes.par_chunks(plane_size))
        .for_each(|(output, plane)| pooling.of_plane(plane, output));
    outputs
}
