//! How much of a unit's variance over stimuli is signal, and how much of that a prediction explains.

use ndarray::{ArrayView1, ArrayView2, Axis};

use crate::error::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};

/// The parts of a unit's response variance over stimuli.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalPower {
    /// Variance over stimuli of the noiseless response, estimated without bias; may be negative for a unit without signal.
    pub signal: f64,
    /// Variance over stimuli of the mean over repetitions.
    pub of_mean: f64,
    /// Mean over repetitions of the variance over stimuli: signal and noise of one trial.
    pub total: f64,
}

/// Signal power of one unit from its repetitions.
///
/// signal = (N var(mean) − mean_n var(r_n)) / (N − 1), variances over stimuli, N repetitions; it equals
/// (var(Σ r_n) − Σ var(r_n)) / (N (N − 1)). Convention: ddof 1.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_repetitions), any real unit; every trial present.
///
/// # Errors
/// - [`StatsError::TooFewStimuli`] with fewer than 2 stimuli; [`StatsError::TooFew`] with fewer than 2 repetitions.
/// - [`StatsError::NotFinite`] names the first value that is NaN or infinite.
///
/// # Reference
/// Sahani, Linden (2003). How linear are auditory cortical responses? NIPS 15. Equation (1).
pub fn signal_power(responses: ArrayView2<'_, f64>) -> Result<SignalPower, StatsError> {
    const OPERATION: &str = "signal power";
    require_stimuli(OPERATION, responses.nrows(), 2)?;
    require_count(OPERATION, "repetitions", responses.ncols(), 2)?;
    require_finite(OPERATION, "responses", responses)?;
    let n = responses.ncols() as f64;
    let of_mean = responses.mean_axis(Axis(1)).unwrap_or_default().var(1.0);
    let total = responses.columns().into_iter().map(|trial| trial.var(1.0)).sum::<f64>() / n;
    Ok(SignalPower { signal: (n * of_mean - total) / (n - 1.0), of_mean, total })
}

/// Whether the share of explainable variance is corrected for the number of repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExplainableVarianceBias {
    /// var(mean) / mean var, which noise alone lifts to 1/N.
    Uncorrected,
    /// ev − (1 − ev) / (N − 1): 0 on average for noise alone.
    Corrected,
}

/// The share of one trial's variance that repeats: explainable variance.
///
/// ev = var(mean over repetitions) / mean over repetitions of var, variances over stimuli (ddof 1).
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_repetitions).
///
/// # Errors
/// - As [`signal_power`]; [`StatsError::ConstantPattern`] for a unit that does not vary.
///
/// # Reference
/// Hsu, Borst, Theunissen (2004). Quantifying variability in neural responses. Network 15:91-109; `explainable_variance` of
/// gallantlab/voxelwise_tutorials.
pub fn explainable_variance(responses: ArrayView2<'_, f64>, bias: ExplainableVarianceBias) -> Result<f64, StatsError> {
    let power = signal_power(responses)?;
    if power.total == 0.0 {
        return Err(StatsError::ConstantPattern { operation: "explainable variance", what: "unit", index: 0 });
    }
    let share = power.of_mean / power.total;
    Ok(match bias {
        ExplainableVarianceBias::Uncorrected => share,
        ExplainableVarianceBias::Corrected => share - (1.0 - share) / (responses.ncols() as f64 - 1.0),
    })
}

/// The share of the signal power that a prediction explains.
///
/// (var(ȳ) − var(ȳ − ŷ)) / signal power. Below 0 for a prediction worse than none; noise can lift it a little over 1.
///
/// # Shapes and units
/// - `responses`: (n_stimuli, n_repetitions); `predicted`: (n_stimuli), in the unit of the responses.
///
/// # Errors
/// - As [`signal_power`]; [`StatsError::ShapeMismatch`] when the prediction differs in stimuli; [`StatsError::OutOfRange`] when the signal power is not above 0.
///
/// # Reference
/// Sahani, Linden (2003). How linear are auditory cortical responses? NIPS 15. Section 3.
pub fn signal_power_explained(
    responses: ArrayView2<'_, f64>,
    predicted: ArrayView1<'_, f64>,
) -> Result<f64, StatsError> {
    let (power, mean) = with_prediction(responses, predicted)?;
    Ok((power.of_mean - (&mean - &predicted).var(1.0)) / power.signal)
}

