//! What the commands of statistics are given: arrays, archives, tables, recordings; and what they refuse.

use std::path::{Path, PathBuf};

use homolog::recording::array::{DataArray, Elements};
use homolog::recording::format::zarr::{Activations, Chunking};
use homolog::recording::format::{npy, npz, write_assembly};
use homolog::recording::input::{
    Location, MissingPairs, PatternAxis, Patterns, RdmMovies, RdmStack, StimulusLabels, align, parse_axes,
};
use homolog::recording::{Coordinate, OnMissing, Recording, RecordingAxis, StimulusJoin};
use ndarray::Array2;
use tempfile::TempDir;

use super::{chain, names};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn floats(shape: &[usize], values: impl IntoIterator<Item = f64>) -> DataArray {
    DataArray::new(shape.to_vec(), Elements::Float(values.into_iter().collect())).expect("as many as the shape has")
}

fn counted(shape: &[usize]) -> DataArray {
    floats(shape, (0..shape.iter().product::<usize>()).map(|value| value as f64))
}

fn texts(values: &[&str]) -> DataArray {
    DataArray::new(vec![values.len()], Elements::Text(names(values))).expect("one axis")
}

fn write(path: PathBuf, bytes: impl AsRef<[u8]>) -> String {
    std::fs::write(&path, bytes).expect("written");
    path.display().to_string()
}

fn npy_file(folder: &Path, name: &str, array: &DataArray) -> String {
    write(folder.join(name), npy::to_bytes(array))
}

fn npz_file(folder: &Path, name: &str, arrays: &[(&str, &DataArray)]) -> String {
    let mut bytes = std::io::Cursor::new(Vec::new());
    npz::write(&mut bytes, arrays.iter().copied()).expect("an archive");
    write(folder.join(name), bytes.into_inner())
}

fn patterns(text: &str) -> Result<Patterns, String> {
    Patterns::read(&Location::parse(text), None).map_err(|error| chain(&error))
}

fn patterns_with(text: &str, axes: &str) -> Result<Patterns, String> {
    let axes = parse_axes(axes).map_err(|error| chain(&error))?;
    Patterns::read(&Location::parse(text), Some(&axes)).map_err(|error| chain(&error))
}

fn rdms(text: &str) -> Result<RdmStack, String> {
    RdmStack::read(&Location::parse(text), MissingPairs::Refuse).map_err(|error| chain(&error))
}

fn assert_says(message: Result<impl std::fmt::Debug, String>, words: &[&str]) {
    let message = message.expect_err("to be refused");
    for words in words {
        assert!(message.contains(words), "{words:?} is not in: {message}");
    }
}

