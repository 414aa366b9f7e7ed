//! Decoding against Pillow's pixels, and on bytes that are no image.

use homolog::stimuli::{DecodeError, Decoding, decode, dimensions};
use proptest::prelude::*;

use super::{golden, golden_path, sha256};

const CASE: &str = "pillow/decode";

fn file(name: &str) -> Vec<u8> {
    std::fs::read(golden_path(CASE, "images").join(name)).unwrap()
}

/// The names of all test images.
fn names() -> Vec<String> {
    golden(CASE)["files"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn every_kind_of_file_has_pillows_pixels() {
    let golden = golden(CASE);
    let mut wrong = Vec::new();
    for (name, expected) in golden["files"].as_object().unwrap() {
        let image = decode(&file(name), &Decoding::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            (image.width() as u64, image.height() as u64),
            (expected["width"].as_u64().unwrap(), expected["height"].as_u64().unwrap())
        );
        if sha256(image.rgb()) != expected["sha256"].as_str().unwrap() {
            wrong.push(format!("{name}: begins {:?}, Pillow {}", &image.rgb()[..6], expected["first"]));
        }
    }
    assert!(golden["files"].as_object().unwrap().len() >= 28);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_header_alone_gives_the_size() {
    for name in names() {
        assert_eq!(dimensions(&file(&name), 1000).unwrap(), (37, 23), "{name}");
        let error = dimensions(&file(&name), 37 * 23 - 1).unwrap_err().to_string();
        assert!(error.contains("37 × 23 pixels is larger than the limit of 850"), "{name}: {error}");
    }
}

#[test]
fn every_file_cut_short_is_an_error_and_mostly_says_so() {
    for name in names() {
        let bytes = file(&name);
        let error = decode(&bytes[..bytes.len() * 2 / 3], &Decoding::default()).unwrap_err();
        // A TIFF's table of contents is at its end: cut off, the file names places that are not there.
        let says_so = matches!(error, DecodeError::Truncated { .. }) || name.ends_with(".tif");
        assert!(says_so, "{name}: {error}");
    }
}

#[test]
fn a_jpeg_missing_only_its_last_bytes_is_cut_short() {
    for name in names().iter().filter(|name| name.ends_with(".jpg")) {
        let bytes = file(name);
        for missing in [2, 3, 10] {
            let error = decode(&bytes[..bytes.len() - missing], &Decoding::default()).unwrap_err();
            assert!(matches!(error, DecodeError::Truncated { .. }), "{name} less {missing}: {error}");
        }
    }
}

#[test]
fn transparent_pixels_show_the_chosen_background() {
    let on = |background| decode(&file("colour_alpha.png"), &Decoding { background, ..Decoding::default() }).unwrap();
    assert_ne!(on([0, 0, 0]), on([255, 255, 255]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_make_the_decoder_panic(start in 0usize..5, rest in proptest::collection::vec(any::<u8>(), 0..300)) {
        let magic: [&[u8]; 5] = [b"", &[0xff, 0xd8, 0xff], b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*"];
        let bytes = [magic[start], &rest].concat();
        let _ = decode(&bytes, &Decoding { max_pixels: 1 << 16, ..Decoding::default() });
        let _ = dimensions(&bytes, 1 << 16);
    }

    #[test]
    fn no_damage_makes_the_decoder_panic(which in any::<prop::sample::Index>(), changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8), keep in 0.1f64..=1.0) {
        let names = names();
        let mut bytes = file(&names[which.index(names.len())]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        bytes.truncate((bytes.len() as f64 * keep) as usize);
        let _ = decode(&bytes, &Decoding { max_pixels: 1 << 16, ..Decoding::default() });
    }
}
