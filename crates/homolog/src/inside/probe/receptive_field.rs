//! Receptive fields measured as with an electrode, against the one that the graph gives.
//!
//! Two stimuli over a grid of square cells around the theoretical field. *Sparse noise*: one cell at a time, brighter and darker
//! than the mean (Jones & Palmer 1987). *Binary noise* with the spike-triggered average: every frame a random pattern of
//! bright and dark cells, the average weighted by the response (de Boer & Kuyper 1968; Chichilnisky 2001).
//!
//! The noise is made of rows of a Hadamard matrix, its columns dealt to the cells at random and each with a random sign, and
//! every frame is followed by its negative: over one such block the cells are exactly uncorrelated, so that the average of a
//! linear unit is its filter, not an estimate of it; further blocks, dealt anew, average out what is not linear.

use homolog_stats::random::Rng;
use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::error::ProbeError;
use super::present::Presenter;
use super::unit::{ProbedStage, UnitChoice};

/// A cell belongs to the measured field when its response is at least this share of the largest.
const EXTENT: f64 = 0.05;

/// How receptive fields are measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldSettings {
    /// Cells along a side at most.
    pub most_cells: usize,
    /// Blocks of noise: each as many frames as the next power of two above the number of cells, and their negatives.
    pub n_blocks: usize,
    /// How far luminance goes from the mean, as a share of it.
    pub contrast: f64,
    /// Of the noise.
    pub seed: u64,
}

impl Default for FieldSettings {
    /// 15 cells along a side, 4 blocks, full contrast.
    fn default() -> Self {
        Self { most_cells: 15, n_blocks: 4, contrast: 1.0, seed: 0 }
    }
}

/// The cells that stimuli are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldGrid {
    /// Pixels along the side of a cell.
    pub cell_px: usize,
    /// (rows, columns).
    pub n_cells: [usize; 2],
    /// First row and column of the image that the grid covers.
    pub corner_px: [usize; 2],
}

/// What was found of one unit. All maps are (rows, columns) of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredField {
    /// Response to a bright cell above the blank, per unit of luminance.
    pub bright: Array2<f64>,
    /// The same of a dark cell.
    pub dark: Array2<f64>,
    /// Spike-triggered average, per unit of luminance: the weights of a linear unit.
    pub average: Array2<f64>,
    /// (row, column) in pixels of the middle of the measured field, weighted by squared responses to sparse noise; none of a
    /// unit that no cell changes.
    pub centre_px: Option<[f64; 2]>,
    /// (height, width) in pixels of the cells whose response, bright or dark, is at least 5 % of the largest.
    pub extent_px: Option<[usize; 2]>,
    /// Share of the squared responses to sparse noise from cells that touch the theoretical field: 1 unless the graph is wrong.
    pub share_inside: Option<f64>,
    /// Correlation over cells between the spike-triggered average and the difference of bright and dark.
    pub agreement: Option<f64>,
}

/// What was found of one stage.
#[derive(Clone, Debug)]
pub struct StageFields {
    /// The stage and its units.
    pub probed: ProbedStage,
    /// The cells.
    pub grid: FieldGrid,
    /// One for each unit.
    pub units: Vec<MeasuredField>,
}

/// Sparse and binary noise to be shown.
#[derive(Clone, Copy, Debug)]
pub struct FieldExperiment {
    /// How.
    pub settings: FieldSettings,
}

impl FieldExperiment {
    /// Measures the units at the centre of every stage.
    ///
    /// # Errors
    /// [`ProbeError::NeedsCentre`] for other units than those at the centre; [`ProbeError::Setting`]; [`ProbeError::NotImages`]; the engine's.
    pub fn run(&self, presenter: &Presenter<'_>, probed: &[ProbedStage]) -> Result<Vec<StageFields>, ProbeError> {
        presenter.image_px("noise")?;
        self.settings.check()?;
        probed.iter().map(|one| self.of_stage(presenter, one)).collect()
    }

