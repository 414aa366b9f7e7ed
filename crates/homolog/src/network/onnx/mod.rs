//! Networks as ONNX files: read into a [`Graph`](super::graph::Graph) and written from one.
//!
//! | what | file |
//! |---|---|
//! | the format's messages | `proto.rs` |
//! | from a file to a graph | `read.rs` |
//! | older operator sets brought to [`ONNX_OPSET`](super::ONNX_OPSET) | `convert.rs` |
//! | Einstein sums as matrix products | `einsum.rs` |
//! | numbers in all their encodings | `tensor.rs` |
//! | PyTorch's module names from the exporter's node names | `module_path.rs` |
//! | from a graph to a file | `write.rs` |
//!
//! Not here: shapes and types, which [`Network::check`](super::checked::Network::check) finds out; control flow,
//! sequences, sparse tensors, training and operators of other families, which are refused.

mod convert;
mod einsum;
mod error;
mod module_path;
mod proto;
mod read;
mod tensor;
mod write;

#[cfg(test)]
mod tests;

pub use error::{NodePlace, OnnxError, TensorError};
pub use read::{read, read_bytes};
pub use write::write;
