//! Unknown names: the known ones are listed, the nearest first.

use crate::StatsError;

/// The error for a name that is not among `known`, which it lists by how few letters have to change.
pub(crate) fn unknown_name(what: &'static str, name: &str, known: &[&'static str]) -> StatsError {
    let mut nearest: Vec<&str> = known.to_vec();
    nearest.sort_by_key(|other| edit_distance(name, other));
    StatsError::UnknownName { what, name: name.to_owned(), known: nearest.join(", ") }
}

/// Letters to insert, delete or exchange to turn one name into the other (Levenshtein 1966).
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (at, letter) in left.chars().enumerate() {
        let mut diagonal = at;
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
        for (column, other) in right.iter().enumerate() {
            let above = row[column + 1];
            row[column + 1] = (diagonal + usize::from(letter != *other)).min(above + 1).min(row[column] + 1);
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_of_kitten_and_sitting_is_three() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "abc"), 3);
    }

    #[test]
    fn nearest_names_come_first() {
        let message = unknown_name("comparator", "taub", &["cosine", "tau-a", "tau-b"]).to_string();
        assert!(message.ends_with("There are: tau-b, tau-a, cosine"), "{message}");
    }
}
