//! Sets from real files, streamed.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::path::Path;

use homolog::stimuli::{
    IdStyle, Image, Limits, Preprocessing, Source, SourceReader, StimulusSet, batches, images_in_flight,
};

use super::{golden_path, source};

/// `n` small images, each of its own grey.
fn in_memory(n: usize) -> StimulusSet {
    let image = |i: usize| Image::filled(5 + i % 3, 7, [i as u8; 3]).unwrap();
    StimulusSet::from_images((0..n).map(|i| (format!("s{i}"), image(i), BTreeMap::new()))).unwrap()
}

/// A PNG file's bytes.
pub(super) fn png(image: &Image) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::write_buffer_with_format(
        &mut bytes,
        image.rgb(),
        image.width() as u32,
        image.height() as u32,
        image::ExtendedColorType::Rgb8,
        image::ImageFormat::Png,
    )
    .unwrap();
    bytes.into_inner()
}

/// A zip archive of these members.
pub(super) fn write_zip(path: &Path, members: &[(&str, &[u8])]) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn batches_come_in_order_whatever_the_threads() {
    let set = in_memory(23);
    let recipe = Preprocessing::named("unit-4").unwrap();
    let run = |batch, threads| -> Vec<(usize, Vec<String>, Vec<f32>)> {
        batches(&set, &recipe, Limits::default(), batch, threads)
            .map(|batch| batch.unwrap())
            .map(|batch| (batch.first, batch.ids, batch.images.into_raw_vec_and_offset().0))
            .collect()
    };
    let values = |batches: &[(usize, Vec<String>, Vec<f32>)]| {
        batches.iter().flat_map(|batch| batch.2.clone()).collect::<Vec<_>>()
    };
    let one = run(23, 1);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0].2[22 * 48], 22.0 / 255.0);
    for (batch, threads) in [(4, 1), (4, 3), (5, 8), (1, 2), (100, 50), (0, 0)] {
        let other = run(batch, threads);
        assert_eq!(values(&other), values(&one), "batch {batch}, threads {threads}");
        assert_eq!(other.iter().flat_map(|batch| batch.1.clone()).collect::<Vec<_>>(), one[0].1);
        assert!(other.iter().all(|part| part.0 % batch.max(1) == 0));
    }
    assert_eq!(run(4, 2).last().unwrap().1, ["s20", "s21", "s22"]);
}

#[test]
fn an_empty_set_has_no_batches_and_a_dropped_loader_stops() {
    let recipe = Preprocessing::named("unit-4").unwrap();
    assert!(batches(&in_memory(3).slice(0..0), &recipe, Limits::default(), 4, 4).next().is_none());
    let mut loading = batches(&in_memory(200), &recipe, Limits::default(), 4, 4);
    assert!(loading.next().unwrap().is_ok());
    drop(loading); // waits for its threads: the test would hang if they did not stop
    assert_eq!(images_in_flight(16, 2), 34);
}

#[test]
fn a_recipe_that_fixes_no_size_says_so_at_the_first_different_image() {
    let mut recipe = Preprocessing::named("unit").unwrap();
    recipe.steps.clear();
    let mut loading = batches(&in_memory(4), &recipe, Limits::default(), 4, 2);
    let error = loading.next().unwrap().unwrap_err().to_string();
    assert!(
        error.starts_with(
            "stimulus \"s1\" is 6 × 7 pixels after preprocessing \"unit\", and the first in its batch is 5 × 7"
        ),
        "{error}"
    );
    assert!(loading.next().is_none(), "an error ends the batches");
}

#[test]
fn a_zip_gives_the_same_images_as_its_folder_in_the_order_of_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let images: Vec<(String, Vec<u8>)> =
        [10, 2, 1].iter().map(|&i| (format!("image{i}.png"), png(&source("texture", (i + 3, 4))))).collect();
    let mut members: Vec<(&str, &[u8])> =
        vec![("__MACOSX/._image1.png", b"x"), ("notes.txt", b"x"), (".DS_Store", b"x")];
    for (name, bytes) in &images {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        members.push((name, bytes));
    }
    let archive = folder.path().join("images.zip");
    write_zip(&archive, &members);
    let from_zip = StimulusSet::open(&archive, IdStyle::default()).unwrap();
    let from_folder = StimulusSet::open(folder.path(), IdStyle::default()).unwrap();
    assert_eq!(from_zip.ids().collect::<Vec<_>>(), ["image1", "image2", "image10"]);
    let limits = Limits::default();
    assert_eq!(from_zip.content_hash(limits).unwrap(), from_folder.content_hash(limits).unwrap());
    let first = SourceReader::new(limits).image(&from_zip.stimuli()[0], [0; 3]).unwrap();
    assert_eq!(*first, source("texture", (4, 4)));
    let named = StimulusSet::open(&archive, IdStyle::Name).unwrap();
    assert_eq!(named.ids().next(), Some("image1.png"));
    assert_ne!(named.content_hash(limits).unwrap(), from_zip.content_hash(limits).unwrap(), "ids are part of the hash");
}

#[test]
fn an_npy_array_is_read_row_by_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.npy");
    let (first, second) = (source("texture", (5, 4)), source("checkerboard", (5, 4)));
    let header = format!("{:<117}\n", "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 5, 3), }");
    let bytes = [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), first.rgb(), second.rgb()].concat();
    std::fs::write(&path, bytes).unwrap();
    let set = StimulusSet::open(&path, IdStyle::default()).unwrap();
    let mut reader = SourceReader::new(Limits::default());
    assert_eq!(set.ids().collect::<Vec<_>>(), ["0", "1"]);
    assert_eq!(*reader.image(&set.stimuli()[1], [0; 3]).unwrap(), second);
    let in_memory = StimulusSet::from_images(
        [("0", first), ("1", second)].map(|(id, image)| (id.to_owned(), image, BTreeMap::new())),
    );
    assert_eq!(
        set.content_hash(Limits::default()).unwrap(),
        in_memory.unwrap().content_hash(Limits::default()).unwrap()
    );
}

#[test]
fn a_table_joins_properties_to_files_by_name() {
    let images = golden_path("pillow/decode", "images");
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(images.join("grey.png"), folder.path().join("b.png")).unwrap();
    std::fs::copy(images.join("colour.png"), folder.path().join("a.png")).unwrap();
    let table = folder.path().join("stimuli.csv");
    std::fs::write(&table, "stimulus_id,filename,object_name\nsecond,b.png,car\nfirst,a.png,dog\n").unwrap();
    let set = StimulusSet::open(&table, IdStyle::default()).unwrap();
    assert_eq!(set.ids().collect::<Vec<_>>(), ["second", "first"]);
    assert_eq!(set.property("object_name").collect::<Vec<_>>(), [Some("car"), Some("dog")]);
    assert!(matches!(&set.stimuli()[0].source, Source::File(path) if path.ends_with("b.png")));
}
