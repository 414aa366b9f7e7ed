//! PyTorch's `.pth` files: a pickle that describes tensors, and their bytes. The pickle is parsed, never executed.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use pytorch_reader::{DType, PickleError, PickleValue, PytorchError, PytorchReader, Tensor};

use super::WeightsError;
use super::element::FloatFormat;
use crate::network::tensor::HostTensor;

/// The float tensors of the file; names through nested dictionaries are joined by dots.
pub(super) fn read(path: &Path) -> Result<BTreeMap<String, Arc<HostTensor>>, WeightsError> {
    // The reader checks what it reads; should it panic on bytes that nobody tried, that is a damaged file too.
    catch_unwind(AssertUnwindSafe(|| read_trusting(path)))
        .unwrap_or_else(|_| Err(WeightsError::ReaderStopped { path: path.to_owned() }))
}

fn read_trusting(path: &Path) -> Result<BTreeMap<String, Arc<HostTensor>>, WeightsError> {
    let saved = PytorchReader::read_pickle_data(path, None).map_err(|source| damaged(path, source))?;
    refuse_all_but_tensors(path, "", &saved)?;
    let reader = PytorchReader::new(path).map_err(|source| damaged(path, source))?;
    let by_name: BTreeMap<String, Tensor> = reader.into_tensors().into_iter().collect();
    let mut tensors = BTreeMap::new();
    for (name, stored) in by_name {
        if !name.ends_with("num_batches_tracked") {
            let tensor = read_tensor(path, &name, &stored)?;
            tensors.insert(name, Arc::new(tensor));
        }
    }
    Ok(tensors)
}

fn damaged(path: &Path, source: PytorchError) -> WeightsError {
    match source {
        PytorchError::Io(source) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            WeightsError::Unreadable { path: path.to_owned(), source }
        }
        PytorchError::Pickle(PickleError::UnsupportedType(wanted)) => {
            WeightsError::NotOnlyTensors { path: path.to_owned(), at: "a tensor".to_owned(), wanted }
        }
        source => WeightsError::DamagedPth { path: path.to_owned(), source: Box::new(source) },
    }
}

/// Walks the saved object; anything that is neither container, number, text nor tensor is refused by name.
fn refuse_all_but_tensors(path: &Path, at: &str, value: &PickleValue) -> Result<(), WeightsError> {
    match value {
        PickleValue::Unsupported(wanted) if !is_tensor(wanted) => Err(WeightsError::NotOnlyTensors {
            path: path.to_owned(),
            at: if at.is_empty() { "the top".to_owned() } else { at.to_owned() },
            wanted: wanted.clone(),
        }),
        PickleValue::List(items) => items.iter().try_for_each(|item| refuse_all_but_tensors(path, at, item)),
        PickleValue::Dict(entries) => {
            let sorted: BTreeMap<&String, &PickleValue> = entries.iter().collect();
            sorted.into_iter().try_for_each(|(key, value)| {
                let below = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                refuse_all_but_tensors(path, &below, value)
            })
        }
        _ => Ok(()),
    }
}

/// Whether the reader's word for a value stands for a tensor.
fn is_tensor(python_type: &str) -> bool {
    python_type == "torch.Tensor"
}

fn read_tensor(path: &Path, name: &str, stored: &Tensor) -> Result<HostTensor, WeightsError> {
    let format = match stored.dtype() {
        DType::F16 => FloatFormat::F16,
        DType::BF16 => FloatFormat::Bf16,
        DType::F32 => FloatFormat::F32,
        DType::F64 => FloatFormat::F64,
        other => {
            return Err(WeightsError::ElementType {
                path: path.to_owned(),
                name: name.to_owned(),
                found: format!("{other:?}"),
            });
        }
    };
    let damaged = |source| WeightsError::DamagedTensor { path: path.to_owned(), name: name.to_owned(), source };
    // The reader gives native-endian bytes, and reads little-endian files only.
    let bytes = stored.read().map_err(damaged)?;
    HostTensor::from_f32(stored.shape(), format.decode(&bytes))
        .ok_or_else(|| damaged(std::io::ErrorKind::UnexpectedEof.into()))
}
