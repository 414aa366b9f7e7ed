//! Points of many features laid out in a plane so that neighbours stay neighbours: UMAP.
//!
//! | step | file |
//! |---|---|
//! | exact nearest neighbours | `neighbours.rs` |
//! | how strongly neighbours belong together | `graph.rs` |
//! | the curve of distances in the plane, and the descent | `layout.rs` |
//! | how far neighbours in the plane can be believed | [`trustworthiness`] |
//!
//! Neighbours are exact, so time grows with the square of the points: some 20,000 at most. Everything is a function of the
//! features and the generator, whatever the number of threads.

mod graph;
mod layout;
mod neighbours;
#[cfg(test)]
mod tests;
mod trustworthiness;

use ndarray::{Array2, ArrayView2, Axis};

pub use neighbours::Distance;
pub use trustworthiness::trustworthiness;

use self::graph::FuzzyGraph;
use self::layout::{Curve, Descent};
use self::neighbours::Neighbours;
use crate::error::StatsError;
use crate::finite::{require_finite, require_stimuli};
use crate::principal_components::PrincipalComponents;
use crate::random::Rng;

const OPERATION: &str = "UMAP";

/// Largest coordinate of the start, and extent of the start once it is moved to begin at 0.
const START_EXTENT: f64 = 10.0;

/// Spread of the noise that parts points of one place.
const START_NOISE: f64 = 1e-4;

/// Uniform manifold approximation and projection to two dimensions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Umap {
    /// Neighbours of a point, itself among them: small for detail, large for the whole.
    pub n_neighbours: usize,
    /// How close points may come in the plane.
    pub min_distance: f64,
    /// How far apart clusters lie, in the unit of `min_distance`.
    pub spread: f64,
    /// How near two points are in features.
    pub distance: Distance,
    /// Passes over all neighbours; without, 500 for up to 10,000 points and 200 for more.
    pub n_epochs: Option<usize>,
}

impl Default for Umap {
    /// umap-learn's: 15 neighbours, minimum distance 0.1, spread 1, Euclidean.
    fn default() -> Self {
        Self { n_neighbours: 15, min_distance: 0.1, spread: 1.0, distance: Distance::Euclidean, n_epochs: None }
    }
}

impl Umap {
    /// The place of each point in the plane.
    ///
    /// A graph in which the weight of the edge from i to its neighbour j is exp(−(d(i, j) − ρᵢ) / σᵢ), made symmetric by
    /// w + wᵀ − w wᵀ; then stochastic descent of its cross-entropy with 1 / (1 + a d^2b) in the plane, five random points pushed
    /// away for each neighbour that is drawn closer.
    ///
    /// # Shapes and units
    /// - `features`: (n_points, n_features), any real unit.
    /// - returns: (n_points, 2), no unit; axes and the sense of rotation mean nothing.
    ///
    /// # Errors
    /// - [`StatsError::OutOfRange`] for fewer than 2 neighbours, or distances that are not finite and 0 or more, a spread that is 0.
    /// - [`StatsError::TooFewStimuli`] with fewer points than neighbours.
    /// - [`StatsError::NotFinite`] names the first value that is NaN or infinite.
    /// - [`StatsError::TooFew`] when the features vary in fewer than two directions.
    ///
    /// # Edge cases
    /// Points that are equal have neighbours at distance 0. With the cosine, a point that is 0 everywhere is at distance 1 from
    /// all others but those that are 0 too.
    ///
    /// # Accuracy and randomness
    /// f64. Draws the noise of the start and the points that are pushed away from `rng`; the same seed gives the same bits for any
    /// number of threads. The graph and the curve agree with umap-learn 0.5.9 to 1e-4, which computes in 32 bits, and layouts are as
    /// trustworthy as its (goldens/umap-learn/clusters).
    ///
    /// # Reference
    /// McInnes L, Healy J, Melville J (2018). UMAP: uniform manifold approximation and projection for dimension reduction.
    /// arXiv 1802.03426, algorithms 1 to 5. Differs from umap-learn's default in: the start is the first two principal
    /// components (its `init="pca"`), neighbours are exact.
    pub fn layout<A: Copy + Into<f64> + Sync + Send>(
        &self,
        features: ArrayView2<'_, A>,
        rng: &mut Rng,
    ) -> Result<Array2<f64>, StatsError> {
        self.check()?;
        require_stimuli(OPERATION, features.nrows(), self.n_neighbours.max(2))?;
        require_finite(OPERATION, "features", features)?;
        let features = self.distance.prepared(features.mapv(Into::into));
        let neighbours = Neighbours::exact(features.view(), self.n_neighbours, self.distance);
        let graph = FuzzyGraph::of(&neighbours);
        let mut places = start(features.view(), rng)?;
        let n_points = features.nrows();
        let n_epochs = self.n_epochs.unwrap_or(if n_points <= 10_000 { 500 } else { 200 });
        Descent { curve: Curve::fitted(self.min_distance, self.spread), n_epochs }.run(&graph, &mut places, rng);
        Ok(Array2::from_shape_fn((n_points, 2), |(point, axis)| places[point][axis]))
    }

    fn check(&self) -> Result<(), StatsError> {
        let refuse =
            |parameter, value, allowed| Err(StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed });
        if self.n_neighbours < 2 {
            return refuse("the number of neighbours", self.n_neighbours as f64, "at least 2");
        }
        if !(self.min_distance >= 0.0 && self.min_distance.is_finite()) {
            return refuse("the minimum distance", self.min_distance, "0 or above, and finite");
        }
        if !(self.spread > 0.0 && self.spread.is_finite()) {
            return refuse("the spread", self.spread, "above 0, and finite");
        }
        Ok(())
    }
}

/// The first two principal components, scaled to 10 at most, with a little noise; then each axis from 0 to 10.
fn start(features: ArrayView2<'_, f64>, rng: &mut Rng) -> Result<Vec<[f64; 2]>, StatsError> {
    let mut scores = PrincipalComponents::of(features, 2)?.scores;
    let largest = scores.iter().fold(0.0_f64, |most, x| x.abs().max(most));
    scores.mapv_inplace(|x| x * START_EXTENT / largest + START_NOISE * rng.normal());
    for mut axis in scores.axis_iter_mut(Axis(1)) {
        let low = axis.iter().copied().fold(f64::INFINITY, f64::min);
        let high = axis.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        axis.mapv_inplace(|x| START_EXTENT * (x - low) / (high - low));
    }
    Ok(scores.outer_iter().map(|row| [row[0], row[1]]).collect())
}
