//! The benchmarks that the program carries: manifests of public data, compiled in.

use std::path::Path;

use super::{BenchmarkSpec, ManifestError};
use crate::naming::nearest_three;

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Name and manifest of each, in the order in which they are listed.
        const BUILT_IN: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../../benchmarks/", $name, ".toml")))),+];
    };
}

built_in![
    "kriegeskorte2008-hIT",
    "kriegeskorte2008-mIT",
    "algonauts2019-92-EVC",
    "algonauts2019-92-IT",
    "algonauts2019-118-EVC",
    "algonauts2019-118-IT",
    "cowley2023-V4-190923",
    "cowley2023-V4-210224",
    "cowley2023-V4-210305",
    "cowley2023-V4-210325",
    "henaff2021-V1",
    "geirhos2019-cue-conflict",
];

/// The names of the built-in benchmarks.
pub fn built_in_names() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// The benchmark that a user means: a path where there is such a file or folder, else a built-in name.
///
/// # Errors
/// - [`ManifestError::UnknownBenchmark`] with the nearest names.
/// - every other [`ManifestError`] where a manifest cannot be used.
pub fn benchmark(name_or_path: &str) -> Result<BenchmarkSpec, ManifestError> {
    if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
        return BenchmarkSpec::from_toml(text, &format!("the built-in manifest \"{name}\""), None);
    }
    let path = Path::new(name_or_path);
    if path.exists() {
        return BenchmarkSpec::from_path(path);
    }
    Err(ManifestError::UnknownBenchmark {
        name: name_or_path.to_owned(),
        nearest: nearest_three(name_or_path, built_in_names()),
        n_known: BUILT_IN.len(),
    })
}
