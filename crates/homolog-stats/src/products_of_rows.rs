//! Inner products of the rows of a matrix, from blocks of its columns that are turned to f64 one after the other.

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;

use crate::linear_algebra::add_outer_product_lower;

/// Columns that are turned to f64 and multiplied at once: for 1,000 rows, 8 MB.
const COLUMNS_AT_ONCE: usize = 1024;

/// What is taken away before rows are multiplied.
pub(crate) enum Centre<'a> {
    Nothing,
    /// From each row its number.
    OfRows(&'a [f64]),
    /// From each column its mean.
    MeanOfColumns,
}

/// Adds matrix · matrixᵀ, centred, to the lower triangle of `lower` (n_rows · n_rows).
pub(crate) fn add_products_of_rows<A: Copy + Into<f64> + Sync + Send>(
    lower: &mut [f64],
    matrix: ArrayView2<'_, A>,
    centre: &Centre<'_>,
) {
    let n_rows = matrix.nrows();
    let mut block = vec![0.0; n_rows * COLUMNS_AT_ONCE.min(matrix.ncols())];
    for columns in matrix.axis_chunks_iter(Axis(1), COLUMNS_AT_ONCE) {
        let width = columns.ncols();
        let block = &mut block[..n_rows * width];
        let rows = columns.axis_iter(Axis(0)).into_par_iter().zip(block.par_chunks_mut(width)).enumerate();
        rows.for_each(|(at, (row, wide))| {
            let offset = if let Centre::OfRows(offsets) = centre { offsets[at] } else { 0.0 };
            wide.iter_mut().zip(row).for_each(|(wide, &value)| *wide = value.into() - offset);
        });
        if let Centre::MeanOfColumns = centre {
            subtract_column_means(block, n_rows, width);
        }
        add_outer_product_lower(lower, n_rows, block, width);
    }
}

fn subtract_column_means(block: &mut [f64], n_rows: usize, width: usize) {
    let mut means = vec![0.0; width];
    for row in block.chunks(width) {
        means.iter_mut().zip(row).for_each(|(mean, value)| *mean += value);
    }
    means.iter_mut().for_each(|mean| *mean /= n_rows as f64);
    block.par_chunks_mut(width).for_each(|row| row.iter_mut().zip(&means).for_each(|(value, mean)| *value -= mean));
}
