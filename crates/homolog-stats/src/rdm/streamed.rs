//! Noise covariances and crossnobis RDMs of many conditions and many units, from blocks that are read one after the other.
//!
//! Residuals are read twice: [`ResidualMoments`] for their means and variances, [`ResidualProducts`] for their covariance, which gives a
//! [`NoiseFactor`]. Memory is 24 n_units² bytes at most, whatever the number of residuals and conditions; [`CrossnobisSum`] then needs
//! two arrays of n_conditions × n_units beside 8 n_units² bytes for the factor. 1,800 conditions × 7,000 channels with 8,000 residuals and 3 folds
//! took 1,146 MiB and 13 s on two threads (`examples/streamed_crossnobis.rs`); rsatoolbox asks for 657 GiB there.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::noise::{NoiseEstimate, ResidualSums, freedom_of, singular};
use super::pairs::pairs;
use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::linear_algebra::{add_outer_product_lower, cholesky, mirror_lower, solve_lower_in_rows};

const OPERATION: &str = "the noise covariance of units from streamed residuals";

/// The first reading of residuals: means and variances of units.
#[derive(Debug, Clone)]
pub struct ResidualMoments {
    n: usize,
    /// The first residual: subtracted from all, so that a large mean costs no digits.
    shift: Array1<f64>,
    sums: Array1<f64>,
    squares: Array1<f64>,
}

impl ResidualMoments {
    /// Nothing read yet.
    pub fn new(n_units: usize) -> Self {
        Self { n: 0, shift: Array1::zeros(n_units), sums: Array1::zeros(n_units), squares: Array1::zeros(n_units) }
    }

    /// Reads a block of residuals.
    ///
    /// # Shapes and units
    /// - `residuals`: (n_residuals of the block, n_units).
    ///
    /// # Errors
    /// [`StatsError::ShapeMismatch`]; [`StatsError::NotFinite`] names the first value by residual, counted over all blocks, and unit.
    ///
    /// # Reference
    /// The mean and the sum of squares about it.
    pub fn add<A: Copy + Into<f64> + Sync + Send>(&mut self, residuals: ArrayView2<'_, A>) -> Result<(), StatsError> {
        check_block(residuals, self.sums.len(), self.n)?;
        for row in residuals.rows() {
            if self.n == 0 {
                self.shift.assign(&row.mapv(Into::into));
            }
            self.n += 1;
            for (((&value, shift), sum), square) in
                row.iter().zip(&self.shift).zip(&mut self.sums).zip(&mut self.squares)
            {
                let value = value.into() - shift;
                *sum += value;
                *square += value * value;
            }
        }
        Ok(())
    }

    /// Goes on to the second reading.
    ///
    /// The covariance is divided by `degrees_of_freedom`, or by n_residuals − 1 when it is `None`.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] under 2 residuals or without a unit; [`StatsError::OutOfRange`] for 0 degrees of freedom;
    /// [`StatsError::ConstantPattern`] when a unit has no variance; [`StatsError::Unsupported`] for [`NoiseEstimate::Full`] with no more residuals
    /// than units.
    ///
    /// # Reference
    /// As [`super::NoiseCovariance::from_residuals`].
    pub fn second_reading(
        self,
        estimate: NoiseEstimate,
        degrees_of_freedom: Option<usize>,
    ) -> Result<ResidualProducts, StatsError> {
        let (n, n_units) = (self.n, self.sums.len());
        let freedom = freedom_of(OPERATION, (n, n_units), degrees_of_freedom)?;
        if estimate == NoiseEstimate::Full && n <= n_units {
            return Err(StatsError::Unsupported {
                operation: OPERATION,
                choice: "no shrinkage",
                reason: "there are no more residuals than units, so the covariance has no inverse",
                instead: "Shrink it to its diagonal or to the identity, or give more residuals than units",
            });
        }
        let offsets = &self.sums / n as f64;
        let variances = (&self.squares - &(&self.sums * &offsets)) / freedom;
        let means = &self.shift + &offsets;
        // Differences from the first residual keep the rounding of the residuals themselves, some n ε² of their squared size.
        let negligible = |unit: usize| {
            variances[unit] <= (f64::EPSILON * self.shift[unit].abs().max(offsets[unit].abs())).powi(2) * n as f64
        };
        if let Some(index) = (0..n_units).find(|&unit| negligible(unit)) {
            return Err(StatsError::ConstantPattern { operation: OPERATION, what: "unit", index });
        }
        let n_products = if estimate == NoiseEstimate::Diagonal { 0 } else { n_units };
        Ok(ResidualProducts {
            estimate,
            freedom,
            n_expected: n,
            n: 0,
            means,
            variances,
            sums: ResidualSums::default(),
            products: vec![0.0; n_products * n_products],
        })
    }
}