#[test]
fn a_plain_array_is_stimuli_by_units_and_its_stimuli_are_known_by_position() {
    let folder = folder();
    let read = patterns(&npy_file(folder.path(), "X.npy", &counted(&[3, 2]))).expect("read");
    assert_eq!((read.n_stimuli(), read.n_units(), read.stimuli.is_positional()), (3, 2, true));
    assert_eq!(read.matrix().expect("finite"), ndarray::array![[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]);
}

#[test]
fn axes_of_a_larger_array_have_to_be_named_and_are_put_in_order() {
    let folder = folder();
    let file = npy_file(folder.path(), "X.npy", &counted(&[3, 4, 2]));
    assert_says(patterns(&file), &["3 axes", "[3, 4, 2]", "--axes subject,stimulus,unit"]);
    let read = patterns_with(&file, "stimulus,unit,subject").expect("read");
    assert_eq!((read.n_stimuli(), read.n_units(), read.leading[0].axis), (3, 4, PatternAxis::Subject));
    assert_eq!(read.values[[1, 2, 3]], 2.0 * 8.0 + 3.0 * 2.0 + 1.0, "subject 1, stimulus 2, unit 3");
    let each = read.each(PatternAxis::Subject);
    assert_eq!((each.len(), each[1].0.as_deref()), (2, Some("1")));
    assert_eq!(each[1].1.matrix().expect("one matrix")[[2, 3]], 23.0);
    assert_eq!(read.average(PatternAxis::Subject).matrix().expect("one matrix")[[0, 0]], 0.5);
    assert_says(read.matrix().map_err(|error| chain(&error)), &["2 entries along subject", "Save the mean over them"]);
}

#[test]
fn axes_that_do_not_fit_are_refused() {
    let folder = folder();
    let file = npy_file(folder.path(), "X.npy", &counted(&[3, 2]));
    assert_says(patterns_with(&file, "subject,stimulus,unit"), &["subject,stimulus,unit", "2 axes"]);
    assert_says(patterns_with(&file, "stimulus,units"), &["no axis \"units\"", "\"unit\""]);
    assert_says(patterns_with(&file, "subject,unit"), &["lack the stimuli"]);
    assert_says(patterns_with(&file, "stimulus,stimulus"), &["name one twice"]);
    let table = write(folder.path().join("a.csv"), "image,u1\nx,1\n");
    assert_says(patterns_with(&table, "stimulus,unit"), &["a.csv", "Leave --axes out"]);
}

#[test]
fn an_archive_gives_its_ids_with_its_variable() {
    let folder = folder();
    let (x, y, ids) = (counted(&[2, 2]), counted(&[2, 1]), texts(&["b.png", "a.png"]));
    let file = npz_file(folder.path(), "X.npz", &[("X", &x), ("Y", &y), ("stimulus_id", &ids)]);
    assert_says(patterns(&file), &["no variable was named", "\"X\"", "\"Y\""]);
    assert_says(patterns(&format!("{file}:Z")), &["no \"Z\"", "Closest"]);
    assert_eq!(patterns(&format!("{file}:Y")).expect("read").stimuli.texts(), ["b.png", "a.png"]);
    let alone = npz_file(folder.path(), "alone.npz", &[("X", &x), ("stimulus_id", &ids)]);
    assert_eq!(patterns(&alone).expect("the only one beside the ids").n_units(), 2);
    let twice = npz_file(folder.path(), "twice.npz", &[("X", &x), ("stimulus_id", &texts(&["a", "a"]))]);
    assert_says(patterns(&twice), &["twice.npz", "several rows", "\"a\""]);
}

#[test]
fn a_table_is_stimuli_by_units_with_the_ids_of_its_first_column() {
    let folder = folder();
    let read = patterns(&write(folder.path().join("a.csv"), "image,u1,u2\nx,1,2\ny,3,4\n")).expect("read");
    assert_eq!((read.stimuli.texts(), read.unit_ids.clone()), (names(&["x", "y"]), names(&["u1", "u2"])));
    let plain = patterns(&write(folder.path().join("b.csv"), "u1,u2\n1,2\n3,4\n")).expect("read");
    assert!(plain.stimuli.is_positional() && plain.n_units() == 2);
    assert_says(patterns(&write(folder.path().join("c.csv"), "0.5,1.5\n1,2\n")), &["first line holds numbers"]);
    let long = "stimulus_id,unit_id,value\nx,u1,1\nx,u2,2\ny,u1,3\ny,u2,4\n";
    let read = patterns(&write(folder.path().join("d.csv"), long)).expect("read");
    assert_eq!(read.matrix().expect("finite"), ndarray::array![[1.0, 2.0], [3.0, 4.0]]);
}

fn recording(repetitions: &[(&str, i64)]) -> Recording {
    let ids: Vec<String> = repetitions.iter().map(|(id, _)| (*id).to_owned()).collect();
    let numbers = Coordinate::Integer(repetitions.iter().map(|(_, number)| *number).collect());
    let values = Array2::from_shape_fn((ids.len(), 2), |(row, unit)| (10 * row + unit) as f64);
    let objects = ids.iter().map(|id| format!("object {id}")).collect();
    Recording::from_matrix(values, ids, names(&["n1", "n2"]))
        .and_then(|recording| recording.with_coordinate(RecordingAxis::Presentation, "repetition", numbers))
        .and_then(|recording| {
            recording.with_coordinate(RecordingAxis::Presentation, "object_name", Coordinate::Text(objects))
        })
        .expect("a recording")
}

#[test]
fn a_recording_gives_its_repetitions_as_an_axis_and_what_is_known_of_its_stimuli() {
    let folder = folder();
    for name in ["r.nc", "r.npz"] {
        let path = folder.path().join(name);
        write_assembly(&path, &recording(&[("b", 1), ("a", 1), ("b", 0), ("a", 0)])).expect("written");
        let read = patterns(&path.display().to_string()).expect("read");
        assert_eq!(read.stimuli.texts(), ["b", "a"], "{name}");
        assert_eq!(read.leading[0].labels, ["0", "1"]);
        assert_eq!((read.values[[0, 0, 0]], read.values[[1, 1, 1]]), (20.0, 11.0));
        assert_eq!(read.stimulus["object_name"].to_texts(), ["object b", "object a"]);
        let observations = read.observations().expect("finite");
        assert_eq!((observations.stimulus, observations.repetition), (vec![0, 1, 0, 1], vec![0, 0, 1, 1]));
        assert_eq!(observations.values.row(0).to_vec(), [20.0, 21.0]);
    }
}

#[test]
fn a_recording_whose_presentations_do_not_fill_their_axes_is_refused_by_name() {
    let of = |presentations: &[(&str, i64)]| {
        Patterns::of_recording("r.nc", &recording(presentations)).map_err(|error| chain(&error))
    };
    // Fewer repetitions of a stimulus are none that is missing of all.
    let fewer = of(&[("b", 1), ("a", 1), ("b", 0)]).expect("two of one, one of the other");
    assert!(fewer.values[[0, 1, 0]].is_nan());
    assert_eq!(
        fewer.average(PatternAxis::Repetition).matrix().expect("means"),
        ndarray::array![[10.0, 11.0], [10.0, 11.0]]
    );
    let subjects = Coordinate::Text(names(&["s1", "s1", "s2"]));
    let of_subjects = recording(&[("b", 1), ("a", 1), ("b", 0)])
        .with_coordinate(RecordingAxis::Presentation, "subject", subjects)
        .expect("a recording");
    let refused = Patterns::of_recording("r.nc", &of_subjects).map_err(|error| chain(&error));
    assert_says(refused, &["\"a\" has no presentation in subject s2", "r.nc"]);
    assert_says(of(&[("b", 0), ("b", 0)]), &["several rows", "\"b\""]);
}

#[test]
fn observations_leave_out_repetitions_that_did_not_happen() {
    let folder = folder();
    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN, f64::NAN];
    let file = npy_file(folder.path(), "X.npy", &floats(&[2, 2, 2], values));
    let observations =
        patterns_with(&file, "repetition,stimulus,unit").expect("read").observations().expect("whole rows");
    assert_eq!((observations.stimulus, observations.repetition), (vec![0, 1, 0], vec![0, 0, 1]));
    let torn = npy_file(folder.path(), "Y.npy", &floats(&[2, 2, 2], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, f64::NAN]));
    let refused = patterns_with(&torn, "repetition,stimulus,unit").expect("read").observations();
    assert_says(refused.map_err(|error| chain(&error)), &["unit \"1\" at stimulus \"1\", repetition 1"]);
}

