//! What a file holds when it holds more than one array: named arrays, structures and cells, and paths into them.
//!
//! A path is written as in MATLAB and counts from 1: `RDMs(1,3).RDM`, `labels{2}`, `Net_RDM`. An index `:` runs over all
//! entries; where it stands on a structure or cell array, what is found in the entries is put into one array whose first
//! axis (or axes) are those entries: `RDMs(1,:).RDM`.

use std::collections::BTreeMap;

use super::array::{DataArray, checked_product};
use super::error::PathProblem;

/// The content of a file, or a part of it.
#[derive(Clone, Debug, PartialEq)]
pub enum DataTree {
    /// Numbers, truth values or strings.
    Array(DataArray),
    /// An array of anything, row by row.
    Cells {
        /// The length of each axis.
        shape: Vec<usize>,
        /// The entries.
        cells: Vec<DataTree>,
    },
    /// An array of structures with the same fields.
    Structures {
        /// The length of each axis; none for a single structure, such as a file or a group.
        shape: Vec<usize>,
        /// For each field, what each structure has in it, row by row.
        fields: BTreeMap<String, Vec<DataTree>>,
    },
    /// Something that is not read: a function, an object.
    Unread {
        /// What it is.
        what: &'static str,
    },
}

/// What messages call the whole, before a path has named a part of it.
const THE_FILE: &str = "the file";

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    /// Positions from 0; None is `:`.
    Index(Vec<Option<usize>>),
}

