//! Matrix products of mappings: cut into tiles of one size, each computed by one thread, so that the bits of a result do not
//! depend on how many threads there are.

use faer::linalg::matmul::matmul;
use faer::traits::ComplexField;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2, Axis, LinalgScalar, s};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use std::borrow::Cow;

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
    assemble((n_rows, n_columns), &tiles, &made)
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
    let mut out = assemble((size, size), &tiles, &made);
    for row in 0..size {
        for column in 0..row {
            out[[column, row]] = out[[row, column]];
        }
    }
    out
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

/// Rᵀ `right` of these rows R of `n_columns` each, and the sum of each column, on the calling thread; rows are copied together a few at a time.
pub(crate) fn transposed_rows_times(
    rows: &[&[f64]],
    n_columns: usize,
    right: ArrayView2<'_, f64>,
) -> (Array2<f64>, Vec<f64>) {
    const AT_ONCE: usize = 64;
    let (mut out, mut sums) = (Array2::zeros((n_columns, right.ncols())), vec![0.0; n_columns]);
    let mut together = Vec::with_capacity(AT_ONCE * n_columns);
    for (rows, right) in rows.chunks(AT_ONCE).zip(right.axis_chunks_iter(Axis(0), AT_ONCE)) {
        together.clear();
        for row in rows {
            together.extend_from_slice(row);
            add_scaled(&mut sums, 1.0, row);
        }
        let (left, right) = (MatRef::from_row_major_slice(&together, rows.len(), n_columns), Laid::of(right));
        if let Some(out) = out.as_slice_mut() {
            let out = MatMut::from_row_major_slice_mut(out, n_columns, right.shape.1);
            matmul(out, Accum::Add, left.transpose(), right.view(), 1.0, Par::Seq);
        }
    }
    (out, sums)
}

/// The products of each of these rows with `vector`, and their combination taken away from `image`, which becomes image − Rᵀ R vector: each row
/// is read from memory once.
pub(crate) fn take_away_products_of_rows(rows: &[&[f64]], vector: &[f64], image: &mut [f64]) -> Vec<f64> {
    Arch::new().dispatch(PassOverRows { rows, vector, image })
}

struct PassOverRows<'a> {
    rows: &'a [&'a [f64]],
    vector: &'a [f64],
    image: &'a mut [f64],
}

impl WithSimd for PassOverRows<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f64> {
        let Self { rows, vector, image } = self;
        let mut products = Vec::with_capacity(rows.len());
        let fours = rows.chunks_exact(4);
        let rest = fours.remainder();
        for four in fours {
            let four = [four[0], four[1], four[2], four[3]];
            let found = products_of_four(simd, four, vector);
            take_away_four(simd, found, four, image);
            products.extend(found);
        }
        for row in rest {
            let found = dot(row, vector);
            add_scaled(image, -found, row);
            products.push(found);
        }
        products
    }
}

#[inline(always)]
fn products_of_four<S: Simd>(simd: S, rows: [&[f64]; 4], vector: &[f64]) -> [f64; 4] {
    let (vector, vector_rest) = S::as_simd_f64s(vector);
    let [(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)] = rows.map(S::as_simd_f64s);
    let mut sums = [simd.splat_f64s(0.0); 4];
    for ((((x, a), b), c), d) in vector.iter().zip(a).zip(b).zip(c).zip(d) {
        sums[0] = simd.mul_add_e_f64s(*a, *x, sums[0]);
        sums[1] = simd.mul_add_e_f64s(*b, *x, sums[1]);
        sums[2] = simd.mul_add_e_f64s(*c, *x, sums[2]);
        sums[3] = simd.mul_add_e_f64s(*d, *x, sums[3]);
    }
    let rest = |row: &[f64]| row.iter().zip(vector_rest).map(|(a, x)| a * x).sum::<f64>();
    let [a, b, c, d] = sums;
    [
        simd.reduce_sum_f64s(a) + rest(a_rest),
        simd.reduce_sum_f64s(b) + rest(b_rest),
        simd.reduce_sum_f64s(c) + rest(c_rest),
        simd.reduce_sum_f64s(d) + rest(d_rest),
    ]
}