#[test]
fn a_folder_that_was_recorded_gives_the_stage_that_is_named() {
    let folder = folder();
    let path = folder.path().join("run/activations.zarr");
    let activations = Activations::create(&path, &names(&["a", "b"])).expect("a folder");
    let chunking = Chunking { n_stimuli: 2, n_units: 3 };
    for (name, first) in [("features.0", 0.0_f32), ("features.1", 10.0)] {
        let stage = activations.create_stage(name, 3, chunking).expect("a stage");
        let rows = Array2::from_shape_fn((2, 3), |(row, unit)| first + (3 * row + unit) as f32);
        stage.write_rows(0, rows.view()).expect("written");
    }
    let run = folder.path().join("run").display().to_string();
    let read = patterns(&format!("{run}:features.1")).expect("read");
    assert_eq!((read.stimuli.texts(), read.values[[1, 2]]), (names(&["a", "b"]), 15.0));
    assert_says(patterns(&format!("{run}:features.2")), &["\"features.2\"", "\"features.0\", \"features.1\""]);
    assert_says(patterns(&run), &["which stage of", "\"features.0\", \"features.1\""]);
    let stages = Location::parse(&run).stages().expect("stages");
    assert_eq!(stages.iter().map(|stage| stage.short()).collect::<Vec<_>>(), ["run:features.0", "run:features.1"]);
}

