//! Runs that are stopped: by Ctrl-C, by a kill at any moment, by a reader that goes away. What is resumed is the same to the byte.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use homolog_stats::random::Rng;

use crate::input::{benchmark, images, responses};
use crate::program::{MODEL, Ran, assert_same_files, homolog, interrupt, shell, start, wait_until};

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
    let began = Instant::now();
    homolog(folder, &[command, &["undisturbed"]].concat()).done();
    let whole = began.elapsed();
    let mut rng = Rng::new(seed);
    let mut n_killed = 0;
    for kill in 0..10 {
        let out = format!("killed{kill}");
        let asked = [command, &[out.as_str()]].concat();
        let moment = whole.mul_f64(rng.uniform());
        let mut running = start(folder, &asked);
        std::thread::sleep(moment);
        running.kill().unwrap();
        n_killed += usize::from(running.wait().unwrap().signal() == Some(9));
        homolog(folder, &asked).done();
        let what = format!("killed after {moment:?} of {whole:?}");
        assert_same_files(&folder.join(&out), &folder.join("undisturbed"), &what);
        std::fs::remove_dir_all(folder.join(&out)).unwrap();
    }
    assert!(n_killed >= 5, "only {n_killed} of 10 runs were still running when they were to be killed");
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
