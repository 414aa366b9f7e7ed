//! The noise covariance of units from residuals, and whitening by it, without a units × units matrix where there are fewer residuals.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length};
use crate::linear_algebra::{product, symmetric_eigen};
use crate::naming::unknown_name;

const OPERATION: &str = "the noise covariance of units";

/// How the covariance of units is estimated from residuals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NoiseEstimate {
    /// Sample covariance shrunk towards its diagonal (Schäfer and Strimmer 2005). rsatoolbox: "shrinkage_diag", its default.
    ShrinkToDiagonal,
    /// Sample covariance shrunk towards a multiple of the identity (Ledoit and Wolf 2004). rsatoolbox: "shrinkage_eye".
    ShrinkToIdentity,
    /// Variances alone. rsatoolbox: "diag".
    Diagonal,
    /// The sample covariance as it is; it needs more residuals than units. rsatoolbox: "full".
    Full,
}

impl NoiseEstimate {
    /// Every estimate.
    pub const ALL: [Self; 4] = [Self::ShrinkToDiagonal, Self::ShrinkToIdentity, Self::Diagonal, Self::Full];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ShrinkToDiagonal => "shrink-to-diagonal",
            Self::ShrinkToIdentity => "shrink-to-identity",
            Self::Diagonal => "diagonal",
            Self::Full => "full",
        }
    }
}

impl std::str::FromStr for NoiseEstimate {
    type Err = StatsError;

    /// Understands rsatoolbox's names too.
    fn from_str(name: &str) -> Result<Self, StatsError> {
        let ours = match name {
            "shrinkage_diag" => "shrink-to-diagonal",
            "shrinkage_eye" => "shrink-to-identity",
            "diag" => "diagonal",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|estimate| estimate.name() == ours)
            .ok_or_else(|| unknown_name("estimate of the noise covariance", name, &Self::ALL.map(Self::name)))
    }
}

/// A noise covariance of units, kept so that patterns can be whitened by it.
///
/// Σ = D^½ (c ZᵀZ + λ I) D^½, with Z the scaled residuals: memory is that of the residuals, or units² where units are fewer.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseCovariance {
    /// √ of D; (n_units).
    scale: Array1<f64>,
    /// Scaled, centred residuals divided by √ degrees of freedom; `None` for a diagonal covariance.
    residuals: Option<Array2<f64>>,
    /// c: the weight of the sample covariance.
    kept: f64,
    /// λ: what is added to the diagonal after scaling.
    added: f64,
}

impl NoiseCovariance {
    /// Estimates the covariance of units from residuals.
    ///
    /// Residuals are centred per unit; the covariance is divided by `degrees_of_freedom`, or by n_residuals − 1 when it is `None`.
    ///
    /// # Shapes and units
    /// - `residuals`: (n_residuals, n_units).
    ///
    /// # Errors
    /// - [`StatsError::TooFew`] under 2 residuals; [`StatsError::NotFinite`].
    /// - [`StatsError::ConstantPattern`] when a unit has no variance.
    /// - [`StatsError::OutOfRange`] when the degrees of freedom are 0.
    ///
    /// # Accuracy and randomness
    /// f64; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/rdm). Deterministic.
    ///
    /// # Reference
    /// Schäfer, Strimmer (2005). Stat Appl Genet Mol Biol 4:32. Ledoit, Wolf (2004). J Multivar Anal 88:365.
    /// The shrinkage intensities are summed here by way of residuals × residuals, where rsatoolbox sums units × units per residual.
    pub fn from_residuals(
        residuals: ArrayView2<'_, f64>,
        estimate: NoiseEstimate,
        degrees_of_freedom: Option<usize>,
    ) -> Result<Self, StatsError> {
        let (n, n_units) = residuals.dim();
        let freedom = freedom_of(OPERATION, (n, n_units), degrees_of_freedom)?;
        require_finite(OPERATION, "residuals", residuals)?;
        let means = residuals.sum_axis(Axis(0)) / n as f64;
        let centred = &residuals - &means;
        let variances = centred.mapv(|x| x * x).sum_axis(Axis(0)) / freedom;
        let negligible = |unit: usize| variances[unit] <= (f64::EPSILON * means[unit]).powi(2) * n as f64;
        if let Some(index) = (0..n_units).find(|&unit| negligible(unit)) {
            return Err(StatsError::ConstantPattern { operation: OPERATION, what: "unit", index });
        }
        let deviations = variances.mapv(f64::sqrt);
        let ones = Array1::ones(n_units);
        Ok(match estimate {
            NoiseEstimate::Diagonal => Self { scale: deviations, residuals: None, kept: 0.0, added: 1.0 },
            NoiseEstimate::Full => {
                Self { scale: ones, residuals: Some(centred / freedom.sqrt()), kept: 1.0, added: 0.0 }
            }
            NoiseEstimate::ShrinkToDiagonal => {
                let scaled = &centred / &deviations;
                let shrinkage = shrinkage_to_diagonal(&scaled, freedom);
                Self {
                    scale: deviations,
                    residuals: Some(scaled / freedom.sqrt()),
                    kept: 1.0 - shrinkage,
                    added: shrinkage,
                }
            }
            NoiseEstimate::ShrinkToIdentity => {
                let shrinkage = shrinkage_to_identity(&centred);
                Self {
                    scale: ones,
                    residuals: Some(centred / freedom.sqrt()),
                    kept: 1.0 - shrinkage,
                    added: shrinkage * variances.sum() / n_units as f64,
                }
            }
        })
    }