#[test]
fn a_number_that_is_not_finite_is_named_and_dropped_only_when_asked_for() {
    let folder = folder();
    let text = "stimulus_id,u1,u2\nx,1,2\ny,,4\nz,5,inf\n";
    let read = patterns(&write(folder.path().join("a.csv"), text)).expect("read");
    let refused = read.matrix().map_err(|error| chain(&error));
    assert_says(refused, &["2 of 6 values", "NaN in unit \"u1\" at stimulus \"y\"", "--on-nan drop-unit"]);
    let left = read.clone().without_missing(OnMissing::DropPresentation).expect("one is left");
    assert_eq!((left.stimuli.texts(), left.dropped_stimuli), (names(&["x"]), names(&["y", "z"])));
    assert_says(read.without_missing(OnMissing::DropUnit).map_err(|error| chain(&error)), &["none of 2 would be left"]);
}

#[test]
fn what_is_not_there_or_no_numbers_is_refused() {
    let folder = folder();
    assert_says(patterns("missing.npy:X"), &["cannot read \"missing.npy\""]);
    assert_says(patterns(&write(folder.path().join("a.txt"), "1 2")), &["cannot tell the format"]);
    let words = npy_file(folder.path(), "words.npy", &texts(&["a", "b"]));
    assert_says(patterns(&words), &["text", "numbers"]);
    assert_says(rdms(&words), &["words.npy", "text"]);
}

/// A 4 × 4 matrix of dissimilarities.
const SQUARE: [f64; 16] = [0.0, 1.0, 2.0, 3.0, 1.0, 0.0, 4.0, 5.0, 2.0, 4.0, 0.0, 6.0, 3.0, 5.0, 6.0, 0.0];

#[test]
fn matrices_are_known_by_their_shape() {
    let folder = folder();
    let pairs = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let twice = || pairs.into_iter().chain(pairs);
    let cases = [
        (floats(&[6], pairs), 1),
        (floats(&[1, 6], pairs), 1),
        (floats(&[2, 6], twice()), 2),
        (floats(&[4, 4], SQUARE), 1),
        (floats(&[2, 4, 4], SQUARE.into_iter().chain(SQUARE)), 2),
        (floats(&[2, 1, 6], twice()), 2),
        (floats(&[1, 2, 4, 4], SQUARE.into_iter().chain(SQUARE)), 2),
    ];
    for (array, n_matrices) in cases {
        let read = rdms(&npy_file(folder.path(), "r.npy", &array)).expect("matrices");
        assert_eq!((read.n_matrices(), read.n_stimuli()), (n_matrices, 4), "{:?}", array.shape());
        assert_eq!(read.dissimilarities.row(n_matrices - 1).to_vec(), pairs, "{:?}", array.shape());
    }
    for shape in [&[5][..], &[4, 5], &[0], &[2, 3, 4], &[]] {
        assert_says(rdms(&npy_file(folder.path(), "r.npy", &counted(shape))), &["its shape is", "n (n - 1) / 2"]);
    }
    assert_says(rdms(&npy_file(folder.path(), "r.npy", &counted(&[1]))), &["2 stimuli, and at least 3"]);
}

#[test]
fn a_square_of_as_many_triangles_is_read_by_its_values_and_refused_where_they_do_not_decide() {
    let folder = folder();
    let read = |values: [f64; 9]| rdms(&npy_file(folder.path(), "r.npy", &floats(&[3, 3], values)));
    let square = read([0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 2.0, 3.0, 0.0]).expect("one matrix");
    assert_eq!(square.dissimilarities, ndarray::array![[1.0, 2.0, 3.0]]);
    assert_eq!(read([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]).expect("three triangles").n_matrices(), 3);
    assert_says(
        read([1.0, 0.5, 0.2, 0.5, 1.0, 0.1, 0.2, 0.1, 1.0]),
        &["[3, 3]", "symmetric, but its diagonal is not 0"],
    );
    assert_says(read([0.0, 1.0, 2.0, 9.0, 0.0, 3.0, 2.0, 3.0, 0.0]), &["not symmetric, but its diagonal is 0"]);
}

