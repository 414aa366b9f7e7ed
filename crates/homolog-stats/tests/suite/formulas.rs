//! Measures against the formulas of their papers written out in NumPy (`goldens/numpy`).

use homolog_stats::behaviour::{OddOneOut, odd_one_out_accuracy, odd_one_out_ceiling, odd_one_out_similarity};
use homolog_stats::ceiling::{
    ExplainableVarianceBias, SplitHalf, explainable_variance, normalized_correlation, signal_power,
    signal_power_explained, split_half_ceiling,
};
use homolog_stats::comparator::Comparator;
use homolog_stats::mapping::Predictors;
use homolog_stats::mapping::factorised::{FactorisedOptions, predict_factorised};
use homolog_stats::mapping::ridge::RidgeOptions;
use homolog_stats::rdm::{RdmMeasure, pairs, rdm_from_features};
use homolog_stats::reweighting::{
    PredictedResponseProtocol, compare_predicted_responses, fit_feature_weights, rdm_of_predicted_responses,
};
use homolog_stats::similarity::{angular_shape_distance, partly_whitened_shape_distance, squared_procrustes_distance};
use homolog_stats::splits::Split;
use ndarray::{Array1, Array2, Array3, Axis, s};

use crate::golden::{assert_close, golden, numbers, uniform};

#[test]
fn shape_distances_are_those_after_the_rotation_itself() {
    for case in golden("numpy/shape_metrics")["cases"].as_array().unwrap() {
        let shape: Vec<usize> = numbers(&case["shape"]).iter().map(|length| *length as usize).collect();
        let (n, p, q) = (shape[0], shape[1], shape[2]);
        let seed = case["seed"].as_u64().unwrap();
        let x = uniform(seed, (n, p));
        let mut y = 0.5 * uniform(seed + 1, (n, q));
        let shared = p.min(q);
        let mut alike = y.slice_mut(s![.., ..shared]);
        alike += &x.slice(s![.., ..shared]);
        let name = format!("{shape:?}");
        let angle = angular_shape_distance(x.view(), y.view()).unwrap();
        assert_close(&name, &[angle], &numbers(&case["angle"]), 1e-9);
        let squared = squared_procrustes_distance(x.view(), y.view()).unwrap();
        assert_close(&name, &[squared], &numbers(&case["squared distance"]), 1e-9);
        for (alpha, expected) in case["whitened"].as_object().unwrap() {
            let angle = partly_whitened_shape_distance(x.view(), y.view(), alpha.parse().unwrap()).unwrap();
            assert_close(&format!("{name}, alpha {alpha}"), &[angle], &numbers(expected), 1e-9);
        }
    }
}

#[test]
fn signal_power_and_scores_relative_to_it_follow_their_papers() {
    for case in golden("numpy/signal_power")["cases"].as_array().unwrap() {
        let (n_repetitions, seed) = (case["repetitions"].as_u64().unwrap() as usize, case["seed"].as_u64().unwrap());
        let signal = uniform(seed, (40, 1));
        let trials = &signal + &(1.2 * (uniform(seed + 1, (40, n_repetitions)) - 0.5));
        let predicted: Array1<f64> = (signal + 0.6 * uniform(seed + 2, (40, 1))).remove_axis(Axis(1));
        let ev = |bias| explainable_variance(trials.view(), bias).unwrap();
        for (name, ours) in [
            ("signal power", signal_power(trials.view()).unwrap().signal),
            ("signal power explained", signal_power_explained(trials.view(), predicted.view()).unwrap()),
            ("normalized correlation", normalized_correlation(trials.view(), predicted.view()).unwrap()),
            ("explainable variance", ev(ExplainableVarianceBias::Uncorrected)),
            ("explainable variance, corrected", ev(ExplainableVarianceBias::Corrected)),
        ] {
            assert_close(&format!("{name}, {n_repetitions}"), &[ours], &numbers(&case[name]), 1e-9);
        }
    }
}

#[test]
fn factorised_read_out_reaches_the_mask_and_weights_of_scipy() {
    let golden = golden("numpy/factorised");
    let features = uniform(501, (60, 24)) - 0.5;
    let (mask, weights) = ([0.0, 0.0, 1.0, 0.5, 0.0, 0.0, 0.2, 0.0], [1.0, -0.6, 0.3]);
    let noise = uniform(502, (60, 1));
    let targets = Array2::from_shape_fn((60, 1), |(stimulus, _)| {
        let at = |channel: usize, position: usize| features[[stimulus, channel * 8 + position]];
        let sum: f64 =
            (0..3).flat_map(|c| (0..8).map(move |p| (c, p))).map(|(c, p)| at(c, p) * mask[p] * weights[c]).sum();
        sum + 0.3 * (noise[[stimulus, 0]] - 0.5)
    });
    let split = Split { train: (0..48).collect(), test: (48..60).collect() };
    let options = FactorisedOptions { what_penalty: 0.7, where_penalty: 0.4, ..FactorisedOptions::of_channels(3) };
    let predictors = Predictors::holding_features(features.view()).unwrap();
    let found = predict_factorised(&predictors, targets.view(), &split, &options).unwrap();
    assert_close("mask", &found.masks, &numbers(&golden["mask"]), 1e-7);
    assert_close("weights", &found.weights, &numbers(&golden["weights"]), 1e-7);
    assert_close("predicted", &found.predicted, &numbers(&golden["predicted"]), 1e-7);
}