/// The second reading of residuals: their covariance.
#[derive(Debug, Clone)]
pub struct ResidualProducts {
    estimate: NoiseEstimate,
    freedom: f64,
    n_expected: usize,
    n: usize,
    means: Array1<f64>,
    variances: Array1<f64>,
    sums: ResidualSums,
    /// Lower triangle of ZᵀZ, Z scaled to unit variance where it is shrunk to the diagonal.
    products: Vec<f64>,
}

impl ResidualProducts {
    /// Reads the same residuals again, in any blocks.
    ///
    /// # Shapes and units
    /// As [`ResidualMoments::add`].
    ///
    /// # Errors
    /// As [`ResidualMoments::add`].
    ///
    /// # Reference
    /// As [`super::NoiseCovariance::from_residuals`].
    pub fn add<A: Copy + Into<f64> + Sync + Send>(&mut self, residuals: ArrayView2<'_, A>) -> Result<(), StatsError> {
        let n_units = self.means.len();
        check_block(residuals, n_units, self.n)?;
        self.n += residuals.nrows();
        if self.estimate == NoiseEstimate::Diagonal {
            return Ok(());
        }
        let mut centred = residuals.mapv(Into::into) - &self.means;
        if self.estimate == NoiseEstimate::ShrinkToDiagonal {
            centred /= &self.variances.mapv(f64::sqrt);
        }
        self.sums.add_fourth_powers(&centred);
        let by_unit: Vec<f64> = centred.t().iter().copied().collect();
        add_outer_product_lower(&mut self.products, n_units, &by_unit, residuals.nrows());
        Ok(())
    }

    /// The covariance, ready to whiten by.
    ///
    /// # Errors
    /// [`StatsError::ShapeMismatch`] when the second reading was not over as many residuals as the first; [`StatsError::Singular`] when the
    /// covariance has no inverse.
    ///
    /// # Accuracy and randomness
    /// Agrees with [`super::NoiseCovariance`] to 1e-9. The same bits on any number of threads, for the same blocks.
    ///
    /// # Reference
    /// As [`super::NoiseCovariance::from_residuals`].
    pub fn finish(mut self) -> Result<NoiseFactor, StatsError> {
        require_same_length(
            OPERATION,
            "residuals",
            ("the first reading", self.n_expected),
            ("the second reading", self.n),
        )?;
        let (n, p) = (self.n, self.means.len());
        let deviations = self.variances.mapv(f64::sqrt);
        if self.estimate == NoiseEstimate::Diagonal {
            return Ok(NoiseFactor { scale: deviations, lower: None });
        }
        for (row, products) in self.products.chunks(p).enumerate() {
            let below: f64 = products[..row].iter().map(|value| value * value).sum();
            self.sums.second_all += 2.0 * below + products[row] * products[row];
            self.sums.second_own += products[row] * products[row];
        }
        let (shrinkage, target, scale) = match self.estimate {
            NoiseEstimate::ShrinkToDiagonal => {
                (self.sums.intensity_to_diagonal(n as f64, self.freedom), 1.0, deviations)
            }
            NoiseEstimate::ShrinkToIdentity => {
                let total = self.variances.sum() * self.freedom;
                (self.sums.intensity_to_identity((n, p), total), self.variances.sum() / p as f64, Array1::ones(p))
            }
            NoiseEstimate::Full | NoiseEstimate::Diagonal => (0.0, 0.0, Array1::ones(p)),
        };
        let kept = (1.0 - shrinkage) / self.freedom;
        for (row, products) in self.products.chunks_mut(p).enumerate() {
            products.iter_mut().for_each(|value| *value *= kept);
            products[row] += shrinkage * target;
        }
        let covariance = Array2::from_shape_vec((p, p), self.products).map_err(|_| singular(OPERATION))?;
        let diagonal = covariance.diag().to_owned();
        let lower = cholesky(covariance.view()).ok_or_else(|| singular(OPERATION))?;
        // What rounding alone leaves of a direction without variance.
        let is_lost = |unit: usize| lower[[unit, unit]].powi(2) <= f64::EPSILON * p as f64 * diagonal[unit];
        if (0..p).any(is_lost) {
            return Err(singular(OPERATION));
        }
        Ok(NoiseFactor { scale, lower: Some(lower) })
    }
}

/// A noise covariance Σ = D^½ L Lᵀ D^½, kept as its factor.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseFactor {
    scale: Array1<f64>,
    lower: Option<Array2<f64>>,
}

impl NoiseFactor {
    /// How many units it is over.
    pub fn n_units(&self) -> usize {
        self.scale.len()
    }

