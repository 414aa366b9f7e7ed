//! Concepts and classes by what the user wrote.

use homolog::inside::dissection::{Classes, Dissector};
use homolog::naming::{listed, nearest_three};
use homolog::network::checked::Network;
use homolog::recording::StimulusJoin;
use homolog::recording::input::{Location, StimulusIds, StimulusLabels, align};
use homolog::stimuli::labelled::LabelledSet;

use crate::exit::Failure;

/// The concepts that `names` mean, each once: `all`, names, or CATEGORY/NAME.
pub(super) fn chosen_concepts(names: &[String], labelled: &LabelledSet) -> Result<Vec<usize>, Failure> {
    let concepts = labelled.concepts();
    if names.iter().any(|name| name == "all") {
        return Ok((0..concepts.len()).collect());
    }
    let mut chosen = Vec::new();
    for name in names {
        let is_meant = |place: &usize| {
            concepts.get(*place).is_some_and(|concept| {
                concept.name == *name || format!("{}/{}", concept.category, concept.name) == *name
            })
        };
        let meant: Vec<usize> = (0..concepts.len()).filter(is_meant).collect();
        match meant[..] {
            [one] if chosen.contains(&one) => {}
            [one] => chosen.push(one),
            [] => {
                let nearest = nearest_three(name, concepts.iter().map(|concept| concept.name.as_str()));
                return Err(Failure::wrong_input(format!("there is no concept \"{name}\". Closest: {nearest}")));
            }
            _ => {
                return Err(Failure::wrong_input(format!(
                    "\"{name}\" is a concept of {} categories; write CATEGORY/{name}",
                    meant.len()
                )));
            }
        }
    }
    Ok(chosen)
}

/// The class of each image.
pub(super) fn classes(text: &str, labelled: &LabelledSet, network: &Network) -> Result<Classes, Failure> {
    let n_outputs = Dissector::classifier_output(network).map_err(|problem| Failure::from_error(&problem))?.n_units();
    let labels = labels(text, labelled)?;
    Classes::from_labels(&labels, n_outputs).map_err(|problem| Failure::from_error(&problem))
}

fn labels(text: &str, labelled: &LabelledSet) -> Result<Vec<String>, Failure> {
    let set = labelled.set();
    if text == "folders" {
        let folder = |id: &str| {
            id.split_once('/').map(|(folder, _)| folder.to_owned()).ok_or_else(|| {
                Failure::wrong_input(format!("cannot take the class of \"{id}\" from its folder: it lies in none"))
            })
        };
        return set.ids().map(folder).collect();
    }
    if let Some(name) = text.strip_prefix('@') {
        let labels: Option<Vec<String>> = set.property(name).map(|value| value.map(str::to_owned)).collect();
        return labels.ok_or_else(|| {
            let known = set.stimuli().first().map(|stimulus| listed(stimulus.properties.keys().map(String::as_str), 5));
            let known = known.filter(|known| !known.is_empty()).unwrap_or_else(|| "none".to_owned());
            Failure::wrong_input(format!("the images have no property \"{name}\"; they have: {known}"))
        });
    }
    let labels = StimulusLabels::read(&Location::parse(text)).map_err(|problem| Failure::from_error(&problem))?;
    let images = StimulusIds::Named(set.ids().map(str::to_owned).collect());
    let aligned = align(&[("the labelled images", &images), (text, &labels.stimuli)], StimulusJoin::All)
        .map_err(|problem| Failure::from_error(&problem))?;
    Ok(aligned.rows.get(1).map_or_else(|| labels.texts(), |rows| labels.select_stimuli(rows).texts()))
}
