//! Linear classifiers against scikit-learn.

use homolog_stats::decoding::{Decoder, Discriminant, LogisticRegression, Shrinkage, SupportVectors};
use ndarray::{Array2, s};
use serde_json::Value;

use crate::golden::{assert_close, golden, numbers, uniform};
use crate::scikit_learn::{count, indices};

/// The inputs of goldens/scikit-learn/classifiers/make.py: features and classes of all stimuli, and how many are trained on.
fn classified(case: &Value) -> (Array2<f64>, Vec<usize>, usize) {
    let (n, p, k) = (count(&case["n_stimuli"]), count(&case["n_features"]), count(&case["n_classes"]));
    let seed = count(&case["seed"]) as u64;
    let classes: Vec<usize> = (0..n).map(|at| if at >= n - n / 5 { at % k % 2 } else { at % k }).collect();
    let (noise, centres) = (uniform(seed, (n, p)), uniform(seed + 1, (k, p)));
    let features =
        Array2::from_shape_fn((n, p), |(at, unit)| 2.0 * noise[[at, unit]] + centres[[classes[at], unit]] + 0.5);
    (features, classes, n - n / 3)
}

#[test]
fn classifiers_have_the_coefficients_and_make_the_choices_of_scikit_learn() {
    let logistic = |inverse_penalty| Decoder::Logistic(LogisticRegression { inverse_penalty });
    let svm = |inverse_penalty| Decoder::SupportVectors(SupportVectors { inverse_penalty });
    let lda = |shrinkage| Decoder::Discriminant(Discriminant { shrinkage });
    // The iterations of both sides stop at a tolerance; discriminant analysis is in closed form.
    let decoders = [
        ("logistic C=1", logistic(1.0), 1e-4),
        ("logistic C=0.01", logistic(0.01), 1e-4),
        ("lda auto", lda(Shrinkage::LedoitWolf), 1e-8),
        ("lda 0.3", lda(Shrinkage::Fixed(0.3)), 1e-8),
        ("svm C=1", svm(1.0), 1e-4),
        ("svm C=0.1", svm(0.1), 1e-4),
    ];
    for case in golden("scikit-learn/classifiers")["cases"].as_array().expect("cases") {
        let (features, classes, n_train) = classified(case);
        for (name, decoder, tolerance) in decoders {
            let found = decoder.fit(features.slice(s![..n_train, ..]), &classes[..n_train]).unwrap();
            let expected = &case[name];
            assert_close(name, &found.coefficients, &numbers(&expected["coefficients"]), tolerance);
            assert_close(name, &found.intercepts, &numbers(&expected["intercepts"]), tolerance);
            let choices = found.classify(features.slice(s![n_train.., ..])).unwrap();
            assert_eq!(choices, indices(&expected["choices"]), "{name}");
        }
    }
}
