//! RDMs from repeated observations: condition means, Mahalanobis, crossnobis and Poisson distances.

use ndarray::{Array1, Array2, ArrayView2};

use super::noise::NoiseCovariance;
use super::pairs::pairs;
use super::pattern::{RdmMeasure, rdm_from_features};
use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::linear_algebra::{cholesky, product};

/// Observations with the condition that each was made in, and the fold (run, session) that it belongs to.
///
/// Repetitions need not be balanced: any number of observations of a condition in a fold, none included.
#[derive(Debug, Clone, Copy)]
pub struct Observations<'a> {
    /// (n_observations, n_units).
    pub responses: ArrayView2<'a, f64>,
    /// The condition of each observation, from 0 to n_conditions − 1.
    pub conditions: &'a [usize],
    /// The fold of each observation, from 0 to n_folds − 1; observations of one fold share noise.
    pub folds: &'a [usize],
    /// How many conditions there are.
    pub n_conditions: usize,
}

impl Observations<'_> {
    fn check(&self, operation: &'static str) -> Result<(), StatsError> {
        let n = self.responses.nrows();
        require_same_length(
            operation,
            "observations",
            ("the responses", n),
            ("the condition labels", self.conditions.len()),
        )?;
        require_same_length(operation, "observations", ("the responses", n), ("the fold labels", self.folds.len()))?;
        require_stimuli(operation, self.n_conditions, 2)?;
        require_count(operation, "units", self.responses.ncols(), 1)?;
        require_finite(operation, "responses", self.responses)?;
        if let Some(&condition) = self.conditions.iter().find(|&&condition| condition >= self.n_conditions) {
            return Err(StatsError::OutOfRange {
                operation,
                parameter: "a condition label",
                value: condition as f64,
                allowed: "below the number of conditions",
            });
        }
        Ok(())
    }

    fn n_folds(&self) -> usize {
        self.folds.iter().max().map_or(0, |last| last + 1)
    }

    /// Sums of responses over the observations of each condition in the folds that `keep` accepts, and how many there are.
    fn sums(&self, keep: impl Fn(usize) -> bool) -> (Array2<f64>, Array1<f64>) {
        let mut sums = Array2::zeros((self.n_conditions, self.responses.ncols()));
        let mut counts = Array1::zeros(self.n_conditions);
        for ((row, &condition), &fold) in self.responses.rows().into_iter().zip(self.conditions).zip(self.folds) {
            if keep(fold) {
                sums.row_mut(condition).scaled_add(1.0, &row);
                counts[condition] += 1.0;
            }
        }
        (sums, counts)
    }

    /// The mean response to each condition over the folds that `keep` accepts.
    fn means(&self, operation: &'static str, keep: impl Fn(usize) -> bool) -> Result<Array2<f64>, StatsError> {
        let (mut sums, counts) = self.sums(keep);
        if let Some(index) = counts.iter().position(|&count| count == 0.0) {
            return Err(StatsError::Missing {
                operation,
                what: "condition",
                index,
                missing: "observation in one of the folds",
                advice: "Leave the condition out, or join folds until each has every condition",
            });
        }
        for (mut row, count) in sums.rows_mut().into_iter().zip(counts) {
            row /= count;
        }
        Ok(sums)
    }
}

/// The mean response of every unit to each condition.
///
/// # Shapes and units
/// - returns: (n_conditions, n_units), in the unit of the responses.
///
/// # Errors
/// [`StatsError::Missing`] names a condition without observations; [`StatsError::ShapeMismatch`], [`StatsError::NotFinite`],
/// [`StatsError::OutOfRange`] for labels that do not fit.
///
/// # Reference
/// The arithmetic mean.
pub fn condition_means(observations: &Observations<'_>) -> Result<Array2<f64>, StatsError> {
    const OPERATION: &str = "condition means";
    observations.check(OPERATION)?;
    observations.means(OPERATION, |_| true)
}