#[test]
fn a_matrix_that_is_none_of_dissimilarities_is_refused_with_its_place() {
    let folder = folder();
    let changed = |changes: &[(usize, f64)]| {
        let mut values = SQUARE;
        changes.iter().for_each(|(at, value)| values[*at] = *value);
        rdms(&npy_file(folder.path(), "r.npy", &floats(&[4, 4], values)))
    };
    assert_says(changed(&[(1, 1.5)]), &["not symmetric: (0, 1) is 1.5 and (1, 0) is 1"]);
    assert_says(changed(&[(10, 0.5)]), &["0.5 on its diagonal, at stimulus 2"]);
    assert_says(changed(&[(0, 1.0), (5, 1.0), (10, 1.0), (15, 1.0)]), &["similarities: store 1 minus them"]);
    assert_says(changed(&[(5, f64::NAN)]), &["NaN on its diagonal", "Store 0 there"]);
    assert_says(changed(&[(7, f64::NAN), (13, f64::NAN)]), &["NaN for the stimuli \"1\" and \"3\"", "1 such"]);
    assert_says(changed(&[(7, f64::NAN)]), &["not symmetric"]);
    let infinite = npy_file(folder.path(), "i.npy", &floats(&[3], [1.0, f64::INFINITY, 2.0]));
    assert_says(rdms(&infinite), &["inf for the stimuli \"0\" and \"2\"", "no dissimilarity is infinite"]);
}

#[test]
fn pairs_that_were_not_measured_are_kept_when_asked_for() {
    let folder = folder();
    let file = npy_file(folder.path(), "r.npy", &floats(&[3], [1.0, f64::NAN, 2.0]));
    let kept = RdmStack::read(&Location::parse(&file), MissingPairs::Keep).expect("kept");
    assert!(kept.dissimilarities[[0, 1]].is_nan());
}

#[test]
fn stimuli_of_matrices_are_selected_and_reordered_with_their_pairs() {
    let folder = folder();
    let ids = texts(&["a", "b", "c", "d"]);
    let file = npz_file(folder.path(), "r.npz", &[("rdms", &floats(&[4, 4], SQUARE)), ("stimulus_id", &ids)]);
    let read = rdms(&file).expect("a matrix");
    let selected = read.select_stimuli(&[3, 0, 2, 9]);
    // (d, a), (d, c), (a, c)
    assert_eq!(selected.dissimilarities, ndarray::array![[3.0, 6.0, 2.0]]);
    assert_eq!(selected.stimuli.texts(), ["d", "a", "c"]);
    assert_eq!(selected.square(0).expect("the matrix")[[2, 1]], 2.0);
    assert_eq!(selected.square(1), None);
}

