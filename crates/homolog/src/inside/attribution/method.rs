//! The methods by name, with what each can be told.

use super::AttributionError;
use super::lrp::{Composite, PixelBox};
use crate::naming::nearest_three;

/// How a number that a network computes is attributed to the pixels of its image.
///
/// Where a method compares with an image without information, that is the [`Baseline`](super::Baseline) of
/// [`Attributor::with_baseline`](super::Attributor::with_baseline), 0 where none was chosen.
#[derive(Clone, Debug, PartialEq)]
pub enum Method {
    /// df/dx.
    ///
    /// # Reference
    /// Simonyan K, Vedaldi A, Zisserman A (2014). Deep inside convolutional networks. ICLR workshop. arXiv 1312.6034, section 3.
    /// Differs in: signed, and one map for each channel.
    Gradient,
    /// x df/dx.
    ///
    /// # Reference
    /// Shrikumar A, Greenside P, Shcherbina A, Kundaje A (2016). Not just a black box. arXiv 1605.01713.
    InputTimesGradient,
    /// The gradient with every rectifier's way back replaced by max(gradient, 0), whatever its input was.
    ///
    /// # Reference
    /// Zeiler MD, Fergus R (2014). Visualizing and understanding convolutional networks. ECCV. arXiv 1311.2901, section 2.
    Deconvnet,
    /// The gradient with every rectifier's way back letting through what is positive where the input was positive.
    ///
    /// # Reference
    /// Springenberg JT, Dosovitskiy A, Brox T, Riedmiller M (2015). Striving for simplicity. ICLR workshop. arXiv 1412.6806.
    GuidedBackpropagation,
    /// (x - b) times the mean gradient on the straight way from the baseline b to x, by Gauss-Legendre quadrature.
    ///
    /// # Reference
    /// Sundararajan M, Taly A, Yan Q (2017). Axiomatic attribution for deep networks. ICML. arXiv 1703.01365, equation (1).
    IntegratedGradients {
        /// Points of the quadrature; captum's default is 50.
        n_steps: usize,
    },
    /// The mean gradient at noisy copies of the image.
    ///
    /// # Reference
    /// Smilkov D, Thorat N, Kim B, Viégas F, Wattenberg M (2017). SmoothGrad. arXiv 1706.03825.
    SmoothGrad {
        /// Noisy copies.
        n_samples: usize,
        /// Standard deviation of the noise as a share of the input's range (largest less smallest number).
        noise: f64,
        /// Of the noise.
        seed: u64,
    },
    /// max(0, Σ over channels of the mean gradient of a channel times the channel), enlarged to the image.
    ///
    /// # Reference
    /// Selvaraju RR, Cogswell M, Das A, Vedantam R, Parikh D, Batra D (2017). Grad-CAM. ICCV. arXiv 1610.02391, equations (1) and (2).
    GradCam {
        /// The stage; the last with height and width before the objective where none is named.
        stage: Option<String>,
    },
    /// How much the objective falls where a square of the image is the baseline's, averaged over the squares that cover a pixel.
    ///
    /// # Reference
    /// Zeiler & Fergus (2014), section 4.2. Windows at the edge are cut, as captum does it.
    Occlusion {
        /// Side of the square in pixels.
        window: usize,
        /// Pixels between neighbouring squares.
        stride: usize,
    },
    /// The mean objective over random masks, weighted by how much of a pixel each mask shows; what is hidden is the baseline's.
    ///
    /// Masks are enlarged bilinearly with the outermost cells going on to the edge, as PyTorch has it.
    ///
    /// # Reference
    /// Petsiuk V, Das A, Saenko K (2018). RISE. BMVC. arXiv 1806.07421, equation (6).
    Rise {
        /// Random masks; the paper has 4,000 to 8,000.
        n_masks: usize,
        /// Cells of a mask's grid along each side.
        n_cells: usize,
        /// Probability that a cell is shown.
        shown: f64,
        /// Of the masks.
        seed: u64,
    },
    /// Layer-wise relevance propagation.
    Lrp(Box<Composite>),
}

/// Every method's name.
pub const METHODS: [&str; 17] = [
    "gradient",
    "input-x-gradient",
    "deconvnet",
    "guided-backpropagation",
    "integrated-gradients",
    "smoothgrad",
    "grad-cam",
    "occlusion",
    "rise",
    "lrp-0",
    "lrp-epsilon",
    "lrp-gamma",
    "lrp-zplus",
    "lrp-epsilon-plus",
    "lrp-epsilon-plus-flat",
    "lrp-epsilon-alpha2-beta1",
    "lrp-epsilon-gamma-box",
];

/// What the methods can be told; each takes what is its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Points of integrated gradients.
    pub n_steps: usize,
    /// Noisy copies of `SmoothGrad`.
    pub n_samples: usize,
    /// Standard deviation of its noise as a share of the input's range.
    pub noise: f64,
    /// Stage of Grad-CAM.
    pub stage: Option<String>,
    /// Side of occlusion's square in pixels.
    pub window: usize,
    /// Pixels between its squares.
    pub stride: usize,
    /// Masks of RISE.
    pub n_masks: usize,
    /// Cells of its masks along each side.
    pub n_cells: usize,
    /// Probability that a cell is shown.
    pub shown: f64,
    /// Of noise and masks.
    pub seed: u64,
    /// The smallest and largest input of each channel, for the box rule.
    pub pixel_box: Option<PixelBox>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            n_steps: 50,
            n_samples: 25,
            noise: 0.1,
            stage: None,
            window: 32,
            stride: 8,
            n_masks: 1000,
            n_cells: 7,
            shown: 0.5,
            seed: 0,
            pixel_box: None,
        }
    }
}

