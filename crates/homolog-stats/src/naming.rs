//! What is said of a name that is not known: the known ones, nearest first.

use crate::StatsError;

/// The error for a name that is not among `known`, which are listed from the nearest to the farthest.
pub(crate) fn unknown_name(what: &'static str, name: &str, known: &[&str]) -> StatsError {
    let mut by_distance: Vec<&str> = known.to_vec();
    by_distance.sort_by_key(|other| edit_distance(name, other));
    StatsError::UnknownName { what, name: name.to_owned(), known: by_distance.join(", ") }
}

/// How many letters have to be inserted, deleted or replaced (Levenshtein).
fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut distances: Vec<usize> = (0..=right.len()).collect();
    for (row, letter) in left.chars().enumerate() {
        let mut diagonal = row;
        distances[0] = row + 1;
        for (column, &other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != other);
            diagonal = distances[column + 1];
            distances[column + 1] = replaced.min(diagonal + 1).min(distances[column] + 1);
        }
    }
    distances[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_the_letters_that_differ() {
        assert_eq!(edit_distance("kitten", "sitting"), 3);
        assert_eq!(edit_distance("", "pls"), 3);
        assert_eq!(edit_distance("ridge", "ridge"), 0);
    }

    #[test]
    fn known_names_are_listed_from_the_nearest() {
        let words = unknown_name("mapping", "rigde", &["pls", "banded-ridge", "ridge"]).to_string();
        assert_eq!(words, "there is no mapping \"rigde\". There are: ridge, pls, banded-ridge");
    }
}
