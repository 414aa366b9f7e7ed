//! Multidimensional scaling against scikit-learn.

use homolog_stats::rdm::pairs;
use homolog_stats::similarity::{MdsOptions, classical_mds, metric_mds};
use ndarray::Array2;

use crate::golden::{assert_close, golden, numbers, uniform};

fn distances(points: &Array2<f64>) -> Vec<f64> {
    let apart = |(i, j): (usize, usize)| (&points.row(i) - &points.row(j)).mapv(|value| value * value).sum().sqrt();
    pairs(points.nrows()).map(apart).collect()
}

#[test]
fn distances_between_points_are_those_of_scikit_learn() {
    let golden = golden("scikit-learn/mds");
    for case in golden["cases"].as_array().expect("cases") {
        let count = |name: &str| case[name].as_u64().expect("a count");
        let shape = (count("n_stimuli") as usize, count("n_units") as usize);
        let dissimilarities = ndarray::Array1::from(distances(&uniform(count("seed"), shape)));
        let classical = classical_mds(dissimilarities.view(), 2).expect("points");
        let classical_golden = numbers(&case["classical_distances"]);
        assert_close("classical", &distances(&classical.points), &classical_golden, 1e-8);
        // Both iterate to a tolerance from the same start: 1e-4 of a distance, 1e-6 of the stress.
        let options = MdsOptions { max_iterations: 100_000, tolerance: 1e-13 };
        let metric = metric_mds(dissimilarities.view(), 2, options).expect("points");
        assert_close("metric", &distances(&metric.points), &numbers(&case["metric_distances"]), 1e-4);
        assert_close("stress-1", &[metric.stress], &numbers(&serde_json::json!([case["metric_stress_1"]])), 1e-6);
    }
}
