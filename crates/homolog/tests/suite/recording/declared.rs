//! Arrays read as recordings by declaration.

use std::path::Path;

use homolog::recording::array::{DataArray, Elements};
use homolog::recording::format::npy;
use homolog::recording::{Coordinate, ReadSpec, Recording, RecordingAxis};

use super::{chain, names};

/// A folder with `counted.npy`, the numbers from 0 in this shape, and `regions.npy`.
fn folder(shape: &[usize]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let numbers = Elements::Float((0..shape.iter().product::<usize>()).map(|number| number as f64).collect());
    let counted = DataArray::new(shape.to_vec(), numbers).expect("as many numbers as the shape has");
    std::fs::write(folder.path().join("counted.npy"), npy::to_bytes(&counted)).expect("it can be written");
    let regions = DataArray::new(vec![3], Elements::Byte(vec![1, 2, 1])).expect("three");
    std::fs::write(folder.path().join("regions.npy"), npy::to_bytes(&regions)).expect("it can be written");
    folder
}

fn read(folder: &Path, toml: &str) -> Result<Recording, String> {
    let spec: ReadSpec = toml::from_str(toml).map_err(|error| error.to_string())?;
    spec.read_recording(folder).map_err(|error| chain(&error).replace(&folder.display().to_string(), "FOLDER"))
}

#[test]
fn axes_in_any_order_become_presentations_and_units() {
    let folder = folder(&[3, 4]);
    let found = read(
        folder.path(),
        r#"
        path = "counted.npy"
        axes = ["unit", { name = "stimulus", numbered = "image{:02}", first_number = 0 }]
        missing_value = 5
        attributes = { unit_of_response = "spikes" }
        [[coordinates]]
        axis = "unit"
        name = "region"
        path = "regions.npy"
        meanings = { 1 = "V4", 2 = "IT" }
        "#,
    )
    .expect("as declared");
    assert_eq!(found.stimulus_ids(), ["image00", "image01", "image02", "image03"]);
    assert_eq!(found.unit_ids(), ["1", "2", "3"]);
    assert_eq!(found.values()[[3, 2, 0]], 11.0);
    assert!(found.values()[[1, 1, 0]].is_nan());
    let region = found.coordinate(RecordingAxis::Unit, "region").expect("declared");
    assert_eq!(region, &Coordinate::Text(names(&["V4", "IT", "V4"])));
    assert_eq!(found.attributes()["unit_of_response"], "spikes");
}

#[test]
fn crossed_axes_fill_a_template_and_keep_their_own_coordinates() {
    let folder = folder(&[2, 2, 3]);
    let found = read(
        folder.path(),
        r#"
        path = "counted.npy"
        stimulus_id = "{category}/{movie}"
        axes = [
            { name = "category", along = "stimulus", labels = ["natural", "synthetic"] },
            { name = "movie", along = "stimulus", numbered = "{}" },
            "unit",
        ]
        stimulus_aliases = [{ where = { category = "synthetic", movie = "1" }, same_as = { category = "natural" } }]
        "#,
    )
    .expect("as declared");
    assert_eq!(found.stimulus_ids(), ["natural/1", "natural/2", "natural/1", "synthetic/2"]);
    let category = found.text(RecordingAxis::Presentation, "category").expect("kept");
    assert_eq!(category, ["natural", "natural", "synthetic", "synthetic"]);
    assert_eq!(found.values()[[2, 1, 0]], 7.0);
}

#[test]
fn axes_are_kept_in_part_or_averaged() {
    let folder = folder(&[2, 2, 3]);
    let found = read(
        folder.path(),
        r#"
        path = "counted.npy"
        axes = [
            { name = "session", labels = ["one", "two"] },
            { name = "stimulus", labels = ["a", "b"], keep = ["b"] },
            "unit",
        ]
        mean_over = ["session"]
        "#,
    )
    .expect("as declared");
    // b in session one is 3, 4, 5 and in session two 9, 10, 11.
    assert_eq!(found.matrix().expect("one bin").row(0).to_vec(), [6.0, 7.0, 8.0]);
}

