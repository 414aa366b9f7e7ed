//! Positions added around a value.

use std::sync::Arc;

use burn::tensor::ops;

use super::attributes::NodeAttributes;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::DType;
use crate::network::value::{Value, each_kind, each_rank};

/// What the added positions hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PadMode {
    /// One number.
    Constant,
    /// The value mirrored at its edge, without repeating the edge.
    Reflect,
    /// The value's edge.
    Edge,
}

/// Positions added before and after each axis: inputs `data`, constant `pads` (all befores, then all afters; negative
/// ones cut), optional scalar `constant_value`, optional constant `axes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pad {
    /// What the added positions hold.
    pub mode: PadMode,
}

impl Pad {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let mode = match attributes.text_or("mode", "constant")? {
            "constant" => PadMode::Constant,
            "reflect" => PadMode::Reflect,
            "edge" => PadMode::Edge,
            _ => return Err(attributes.refuse("mode", "homolog has constant, reflect and edge")),
        };
        Ok(Arc::new(Self { mode }))
    }
}

/// How many positions are added before and after each axis.
fn sides(inputs: &Inputs<'_>) -> Result<Vec<[i64; 2]>, OpError> {
    let rank = inputs.fact(0)?.shape.len();
    let pads = inputs.ints(1, "pads")?;
    let axes: Vec<usize> = match inputs.optional_ints(3, "axes")? {
        Some(axes) => axes.iter().map(|axis| inputs.axis(*axis, rank)).collect::<Result<_, _>>()?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(inputs.refuse(format!("{} axes need two numbers each, not {} in all", axes.len(), pads.len())));
    }
    let (before, after) = pads.split_at(axes.len());
    let mut sides = vec![[0; 2]; rank];
    for ((axis, before), after) in axes.iter().zip(before).zip(after) {
        if let Some(side) = sides.get_mut(*axis) {
            *side = [*before, *after];
        }
    }
    Ok(sides)
}

/// One position each, after so many added ones; cutting (`None`) has no such reach.
fn window_before(padding: [Option<usize>; 2]) -> Reach {
    match padding {
        [Some(height), Some(width)] => Reach::Window { size: [1, 1], stride: [1, 1], padding: [height, width] },
        _ => Reach::Global,
    }
}

impl Operator for Pad {
    fn kind(&self) -> &'static str {
        "Pad"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=4)?;
        let data = inputs.fact(0)?;
        if data.dtype == DType::Bool {
            return Err(inputs.refuse("homolog needs numbers"));
        }
        if inputs.optional(2).is_some_and(|value| value.scalar().is_none()) {
            return Err(OpError::NotConstant { op: self.kind(), input: "constant_value" });
        }
        let mut shape = Vec::with_capacity(data.shape.len());
        for (size, [before, after]) in data.shape.iter().zip(sides(&inputs)?) {
            let added = i64::try_from(*size).unwrap_or(i64::MAX).saturating_add(before).saturating_add(after);
            let limit = i64::try_from(*size).unwrap_or(i64::MAX) - i64::from(self.mode == PadMode::Reflect);
            let is_mirrored_too_far = self.mode == PadMode::Reflect && before.max(after) > limit;
            match usize::try_from(added) {
                Ok(added) if added > 0 && !is_mirrored_too_far && (*size > 0 || self.mode == PadMode::Constant) => {
                    shape.push(added);
                }
                _ => {
                    return Err(
                        inputs.refuse(format!("an axis of size {size} cannot be padded by ({before}, {after})"))
                    );
                }
            }
        }
        Ok(vec![Fact::variable(data.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let sides = sides(&call.facts())?;
        #[allow(clippy::cast_possible_truncation, reason = "the constant is of 32 bits in the file")]
        let constant = call.facts().optional(2).and_then(Fact::scalar).unwrap_or(0.0) as f32;
        let mode = match self.mode {
            PadMode::Constant => ops::PadMode::Constant(constant),
            PadMode::Reflect => ops::PadMode::Reflect,
            PadMode::Edge => ops::PadMode::Edge,
        };
        let count = |value: i64| usize::try_from(value).unwrap_or(0);
        let added: Vec<(usize, usize)> = sides.iter().map(|[before, after]| (count(*before), count(*after))).collect();
        let value = each_kind!(call.value(0)?, ranked => {
            sides.iter().enumerate().fold(ranked, |ranked, (axis, [before, after])| {
                let (cut_before, cut_after) = (count(-before), count(-after));
                let size = ranked.shape().get(axis).copied().unwrap_or(0);
                ranked.narrow(axis, cut_before, size.saturating_sub(cut_before + cut_after))
            })
        });
        Ok(vec![match value {
            Value::Float(x) => Value::Float(each_rank!(x, x => x.pad(added.as_slice(), mode))),
            Value::Int(x) => Value::Int(each_rank!(x, x => x.pad(added.as_slice(), mode))),
            Value::Bool(_) => return Err(call.refuse("homolog needs numbers")),
        }])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        let sides = Inputs::new(self.kind(), inputs, 2..=4).and_then(|inputs| sides(&inputs));
        let before = |side: &[i64; 2]| usize::try_from(side[0]).ok();
        match (index, sides.as_deref()) {
            (0, Ok([_, _, width])) => window_before([Some(0), before(width)]),
            (0, Ok([_, _, height, width])) => window_before([before(height), before(width)]),
            _ => Reach::Global,
        }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let text = match self.mode {
            PadMode::Constant => "constant",
            PadMode::Reflect => "reflect",
            PadMode::Edge => "edge",
        };
        vec![("mode", Attribute::Text(text.to_owned()))]
    }
}
