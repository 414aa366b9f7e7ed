//! The steps of PLS that are the same in the space of features and in the space of stimuli.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::OPERATION;
use crate::error::StatsError;
use crate::mapping::dominant::dominant_eigenpair;
use crate::mapping::products::product;

/// Up to this many targets their products Yᵀ X Xᵀ Y are kept and updated; with more they are only ever applied.
const MOST_TARGETS_KEPT: usize = 1024;
/// The kept products are formed anew when they have shrunk by this, so that what rounding the updates left stays far below them.
const SHRINKAGE_BEFORE_RENEWAL: f64 = 1e-3;

/// Cross-products of one training part, deflated by the components found so far.
pub(super) trait DeflatedSide {
    /// How many targets there are.
    fn n_targets(&self) -> usize;
    /// Below this share of the first component's strength there is only rounding.
    fn resolution(&self) -> f64;
    /// Yᵀ X Xᵀ Y of the deflated data, formed from scratch.
    fn target_products(&self) -> Array2<f64>;
    /// The same applied to a vector.
    fn apply_target_products(&self, vector: &[f64]) -> Vec<f64>;
    /// Begins the component whose direction in the targets is `direction`.
    fn begin(&self, direction: &[f64]) -> Begun;
    /// Takes the component, of strength qᵀ Yᵀ X Xᵀ Y q, and deflates by it; `image` is what the products of all stimuli make of what was
    /// asked.
    fn finish(&mut self, begun: Begun, image: Vec<f64>, direction: &[f64], strength: f64) -> Component;
}

/// A component of which the products with all stimuli are missing: the one step that all splits can take together.
pub(super) struct Begun {
    /// The component in the side's own space: a rotation of features, or scores of stimuli.
    pub(super) own: Vec<f64>,
    /// What Xᵀ X, or K, of all stimuli is to be applied to.
    pub(super) asked: Vec<f64>,
}

/// One component.
pub(super) struct Component {
    /// Yᵀ t / tᵀ t (n_targets).
    pub(super) loading: Vec<f64>,
    /// Scores of the test stimuli.
    pub(super) test_scores: Vec<f64>,
    /// Yᵀ X Xᵀ t before the deflation (n_targets).
    pub(super) image_on_targets: Vec<f64>,
    /// tᵀ X Xᵀ t.
    pub(super) image_square: f64,
}

/// All components of one split.
pub(super) struct Components {
    /// (n_test, n_components).
    pub(super) test_scores: Array2<f64>,
    /// (n_components, n_targets).
    pub(super) loadings: Array2<f64>,
}

/// Takes `n_components` components of each split, the strongest first. `whole` is Xᵀ X, or K, of all stimuli: large, and read once for
/// each component of all splits.
pub(super) fn extract<S: DeflatedSide + Send>(
    sides: Vec<S>,
    whole: ArrayView2<'_, f64>,
    n_components: usize,
) -> Result<Vec<Components>, StatsError> {
    let mut extractions: Vec<Extraction<S>> = sides.into_par_iter().map(Extraction::new).collect();
    for _ in 0..n_components {
        let begun: Vec<Next> =
            extractions.par_iter_mut().map(|extraction| extraction.next(n_components)).collect::<Result<_, _>>()?;
        let mut asked = Array2::zeros((begun.len(), whole.nrows()));
        for (mut row, next) in asked.outer_iter_mut().zip(&begun) {
            row.assign(&ndarray::aview1(&next.begun.asked));
        }
        // Symmetric, so that rows can be multiplied from the left.
        let images = product(asked.view(), whole);
        let with_images = extractions.par_iter_mut().zip(begun).zip(images.axis_iter(Axis(0)).into_par_iter());
        with_images.for_each(|((extraction, next), image)| extraction.take(next, image.to_vec()));
    }
    Ok(extractions.into_iter().map(Extraction::finished).collect())
}

