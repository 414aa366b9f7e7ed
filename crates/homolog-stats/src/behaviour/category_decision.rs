//! From probabilities of many fine classes to an answer among a few coarse categories.

use crate::error::StatsError;

const OPERATION: &str = "a category decision";

/// The category whose fine classes have the highest mean probability: its position in `classes_of_categories`.
///
/// decision = argmax_c mean_{i in c} p_i. Convention: the arithmetic mean, not the sum, so that categories of many classes gain nothing; the first
/// among equals.
///
/// # Shapes and units
/// - `probabilities`: one for each fine class (1,000 for ImageNet), each 0 or more.
/// - `classes_of_categories`: for each category, the positions of its fine classes.
///
/// # Errors
/// - [`StatsError::TooFew`] when there is no category, or one has no class.
/// - [`StatsError::OutOfRange`] when a class lies beyond the probabilities, or a probability is negative or not finite.
///
/// # Reference
/// Geirhos et al. (2019). ImageNet-trained CNNs are biased towards texture. arXiv:1811.12231 (the mapping to 16 categories);
/// `decision_mappings` of bethgelab/model-vs-human.
pub fn most_probable_category(
    probabilities: &[f64],
    classes_of_categories: &[Vec<usize>],
) -> Result<usize, StatsError> {
    let out_of_range =
        |parameter, value, allowed| StatsError::OutOfRange { operation: OPERATION, parameter, value, allowed };
    if let Some(&value) = probabilities.iter().find(|&&p| !(p >= 0.0 && p.is_finite())) {
        return Err(out_of_range("a probability", value, "0 or more, and finite"));
    }
    let mut best = None;
    for (category, classes) in classes_of_categories.iter().enumerate() {
        if classes.is_empty() {
            return Err(StatsError::Missing {
                operation: OPERATION,
                what: "category",
                index: category,
                missing: "fine class",
                advice: "Give each category the positions of its classes",
            });
        }
        let mut sum = 0.0;
        for &class in classes {
            let probability = probabilities.get(class);
            sum += probability.ok_or_else(|| {
                out_of_range("the position of a class", class as f64, "below the number of probabilities")
            })?;
        }
        let mean = sum / classes.len() as f64;
        if best.is_none_or(|(_, highest)| mean > highest) {
            best = Some((category, mean));
        }
    }
    best.map(|(category, _)| category).ok_or(StatsError::TooFew {
        operation: OPERATION,
        what: "categories",
        found: 0,
        needed: 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_decides_and_not_the_sum() {
        let classes = vec![vec![0, 1, 2], vec![3]];
        assert_eq!(most_probable_category(&[0.2, 0.2, 0.2, 0.3], &classes), Ok(1));
    }

    #[test]
    fn class_beyond_the_probabilities_is_refused() {
        let message = most_probable_category(&[0.5, 0.5], &[vec![7]]).unwrap_err().to_string();
        assert!(message.contains("the position of a class is 7"), "{message}");
    }
}
