//! The plane, and the averages of its cells.

use std::collections::BTreeMap;

use homolog_stats::random::Rng;
use homolog_stats::umap::{Umap, trustworthiness};
use ndarray::{Array1, Array2, Axis};

use super::{AtlasError, Sampled};

/// Quantiles of each axis between which the grid lies, apart from a margin: a few far points shall not shrink the rest.
const QUANTILES: (f64, f64) = (0.01, 0.99);

/// The margin on each side, as a part of the distance of those quantiles.
const MARGIN: f64 = 0.1;

/// Trustworthiness is told of up to so many images; it takes the square of their number.
const MOST_JUDGED: usize = 5000;

/// Classes that are told of each cell.
const N_CLASSES_TOLD: usize = 3;

/// How an atlas is made of activation vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Cells along each side of the grid.
    pub n_cells: usize,
    /// The layout.
    pub umap: Umap,
    /// Classes with an atlas of their own.
    pub classes: Vec<usize>,
    /// Images of each of those atlases: the ones whose vectors add most to the class where that is known ([`Sampled::attribute`]), else
    /// those in which the class's output is highest.
    pub n_class_images: usize,
    /// Of the layout.
    pub seed: u64,
}

/// A cell of the grid that holds at least one image.
#[derive(Clone, Debug, PartialEq)]
pub struct GridCell {
    /// From above.
    pub row: usize,
    /// From the left.
    pub column: usize,
    /// The images in it, by their numbers in the set.
    pub members: Vec<usize>,
    /// The mean of its members' activation vectors.
    pub mean: Array1<f32>,
    /// The classes whose output, averaged over its members, lies farthest above its average over all images: (class, by how much),
    /// farthest first.
    pub classes: Vec<(usize, f64)>,
    /// What the vectors of its members add to the class of its layer, on average; `None` where that is not known.
    pub attribution: Option<f64>,
}

/// The grid of all images, or of those of a class.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The class; `None` for the whole stage.
    pub class: Option<usize>,
    /// Row by row; cells without images are left out.
    pub cells: Vec<GridCell>,
}

/// A stage's activations in a plane.
#[derive(Clone, Debug)]
pub struct Atlas {
    /// The activation vectors.
    pub sampled: Sampled,
    /// (n_images, 2): across and down, each in [0, 1].
    pub places: Array2<f64>,
    /// The whole stage first, then each class.
    pub layers: Vec<Layer>,
    /// How far neighbours in the plane are neighbours in activations, over as many neighbours as the layout had; `None` for more than
    /// 5,000 images, and where they are no more than twice the neighbours.
    pub trustworthiness: Option<f64>,
}

impl Settings {
    /// Whether so many images can be laid out so, before they are run.
    ///
    /// # Errors
    /// [`AtlasError::Setting`] and [`AtlasError::TooFewImages`].
    pub fn check(&self, n_images: usize) -> Result<(), AtlasError> {
        let setting = |what, found, needed| Err(AtlasError::Setting { what, found, needed });
        if self.n_cells == 0 {
            return setting("a grid of", 0, "at least 1 cell a side is needed");
        }
        if self.n_cells > 200 {
            return setting("a grid of", self.n_cells, "at most 200 cells a side can be shown");
        }
        if self.umap.n_neighbours < 2 {
            return setting("a number of neighbours of", self.umap.n_neighbours, "at least 2 are needed");
        }
        if !self.classes.is_empty() && self.n_class_images == 0 {
            return setting("a number of images of a class of", 0, "at least 1 is needed");
        }
        let n_neighbours = self.umap.n_neighbours;
        if n_images < n_neighbours.max(3) {
            return Err(AtlasError::TooFewImages { n_images, n_neighbours: n_neighbours.max(3) });
        }
        Ok(())
    }
}

impl Atlas {
    /// Lays the vectors out and averages them.
    ///
    /// Each axis of the layout is stretched so that its 1st and 99th percentile, with a tenth of their distance more on each side,
    /// are 0 and 1; points beyond stand at the edge.
    ///
    /// # Errors
    /// [`Settings::check`]'s, a class that the network does not have, activations that are not finite or vary in one direction only.
    pub fn new(sampled: Sampled, network: &str, settings: &Settings) -> Result<Self, AtlasError> {
        settings.check(sampled.vectors.nrows())?;
        let n_classes = sampled.logits.as_ref().map_or(0, |logits| logits.ncols());
        if let Some(class) = settings.classes.iter().copied().find(|class| *class >= n_classes) {
            return Err(AtlasError::NoClass { class, network: network.to_owned(), n_classes });
        }
        let statistics = |source| AtlasError::Statistics { stage: sampled.stage.name.clone(), source };
        let layout = settings.umap.layout(sampled.vectors.view(), &mut Rng::new(settings.seed)).map_err(statistics)?;
        let n_images = layout.nrows();
        let k = settings.umap.n_neighbours;
        let trust = if n_images <= MOST_JUDGED && 2 * k < n_images {
            let trust = trustworthiness(sampled.vectors.view(), layout.view(), k, settings.umap.distance);
            Some(trust.map_err(statistics)?)
        } else {
            None
        };
        let places = placed(&layout);
        let all: Vec<usize> = (0..n_images).collect();
        let mut layers = vec![layer(None, &all, &places, &sampled, settings.n_cells)];
        for class in &settings.classes {
            let members = strongest(&sampled, *class, settings.n_class_images);
            layers.push(layer(Some(*class), &members, &places, &sampled, settings.n_cells));
        }
        Ok(Self { sampled, places, layers, trustworthiness: trust })
    }
}

