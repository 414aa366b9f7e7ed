//! Golden files of the repository; a missing one fails its test.

use std::path::{Path, PathBuf};

/// A file or folder under `goldens/`.
pub(crate) fn golden_path(relative: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens").join(relative);
    assert!(path.exists(), "there is no golden {}", path.display());
    path
}

/// A golden file of JSON.
pub(crate) fn golden_json(relative: &str) -> serde_json::Value {
    let path = golden_path(relative);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
