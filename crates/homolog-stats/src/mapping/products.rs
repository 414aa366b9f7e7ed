//! Matrix products of mappings: cut into tiles of one size, each computed by one thread, so that the bits of a result do not
//! depend on how many threads there are.

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::parallel::prelude::*;
use ndarray::{Array2, ArrayView2, Axis, LinalgScalar, s};
use std::borrow::Cow;
use std::ops::Range;

/// Rows and columns of a tile: large enough that packing it costs little beside multiplying it.
const TILE: usize = 256;

/// Single or double precision.
pub(crate) trait Real: ComplexField + LinalgScalar + Into<f64> + Send + Sync {
    /// The nearest number.
    fn rounded(value: f64) -> Self;
}

impl Real for f32 {
    fn rounded(value: f64) -> Self {
        value as f32
    }
}

impl Real for f64 {
    fn rounded(value: f64) -> Self {
        value
    }
}

/// A matrix as faer sees it: borrowed when rows or columns lie one after another, else copied.
pub(crate) struct Laid<'a, T: Real = f64> {
    values: Cow<'a, [T]>,
    shape: (usize, usize),
    by_columns: bool,
}

impl<'a, T: Real> Laid<'a, T> {
    pub(crate) fn of(matrix: ArrayView2<'a, T>) -> Self {
        let shape = matrix.dim();
        if let Some(values) = matrix.to_slice() {
            return Self { values: Cow::Borrowed(values), shape, by_columns: false };
        }
        if let Some(values) = matrix.reversed_axes().to_slice() {
            return Self { values: Cow::Borrowed(values), shape, by_columns: true };
        }
        let values = matrix.iter().copied().collect();
        Self { values: Cow::Owned(values), shape, by_columns: false }
    }

    pub(crate) fn view(&self) -> MatRef<'_, T> {
        let (n_rows, n_columns) = self.shape;
        match self.by_columns {
            true => MatRef::from_column_major_slice(&self.values, n_rows, n_columns),
            false => MatRef::from_row_major_slice(&self.values, n_rows, n_columns),
        }
    }
}

