//! What users get wrong, and the words they get for it.

use std::error::Error;
use std::path::Path;

use homolog::stimuli::{CheckDepth, IdStyle, Limits, Preprocessing, StimulusSet, batches};

use super::loader::{png, write_zip};
use super::source;

/// An error and its causes, as the program prints them.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(current) = cause {
        text = format!("{text}: {current}");
        cause = current.source();
    }
    text
}

/// A thousand PNG files, number 613 cut short and number 800 empty.
fn a_thousand_with_two_bad(folder: &Path) -> StimulusSet {
    let bytes = png(&source("texture", (16, 16)));
    for i in 0..1000 {
        let kept = match i {
            613 => &bytes[..bytes.len() * 2 / 3],
            800 => &[],
            _ => &bytes[..],
        };
        std::fs::write(folder.join(format!("image{i}.png")), kept).unwrap();
    }
    StimulusSet::open(folder, IdStyle::default()).unwrap()
}

#[test]
fn a_truncated_png_among_a_thousand_is_named_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let set = a_thousand_with_two_bad(folder.path());
    let bad = set.check(CheckDepth::Decode, Limits::default());
    assert_eq!(
        bad.iter().map(|bad| (bad.position, bad.id.as_str())).collect::<Vec<_>>(),
        [(613, "image613"), (800, "image800")]
    );
    let message = chain(&bad[0].error);
    assert!(
        message.starts_with("cannot decode stimulus \"image613\" (")
            && message.contains("image613.png): the PNG file is cut short"),
        "{message}"
    );
    let (kept, left_out) = set.split_off_bad(CheckDepth::Decode, Limits::default());
    assert_eq!(
        (kept.len(), left_out.len(), kept.position("image613"), kept.position("image999")),
        (998, 2, None, Some(997))
    );
    assert_eq!(set.check(CheckDepth::Header, Limits::default()).len(), 1, "the header of the truncated file is whole");
}

#[test]
fn a_bad_stimulus_ends_the_batches_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let set = a_thousand_with_two_bad(folder.path()).slice(600..700);
    let results: Vec<_> = batches(&set, &Preprocessing::named("unit-4").unwrap(), Limits::default(), 10, 3).collect();
    assert_eq!(results.len(), 2);
    assert!(results[0].is_ok());
    assert!(chain(results[1].as_ref().unwrap_err()).contains("stimulus \"image613\""));
}

#[test]
fn two_files_with_one_id_are_both_named() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cat.png", "cat.jpg"] {
        std::fs::write(folder.path().join(name), b"x").unwrap();
    }
    let message = StimulusSet::open(folder.path(), IdStyle::default()).unwrap_err().to_string();
    assert!(
        message.starts_with("two stimuli have the id \"cat\": ")
            && message.contains("cat.jpg and ")
            && message.contains("cat.png."),
        "{message}"
    );
    assert_eq!(StimulusSet::open(folder.path(), IdStyle::Name).unwrap().len(), 2);
}

#[test]
fn a_zip_bomb_is_refused_with_its_member_and_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("bomb.zip");
    write_zip(&archive, &[("a.png", &png(&source("texture", (4, 4)))), ("b.png", &vec![0; 40 << 20])]);
    let set = StimulusSet::open(&archive, IdStyle::default()).unwrap();
    let bad = set.check(CheckDepth::Header, Limits::default());
    assert_eq!(bad.len(), 1);
    let message = chain(&bad[0].error);
    assert!(
        message.starts_with("b.png in ")
            && message.contains("to 41943040 bytes")
            && message.contains("the limit is 200 times"),
        "{message}"
    );
    let small = Limits { max_bytes: 1 << 20, ..Limits::default() };
    let message = chain(&set.check(CheckDepth::Header, small)[0].error);
    assert!(
        message.contains("is 41943040 bytes or more, and the limit for one stimulus is 1048576 bytes"),
        "{message}"
    );
}

#[test]
fn a_member_that_lies_about_its_size_is_stopped_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("liar.zip");
    write_zip(&archive, &[("b.png", &vec![0; 40 << 20])]);
    let honest = (40u32 << 20).to_le_bytes();
    let mut bytes = std::fs::read(&archive).unwrap();
    let places: Vec<usize> =
        bytes.windows(4).enumerate().filter(|(_, window)| *window == honest).map(|(place, _)| place).collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + 4].copy_from_slice(&100u32.to_le_bytes());
    }
    std::fs::write(&archive, bytes).unwrap();
    let set = StimulusSet::open(&archive, IdStyle::default()).unwrap();
    assert_eq!(set.check(CheckDepth::Header, Limits { max_bytes: 1 << 20, ..Limits::default() }).len(), 1);
}

#[test]
fn a_small_file_that_states_a_huge_image_is_refused_from_its_header() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = png(&source("texture", (4, 4)));
    bytes[16..20].copy_from_slice(&60_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&60_000u32.to_be_bytes());
    let checksum = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    std::fs::write(folder.path().join("huge.png"), bytes).unwrap();
    let set = StimulusSet::open(folder.path(), IdStyle::default()).unwrap();
    let message = chain(&set.check(CheckDepth::Decode, Limits::default())[0].error);
    assert!(message.contains("60000 × 60000 pixels is larger than the limit of 100000000 pixels"), "{message}");
}

/// The checksum of PNG chunks.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn places_without_stimuli_and_unknown_places_say_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: &Path| chain(&StimulusSet::open(path, IdStyle::default()).unwrap_err());
    assert!(open(folder.path()).contains("homolog reads .jpg, .jpeg, .png, .tif and .tiff"));
    assert!(open(&folder.path().join("nothing")).contains("cannot read "));
    let text = folder.path().join("list.txt");
    std::fs::write(&text, "x").unwrap();
    assert!(open(&text).ends_with("it is neither a folder nor a .zip, .csv or .npy file"));
    let archive = folder.path().join("half.zip");
    write_zip(&archive, &[("a.png", &png(&source("texture", (9, 9))))]);
    let bytes = std::fs::read(&archive).unwrap();
    std::fs::write(&archive, &bytes[..bytes.len() / 2]).unwrap();
    assert!(open(&archive).starts_with("cannot read "));
}