#[test]
fn what_does_not_fit_is_said_with_the_axis() {
    let folder = folder(&[3, 4]);
    for (axes, words) in [
        (r#"["unit"]"#, "the array has 2 axes of [3, 4] entries and 1 are declared (\"unit\")"),
        (r#"["unit", "stimulus"]"#, "axis \"stimulus\" runs along stimuli and does not name them. Add labels"),
        (
            r#"["unit", { name = "stimulus", labels = ["a"] }]"#,
            "axis \"stimulus\" has 4 entries and 1 labels are declared",
        ),
        (r#"["unit", { name = "stimulus", labels = ["a", "a", "b", "c"] }]"#, "label \"a\" stands for several entries"),
        (r#"["unit", "neuron"]"#, "axis \"neuron\" does not say what it runs along"),
        (r#"["unit", { name = "stimulus", numbered = "image" }]"#, "has no place for the number. Write {} or"),
        (r#"["unit", { name = "stimulus", numbered = "{}", keep = ["9"] }]"#, "keep of axis \"stimulus\" names \"9\""),
    ] {
        let message = read(folder.path(), &format!("path = \"counted.npy\"\naxes = {axes}")).expect_err(axes);
        assert!(message.starts_with("cannot read \"FOLDER/counted.npy\" as declared: "), "{message}");
        assert!(message.contains(words), "{axes}: {message}");
    }
    let message = read(folder.path(), "path = \"none.npy\"\naxes = []").expect_err("no file");
    assert!(message.starts_with("cannot read \"FOLDER/none.npy\": "), "{message}");
    let message = read(folder.path(), "path = \"notes.txt\"\naxes = []");
    assert!(message.is_err());
}

#[test]
fn a_declaration_with_a_word_that_does_not_exist_or_two_sets_of_labels_is_refused() {
    let message = toml::from_str::<ReadSpec>("path = \"a.npy\"\naxis = []").expect_err("axes").to_string();
    assert!(message.contains("unknown field `axis`"), "{message}");
    let twice = "path = \"a.npy\"\naxes = [{ name = \"unit\", labels = [\"a\"], numbered = \"{}\" }]";
    let message = toml::from_str::<ReadSpec>(twice).expect_err("two sets").to_string();
    assert!(message.contains("axis \"unit\" names its entries twice"), "{message}");
}

#[test]
fn a_declaration_written_out_reads_back_the_same() {
    let text = r#"
        path = "counted.npy"
        variable = "RDMs(1,:).RDM"
        missing_value = 255.0
        axes = ["unit", { name = "stimulus", numbered = "image{:04}.jpg" }, { name = "time_bin", start_ms = [70.0], end_ms = [170.0] }]
    "#;
    let spec: ReadSpec = toml::from_str(text).expect("it can be read");
    let written = toml::to_string(&spec).expect("it can be written");
    assert_eq!(toml::from_str::<ReadSpec>(&written).expect("it can be read"), spec);
}

#[test]
fn rdms_are_read_from_squares_and_from_pairs() {
    let folder = folder(&[2, 3]);
    let spec: ReadSpec = toml::from_str(
        "path = \"counted.npy\"\naxes = [\"subject\", { name = \"pair\", labels = [\"a\", \"b\", \"c\"] }]",
    )
    .expect("it can be read");
    let rdms = spec.read_rdms(folder.path()).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(rdms.stimulus_ids, ["a", "b", "c"]);
    assert_eq!(rdms.dissimilarities.row(1).to_vec(), [3.0, 4.0, 5.0]);
    assert_eq!(rdms.rdm["subject"].to_texts(), ["1", "2"]);

    let folder = self::folder(&[3, 3]);
    let spec: ReadSpec = toml::from_str(
        "path = \"counted.npy\"\naxes = [{ name = \"stimulus\", labels = [\"a\", \"b\", \"c\"] }, \"stimulus\"]",
    )
    .expect("it can be read");
    let message = chain(&spec.read_rdms(folder.path()).expect_err("0 to 8 are not symmetric"));
    assert!(message.contains("a matrix is not symmetric: (1, 2) is 1 and (2, 1) is 3"), "{message}");
}

#[test]
fn tables_are_read_wide_and_long() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("wide.csv"), "stimulus_id,subject,u1,u2\n007,BE,1.5,\nb,BE,2,3\n")
        .expect("written");
    let wide = read(folder.path(), "path = \"wide.csv\"\nlayout = \"wide_table\"").expect("a table");
    assert_eq!(wide.stimulus_ids(), ["007", "b"]);
    assert_eq!(wide.unit_ids(), ["u1", "u2"]);
    assert!(wide.values()[[0, 1, 0]].is_nan());
    let long = "imagename,subj,trial,rt\nx.png,01,1,0.5\ny.png,01,2,0.7\nx.png,02,1,0.6\n";
    std::fs::write(folder.path().join("long.csv"), long).expect("written");
    let declared = r#"
        path = "long.csv"
        layout = "long_table"
        columns = { stimulus_id = "imagename", value = "rt", unit_id = "subj", presentation = ["trial"] }
    "#;
    let long = read(folder.path(), declared).expect("a table");
    assert_eq!((long.n_presentations(), long.unit_ids()), (2, names(&["01", "02"]).as_slice()));
    assert!(long.values()[[1, 1, 0]].is_nan());
    let message = read(folder.path(), &declared.replace("\"rt\"", "\"imagename\"")).expect_err("text");
    assert!(message.contains("row 1 of column \"imagename\" is \"x.png\", where a number"), "{message}");
}