    fn of_stage(&self, presenter: &Presenter<'_>, probed: &ProbedStage) -> Result<StageFields, ProbeError> {
        if probed.choice != UnitChoice::Centre {
            let what = "receptive fields";
            return Err(ProbeError::NeedsCentre { what, stage: probed.stage.name.clone() });
        }
        let grid = FieldGrid::around(probed, self.settings.most_cells);
        let noise = Noise::new(&grid, self.settings);
        let n_sparse = 2 * grid.n();
        let n_frames = 1 + n_sparse + noise.n_frames();
        let amplitude = 0.5 * self.settings.contrast;
        let frame = |at: usize| {
            let image = match at.checked_sub(1) {
                None => return Array2::from_elem(probed.image_px, 0.5),
                Some(at) if at < n_sparse => Array2::from_shape_fn(grid.n_cells, |(row, column)| {
                    let is_shown = row * grid.n_cells[1] + column == at / 2;
                    if !is_shown {
                        0.0
                    } else if at.is_multiple_of(2) {
                        1.0
                    } else {
                        -1.0
                    }
                }),
                Some(at) => noise.frame(at - n_sparse),
            };
            grid.luminance(probed.image_px, &image, amplitude)
        };
        presenter.progress.begin(&probed.stage.name, n_frames as u64);
        let stages = [probed.clone()];
        let shown = presenter.open(&stages, n_frames)?.luminance(n_frames, frame);
        presenter.progress.end();
        let shown = shown?;
        let units = match shown.first() {
            Some(responses) => (0..responses.ncols())
                .into_par_iter()
                .map(|unit| {
                    let responses = responses.index_axis(Axis(1), unit).mapv(f64::from).to_vec();
                    measured(probed, &grid, &noise, &responses, amplitude)
                })
                .collect(),
            None => Vec::new(),
        };
        Ok(StageFields { probed: probed.clone(), grid, units })
    }
}

impl FieldSettings {
    fn check(&self) -> Result<(), ProbeError> {
        let refused =
            |what, found: String, needed: &str| Err(ProbeError::Setting { what, found, needed: needed.to_owned() });
        if !(3..=64).contains(&self.most_cells) {
            return refused(
                "this number of cells along a side:",
                self.most_cells.to_string(),
                "from 3 to 64 are possible",
            );
        }
        if self.n_blocks == 0 {
            return refused("this number of blocks of noise:", "0".to_owned(), "at least 1 is needed");
        }
        if self.contrast > 0.0 && self.contrast <= 1.0 {
            return Ok(());
        }
        let needed = "it must be above 0 and at most 1: noise without contrast is a blank";
        refused("noise of contrast", self.contrast.to_string(), needed)
    }
}

impl FieldGrid {
    /// Cells over one and a half theoretical fields, at least two cells beyond it on every side where the image has room.
    fn around(probed: &ProbedStage, most_cells: usize) -> Self {
        let shorter = probed.image_px[0].min(probed.image_px[1]);
        let field = probed.field_px[0].max(probed.field_px[1]).min(shorter);
        let wanted = (3 * field).div_ceil(2).max(field + 4).min(probed.image_px[0].max(probed.image_px[1]));
        let cell_px = wanted.div_ceil(most_cells).max(1);
        let n_cells = probed.image_px.map(|side| wanted.div_ceil(cell_px).min(side / cell_px).max(1));
        let centre = probed.centre_px();
        let corner_px = [0, 1].map(|axis| {
            let covered = n_cells[axis] * cell_px;
            let first = (centre[axis] - (covered as f64 - 1.0) / 2.0).round().max(0.0) as usize;
            first.min(probed.image_px[axis].saturating_sub(covered))
        });
        Self { cell_px, n_cells, corner_px }
    }

    /// Number of cells.
    pub fn n(&self) -> usize {
        self.n_cells[0] * self.n_cells[1]
    }

    /// 0.5 + amplitude × the cell's value, 0.5 outside.
    fn luminance(&self, [height, width]: [usize; 2], cells: &Array2<f32>, amplitude: f64) -> Array2<f32> {
        let amplitude = amplitude as f32;
        Array2::from_shape_fn((height, width), |(row, column)| {
            let cell = |at: usize, axis: usize| at.checked_sub(self.corner_px[axis]).map(|at| at / self.cell_px);
            let place = cell(row, 0).zip(cell(column, 1));
            0.5 + amplitude * place.and_then(|(row, column)| cells.get((row, column))).copied().unwrap_or(0.0)
        })
    }

    /// Middle of a cell in pixels, (row, column).
    pub fn middle_px(&self, cell: [usize; 2]) -> [f64; 2] {
        [0, 1].map(|axis| (self.corner_px[axis] + cell[axis] * self.cell_px) as f64 + (self.cell_px as f64 - 1.0) / 2.0)
    }

    /// Whether a cell touches a box of pixels: first and last row and column.
    fn touches(&self, cell: [usize; 2], field: [[f64; 2]; 2]) -> bool {
        let middle = self.middle_px(cell);
        let half = (self.cell_px as f64 - 1.0) / 2.0;
        [0, 1].into_iter().all(|axis| middle[axis] + half >= field[axis][0] && middle[axis] - half <= field[axis][1])
    }
}

/// Blocks of binary noise over the cells.
struct Noise {
    n_cells: [usize; 2],
    /// Rows of the Hadamard matrix.
    order: usize,
    /// For each block and cell: a column of the matrix, and a sign.
    dealt: Vec<Vec<(usize, f32)>>,
}

