//! The same numbers in another shape or order.

use std::sync::Arc;

use super::attributes::{NodeAttributes, ints_from};
use super::inputs::broadcast_shape;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator, Reach};
use crate::network::value::{Value, each_kind, each_rank};

/// Pointwise where the last two axes of input and output are the same, as in a shuffle of channels.
fn pointwise_if_space_is_kept(operator: &dyn Operator, index: usize, inputs: &[Option<&Fact>]) -> Reach {
    let before = inputs.get(index).copied().flatten().map(|fact| fact.shape.as_slice());
    let outputs = operator.infer(inputs).unwrap_or_default();
    let after = outputs.first().map(|fact| fact.shape.as_slice());
    match (before, after) {
        (Some([_, _, .., h0, w0]), Some([_, _, .., h1, w1])) if h0 == h1 && w0 == w1 => Reach::Pointwise,
        _ => Reach::Global,
    }
}

/// What a 0 in the wanted shape of [`Reshape`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ZeroSize {
    /// The input's size at the same place (ONNX's default).
    Copied,
    /// An axis of size 0 (`allowzero`).
    Empty,
}

/// Another shape with the same number of elements: inputs `data`, constant `shape` (one -1 is worked out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reshape {
    /// What a 0 in the wanted shape stands for.
    pub zero: ZeroSize,
}

impl Reshape {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let is_empty = attributes.switch_or("allowzero", false)?;
        Ok(Arc::new(Self { zero: if is_empty { ZeroSize::Empty } else { ZeroSize::Copied } }))
    }
}

impl Operator for Reshape {
    fn kind(&self) -> &'static str {
        "Reshape"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let data = inputs.fact(0)?;
        let wanted = inputs.ints(1, "shape")?;
        let mut shape = Vec::with_capacity(wanted.len());
        for (axis, size) in wanted.iter().enumerate() {
            let kept = (*size == 0 && self.zero == ZeroSize::Copied).then(|| data.shape.get(axis).copied()).flatten();
            match (kept, usize::try_from(*size)) {
                (Some(kept), _) => shape.push(Some(kept)),
                (None, Ok(size)) => shape.push(Some(size)),
                (None, Err(_)) if *size == -1 => shape.push(None),
                _ => {
                    return Err(inputs.refuse(format!("no size of the wanted shape {wanted:?} may be below -1")));
                }
            }
        }
        let known: usize = shape.iter().flatten().product();
        let n_open = shape.iter().filter(|size| size.is_none()).count();
        let open = data.n_elements().checked_div(known).unwrap_or(0);
        let shape: Vec<usize> = shape.into_iter().map(|size| size.unwrap_or(open)).collect();
        if n_open > 1 || shape.iter().product::<usize>() != data.n_elements() {
            return Err(inputs.refuse(format!("the wanted shape {wanted:?} must hold as many elements")));
        }
        Ok(vec![Fact::variable(data.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        Ok(vec![each_kind!(call.value(0)?, ranked => ranked.reshape(shape))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_if_space_is_kept(self, index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("allowzero", Attribute::Int(i64::from(self.zero == ZeroSize::Empty)))]
    }
}

/// Two axes: those before `axis` in one, the others in the other: input `input`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten {
    /// First axis of the second group; negative counts from the last.
    pub axis: i64,
}

impl Flatten {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self { axis: attributes.int_or("axis", 1)? }))
    }
}

impl Operator for Flatten {
    fn kind(&self) -> &'static str {
        "Flatten"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let data = inputs.fact(0)?;
        let rank = data.shape.len();
        let is_end = usize::try_from(self.axis).is_ok_and(|axis| axis == rank);
        let axis = if is_end { rank } else { inputs.axis(self.axis, rank)? };
        let (outer, inner) = data.shape.split_at(axis);
        Ok(vec![Fact::variable(data.dtype, vec![outer.iter().product(), inner.iter().product()])])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        Ok(vec![each_kind!(call.value(0)?, ranked => ranked.reshape(shape))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_if_space_is_kept(self, index, inputs)
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        vec![("axis", Attribute::Int(self.axis))]
    }
}

/// The axes in another order: input `data`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transpose {
    /// For each axis of the output, the axis of the input; `None` reverses them.
    pub permutation: Option<Vec<usize>>,
}

impl Transpose {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let permutation = if attributes.has("perm") { Some(attributes.counts("perm", 0)?) } else { None };
        Ok(Arc::new(Self { permutation }))
    }
}

impl Transpose {
    fn axes(&self, rank: usize) -> Vec<usize> {
        self.permutation.clone().unwrap_or_else(|| (0..rank).rev().collect())
    }
}

