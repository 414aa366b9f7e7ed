//! Odd-one-out choices among three things, and similarities that predict them.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::error::StatsError;
use crate::finite::{require_count, require_finite, require_same_length};

const OPERATION: &str = "odd-one-out choices";

/// One answer: of three things, which is the odd one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OddOneOut {
    /// One of the two that are left as alike.
    pub first: usize,
    /// The other of the two.
    pub second: usize,
    /// The one that was called odd.
    pub odd: usize,
}

impl OddOneOut {
    /// The three things, ascending.
    fn things(self) -> [usize; 3] {
        let mut things = [self.first, self.second, self.odd];
        things.sort_unstable();
        things
    }
}

/// How well similarities predict odd-one-out choices.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TripletAccuracy {
    /// Share of choices whose pair is the most similar of the three; a tie of k pairs counts 1/k. Chance is 1/3.
    pub accuracy: f64,
    /// Its standard error, taking choices as independent.
    pub standard_error: f64,
    /// How many choices there are.
    pub n_choices: usize,
}

/// The share of odd-one-out choices that similarities predict: the most similar pair stays, the third is odd.
///
/// # Shapes and units
/// - `similarity`: (n_things, n_things), symmetric, larger for more alike; the diagonal is not read.
///
/// # Errors
/// - [`StatsError::TooFew`] without a choice; [`StatsError::OutOfRange`] for a thing beyond the similarities, or one named twice in a choice.
/// - [`StatsError::ShapeMismatch`] when the similarities are not square; [`StatsError::NotFinite`].
///
/// # Example
/// ```
/// use homolog_stats::behaviour::{OddOneOut, odd_one_out_accuracy};
/// use ndarray::array;
/// let similarity = array![[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]];
/// let choices = [OddOneOut { first: 0, second: 1, odd: 2 }, OddOneOut { first: 2, second: 1, odd: 0 }];
/// assert_eq!(odd_one_out_accuracy(similarity.view(), &choices)?.accuracy, 0.5);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Hebart, Zheng, Pereira, Baker (2020). Revealing the multidimensional mental representations of natural objects. Nat Hum Behav 4:1173.
/// doi:10.1038/s41562-020-00951-3.
pub fn odd_one_out_accuracy(
    similarity: ArrayView2<'_, f64>,
    choices: &[OddOneOut],
) -> Result<TripletAccuracy, StatsError> {
    let (n, n_columns) = similarity.dim();
    require_same_length(OPERATION, "things", ("rows of the similarities", n), ("their columns", n_columns))?;
    require_finite(OPERATION, "the similarities", similarity)?;
    check(choices, n)?;
    let credit = |choice: &OddOneOut| {
        let chosen = similarity[[choice.first, choice.second]];
        let others = [similarity[[choice.first, choice.odd]], similarity[[choice.second, choice.odd]]];
        if others.iter().any(|other| *other > chosen) {
            return 0.0;
        }
        1.0 / (1 + others.iter().filter(|other| **other == chosen).count()) as f64
    };
    let credits: Vec<f64> = choices.iter().map(credit).collect();
    let n_choices = credits.len() as f64;
    let accuracy = credits.iter().sum::<f64>() / n_choices;
    let variance = credits.iter().map(|credit| (credit - accuracy).powi(2)).sum::<f64>() / n_choices;
    Ok(TripletAccuracy { accuracy, standard_error: (variance / n_choices).sqrt(), n_choices: credits.len() })
}

/// How well anything could predict odd-one-out choices, from triplets that were answered several times.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct TripletCeiling {
    /// Mean over triplets of the share of answers that agree with the most frequent of the other answers to the same triplet (ties shared).
    pub lower: f64,
    /// Mean over triplets of the share of the most frequent answer, the answer itself counted: Hebart et al.'s ceiling.
    pub upper: f64,
    /// Triplets that were answered at least twice.
    pub n_triplets: usize,
}

