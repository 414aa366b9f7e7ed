//! RDMs between patterns of response: correlation, cosine and Euclidean distances.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::pairs::{n_pairs, pairs};
use crate::StatsError;
use crate::finite::{require_count, require_finite, require_stimuli};
use crate::gram::Gram;
use crate::naming::unknown_name;
use crate::products_of_rows::{Centre, add_products_of_rows};

/// What number an RDM holds for each pair of stimuli. The name says what comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RdmMeasure {
    /// 1 − Pearson's r between the two patterns over units; in \[0, 2\]. rsatoolbox and Brain-Score: "correlation".
    PearsonDistance,
    /// 1 − cosine of the angle between the two patterns; in \[0, 2\].
    CosineDistance,
    /// √Σ over units of the squared difference: the plain Euclidean distance, in the unit of the responses.
    Euclidean,
    /// Σ over units of the squared difference, divided by the number of units: what rsatoolbox calls "euclidean".
    SquaredEuclideanPerUnit,
}

impl RdmMeasure {
    /// Every measure.
    pub const ALL: [Self; 4] =
        [Self::PearsonDistance, Self::CosineDistance, Self::Euclidean, Self::SquaredEuclideanPerUnit];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PearsonDistance => "correlation",
            Self::CosineDistance => "cosine",
            Self::Euclidean => "euclidean",
            Self::SquaredEuclideanPerUnit => "squared-euclidean-per-unit",
        }
    }

    /// The measure with this name.
    ///
    /// # Errors
    /// [`StatsError::UnknownName`] lists all names, the nearest first.
    pub fn from_name(name: &str) -> Result<Self, StatsError> {
        Self::ALL
            .into_iter()
            .find(|measure| measure.name() == name)
            .ok_or_else(|| unknown_name("RDM measure", name, &Self::ALL.map(Self::name)))
    }

    fn operation(self) -> &'static str {
        match self {
            Self::PearsonDistance => "a correlation RDM",
            Self::CosineDistance => "a cosine RDM",
            Self::Euclidean => "a Euclidean RDM",
            Self::SquaredEuclideanPerUnit => "an RDM of squared Euclidean distance per unit",
        }
    }
}

impl std::str::FromStr for RdmMeasure {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        Self::from_name(name)
    }
}

/// The dissimilarity of the patterns of each pair of stimuli.
///
/// Correlation distance centres each pattern over its units; Euclidean distance is formed after each unit is centred over
/// stimuli, which leaves it unchanged and loses fewer digits.
///
/// # Shapes and units
/// - `features`: (n_stimuli, n_units), f32 or f64, any real unit; rows are stimuli.
/// - returns: (n_stimuli · (n_stimuli − 1) / 2), upper triangle row by row.
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] under 2 stimuli; [`StatsError::TooFew`] with no unit (or 1 for correlation).
/// - [`StatsError::NotFinite`] names the first NaN or infinity by stimulus (row) and unit (column).
/// - [`StatsError::ConstantPattern`] for correlation when a stimulus gives every unit the same response, for cosine when it
///   gives every unit 0.
///
/// # Edge cases
/// Memory: n_stimuli² f64 and one block of 1,024 units, beside the features.
///
/// # Accuracy and randomness
/// f64 throughout; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/rdm). Deterministic, whatever the number of threads.
///
/// # Example
/// ```
/// use homolog_stats::rdm::{RdmMeasure, rdm_from_features};
/// use ndarray::array;
/// let features = array![[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]];
/// let rdm = rdm_from_features(features.view(), RdmMeasure::PearsonDistance)?;
/// assert!((rdm[0] - 2.0).abs() < 1e-12);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Kriegeskorte, Mur, Bandettini (2008). Representational similarity analysis. Front Syst Neurosci 2:4.
/// doi:10.3389/neuro.06.004.2008.
pub fn rdm_from_features<A: Copy + Into<f64> + Sync + Send>(
    features: ArrayView2<'_, A>,
    measure: RdmMeasure,
) -> Result<Array1<f64>, StatsError> {
    let operation = measure.operation();
    let (n, n_units) = features.dim();
    require_stimuli(operation, n, 2)?;
    require_count(operation, "units", n_units, fewest_units(measure))?;
    require_finite(operation, "features", features)?;
    let pattern_means: Vec<f64> = match measure {
        RdmMeasure::PearsonDistance => features
            .axis_iter(Axis(0))
            .into_par_iter()
            .map(|row| row.iter().map(|&value| value.into()).sum::<f64>() / n_units as f64)
            .collect(),
        _ => vec![0.0; n],
    };
    let mut lower = vec![0.0; n * n];
    let centre = match measure {
        RdmMeasure::PearsonDistance => Centre::OfRows(&pattern_means),
        RdmMeasure::CosineDistance => Centre::Nothing,
        RdmMeasure::Euclidean | RdmMeasure::SquaredEuclideanPerUnit => Centre::MeanOfColumns,
    };
    add_products_of_rows(&mut lower, features, &centre);
    // A centred pattern keeps the rounding of its mean: that much variance says nothing.
    let rounding = |stimulus: usize| (f64::EPSILON * n_units as f64 * pattern_means[stimulus]).powi(2) * n_units as f64;
    from_products(&|i, j| lower[j.max(i) * n + j.min(i)], &rounding, (n, n_units), measure)
}

