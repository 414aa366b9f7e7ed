//! Tests against real recordings, which are not part of the project: see `HOMOLOG_DATA` in CONTRIBUTING.md.

use std::path::PathBuf;

mod recording;

/// Where the data is: `HOMOLOG_DATA`, or `../shared/data` beside the workspace. What is missing there fails the test that
/// needs it.
fn real_data_root() -> PathBuf {
    std::env::var_os("HOMOLOG_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    )
}
