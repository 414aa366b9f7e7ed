//! An objective checked against a network: every unit exists and the image can change it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{Objective, ObjectiveError, Quantity, Term};
use crate::network::checked::{Network, Stage};
use crate::network::error::GraphError;
use crate::network::tensor::DType;

/// The responses of stages to a given image, by the names of their values; units in row-major order.
pub type Reference = BTreeMap<String, Vec<f32>>;

/// Operators whose output is a float that does not change with its input but in jumps.
const STEPS: [&str; 4] = ["Floor", "Ceil", "Round", "Sign"];

/// An objective that can be maximised on one network.
#[derive(Clone, Debug)]
pub struct Aim {
    /// The objective, as text.
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
    taps: Vec<String>,
}

/// One weighted quantity of one value.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) weight: f64,
    /// The value's name in the graph.
    pub(super) value: String,
    /// Sizes of the value for one image.
    pub(super) shape: Vec<usize>,
    pub(super) measure: Measure,
}

/// How a number is made of a value.
#[derive(Clone, Debug)]
pub(super) enum Measure {
    /// The mean over a box.
    Mean(Vec<Range<usize>>),
    MeanSquare,
    Probability(usize),
    /// Product with a vector of unit length along the channels.
    Direction(Arc<[f32]>),
    Cosine(Arc<[f32]>),
    Inversion(Arc<[f32]>),
    Caricature(Arc<[f32]>),
    Diversity,
}

impl Aim {
    /// Checks `objective`; `reference` has the responses to the image that it compares with.
    ///
    /// # Errors
    /// [`ObjectiveError`]: an unknown stage, a unit out of range, a stage without gradient path, no reference.
    pub fn new(
        objective: &Objective,
        network: &Network,
        reference: Option<&Reference>,
    ) -> Result<Self, ObjectiveError> {
        let paths = Paths::of(network)?;
        let mut parts = Vec::new();
        for Term { weight, quantity } in &objective.terms {
            let (value, shape, measure) = Checked { quantity, network, reference }.measure()?;
            if let Some(because) = paths.obstacle(&value) {
                let stage = quantity.stage().unwrap_or(&value).to_owned();
                return Err(ObjectiveError::NoGradientPath { objective: quantity.to_string(), stage, because });
            }
            parts.push(Part { weight: *weight, value, shape, measure });
        }
        let taps: BTreeSet<String> = parts.iter().map(|part| part.value.clone()).collect();
        Ok(Self { name: objective.to_string(), parts, taps: taps.into_iter().collect() })
    }

    /// The objective, as text.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A hash (SHA-256, hexadecimal) of all that it measures, given images' responses included.
    pub(in crate::inside) fn content_hash(&self) -> String {
        crate::store::hex(&Sha256::digest(format!("{:?}", self.parts)))
    }

    /// The names of the values that it is computed from.
    pub fn taps(&self) -> &[String] {
        &self.taps
    }

    /// Whether the images of one unit are compared with each other.
    pub fn is_about_several_images(&self) -> bool {
        self.parts.iter().any(|part| matches!(part.measure, Measure::Diversity))
    }
}

impl Quantity {
    /// The stage that is named.
    fn stage(&self) -> Option<&str> {
        match self {
            Self::Unit { stage, .. }
            | Self::Channel { stage, .. }
            | Self::Layer { stage }
            | Self::Direction { stage, .. }
            | Self::Cosine { stage, .. }
            | Self::Inversion { stage }
            | Self::Caricature { stage }
            | Self::Diversity { stage } => Some(stage),
            Self::Logit { .. } | Self::Probability { .. } => None,
        }
    }
}

struct Checked<'a> {
    quantity: &'a Quantity,
    network: &'a Network,
    reference: Option<&'a Reference>,
}

