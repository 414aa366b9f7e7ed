//! Multidimensional scaling: points of few dimensions whose distances are as near to given dissimilarities as can be.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use crate::StatsError;
use crate::finite::{require_finite_vector, require_stimuli};
use crate::linear_algebra::{product, symmetric_eigen};
use crate::rdm::{matrix_from_pairs, n_stimuli, pairs};

const OPERATION: &str = "multidimensional scaling";

/// When the iteration of [`metric_mds`] ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MdsOptions {
    /// Most iterations; above 0.
    pub max_iterations: usize,
    /// It has converged once an iteration lowers the sum of squared differences by less than this part of it; above 0.
    pub tolerance: f64,
}

impl Default for MdsOptions {
    /// At most 10,000 iterations, until one improves by less than a ten-millionth.
    fn default() -> Self {
        Self { max_iterations: 10_000, tolerance: 1e-7 }
    }
}

/// Points whose distances stand for dissimilarities.
#[derive(Clone, Debug, PartialEq)]
pub struct MdsEmbedding {
    /// (n_stimuli, n_dimensions), in the unit of the dissimilarities: centred, along their principal axes from the widest on,
    /// each axis turned so that its largest coordinate in size is positive.
    pub points: Array2<f64>,
    /// Kruskal's stress-1, sqrt(Σ (δᵢⱼ − dᵢⱼ)² / Σ dᵢⱼ²): 0 is a perfect fit.
    pub stress: f64,
    /// Iterations that were made; 0 for classical scaling.
    pub iterations: usize,
}

/// Classical scaling: the coordinates along the leading eigenvectors of the doubly centred squared dissimilarities.
///
/// B = −½ J Δ² J with J = I − 1/n; the points are √λₖ vₖ for the n_dimensions largest eigenvalues λₖ of B. Distances of points
/// in a Euclidean space of n_dimensions or fewer are recovered exactly, up to rotation and reflection.
/// Convention: an eigenvalue that is not positive gives a coordinate of 0 (the dissimilarities have no such dimension).
///
/// # Shapes and units
/// - `dissimilarities`: the n(n − 1)/2 pairs of an RDM, any unit, 0 or more.
///
/// # Errors
/// - [`StatsError::NotPairs`] when the length is no RDM's; [`StatsError::TooFewStimuli`] under 3 stimuli.
/// - [`StatsError::NotFinite`], [`StatsError::Negative`] for what is no dissimilarity.
/// - [`StatsError::OutOfRange`] when n_dimensions is 0 or not below the number of stimuli.
///
/// # Accuracy and randomness
/// f64 throughout; agrees with scikit-learn's `ClassicalMDS` to 1e-8 (goldens/scikit-learn/mds). Deterministic.
///
/// # Example
/// ```
/// use homolog_stats::similarity::classical_mds;
/// // Three points on a line, at 0, 1 and 3.
/// let embedding = classical_mds(ndarray::array![1.0, 3.0, 2.0].view(), 1)?;
/// assert!((embedding.points[[2, 0]] - embedding.points[[0, 0]] - 3.0).abs() < 1e-12);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Torgerson WS (1952). Multidimensional scaling: I. Theory and method. Psychometrika 17:401-419. doi:10.1007/BF02288916.
pub fn classical_mds(dissimilarities: ArrayView1<'_, f64>, n_dimensions: usize) -> Result<MdsEmbedding, StatsError> {
    let dissimilarities = checked(dissimilarities, n_dimensions)?;
    let points = classical_points(&dissimilarities, n_dimensions)?;
    let points = along_principal_axes(points)?;
    Ok(MdsEmbedding { stress: stress(&dissimilarities, points.view()), points, iterations: 0 })
}