#[test]
fn matrices_are_called_as_their_file_says_or_as_their_file_is() {
    let folder = folder();
    let two = floats(&[2, 3], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let named = npz_file(folder.path(), "n.npz", &[("rdms", &two), ("model_names", &texts(&["V1", "IT"]))]);
    assert_eq!(rdms(&named).expect("matrices").names, ["V1", "IT"]);
    assert_eq!(rdms(&npy_file(folder.path(), "m.npy", &two)).expect("matrices").names, ["m 1", "m 2"]);
    assert_eq!(rdms(&npy_file(folder.path(), "one.npy", &counted(&[3]))).expect("a matrix").names, ["one"]);
    let table = write(folder.path().join("t.csv"), "subject,p1,p2,p3\nann,1,2,3\nbob,4,5,6\n");
    let read = rdms(&table).expect("matrices");
    assert_eq!((read.names, read.stimuli.is_positional()), (names(&["ann", "bob"]), true));
}

#[test]
fn matrices_of_several_files_are_put_together_by_the_ids_of_their_stimuli() {
    let folder = folder();
    let first = rdms(&write(folder.path().join("a.csv"), ",a,b,c\na,0,1,2\nb,1,0,3\nc,2,3,0\n")).expect("a matrix");
    let second = rdms(&write(folder.path().join("b.csv"), ",c,a,b\nc,0,9,8\na,9,0,7\nb,8,7,0\n")).expect("a matrix");
    let both = RdmStack::together(&[first.clone(), second], StimulusJoin::All).expect("the same stimuli");
    assert_eq!(both.dissimilarities, ndarray::array![[1.0, 2.0, 3.0], [7.0, 9.0, 8.0]]);
    assert_eq!(both.names, ["a", "b"]);
    let positional = rdms(&npy_file(folder.path(), "p.npy", &counted(&[3]))).expect("a matrix");
    let refused = RdmStack::together(&[first, positional], StimulusJoin::All).map_err(|error| chain(&error));
    assert_says(refused, &["p.npy", "known by position"]);
}

#[test]
fn a_table_with_the_stimuli_along_both_edges_is_a_matrix() {
    let folder = folder();
    let read = rdms(&write(folder.path().join("r.csv"), ",a,b,c\na,0,1,2\nb,1,0,3\nc,2,3,0\n")).expect("a matrix");
    assert_eq!(
        (read.stimuli.texts(), read.dissimilarities),
        (names(&["a", "b", "c"]), ndarray::array![[1.0, 2.0, 3.0]])
    );
}

#[test]
fn labels_are_a_column_or_an_array() {
    let folder = folder();
    let read = |text: &str| StimulusLabels::read(&Location::parse(text)).map_err(|error| chain(&error));
    let table = write(folder.path().join("t.csv"), "stimulus_id,category,size\nx,face,1.5\ny,hand,\n");
    let category = read(&format!("{table}:category")).expect("labels");
    assert_eq!((category.texts(), category.stimuli.texts()), (names(&["face", "hand"]), names(&["x", "y"])));
    assert_says(category.numbers().map_err(|error| chain(&error)), &["stimulus \"x\" is \"face\""]);
    assert_says(read(&format!("{table}:size")).expect("read").numbers().map_err(|error| chain(&error)), &["\"y\""]);
    assert_says(read(&table), &["which column", "\"category\", \"size\""]);
    assert_says(read(&format!("{table}:colour")), &["no column \"colour\"", "\"category\""]);
    let numbers = DataArray::new(vec![2, 1], Elements::Integer(vec![4, 2])).expect("a column");
    let read_numbers = read(&npy_file(folder.path(), "n.npy", &numbers)).expect("labels");
    assert_eq!(
        (read_numbers.numbers().expect("numbers"), read_numbers.stimuli.is_positional()),
        (vec![4.0, 2.0], true)
    );
    assert_says(read(&npy_file(folder.path(), "m.npy", &counted(&[2, 2]))), &["[2, 2]", "one axis"]);
    let only = read(&write(folder.path().join("only.csv"), "label\nface\nhand\n")).expect("labels");
    assert_eq!((only.texts(), only.stimuli.is_positional()), (names(&["face", "hand"]), true));
}

#[test]
fn inputs_of_every_kind_are_brought_into_one_order() {
    let folder = folder();
    let responses = patterns(&write(folder.path().join("a.csv"), "stimulus_id,u1\nx,1\ny,2\nz,3\n")).expect("read");
    let labels = write(folder.path().join("l.csv"), "stimulus_id,category\nz,hand\nx,face\nw,body\n");
    let labels = StimulusLabels::read(&Location::parse(&labels)).expect("read");
    let sides = [(responses.input.as_str(), &responses.stimuli), (labels.input.as_str(), &labels.stimuli)];
    assert_says(
        align(&sides, StimulusJoin::All).map_err(|error| chain(&error)),
        &["\"y\"", "\"w\"", "--stimuli shared"],
    );
    let aligned = align(&sides, StimulusJoin::Shared).expect("two are shared");
    assert_eq!(responses.select_stimuli(&aligned.rows[0]).values, ndarray::array![[1.0], [3.0]].into_dyn());
    assert_eq!(labels.select_stimuli(&aligned.rows[1]).texts(), ["face", "hand"]);
}

#[test]
fn means_over_repetitions_leave_out_whole_repetitions_and_refuse_a_value_that_is_missing_in_part() {
    let folder = folder();
    // Stimulus 1 was not shown in repetition 1.
    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, f64::NAN, f64::NAN];
    let file = npy_file(folder.path(), "X.npy", &floats(&[2, 2, 2], values));
    let read = patterns_with(&file, "repetition,stimulus,unit").expect("read");
    let whole = read.clone().without_missing(OnMissing::Refuse).expect("a repetition that did not happen");
    let mean = whole.average(PatternAxis::Repetition);
    assert_eq!(mean.matrix().expect("means"), ndarray::array![[2.0, 3.0], [2.0, 3.0]]);
    let dropped = read.without_missing(OnMissing::DropUnit).expect("nothing is to be dropped");
    assert!(dropped.dropped_units.is_empty());

    let values = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, f64::NAN];
    let file = npy_file(folder.path(), "Y.npy", &floats(&[2, 2, 2], values));
    let torn = patterns_with(&file, "repetition,stimulus,unit").expect("read");
    let words = ["1 of 8 values", "unit \"1\" at stimulus \"1\", repetition 1"];
    assert_says(torn.clone().without_missing(OnMissing::Refuse).map_err(|error| chain(&error)), &words);
    // Whoever averages without asking first gets no number either.
    let mean = torn.average(PatternAxis::Repetition);
    assert_says(mean.matrix().map_err(|error| chain(&error)), &["NaN in unit \"1\" at stimulus \"1\""]);
    let left = torn.without_missing(OnMissing::DropUnit).expect("a unit is left");
    assert_eq!((left.dropped_units.clone(), left.average(PatternAxis::Repetition).values.len()), (names(&["1"]), 2));
}

