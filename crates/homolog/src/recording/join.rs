//! Two sides of a comparison are brought into one order of stimuli: by id, never by position.

use std::collections::{BTreeMap, BTreeSet};

use super::assembly::{Recording, RecordingAxis};
use super::error::DataError;

/// What to do with stimuli that only one side has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StimulusJoin {
    /// Refuse, and list them.
    #[default]
    All,
    /// Leave them out.
    Shared,
}

/// One side of a join: what it is called in messages, and its stimuli.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// As in "the model" or "the recording cowley2023-V4-190923".
    pub name: &'a str,
    /// Its stimuli; repeated ids count once.
    pub stimulus_ids: &'a [String],
}

/// The stimuli that both sides have, each once, in the order of the left side.
///
/// # Errors
/// [`DataError::StimuliDiffer`] when a side has a stimulus that the other has not, unless only the shared ones were asked
/// for; always when they have none in common.
pub fn join_stimuli(left: Side<'_>, right: Side<'_>, join: StimulusJoin) -> Result<Vec<String>, DataError> {
    let in_left: BTreeSet<&str> = left.stimulus_ids.iter().map(String::as_str).collect();
    let in_right: BTreeSet<&str> = right.stimulus_ids.iter().map(String::as_str).collect();
    let shared = in_order(left.stimulus_ids, |id| in_right.contains(id));
    let only_left = in_order(left.stimulus_ids, |id| !in_right.contains(id));
    let only_right = in_order(right.stimulus_ids, |id| !in_left.contains(id));
    let complete = only_left.is_empty() && only_right.is_empty();
    if !shared.is_empty() && (complete || join == StimulusJoin::Shared) {
        return Ok(shared);
    }
    Err(DataError::StimuliDiffer {
        left: left.name.to_owned(),
        right: right.name.to_owned(),
        n_left: in_left.len(),
        n_right: in_right.len(),
        only_left,
        only_right,
    })
}

fn in_order(ids: &[String], keep: impl Fn(&str) -> bool) -> Vec<String> {
    let mut seen = BTreeSet::new();
    ids.iter().filter(|id| keep(id) && seen.insert(id.as_str())).cloned().collect()
}

impl Recording {
    /// The presentations of these stimuli, in their order; the presentations of one stimulus stay in the order they were in.
    ///
    /// # Errors
    /// [`DataError::StimuliDiffer`] when a stimulus is missing here, or when this recording has one more than is wanted and
    /// `join` asks for all.
    pub fn join(&self, stimulus_ids: &[String], join: StimulusJoin) -> Result<Self, DataError> {
        let wanted = Side { name: "the stimuli", stimulus_ids };
        let here = Side { name: "the recording", stimulus_ids: self.stimulus_ids() };
        let order = join_stimuli(wanted, here, join)?;
        let mut rows_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (row, id) in self.stimulus_ids().iter().enumerate() {
            rows_of.entry(id).or_default().push(row);
        }
        let rows: Vec<usize> = order.iter().filter_map(|id| rows_of.get(id.as_str())).flatten().copied().collect();
        self.select_positions(RecordingAxis::Presentation, &rows)
    }
}

#[cfg(test)]
mod tests {
    use super::{Side, StimulusJoin, join_stimuli};

    fn ids(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn joined(left: &[&str], right: &[&str], join: StimulusJoin) -> Result<Vec<String>, String> {
        let (left, right) = (ids(left), ids(right));
        let sides = (Side { name: "the model", stimulus_ids: &left }, Side { name: "the brain", stimulus_ids: &right });
        join_stimuli(sides.0, sides.1, join).map_err(|error| error.to_string())
    }

    #[test]
    fn the_order_is_that_of_the_left_side() {
        assert_eq!(joined(&["c", "a", "b"], &["a", "b", "c"], StimulusJoin::All), Ok(ids(&["c", "a", "b"])));
    }

    #[test]
    fn stimuli_of_one_side_only_are_listed_by_side() {
        assert_eq!(
            joined(&["face_1", "hand_1"], &["face_1", "face_17", "hand_02"], StimulusJoin::All),
            Err("cannot join the model and the brain: the model has 2 stimuli and the brain has 3. 1 stimulus is only in \
                 the model (\"hand_1\"). 2 stimuli are only in the brain (\"face_17\", \"hand_02\"). Pass --stimuli shared \
                 to use the 1 they have in common"
                .to_owned())
        );
    }

    #[test]
    fn the_shared_stimuli_are_kept_when_asked_for() {
        assert_eq!(joined(&["b", "x", "a", "b"], &["a", "b"], StimulusJoin::Shared), Ok(ids(&["b", "a"])));
    }

    #[test]
    fn no_stimulus_in_common_is_refused_even_when_only_shared_ones_are_asked_for() {
        let message = joined(&["1.png"], &["1"], StimulusJoin::Shared).expect_err("nothing is shared");
        assert!(
            message.ends_with("none in common: check that the ids are written the same way on both sides"),
            "{message}"
        );
    }
}
