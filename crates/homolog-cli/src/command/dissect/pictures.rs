//! The pictures of a dissection: labelled images, the units that overlap best, how many detectors there are.

use homolog::inside::dissection::{Dissection, Dissector};
use homolog::inside::picture::{Cell, contact_sheet};
use homolog::network::checked::Network;
use homolog::progress::Cancel;
use homolog::report::figure::{StackedBar, StackedBars};
use homolog::stimuli::{Image, Limits, SourceReader};

use super::failure;
use crate::exit::Failure;

/// Labelled images that are shown.
const N_LABELLED: usize = 6;

/// Pixels across of a caption's letter, its gap included.
const LETTER_PX: usize = 8;

/// Pictures in a row of the units' sheet at most, if that holds the examples of two units or more.
const MOST_COLUMNS: usize = 8;

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
            let caption = std::iter::once(category.to_owned()).chain(lines(&caption, width)).collect();
            cells.push(Cell { picture, caption });
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

/// The units that overlap best, each with the images that drive them, dark where they are below their threshold; at most one
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
    // Several units in a row, where each has as many examples.
    let is_even = cells.len() == n_columns * first.len();
    let n_columns = if is_even { n_columns * (MOST_COLUMNS / n_columns).max(1) } else { n_columns };
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
pub(super) fn concept_chart(found: &Dissection, iou: f64) -> Option<StackedBars> {
    let mut counts: Vec<(usize, usize)> =
        found.n_detectors(iou).into_iter().enumerate().filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(concept, count)| (std::cmp::Reverse(*count), *concept));
    counts.truncate(MOST_BARS);
    let bar = |(concept, count): (usize, usize)| {
        let concept = found.concepts.get(concept)?;
        let size = |category: &String| if *category == concept.category { count as f64 } else { 0.0 };
        let sizes = found.categories().iter().map(size).collect();
        Some(StackedBar { name: concept.name.clone(), sizes, ceiling: None })
    };
    let bars: Vec<StackedBar> = counts.into_iter().filter_map(bar).collect();
    (!bars.is_empty()).then(|| StackedBars {
        description: format!("How many units of {} detect each concept, IoU above {iou}", found.stage.name),
        vertical: format!("units of {} that detect it", found.stage.name),
        parts: found.categories().to_vec(),
        bars,
    })
}

/// Names with commas between, in lines as long as a caption below a picture of this width can be.
fn lines(names: &[String], width_px: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let name = if place + 1 < names.len() { format!("{name},") } else { name.clone() };
        match lines.last_mut() {
            Some(line) if line.len() + 1 + name.len() <= width_px / LETTER_PX => {
                line.push(' ');
                line.push_str(&name);
            }
            _ => lines.push(name),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn names_are_broken_into_lines_that_fit() {
        let names = ["red", "orange", "blue", "purple"].map(str::to_owned);
        assert_eq!(lines(&names, 104), ["red, orange,", "blue, purple"]);
        assert_eq!(lines(&names[..1], 8), ["red"]);
        assert!(lines(&[], 80).is_empty());
    }
}
