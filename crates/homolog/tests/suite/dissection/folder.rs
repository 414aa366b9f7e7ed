//! Labelled images from folders.

use std::fs;
use std::path::Path;

use homolog::inside::dissection::{Criteria, write_labelled};
use homolog::inside::picture::png;
use homolog::stimuli::generate::labelled_scenes;
use homolog::stimuli::labelled::{Concept, LabelError, LabelledSet};
use homolog::stimuli::{Image, Preprocessing};

use super::{dissect, pixelwise};

fn put(folder: &Path, name: &str, picture: &Image) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, png(picture).unwrap()).unwrap();
}

fn grey(size: (usize, usize), values: impl Fn(usize) -> u8) -> Image {
    Image::from_grey(size.0, size.1, &(0..size.0 * size.1).map(values).collect::<Vec<u8>>()).unwrap()
}

#[test]
fn a_written_set_reads_back_as_the_same_masks_and_gives_the_same_overlaps() {
    let labelled = labelled_scenes(7, 40, 21).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_labelled(&labelled, folder.path()).unwrap();
    let read = LabelledSet::from_folder(folder.path()).unwrap();
    assert_eq!(read.set().ids().collect::<Vec<_>>(), labelled.set().ids().collect::<Vec<_>>());
    // The folder knows the concepts that are seen, in alphabetical order.
    let named = |set: &LabelledSet, image: usize| {
        let masks = set.masks(image).unwrap().masks;
        let mut named: Vec<(Concept, Vec<bool>)> =
            masks.into_iter().map(|(concept, mask)| (set.concepts()[concept].clone(), mask)).collect();
        named.sort();
        named
    };
    for image in 0..7 {
        assert_eq!(named(&read, image), named(&labelled, image));
    }
    let network = pixelwise([40; 2], &[[2.2, -6.0, -2.5], [-6.0, -4.1, 3.0]]);
    let criteria = Criteria { share: 0.02, ..Criteria::default() };
    let [one, other] = [&labelled, &read].map(|set| dissect(set, &network, "units", &criteria).unwrap());
    for unit in 0..2 {
        let best = |found: &homolog::inside::dissection::Dissection| {
            let best = found.best(unit).unwrap();
            (found.concepts[best.concept].clone(), best.iou)
        };
        assert_eq!(best(&one), best(&other));
    }
}

#[test]
fn indexed_masks_are_read_by_grey_level_and_colour() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    put(place, "images/park/one.png", &grey((3, 2), |_| 100));
    let mask = Image::new(3, 2, [[0; 3], [7; 3], [7; 3], [255, 0, 16], [0; 3], [9; 3]].concat()).unwrap();
    put(place, "masks/park/one.png", &mask);
    fs::write(
        place.join("labels.csv"),
        "value,category,concept\n7,object,tree\n7,colour,green\n#ff0010,colour,red\n9,object,dog\n",
    )
    .unwrap();
    let labelled = LabelledSet::from_folder(place).unwrap();
    let expected = [("colour", "green"), ("colour", "red"), ("object", "dog"), ("object", "tree")];
    assert_eq!(labelled.concepts(), expected.map(|(category, name)| Concept::new(category, name)));
    assert_eq!(labelled.categories(), ["colour", "object"]);
    let masks = labelled.masks(0).unwrap();
    let places = |mask: &[bool]| (0..6).filter(|place| mask[*place]).collect::<Vec<_>>();
    let found: Vec<(usize, Vec<usize>)> = masks.masks.iter().map(|(concept, mask)| (*concept, places(mask))).collect();
    assert_eq!(found, [(0, vec![1, 2]), (1, vec![3]), (2, vec![5]), (3, vec![1, 2])]);
    // A value that no line lists.
    fs::write(place.join("labels.csv"), "value,category,concept\n7,object,tree\n#ff0010,colour,red\n").unwrap();
    let said = LabelledSet::from_folder(place).unwrap().masks(0).unwrap_err().to_string();
    assert_eq!(said, "the mask of \"park/one\" has the value 9 at row 1, column 2, which labels.csv does not list");
}

