//! Folders that cannot be written to, disks that are full, and what damaged files in a folder of results lead to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::input::{benchmark, images, responses};
use crate::program::{MODEL, Ran, assert_same_files, homolog, shell};

const RECORD: [&str; 5] = ["record", MODEL, "images", "--engine", "burn"];

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 1);
    fs::write(folder.path().join("taken"), "x").unwrap();
    for out in ["taken", "taken/deeper", "/proc/homolog"] {
        let ran = homolog(folder.path(), &[&RECORD[..], &["--out", out]].concat());
        ran.refused(3, &[&format!("cannot write to the folder \"{out}\""), "Choose another folder with --out"]);
    }
}

/// A folder with little room: a file system of its own where this user may mount one, else one in which no file may grow beyond a limit.
enum Full {
    Mounted(PathBuf),
    Limited,
}

impl Full {
    fn new(folder: &Path, n_bytes: usize) -> Self {
        fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={n_bytes}"), "tmpfs"])
            .arg(folder)
            .output()
            .is_ok_and(|output| output.status.success());
        if mounted { Self::Mounted(folder.to_owned()) } else { Self::Limited }
    }

    /// Runs the program while there is little room.
    fn run(&self, folder: &Path, arguments: &str) -> Ran {
        // The limit is in blocks of 1,024 bytes; ignoring its signal makes it an error as a full disk is one.
        let limit = if matches!(self, Self::Limited) { "trap '' XFSZ; ulimit -f 16; " } else { "" };
        shell(folder, &format!("{limit}exec \"$homolog\" {arguments}"))
    }

    fn make_room(&self) {
        if let Self::Mounted(place) = self {
            let remounted = Command::new("mount").args(["-o", "remount,size=1g"]).arg(place).status().unwrap();
            assert!(remounted.success());
        }
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        if let Self::Mounted(place) = self {
            let _ = Command::new("umount").arg(place).status();
        }
    }
}

#[test]
fn a_full_disk_is_told_and_the_recording_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 20);
    let full = Full::new(&folder.path().join("full"), 2 << 20);
    let asked = format!("{} --out full/out", RECORD.join(" "));
    let ran = full.run(folder.path(), &asked);
    let words =
        ["cannot write responses to \"full/out/activations.zarr\"", "Free some room there", "goes on where it was"];
    ran.refused(3, &words);
    full.make_room();
    shell(folder.path(), &format!("\"$homolog\" {asked}")).done();
    homolog(folder.path(), &[&RECORD[..], &["--out", "undisturbed"]].concat()).done();
    let place = |name: &str| folder.path().join(name);
    assert_same_files(&place("full/out"), &place("undisturbed"), "after the disk was full");
}

#[test]
fn a_disk_that_is_full_when_the_report_is_written_is_told_and_nothing_half_written_stays() {
    let folder = tempfile::tempdir().unwrap();
    benchmark(folder.path(), 20, &responses(3, 20, 4));
    let full = Full::new(&folder.path().join("full"), 16 << 10);
    let asked = format!("score {MODEL} -b . --engine burn --layers linear --out full/out");
    let ran = full.run(folder.path(), &asked);
    ran.refused(3, &["cannot write the report \"full/out/report.html\"", "Free some room there"]);
    let left: Vec<_> =
        fs::read_dir(folder.path().join("full/out")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["gram"], "half-written files stayed");
    full.make_room();
    shell(folder.path(), &format!("\"$homolog\" {asked}")).done();
    assert!(folder.path().join("full/out/report.html").is_file());
}

#[test]
fn a_folder_with_a_recording_of_something_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 2);
    let to_out = ["--out", "out", "--layers", "linear"];
    homolog(folder.path(), &[&RECORD[..], &to_out].concat()).done();
    let other = ["record", "random:resnet20_cifar10?seed=2", "images", "--engine", "burn"];
    let ran = homolog(folder.path(), &[&other[..], &to_out].concat());
    ran.refused(2, &["cannot record into \"out\"", "a recording of other weights", "--out"]);
    images(&folder.path().join("images"), 3);
    let ran = homolog(folder.path(), &[&RECORD[..], &to_out].concat());
    ran.refused(2, &["cannot record into \"out\"", "a recording of other stimuli", "--out"]);
}

#[test]
fn a_damaged_note_of_a_recording_is_named_and_is_not_called_responses() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 2);
    fs::create_dir(folder.path().join("out")).unwrap();
    fs::write(folder.path().join("out/recording.json"), "{\"schema\": \"homolog.reco").unwrap();
    let ran = homolog(folder.path(), &[&RECORD[..], &["--out", "out"]].concat());
    ran.refused(2, &["cannot tell what the recording in \"out\" is of", "recording.json cannot be read", "--out"]);
    assert!(!ran.stderr.contains("responses"), "{}", ran.stderr);
}

#[test]
fn chunks_that_were_cut_short_are_made_again() {
    let folder = tempfile::tempdir().unwrap();
    images(&folder.path().join("images"), 40);
    let asked = |out: &'static str| [&RECORD[..], &["--layers", "layer3.2,linear", "--out", out]].concat();
    homolog(folder.path(), &asked("whole")).done();
    homolog(folder.path(), &asked("damaged")).done();
    let chunk = folder.path().join("damaged/activations.zarr/linear/c/1/0");
    fs::write(&chunk, &fs::read(&chunk).unwrap()[..10]).unwrap();
    homolog(folder.path(), &asked("damaged")).done();
    assert_same_files(&folder.path().join("damaged"), &folder.path().join("whole"), "after a chunk was cut short");
}
