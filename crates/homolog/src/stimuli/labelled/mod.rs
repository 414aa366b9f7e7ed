//! Images with a mask for each concept that is to be seen in them: what a network is dissected with.
//!
//! From a folder ([`LabelledSet::from_folder`]), in either of two layouts,
//!
//! ```text
//! FOLDER/images/ID.png                        FOLDER/images/ID.png
//! FOLDER/masks/CATEGORY/CONCEPT/ID.png        FOLDER/masks/ID.png
//!                                             FOLDER/labels.csv      value,category,concept
//! ```
//!
//! or made by the program ([`labelled_scenes`](super::generate::labelled_scenes)). On the left, a concept is wherever its mask is not
//! black, and an image without a mask of a concept does not show it. On the right, every pixel of a mask has one value: the
//! grey level 0 to 255 or the colour `#rrggbb` that `labels.csv` gives to a concept; a value may stand for several concepts, in as
//! many lines, and black is nothing unless it is listed. Ids may have folders in them. Every mask has the size of its image.

mod error;
mod folder;

use sha2::{Digest as _, Sha256};

use super::image::Image;
use super::preprocessing::Preprocessing;
use super::set::StimulusSet;
use super::source::{Limits, SourceReader};

pub use error::LabelError;
use folder::MaskFiles;

/// Something that can be seen in images, of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Concept {
    /// The kind: `colour`, `texture`, `object`.
    pub category: String,
    /// The concept: `red`, `stripes`, `car`.
    pub name: String,
}

impl Concept {
    /// A concept of a category.
    pub fn new(category: &str, name: &str) -> Self {
        Self { category: category.to_owned(), name: name.to_owned() }
    }
}

/// Which concepts every pixel of an image shows, by regions that share theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelMap {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// For each pixel, rows first, a region, or [`LabelMap::UNLABELLED`].
    pub region_of_pixel: Vec<u8>,
    /// For each region the places of its concepts in the list.
    pub concepts_of_region: Vec<Vec<usize>>,
}

impl LabelMap {
    /// The region that shows no concept.
    pub const UNLABELLED: u8 = u8::MAX;
}

/// The masks of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masks {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// For each concept that the image shows, by its place in the list, in that order: for each pixel, rows first, whether it
    /// shows the concept.
    pub masks: Vec<(usize, Vec<bool>)>,
}

/// Images and the masks of the concepts that they show.
#[derive(Clone, Debug)]
pub struct LabelledSet {
    set: StimulusSet,
    concepts: Vec<Concept>,
    source: MaskSource,
}

/// Where masks are.
#[derive(Clone, Debug)]
enum MaskSource {
    Maps(Vec<LabelMap>),
    Files(MaskFiles),
}

impl LabelledSet {
    /// Images with their label maps, one each, in the order of the set.
    pub fn from_maps(set: StimulusSet, concepts: Vec<Concept>, maps: Vec<LabelMap>) -> Self {
        Self { set, concepts, source: MaskSource::Maps(maps) }
    }

    /// The images.
    pub fn set(&self) -> &StimulusSet {
        &self.set
    }

    /// All concepts, those of one category together.
    pub fn concepts(&self) -> &[Concept] {
        &self.concepts
    }

    /// The categories, in the order of the concepts.
    pub fn categories(&self) -> Vec<&str> {
        let mut categories: Vec<&str> = Vec::new();
        for concept in &self.concepts {
            if !categories.contains(&concept.category.as_str()) {
                categories.push(&concept.category);
            }
        }
        categories
    }

    /// The masks of the image at a position of the set, at its own size; a concept that no pixel shows has none.
    ///
    /// # Errors
    /// [`LabelError`]: a mask that cannot be read, of another size than its image, or with a value that is not listed.
    pub fn masks(&self, image: usize) -> Result<Masks, LabelError> {
        let mut masks = match &self.source {
            MaskSource::Maps(maps) => maps.get(image).map_or_else(|| Masks::none(0, 0), masks_of_map),
            MaskSource::Files(files) => {
                let Some(stimulus) = self.set.stimuli().get(image) else { return Ok(Masks::none(0, 0)) };
                let mut reader = SourceReader::new(Limits::default());
                let (width, height) = reader.size(stimulus)?;
                let masks = files.masks(image, &mut reader)?;
                if masks.masks.is_empty() {
                    Masks::none(width, height)
                } else if (masks.width, masks.height) == (width, height) {
                    masks
                } else {
                    return Err(LabelError::Size {
                        id: stimulus.id.clone(),
                        found: (masks.width, masks.height),
                        needed: (width, height),
                    });
                }
            }
        };
        masks.masks.retain(|(_, mask)| mask.contains(&true));
        masks.masks.sort_by_key(|(concept, _)| *concept);
        Ok(masks)
    }

