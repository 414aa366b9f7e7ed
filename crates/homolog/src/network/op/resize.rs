//! Space in another resolution.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator};
use crate::network::tensor::HostTensor;
use crate::network::value::{Ranked, Value};

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
        Ok(Arc::new(Self { interpolation: interpolation(attributes)?, coordinates: coordinates(attributes)? }))
    }
}

fn interpolation(attributes: &NodeAttributes) -> Result<Interpolation, OpError> {
    match attributes.text_or("mode", "nearest")? {
        "nearest" => Ok(Interpolation::Nearest(match attributes.text_or("nearest_mode", "round_prefer_floor")? {
            "round_prefer_floor" => NearestRounding::RoundPreferFloor,
            "round_prefer_ceil" => NearestRounding::RoundPreferCeil,
            "floor" => NearestRounding::Floor,
            "ceil" => NearestRounding::Ceil,
            _ => {
                let needed = "homolog has round_prefer_floor, round_prefer_ceil, floor and ceil";
                return Err(attributes.refuse("nearest_mode", needed));
            }
        })),
        "linear" => Ok(Interpolation::Linear),
        "cubic" => Ok(Interpolation::Cubic { coefficient: attributes.float_or("cubic_coeff_a", -0.75)? }),
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

/// The size of one axis after resizing, and by what factor positions are scaled.
#[derive(Clone, Copy, Debug)]
struct Scaling {
    size: usize,
    factor: f64,
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of axes are far below 2^53 and not negative"
)]
fn scaling(inputs: &Inputs<'_>) -> Result<Vec<Scaling>, OpError> {
    let shape = &inputs.fact(0)?.shape;
    if let Some(sizes) = inputs.optional_ints(3, "sizes")? {
        if sizes.len() != shape.len() {
            return Err(inputs.refuse(format!("sizes {sizes:?} must have one number for each axis")));
        }
        let scaled = sizes.iter().zip(shape).map(|(size, before)| {
            let size = usize::try_from(*size).unwrap_or(0);
            Scaling { size, factor: size as f64 / *before as f64 }
        });
        return Ok(scaled.collect());
    }
    let Some(scales) = inputs.optional(2) else {
        return Err(inputs.refuse("scales or sizes must be given"));
    };
    match scales.constant.as_deref() {
        Some(HostTensor::F32(factors)) if factors.len() == shape.len() => {
            let scaled = factors.iter().zip(shape).map(|(factor, before)| {
                let factor = f64::from(*factor);
                Scaling { size: (*before as f64 * factor).floor() as usize, factor }
            });
            Ok(scaled.collect())
        }
        Some(_) => Err(inputs.refuse("scales must have one float for each axis")),
        None => Err(OpError::NotConstant { op: "Resize", input: "scales" }),
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "sizes of axes are far below 2^53, and positions lie within the input or a few places beside it"
)]
impl Resize {
    /// Where output position `place` lies in the input.
    fn position(&self, place: usize, size: usize, scale: Scaling) -> f64 {
        let x = place as f64;
        match self.coordinates {
            Coordinates::HalfPixel => (x + 0.5) / scale.factor - 0.5,
            Coordinates::PytorchHalfPixel if scale.size == 1 => 0.0,
            Coordinates::PytorchHalfPixel => (x + 0.5) / scale.factor - 0.5,
            Coordinates::AlignCorners if scale.size == 1 => 0.0,
            Coordinates::AlignCorners => x * (size as f64 - 1.0) / (scale.size as f64 - 1.0),
            Coordinates::Asymmetric => x / scale.factor,
        }
    }

    /// The weights of the input positions (columns) in each output position (rows), row-major.
    fn weights(&self, size: usize, scale: Scaling) -> Vec<f64> {
        let mut weights = vec![0.0; scale.size * size];
        for (place, row) in weights.chunks_mut(size).enumerate() {
            let position = self.position(place, size, scale);
            let mut add = |column: f64, weight: f64| {
                let column = column.clamp(0.0, size as f64 - 1.0);
                if let Some(cell) = row.iter_mut().enumerate().find(|(index, _)| *index as f64 == column) {
                    *cell.1 += weight;
                }
            };
            match self.interpolation {
                Interpolation::Nearest(rounding) => add(rounding.apply(position), 1.0),
                Interpolation::Linear => {
                    let fraction = position - position.floor();
                    add(position.floor(), 1.0 - fraction);
                    add(position.floor() + 1.0, fraction);
                }
                Interpolation::Cubic { coefficient } => {
                    for tap in -1..=2 {
                        let column = position.floor() + f64::from(tap);
                        add(column, keys_kernel(position - column, f64::from(coefficient)));
                    }
                }
            }
        }
        weights
    }
}

impl NearestRounding {
    fn apply(self, position: f64) -> f64 {
        match self {
            Self::RoundPreferFloor => (position - 0.5).ceil(),
            Self::RoundPreferCeil => (position + 0.5).floor(),
            Self::Floor => position.floor(),
            Self::Ceil => position.ceil(),
        }
    }
}

/// Keys' cubic convolution kernel at distance `x`.
///
/// # Reference
/// Keys R (1981). Cubic convolution interpolation for digital image processing. IEEE Trans ASSP 29:1153. Equation (15),
/// with a free.
fn keys_kernel(x: f64, a: f64) -> f64 {
    let x = x.abs();
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    } else {
        0.0
    }
}

impl Operator for Resize {
    fn kind(&self) -> &'static str {
        "Resize"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=4)?;
        let shape = &inputs.spatial(0)?.shape;
        let sizes: Vec<usize> = scaling(&inputs)?.iter().map(|axis| axis.size).collect();
        if sizes.iter().zip(shape).take(2).any(|(after, before)| after != before) || sizes.contains(&0) {
            return Err(inputs.refuse("only space can be resized, and something must be left of it"));
        }
        Ok(vec![Fact::float(sizes)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let inputs = call.facts();
        let shape = inputs.fact(0)?.shape.clone();
        let scaling = scaling(&inputs)?;
        let mut output = call.float(0)?;
        for (axis, (scale, size)) in scaling.iter().zip(&shape).enumerate().skip(2) {
            if scale.size == *size && scale.factor == 1.0 {
                continue;
            }
            // (outer, size, inner), with the resized axis brought to the left of a product of matrices.
            let current = output.shape();
            let (before, after) = current.split_at(axis);
            let inner = after.iter().skip(1).product();
            let stack = output.reshape(&[before.iter().product(), *size, inner]).into_rank::<3>();
            let weights =
                Ranked::R3(stack.clone()).like(&[1, scale.size, *size], self.weights(*size, *scale)).into_rank::<3>();
            let mut resized = current.clone();
            if let Some(place) = resized.get_mut(axis) {
                *place = scale.size;
            }
            output = Ranked::R3(weights.matmul(stack)).reshape(&resized);
        }
        Ok(vec![Value::Float(output)])
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
                attributes.extend([("mode", text("cubic")), ("cubic_coeff_a", Attribute::Float(coefficient))]);
            }
        }
        attributes
    }
}
