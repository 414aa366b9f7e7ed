//! Division of stimuli and subjects into parts, on all but one of which a model is fitted.

use super::bootstrap::Draw;
use crate::StatsError;
use crate::finite::require_count;
use crate::random::Rng;

/// How many parts stimuli and subjects are divided into; 1 leaves that factor undivided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelFolds {
    /// Parts of the stimuli: each is predicted from the others.
    pub stimuli: usize,
    /// Parts of the subjects: each is predicted from the others.
    pub subjects: usize,
}

impl ModelFolds {
    /// rsatoolbox's defaults for a number of different stimuli and subjects: 2 to 5 parts of each; one subject is undivided.
    pub fn suited_to(n_stimuli: usize, n_subjects: usize) -> Self {
        let parts = |n: usize, limits: [usize; 3]| 2 + limits.iter().filter(|&&limit| n >= limit).count();
        let subjects = if n_subjects < 2 { 1 } else { parts(n_subjects, [6, 12, 20]) };
        Self { stimuli: parts(n_stimuli, [12, 24, 40]), subjects }
    }

    /// The same for bootstrap samples, which hold about 1 − 1/e of the stimuli and subjects that they are drawn from.
    pub fn suited_to_samples_of(n_stimuli: usize, n_subjects: usize) -> Self {
        let different = |n: usize| ((1.0 - (-1.0f64).exp()) * n as f64) as usize;
        Self::suited_to(different(n_stimuli), if n_subjects < 2 { n_subjects } else { different(n_subjects).max(2) })
    }
}

/// What a model is fitted on and what it is scored on, as how often each subject and each stimulus counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPart {
    /// What the model is fitted on.
    pub train: Draw,
    /// What it is scored on.
    pub test: Draw,
}

/// One random division of a draw: every part of its subjects with every part of its stimuli.
///
/// Copies of a subject or stimulus stay together. An undivided factor is the same for fitting and scoring.
pub(crate) fn divide_draw(draw: &Draw, folds: ModelFolds, rng: &mut Rng) -> Result<Vec<ModelPart>, StatsError> {
    let mut parts = Vec::with_capacity(folds.subjects * folds.stimuli);
    for test_subjects in divide(&draw.subjects, folds.subjects, rng)? {
        let train_subjects = all_but(&draw.subjects, &test_subjects, folds.subjects);
        for test_stimuli in divide(&draw.stimuli, folds.stimuli, rng)? {
            let train_stimuli = all_but(&draw.stimuli, &test_stimuli, folds.stimuli);
            parts.push(ModelPart {
                train: Draw { subjects: train_subjects.clone(), stimuli: train_stimuli },
                test: Draw { subjects: test_subjects.clone(), stimuli: test_stimuli },
            });
        }
    }
    Ok(parts)
}

/// Parts as equal in size as can be, drawn at random; each has the counts of its members and 0 elsewhere.
fn divide(counts: &[u32], n_parts: usize, rng: &mut Rng) -> Result<Vec<Vec<u32>>, StatsError> {
    const OPERATION: &str = "cross-validation of RDM models";
    let mut drawn: Vec<usize> = (0..counts.len()).filter(|&i| counts[i] > 0).collect();
    require_count(OPERATION, "parts", n_parts, 1)?;
    require_count(OPERATION, "different stimuli or subjects to divide", drawn.len(), n_parts)?;
    if n_parts > 1 {
        rng.shuffle(&mut drawn);
    }
    let mut parts = vec![vec![0; counts.len()]; n_parts];
    for (at, &level) in drawn.iter().enumerate() {
        parts[at * n_parts / drawn.len()][level] = counts[level];
    }
    Ok(parts)
}

/// What a part is predicted from: all else, or itself where the factor is undivided.
fn all_but(all: &[u32], part: &[u32], n_parts: usize) -> Vec<u32> {
    all.iter().zip(part).map(|(&all, &part)| if n_parts == 1 { all } else { all - part }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_hold_every_stimulus_once_and_never_train_on_it() {
        let draw = Draw { subjects: vec![1, 2, 0, 1], stimuli: vec![1, 0, 3, 1, 1, 2, 1] };
        let folds = ModelFolds { stimuli: 3, subjects: 2 };
        let parts = divide_draw(&draw, folds, &mut Rng::new(1)).unwrap();
        assert_eq!(parts.len(), 6);
        let mut tested = [0; 7];
        for part in &parts {
            for ((total, test), train) in tested.iter_mut().zip(&part.test.stimuli).zip(&part.train.stimuli) {
                assert!(train * test == 0);
                *total += test;
            }
        }
        // Once for each of the two parts of subjects.
        assert!(tested.iter().zip(&draw.stimuli).all(|(tested, drawn)| *tested == 2 * drawn));
    }

    #[test]
    fn more_parts_than_subjects_are_refused() {
        let draw = Draw { subjects: vec![2, 0], stimuli: vec![1; 9] };
        assert!(divide_draw(&draw, ModelFolds { stimuli: 2, subjects: 2 }, &mut Rng::new(1)).is_err());
    }
}
