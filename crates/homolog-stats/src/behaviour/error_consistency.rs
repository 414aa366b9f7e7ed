//! Whether two observers err on the same trials, beyond what their accuracies alone would give.

use std::collections::BTreeMap;

use crate::error::StatsError;
use crate::finite::require_count;

const OPERATION: &str = "error consistency";

/// One trial of one observer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScoredTrial {
    /// The condition that it belongs to, such as a noise level.
    pub condition: String,
    /// What was shown, under a name that is the same for all observers.
    pub image: String,
    /// Whether the answer was right.
    pub correct: bool,
}

/// The error consistency of two observers in one condition.
#[derive(Debug, Clone, PartialEq)]
pub struct ConditionKappa {
    /// The condition.
    pub condition: String,
    /// Cohen's kappa of right and wrong.
    pub kappa: f64,
    /// Number of trials.
    pub n_trials: usize,
}

/// Cohen's kappa of two lists of right and wrong answers to the same trials.
///
/// kappa = (observed − expected) / (1 − expected), expected = p_a p_b + (1 − p_a)(1 − p_b), where p is each observer's accuracy.
/// Convention: 1 when all trials agree, also where expected is 1 (model-vs-human's).
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when the lists differ in length.
/// - [`StatsError::TooFew`] without a trial.
///
/// # Example
/// ```
/// use homolog_stats::behaviour::error_consistency;
/// // Accuracies 3/4 and 1/2, so expected 3/8 + 1/8 = 1/2; observed 3/4.
/// let kappa = error_consistency(&[true, true, true, false], &[true, true, false, false])?;
/// assert_eq!(kappa, 0.5);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Geirhos, Meding, Wichmann (2020). Beyond accuracy. arXiv:2006.16736. Equations (1) to (3).
pub fn error_consistency(first: &[bool], second: &[bool]) -> Result<f64, StatsError> {
    crate::finite::require_same_length(
        OPERATION,
        "trials",
        ("the first observer", first.len()),
        ("the second", second.len()),
    )?;
    require_count(OPERATION, "trials", first.len(), 1)?;
    let n = first.len() as f64;
    let share = |count: usize| count as f64 / n;
    let observed = share(first.iter().zip(second).filter(|(a, b)| a == b).count());
    let accuracy = |answers: &[bool]| share(answers.iter().filter(|&&correct| correct).count());
    let (a, b) = (accuracy(first), accuracy(second));
    let expected = a * b + (1.0 - a) * (1.0 - b);
    Ok(if observed == 1.0 { 1.0 } else { (observed - expected) / (1.0 - expected) })
}

/// Error consistency of two observers in each condition, their trials joined by condition and image; conditions ascending.
///
/// # Errors
/// - [`StatsError::TooFew`] without a trial.
/// - [`StatsError::Missing`] when an image was shown to one observer only (its position among that observer's trials is named), or twice to
///   one observer.
pub fn error_consistency_between(
    first: &[ScoredTrial],
    second: &[ScoredTrial],
) -> Result<Vec<ConditionKappa>, StatsError> {
    let (first_answers, second_answers) = (by_image(first)?, by_image(second)?);
    require_same_images(first, &second_answers)?;
    require_same_images(second, &first_answers)?;
    let mut conditions: BTreeMap<&str, (Vec<bool>, Vec<bool>)> = BTreeMap::new();
    for (&(condition, image), &correct) in &first_answers {
        let pair = conditions.entry(condition).or_default();
        pair.0.push(correct);
        pair.1.extend(second_answers.get(&(condition, image)));
    }
    require_count(OPERATION, "trials", conditions.len(), 1)?;
    let kappa = |(condition, (a, b)): (&str, (Vec<bool>, Vec<bool>))| {
        Ok(ConditionKappa { condition: condition.to_owned(), kappa: error_consistency(&a, &b)?, n_trials: a.len() })
    };
    conditions.into_iter().map(kappa).collect()
}