/// The noise ceiling of odd-one-out choices from repeated triplets.
///
/// # Shapes and units
/// - `choices`: any order; answers to the same three things are joined, and triplets with one answer are left out.
///
/// # Errors
/// [`StatsError::TooFew`] when no triplet was answered twice; [`StatsError::OutOfRange`] for a thing named twice in a choice.
///
/// # Edge cases
/// With few answers the upper ceiling is too high (with 2 it is at least 0.5) and the lower too low; with many they meet.
///
/// # Reference
/// Hebart, Zheng, Pereira, Baker (2020). Nat Hum Behav 4:1173, Methods, "Noise ceiling" (upper).
pub fn odd_one_out_ceiling(choices: &[OddOneOut]) -> Result<TripletCeiling, StatsError> {
    check(choices, usize::MAX)?;
    let mut answers: BTreeMap<[usize; 3], [usize; 3]> = BTreeMap::new();
    for choice in choices {
        let things = choice.things();
        let at = things.iter().position(|thing| *thing == choice.odd).unwrap_or(0);
        answers.entry(things).or_default()[at] += 1;
    }
    let (mut lower, mut upper, mut n_triplets) = (0.0, 0.0, 0usize);
    for counts in answers.values() {
        let n: usize = counts.iter().sum();
        if n < 2 {
            continue;
        }
        n_triplets += 1;
        upper += counts.iter().copied().max().unwrap_or(0) as f64 / n as f64;
        for (own, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            let others: [usize; 3] = std::array::from_fn(|at| counts[at] - usize::from(at == own));
            let most = others.iter().copied().max().unwrap_or(0);
            if others[own] == most {
                let ties = others.iter().filter(|other| **other == most).count();
                lower += count as f64 / (n * ties) as f64;
            }
        }
    }
    require_count(OPERATION, "triplets that were answered twice", n_triplets, 1)?;
    let n = n_triplets as f64;
    Ok(TripletCeiling { lower: lower / n, upper: upper / n, n_triplets })
}

/// For each pair of things, the mean over all third things of the chance that the pair stays together.
///
/// P(i, j | k) = exp s_ij / (exp s_ij + exp s_ik + exp s_jk): the similarity of two objects that an embedding of odd-one-out choices implies.
///
/// # Shapes and units
/// - `dot_products`: (n_things, n_things), s; returns the same shape, from 0 to 1, with 1 on the diagonal.
///
/// # Errors
/// [`StatsError::ShapeMismatch`] when not square; [`StatsError::TooFew`] under 3 things; [`StatsError::NotFinite`].
///
/// # Accuracy and randomness
/// f64, without overflow. Deterministic, whatever the number of threads.
///
/// # Reference
/// Hebart, Zheng, Pereira, Baker (2020). Nat Hum Behav 4:1173, Methods, equation of the model and "object similarity".
pub fn odd_one_out_similarity(dot_products: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
    let (n, n_columns) = dot_products.dim();
    require_same_length(OPERATION, "things", ("rows of the products", n), ("their columns", n_columns))?;
    require_count(OPERATION, "things", n, 3)?;
    require_finite(OPERATION, "the products", dot_products)?;
    let rows: Vec<Vec<f64>> = (0..n)
        .into_par_iter()
        .map(|i| {
            (0..n)
                .map(|j| {
                    if i == j {
                        return 1.0;
                    }
                    let own = dot_products[[i, j]];
                    let third = (0..n).filter(|&k| k != i && k != j);
                    let chance = |k: usize| {
                        1.0 / (1.0 + (dot_products[[i, k]] - own).exp() + (dot_products[[j, k]] - own).exp())
                    };
                    third.map(chance).sum::<f64>() / (n - 2) as f64
                })
                .collect()
        })
        .collect();
    Ok(Array2::from_shape_fn((n, n), |(i, j)| rows[i][j]))
}

