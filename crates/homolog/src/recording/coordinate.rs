//! Coordinates: what is known of each entry of an axis.

use std::collections::BTreeMap;

/// One column of coordinates along an axis: a value for each entry of the axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Coordinate {
    /// Strings.
    Text(Vec<String>),
    /// Integers.
    Integer(Vec<i64>),
    /// Floats; NaN where the origin has no value.
    Float(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
}

/// The coordinates along one axis by name, all of one length.
pub type Coordinates = BTreeMap<String, Coordinate>;

impl Coordinate {
    /// The same text for each of `n_entries`.
    pub fn constant(value: impl Into<String>, n_entries: usize) -> Self {
        Coordinate::Text(vec![value.into(); n_entries])
    }

    /// How many entries have a value.
    pub fn len(&self) -> usize {
        match self {
            Coordinate::Text(values) => values.len(),
            Coordinate::Integer(values) => values.len(),
            Coordinate::Float(values) => values.len(),
            Coordinate::Bool(values) => values.len(),
        }
    }

    /// Whether the axis has no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What it holds, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Coordinate::Text(_) => "text",
            Coordinate::Integer(_) => "whole numbers",
            Coordinate::Float(_) => "numbers",
            Coordinate::Bool(_) => "truth values",
        }
    }

    /// Every value as it is written in a table.
    pub fn to_texts(&self) -> Vec<String> {
        match self {
            Coordinate::Text(values) => values.clone(),
            Coordinate::Integer(values) => values.iter().map(i64::to_string).collect(),
            Coordinate::Float(values) => values.iter().map(f64::to_string).collect(),
            Coordinate::Bool(values) => values.iter().map(bool::to_string).collect(),
        }
    }

    /// The strings; None for other kinds.
    pub fn as_text(&self) -> Option<&[String]> {
        match self {
            Coordinate::Text(values) => Some(values),
            _ => None,
        }
    }

    /// The integers; None for other kinds.
    pub fn as_integers(&self) -> Option<&[i64]> {
        match self {
            Coordinate::Integer(values) => Some(values),
            _ => None,
        }
    }

    /// The numbers, whole ones too; None for text and truth values.
    pub fn to_numbers(&self) -> Option<Vec<f64>> {
        match self {
            Coordinate::Float(values) => Some(values.clone()),
            Coordinate::Integer(values) => Some(values.iter().map(|value| *value as f64).collect()),
            _ => None,
        }
    }

    /// The values of these entries, in this order; an entry that is not there is left out.
    pub(super) fn pick(&self, entries: &[usize]) -> Self {
        fn of<T: Clone>(values: &[T], entries: &[usize]) -> Vec<T> {
            entries.iter().filter_map(|entry| values.get(*entry).cloned()).collect()
        }
        match self {
            Coordinate::Text(values) => Coordinate::Text(of(values, entries)),
            Coordinate::Integer(values) => Coordinate::Integer(of(values, entries)),
            Coordinate::Float(values) => Coordinate::Float(of(values, entries)),
            Coordinate::Bool(values) => Coordinate::Bool(of(values, entries)),
        }
    }

    /// These values and then the other's; as text where the kinds differ.
    pub(super) fn followed_by(self, other: &Coordinate) -> Self {
        match (self, other) {
            (Coordinate::Text(values), Coordinate::Text(more)) => Coordinate::Text([&values[..], more].concat()),
            (Coordinate::Integer(values), Coordinate::Integer(more)) => {
                Coordinate::Integer([&values[..], more].concat())
            }
            (Coordinate::Float(values), Coordinate::Float(more)) => Coordinate::Float([&values[..], more].concat()),
            (Coordinate::Bool(values), Coordinate::Bool(more)) => Coordinate::Bool([&values[..], more].concat()),
            (values, more) => Coordinate::Text([values.to_texts(), more.to_texts()].concat()),
        }
    }

    /// Whether two entries have the same value; NaN equals NaN.
    pub(super) fn agree(&self, first: usize, second: usize) -> bool {
        match self {
            Coordinate::Text(values) => values.get(first) == values.get(second),
            Coordinate::Integer(values) => values.get(first) == values.get(second),
            Coordinate::Bool(values) => values.get(first) == values.get(second),
            Coordinate::Float(values) => {
                values.get(first).map(|value| value.to_bits()) == values.get(second).map(|value| value.to_bits())
            }
        }
    }
}

/// Every coordinate at these entries.
pub(super) fn pick_all(coordinates: &Coordinates, entries: &[usize]) -> Coordinates {
    coordinates.iter().map(|(name, coordinate)| (name.clone(), coordinate.pick(entries))).collect()
}

/// Of each group of entries, the coordinates in which all entries of every group agree, with one value per group.
pub(super) fn shared_in_groups(coordinates: &Coordinates, groups: &[Vec<usize>]) -> Coordinates {
    let firsts: Vec<usize> = groups.iter().filter_map(|group| group.first().copied()).collect();
    coordinates
        .iter()
        .filter(|(_, coordinate)| {
            groups.iter().all(|group| group.iter().all(|entry| coordinate.agree(group[0], *entry)))
        })
        .map(|(name, coordinate)| (name.clone(), coordinate.pick(&firsts)))
        .collect()
}