    /// The masks of an image as the network is shown it: resized and cropped as the image is. A pixel shows a concept of which it
    /// is covered by half or more; what is put around an image shows nothing.
    ///
    /// # Errors
    /// As [`LabelledSet::masks`]; a size that cannot be.
    pub fn prepared_masks(&self, image: usize, preprocessing: &Preprocessing) -> Result<Masks, LabelError> {
        let own = self.masks(image)?;
        // Around a mask is nothing.
        let preprocessing = Preprocessing { background: [0; 3], ..preprocessing.clone() };
        let unprepared = |source| {
            let id = self.set.ids().nth(image).unwrap_or_default().to_owned();
            LabelError::Unpreprocessable { id, source }
        };
        let mut prepared = Masks::none(0, 0);
        // Three masks at a time, as red, green and blue.
        for three in own.masks.chunks(3) {
            let mut rgb = vec![0_u8; 3 * own.width * own.height];
            for (channel, (_, mask)) in three.iter().enumerate() {
                for (pixel, _) in mask.iter().enumerate().filter(|(_, inside)| **inside) {
                    if let Some(value) = rgb.get_mut(3 * pixel + channel) {
                        *value = u8::MAX;
                    }
                }
            }
            let picture = Image::new(own.width, own.height, rgb).map_err(unprepared)?;
            let picture = preprocessing.sized(&picture, self.set.width_deg()).map_err(unprepared)?;
            (prepared.width, prepared.height) = (picture.width(), picture.height());
            for (channel, (concept, _)) in three.iter().enumerate() {
                let covered =
                    picture.rgb().chunks_exact(3).map(|pixel| pixel.get(channel).is_some_and(|value| *value >= 128));
                prepared.masks.push((*concept, covered.collect()));
            }
        }
        prepared.masks.retain(|(_, mask)| mask.contains(&true));
        Ok(prepared)
    }

    /// A hash (SHA-256, hexadecimal) of images, ids, concepts and masks.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn content_hash(&self) -> Result<String, LabelError> {
        let mut hasher = Sha256::new();
        hasher.update(b"homolog labelled images 1\n");
        hasher.update(self.set.content_hash(Limits::default())?);
        for concept in &self.concepts {
            hasher.update(format!("{:?} {:?}\n", concept.category, concept.name));
        }
        for image in 0..self.set.len() {
            for (concept, mask) in self.masks(image)?.masks {
                hasher.update(format!("{image} {concept}\n"));
                hasher.update(mask.into_iter().map(u8::from).collect::<Vec<u8>>());
            }
        }
        Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Bytes that the images and masks take while the set is there: 0 where they are read from files.
    pub fn resident_bytes(&self) -> u64 {
        match &self.source {
            MaskSource::Maps(maps) => maps.iter().map(|map| 4 * map.region_of_pixel.len() as u64).sum(),
            MaskSource::Files(_) => 0,
        }
    }
}

impl Masks {
    fn none(width: usize, height: usize) -> Self {
        Self { width, height, masks: Vec::new() }
    }
}

fn masks_of_map(map: &LabelMap) -> Masks {
    let mut masks = Masks::none(map.width, map.height);
    let mut concepts: Vec<usize> = map.concepts_of_region.iter().flatten().copied().collect();
    concepts.sort_unstable();
    concepts.dedup();
    for concept in concepts {
        let shows: Vec<bool> = map.concepts_of_region.iter().map(|region| region.contains(&concept)).collect();
        let shown = |region: &u8| shows.get(usize::from(*region)).copied().unwrap_or(false);
        masks.masks.push((concept, map.region_of_pixel.iter().map(shown).collect()));
    }
    masks
}
