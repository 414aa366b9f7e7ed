//! Files as NumPy, SciPy, h5py and xarray write them: `goldens/recording_formats/python`.

use homolog::recording::array::Elements;
use homolog::recording::format::{mat5, mat73, netcdf, npy, npz, read_assembly};
use homolog::recording::tree::DataTree;
use homolog::recording::{Coordinate, RecordingAxis};
use serde_json::Value;

use super::names;

pub(super) fn golden() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/recording_formats/python/golden.json");
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(super) fn bytes_of(hexadecimal: &Value) -> Vec<u8> {
    let digits = hexadecimal.as_str().expect("a string of digits").as_bytes();
    let digit = |at: usize| (digits[at] as char).to_digit(16).expect("a hexadecimal digit") as u8;
    (0..digits.len() / 2).map(|byte| digit(2 * byte) * 16 + digit(2 * byte + 1)).collect()
}

#[test]
fn numpy_arrays_of_every_type_are_read() {
    let counted: Vec<f64> = (0..6).map(f64::from).collect();
    let halves = Elements::Float(counted.iter().map(|number| number + 0.5).collect());
    let expected: Vec<(&str, Vec<usize>, Elements)> = vec![
        ("float64", vec![2, 3], halves.clone()),
        ("float32_fortran", vec![2, 3], Elements::Float(counted)),
        ("float64_big_endian", vec![2, 3], halves),
        ("int16_big_endian", vec![2, 3], Elements::Integer((-3..3).collect())),
        ("uint64", vec![2, 3], Elements::Integer((0..6).collect())),
        ("uint8", vec![2, 3], Elements::Byte((0..6).collect())),
        ("bool", vec![2, 3], Elements::Bool(vec![true, false, true, false, true, false])),
        ("text", vec![2, 2], Elements::Text(names(&["grüß", "b", "", "😀c"]))),
        ("text_big_endian", vec![2], Elements::Text(names(&["ab", "c"]))),
        ("bytes", vec![2], Elements::Text(names(&["ab", "c"]))),
        ("scalar", vec![], Elements::Float(vec![7.25])),
        ("empty", vec![0, 4], Elements::Float(vec![])),
    ];
    let golden = golden();
    for (name, shape, elements) in expected {
        let array = npy::parse(&bytes_of(&golden["npy"][name])).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((array.shape(), array.elements()), (shape.as_slice(), &elements), "{name}");
        assert_eq!(npy::parse(&npy::to_bytes(&array)).expect("what is written can be read"), array, "{name}");
    }
    let half = npy::parse(&bytes_of(&golden["npy"]["float16"])).expect("half precision");
    let Elements::Float(half) = half.into_elements() else { panic!("floats") };
    assert_eq!(half[..3], [1.5, -2.0, 65504.0]);
    // 6e-8 is nearest to the smallest positive number of half precision, 2^-24.
    assert_eq!(half[3], 2_f64.powi(-24));
    assert!(half[4] == f64::INFINITY && half[5].is_nan());
}

