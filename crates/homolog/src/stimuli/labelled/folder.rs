//! Labelled images from a folder, in its two layouts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Concept, LabelError, LabelledSet, MaskSource, Masks};
use crate::naming::listed;
use crate::stimuli::image::Image;
use crate::stimuli::set::{IdStyle, Stimulus, StimulusSet};
use crate::stimuli::source::SourceReader;

/// Names of a list in a message.
const LISTED: usize = 3;

/// Under a mask's transparent pixels.
const NOTHING: [u8; 3] = [0; 3];

/// Masks in files, for each image in the order of the set.
#[derive(Clone, Debug)]
pub(super) enum MaskFiles {
    /// A file for each concept of an image.
    Binary(Vec<Vec<(usize, Stimulus)>>),
    /// A file for each image, and which concepts its values stand for.
    Indexed { files: Vec<Stimulus>, values: BTreeMap<[u8; 3], Vec<usize>> },
}

impl LabelledSet {
    /// The labelled images of a folder: see the [module](super) for its two layouts. A `labels.csv` makes it the second.
    ///
    /// # Errors
    /// [`LabelError`]: a missing folder, masks and images whose ids differ (both sides are listed), a table that cannot be read.
    /// Masks themselves are read when they are needed.
    pub fn from_folder(place: &Path) -> Result<Self, LabelError> {
        let inside = |part: &'static str| {
            let folder = place.join(part);
            if folder.is_dir() {
                Ok(folder)
            } else {
                Err(LabelError::NoFolder { place: place.to_owned(), missing: part })
            }
        };
        let set = StimulusSet::from_folder(&inside("images")?, IdStyle::PathWithoutExtension)?;
        let masks = StimulusSet::from_folder(&inside("masks")?, IdStyle::PathWithoutExtension)?;
        if let Some(lossy) = masks.stimuli().iter().find(|mask| is_lossy(mask)) {
            return Err(LabelError::Lossy { found: lossy.source.to_string() });
        }
        let table = place.join("labels.csv");
        let (concepts, files) =
            if table.is_file() { indexed(place, &table, &set, &masks)? } else { binary(place, &set, &masks)? };
        if concepts.is_empty() {
            return Err(LabelError::NoConcepts { place: place.to_owned() });
        }
        Ok(Self { set, concepts, source: MaskSource::Files(files) })
    }
}

fn is_lossy(mask: &Stimulus) -> bool {
    let path = mask.source.to_string().to_ascii_lowercase();
    path.ends_with(".jpg") || path.ends_with(".jpeg")
}

/// masks/CATEGORY/CONCEPT/ID.png
fn binary(place: &Path, set: &StimulusSet, masks: &StimulusSet) -> Result<(Vec<Concept>, MaskFiles), LabelError> {
    let mut by_concept: BTreeMap<Concept, Vec<(&str, &Stimulus)>> = BTreeMap::new();
    for mask in masks.stimuli() {
        let parts: Vec<&str> = mask.id.splitn(3, '/').collect();
        let [category, name, id] = parts[..] else { return Err(LabelError::MaskPlace { found: mask.id.clone() }) };
        by_concept.entry(Concept::new(category, name)).or_default().push((id, mask));
    }
    let masked: BTreeSet<&str> = by_concept.values().flatten().map(|(id, _)| *id).collect();
    check_ids(place, set, &masked)?;
    let mut files = vec![Vec::new(); set.len()];
    for (concept, masks) in by_concept.values().enumerate() {
        for (id, mask) in masks {
            if let Some(files) = set.position(id).and_then(|image| files.get_mut(image)) {
                files.push((concept, (*mask).clone()));
            }
        }
    }
    Ok((by_concept.into_keys().collect(), MaskFiles::Binary(files)))
}

/// masks/ID.png and labels.csv
fn indexed(
    place: &Path,
    table: &Path,
    set: &StimulusSet,
    masks: &StimulusSet,
) -> Result<(Vec<Concept>, MaskFiles), LabelError> {
    check_ids(place, set, &masks.ids().collect())?;
    let (concepts, values) = read_table(table)?;
    let files = set.ids().filter_map(|id| masks.stimuli().get(masks.position(id)?)).cloned().collect();
    Ok((concepts, MaskFiles::Indexed { files, values }))
}

fn check_ids(place: &Path, set: &StimulusSet, masked: &BTreeSet<&str>) -> Result<(), LabelError> {
    let without_image: Vec<&str> = masked.iter().copied().filter(|id| set.position(id).is_none()).collect();
    let without_mask: Vec<&str> = set.ids().filter(|id| !masked.contains(id)).collect();
    if without_image.is_empty() && without_mask.is_empty() {
        return Ok(());
    }
    let words = |ids: &[&str]| if ids.is_empty() { "none".to_owned() } else { listed(ids.iter().copied(), LISTED) };
    Err(LabelError::Ids {
        place: place.to_owned(),
        n_without_image: without_image.len(),
        n_masks: masked.len(),
        masks: words(&without_image),
        n_without_mask: without_mask.len(),
        n_images: set.len(),
        images: words(&without_mask),
    })
}

