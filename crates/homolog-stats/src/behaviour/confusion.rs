//! Which categories are taken for which.

use ndarray::Array2;

use crate::error::StatsError;
use crate::finite::{require_count, require_same_length};

/// Counts of answers by true category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    /// The categories and answers that occur, ascending.
    pub names: Vec<String>,
    /// (true category, answer).
    pub counts: Array2<usize>,
}

/// Counts of each answer to each category.
///
/// # Shapes and units
/// - `categories`, `answers`: one for each trial.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when they differ in length.
/// - [`StatsError::TooFew`] without a trial.
pub fn confusion<S: AsRef<str>>(categories: &[S], answers: &[S]) -> Result<Confusion, StatsError> {
    check("a confusion matrix", categories, answers)?;
    let mut names: Vec<String> = categories.iter().chain(answers).map(|name| name.as_ref().to_owned()).collect();
    names.sort();
    names.dedup();
    let place = |name: &S| names.partition_point(|known| known.as_str() < name.as_ref());
    let mut counts = Array2::zeros((names.len(), names.len()));
    for (category, answer) in categories.iter().zip(answers) {
        counts[[place(category), place(answer)]] += 1;
    }
    Ok(Confusion { names, counts })
}

/// The share of trials whose answer is the true category.
///
/// # Errors
/// As [`confusion`].
pub fn mean_accuracy<S: AsRef<str>>(categories: &[S], answers: &[S]) -> Result<f64, StatsError> {
    check("an accuracy", categories, answers)?;
    let correct =
        categories.iter().zip(answers).filter(|(category, answer)| category.as_ref() == answer.as_ref()).count();
    Ok(correct as f64 / categories.len() as f64)
}

fn check<S>(operation: &'static str, categories: &[S], answers: &[S]) -> Result<(), StatsError> {
    require_same_length(
        operation,
        "trials",
        ("the list of categories", categories.len()),
        ("the list of answers", answers.len()),
    )?;
    require_count(operation, "trials", categories.len(), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_category() {
        let found = confusion(&["cat", "cat", "dog"], &["dog", "cat", "dog"]).unwrap();
        assert_eq!(found.names, ["cat", "dog"]);
        assert_eq!(found.counts, ndarray::array![[1, 1], [0, 1]]);
        assert_eq!(mean_accuracy(&["cat", "cat", "dog"], &["dog", "cat", "dog"]), Ok(2.0 / 3.0));
    }

    #[test]
    fn lists_of_unequal_length_are_refused() {
        assert!(confusion(&["cat"], &[]).is_err());
    }
}
