//! What is written reads back as it was.

use homolog::recording::format::{read_assembly, recording_npz, write_assembly};
use homolog::recording::{Coordinate, Recording, RecordingAxis};
use ndarray::array;
use proptest::prelude::*;

use super::arbitrary::{are_same, recording};
use super::{chain, names};

fn round_trip(recording: &Recording, name: &str) -> Recording {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    write_assembly(&path, recording).unwrap_or_else(|error| panic!("{}", chain(&error)));
    read_assembly(&path).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_recording_written_as_npz_reads_back_the_same(recording in recording()) {
        let back = round_trip(&recording, "recording.npz");
        prop_assert!(are_same(&recording, &back), "{recording:?}\n{back:?}");
    }

    #[test]
    fn a_recording_written_as_netcdf_reads_back_the_same(recording in recording()) {
        let back = round_trip(&recording, "recording.nc");
        prop_assert!(are_same(&recording, &back), "{recording:?}\n{back:?}");
    }
}

fn small() -> Recording {
    Recording::from_matrix(array![[1.5, f64::NAN], [-0.25, 3.0]], names(&["face, left", "hand"]), names(&["u1", "u2"]))
        .and_then(|recording| {
            recording.with_coordinate(RecordingAxis::Unit, "region", Coordinate::Text(names(&["V4", "IT"])))
        })
        .and_then(|recording| {
            recording.with_coordinate(RecordingAxis::Presentation, "repetition", Coordinate::Integer(vec![1, 1]))
        })
        .expect("it fits together")
}

#[test]
fn a_recording_written_as_a_table_reads_back_the_same() {
    let back = round_trip(&small(), "recording.csv");
    assert!(are_same(&small(), &back), "{back:?}");
}

#[test]
fn equal_recordings_make_equal_files() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["recording.npz", "recording.nc", "recording.csv"] {
        let write = |number: u8| {
            let path = folder.path().join(format!("{number}{name}"));
            write_assembly(&path, &small()).expect("it can be written");
            std::fs::read(path).expect("it is there")
        };
        assert_eq!(write(1), write(2), "{name}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let error =
        write_assembly(std::path::Path::new("/nowhere/recording.npz"), &small()).expect_err("there is no folder");
    assert!(chain(&error).starts_with("cannot write \"/nowhere/recording.npz\": "), "{}", chain(&error));
}

#[test]
fn text_that_numpy_cannot_hold_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Recording::from_matrix(array![[1.0]], names(&["a\0"]), names(&["u"])).expect("it fits together");
    let error = recording_npz::write(&folder.path().join("recording.npz"), &recording).expect_err("NUL ends a string");
    assert!(
        error.to_string().contains("the character NUL in \"presentation.stimulus_id\" cannot be stored"),
        "{error}"
    );
}
