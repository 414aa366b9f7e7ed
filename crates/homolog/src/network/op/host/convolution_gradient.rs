//! The gradient of a convolution with respect to its input: the transposed filters times the gradient of the output, a few
//! rows at a time, each product added to the input positions that it came from.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::prelude::ReborrowMut as _;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::{Convolution, line_of, outputs_inside};

impl Convolution {
    /// Rows of the output that see any of these rows of the input.
    fn outputs_over(&self, rows: &Range<usize>) -> Range<usize> {
        let vertical = &self.window[0];
        let (before, reach) = (vertical.padding.0, vertical.extent() - 1);
        let first = (rows.start + before).saturating_sub(reach).div_ceil(vertical.stride);
        let end = ((rows.end + before).div_ceil(vertical.stride)).min(self.output[0]);
        first.min(end)..end
    }

    /// Adds what `columns` hold for each tap (rows) and each position of the output's rows `outputs` (columns) to the input
    /// positions under the taps, as far as they lie in the input's rows `rows`: (channel, position).
    fn fold(&self, columns: &[f32], outputs: &Range<usize>, rows: &Range<usize>, mut gradient: MatMut<'_, f32>) {
        let [vertical, horizontal] = &self.window;
        let (width, n_columns) = (self.input[1], self.output[1]);
        let tap_size = outputs.len() * n_columns;
        for (channel, columns) in columns.chunks(vertical.kernel * horizontal.kernel * tap_size).enumerate() {
            let channel = line_of(gradient.rb_mut(), channel);
            let taps = (0..vertical.kernel).flat_map(|y| (0..horizontal.kernel).map(move |x| (y, x)));
            for ((y, x), columns) in taps.zip(columns.chunks(tap_size)) {
                let inside = outputs_inside(horizontal, x, width, n_columns);
                if inside.is_empty() {
                    continue;
                }
                let start = inside.start * horizontal.stride + x * horizontal.dilation - horizontal.padding.0;
                for (row, line) in outputs.clone().zip(columns.chunks(n_columns)) {
                    let position = (row * vertical.stride + y * vertical.dilation)
                        .checked_sub(vertical.padding.0 + rows.start)
                        .filter(|position| *position < rows.len());
                    let Some(position) = position else { continue };
                    let places = &mut channel[position * width + start..(position + 1) * width];
                    let line = &line[inside.clone()];
                    if horizontal.stride == 1 {
                        places.iter_mut().zip(line).for_each(|(place, value)| *place += *value);
                    } else {
                        let places = places.iter_mut().step_by(horizontal.stride);
                        places.zip(line).for_each(|(place, value)| *place += *value);
                    }
                }
            }
        }
    }

    /// Writes some rows of the gradient of one image, `first` and those after it, where zeros are: (channel, position).
    fn rows_of_gradient(&self, of_output: &[f32], weight: &[f32], first: usize, mut gradient: MatMut<'_, f32>) {
        let (n_space, width) = (self.output[0] * self.output[1], self.output[1]);
        let (n_channels, n_filters) = (self.channels / self.groups, self.filters / self.groups);
        let n_taps = self.n_taps();
        let rows = first..first + gradient.ncols() / self.input[1];
        let outputs = self.outputs_over(&rows);
        let n_rows = self.n_rows_at_once();
        let mut columns = vec![0.0; if self.is_pointwise() { 0 } else { n_taps * n_rows.min(outputs.len()) * width }];
        let groups = of_output.chunks(n_filters * n_space).zip(weight.chunks(n_filters * n_taps));
        for (group, (of_output, weight)) in groups.enumerate() {
            let weight = MatRef::from_row_major_slice(weight, n_filters, n_taps).transpose();
            let of_output = MatRef::from_row_major_slice(of_output, n_filters, n_space);
            let mut gradient = gradient.rb_mut().subrows_mut(group * n_channels, n_channels);
            if self.is_pointwise() {
                let of_output = of_output.subcols(first * width, gradient.ncols());
                matmul(gradient, Accum::Replace, weight, of_output, 1.0, Par::Seq);
                continue;
            }
            for start in outputs.clone().step_by(n_rows) {
                let outputs = start..(start + n_rows).min(outputs.end);
                let n_columns = outputs.len() * width;
                let columns = &mut columns[..n_taps * n_columns];
                let products = MatMut::from_row_major_slice_mut(&mut *columns, n_taps, n_columns);
                let of_output = of_output.subcols(start * width, n_columns);
                matmul(products, Accum::Replace, weight, of_output, 1.0, Par::Seq);
                self.fold(columns, &outputs, &rows, gradient.rb_mut());
            }
        }
    }
}

