//! Whose rows are whose: stimuli by id, or by position where nobody has ids.

use std::collections::{BTreeMap, BTreeSet};

use super::error::InputError;
use crate::recording::join::{Side, StimulusJoin, join_stimuli};

/// How the rows of an input are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StimulusIds {
    /// By the ids that the file has; all differ.
    Named(Vec<String>),
    /// By position alone, `0` to `n - 1`: the file has no ids.
    Positional(usize),
}

impl StimulusIds {
    /// These ids, once they are seen to differ.
    ///
    /// # Errors
    /// [`InputError::RepeatedIds`].
    pub fn named(input: &str, ids: Vec<String>) -> Result<StimulusIds, InputError> {
        let mut seen = BTreeSet::new();
        let repeated: Vec<String> = ids.iter().filter(|id| !seen.insert(id.as_str())).cloned().collect();
        if repeated.is_empty() {
            return Ok(StimulusIds::Named(ids));
        }
        let first = repeated.iter().take(3).cloned().collect();
        Err(InputError::RepeatedIds { input: input.to_owned(), n_repeated: repeated.len(), first })
    }

    /// How many stimuli there are.
    pub fn len(&self) -> usize {
        match self {
            StimulusIds::Named(ids) => ids.len(),
            StimulusIds::Positional(count) => *count,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the stimuli are known by position alone, which every result has to say.
    pub fn is_positional(&self) -> bool {
        matches!(self, StimulusIds::Positional(_))
    }

    /// The id of each stimulus; its position where it has none.
    pub fn texts(&self) -> Vec<String> {
        match self {
            StimulusIds::Named(ids) => ids.clone(),
            StimulusIds::Positional(count) => (0..*count).map(|position| position.to_string()).collect(),
        }
    }

    /// What one stimulus is called in messages.
    pub(super) fn text(&self, stimulus: usize) -> String {
        match self {
            StimulusIds::Named(ids) => ids.get(stimulus).cloned().unwrap_or_default(),
            StimulusIds::Positional(_) => stimulus.to_string(),
        }
    }

    /// The stimuli at these positions. Positions of stimuli that were taken out or put into another order no longer are those
    /// of the file, so they become names.
    pub(super) fn select(&self, stimuli: &[usize]) -> StimulusIds {
        match self {
            StimulusIds::Positional(count) if stimuli.iter().copied().eq(0..*count) => self.clone(),
            _ => StimulusIds::Named(stimuli.iter().map(|stimulus| self.text(*stimulus)).collect()),
        }
    }
}

/// Several inputs in one order of stimuli.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aligned {
    /// The stimuli that all have, in the order of the first input.
    pub stimuli: StimulusIds,
    /// For each input, which of its rows is which stimulus: to be handed to its `select_stimuli`.
    pub rows: Vec<Vec<usize>>,
}

/// The stimuli that all inputs have, each `(name, stimuli)`, in the order of the first: by id where all have ids, by position
/// where none has.
///
/// # Errors
/// - [`InputError::OneSideHasIds`] where some have ids and some have not.
/// - [`InputError::Lengths`] where none has ids and the numbers of stimuli differ.
/// - [`InputError::Data`] with [`DataError::StimuliDiffer`](crate::recording::DataError::StimuliDiffer), which lists the stimuli
///   that only one has, where ids differ, unless only the shared ones were asked for; always when none is shared.
pub fn align(inputs: &[(&str, &StimulusIds)], join: StimulusJoin) -> Result<Aligned, InputError> {
    let Some((first_name, first)) = inputs.first() else {
        return Ok(Aligned { stimuli: StimulusIds::Positional(0), rows: Vec::new() });
    };
    for (name, stimuli) in &inputs[1..] {
        match (first, stimuli) {
            (StimulusIds::Named(_), StimulusIds::Positional(_)) => {
                let (named, unnamed) = ((*first_name).to_owned(), (*name).to_owned());
                return Err(InputError::OneSideHasIds { named, unnamed });
            }
            (StimulusIds::Positional(_), StimulusIds::Named(_)) => {
                let (named, unnamed) = ((*name).to_owned(), (*first_name).to_owned());
                return Err(InputError::OneSideHasIds { named, unnamed });
            }
            (StimulusIds::Positional(left_len), StimulusIds::Positional(right_len)) if left_len != right_len => {
                return Err(InputError::Lengths {
                    left: (*first_name).to_owned(),
                    left_len: *left_len,
                    right: (*name).to_owned(),
                    right_len: *right_len,
                });
            }
            _ => {}
        }
    }
    let StimulusIds::Named(first_ids) = first else {
        let rows = vec![(0..first.len()).collect(); inputs.len()];
        return Ok(Aligned { stimuli: (*first).clone(), rows });
    };
    let mut shared = first_ids.clone();
    for (name, stimuli) in &inputs[1..] {
        let ids = stimuli.texts();
        let sides = (Side { name: first_name, stimulus_ids: &shared }, Side { name, stimulus_ids: &ids });
        shared = join_stimuli(sides.0, sides.1, join)?;
    }
    let rows = inputs.iter().map(|(_, stimuli)| rows_of(&stimuli.texts(), &shared)).collect();
    Ok(Aligned { stimuli: StimulusIds::Named(shared), rows })
}

fn rows_of(ids: &[String], wanted: &[String]) -> Vec<usize> {
    let row_of: BTreeMap<&str, usize> = ids.iter().enumerate().map(|(row, id)| (id.as_str(), row)).collect();
    wanted.iter().filter_map(|id| row_of.get(id.as_str()).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(ids: &[&str]) -> StimulusIds {
        StimulusIds::named("x.npy", ids.iter().map(|id| (*id).to_owned()).collect()).expect("different ids")
    }

    #[test]
    fn rows_are_joined_by_id_whatever_their_order() {
        let (left, right) = (named(&["a", "b", "c"]), named(&["c", "a", "b"]));
        let aligned = align(&[("x", &left), ("y", &right)], StimulusJoin::All).expect("the same stimuli");
        assert_eq!(aligned.rows, [[0, 1, 2], [1, 2, 0]]);
        assert!(!aligned.stimuli.is_positional());
    }

    #[test]
    fn rows_without_ids_are_joined_by_position_and_the_result_says_so() {
        let aligned =
            align(&[("x", &StimulusIds::Positional(2)), ("y", &StimulusIds::Positional(2))], StimulusJoin::All);
        assert!(aligned.expect("two each").stimuli.is_positional());
    }

    #[test]
    fn what_cannot_be_joined_is_refused_by_name() {
        let (ids, two, three) = (named(&["a", "b"]), StimulusIds::Positional(2), StimulusIds::Positional(3));
        let refused = |left: &StimulusIds, right: &StimulusIds| {
            align(&[("x.npy", left), ("y.npy", right)], StimulusJoin::All).expect_err("not to be joined").to_string()
        };
        assert!(refused(&ids, &two).contains("those of \"y.npy\" are known by position"));
        assert!(refused(&two, &ids).contains("those of \"x.npy\" are known by position"));
        assert!(refused(&two, &three).contains("2 stimuli and 3"));
        let message = refused(&ids, &named(&["b", "z"]));
        assert!(message.contains("only in x.npy (\"a\")") && message.contains("only in y.npy (\"z\")"), "{message}");
    }

    #[test]
    fn only_the_shared_stimuli_of_three_inputs_are_kept_when_asked_for() {
        let inputs = [named(&["a", "b", "c", "d"]), named(&["d", "b", "a"]), named(&["b", "d", "e"])];
        let pairs: Vec<(&str, &StimulusIds)> = ["x", "y", "z"].into_iter().zip(&inputs).collect();
        let aligned = align(&pairs, StimulusJoin::Shared).expect("two are shared");
        assert_eq!(aligned.stimuli.texts(), ["b", "d"]);
        assert_eq!(aligned.rows, [[1, 3], [1, 0], [0, 1]]);
    }

    #[test]
    fn an_id_for_two_rows_is_refused() {
        let ids = ["a", "b", "a"].map(str::to_owned).to_vec();
        let message = StimulusIds::named("x.npy", ids).expect_err("twice").to_string();
        assert!(message.contains("1 of the stimulus ids of \"x.npy\"") && message.contains("\"a\""), "{message}");
    }

    #[test]
    fn positions_become_names_once_some_are_left_out() {
        let all = StimulusIds::Positional(3);
        assert!(all.select(&[0, 1, 2]).is_positional());
        assert_eq!(all.select(&[2, 0]), named(&["2", "0"]));
    }
}
