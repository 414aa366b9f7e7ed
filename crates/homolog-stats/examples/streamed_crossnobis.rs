//! Crossnobis of many conditions and channels with the noise covariance streamed: how long it takes and how much memory.
//!
//!     cargo run --release -p homolog-stats --example streamed_crossnobis -- [CONDITIONS CHANNELS RESIDUALS FOLDS]
//!
//! By default 1,800 conditions × 7,000 channels, 8,000 residuals in blocks of 250, 3 folds, all drawn at random as they are needed.

use std::time::Instant;

use homolog_stats::random::Rng;
use homolog_stats::rdm::{CrossnobisSum, NoiseEstimate, ResidualMoments};
use ndarray::Array2;

const BLOCK: usize = 250;

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut sizes = [1800, 7000, 8000, 3];
    for (size, argument) in sizes.iter_mut().zip(std::env::args().skip(1)) {
        *size = argument.parse()?;
    }
    let [n_conditions, n_channels, n_residuals, n_folds] = sizes;
    let start = Instant::now();
    let block = |at: usize| {
        let mut rng = Rng::new(1).stream(at as u64);
        let size = BLOCK.min(n_residuals - at * BLOCK);
        Array2::from_shape_simple_fn((size, n_channels), || rng.uniform() as f32 - 0.5)
    };
    let n_blocks = n_residuals.div_ceil(BLOCK);
    let mut moments = ResidualMoments::new(n_channels);
    for at in 0..n_blocks {
        moments.add(block(at).view())?;
    }
    let mut products = moments.second_reading(NoiseEstimate::ShrinkToDiagonal, None)?;
    for at in 0..n_blocks {
        products.add(block(at).view())?;
    }
    println!("covariance summed after {:.1} s", start.elapsed().as_secs_f64());
    let noise = products.finish()?;
    println!("covariance factored after {:.1} s", start.elapsed().as_secs_f64());
    let mut sum = CrossnobisSum::new(n_conditions, n_channels);
    for fold in 0..n_folds {
        let mut rng = Rng::new(2).stream(fold as u64);
        let means = Array2::from_shape_simple_fn((n_conditions, n_channels), || rng.uniform());
        sum.add_fold(means.view(), Some(&noise))?;
    }
    let rdm = sum.finish()?;
    let mean = rdm.sum() / rdm.len() as f64;
    println!(
        "{n_conditions} conditions × {n_channels} channels, {n_residuals} residuals, {n_folds} folds: {:.1} s, mean distance {mean:.3e}, largest resident size {:?} MiB",
        start.elapsed().as_secs_f64(),
        peak_resident_mib()
    );
    Ok(())
}

/// As Linux counts it; nothing on other systems.
fn peak_resident_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib / 1024)
}
