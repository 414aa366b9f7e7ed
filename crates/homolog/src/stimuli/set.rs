//! Stimuli in a fixed order, with unique ids.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::error::StimulusError;
use super::image::Image;
use super::source::Source;
use super::{archive, array, folder, table};
use crate::naming::listed;

/// One stimulus.
#[derive(Clone, Debug)]
pub struct Stimulus {
    /// Unique in its set.
    pub id: String,
    /// Where its pixels are.
    pub source: Source,
    /// Category, position, and whatever else its table says of it.
    pub properties: BTreeMap<String, String>,
}

/// How a file's place in a folder or an archive becomes the id of its stimulus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IdStyle {
    /// `cats/01.png` → `cats/01`.
    #[default]
    PathWithoutExtension,
    /// `cats/01.png` → `cats/01.png`.
    Path,
    /// `cats/01.png` → `01`.
    NameWithoutExtension,
    /// `cats/01.png` → `01.png`.
    Name,
}

impl IdStyle {
    /// The id of the file at `relative`, a path with `/` between its parts.
    pub(super) fn id(self, relative: &str) -> String {
        let name_start = relative.rfind('/').map_or(0, |slash| slash + 1);
        let stem_end = match relative[name_start..].rfind('.') {
            Some(dot) if dot > 0 => name_start + dot,
            _ => relative.len(),
        };
        match self {
            Self::PathWithoutExtension => &relative[..stem_end],
            Self::Path => relative,
            Self::NameWithoutExtension => &relative[name_start..stem_end],
            Self::Name => &relative[name_start..],
        }
        .to_owned()
    }
}

/// Stimuli in a fixed order, with unique ids. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StimulusSet {
    /// Shared, so that the threads that decode need no copy.
    stimuli: Arc<[Stimulus]>,
    /// Position of each id.
    positions: Arc<HashMap<String, usize>>,
    /// Width of each stimulus in degrees of visual angle, where the experiment states it.
    width_deg: Option<f64>,
}

impl StimulusSet {
    /// A set of these stimuli, in this order.
    ///
    /// # Errors
    /// [`StimulusError::DuplicateId`] names both stimuli that share an id; [`StimulusError::EmptyId`].
    pub fn new(stimuli: Vec<Stimulus>) -> Result<Self, StimulusError> {
        let mut positions = HashMap::with_capacity(stimuli.len());
        for (position, stimulus) in stimuli.iter().enumerate() {
            if stimulus.id.is_empty() {
                return Err(StimulusError::EmptyId { place: stimulus.source.to_string() });
            }
            if let Some(first) = positions.insert(stimulus.id.clone(), position) {
                return Err(StimulusError::DuplicateId {
                    id: stimulus.id.clone(),
                    first: stimuli[first].source.to_string(),
                    second: stimulus.source.to_string(),
                });
            }
        }
        Ok(Self { stimuli: stimuli.into(), positions: Arc::new(positions), width_deg: None })
    }

    /// The stimuli at `path`: a folder of images, a `.zip` of images, a `.csv` table beside images, or an `.npy` array.
    /// `ids` says how ids are made from file names; a table states them itself, and an array numbers its images.
    ///
    /// # Errors
    /// [`StimulusError::UnknownKind`] for any other file, and the errors of the reader that was chosen.
    pub fn open(path: &Path, ids: IdStyle) -> Result<Self, StimulusError> {
        let extension = path.extension().map(|extension| extension.to_ascii_lowercase());
        match extension.as_deref().and_then(std::ffi::OsStr::to_str) {
            _ if path.is_dir() => Self::from_folder(path, ids),
            Some("zip") => Self::from_zip(path, ids),
            Some("csv") => Self::from_table(path),
            Some("npy") => Self::from_npy(path),
            _ if path.is_file() => Err(StimulusError::UnknownKind { place: path.to_owned() }),
            _ => Err(StimulusError::Unreadable {
                place: path.display().to_string(),
                source: std::io::Error::from(std::io::ErrorKind::NotFound),
            }),
        }
    }

