//! What a lesion or a gain does to decisions: top-1 accuracy, and how much each channel prefers a category.
//!
//! The edit itself is of the network: [`Network::without_channels`](crate::network::checked::Network::without_channels) and
//! [`Network::scaled`](crate::network::checked::Network::scaled).

use ndarray::Axis;

use super::category::Category;
use super::error::ProbeError;
use super::present::{FolderResponses, Presenter};
use super::unit::{ProbedStage, UnitChoice};
use crate::stimuli::{Preprocessing, StimulusSet};

/// Decisions of a network about labelled images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accuracy {
    /// For each image, whether the highest output is its class; of equal outputs the first counts.
    pub is_correct: Vec<bool>,
}

impl Accuracy {
    /// Share of the images that are decided rightly.
    pub fn top_1(&self) -> f64 {
        self.is_correct.iter().filter(|is_correct| **is_correct).count() as f64 / self.is_correct.len().max(1) as f64
    }

    /// The same of some of the images, by position; none of none.
    pub fn of_images(&self, images: &[usize]) -> Option<f64> {
        let found: Vec<bool> = images.iter().filter_map(|image| self.is_correct.get(*image).copied()).collect();
        (!found.is_empty()).then(|| Self { is_correct: found }.top_1())
    }
}

/// Top-1 decisions of the presenter's network; `classes` holds the class of each image, counted from 0.
///
/// # Errors
/// [`ProbeError::Labels`] for a class that the output does not have; the engine's and the stimuli's.
pub fn accuracy(
    presenter: &Presenter<'_>,
    set: &StimulusSet,
    preprocessing: &Preprocessing,
    classes: &[usize],
) -> Result<Accuracy, ProbeError> {
    let network = presenter.network;
    let name = network.graph().outputs.first().map_or("", String::as_str);
    let output = ProbedStage::new(network, network.stage(name)?, UnitChoice::Every);
    let n_classes = output.units.len();
    if let Some(class) = classes.iter().find(|class| **class >= n_classes) {
        let found = format!("an image has the class {class}, and \"{name}\" decides between {n_classes}");
        let needed = format!("Classes are the positions of the output's units, 0 to {}", n_classes.saturating_sub(1));
        return Err(ProbeError::Labels { what: "accuracy", found, needed });
    }
    let folder = presenter.folder(set, preprocessing, std::slice::from_ref(&output))?;
    let rows = folder.first().map(|folder| folder.responses.view());
    let decided = rows.iter().flat_map(|rows| rows.axis_iter(Axis(0))).map(|row| {
        let best = row.iter().enumerate().reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map_or(0, |(class, _)| class)
    });
    Ok(Accuracy { is_correct: decided.zip(classes).map(|(decided, class)| decided == *class).collect() })
}

/// How much each channel prefers a category: the deviation of its mean response to the category from its mean over all
/// categories, in standard deviations over categories; 0 for a channel that does not tell them apart. Positions are averaged.
///
/// A factor of max(0, 1 + strength × preference) is the feature-similarity gain.
///
/// # Reference
/// Treue S, Martínez Trujillo J C (1999). Feature-based attention influences motion processing gain in macaque visual cortex.
/// Nature 399:575. Lindsay G W, Miller K D (2018). How biological attention mechanisms improve task performance in a
/// large-scale visual system model. eLife 7:e38105, equation (2).
pub fn feature_preference(folder: &FolderResponses, categories: &[Category], attended: usize) -> Vec<f64> {
    let n_channels = folder.probed.stage.channel_layout().n_channels;
    let mut means = vec![vec![0.0; categories.len()]; n_channels];
    let mut n_units = vec![0_usize; n_channels];
    for (at, unit) in folder.probed.units.iter().enumerate() {
        let (Some(means), Some(n_units)) = (means.get_mut(unit.channel), n_units.get_mut(unit.channel)) else {
            continue;
        };
        *n_units += 1;
        for (mean, category) in means.iter_mut().zip(categories) {
            let responses = category.images.iter().filter_map(|image| folder.responses.get((*image, at)));
            *mean += responses.map(|value| f64::from(*value)).sum::<f64>() / category.images.len().max(1) as f64;
        }
    }
    let preference = |(means, n_units): (Vec<f64>, usize)| {
        let means: Vec<f64> = means.iter().map(|sum| sum / n_units.max(1) as f64).collect();
        let middle = means.iter().sum::<f64>() / means.len().max(1) as f64;
        let spread = means.iter().map(|mean| (mean - middle).powi(2)).sum::<f64>() / means.len().max(1) as f64;
        match means.get(attended) {
            Some(mean) if spread > 0.0 => (mean - middle) / spread.sqrt(),
            _ => 0.0,
        }
    };
    means.into_iter().zip(n_units).map(preference).collect()
}