fn check(choices: &[OddOneOut], n_things: usize) -> Result<(), StatsError> {
    require_count(OPERATION, "choices", choices.len(), 1)?;
    for choice in choices {
        let [low, middle, high] = choice.things();
        let repeated = if low == middle { Some(low) } else { (middle == high).then_some(high) };
        if high >= n_things || repeated.is_some() {
            return Err(StatsError::OutOfRange {
                operation: OPERATION,
                parameter: "a thing of a choice",
                value: repeated.unwrap_or(high) as f64,
                allowed: "below the number of things, and other than the two beside it",
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    fn answer(first: usize, second: usize, odd: usize) -> OddOneOut {
        OddOneOut { first, second, odd }
    }

    #[test]
    fn ties_share_the_credit() {
        let equal = Array2::ones((3, 3));
        let found = odd_one_out_accuracy(equal.view(), &[answer(0, 1, 2)]).unwrap();
        assert!((found.accuracy - 1.0 / 3.0).abs() < 1e-15);
    }

    #[test]
    fn ceilings_of_four_answers_are_the_hand_worked_ones() {
        // Counts 3 and 1: upper 3/4. Lower: each of the three agrees with the 2:1 of the others, the one does not: 3/4. Counts 1 and 1: upper 1/2, lower 0.
        let first = [answer(0, 1, 2), answer(1, 0, 2), answer(0, 1, 2), answer(2, 1, 0)];
        let second = [answer(3, 4, 5), answer(3, 5, 4), answer(6, 7, 8)];
        let found = odd_one_out_ceiling(&[&first[..], &second[..]].concat()).unwrap();
        assert_eq!((found.lower, found.upper, found.n_triplets), (0.375, 0.625, 2));
        assert!(odd_one_out_ceiling(&second[2..]).is_err());
    }

    #[test]
    fn simulated_choices_are_predicted_up_to_their_ceiling() {
        let mut rng = Rng::new(1);
        let embedding = Array2::from_shape_simple_fn((12, 4), || 2.0 * rng.uniform());
        let products = embedding.dot(&embedding.t());
        let mut choices = Vec::new();
        for i in 0..12 {
            for j in i + 1..12 {
                for k in j + 1..12 {
                    for _ in 0..40 {
                        let stay = [products[[i, j]], products[[i, k]], products[[j, k]]].map(f64::exp);
                        let drawn = rng.uniform() * stay.iter().sum::<f64>();
                        choices.push(if drawn < stay[0] {
                            answer(i, j, k)
                        } else if drawn < stay[0] + stay[1] {
                            answer(i, k, j)
                        } else {
                            answer(j, k, i)
                        });
                    }
                }
            }
        }
        let ceiling = odd_one_out_ceiling(&choices).unwrap();
        let found = odd_one_out_accuracy(products.view(), &choices).unwrap();
        // The true similarities are as good as can be, between the two ceilings up to 4 standard errors.
        let slack = 4.0 * found.standard_error;
        assert!(
            ceiling.lower - slack < found.accuracy && found.accuracy < ceiling.upper + slack,
            "{found:?} {ceiling:?}"
        );
        let similarity = odd_one_out_similarity(products.view()).unwrap();
        let own = choices.iter().filter(|choice| choice.things()[0] == 0 && choice.things()[1] == 1).count() as f64;
        let stayed =
            choices.iter().filter(|choice| choice.things()[0] == 0 && choice.things()[1] == 1 && choice.odd > 1);
        assert!((similarity[[0, 1]] - stayed.count() as f64 / own).abs() < 4.0 * (0.25 / own).sqrt());
        assert_eq!(similarity[[0, 1]], similarity[[1, 0]]);
    }

    #[test]
    fn thing_beyond_the_similarities_or_named_twice_is_refused() {
        let similarity = array![[1.0, 0.5, 0.2], [0.5, 1.0, 0.1], [0.2, 0.1, 1.0]];
        assert!(odd_one_out_accuracy(similarity.view(), &[answer(0, 1, 3)]).is_err());
        assert!(odd_one_out_accuracy(similarity.view(), &[answer(0, 1, 1)]).is_err());
        assert!(odd_one_out_accuracy(similarity.view(), &[]).is_err());
    }
}
