//! A labelled set as a folder.

use std::path::{Path, PathBuf};

use super::error::DissectionError;
use crate::inside::picture::png;
use crate::stimuli::labelled::LabelledSet;
use crate::stimuli::{Image, Limits, SourceReader};
use crate::store::{StoreError, write_whole};

/// Writes images/ID.png and masks/CATEGORY/CONCEPT/ID.png into a folder, to be read again by
/// [`LabelledSet::from_folder`]. An image that shows nothing gets a black mask of the first concept.
///
/// # Errors
/// What cannot be read or written.
pub fn write_labelled(labelled: &LabelledSet, folder: &Path) -> Result<(), DissectionError> {
    let mut reader = SourceReader::new(Limits::default());
    for (image, stimulus) in labelled.set().stimuli().iter().enumerate() {
        let picture = reader.image(stimulus, [128; 3])?;
        let file = format!("{}.png", stimulus.id);
        put(&picture, folder.join("images").join(&file))?;
        let masks = labelled.masks(image)?;
        let black = (0, vec![false; picture.width() * picture.height()]);
        let shown = if masks.masks.is_empty() { std::slice::from_ref(&black) } else { masks.masks.as_slice() };
        for (concept, mask) in shown {
            let Some(concept) = labelled.concepts().get(*concept) else { continue };
            let grey: Vec<u8> = mask.iter().map(|inside| if *inside { u8::MAX } else { 0 }).collect();
            let mask = Image::from_grey(picture.width(), picture.height(), &grey)?;
            put(&mask, folder.join("masks").join(&concept.category).join(&concept.name).join(&file))?;
        }
    }
    Ok(())
}

fn put(picture: &Image, place: PathBuf) -> Result<(), DissectionError> {
    let unwritable = |source| StoreError::Unwritable { folder: place.clone(), source };
    let bytes = png(picture).map_err(|problem| unwritable(std::io::Error::other(problem)))?;
    Ok(write_whole(&place, &bytes).map_err(unwritable)?)
}