/// The concepts by category, and which of them each value stands for.
type Table = (Vec<Concept>, BTreeMap<[u8; 3], Vec<usize>>);

fn read_table(place: &Path) -> Result<Table, LabelError> {
    let wrong = |found: String| LabelError::Table { place: place.to_owned(), found };
    let mut reader = csv::Reader::from_path(place).map_err(|problem| wrong(problem.to_string()))?;
    let header = reader.headers().map_err(|problem| wrong(problem.to_string()))?.clone();
    let column = |name: &str| {
        let needed = || wrong(format!("it has no column {name:?}; its columns are {}", listed(header.iter(), 12)));
        header.iter().position(|found| found.trim() == name).ok_or_else(needed)
    };
    let columns = [column("value")?, column("category")?, column("concept")?];
    let mut lines: Vec<([u8; 3], Concept)> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|problem| wrong(problem.to_string()))?;
        let line = row.position().map_or(0, csv::Position::line);
        let [value, category, name] = columns.map(|column| row.get(column).unwrap_or("").trim());
        if category.is_empty() || name.is_empty() {
            return Err(wrong(format!("line {line} has no {}", if name.is_empty() { "concept" } else { "category" })));
        }
        let value = read_value(value).ok_or_else(|| {
            wrong(format!("line {line} has the value {value:?}; it must be a grey level 0 to 255 or a colour #rrggbb"))
        })?;
        lines.push((value, Concept::new(category, name)));
    }
    let concepts: BTreeSet<&Concept> = lines.iter().map(|(_, concept)| concept).collect();
    let concepts: Vec<Concept> = concepts.into_iter().cloned().collect();
    let mut values: BTreeMap<[u8; 3], Vec<usize>> = BTreeMap::new();
    for (value, concept) in &lines {
        let place = concepts.iter().position(|one| one == concept);
        values.entry(*value).or_default().extend(place);
    }
    Ok((concepts, values))
}

/// `17` or `#112233`.
fn read_value(text: &str) -> Option<[u8; 3]> {
    let Some(digits) = text.strip_prefix('#') else { return text.parse().ok().map(|grey| [grey; 3]) };
    if digits.len() != 6 || !digits.is_ascii() {
        return None;
    }
    let byte = |place: usize| u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok();
    Some([byte(0)?, byte(1)?, byte(2)?])
}

impl MaskFiles {
    /// The masks of an image; all of one size.
    pub(super) fn masks(&self, image: usize, reader: &mut SourceReader) -> Result<Masks, LabelError> {
        let mut masks = Masks::none(0, 0);
        match self {
            Self::Binary(files) => {
                for (concept, file) in files.get(image).into_iter().flatten() {
                    let picture = reader.image(file, NOTHING)?;
                    let size = (picture.width(), picture.height());
                    if !masks.masks.is_empty() && size != (masks.width, masks.height) {
                        let id = file.id.splitn(3, '/').last().unwrap_or_default().to_owned();
                        return Err(LabelError::Size { id, found: size, needed: (masks.width, masks.height) });
                    }
                    (masks.width, masks.height) = size;
                    let shown = picture.rgb().chunks_exact(3).map(|pixel| pixel != NOTHING);
                    masks.masks.push((*concept, shown.collect()));
                }
            }
            Self::Indexed { files, values } => {
                let Some(file) = files.get(image) else { return Ok(masks) };
                masks = indexed_masks(&file.id, &*reader.image(file, NOTHING)?, values)?;
            }
        }
        Ok(masks)
    }
}

fn indexed_masks(id: &str, picture: &Image, values: &BTreeMap<[u8; 3], Vec<usize>>) -> Result<Masks, LabelError> {
    let mut masks: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
    let n_pixels = picture.width() * picture.height();
    for (place, pixel) in picture.rgb().as_chunks::<3>().0.iter().enumerate() {
        match values.get(pixel) {
            Some(concepts) => {
                for concept in concepts {
                    if let Some(shown) = masks.entry(*concept).or_insert_with(|| vec![false; n_pixels]).get_mut(place) {
                        *shown = true;
                    }
                }
            }
            None if *pixel == NOTHING => {}
            None => {
                let [red, green, blue] = pixel;
                let is_grey = red == green && green == blue;
                return Err(LabelError::Unlisted {
                    id: id.to_owned(),
                    found: if is_grey { red.to_string() } else { format!("#{red:02x}{green:02x}{blue:02x}") },
                    row: place / picture.width().max(1),
                    column: place % picture.width().max(1),
                });
            }
        }
    }
    let mut masks: Vec<(usize, Vec<bool>)> = masks.into_iter().collect();
    if masks.is_empty() {
        // What shows nothing still has its size compared with its image's.
        masks.push((0, vec![false; n_pixels]));
    }
    Ok(Masks { width: picture.width(), height: picture.height(), masks })
}
