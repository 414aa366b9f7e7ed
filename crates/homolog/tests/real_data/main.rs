//! Tests on the real data: in `HOMOLOG_DATA`, or `../shared/data` beside the workspace. A missing file fails its test.

mod behaviour;
mod benchmarks;
mod gradients;
mod onnx_files;
mod receptive_fields;
mod recording;
mod stimuli;
mod trained_networks;

use std::path::PathBuf;

/// A file or folder of the real data; it must be there.
pub(crate) fn real_data(relative: &str) -> PathBuf {
    let default = || [env!("CARGO_MANIFEST_DIR"), "..", "..", "..", "shared", "data"].iter().collect();
    let path = std::env::var_os("HOMOLOG_DATA").map_or_else(default, PathBuf::from).join(relative);
    assert!(path.exists(), "the real data has no {}; set HOMOLOG_DATA to its folder", path.display());
    path
}
