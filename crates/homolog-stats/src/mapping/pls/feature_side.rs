//! PLS in the space of features: for at most as many features as stimuli.

use ndarray::{Array2, ArrayView2, Axis};

use super::deflated::{Begun, Component, DeflatedSide};
use super::{Fold, mean_of_training, scales};
use crate::mapping::products::{add_scaled, dot, product, times_vector, transpose_times_self};

/// What makes the training part's Xᵀ X of that of all stimuli.
struct TrainingProducts {
    /// Features of the stimuli that are left out.
    left_out: Array2<f64>,
    mean: Vec<f64>,
    /// What each feature is divided by.
    scales: Vec<f64>,
    n_train: f64,
}

impl TrainingProducts {
    /// D v, where D divides by the scales.
    fn scaled(&self, vector: &[f64]) -> Vec<f64> {
        vector.iter().zip(&self.scales).map(|(x, scale)| x / scale).collect()
    }

    /// D (Xᵀ X over all − X_outᵀ X_out − n μ μᵀ) `scaled`, of which `image` is the first term; and the scores of what is left out, centred
    /// by the training part.
    fn completed(&self, mut image: Vec<f64>, scaled: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut scores = times_vector(self.left_out.view(), scaled);
        add_scaled(&mut image, -1.0, &times_vector(self.left_out.t(), &scores));
        let of_mean = dot(&self.mean, scaled);
        add_scaled(&mut image, -self.n_train * of_mean, &self.mean);
        image.iter_mut().zip(&self.scales).for_each(|(x, scale)| *x /= scale);
        scores.iter_mut().for_each(|score| *score -= of_mean);
        (image, scores)
    }
}

/// Cross-products in the space of features, with the components taken from them.
pub(super) struct FeatureSide {
    training: TrainingProducts,
    /// Where each test stimulus is among those left out.
    test: Vec<usize>,
    /// Xᵀ Y of the centred training part, before any deflation (n_features, n_targets).
    cross: Array2<f64>,
    /// Of each component: the rotation r with scores t = X r; its image Xᵀ t; tᵀ t; its loading.
    taken: Vec<Taken>,
}

struct Taken {
    rotation: Vec<f64>,
    image: Vec<f64>,
    score_square: f64,
    loading: Vec<f64>,
}

impl FeatureSide {
    pub(super) fn new(
        fold: &Fold<'_>,
        features: &Array2<f64>,
        targets: ArrayView2<'_, f64>,
        cross_of_all: &Array2<f64>,
    ) -> Self {
        let mean = mean_of_training(features.view(), &fold.split.train, &fold.left_out);
        let left_out = features.select(Axis(0), &fold.left_out);
        let left_out_targets = targets.select(Axis(0), &fold.left_out);
        let mut cross = cross_of_all - &product(left_out.t(), left_out_targets.view());
        let scales = scales(features.view(), &fold.split.train, &mean, fold.scaling);
        for (feature, mut row) in cross.outer_iter_mut().enumerate() {
            let mean = fold.n_train() * mean[feature];
            let targets = fold.target_means.iter().zip(&fold.target_scales);
            for (value, (target_mean, target_scale)) in row.iter_mut().zip(targets) {
                *value = (*value - mean * target_mean) / (scales[feature] * target_scale);
            }
        }
        let mut place_of = vec![0; features.nrows()];
        fold.left_out.iter().enumerate().for_each(|(place, &position)| place_of[position] = place);
        let test = fold.split.test.iter().map(|&position| place_of[position]).collect();
        let training = TrainingProducts { left_out, mean, scales, n_train: fold.n_train() };
        Self { training, test, cross, taken: Vec::new() }
    }

    /// (deflated Xᵀ Y) · direction.
    fn cross_times(&self, direction: &[f64]) -> Vec<f64> {
        let mut image = times_vector(self.cross.view(), direction);
        for taken in &self.taken {
            add_scaled(&mut image, -dot(&taken.loading, direction), &taken.image);
        }
        image
    }

    /// (deflated Xᵀ Y)ᵀ · weight.
    fn cross_transposed_times(&self, weight: &[f64]) -> Vec<f64> {
        let mut image = times_vector(self.cross.t(), weight);
        for taken in &self.taken {
            add_scaled(&mut image, -dot(&taken.image, weight), &taken.loading);
        }
        image
    }
}

impl DeflatedSide for FeatureSide {
    fn n_targets(&self) -> usize {
        self.cross.ncols()
    }

    fn resolution(&self) -> f64 {
        // Cross-products are exact to some 1e-15 of the largest, and strengths are their squares.
        1e-26
    }

    fn target_products(&self) -> Array2<f64> {
        let mut deflated = self.cross.clone();
        for taken in &self.taken {
            for (mut row, &image) in deflated.outer_iter_mut().zip(&taken.image) {
                row.iter_mut().zip(&taken.loading).for_each(|(value, loading)| *value -= image * loading);
            }
        }
        transpose_times_self(deflated.view())
    }

    fn apply_target_products(&self, vector: &[f64]) -> Vec<f64> {
        self.cross_transposed_times(&self.cross_times(vector))
    }

    fn begin(&self, direction: &[f64]) -> Begun {
        let weight = self.cross_times(direction);
        let mut rotation = weight.clone();
        for taken in &self.taken {
            add_scaled(&mut rotation, -dot(&taken.image, &weight) / taken.score_square, &taken.rotation);
        }
        Begun { asked: self.training.scaled(&rotation), own: rotation }
    }

    fn finish(&mut self, begun: Begun, image: Vec<f64>, direction: &[f64], strength: f64) -> Component {
        let Begun { own: rotation, asked } = begun;
        let (image, scores_left_out) = self.training.completed(image, &asked);
        let score_square = dot(&rotation, &image);
        // Yᵀ t = Yᵀ X Xᵀ Y q, because the deflated Y is at right angles to every earlier score.
        let loading: Vec<f64> = direction.iter().map(|q| q * strength / score_square).collect();
        let component = Component {
            test_scores: self.test.iter().map(|&place| scores_left_out[place]).collect(),
            image_on_targets: self.cross_transposed_times(&image),
            image_square: dot(&image, &image),
            loading: loading.clone(),
        };
        self.taken.push(Taken { rotation, image, score_square, loading });
        component
    }
}
