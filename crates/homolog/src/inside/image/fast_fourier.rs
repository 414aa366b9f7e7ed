//! The transform of `fourier.rs` by fast Fourier transforms, for the processor.

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use crate::network::op::host::{Gradient, Numbers, record_if_taped};
use crate::network::value::Ranked;

/// The plans of one size of image.
#[derive(Clone)]
pub(super) struct FastFourier {
    height: usize,
    width: usize,
    to_rows: Arc<dyn Fft<f32>>,
    from_rows: Arc<dyn Fft<f32>>,
    to_pixels: Arc<dyn ComplexToReal<f32>>,
    from_pixels: Arc<dyn RealToComplex<f32>>,
}

impl fmt::Debug for FastFourier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FastFourier").field("height", &self.height).field("width", &self.width).finish()
    }
}

impl FastFourier {
    pub(super) fn new(height: usize, width: usize) -> Self {
        let (mut complex, mut real) = (FftPlanner::new(), RealFftPlanner::new());
        Self {
            height,
            width,
            to_rows: complex.plan_fft_inverse(height),
            from_rows: complex.plan_fft_forward(height),
            to_pixels: real.plan_fft_inverse(width),
            from_pixels: real.plan_fft_forward(width),
        }
    }

    /// The images of spectra (n_images, channel, column, 2, height) in the processor's memory.
    pub(super) fn images(&self, spectra: Tensor<5>) -> Tensor<4> {
        let [n_images, n_channels, ..] = spectra.dims();
        let shape = [n_images, n_channels, self.height, self.width];
        let run = |spectra: &[f32]| (Numbers::new(self.pixels(spectra), &shape), self.clone());
        record_if_taped(Ranked::R5(spectra), run).into_rank()
    }

    fn n_columns(&self) -> usize {
        self.width / 2 + 1
    }

    /// What makes both directions unitary, but for columns that stand for two.
    fn unit(&self) -> f32 {
        super::narrow(1.0 / ((self.height * self.width) as f64).sqrt())
    }

    /// How many columns of the whole spectrum one stands for.
    fn weight(&self, column: usize) -> f32 {
        if column == 0 || 2 * column == self.width { 1.0 } else { 2.0 }
    }

    fn pixels(&self, spectra: &[f32]) -> Vec<f32> {
        let (height, width) = (self.height, self.width);
        let mut columns = vec![Complex::new(0.0, 0.0); spectra.len() / 2];
        let scratch = || vec![Complex::new(0.0, 0.0); self.to_rows.get_inplace_scratch_len()];
        columns.par_chunks_mut(height).zip(spectra.par_chunks(2 * height)).for_each_init(
            scratch,
            |scratch, (column, parts)| {
                let (real, imaginary) = parts.split_at(height);
                for (place, (re, im)) in column.iter_mut().zip(real.iter().zip(imaginary)) {
                    *place = Complex::new(*re, *im);
                }
                self.to_rows.process_with_scratch(column, scratch);
            },
        );
        let (n_columns, unit) = (self.n_columns(), self.unit());
        let mut pixels = vec![0.0; columns.len() / n_columns * width];
        let buffers = || (self.to_pixels.make_input_vec(), self.to_pixels.make_scratch_vec());
        pixels.par_chunks_mut(width).enumerate().for_each_init(buffers, |(row, scratch), (place, line)| {
            let plane = &columns[place / height * n_columns * height..];
            for (frequency, number) in row.iter_mut().zip(plane.iter().skip(place % height).step_by(height)) {
                *frequency = *number * unit;
            }
            for (column, frequency) in row.iter_mut().enumerate() {
                // What the whole spectrum's symmetry leaves no place for.
                if self.weight(column) < 2.0 {
                    frequency.im = 0.0;
                }
            }
            if self.to_pixels.process_with_scratch(row, line, scratch).is_err() {
                line.fill(f32::NAN);
            }
        });
        pixels
    }
}

impl Gradient for FastFourier {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        let (height, width, n_columns, unit) = (self.height, self.width, self.n_columns(), self.unit());
        let of_pixels = of_output.as_slice();
        let mut rows = vec![Complex::new(0.0, 0.0); of_pixels.len() / width * n_columns];
        let buffers = || (self.from_pixels.make_input_vec(), self.from_pixels.make_scratch_vec());
        rows.par_chunks_mut(n_columns).zip(of_pixels.par_chunks(width)).for_each_init(
            buffers,
            |(line, scratch), (row, of_line)| {
                line.copy_from_slice(of_line);
                if self.from_pixels.process_with_scratch(line, row, scratch).is_err() {
                    row.fill(Complex::new(f32::NAN, f32::NAN));
                }
            },
        );
        let mut of_spectra = vec![0.0; 2 * rows.len()];
        let none = Complex::new(0.0, 0.0);
        let buffers = || (vec![none; height], vec![none; self.from_rows.get_inplace_scratch_len()]);
        of_spectra.par_chunks_mut(2 * height).enumerate().for_each_init(
            buffers,
            |(column, scratch), (place, parts)| {
                let factor = unit * self.weight(place % n_columns);
                let plane = &rows[place / n_columns * n_columns * height..];
                for (number, of_row) in column.iter_mut().zip(plane.iter().skip(place % n_columns).step_by(n_columns)) {
                    *number = *of_row * factor;
                }
                self.from_rows.process_with_scratch(column, scratch);
                let (real, imaginary) = parts.split_at_mut(height);
                for ((re, im), number) in real.iter_mut().zip(imaginary).zip(column.iter()) {
                    (*re, *im) = (number.re, number.im);
                }
            },
        );
        of_spectra
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::inside::host_check::assert_same;
    use crate::inside::image::fourier::Products;

    #[test]
    fn images_and_gradients_are_those_of_the_products() {
        for (height, width) in [(4, 4), (7, 6), (6, 7), (20, 21), (16, 10)] {
            let products = Products::new(height, width, &Device::flex());
            let fast = FastFourier::new(height, width);
            let shape = [2, 3, width / 2 + 1, 2, height];
            assert_same(shape, &|spectra| fast.images(spectra), &|spectra| products.images(spectra));
        }
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let fast = FastFourier::new(24, 30);
        let spectra: Vec<f32> = (0..3 * 16 * 2 * 24).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
        let on = |n_threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().expect("a pool");
            pool.install(|| fast.pixels(&spectra))
        };
        assert_eq!(on(1), on(2));
    }
}
