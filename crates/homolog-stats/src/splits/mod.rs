//! How stimuli are divided into a part to learn from and a part to be tested on.
//!
//! The splitters are scikit-learn's, index for index for a given seed, because a published score belongs to its splits. They draw
//! from NumPy's legacy generator ([`numpy_random`]). A [`Split`] is plain lists of positions, so any other division can be written by hand.

mod k_fold;
pub mod numpy_random;
mod shuffle;
mod spec;

pub use k_fold::{FoldOrder, group_k_fold, k_fold, leave_one_group_out, stratified_k_fold};
pub use shuffle::{PartSize, ShuffleSplit, shuffle_split, stratified_shuffle_split};
pub use spec::SplitsSpec;

use crate::error::StatsError;

/// Positions of the stimuli to learn from and of those to be tested on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Positions to learn from, in the order that the splitter gives.
    pub train: Vec<usize>,
    /// Positions to be tested on.
    pub test: Vec<usize>,
}

impl Split {
    /// Checks that every position lies below `n_stimuli`, that none is in both parts or twice in one, and that neither part is empty.
    ///
    /// # Errors
    /// - [`StatsError::TooFew`] when a part is empty.
    /// - [`StatsError::OutOfRange`] when a position is `n_stimuli` or more, or occurs twice.
    pub fn check(&self, n_stimuli: usize) -> Result<(), StatsError> {
        let operation = "cross-validation";
        let mut seen = vec![false; n_stimuli];
        for (what, part) in [("training stimuli", &self.train), ("test stimuli", &self.test)] {
            if part.is_empty() {
                return Err(StatsError::TooFew { operation, what, found: 0, needed: 1 });
            }
            for &position in part {
                match seen.get_mut(position) {
                    Some(used) if !*used => *used = true,
                    _ => {
                        return Err(StatsError::OutOfRange {
                            operation,
                            parameter: "the position of a stimulus in a split",
                            value: position as f64,
                            allowed: "below the number of stimuli, and in one part of the split only",
                        });
                    }
                }
            }
        }
        Ok(())
    }
}

/// Positions of each class, classes in ascending order, and the class of each position.
fn positions_by_class<L: Ord>(labels: &[L]) -> (Vec<Vec<usize>>, Vec<usize>) {
    let mut sorted: Vec<&L> = labels.iter().collect();
    sorted.sort();
    sorted.dedup();
    let mut positions = vec![Vec::new(); sorted.len()];
    let mut class_of = Vec::with_capacity(labels.len());
    for (position, label) in labels.iter().enumerate() {
        // The label is in the list it was taken from, so either arm is its place.
        let (Ok(class) | Err(class)) = sorted.binary_search(&label);
        positions[class].push(position);
        class_of.push(class);
    }
    (positions, class_of)
}
