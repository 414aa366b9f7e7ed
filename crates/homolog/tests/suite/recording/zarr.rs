//! Activations as Zarr.

use homolog::recording::format::zarr::{Activations, Chunking};
use ndarray::{Array2, Axis, s};

use super::{chain, names};

fn counted(n_stimuli: usize, n_units: usize) -> Array2<f32> {
    Array2::from_shape_fn((n_stimuli, n_units), |(stimulus, unit)| (stimulus * 1000 + unit) as f32)
}

const CHUNKING: Chunking = Chunking { n_stimuli: 4, n_units: 3 };

#[test]
fn blocks_written_in_any_order_are_read_by_rows_and_by_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.zarr");
    let ids: Vec<String> = (0..10).map(|stimulus| format!("image {stimulus}")).collect();
    let values = counted(10, 7);
    let activations = Activations::create(&path, &ids).unwrap_or_else(|error| panic!("{}", chain(&error)));
    let stage = activations.create_stage("/features/8_output", 7, CHUNKING).expect("a stage");
    let blocks: Vec<_> = stage.row_blocks().collect();
    assert_eq!(blocks, [0..4, 4..8, 8..10]);
    for block in blocks.iter().rev() {
        assert!(!stage.is_complete(block));
        stage.write_rows(block.start, values.slice(s![block.clone(), ..])).expect("the block fits");
        assert!(stage.is_complete(block));
    }

    let activations = Activations::open(&path).unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(activations.stimulus_ids(), ids);
    assert_eq!(activations.stage_names().expect("they can be listed"), ["/features/8_output"]);
    let stage = activations.stage("/features/8_output").expect("it is there");
    assert_eq!(stage.read_rows(3..9).expect("rows"), values.slice(s![3..9, ..]));
    assert_eq!(stage.read_columns(2..5).expect("columns"), values.slice(s![.., 2..5]));
    assert_eq!(stage.read_rows(4..4).expect("no rows").len_of(Axis(0)), 0);
}

#[test]
fn a_chunk_that_was_cut_short_is_not_complete_and_can_be_written_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.zarr");
    let activations = Activations::create(&path, &names(&["a", "b", "c", "d"])).expect("a new folder");
    let stage = activations.create_stage("conv1", 6, CHUNKING).expect("a stage");
    let values = counted(4, 6);
    stage.write_rows(0, values.view()).expect("the block fits");
    let chunk = path.join("conv1/c/0/1");
    let bytes = std::fs::read(&chunk).expect("the second chunk of units");
    std::fs::write(&chunk, &bytes[..bytes.len() / 2]).expect("it can be written");

    let stage = Activations::open(&path).and_then(|activations| activations.stage("conv1")).expect("it opens");
    assert!(!stage.is_complete(&(0..4)));
    let message = chain(&stage.read_columns(3..6).expect_err("half a chunk"));
    assert!(message.contains("rows 0..4 of units 3..6 cannot be decoded"), "{message}");
    stage.write_rows(0, values.view()).expect("the block fits");
    assert!(stage.is_complete(&(0..4)));
    assert_eq!(stage.read_columns(3..6).expect("whole again"), values.slice(s![.., 3..6]));
}

#[test]
fn a_stage_that_is_not_there_and_a_block_that_does_not_fit_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.zarr");
    let activations = Activations::create(&path, &names(&["a", "b"])).expect("a new folder");
    let stage = activations.create_stage("conv1", 2, CHUNKING).expect("a stage");
    let message = chain(&activations.stage("conv2").err().expect("there is none"));
    assert!(message.ends_with("there is no stage \"conv2\"; there is \"conv1\""), "{message}");
    let message = chain(&stage.write_rows(1, counted(1, 2).view()).expect_err("blocks begin at 0"));
    assert!(message.contains("a block of 1 × 2 at row 1 cannot be stored in it"), "{message}");
    let message = chain(&Activations::create(&path, &[]).err().expect("it is there"));
    assert!(message.contains("it is there already"), "{message}");
}