/// The components of one split so far.
struct Extraction<S> {
    side: S,
    products: TargetProducts,
    /// Where the search for the next direction begins.
    start: Vec<f64>,
    strongest: f64,
    scores: Vec<Vec<f64>>,
    loadings: Vec<f64>,
}

/// The next component of one split.
struct Next {
    strength: f64,
    direction: Vec<f64>,
    begun: Begun,
}

impl<S: DeflatedSide> Extraction<S> {
    fn new(side: S) -> Self {
        let products = TargetProducts::new(&side);
        let start = vec![1.0; side.n_targets()];
        Self { side, products, start, strongest: 0.0, scores: Vec::new(), loadings: Vec::new() }
    }

    fn next(&mut self, needed: usize) -> Result<Next, StatsError> {
        self.products.renew_when_small(&self.side);
        let (strength, direction) = self.products.strongest_direction(&self.side, &self.start);
        self.strongest = self.strongest.max(strength);
        if strength.is_nan() || strength <= self.side.resolution() * self.strongest {
            let what = "directions of the training features that covary with the targets";
            return Err(StatsError::TooFew { operation: OPERATION, what, found: self.scores.len(), needed });
        }
        Ok(Next { strength, begun: self.side.begin(&direction), direction })
    }

    fn take(&mut self, next: Next, image: Vec<f64>) {
        let component = self.side.finish(next.begun, image, &next.direction, next.strength);
        self.products.deflate(&component);
        self.start = component.image_on_targets;
        self.loadings.extend(component.loading);
        self.scores.push(component.test_scores);
    }

    fn finished(self) -> Components {
        let Self { side, scores, loadings, .. } = self;
        let (n_test, n_components, n_targets) = (scores.first().map_or(0, Vec::len), scores.len(), side.n_targets());
        Components {
            test_scores: Array2::from_shape_fn((n_test, n_components), |(stimulus, component)| {
                scores[component][stimulus]
            }),
            loadings: Array2::from_shape_fn((n_components, n_targets), |(component, target)| {
                loadings[component * n_targets + target]
            }),
        }
    }
}

/// Yᵀ X Xᵀ Y: kept while it is small, else only applied.
enum TargetProducts {
    Kept { products: Array2<f64>, trace_when_formed: f64 },
    Applied,
}

impl TargetProducts {
    fn new(side: &impl DeflatedSide) -> Self {
        if side.n_targets() > MOST_TARGETS_KEPT {
            return Self::Applied;
        }
        let products = side.target_products();
        let trace_when_formed = products.diag().sum();
        Self::Kept { products, trace_when_formed }
    }

    fn renew_when_small(&mut self, side: &impl DeflatedSide) {
        if let Self::Kept { products, trace_when_formed } = self
            && products.diag().sum() < SHRINKAGE_BEFORE_RENEWAL * *trace_when_formed
        {
            *self = Self::new(side);
        }
    }

    fn strongest_direction(&self, side: &impl DeflatedSide, start: &[f64]) -> (f64, Vec<f64>) {
        match self {
            Self::Kept { products, .. } => {
                let apply = |vector: &[f64]| crate::mapping::products::times_vector(products.view(), vector);
                dominant_eigenpair(apply, start)
            }
            Self::Applied => dominant_eigenpair(|vector| side.apply_target_products(vector), start),
        }
    }

    /// With Y' = Y − t cᵀ: M' = M − h cᵀ − c hᵀ + (tᵀ X Xᵀ t) c cᵀ, where h = Yᵀ X Xᵀ t.
    fn deflate(&mut self, component: &Component) {
        let Self::Kept { products, .. } = self else {
            return;
        };
        let (image, loading, square) = (&component.image_on_targets, &component.loading, component.image_square);
        for (row, mut line) in products.outer_iter_mut().enumerate() {
            let from_loading = image[row] - square * loading[row];
            for (column, value) in line.iter_mut().enumerate() {
                *value -= from_loading * loading[column] + loading[row] * image[column];
            }
        }
    }
}
