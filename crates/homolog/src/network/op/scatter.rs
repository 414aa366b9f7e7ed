//! Parts of a value replaced.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator};
use crate::network::tensor::DType;
use crate::network::value::{Ranked, Value, each_kind, each_rank};

/// A value with some of its parts replaced: inputs `data`, constant `indices` (the last axis holds places along the first
/// axes of `data`), `updates` (one part for each place). Of two updates of one part the later counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScatterNd;

impl ScatterNd {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        if attributes.text_or("reduction", "none")? != "none" {
            return Err(attributes.refuse("reduction", "homolog has none"));
        }
        Ok(Arc::new(Self))
    }
}

/// Which parts are replaced by which updates.
struct Places {
    /// The number of parts of the data.
    n_parts: usize,
    /// Sizes of one part.
    part: Vec<usize>,
    /// For each update, the part that it replaces.
    parts: Vec<usize>,
}

fn places(inputs: &Inputs<'_>) -> Result<Places, OpError> {
    let (data, indices) = (inputs.fact(0)?, inputs.of_type(1, DType::I64)?);
    let known = inputs.ints(1, "indices")?;
    let depth = indices.shape.last().copied().unwrap_or(0);
    if depth == 0 || depth > data.shape.len() {
        return Err(inputs.refuse("the last axis of the indices must hold a place along each of the first axes"));
    }
    let (outer, part) = data.shape.split_at(depth);
    let mut parts = Vec::with_capacity(known.len() / depth);
    for place in known.chunks(depth) {
        let mut index = 0;
        for (position, size) in place.iter().zip(outer) {
            index = index * size + inputs.axis(*position, *size)?;
        }
        parts.push(index);
    }
    Ok(Places { n_parts: outer.iter().product(), part: part.to_vec(), parts })
}

impl Operator for ScatterNd {
    fn kind(&self) -> &'static str {
        "ScatterND"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=3)?;
        let data = inputs.fact(0)?;
        let updates = inputs.of_type(2, data.dtype)?;
        let places = places(&inputs)?;
        if updates.n_elements() != places.parts.len() * places.part.iter().product::<usize>() {
            return Err(inputs.refuse(format!(
                "there must be {} updates of shape {:?}",
                places.parts.len(),
                places.part
            )));
        }
        Ok(vec![Fact::variable(data.dtype, data.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let places = places(&call.facts())?;
        let n_columns = places.part.iter().product();
        // Old and new parts one under another, of which each place takes one.
        let mut sources: Vec<usize> = (0..places.n_parts).collect();
        for (update, part) in places.parts.iter().enumerate() {
            if let Some(source) = sources.get_mut(*part) {
                *source = places.n_parts + update;
            }
        }
        let sources = sources.iter().map(|source| i64::try_from(*source).unwrap_or(i64::MAX)).collect();
        let sources = Ranked::from_integers(&[places.n_parts], sources, call.device).into_rank::<1>();
        let rows = |value: Value, n: usize| each_kind!(value, ranked => ranked.reshape(&[n, n_columns]));
        let data = rows(call.value(0)?, places.n_parts);
        let updates = rows(call.value(2)?, places.parts.len());
        let stacked = match (data, updates) {
            (Value::Float(data), Value::Float(updates)) => {
                Ranked::concatenate(vec![data, updates], 0).map(Value::Float)
            }
            (Value::Int(data), Value::Int(updates)) => Ranked::concatenate(vec![data, updates], 0).map(Value::Int),
            (Value::Bool(data), Value::Bool(updates)) => Ranked::concatenate(vec![data, updates], 0).map(Value::Bool),
            _ => None,
        };
        let stacked = stacked.ok_or_else(|| call.refuse("data and updates must have one type"))?;
        let shape = call.output_shape();
        Ok(vec![each_kind!(stacked, ranked => {
            each_rank!(ranked, tensor => tensor.select(0, sources.clone())).reshape(shape)
        })])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        Vec::new()
    }
}