/// Squared Mahalanobis distance per unit of each pair of patterns: what rsatoolbox calls "mahalanobis".
///
/// d = (x − y)ᵀ Σ⁻¹ (x − y) / n_units.
///
/// # Shapes and units
/// - `patterns`: (n_stimuli, n_units); returns the upper triangle row by row, without unit.
///
/// # Errors
/// As [`rdm_from_features`] and [`NoiseCovariance::whiten`].
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/rdm). Deterministic.
///
/// # Reference
/// Walther et al. (2016). Reliability of dissimilarity measures for multi-voxel pattern analysis. NeuroImage 137:188.
pub fn squared_mahalanobis_per_unit(
    patterns: ArrayView2<'_, f64>,
    noise: &NoiseCovariance,
) -> Result<Array1<f64>, StatsError> {
    let whitened = noise.whiten(patterns)?;
    rdm_from_features(whitened.view(), RdmMeasure::SquaredEuclideanPerUnit)
}

/// Cross-validated squared Mahalanobis distance per unit (crossnobis): unbiased, so it is 0 on average for equal patterns and may be negative.
///
/// d_ij = s_ii + s_jj − 2 s_ij, with s_ij the mean of xᵀ Σ⁻¹ y / n_units over all observations x of i and y of j from different folds.
/// With balanced observations this equals the leave-one-fold-out crossnobis, averaged over folds; without balance every pair of
/// observations counts alike, as rsatoolbox's `calc_rdm_unbalanced` has it.
///
/// # Shapes and units
/// - `noise`: `None` for the identity (cross-validated squared Euclidean distance), in squared units of the responses then.
/// - returns: the upper triangle over conditions, row by row.
///
/// # Errors
/// - [`StatsError::TooFew`] under 2 folds.
/// - [`StatsError::Missing`] names a condition that was not observed in two folds, or a pair that was never observed in different folds.
/// - As [`condition_means`] and [`NoiseCovariance::whiten`].
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/rdm). Deterministic.
///
/// # Reference
/// Walther et al. (2016). NeuroImage 137:188, equation (11). Nili et al. (2014). PLoS Comput Biol 10:e1003553.
pub fn crossnobis(observations: &Observations<'_>, noise: Option<&NoiseCovariance>) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "a crossnobis RDM";
    observations.check(OPERATION)?;
    let n_folds = observations.n_folds();
    require_count(OPERATION, "folds", n_folds, 2)?;
    let (n, p) = (observations.n_conditions, observations.responses.ncols());
    // Sums per condition and fold lie beside each other, so one product gives the sum over folds of what must be left out.
    let mut by_fold = Array2::<f64>::zeros((n, n_folds * p));
    let mut counts = Array2::<f64>::zeros((n, n_folds));
    let whitened = noise.map(|noise| noise.whiten(observations.responses)).transpose()?;
    let responses = whitened.as_ref().map_or(observations.responses, |whitened| whitened.view());
    for ((row, &condition), &fold) in responses.rows().into_iter().zip(observations.conditions).zip(observations.folds)
    {
        by_fold.slice_mut(ndarray::s![condition, fold * p..(fold + 1) * p]).scaled_add(1.0, &row);
        counts[[condition, fold]] += 1.0;
    }
    let mut all = Array2::<f64>::zeros((n, p));
    for fold in 0..n_folds {
        all += &by_fold.slice(ndarray::s![.., fold * p..(fold + 1) * p]);
    }
    let products = symmetric_products(&all) - symmetric_products(&by_fold);
    let totals = counts.sum_axis(ndarray::Axis(1));
    let n_products = |i: usize, j: usize| totals[i] * totals[j] - counts.row(i).dot(&counts.row(j));
    if let Some(index) = (0..n).find(|&i| n_products(i, i) == 0.0) {
        return Err(StatsError::Missing {
            operation: OPERATION,
            what: "condition",
            index,
            missing: "observations in two different folds",
            advice: "Leave the condition out, or observe it in another fold",
        });
    }
    if let Some(index) = pairs(n).position(|(i, j)| n_products(i, j) == 0.0) {
        return Err(StatsError::Missing {
            operation: OPERATION,
            what: "pair of conditions",
            index,
            missing: "observations in two different folds",
            advice: "Leave one of them out, or observe one in another fold",
        });
    }
    let mean = |i: usize, j: usize| products[[i, j]] / n_products(i, j);
    let own: Vec<f64> = (0..n).map(|i| mean(i, i)).collect();
    Ok(pairs(n).map(|(i, j)| (own[i] + own[j] - 2.0 * mean(i, j)) / p as f64).collect())
}

