//! What can be done with a recording.

use homolog::recording::concatenate::{concatenate_presentations, concatenate_units};
use homolog::recording::{Coordinate, DataError, OnMissing, Recording, RecordingAxis, RecordingParts, StimulusJoin};
use ndarray::{Array2, array};

use super::names;

fn recording(values: Array2<f64>, stimuli: &[&str]) -> Recording {
    let units: Vec<String> = (1..=values.ncols()).map(|unit| format!("u{unit}")).collect();
    Recording::from_matrix(values, names(stimuli), units).expect("it fits together")
}

fn repeated() -> Recording {
    // Stimulus a three times, b once; the second unit was lost once.
    let values = array![[1.0, 10.0], [5.0, 7.0], [3.0, f64::NAN], [8.0, 40.0]];
    recording(values, &["a", "b", "a", "a"])
}

#[test]
fn coordinates_have_to_fit_their_axis() {
    let error = repeated()
        .with_coordinate(RecordingAxis::Unit, "region", Coordinate::Text(names(&["V4"])))
        .expect_err("one value for two units");
    assert_eq!(
        error.to_string(),
        "cannot make a recording: coordinate \"region\" of the unit axis has 1 values and the axis has 2 entries. Give one \
         value for each unit"
    );
    let mut parts = repeated().into_parts();
    parts.presentation.clear();
    let error = Recording::new(parts).expect_err("no ids");
    assert_eq!(error.to_string(), "the presentation axis has no coordinate \"stimulus_id\"; it has none");
}

#[test]
fn two_units_with_one_id_are_refused() {
    let error =
        Recording::from_matrix(array![[1.0, 2.0]], names(&["a"]), names(&["u", "u"])).expect_err("one id twice");
    assert_eq!(
        error.to_string(),
        "1 of the unit entries repeat another's unit_id (first: \"u\"). Give every unit its own id, for example with the \
         subject in front"
    );
}

#[test]
fn the_mean_of_repetitions_leaves_missing_values_out() {
    let mean = repeated().average_repetitions().expect("it has stimuli");
    assert_eq!(mean.stimulus_ids(), ["a", "b"]);
    // (1 + 3 + 8) / 3 and (10 + 40) / 2.
    assert_eq!(mean.matrix().expect("one time bin"), array![[4.0, 25.0], [5.0, 7.0]]);
}

#[test]
fn repetitions_side_by_side_are_padded() {
    let repetitions = repeated().repetitions().expect("one time bin");
    assert_eq!(repetitions.values.dim(), (3, 2, 2));
    assert_eq!(repetitions.values[[2, 0, 0]], 8.0);
    assert!(repetitions.values[[1, 1, 0]].is_nan());
    assert_eq!(repetitions.n_repetitions_of_stimuli().to_vec(), [2, 1]);
    assert_eq!(repetitions.repetition(0).expect("there are three")[[1, 1]], 7.0);
    assert!(repetitions.repetition(3).is_none());
}

#[test]
fn repetition_numbers_decide_which_repetition_a_presentation_is() {
    let numbered = repeated()
        .with_coordinate(RecordingAxis::Presentation, "repetition", Coordinate::Integer(vec![10, 2, 2, 7]))
        .expect("one each");
    let repetitions = numbered.repetitions().expect("no number twice");
    // 2, 7, 10 are the first, second and third.
    assert_eq!(repetitions.values[[0, 0, 0]], 3.0);
    assert_eq!(repetitions.values[[1, 0, 0]], 8.0);
    assert_eq!(repetitions.values[[2, 0, 0]], 1.0);
    let twice = repeated()
        .with_coordinate(RecordingAxis::Presentation, "repetition", Coordinate::Integer(vec![1, 1, 1, 2]))
        .expect("one each");
    assert!(matches!(twice.repetitions(), Err(DataError::Repeated { n_repeated: 1, .. })));
    assert!(twice.check_presentations_are_unique().is_err());
}