/// The gradient with respect to the images of [`convolve`](super::convolve), for that with respect to its output.
///
/// Each thread makes some rows of an image; outputs that reach over two threads' rows are computed for both.
pub(crate) fn convolution_gradient(of_outputs: &[f32], weight: &[f32], convolution: &Convolution) -> Vec<f32> {
    let [height, width] = convolution.input;
    let image_size = convolution.channels * height * width;
    let output_size = convolution.filters * convolution.output[0] * convolution.output[1];
    let n_rows = convolution.n_rows_of_piece(height);
    let mut gradients = vec![0.0; of_outputs.len() / output_size * image_size];
    gradients.par_chunks_mut(image_size).zip(of_outputs.par_chunks(output_size)).for_each(|(gradient, of_output)| {
        let gradient = MatMut::from_row_major_slice_mut(gradient, convolution.channels, height * width);
        gradient.par_col_chunks_mut(n_rows * width).enumerate().for_each(|(piece, gradient)| {
            convolution.rows_of_gradient(of_output, weight, piece * n_rows, gradient);
        });
    });
    gradients
}

#[cfg(test)]
mod tests {
    use burn::tensor::module::conv2d;
    use burn::tensor::ops::ConvOptions;
    use burn::tensor::{Device, Distribution, Tensor};

    use super::*;
    use crate::network::op::pooling::Rounding;
    use crate::network::op::window::AxisWindow;
    use crate::network::value::Ranked;

    /// A convolution and what its gradient is made of, filled from a seed.
    struct Case {
        convolution: Convolution,
        weight: Vec<f32>,
        of_output: Vec<f32>,
    }

    /// kernel, stride, dilation, padding before and after, of one axis
    type Axis = (usize, usize, usize, (usize, usize));

