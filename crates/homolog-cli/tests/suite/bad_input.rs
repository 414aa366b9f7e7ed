//! Bad input is told in words that name it and the next step.

use std::fs;

use crate::program::{MODEL, benchmark, homolog, images, responses};

#[test]
fn a_truncated_png_among_a_thousand_is_named_before_any_network_runs() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1000);
    let bad = folder.path().join("images/image0700.png");
    let whole = fs::read(&bad).unwrap();
    fs::write(&bad, &whole[..whole.len() / 2]).unwrap();
    let ran = homolog(folder.path(), &["record", MODEL, "images", "--out", "out", "--engine", "burn"]);
    ran.refused(2, &["\"image0700\"", "cut short", "--skip-bad"]);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_budget_too_small_for_one_image_says_how_much_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let ran =
        homolog(folder.path(), &["record", MODEL, "images", "--out", "out", "--engine", "burn", "--memory", "1MiB"]);
    ran.refused(2, &["cannot record within 1.0 MiB", "at least --memory"]);
}

#[test]
fn an_unknown_layer_lists_the_nearest_three() {
    let folder = tempfile::tempdir().unwrap();
    let ran = homolog(folder.path(), &["layers", MODEL, "--layers", "layer1.9"]);
    ran.refused(2, &["has no layer \"layer1.9\"", "\"layer1.0\"", "homolog layers"]);
}

#[test]
fn an_unknown_benchmark_lists_the_nearest_three() {
    let folder = tempfile::tempdir().unwrap();
    let ran = homolog(folder.path(), &["score", MODEL, "-b", "kriegeskorte2008-IT", "--engine", "burn"]);
    ran.refused(2, &["there is no benchmark \"kriegeskorte2008-IT\"", "\"kriegeskorte2008-hIT\"", "homolog data list"]);
}

#[test]
fn a_file_where_the_output_folder_should_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    fs::write(folder.path().join("taken"), "x").unwrap();
    let ran = homolog(folder.path(), &["record", MODEL, "images", "--out", "taken", "--engine", "burn"]);
    ran.refused(3, &["cannot write to the folder \"taken\"", "--out"]);
}

#[test]
fn a_stimulus_without_a_recording_and_the_reverse_are_listed() {
    for (n_images, n_recorded, only) in [(11, 10, "\"image0011\""), (10, 11, "\"image0011\"")] {
        let folder = tempfile::tempdir().unwrap();
        benchmark(folder.path(), n_images, &responses(3, n_recorded, 2));
        let ran = homolog(folder.path(), &["score", MODEL, "-b", ".", "--engine", "burn", "--layers", "linear"]);
        ran.refused(2, &[only, "--stimuli shared"]);
    }
}
