//! Parts of a value, and values joined.

use std::sync::Arc;

use burn::tensor::Int;

use super::attributes::{NodeAttributes, int_from};
use super::window::pointwise_unless_spatial;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::tensor::DType;
use crate::network::value::{Ranked, Value, both_ranks, each_kind, each_rank};

/// Values one after another along an axis: any number of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concat {
    /// The axis; negative counts from the last.
    pub axis: i64,
}

impl Concat {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self { axis: attributes.int("axis")? }))
    }
}

impl Operator for Concat {
    fn kind(&self) -> &'static str {
        "Concat"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=usize::MAX)?;
        let first = inputs.fact(0)?;
        let axis = inputs.axis(self.axis, first.shape.len())?;
        let mut shape = first.shape.clone();
        for index in 1..inputs.len() {
            let next = inputs.of_type(index, first.dtype)?;
            let is_fitting = next.shape.len() == shape.len()
                && next.shape.iter().zip(&shape).enumerate().all(|(place, (a, b))| place == axis || a == b);
            match (shape.get_mut(axis), next.shape.get(axis)) {
                (Some(size), Some(more)) if is_fitting => *size += more,
                _ => {
                    return Err(inputs.refuse(format!("all sizes but those of axis {axis} must be equal")));
                }
            }
        }
        Ok(vec![Fact::variable(first.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let axis = call.facts().axis(self.axis, call.output_shape().len())?;
        let filled: Vec<usize> = (0..call.values.len())
            .filter(|index| call.inputs.get(*index).copied().flatten().is_some_and(|fact| fact.n_elements() > 0))
            .collect();
        let Some(first) = filled.first() else {
            return Ok(vec![call.value(0)?]);
        };
        let joined = match call.inputs.get(*first).copied().flatten().map(|fact| fact.dtype) {
            Some(DType::F32) => {
                let parts = filled.iter().map(|index| call.float(*index)).collect::<Result<_, _>>()?;
                Ranked::concatenate(parts, axis).map(Value::Float)
            }
            Some(DType::I64) => {
                let parts = filled.iter().map(|index| call.int(*index)).collect::<Result<_, _>>()?;
                Ranked::concatenate(parts, axis).map(Value::Int)
            }
            _ => {
                let parts = filled.iter().map(|index| call.bool(*index)).collect::<Result<_, _>>()?;
                Ranked::concatenate(parts, axis).map(Value::Bool)
            }
        };
        joined.map(|value| vec![value]).ok_or_else(|| call.refuse("all inputs must have as many axes"))
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_unless_spatial(self.axis, index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}

/// A value cut into parts along an axis: inputs `input`, optional constant `split` (the parts' sizes). One output a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// The axis; negative counts from the last.
    pub axis: i64,
    /// Number of parts, where `split` is absent: all of ceil(size / parts) but the last.
    pub n_outputs: Option<usize>,
}

impl Split {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let n_outputs = if attributes.has("num_outputs") { Some(attributes.count_or("num_outputs", 1)?) } else { None };
        Ok(Arc::new(Self { axis: attributes.int_or("axis", 0)?, n_outputs }))
    }
}

impl Split {
    /// The parts' sizes.
    fn sizes(&self, inputs: &Inputs<'_>) -> Result<Vec<usize>, OpError> {
        let shape = &inputs.fact(0)?.shape;
        let size = shape.get(inputs.axis(self.axis, shape.len())?).copied().unwrap_or(0);
        let sizes: Option<Vec<usize>> = match (inputs.optional_ints(1, "split")?, self.n_outputs) {
            (Some(sizes), _) => sizes.iter().map(|part| usize::try_from(*part).ok()).collect(),
            (None, Some(n)) => {
                let part = size.div_ceil(n.max(1));
                Some((0..n).map(|index| part.min(size.saturating_sub(index * part))).collect())
            }
            (None, None) => None,
        };
        match sizes {
            Some(sizes) if sizes.iter().sum::<usize>() == size => Ok(sizes),
            _ => Err(inputs.refuse(format!("the parts must add up to the axis of size {size}"))),
        }
    }
}

impl Operator for Split {
    fn kind(&self) -> &'static str {
        "Split"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=2)?;
        let data = inputs.fact(0)?;
        let axis = inputs.axis(self.axis, data.shape.len())?;
        let sizes = self.sizes(&inputs)?;
        let part = |size: &usize| {
            let mut shape = data.shape.clone();
            if let Some(place) = shape.get_mut(axis) {
                *place = *size;
            }
            Fact::variable(data.dtype, shape)
        };
        Ok(sizes.iter().map(part).collect())
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let inputs = call.facts();
        let axis = inputs.axis(self.axis, inputs.fact(0)?.shape.len())?;
        let value = call.value(0)?;
        let mut start = 0;
        let parts = self.sizes(&inputs)?.into_iter().map(|size| {
            let part = each_kind!(value.clone(), ranked => ranked.narrow(axis, start, size));
            start += size;
            part
        });
        Ok(parts.collect())
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_unless_spatial(self.axis, index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let mut attributes = vec![("axis", Attribute::Int(self.axis))];
        attributes.extend(self.n_outputs.map(|n_outputs| ("num_outputs", int_from(n_outputs))));
        attributes
    }
}

