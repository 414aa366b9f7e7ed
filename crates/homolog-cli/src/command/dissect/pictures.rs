//! The pictures of a dissection: labelled images, the units that overlap best, how many detectors there are.

use homolog::inside::dissection::{Dissection, Dissector};
use homolog::inside::picture::{Cell, contact_sheet};
use homolog::network::checked::Network;
use homolog::progress::Cancel;
use homolog::report::figure::{Bar, BarChart, PairMarks, StackedBar, StackedBars};
use homolog::stimuli::{Image, Limits, SourceReader};

use super::failure;
use crate::exit::Failure;

/// Labelled images that are shown.
const N_LABELLED: usize = 6;

/// Concepts of one bar chart at most: those with the most detectors.
const MOST_BARS: usize = 30;

/// Some images, each followed by its masks: one picture for each category, a colour for each concept.
pub(super) fn labelled_sheet(dissector: &Dissector<'_>) -> Result<Image, Failure> {
    let told = |problem: &(dyn std::error::Error + 'static)| Failure::from_error(problem);
    let (labelled, preprocessing) = (dissector.labelled, dissector.preprocessing);
    let mut reader = SourceReader::new(Limits::default());
    let mut cells = Vec::new();
    for (place, stimulus) in labelled.set().stimuli().iter().take(N_LABELLED).enumerate() {
        let image = reader.image(stimulus, preprocessing.background).map_err(|problem| told(&problem))?;
        let sized = preprocessing.sized(&image, labelled.set().width_deg()).map_err(|problem| told(&problem))?;
        let masks = labelled.prepared_masks(place, preprocessing).map_err(|problem| told(&problem))?;
        let (width, height) = (sized.width(), sized.height());
        cells.push(Cell { picture: sized, caption: vec![stimulus.id.clone()] });
        for category in labelled.categories() {
            let mut rgb = vec![24; 3 * width * height];
            let mut number = 0;
            let mut caption = Vec::new();
            for (concept, mask) in &masks.masks {
                let Some(concept) = labelled.concepts().get(*concept).filter(|one| one.category == category) else {
                    continue;
                };
                let colour = hue(number);
                number += 1;
                caption.push(concept.name.clone());
                for (pixel, _) in rgb.chunks_exact_mut(3).zip(mask).filter(|(_, shown)| **shown) {
                    pixel.copy_from_slice(&colour);
                }
            }
            let picture = Image::new(width, height, rgb).map_err(|problem| told(&problem))?;
            cells.push(Cell { picture, caption: vec![category.to_owned(), caption.join(", ")] });
        }
    }
    contact_sheet(&cells, 1 + labelled.categories().len()).map_err(|problem| told(&problem))
}

/// Colours that are far apart whatever their number.
fn hue(number: usize) -> [u8; 3] {
    const COLOURS: [[u8; 3]; 8] = [
        [230, 159, 0],
        [86, 180, 233],
        [0, 158, 115],
        [240, 228, 66],
        [0, 114, 178],
        [213, 94, 0],
        [204, 121, 167],
        [200, 200, 200],
    ];
    COLOURS.get(number % COLOURS.len()).copied().unwrap_or_default()
}

/// A row for each of the units that overlap best, with the images that drive them, dark where they are below their threshold; at most one
/// unit of a concept until every concept has been shown. `None` where no unit is a detector.
pub(super) fn unit_sheet(
    dissector: &Dissector<'_>,
    network: &Network,
    found: &Dissection,
    iou: f64,
    n_units: usize,
    cancel: &Cancel,
) -> Result<Option<Image>, Failure> {
    let detectors = found.detectors(iou);
    let mut seen = std::collections::BTreeSet::new();
    let (mut first, others): (Vec<_>, Vec<_>) = detectors.into_iter().partition(|one| seen.insert(one.concept));
    first.extend(others);
    first.truncate(n_units);
    if first.is_empty() {
        return Ok(None);
    }
    let units: Vec<usize> = first.iter().map(|one| one.unit).collect();
    let shown = dissector.examples(network, found, &units, cancel).map_err(failure)?;
    let ids: Vec<&str> = dissector.labelled.set().ids().collect();
    let mut cells = Vec::new();
    let mut n_columns = 1;
    for (detector, examples) in first.iter().zip(shown) {
        n_columns = n_columns.max(examples.len());
        let name = found.concepts.get(detector.concept).map_or("", |concept| concept.name.as_str());
        for (place, one) in examples.into_iter().enumerate() {
            let id = ids.get(one.example.image).copied().unwrap_or_default();
            let caption = match place {
                0 => vec![format!("unit {} {name}", detector.unit), format!("iou {:.3}", detector.iou)],
                _ => vec![id.to_owned(), format!("{:.3}", one.example.response)],
            };
            cells.push(Cell { picture: one.picture, caption });
        }
    }
    contact_sheet(&cells, n_columns).map(Some).map_err(|problem| Failure::from_error(&problem))
}

/// Unique detectors of each stage, by category.
pub(super) fn unique_chart(found: &[Dissection], iou: f64) -> StackedBars {
    let bar = |dissection: &Dissection| StackedBar {
        name: dissection.stage.name.clone(),
        sizes: dissection.n_unique(iou).iter().map(|count| *count as f64).collect(),
        ceiling: None,
    };
    StackedBars {
        description: format!("How many concepts of each category have a unit with an IoU above {iou}"),
        vertical: "unique detectors".to_owned(),
        parts: found.first().map_or_else(Vec::new, |one| one.categories().to_vec()),
        bars: found.iter().map(bar).collect(),
    }
}

/// Units of one stage that detect each concept, those with most first, a colour for each category. `None` where there are none.
pub(super) fn concept_chart(found: &Dissection, iou: f64) -> Option<BarChart> {
    let mut counts: Vec<(usize, usize)> =
        found.n_detectors(iou).into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(concept, count)| (std::cmp::Reverse(*count), *concept));
    counts.truncate(MOST_BARS);
    let category_of = |concept: usize| {
        let category = &found.concepts.get(concept)?.category;
        found.categories().iter().position(|one| one == category)
    };
    let bars: Vec<Bar> = counts
        .into_iter()
        .map(|(concept, count)| Bar {
            name: found.concepts.get(concept).map_or_else(String::new, |concept| concept.name.clone()),
            value: Some(count as f64),
            interval: None,
            subjects: Vec::new(),
            colour: category_of(concept).unwrap_or(0),
        })
        .collect();
    (!bars.is_empty()).then(|| BarChart {
        description: format!("How many units of {} detect each concept, IoU above {iou}", found.stage.name),
        vertical: format!("units of {} that detect it", found.stage.name),
        bars,
        ceiling: None,
        different: Vec::new(),
        pair_marks: PairMarks::Automatic,
        mark_rows: Vec::new(),
    })
}
