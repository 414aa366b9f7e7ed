//! Published figures from real recordings, which are no part of the project: `cargo test -p homolog-stats --test real_data`.
//!
//! They are read from the folder named by `HOMOLOG_DATA` (default: `../shared/data` beside the checkout); what is missing there fails the test.

mod images_92;
mod matlab;
mod things;

use std::path::PathBuf;

/// A file among the recordings.
fn real_data(relative: &str) -> PathBuf {
    let root = std::env::var_os("HOMOLOG_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let path = root.join(relative);
    assert!(path.exists(), "{} is missing: set HOMOLOG_DATA to the folder that holds it", path.display());
    path
}
