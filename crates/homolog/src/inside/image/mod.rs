//! How an image is made of parameters: which directions an optimiser finds easy.
//!
//! | name | parameters | start from an image |
//! |---|---|---|
//! | `pixels` | the pixels before a sigmoid | yes |
//! | `fourier` | the real Fourier transform, each frequency f scaled by 1 / f (lucid's `fft_image`) | yes |
//! | `pyramid` | a Laplacian pyramid: images of halved sides, enlarged and added (lucid's `laplacian_pyramid_image`) | yes |
//! | `cppn` | the weights of a small network from position to colour | no |
//! | `maco` | the phase of the Fourier transform; its magnitude is fixed to that of natural images, or to 1 / f | yes |
//!
//! All give n_images × channel × height × width in (0, 1), for any number of channels. With three channels the parameters
//! are, unless one asks for plain ones, of colours that natural images do not correlate ([`Colour::Decorrelated`]).
//!
//! # Reference
//! Olah C, Mordvintsev A, Schubert L (2017). Feature visualization. Distill. doi 10.23915/distill.00007.
//! Mordvintsev A, Pezzotti N, Schubert L, Olah C (2018). Differentiable image parameterizations. Distill. doi 10.23915/distill.00012.
//! Fel T et al. (2023). Unlocking feature visualization for deeper networks with magnitude constrained optimization. NeurIPS. arXiv 2306.06805.

mod colour;
mod cppn;
mod fast_fourier;
mod fourier;
mod input;
mod magnitude;
mod painted;
mod pyramid;

use std::sync::Arc;

use burn::tensor::{Device, Tensor};
use ndarray::{Array3, ArrayView3};

use self::cppn::Cppn;
use self::fourier::InverseFourier;
use self::pyramid::Pyramid;
use super::InsideError;
use crate::naming::nearest_three;
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;

pub use colour::Colour;
pub use input::InputMap;
pub use magnitude::Magnitudes;
pub(crate) use pyramid::resampled;

/// The largest side of an image: the matrices of a Fourier transform have 4 × this².
pub const MAX_SIDE_PX: usize = 2048;

/// The smallest side of an image.
pub const MIN_SIDE_PX: usize = 4;

/// Standard deviation of parameters at the start, as in lucid.
const START: f64 = 0.01;

/// What lucid divides a Fourier image by.
const FOURIER_DIVISOR: f64 = 4.0;

/// How an image is made of parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameterisation {
    /// Pixels.
    Pixels,
    /// A scaled Fourier transform.
    Fourier,
    /// A Laplacian pyramid.
    Pyramid,
    /// A compositional pattern-producing network.
    Cppn,
    /// Fourier phase with fixed magnitude.
    Maco,
}

impl Parameterisation {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Pixels, Self::Fourier, Self::Pyramid, Self::Cppn, Self::Maco];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pixels => "pixels",
            Self::Fourier => "fourier",
            Self::Pyramid => "pyramid",
            Self::Cppn => "cppn",
            Self::Maco => "maco",
        }
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`InsideError::UnknownName`] with the nearest three.
    pub fn named(name: &str) -> Result<Self, InsideError> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| InsideError::UnknownName {
            what: "parameterisation",
            name: name.to_owned(),
            nearest: nearest_three(name, Self::ALL.map(Self::name)),
            all: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// What its channels are best: decorrelated; but what a network paints is smooth already, and saturates where colours are mixed.
    pub fn colour(self) -> Colour {
        match self {
            Self::Cppn => Colour::Plain,
            Self::Pixels | Self::Fourier | Self::Pyramid | Self::Maco => Colour::Decorrelated,
        }
    }

    /// The step of Adam that suits it: lucid's .05; more for pixels, which are alone; less for the weights of a network.
    pub fn learning_rate(self) -> f64 {
        match self {
            Self::Pixels => 0.1,
            Self::Fourier | Self::Pyramid | Self::Maco => 0.05,
            Self::Cppn => 0.002,
        }
    }
}

/// Sizes of the optimised images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageShape {
    /// Images of one unit.
    pub n_images: usize,
    /// Channels of each.
    pub n_channels: usize,
    /// Pixels down.
    pub height: usize,
    /// Pixels across.
    pub width: usize,
}

/// From parameters to images, on one device.
#[derive(Debug)]
pub struct ImageModel {
    shape: ImageShape,
    parameterisation: Parameterisation,
    colour: Colour,
    made: Made,
    device: Device,
}

