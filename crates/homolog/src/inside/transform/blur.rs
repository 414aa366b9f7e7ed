//! Gaussian blurs as products of matrices, and bands of frequency as differences of blurs.

use burn::tensor::{Device, Tensor};

use crate::inside::image::narrow;
use crate::network::value::Ranked;

/// Widths between which the bands of a gradient lie, in pixels.
const BAND_EDGES_PX: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

/// A Gaussian blur of images of one size. Near the edges the weights of what is inside add up to 1.
#[derive(Debug)]
pub(in crate::inside) struct Blur {
    down: Tensor<2>,
    across: Tensor<2>,
}

impl Blur {
    pub(in crate::inside) fn new([height, width]: [usize; 2], sigma_px: f64, device: &Device) -> Self {
        Self { down: weights(height, sigma_px, device), across: weights(width, sigma_px, device) }
    }

    /// Blurs (n_images, channel, height, width).
    pub(in crate::inside) fn apply(&self, images: Tensor<4>) -> Tensor<4> {
        let [n_images, n_channels, height, width] = images.dims();
        let planes = n_images * n_channels;
        let across = images.reshape([planes * height, width]).matmul(self.across.clone());
        let turned = across.reshape([planes, height, width]).swap_dims(1, 2).reshape([planes * width, height]);
        let down = turned.matmul(self.down.clone()).reshape([planes, width, height]);
        down.swap_dims(1, 2).reshape([n_images, n_channels, height, width])
    }
}

/// The weights of all positions in each, as a matrix (from, to).
fn weights(n: usize, sigma_px: f64, device: &Device) -> Tensor<2> {
    let mut matrix = vec![0.0_f64; n * n];
    let sigma = sigma_px.max(1e-3);
    for to in 0..n {
        let weight = |from: usize| (-0.5 * ((from as f64 - to as f64) / sigma).powi(2)).exp();
        let sum: f64 = (0..n).map(weight).sum();
        for from in 0..n {
            if let Some(entry) = matrix.get_mut(from * n + to) {
                *entry = weight(from) / sum;
            }
        }
    }
    Ranked::from_elements(&[n, n], matrix.into_iter().map(narrow).collect(), device).into_rank()
}

/// The bands of images of one size.
#[derive(Debug)]
pub(in crate::inside) struct Bands {
    blurs: Vec<Blur>,
}

impl Bands {
    pub(in crate::inside) fn new(size: [usize; 2], device: &Device) -> Self {
        Self { blurs: BAND_EDGES_PX.iter().map(|sigma| Blur::new(size, *sigma, device)).collect() }
    }

    /// The sum of the bands, each of which has been divided by its standard deviation over the image.
    pub(in crate::inside) fn equalised(&self, images: Tensor<4>) -> Tensor<4> {
        let mut rest = images;
        let mut sum: Option<Tensor<4>> = None;
        let add = |sum: Option<Tensor<4>>, band: Tensor<4>| {
            let [n_images, n_channels, height, width] = band.dims();
            let rows = band.clone().reshape([n_images, n_channels * height * width]);
            let deviation = rows.square().mean_dim(1).sqrt().add_scalar(1e-20).reshape([n_images, 1, 1, 1]);
            let band = band / deviation;
            Some(match sum {
                Some(sum) => sum + band,
                None => band,
            })
        };
        for blur in &self.blurs {
            let low = blur.apply(rest.clone());
            sum = add(sum, rest - low.clone());
            rest = low;
        }
        match add(sum, rest.clone()) {
            Some(sum) => sum,
            None => rest,
        }
    }
}
