//! Reads golden numbers, makes the fixed inputs they were made from, and compares.

use homolog_stats::random::Rng;
use ndarray::Array2;
use serde_json::Value;

/// The numbers in `goldens/<case>/golden.json`; a missing file fails the test with its path.
pub(crate) fn golden(case: &str) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../goldens/");
    let path = format!("{path}{case}/golden.json");
    let text =
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read golden numbers {path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("cannot read golden numbers {path}: {error}"))
}

/// All numbers of a value, however deep its arrays are nested.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Number(number) => vec![number.as_f64().unwrap()],
        other => panic!("golden numbers hold {other}"),
    }
}

/// The uniform numbers of `inputs.py` beside the goldens.
pub(crate) fn uniform(seed: u64, shape: (usize, usize)) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn(shape, || rng.uniform())
}

/// Fails unless every value is within `relative` of the golden one, relative to the largest golden value's size where they are small.
pub(crate) fn assert_close<'a>(name: &str, ours: impl IntoIterator<Item = &'a f64>, golden: &[f64], relative: f64) {
    let ours: Vec<f64> = ours.into_iter().copied().collect();
    assert_eq!(ours.len(), golden.len(), "{name}: another number of values");
    let scale = golden.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    for (at, (ours, golden)) in ours.iter().zip(golden).enumerate() {
        let allowed = relative * golden.abs().max(0.01 * scale);
        assert!(
            (ours - golden).abs() <= allowed,
            "{name}, value {at}: ours {ours:e}, golden {golden:e}, difference {:e}, allowed {allowed:e}",
            ours - golden
        );
    }
}

#[test]
fn a_golden_that_is_one_percent_off_is_noticed() {
    let golden = [1.0, 2.0, 3.0];
    let off: Vec<f64> = golden.iter().map(|value| value * 1.01).collect();
    assert!(std::panic::catch_unwind(|| assert_close("perturbed", &off, &golden, 1e-4)).is_err());
    assert_close("same", &golden, &golden, 1e-15);
}
