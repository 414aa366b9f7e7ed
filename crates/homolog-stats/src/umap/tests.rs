use ndarray::{Array2, array, s};
use serde_json::Value;

use super::graph::scales;
use super::*;

const GOLDEN: &str = include_str!("../../../../goldens/umap-learn/clusters/golden.json");

fn golden() -> Value {
    serde_json::from_str(GOLDEN).unwrap()
}

fn uniform(seed: u64, shape: (usize, usize)) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn(shape, || rng.uniform())
}

/// The points of the golden script: point p is in cluster p modulo 6.
fn points() -> Array2<f64> {
    let (centres, noise) = (uniform(71, (6, 20)) * 6.0 - 3.0, uniform(72, (300, 20)) * 2.0 - 1.0);
    Array2::from_shape_fn((300, 20), |(point, feature)| centres[[point % 6, feature]] + noise[[point, feature]])
}

#[track_caller]
fn near(found: f64, expected: &Value, relative: f64) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= relative * expected.abs(), "{found} is not {expected}");
}

#[test]
fn the_curve_is_umap_learns() {
    for case in golden()["curve"].as_array().unwrap() {
        let number = |name: &str| case[name].as_f64().unwrap();
        let curve = Curve::fitted(number("min_distance"), number("spread"));
        near(curve.a, &case["a"], 1e-5);
        near(curve.b, &case["b"], 1e-5);
    }
}

#[test]
fn neighbourhoods_and_graph_are_umap_learns() {
    for (name, distance) in [("euclidean", Distance::Euclidean), ("cosine", Distance::Cosine)] {
        let golden = &golden()[name];
        let features = distance.prepared(points());
        let neighbours = Neighbours::exact(features.view(), 15, distance);
        let scales = scales(&neighbours);
        for (point, (rho, sigma)) in scales.iter().take(8).enumerate() {
            near(*rho, &golden["rhos"][point], 1e-4);
            near(*sigma, &golden["sigmas"][point], 1e-4);
        }
        near(scales.iter().map(|(_, sigma)| sigma).sum(), &golden["sum_of_sigmas"], 1e-4);
        let graph = FuzzyGraph::of(&neighbours);
        assert_eq!(graph.edges.len() as u64, golden["n_edges"].as_u64().unwrap());
        near(graph.edges.iter().map(|edge| edge.2).sum(), &golden["sum_of_weights"], 1e-4);
        near(graph.edges.iter().map(|edge| edge.2 * edge.2).sum(), &golden["sum_of_squares"], 1e-4);
        let first: Vec<_> = graph.edges.iter().filter(|edge| edge.0 == 0).collect();
        for (edge, expected) in first.iter().zip(golden["first_row"].as_array().unwrap()) {
            assert_eq!(edge.1 as u64, expected[0].as_u64().unwrap());
            // Theirs is computed in 32 bits; the exponent enlarges the error of a scale as the weight falls.
            near(edge.2, &expected[1], 1e-3);
        }
    }
}

#[test]
fn trustworthiness_is_scikit_learns() {
    let (points, golden) = (points(), golden());
    let first = points.slice(s![.., ..2]);
    let found = |k, distance| trustworthiness(points.view(), first, k, distance).unwrap();
    for k in [5, 12] {
        let expected = &golden["trustworthiness_of_first_two_features"][k.to_string()];
        near(found(k, Distance::Euclidean), expected, 1e-12);
    }
    near(found(7, Distance::Cosine), &golden["trustworthiness_of_first_two_features_cosine"], 1e-12);
    assert_eq!(trustworthiness(points.view(), points.view(), 5, Distance::Euclidean).unwrap(), 1.0);
}