/// Metric scaling: points that minimise Σ (δᵢⱼ − dᵢⱼ)² over all pairs, by majorisation (SMACOF) from the classical solution.
///
/// Each iteration is the Guttman transform X ← n⁻¹ B(X) X with B(X)ᵢⱼ = −δᵢⱼ / dᵢⱼ(X) off the diagonal and rows that sum to 0,
/// which never raises the sum. The minimum found is the one that the classical solution leads to; another may lie lower.
/// Convention: all pairs weigh the same; a pair of points in one place adds nothing to B (de Leeuw's choice).
///
/// # Shapes and units
/// As [`classical_mds`].
///
/// # Errors
/// As [`classical_mds`]; [`StatsError::OutOfRange`] for options without a meaning; [`StatsError::NotConverged`] after
/// `max_iterations`.
///
/// # Accuracy and randomness
/// f64 throughout; the stress agrees with scikit-learn's `smacof` from the same start to 1e-6 (goldens/scikit-learn/mds), as both
/// iterate to a tolerance. Deterministic: no random starts.
///
/// # Example
/// ```
/// use homolog_stats::similarity::{MdsOptions, metric_mds};
/// // A triangle with sides 3, 4 and 5 fits into a plane.
/// let embedding = metric_mds(ndarray::array![3.0, 4.0, 5.0].view(), 2, MdsOptions::default())?;
/// assert!(embedding.stress < 1e-9);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// de Leeuw J, Mair P (2009). Multidimensional scaling using majorization: SMACOF in R. Journal of Statistical Software 31(3).
/// doi:10.18637/jss.v031.i03. Equations 4 to 8. Kruskal JB (1964), Psychometrika 29:1-27, for stress-1.
pub fn metric_mds(
    dissimilarities: ArrayView1<'_, f64>,
    n_dimensions: usize,
    options: MdsOptions,
) -> Result<MdsEmbedding, StatsError> {
    let in_range =
        |parameter, value, allowed| StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed };
    if options.max_iterations == 0 {
        return Err(in_range("max_iterations", 0.0, "above 0"));
    }
    if options.tolerance.is_nan() || options.tolerance <= 0.0 {
        return Err(in_range("tolerance", options.tolerance, "above 0"));
    }
    let dissimilarities = checked(dissimilarities, n_dimensions)?;
    let mut points = classical_points(&dissimilarities, n_dimensions)?;
    let mut raw = raw_stress(&dissimilarities, points.view());
    // What rounding leaves of a perfect fit cannot be improved.
    let perfect = 1e-24 * dissimilarities.iter().map(|value| value * value).sum::<f64>();
    let mut change = f64::INFINITY;
    for iteration in 0..=options.max_iterations {
        if raw <= perfect || change < options.tolerance {
            let points = along_principal_axes(points)?;
            return Ok(MdsEmbedding { stress: stress(&dissimilarities, points.view()), points, iterations: iteration });
        }
        points = guttman_transform(&dissimilarities, points.view());
        let next = raw_stress(&dissimilarities, points.view());
        (change, raw) = ((raw - next) / raw, next);
    }
    Err(StatsError::NotConverged {
        operation: OPERATION,
        iterations: options.max_iterations,
        change,
        tolerance: options.tolerance,
    })
}

/// The pairs as a matrix, once they are dissimilarities that can be scaled.
fn checked(dissimilarities: ArrayView1<'_, f64>, n_dimensions: usize) -> Result<Array2<f64>, StatsError> {
    let n = n_stimuli(dissimilarities.len())?;
    require_stimuli(OPERATION, n, 3)?;
    require_finite_vector(OPERATION, "dissimilarities", &dissimilarities.to_vec())?;
    if let Some(column) = dissimilarities.iter().position(|value| *value < 0.0) {
        let value = dissimilarities[column];
        return Err(StatsError::Negative { operation: OPERATION, what: "dissimilarities", row: 0, column, value });
    }
    if n_dimensions == 0 || n_dimensions >= n {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "n_dimensions",
            value: n_dimensions as f64,
            allowed: "from 1 to one less than the number of stimuli",
        });
    }
    matrix_from_pairs(dissimilarities)
}

fn classical_points(dissimilarities: &Array2<f64>, n_dimensions: usize) -> Result<Array2<f64>, StatsError> {
    let n = dissimilarities.nrows();
    let squared = dissimilarities.mapv(|value| value * value);
    let row_means: Array1<f64> = squared.rows().into_iter().map(|row| row.sum() / n as f64).collect();
    let mean = row_means.sum() / n as f64;
    let centred = Array2::from_shape_fn((n, n), |(i, j)| -0.5 * (squared[[i, j]] - row_means[i] - row_means[j] + mean));
    let (eigenvalues, eigenvectors) = symmetric_eigen(OPERATION, centred.view())?;
    Ok(Array2::from_shape_fn((n, n_dimensions), |(stimulus, dimension)| {
        let at = n - 1 - dimension;
        eigenvalues[at].max(0.0).sqrt() * eigenvectors[[stimulus, at]]
    }))
}

