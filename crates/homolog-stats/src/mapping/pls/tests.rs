use super::*;
use crate::gram::Gram;
use crate::random::Rng;
use crate::splits::{FoldOrder, k_fold};

fn unscaled(n_components: usize) -> PlsOptions {
    PlsOptions { n_components, scaling: PlsScaling::None }
}

fn simulated(n_stimuli: usize, n_features: usize, n_targets: usize) -> (Array2<f64>, Array2<f64>) {
    let mut rng = Rng::new(8);
    let mut draw = |n_rows, n_columns| Array2::from_shape_simple_fn((n_rows, n_columns), || rng.normal());
    let latent = draw(n_stimuli, 6);
    let features = latent.dot(&draw(6, n_features)) + draw(n_stimuli, n_features) + 3.0;
    let targets = latent.dot(&draw(6, n_targets)) + draw(n_stimuli, n_targets) * 2.0 - 1.0;
    (features, targets)
}

/// The textbook iteration, to convergence, deflating X and Y themselves.
fn nipals(features: &Array2<f64>, targets: &Array2<f64>, split: &Split, n_components: usize) -> Array2<f64> {
    let mut x = features.select(Axis(0), &split.train);
    let mut y = targets.select(Axis(0), &split.train);
    let (x_mean, y_mean) = (x.mean_axis(Axis(0)).unwrap(), y.mean_axis(Axis(0)).unwrap());
    x -= &x_mean;
    y -= &y_mean;
    let mut test = features.select(Axis(0), &split.test) - &x_mean;
    let mut predicted = Array2::zeros((split.test.len(), targets.ncols())) + &y_mean;
    for _ in 0..n_components {
        let mut q = Array1::from_elem(targets.ncols(), 1.0) + &Array1::linspace(0.0, 0.1, targets.ncols());
        for _ in 0..20_000 {
            q = y.t().dot(&x.dot(&x.t().dot(&y.dot(&q))));
            q /= q.dot(&q).sqrt();
        }
        let mut w = x.t().dot(&y.dot(&q));
        w /= w.dot(&w).sqrt();
        let t = x.dot(&w);
        let p = x.t().dot(&t) / t.dot(&t);
        let c = y.t().dot(&t) / t.dot(&t);
        let t_test = test.dot(&w);
        let outer =
            |a: &Array1<f64>, b: &Array1<f64>| a.view().insert_axis(Axis(1)).dot(&b.view().insert_axis(Axis(0)));
        x -= &outer(&t, &p);
        y -= &outer(&t, &c);
        test -= &outer(&t_test, &p);
        predicted += &outer(&t_test, &c);
    }
    predicted
}

fn largest_difference(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().fold(0.0, |most, d| d.abs().max(most))
}

#[test]
fn predictions_equal_those_of_the_converged_textbook_iteration() {
    let (features, targets) = simulated(60, 20, 7);
    let predictors = Predictors::from_features(features.view()).unwrap();
    let pls = PreparedPls::new(&predictors, targets.view()).unwrap();
    for split in k_fold(60, 4, FoldOrder::Shuffled(1)).unwrap() {
        let expected = nipals(&features, &targets, &split, 5);
        assert!(largest_difference(&pls.predict(&split, &unscaled(5)).unwrap(), &expected) < 1e-9);
    }
}

#[test]
fn more_features_than_training_stimuli_but_not_than_stimuli_are_as_the_textbook_has_them() {
    let (features, targets) = simulated(50, 45, 3);
    let split = Split { train: (0..40).collect(), test: (40..50).collect() };
    let expected = nipals(&features, &targets, &split, 3);
    let by_features = Predictors::from_features(features.view()).unwrap();
    let by_gram = Predictors::from_gram(&Gram::of(features.view()).unwrap()).unwrap();
    for predictors in [by_features, by_gram] {
        let found = PreparedPls::new(&predictors, targets.view()).unwrap().predict(&split, &unscaled(3)).unwrap();
        assert!(largest_difference(&found, &expected) < 1e-9);
    }
}

#[test]
fn pls_by_the_gram_matrix_equals_pls_by_the_features() {
    let (features, targets) = simulated(50, 30, 6);
    let by_features = Predictors::from_features(features.view()).unwrap();
    let by_gram = Predictors::from_gram(&Gram::of(features.view()).unwrap()).unwrap();
    let split = Split { train: (5..45).collect(), test: vec![0, 3, 49] };
    for n_components in [1, 4, 9] {
        let predict = |predictors| {
            PreparedPls::new(predictors, targets.view()).unwrap().predict(&split, &unscaled(n_components)).unwrap()
        };
        assert!(largest_difference(&predict(&by_features), &predict(&by_gram)) < 1e-9);
    }
}

#[test]
fn more_targets_than_are_kept_give_the_same_predictions() {
    let (features, targets) = simulated(40, 12, 3);
    let many = Array2::from_shape_fn((40, 1026), |(stimulus, target)| targets[[stimulus, target % 3]]);
    let split = Split { train: (0..30).collect(), test: (30..40).collect() };
    let predictors = Predictors::from_features(features.view()).unwrap();
    let predict = |targets: &Array2<f64>| {
        PreparedPls::new(&predictors, targets.view()).unwrap().predict(&split, &unscaled(3)).unwrap()
    };
    let (few, many) = (predict(&targets), predict(&many));
    let first_three = many.slice(ndarray::s![.., ..3]).to_owned();
    assert!(largest_difference(&few, &first_three) < 1e-9);
}

#[test]
fn more_components_than_the_features_have_directions_are_refused() {
    let (features, targets) = simulated(30, 4, 5);
    let doubled = ndarray::concatenate(Axis(1), &[features.view(), features.view()]).unwrap();
    let predictors = Predictors::from_features(doubled.view()).unwrap();
    let pls = PreparedPls::new(&predictors, targets.view()).unwrap();
    let split = Split { train: (0..20).collect(), test: (20..30).collect() };
    assert!(pls.predict(&split, &unscaled(4)).is_ok());
    let message = pls.predict(&split, &unscaled(5)).unwrap_err().to_string();
    assert!(message.contains("4 directions of the training features"), "{message}");
    assert!(matches!(pls.predict(&split, &unscaled(9)), Err(StatsError::OutOfRange { .. })));
}

#[test]
fn unit_variance_needs_the_features_themselves() {
    let (features, targets) = simulated(20, 40, 2);
    let predictors = Predictors::from_features(features.view()).unwrap();
    let pls = PreparedPls::new(&predictors, targets.view()).unwrap();
    let split = Split { train: (0..15).collect(), test: (15..20).collect() };
    let options = PlsOptions { n_components: 2, scaling: PlsScaling::UnitVariance };
    assert!(pls.predict(&split, &options).unwrap_err().to_string().contains("scale the features first"));
}