/// The constants of each parameterisation.
#[derive(Debug)]
enum Made {
    Pixels,
    Fourier { inverse: InverseFourier, scale: Tensor<5> },
    Pyramid(Pyramid),
    Cppn(Cppn),
    Maco { inverse: InverseFourier, magnitudes: Tensor<4> },
}

impl ImageModel {
    /// A model of images of this shape. `magnitudes` are those that `maco` keeps; without them, 1 / f.
    ///
    /// # Errors
    /// [`InsideError::ImageSize`] for sides out of range or of other magnitudes.
    pub fn new(
        parameterisation: Parameterisation,
        colour: Colour,
        shape: ImageShape,
        magnitudes: Option<&Arc<Magnitudes>>,
        device: &Device,
    ) -> Result<Self, InsideError> {
        let ImageShape { n_channels, height, width, .. } = shape;
        let sides = MIN_SIDE_PX..=MAX_SIDE_PX;
        if !sides.contains(&height) || !sides.contains(&width) {
            let needed = format!("sides are {MIN_SIDE_PX} to {MAX_SIDE_PX}");
            return Err(InsideError::ImageSize { height, width, needed });
        }
        let colour = if n_channels == 3 { colour } else { Colour::Plain };
        let made = match parameterisation {
            Parameterisation::Pixels => Made::Pixels,
            Parameterisation::Fourier => Made::Fourier {
                inverse: InverseFourier::new(height, width, device),
                scale: fourier::scale(height, width, device),
            },
            Parameterisation::Pyramid => Made::Pyramid(Pyramid::new(height, width, device)),
            Parameterisation::Cppn => Made::Cppn(Cppn::new(shape, device)),
            Parameterisation::Maco => {
                let one_over_f = || Arc::new(Magnitudes::one_over_f(n_channels, height, width));
                let magnitudes = magnitudes.cloned().unwrap_or_else(one_over_f);
                if magnitudes.shape() != (n_channels, height, width) {
                    let needed = format!("the magnitudes are of {:?} (channel, height, width)", magnitudes.shape());
                    return Err(InsideError::ImageSize { height, width, needed });
                }
                Made::Maco { inverse: InverseFourier::new(height, width, device), magnitudes: magnitudes.on(device) }
            }
        };
        Ok(Self { shape, parameterisation, colour, made, device: device.clone() })
    }

    /// Sizes of the images.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Numbers of each parameter.
    pub fn sizes(&self) -> Vec<usize> {
        let ImageShape { n_images, n_channels, height, width } = self.shape;
        let planes = n_images * n_channels;
        match &self.made {
            Made::Pixels => vec![planes * height * width],
            Made::Fourier { .. } => vec![planes * height * (width / 2 + 1) * 2],
            Made::Maco { .. } => vec![planes * height * (width / 2 + 1)],
            Made::Pyramid(pyramid) => pyramid.sizes().map(|(height, width)| planes * height * width).collect(),
            Made::Cppn(cppn) => cppn.sizes(),
        }
    }

    /// Parameters at the start: noise, or those of an image in [0, 1] of shape (channel, height, width), with noise beside
    /// where there are several images.
    ///
    /// Pixels nearer to black or white than .01 start at .01, which a sigmoid can leave.
    ///
    /// # Errors
    /// [`InsideError::StartShape`], [`InsideError::NoStart`].
    pub fn start(&self, random: &mut Random, image: Option<ArrayView3<'_, f32>>) -> Result<Vec<Vec<f32>>, InsideError> {
        let Some(image) = image else { return Ok(self.noise(random)) };
        let ImageShape { n_images, n_channels, height, width } = self.shape;
        if image.dim() != (n_channels, height, width) {
            let needed = vec![n_channels, height, width];
            return Err(InsideError::StartShape { found: image.shape().to_vec(), needed });
        }
        let one = self.encode(image)?;
        let noise = if n_images > 1 { self.noise(random) } else { Vec::new() };
        let repeat = |(place, one): (usize, Vec<f32>)| {
            let mut all = one.repeat(n_images);
            if let Some(noise) = noise.get(place) {
                all.iter_mut().zip(noise).for_each(|(value, noise)| *value += noise);
            }
            all
        };
        Ok(one.into_iter().enumerate().map(repeat).collect())
    }

