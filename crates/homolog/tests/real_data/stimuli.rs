//! Real stimuli: every file decodes to Pillow's pixels.

use std::path::Path;

use homolog::stimuli::{CheckDepth, IdStyle, Limits, SourceReader, StimulusSet};
use sha2::{Digest, Sha256};

use crate::real_data;

/// SHA-256 over the SHA-256 of each image's pixels, in the set's order.
fn pixels_hash(set: &StimulusSet) -> String {
    let mut reader = SourceReader::new(Limits::default());
    let mut hasher = Sha256::new();
    for stimulus in set.stimuli() {
        let image = reader.image(stimulus, [128; 3]).unwrap();
        hasher.update(Sha256::digest(image.rgb()));
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn real_images_have_pillows_pixels_in_the_order_of_their_numbers() {
    let path = [env!("CARGO_MANIFEST_DIR"), "..", "..", "goldens", "pillow", "real_images", "golden.json"];
    let text = std::fs::read_to_string(path.iter().collect::<std::path::PathBuf>()).unwrap();
    let golden: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sets = golden["sets"].as_object().unwrap();
    assert_eq!(sets.len(), 8);
    for (name, expected) in sets {
        let set = StimulusSet::open(&real_data(name), IdStyle::Name).unwrap();
        assert_eq!(set.len() as u64, expected["n_images"].as_u64().unwrap(), "{name}");
        assert_eq!(set.ids().next(), expected["first"].as_str(), "{name}");
        assert_eq!(set.ids().last(), expected["last"].as_str(), "{name}");
        assert_eq!(pixels_hash(&set), expected["sha256"].as_str().unwrap(), "{name}");
    }
}

#[test]
fn one_truncated_image_in_a_real_archive_is_found() {
    let archive = real_data("v4_cowley2023/images/images_190923.zip");
    let set = StimulusSet::open(&archive, IdStyle::NameWithoutExtension).unwrap();
    assert_eq!((set.len(), set.ids().next()), (1200, Some("image0001")));
    assert!(set.check(CheckDepth::Decode, Limits::default()).is_empty());
    let folder = tempfile::tempdir().unwrap();
    let mut reader = SourceReader::new(Limits::default());
    for (i, stimulus) in set.stimuli().iter().take(20).enumerate() {
        let mut bytes = reader.bytes(stimulus).unwrap();
        if i == 7 {
            bytes.truncate(bytes.len() / 2);
        }
        write(folder.path(), &stimulus.id, &bytes);
    }
    let copied = StimulusSet::open(folder.path(), IdStyle::NameWithoutExtension).unwrap();
    let bad = copied.check(CheckDepth::Decode, Limits::default());
    assert_eq!(bad.iter().map(|bad| bad.id.as_str()).collect::<Vec<_>>(), ["image0008"]);
}

fn write(folder: &Path, id: &str, bytes: &[u8]) {
    std::fs::write(folder.join(format!("{id}.jpg")), bytes).unwrap();
}
