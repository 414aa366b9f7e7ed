//! What `--memory` promises, by the operating system's own figure.

use crate::{json, real_data, squeezenet};

#[test]
fn every_stage_of_squeezenet_for_1200_images_is_recorded_within_its_memory() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let folder = out.path().join("recording").to_string_lossy().into_owned();
    let images = real_data("v4_cowley2023/images/images_190923.zip").to_string_lossy().into_owned();
    let model = squeezenet();
    let engine = if std::env::var_os("HOMOLOG_REQUIRE_ONNXRUNTIME").is_some() { "onnxruntime" } else { "burn" };
    for engine in ["burn", engine] {
        let done =
            json(&["record", &model, &images, "--out", &folder, "--memory", "1GiB", "--engine", engine, "--json"]);
        assert_eq!(done["n_stimuli"], 1200);
        assert!(done["stages"].as_array().is_some_and(|stages| stages.len() >= 13), "{done}");
        let peak = done["peak_resident_bytes"].as_f64().expect("the system says it");
        assert!(peak < 1.3 * f64::from(1u32 << 30), "{engine}: peak of {:.0} MiB", peak / f64::from(1u32 << 20));
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
