//! Regularizers, by the name of the published comparison.
//!
//! | name | published by | what is done |
//! |---|---|---|
//! | `none` | Erhan et al. 2009 | nothing |
//! | `l2` | Simonyan et al. 2014 | a penalty on the squared distance from grey |
//! | `total-variation` | Mahendran & Vedaldi 2015 | a penalty on the squared differences of neighbouring pixels |
//! | `blurred-image` | Nguyen et al. 2015 | the image is blurred every few steps |
//! | `jitter` | Mordvintsev et al. 2015 | the image is shifted each step |
//! | `jitter-multiscale` | Mordvintsev et al. 2015 | the image is shifted each step, and optimised from small to large |
//! | `blurred-gradient` | Øygard 2015 | the gradient is blurred, less and less |
//! | `bilateral` | Tyka 2016 | the image is smoothed but for its edges every few steps |
//! | `normalised-gradient` | Mordvintsev 2016 | the gradient's bands of frequency are made equally strong |
//! | `robust` | Olah, Mordvintsev & Schubert 2017 | the image is shifted, scaled and turned each step |
//! | `crops` | Fel et al. 2023 | several random crops with noise each step |
//!
//! The comparison is that of Olah C, Mordvintsev A, Schubert L (2017), Feature visualization, Distill, doi 10.23915/distill.00007,
//! section "the spectrum of regularization". A network that pulls images towards natural ones ([`Recipe::prior`]) is its
//! last row.
//!
//! With a penalty, the objective's gradient at the image is first scaled to a root mean square of 1, so that one strength
//! serves units of any size of response.

mod bilateral;
mod blur;
mod roll;
#[cfg(test)]
mod tests;
mod view;

use burn::tensor::Tensor;

use super::InsideError;
use crate::naming::nearest_three;

pub(super) use bilateral::smoothed;
pub(super) use blur::{Bands, Blur};
pub use view::View;

/// A way to keep optimised images from noise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table of the module says what each does")]
pub enum Regularizer {
    None,
    L2,
    TotalVariation,
    BlurredImage,
    Jitter,
    JitterMultiscale,
    BlurredGradient,
    Bilateral,
    NormalisedGradient,
    Robust,
    Crops,
}

/// What a regularizer does in each step.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Its name.
    pub name: &'static str,
    /// What the network is shown.
    pub view: View,
    /// What is subtracted from the objective, and how strongly.
    pub penalty: Option<(Penalty, f64)>,
    /// What is done to the gradient at the image.
    pub gradient: Option<GradientFilter>,
    /// What is done to the pixels after every so many steps.
    pub pixels: Option<(PixelFilter, usize)>,
    /// Sizes through which the image goes, each 1.4 times the one before, to its own.
    pub n_scales: usize,
    /// How far pixels are drawn towards a denoising network's output after each step, 0 to 1; 0 without one.
    pub prior: f64,
    /// What moves the parameters.
    pub optimiser: Optimiser,
}

/// What moves the parameters along their gradient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Optimiser {
    /// Steps of a given rate, whatever the gradient's size; bears an objective that changes from step to step.
    #[default]
    Adam,
    /// Steps by the curvature of those before (L-BFGS), each to a better point; for an objective that stays the same.
    Lbfgs,
}

/// A sum over pixels, channels and images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Penalty {
    /// (x - 1/2)²
    L2,
    /// Squared differences to the neighbours to the right and below.
    TotalVariation,
}

/// What is done to the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum GradientFilter {
    /// A Gaussian blur whose width goes evenly from the first to the second, in pixels.
    Blurred {
        /// At the first step.
        from_px: f64,
        /// At the last.
        to_px: f64,
    },
    /// Each band of an octave divided by its standard deviation.
    Normalised,
}

/// What is done to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PixelFilter {
    /// A Gaussian blur of this width.
    Blurred {
        /// Standard deviation in pixels.
        sigma_px: f64,
    },
    /// A bilateral filter.
    Bilateral {
        /// Standard deviation of the distance in pixels.
        sigma_px: f64,
        /// Standard deviation of the difference in colour, of 0 to 1.
        sigma_colour: f64,
    },
}

