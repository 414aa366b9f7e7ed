//! Sparseness over the images of a folder.

use homolog_stats::tuning::vinje_gallant_sparseness;
use ndarray::Axis;
use rayon::prelude::*;

use super::present::FolderResponses;
use super::unit::ProbedStage;

/// Sparseness of one stage. All are Vinje and Gallant's S, from 0 to 1; Treves and Rolls' a is 1 − S (1 − 1/n).
#[derive(Clone, Debug)]
pub struct StageSparseness {
    /// The stage and its units.
    pub probed: ProbedStage,
    /// Images.
    pub n_images: usize,
    /// Of each unit over images; none of a unit that no image drives.
    pub lifetime: Vec<Option<f64>>,
    /// Over units at each image; none where no unit responds.
    pub population: Vec<Option<f64>>,
    /// Share of responses below 0, which count as 0: sparseness is defined for rates. It means little where many are.
    pub share_negative: f64,
}

impl StageSparseness {
    /// Treves and Rolls' activity ratio of a sparseness over n responses.
    pub fn activity_ratio(sparseness: f64, n: usize) -> f64 {
        1.0 - sparseness * (1.0 - 1.0 / n.max(1) as f64)
    }
}

/// Sparseness of every unit over images, and of the population at every image.
pub fn sparseness(folder: &FolderResponses) -> StageSparseness {
    let responses = folder.responses.mapv(|response| f64::from(response).max(0.0));
    let n_negative = folder.responses.iter().filter(|response| **response < 0.0).count();
    let along = |axis: Axis| {
        let lines: Vec<_> = responses.axis_iter(axis).collect();
        lines.into_par_iter().map(|line| vinje_gallant_sparseness(&line.to_vec()).ok()).collect()
    };
    StageSparseness {
        probed: folder.probed.clone(),
        n_images: responses.nrows(),
        lifetime: along(Axis(1)),
        population: along(Axis(0)),
        share_negative: n_negative as f64 / responses.len().max(1) as f64,
    }
}