impl Noise {
    fn new(grid: &FieldGrid, settings: FieldSettings) -> Self {
        let n = grid.n();
        let order = (n + 1).next_power_of_two();
        let block = |index: usize| {
            let mut rng = Rng::new(settings.seed).stream(index as u64);
            // The first column is constant and of no use.
            let columns = rng.permutation(order - 1);
            columns
                .into_iter()
                .take(n)
                .map(|column| (column + 1, if rng.uniform() < 0.5 { -1.0 } else { 1.0 }))
                .collect()
        };
        Self { n_cells: grid.n_cells, order, dealt: (0..settings.n_blocks).map(block).collect() }
    }

    fn n_frames(&self) -> usize {
        2 * self.order * self.dealt.len()
    }

    /// Sign of each cell in a frame; odd frames are the negatives of those before.
    fn frame(&self, at: usize) -> Array2<f32> {
        let (row, negative) = (at / 2 % self.order, !at.is_multiple_of(2));
        let dealt = self.dealt.get(at / 2 / self.order).map_or(&[][..], Vec::as_slice);
        let sign = |(column, sign): &(usize, f32)| {
            let is_minus = ((row & column).count_ones() % 2 == 1) != negative;
            if is_minus { -sign } else { *sign }
        };
        Array2::from_shape_fn(self.n_cells, |(y, x)| dealt.get(y * self.n_cells[1] + x).map_or(0.0, sign))
    }

    /// Σ response × pattern / Σ pattern², over all frames.
    fn average(&self, responses: &[f64]) -> Array2<f64> {
        let mut sum = Array2::zeros(self.n_cells);
        for (at, pair) in responses.chunks_exact(2).enumerate() {
            // A frame and its negative weigh the same pattern with opposite signs.
            let weight = pair[0] - pair[1];
            if weight != 0.0 {
                sum.scaled_add(weight, &self.frame(2 * at).mapv(f64::from));
            }
        }
        sum / self.n_frames() as f64
    }
}

/// The maps and what they say; `responses` are those to the blank, the sparse noise and the binary noise.
fn measured(probed: &ProbedStage, grid: &FieldGrid, noise: &Noise, responses: &[f64], amplitude: f64) -> MeasuredField {
    let (blank, rest) = responses.split_first().map_or((0.0, &[][..]), |(blank, rest)| (*blank, rest));
    let (sparse, binary) = rest.split_at(rest.len().min(2 * grid.n()));
    let map = |polarity: usize| {
        Array2::from_shape_fn(grid.n_cells, |(row, column)| {
            let at = 2 * (row * grid.n_cells[1] + column) + polarity;
            sparse.get(at).map_or(f64::NAN, |response| (response - blank) / amplitude)
        })
    };
    let (bright, dark) = (map(0), map(1));
    let average = noise.average(binary) / amplitude;
    let difference = (&bright - &dark) / 2.0;
    let strength = Array2::from_shape_fn(grid.n_cells, |cell| bright[cell].abs().max(dark[cell].abs()));
    let summary = Summary::of(probed, grid, strength.view());
    MeasuredField {
        agreement: correlation(&average, &difference),
        bright,
        dark,
        average,
        centre_px: summary.as_ref().map(|summary| summary.centre_px),
        extent_px: summary.as_ref().map(|summary| summary.extent_px),
        share_inside: summary.map(|summary| summary.share_inside),
    }
}

struct Summary {
    centre_px: [f64; 2],
    extent_px: [usize; 2],
    share_inside: f64,
}

impl Summary {
    fn of(probed: &ProbedStage, grid: &FieldGrid, strength: ArrayView2<'_, f64>) -> Option<Self> {
        let largest = strength.iter().copied().fold(0.0, f64::max);
        if largest <= 0.0 {
            return None;
        }
        let field = probed.field_box();
        let (mut sum, mut inside, mut middle) = (0.0, 0.0, [0.0; 2]);
        let mut bounds = [[usize::MAX, 0]; 2];
        for ((row, column), strength) in strength.indexed_iter() {
            let (cell, energy) = ([row, column], (strength / largest).powi(2));
            let at = grid.middle_px(cell);
            sum += energy;
            inside += if grid.touches(cell, field) { energy } else { 0.0 };
            let is_in_extent = *strength >= EXTENT * largest;
            for (axis, (middle, bounds)) in middle.iter_mut().zip(&mut bounds).enumerate() {
                *middle += energy * at[axis];
                if is_in_extent {
                    *bounds = [bounds[0].min(cell[axis]), bounds[1].max(cell[axis])];
                }
            }
        }
        Some(Self {
            centre_px: middle.map(|moment| moment / sum),
            extent_px: bounds.map(|[first, last]| (last + 1 - first) * grid.cell_px),
            share_inside: inside / sum,
        })
    }
}

fn correlation(left: &Array2<f64>, right: &Array2<f64>) -> Option<f64> {
    let (left, right) = (left - left.mean()?, right - right.mean()?);
    let scale = ((&left * &left).sum() * (&right * &right).sum()).sqrt();
    (scale > 0.0).then(|| ((&left * &right).sum() / scale).clamp(-1.0, 1.0))
}
