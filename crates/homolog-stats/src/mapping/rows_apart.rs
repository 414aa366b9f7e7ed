//! Products of rows that lie apart, such as the stimuli that a split leaves out.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2, Axis};
use pulp::{Arch, Simd, WithSimd};

use super::products::{Laid, add_scaled, dot};

/// Rᵀ `right` of these rows R of `n_columns` each, and the sum of each column, on the calling thread; rows are copied together a few at a time.
pub(crate) fn transposed_rows_times(
    rows: &[&[f64]],
    n_columns: usize,
    right: ArrayView2<'_, f64>,
) -> (Array2<f64>, Vec<f64>) {
    const AT_ONCE: usize = 64;
    let (mut out, mut sums) = (Array2::zeros((n_columns, right.ncols())), vec![0.0; n_columns]);
    let mut together = Vec::with_capacity(AT_ONCE * n_columns);
    // What is added to is read first, and a page of zeros that has been read costs twice.
    let mut accumulate = Accum::Replace;
    for (rows, right) in rows.chunks(AT_ONCE).zip(right.axis_chunks_iter(Axis(0), AT_ONCE)) {
        together.clear();
        for row in rows {
            together.extend_from_slice(row);
            add_scaled(&mut sums, 1.0, row);
        }
        let (left, right) = (MatRef::from_row_major_slice(&together, rows.len(), n_columns), Laid::of(right));
        let right = right.view();
        if let Some(out) = out.as_slice_mut() {
            let out = MatMut::from_row_major_slice_mut(out, n_columns, right.ncols());
            matmul(out, accumulate, left.transpose(), right, 1.0, Par::Seq);
            accumulate = Accum::Add;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;
    use ndarray::s;

    #[test]
    fn transposed_rows_times_a_matrix_equals_the_plain_product() {
        let (rows, right) = (normal_matrix(130, 23, 8), normal_matrix(130, 5, 9));
        let lines: Vec<&[f64]> = rows.outer_iter().filter_map(|row| row.to_slice()).collect();
        let (found, sums) = transposed_rows_times(&lines, 23, right.view());
        assert!((&found - &rows.t().dot(&right)).iter().all(|d| d.abs() < 1e-12));
        assert!(sums.iter().zip(&rows.sum_axis(Axis(0))).all(|(found, sum)| (found - sum).abs() < 1e-12));
        assert_eq!(transposed_rows_times(&[], 23, right.slice(s![..0, ..])).0, Array2::<f64>::zeros((23, 5)));
    }

    #[test]
    fn one_pass_over_rows_equals_two_products() {
        let (rows, vector) = (normal_matrix(11, 37, 6), normal_matrix(1, 37, 7).remove_axis(Axis(0)));
        let mut image = vec![1.0; 37];
        let lines: Vec<&[f64]> = rows.outer_iter().filter_map(|row| row.to_slice()).collect();
        let products = take_away_products_of_rows(&lines, vector.as_slice().unwrap(), &mut image);
        let expected = rows.dot(&vector);
        let left = 1.0 - rows.t().dot(&expected);
        assert!(products.iter().zip(&expected).all(|(found, plain)| (found - plain).abs() < 1e-12));
        assert!(image.iter().zip(&left).all(|(found, plain)| (found - plain).abs() < 1e-12));
    }
}