/// The correlation of a prediction with the noiseless response: CC_norm.
///
/// cov(ŷ, ȳ) / √(var(ŷ) · signal power).
///
/// # Errors
/// As [`signal_power_explained`]; [`StatsError::ConstantPattern`] for a constant prediction.
///
/// # Reference
/// Schoppe, Harper, Willmore, King, Schnupp (2016). Measuring the performance of neural models. Front Comput Neurosci 10:10.
/// doi:10.3389/fncom.2016.00010. Equation (7).
pub fn normalized_correlation(
    responses: ArrayView2<'_, f64>,
    predicted: ArrayView1<'_, f64>,
) -> Result<f64, StatsError> {
    let (power, mean) = with_prediction(responses, predicted)?;
    let variance = predicted.var(1.0);
    if variance == 0.0 {
        return Err(StatsError::ConstantPattern {
            operation: "a normalised correlation",
            what: "prediction",
            index: 0,
        });
    }
    let (mean_of_mean, mean_of_predicted) = (mean.mean().unwrap_or(0.0), predicted.mean().unwrap_or(0.0));
    let products = mean.iter().zip(predicted).map(|(y, guess)| (y - mean_of_mean) * (guess - mean_of_predicted));
    let covariance = products.sum::<f64>() / (mean.len() as f64 - 1.0);
    Ok(covariance / (variance * power.signal).sqrt())
}

fn with_prediction(
    responses: ArrayView2<'_, f64>,
    predicted: ArrayView1<'_, f64>,
) -> Result<(SignalPower, ndarray::Array1<f64>), StatsError> {
    const OPERATION: &str = "a score relative to signal power";
    let power = signal_power(responses)?;
    require_same_length(
        OPERATION,
        "stimuli",
        ("the responses", responses.nrows()),
        ("the prediction", predicted.len()),
    )?;
    require_finite(OPERATION, "the prediction", predicted.insert_axis(Axis(1)))?;
    if power.signal <= 0.0 {
        let allowed = "above 0: more repetitions are needed before this unit can be scored";
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "the signal power",
            value: power.signal,
            allowed,
        });
    }
    Ok((power, responses.mean_axis(Axis(1)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::{Array1, Array2, array};

    #[test]
    fn two_repetitions_give_the_hand_worked_power() {
        // Trials (0, 2, 4) and (2, 2, 2): variances 4 and 0, mean (1, 2, 3) of variance 1; signal (2 · 1 − 2) / 1 = 0, share 1/2.
        let responses = array![[0.0, 2.0], [2.0, 2.0], [4.0, 2.0]];
        assert_eq!(signal_power(responses.view()), Ok(SignalPower { signal: 0.0, of_mean: 1.0, total: 2.0 }));
        assert_eq!(explainable_variance(responses.view(), ExplainableVarianceBias::Uncorrected), Ok(0.5));
        assert_eq!(explainable_variance(responses.view(), ExplainableVarianceBias::Corrected), Ok(0.0));
        assert!(signal_power_explained(responses.view(), array![1.0, 2.0, 3.0].view()).is_err());
    }

    #[test]
    fn perfect_prediction_of_the_signal_scores_one_whatever_the_noise() {
        let mut rng = Rng::new(3);
        let signal = Array1::from_shape_simple_fn(4000, || rng.normal());
        let responses = Array2::from_shape_fn((4000, 5), |(stimulus, _)| signal[stimulus] + 1.5 * rng.normal());
        let explained = signal_power_explained(responses.view(), signal.view()).unwrap();
        let correlation = normalized_correlation(responses.view(), signal.view()).unwrap();
        assert!((explained - 1.0).abs() < 0.06 && (correlation - 1.0).abs() < 0.03, "{explained} {correlation}");
        // Signal 1 of 1 + 2.25 on one trial.
        let share = explainable_variance(responses.view(), ExplainableVarianceBias::Corrected).unwrap();
        assert!((share - 1.0 / 3.25).abs() < 0.02, "{share}");
    }
}