#[test]
fn a_stimulus_without_a_single_repetition_is_missing() {
    let folder = folder();
    let values = [0.0, 1.0, f64::NAN, f64::NAN, 4.0, 5.0, f64::NAN, f64::NAN];
    let file = npy_file(folder.path(), "X.npy", &floats(&[2, 2, 2], values));
    let read = patterns_with(&file, "repetition,stimulus,unit").expect("read");
    let refused = read.clone().without_missing(OnMissing::Refuse).map_err(|error| chain(&error));
    assert_says(refused, &["4 of 8 values", "at stimulus \"1\""]);
    let left = read.without_missing(OnMissing::DropPresentation).expect("one is left");
    assert_eq!(left.dropped_stimuli, names(&["1"]));
}

#[test]
fn time_bins_of_a_repetition_that_did_not_happen_are_left_out_together() {
    let folder = folder();
    let nan = f64::NAN;
    // (repetition, time, stimulus, unit): stimulus 1 lacks repetition 1 in both bins; then in one bin alone.
    let absent = [1.0, 2.0, 3.0, 4.0, 5.0, nan, 7.0, nan];
    let file = npy_file(folder.path(), "X.npy", &floats(&[2, 2, 2, 1], absent));
    let read = patterns_with(&file, "repetition,time,stimulus,unit").expect("read");
    let mean = read.without_missing(OnMissing::Refuse).expect("whole").average(PatternAxis::Repetition);
    assert_eq!(mean.values.iter().copied().collect::<Vec<_>>(), [3.0, 2.0, 5.0, 4.0]);
    let torn = [1.0, 2.0, 3.0, 4.0, 5.0, nan, 7.0, 8.0];
    let file = npy_file(folder.path(), "Y.npy", &floats(&[2, 2, 2, 1], torn));
    let read = patterns_with(&file, "repetition,time,stimulus,unit").expect("read");
    let refused = read.without_missing(OnMissing::Refuse).map_err(|error| chain(&error));
    assert_says(refused, &["at stimulus \"1\", repetition 1, time 0"]);
}

/// A netCDF file of dissimilarity matrices (subjects or times, stimuli, stimuli) with coordinates, as xarray writes them.
fn netcdf_rdms(path: &Path, outer: &[(&str, &[&str])], n_stimuli: usize) {
    use netcdf_writer::{NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};
    let mut file = NcFileBuilder::new();
    let mut dimensions = Vec::new();
    let mut listed = vec!["stimulus_id".to_owned()];
    for (name, labels) in outer {
        let dimension = file.add_dimension(*name, labels.len() as u64).expect("a dimension");
        let coordinate = if name.starts_with("time") { "time_bin_start".to_owned() } else { (*name).to_owned() };
        let variable = file.add_string_variable(&coordinate, &[dimension]).expect("a coordinate");
        file.write_string_variable(variable, &names(labels)).expect("labels");
        listed.push(coordinate);
        dimensions.push(dimension);
    }
    let stimuli = file.add_dimension("stimulus", n_stimuli as u64).expect("a dimension");
    let again = file.add_dimension("stimulus_again", n_stimuli as u64).expect("a dimension");
    let ids = file.add_string_variable("stimulus_id", &[stimuli]).expect("a coordinate");
    let texts: Vec<String> = (0..n_stimuli).map(|stimulus| format!("im{stimulus}")).collect();
    file.write_string_variable(ids, &texts).expect("ids");
    dimensions.extend([stimuli, again]);
    let data = file.add_variable::<f64>("rdms", &dimensions).expect("a variable");
    file.add_variable_attribute(data, "coordinates", NcAttrValue::Chars(listed.join(" "))).expect("an attribute");
    let n_matrices: usize = outer.iter().map(|(_, labels)| labels.len()).product();
    let mut values = Vec::new();
    for matrix in 0..n_matrices {
        for row in 0..n_stimuli {
            values.extend(
                (0..n_stimuli)
                    .map(|column| (100 * matrix + row.abs_diff(column)) as f64 * f64::from(u8::from(row != column))),
            );
        }
    }
    file.write_variable(data, &values).expect("numbers");
    let (_, bytes) = file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 }).expect("a file");
    std::fs::write(path, bytes).expect("written");
}