impl Operator for Transpose {
    fn kind(&self) -> &'static str {
        "Transpose"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=1)?;
        let data = inputs.fact(0)?;
        let axes = self.axes(data.shape.len());
        let mut sorted = axes.clone();
        sorted.sort_unstable();
        if sorted != (0..data.shape.len()).collect::<Vec<usize>>() {
            return Err(inputs.refuse(format!("the order {axes:?} must name each axis once")));
        }
        let shape = axes.iter().filter_map(|axis| data.shape.get(*axis).copied()).collect();
        Ok(vec![Fact::variable(data.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        if call.output_shape().is_empty() {
            return Ok(vec![call.value(0)?]);
        }
        let axes = self.axes(call.output_shape().len());
        Ok(vec![each_kind!(call.value(0)?, ranked => ranked.permute(&axes))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        let rank = inputs.get(index).copied().flatten().map_or(0, |fact| fact.shape.len());
        let axes = self.axes(rank);
        let is_kept = rank >= 4 && axes.iter().enumerate().skip(rank - 2).all(|(place, axis)| place == *axis);
        if is_kept { Reach::Pointwise } else { Reach::Global }
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        self.permutation.iter().map(|permutation| ("perm", ints_from(permutation))).collect()
    }
}

/// Without axes of size 1: inputs `data`, optional constant `axes` (all of size 1 when absent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Squeeze;

impl Squeeze {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Squeeze {
    fn kind(&self) -> &'static str {
        "Squeeze"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 1..=2)?;
        let data = inputs.fact(0)?;
        let rank = data.shape.len();
        let dropped: Vec<usize> = match inputs.optional_ints(1, "axes")? {
            Some(axes) => axes.iter().map(|axis| inputs.axis(*axis, rank)).collect::<Result<_, _>>()?,
            None => data.shape.iter().enumerate().filter(|(_, size)| **size == 1).map(|(axis, _)| axis).collect(),
        };
        if dropped.iter().any(|axis| data.shape.get(*axis) != Some(&1)) {
            return Err(inputs.refuse(format!("the axes {dropped:?} must have size 1")));
        }
        let kept = data.shape.iter().enumerate().filter(|(axis, _)| !dropped.contains(axis));
        Ok(vec![Fact::variable(data.dtype, kept.map(|(_, size)| *size).collect())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        Ok(vec![each_kind!(call.value(0)?, ranked => ranked.reshape(shape))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_if_space_is_kept(self, index, inputs)
    }
}

/// With further axes of size 1: inputs `data`, constant `axes` (places in the output).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsqueeze;

impl Unsqueeze {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Unsqueeze {
    fn kind(&self) -> &'static str {
        "Unsqueeze"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let data = inputs.fact(0)?;
        let axes = inputs.ints(1, "axes")?;
        let rank = data.shape.len() + axes.len();
        let added: Vec<usize> = axes.iter().map(|axis| inputs.axis(*axis, rank)).collect::<Result<_, _>>()?;
        let mut sizes = data.shape.iter();
        let shape: Vec<usize> =
            (0..rank).map(|axis| if added.contains(&axis) { 1 } else { sizes.next().copied().unwrap_or(1) }).collect();
        if sizes.next().is_some() {
            return Err(inputs.refuse(format!("the axes {axes:?} must differ")));
        }
        Ok(vec![Fact::variable(data.dtype, shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        Ok(vec![each_kind!(call.value(0)?, ranked => ranked.reshape(shape))])
    }

    fn reach(&self, index: usize, inputs: &[Option<&Fact>]) -> Reach {
        pointwise_if_space_is_kept(self, index, inputs)
    }
}

/// Broadcast to a larger shape: inputs `input`, constant `shape`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expand;

impl Expand {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Expand {
    fn kind(&self) -> &'static str {
        "Expand"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let data = inputs.fact(0)?;
        let wanted = inputs.ints(1, "shape")?;
        let sizes: Option<Vec<usize>> = wanted.iter().map(|size| usize::try_from(*size).ok()).collect();
        match sizes.and_then(|sizes| broadcast_shape([data.shape.as_slice(), sizes.as_slice()])) {
            Some(shape) => Ok(vec![Fact::variable(data.dtype, shape)]),
            None => Err(inputs.refuse(format!("the input must broadcast to {wanted:?}"))),
        }
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let shape = call.output_shape();
        Ok(vec![each_kind!(call.value(0)?, ranked => ranked.broadcast(shape))])
    }
}

/// Repeated along its axes: inputs `input`, constant `repeats` (one number an axis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile;

impl Tile {
    /// Reads the node.
    pub(crate) fn read(_: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        Ok(Arc::new(Self))
    }
}

impl Operator for Tile {
    fn kind(&self) -> &'static str {
        "Tile"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let data = inputs.fact(0)?;
        let repeats = inputs.ints(1, "repeats")?;
        let counts: Option<Vec<usize>> = repeats.iter().map(|times| usize::try_from(*times).ok()).collect();
        match counts {
            Some(counts) if counts.len() == data.shape.len() => {
                let shape = data.shape.iter().zip(&counts).map(|(size, times)| size * times).collect();
                Ok(vec![Fact::variable(data.dtype, shape)])
            }
            _ => Err(inputs.refuse(format!("repeats {repeats:?} must have one count for each axis"))),
        }
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let repeats = call.facts().ints(1, "repeats")?;
        let counts: Vec<usize> = repeats.iter().map(|times| usize::try_from(*times).unwrap_or(1)).collect();
        Ok(vec![each_kind!(call.value(0)?, ranked => each_rank!(ranked, tensor => tensor.repeat(&counts)))])
    }
}
