//! The offline tests of the library, in one program.

#![allow(clippy::unwrap_used, reason = "a test that cannot make its input has to fail")]

mod attribution;
mod both_engines;
mod dissection;
mod engines;
mod golden;
#[cfg(feature = "wgpu")]
mod gpu;
mod onnx_files;
mod recording;
mod state_dicts;
mod stimuli;
mod zoo;
