//! The real Fourier transform in two dimensions: on the processor by fast transforms, on other devices as products of matrices,
//! so that gradients go through it everywhere.
//!
//! A spectrum of a plane of height × width has width / 2 + 1 columns of frequencies along x; of each, the real and then the
//! imaginary parts for all frequencies along y: (column, 2, height). It is unitary but for the columns that stand for two.

use std::f64::consts::TAU;

use burn::tensor::{Device, Tensor};
use ndarray::{Array2, Array3, Axis, s};

use super::fast_fourier::FastFourier;
use super::narrow;
use crate::network::value::Ranked;

/// From spectra to images.
#[derive(Debug)]
pub(super) enum InverseFourier {
    Fast(FastFourier),
    Products(Box<Products>),
}

/// The transform as matrices.
#[derive(Debug)]
pub(super) struct Products {
    /// Along y, real and imaginary parts side by side: (2 height, 2 height).
    columns: Tensor<2>,
    /// Along x, of (frequency, real or imaginary): (2 (width / 2 + 1), width).
    rows: Tensor<2>,
    height: usize,
    width: usize,
}

impl InverseFourier {
    pub(super) fn new(height: usize, width: usize, device: &Device) -> Self {
        if *device == Device::flex() {
            return Self::Fast(FastFourier::new(height, width));
        }
        Self::Products(Box::new(Products::new(height, width, device)))
    }

    /// The images of spectra (n_images, channel, column, 2, height).
    pub(super) fn images(&self, spectra: Tensor<5>) -> Tensor<4> {
        match self {
            Self::Fast(fast) => fast.images(spectra),
            Self::Products(products) => products.images(spectra),
        }
    }
}

impl Products {
    pub(super) fn new(height: usize, width: usize, device: &Device) -> Self {
        let columns = uploaded(&along_y(height), device);
        let rows = uploaded(&inverse_along_x(width), device);
        Self { columns, rows, height, width }
    }

    pub(super) fn images(&self, spectra: Tensor<5>) -> Tensor<4> {
        let [n_images, n_channels, n_columns, _, height] = spectra.dims();
        let planes = n_images * n_channels;
        let along_y = spectra.reshape([planes * n_columns, 2 * height]).matmul(self.columns.clone());
        let along_x = along_y
            .reshape([planes, n_columns, 2, height])
            .permute([0, 3, 1, 2])
            .reshape([planes * height, 2 * n_columns])
            .matmul(self.rows.clone());
        along_x.reshape([n_images, n_channels, self.height, self.width])
    }
}

/// cos and sin of 2π k x / n for all k and x, the angle reduced before it is rounded.
fn waves(n: usize) -> (Array2<f64>, Array2<f64>) {
    let angle = |k: usize, x: usize| TAU * ((k * x) % n) as f64 / n as f64;
    (
        Array2::from_shape_fn((n, n), |(k, x)| angle(k, x).cos()),
        Array2::from_shape_fn((n, n), |(k, x)| angle(k, x).sin()),
    )
}

/// exp(2πi k y / n) / √n on [real | imaginary], from the left: [[cos, sin], [-sin, cos]].
fn along_y(height: usize) -> Array2<f64> {
    let (cos, sin) = waves(height);
    let unit = (height as f64).sqrt();
    let mut matrix = Array2::zeros((2 * height, 2 * height));
    matrix.slice_mut(s![..height, ..height]).assign(&cos);
    matrix.slice_mut(s![..height, height..]).assign(&sin);
    matrix.slice_mut(s![height.., ..height]).assign(&-&sin);
    matrix.slice_mut(s![height.., height..]).assign(&cos);
    matrix / unit
}

/// The real part of the sum over frequencies along x, those that stand for two counted twice.
fn inverse_along_x(width: usize) -> Array2<f64> {
    let (cos, sin) = waves(width);
    let unit = (width as f64).sqrt();
    Array2::from_shape_fn((2 * (width / 2 + 1), width), |(row, x)| {
        let k = row / 2;
        let weight = if k == 0 || 2 * k == width { 1.0 } else { 2.0 };
        weight / unit * if row.is_multiple_of(2) { cos[[k, x]] } else { -sin[[k, x]] }
    })
}

