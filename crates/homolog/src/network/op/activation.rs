//! Activation functions: one number in, one number out, at every position.

use std::f64::consts::SQRT_2;
use std::sync::Arc;

use burn::tensor::{Device, Tensor, activation};

use super::attributes::NodeAttributes;
use super::host;
use super::inputs::broadcast_shape;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::DType;
use crate::network::value::{Value, both_ranks, each_rank};

/// How the Gaussian error linear unit is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeluForm {
    /// With the error function.
    Exact,
    /// With the hyperbolic tangent's approximation.
    Tanh,
}

/// A pointwise activation function: input `X`, output of the same shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// max(x, 0)
    Relu,
    /// x where x > 0, else alpha x
    LeakyRelu {
        /// Slope of the negative side; ONNX's default is 0.01.
        alpha: f32,
    },
    /// x where x > 0, else alpha (exp(x) - 1)
    Elu {
        /// Depth of the negative side; ONNX's default is 1.
        alpha: f32,
    },
    /// max(x, 0) + min(alpha (exp(x / alpha) - 1), 0)
    Celu {
        /// Depth and width of the negative side; ONNX's default is 1.
        alpha: f32,
    },
    /// gamma x where x > 0, else gamma alpha (exp(x) - 1)
    Selu {
        /// Depth of the negative side.
        alpha: f32,
        /// Scale of both sides.
        gamma: f32,
    },
    /// 1 / (1 + exp(-x))
    Sigmoid,
    /// max(0, min(1, alpha x + beta))
    HardSigmoid {
        /// Slope; ONNX's default is 0.2, PyTorch's is 1/6.
        alpha: f32,
        /// Value at 0; 0.5.
        beta: f32,
    },
    /// x max(0, min(1, x / 6 + 1 / 2))
    HardSwish,
    /// Hyperbolic tangent.
    Tanh,
    /// ln(1 + exp(x))
    Softplus,
    /// x / (1 + |x|)
    Softsign,
    /// x Phi(x), with the normal distribution's Phi.
    Gelu {
        /// How Phi is computed.
        form: GeluForm,
    },
    /// x tanh(ln(1 + exp(x)))
    Mish,
}

impl Activation {
    /// Reads any of these activations; the operator's name is in `attributes`.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let alpha = |default| attributes.float_or("alpha", default);
        Ok(Arc::new(match attributes.op() {
            "Relu" => Self::Relu,
            "LeakyRelu" => Self::LeakyRelu { alpha: alpha(0.01)? },
            "Elu" => Self::Elu { alpha: alpha(1.0)? },
            "Celu" => Self::Celu { alpha: alpha(1.0)? },
            // ONNX's defaults, the constants of Klambauer et al. (2017).
            "Selu" => Self::Selu { alpha: alpha(1.673_263_2)?, gamma: attributes.float_or("gamma", 1.050_701)? },
            "Sigmoid" => Self::Sigmoid,
            "HardSigmoid" => Self::HardSigmoid { alpha: alpha(0.2)?, beta: attributes.float_or("beta", 0.5)? },
            "HardSwish" => Self::HardSwish,
            "Tanh" => Self::Tanh,
            "Softplus" => Self::Softplus,
            "Softsign" => Self::Softsign,
            "Mish" => Self::Mish,
            "Gelu" => Self::Gelu {
                form: match attributes.text_or("approximate", "none")? {
                    "none" => GeluForm::Exact,
                    "tanh" => GeluForm::Tanh,
                    _ => return Err(attributes.refuse("approximate", "homolog has none and tanh")),
                },
            },
            other => {
                return Err(OpError::Unknown { op: other.to_owned() });
            }
        }))
    }
}

impl Activation {
    fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => activation::relu(x),
            Self::LeakyRelu { alpha } => activation::leaky_relu(x, f64::from(alpha)),
            Self::Elu { alpha } => activation::elu(x, f64::from(alpha)),
            Self::Celu { alpha } => activation::celu(x, f64::from(alpha)),
            Self::Selu { alpha, gamma } => activation::elu(x, f64::from(alpha)).mul_scalar(gamma),
            Self::Sigmoid => activation::sigmoid(x),
            Self::HardSigmoid { alpha, beta } => activation::hard_sigmoid(x, f64::from(alpha), f64::from(beta)),
            Self::HardSwish => activation::hard_swish(x),
            Self::Tanh => x.tanh(),
            Self::Softplus => activation::softplus(x, 1.0),
            Self::Softsign => activation::softsign(x),
            Self::Gelu { form: GeluForm::Exact } => gelu(x),
            Self::Gelu { form: GeluForm::Tanh } => activation::gelu_approximate(x),
            Self::Mish => activation::mish(x),
        }
    }
}

/// x Φ(x). Written out away from the processor, since the engine's gradient of it there is the tanh form's, 1.5e-3 off.
fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if x.device() == Device::flex() {
        return activation::gelu(x);
    }
    let normal = x.clone().div_scalar(SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5);
    x * normal
}

