//! Principal components, by the smaller side of the features.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use crate::error::StatsError;
use crate::finite::{require_finite, require_stimuli};
use crate::gram::Gram;
use crate::linear_algebra::symmetric_eigen;
use crate::mapping::product;

const OPERATION: &str = "principal components";

/// The first principal components of a set of features.
#[derive(Debug, Clone, PartialEq)]
pub struct PrincipalComponents {
    /// Coordinates of the stimuli along the components: (n_stimuli, n_components).
    pub scores: Array2<f64>,
    /// Unit directions in the features: (n_components, n_features).
    pub components: Array2<f64>,
    /// Variance along each component (ddof 1), from greatest to least.
    pub variances: Array1<f64>,
    /// Share of the variance of all features along each component.
    pub shares: Array1<f64>,
    /// Mean of each feature.
    pub means: Array1<f64>,
}

impl PrincipalComponents {
    /// The first `n_components` of `features`.
    ///
    /// Convention: features centred, not scaled; the entry of largest size of each component is above 0 (scikit-learn's `PCA`).
    ///
    /// # Shapes and units
    /// - `features`: (n_stimuli, n_features), f32 or f64, any real unit.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with fewer than 2 stimuli.
    /// - [`StatsError::NotFinite`] names the first value that is NaN or infinite.
    /// - [`StatsError::OutOfRange`] when `n_components` is 0 or exceeds stimuli or features.
    /// - [`StatsError::TooFew`] when the features vary in fewer directions than `n_components`.
    ///
    /// # Edge cases
    /// Memory: the features once in f64, and the square of the smaller side.
    ///
    /// # Accuracy and randomness
    /// f64, deterministic: the eigendecomposition of the smaller of the covariance and the Gram matrix, which finds variances below 1e-15 of the
    /// largest no more. Agrees with scikit-learn 1.9.1 to 1e-8 (goldens/scikit-learn/pca).
    ///
    /// # Reference
    /// Pearson (1901). On lines and planes of closest fit to systems of points in space. Phil Mag 2:559.
    pub fn of<A: Copy + Into<f64> + Sync + Send>(
        features: ArrayView2<'_, A>,
        n_components: usize,
    ) -> Result<Self, StatsError> {
        require_stimuli(OPERATION, features.nrows(), 2)?;
        require_finite(OPERATION, "features", features)?;
        let (n_stimuli, n_features) = features.dim();
        if n_components == 0 || n_components > n_stimuli.min(n_features) {
            return Err(StatsError::OutOfRange {
                operation: OPERATION,
                parameter: "the number of components",
                value: n_components as f64,
                allowed: "from 1 to the smaller of the numbers of stimuli and features",
            });
        }
        let widened = features.mapv(Into::into);
        let means = widened.mean_axis(Axis(0)).unwrap_or_default();
        let centred = widened - &means;
        let degrees = n_stimuli as f64 - 1.0;
        let is_wide = n_features > n_stimuli;
        let products = match is_wide {
            true => Gram::of(centred.view())?.products,
            false => product(centred.t(), centred.view()),
        };
        let total = products.diag().sum();
        let (squares, vectors) = symmetric_eigen(OPERATION, products.view())?;
        let floor = f64::EPSILON * squares.len() as f64 * squares.last().copied().unwrap_or(0.0);
        let found = squares.iter().filter(|&&square| square > floor).count();
        if found < n_components {
            let what = "directions in which the features vary";
            return Err(StatsError::TooFew { operation: OPERATION, what, found, needed: n_components });
        }
        let squares = squares.slice(s![..;-1]).slice(s![..n_components]).to_owned();
        let vectors = vectors.slice(s![.., ..;-1]).slice(s![.., ..n_components]).to_owned();
        let mut components = match is_wide {
            true => {
                let mut components = product(vectors.t(), centred.view());
                components.outer_iter_mut().zip(&squares).for_each(|(mut row, square)| row /= square.sqrt());
                components
            }
            false => vectors.t().as_standard_layout().into_owned(),
        };
        let mut scores = match is_wide {
            true => vectors * &squares.mapv(f64::sqrt),
            false => product(centred.view(), vectors.view()),
        };
        for (mut component, mut score) in components.outer_iter_mut().zip(scores.columns_mut()) {
            let largest =
                component.iter().copied().fold(0.0, |most: f64, x| if x.abs() > most.abs() { x } else { most });
            if largest < 0.0 {
                component.mapv_inplace(|x| -x);
                score.mapv_inplace(|x| -x);
            }
        }
        Ok(Self { scores, components, shares: &squares / total, variances: squares / degrees, means })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn points_on_a_line_have_one_component() {
        // (0, 0), (3, 4), (6, 8): direction (0.6, 0.8), coordinates −5, 0, 5, variance 25.
        let points = array![[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]];
        let found = PrincipalComponents::of(points.view(), 1).unwrap();
        assert!((&found.components - &array![[0.6, 0.8]]).iter().all(|d| d.abs() < 1e-12));
        assert!((&found.scores - &array![[-5.0], [0.0], [5.0]]).iter().all(|d| d.abs() < 1e-12));
        assert!((found.variances[0] - 25.0).abs() < 1e-12 && (found.shares[0] - 1.0).abs() < 1e-12);
        assert!(matches!(PrincipalComponents::of(points.view(), 2), Err(StatsError::TooFew { found: 1, .. })));
        assert!(matches!(PrincipalComponents::of(points.view(), 3), Err(StatsError::OutOfRange { .. })));
    }

    #[test]
    fn both_sides_rebuild_the_features() {
        let mut rng = crate::random::Rng::new(1);
        for (n, p) in [(9, 6), (7, 20)] {
            let features = Array2::from_shape_simple_fn((n, p), || rng.normal() as f32);
            let found = PrincipalComponents::of(features.view(), 6).unwrap();
            let rebuilt = found.scores.dot(&found.components) + &found.means;
            assert!((&rebuilt - &features.mapv(f64::from)).iter().all(|d| d.abs() < 1e-10));
            assert!((found.shares.sum() - 1.0).abs() < 1e-12);
        }
    }
}