    /// Every image in a folder and the folders in it, sorted by [`compare_names`](super::compare_names) of the paths.
    /// Hidden files and files without an image's extension are passed over.
    ///
    /// # Errors
    /// [`StimulusError::DuplicateId`] when two files give one id (`a.png` beside `a.jpg`, unless `ids` keeps extensions),
    /// [`StimulusError::NoStimuli`], [`StimulusError::UnsupportedFiles`] when there are images in other formats.
    pub fn from_folder(path: &Path, ids: IdStyle) -> Result<Self, StimulusError> {
        Self::new(folder::stimuli(path, ids)?)
    }

    /// Every image in a zip archive, sorted as in [`StimulusSet::from_folder`], whatever the archive's own order.
    /// Folders, hidden files and `__MACOSX` are passed over.
    ///
    /// # Errors
    /// As [`StimulusSet::from_folder`], and [`StimulusError::Archive`] when it is damaged.
    pub fn from_zip(path: &Path, ids: IdStyle) -> Result<Self, StimulusError> {
        Self::new(archive::stimuli(path, ids)?)
    }

    /// The stimuli of a CSV table, in its order: columns `stimulus_id` and `filename` (relative to the table's folder);
    /// every other column becomes a property.
    ///
    /// # Errors
    /// [`StimulusError::Table`] with the line: a missing column, a row without a file name, a file that is not there.
    pub fn from_table(path: &Path) -> Result<Self, StimulusError> {
        Self::new(table::stimuli(path)?)
    }

    /// The images of an `.npy` array of bytes: (n, height, width, 3), (n, height, width, 1) or (n, height, width). Ids are
    /// the row's number from 0, with leading zeros. Images are read from the file when they are needed.
    ///
    /// # Errors
    /// [`StimulusError::Array`] for another type of number, shape or order, or a file cut short.
    pub fn from_npy(path: &Path) -> Result<Self, StimulusError> {
        Self::new(array::stimuli(path)?)
    }

    /// Images that are decoded already, each with its id and properties.
    ///
    /// # Errors
    /// As [`StimulusSet::new`].
    pub fn from_images(
        images: impl IntoIterator<Item = (String, Image, BTreeMap<String, String>)>,
    ) -> Result<Self, StimulusError> {
        let stimulus = |(id, image, properties)| Stimulus { id, source: Source::Decoded(Arc::new(image)), properties };
        Self::new(images.into_iter().map(stimulus).collect())
    }

    /// The same stimuli, each stated to be that many degrees of visual angle wide.
    ///
    /// # Errors
    /// [`StimulusError::ImpossibleWidth`] unless 0 < `width_deg` ≤ 360.
    pub fn with_width_deg(self, width_deg: f64) -> Result<Self, StimulusError> {
        if width_deg > 0.0 && width_deg <= 360.0 {
            Ok(Self { width_deg: Some(width_deg), ..self })
        } else {
            Err(StimulusError::ImpossibleWidth { found: width_deg })
        }
    }

    /// Width of each stimulus in degrees of visual angle, where the experiment states it.
    pub fn width_deg(&self) -> Option<f64> {
        self.width_deg
    }

    /// How many stimuli there are.
    pub fn len(&self) -> usize {
        self.stimuli.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.stimuli.is_empty()
    }

    /// The stimuli, in order.
    pub fn stimuli(&self) -> &[Stimulus] {
        &self.stimuli
    }