/// The dissimilarity of the patterns of each pair of stimuli, from their Gram matrix.
///
/// The same numbers as [`rdm_from_features`] without the features in memory. Correlation is formed from the products and the
/// row sums, which loses as many digits as the squared mean of a pattern is larger than its variance: use
/// [`rdm_from_features`] where a pattern's mean is more than ten thousand times its standard deviation.
///
/// # Shapes and units
/// - `gram`: over n_stimuli; returns (n_stimuli · (n_stimuli − 1) / 2), upper triangle row by row.
///
/// # Errors
/// As [`rdm_from_features`].
///
/// # Reference
/// As [`rdm_from_features`].
pub fn rdm_from_gram(gram: &Gram, measure: RdmMeasure) -> Result<Array1<f64>, StatsError> {
    let operation = measure.operation();
    let n = gram.n_stimuli();
    require_stimuli(operation, n, 2)?;
    require_count(operation, "units", gram.n_units, fewest_units(measure))?;
    let n_units = gram.n_units as f64;
    let product = |i: usize, j: usize| match measure {
        RdmMeasure::PearsonDistance => gram.products[[i, j]] - gram.row_sums[i] * gram.row_sums[j] / n_units,
        _ => gram.products[[i, j]],
    };
    let rounding = |i: usize| match measure {
        RdmMeasure::PearsonDistance => f64::EPSILON * n_units * gram.products[[i, i]],
        _ => 0.0,
    };
    from_products(&product, &rounding, (n, gram.n_units), measure)
}

/// One RDM for each time bin of responses.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_units, n_bins); returns (n_bins, n_pairs).
///
/// # Errors
/// As [`rdm_from_features`], of the first bin that has one; [`StatsError::TooFew`] with no bin.
///
/// # Reference
/// As [`rdm_from_features`].
pub fn rdm_per_time_bin(
    responses: ndarray::ArrayView3<'_, f64>,
    measure: RdmMeasure,
) -> Result<Array2<f64>, StatsError> {
    let (n, _, n_bins) = responses.dim();
    require_count("an RDM per time bin", "time bins", n_bins, 1)?;
    let mut rdms = Array2::zeros((n_bins, n_pairs(n)));
    for (bin, mut row) in rdms.rows_mut().into_iter().enumerate() {
        row.assign(&rdm_from_features(responses.index_axis(Axis(2), bin), measure)?);
    }
    Ok(rdms)
}

fn fewest_units(measure: RdmMeasure) -> usize {
    match measure {
        RdmMeasure::PearsonDistance => 2,
        _ => 1,
    }
}

