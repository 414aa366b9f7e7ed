//! A small version of the nightly suite `calibration`: the same experiments, fewer of them, with limits as much wider as chance makes them.

use homolog_stats::comparator::Comparator;
use homolog_stats::inference::Resampling;

#[path = "../calibration/checks.rs"]
mod checks;
#[path = "../calibration/experiments.rs"]
mod experiments;

use checks::{assert_uniform, rejections};
use experiments::{Size, inferences, label_exchange_p, least_cluster_p, mean_ceilings, signed_rank_p};

/// Fails when a share is outside the range by more than three of its binomial standard errors.
fn assert_share(name: &str, share: f64, [low, high]: [f64; 2], n: usize) {
    let error = |share: f64| 3.0 * (share * (1.0 - share) / n as f64).sqrt();
    let (least, most) = (low - error(low), high + error(high));
    assert!(share >= least && share <= most, "{name}: {share} over {n} experiments, allowed {least} to {most}");
}

fn size(n_experiments: u64, n_subjects: usize, n_stimuli: usize, n_samples: usize) -> Size {
    Size { n_experiments, n_subjects, n_stimuli, n_samples, n_relabellings: 0 }
}

#[test]
fn p_by_exchange_of_labels_is_uniform() {
    let p = label_exchange_p(size(200, 3, 12, 99), 11);
    assert_uniform("label exchange", &p, 0.01);
    assert_share("label exchange", rejections(&p), [0.035, 0.065], p.len());
}

#[test]
fn p_by_signed_ranks_is_uniform() {
    let p = signed_rank_p(size(200, 12, 12, 20), 12);
    assert_uniform("signed ranks", &p, 0.04);
    assert_share("signed ranks", rejections(&p), [0.035, 0.065], p.len());
}

#[test]
fn false_clusters_are_rare() {
    let p = least_cluster_p(size(200, 10, 0, 99), 13);
    assert_share("clusters", rejections(&p), [0.035, 0.065], p.len());
}

#[test]
fn ceilings_bracket_the_truth_for_every_comparator() {
    for comparator in Comparator::ALL {
        let [lower, truth, upper] = mean_ceilings(size(40, 5, 12, 0), comparator, 14);
        assert!(lower < truth && truth < upper, "{comparator:?}: {lower} {truth} {upper}");
    }
}

#[test]
fn two_factor_bootstrap_rejects_no_more_than_it_says() {
    let found = inferences(size(100, 8, 24, 100), Resampling::Both, 15);
    let pairs: Vec<f64> = found.iter().map(|found| found.pairs[0].test.p).collect();
    assert_share("pairs", rejections(&pairs), [0.0, 0.065], pairs.len());
    let zero: Vec<f64> = found.iter().map(|found| found.models[2].against_zero.expect("a test").p).collect();
    assert_share("zero", rejections(&zero), [0.0, 0.065], zero.len());
}