    fn noise(&self, random: &mut Random) -> Vec<Vec<f32>> {
        if let Made::Cppn(cppn) = &self.made {
            return cppn.start(random);
        }
        let mut draw = || match self.made {
            Made::Maco { .. } => narrow(random.between(-std::f64::consts::PI, std::f64::consts::PI)),
            _ => narrow(START * random.normal()),
        };
        self.sizes().into_iter().map(|n| (0..n).map(|_| draw()).collect()).collect()
    }

    /// The parameters of one image.
    fn encode(&self, image: ArrayView3<'_, f32>) -> Result<Vec<Vec<f32>>, InsideError> {
        let raw = self.colour.before_sigmoid(image);
        Ok(match &self.made {
            Made::Pixels => vec![raw.iter().copied().map(narrow).collect()],
            Made::Fourier { .. } => vec![fourier::scaled_spectrum(&raw, FOURIER_DIVISOR)],
            Made::Maco { .. } => vec![fourier::phases(&raw)],
            Made::Pyramid(pyramid) => {
                let n_channels = self.shape.n_channels;
                let rest = pyramid.sizes().skip(1).map(|(height, width)| vec![0.0; n_channels * height * width]);
                std::iter::once(raw.iter().copied().map(narrow).collect()).chain(rest).collect()
            }
            Made::Cppn(_) => return Err(InsideError::NoStart { parameterisation: self.parameterisation.name() }),
        })
    }

    /// The parameters of `n_images` given images.
    pub(super) fn of_images(&self, images: &[Array3<f32>]) -> Result<Vec<Vec<f32>>, InsideError> {
        let mut all: Vec<Vec<f32>> = self.sizes().into_iter().map(Vec::with_capacity).collect();
        for image in images {
            for (all, one) in all.iter_mut().zip(self.encode(image.view())?) {
                all.extend(one);
            }
        }
        Ok(all)
    }

    /// The images for the parameters: (n_images, channel, height, width) in (0, 1).
    pub fn images(&self, parameters: &[Tensor<1>]) -> Tensor<4> {
        let ImageShape { n_images, n_channels, height, width } = self.shape;
        let Some(first) = parameters.first() else {
            return Tensor::zeros([n_images, n_channels, height, width], &self.device);
        };
        let columns = width / 2 + 1;
        let raw = match &self.made {
            Made::Pixels => first.clone().reshape([n_images, n_channels, height, width]),
            Made::Fourier { inverse, scale } => {
                let spectrum = first.clone().reshape([n_images, n_channels, columns, 2, height]);
                inverse.images(spectrum * scale.clone())
            }
            Made::Maco { inverse, magnitudes } => {
                let phase = first.clone().reshape([n_images, n_channels, columns, height]);
                standardised(inverse.images(fourier::from_phase(phase, magnitudes.clone())))
            }
            Made::Pyramid(pyramid) => pyramid.images(parameters, n_images, n_channels),
            Made::Cppn(cppn) => cppn.images(parameters),
        };
        self.colour.painted(raw)
    }

    /// A copy of numbers on the model's device.
    pub(crate) fn upload(&self, numbers: Vec<f32>) -> Tensor<1> {
        Ranked::from_elements(&[numbers.len()], numbers, &self.device).into_rank()
    }
}

/// Each image less its mean, divided by its standard deviation, as Horama's `maco` does before the colours.
fn standardised(images: Tensor<4>) -> Tensor<4> {
    let [n_images, n_channels, height, width] = images.dims();
    let rows = images.reshape([n_images, n_channels * height * width]);
    let centred = rows.clone() - rows.mean_dim(1);
    let deviation = centred.clone().square().mean_dim(1).add_scalar(1e-12).sqrt();
    (centred / deviation).reshape([n_images, n_channels, height, width])
}

#[allow(clippy::cast_possible_truncation, reason = "parameters are of 32 bits")]
pub(crate) fn narrow(value: f64) -> f32 {
    value as f32
}

/// Images of a tensor on the host.
pub(crate) fn to_host(images: Tensor<4>) -> Vec<Array3<f32>> {
    let [_, n_channels, height, width] = images.dims();
    let elements = Ranked::R4(images).into_elements().unwrap_or_default();
    let size = (n_channels * height * width).max(1);
    elements
        .chunks_exact(size)
        .filter_map(|image| Array3::from_shape_vec((n_channels, height, width), image.to_vec()).ok())
        .collect()
}

#[cfg(test)]
mod tests;
