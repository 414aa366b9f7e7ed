//! How stimuli are to be divided, as one word of a command: `shuffle:10:0.9:1`, `kfold:5`.

use std::str::FromStr;

use super::{
    FoldOrder, PartSize, ShuffleSplit, Split, group_k_fold, k_fold, leave_one_group_out, shuffle_split,
    stratified_k_fold, stratified_shuffle_split,
};
use crate::error::StatsError;
use crate::naming::unknown_name;

/// The forms that a division can be written in.
const FORMS: [&str; 6] = [
    "shuffle:SPLITS:TRAIN:SEED",
    "stratified:SPLITS:TRAIN:SEED",
    "kfold:FOLDS[:SEED]",
    "stratified-kfold:FOLDS[:SEED]",
    "group-kfold:FOLDS",
    "leave-one-group-out",
];

/// A division of stimuli that has been asked for but not yet drawn.
///
/// TRAIN is the share of stimuli to learn from; a seed is scikit-learn's `random_state`; without one, folds are dealt in the given order.
///
/// # Example
/// ```
/// use homolog_stats::splits::SplitsSpec;
/// let spec: SplitsSpec = "shuffle:10:0.9:1".parse()?;
/// let splits = spec.draw(50, None::<&[u8]>)?;
/// assert_eq!((splits.len(), splits[0].test.len()), (10, 5));
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SplitsSpec {
    /// [`shuffle_split`].
    Shuffle(ShuffleSplit),
    /// [`stratified_shuffle_split`] by the labels.
    Stratified(ShuffleSplit),
    /// [`k_fold`].
    KFold {
        /// How many folds.
        n_folds: usize,
        /// How stimuli are dealt to them.
        order: FoldOrder,
    },
    /// [`stratified_k_fold`] by the labels.
    StratifiedKFold {
        /// How many folds.
        n_folds: usize,
        /// How stimuli are dealt to them.
        order: FoldOrder,
    },
    /// [`group_k_fold`], the labels naming groups that are never divided.
    GroupKFold {
        /// How many folds.
        n_folds: usize,
    },
    /// [`leave_one_group_out`], the labels naming the groups.
    LeaveOneGroupOut,
}

impl SplitsSpec {
    /// Whether [`SplitsSpec::draw`] needs a label for each stimulus.
    pub fn needs_labels(self) -> bool {
        !matches!(self, Self::Shuffle(_) | Self::KFold { .. })
    }

    /// Draws the splits of `n_stimuli`, by the label of each where the division needs labels.
    ///
    /// # Errors
    /// - [`StatsError::Unsupported`] without labels where they are needed.
    /// - [`StatsError::ShapeMismatch`] when there is not one label for each stimulus.
    /// - Those of the splitter.
    pub fn draw<L: Ord>(self, n_stimuli: usize, labels: Option<&[L]>) -> Result<Vec<Split>, StatsError> {
        let labels = match (self.needs_labels(), labels) {
            (false, _) => &[],
            (true, Some(labels)) => {
                let found = (("the labels", labels.len()), ("the stimuli", n_stimuli));
                crate::finite::require_same_length("splits by labels", "entries", found.0, found.1)?;
                labels
            }
            (true, None) => {
                return Err(StatsError::Unsupported {
                    operation: "splits of stimuli",
                    choice: "a division by classes or groups",
                    reason: "no label of each stimulus was given",
                    instead: "Give a label for each stimulus, or choose shuffle or kfold",
                });
            }
        };
        match self {
            Self::Shuffle(protocol) => shuffle_split(n_stimuli, &protocol),
            Self::Stratified(protocol) => stratified_shuffle_split(labels, &protocol),
            Self::KFold { n_folds, order } => k_fold(n_stimuli, n_folds, order),
            Self::StratifiedKFold { n_folds, order } => stratified_k_fold(labels, n_folds, order),
            Self::GroupKFold { n_folds } => group_k_fold(labels, n_folds),
            Self::LeaveOneGroupOut => leave_one_group_out(labels),
        }
    }
}