#[test]
fn rows_are_joined_by_id_and_never_by_position() {
    let wanted = names(&["b", "a"]);
    let joined = repeated().join(&wanted, StimulusJoin::All).expect("the same stimuli");
    assert_eq!(joined.stimulus_ids(), ["b", "a", "a", "a"]);
    assert_eq!(joined.values()[[0, 0, 0]], 5.0);
    let error = repeated().join(&names(&["b", "c"]), StimulusJoin::All).expect_err("c was not shown");
    assert_eq!(
        error.to_string(),
        "cannot join the stimuli and the recording: the stimuli has 2 stimuli and the recording has 2. 1 stimulus is only in \
         the stimuli (\"c\"). 1 stimulus is only in the recording (\"a\"). Pass --stimuli shared to use the 1 they have in \
         common"
    );
    let shared = repeated().join(&names(&["b", "c"]), StimulusJoin::Shared).expect("b is shared");
    assert_eq!(shared.stimulus_ids(), ["b"]);
}

#[test]
fn missing_values_are_refused_or_dropped_and_listed() {
    let error = repeated().without_missing(OnMissing::Refuse).expect_err("one is missing");
    assert_eq!(
        error.to_string(),
        "1 of 8 values are missing (NaN), in 1 of the units (first: unit \"u2\", stimulus \"a\"). Pass --on-nan \
         drop-unit or --on-nan drop-presentation; the report then lists what was dropped"
    );
    let complete = repeated().without_missing(OnMissing::DropUnit).expect("u1 is left");
    assert_eq!((complete.recording.unit_ids(), complete.dropped_units), (names(&["u1"]).as_slice(), names(&["u2"])));
    let complete = repeated().without_missing(OnMissing::DropPresentation).expect("three are left");
    assert_eq!((complete.recording.n_presentations(), complete.dropped_stimuli), (3, names(&["a"])));
    let nothing = recording(array![[f64::NAN]], &["a"]);
    assert!(matches!(nothing.without_missing(OnMissing::DropUnit), Err(DataError::MissingValues { .. })));
}

#[test]
fn time_bins_are_averaged_or_selected() {
    let mut parts = repeated().into_parts();
    parts.values = ndarray::Array3::from_shape_fn((4, 2, 2), |(row, unit, bin)| (row + 10 * unit + 100 * bin) as f64);
    let without_times = RecordingParts { ..parts.clone() };
    assert!(matches!(Recording::new(without_times), Err(DataError::MissingCoordinate { .. })));
    parts.time_bin.insert("start_ms".to_owned(), Coordinate::Integer(vec![70, 90]));
    parts.time_bin.insert("end_ms".to_owned(), Coordinate::Integer(vec![90, 110]));
    let timed = Recording::new(parts).expect("two bins");
    let error = timed.repetitions().expect_err("two bins");
    assert!(error.to_string().contains("a recording of 2 time bins. Select one of them, or average over them, first"));
    let mean = timed.average_time_bins().expect("there is time");
    assert_eq!(mean.values()[[1, 1, 0]], 61.0);
    let of = |name| mean.coordinate(RecordingAxis::TimeBin, name).expect("it is there").clone();
    assert_eq!((of("start_ms"), of("end_ms")), (Coordinate::Float(vec![70.0]), Coordinate::Float(vec![110.0])));
    let second = timed.select(RecordingAxis::TimeBin, "start_ms", "90").expect("it is there");
    assert_eq!(second.matrix().expect("one bin")[[0, 0]], 100.0);
}

#[test]
fn recordings_are_put_together_along_presentations_or_units() {
    let first = recording(array![[1.0, 2.0]], &["a"]);
    let second = recording(array![[3.0, 4.0]], &["b"]);
    let both = concatenate_presentations(&[first.clone(), second.clone()]).expect("the same units");
    assert_eq!(both.stimulus_ids(), ["a", "b"]);
    assert_eq!(both.matrix().expect("one bin"), array![[1.0, 2.0], [3.0, 4.0]]);
    let error = concatenate_units(&[first.clone(), second]).expect_err("other stimuli");
    assert_eq!(
        error.to_string(),
        "cannot put recordings together along unit: recording 1 differs from the first in the stimulus ids of its \
         presentations"
    );
    assert!(matches!(concatenate_units(&[first.clone(), first]), Err(DataError::Repeated { .. })));
    assert!(concatenate_units(&[]).is_err());
}