#[test]
fn dissimilarity_matrices_in_netcdf_are_named_by_its_coordinates() {
    let folder = folder();
    let path = folder.path().join("rdms.nc");
    netcdf_rdms(&path, &[("subject", &["s1", "s2"])], 4);
    let text = path.display().to_string();
    let read = RdmStack::read(&Location::parse(&text), MissingPairs::Refuse).expect("two matrices");
    assert_eq!(read.names, ["subject s1", "subject s2"]);
    assert_eq!(read.stimuli.texts(), ["im0", "im1", "im2", "im3"]);
    assert_eq!(read.dissimilarities.row(1).to_vec(), [101.0, 102.0, 103.0, 101.0, 102.0, 101.0]);
    let over_time = folder.path().join("movies.nc");
    netcdf_rdms(&over_time, &[("time_bin", &["-50", "0", "50"]), ("subject", &["s1", "s2"])], 4);
    let text = over_time.display().to_string();
    let movies = RdmMovies::read(&Location::parse(&text)).expect("two subjects over three times");
    assert_eq!(
        (movies.subjects.as_slice(), movies.times.as_deref()),
        (&names(&["s1", "s2"])[..], Some(&names(&["-50", "0", "50"])[..]))
    );
    // Matrix 3 of the file is time 1 (counted from 0) of the second subject.
    assert_eq!(movies.dissimilarities[[1, 1, 0]], 301.0);
    assert_eq!(movies.select_stimuli(&[3, 0]).dissimilarities[[1, 1, 0]], 303.0);
}

#[test]
fn a_declaration_says_how_dissimilarity_matrices_are_read() {
    let folder = folder();
    let values: Vec<f64> = (0..12).map(|value| f64::from(value) + 1.0).collect();
    npy_file(folder.path(), "rdms.npy", &floats(&[2, 6], values));
    let text = "path = \"rdms.npy\"\naxes = [{ name = \"subject\", numbered = \"s{}\" }, { name = \"pair\", labels = [\"a\", \"b\", \"c\", \"d\"] }]\n";
    let spec = write(folder.path().join("rdms.toml"), text);
    let read = RdmStack::read(&Location::parse(&spec), MissingPairs::Refuse).expect("declared");
    assert_eq!((read.stimuli.texts(), read.n_matrices()), (names(&["a", "b", "c", "d"]), 2));
    assert_eq!(read.names, ["subject s1", "subject s2"]);
    let broken = write(folder.path().join("broken.toml"), "path = 3\n");
    let refused = RdmStack::read(&Location::parse(&broken), MissingPairs::Refuse).map_err(|error| chain(&error));
    assert_says(refused, &["broken.toml", "declaration"]);
}

#[test]
fn matrices_over_time_are_recognised_by_shape_and_refused_without_time() {
    let folder = folder();
    let read = |name: &str, shape: &[usize]| {
        RdmMovies::read(&Location::parse(&npy_file(folder.path(), name, &counted(shape))))
            .map_err(|error| chain(&error))
    };
    assert_eq!(read("a.npy", &[2, 5, 6]).expect("two subjects").dissimilarities.dim(), (2, 5, 6));
    assert_eq!(read("b.npy", &[5, 6]).expect("one subject").dissimilarities.dim(), (1, 5, 6));
    assert_says(read("c.npy", &[6]), &["no axis of time bins"]);
    assert_says(read("d.npy", &[2, 0, 6]), &["no axis of time bins with an entry"]);
}
