//! The strongest inputs of a unit, and the strongest inputs of those.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ndarray::Array2;

use super::CircuitError;
use super::linear::{RECTIFIERS, Slopes};
use super::weights::{ExpandedWeights, Strength, Strongest, expanded_weights, layout};
use crate::network::checked::{Network, Stage};

/// A channel of a stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// The stage's name.
    pub stage: String,
    /// The channel.
    pub channel: usize,
}

impl FromStr for Unit {
    type Err = CircuitError;

    /// Reads `features.10:12`.
    fn from_str(text: &str) -> Result<Self, CircuitError> {
        let read = || {
            let (stage, channel) = text.rsplit_once(':')?;
            let stage = stage.trim();
            let stage = stage.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(stage);
            Some(Self { stage: stage.to_owned(), channel: channel.trim().parse().ok()? })
        };
        read().filter(|unit| !unit.stage.is_empty()).ok_or_else(|| CircuitError::Unreadable { text: text.to_owned() })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stage, self.channel)
    }
}

/// How a unit is driven by the one that it stands below.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The expanded weights, rows downwards: (height, width).
    pub kernel: Array2<f32>,
    /// What they add up to.
    pub strength: Strength,
    /// Whether a part of the window lies outside the earlier stage.
    pub is_cut: bool,
}

/// A unit of a circuit with its strongest inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The unit.
    pub unit: Unit,
    /// How it drives the node that it is an input of; none for the first.
    pub link: Option<Link>,
    /// Its strongest inputs, strongest first.
    pub inputs: Vec<Node>,
}

impl Node {
    /// The node and all below it, each before its inputs.
    pub fn all(&self) -> Vec<&Node> {
        std::iter::once(self).chain(self.inputs.iter().flat_map(Node::all)).collect()
    }
}

/// What circuits are drawn from.
#[derive(Clone, Debug)]
pub struct Circuit<'a> {
    /// The network.
    pub network: &'a Network,
    /// What stands for the slopes of rectifiers.
    pub slopes: &'a Slopes,
    /// Earlier stages, the latest first; the first holds the unit's inputs, the next those of these.
    pub through: Vec<String>,
    /// Inputs of each node.
    pub breadth: usize,
    /// By what they are chosen.
    pub by: Strongest,
}

impl Circuit<'_> {
    /// The tree of `unit`: at each node the `breadth` strongest channels of the next earlier stage, channels without any such weight
    /// left out.
    ///
    /// # Errors
    /// As [`expanded_weights`]; a breadth of 0.
    pub fn tree(&self, unit: &Unit) -> Result<Node, CircuitError> {
        if self.breadth == 0 {
            return Err(CircuitError::Setting { what: "a breadth of", found: 0, needed: "at least 1 is needed" });
        }
        let stage = self.network.stage(&unit.stage)?;
        let n = layout(stage)?.n_channels;
        if unit.channel >= n {
            return Err(CircuitError::NoChannel { stage: unit.stage.clone(), channel: unit.channel, n });
        }
        // Stage by stage, so that units of one stage share a pass, and a unit that two others read is expanded once.
        let mut found: BTreeMap<Unit, Vec<(Unit, Link)>> = BTreeMap::new();
        let mut level = vec![unit.clone()];
        let mut later = unit.stage.as_str();
        for earlier in &self.through {
            let channels: Vec<usize> = level.iter().map(|unit| unit.channel).collect();
            let expanded = expanded_weights(self.network, earlier, later, &channels, self.slopes)?;
            let mut next: Vec<Unit> = Vec::new();
            for (unit, weights) in level.iter().zip(&expanded) {
                let inputs = self.strongest(earlier, weights);
                next.extend(inputs.iter().map(|(unit, _)| unit.clone()));
                found.insert(unit.clone(), inputs);
            }
            next.sort();
            next.dedup();
            (level, later) = (next, earlier.as_str());
        }
        Ok(grown(unit.clone(), None, self.through.len(), &found))
    }

    /// How every channel of the stage `earlier` drives `unit`, strongest first.
    ///
    /// # Errors
    /// As [`expanded_weights`].
    pub fn strengths(&self, unit: &Unit, earlier: &str) -> Result<Vec<Strength>, CircuitError> {
        let expanded = expanded_weights(self.network, earlier, &unit.stage, &[unit.channel], self.slopes)?;
        Ok(expanded.first().map(|weights| weights.strengths(self.by)).unwrap_or_default())
    }

    fn strongest(&self, stage: &str, weights: &ExpandedWeights) -> Vec<(Unit, Link)> {
        let strengths = weights.strongest(self.by, self.breadth);
        let link = |strength: Strength| {
            let kernel = weights.kernel(strength.channel)?;
            let unit = Unit { stage: stage.to_owned(), channel: strength.channel };
            Some((unit, Link { kernel, strength, is_cut: weights.is_cut }))
        };
        strengths.into_iter().filter_map(link).collect()
    }
}