#[test]
fn layouts_are_as_trustworthy_as_umap_learns() {
    let points = points();
    for (name, distance) in [("euclidean", Distance::Euclidean), ("cosine", Distance::Cosine)] {
        let theirs: Vec<f64> = golden()["embeddings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|case| case["metric"] == name)
            .flat_map(|case| case["trustworthiness"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()))
            .collect();
        assert_eq!(theirs.len(), 10);
        let ours: Vec<f64> = (0..5)
            .map(|seed| {
                let umap = Umap { distance, ..Umap::default() };
                let layout = umap.layout(points.view(), &mut Rng::new(seed)).unwrap();
                trustworthiness(points.view(), layout.view(), 10, distance).unwrap()
            })
            .collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let spread = theirs.iter().fold(0.0_f64, |most, value| most.max((value - mean(&theirs)).abs()));
        println!("{name}: ours {:.4} {ours:.4?}, umap-learn {:.4} ± {spread:.4}", mean(&ours), mean(&theirs));
        assert!(mean(&ours) > mean(&theirs) - spread.max(0.002), "{ours:?} {theirs:?}");
        assert!(mean(&ours) > 0.85, "{ours:?}");
    }
}

#[test]
fn clusters_stay_together_and_apart() {
    let layout = Umap::default().layout(points().view(), &mut Rng::new(3)).unwrap();
    let centre = |cluster: usize| layout.slice(s![cluster..;6, ..]).mean_axis(Axis(0)).unwrap();
    let centres: Vec<_> = (0..6).map(centre).collect();
    for (point, place) in layout.outer_iter().enumerate() {
        let distance = |cluster: usize| (&place - &centres[cluster]).mapv(|d| d * d).sum();
        let nearest = (0..6).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap();
        assert_eq!(nearest, point % 6, "point {point}");
    }
}

#[test]
fn a_layout_follows_from_the_seed_alone_whatever_the_number_of_threads() {
    let points = points();
    let layout = |seed, threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Umap::default().layout(points.view(), &mut Rng::new(seed)).unwrap())
    };
    assert_eq!(layout(1, 1), layout(1, 3));
    assert_ne!(layout(1, 1), layout(2, 1));
}

#[test]
fn neighbours_are_the_nearest_and_the_point_itself_comes_first() {
    // On a line: 0, 1, 3, 7, and 3 again.
    let line = array![[0.0], [1.0], [3.0], [7.0], [3.0]];
    let found = Neighbours::exact(line.view(), 3, Distance::Euclidean);
    assert_eq!(found.indices, [0, 1, 2, 1, 0, 2, 2, 4, 1, 3, 2, 4, 4, 2, 1]);
    assert_eq!(found.distances, [0.0, 1.0, 3.0, 0.0, 1.0, 2.0, 0.0, 0.0, 2.0, 0.0, 4.0, 4.0, 0.0, 0.0, 2.0]);
    // Directions: a zero point is at distance 1 from all but another zero point.
    let directions = Distance::Cosine.prepared(array![[2.0, 0.0], [0.0, 3.0], [0.0, 0.0], [1.0, 1.0], [0.0, 0.0]]);
    let found = Neighbours::exact(directions.view(), 3, Distance::Cosine);
    assert_eq!(found.indices[6..9], [2, 4, 0]);
    assert_eq!(found.distances[6..9], [0.0, 0.0, 1.0]);
    assert_eq!(found.indices[..3], [0, 3, 1]);
    assert!((found.distances[1] - (1.0 - 0.5_f64.sqrt())).abs() < 1e-12);
}

#[test]
fn what_cannot_be_laid_out_is_refused() {
    let points = points();
    let refused =
        |umap: Umap, n: usize| umap.layout(points.slice(s![..n, ..]), &mut Rng::new(0)).unwrap_err().to_string();
    let usual = Umap::default();
    for (umap, n, words) in [
        (usual, 14, ["14 stimuli", "at least 15"]),
        (Umap { n_neighbours: 1, ..usual }, 300, ["neighbours is 1", "at least 2"]),
        (Umap { min_distance: -1.0, ..usual }, 300, ["minimum distance is -1", "0 or above"]),
        (Umap { spread: 0.0, ..usual }, 300, ["spread is 0", "above 0"]),
    ] {
        let refused = refused(umap, n);
        assert!(words.iter().all(|word| refused.contains(word)), "{refused}");
    }
    let flat = Array2::from_shape_fn((30, 4), |(point, _)| point as f64);
    assert!(matches!(usual.layout(flat.view(), &mut Rng::new(0)), Err(StatsError::TooFew { .. })));
    let mut broken = points.clone();
    broken[[3, 4]] = f64::NAN;
    assert!(matches!(usual.layout(broken.view(), &mut Rng::new(0)), Err(StatsError::NotFinite { row: 3, .. })));
    assert!(trustworthiness(points.view(), points.view(), 150, Distance::Euclidean).is_err());
}
