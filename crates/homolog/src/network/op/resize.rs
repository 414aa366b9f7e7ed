//! Space in another resolution.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, OpError, Operator};

/// How a number between positions is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interpolation {
    /// From the nearest position.
    Nearest(NearestRounding),
    /// Linearly from two positions along each axis.
    Linear,
    /// From four positions along each axis, by Keys' kernel.
    Cubic {
        /// Keys' a: -0.75 in ONNX and PyTorch, -0.5 in Pillow.
        coefficient: f32,
    },
}

/// Which position is nearest when it falls between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NearestRounding {
    /// Halves go down (ONNX's default).
    RoundPreferFloor,
    /// Halves go up.
    RoundPreferCeil,
    /// The one before.
    Floor,
    /// The one after.
    Ceil,
}

/// Where an output position lies in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// (x + 0.5) / scale - 0.5 (ONNX's default)
    HalfPixel,
    /// As [`HalfPixel`](Self::HalfPixel), and 0 where the output has one position.
    PytorchHalfPixel,
    /// x (input - 1) / (output - 1)
    AlignCorners,
    /// x / scale
    Asymmetric,
}

/// Space in another resolution: inputs `X` (batch, channel, height, width), absent `roi`, optional constant `scales`,
/// optional constant `sizes`; one of the last two is given. ONNX's `Upsample` is read as this.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resize {
    /// How a number between positions is made.
    pub interpolation: Interpolation,
    /// Where an output position lies in the input.
    pub coordinates: Coordinates,
}

impl Resize {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.switch_or("antialias", false)? {
            return Err(attributes.refuse("antialias", "homolog has 0 inside networks"));
        }
        if attributes.has("axes") {
            return Err(attributes.refuse("axes", "homolog needs scales or sizes for all axes"));
        }
        if attributes.text_or("keep_aspect_ratio_policy", "stretch")? != "stretch" {
            return Err(attributes.refuse("keep_aspect_ratio_policy", "homolog has stretch"));
        }
        if attributes.switch_or("exclude_outside", false)? {
            return Err(attributes.refuse("exclude_outside", "homolog has 0"));
        }
        Ok(Arc::new(Self {
            interpolation: interpolation(attributes)?,
            coordinates: coordinates(attributes)?,
        }))
    }
}

fn interpolation(attributes: &NodeAttributes) -> Result<Interpolation, OpError> {
    match attributes.text_or("mode", "nearest")? {
        "nearest" => Ok(Interpolation::Nearest(
            match attributes.text_or("nearest_mode", "round_prefer_floor")? {
                "round_prefer_floor" => NearestRounding::RoundPreferFloor,
                "round_prefer_ceil" => NearestRounding::RoundPreferCeil,
                "floor" => NearestRounding::Floor,
                "ceil" => NearestRounding::Ceil,
                _ => {
                    let needed =
                        "homolog has round_prefer_floor, round_prefer_ceil, floor and ceil";
                    return Err(attributes.refuse("nearest_mode", needed));
                }
            },
        )),
        "linear" => Ok(Interpolation::Linear),
        "cubic" => Ok(Interpolation::Cubic {
            coefficient: attributes.float_or("cubic_coeff_a", -0.75)?,
        }),
        _ => Err(attributes.refuse("mode", "homolog has nearest, linear and cubic")),
    }
}

fn coordinates(attributes: &NodeAttributes) -> Result<Coordinates, OpError> {
    match attributes.text_or("coordinate_transformation_mode", "half_pixel")? {
        "half_pixel" => Ok(Coordinates::HalfPixel),
        "pytorch_half_pixel" => Ok(Coordinates::PytorchHalfPixel),
        "align_corners" => Ok(Coordinates::AlignCorners),
        "asymmetric" => Ok(Coordinates::Asymmetric),
        _ => {
            let needed = "homolog has half_pixel, pytorch_half_pixel, align_corners and asymmetric";
            Err(attributes.refuse("coordinate_transformation_mode", needed))
        }
    }
}

impl Operator for Resize {
    fn kind(&self) -> &'static str {
        "Resize"
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let text = |text: &str| Attribute::Text(text.to_owned());
        let coordinates = match self.coordinates {
            Coordinates::HalfPixel => "half_pixel",
            Coordinates::PytorchHalfPixel => "pytorch_half_pixel",
            Coordinates::AlignCorners => "align_corners",
            Coordinates::Asymmetric => "asymmetric",
        };
        let mut attributes = vec![("coordinate_transformation_mode", text(coordinates))];
        match self.interpolation {
            Interpolation::Nearest(rounding) => {
                let rounding = match rounding {
                    NearestRounding::RoundPreferFloor => "round_prefer_floor",
                    NearestRounding::RoundPreferCeil => "round_prefer_ceil",
                    NearestRounding::Floor => "floor",
                    NearestRounding::Ceil => "ceil",
                };
                attributes.extend([("mode", text("nearest")), ("nearest_mode", text(rounding))]);
            }
            Interpolation::Linear => attributes.push(("mode", text("linear"))),
            Interpolation::Cubic { coefficient } => {
                attributes.extend([
                    ("mode", text("cubic")),
                    ("cubic_coeff_a", Attribute::Float(coefficient)),
                ]);
            }
        }
        attributes
    }
}