fn distance(points: ArrayView2<'_, f64>, first: usize, second: usize) -> f64 {
    points.row(first).iter().zip(points.row(second)).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn guttman_transform(dissimilarities: &Array2<f64>, points: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = points.nrows();
    let mut ratios = Array2::zeros((n, n));
    for (first, second) in pairs(n) {
        let apart = distance(points, first, second);
        if apart > 0.0 {
            let ratio = dissimilarities[[first, second]] / apart;
            ratios[[first, second]] = -ratio;
            ratios[[second, first]] = -ratio;
            ratios[[first, first]] += ratio;
            ratios[[second, second]] += ratio;
        }
    }
    product(ratios.view(), points) / n as f64
}

/// Σ (δᵢⱼ − dᵢⱼ)² over pairs.
fn raw_stress(dissimilarities: &Array2<f64>, points: ArrayView2<'_, f64>) -> f64 {
    let difference = |(i, j): (usize, usize)| dissimilarities[[i, j]] - distance(points, i, j);
    pairs(points.nrows()).map(difference).map(|difference| difference * difference).sum()
}

/// Kruskal's stress-1; 1 where all points lie in one place and the dissimilarities do not, 0 where both do.
fn stress(dissimilarities: &Array2<f64>, points: ArrayView2<'_, f64>) -> f64 {
    let squares: f64 = pairs(points.nrows()).map(|(i, j)| distance(points, i, j).powi(2)).sum();
    let raw = raw_stress(dissimilarities, points);
    if squares > 0.0 { (raw / squares).sqrt() } else { f64::from(u8::from(raw > 0.0)) }
}

/// The same points centred and turned onto their principal axes.
fn along_principal_axes(points: Array2<f64>) -> Result<Array2<f64>, StatsError> {
    let n = points.nrows();
    let centre: Array1<f64> = points.columns().into_iter().map(|column| column.sum() / n as f64).collect();
    let centred = &points - &centre.insert_axis(Axis(0));
    let (_, axes) = symmetric_eigen(OPERATION, product(centred.t(), centred.view()).view())?;
    let mut turned = product(centred.view(), axes.slice(ndarray::s![.., ..;-1]));
    for mut column in turned.columns_mut() {
        let largest =
            column.iter().fold(0.0, |largest: f64, value| if value.abs() > largest.abs() { *value } else { largest });
        if largest < 0.0 {
            column.mapv_inplace(|value| -value);
        }
    }
    Ok(turned)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::random::Rng;

    fn configuration(n: usize, n_dimensions: usize) -> Array2<f64> {
        let mut rng = Rng::new(17);
        Array2::from_shape_simple_fn((n, n_dimensions), || rng.normal())
    }

    fn distances(points: &Array2<f64>) -> Array1<f64> {
        pairs(points.nrows()).map(|(i, j)| distance(points.view(), i, j)).collect()
    }

    #[test]
    fn points_of_a_plane_are_recovered_up_to_rotation_and_reflection() {
        let wanted = distances(&configuration(20, 2));
        for embedding in
            [classical_mds(wanted.view(), 2).unwrap(), metric_mds(wanted.view(), 2, MdsOptions::default()).unwrap()]
        {
            let found = distances(&embedding.points);
            assert!(wanted.iter().zip(&found).all(|(wanted, found)| (wanted - found).abs() < 1e-10));
            assert!(embedding.stress < 1e-10, "{}", embedding.stress);
        }
    }

    #[test]
    fn metric_scaling_fits_better_than_classical_where_the_plane_is_too_small() {
        let wanted = distances(&configuration(25, 6));
        let classical = classical_mds(wanted.view(), 2).unwrap();
        let metric = metric_mds(wanted.view(), 2, MdsOptions::default()).unwrap();
        let raw = |points: &Array2<f64>| {
            distances(points).iter().zip(&wanted).map(|(found, wanted)| (found - wanted).powi(2)).sum::<f64>()
        };
        assert!(raw(&metric.points) < 0.8 * raw(&classical.points));
        assert!(metric.iterations > 1);
    }

    #[test]
    fn the_points_are_centred_and_lie_along_their_principal_axes() {
        let points = metric_mds(distances(&configuration(15, 4)).view(), 2, MdsOptions::default()).unwrap().points;
        assert!(points.sum_axis(Axis(0)).iter().all(|sum| sum.abs() < 1e-9));
        let products = points.t().dot(&points);
        assert!(products[[0, 1]].abs() < 1e-9 && products[[0, 0]] >= products[[1, 1]]);
    }

    #[test]
    fn a_minimum_is_a_fixed_point_of_the_guttman_transform() {
        let wanted = distances(&configuration(12, 5));
        let options = MdsOptions { tolerance: 1e-14, ..MdsOptions::default() };
        let points = metric_mds(wanted.view(), 2, options).unwrap().points;
        let next = guttman_transform(&matrix_from_pairs(wanted.view()).unwrap(), points.view());
        assert!((&next - &points).iter().all(|difference| difference.abs() < 1e-5));
    }

    #[test]
    fn stimuli_that_do_not_differ_lie_in_one_place() {
        let embedding = metric_mds(array![0.0, 0.0, 0.0].view(), 2, MdsOptions::default()).unwrap();
        assert!(embedding.points.iter().all(|value| value.abs() < 1e-12) && embedding.stress == 0.0);
    }

    #[test]
    fn what_cannot_be_scaled_is_refused_with_its_place() {
        let refused = |pairs: &[f64], n_dimensions: usize| {
            classical_mds(ArrayView1::from(pairs), n_dimensions).unwrap_err().to_string()
        };
        assert!(refused(&[1.0, f64::NAN, 1.0], 2).contains("column 1"));
        assert!(refused(&[1.0, 1.0, -0.5], 2).contains("-0.5 at row 0, column 2"));
        assert!(refused(&[1.0, 1.0], 1).contains("2 values as the pairs"));
        assert!(refused(&[1.0], 1).contains("2 stimuli: at least 3"));
        assert!(refused(&[1.0, 1.0, 1.0], 3).contains("n_dimensions is 3"));
        let hurried = MdsOptions { max_iterations: 1, tolerance: 1e-300 };
        let message = metric_mds(distances(&configuration(12, 5)).view(), 2, hurried).unwrap_err().to_string();
        assert!(message.contains("after 1 iterations"), "{message}");
    }
}
