//! Runs that are stopped: by Ctrl-C, by a kill at any moment, by a reader that goes away. What is resumed is the same to the byte.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use homolog_stats::random::Rng;
use serde_json::Value;

use crate::input::{benchmark, images, responses};
use crate::program::{MODEL, Ran, assert_same_files, files, homolog, interrupt, shell, start, wait_until};

const RECORD: [&str; 6] = ["record", MODEL, "images", "--engine", "burn", "--out"];
const SCORE: [&str; 7] = ["score", MODEL, "-b", ".", "--engine", "burn", "--out"];

#[test]
fn ctrl_c_ends_a_recording_promptly_and_the_same_command_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 400);
    homolog(folder.path(), &[&RECORD[..], &["undisturbed"]].concat()).done();
    let asked = [&RECORD[..], &["out"]].concat();
    let running = start(folder.path(), &asked);
    wait_until("a batch is kept", || folder.path().join("out/activations.zarr/linear/c/0/0").exists());
    assert_stops(running, interrupt);
    assert!(!folder.path().join("out/activations.zarr/linear/c/24/0").exists(), "it ran to its end all the same");
    homolog(folder.path(), &asked).done();
    assert_same_files(&folder.path().join("out"), &folder.path().join("undisturbed"), "after Ctrl-C");
}

#[test]
fn ctrl_c_does_not_wait_for_a_long_batch() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 64);
    let asked = ["record", "random:resnet50?seed=1", "images", "--layers", "fc", "--engine", "burn", "--out", "out"];
    let running = start(folder.path(), &asked);
    wait_until("the first batch is under way", || folder.path().join("out/activations.zarr/fc/zarr.json").exists());
    assert_stops(running, interrupt);
}

/// Asserts that a run ends with the words and the code of one that was stopped, within seconds even on a busy machine.
#[track_caller]
fn assert_stops(running: std::process::Child, stop: impl Fn(&std::process::Child)) {
    let began = Instant::now();
    stop(&running);
    let ran = Ran::from(running.wait_with_output().unwrap());
    ran.refused(130, &["stopped. The same command goes on where this one was"]);
    assert!(began.elapsed() < Duration::from_secs(3), "took {:?} to stop", began.elapsed());
}

/// Runs `command` undisturbed, then kills it at ten moments of its course, each time in a folder of its own, and resumes it.
fn survives_ten_kills(folder: &Path, command: &[&str], seed: u64) {
    survives_kills(folder, command, 10, &mut Rng::new(seed), assert_same_files);
}

/// Runs `command` undisturbed, then kills it at `n` moments of its course, each time in a folder of its own, and resumes it.
fn survives_kills(folder: &Path, command: &[&str], n: usize, rng: &mut Rng, assert_same: impl Fn(&Path, &Path, &str)) {
    let began = Instant::now();
    homolog(folder, &[command, &["undisturbed"]].concat()).done();
    let mut whole = began.elapsed();
    let mut n_killed = 0;
    for kill in 0..n {
        let out = format!("killed{kill}");
        let asked = [command, &[out.as_str()]].concat();
        let moment = whole.mul_f64(rng.uniform());
        let mut running = start(folder, &asked);
        std::thread::sleep(moment);
        running.kill().unwrap();
        let is_killed = running.wait().unwrap().signal() == Some(9);
        n_killed += usize::from(is_killed);
        homolog(folder, &asked).done();
        let what = format!("killed after {moment:?} of {whole:?}");
        if !is_killed {
            // The machine has become faster since the undisturbed run.
            whole = whole.mul_f64(0.6);
        }
        assert_same(&folder.join(&out), &folder.join("undisturbed"), &what);
        std::fs::remove_dir_all(folder.join(&out)).unwrap();
    }
    assert!(4 * n_killed >= n, "only {n_killed} of {n} runs were still running when they were to be killed");
}

/// Asserts that two folders hold the same files, but for how long things took and how much memory, and for the folder's name in a page that tells
/// its command.
#[track_caller]
fn assert_same_results(found: &Path, expected: &Path, what: &str) {
    let out = |folder: &Path| format!("--out {}<", folder.file_name().unwrap().to_string_lossy());
    let (out_of_found, out_of_expected) = (out(found), out(expected));
    let (found, expected) = (files(found), files(expected));
    assert_eq!(found.len(), expected.len(), "{what}: other files");
    for ((name, found), (other, expected)) in found.iter().zip(&expected) {
        assert_eq!(name, other, "{what}: other files");
        let is_same = match name.extension().and_then(|extension| extension.to_str()) {
            Some("json") => timeless(found) == timeless(expected),
            Some("html") => {
                String::from_utf8_lossy(found).replace(&out_of_found, &out_of_expected)
                    == String::from_utf8_lossy(expected)
            }
            _ => found == expected,
        };
        assert!(is_same, "{what}: \"{}\" differs", name.display());
    }
}

