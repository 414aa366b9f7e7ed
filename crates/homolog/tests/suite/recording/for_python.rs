//! What homolog writes is what xarray, NumPy and zarr-python were seen to open.
//!
//! `goldens/recording_formats/python/check.py` opens the files that this test writes, checks what is in them, and keeps their
//! hashes in `checked.json`; this test holds the writers to those bytes.

use std::path::{Path, PathBuf};

use homolog::recording::format::write_assembly;
use homolog::recording::format::zarr::{Activations, Chunking};
use homolog::recording::{Coordinate, Recording, RecordingParts};
use ndarray::{Array2, Array3, s};
use sha2::{Digest, Sha256};

use super::names;

/// Three presentations of two stimuli, two units, two time bins; one value is missing.
fn recording() -> Recording {
    let mut values = Array3::from_shape_fn((3, 2, 2), |(row, unit, bin)| (row * 100 + unit * 10 + bin) as f64 + 0.5);
    values[[1, 1, 0]] = f64::NAN;
    let text = |values: &[&str]| Coordinate::Text(names(values));
    let parts = RecordingParts {
        values,
        presentation: [
            ("stimulus_id".to_owned(), text(&["face, left", "grüß", "face, left"])),
            ("repetition".to_owned(), Coordinate::Integer(vec![0, 0, 1])),
            ("is_face".to_owned(), Coordinate::Bool(vec![true, false, true])),
            ("subject".to_owned(), text(&["BE", "BE", "KO"])),
        ]
        .into(),
        unit: [
            ("unit_id".to_owned(), text(&["n1", "n2"])),
            ("region".to_owned(), text(&["V4", "IT"])),
            ("subject".to_owned(), text(&["BE", "KO"])),
            ("depth_mm".to_owned(), Coordinate::Float(vec![0.5, f64::NAN])),
        ]
        .into(),
        time_bin: [
            ("start_ms".to_owned(), Coordinate::Integer(vec![70, 90])),
            ("end_ms".to_owned(), Coordinate::Integer(vec![90, 110])),
        ]
        .into(),
        attributes: [
            ("identifier".to_owned(), "test.assembly".to_owned()),
            ("stimulus_set_identifier".to_owned(), "test.stimuli".to_owned()),
        ]
        .into(),
    };
    Recording::new(parts).expect("it fits together")
}

fn write_all(folder: &Path) {
    for name in ["recording.nc", "recording.npz", "recording_without_time.nc"] {
        let recording = if name.contains("without") {
            let mean = recording().average_time_bins().expect("there is time");
            let mut parts = mean.into_parts();
            parts.time_bin.clear();
            Recording::new(parts).expect("one bin")
        } else {
            recording()
        };
        write_assembly(&folder.join(name), &recording).unwrap_or_else(|error| panic!("{}", super::chain(&error)));
    }
    let activations =
        Activations::create(&folder.join("run.zarr"), &names(&["a", "grüß", "c", "d", "e"])).expect("new");
    let values = Array2::from_shape_fn((5, 4), |(stimulus, unit)| (stimulus * 10 + unit) as f32);
    for stage in ["features.8", "/classifier/Conv_output_0"] {
        let stage = activations.create_stage(stage, 4, Chunking { n_stimuli: 2, n_units: 3 }).expect("a stage");
        // The last block stays unwritten.
        for block in stage.row_blocks().take(2) {
            stage.write_rows(block.start, values.slice(s![block.clone(), ..])).expect("the block fits");
        }
    }
}

/// The hash of each file by its path in the folder.
fn hashes(folder: &Path) -> std::collections::BTreeMap<String, String> {
    let (mut hashes, mut open) = (std::collections::BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(here) = open.pop() {
        for entry in std::fs::read_dir(&here).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).expect("a file");
            let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let name = path.strip_prefix(folder).expect("inside").to_string_lossy().into_owned();
            hashes.insert(name, hash);
        }
    }
    hashes
}

#[test]
fn the_writers_still_write_what_python_was_seen_to_open() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("recordings_for_python");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the folder of an earlier run");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    write_all(&folder);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/recording_formats/python/checked.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let checked: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let found = serde_json::to_value(hashes(&folder)).expect("text");
    assert_eq!(
        found,
        checked["sha256"],
        "the bytes have changed: see that Python still opens them, with\n  python goldens/recording_formats/python/check.py {}",
        folder.display()
    );
}