    /// `sizes`: numbers of images, channels, filters and groups.
    fn case(sizes: [usize; 4], input: [usize; 2], axes: [Axis; 2]) -> Case {
        let [n_images, channels, filters, groups] = sizes;
        let window = axes.map(|(kernel, stride, dilation, padding)| AxisWindow { kernel, stride, dilation, padding });
        let outputs = |axis: usize| window[axis].n_outputs(input[axis], Rounding::Floor).expect("the window fits");
        let convolution = Convolution { channels, input, filters, groups, output: [outputs(0), outputs(1)], window };
        let mut state = 1_u32;
        let mut numbers = |n: usize| -> Vec<f32> {
            let mut draw = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            };
            (0..n).map(|_| draw()).collect()
        };
        let weight = numbers(filters * convolution.n_taps());
        let of_output = numbers(n_images * filters * outputs(0) * outputs(1));
        Case { convolution, weight, of_output }
    }

    /// The sum over filters and taps, written down as it is defined.
    fn by_definition(case: &Case) -> Vec<f64> {
        let Convolution { channels, input: [height, width], filters, groups, output, window } = case.convolution;
        let n_images = case.of_output.len() / (filters * output[0] * output[1]);
        let (per_group, filters_per_group) = (channels / groups, filters / groups);
        let mut gradient = vec![0.0; n_images * channels * height * width];
        let position = |axis: usize, output: usize, tap: usize| {
            (output * window[axis].stride + tap * window[axis].dilation).checked_sub(window[axis].padding.0)
        };
        for (place, of_output) in case.of_output.iter().enumerate() {
            let (column, rest) = (place % output[1], place / output[1]);
            let (row, rest) = (rest % output[0], rest / output[0]);
            let (filter, image) = (rest % filters, rest / filters);
            for channel in 0..per_group {
                let whole = filter / filters_per_group * per_group + channel;
                for y in 0..window[0].kernel {
                    let Some(at_y) = position(0, row, y).filter(|at| *at < height) else { continue };
                    for x in 0..window[1].kernel {
                        let Some(at_x) = position(1, column, x).filter(|at| *at < width) else { continue };
                        let tap = ((filter * per_group + channel) * window[0].kernel + y) * window[1].kernel + x;
                        let product = f64::from(case.weight[tap]) * f64::from(*of_output);
                        gradient[((image * channels + whole) * height + at_y) * width + at_x] += product;
                    }
                }
            }
        }
        gradient
    }

    /// The largest difference, relative to the largest number.
    fn relative_difference(found: &[f32], expected: &[f64]) -> f64 {
        assert_eq!(found.len(), expected.len());
        let largest = expected.iter().map(|number| number.abs()).fold(0.0, f64::max);
        assert!(largest > 0.0, "nothing to compare");
        found.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max) / largest
    }

    fn found(case: &Case) -> Vec<f32> {
        convolution_gradient(&case.of_output, &case.weight, &case.convolution)
    }

    #[test]
    fn the_gradient_is_its_definition() {
        let plain = |kernel| (kernel, 1, 1, (0, 0));
        let cases = [
            case([1, 4, 6, 1], [13, 11], [(3, 1, 1, (1, 1)); 2]),
            case([3, 4, 6, 2], [13, 11], [plain(1); 2]),
            case([2, 4, 6, 2], [7, 9], [(5, 2, 1, (2, 2)), (2, 3, 2, (0, 1))]),
            case([1, 3, 8, 1], [23, 17], [(3, 2, 1, (0, 0)); 2]),
            case([1, 4, 4, 4], [9, 8], [(3, 1, 2, (2, 2)), (7, 1, 1, (3, 3))]),
            case([1, 2, 5, 1], [8, 7], [(1, 3, 1, (0, 0)), (1, 2, 1, (0, 0))]),
            case([2, 2, 4, 1], [6, 5], [(4, 1, 1, (0, 3)), (3, 2, 1, (2, 0))]),
            case([1, 1, 1, 1], [1, 1], [plain(1); 2]),
            case([1, 2, 4, 1], [5, 1], [(3, 1, 1, (1, 1)), (1, 1, 1, (0, 0))]),
        ];
        for case in cases {
            let error = relative_difference(&found(&case), &by_definition(&case));
            // Sums of at most 90 products.
            assert!(error < 1e-5, "{:?}: {error:e}", case.convolution);
        }
    }

    /// Cases that are divided into several pieces, and whose columns do not fit into the cache at once.
    fn divided() -> [Case; 3] {
        [
            case([1, 24, 40, 1], [51, 60], [(3, 1, 1, (1, 1)); 2]),
            case([1, 16, 48, 2], [83, 64], [(5, 2, 1, (2, 2)); 2]),
            case([1, 64, 96, 1], [33, 32], [(1, 1, 1, (0, 0)); 2]),
        ]
    }

    #[test]
    fn rows_on_several_threads_join_without_a_seam() {
        for case in divided() {
            let [height, _] = case.convolution.input;
            assert!(case.convolution.n_rows_of_piece(height) < height, "{:?} is one piece", case.convolution);
            let error = relative_difference(&found(&case), &by_definition(&case));
            // Sums of at most 1000 products.
            assert!(error < 1e-5, "{:?}: {error:e}", case.convolution);
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        for case in divided() {
            let on = |n_threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool");
                pool.install(|| found(&case))
            };
            assert_eq!(on(1), on(2), "{:?}", case.convolution);
        }
    }

    #[test]
    fn the_gradient_is_the_engines() {
        let device = Device::flex().autodiff();
        let case = case([2, 4, 6, 2], [13, 11], [(3, 2, 1, (1, 1)), (2, 1, 2, (1, 1))]);
        let Convolution { channels, input: [height, width], filters, groups, output, .. } = case.convolution;
        let images = Tensor::<4>::random([2, channels, height, width], Distribution::Uniform(-1.0, 1.0), &device);
        let images = images.require_grad();
        let host = |shape: &[usize], numbers: &[f32]| Ranked::from_elements(shape, numbers.to_vec(), &Device::flex());
        let weight = host(&[filters, channels / groups, 3, 2], &case.weight).into_rank();
        let options = ConvOptions::new([2, 1], [1, 1], [1, 2], groups);
        let of_output: Tensor<4> = host(&[2, filters, output[0], output[1]], &case.of_output).into_rank();
        let gradients = (conv2d(images.clone(), weight, None, options) * of_output).sum().backward();
        let expected = images.grad(&gradients).map(|gradient| Ranked::R4(gradient).into_wide_elements());
        let error = relative_difference(&found(&case), &expected.flatten().expect("a gradient"));
        assert!(error < 1e-6, "{error:e}");
    }
}
