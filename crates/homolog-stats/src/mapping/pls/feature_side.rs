//! PLS in the space of features: for at most as many features as stimuli.

use ndarray::{Array2, ArrayView2, Axis};

use super::deflated::{Begun, Component, DeflatedSide};
use super::{Fold, PlsScaling, scales};
use crate::mapping::products::{add_scaled, dot, times_vector, transpose_times_self};
use crate::mapping::rows_apart::{take_away_products_of_rows, transposed_rows_times};

/// What makes the training part's Xᵀ X of that of all stimuli.
struct TrainingProducts<'a> {
    /// Features of the stimuli that are left out.
    left_out: Vec<&'a [f64]>,
    mean: Vec<f64>,
    /// What each feature is divided by.
    scales: Vec<f64>,
    n_train: f64,
}

impl TrainingProducts<'_> {
    /// D v, where D divides by the scales.
    fn scaled(&self, vector: &[f64]) -> Vec<f64> {
        vector.iter().zip(&self.scales).map(|(x, scale)| x / scale).collect()
    }

    /// D (Xᵀ X over all − X_outᵀ X_out − n μ μᵀ) `scaled`, of which `image` is the first term; and the scores of what is left out, centred
    /// by the training part.
    fn completed(&self, mut image: Vec<f64>, scaled: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut scores = take_away_products_of_rows(&self.left_out, scaled, &mut image);
        let of_mean = dot(&self.mean, scaled);
        add_scaled(&mut image, -self.n_train * of_mean, &self.mean);
        image.iter_mut().zip(&self.scales).for_each(|(x, scale)| *x /= scale);
        scores.iter_mut().for_each(|score| *score -= of_mean);
        (image, scores)
    }
}

/// Cross-products in the space of features, with the components taken from them.
pub(super) struct FeatureSide<'a> {
    training: TrainingProducts<'a>,
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

impl<'a> FeatureSide<'a> {
    /// `rows` are those of `features`.
    pub(super) fn new(
        fold: &Fold<'_>,
        (features, rows): (&Array2<f64>, &[&'a [f64]]),
        targets: ArrayView2<'_, f64>,
        cross_of_all: &Array2<f64>,
    ) -> Self {
        let left_out: Vec<&[f64]> = fold.left_out.iter().map(|&position| rows[position]).collect();
        let left_out_targets = targets.select(Axis(0), &fold.left_out);
        let (of_left_out, sums) = transposed_rows_times(&left_out, features.ncols(), left_out_targets.view());
        // All columns sum to zero, so that what is left out makes the mean of the rest.
        let mean: Vec<f64> = sums.iter().map(|sum| -sum / fold.n_train()).collect();
        let scales = scales(features.view(), &fold.split.train, &mean, fold.scaling);
        let mut cross = of_left_out;
        cross.zip_mut_with(cross_of_all, |left_out, all| *left_out = all - *left_out);
        for ((mut row, mean), scale) in cross.outer_iter_mut().zip(&mean).zip(&scales) {
            add_scaled(row.as_slice_mut().unwrap_or_default(), -fold.n_train() * mean, &fold.target_means);
            if fold.scaling == PlsScaling::UnitVariance {
                row.iter_mut().zip(&fold.target_scales).for_each(|(value, of_target)| *value /= scale * of_target);
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

impl DeflatedSide for FeatureSide<'_> {
    fn n_targets(&self) -> usize {
        self.cross.ncols()
    }

    fn resolution(&self) -> f64 {
        // Cross-products are exact to some 1e-15 of the largest, and strengths are their squares.
        1e-26
    }

    fn target_products(&self) -> Array2<f64> {
        if self.taken.is_empty() {
            return transpose_times_self(self.cross.view());
        }
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
