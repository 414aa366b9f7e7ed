//! Which ImageNet classes belong to which of the 16 entry-level categories of Geirhos et al.

use std::sync::LazyLock;

use serde::Deserialize;

/// The categories in alphabetical order, as in all of that group's tables.
pub const CATEGORIES: [&str; 16] = [
    "airplane", "bear", "bicycle", "bird", "boat", "bottle", "car", "cat", "chair", "clock", "dog", "elephant",
    "keyboard", "knife", "oven", "truck",
];

const TABLE: &str = include_str!("../../benchmarks/imagenet_to_16.toml");

/// One ImageNet class of a category.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageNetClass {
    /// Position among the 1,000 classes of ILSVRC 2012 sorted by WordNet id, from 0.
    pub index: usize,
    /// WordNet id, such as `n02690373`.
    pub wordnet_id: String,
}

#[derive(Deserialize)]
struct Table {
    category: Vec<Category>,
}

#[derive(Deserialize)]
struct Category {
    name: String,
    classes: Vec<(usize, String)>,
}

static BY_CATEGORY: LazyLock<Vec<Vec<ImageNetClass>>> = LazyLock::new(|| {
    // The table is compiled in and a test reads it, so nothing that a user does can make this one empty.
    let table: Table = toml::from_str(TABLE).unwrap_or(Table { category: Vec::new() });
    let classes_of = |name: &str| {
        table.category.iter().find(|category| category.name == name).map_or_else(Vec::new, |category| {
            let class =
                |(index, wordnet_id): &(usize, String)| ImageNetClass { index: *index, wordnet_id: wordnet_id.clone() };
            category.classes.iter().map(class).collect()
        })
    };
    CATEGORIES.iter().map(|name| classes_of(name)).collect()
});

/// The ImageNet classes of each category, in the order of [`CATEGORIES`].
///
/// # Reference
/// Geirhos, Temme, Rauber, Schütt, Bethge, Wichmann (2018). Generalisation in humans and deep neural networks. NeurIPS 31.
/// The lists of indices are those of the repository bethgelab/model-vs-human,
/// `modelvshuman/helper/human_categories.py`; the WordNet ids are those of the ILSVRC 2012 classes at these indices.
pub fn imagenet_classes_by_category() -> &'static [Vec<ImageNetClass>] {
    &BY_CATEGORY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_207_classes_in_16_categories_and_none_twice() {
        let by_category = imagenet_classes_by_category();
        let counts: Vec<usize> = by_category.iter().map(Vec::len).collect();
        assert_eq!(counts, [1, 4, 2, 49, 5, 7, 3, 6, 4, 3, 109, 2, 2, 1, 1, 8]);
        let mut indices: Vec<usize> = by_category.iter().flatten().map(|class| class.index).collect();
        indices.sort_unstable();
        indices.dedup();
        assert_eq!(indices.len(), 207);
        assert!(indices.iter().all(|&index| index < 1000));
    }

    #[test]
    fn wordnet_ids_rise_with_the_index_as_they_do_in_the_whole_list() {
        let mut classes: Vec<&ImageNetClass> = imagenet_classes_by_category().iter().flatten().collect();
        classes.sort_by_key(|class| class.index);
        assert!(classes.windows(2).all(|pair| pair[0].wordnet_id < pair[1].wordnet_id));
    }
}