/// `rows · rowsᵀ`.
fn symmetric_products(rows: &Array2<f64>) -> Array2<f64> {
    let n = rows.nrows();
    let mut out = Array2::zeros((n, n));
    if let (Some(sum), Some(block)) = (out.as_slice_mut(), rows.as_slice()) {
        crate::linear_algebra::add_outer_product_lower(sum, n, block, rows.ncols());
    }
    crate::linear_algebra::mirror_lower(&mut out.view_mut());
    out
}

/// Crossnobis with another noise covariance for each fold.
///
/// Every pair of folds f < g gives the distances of (x_f − y_f)ᵀ ((Σ_f + Σ_g)/2)⁻¹ (x_g − y_g) / n_units on condition means, averaged over
/// pairs: rsatoolbox given a list of precisions.
///
/// # Shapes and units
/// - `covariances`: one (n_units, n_units) for each fold, of the fold's condition means.
///
/// # Errors
/// As [`crossnobis`]; [`StatsError::Missing`] when a condition lacks a fold; [`StatsError::Singular`] when a mean covariance has no inverse.
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/rdm). Deterministic.
///
/// # Reference
/// Walther et al. (2016). NeuroImage 137:188. rsatoolbox 0.3.2, `calc_rdm_crossnobis`.
pub fn crossnobis_noise_per_fold(
    observations: &Observations<'_>,
    covariances: &[ArrayView2<'_, f64>],
) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "a crossnobis RDM with noise per fold";
    observations.check(OPERATION)?;
    let n_folds = observations.n_folds();
    require_count(OPERATION, "folds", n_folds, 2)?;
    require_same_length(
        OPERATION,
        "folds",
        ("the observations", n_folds),
        ("the noise covariances", covariances.len()),
    )?;
    let p = observations.responses.ncols();
    for covariance in covariances {
        require_same_length(OPERATION, "units", ("a noise covariance", covariance.nrows()), ("the responses", p))?;
        require_same_length(OPERATION, "units", ("a noise covariance", covariance.ncols()), ("the responses", p))?;
        require_finite(OPERATION, "a noise covariance", *covariance)?;
    }
    let means: Vec<Array2<f64>> =
        (0..n_folds).map(|fold| observations.means(OPERATION, |other| other == fold)).collect::<Result<_, _>>()?;
    let mut sum = Array1::zeros(super::n_pairs(observations.n_conditions));
    for f in 0..n_folds {
        for g in f + 1..n_folds {
            let covariance = (&covariances[f] + &covariances[g]) / 2.0;
            let factor = cholesky(covariance.view()).ok_or(StatsError::Singular {
                operation: OPERATION,
                matrix: "the mean noise covariance of two folds",
                advice: "Shrink the covariances to their diagonal or to the identity",
            })?;
            let (left, right) = (solve_lower(&factor, &means[f]), solve_lower(&factor, &means[g]));
            let kernel = product(left.view(), right.t());
            for (total, (i, j)) in sum.iter_mut().zip(pairs(observations.n_conditions)) {
                *total += kernel[[i, i]] + kernel[[j, j]] - kernel[[i, j]] - kernel[[j, i]];
            }
        }
    }
    Ok(sum / (n_folds * (n_folds - 1) / 2) as f64 / p as f64)
}

/// Rows of `patterns` times L⁻ᵀ, for a lower triangular L.
fn solve_lower(factor: &Array2<f64>, patterns: &Array2<f64>) -> Array2<f64> {
    let mut solved = patterns.clone();
    for mut row in solved.rows_mut() {
        for unit in 0..row.len() {
            let known: f64 = (0..unit).map(|k| factor[[unit, k]] * row[k]).sum();
            row[unit] = (row[unit] - known) / factor[[unit, unit]];
        }
    }
    solved
}

