//! How well any model could do, from the repetitions of the responses, and scores in units of that.

use homolog::recording::input::{PatternAxis, Patterns};
use homolog::report::Cell;
use homolog_stats::StatsError;
use homolog_stats::ceiling::{
    CeilingFormula, ExplainableVarianceBias, SplitHalf, SplitHalfCeiling, explainable_variance, split_half_ceiling,
};
use homolog_stats::encoding::{Encoding, PredictionScore, SignalScore, score_relative_to_signal};
use ndarray::{Array3, ArrayView3, Axis, Ix3};
use serde_json::{Value, json};

use super::median;
use crate::exit::Failure;

/// How a score is related to what is explainable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CeilingChoice {
    /// A formula of the score and the reliability of the responses.
    Formula(CeilingFormula),
    /// A score against single trials.
    Signal(SignalScore),
}

impl CeilingChoice {
    fn name(self) -> &'static str {
        match self {
            Self::Formula(formula) => formula.name(),
            Self::Signal(score) => score.name(),
        }
    }
}

impl std::str::FromStr for CeilingChoice {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        if let Ok(score) = name.parse() {
            return Ok(Self::Signal(score));
        }
        CeilingFormula::from_name(name).map(Self::Formula).map_err(|problem| {
            let of_trials = SignalScore::ALL.map(SignalScore::name);
            format!("{problem}. Against single trials: {}", of_trials.join(", "))
        })
    }
}

/// What the repetitions say of the responses.
pub(super) struct Ceiling {
    choice: CeilingChoice,
    reliability: SplitHalfCeiling,
    /// Of each unit; `None` where it does not vary.
    explainable: Vec<Option<f64>>,
    /// (stimuli, units, repetitions).
    trials: Array3<f64>,
}

/// One feature space in units of the ceiling.
pub(super) struct Ceiled {
    value: Option<f64>,
    error: Option<f64>,
    n_undefined: usize,
}

impl Ceiling {
    /// From responses before they were averaged.
    pub(super) fn of(responses: &Patterns, choice: CeilingChoice, score: PredictionScore) -> Result<Self, Failure> {
        let axes: Vec<PatternAxis> = responses.leading.iter().map(|leading| leading.axis).collect();
        if axes != [PatternAxis::Repetition] {
            return Err(Failure::wrong_input(format!(
                "--ceiling needs the repetitions of \"{}\", and it has none beside stimuli and units. Name them with --axes, such as \
                 --axes stimulus,unit,repetition",
                responses.input
            )));
        }
        if matches!(choice, CeilingChoice::Formula(_)) && score != PredictionScore::Pearson {
            return Err(Failure::wrong_input(format!(
                "cannot take --ceiling {} with --score {}: the formula is of a correlation. Score by pearson",
                choice.name(),
                score.name()
            )));
        }
        let told = |problem: StatsError| Failure::wrong_input(format!("{}: {problem}", responses.input));
        let unfit = |_| Failure::wrong_input(format!("the responses \"{}\" have no repetitions", responses.input));
        // (repetitions, stimuli, units) to (units, stimuli, repetitions).
        let values = responses.values.view().into_dimensionality::<Ix3>().map_err(unfit)?;
        let reliability = split_half_ceiling(values.view().reversed_axes(), &SplitHalf::BRAIN_SCORE).map_err(told)?;
        let trials = values.permuted_axes([1, 2, 0]).as_standard_layout().into_owned();
        let explainable = explainable_of_units(trials.view());
        Ok(Self { choice, reliability, explainable, trials })
    }

    pub(super) fn ceiled(&self, encoding: &Encoding) -> Result<Ceiled, StatsError> {
        match self.choice {
            CeilingChoice::Formula(formula) => {
                let value = formula.apply(encoding.aggregate.value, self.reliability.ceiling.value)?;
                Ok(Ceiled { value: Some(value), error: None, n_undefined: 0 })
            }
            CeilingChoice::Signal(score) => {
                let found = score_relative_to_signal(encoding, self.trials.view(), score)?;
                Ok(Ceiled {
                    value: Some(found.aggregate.value),
                    error: Some(found.aggregate.error),
                    n_undefined: found.undefined.len(),
                })
            }
        }
    }

    pub(super) fn words(&self) -> String {
        let (value, error) = (self.reliability.ceiling.value, self.reliability.ceiling.error);
        let explainable =
            median(&self.explainable).map_or_else(String::new, |share| format!(", explainable variance {share:.3}"));
        format!(
            "Reliability of halves {value:.3} ± {error:.3}{explainable} (medians over units); ceiled: {}.",
            self.choice.name()
        )
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "by": self.choice.name(), "reliability": self.reliability.ceiling.value,
            "reliability_error": self.reliability.ceiling.error, "reliability_of_units": self.reliability.of_units(),
            "explainable_variance_of_units": self.explainable, "explainable_variance_median": median(&self.explainable),
        })
    }
}

impl Ceiled {
    pub(super) fn cell(&self) -> Cell {
        Cell::number(self.value)
    }

    pub(super) fn json(&self) -> Value {
        json!({ "value": self.value, "error": self.error, "n_undefined": self.n_undefined })
    }

    /// What has to be known of scores that are not there.
    pub(super) fn note(&self, name: &str) -> Option<String> {
        (self.n_undefined > 0).then(|| {
            format!("{name}: {} units in a split have no signal power above 0 or a constant prediction, and are left out of the ceiled score", self.n_undefined)
        })
    }
}

/// Explainable variance of each unit, corrected for its bias, over the stimuli that have every repetition.
fn explainable_of_units(trials: ArrayView3<'_, f64>) -> Vec<Option<f64>> {
    let of_unit = |unit: ndarray::ArrayView2<'_, f64>| {
        let whole: Vec<usize> =
            (0..unit.nrows()).filter(|row| unit.row(*row).iter().all(|value| value.is_finite())).collect();
        explainable_variance(unit.select(Axis(0), &whole).view(), ExplainableVarianceBias::Corrected).ok()
    };
    trials.axis_iter(Axis(1)).map(of_unit).collect()
}
