//! What cannot be probed is refused in words.

use super::planted::{Lab, filters};
use crate::inside::probe::{
    Category, FieldExperiment, FieldSettings, GratingExperiment, GratingSettings, TransformedObjects, UnitChoice,
};

fn refused(image_px: usize, settings: GratingSettings, choice: UnitChoice) -> String {
    let lab = Lab::new(filters(image_px, 3, &[vec![1.0; 9]]));
    let probed = [lab.probed("filter", choice)];
    GratingExperiment { settings }.run(&lab.presenter(), &probed).unwrap_err().to_string()
}

#[test]
fn gratings_that_cannot_be_are_refused() {
    let default = GratingSettings::default;
    for (settings, words) in [
        (GratingSettings { contrast: 0.0, ..default() }, "a grating without contrast is a blank"),
        (GratingSettings { contrast: f64::NAN, ..default() }, "above 0 and at most 1"),
        (GratingSettings { n_orientations: 2, ..default() }, "at least 4"),
        (GratingSettings { n_phases: 1, ..default() }, "at least 4"),
        (GratingSettings { frequencies: Some(vec![1.0, 2.0, 60.0]), ..default() }, "at most 16 cycles an image"),
        (GratingSettings { frequencies: Some(vec![2.0, 1.0, 3.0]), ..default() }, "rising"),
    ] {
        let message = refused(32, settings, UnitChoice::Centre);
        assert!(message.contains(words), "no {words:?} in: {message}");
    }
    let message = refused(6, default(), UnitChoice::Centre);
    assert!(message.contains("6 × 6 pixels") && message.contains("3 are needed"), "{message}");
    let message = refused(32, default(), UnitChoice::Every);
    assert!(message.contains("size tuning of \"filter\" but for the units at its centre"), "{message}");
}

#[test]
fn noise_and_objects_that_cannot_be_are_refused() {
    let lab = Lab::new(filters(32, 3, &[vec![1.0; 9]]));
    let probed = [lab.probed("filter", UnitChoice::Centre)];
    let settings = FieldSettings { contrast: 0.0, ..FieldSettings::default() };
    let message = FieldExperiment { settings }.run(&lab.presenter(), &probed).unwrap_err().to_string();
    assert!(message.contains("noise without contrast"), "{message}");
    let objects = TransformedObjects { sizes: vec![0.5], ..TransformedObjects::default() };
    let message = objects.run(&lab.presenter(), &probed).unwrap_err().to_string();
    assert!(message.contains("at least two numbers"), "{message}");
}

#[test]
fn one_category_is_none() {
    let message = Category::of_labels(&vec!["cat".to_owned(); 5]).unwrap_err().to_string();
    assert!(message.contains("all 5 images are of one category (\"cat\")"), "{message}");
    let labels = ["cat", "cat", "dog"].map(str::to_owned);
    let message = Category::of_labels(&labels).unwrap_err().to_string();
    assert!(message.contains("\"dog\" has a single image"), "{message}");
}
