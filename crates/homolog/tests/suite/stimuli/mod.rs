//! Stimuli against Pillow and torchvision, and against bad input.

mod bad_input;
mod decode;
mod loader;
mod preprocess;
mod resize;

use std::path::PathBuf;

use homolog::stimuli::Image;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// A file of a golden case; it must be there.
pub(crate) fn golden_path(case: &str, file: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "..", "..", "goldens", case, file].iter().collect()
}

/// The numbers of a golden case.
pub(crate) fn golden(case: &str) -> Value {
    let path = golden_path(case, "golden.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// SHA-256 in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Two numbers of a golden case.
pub(crate) fn pair(value: &Value) -> (usize, usize) {
    (value[0].as_u64().unwrap() as usize, value[1].as_u64().unwrap() as usize)
}

/// The source image of the golden cases, by the formula in goldens/pillow/resize/make.py.
pub(crate) fn source(kind: &str, (width, height): (usize, usize)) -> Image {
    let mut rgb = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for channel in 0..3 {
                let texture = (x * 29 + y * 53 + channel * 101) ^ (x * y + channel * 7) ^ ((x * x) >> 3);
                let check = (x / 3 + y / 3) % 2 * 255;
                rgb.push(if kind == "checkerboard" { check } else { texture & 255 } as u8);
            }
        }
    }
    Image::new(width, height, rgb).unwrap()
}