#[inline(always)]
fn take_away_four<S: Simd>(simd: S, factors: [f64; 4], rows: [&[f64]; 4], image: &mut [f64]) {
    let (image, image_rest) = S::as_mut_simd_f64s(image);
    let [(a, a_rest), (b, b_rest), (c, c_rest), (d, d_rest)] = rows.map(S::as_simd_f64s);
    let [fa, fb, fc, fd] = factors.map(|factor| simd.splat_f64s(-factor));
    for ((((to, a), b), c), d) in image.iter_mut().zip(a).zip(b).zip(c).zip(d) {
        let sum = simd.mul_add_e_f64s(fb, *b, simd.mul_add_e_f64s(fa, *a, *to));
        *to = simd.mul_add_e_f64s(fd, *d, simd.mul_add_e_f64s(fc, *c, sum));
    }
    for (rest, factor) in [a_rest, b_rest, c_rest, d_rest].into_iter().zip(factors) {
        add_scaled(image_rest, -factor, rest);
    }
}

struct Tile {
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
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

fn assemble(shape: (usize, usize), tiles: &[Tile], made: &[Vec<f64>]) -> Array2<f64> {
    let mut out = Array2::zeros(shape);
    for (tile, values) in tiles.iter().zip(made) {
        let mut place = out.slice_mut(s![tile.rows.clone(), tile.columns.clone()]);
        place.iter_mut().zip(values).for_each(|(place, &value)| *place = value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    fn random(n_rows: usize, n_columns: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        Array2::from_shape_simple_fn((n_rows, n_columns), || rng.normal())
    }

    #[test]
    fn product_of_more_than_one_tile_equals_the_plain_one() {
        let (left, right) = (random(300, 41, 1), random(41, 270, 2));
        let difference = &product(left.view(), right.view()) - &left.dot(&right);
        assert!(difference.iter().all(|d| d.abs() < 1e-12));
    }

    #[test]
    fn transpose_times_self_is_symmetric_and_equals_the_plain_product() {
        let matrix = random(50, 300, 3);
        let ours = transpose_times_self(matrix.view());
        let difference = &ours - &matrix.t().dot(&matrix);
        assert!(difference.iter().all(|d| d.abs() < 1e-12));
        assert_eq!(ours, ours.t());
    }

    #[test]
    fn transposed_rows_times_a_matrix_equals_the_plain_product() {
        let (rows, right) = (random(130, 23, 8), random(130, 5, 9));
        let lines: Vec<&[f64]> = rows.outer_iter().filter_map(|row| row.to_slice()).collect();
        let (found, sums) = transposed_rows_times(&lines, 23, right.view());
        assert!((&found - &rows.t().dot(&right)).iter().all(|d| d.abs() < 1e-12));
        assert!(sums.iter().zip(&rows.sum_axis(Axis(0))).all(|(found, sum)| (found - sum).abs() < 1e-12));
        assert_eq!(transposed_rows_times(&[], 23, right.slice(s![..0, ..])).0, Array2::<f64>::zeros((23, 5)));
    }

    #[test]
    fn one_pass_over_rows_equals_two_products() {
        let (rows, vector) = (random(11, 37, 6), random(1, 37, 7).remove_axis(Axis(0)));
        let mut image = vec![1.0; 37];
        let lines: Vec<&[f64]> = rows.outer_iter().filter_map(|row| row.to_slice()).collect();
        let products = take_away_products_of_rows(&lines, vector.as_slice().unwrap(), &mut image);
        let expected = rows.dot(&vector);
        let left = 1.0 - rows.t().dot(&expected);
        assert!(products.iter().zip(&expected).all(|(found, plain)| (found - plain).abs() < 1e-12));
        assert!(image.iter().zip(&left).all(|(found, plain)| (found - plain).abs() < 1e-12));
    }

    #[test]
    fn product_has_the_same_bits_on_one_thread_and_two() {
        let (left, right) = (random(600, 333, 4), random(333, 290, 5));
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| product(left.view(), right.view()))
        };
        assert_eq!(on(1), on(2));
    }
}
