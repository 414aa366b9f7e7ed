//! Resampling against Pillow.

use homolog::stimuli::{Filter, PassOrder, resize};

use serde_json::Value;

use super::{golden, pair, sha256, source};

#[test]
fn resampling_is_pillows_to_the_last_bit() {
    for (version, order) in [("13.0.0", PassOrder::Pillow13), ("12.0.0", PassOrder::Pillow12)] {
        check(&golden("pillow/resize")[version], order);
    }
}

/// Every case of one version of Pillow.
fn check(golden: &Value, order: PassOrder) {
    let cases = golden.as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let image = source(case["source"].as_str().unwrap(), pair(&case["from"]));
        let filter: Filter = serde_json::from_value(case["filter"].clone()).unwrap();
        let (width, height) = pair(&case["to"]);
        if sha256(resize(&image, width, height, filter, order).unwrap().rgb()) != case["sha256"].as_str().unwrap() {
            wrong.push(case);
        }
    }
    assert_eq!(cases.len(), 200);
    assert!(wrong.is_empty(), "{order:?}: {wrong:#?}");
}