/// The mean error consistency over all pairs of observers and all conditions: what a model of one of them could reach.
///
/// # Errors
/// - [`StatsError::TooFew`] with fewer than 2 observers.
/// - As [`error_consistency_between`].
///
/// # Accuracy and randomness
/// Reproduces Brain-Score's nine Geirhos2021 ceilings from the human trials to 5 decimals (the real-data suite).
///
/// # Reference
/// Brain-Score, `benchmarks/geirhos2021`; Geirhos et al. (2021). Partial success in closing the gap. arXiv:2106.07411.
pub fn error_consistency_ceiling(observers: &[Vec<ScoredTrial>]) -> Result<f64, StatsError> {
    require_count(OPERATION, "observers", observers.len(), 2)?;
    let mut kappas = Vec::new();
    for (at, first) in observers.iter().enumerate() {
        for second in &observers[at + 1..] {
            kappas.extend(error_consistency_between(first, second)?.into_iter().map(|found| found.kappa));
        }
    }
    Ok(kappas.iter().sum::<f64>() / kappas.len() as f64)
}

type Answers<'a> = BTreeMap<(&'a str, &'a str), bool>;

fn by_image(trials: &[ScoredTrial]) -> Result<Answers<'_>, StatsError> {
    let mut answers = BTreeMap::new();
    for (index, trial) in trials.iter().enumerate() {
        if answers.insert((trial.condition.as_str(), trial.image.as_str()), trial.correct).is_some() {
            return Err(unmatched(
                index,
                "image and condition of its own",
                "An observer saw it twice: keep one of the two",
            ));
        }
    }
    Ok(answers)
}

fn require_same_images(trials: &[ScoredTrial], others: &Answers<'_>) -> Result<(), StatsError> {
    let is_known = |trial: &ScoredTrial| others.contains_key(&(trial.condition.as_str(), trial.image.as_str()));
    match trials.iter().position(|trial| !is_known(trial)) {
        None => Ok(()),
        Some(index) => {
            Err(unmatched(index, "counterpart of the other observer", "Keep the images that both observers saw"))
        }
    }
}

fn unmatched(index: usize, missing: &'static str, advice: &'static str) -> StatsError {
    StatsError::Missing { operation: OPERATION, what: "trial", index, missing, advice }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trials(correct: &[bool]) -> Vec<ScoredTrial> {
        let trial = |(at, &correct)| ScoredTrial { condition: "0".to_owned(), image: format!("image{at}"), correct };
        correct.iter().enumerate().map(trial).collect()
    }

    #[test]
    fn kappa_is_the_hand_worked_one() {
        // Accuracies 3/4 and 1/2: expected 3/8 + 1/8 = 1/2; observed 3/4; kappa 1/2.
        assert_eq!(error_consistency(&[true, true, true, false], &[true, true, false, false]), Ok(0.5));
    }

    #[test]
    fn trials_are_joined_by_image_and_not_by_position() {
        let first = trials(&[true, true, true, false]);
        let mut second = trials(&[true, true, false, false]);
        second.reverse();
        let found = error_consistency_between(&first, &second).unwrap();
        assert_eq!((found[0].kappa, found[0].n_trials), (0.5, 4));
    }

    #[test]
    fn image_that_only_one_observer_saw_is_named() {
        let (first, second) = (trials(&[true, false, true]), trials(&[true, false]));
        let message = error_consistency_between(&first, &second).unwrap_err().to_string();
        assert!(message.contains("trial 2 (counted from 0) has no counterpart"), "{message}");
    }

    #[test]
    fn ceiling_is_the_mean_over_pairs() {
        let observers = [
            trials(&[true, true, true, false]),
            trials(&[true, true, false, false]),
            trials(&[true, true, true, false]),
        ];
        assert_eq!(error_consistency_ceiling(&observers), Ok((0.5 + 1.0 + 0.5) / 3.0));
        assert!(error_consistency_ceiling(&observers[..1]).is_err());
    }
}
