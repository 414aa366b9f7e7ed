//! Stimuli that cannot be used are named, with the next step.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::input::{cut, images};
use crate::program::{MODEL, homolog};

const TO_OUT: [&str; 4] = ["--out", "out", "--engine", "burn"];

#[test]
fn a_truncated_png_among_a_thousand_is_named_before_any_network_runs() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1000);
    cut(&folder.path().join("images/image0700.png"));
    let ran = homolog(folder.path(), &[&["record", MODEL, "images"], &TO_OUT[..]].concat());
    ran.refused(2, &["cannot decode stimulus \"image0700\"", "image0700.png", "cut short", "--skip-bad"]);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn skip_bad_goes_on_without_the_bad_ones_and_lists_them_with_their_reasons() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 12);
    cut(&folder.path().join("images/image0003.png"));
    fs::write(folder.path().join("images/image0009.png"), []).unwrap();
    let asked = [&["record", MODEL, "images", "--skip-bad", "--layers", "linear", "--json"], &TO_OUT[..]].concat();
    let ran = homolog(folder.path(), &asked).done();
    ran.refused(0, &["left out \"image0003\"", "cut short", "left out \"image0009\"", "the file is empty"]);
    let done = ran.json();
    assert_eq!(done["n_stimuli"], 10);
    assert_eq!(done["skipped"], serde_json::json!(["image0003", "image0009"]));
}

#[test]
fn a_folder_of_nothing_but_bad_images_is_refused_even_with_skip_bad() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    cut(&folder.path().join("images/image0001.png"));
    let ran = homolog(folder.path(), &[&["record", MODEL, "images", "--skip-bad"], &TO_OUT[..]].concat());
    ran.refused(2, &["left out \"image0001\"", "every stimulus is bad; nothing was recorded"]);
}

/// An archive of one member that grows from some kilobytes to `n_bytes`.
fn bomb(file: &Path, n_bytes: usize) {
    let mut archive = ZipWriter::new(fs::File::create(file).unwrap());
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("bomb.png", options).unwrap();
    archive.write_all(&vec![0; n_bytes]).unwrap();
    archive.finish().unwrap();
}

#[test]
fn a_zip_bomb_is_named_and_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    bomb(&folder.path().join("images.zip"), 64 << 20);
    let ran = homolog(folder.path(), &[&["record", MODEL, "images.zip"], &TO_OUT[..]].concat());
    ran.refused(2, &["bomb.png in images.zip would grow from", "to 67108864 bytes", "zip bombs", "unpack the archive"]);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn two_files_with_one_id_are_both_named_and_whole_names_tell_them_apart() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let first = folder.path().join("images/image0001.png");
    fs::copy(&first, folder.path().join("images/image0001.tif.png")).unwrap();
    fs::rename(folder.path().join("images/image0001.tif.png"), folder.path().join("images/image0001.jpg")).unwrap();
    let asked = [&["record", MODEL, "images", "--layers", "linear"], &TO_OUT[..]].concat();
    let words = ["two stimuli have the id \"image0001\"", "image0001.jpg", "image0001.png", "--ids name"];
    homolog(folder.path(), &asked).refused(2, &words);
    homolog(folder.path(), &[&asked[..], &["--ids", "name"]].concat()).done();
}

#[test]
fn a_folder_that_is_not_there_and_one_without_images_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = homolog(folder.path(), &[&["record", MODEL, "imagse"], &TO_OUT[..]].concat());
    missing.refused(2, &["cannot read imagse"]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let empty = homolog(folder.path(), &[&["record", MODEL, "empty"], &TO_OUT[..]].concat());
    empty.refused(2, &["there are no images in empty", ".png"]);
}

#[test]
fn a_budget_too_small_for_one_image_says_how_much_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    let ran = homolog(folder.path(), &[&["record", MODEL, "images", "--memory", "1MiB"], &TO_OUT[..]].concat());
    ran.refused(2, &["cannot record within 1.0 MiB", "at least --memory"]);
}
