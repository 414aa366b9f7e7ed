//! Names that a user typed and that do not exist: which of the known ones they most likely meant.

/// The three known names nearest to `wanted`, nearest first, quoted and joined for an error message.
pub fn nearest_three<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut by_distance: Vec<(usize, &str)> =
        known.into_iter().map(|name| (strsim::osa_distance(wanted, name), name)).collect();
    by_distance.sort();
    by_distance.dedup();
    let nearest: Vec<String> = by_distance.iter().take(3).map(|(_, name)| format!("\"{name}\"")).collect();
    nearest.join(", ")
}

/// The first `limit` names quoted and joined, and how many more there are.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>, limit: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let mut text = names.iter().take(limit).map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    if names.len() > limit {
        text.push_str(&format!(" and {} more", names.len() - limit));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{listed, nearest_three};

    #[test]
    fn the_nearest_names_come_first_and_only_three() {
        let known = ["features.1", "features.10", "features.12", "classifier"];
        assert_eq!(nearest_three("feature.1", known), "\"features.1\", \"features.10\", \"features.12\"");
    }

    #[test]
    fn a_long_list_is_cut_and_counted() {
        assert_eq!(listed(["a", "b", "c"], 2), "\"a\", \"b\" and 1 more");
        assert_eq!(listed(["a", "b"], 2), "\"a\", \"b\"");
    }
}
