//! Selectivity for categories of images.

use std::collections::BTreeMap;

use homolog_stats::inference::false_discovery_rate;
use homolog_stats::tuning::{d_prime, rank_sum_test, selectivity_index};
use ndarray::Axis;
use rayon::prelude::*;

use super::error::ProbeError;
use super::present::FolderResponses;
use super::unit::ProbedStage;

/// A category and its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Positions of its images in the set.
    pub images: Vec<usize>,
}

/// A unit's responses to one category against those to all others; a value is missing where responses do not vary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CategoryTuning {
    /// Distance of the means in standard deviations.
    pub d_prime: Option<f64>,
    /// (in − out) / (|in| + |out|) of the means.
    pub selectivity_index: Option<f64>,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Two-sided, by ranks.
    pub p: Option<f64>,
    /// The false discovery rate over all units and categories of the stage.
    pub fdr: Option<f64>,
}

/// What was found of one stage.
#[derive(Clone, Debug)]
pub struct StageCategories {
    /// The stage and its units.
    pub probed: ProbedStage,
    /// The categories.
    pub categories: Vec<Category>,
    /// For each unit, one for each category.
    pub units: Vec<Vec<CategoryTuning>>,
}

impl Category {
    /// The categories of images from the label of each, in the order of the names.
    ///
    /// # Errors
    /// [`ProbeError::Labels`] for a single category, or one of a single image.
    pub fn of_labels(labels: &[String]) -> Result<Vec<Self>, ProbeError> {
        const WHAT: &str = "category selectivity";
        let mut images: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (image, label) in labels.iter().enumerate() {
            images.entry(label).or_default().push(image);
        }
        let categories: Vec<Self> =
            images.into_iter().map(|(name, images)| Self { name: name.to_owned(), images }).collect();
        if categories.len() < 2 {
            let name = categories.first().map_or("none", |one| one.name.as_str());
            let found = format!("all {} images are of one category (\"{name}\")", labels.len());
            let needed = "At least two are needed: give a folder with a subfolder for each, or --labels".to_owned();
            return Err(ProbeError::Labels { what: WHAT, found, needed });
        }
        if let Some(single) = categories.iter().find(|one| one.images.len() < 2) {
            let found = format!("the category \"{}\" has a single image", single.name);
            let needed = "Each needs at least two, so that its responses have a spread".to_owned();
            return Err(ProbeError::Labels { what: WHAT, found, needed });
        }
        Ok(categories)
    }
}

/// Selectivity of every unit for every category.
///
/// # Errors
/// [`ProbeError::Stats`] when the false discovery rate has no value.
pub fn category_selectivity(folder: &FolderResponses, categories: &[Category]) -> Result<StageCategories, ProbeError> {
    let n_images = folder.responses.nrows();
    let memberships: Vec<Vec<bool>> = categories
        .iter()
        .map(|category| {
            let mut inside = vec![false; n_images];
            category.images.iter().filter(|image| **image < n_images).for_each(|image| inside[*image] = true);
            inside
        })
        .collect();
    let of_unit = |unit: usize| -> Vec<CategoryTuning> {
        let responses: Vec<f64> =
            folder.responses.index_axis(Axis(1), unit).iter().map(|value| f64::from(*value)).collect();
        memberships.iter().map(|inside| tuning(&responses, inside)).collect()
    };
    let mut units: Vec<Vec<CategoryTuning>> = (0..folder.responses.ncols()).into_par_iter().map(of_unit).collect();
    let p: Vec<f64> = units.iter().flatten().filter_map(|one| one.p).collect();
    let stats = |source| ProbeError::Stats { stage: folder.probed.stage.name.clone(), source };
    let mut adjusted = false_discovery_rate(&p).map_err(stats)?.into_iter();
    for one in units.iter_mut().flatten().filter(|one| one.p.is_some()) {
        one.fdr = adjusted.next();
    }
    Ok(StageCategories { probed: folder.probed.clone(), categories: categories.to_vec(), units })
}

fn tuning(responses: &[f64], inside: &[bool]) -> CategoryTuning {
    let of = |wanted: bool| -> Vec<f64> {
        responses.iter().zip(inside).filter(|(_, is_in)| **is_in == wanted).map(|(response, _)| *response).collect()
    };
    let (inner, outer) = (of(true), of(false));
    let ranks = rank_sum_test(&inner, &outer).ok();
    CategoryTuning {
        d_prime: d_prime(&inner, &outer).ok(),
        selectivity_index: selectivity_index(&inner, &outer).ok(),
        auc: ranks.map(|test| test.auc),
        p: ranks.map(|test| test.p),
        fdr: None,
    }
}