/// JSON without how long things took and how much memory.
fn timeless(bytes: &[u8]) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !name.ends_with("_seconds") && name != "peak_resident_bytes");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value: Value = serde_json::from_slice(bytes).unwrap();
    strip(&mut value);
    value
}

/// Kills an optimisation at `n` moments, and stops one by Ctrl-C once its state is kept; both go on to the same results.
fn optimisation_goes_on(folder: &Path, command: &[&str], seed: u64) {
    survives_kills(folder, command, 4, &mut Rng::new(seed), assert_same_results);
    let asked = [command, &["interrupted"]].concat();
    let running = start(folder, &asked);
    wait_until("a state is kept", || !files_or_none(&folder.join("interrupted")).is_empty());
    interrupt(&running);
    let ran = Ran::from(running.wait_with_output().unwrap());
    assert!(matches!(ran.code, Some(130 | 0)), "{:?} {}", ran.code, ran.stderr);
    homolog(folder, &asked).done();
    assert_same_results(&folder.join("interrupted"), &folder.join("undisturbed"), "after Ctrl-C");
}

fn files_or_none(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    if folder.exists() { files(folder) } else { Vec::new() }
}

#[test]
fn a_look_killed_at_any_moment_goes_on_to_the_same_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let command =
        ["look", MODEL, "--channels", "layer2.0:0-2", "--steps", "60", "--engine", "burn", "--seed", "3", "--out"];
    optimisation_goes_on(folder.path(), &command, 2028);
}

#[test]
fn metamers_killed_at_any_moment_go_on_to_the_same_pictures() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 4);
    let command = [
        "synthesize",
        "metamer",
        MODEL,
        "--image",
        "images/image0001.png",
        "--layers",
        "layer1.0,layer2.0,layer3.0",
        "--null",
        "images",
        "--steps",
        "40",
        "--engine",
        "burn",
        "--out",
    ];
    optimisation_goes_on(folder.path(), &command, 2029);
}

#[test]
fn attacks_killed_at_any_moment_go_on_to_the_same_pictures_and_curves() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 8);
    let attacks = ["--attack", "pgd-linf", "--attack", "carlini-wagner", "--steps", "40", "--show", "2"];
    let command = ["synthesize", "adversarial", MODEL, "--images", "images", "--engine", "burn"];
    optimisation_goes_on(folder.path(), &[&command[..], &attacks, &["--out"]].concat(), 2030);
}

#[test]
fn an_atlas_killed_at_any_moment_goes_on_to_the_same_page() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 30);
    let atlas = ["atlas", MODEL, "--images", "images", "--stage", "layer1.2", "--grid", "3", "--neighbours", "5"];
    let command = [&atlas[..], &["--steps", "20", "--size", "24", "--engine", "burn", "--out"]].concat();
    optimisation_goes_on(folder.path(), &command, 2031);
}

#[test]
fn a_recording_killed_at_ten_moments_is_resumed_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 240);
    survives_ten_kills(folder.path(), &RECORD, 2026);
}

#[test]
fn a_score_killed_at_ten_moments_is_resumed_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    benchmark(folder.path(), 60, &responses(12, 60, 4));
    survives_ten_kills(folder.path(), &SCORE, 2027);
}

#[test]
fn a_reader_that_goes_away_is_no_problem() {
    let folder = tempfile::tempdir().unwrap();
    // More than a pipe holds, so that the program is still writing when its reader is gone.
    let lines = [
        "\"$homolog\" layers random:densenet121 --layers all --json | head -n 1",
        "\"$homolog\" data list | head -n 1",
        "\"$homolog\" score no-such-model -b no-such 2>&1 | head -c 1",
    ];
    for line in lines {
        let ran = shell(folder.path(), &format!("{line}; echo \"${{PIPESTATUS[0]}}\" >code"));
        assert!(!ran.stderr.contains("panicked") && !ran.stdout.is_empty(), "{line}: {}", ran.stderr);
        let code = std::fs::read_to_string(folder.path().join("code")).unwrap();
        assert_eq!(code.trim(), if line.contains("no-such") { "2" } else { "0" }, "{line}: {}", ran.stderr);
    }
    // Closed from the start.
    let closed = shell(folder.path(), "\"$homolog\" data list | true; exit \"${PIPESTATUS[0]}\"");
    closed.refused(0, &[]);
    let silent = shell(folder.path(), "\"$homolog\" score no-such-model -b no-such 2>&-; exit $?");
    silent.refused(2, &[]);
}