/// The RDM from inner products of (centred) patterns; `rounding` is the largest sum of squares that rounding alone can leave of a
/// constant pattern.
fn from_products(
    product: &(dyn Fn(usize, usize) -> f64 + Sync),
    rounding: &dyn Fn(usize) -> f64,
    (n, n_units): (usize, usize),
    measure: RdmMeasure,
) -> Result<Array1<f64>, StatsError> {
    let squares: Vec<f64> = (0..n).map(|i| product(i, i)).collect();
    let angle = matches!(measure, RdmMeasure::PearsonDistance | RdmMeasure::CosineDistance);
    if let Some(index) = (0..n).find(|&i| angle && squares[i] <= rounding(i)) {
        return Err(StatsError::ConstantPattern { operation: measure.operation(), what: "stimulus", index });
    }
    let norms: Vec<f64> = squares.iter().map(|square| square.sqrt()).collect();
    let squared = |i: usize, j: usize| (squares[i] + squares[j] - 2.0 * product(i, j)).max(0.0);
    Ok(pairs(n)
        .map(|(i, j)| match measure {
            RdmMeasure::PearsonDistance | RdmMeasure::CosineDistance => {
                1.0 - (product(i, j) / (norms[i] * norms[j])).clamp(-1.0, 1.0)
            }
            RdmMeasure::Euclidean => squared(i, j).sqrt(),
            RdmMeasure::SquaredEuclideanPerUnit => squared(i, j) / n_units as f64,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Rng, normal_matrix};
    use ndarray::array;

    #[test]
    fn distances_of_two_simple_patterns_are_those_worked_out_by_hand() {
        // Difference (1, 2, 2): 9 squared, 3 plain, 3 per unit.
        let features = array![[1.0, 2.0, 3.0], [0.0, 0.0, 1.0]];
        let of = |measure| rdm_from_features(features.view(), measure).unwrap()[0];
        assert!((of(RdmMeasure::Euclidean) - 3.0).abs() < 1e-12);
        assert!((of(RdmMeasure::SquaredEuclideanPerUnit) - 3.0).abs() < 1e-12);
        assert!((of(RdmMeasure::CosineDistance) - (1.0 - 3.0 / 14f64.sqrt())).abs() < 1e-12);
        // Centred: (-1, 0, 1) and (-1/3, -1/3, 2/3): r = 1 / sqrt(2 * 2/3).
        assert!((of(RdmMeasure::PearsonDistance) - (1.0 - 1.0 / (4f64 / 3.0).sqrt())).abs() < 1e-12);
    }

    #[test]
    fn gram_and_features_give_the_same_rdm() {
        let features = normal_matrix(12, 1100, 1);
        let gram = Gram::of(features.view()).unwrap();
        for measure in RdmMeasure::ALL {
            let direct = rdm_from_features(features.view(), measure).unwrap();
            let streamed = rdm_from_gram(&gram, measure).unwrap();
            assert!((&direct - &streamed).iter().all(|d| d.abs() < 1e-11), "{measure:?}");
        }
    }

    #[test]
    fn correlation_keeps_its_digits_beside_a_large_mean() {
        let small = normal_matrix(6, 40, 2);
        let shifted = &small + 1e7;
        let plain = rdm_from_features(small.view(), RdmMeasure::PearsonDistance).unwrap();
        let beside = rdm_from_features(shifted.view(), RdmMeasure::PearsonDistance).unwrap();
        assert!((&plain - &beside).iter().all(|d| d.abs() < 1e-7));
    }

    #[test]
    fn euclidean_is_unchanged_by_rotating_units_and_pearson_by_scaling_patterns() {
        let plain = normal_matrix(8, 2, 3);
        let (sine, cosine) = 0.7f64.sin_cos();
        let turned = plain.dot(&array![[cosine, -sine], [sine, cosine]]);
        let of = |x: &Array2<f64>, m| rdm_from_features(x.view(), m).unwrap();
        let (a, b) = (of(&plain, RdmMeasure::Euclidean), of(&turned, RdmMeasure::Euclidean));
        assert!((&a - &b).iter().all(|d| d.abs() < 1e-12));
        let wide = normal_matrix(8, 30, 4);
        let (a, b) = (of(&wide, RdmMeasure::PearsonDistance), of(&(&wide * 3.0 + 5.0), RdmMeasure::PearsonDistance));
        assert!((&a - &b).iter().all(|d| d.abs() < 1e-12));
    }

    #[test]
    fn constant_pattern_is_named_and_never_given_a_distance() {
        let mut patterns = normal_matrix(5, 20, 5);
        patterns.row_mut(3).fill(0.1);
        let constant = |measure| rdm_from_features(patterns.view(), measure);
        assert!(matches!(constant(RdmMeasure::PearsonDistance), Err(StatsError::ConstantPattern { index: 3, .. })));
        assert!(constant(RdmMeasure::Euclidean).is_ok());
        let gram = Gram::of(patterns.view()).unwrap();
        assert!(matches!(
            rdm_from_gram(&gram, RdmMeasure::PearsonDistance),
            Err(StatsError::ConstantPattern { index: 3, .. })
        ));
    }

    #[test]
    fn nan_is_named_by_stimulus_and_unit() {
        let mut patterns = normal_matrix(5, 20, 6);
        patterns[[2, 7]] = f64::NAN;
        let words = rdm_from_features(patterns.view(), RdmMeasure::Euclidean).unwrap_err().to_string();
        assert!(words.contains("row 2, column 7"), "{words}");
    }

    #[test]
    fn f32_features_are_summed_in_f64() {
        let single = normal_matrix(6, 3000, 7).mapv(|value| value as f32);
        let double = single.mapv(f64::from);
        let measure = RdmMeasure::PearsonDistance;
        assert_eq!(
            rdm_from_features(single.view(), measure).unwrap(),
            rdm_from_features(double.view(), measure).unwrap()
        );
    }

    #[test]
    fn one_stimulus_has_no_rdm() {
        let found = rdm_from_features(array![[1.0, 2.0]].view(), RdmMeasure::Euclidean);
        assert!(matches!(found, Err(StatsError::TooFewStimuli { found: 1, .. })));
    }

    #[test]
    fn each_time_bin_has_the_rdm_of_its_responses() {
        let mut rng = Rng::new(8);
        let responses = ndarray::Array3::from_shape_simple_fn((5, 6, 3), || rng.normal());
        let movie = rdm_per_time_bin(responses.view(), RdmMeasure::CosineDistance).unwrap();
        let second = rdm_from_features(responses.index_axis(Axis(2), 1), RdmMeasure::CosineDistance);
        assert_eq!(movie.row(1), second.unwrap());
    }
}