/// The prior of Poisson rates: a rate of `rate` that weighs as much as `weight` observations. rsatoolbox: 1 and 0.1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatePrior {
    /// λ, in counts per observation.
    pub rate: f64,
    /// w, in observations.
    pub weight: f64,
}

impl Default for RatePrior {
    fn default() -> Self {
        Self { rate: 1.0, weight: 0.1 }
    }
}

impl RatePrior {
    fn check(self, operation: &'static str) -> Result<(), StatsError> {
        for (parameter, value) in [("the prior rate", self.rate), ("the prior weight", self.weight)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(StatsError::OutOfRange { operation, parameter, value, allowed: "above 0 and finite" });
            }
        }
        Ok(())
    }

    fn posterior(self, means: &Array2<f64>) -> Array2<f64> {
        means.mapv(|mean| (mean + self.rate * self.weight) / (1.0 + self.weight))
    }
}

/// Symmetrised Kullback-Leibler divergence per unit of Poisson distributions with the patterns as rates: rsatoolbox's "poisson".
///
/// d = Σ (x − y)(ln x − ln y) / n_units, with rates (mean + λ w) / (1 + w).
///
/// # Shapes and units
/// - `rates`: (n_stimuli, n_units), mean counts, 0 or more; returns the upper triangle row by row, in nats.
///
/// # Errors
/// [`StatsError::Negative`] names the first negative rate; [`StatsError::NotFinite`], [`StatsError::TooFewStimuli`], [`StatsError::OutOfRange`] for the prior.
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/rdm). Deterministic.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566. Methods, "Poisson KL-divergence".
pub fn poisson_divergence_per_unit(rates: ArrayView2<'_, f64>, prior: RatePrior) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "a Poisson RDM";
    prior.check(OPERATION)?;
    require_stimuli(OPERATION, rates.nrows(), 2)?;
    require_count(OPERATION, "units", rates.ncols(), 1)?;
    require_finite(OPERATION, "rates", rates)?;
    require_not_negative(OPERATION, rates)?;
    let rates = prior.posterior(&rates.to_owned());
    Ok(divergences(&rates, &rates.mapv(f64::ln)))
}

/// Cross-validated Poisson divergence per unit, averaged over leaving out each fold in turn.
///
/// d = Σ (x − y)(ln x′ − ln y′) / n_units, with x, y from all other folds and x′, y′ from the fold left out.
///
/// # Shapes and units
/// As [`poisson_divergence_per_unit`], from observations with folds.
///
/// # Errors
/// As [`poisson_divergence_per_unit`]; [`StatsError::TooFew`] under 2 folds; [`StatsError::Missing`] when a condition lacks a fold.
///
/// # Accuracy and randomness
/// f64; agrees to 1e-10 with the average over folds of rsatoolbox 0.3.2's "poisson_cv", which itself returns only its last fold
/// (goldens/rsatoolbox/rdm). Deterministic.
///
/// # Reference
/// Schütt et al. (2023). eLife 12:e82566. Methods, "Poisson KL-divergence".
pub fn cross_validated_poisson_divergence_per_unit(
    observations: &Observations<'_>,
    prior: RatePrior,
) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "a cross-validated Poisson RDM";
    prior.check(OPERATION)?;
    observations.check(OPERATION)?;
    require_not_negative(OPERATION, observations.responses)?;
    let n_folds = observations.n_folds();
    require_count(OPERATION, "folds", n_folds, 2)?;
    let mut sum = Array1::zeros(super::n_pairs(observations.n_conditions));
    for fold in 0..n_folds {
        let train = prior.posterior(&observations.means(OPERATION, |other| other != fold)?);
        let test = prior.posterior(&observations.means(OPERATION, |other| other == fold)?);
        sum += &divergences(&train, &test.mapv(f64::ln));
    }
    Ok(sum / n_folds as f64)
}