    /// How many units it is over.
    pub fn n_units(&self) -> usize {
        self.scale.len()
    }

    /// The covariance written out: (n_units, n_units), 8 n_units² bytes.
    pub fn to_matrix(&self) -> Array2<f64> {
        let n = self.n_units();
        let mut matrix = match &self.residuals {
            Some(residuals) => product(residuals.t(), residuals.view()) * self.kept,
            None => Array2::zeros((n, n)),
        };
        matrix.diag_mut().mapv_inplace(|value| value + self.added);
        for (i, mut row) in matrix.rows_mut().into_iter().enumerate() {
            row *= &(&self.scale * self.scale[i]);
        }
        matrix
    }

    /// Patterns multiplied by the inverse square root of the covariance, so that their noise is independent and of variance 1.
    ///
    /// Euclidean distances of whitened patterns are Mahalanobis distances of the patterns.
    ///
    /// # Shapes and units
    /// - `patterns`: (n_patterns, n_units); returns the same shape.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when the units are not as many; [`StatsError::NotFinite`].
    /// - [`StatsError::Singular`] when the covariance has no inverse: [`NoiseEstimate::Full`] with too few residuals.
    ///
    /// # Accuracy and randomness
    /// f64, deterministic; one eigendecomposition of the smaller of n_residuals and n_units.
    pub fn whiten(&self, patterns: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
        const OPERATION: &str = "whitened patterns";
        require_same_length(
            OPERATION,
            "units",
            ("the patterns", patterns.ncols()),
            ("the noise covariance", self.n_units()),
        )?;
        require_finite(OPERATION, "patterns", patterns)?;
        let scaled = &patterns / &self.scale;
        let Some(residuals) = &self.residuals else {
            return Ok(scaled / self.added.sqrt());
        };
        let (n, n_units) = residuals.dim();
        if n_units <= n {
            let core = product(residuals.t(), residuals.view()) * self.kept;
            let (values, vectors) = symmetric_eigen(OPERATION, core.view())?;
            let roots = self.inverse_roots(&values)?;
            let turned = product(scaled.view(), vectors.view()) * &roots;
            return Ok(product(turned.view(), vectors.t()));
        }
        if self.added <= 0.0 {
            return Err(singular(OPERATION));
        }
        let core = product(residuals.view(), residuals.t());
        let (values, vectors) = symmetric_eigen(OPERATION, core.view())?;
        let base = self.added.sqrt().recip();
        let greatest = values.iter().copied().fold(0.0, f64::max);
        let weights = values.mapv(|value| {
            if value <= greatest * f64::EPSILON * n as f64 {
                0.0
            } else {
                ((self.kept * value + self.added).sqrt().recip() - base) / value
            }
        });
        let onto = product(product(scaled.view(), residuals.t()).view(), vectors.view()) * &weights;
        let back = product(product(onto.view(), vectors.t()).view(), residuals.view());
        Ok(scaled * base + back)
    }

