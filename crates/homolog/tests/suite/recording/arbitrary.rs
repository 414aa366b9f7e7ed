//! Recordings of any shape and with any coordinates, for properties.

use std::collections::BTreeMap;

use homolog::recording::{Coordinate, Coordinates, Recording, RecordingParts};
use ndarray::Array3;
use proptest::collection::vec;
use proptest::prelude::*;

fn value() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -1e6..1e6_f64, 1 => Just(f64::NAN), 1 => any::<f64>()]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,8}", "[a-z0-9_/é日]{0,6}"]
}

fn coordinate(length: usize) -> impl Strategy<Value = Coordinate> {
    prop_oneof![
        vec(text(), length).prop_map(Coordinate::Text),
        vec(any::<i64>(), length).prop_map(Coordinate::Integer),
        vec(value(), length).prop_map(Coordinate::Float),
        vec(any::<bool>(), length).prop_map(Coordinate::Bool),
    ]
}

fn coordinates(length: usize) -> impl Strategy<Value = Coordinates> {
    let name = prop_oneof![
        "[a-z][a-z0-9_]{0,8}",
        Just("subject".to_owned()),
        Just("neuroid_id".to_owned()),
        Just("data".to_owned()),
        Just("presentation".to_owned())
    ];
    prop::collection::btree_map(name, coordinate(length), 0..4)
}

/// A recording of up to 5 × 4 × 3 values.
pub(super) fn recording() -> impl Strategy<Value = Recording> {
    (1..6_usize, 1..5_usize, 0..4_usize).prop_flat_map(|(n_presentations, n_units, n_time_bins)| {
        let n_values = n_presentations * n_units * n_time_bins.max(1);
        (
            vec(value(), n_values),
            vec(text(), n_presentations),
            (coordinates(n_presentations), coordinates(n_units)),
            vec(-500.0..500.0_f64, n_time_bins),
            prop::collection::btree_map("[a-z][a-z_]{0,9}", text(), 0..3),
        )
            .prop_map(move |(values, ids, (mut presentation, mut unit), starts, attributes)| {
                presentation.insert("stimulus_id".to_owned(), Coordinate::Text(ids));
                let unit_ids = (0..n_units).map(|unit| format!("unit {unit}")).collect();
                unit.insert("unit_id".to_owned(), Coordinate::Text(unit_ids));
                let mut time_bin = Coordinates::new();
                if n_time_bins > 0 {
                    let ends = starts.iter().map(|start| start + 10.0).collect();
                    time_bin.insert("start_ms".to_owned(), Coordinate::Float(starts));
                    time_bin.insert("end_ms".to_owned(), Coordinate::Float(ends));
                }
                let shape = (n_presentations, n_units, n_time_bins.max(1));
                let values = Array3::from_shape_vec(shape, values).expect("as many values as the shape has");
                let attributes: BTreeMap<String, String> = attributes;
                Recording::new(RecordingParts { values, presentation, unit, time_bin, attributes })
                    .expect("it fits together")
            })
    })
}

/// Whether two recordings are the same, NaN counted as equal to NaN.
pub(super) fn are_same(first: &Recording, second: &Recording) -> bool {
    // The debugging text writes every NaN alike and tells every other two numbers apart.
    format!("{first:?}") == format!("{second:?}")
}
