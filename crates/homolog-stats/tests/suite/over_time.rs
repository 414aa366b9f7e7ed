//! Comparisons over time against SciPy's correlations and MNE-Python's generalisation across time.

use homolog_stats::comparator::Comparator;
use homolog_stats::decoding::{
    Decoder, DecodingProtocol, Discriminant, FeatureScaling, Shrinkage, decode_over_time, generalise_across_time,
};
use homolog_stats::random::Rng;
use homolog_stats::splits::{FoldOrder, stratified_k_fold};
use homolog_stats::time::{CrossTemporal, compare_across_time, compare_over_time, fuse_regions_with_time};
use ndarray::{Array3, Axis};

use crate::golden::{assert_close, golden, numbers, uniform};

const SUBJECTS: usize = 3;
const BINS: usize = 4;
const PAIRS: usize = 21;

#[test]
fn matrices_over_time_agree_with_models_times_and_regions_as_in_scipy() {
    let golden = golden("scipy/time");
    let movies = uniform(861, (SUBJECTS * BINS, PAIRS)).into_shape_with_order((SUBJECTS, BINS, PAIRS)).unwrap();
    let mean_at = |bin: usize| movies.index_axis(Axis(1), bin).mean_axis(Axis(0)).unwrap();
    let models = uniform(862, (2, PAIRS)) + &mean_at(1);
    let region = (uniform(863, (2, PAIRS)) + &mean_at(2)).insert_axis(Axis(1));
    for (name, comparator) in
        [("pearson", Comparator::Pearson), ("spearman", Comparator::Spearman), ("tau-b", Comparator::TauB)]
    {
        let across = |with| compare_across_time(movies.view(), with, comparator).unwrap();
        for (what, found) in [
            ("models", compare_over_time(models.view(), movies.view(), comparator).unwrap()),
            ("within", across(CrossTemporal::WithinSubject)),
            ("between", across(CrossTemporal::BetweenSubjects)),
            ("fusion", fuse_regions_with_time(region.view(), movies.view(), comparator).unwrap()),
        ] {
            assert_close(&format!("{what}, {name}"), &found, &numbers(&golden[name][what]), 1e-10);
        }
    }
}

#[test]
fn decoding_generalises_across_time_as_in_mne() {
    let golden = golden("mne/generalization");
    let classes: Vec<usize> = (0..60).map(|trial| trial % 3).collect();
    let (noise, centres) = (uniform(871, (60, 5 * BINS)), uniform(872, (3, 5)));
    let signs = [0.0, 1.0, 1.0, -1.0];
    let responses = Array3::from_shape_fn((60, 5, BINS), |(trial, unit, bin)| {
        noise[[trial, unit * BINS + bin]] + centres[[classes[trial], unit]] * signs[bin]
    });
    let protocol = DecodingProtocol {
        decoder: Decoder::Discriminant(Discriminant { shrinkage: Shrinkage::LedoitWolf }),
        scaling: FeatureScaling::None,
        splits: stratified_k_fold(&classes, 4, FoldOrder::AsGiven).unwrap(),
        n_permutations: 0,
    };
    let across = generalise_across_time(responses.view(), &classes, &protocol).unwrap();
    assert_close("across time", &across, &numbers(&golden["accuracy"]), 1e-12);
    let over_time = decode_over_time(responses.view(), &classes, &protocol, &Rng::new(1)).unwrap();
    let accuracies: Vec<f64> = over_time.iter().map(|found| found.accuracy).collect();
    assert_close("over time", &accuracies, &across.diag().to_vec(), 1e-12);
}
