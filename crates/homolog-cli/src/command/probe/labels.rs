//! Labels of images: from a table, or from the folders they lie in.

use std::collections::BTreeMap;
use std::path::Path;

use homolog::inside::probe::ConceptStimuli;
use homolog::naming::listed;
use homolog::recording::input::{Location, StimulusIds, StimulusLabels};
use homolog::stimuli::{IdStyle, StimulusSet};

use crate::exit::Failure;
use crate::inputs::unread;

/// The label of every image: of the column at `place`, or the first folder of its id.
pub(super) fn of_images(set: &StimulusSet, place: Option<&str>) -> Result<Vec<String>, Failure> {
    if let Some(place) = place {
        return of_column(set, place);
    }
    let folder = |id: &str| id.split_once('/').map(|(folder, _)| folder.to_owned());
    set.ids().map(folder).collect::<Option<Vec<String>>>().ok_or_else(|| {
        Failure::wrong_input(
            "cannot tell the category of the images: they do not lie in subfolders. Put each category into a folder of its own, or pass \
             --labels FILE.csv:COLUMN",
        )
    })
}

/// The value of every image in a column of a table, found by id, or by position where the table has no ids.
pub(super) fn of_column(set: &StimulusSet, place: &str) -> Result<Vec<String>, Failure> {
    let labels = StimulusLabels::read(&Location::parse(place)).map_err(|problem| unread(&problem))?;
    let values = labels.texts();
    let StimulusIds::Named(ids) = &labels.stimuli else {
        if values.len() == set.len() {
            return Ok(values);
        }
        return Err(Failure::wrong_input(format!(
            "cannot use the labels of \"{place}\": it has {} rows without stimulus_id, and there are {} images",
            values.len(),
            set.len()
        )));
    };
    let by_id: BTreeMap<&str, String> = ids.iter().map(String::as_str).zip(values).collect();
    let missing: Vec<&str> = set.ids().filter(|id| !by_id.contains_key(id)).collect();
    if !missing.is_empty() {
        return Err(Failure::wrong_input(format!(
            "cannot use the labels of \"{place}\": {} of {} images are not in it: {}",
            missing.len(),
            set.len(),
            listed(missing.iter().copied(), 3)
        )));
    }
    Ok(set.ids().filter_map(|id| by_id.get(id).cloned()).collect())
}

/// Images of concepts in several media.
pub(super) struct Concepts {
    pub(super) set: StimulusSet,
    pub(super) stimuli: ConceptStimuli,
}

impl Concepts {
    /// A folder of CONCEPT/MEDIUM/, or a table with both for the images of a set.
    pub(super) fn read(place: &Path, images: Option<&Path>) -> Result<Self, Failure> {
        let open =
            |path: &Path| StimulusSet::open(path, IdStyle::default()).map_err(|problem| Failure::from_error(&problem));
        if place.is_dir() {
            let set = open(place)?;
            let stimuli = ConceptStimuli::of_folder(place, &set).map_err(|problem| super::failed(&problem))?;
            return Ok(Self { set, stimuli });
        }
        let Some(images) = images else {
            return Err(Failure::wrong_input(format!(
                "cannot look for concept cells: \"{}\" is no folder, and a table needs --images with the images that it is of",
                place.display()
            )));
        };
        let set = open(images)?;
        let column = |name: &str| of_column(&set, &format!("{}:{name}", place.display()));
        let shown: Vec<(String, String)> = column("concept")?.into_iter().zip(column("medium")?).collect();
        let stimuli = ConceptStimuli::new(&shown).map_err(|problem| super::failed(&problem))?;
        Ok(Self { set, stimuli })
    }
}
