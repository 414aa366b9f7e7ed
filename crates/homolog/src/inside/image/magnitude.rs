//! The magnitudes that `maco` keeps: those of natural images, or 1 / f.

use burn::tensor::{Device, Tensor};
use ndarray::{Array3, ArrayView3};
use sha2::{Digest, Sha256};

use super::colour::Colour;
use super::{fourier, narrow};
use crate::inside::InsideError;
use crate::network::value::Ranked;
use crate::stimuli::{Filter, Image, Limits, PassOrder, SourceReader, StimulusSet, resize};

/// Magnitudes of a Fourier transform: (channel, column, row).
#[derive(Clone, Debug, PartialEq)]
pub struct Magnitudes {
    magnitudes: Array3<f32>,
    height: usize,
    width: usize,
    /// What they are of, for the report.
    pub source: String,
}

impl Magnitudes {
    /// 1 / f for each channel, f at least one cycle an image.
    pub fn one_over_f(n_channels: usize, height: usize, width: usize) -> Self {
        let lowest = 1.0 / height.max(width) as f64;
        let magnitudes = Array3::from_shape_fn((n_channels, width / 2 + 1, height), |(_, k, y)| {
            narrow(1.0 / fourier::frequency(k, y, height, width).max(lowest))
        });
        Self { magnitudes, height, width, source: "1/f".to_owned() }
    }

    /// The mean magnitude over the images of a set, each resized to height × width; in the colours of the parameters, less
    /// the mean of each image and channel.
    ///
    /// # Errors
    /// A stimulus that cannot be read or resized.
    pub fn of_images(set: &StimulusSet, height: usize, width: usize, colour: Colour) -> Result<Self, InsideError> {
        let mut reader = SourceReader::new(Limits::default());
        let mut sum: Array3<f64> = Array3::zeros((3, width / 2 + 1, height));
        for stimulus in set.stimuli() {
            let image = reader.image(stimulus, [128; 3])?;
            let sized = resize(&image, width, height, Filter::Bilinear, PassOrder::default())?;
            sum += &of_image(colour.unmixed(pixels(&sized)).view());
        }
        let n = set.len().max(1) as f64;
        let magnitudes = sum.mapv(|magnitude| narrow(magnitude / n));
        Ok(Self { magnitudes, height, width, source: format!("{} images", set.len()) })
    }

    /// (channel, height, width) of the images that they are of.
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.magnitudes.dim().0, self.height, self.width)
    }

    /// A hash of all numbers (SHA-256, hexadecimal).
    pub(in crate::inside) fn content_hash(&self) -> String {
        let bytes: Vec<u8> = self.magnitudes.iter().flat_map(|magnitude| magnitude.to_le_bytes()).collect();
        crate::store::hex(&Sha256::digest(&bytes))
    }

    /// (1, channel, column, row) on a device.
    pub(super) fn on(&self, device: &Device) -> Tensor<4> {
        let (n_channels, n_columns, height) = self.magnitudes.dim();
        let elements = self.magnitudes.iter().copied().collect();
        Ranked::from_elements(&[1, n_channels, n_columns, height], elements, device).into_rank()
    }
}

/// (channel, column, row), the mean left out.
fn of_image(image: ArrayView3<'_, f64>) -> Array3<f64> {
    let (n_channels, height, width) = image.dim();
    let mut magnitudes = Array3::zeros((n_channels, width / 2 + 1, height));
    for (plane, mut magnitudes) in image.outer_iter().zip(magnitudes.outer_iter_mut()) {
        let spectrum = fourier::spectrum(plane);
        for ((k, y), magnitude) in magnitudes.indexed_iter_mut() {
            *magnitude = if (k, y) == (0, 0) { 0.0 } else { spectrum[[k, 0, y]].hypot(spectrum[[k, 1, y]]) };
        }
    }
    magnitudes
}

/// Pixels as (channel, height, width) in [0, 1].
fn pixels(image: &Image) -> Array3<f64> {
    let width = image.width();
    Array3::from_shape_fn((3, image.height(), width), |(channel, y, x)| {
        f64::from(image.rgb()[(y * width + x) * 3 + channel]) / 255.0
    })
}
