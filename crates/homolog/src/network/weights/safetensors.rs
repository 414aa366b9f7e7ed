//! The safetensors format.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use safetensors::{Dtype, SafeTensors};

use super::WeightsError;
use super::element::FloatFormat;
use crate::network::tensor::HostTensor;

/// The float tensors in `bytes`, the content of `path`.
pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<BTreeMap<String, Arc<HostTensor>>, WeightsError> {
    let damaged = |source| WeightsError::DamagedSafetensors { path: path.to_owned(), source };
    let file = SafeTensors::deserialize(bytes).map_err(damaged)?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        if name.ends_with("num_batches_tracked") {
            continue;
        }
        let format = match view.dtype() {
            Dtype::F16 => FloatFormat::F16,
            Dtype::BF16 => FloatFormat::Bf16,
            Dtype::F32 => FloatFormat::F32,
            Dtype::F64 => FloatFormat::F64,
            other => {
                return Err(WeightsError::ElementType {
                    path: path.to_owned(),
                    name: name.to_owned(),
                    found: format!("{other:?}"),
                });
            }
        };
        let tensor = HostTensor::from_f32(view.shape(), format.decode(view.data()))
            .ok_or_else(|| damaged(safetensors::SafeTensorError::TensorInvalidInfo))?;
        tensors.insert(name.to_owned(), Arc::new(tensor));
    }
    Ok(tensors)
}