/// The layout in the unit square.
pub(super) fn placed(layout: &Array2<f64>) -> Array2<f64> {
    let mut places = layout.clone();
    for mut axis in places.axis_iter_mut(Axis(1)) {
        let mut sorted: Vec<f64> = axis.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (quantile(&sorted, QUANTILES.0), quantile(&sorted, QUANTILES.1));
        let margin = MARGIN * (high - low);
        let extent = (high - low + 2.0 * margin).max(f64::MIN_POSITIVE);
        axis.mapv_inplace(|x| ((x - low + margin) / extent).clamp(0.0, 1.0));
    }
    places
}

/// Linear between order statistics, as NumPy's default.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * sorted.len().saturating_sub(1) as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the list")]
    let below = at.floor() as usize;
    let low = sorted.get(below).copied().unwrap_or(0.0);
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    low + (high - low) * (at - below as f64)
}

/// The images whose vectors add most to a class, or in which its output is highest, in the order of the set; of equals the earlier
/// ones.
pub(super) fn strongest(sampled: &Sampled, class: usize, n: usize) -> Vec<usize> {
    let outputs = || sampled.logits.as_ref().map(|logits| logits.column(class).mapv(f64::from).to_vec());
    let Some(values) = sampled.attributions.get(&class).cloned().or_else(outputs) else { return Vec::new() };
    let mut images: Vec<(f64, usize)> = values.into_iter().zip(0..).collect();
    images.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut images: Vec<usize> = images.into_iter().take(n).map(|(_, image)| image).collect();
    images.sort_unstable();
    images
}

fn layer(class: Option<usize>, images: &[usize], places: &Array2<f64>, sampled: &Sampled, n_cells: usize) -> Layer {
    let mut members: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for image in images {
        members.entry(cell_of(places, *image, n_cells)).or_default().push(*image);
    }
    let every: Vec<usize> = (0..sampled.vectors.nrows()).collect();
    let average = sampled.logits.as_ref().map(|logits| mean(logits, &every));
    let cell = |((row, column), members): ((usize, usize), Vec<usize>)| {
        let mean = mean(&sampled.vectors, &members);
        let classes = classes(sampled, average.as_ref(), &members);
        let added = class.and_then(|class| sampled.attributions.get(&class));
        let attribution = added.map(|added| {
            let of_members = members.iter().filter_map(|member| added.get(*member));
            of_members.sum::<f64>() / members.len().max(1) as f64
        });
        #[allow(clippy::cast_possible_truncation, reason = "networks compute in 32 bits")]
        GridCell { row, column, mean: mean.mapv(|x| x as f32), members, classes, attribution }
    };
    Layer { class, cells: members.into_iter().map(cell).collect() }
}

/// (row, column) of an image's place.
fn cell_of(places: &Array2<f64>, image: usize, n_cells: usize) -> (usize, usize) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places are in [0, 1]")]
    let index = |axis: usize| {
        let place = places.get([image, axis]).copied().unwrap_or(0.0);
        ((place * n_cells as f64) as usize).min(n_cells.saturating_sub(1))
    };
    (index(1), index(0))
}

/// The mean of some rows.
fn mean(rows: &Array2<f32>, members: &[usize]) -> Array1<f64> {
    let mut sum = Array1::zeros(rows.ncols());
    for row in members.iter().filter_map(|member| rows.rows().into_iter().nth(*member)) {
        sum.iter_mut().zip(row).for_each(|(sum, x): (&mut f64, &f32)| *sum += f64::from(*x));
    }
    sum / members.len().max(1) as f64
}

/// The classes whose mean output over some images lies farthest above the `average` over all.
fn classes(sampled: &Sampled, average: Option<&Array1<f64>>, members: &[usize]) -> Vec<(usize, f64)> {
    let (Some(logits), Some(average)) = (&sampled.logits, average) else { return Vec::new() };
    let above = mean(logits, members) - average;
    let mut classes: Vec<(usize, f64)> = above.into_iter().enumerate().collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    classes.truncate(N_CLASSES_TOLD);
    classes
}