/// A tree of two: `to`, and how `from` drives it.
///
/// # Errors
/// As [`expanded_weights`], and a channel that `from` does not have.
pub fn pair(network: &Network, from: &Unit, to: &Unit, slopes: &Slopes) -> Result<Node, CircuitError> {
    let expanded = expanded_weights(network, &from.stage, &to.stage, &[to.channel], slopes)?;
    let link = expanded.first().and_then(|weights| {
        let strength =
            weights.strengths(Strongest::Norm).into_iter().find(|strength| strength.channel == from.channel)?;
        Some(Link { kernel: weights.kernel(from.channel)?, strength, is_cut: weights.is_cut })
    });
    let Some(link) = link else {
        let n = layout(network.stage(&from.stage)?)?.n_channels;
        return Err(CircuitError::NoChannel { stage: from.stage.clone(), channel: from.channel, n });
    };
    let input = Node { unit: from.clone(), link: Some(link), inputs: Vec::new() };
    Ok(Node { unit: to.clone(), link: None, inputs: vec![input] })
}

fn grown(unit: Unit, link: Option<Link>, depth: usize, found: &BTreeMap<Unit, Vec<(Unit, Link)>>) -> Node {
    let inputs = found.get(&unit).filter(|_| depth > 0).into_iter().flatten();
    let inputs = inputs.map(|(unit, link)| grown(unit.clone(), Some(link.clone()), depth - 1, found)).collect();
    Node { unit, link, inputs }
}

/// The `depth` blocks before a stage, latest first, as [`Circuit::through`] takes them.
///
/// Pools are left out, whose channels are those of the block before; so is what a normalization or a rectifier follows at
/// once, which stands for it.
///
/// # Errors
/// An unknown stage, or [`CircuitError::TooDeep`] where there are fewer.
pub fn stages_before(network: &Network, stage: &str, depth: usize) -> Result<Vec<String>, CircuitError> {
    let of = network.stage(stage)?;
    let place = |value: &str| network.graph().nodes.iter().position(|node| node.outputs.iter().any(|one| one == value));
    let own = place(&of.value);
    let blocks: Vec<Stage> =
        network.select_stages("blocks")?.into_iter().filter(|block| place(&block.value) < own).collect();
    let continues = |block: &Stage| {
        let node = network.graph().nodes.iter().find(|node| node.outputs.contains(&block.value));
        let before = node.and_then(|node| node.inputs.first()).and_then(Option::as_deref);
        let is_step = RECTIFIERS.contains(&block.operator) || block.operator == "BatchNormalization";
        before.filter(|_| is_step).map(str::to_owned)
    };
    let replaced: Vec<String> = blocks.iter().chain(std::iter::once(of)).filter_map(continues).collect();
    let is_wanted = |block: &&Stage| {
        let is_pool = block.operator.ends_with("Pool");
        !is_pool && !replaced.contains(&block.value) && layout(block).is_ok()
    };
    let wanted: Vec<String> =
        blocks.iter().rev().filter(is_wanted).take(depth).map(|block| block.name.clone()).collect();
    if wanted.len() < depth {
        return Err(CircuitError::TooDeep { stage: stage.to_owned(), wanted: depth, found: wanted.len() });
    }
    Ok(wanted)
}
