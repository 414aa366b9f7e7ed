//! Kernels between stimuli.

use std::str::FromStr;

use ndarray::{Array1, Array2};

use super::predictors::Predictors;
use crate::error::StatsError;
use crate::naming::unknown_name;

const OPERATION: &str = "a kernel between stimuli";
const FORMS: [&str; 3] = ["linear", "polynomial[:DEGREE]", "rbf[:GAMMA]"];

/// How alike two stimuli are, from their features x and y.
///
/// # Example
/// ```
/// use homolog_stats::mapping::Kernel;
/// assert_eq!("polynomial:2".parse(), Ok(Kernel::Polynomial { degree: 2, gamma: None, offset: 1.0 }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kernel {
    /// ⟨x, y⟩.
    Linear,
    /// (γ ⟨x, y⟩ + offset)^degree.
    Polynomial {
        /// The exponent, 1 or more.
        degree: u32,
        /// γ above 0; 1 / number of features when not given (scikit-learn's and himalaya's default).
        gamma: Option<f64>,
        /// 0 or more; theirs is 1.
        offset: f64,
    },
    /// exp(−γ ‖x − y‖²).
    Rbf {
        /// γ above 0; 1 / number of features when not given.
        gamma: Option<f64>,
    },
}

impl Kernel {
    /// The kernel between all stimuli of `predictors`: (n_stimuli, n_stimuli).
    ///
    /// # Errors
    /// - [`StatsError::OutOfRange`] for a degree of 0, a γ that is not above 0 or an offset below 0.
    /// - [`StatsError::NotFinite`] when a value overflows.
    pub fn between_stimuli(self, predictors: &Predictors) -> Result<Array2<f64>, StatsError> {
        let products = predictors.products();
        let default_gamma = 1.0 / predictors.n_features() as f64;
        let kernel = match self {
            Self::Linear => products,
            Self::Polynomial { degree, gamma, offset } => {
                let gamma = above_zero(gamma.unwrap_or(default_gamma))?;
                let exponent = i32::try_from(degree).ok().filter(|&degree| degree > 0);
                let exponent = exponent.ok_or_else(|| out_of_range("the degree", f64::from(degree), "1 or more"))?;
                if !(offset >= 0.0 && offset.is_finite()) {
                    return Err(out_of_range("the offset", offset, "0 or more"));
                }
                products.mapv(|product| (gamma * product + offset).powi(exponent))
            }
            Self::Rbf { gamma } => {
                let gamma = above_zero(gamma.unwrap_or(default_gamma))?;
                let squares: Array1<f64> = products.diag().to_owned();
                Array2::from_shape_fn(products.dim(), |(row, column)| {
                    let distance = squares[row] + squares[column] - 2.0 * products[[row, column]];
                    (-gamma * distance.max(0.0)).exp()
                })
            }
        };
        crate::finite::require_finite(OPERATION, "the kernel", kernel.view())?;
        Ok(kernel)
    }
}

fn above_zero(gamma: f64) -> Result<f64, StatsError> {
    match gamma > 0.0 && gamma.is_finite() {
        true => Ok(gamma),
        false => Err(out_of_range("gamma", gamma, "above 0")),
    }
}

fn out_of_range(parameter: &'static str, value: f64, allowed: &'static str) -> StatsError {
    StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed }
}

impl FromStr for Kernel {
    type Err = StatsError;

    /// Reads `linear`, `polynomial`, `polynomial:DEGREE`, `rbf` or `rbf:GAMMA`.
    fn from_str(text: &str) -> Result<Self, StatsError> {
        let unknown = || unknown_name("kernel", text, &FORMS);
        let (name, parameter) = match text.split_once(':') {
            Some((name, parameter)) => (name, Some(parameter)),
            None => (text, None),
        };
        match (name, parameter) {
            ("linear", None) => Ok(Self::Linear),
            ("polynomial", degree) => {
                let degree = degree.map_or(Ok(3), |text| text.parse().map_err(|_| unknown()))?;
                Ok(Self::Polynomial { degree, gamma: None, offset: 1.0 })
            }
            ("rbf", gamma) => {
                let gamma = gamma.map(|text| text.parse().map_err(|_| unknown())).transpose()?;
                Ok(Self::Rbf { gamma })
            }
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn kernels_give_their_hand_worked_values() {
        // Features (1, 0) and (1, 2): product 1, squared distance 4, γ = 1/2.
        let features = array![[1.0, 0.0], [1.0, 2.0]];
        let predictors = Predictors::from_features(features.view()).unwrap();
        let between = |kernel: Kernel| kernel.between_stimuli(&predictors).unwrap()[[0, 1]];
        assert!((between(Kernel::Linear) - 1.0).abs() < 1e-14);
        let polynomial = Kernel::Polynomial { degree: 3, gamma: None, offset: 1.0 };
        assert!((between(polynomial) - 1.5_f64.powi(3)).abs() < 1e-14);
        assert!((between(Kernel::Rbf { gamma: None }) - (-2.0_f64).exp()).abs() < 1e-14);
    }

    #[test]
    fn names_are_read_and_bad_parameters_refused() {
        assert_eq!("rbf:0.5".parse(), Ok(Kernel::Rbf { gamma: Some(0.5) }));
        assert!("rbg".parse::<Kernel>().unwrap_err().to_string().contains("rbf[:GAMMA]"));
        let predictors = Predictors::from_features(array![[1.0], [2.0]].view()).unwrap();
        let kernel = Kernel::Rbf { gamma: Some(-1.0) };
        let words = kernel.between_stimuli(&predictors).unwrap_err().to_string();
        assert!(words.contains("gamma is -1, and needs to be above 0"), "{words}");
    }
}
