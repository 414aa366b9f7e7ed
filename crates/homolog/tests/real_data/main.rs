//! Tests on the real data: in `HOMOLOG_DATA`, or `../shared/data` beside the workspace. A missing file fails its test.

mod adversarial;
mod attribution;
mod behaviour;
mod benchmarks;
mod circuits;
mod dissection;
mod gradients;
mod metamers;
mod onnx_files;
mod optimised_images;
mod place;
mod probe;
mod receptive_fields;
mod recording;
mod stimuli;
mod trained_networks;
mod under_attack;
mod visualization;

pub(crate) use place::real_data;