impl DataTree {
    /// A single structure: the variables of a file, the members of a group.
    pub fn named(fields: impl IntoIterator<Item = (String, DataTree)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name, vec![value])).collect();
        DataTree::Structures { shape: Vec::new(), fields }
    }

    /// The names of the variables of a file, or of the fields of a structure.
    pub fn names(&self) -> Vec<String> {
        match self {
            DataTree::Structures { fields, .. } => fields.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// The array at a path; without a path the only array there is.
    ///
    /// # Errors
    /// [`PathProblem`], which says where the path leaves what is there, and what is there.
    pub fn array(&self, path: Option<&str>) -> Result<DataArray, PathProblem> {
        match path {
            Some(path) => match self {
                DataTree::Structures { fields, .. } if fields.contains_key(path) => {
                    self.follow(&[Step::Field(path.to_owned())], THE_FILE)
                }
                _ => self.follow(&parse_path(path)?, THE_FILE),
            },
            None => match self {
                DataTree::Structures { fields, .. } => match fields.keys().next() {
                    Some(name) if fields.len() == 1 => self.follow(&[Step::Field(name.clone())], THE_FILE),
                    _ => Err(PathProblem::UnknownName {
                        place: "the file, which does not hold exactly one variable, and".to_owned(),
                        wanted: "(no variable was named)".to_owned(),
                        known: self.names(),
                    }),
                },
                _ => self.follow(&[], THE_FILE),
            },
        }
    }

    /// The array at a path, as numbers.
    ///
    /// # Errors
    /// As [`DataTree::array`]; [`PathProblem::Kind`] when it is text.
    pub fn numbers(&self, path: Option<&str>) -> Result<ndarray::ArrayD<f64>, PathProblem> {
        let array = self.array(path)?;
        let found = array.elements().kind().to_owned();
        let place = path.unwrap_or("the variable").to_owned();
        array.into_numbers().ok_or(PathProblem::Kind { place, found, needed: "an array of numbers" })
    }

    /// The strings at a path, row by row; whole numbers are written out.
    ///
    /// # Errors
    /// As [`DataTree::array`].
    pub fn texts(&self, path: Option<&str>) -> Result<Vec<String>, PathProblem> {
        Ok(self.array(path)?.into_elements().into_coordinate().to_texts())
    }

    fn follow(&self, steps: &[Step], place: &str) -> Result<DataArray, PathProblem> {
        match (self, steps) {
            (DataTree::Unread { what }, _) => Err(PathProblem::Kind {
                place: place.to_owned(),
                found: (*what).to_owned(),
                needed: "an array, a structure or a cell array",
            }),
            (DataTree::Array(array), []) => Ok(array.clone()),
            (DataTree::Array(array), [Step::Index(index)]) => indexed(array, index, place),
            (DataTree::Cells { shape, cells }, []) => {
                let parts = cells.iter().map(|cell| cell.follow(&[], place)).collect::<Result<Vec<_>, _>>()?;
                stacked(shape, parts, place)
            }
            (DataTree::Cells { shape, cells }, [Step::Index(index), rest @ ..]) => {
                follow_entries(shape, index, place, |entry, place| match cells.get(entry) {
                    Some(cell) => cell.follow(rest, place),
                    None => Err(out_of_range(place, shape, index)),
                })
            }
            (DataTree::Structures { shape, .. }, [Step::Index(index), rest @ ..]) => {
                follow_entries(shape, index, place, |entry, place| self.follow_structure(entry, rest, place))
            }
            (DataTree::Structures { shape, .. }, [Step::Field(_), ..]) if checked_product(shape) == Some(1) => {
                self.follow_structure(0, steps, place)
            }
            (_, [Step::Field(_), ..]) => Err(PathProblem::Kind {
                place: place.to_owned(),
                found: self.described(),
                needed: if matches!(self, DataTree::Structures { .. }) {
                    "one of its entries, such as (1), or all of them with (:), before a field"
                } else {
                    "a structure"
                },
            }),
            (_, _) => Err(PathProblem::Kind {
                place: place.to_owned(),
                found: self.described(),
                needed: "an array of numbers or text",
            }),
        }
    }

    fn follow_structure(&self, entry: usize, steps: &[Step], place: &str) -> Result<DataArray, PathProblem> {
        let DataTree::Structures { fields, shape } = self else {
            return Err(PathProblem::Kind { place: place.to_owned(), found: self.described(), needed: "a structure" });
        };
        let [Step::Field(name), rest @ ..] = steps else {
            return Err(PathProblem::Kind {
                place: place.to_owned(),
                found: self.described(),
                needed: "one of its fields",
            });
        };
        let values = fields.get(name).ok_or_else(|| PathProblem::UnknownName {
            place: place.to_owned(),
            wanted: name.clone(),
            known: self.names(),
        })?;
        match values.get(entry) {
            Some(value) => value.follow(rest, &member(place, name)),
            None => Err(PathProblem::Index {
                place: place.to_owned(),
                shape: shape.clone(),
                index: (entry + 1).to_string(),
            }),
        }
    }

    fn described(&self) -> String {
        match self {
            DataTree::Array(array) => format!("an array of {} of shape {:?}", array.elements().kind(), array.shape()),
            DataTree::Cells { shape, .. } => format!("a cell array of shape {shape:?}"),
            DataTree::Structures { shape, .. } if shape.is_empty() => {
                format!("a structure of {}", crate::naming::listed(self.names().iter().map(String::as_str), 12))
            }
            DataTree::Structures { shape, .. } => format!("a structure array of shape {shape:?}"),
            DataTree::Unread { what } => (*what).to_owned(),
        }
    }
}

/// What messages call a part, as a path to it is written.
fn member(place: &str, name: &str) -> String {
    if place == THE_FILE { name.to_owned() } else { format!("{place}.{name}") }
}

/// What is found from each entry that an index selects, stacked where the index has `:`.
fn follow_entries(
    shape: &[usize],
    index: &[Option<usize>],
    place: &str,
    mut follow: impl FnMut(usize, &str) -> Result<DataArray, PathProblem>,
) -> Result<DataArray, PathProblem> {
    let (outer, entries) = entries_at(shape, index).ok_or_else(|| out_of_range(place, shape, index))?;
    let here = format!("{place}({})", written(index));
    if outer.is_empty() {
        return match entries.first() {
            Some(entry) => follow(*entry, &here),
            None => Err(out_of_range(place, shape, index)),
        };
    }
    let parts = entries.into_iter().map(|entry| follow(entry, &here)).collect::<Result<Vec<_>, _>>()?;
    stacked(&outer, parts, &here)
}

fn stacked(outer: &[usize], parts: Vec<DataArray>, place: &str) -> Result<DataArray, PathProblem> {
    let first = parts.first().map(|part| part.shape().to_vec()).unwrap_or_default();
    let other = parts.iter().map(|part| part.shape()).find(|shape| *shape != first).map(<[usize]>::to_vec);
    if let Some(other) = other {
        return Err(PathProblem::Ragged { place: place.to_owned(), first, other });
    }
    DataArray::stacked(outer, parts).ok_or_else(|| PathProblem::Kind {
        place: place.to_owned(),
        found: "empty, or has numbers and text mixed".to_owned(),
        needed: "entries of one kind",
    })
}

/// The lengths of the axes that `:` keeps, and the row-major positions of the entries that an index selects. One index alone
/// counts down the columns, as in MATLAB.
fn entries_at(shape: &[usize], index: &[Option<usize>]) -> Option<(Vec<usize>, Vec<usize>)> {
    let total = checked_product(shape)?;
    let down_columns = |position: usize| {
        let (mut rest, mut row_major, mut stride) = (position, 0, total);
        for length in shape {
            stride /= length;
            row_major += (rest % length) * stride;
            rest /= length;
        }
        row_major
    };
    match index {
        [Some(position)] if shape.len() != 1 => {
            (*position < total).then(|| (Vec::new(), vec![down_columns(*position)]))
        }
        [None] if shape.len() != 1 => (total > 0).then(|| (vec![total], (0..total).map(down_columns).collect())),
        _ if index.len() != shape.len() => None,
        _ => {
            let (mut outer, mut entries) = (Vec::new(), vec![0]);
            for (position, length) in index.iter().zip(shape) {
                let choices = match position {
                    Some(position) if position < length => *position..position + 1,
                    Some(_) => return None,
                    None => {
                        outer.push(*length);
                        0..*length
                    }
                };
                entries =
                    entries.into_iter().flat_map(|entry| choices.clone().map(move |i| entry * length + i)).collect();
            }
            Some((outer, entries))
        }
    }
}

/// An index into an array; one index alone is allowed where at most one axis is longer than 1.
fn indexed(array: &DataArray, index: &[Option<usize>], place: &str) -> Result<DataArray, PathProblem> {
    let shape = array.shape();
    let is_vector = shape.iter().filter(|length| **length != 1).count() <= 1;
    let found = match index {
        [position] if shape.len() > 1 && is_vector => {
            let n_elements = array.elements().len();
            array.clone().reshaped(vec![n_elements]).and_then(|vector| vector.at(&[*position]))
        }
        _ => array.at(index),
    };
    found.ok_or_else(|| out_of_range(place, shape, index))
}

fn out_of_range(place: &str, shape: &[usize], index: &[Option<usize>]) -> PathProblem {
    PathProblem::Index { place: place.to_owned(), shape: shape.to_vec(), index: written(index) }
}

fn written(index: &[Option<usize>]) -> String {
    let one = |position: &Option<usize>| position.map_or(":".to_owned(), |position| (position + 1).to_string());
    index.iter().map(one).collect::<Vec<_>>().join(",")
}

fn parse_path(path: &str) -> Result<Vec<Step>, PathProblem> {
    let syntax = |rest: &str| PathProblem::Syntax { rest: rest.to_owned() };
    let (mut rest, mut steps) = (path.trim(), Vec::new());
    while !rest.is_empty() {
        let closing = match rest.chars().next() {
            Some('(') => Some(')'),
            Some('{') => Some('}'),
            _ => None,
        };
        if let Some(closing) = closing {
            let (inside, after) = rest[1..].split_once(closing).ok_or_else(|| syntax(rest))?;
            let index = inside.split(',').map(parse_index).collect::<Option<Vec<_>>>().ok_or_else(|| syntax(rest))?;
            steps.push(Step::Index(index));
            rest = after;
            continue;
        }
        let name_at = if steps.is_empty() { rest } else { rest.strip_prefix('.').ok_or_else(|| syntax(rest))? };
        let end = name_at.find(['.', '(', '{']).unwrap_or(name_at.len());
        if end == 0 {
            return Err(syntax(rest));
        }
        steps.push(Step::Field(name_at[..end].to_owned()));
        rest = &name_at[end..];
    }
    Ok(steps)
}

fn parse_index(text: &str) -> Option<Option<usize>> {
    match text.trim() {
        ":" => Some(None),
        number => number.parse::<usize>().ok()?.checked_sub(1).map(Some),
    }
}