    /// The ids, in order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.stimuli.iter().map(|stimulus| stimulus.id.as_str())
    }

    /// The position of an id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).copied()
    }

    /// The stimuli with these ids, in this order.
    ///
    /// # Errors
    /// [`StimulusError::MissingIds`] lists ids that are not in the set; [`StimulusError::DuplicateId`] when one is asked for
    /// twice.
    pub fn select<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Result<Self, StimulusError> {
        let wanted: Vec<&str> = ids.into_iter().collect();
        let missing: Vec<&str> = wanted.iter().copied().filter(|id| self.position(id).is_none()).collect();
        if !missing.is_empty() {
            return Err(StimulusError::MissingIds {
                n_missing: missing.len(),
                n_wanted: wanted.len(),
                listed: listed(missing.iter().copied(), 5),
            });
        }
        let chosen = wanted.iter().filter_map(|id| self.stimuli.get(self.position(id)?)).cloned().collect();
        Ok(Self { width_deg: self.width_deg, ..Self::new(chosen)? })
    }

    /// The stimuli from `range.start` up to but not including `range.end`, cut to those that there are.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        let end = range.end.min(self.len());
        self.keep(|position| (range.start..end).contains(&position))
    }

    /// The stimuli whose position passes; ids stay unique, so this cannot go wrong.
    pub(super) fn keep(&self, passes: impl Fn(usize) -> bool) -> Self {
        let kept: Vec<Stimulus> = (0..self.len())
            .filter(|&position| passes(position))
            .filter_map(|position| self.stimuli.get(position).cloned())
            .collect();
        let positions = kept.iter().enumerate().map(|(position, stimulus)| (stimulus.id.clone(), position)).collect();
        Self { stimuli: kept.into(), positions: Arc::new(positions), width_deg: self.width_deg }
    }

    /// One property of every stimulus, in order; `None` where a stimulus has none of that name.
    pub fn property(&self, name: &str) -> impl Iterator<Item = Option<&str>> {
        self.stimuli.iter().map(move |stimulus| stimulus.properties.get(name).map(String::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey_images(ids: &[&str]) -> Result<StimulusSet, StimulusError> {
        let image = Image::filled(2, 2, [128; 3]).unwrap();
        StimulusSet::from_images(ids.iter().map(|id| ((*id).to_owned(), image.clone(), BTreeMap::new())))
    }

    #[test]
    fn ids_follow_the_chosen_style() {
        let of = |style: IdStyle| style.id("cats.d/01.a.png");
        assert_eq!(of(IdStyle::PathWithoutExtension), "cats.d/01.a");
        assert_eq!(of(IdStyle::Path), "cats.d/01.a.png");
        assert_eq!(of(IdStyle::NameWithoutExtension), "01.a");
        assert_eq!(of(IdStyle::Name), "01.a.png");
        assert_eq!(IdStyle::PathWithoutExtension.id("cats.d/none"), "cats.d/none");
    }

    #[test]
    fn selection_keeps_the_asked_order_and_lists_what_is_missing() {
        let set = grey_images(&["a", "b", "c"]).unwrap().with_width_deg(4.0).unwrap();
        let chosen = set.select(["c", "a"]).unwrap();
        assert_eq!(chosen.ids().collect::<Vec<_>>(), ["c", "a"]);
        assert_eq!(chosen.width_deg(), Some(4.0));
        assert_eq!(
            set.select(["a", "x", "y"]).unwrap_err().to_string(),
            "2 of 3 stimuli are not in the set: \"x\", \"y\""
        );
        assert!(matches!(set.select(["a", "a"]), Err(StimulusError::DuplicateId { .. })));
    }

    #[test]
    fn a_slice_is_cut_to_what_there_is() {
        let set = grey_images(&["a", "b", "c"]).unwrap();
        assert_eq!(set.slice(1..9).ids().collect::<Vec<_>>(), ["b", "c"]);
        assert_eq!(set.slice(1..9).position("c"), Some(1));
        assert!(set.slice(5..9).is_empty());
    }

    #[test]
    fn an_empty_id_and_an_impossible_width_are_refused() {
        assert!(matches!(grey_images(&["a", ""]), Err(StimulusError::EmptyId { .. })));
        for width in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(grey_images(&["a"]).unwrap().with_width_deg(width).is_err(), "{width}");
        }
    }
}
