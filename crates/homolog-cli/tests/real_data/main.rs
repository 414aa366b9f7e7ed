//! The program on real recordings: the numbers that PyTorch, scikit-learn and rsatoolbox give for them, and the memory that
//! recording takes. The data are in `HOMOLOG_DATA`, or `../shared/data` beside the workspace; a missing file fails its test.

mod goldens;
mod memory;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The folder of the real data; what is asked for must be there.
fn real_data(relative: &str) -> PathBuf {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("HOMOLOG_DATA").map_or_else(default, PathBuf::from).join(relative);
    assert!(path.exists(), "the real data has no {}; set HOMOLOG_DATA to its folder", path.display());
    path
}

/// SqueezeNet 1.1 with its trained weights, as the command line names it.
fn squeezenet() -> String {
    format!("squeezenet1_1@{}", real_data("weights/squeezenet1_1/squeezenet1_1.pth").display())
}

/// Runs the program with the real data as its mirror.
fn homolog(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_homolog"))
        .args(arguments)
        .env("HOMOLOG_MIRROR", real_data(""))
        .output()
        .expect("the program starts")
}

/// What the program prints as JSON; it must end with code 0.
fn json(arguments: &[&str]) -> serde_json::Value {
    let output = homolog(arguments);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "homolog {}: {complaint}", arguments.join(" "));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|problem| panic!("not JSON ({problem}): {complaint}"))
}
