//! What an icon maximises.

use faer::linalg::solvers::Solve as _;
use faer::{Mat, Side};
use ndarray::{Array1, Array2};

use super::activations::Channels;
use super::{AtlasError, GridCell, Layer, Sampled};
use crate::inside::objective::{Aim, Objective, Quantity, Reference};
use crate::network::checked::Network;

/// Which direction stands for the mean activation of a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Direction {
    /// The mean m itself.
    Mean,
    /// C⁻¹ m, with the mean products C of all activation vectors, of which a share is moved to equal squares of all channels: channels
    /// that are always active, or always together, count less.
    Whitened {
        /// The share, above 0 and at most 1.
        shrinkage: f64,
    },
}

/// Makes directions of means.
#[derive(Debug)]
pub struct Directions {
    /// C's decomposition, where it is needed.
    whitening: Option<faer::linalg::solvers::Llt<f64>>,
}

impl Directions {
    /// For the vectors of a stage.
    ///
    /// # Errors
    /// [`AtlasError::Singular`] when C has no inverse.
    pub fn of(sampled: &Sampled, direction: Direction) -> Result<Self, AtlasError> {
        let Direction::Whitened { shrinkage } = direction else { return Ok(Self { whitening: None }) };
        let products = products(&sampled.vectors, shrinkage);
        let n = products.nrows();
        let matrix = Mat::from_fn(n, n, |i, j| products[[i, j]]);
        let singular = || AtlasError::Singular { stage: sampled.stage.name.clone() };
        let whitening = matrix.llt(Side::Lower).map_err(|_| singular())?;
        Ok(Self { whitening: Some(whitening) })
    }

    /// The direction of a mean, of length 1; `None` where the mean is 0.
    pub fn of_mean(&self, mean: &Array1<f32>) -> Option<Vec<f32>> {
        let mut direction: Vec<f64> = mean.iter().map(|x| f64::from(*x)).collect();
        if let Some(whitening) = &self.whitening {
            let right = Mat::from_fn(direction.len(), 1, |i, _| direction.get(i).copied().unwrap_or(0.0));
            let solved = whitening.solve(&right);
            direction = (0..direction.len()).map(|i| solved[(i, 0)]).collect();
        }
        let length = direction.iter().map(|x| x * x).sum::<f64>().sqrt();
        #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
        let narrow = |x: f64| (x / length) as f32;
        (length > 0.0 && length.is_finite()).then(|| direction.into_iter().map(narrow).collect())
    }
}

/// Σ x xᵀ / n, with a share of it moved to the mean of its diagonal.
pub(super) fn products(vectors: &Array2<f32>, shrinkage: f64) -> Array2<f64> {
    let wide = vectors.mapv(f64::from);
    let n = wide.ncols();
    let (rows, columns) = (wide.nrows(), wide.ncols());
    let matrix = Mat::from_fn(rows, columns, |i, j| wide[[i, j]]);
    let mut sum = Mat::<f64>::zeros(n, n);
    // One thread: a few milliseconds, and the same bits for any number of threads.
    faer::linalg::matmul::matmul(
        sum.as_mut(),
        faer::Accum::Replace,
        matrix.as_ref().transpose(),
        matrix.as_ref(),
        1.0 / rows.max(1) as f64,
        faer::Par::Seq,
    );
    let mean_square = (0..n).map(|i| sum[(i, i)]).sum::<f64>() / n.max(1) as f64;
    Array2::from_shape_fn((n, n), |(i, j)| {
        let own = if i == j { mean_square } else { 0.0 };
        (1.0 - shrinkage) * sum[(i, j)] + shrinkage * own
    })
}

impl Layer {
    /// What the icon of each cell with at least `at_least` images maximises, with the cell's place in the list: the product of
    /// the stage's response with the direction at every position, times the cosine of the two (0.1 at least).
    ///
    /// `network` may be a part of the one that the activations come from, for images of another size.
    ///
    /// # Errors
    /// A stage that the network does not have, or that the gradient cannot come from.
    ///
    /// # Reference
    /// The objective of lucid's activation atlas, `dot * max(cosine, 0.1)^n` with n = 1. Differs in: the direction is asked for at
    /// all positions together, lucid asks for it at the one in the middle.
    pub fn aims(
        &self,
        network: &Network,
        stage: &str,
        directions: &Directions,
        at_least: usize,
    ) -> Result<Vec<(usize, Aim)>, AtlasError> {
        let stage = network.stage(stage)?;
        let channels = Channels::of(stage)?;
        let objective = Objective::of(Quantity::Caricature { stage: stage.name.clone() });
        let mut aims = Vec::new();
        let wanted = |(_, cell): &(usize, &GridCell)| cell.members.len() >= at_least;
        for (place, cell) in self.cells.iter().enumerate().filter(wanted) {
            let Some(direction) = directions.of_mean(&cell.mean) else { continue };
            let at = |unit: usize| direction.get(channels.channel(unit)).copied().unwrap_or(0.0);
            let target: Vec<f32> = (0..stage.n_units()).map(at).collect();
            let reference = Reference::from([(stage.value.clone(), target)]);
            aims.push((place, Aim::new(&objective, network, Some(&reference))?));
        }
        Ok(aims)
    }
}
