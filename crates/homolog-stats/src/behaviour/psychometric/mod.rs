//! Psychometric functions: how the share of right answers falls with noise or rises with contrast, and the threshold between.

mod fit;
mod search;

pub use fit::{
    LapseRate, PsychometricData, PsychometricFit, PsychometricSettings, ThresholdInterval, fit_psychometric_function,
    psychometric_threshold_interval,
};

use crate::StatsError;
use crate::normal::{normal_distribution, normal_quantile};

/// The shape of a psychometric function, F(x; threshold, width).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PsychometricShape {
    /// Φ((x − threshold) / width): the threshold is where F is 1/2.
    CumulativeGaussian,
    /// 1 / (1 + exp(−(x − threshold) / width)): the threshold is where F is 1/2.
    Logistic,
    /// 1 − exp(−(x / threshold)^(1 / width)), for levels above 0: the threshold is where F is 1 − 1/e.
    Weibull,
}

impl PsychometricShape {
    /// Every shape.
    pub const ALL: [Self; 3] = [Self::CumulativeGaussian, Self::Logistic, Self::Weibull];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::CumulativeGaussian => "cumulative-gaussian",
            Self::Logistic => "logistic",
            Self::Weibull => "weibull",
        }
    }

    /// F at a level.
    pub(crate) fn value(self, level: f64, threshold: f64, width: f64) -> f64 {
        match self {
            Self::CumulativeGaussian => normal_distribution((level - threshold) / width),
            Self::Logistic => 1.0 / (1.0 + (-(level - threshold) / width).exp()),
            Self::Weibull => -(-(level / threshold).powf(1.0 / width)).exp_m1(),
        }
    }

    /// The level at which F is `share`.
    pub(crate) fn level(self, share: f64, threshold: f64, width: f64) -> f64 {
        match self {
            Self::CumulativeGaussian => threshold + width * normal_quantile(share),
            Self::Logistic => threshold + width * (share / (1.0 - share)).ln(),
            Self::Weibull => threshold * (-(-share).ln_1p()).powf(width),
        }
    }
}

impl std::str::FromStr for PsychometricShape {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        Self::ALL.into_iter().find(|shape| shape.name() == name).ok_or_else(|| {
            crate::naming::unknown_name("shape of a psychometric function", name, &Self::ALL.map(Self::name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_undoes_the_value() {
        for shape in PsychometricShape::ALL {
            for share in [0.1, 0.5, 0.75, 0.99] {
                let level = shape.level(share, 1.3, 0.4);
                assert!((shape.value(level, 1.3, 0.4) - share).abs() < 1e-12, "{shape:?}");
            }
        }
        assert!((PsychometricShape::Weibull.value(2.0, 2.0, 0.3) - (1.0 - (-1.0f64).exp())).abs() < 1e-15);
        assert!("gauss".parse::<PsychometricShape>().is_err());
    }
}