    /// 1 / √ of each eigenvalue of the covariance.
    fn inverse_roots(&self, values: &Array1<f64>) -> Result<Array1<f64>, StatsError> {
        let shifted = values + self.added;
        let greatest = shifted.iter().copied().fold(0.0, f64::max);
        let smallest = greatest * f64::EPSILON * values.len() as f64;
        if shifted.iter().any(|&value| value <= smallest) {
            return Err(singular("whitened patterns"));
        }
        Ok(shifted.mapv(|value| value.sqrt().recip()))
    }
}

pub(super) fn singular(operation: &'static str) -> StatsError {
    StatsError::Singular {
        operation,
        matrix: "the noise covariance",
        advice: "Shrink it to its diagonal or to the identity, or give more residuals than units",
    }
}

/// Patterns multiplied by the square root of a precision matrix of units.
///
/// # Shapes and units
/// - `patterns`: (n_patterns, n_units), `precision`: (n_units, n_units), symmetric.
///
/// # Errors
/// [`StatsError::ShapeMismatch`], [`StatsError::NotFinite`], and [`StatsError::Singular`] when the precision is not positive definite.
///
/// # Reference
/// Walther et al. (2016). Reliability of dissimilarity measures for multi-voxel pattern analysis. NeuroImage 137:188.
pub fn whiten_by_precision(
    patterns: ArrayView2<'_, f64>,
    precision: ArrayView2<'_, f64>,
) -> Result<Array2<f64>, StatsError> {
    const OPERATION: &str = "patterns whitened by a precision matrix";
    let (n_rows, n_columns) = precision.dim();
    require_same_length(
        OPERATION,
        "units",
        ("rows of the precision", n_rows),
        ("columns of the precision", n_columns),
    )?;
    require_same_length(OPERATION, "units", ("the patterns", patterns.ncols()), ("the precision", n_rows))?;
    require_finite(OPERATION, "the precision", precision)?;
    require_finite(OPERATION, "patterns", patterns)?;
    let (values, vectors) = symmetric_eigen(OPERATION, precision)?;
    let greatest = values.iter().copied().fold(0.0, f64::max);
    if values.iter().any(|&value| value <= greatest * f64::EPSILON) {
        return Err(StatsError::Singular {
            operation: OPERATION,
            matrix: "the precision matrix",
            advice: "It needs positive eigenvalues only",
        });
    }
    Ok(product(patterns, vectors.view()) * &values.mapv(f64::sqrt))
}

/// What a covariance of residuals (n, n_units) is divided by: what was given, or n − 1.
pub(super) fn freedom_of(
    operation: &'static str,
    (n, n_units): (usize, usize),
    given: Option<usize>,
) -> Result<f64, StatsError> {
    require_count(operation, "residuals", n, 2)?;
    require_count(operation, "units", n_units, 1)?;
    match given.unwrap_or(n - 1) {
        0 => Err(StatsError::OutOfRange {
            operation,
            parameter: "the number of degrees of freedom",
            value: 0.0,
            allowed: "1 or more",
        }),
        freedom => Ok(freedom as f64),
    }
}

/// Schäfer and Strimmer's intensity; `scaled` has unit variance (over `freedom`) in each column.
fn shrinkage_to_diagonal(scaled: &Array2<f64>, freedom: f64) -> f64 {
    let mut sums = ResidualSums { second_all: frobenius_square(scaled), ..ResidualSums::default() };
    sums.add_fourth_powers(scaled);
    let squares = scaled.mapv(|x| x * x);
    sums.second_own = squares.sum_axis(Axis(0)).iter().map(|sum| sum * sum).sum();
    sums.intensity_to_diagonal(scaled.nrows() as f64, freedom)
}

/// Ledoit and Wolf's intensity.
fn shrinkage_to_identity(centred: &Array2<f64>) -> f64 {
    let mut sums = ResidualSums { second_all: frobenius_square(centred), ..ResidualSums::default() };
    sums.add_fourth_powers(centred);
    sums.intensity_to_identity(centred.dim(), centred.iter().map(|x| x * x).sum())
}

