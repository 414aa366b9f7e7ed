//! One name for every measure of an RDM from observations, for command lines.

use ndarray::Array1;

use super::noise::NoiseCovariance;
use super::pattern::{RdmMeasure, rdm_from_features};
use super::repeated::{
    Observations, RatePrior, condition_means, cross_validated_poisson_divergence_per_unit, crossnobis,
    poisson_divergence_per_unit, squared_mahalanobis_per_unit,
};
use crate::StatsError;
use crate::naming::unknown_name;

/// What number an RDM of observations holds for each pair of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ObservedMeasure {
    /// A measure of the patterns of mean responses.
    OfMeans(RdmMeasure),
    /// [`squared_mahalanobis_per_unit`] of mean responses.
    SquaredMahalanobisPerUnit,
    /// [`crossnobis`].
    Crossnobis,
    /// [`poisson_divergence_per_unit`] of mean responses.
    PoissonDivergencePerUnit,
    /// [`cross_validated_poisson_divergence_per_unit`].
    CrossValidatedPoissonDivergencePerUnit,
}

impl ObservedMeasure {
    /// Every measure.
    pub const ALL: [Self; 8] = [
        Self::OfMeans(RdmMeasure::PearsonDistance),
        Self::OfMeans(RdmMeasure::CosineDistance),
        Self::OfMeans(RdmMeasure::Euclidean),
        Self::OfMeans(RdmMeasure::SquaredEuclideanPerUnit),
        Self::SquaredMahalanobisPerUnit,
        Self::Crossnobis,
        Self::PoissonDivergencePerUnit,
        Self::CrossValidatedPoissonDivergencePerUnit,
    ];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::OfMeans(measure) => measure.name(),
            Self::SquaredMahalanobisPerUnit => "squared-mahalanobis-per-unit",
            Self::Crossnobis => "crossnobis",
            Self::PoissonDivergencePerUnit => "poisson-divergence-per-unit",
            Self::CrossValidatedPoissonDivergencePerUnit => "cross-validated-poisson-divergence-per-unit",
        }
    }

    /// Whether it is defined for repeated observations in folds alone.
    pub fn needs_folds(self) -> bool {
        matches!(self, Self::Crossnobis | Self::CrossValidatedPoissonDivergencePerUnit)
    }
}

impl std::str::FromStr for ObservedMeasure {
    type Err = StatsError;

    /// Understands rsatoolbox's "mahalanobis", "poisson" and "poisson_cv" too; its "euclidean" is squared and is not what that name gives here.
    fn from_str(name: &str) -> Result<Self, StatsError> {
        let ours = match name {
            "mahalanobis" => "squared-mahalanobis-per-unit",
            "poisson" => "poisson-divergence-per-unit",
            "poisson_cv" => "cross-validated-poisson-divergence-per-unit",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|measure| measure.name() == ours)
            .ok_or_else(|| unknown_name("RDM measure", name, &Self::ALL.map(Self::name)))
    }
}

/// An RDM of observations by any measure.
///
/// # Shapes and units
/// - `noise`: for Mahalanobis and crossnobis; the latter is cross-validated squared Euclidean distance without it.
/// - returns: the upper triangle over conditions, row by row.
///
/// # Errors
/// - [`StatsError::Unsupported`] for Mahalanobis without a noise covariance, and for a noise covariance that the measure does not use.
/// - As the measure's own function.
///
/// # Reference
/// As the measure's own function.
pub fn rdm_from_observations(
    observations: &Observations<'_>,
    measure: ObservedMeasure,
    noise: Option<&NoiseCovariance>,
) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "an RDM of observations";
    match (measure, noise) {
        (ObservedMeasure::Crossnobis, noise) => crossnobis(observations, noise),
        (ObservedMeasure::SquaredMahalanobisPerUnit, Some(noise)) => {
            squared_mahalanobis_per_unit(condition_means(observations)?.view(), noise)
        }
        (ObservedMeasure::SquaredMahalanobisPerUnit, None) => Err(StatsError::Unsupported {
            operation: OPERATION,
            choice: "Mahalanobis distance and no noise covariance",
            reason: "the distance is in units of the noise",
            instead: "Give residuals to estimate the covariance from, or take squared Euclidean distance",
        }),
        (_, Some(_)) => Err(StatsError::Unsupported {
            operation: OPERATION,
            choice: "a noise covariance",
            reason: "this measure does not use one",
            instead: "Leave the residuals out, or take Mahalanobis or crossnobis distance",
        }),
        (ObservedMeasure::OfMeans(measure), None) => rdm_from_features(condition_means(observations)?.view(), measure),
        (ObservedMeasure::PoissonDivergencePerUnit, None) => {
            poisson_divergence_per_unit(condition_means(observations)?.view(), RatePrior::default())
        }
        (ObservedMeasure::CrossValidatedPoissonDivergencePerUnit, None) => {
            cross_validated_poisson_divergence_per_unit(observations, RatePrior::default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use crate::rdm::NoiseEstimate;
    use ndarray::Array2;

    #[test]
    fn every_measure_is_found_by_its_name_and_gives_an_rdm() {
        let mut rng = Rng::new(1);
        let responses = Array2::from_shape_simple_fn((12, 5), || 5.0 * rng.uniform());
        let residuals = Array2::from_shape_simple_fn((20, 5), || rng.normal());
        let noise = NoiseCovariance::from_residuals(residuals.view(), NoiseEstimate::ShrinkToDiagonal, None).unwrap();
        let conditions: Vec<usize> = (0..12).map(|i| i % 4).collect();
        let folds: Vec<usize> = (0..12).map(|i| i / 4).collect();
        let observations =
            Observations { responses: responses.view(), conditions: &conditions, folds: &folds, n_conditions: 4 };
        for measure in ObservedMeasure::ALL {
            assert_eq!(measure.name().parse(), Ok(measure));
            let uses_noise =
                matches!(measure, ObservedMeasure::Crossnobis | ObservedMeasure::SquaredMahalanobisPerUnit);
            let found = rdm_from_observations(&observations, measure, uses_noise.then_some(&noise)).unwrap();
            assert!(found.len() == 6 && found.iter().all(|d| d.is_finite()), "{measure:?}");
            if !uses_noise {
                assert!(rdm_from_observations(&observations, measure, Some(&noise)).is_err());
            }
        }
        assert!(rdm_from_observations(&observations, ObservedMeasure::SquaredMahalanobisPerUnit, None).is_err());
        let words = "crossnoby".parse::<ObservedMeasure>().unwrap_err().to_string();
        assert!(words.contains("There are: crossnobis, "), "{words}");
    }
}