impl Checked<'_> {
    /// The value, its shape for one image, and the measure.
    fn measure(&self) -> Result<(String, Vec<usize>, Measure), ObjectiveError> {
        let class = match self.quantity {
            Quantity::Logit { class } | Quantity::Probability { class } => Some(*class),
            _ => None,
        };
        if let Some(class) = class {
            let (value, n_classes) = self.logits()?;
            self.within("class", class, &self.network.graph().name, n_classes)?;
            let measure = match self.quantity {
                Quantity::Probability { .. } => Measure::Probability(class),
                _ => Measure::Mean(std::iter::once(class..class + 1).collect()),
            };
            return Ok((value, vec![n_classes], measure));
        }
        let stage = self.network.stage(self.quantity.stage().unwrap_or_default())?;
        let measure = match self.quantity {
            Quantity::Unit { place, .. } => Measure::Mean(self.unit(stage, place)?),
            Quantity::Channel { channel, .. } => Measure::Mean(self.channel(stage, *channel)?),
            Quantity::Direction { vector, .. } => Measure::Direction(self.direction(stage, vector)?),
            Quantity::Cosine { vector, .. } => Measure::Cosine(self.direction(stage, vector)?),
            Quantity::Inversion { .. } => Measure::Inversion(self.target(stage)?),
            Quantity::Caricature { .. } => Measure::Caricature(self.target(stage)?),
            Quantity::Diversity { .. } => Measure::Diversity,
            _ => Measure::MeanSquare,
        };
        Ok((stage.value.clone(), stage.shape.clone(), measure))
    }

    fn within(&self, what: &'static str, found: usize, stage: &str, n: usize) -> Result<(), ObjectiveError> {
        if found < n {
            return Ok(());
        }
        let (objective, stage) = (self.quantity.to_string(), stage.to_owned());
        Err(ObjectiveError::OutOfRange { objective, what, found, stage, n })
    }

    /// The box of one unit.
    fn unit(&self, stage: &Stage, place: &[usize]) -> Result<Vec<Range<usize>>, ObjectiveError> {
        if let ([channel], true) = (place, stage.shape.len() > 1) {
            let mut middle = self.channel(stage, *channel)?;
            let axis = channel_axis(&stage.shape);
            for (place, range) in middle.iter_mut().enumerate().filter(|(place, _)| *place != axis) {
                let at = stage.shape.get(place).map_or(0, |size| size / 2);
                *range = at..at + 1;
            }
            return Ok(middle);
        }
        if place.len() != stage.shape.len() {
            return Err(ObjectiveError::Indices {
                objective: self.quantity.to_string(),
                found: place.len(),
                stage: stage.name.clone(),
                shape: stage.shape.clone(),
            });
        }
        let names: &[&'static str] = match stage.shape.len() {
            1 => &["unit"],
            2 => &["token", "channel"],
            3 => &["channel", "row", "column"],
            _ => &[],
        };
        for (axis, (index, size)) in place.iter().zip(&stage.shape).enumerate() {
            self.within(names.get(axis).copied().unwrap_or("position"), *index, &stage.name, *size)?;
        }
        Ok(place.iter().map(|index| *index..index + 1).collect())
    }

    /// The box of a channel at all positions.
    fn channel(&self, stage: &Stage, channel: usize) -> Result<Vec<Range<usize>>, ObjectiveError> {
        let axis = channel_axis(&stage.shape);
        self.within("channel", channel, &stage.name, stage.shape.get(axis).copied().unwrap_or(0))?;
        let whole = |(place, size): (usize, &usize)| if place == axis { channel..channel + 1 } else { 0..*size };
        Ok(stage.shape.iter().enumerate().map(whole).collect())
    }

    /// The vector of unit length along the channels.
    fn direction(&self, stage: &Stage, sparse: &[(usize, f64)]) -> Result<Arc<[f32]>, ObjectiveError> {
        let n = stage.shape.get(channel_axis(&stage.shape)).copied().unwrap_or(0);
        let mut vector = vec![0.0_f64; n];
        for (channel, weight) in sparse {
            self.within("channel", *channel, &stage.name, n)?;
            if let Some(entry) = vector.get_mut(*channel) {
                *entry += weight;
            }
        }
        let length = vector.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        if !(length > 0.0 && length.is_finite()) {
            return Err(ObjectiveError::NoDirection { objective: self.quantity.to_string() });
        }
        #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
        let narrow = vector.iter().map(|weight| (weight / length) as f32).collect();
        Ok(narrow)
    }

    /// The stage's response to the given image.
    fn target(&self, stage: &Stage) -> Result<Arc<[f32]>, ObjectiveError> {
        let objective = || self.quantity.to_string();
        let found = self.reference.and_then(|reference| reference.get(&stage.value));
        let target = found
            .filter(|target| target.len() == stage.n_units())
            .ok_or_else(|| ObjectiveError::NoReference { objective: objective() })?;
        if target.iter().all(|response| *response == 0.0) {
            return Err(ObjectiveError::SilentReference { objective: objective(), stage: stage.name.clone() });
        }
        Ok(target.as_slice().into())
    }

    /// The value before a final softmax, or the network's output; and the number of classes.
    fn logits(&self) -> Result<(String, usize), ObjectiveError> {
        match logits_of(self.network)? {
            Readout::Classes { logits, n_classes } => Ok((logits, n_classes)),
            Readout::Other { shape } => Err(ObjectiveError::NotAClassifier {
                objective: self.quantity.to_string(),
                network: self.network.graph().name.clone(),
                shape,
            }),
        }
    }
}

