//! PLS in the space of stimuli: for more features than stimuli, from their Gram matrix alone.

use ndarray::{Array2, ArrayView2, Axis};

use super::Fold;
use super::deflated::{Begun, Component, DeflatedSide};
use crate::mapping::products::{add_scaled, dot, product, times_vector};

/// Cross-products in the space of stimuli, with the components taken from them. Vectors run over all stimuli: what lies in the training
/// part makes the model, what lies in the test part is predicted by the same operations.
pub(super) struct StimulusSide<'a> {
    train: &'a [usize],
    test: &'a [usize],
    /// Centred targets of the training part, zero elsewhere (n_stimuli, n_targets).
    targets: Array2<f64>,
    /// K Y, centred by the training part, before any deflation (n_stimuli, n_targets).
    cross: Array2<f64>,
    taken: Vec<Taken>,
}

struct Taken {
    /// Scores t of the training part, zero elsewhere.
    score: Vec<f64>,
    /// Scores of all stimuli.
    all_scores: Vec<f64>,
    /// K t.
    image: Vec<f64>,
    score_square: f64,
    loading: Vec<f64>,
}

impl<'a> StimulusSide<'a> {
    pub(super) fn new(
        fold: &Fold<'a>,
        gram: &Array2<f64>,
        all_targets: ArrayView2<'_, f64>,
        cross_of_all: &Array2<f64>,
    ) -> Self {
        let mut targets = Array2::zeros(all_targets.dim());
        for &position in &fold.split.train {
            let centred = &all_targets.row(position) - &ndarray::aview1(&fold.target_means);
            targets.row_mut(position).assign(&centred);
        }
        let left_out = gram.select(Axis(1), &fold.left_out);
        let left_out_targets = all_targets.select(Axis(0), &fold.left_out);
        let mut cross = cross_of_all - &product(left_out.view(), left_out_targets.view());
        let to_train: Vec<f64> =
            gram.outer_iter().map(|row| fold.split.train.iter().map(|&at| row[at]).sum()).collect();
        for (mut row, &products) in cross.outer_iter_mut().zip(&to_train) {
            row.iter_mut().zip(&fold.target_means).for_each(|(value, mean)| *value -= products * mean);
        }
        let (train, test) = (fold.split.train.as_slice(), fold.split.test.as_slice());
        let means = super::mean_of_rows(cross.view(), train);
        cross -= &ndarray::aview1(&means);
        Self { train, test, targets, cross, taken: Vec::new() }
    }

    /// K v centred by the training part, for a v of the training part that sums to zero.
    fn centred(&self, mut image: Vec<f64>) -> Vec<f64> {
        let mean = self.train.iter().map(|&at| image[at]).sum::<f64>() / self.train.len() as f64;
        image.iter_mut().for_each(|value| *value -= mean);
        image
    }

    /// K (deflated Y) · direction.
    fn cross_times(&self, direction: &[f64]) -> Vec<f64> {
        let mut image = times_vector(self.cross.view(), direction);
        for taken in &self.taken {
            add_scaled(&mut image, -dot(&taken.loading, direction), &taken.image);
        }
        image
    }

    fn only_train(&self, vector: &[f64]) -> Vec<f64> {
        let mut kept = vec![0.0; vector.len()];
        self.train.iter().for_each(|&at| kept[at] = vector[at]);
        kept
    }

    fn deflated(&self, whole: &Array2<f64>, of: fn(&Taken) -> &[f64]) -> Array2<f64> {
        let mut deflated = whole.clone();
        for taken in &self.taken {
            for (mut row, &factor) in deflated.outer_iter_mut().zip(of(taken)) {
                row.iter_mut().zip(&taken.loading).for_each(|(value, loading)| *value -= factor * loading);
            }
        }
        deflated
    }
}

impl DeflatedSide for StimulusSide<'_> {
    fn n_targets(&self) -> usize {
        self.cross.ncols()
    }

    fn resolution(&self) -> f64 {
        // Products with the Gram matrix are exact to some 1e-15 of the largest, and strengths are read off them.
        1e-13
    }

    fn target_products(&self) -> Array2<f64> {
        let targets = self.deflated(&self.targets, |taken| &taken.score);
        let cross = self.deflated(&self.cross, |taken| &taken.image);
        let products = product(targets.t(), cross.view());
        (&products + &products.t()) / 2.0
    }

    fn apply_target_products(&self, vector: &[f64]) -> Vec<f64> {
        let image = self.only_train(&self.cross_times(vector));
        let mut products = times_vector(self.targets.t(), &image);
        for taken in &self.taken {
            add_scaled(&mut products, -dot(&taken.score, &image), &taken.loading);
        }
        products
    }

    fn begin(&self, direction: &[f64]) -> Begun {
        let mut scores = self.cross_times(direction);
        for taken in &self.taken {
            let along = dot(&taken.score, &scores) / taken.score_square;
            add_scaled(&mut scores, -along, &taken.all_scores);
        }
        Begun { asked: self.only_train(&scores), own: scores }
    }

    fn finish(&mut self, begun: Begun, image: Vec<f64>, direction: &[f64], strength: f64) -> Component {
        let Begun { own: scores, asked: score } = begun;
        let score_square = dot(&score, &score);
        let image = self.centred(image);
        let loading: Vec<f64> = direction.iter().map(|q| q * strength / score_square).collect();
        let mut image_on_targets = times_vector(self.cross.t(), &score);
        for taken in &self.taken {
            add_scaled(&mut image_on_targets, -dot(&taken.image, &score), &taken.loading);
        }
        let component = Component {
            test_scores: self.test.iter().map(|&at| scores[at]).collect(),
            image_on_targets,
            image_square: dot(&score, &image),
            loading: loading.clone(),
        };
        self.taken.push(Taken { score, all_scores: scores, image, score_square, loading });
        component
    }
}