fn divergences(rates: &Array2<f64>, logarithms: &Array2<f64>) -> Array1<f64> {
    let kernel = product(rates.view(), logarithms.t());
    pairs(rates.nrows())
        .map(|(i, j)| (kernel[[i, i]] + kernel[[j, j]] - kernel[[i, j]] - kernel[[j, i]]) / rates.ncols() as f64)
        .collect()
}

fn require_not_negative(operation: &'static str, rates: ArrayView2<'_, f64>) -> Result<(), StatsError> {
    match rates.indexed_iter().find(|(_, rate)| **rate < 0.0) {
        None => Ok(()),
        Some(((row, column), &value)) => Err(StatsError::Negative { operation, what: "a rate", row, column, value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::rdm::NoiseEstimate;
    use ndarray::array;

    fn observed<'a>(responses: &'a Array2<f64>, conditions: &'a [usize], folds: &'a [usize]) -> Observations<'a> {
        Observations { responses: responses.view(), conditions, folds, n_conditions: 2 }
    }

    #[test]
    fn crossnobis_is_the_product_of_differences_of_two_folds() {
        // Differences of the two conditions: (1, 2) in fold 0 and (3, -1) in fold 1: 1*3 - 2 = 1, over 2 units.
        let responses = array![[1.0, 2.0], [0.0, 0.0], [4.0, 0.0], [1.0, 1.0]];
        let found = crossnobis(&observed(&responses, &[0, 1, 0, 1], &[0, 0, 1, 1]), None).unwrap();
        assert!((found[0] - 0.5).abs() < 1e-12);
    }

    #[test]
    fn crossnobis_without_distance_averages_zero() {
        let mut rng = Rng::new(1);
        let mean: f64 = (0..400)
            .map(|_| {
                let responses = Array2::from_shape_simple_fn((8, 5), || rng.normal());
                crossnobis(&observed(&responses, &[0, 1, 0, 1, 0, 1, 0, 1], &[0, 0, 1, 1, 2, 2, 3, 3]), None).unwrap()
                    [0]
            })
            .sum::<f64>()
            / 400.0;
        // One distance has standard deviation about 2 / 5 * sqrt(5 / 12 * 4): 0.5; the mean of 400: 0.026.
        assert!(mean.abs() < 0.1, "{mean}");
    }

    #[test]
    fn condition_seen_in_one_fold_only_is_named() {
        let responses = array![[1.0, 2.0], [0.0, 0.0], [4.0, 0.0]];
        let found = crossnobis(&observed(&responses, &[0, 1, 0], &[0, 0, 1]), None);
        assert!(matches!(found, Err(StatsError::Missing { what: "condition", index: 1, .. })));
    }

    #[test]
    fn mahalanobis_with_unit_variances_is_euclidean() {
        let mut rng = Rng::new(2);
        let patterns = Array2::from_shape_simple_fn((4, 3), || rng.normal());
        let residuals = array![[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]] * 0.5f64.sqrt();
        let noise = NoiseCovariance::from_residuals(residuals.view(), NoiseEstimate::Diagonal, None).unwrap();
        let ours = squared_mahalanobis_per_unit(patterns.view(), &noise).unwrap();
        let plain = rdm_from_features(patterns.view(), RdmMeasure::SquaredEuclideanPerUnit).unwrap();
        assert!((&ours - &plain).iter().all(|d| d.abs() < 1e-12));
    }

    #[test]
    fn poisson_divergence_is_that_of_its_formula_and_refuses_negative_rates() {
        let prior = RatePrior::default();
        let found = poisson_divergence_per_unit(array![[1.0], [3.0]].view(), prior).unwrap();
        let (x, y) = (1.1f64 / 1.1, 3.1f64 / 1.1);
        assert!((found[0] - (x - y) * (x.ln() - y.ln())).abs() < 1e-14);
        let negative = poisson_divergence_per_unit(array![[1.0, 2.0], [3.0, -0.5]].view(), prior);
        assert!(matches!(negative, Err(StatsError::Negative { row: 1, column: 1, .. })));
    }
}
