//! Cluster tests over subjects against MNE-Python (`goldens/mne/clusters`).

use homolog_stats::inference::Alternative;
use homolog_stats::random::Rng;
use homolog_stats::time::{ClusterTest, ClusterTestSettings, Neighbours, sign_flip_cluster_test};
use ndarray::{Array2, s};
use serde_json::Value;

use crate::golden::{assert_close, golden, numbers, uniform};

const SUBJECTS: usize = 9;
const SIDE: usize = 8;

fn test(values: &Array2<f64>, neighbours: Neighbours) -> ClusterTest {
    let settings =
        ClusterTestSettings { neighbours, forming_p: 0.05, alternative: Alternative::TwoSided, n_flips: 1000 };
    sign_flip_cluster_test(values.view(), &settings, &Rng::new(1)).unwrap()
}

fn assert_agrees(found: &ClusterTest, golden: &Value) {
    assert_close("t", &found.t, &numbers(&golden["t"]), 1e-9);
    let expected = golden["clusters"].as_array().unwrap();
    assert_eq!(found.clusters.len(), expected.len());
    for (ours, theirs) in found.clusters.iter().zip(expected) {
        let points: Vec<usize> = numbers(&theirs["points"]).iter().map(|point| *point as usize).collect();
        assert_eq!(ours.points, points);
        assert_close("mass", &[ours.mass], &numbers(&theirs["mass"]), 1e-9);
        // Counts over all 256 pairs of mirrored patterns here, over 255 there: they differ by the pair that MNE leaves out, if at all.
        let (own, mne) = (ours.p * 256.0, numbers(&theirs["p"])[0] * 255.0);
        assert!((own - mne).abs() < 1.0 + 1e-9, "{points:?}: {own} of 256, {mne} of 255");
        assert!((own - own.round()).abs() < 1e-9);
    }
}

#[test]
fn clusters_along_time_and_over_times_by_times_agree_with_mne() {
    let golden = golden("mne/clusters");
    let mut line = uniform(701, (SUBJECTS, 40)) - 0.5;
    line.slice_mut(s![.., 12..18]).mapv_inplace(|value| value + 0.25);
    line.slice_mut(s![.., 30..33]).mapv_inplace(|value| value - 0.22);
    let found = test(&line, Neighbours::Line);
    assert_close("threshold", &[found.threshold], &numbers(&golden["threshold"]), 1e-9);
    assert_agrees(&found, &golden["line"]);
    let mut grid = uniform(702, (SUBJECTS, SIDE * SIDE)) - 0.5;
    for (point, mut column) in grid.columns_mut().into_iter().enumerate() {
        if (2..5).contains(&(point / SIDE)) && (3..6).contains(&(point % SIDE)) {
            column += 0.25;
        }
    }
    assert_agrees(&test(&grid, Neighbours::Grid { n_rows: SIDE }), &golden["grid"]);
}
