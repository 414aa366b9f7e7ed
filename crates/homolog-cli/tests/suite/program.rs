//! Running the program, and input for it.

use std::fs;
use std::path::Path;
use std::process::Command;

use ndarray::Array3;

/// Small enough that a test takes seconds.
pub(crate) const MODEL: &str = "random:resnet20_cifar10?seed=1";

/// What a run left.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Asserts the exit code and that standard error has all of these words.
    pub(crate) fn refused(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {}", self.stderr);
        }
    }
}

/// Runs the program in `folder`, with its cache there and no mirror.
pub(crate) fn homolog(folder: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_homolog"))
        .args(arguments)
        .current_dir(folder)
        .env("HOMOLOG_CACHE", folder.join("cache"))
        .env_remove("HOMOLOG_MIRROR")
        .output()
        .unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `n` small images that all differ: image0001.png and on.
pub(crate) fn images(folder: &Path, n: usize) {
    fs::create_dir_all(folder).unwrap();
    for number in 1..=n {
        let pixel = |x: u32, y: u32| image::Rgb([(x * 7) as u8, (y * 5) as u8, (number * 13) as u8 ^ (x * y) as u8]);
        image::RgbImage::from_fn(8, 8, pixel).save(folder.join(format!("image{number:04}.png"))).unwrap();
    }
}

/// A user's own benchmark in `folder`: `n` images and these responses (units, stimuli, repetitions).
pub(crate) fn benchmark(folder: &Path, n: usize, responses: &Array3<f64>) {
    images(&folder.join("images"), n);
    ndarray_npy::write_npy(folder.join("responses.npy"), responses).unwrap();
    fs::write(folder.join("benchmark.toml"), include_str!("benchmark.toml")).unwrap();
}

/// Responses without pattern (units, stimuli, repetitions).
pub(crate) fn responses(units: usize, stimuli: usize, repetitions: usize) -> Array3<f64> {
    Array3::from_shape_fn((units, stimuli, repetitions), |(u, s, r)| ((u * 31 + s * 17 + r * 3) as f64 * 1.7).sin())
}