#[test]
fn arrays_that_need_a_pickle_or_have_no_place_here_are_refused_with_the_next_step() {
    let golden = golden();
    for (name, words) in [
        (
            "object",
            "an array of Python objects, which are stored as a pickle that can run code, which is not supported. Save numbers",
        ),
        ("complex", "the element type is \"<c16\", which is not supported"),
        ("structured", "Save each field of the structured array as its own array"),
        ("huge_uint64", "numbers of 2^63 and more"),
    ] {
        let message = npy::parse(&bytes_of(&golden["refused_npy"][name])).expect_err(name).to_string();
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[test]
fn a_numpy_archive_has_its_arrays_by_name() {
    let tree = npz::parse(&bytes_of(&golden()["npz"])).expect("it opens");
    assert_eq!(tree.names(), ["ids", "rdm"]);
    assert_eq!(tree.texts(Some("ids")).expect("text"), ["a", "bb"]);
    assert_eq!(tree.numbers(Some("rdm")).expect("numbers").sum(), 3.0);
    let message = tree.array(None).expect_err("there are two").to_string();
    assert!(message.contains("It has \"ids\", \"rdm\""), "{message}");
    let message = tree.array(Some("rdms")).expect_err("there is none").to_string();
    assert_eq!(message, "the file has no \"rdms\". Closest: \"rdm\", \"ids\". It has \"ids\", \"rdm\"");
}

#[test]
fn matlab_5_structures_cells_text_and_numbers_are_read_packed_or_not() {
    for key in ["mat5", "mat5_compressed"] {
        let tree = mat5::parse(&bytes_of(&golden()[key])).unwrap_or_else(|error| panic!("{key}: {error}"));
        let both = tree.array(Some("RDMs(1,:).RDM")).expect("two of one size");
        assert_eq!(both.shape(), [2, 2, 3]);
        let expected = (0..6).chain(10..16).map(f64::from).collect();
        assert_eq!(both.elements(), &Elements::Float(expected));
        assert_eq!(tree.texts(Some("RDMs(2).name")).expect("text"), ["Session 2"]);
        let labels = tree.array(Some("labels")).expect("all are text");
        assert_eq!(
            (labels.shape(), labels.elements()),
            ([2, 2].as_slice(), &Elements::Text(names(&["a", "bb", "ccc", ""])))
        );
        assert_eq!(tree.texts(Some("labels{2,1}")).expect("text"), ["ccc"]);
        let pixels = tree.array(Some("pixels")).expect("bytes");
        assert_eq!((pixels.shape(), pixels.elements()), ([2, 3, 4].as_slice(), &Elements::Byte((0..24).collect())));
        assert_eq!(
            tree.array(Some("whole(1,:)")).expect("numbers").elements(),
            &Elements::Float(vec![1.0, 2.0, 300.0])
        );
        assert_eq!(tree.array(Some("truth")).expect("truth").elements(), &Elements::Bool(vec![true, false]));
        assert_eq!(tree.array(Some("signed")).expect("numbers").elements(), &Elements::Integer(vec![-5]));
        assert_eq!(tree.texts(Some("rows")).expect("text"), ["ab", "cde"]);
        assert_eq!(tree.numbers(Some("nested.inner.value")).expect("a number").sum(), 3.0);
    }
}

#[test]
fn what_is_wrong_with_a_path_says_where() {
    let tree = mat5::parse(&bytes_of(&golden()["mat5"])).expect("it opens");
    for (path, words) in [
        ("RDMs(1,3).RDM", "RDMs has [1, 2] entries, so it has no entry (1,3); indices count from 1"),
        ("RDMs.RDM", "RDMs is a structure array of shape [1, 2], where one of its entries, such as (1)"),
        ("RDMs(1).rdm", "RDMs(1) has no \"rdm\". Closest: \"RDM\", \"name\""),
        ("RDMs(1", "the path is not understood from \"(1\" on"),
        ("RDMs(0).RDM", "the path is not understood from \"(0).RDM\" on"),
        ("sparse", "sparse is a sparse matrix (save it as full(X))"),
        ("complex", "complex is an array of complex numbers"),
        ("pixels.red", "pixels is an array of whole numbers of shape [2, 3, 4], where a structure is needed"),
    ] {
        let message = tree.array(Some(path)).expect_err(path).to_string();
        assert!(message.starts_with(words), "{path}: {message}");
    }
}

#[test]
fn matlab_73_structures_cells_text_and_numbers_are_read() {
    let tree = mat73::parse(bytes_of(&golden()["mat73"])).unwrap_or_else(|error| panic!("{}", super::chain(&error)));
    assert_eq!(tree.numbers(Some("rdm")).expect("numbers").into_raw_vec_and_offset().0, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let pixels = tree.array(Some("pixels")).expect("bytes");
    assert_eq!((pixels.shape(), pixels.elements()), ([2, 3, 4].as_slice(), &Elements::Byte((0..24).collect())));
    assert_eq!(tree.array(Some("truth")).expect("truth").elements(), &Elements::Bool(vec![true, false]));
    assert_eq!(tree.texts(Some("name")).expect("text"), ["hIT"]);
    assert_eq!(tree.array(Some("nothing")).expect("empty").shape(), [0, 0]);
    assert_eq!(tree.texts(Some("labels")).expect("text"), ["a", "bb", "ccc", "d"]);
    assert_eq!(tree.numbers(Some("info.n")).expect("a number").sum(), 92.0);
    let both = tree.numbers(Some("RDMs(1,:).RDM")).expect("two of one size");
    assert_eq!(both.shape(), [2, 2, 3]);
    assert_eq!(both[[1, 1, 0]], 13.0);
    assert!(!tree.names().contains(&"#refs#".to_owned()));
    assert!(matches!(tree, DataTree::Structures { .. }));
}

#[test]
fn an_assembly_that_xarray_wrote_is_a_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("assembly.nc");
    let bytes = bytes_of(&golden()["netcdf"]);
    std::fs::write(&path, &bytes).expect("it can be written");
    let recording = read_assembly(&path).unwrap_or_else(|error| panic!("{}", super::chain(&error)));
    assert_eq!(recording.stimulus_ids(), ["a", "b", "a"]);
    assert_eq!(recording.unit_ids(), ["n1", "n2"]);
    let of = |axis, name| recording.coordinate(axis, name).expect("it is there").clone();
    assert_eq!(of(RecordingAxis::Presentation, "repetition"), Coordinate::Integer(vec![0, 0, 1]));
    assert_eq!(of(RecordingAxis::Presentation, "is_face"), Coordinate::Bool(vec![true, false, true]));
    assert_eq!(of(RecordingAxis::Unit, "region"), Coordinate::Text(names(&["V4", "IT"])));
    assert_eq!(of(RecordingAxis::TimeBin, "start_ms"), Coordinate::Integer(vec![70]));
    assert_eq!(recording.attributes()["identifier"], "test.assembly");
    assert_eq!(recording.values()[[1, 1, 0]], 4.0);
    assert!(recording.values()[[0, 1, 0]].is_nan());
    assert_eq!(netcdf::parse(bytes).expect("it opens").axes, ["presentation", "neuroid", "time_bin"]);
}