impl FromStr for SplitsSpec {
    type Err = StatsError;

    /// Reads one of the forms that the error lists.
    fn from_str(text: &str) -> Result<Self, StatsError> {
        let unknown = || unknown_name("division into splits", text, &FORMS);
        let parts: Vec<&str> = text.split(':').collect();
        let count = |text: &str| text.parse::<usize>().ok().filter(|&count| count > 0).ok_or_else(unknown);
        let seed = |text: &str| text.parse::<u32>().map_err(|_| unknown());
        let shuffle = |n_splits: &str, share: &str, random_state: &str| {
            let share = share.parse::<f64>().ok().filter(|&x| x > 0.0 && x < 1.0).ok_or_else(unknown)?;
            let train = Some(PartSize::Fraction(share));
            Ok(ShuffleSplit { n_splits: count(n_splits)?, train, test: None, seed: seed(random_state)? })
        };
        match parts.as_slice() {
            ["shuffle", n_splits, share, seed] => Ok(Self::Shuffle(shuffle(n_splits, share, seed)?)),
            ["stratified", n_splits, share, seed] => Ok(Self::Stratified(shuffle(n_splits, share, seed)?)),
            ["kfold", folds] => Ok(Self::KFold { n_folds: count(folds)?, order: FoldOrder::AsGiven }),
            ["kfold", folds, random_state] => {
                Ok(Self::KFold { n_folds: count(folds)?, order: FoldOrder::Shuffled(seed(random_state)?) })
            }
            ["stratified-kfold", folds] => {
                Ok(Self::StratifiedKFold { n_folds: count(folds)?, order: FoldOrder::AsGiven })
            }
            ["stratified-kfold", folds, random_state] => {
                Ok(Self::StratifiedKFold { n_folds: count(folds)?, order: FoldOrder::Shuffled(seed(random_state)?) })
            }
            ["group-kfold", folds] => Ok(Self::GroupKFold { n_folds: count(folds)? }),
            ["leave-one-group-out"] => Ok(Self::LeaveOneGroupOut),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read() {
        let of = |text: &str| text.parse::<SplitsSpec>().unwrap();
        assert_eq!(of("shuffle:10:0.9:1"), SplitsSpec::Shuffle(ShuffleSplit::BRAIN_SCORE));
        assert_eq!(of("stratified:10:0.9:1"), SplitsSpec::Stratified(ShuffleSplit::BRAIN_SCORE));
        assert_eq!(of("kfold:5"), SplitsSpec::KFold { n_folds: 5, order: FoldOrder::AsGiven });
        assert_eq!(of("kfold:5:3"), SplitsSpec::KFold { n_folds: 5, order: FoldOrder::Shuffled(3) });
        assert_eq!(of("group-kfold:4"), SplitsSpec::GroupKFold { n_folds: 4 });
        assert_eq!(of("leave-one-group-out"), SplitsSpec::LeaveOneGroupOut);
    }

    #[test]
    fn other_words_are_refused_with_the_forms_there_are() {
        for text in ["kfold", "kfold:0", "kfold:x", "shuffle:10:1.5:1", "shuffle:10:0.9", "bootstrap:3"] {
            let words = text.parse::<SplitsSpec>().unwrap_err().to_string();
            assert!(words.contains(&format!("{text:?}")) && words.contains("kfold:FOLDS[:SEED]"), "{words}");
        }
    }

    #[test]
    fn division_by_labels_needs_labels() {
        let spec: SplitsSpec = "stratified-kfold:2".parse().unwrap();
        assert!(matches!(spec.draw(4, None::<&[u8]>), Err(StatsError::Unsupported { .. })));
        assert!(matches!(spec.draw(4, Some(&[1, 2])), Err(StatsError::ShapeMismatch { .. })));
        assert_eq!(spec.draw(4, Some(&["a", "b", "a", "b"])).unwrap().len(), 2);
    }
}
