//! Recipes against torchvision, Caffe's preprocessing and Brain-Score's screen.

use homolog::stimuli::{Preprocessing, place_on_screen};

use super::{golden, pair, sha256, source};

const CASE: &str = "torchvision/preprocess";

#[test]
fn recipes_give_the_frameworks_numbers_to_the_last_bit() {
    let mut wrong = Vec::new();
    let golden = golden(CASE);
    let cases = golden["cases"].as_array().unwrap();
    for case in cases {
        let recipe = Preprocessing::named(case["recipe"].as_str().unwrap()).unwrap();
        let input = recipe.apply(&source("texture", pair(&case["from"])), None).unwrap();
        let bytes: Vec<u8> = input.iter().flat_map(|value| value.to_le_bytes()).collect();
        if sha256(&bytes) != case["sha256"].as_str().unwrap() {
            wrong.push((case, input.dim(), *input.first().unwrap()));
        }
    }
    assert_eq!(cases.len(), 56);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_screen_is_brain_scores() {
    let golden = golden(CASE);
    let screens = golden["screens"].as_array().unwrap();
    for case in screens {
        let degrees = |key: &str| case[key].as_f64().unwrap();
        let image = source("texture", pair(&case["from"]));
        let screen = place_on_screen(&image, degrees("from_deg"), degrees("to_deg"), [128; 3]).unwrap();
        assert_eq!((screen.width(), screen.height()), pair(&case["size"]), "{case}");
        assert_eq!(sha256(screen.rgb()), case["sha256"].as_str().unwrap(), "{case}");
    }
    assert_eq!(screens.len(), 15);
}
