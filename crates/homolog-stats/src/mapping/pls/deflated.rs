//! The steps of PLS that are the same in the space of features and in the space of stimuli.

use ndarray::Array2;

use super::OPERATION;
use crate::error::StatsError;
use crate::mapping::dominant::dominant_eigenpair;

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
    /// Adds the component whose direction in the targets is `direction`, of strength qᵀ Yᵀ X Xᵀ Y q, and deflates by it.
    fn advance(&mut self, direction: &[f64], strength: f64) -> Component;
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

/// Takes `n_components` components, the strongest first.
pub(super) fn extract(mut side: impl DeflatedSide, n_components: usize) -> Result<Components, StatsError> {
    let n_targets = side.n_targets();
    let mut products = TargetProducts::new(&side);
    let mut start = vec![1.0; n_targets];
    let (mut strongest, mut scores, mut loadings) = (0.0_f64, Vec::new(), Vec::with_capacity(n_components * n_targets));
    for found in 0..n_components {
        products.renew_when_small(&side);
        let (strength, direction) = products.strongest_direction(&side, &start);
        strongest = strongest.max(strength);
        if strength.is_nan() || strength <= side.resolution() * strongest {
            let what = "directions of the training features that covary with the targets";
            return Err(StatsError::TooFew { operation: OPERATION, what, found, needed: n_components });
        }
        let component = side.advance(&direction, strength);
        products.deflate(&component);
        start = component.image_on_targets;
        loadings.extend(component.loading);
        scores.push(component.test_scores);
    }
    let n_test = scores.first().map_or(0, Vec::len);
    Ok(Components {
        test_scores: Array2::from_shape_fn((n_test, n_components), |(stimulus, component)| scores[component][stimulus]),
        loadings: Array2::from_shape_fn((n_components, n_targets), |(component, target)| {
            loadings[component * n_targets + target]
        }),
    })
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