/// The spectrum of a plane: (column, 2, height), the inverse of [`InverseFourier`].
pub(super) fn spectrum(plane: ndarray::ArrayView2<'_, f64>) -> Array3<f64> {
    let (height, width) = plane.dim();
    let n_columns = width / 2 + 1;
    let (cos, sin) = waves(width);
    let unit = (width as f64).sqrt();
    let forward = Array2::from_shape_fn((width, 2 * n_columns), |(x, column)| {
        let k = column / 2;
        if column.is_multiple_of(2) { cos[[k, x]] / unit } else { -sin[[k, x]] / unit }
    });
    let along_x = plane.dot(&forward);
    let parts =
        Array2::from_shape_fn((n_columns, 2 * height), |(k, place)| along_x[[place % height, 2 * k + place / height]]);
    let spectrum = parts.dot(&along_y(height).t());
    Array3::from_shape_fn((n_columns, 2, height), |(k, part, y)| spectrum[[k, part * height + y]])
}

/// The frequency of column `k` and row `y` in cycles a pixel.
pub(super) fn frequency(k: usize, y: usize, height: usize, width: usize) -> f64 {
    let along_y = y.min(height - y.min(height)) as f64 / height as f64;
    along_y.hypot(k as f64 / width as f64)
}

/// What lucid multiplies parameters by: 1 / max(f, 1 / longer side), and 1 / 4 for all: (1, 1, column, 1, height).
pub(super) fn scale(height: usize, width: usize, device: &Device) -> Tensor<5> {
    let n_columns = width / 2 + 1;
    let scales = scales(height, width, super::FOURIER_DIVISOR);
    let elements = scales.iter().copied().map(narrow).collect();
    Ranked::from_elements(&[1, 1, n_columns, 1, height], elements, device).into_rank()
}

fn scales(height: usize, width: usize, divisor: f64) -> Array2<f64> {
    let lowest = 1.0 / height.max(width) as f64;
    Array2::from_shape_fn((width / 2 + 1, height), |(k, y)| 1.0 / frequency(k, y, height, width).max(lowest) / divisor)
}

/// The parameters of an image (channel, height, width) before the sigmoid: its spectrum divided by the scale.
pub(super) fn scaled_spectrum(raw: &Array3<f64>, divisor: f64) -> Vec<f32> {
    let (_, height, width) = raw.dim();
    let scales = scales(height, width, divisor);
    let mut parameters = Vec::with_capacity(raw.len() * 2);
    for plane in raw.outer_iter() {
        let spectrum = spectrum(plane) / scales.view().insert_axis(Axis(1));
        parameters.extend(spectrum.iter().copied().map(narrow));
    }
    parameters
}

/// The phases of an image (channel, height, width) before the sigmoid: (channel, column, height).
pub(super) fn phases(raw: &Array3<f64>) -> Vec<f32> {
    let mut phases = Vec::with_capacity(raw.len());
    for plane in raw.outer_iter() {
        let spectrum = spectrum(plane);
        let (real, imaginary) = (spectrum.slice(s![.., 0, ..]), spectrum.slice(s![.., 1, ..]));
        phases.extend(real.iter().zip(imaginary).map(|(real, imaginary)| narrow(imaginary.atan2(*real))));
    }
    phases
}

/// Spectra of this phase (n_images, channel, column, height) and magnitude (1, channel, column, height).
pub(super) fn from_phase(phase: Tensor<4>, magnitudes: Tensor<4>) -> Tensor<5> {
    let real = (phase.clone().cos() * magnitudes.clone()).unsqueeze_dim::<5>(3);
    let imaginary = (phase.sin() * magnitudes).unsqueeze_dim::<5>(3);
    Tensor::cat(vec![real, imaginary], 3)
}

fn uploaded(matrix: &Array2<f64>, device: &Device) -> Tensor<2> {
    let (rows, columns) = matrix.dim();
    Ranked::from_elements(&[rows, columns], matrix.iter().copied().map(narrow).collect(), device).into_rank()
}