/// Sums over all pairs of units that the intensities of shrinkage follow from: they are squares of sums over units, and squares of inner
/// products, so that no units × units array of fourth moments is needed.
#[derive(Debug, Clone, Default)]
pub(super) struct ResidualSums {
    /// Σ over residuals of (Σ over units of x²)².
    pub(super) fourth_all: f64,
    /// Σ of x⁴.
    pub(super) fourth_own: f64,
    /// ‖XᵀX‖².
    pub(super) second_all: f64,
    /// Σ over units of (Σ over residuals of x²)².
    pub(super) second_own: f64,
}

impl ResidualSums {
    pub(super) fn add_fourth_powers(&mut self, residuals: &Array2<f64>) {
        for row in residuals.rows() {
            let (mut square, mut fourth) = (0.0, 0.0);
            for x in row {
                square += x * x;
                fourth += x * x * x * x;
            }
            self.fourth_all += square * square;
            self.fourth_own += fourth;
        }
    }

    /// With the constants of rsatoolbox, for `n` residuals of unit variance (over `freedom`).
    pub(super) fn intensity_to_diagonal(&self, n: f64, freedom: f64) -> f64 {
        let mean_of_squares = (self.fourth_all - self.fourth_own) / (n - 1.0);
        let square_of_means = (self.second_all - self.second_own) / (n - 1.0).powi(2);
        if square_of_means <= 0.0 {
            return 1.0;
        }
        let variance = n / freedom.powi(2) * (mean_of_squares - square_of_means);
        (variance / square_of_means).clamp(0.0, 1.0)
    }

    /// b² / d², for centred residuals (n, units) whose squares sum to `total`.
    pub(super) fn intensity_to_identity(&self, (n, n_units): (usize, usize), total: f64) -> f64 {
        let (n, p) = (n as f64, n_units as f64);
        let trace = total / n;
        let sample_square = self.second_all / (n * n);
        let distance = sample_square - trace * trace / p;
        if distance <= 0.0 {
            return 1.0;
        }
        ((self.fourth_all / n - sample_square) / n).min(distance) / distance
    }
}

/// ‖XᵀX‖², by the smaller of XᵀX and XXᵀ.
fn frobenius_square(x: &Array2<f64>) -> f64 {
    let inner = if x.nrows() <= x.ncols() { product(x.view(), x.t()) } else { product(x.t(), x.view()) };
    inner.iter().map(|value| value * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;

    /// Wᵀ Σ W must be the identity, whichever side is smaller.
    #[test]
    fn whitening_makes_the_covariance_the_identity() {
        for (n, p) in [(40, 7), (6, 15)] {
            let residuals = normal_matrix(n, p, 1);
            for estimate in [NoiseEstimate::ShrinkToDiagonal, NoiseEstimate::ShrinkToIdentity, NoiseEstimate::Diagonal]
            {
                let noise = NoiseCovariance::from_residuals(residuals.view(), estimate, None).unwrap();
                let whitener = noise.whiten(Array2::eye(p).view()).unwrap();
                let identity = whitener.t().dot(&noise.to_matrix()).dot(&whitener);
                assert!((&identity - &Array2::<f64>::eye(p)).iter().all(|d| d.abs() < 1e-9), "{estimate:?}");
            }
        }
    }

    #[test]
    fn full_covariance_of_few_residuals_is_singular() {
        let noise = NoiseCovariance::from_residuals(normal_matrix(5, 9, 2).view(), NoiseEstimate::Full, None).unwrap();
        assert!(matches!(noise.whiten(normal_matrix(2, 9, 3).view()), Err(StatsError::Singular { .. })));
        let noise = NoiseCovariance::from_residuals(normal_matrix(8, 8, 4).view(), NoiseEstimate::Full, None).unwrap();
        assert!(matches!(noise.whiten(normal_matrix(2, 8, 5).view()), Err(StatsError::Singular { .. })));
    }

    #[test]
    fn constant_unit_is_named() {
        let mut residuals = normal_matrix(6, 4, 6);
        residuals.column_mut(2).fill(1.5);
        let found = NoiseCovariance::from_residuals(residuals.view(), NoiseEstimate::Diagonal, None);
        assert!(matches!(found, Err(StatsError::ConstantPattern { what: "unit", index: 2, .. })));
    }
}
