//! Concept cells: units that respond to one concept whatever it is shown in: photographs, drawings, its written name.

use std::collections::BTreeSet;
use std::path::Path;

use homolog_stats::inference::false_discovery_rate;
use homolog_stats::random::Rng;
use homolog_stats::tuning::{PermutedAuc, permuted_auc};
use ndarray::Axis;

use super::error::ProbeError;
use super::present::FolderResponses;
use super::unit::ProbedStage;
use crate::naming::listed;
use crate::stimuli::StimulusSet;

/// What each image of a set shows, and in what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConceptStimuli {
    /// The concepts, in the order of their names.
    pub concepts: Vec<String>,
    /// The media, in the order of their names.
    pub media: Vec<String>,
    /// For each image, its concept and its medium, by position.
    pub images: Vec<[usize; 2]>,
}

/// A unit's preference for one concept.
#[derive(Clone, Debug, PartialEq)]
pub struct ConceptTest {
    /// For each medium: the area under the ROC curve of the concept against the others in the same medium, and its chance
    /// under permuted labels.
    pub media: Vec<PermutedAuc>,
    /// The largest of the media's p: the chance that some medium has no preference (the conjunction, by the minimum statistic).
    pub conjunction_p: f64,
    /// Its false discovery rate over all units and concepts of the stage.
    pub fdr: f64,
}

/// What was found of one stage.
#[derive(Clone, Debug)]
pub struct StageConcepts {
    /// The stage and its units.
    pub probed: ProbedStage,
    /// For each unit, one test for each concept.
    pub units: Vec<Vec<ConceptTest>>,
}

impl ConceptStimuli {
    /// What each image shows, as (concept, medium).
    ///
    /// # Errors
    /// [`ProbeError::Labels`] for fewer than two concepts or media, or where a concept is missing in a medium.
    pub fn new(shown: &[(String, String)]) -> Result<Self, ProbeError> {
        let names = |of: fn(&(String, String)) -> &String| -> Vec<String> {
            shown.iter().map(of).cloned().collect::<BTreeSet<String>>().into_iter().collect()
        };
        let (concepts, media) = (names(|pair| &pair.0), names(|pair| &pair.1));
        let refused = |found: String, needed: &str| {
            Err(ProbeError::Labels { what: "concept cells", found, needed: needed.to_owned() })
        };
        for (what, found) in [("concept", &concepts), ("medium", &media)] {
            if found.len() < 2 {
                let found =
                    format!("there is {} {what} ({})", found.len(), listed(found.iter().map(String::as_str), 3));
                return refused(found, "At least two concepts, each in at least two media, are needed");
            }
        }
        let place = |names: &[String], name: &String| names.binary_search(name).unwrap_or(0);
        let images: Vec<[usize; 2]> =
            shown.iter().map(|(concept, medium)| [place(&concepts, concept), place(&media, medium)]).collect();
        for (at, concept) in concepts.iter().enumerate() {
            if let Some(missing) = (0..media.len()).find(|medium| !images.contains(&[at, *medium])) {
                let found = format!("the concept \"{concept}\" has no image in the medium \"{}\"", media[missing]);
                return refused(found, "Every concept needs an image in every medium");
            }
        }
        Ok(Self { concepts, media, images })
    }

    /// What the images of a folder show: `concept/medium/image.png`.
    ///
    /// # Errors
    /// As [`ConceptStimuli::new`]; [`ProbeError::Labels`] for an image that does not lie two folders deep.
    pub fn of_folder(folder: &Path, set: &StimulusSet) -> Result<Self, ProbeError> {
        let shown: Option<Vec<(String, String)>> = set
            .ids()
            .map(|id| {
                let (concept, rest) = id.split_once('/')?;
                let (medium, _) = rest.split_once('/')?;
                Some((concept.to_owned(), medium.to_owned()))
            })
            .collect();
        match shown {
            Some(shown) => Self::new(&shown),
            None => Err(ProbeError::Labels {
                what: "concept cells",
                found: format!("an image of \"{}\" does not lie two folders deep", folder.display()),
                needed: "Images lie in CONCEPT/MEDIUM/, as in dog/photograph/1.jpg".to_owned(),
            }),
        }
    }
}

/// Tests every unit for every concept; permutations of the labels within a medium are the same for all units.
///
/// # Errors
/// [`ProbeError::Stats`] where a response is not finite or without permutations.
///
/// # Reference
/// Quian Quiroga R, Reddy L, Kreiman G, Koch C, Fried I (2005). Invariant visual representation by single neurons in the human
/// brain. Nature 435:1102. Nichols T, Brett M, Andersson J, et al (2005). Valid conjunction inference with the minimum
/// statistic. NeuroImage 25:653.
pub fn concept_cells(
    folder: &FolderResponses,
    stimuli: &ConceptStimuli,
    n_permutations: usize,
    seed: u64,
) -> Result<StageConcepts, ProbeError> {
    let stats = |source| ProbeError::Stats { stage: folder.probed.stage.name.clone(), source };
    let n_units = folder.responses.ncols();
    let mut units: Vec<Vec<Vec<PermutedAuc>>> = vec![vec![Vec::new(); stimuli.concepts.len()]; n_units];
    for medium in 0..stimuli.media.len() {
        let rows: Vec<usize> = (0..stimuli.images.len()).filter(|image| stimuli.images[*image][1] == medium).collect();
        let responses = folder.responses.select(Axis(0), &rows).mapv(f64::from);
        for concept in 0..stimuli.concepts.len() {
            let inside: Vec<bool> = rows.iter().map(|image| stimuli.images[*image][0] == concept).collect();
            let rng = Rng::new(seed).stream((medium * stimuli.concepts.len() + concept) as u64);
            let found = permuted_auc(responses.view(), &inside, n_permutations, &rng).map_err(stats)?;
            for (unit, found) in units.iter_mut().zip(found) {
                unit[concept].push(found);
            }
        }
    }
    let largest = |media: &[PermutedAuc]| media.iter().map(|one| one.p).fold(0.0, f64::max);
    let p: Vec<f64> = units.iter().flatten().map(|media| largest(media)).collect();
    let mut adjusted = false_discovery_rate(&p).map_err(stats)?.into_iter();
    let mut test = |media: Vec<PermutedAuc>| {
        let conjunction_p = largest(&media);
        ConceptTest { media, conjunction_p, fdr: adjusted.next().unwrap_or(1.0) }
    };
    let units = units.into_iter().map(|concepts| concepts.into_iter().map(&mut test).collect()).collect();
    Ok(StageConcepts { probed: folder.probed.clone(), units })
}