    /// Patterns multiplied by D^−½ L⁻ᵀ, so that their noise is independent and of variance 1.
    ///
    /// Another whitening than [`super::NoiseCovariance::whiten`]'s: the patterns differ by a rotation, their distances do not.
    ///
    /// # Shapes and units
    /// - `patterns`: (n_patterns, n_units); returns the same shape.
    ///
    /// # Errors
    /// [`StatsError::ShapeMismatch`], [`StatsError::NotFinite`].
    ///
    /// # Reference
    /// Walther et al. (2016). NeuroImage 137:188 (multivariate noise normalisation).
    pub fn whiten(&self, patterns: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
        const OPERATION: &str = "whitened patterns";
        let units = (("the patterns", patterns.ncols()), ("the noise covariance", self.n_units()));
        require_same_length(OPERATION, "units", units.0, units.1)?;
        require_finite(OPERATION, "patterns", patterns)?;
        let mut whitened = patterns.as_standard_layout().into_owned();
        whitened /= &self.scale;
        if let Some(lower) = &self.lower {
            solve_lower_in_rows(lower.view(), &mut whitened);
        }
        Ok(whitened)
    }
}

/// A crossnobis RDM from condition means of one fold after the other.
///
/// Every condition is in every fold; then this is the same number as [`super::crossnobis`] on balanced observations.
#[derive(Debug, Clone)]
pub struct CrossnobisSum {
    n_folds: usize,
    sum: Array2<f64>,
    /// Lower triangle of Σ over folds of X Xᵀ: what is left out of the product of sums.
    within: Vec<f64>,
}

impl CrossnobisSum {
    /// No fold yet.
    pub fn new(n_conditions: usize, n_units: usize) -> Self {
        Self { n_folds: 0, sum: Array2::zeros((n_conditions, n_units)), within: vec![0.0; n_conditions * n_conditions] }
    }

    /// Adds the condition means of a fold, whitened by `noise` where it is given.
    ///
    /// # Shapes and units
    /// - `means`: (n_conditions, n_units).
    ///
    /// # Errors
    /// [`StatsError::ShapeMismatch`]; [`StatsError::NotFinite`] by condition and unit; as [`NoiseFactor::whiten`].
    ///
    /// # Reference
    /// As [`super::crossnobis`].
    pub fn add_fold(&mut self, means: ArrayView2<'_, f64>, noise: Option<&NoiseFactor>) -> Result<(), StatsError> {
        const OPERATION: &str = "a crossnobis RDM from streamed folds";
        let (n, p) = self.sum.dim();
        require_same_length(OPERATION, "conditions", ("the fold", means.nrows()), ("the sum", n))?;
        require_same_length(OPERATION, "units", ("the fold", means.ncols()), ("the sum", p))?;
        require_finite(OPERATION, "condition means", means)?;
        let means = match noise {
            Some(noise) => noise.whiten(means)?,
            None => means.as_standard_layout().into_owned(),
        };
        self.sum += &means;
        if let Some(block) = means.as_slice() {
            add_outer_product_lower(&mut self.within, n, block, p);
        }
        self.n_folds += 1;
        Ok(())
    }

    /// The RDM: squared (Mahalanobis) distance per unit, cross-validated over folds.
    ///
    /// # Shapes and units
    /// - returns: the upper triangle over conditions, row by row.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] under 2 folds or without a unit; [`StatsError::TooFewStimuli`] under 2 conditions.
    ///
    /// # Reference
    /// As [`super::crossnobis`].
    pub fn finish(self) -> Result<Array1<f64>, StatsError> {
        const OPERATION: &str = "a crossnobis RDM from streamed folds";
        let (n, p) = self.sum.dim();
        require_count(OPERATION, "folds", self.n_folds, 2)?;
        require_count(OPERATION, "units", p, 1)?;
        require_stimuli(OPERATION, n, 2)?;
        let mut products = Array2::zeros((n, n));
        if let (Some(lower), Some(block)) = (products.as_slice_mut(), self.sum.as_slice()) {
            add_outer_product_lower(lower, n, block, p);
            lower.iter_mut().zip(&self.within).for_each(|(all, within)| *all -= within);
        }
        mirror_lower(&mut products.view_mut());
        let n_products = (self.n_folds * (self.n_folds - 1) * p) as f64;
        let distance = |i: usize, j: usize| products[[i, i]] + products[[j, j]] - 2.0 * products[[i, j]];
        Ok(pairs(n).map(|(i, j)| distance(i, j) / n_products).collect())
    }
}

