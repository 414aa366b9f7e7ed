//! Where the real data is.

use std::path::PathBuf;

/// A file or folder of the real data; it must be there.
pub(crate) fn real_data(relative: &str) -> PathBuf {
    let default = || [env!("CARGO_MANIFEST_DIR"), "..", "..", "..", "shared", "data"].iter().collect();
    let path = std::env::var_os("HOMOLOG_DATA").map_or_else(default, PathBuf::from).join(relative);
    assert!(path.exists(), "the real data has no {}; set HOMOLOG_DATA to its folder", path.display());
    path
}
