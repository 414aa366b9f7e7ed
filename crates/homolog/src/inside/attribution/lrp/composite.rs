//! Which rule of relevance propagation each kind of layer gets.

use crate::inside::attribution::AttributionError;

/// What keeps denominators from 0.
const STABILIZER: f64 = 1e-6;

/// Weight of the positive part in the gamma rule.
const GAMMA: f64 = 0.25;

/// How relevance R of a linear layer's outputs z = W x + b goes to its inputs.
///
/// Positive and negative parts are marked + and -. A denominator d has `stabilizer` added with its own sign (that of 0 is +).
///
/// # Reference
/// Bach S, Binder A, Montavon G, Klauschen F, Müller KR, Samek W (2015). On pixel-wise explanations. PLoS ONE 10:e0130140.
/// Montavon G, Binder A, Lapuschkin S, Samek W, Müller KR (2019). Layer-wise relevance propagation: an overview, table 10.1.
/// For inputs of both signs the rules are those of zennit 0.5.1.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// x Wᵀ (R / z): the bias keeps its share. With a stabilizer of 0, LRP-0.
    Epsilon {
        /// Added to |z|.
        epsilon: f64,
    },
    /// Epsilon with W + gamma W+ where z > 0 and W + gamma W- where z < 0, for positive inputs; the other way round for
    /// negative ones.
    Gamma {
        /// Weight of the favoured part.
        gamma: f64,
    },
    /// Epsilon among the positive contributions alone: x+ W+ + x- W- + b+.
    ZPlus,
    /// alpha times the share of the positive contributions less beta times that of the negative ones; alpha - beta = 1.
    AlphaBeta {
        /// Weight of the positive contributions.
        alpha: f64,
        /// Weight of the negative contributions.
        beta: f64,
    },
    /// For inputs between l and h: shares of x W - l W+ - h W-.
    Box(PixelBox),
    /// Every input that is connected gets the same share.
    Flat,
    /// Shares of W².
    SquaredWeights,
}

/// The smallest and largest number that an input can have, for each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct PixelBox {
    /// Smallest.
    pub low: Vec<f32>,
    /// Largest.
    pub high: Vec<f32>,
}

/// Rules for a whole network.
///
/// Besides the rules here: activation functions and what only moves numbers pass relevance on; a maximum gives it to the winner;
/// sums, means and batch normalization that could not be folded share it in proportion, with `stabilizer`.
#[derive(Clone, Debug, PartialEq)]
pub struct Composite {
    /// Its name, as a method.
    pub name: &'static str,
    /// Of the layers that read the image, where it is not that of their kind.
    pub first_convolution: Option<Rule>,
    /// Of a fully connected layer that reads the image, where it is not that of its kind.
    pub first_dense: Option<Rule>,
    /// Of convolutions.
    pub convolution: Rule,
    /// Of fully connected layers.
    pub dense: Rule,
    /// What keeps denominators from 0, in all rules but epsilon.
    pub stabilizer: f64,
}

impl Composite {
    /// One rule for convolutions and fully connected layers.
    fn everywhere(name: &'static str, rule: Rule) -> Self {
        let stabilizer = if let Rule::Epsilon { epsilon } = rule { epsilon } else { STABILIZER };
        Self { name, first_convolution: None, first_dense: None, convolution: rule.clone(), dense: rule, stabilizer }
    }

    /// A rule for convolutions, and epsilon for fully connected layers.
    fn epsilon_with(name: &'static str, convolution: Rule, first: Option<Rule>) -> Self {
        Self {
            name,
            first_convolution: first,
            first_dense: None,
            convolution,
            dense: Rule::Epsilon { epsilon: STABILIZER },
            stabilizer: STABILIZER,
        }
    }

    /// The composite called `name`: `lrp-0`, `lrp-epsilon`, `lrp-gamma`, `lrp-zplus`, or zennit's `EpsilonPlus`,
    /// `EpsilonPlusFlat`, `EpsilonAlpha2Beta1` and `EpsilonGammaBox` as `lrp-epsilon-plus` and so on; `None` for any other name.
    pub(in crate::inside::attribution) fn named(
        name: &str,
        pixel_box: Option<&PixelBox>,
    ) -> Option<Result<Self, AttributionError>> {
        let composite = match name {
            "lrp-0" => Self::everywhere("lrp-0", Rule::Epsilon { epsilon: 0.0 }),
            "lrp-epsilon" => Self::everywhere("lrp-epsilon", Rule::Epsilon { epsilon: STABILIZER }),
            "lrp-gamma" => Self::everywhere("lrp-gamma", Rule::Gamma { gamma: GAMMA }),
            "lrp-zplus" => Self::everywhere("lrp-zplus", Rule::ZPlus),
            "lrp-epsilon-plus" => Self::epsilon_with("lrp-epsilon-plus", Rule::ZPlus, None),
            "lrp-epsilon-plus-flat" => Self {
                first_dense: Some(Rule::Flat),
                ..Self::epsilon_with("lrp-epsilon-plus-flat", Rule::ZPlus, Some(Rule::Flat))
            },
            "lrp-epsilon-alpha2-beta1" => {
                let rule = Rule::AlphaBeta { alpha: 2.0, beta: 1.0 };
                Self::epsilon_with("lrp-epsilon-alpha2-beta1", rule, None)
            }
            "lrp-epsilon-gamma-box" => {
                let Some(pixel_box) = pixel_box else {
                    return Some(Err(AttributionError::Setting {
                        what: "the composite",
                        found: "lrp-epsilon-gamma-box".to_owned(),
                        needed: "it needs the smallest and largest number of each input channel, which the preprocessing gives"
                            .to_owned(),
                    }));
                };
                let first = Rule::Box(pixel_box.clone());
                Self::epsilon_with("lrp-epsilon-gamma-box", Rule::Gamma { gamma: GAMMA }, Some(first))
            }
            _ => return None,
        };
        Some(Ok(composite))
    }
}