fn check_block<A: Copy + Into<f64> + Sync + Send>(
    residuals: ArrayView2<'_, A>,
    n_units: usize,
    n_before: usize,
) -> Result<(), StatsError> {
    let found = residuals.len_of(Axis(1));
    require_same_length(OPERATION, "units", ("a block of residuals", found), ("the first block", n_units))?;
    require_finite(OPERATION, "residuals", residuals).map_err(|error| match error {
        StatsError::NotFinite { operation, what, row, column, value } => {
            StatsError::NotFinite { operation, what, row: row + n_before, column, value }
        }
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::rdm::{NoiseCovariance, Observations, crossnobis, squared_mahalanobis_per_unit};
    use crate::rdm::{RdmMeasure, rdm_from_features};

    fn random(n: usize, p: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        let mixing = Array2::from_shape_simple_fn((p, p), || 0.4 * rng.normal());
        let independent = Array2::from_shape_simple_fn((n, p), || rng.normal());
        independent.dot(&mixing) + &independent + 3.0
    }

    fn streamed(residuals: &Array2<f64>, estimate: NoiseEstimate) -> Result<NoiseFactor, StatsError> {
        let mut moments = ResidualMoments::new(residuals.ncols());
        for block in residuals.axis_chunks_iter(Axis(0), 7) {
            moments.add(block)?;
        }
        let mut products = moments.second_reading(estimate, None)?;
        for block in residuals.axis_chunks_iter(Axis(0), 11) {
            products.add(block)?;
        }
        products.finish()
    }

    #[test]
    fn streamed_residuals_whiten_to_the_distances_of_those_in_memory() {
        let patterns = random(6, 9, 1);
        for (n, estimates) in [(40, &NoiseEstimate::ALL[..]), (6, &NoiseEstimate::ALL[..3])] {
            let residuals = random(n, 9, 2);
            for &estimate in estimates {
                let noise = NoiseCovariance::from_residuals(residuals.view(), estimate, None).unwrap();
                let expected = squared_mahalanobis_per_unit(patterns.view(), &noise).unwrap();
                let whitened = streamed(&residuals, estimate).unwrap().whiten(patterns.view()).unwrap();
                let found = rdm_from_features(whitened.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap();
                for (found, expected) in found.iter().zip(&expected) {
                    assert!((found / expected - 1.0).abs() < 1e-9, "{n} {estimate:?}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn streamed_folds_give_the_crossnobis_of_observations() {
        let (n, p, folds) = (5, 8, 3);
        let responses = random(n * folds, p, 3);
        let residuals = random(30, p, 4);
        let conditions: Vec<usize> = (0..n * folds).map(|i| i % n).collect();
        let of_folds: Vec<usize> = (0..n * folds).map(|i| i / n).collect();
        let observations =
            Observations { responses: responses.view(), conditions: &conditions, folds: &of_folds, n_conditions: n };
        let noise = NoiseCovariance::from_residuals(residuals.view(), NoiseEstimate::ShrinkToDiagonal, None).unwrap();
        let factor = streamed(&residuals, NoiseEstimate::ShrinkToDiagonal).unwrap();
        for (in_memory, of_stream) in [(None, None), (Some(&noise), Some(&factor))] {
            let expected = crossnobis(&observations, in_memory).unwrap();
            let mut sum = CrossnobisSum::new(n, p);
            for block in responses.axis_chunks_iter(Axis(0), n) {
                sum.add_fold(block, of_stream).unwrap();
            }
            let found = sum.finish().unwrap();
            assert!((&found - &expected).iter().all(|d| d.abs() < 1e-10));
        }
    }

    #[test]
    fn factor_has_the_same_bits_on_one_thread_and_two() {
        let (residuals, patterns) = (random(300, 180, 5), random(40, 180, 6));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let factor = streamed(&residuals, NoiseEstimate::ShrinkToDiagonal).unwrap();
                factor.whiten(patterns.view()).unwrap()
            })
        };
        assert_eq!(on(1), on(2));
    }

    #[test]
    fn readings_that_differ_nan_and_constant_units_are_refused() {
        let mut residuals = random(20, 4, 7);
        let mut moments = ResidualMoments::new(4);
        moments.add(residuals.view()).unwrap();
        let mut products = moments.clone().second_reading(NoiseEstimate::ShrinkToDiagonal, None).unwrap();
        products.add(residuals.slice(ndarray::s![..15, ..])).unwrap();
        assert!(matches!(products.finish(), Err(StatsError::ShapeMismatch { left_len: 20, right_len: 15, .. })));
        let full = ResidualMoments { n: 4, ..moments.clone() }.second_reading(NoiseEstimate::Full, None);
        assert!(matches!(full, Err(StatsError::Unsupported { .. })));
        residuals[[13, 2]] = f64::NAN;
        assert!(matches!(moments.add(residuals.view()), Err(StatsError::NotFinite { row: 33, column: 2, .. })));
        residuals.column_mut(2).fill(0.3);
        let found = streamed(&residuals, NoiseEstimate::ShrinkToIdentity);
        assert!(matches!(found, Err(StatsError::ConstantPattern { what: "unit", index: 2, .. })));
    }
}
