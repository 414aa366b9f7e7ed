//! What was put into the simulated world is found again, by both of the ways in which `homolog demo` looks for it.

use ndarray::{Array1, Array2, Axis};

use super::*;

fn world() -> World {
    World::simulate(&WorldSettings::default()).unwrap()
}

/// Upper triangle of 1 - Pearson correlation between rows.
fn correlation_rdm(patterns: &Array2<f64>) -> Vec<f64> {
    let mut rows = patterns.clone();
    for mut row in rows.outer_iter_mut() {
        let mean = row.mean().unwrap();
        row.mapv_inplace(|value| value - mean);
        let norm = row.dot(&row).sqrt();
        row.mapv_inplace(|value| value / norm);
    }
    let gram = rows.dot(&rows.t());
    let n = gram.nrows();
    (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).map(|pair| 1.0 - gram[pair]).collect()
}

/// Ranks, ties by their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let tied = order[start..].iter().take_while(|&&i| values[i] - values[order[start]] < 1e-12).count();
        order[start..start + tied].iter().for_each(|&i| ranks[i] = start as f64 + tied as f64 / 2.0);
        start += tied;
    }
    ranks
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let centred = |values: &[f64]| {
        let array = Array1::from(values.to_vec());
        let mean = array.mean().unwrap();
        array - mean
    };
    let (a, b) = (centred(a), centred(b));
    a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
}

/// Median over units of the correlation between held-out responses and their prediction by ridge regression (kernel form,
/// penalty a tenth of the mean eigenvalue), every fifth stimulus held out.
fn encoding_score(features: &Array2<f64>, responses: &Array2<f64>) -> f64 {
    let centred = features - &features.mean_axis(Axis(0)).unwrap();
    let kernel = centred.dot(&centred.t());
    let n = kernel.nrows();
    let is_test = |i: usize| (i / 8 + i % 8).is_multiple_of(5);
    let (test, train): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| is_test(i));
    let mut system = kernel.select(Axis(0), &train).select(Axis(1), &train);
    let penalty = 0.1 * system.diag().mean().unwrap();
    system.diag_mut().mapv_inplace(|value| value + penalty);
    let mean = responses.select(Axis(0), &train).mean_axis(Axis(0)).unwrap();
    let weights = solve(system, &responses.select(Axis(0), &train) - &mean);
    let predicted = kernel.select(Axis(0), &test).select(Axis(1), &train).dot(&weights);
    let measured = responses.select(Axis(0), &test);
    let mut scores: Vec<f64> = (0..responses.ncols())
        .map(|unit| pearson(&predicted.column(unit).to_vec(), &measured.column(unit).to_vec()))
        .collect();
    scores.sort_by(f64::total_cmp);
    scores[scores.len() / 2]
}

/// Solves a positive definite system by Gaussian elimination.
fn solve(mut system: Array2<f64>, mut right: Array2<f64>) -> Array2<f64> {
    let n = system.nrows();
    for pivot in 0..n {
        let (row, target) = (system.row(pivot).to_owned(), right.row(pivot).to_owned());
        for below in (0..n).filter(|&below| below != pivot) {
            let factor = system[[below, pivot]] / row[pivot];
            system.row_mut(below).scaled_add(-factor, &row);
            right.row_mut(below).scaled_add(-factor, &target);
        }
    }
    for (mut row, pivot) in right.outer_iter_mut().zip(system.diag()) {
        row.mapv_inplace(|value| value / pivot);
    }
    right
}

/// The best model, and by how much it leads the second.
fn best(
    world: &World,
    region: &SimulatedRegion,
    score: impl Fn(&Array2<f64>, &Array2<f64>) -> f64,
) -> (&'static str, f64) {
    let mean = region.responses.mean_axis(Axis(0)).unwrap();
    let mut scores: Vec<(f64, &'static str)> =
        world.models.iter().map(|model| (score(&model.features, &mean), model.name)).collect();
    scores.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!("{}: {scores:.3?}", region.name);
    (scores[0].1, scores[0].0 - scores[1].0)
}

#[test]
fn each_region_is_best_matched_by_the_model_it_was_built_from_in_similarity() {
    let world = world();
    for region in &world.regions {
        let rsa = |features: &Array2<f64>, mean: &Array2<f64>| {
            pearson(&ranks(&correlation_rdm(features)), &ranks(&correlation_rdm(mean)))
        };
        let (name, lead) = best(&world, region, rsa);
        assert_eq!(name, region.matched_by, "{}", region.name);
        assert!(lead > 0.1, "{}: {lead}", region.name);
    }
}

#[test]
fn each_region_is_best_predicted_by_the_model_it_was_built_from() {
    let world = world();
    for region in &world.regions {
        let (name, lead) = best(&world, region, encoding_score);
        assert_eq!(name, region.matched_by, "{}", region.name);
        assert!(lead > 0.05, "{}: {lead}", region.name);
    }
}

#[test]
fn gratings_recover_the_orientation_of_v1_units() {
    let world = world();
    let errors =
        world.measured_orientation_deg().into_iter().zip(&world.v1_orientation_deg).map(|(measured, built)| {
            let difference = (measured - built).rem_euclid(180.0);
            difference.min(180.0 - difference)
        });
    let mut errors: Vec<f64> = errors.collect();
    errors.sort_by(f64::total_cmp);
    assert!(errors[errors.len() / 2] < 5.0, "median {}", errors[errors.len() / 2]);
    assert!(errors[errors.len() * 9 / 10] < 12.0, "nine tenths within {}", errors[errors.len() * 9 / 10]);
}

#[test]
fn counts_scatter_as_poisson_counts_with_a_shared_gain() {
    let settings = WorldSettings { per_category: 2, size_px: 32, n_units: 20, n_repetitions: 200, seed: 3 };
    let world = World::simulate(&settings).unwrap();
    for region in &world.regions {
        assert_eq!(region.responses.dim(), (200, 16, 20));
        let mean = region.responses.mean_axis(Axis(0)).unwrap();
        let variance = region.responses.var_axis(Axis(0), 1.0);
        // Poisson: the mean. The gain adds (0.1 × rate)².
        let expected = region.rates.mapv(|rate| rate + (0.1 * rate).powi(2));
        assert!((mean.sum() / region.rates.sum() - 1.0).abs() < 0.01, "{}", region.name);
        assert!((variance.sum() / expected.sum() - 1.0).abs() < 0.15, "{}", region.name);
    }
}

#[test]
fn a_seed_gives_the_same_world() {
    let small = |seed| {
        World::simulate(&WorldSettings { per_category: 1, size_px: 24, n_units: 5, n_repetitions: 2, seed }).unwrap()
    };
    assert_eq!(small(4).regions[1].responses, small(4).regions[1].responses);
    assert_ne!(small(4).regions[2].responses, small(5).regions[2].responses);
}
