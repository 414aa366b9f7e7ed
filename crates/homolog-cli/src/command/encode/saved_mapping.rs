//! The mapping fitted to all stimuli, as a file that `homolog synthesize drive` and `homolog attribute --readout` read.

use std::path::Path;

use homolog::recording::input::Patterns;
use homolog::store::{hex, write_whole};
use homolog_stats::mapping::{FittedWeights, Mapping, fit_weights};
use ndarray::{ArrayView2, Axis, concatenate};
use ndarray_npy::WriteNpyExt as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::exit::Failure;

/// Fits `mapping` to all stimuli and writes it to `file`, a row for each unit: a weight for each feature, and the intercept last.
pub(super) fn save(
    file: &Path,
    mapping: &Mapping,
    features: &[Patterns],
    targets: ArrayView2<'_, f64>,
) -> Result<Value, Failure> {
    let [features] = features else {
        return Err(Failure::wrong_input(format!(
            "cannot save one mapping of {} feature spaces: it is of the features of one stage. Pass one --features (FOLDER:STAGE of a recording)",
            features.len()
        )));
    };
    let matrix = features.matrix().map_err(|problem| crate::inputs::unread(&problem))?;
    let fitted = fit_weights(mapping, matrix, targets).map_err(|problem| Failure::from_error(&problem))?;
    let FittedWeights { weights, intercepts, penalties } = &fitted;
    let column = intercepts.view().insert_axis(Axis(1));
    let rows = concatenate(Axis(1), &[weights.view(), column]).unwrap_or_default();
    let mut bytes = Vec::new();
    let told =
        |problem: &dyn std::fmt::Display| Failure::outside(format!("cannot write \"{}\": {problem}", file.display()));
    rows.as_standard_layout().write_npy(&mut bytes).map_err(|problem| told(&problem))?;
    write_whole(file, &bytes).map_err(|problem| told(&problem))?;
    Ok(json!({ "file": file.display().to_string(), "sha256": hex(&Sha256::digest(&bytes)), "features": features.input,
        "n_units": weights.nrows(), "n_features": weights.ncols(), "n_stimuli": targets.nrows(), "penalties": penalties }))
}