/// What a network gives for an image.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Readout {
    /// A number for each class.
    Classes {
        /// The value before a final softmax, or the network's output.
        logits: String,
        n_classes: usize,
    },
    /// Something else.
    Other { shape: Vec<usize> },
}

/// What `network` gives for an image.
pub(crate) fn logits_of(network: &Network) -> Result<Readout, GraphError> {
    let graph = network.graph();
    let mut logits = graph.outputs.first().cloned().unwrap_or_default();
    let writer = graph.nodes.iter().find(|node| node.outputs.contains(&logits));
    if let Some(before) = writer.filter(|node| node.op.kind() == "Softmax").and_then(|node| node.inputs.first()) {
        logits = before.clone().unwrap_or(logits);
    }
    let shape = network.stage(&logits)?.shape.clone();
    Ok(match shape.as_slice() {
        [n_classes] if *n_classes > 1 => Readout::Classes { logits, n_classes: *n_classes },
        _ => Readout::Other { shape },
    })
}

/// The axis along which the channels are: the first of (channel, height, width), the last of (token, channel).
pub(super) fn channel_axis(shape: &[usize]) -> usize {
    if shape.len() == 2 { 1 } else { 0 }
}

/// Which values change smoothly with the image.
struct Paths {
    /// What is in the way, for each value that the image does not reach.
    obstacles: BTreeMap<String, String>,
}

impl Paths {
    fn of(network: &Network) -> Result<Self, GraphError> {
        let graph = network.graph();
        let plan = network.plan(network.fixed_batch().unwrap_or(1))?;
        let image = graph.inputs.first().map(|input| input.name.as_str());
        let mut obstacles: BTreeMap<String, String> = BTreeMap::new();
        for node in &graph.nodes {
            let blocked = |value: &String| -> Option<String> {
                if Some(value.as_str()) == image {
                    return None;
                }
                if graph.parameters.contains_key(value) || graph.inputs.iter().any(|input| &input.name == value) {
                    return Some("it does not depend on the image".to_owned());
                }
                obstacles.get(value).cloned()
            };
            let inputs: Vec<Option<String>> = node.inputs.iter().flatten().map(blocked).collect();
            let mut because = match inputs.iter().any(Option::is_none) {
                true => None,
                // An obstacle on the way says more than a constant beside it.
                false => inputs.into_iter().flatten().min_by_key(|because| because.starts_with("it does not")),
            };
            if inputs_missing(node) {
                because = Some("it does not depend on the image".to_owned());
            }
            if because.is_none() && STEPS.contains(&node.op.kind()) {
                because = Some(format!("node \"{}\" ({}) changes only in jumps", node.name, node.op.kind()));
            }
            for value in &node.outputs {
                let is_float = plan.facts.get(value).is_none_or(|fact| fact.dtype == DType::F32);
                let made_whole = (!is_float).then(|| {
                    format!("node \"{}\" ({}) gives whole numbers or truth values", node.name, node.op.kind())
                });
                if let Some(because) = because.clone().or(made_whole) {
                    obstacles.insert(value.clone(), because);
                }
            }
        }
        Ok(Self { obstacles })
    }

    fn obstacle(&self, value: &str) -> Option<String> {
        self.obstacles.get(value).cloned()
    }
}

/// Whether a node reads nothing.
fn inputs_missing(node: &crate::network::graph::Node) -> bool {
    node.inputs.iter().flatten().next().is_none()
}
