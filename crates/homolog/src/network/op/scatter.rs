//! Parts of a value replaced.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Call, Fact, Inputs, OpError, Operator};
use crate::network::tensor::DType;
use crate::network::value::{Ranked, Value};

/// A value with some of its slices replaced: inputs `data`, constant `indices` (…, k), each the place of a slice along
/// the first k axes, and `updates`, the slices.
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

/// Where the slices of `data` and `updates` go.
struct Rows {
    /// For each slice of the result: its place among the slices of `data`, followed by those of `updates`.
    sources: Vec<i64>,
    n_updates: usize,
    n_elements: usize,
}

fn rows(inputs: &Inputs<'_>) -> Result<Rows, OpError> {
    let (data, updates) = (inputs.fact(0)?, inputs.fact(2)?);
    let places = &inputs.of_type(1, DType::I64)?.shape;
    let misfit = || inputs.refuse("the updates must have the sizes of the indices without the last, then those of the data's slices");
    let (depth, n_leading) = (places.last().copied().ok_or_else(misfit)?, places.len().saturating_sub(1));
    let (outer, inner) = data.shape.split_at_checked(depth).ok_or_else(misfit)?;
    let wanted: Vec<usize> = places.iter().take(n_leading).chain(inner).copied().collect();
    if updates.shape != wanted || updates.dtype != data.dtype || depth == 0 {
        return Err(misfit());
    }
    let n_rows: usize = outer.iter().product();
    let mut sources: Vec<i64> = (0..n_rows).filter_map(|row| i64::try_from(row).ok()).collect();
    let indices = inputs.ints(1, "indices")?;
    for (update, index) in indices.chunks_exact(depth).enumerate() {
        let mut row = 0;
        for (place, size) in index.iter().zip(outer) {
            let signed = i64::try_from(*size).unwrap_or(i64::MAX);
            let from_first = if *place < 0 { place + signed } else { *place };
            let from_first = usize::try_from(from_first).ok().filter(|place| place < size);
            row = row * size + from_first.ok_or_else(|| inputs.refuse(format!("index {place} lies outside an axis of size {size}")))?;
        }
        if let (Some(source), Ok(update)) = (sources.get_mut(row), i64::try_from(n_rows + update)) {
            *source = update;
        }
    }
    Ok(Rows { sources, n_updates: indices.len() / depth, n_elements: inner.iter().product() })
}

impl Operator for ScatterNd {
    fn kind(&self) -> &'static str {
        "ScatterND"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 3..=3)?;
        rows(&inputs)?;
        let data = inputs.fact(0)?;
        Ok(vec![Fact::variable(data.dtype, data.shape.clone())])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let rows = rows(&call.facts())?;
        let shape = call.output_shape();
        let sources = Ranked::from_integers(&[rows.sources.len()], rows.sources.clone(), call.device).into_rank::<1>();
        macro_rules! scattered {
            ($data:expr, $updates:expr, $kind:path) => {{
                let data = $data.reshape(&[rows.sources.len(), rows.n_elements]).into_rank::<2>();
                let updates = $updates.reshape(&[rows.n_updates, rows.n_elements]).into_rank::<2>();
                let joined = burn::tensor::Tensor::cat(vec![data, updates], 0);
                $kind(Ranked::R2(joined.select(0, sources)).reshape(shape))
            }};
        }
        Ok(vec![match (call.value(0)?, call.value(2)?) {
            (Value::Float(data), Value::Float(updates)) => scattered!(data, updates, Value::Float),
            (Value::Int(data), Value::Int(updates)) => scattered!(data, updates, Value::Int),
            (Value::Bool(data), Value::Bool(updates)) => scattered!(data, updates, Value::Bool),
            _ => return Err(call.refuse("the updates must be of the data's type")),
        }])
    }
}