impl Operator for Activation {
    fn kind(&self) -> &'static str {
        match self {
            Self::Relu => "Relu",
            Self::LeakyRelu { .. } => "LeakyRelu",
            Self::Elu { .. } => "Elu",
            Self::Celu { .. } => "Celu",
            Self::Selu { .. } => "Selu",
            Self::Sigmoid => "Sigmoid",
            Self::HardSigmoid { .. } => "HardSigmoid",
            Self::HardSwish => "HardSwish",
            Self::Tanh => "Tanh",
            Self::Softplus => "Softplus",
            Self::Softsign => "Softsign",
            Self::Gelu { .. } => "Gelu",
            Self::Mish => "Mish",
        }
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let fact = Inputs::new(self.kind(), inputs, 1..=1)?.float(0)?;
        Ok(vec![Fact::float(fact.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        if *self == Self::Relu
            && let Some(x) = call.taped(0)
        {
            return Ok(vec![Value::Float(host::rectify_taped(x))]);
        }
        let x = call.float(0)?;
        Ok(vec![Value::Float(each_rank!(x, x => self.apply(x)))])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        match self {
            Self::LeakyRelu { alpha } | Self::Elu { alpha } | Self::Celu { alpha } => {
                vec![("alpha", Attribute::Float(*alpha))]
            }
            Self::Selu { alpha, gamma } => {
                vec![("alpha", Attribute::Float(*alpha)), ("gamma", Attribute::Float(*gamma))]
            }
            Self::HardSigmoid { alpha, beta } => {
                vec![("alpha", Attribute::Float(*alpha)), ("beta", Attribute::Float(*beta))]
            }
            Self::Gelu { form } => {
                let text = if *form == GeluForm::Tanh { "tanh" } else { "none" };
                vec![("approximate", Attribute::Text(text.to_owned()))]
            }
            _ => Vec::new(),
        }
    }
}

/// x where x > 0, else slope x: inputs `X` and `slope` (learned; broadcast against `X` as NumPy does).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PRelu;

impl PRelu {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for PRelu {
    fn kind(&self) -> &'static str {
        "PRelu"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let (data, slope) = (inputs.float(0)?, inputs.float(1)?);
        match broadcast_shape([data.shape.as_slice(), slope.shape.as_slice()]) {
            Some(shape) if shape == data.shape => Ok(vec![Fact::float(shape)]),
            _ => Err(inputs.refuse("the slope must broadcast to the input")),
        }
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let (x, slope) = (call.float(0)?, call.float(1)?);
        let output = both_ranks!(x, slope => {
            let positive = activation::relu(x.clone());
            (x - positive.clone()) * slope + positive
        });
        Ok(vec![Value::Float(output)])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}

/// The input limited to a range: inputs `X`, optional scalar `min`, optional scalar `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clip;

impl Clip {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Clip {
    fn kind(&self) -> &'static str {
        "Clip"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=3)?;
        let data = inputs.fact(0)?;
        for (index, name) in [(1, "min"), (2, "max")] {
            match inputs.optional(index) {
                Some(limit) if limit.dtype != data.dtype || limit.n_elements() != 1 => {
                    return Err(inputs.refuse(format!("{name} must be one number of the input's type")));
                }
                Some(limit) if limit.constant.is_none() && data.dtype != DType::F32 => {
                    return Err(OpError::NotConstant { op: self.kind(), input: name });
                }
                _ => {}
            }
        }
        Ok(vec![Fact::variable(data.dtype, data.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        let limit = |index: usize| call.facts().optional(index).and_then(Fact::scalar);
        let (min, max) = (limit(1), limit(2));
        let output = match call.value(0)? {
            Value::Float(x) => {
                let x = match (min, call.optional_float(1)?) {
                    (Some(min), _) => each_rank!(x, x => x.clamp_min(min)),
                    (None, Some(min)) => {
                        let min = min.broadcast(shape);
                        both_ranks!(x, min => x.max_pair(min))
                    }
                    (None, None) => x,
                };
                Value::Float(match (max, call.optional_float(2)?) {
                    (Some(max), _) => each_rank!(x, x => x.clamp_max(max)),
                    (None, Some(max)) => {
                        let max = max.broadcast(shape);
                        both_ranks!(x, max => x.min_pair(max))
                    }
                    (None, None) => x,
                })
            }
            Value::Int(x) => Value::Int(each_rank!(x, x => {
                let x = if let Some(min) = min { x.clamp_min(min) } else { x };
                if let Some(max) = max { x.clamp_max(max) } else { x }
            })),
            Value::Bool(_) => return Err(call.refuse("homolog needs numbers")),
        };
        Ok(vec![output])
    }

    fn reach(&self, _index: usize, _inputs: &[Option<&Fact>]) -> Reach {
        Reach::Pointwise
    }
}
