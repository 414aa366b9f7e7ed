//! Where an input is: a file or folder, and what of it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::error::InputError;
use crate::recording::array::DataArray;
use crate::recording::coordinate::Coordinate;
use crate::recording::error::FileError;
use crate::recording::format::read_tree;
use crate::recording::format::zarr::Activations;
use crate::recording::tree::DataTree;

/// Names under which archives carry the ids of stimuli, homolog's own first.
const ID_ARRAYS: [&str; 6] =
    ["stimulus_id", "stimulus_ids", "presentation.stimulus_id", "file_names", "filenames", "image_names"];

/// Names under which archives carry what their dissimilarity matrices are called.
const NAME_ARRAYS: [&str; 5] = ["rdm_names", "model_names", "names", "subject", "subjects"];

/// An array with what its archive says beside it.
pub(super) struct ReadArray {
    pub(super) array: DataArray,
    /// The ids of stimuli.
    pub(super) ids: Option<Vec<String>>,
    /// What matrices are called.
    pub(super) names: Option<Vec<String>>,
}

/// A file or folder, and what of it: `responses.mat:RDMs(1,:).RDM`, `DIR:features.11`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// As the user wrote it.
    pub text: String,
    /// The file or folder.
    pub path: PathBuf,
    /// The variable, column or stage.
    pub part: Option<String>,
}

/// The kinds of input that are read in ways of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A folder that `homolog record` made.
    Recorded,
    /// A file that carries coordinates: netCDF.
    Assembly,
    /// CSV or TSV.
    Table,
    /// TOML that says how another file is read.
    Declaration,
    /// Everything else: arrays.
    Arrays,
}

impl Location {
    /// What a user wrote: a path, or a path, `:` and the name of a variable, column or stage.
    ///
    /// A path that exists as it is written is taken whole; otherwise it ends at the first `:` before which something exists.
    /// Where nothing exists the text is taken for a path, and reading it says that it is not there.
    pub fn parse(text: &str) -> Location {
        let whole = || Location { text: text.to_owned(), path: PathBuf::from(text), part: None };
        if Path::new(text).exists() {
            return whole();
        }
        let split = text.match_indices(':').map(|(at, _)| (&text[..at], &text[at + 1..]));
        let mut candidates: Vec<(&str, &str)> =
            split.filter(|(path, part)| path.len() > 1 && !part.is_empty()).collect();
        let exists = |(path, _): &(&str, &str)| Path::new(path).exists();
        let found = candidates.iter().position(exists).map(|at| candidates.swap_remove(at));
        // Of a file that is not there, the error is to name the file alone.
        let found = found.or_else(|| candidates.into_iter().find(|(path, _)| Path::new(path).extension().is_some()));
        match found {
            Some((path, part)) => {
                Location { text: text.to_owned(), path: PathBuf::from(path), part: Some(part.to_owned()) }
            }
            None => whole(),
        }
    }

    /// The stages of a folder that `homolog record` made; none for anything else, or where a stage is named already.
    ///
    /// # Errors
    /// [`InputError::File`] when the folder is damaged.
    pub fn stages(&self) -> Result<Vec<Location>, InputError> {
        if self.kind() != Kind::Recorded || self.part.is_some() {
            return Ok(Vec::new());
        }
        let names = Activations::open(&self.activations())?.stage_names()?;
        let stage = |name: String| Location {
            text: format!("{}:{name}", self.text),
            path: self.path.clone(),
            part: Some(name),
        };
        Ok(names.into_iter().map(stage).collect())
    }

    /// The file's or folder's name without its endings, with the part: what one thing that it holds is called.
    pub fn stem(&self) -> String {
        let name = self.path.file_name().map_or_else(|| self.text.clone(), |name| name.to_string_lossy().into_owned());
        let stem = name.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or(&name);
        self.part.as_ref().map_or_else(|| stem.to_owned(), |part| format!("{stem}:{part}"))
    }

