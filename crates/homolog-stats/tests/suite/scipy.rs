//! Behaviour and tests against NumPy and SciPy (`goldens/scipy`).

use homolog_stats::behaviour::{
    ConfusionRates, DiscriminationPattern, LapseRate, PsychometricData, PsychometricSettings, PsychometricShape,
    discrimination_pattern, fit_psychometric_function, pattern_consistency,
};
use homolog_stats::inference::{Alternative, false_discovery_rate, sign_test, signed_rank_test};
use homolog_stats::random::Rng;
use homolog_stats::time::{ClusterTestSettings, Neighbours, sign_flip_cluster_test};
use homolog_stats::tuning::{fit_naka_rushton, rank_sum_test};

use crate::golden::{assert_close, golden, numbers, uniform};

#[test]
fn discrimination_patterns_agree_with_their_definitions_in_scipy() {
    let golden = golden("scipy/behaviour");
    let truths: Vec<usize> = (0..24).map(|image| image % 4).collect();
    let observer = |seed| ConfusionRates::from_probabilities(uniform(seed, (24, 4)).view(), &truths).unwrap();
    let (first, second) = (observer(501), observer(502));
    for pattern in DiscriminationPattern::ALL {
        let name = pattern.name();
        let found: Vec<f64> =
            discrimination_pattern(&first, pattern).iter().copied().filter(|value| !value.is_nan()).collect();
        assert_close(name, &found, &numbers(&golden["pattern"][name]), 1e-10);
        let consistency = pattern_consistency(&first, &second, pattern).unwrap();
        assert_close(name, &[consistency], &numbers(&golden["consistency"][name]), 1e-9);
    }
}

/// Both sides stop at a likelihood that is flat to 1e-13; the threshold is then known to about the root of that.
#[test]
fn psychometric_fits_agree_with_scipys_optimum() {
    let golden = golden("scipy/behaviour");
    let data = PsychometricData {
        levels: &[0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5],
        n_correct: &[11, 12, 19, 26, 35, 38, 39],
        n_trials: &[40; 7],
    };
    for shape in PsychometricShape::ALL {
        for (kind, lapse_rate) in [("lapse fixed", LapseRate::Fixed(0.02)), ("lapse fitted", LapseRate::Fitted)] {
            let settings = PsychometricSettings { shape, guess_rate: 0.25, lapse_rate };
            let name = format!("{}, {kind}", shape.name());
            let fit = fit_psychometric_function(&data, &settings).unwrap();
            let expected = &golden["psychometric"][&name];
            assert_close(&name, &[fit.log_likelihood], &numbers(&expected["log_likelihood"]), 1e-10);
            assert_close(&name, &[fit.threshold], &numbers(&expected["threshold"]), 1e-4);
            assert_close(&name, &[fit.width], &numbers(&expected["width"]), 1e-4);
        }
    }
}

#[test]
fn tests_over_subjects_agree_with_scipy() {
    let golden = golden("scipy/inference");
    for n in [5, 9, 23] {
        let values: Vec<f64> = uniform(600 + n as u64, (1, n)).iter().map(|value| value - 0.4).collect();
        for (name, alternative) in [("greater", Alternative::Greater), ("two-sided", Alternative::TwoSided)] {
            let name = format!("{n}, {name}");
            let signed_rank = signed_rank_test(&values, alternative).unwrap();
            assert_close(&name, &[signed_rank], &numbers(&golden["signed_rank"][&name]), 1e-12);
            let sign = sign_test(&values, alternative).unwrap();
            assert_close(&name, &[sign], &numbers(&golden["sign"][&name]), 1e-12);
        }
    }
    let p: Vec<f64> = uniform(650, (1, 12)).iter().map(|value| value * value).collect();
    assert_close("fdr", &false_discovery_rate(&p).unwrap(), &numbers(&golden["fdr"]), 1e-12);
}

#[test]
fn t_of_points_and_its_threshold_agree_with_scipy() {
    let golden = golden("scipy/inference");
    let points = uniform(660, (8, 5)) - 0.3;
    let settings = ClusterTestSettings {
        neighbours: Neighbours::Line,
        forming_p: 0.05,
        alternative: Alternative::TwoSided,
        n_flips: 0,
    };
    let found = sign_flip_cluster_test(points.view(), &settings, &Rng::new(1)).unwrap();
    assert_close("t", &found.t, &numbers(&golden["t"]["points"]), 1e-12);
    assert_close("threshold", &[found.threshold], &numbers(&golden["t"]["threshold"]), 1e-12);
}

#[test]
fn rank_sums_and_contrast_responses_agree_with_scipy() {
    let golden = golden("scipy/tuning");
    for (name, n_in, n_out, levels) in
        [("untied", 7, 12, None), ("tied", 9, 15, Some(5.0)), ("unbalanced", 3, 40, None)]
    {
        let drawn = uniform(700 + n_in as u64, (1, n_in + n_out));
        let values: Vec<f64> = drawn.iter().map(|value| levels.map_or(*value, |n: f64| (value * n).floor())).collect();
        let test = rank_sum_test(&values[..n_in], &values[n_in..]).unwrap();
        let expected = &golden["rank_sum"][name];
        assert_close(name, &[test.auc], &numbers(&expected["auc"]), 1e-14);
        assert_close(name, &[test.p], &numbers(&expected["p"]), 1e-12);
    }
    let contrasts = [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0];
    for name in ["710", "711"] {
        let expected = &golden["naka_rushton"][name];
        let responses = numbers(&expected["responses"]);
        let fit = fit_naka_rushton(&contrasts, &responses, 0.0).unwrap();
        let cost: f64 =
            contrasts.iter().zip(&responses).map(|(c, response)| (response - fit.response(*c)).powi(2)).sum();
        // Near its least the cost is flat: half of its digits are those of the parameters.
        assert_close(name, &[cost], &numbers(&expected["cost"]), 1e-8);
        for (parameter, found) in [("r_max", fit.r_max), ("c50", fit.c50), ("n", fit.n)] {
            assert_close(parameter, &[found], &numbers(&expected[parameter]), 1e-3);
        }
    }
}
