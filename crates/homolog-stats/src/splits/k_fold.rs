//! Divisions in which every stimulus is tested once: k folds, in classes, in groups, one group at a time.

use super::numpy_random::NumpyRandom;
use super::{Split, positions_by_class};
use crate::error::StatsError;

/// The order in which stimuli are dealt to folds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldOrder {
    /// As they come: neighbours share a fold.
    AsGiven,
    /// Shuffled first, by scikit-learn's `random_state` with this seed.
    Shuffled(u32),
}

/// `n_folds` parts of nearly equal size, each tested once: scikit-learn's `KFold`, index for index.
///
/// Convention: the first n mod k folds have one stimulus more. Positions within a part are ascending.
///
/// # Errors
/// - [`StatsError::TooFew`] when there are fewer than 2 folds.
/// - [`StatsError::TooFewStimuli`] when there are fewer stimuli than folds.
pub fn k_fold(n_stimuli: usize, n_folds: usize, order: FoldOrder) -> Result<Vec<Split>, StatsError> {
    check_folds(n_folds)?;
    if n_stimuli < n_folds {
        return Err(StatsError::TooFewStimuli { operation: "k-fold splits", found: n_stimuli, needed: n_folds });
    }
    let dealt = match order {
        FoldOrder::AsGiven => (0..n_stimuli).collect(),
        FoldOrder::Shuffled(seed) => NumpyRandom::new(seed).permutation(n_stimuli),
    };
    let mut fold_of = vec![0; n_stimuli];
    let (size, larger) = (n_stimuli / n_folds, n_stimuli % n_folds);
    let mut dealt = dealt.into_iter();
    for fold in 0..n_folds {
        for position in dealt.by_ref().take(size + usize::from(fold < larger)) {
            fold_of[position] = fold;
        }
    }
    Ok(splits_from_folds(&fold_of, n_folds))
}

/// Folds that keep each class's share: scikit-learn's `StratifiedKFold`, index for index.
///
/// Convention: classes are taken in the order in which they first appear.
///
/// # Errors
/// - [`StatsError::TooFew`] when there are fewer than 2 folds, or when a class has fewer stimuli than there are folds (where
///   scikit-learn only warns, and a fold then lacks that class).
pub fn stratified_k_fold<L: Ord>(labels: &[L], n_folds: usize, order: FoldOrder) -> Result<Vec<Split>, StatsError> {
    check_folds(n_folds)?;
    let (mut positions, _) = positions_by_class(labels);
    positions.sort_by_key(|members| members.first().copied());
    let smallest = positions.iter().map(Vec::len).min().unwrap_or(0);
    if smallest < n_folds {
        let what = "stimuli in the smallest class";
        return Err(StatsError::TooFew {
            operation: "stratified k-fold splits",
            what,
            found: smallest,
            needed: n_folds,
        });
    }
    let mut random = match order {
        FoldOrder::AsGiven => None,
        FoldOrder::Shuffled(seed) => Some(NumpyRandom::new(seed)),
    };
    let mut fold_of = vec![0; labels.len()];
    let mut start = 0;
    for members in &positions {
        // Dealing all classes in one round gives fold f the places f, f + k, f + 2k, …; the class owns start..start + len of them.
        let mut folds: Vec<usize> = (0..members.len()).map(|at| (start + at) % n_folds).collect();
        folds.sort_unstable();
        if let Some(random) = random.as_mut() {
            random.shuffle(&mut folds);
        }
        members.iter().zip(folds).for_each(|(&position, fold)| fold_of[position] = fold);
        start += members.len();
    }
    Ok(splits_from_folds(&fold_of, n_folds))
}

/// Folds that never divide a group: scikit-learn's `GroupKFold` without shuffling, index for index.
///
/// Convention: groups from the largest to the smallest (among equals, the later label first), each to the fold that has the fewest stimuli so far.
///
/// # Errors
/// - [`StatsError::TooFew`] when there are fewer than 2 folds, or fewer groups than folds.
pub fn group_k_fold<L: Ord>(groups: &[L], n_folds: usize) -> Result<Vec<Split>, StatsError> {
    check_folds(n_folds)?;
    let (positions, _) = positions_by_class(groups);
    if positions.len() < n_folds {
        return Err(StatsError::TooFew {
            operation: "group k-fold splits",
            what: "groups",
            found: positions.len(),
            needed: n_folds,
        });
    }
    let mut by_size: Vec<usize> = (0..positions.len()).collect();
    by_size.sort_by_key(|&group| positions[group].len());
    by_size.reverse();
    let mut load = vec![0usize; n_folds];
    let mut fold_of = vec![0; groups.len()];
    for group in by_size {
        let lightest = (0..n_folds).min_by_key(|&fold| load[fold]).unwrap_or(0);
        load[lightest] += positions[group].len();
        positions[group].iter().for_each(|&position| fold_of[position] = lightest);
    }
    Ok(splits_from_folds(&fold_of, n_folds))
}

/// Each group tested once, the others learned from: scikit-learn's `LeaveOneGroupOut`, index for index (groups in ascending order).
///
/// # Errors
/// - [`StatsError::TooFew`] when there are fewer than 2 groups.
pub fn leave_one_group_out<L: Ord>(groups: &[L]) -> Result<Vec<Split>, StatsError> {
    let (positions, group_of) = positions_by_class(groups);
    if positions.len() < 2 {
        return Err(StatsError::TooFew {
            operation: "leave-one-group-out splits",
            what: "groups",
            found: positions.len(),
            needed: 2,
        });
    }
    Ok(splits_from_folds(&group_of, positions.len()))
}

fn check_folds(n_folds: usize) -> Result<(), StatsError> {
    match n_folds {
        2.. => Ok(()),
        found => Err(StatsError::TooFew { operation: "k-fold splits", what: "folds", found, needed: 2 }),
    }
}

fn splits_from_folds(fold_of: &[usize], n_folds: usize) -> Vec<Split> {
    let part = |keep: &dyn Fn(usize) -> bool| (0..fold_of.len()).filter(|&at| keep(fold_of[at])).collect();
    (0..n_folds)
        .map(|tested| Split { train: part(&|fold| fold != tested), test: part(&|fold| fold == tested) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stimulus_is_tested_once() {
        for order in [FoldOrder::AsGiven, FoldOrder::Shuffled(5)] {
            let mut tested: Vec<usize> =
                k_fold(23, 4, order).expect("23 in 4").into_iter().flat_map(|split| split.test).collect();
            tested.sort_unstable();
            assert_eq!(tested, (0..23).collect::<Vec<_>>());
        }
    }

    #[test]
    fn fewer_stimuli_than_folds_are_refused() {
        let message = k_fold(3, 5, FoldOrder::AsGiven).expect_err("3 in 5").to_string();
        assert_eq!(message, "cannot compute k-fold splits with 3 stimuli: at least 5 are needed");
    }

    #[test]
    fn group_is_never_divided() {
        let groups = ["b", "a", "a", "c", "b", "a", "c", "d"];
        for split in group_k_fold(&groups, 3).expect("4 groups") {
            assert!(
                split
                    .test
                    .iter()
                    .all(|&tested| { split.train.iter().all(|&trained| groups[tested] != groups[trained]) })
            );
        }
    }
}