impl Method {
    /// The method called `name`, one of [`METHODS`], with what the settings say of it.
    ///
    /// # Errors
    /// [`AttributionError::UnknownMethod`] with the nearest three; [`AttributionError::Setting`] for a number that cannot be.
    pub fn named(name: &str, settings: &Settings) -> Result<Self, AttributionError> {
        let Settings { n_steps, n_samples, noise, window, stride, n_masks, n_cells, shown, seed, .. } = *settings;
        let method = match name {
            "gradient" => Self::Gradient,
            "input-x-gradient" => Self::InputTimesGradient,
            "deconvnet" => Self::Deconvnet,
            "guided-backpropagation" => Self::GuidedBackpropagation,
            "integrated-gradients" => Self::IntegratedGradients { n_steps },
            "smoothgrad" => Self::SmoothGrad { n_samples, noise, seed },
            "grad-cam" => Self::GradCam { stage: settings.stage.clone() },
            "occlusion" => Self::Occlusion { window, stride },
            "rise" => Self::Rise { n_masks, n_cells, shown, seed },
            _ => match Composite::named(name, settings.pixel_box.as_ref()) {
                Some(composite) => Self::Lrp(Box::new(composite?)),
                None => {
                    return Err(AttributionError::UnknownMethod {
                        name: name.to_owned(),
                        nearest: nearest_three(name, METHODS.iter().copied()),
                        all: METHODS.join(", "),
                    });
                }
            },
        };
        method.check()?;
        Ok(method)
    }

    /// Its name, one of [`METHODS`].
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gradient => "gradient",
            Self::InputTimesGradient => "input-x-gradient",
            Self::Deconvnet => "deconvnet",
            Self::GuidedBackpropagation => "guided-backpropagation",
            Self::IntegratedGradients { .. } => "integrated-gradients",
            Self::SmoothGrad { .. } => "smoothgrad",
            Self::GradCam { .. } => "grad-cam",
            Self::Occlusion { .. } => "occlusion",
            Self::Rise { .. } => "rise",
            Self::Lrp(composite) => composite.name,
        }
    }

    /// Refuses numbers that cannot be.
    ///
    /// # Errors
    /// [`AttributionError::Setting`].
    pub fn check(&self) -> Result<(), AttributionError> {
        let at_least_one = |what: &'static str, found: usize| match found {
            0 => Err(AttributionError::Setting {
                what,
                found: "0".to_owned(),
                needed: "at least 1 is needed".to_owned(),
            }),
            _ => Ok(()),
        };
        let refused = |what: &'static str, found: f64, needed: &str| {
            Err(AttributionError::Setting { what, found: found.to_string(), needed: needed.to_owned() })
        };
        match *self {
            Self::IntegratedGradients { n_steps } => at_least_one("integration steps", n_steps),
            Self::SmoothGrad { n_samples, noise, .. } => {
                at_least_one("noisy copies", n_samples)?;
                if noise.is_finite() && noise >= 0.0 {
                    Ok(())
                } else {
                    refused("a noise of", noise, "it must be 0 or more")
                }
            }
            Self::Occlusion { window, stride } => {
                at_least_one("a window of", window)?;
                at_least_one("a stride of", stride)
            }
            Self::Rise { n_masks, n_cells, shown, .. } => {
                at_least_one("masks", n_masks)?;
                at_least_one("cells", n_cells)?;
                if shown > 0.0 && shown < 1.0 {
                    Ok(())
                } else {
                    refused("cells shown with probability", shown, "it must lie between 0 and 1")
                }
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_gives_the_method_that_has_it() {
        let settings =
            Settings { pixel_box: Some(PixelBox { low: vec![0.0], high: vec![1.0] }), ..Settings::default() };
        for name in METHODS {
            assert_eq!(Method::named(name, &settings).unwrap().name(), name);
        }
    }

    #[test]
    fn an_unknown_method_gets_the_nearest() {
        let refused = Method::named("guided-backprop", &Settings::default()).unwrap_err().to_string();
        assert!(refused.contains("\"guided-backprop\"") && refused.contains("guided-backpropagation"), "{refused}");
    }

    #[test]
    fn numbers_that_cannot_be_are_refused() {
        let refused = |name: &str, settings: Settings| Method::named(name, &settings).unwrap_err().to_string();
        for (name, settings, words) in [
            ("integrated-gradients", Settings { n_steps: 0, ..Settings::default() }, "integration steps 0"),
            ("smoothgrad", Settings { noise: -1.0, ..Settings::default() }, "a noise of -1"),
            ("occlusion", Settings { stride: 0, ..Settings::default() }, "a stride of 0"),
            ("rise", Settings { shown: 1.0, ..Settings::default() }, "between 0 and 1"),
            ("lrp-epsilon-gamma-box", Settings::default(), "smallest and largest"),
        ] {
            let refused = refused(name, settings);
            assert!(refused.contains(words), "{refused}");
        }
    }
}