/// left · right.
pub(crate) fn product(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Array2<f64> {
    let (n_rows, n_columns) = (left.nrows(), right.ncols());
    let (left, right) = (Laid::of(left), Laid::of(right));
    let tiles = tiles_of(n_rows, n_columns);
    let made = multiply_tiles(&tiles, left.view(), right.view());
    assemble((n_rows, n_columns), &tiles, &made, Symmetry::None)
}

/// left · right, on the calling thread: for products inside a parallel loop.
pub(crate) fn product_on_this_thread<T: Real>(left: ArrayView2<'_, T>, right: ArrayView2<'_, T>) -> Array2<T> {
    let mut out = Array2::zeros((left.nrows(), right.ncols()));
    if let Some(values) = out.as_slice_mut() {
        multiply_onto(values, left, right);
    }
    out
}

/// Writes left · right row by row into `out`, on the calling thread.
pub(crate) fn multiply_onto<T: Real>(out: &mut [T], left: ArrayView2<'_, T>, right: ArrayView2<'_, T>) {
    let (left, right) = (Laid::of(left), Laid::of(right));
    multiply_into(out, left.view(), right.view());
}

/// matrixᵀ · matrix, its lower tiles computed and mirrored.
pub(crate) fn transpose_times_self(matrix: ArrayView2<'_, f64>) -> Array2<f64> {
    let size = matrix.ncols();
    let laid = Laid::of(matrix);
    let tiles = tiles_of(size, size).into_iter().flat_map(Tile::lower).collect::<Vec<_>>();
    let made = multiply_tiles(&tiles, laid.view().transpose(), laid.view());
    assemble((size, size), &tiles, &made, Symmetry::Symmetric)
}

/// matrix · vector, on the calling thread.
pub(crate) fn times_vector(matrix: ArrayView2<'_, f64>, vector: &[f64]) -> Vec<f64> {
    let laid = Laid::of(matrix);
    let mut out = vec![0.0; laid.shape.0];
    multiply_into(&mut out, laid.view(), MatRef::from_column_major_slice(vector, vector.len(), 1));
    out
}

#[inline(always)]
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    // Eight sums side by side: the compiler turns them into vector instructions, and their order is fixed.
    let mut sums = [0.0; 8];
    let (left_blocks, right_blocks) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f64 = left_blocks.remainder().iter().zip(right_blocks.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left_blocks.zip(right_blocks) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

/// to += factor · from.
#[inline(always)]
pub(crate) fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
}

impl Tile {
    /// What of the tile is needed of a symmetric matrix: all below the diagonal, nothing above it, and of a tile on it
    /// three of its four quarters.
    fn lower(self) -> Vec<Self> {
        if self.columns.start != self.rows.start {
            return if self.columns.start < self.rows.start { vec![self] } else { Vec::new() };
        }
        let (start, end) = (self.rows.start, self.rows.end);
        let middle = start + (end - start) / 2;
        let tile = |rows, columns| Self { rows, columns };
        vec![tile(start..middle, start..middle), tile(middle..end, start..middle), tile(middle..end, middle..end)]
    }
}

fn tiles_of(n_rows: usize, n_columns: usize) -> Vec<Tile> {
    let starts = |length: usize| (0..length).step_by(TILE);
    let range = |start: usize, length: usize| start..(start + TILE).min(length);
    starts(n_rows)
        .flat_map(|row| starts(n_columns).map(move |column| (row, column)))
        .map(|(row, column)| Tile { rows: range(row, n_rows), columns: range(column, n_columns) })
        .collect()
}

fn multiply_tiles(tiles: &[Tile], left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Vec<Vec<f64>> {
    let multiply = |tile: &Tile| {
        let mut out = vec![0.0; tile.rows.len() * tile.columns.len()];
        let left = left.subrows(tile.rows.start, tile.rows.len());
        let right = right.subcols(tile.columns.start, tile.columns.len());
        multiply_into(&mut out, left, right);
        out
    };
    tiles.par_iter().map(multiply).collect()
}

fn multiply_into<T: Real>(out: &mut [T], left: MatRef<'_, T>, right: MatRef<'_, T>) {
    let out = MatMut::from_row_major_slice_mut(out, left.nrows(), right.ncols());
    matmul(out, Accum::Replace, left, right, T::one(), Par::Seq);
}

/// Whether tiles above the diagonal are those below it, turned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Symmetry {
    None,
    Symmetric,
}

fn assemble(shape: (usize, usize), tiles: &[Tile], made: &[Vec<f64>], symmetry: Symmetry) -> Array2<f64> {
    let mut out = Array2::zeros(shape);
    out.axis_chunks_iter_mut(Axis(0), TILE).into_par_iter().enumerate().for_each(|(band, mut lines)| {
        let first = band * TILE;
        let lines_of = |range: &Range<usize>| range.start - first..range.end - first;
        for (tile, values) in tiles.iter().zip(made) {
            if tile.rows.start / TILE == band {
                let mut place = lines.slice_mut(s![lines_of(&tile.rows), tile.columns.clone()]);
                place.iter_mut().zip(values).for_each(|(place, &value)| *place = value);
            }
            if symmetry == Symmetry::Symmetric && tile.rows != tile.columns && tile.columns.start / TILE == band {
                let place = lines.slice_mut(s![lines_of(&tile.columns), tile.rows.clone()]);
                place.reversed_axes().iter_mut().zip(values).for_each(|(place, &value)| *place = value);
            }
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;

    #[test]
    fn product_of_more_than_one_tile_equals_the_plain_one() {
        let (left, right) = (normal_matrix(300, 41, 1), normal_matrix(41, 270, 2));
        let difference = &product(left.view(), right.view()) - &left.dot(&right);
        assert!(difference.iter().all(|d| d.abs() < 1e-12));
    }

    #[test]
    fn transpose_times_self_is_symmetric_and_equals_the_plain_product() {
        let matrix = normal_matrix(50, 300, 3);
        let ours = transpose_times_self(matrix.view());
        let difference = &ours - &matrix.t().dot(&matrix);
        assert!(difference.iter().all(|d| d.abs() < 1e-12));
        assert_eq!(ours, ours.t());
    }

    #[test]
    fn product_has_the_same_bits_on_one_thread_and_two() {
        let (left, right) = (normal_matrix(600, 333, 4), normal_matrix(333, 290, 5));
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| product(left.view(), right.view()))
        };
        assert_eq!(on(1), on(2));
    }
}