impl Regularizer {
    /// All of them, in the order of the comparison.
    pub const ALL: [Self; 11] = [
        Self::None,
        Self::L2,
        Self::TotalVariation,
        Self::BlurredImage,
        Self::Jitter,
        Self::JitterMultiscale,
        Self::BlurredGradient,
        Self::Bilateral,
        Self::NormalisedGradient,
        Self::Robust,
        Self::Crops,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::L2 => "l2",
            Self::TotalVariation => "total-variation",
            Self::BlurredImage => "blurred-image",
            Self::Jitter => "jitter",
            Self::JitterMultiscale => "jitter-multiscale",
            Self::BlurredGradient => "blurred-gradient",
            Self::Bilateral => "bilateral",
            Self::NormalisedGradient => "normalised-gradient",
            Self::Robust => "robust",
            Self::Crops => "crops",
        }
    }

    /// The one of that name.
    ///
    /// # Errors
    /// [`InsideError::UnknownName`] with the nearest three.
    pub fn named(name: &str) -> Result<Self, InsideError> {
        Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| InsideError::UnknownName {
            what: "regularizer",
            name: name.to_owned(),
            nearest: nearest_three(name, Self::ALL.map(Self::name)),
            all: Self::ALL.map(Self::name).join(", "),
        })
    }

    /// What it does. The strengths are ours, chosen by eye on SqueezeNet's channels.
    pub fn recipe(self) -> Recipe {
        let plain = Recipe {
            name: self.name(),
            view: View::Whole,
            penalty: None,
            gradient: None,
            pixels: None,
            n_scales: 1,
            prior: 0.0,
            optimiser: Optimiser::Adam,
        };
        match self {
            Self::None => plain,
            Self::L2 => Recipe { penalty: Some((Penalty::L2, 2.0)), ..plain },
            Self::TotalVariation => Recipe { penalty: Some((Penalty::TotalVariation, 1.0)), ..plain },
            Self::BlurredImage => Recipe { pixels: Some((PixelFilter::Blurred { sigma_px: 0.6 }, 4)), ..plain },
            Self::Jitter => Recipe { view: View::Rolled { jitter_px: 8 }, ..plain },
            Self::JitterMultiscale => Recipe { view: View::Rolled { jitter_px: 32 }, n_scales: 4, ..plain },
            Self::BlurredGradient => {
                Recipe { gradient: Some(GradientFilter::Blurred { from_px: 4.0, to_px: 0.5 }), ..plain }
            }
            Self::Bilateral => {
                let filter = PixelFilter::Bilateral { sigma_px: 1.5, sigma_colour: 0.05 };
                Recipe { view: View::Rolled { jitter_px: 8 }, pixels: Some((filter, 4)), ..plain }
            }
            Self::NormalisedGradient => {
                Recipe { view: View::Rolled { jitter_px: 8 }, gradient: Some(GradientFilter::Normalised), ..plain }
            }
            Self::Robust => Recipe { view: View::Robust, ..plain },
            Self::Crops => Recipe { view: View::Crops { n_crops: 4, noise: 0.05 }, ..plain },
        }
    }
}

impl Recipe {
    /// Whether it changes pixels after steps.
    pub fn changes_pixels(&self) -> bool {
        self.pixels.is_some() || self.prior > 0.0 || self.n_scales > 1
    }

    /// Whether what is maximised is the same function of the parameters in every step of a scale.
    pub fn keeps_the_objective(&self) -> bool {
        self.view == View::Whole && self.penalty.is_none() && self.gradient.is_none() && !self.filters_pixels()
    }

    /// Whether pixels are filtered or drawn to a prior after steps.
    pub(super) fn filters_pixels(&self) -> bool {
        self.pixels.is_some() || self.prior > 0.0
    }
}

impl Penalty {
    /// The penalty of images (n_images, channel, height, width).
    pub(super) fn of(self, images: Tensor<4>) -> Tensor<1> {
        match self {
            Self::L2 => images.sub_scalar(0.5).square().sum(),
            Self::TotalVariation => {
                let [_, _, height, width] = images.dims();
                let across = images.clone().narrow(3, 1, width - 1) - images.clone().narrow(3, 0, width - 1);
                let down = images.clone().narrow(2, 1, height - 1) - images.narrow(2, 0, height - 1);
                across.square().sum() + down.square().sum()
            }
        }
    }
}