/// A range of positions along some axes: inputs `data`, constant `starts`, `ends`, optional `axes`, `steps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice;

impl Slice {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

/// The positions that a slice takes along one axis.
#[derive(Clone, Copy, Debug)]
struct Positions {
    first: usize,
    step: i64,
    n: usize,
}

impl Positions {
    /// The same positions in ascending order.
    fn ascending(&self) -> burn::tensor::Slice {
        let step = usize::try_from(self.step.unsigned_abs()).unwrap_or(1);
        let reach = self.n.saturating_sub(1) * step;
        let start = if self.step < 0 { self.first.saturating_sub(reach) } else { self.first };
        let end = if self.n == 0 { start } else { start + reach + 1 };
        let signed = |value: usize| isize::try_from(value).unwrap_or(isize::MAX);
        burn::tensor::Slice::new(signed(start), Some(signed(end)), signed(step))
    }
}

/// The positions along every axis, from `starts`, `ends`, `axes` and `steps` as NumPy understands them.
fn positions(inputs: &Inputs<'_>) -> Result<Vec<Positions>, OpError> {
    let shape = &inputs.fact(0)?.shape;
    let (starts, ends) = (inputs.ints(1, "starts")?, inputs.ints(2, "ends")?);
    let counted = || (0..i64::try_from(starts.len()).unwrap_or(0)).collect();
    let axes = inputs.optional_ints(3, "axes")?.unwrap_or_else(counted);
    let steps = inputs.optional_ints(4, "steps")?.unwrap_or_else(|| vec![1; starts.len()]);
    if ends.len() != starts.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return Err(inputs.refuse("starts, ends, axes and steps must be equally many"));
    }
    let mut result: Vec<Positions> = shape.iter().map(|size| Positions { first: 0, step: 1, n: *size }).collect();
    for (((start, end), axis), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let axis = inputs.axis(*axis, shape.len())?;
        let size = i64::try_from(shape.get(axis).copied().unwrap_or(0)).unwrap_or(i64::MAX);
        let from_first = |position: i64| {
            if position < 0 { position.saturating_add(size) } else { position }
        };
        let (low, high) = if *step < 0 { (-1, size - 1) } else { (0, size) };
        if *step == 0 {
            return Err(inputs.refuse("no step may be 0"));
        }
        let first = from_first(*start).clamp(low.max(0), high.max(0));
        let first = if *step < 0 { from_first(*start).clamp(low, high) } else { first };
        let end = from_first(*end).clamp(low, high);
        let span = if *step < 0 { first - end } else { end - first };
        let n =
            usize::try_from(span).map_or(0, |span| span.div_ceil(usize::try_from(step.unsigned_abs()).unwrap_or(1)));
        if let Some(place) = result.get_mut(axis) {
            *place = Positions { first: usize::try_from(first).unwrap_or(0), step: *step, n };
        }
    }
    Ok(result)
}

impl Operator for Slice {
    fn kind(&self) -> &'static str {
        "Slice"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=5)?;
        let data = inputs.fact(0)?;
        let shape = positions(&inputs)?.iter().map(|range| range.n).collect();
        Ok(vec![Fact::variable(data.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let ranges = positions(&call.facts())?;
        let cut: Vec<burn::tensor::Slice> = ranges.iter().map(Positions::ascending).collect();
        let turned: Vec<usize> =
            ranges.iter().enumerate().filter(|(_, range)| range.step < 0).map(|(axis, _)| axis).collect();
        Ok(vec![each_kind!(call.value(0)?, ranked => each_rank!(ranked, tensor => {
            let part = tensor.slice(cut.as_slice());
            turned.iter().fold(part, |part, axis| part.flip([*axis]))
        }))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        let (Ok(inputs), 0) = (Inputs::new(self.kind(), inputs, 3..=5), index) else {
            return Reach::Global;
        };
        let (Ok(data), Ok(ranges)) = (inputs.fact(0), positions(&inputs)) else {
            return Reach::Global;
        };
        let n_outer = data.shape.len().saturating_sub(2).max(2);
        let is_space_kept =
            ranges.iter().zip(&data.shape).skip(n_outer).all(|(range, size)| range.n == *size && range.step == 1);
        if is_space_kept { Reach::Pointwise } else { Reach::Global }
    }
}

/// Positions of an axis by index: inputs `data`, `indices` (integers of any shape, which replaces the axis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gather {
    /// The axis; negative counts from the last.
    pub axis: i64,
}

impl Gather {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self { axis: attributes.int_or("axis", 0)? }))
    }
}