    /// The file's or folder's name without what leads to it, with the part: short enough for a table.
    pub fn short(&self) -> String {
        let name = self.path.file_name().map_or_else(|| self.text.clone(), |name| name.to_string_lossy().into_owned());
        match &self.part {
            Some(part) => format!("{name}:{part}"),
            None => name,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        let name = self.path.to_string_lossy().to_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if self.path.is_dir() && (self.path.join("activations.zarr").is_dir() || ends(&[".zarr"])) {
            Kind::Recorded
        } else if ends(&[".nc", ".nc4", ".cdf"]) {
            Kind::Assembly
        } else if ends(&[".csv", ".tsv"]) {
            Kind::Table
        } else if ends(&[".toml"]) {
            Kind::Declaration
        } else {
            Kind::Arrays
        }
    }

    /// The Zarr folder of a recording.
    pub(super) fn activations(&self) -> PathBuf {
        let inner = self.path.join("activations.zarr");
        if inner.is_dir() { inner } else { self.path.clone() }
    }

    /// The array that is meant: the one that is named, or the only one beside ids and names.
    pub(super) fn array(&self) -> Result<ReadArray, InputError> {
        let tree = read_tree(&self.path)?;
        let ids = texts_under(&tree, &ID_ARRAYS);
        let names = texts_under(&tree, &NAME_ARRAYS);
        let beside = [&ids, &names].map(|texts| texts.as_ref().map(|(name, _)| *name));
        let data = only_one_beside(&tree, &beside);
        let array = tree.array(self.part.as_deref().or(data.as_deref()));
        let array = array.map_err(|problem| FileError::Variable {
            path: self.path.clone(),
            wanted: self.part.clone().unwrap_or_else(|| "the only variable".to_owned()),
            problem: Box::new(problem),
        })?;
        Ok(ReadArray { array, ids: ids.map(|(_, ids)| ids), names: names.map(|(_, names)| names) })
    }
}

/// The texts or whole numbers that an archive carries under one of these names.
fn texts_under(tree: &DataTree, wanted: &[&'static str]) -> Option<(&'static str, Vec<String>)> {
    let DataTree::Structures { fields, .. } = tree else { return None };
    wanted.iter().find_map(|name| match fields.get(*name)?.as_slice() {
        [DataTree::Array(array)] if array.shape().iter().filter(|length| **length != 1).count() <= 1 => {
            let coordinate = array.elements().clone().into_coordinate();
            matches!(coordinate, Coordinate::Text(_) | Coordinate::Integer(_)).then(|| (*name, coordinate.to_texts()))
        }
        _ => None,
    })
}

/// The only variable beside those of these names.
fn only_one_beside(tree: &DataTree, beside: &[Option<&str>]) -> Option<String> {
    let mut others = tree.names().into_iter().filter(|name| !beside.contains(&Some(name.as_str())));
    let first = others.next()?;
    others.next().is_none().then_some(first)
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_ends_at_the_first_colon_before_which_something_exists() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a:b.mat");
        std::fs::write(&file, "").expect("written");
        let text = format!("{}:RDMs(1,:).RDM", file.display());
        let location = Location::parse(&text);
        assert_eq!((location.path, location.part.as_deref()), (file.clone(), Some("RDMs(1,:).RDM")));
        let whole = Location::parse(&file.display().to_string());
        assert_eq!((whole.path, whole.part), (file, None));
    }

    #[test]
    fn of_a_file_that_is_not_there_the_variable_is_split_off() {
        let location = Location::parse("missing.npz:X");
        assert_eq!((location.path, location.part.as_deref()), (PathBuf::from("missing.npz"), Some("X")));
        assert_eq!(Location::parse("missing").part, None);
        assert_eq!(Location::parse("c:").path, PathBuf::from("c:"));
    }

    #[test]
    fn a_short_name_has_no_folders() {
        assert_eq!(Location::parse("/no/such/place/x.npz:X").short(), "x.npz:X");
    }
}
