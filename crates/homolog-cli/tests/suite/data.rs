//! `homolog data list | show | fetch`: what there is, where it comes from, and getting it from a mirror, or saying why not.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::input::{MANIFEST, benchmark, responses};
use crate::program::{MODEL, Ran, command, homolog};

fn with_mirror(folder: &Path, mirror: &str, arguments: &[&str]) -> Ran {
    command(folder, arguments).env("HOMOLOG_MIRROR", mirror).output().unwrap().into()
}

/// A benchmark whose recording is to be fetched: not beside the manifest, only in the folder `mirror`.
fn to_be_fetched() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    benchmark(folder.path(), 20, &responses(3, 20, 4));
    let mirror = folder.path().join("mirror/mine");
    fs::create_dir_all(&mirror).unwrap();
    fs::rename(folder.path().join("responses.npy"), mirror.join("responses.npy")).unwrap();
    let sha256: String = Sha256::digest(fs::read(mirror.join("responses.npy")).unwrap())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let files = format!(
        "[[files]]\npath = \"mine/responses.npy\"\nurl = \"http://127.0.0.1:9/responses.npy\"\nsha256 = \"{sha256}\"\n\n\
         [[files]]\npath = \"images\"\nby_hand = \"they are beside the manifest\"\n\n[stimuli]"
    );
    let manifest =
        MANIFEST.replace("[stimuli]", &files).replace("path = \"responses.npy\"", "path = \"mine/responses.npy\"");
    fs::write(folder.path().join("benchmark.toml"), manifest).unwrap();
    folder
}

#[test]
fn list_has_every_built_in_benchmark_and_how_much_of_it_is_here() {
    let folder = tempfile::tempdir().unwrap();
    let object = homolog(folder.path(), &["data", "list", "--json"]).done().json();
    assert_eq!(object["schema"], "homolog.data/1");
    let benchmarks = object["benchmarks"].as_array().unwrap();
    assert!(benchmarks.len() >= 12);
    for benchmark in benchmarks {
        assert!(benchmark["n_files_here"] == 0 && benchmark["n_files"].as_u64().unwrap() > 0, "{benchmark}");
    }
    let told = homolog(folder.path(), &["data", "list"]).done().stdout;
    for benchmark in benchmarks {
        assert!(told.contains(benchmark["name"].as_str().unwrap()), "{told}");
    }
}

#[test]
fn show_has_the_protocol_what_to_cite_and_where_each_file_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let told = homolog(folder.path(), &["data", "show", "kriegeskorte2008-hIT"]).done().stdout;
    for words in
        ["kriegeskorte2008-hIT (version", "rsa-correlation-spearman", "cite: ", "licence: ", "not here", "origin: http"]
    {
        assert!(told.contains(words), "no {words:?} in: {told}");
    }
}

#[test]
fn a_file_that_the_mirror_has_is_fetched_and_scored_with() {
    let folder = to_be_fetched();
    let fetched = with_mirror(folder.path(), "mirror", &["data", "fetch", "."]).done().stdout;
    assert!(fetched.contains("mirror/mine/responses.npy"), "{fetched}");
    let score = ["score", MODEL, "-b", ".", "--engine", "burn", "--layers", "linear"];
    with_mirror(folder.path(), "mirror", &score).done();
}

#[test]
fn a_file_of_the_mirror_that_is_not_the_promised_one_is_refused() {
    let folder = to_be_fetched();
    fs::write(folder.path().join("mirror/mine/responses.npy"), "other").unwrap();
    let ran = with_mirror(folder.path(), "mirror", &["data", "fetch", "."]);
    ran.refused(2, &["responses.npy", "the mirror HOMOLOG_MIRROR", "its sha256 is", "Correct the mirror"]);
}

#[test]
fn offline_is_said_with_what_helps() {
    let folder = to_be_fetched();
    let words = ["cannot fetch \"mine/responses.npy\" from http://127.0.0.1:9/", "set HOMOLOG_MIRROR", "by hand"];
    homolog(folder.path(), &["data", "fetch", "."]).refused(3, &words);
    with_mirror(folder.path(), "http://127.0.0.1:9", &["data", "fetch", "."]).refused(3, &words);
    let score = ["score", MODEL, "-b", ".", "--engine", "burn", "--layers", "linear"];
    homolog(folder.path(), &score).refused(3, &words);
}

#[test]
fn published_weights_that_cannot_be_fetched_are_an_outside_failure() {
    let folder = tempfile::tempdir().unwrap();
    let ran = with_mirror(folder.path(), "http://127.0.0.1:9", &["layers", "squeezenet1_1"]);
    ran.refused(3, &["cannot fetch", "squeezenet1_1", "HOMOLOG_MIRROR"]);
}

#[test]
fn a_mirror_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let ran = with_mirror(folder.path(), "no/such/folder", &["data", "list"]);
    ran.refused(2, &["HOMOLOG_MIRROR is \"no/such/folder\"", "http://"]);
}