#[test]
fn reweighted_features_agree_with_scipy_over_all_pairs() {
    let golden = golden("numpy/reweighting");
    let x = uniform(601, (24, 7));
    let truth = [2.0, 0.0, 0.5, 0.0, 1.0, 0.1, 0.0];
    let noise = uniform(602, (276, 1));
    let rdm: Array1<f64> = pairs(24)
        .enumerate()
        .map(|(at, (i, j))| {
            let squares = truth.iter().enumerate().map(|(f, weight)| weight * (x[[i, f]] - x[[j, f]]).powi(2));
            squares.sum::<f64>() + 0.2 * noise[[at, 0]]
        })
        .collect();
    let weights = fit_feature_weights(x.view(), rdm.view(), 0.02).unwrap();
    assert_close("weights", &weights, &numbers(&golden["weights"]), 1e-8);

    let responses = x.dot(&(uniform(603, (7, 9)) - 0.5)) + 0.3 * uniform(604, (24, 9));
    let split = Split { train: (0..16).collect(), test: (16..24).collect() };
    let options = RidgeOptions::fixed(1.5);
    let predictors = Predictors::from_features(x.view()).unwrap();
    let measure = RdmMeasure::PearsonDistance;
    let predicted = rdm_of_predicted_responses(&predictors, responses.view(), &split, &options, measure).unwrap();
    assert_close("predicted", &predicted, &numbers(&golden["predicted rdm"]), 1e-8);
    let splits = [split];
    let protocol =
        PredictedResponseProtocol { splits: &splits, options: &options, measure, comparator: Comparator::Pearson };
    let scores = compare_predicted_responses(x.view(), &[responses.view()], &protocol).unwrap();
    assert_close("reweighted", &scores.reweighted, &numbers(&golden["reweighted"]), 1e-8);
    assert_close("as they are", &scores.as_they_are, &numbers(&golden["as they are"]), 1e-8);
}

#[test]
fn internal_consistency_is_brain_scores_on_scikit_learns_halves() {
    for case in golden("scikit-learn/split_half")["cases"].as_array().unwrap() {
        let count = |name: &str| case[name].as_u64().unwrap() as usize;
        let (n_units, n_repetitions, seed) = (count("units"), count("repetitions"), case["seed"].as_u64().unwrap());
        let signal = uniform(seed, (30, n_units));
        let noise = uniform(seed + 1, (30 * n_units, n_repetitions));
        let responses = Array3::from_shape_fn((n_units, 30, n_repetitions), |(unit, stimulus, repetition)| {
            signal[[stimulus, unit]] + 1.5 * (noise[[stimulus * n_units + unit, repetition]] - 0.5)
        });
        let found = split_half_ceiling(responses.view(), &SplitHalf::BRAIN_SCORE).unwrap();
        assert_close("reliability", &found.reliability, &numbers(&case["reliability"]), 1e-9);
        assert_close("ceiling", &[found.ceiling.value], &numbers(&case["ceiling"]), 1e-9);
        assert_close("error", &[found.ceiling.error], &numbers(&case["error"]), 1e-9);
    }
}

#[test]
fn plain_distances_are_those_of_scipy() {
    let golden = golden("scipy/rdm");
    let x = uniform(901, (9, 13)) - 0.3;
    for (name, measure) in [("euclidean", RdmMeasure::Euclidean), ("cosine", RdmMeasure::CosineDistance)] {
        let found = rdm_from_features(x.view(), measure).unwrap();
        assert_close(name, &found, &numbers(&golden[name]), 1e-9);
    }
}

#[test]
fn odd_one_out_choices_are_scored_by_their_definitions() {
    const N: usize = 9;
    const ANSWERS: usize = 4;
    let golden = golden("numpy/odd_one_out");
    let embedding = uniform(831, (N, 4)) * 1.5;
    let products = embedding.dot(&embedding.t());
    let triplets: Vec<[usize; 3]> =
        (0..N).flat_map(|i| (i + 1..N).flat_map(move |j| (j + 1..N).map(move |k| [i, j, k]))).collect();
    let (u, v) = (uniform(832, (triplets.len(), ANSWERS)), uniform(833, (triplets.len(), ANSWERS)));
    let mut choices = Vec::new();
    for (at, &[i, j, k]) in triplets.iter().enumerate() {
        let pairs = [(i, j, k), (i, k, j), (j, k, i)];
        let similarity = |pair: usize| products[[pairs[pair].0, pairs[pair].1]];
        let best = (0..3).max_by(|&a, &b| similarity(a).total_cmp(&similarity(b))).unwrap();
        for answer in 0..ANSWERS {
            let pair = if u[[at, answer]] < 0.55 { best } else { (3.0 * v[[at, answer]]) as usize };
            let (first, second, odd) = pairs[pair];
            choices.push(OddOneOut { first, second, odd });
        }
    }
    for (name, similarity) in [("accuracy", &products), ("accuracy with ties", &products.mapv(f64::floor))] {
        let found = odd_one_out_accuracy(similarity.view(), &choices).unwrap();
        assert_close(name, &[found.accuracy, found.standard_error], &numbers(&golden[name]), 1e-12);
    }
    let ceiling = odd_one_out_ceiling(&choices).unwrap();
    assert_close("ceiling", &[ceiling.lower, ceiling.upper], &numbers(&golden["ceiling"]), 1e-12);
    let similarity = odd_one_out_similarity(products.view()).unwrap();
    assert_close("similarity", &similarity, &numbers(&golden["similarity"]), 1e-10);
}