/// Refuses known indices that lie outside an axis of this size.
fn check_range(indices: &Fact, size: usize, inputs: &Inputs<'_>) -> Result<(), OpError> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let known = indices.constant.as_ref().and_then(|constant| constant.integers()).unwrap_or_default();
    match known.iter().find(|index| **index < -size || **index >= size) {
        Some(index) => Err(inputs.refuse(format!("index {index} lies outside an axis of size {size}"))),
        None => Ok(()),
    }
}

/// Indices counted from the first; negative ones count from the last.
fn from_first(indices: Ranked<Int>, size: usize) -> Ranked<Int> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    each_rank!(indices, indices => {
        let is_from_last = indices.clone().lower_scalar(0);
        let shifted = indices.clone().add_scalar(size);
        indices.mask_where(is_from_last, shifted)
    })
}

impl Operator for Gather {
    fn kind(&self) -> &'static str {
        "Gather"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let (data, indices) = (inputs.fact(0)?, inputs.of_type(1, DType::I64)?);
        let axis = inputs.axis(self.axis, data.shape.len())?;
        check_range(indices, data.shape.get(axis).copied().unwrap_or(0), &inputs)?;
        let (before, after) = data.shape.split_at(axis);
        let mut shape = before.to_vec();
        shape.extend(&indices.shape);
        shape.extend(after.iter().skip(1));
        Ok(vec![Fact::variable(data.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let inputs = call.facts();
        let shape = &inputs.fact(0)?.shape;
        let axis = inputs.axis(self.axis, shape.len())?;
        let indices = from_first(call.int(1)?, shape.get(axis).copied().unwrap_or(0)).into_rank::<1>();
        let value = call.value(0)?;
        let wanted = call.output_shape();
        Ok(vec![each_kind!(value, ranked => {
            each_rank!(ranked, tensor => tensor.select(axis, indices.clone())).reshape(wanted)
        })])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_unless_spatial(self.axis, index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}

/// One element for each index, the other axes' positions being the index's own: inputs `data`, `indices`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatherElements {
    /// The axis; negative counts from the last.
    pub axis: i64,
}

impl GatherElements {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self { axis: attributes.int_or("axis", 0)? }))
    }
}

impl Operator for GatherElements {
    fn kind(&self) -> &'static str {
        "GatherElements"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let (data, indices) = (inputs.fact(0)?, inputs.of_type(1, DType::I64)?);
        let axis = inputs.axis(self.axis, data.shape.len())?;
        check_range(indices, data.shape.get(axis).copied().unwrap_or(0), &inputs)?;
        let sizes = indices.shape.iter().zip(&data.shape).enumerate();
        let is_fitting = sizes.into_iter().all(|(place, (index, size))| place == axis || index <= size);
        if indices.shape.len() != data.shape.len() || !is_fitting {
            return Err(inputs.refuse("the indices must have the input's axes and fit into it"));
        }
        Ok(vec![Fact::variable(data.dtype, indices.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let inputs = call.facts();
        let shape = &inputs.fact(0)?.shape;
        let axis = inputs.axis(self.axis, shape.len())?;
        let indices = from_first(call.int(1)?, shape.get(axis).copied().unwrap_or(0));
        let wanted = call.output_shape();
        let value = call.value(0)?;
        let fitted = each_kind!(value, ranked => wanted.iter().enumerate().fold(ranked, |ranked, (place, size)| {
            if place == axis { ranked } else { ranked.narrow(place, 0, *size) }
        }));
        Ok(vec![match fitted {
            Value::Float(data) => Value::Float(both_ranks!(data, indices => data.gather(axis, indices))),
            Value::Int(data) => Value::Int(both_ranks!(data, indices => data.gather(axis, indices))),
            Value::Bool(data) => Value::Bool(both_ranks!(data, indices => data.gather(axis, indices))),
        }])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}