#[test]
fn masks_are_cropped_and_resized_with_their_images() {
    let folder = tempfile::tempdir().unwrap();
    // The left half of a wide image; the crop keeps the middle square.
    put(folder.path(), "images/wide.png", &grey((40, 20), |_| 100));
    put(folder.path(), "masks/side/left/wide.png", &grey((40, 20), |place| if place % 40 < 20 { 1 } else { 0 }));
    put(folder.path(), "masks/side/border/wide.png", &grey((40, 20), |place| if place % 40 < 8 { 1 } else { 0 }));
    let labelled = LabelledSet::from_folder(folder.path()).unwrap();
    let recipe = Preprocessing::from_toml(
        "name = \"crop\"\nsteps = [{ do = \"resize-shorter-side\", size_px = 10, filter = \"bilinear\" }, { do = \"crop-centre\", width_px = 10, height_px = 12 }]",
    )
    .unwrap();
    let masks = labelled.prepared_masks(0, &recipe).unwrap();
    assert_eq!((masks.width, masks.height), (10, 12));
    // What was left of the crop is gone with its concept, and the rows that the crop adds show nothing.
    assert_eq!(masks.masks.len(), 1);
    let (concept, mask) = &masks.masks[0];
    assert_eq!(labelled.concepts()[*concept].name, "left");
    for (place, shown) in mask.iter().enumerate() {
        assert_eq!(*shown, place % 10 < 5 && (1..11).contains(&(place / 10)), "pixel {place}");
    }
}

#[test]
fn folders_that_do_not_fit_together_are_refused_with_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path();
    let said = || LabelledSet::from_folder(place).unwrap_err().to_string();
    assert!(said().contains("no folder \"images\"") && said().contains("masks/CATEGORY/CONCEPT/ID.png"));
    for name in ["a", "b", "c"] {
        put(place, &format!("images/{name}.png"), &grey((4, 4), |_| 9));
    }
    assert!(said().contains("no folder \"masks\""));
    put(place, "masks/colour/red/a.png", &grey((4, 4), |_| 1));
    put(place, "masks/colour/red/d.png", &grey((4, 4), |_| 1));
    assert!(
        said().contains("1 of 2 masks have no image (\"d\"), and 2 of 3 images have no mask (\"b\", \"c\")"),
        "{}",
        said()
    );
    fs::remove_file(place.join("masks/colour/red/d.png")).unwrap();
    put(place, "masks/colour/b.png", &grey((4, 4), |_| 1));
    assert!(said().contains("\"colour/b\" is of no concept"), "{}", said());
    fs::remove_file(place.join("masks/colour/b.png")).unwrap();
    put(place, "masks/colour/red/b.png", &grey((4, 5), |_| 1));
    put(place, "masks/colour/red/c.png", &grey((4, 4), |_| 0));
    let labelled = LabelledSet::from_folder(place).unwrap();
    let wrong = labelled.masks(1).unwrap_err();
    assert!(matches!(&wrong, LabelError::Size { id, found: (4, 5), needed: (4, 4) } if id == "b"), "{wrong}");
    assert!(labelled.masks(2).unwrap().masks.is_empty(), "a black mask shows nothing");
    fs::write(place.join("labels.csv"), "value,category\n1,colour\n").unwrap();
    // With a labels.csv, masks are named as their images are.
    assert!(said().contains("3 of 3 masks have no image (\"colour/red/a\""), "{}", said());
    fs::rename(place.join("masks"), place.join("old")).unwrap();
    for name in ["a", "b", "c"] {
        put(place, &format!("masks/{name}.png"), &grey((4, 4), |_| 1));
    }
    assert!(said().contains("no column \"concept\""), "{}", said());
    fs::write(place.join("labels.csv"), "value,category,concept\n300,colour,red\n").unwrap();
    assert!(said().contains("line 2 has the value \"300\""), "{}", said());
    fs::write(place.join("labels.csv"), "value,category,concept\n").unwrap();
    assert!(said().contains("there are no concepts"), "{}", said());
    fs::rename(place.join("masks/a.png"), place.join("masks/a.jpg")).unwrap();
    assert!(said().contains("JPEG"), "{}", said());
}
