//! The offline tests of the library, in one program.

mod both_engines;
mod engines;
mod golden;
mod onnx_files;
mod recording;
mod state_dicts;
mod stimuli;
mod zoo;
