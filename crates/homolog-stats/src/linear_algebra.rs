//! The bridge from ndarray's arrays to faer's products and decompositions.
//!
//! Every product here is cut in the same blocks whatever the number of threads, so results are the same bits for one thread
//! and for many (a test holds it to that).

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::linalg::solvers::{DenseSolveCore, Solve};
use faer::{Accum, MatMut, MatRef, Par, Side};
use ndarray::parallel::prelude::*;
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis};

use crate::StatsError;

/// As many threads as the rayon pool that this is called from has.
pub(crate) fn threads() -> Par {
    match rayon::current_num_threads() {
        1 => Par::Seq,
        n => Par::rayon(n),
    }
}

/// The values row by row, copied only when they do not lie that way already.
fn rows<'a>(matrix: &'a ArrayView2<'a, f64>) -> std::borrow::Cow<'a, [f64]> {
    match matrix.as_slice() {
        Some(slice) => std::borrow::Cow::Borrowed(slice),
        None => std::borrow::Cow::Owned(matrix.iter().copied().collect()),
    }
}

fn as_faer<'a>(values: &'a [f64], shape: (usize, usize)) -> MatRef<'a, f64> {
    MatRef::from_row_major_slice(values, shape.0, shape.1)
}

/// The product `left · right`, by faer, on the threads of the current pool.
pub(crate) fn product(left: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Array2<f64> {
    let mut out = Array2::zeros((left.nrows(), right.ncols()));
    let shape = out.dim();
    let (left_rows, right_rows) = (rows(&left), rows(&right));
    if let Some(values) = out.as_slice_mut() {
        faer::linalg::matmul::matmul(
            MatMut::from_row_major_slice_mut(values, shape.0, shape.1),
            Accum::Replace,
            as_faer(&left_rows, left.dim()),
            as_faer(&right_rows, right.dim()),
            1.0,
            threads(),
        );
    }
    out
}

/// The inner products of all columns with each other, `matrixᵀ · matrix`, on one thread: for few columns inside a parallel loop.
pub(crate) fn product_of_columns(matrix: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = matrix.ncols();
    let mut out = Array2::zeros((n, n));
    let values = rows(&matrix);
    let tall = as_faer(&values, matrix.dim());
    if let Some(slice) = out.as_slice_mut() {
        faer::linalg::matmul::matmul(
            MatMut::from_row_major_slice_mut(slice, n, n),
            Accum::Replace,
            tall.transpose(),
            tall,
            1.0,
            Par::Seq,
        );
    }
    out
}

/// Adds `block · blockᵀ` to the lower triangle of `sum`; `block` lies row by row, `n` rows.
pub(crate) fn add_outer_product_lower(sum: &mut [f64], n: usize, block: &[f64], width: usize) {
    let block = MatRef::from_row_major_slice(block, n, width);
    triangular::matmul(
        MatMut::from_row_major_slice_mut(sum, n, n),
        BlockStructure::TriangularLower,
        Accum::Add,
        block,
        BlockStructure::Rectangular,
        block.transpose(),
        BlockStructure::Rectangular,
        1.0,
        threads(),
    );
}

/// Copies the lower triangle onto the upper.
pub(crate) fn mirror_lower(matrix: &mut ArrayViewMut2<'_, f64>) {
    for row in 0..matrix.nrows() {
        for column in 0..row {
            matrix[[column, row]] = matrix[[row, column]];
        }
    }
}

/// Eigenvalues from least to greatest with their eigenvectors as columns, of a symmetric matrix.
pub(crate) fn symmetric_eigen(
    operation: &'static str,
    matrix: ArrayView2<'_, f64>,
) -> Result<(Array1<f64>, Array2<f64>), StatsError> {
    let n = matrix.nrows();
    let values = rows(&matrix);
    let decomposition = as_faer(&values, (n, n)).self_adjoint_eigen(Side::Lower).map_err(|_| {
        StatsError::Decomposition { operation, decomposition: "eigendecomposition", n_rows: n, n_columns: n }
    })?;
    let eigenvalues = decomposition.S().column_vector();
    let vectors = decomposition.U();
    Ok((Array1::from_shape_fn(n, |i| eigenvalues[i]), row_by_row(vectors)))
}

/// The same matrix row by row, copied in squares that fit the cache.
fn row_by_row(matrix: MatRef<'_, f64>) -> Array2<f64> {
    const SIDE: usize = 32;
    let mut out = Array2::zeros((matrix.nrows(), matrix.ncols()));
    out.axis_chunks_iter_mut(Axis(0), SIDE).into_par_iter().enumerate().for_each(|(band, mut rows)| {
        for (block, mut square) in rows.axis_chunks_iter_mut(Axis(1), SIDE).enumerate() {
            for ((row, column), value) in square.indexed_iter_mut() {
                *value = matrix[(band * SIDE + row, block * SIDE + column)];
            }
        }
    });
    out
}

/// Eigenvalues of a symmetric matrix, from least to greatest.
pub(crate) fn symmetric_eigenvalues(
    operation: &'static str,
    matrix: ArrayView2<'_, f64>,
) -> Result<Vec<f64>, StatsError> {
    let n = matrix.nrows();
    let values = rows(&matrix);
    as_faer(&values, (n, n)).self_adjoint_eigenvalues(Side::Lower).map_err(|_| StatsError::Decomposition {
        operation,
        decomposition: "eigendecomposition",
        n_rows: n,
        n_columns: n,
    })
}

/// Singular values of a matrix, from greatest to least.
pub(crate) fn singular_values(operation: &'static str, matrix: ArrayView2<'_, f64>) -> Result<Vec<f64>, StatsError> {
    let values = rows(&matrix);
    as_faer(&values, matrix.dim()).singular_values().map_err(|_| StatsError::Decomposition {
        operation,
        decomposition: "singular value decomposition",
        n_rows: matrix.nrows(),
        n_columns: matrix.ncols(),
    })
}

/// A matrix as U · diag(s) · Vᵀ, singular values from greatest to least.
pub(crate) struct SingularValueDecomposition {
    pub(crate) left: Array2<f64>,
    pub(crate) values: Array1<f64>,
    pub(crate) right: Array2<f64>,
}

/// The thin singular value decomposition.
pub(crate) fn thin_svd(
    operation: &'static str,
    matrix: ArrayView2<'_, f64>,
) -> Result<SingularValueDecomposition, StatsError> {
    let (n_rows, n_columns) = matrix.dim();
    let values = rows(&matrix);
    let decomposition = as_faer(&values, (n_rows, n_columns)).thin_svd().map_err(|_| StatsError::Decomposition {
        operation,
        decomposition: "singular value decomposition",
        n_rows,
        n_columns,
    })?;
    let size = n_rows.min(n_columns);
    let (left, right) = (decomposition.U(), decomposition.V());
    let singular = decomposition.S().column_vector();
    Ok(SingularValueDecomposition {
        left: Array2::from_shape_fn((n_rows, size), |(i, j)| left[(i, j)]),
        values: Array1::from_shape_fn(size, |i| singular[i]),
        right: Array2::from_shape_fn((n_columns, size), |(i, j)| right[(i, j)]),
    })
}

/// `rows` becomes `rows · L⁻ᵀ` for a lower triangular L: each row is solved by forward substitution.
pub(crate) fn solve_lower_in_rows(lower: ArrayView2<'_, f64>, solved: &mut Array2<f64>) {
    let (n_rows, n) = solved.dim();
    let values = rows(&lower);
    if let Some(slice) = solved.as_slice_mut() {
        faer::linalg::triangular_solve::solve_lower_triangular_in_place(
            as_faer(&values, (n, n)),
            MatMut::from_row_major_slice_mut(slice, n_rows, n).transpose_mut(),
            threads(),
        );
    }
}

/// The lower Cholesky factor of a symmetric positive definite matrix, or `None` when it is not positive definite.
pub(crate) fn cholesky(matrix: ArrayView2<'_, f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let values = rows(&matrix);
    let factor = as_faer(&values, (n, n)).llt(Side::Lower).ok()?;
    let lower = factor.L();
    let diagonal_is_positive = (0..n).all(|i| lower[(i, i)] > 0.0 && lower[(i, i)].is_finite());
    diagonal_is_positive.then(|| Array2::from_shape_fn((n, n), |(i, j)| if j <= i { lower[(i, j)] } else { 0.0 }))
}

/// The inverse of a symmetric positive definite matrix with its smallest pivot; `None` when it is not positive definite.
pub(crate) fn inverse_of_positive_definite(matrix: ArrayView2<'_, f64>) -> Option<(Array2<f64>, f64)> {
    let n = matrix.nrows();
    let values = rows(&matrix);
    let factor = as_faer(&values, (n, n)).llt(Side::Lower).ok()?;
    let lower = factor.L();
    let pivot = (0..n).map(|i| lower[(i, i)] * lower[(i, i)]).fold(f64::INFINITY, f64::min);
    let inverse = factor.inverse();
    (pivot > 0.0).then(|| (Array2::from_shape_fn((n, n), |(i, j)| inverse[(i, j)]), pivot))
}

/// The X with `matrix` · X = `right`, for a symmetric positive definite matrix; `None` when it is not positive definite.
pub(crate) fn solve_positive_definite(matrix: ArrayView2<'_, f64>, right: ArrayView2<'_, f64>) -> Option<Array2<f64>> {
    let n = matrix.nrows();
    let (values, mut solution) = (rows(&matrix), right.as_standard_layout().into_owned());
    let factor = as_faer(&values, (n, n)).llt(Side::Lower).ok()?;
    let n_columns = right.ncols();
    factor.solve_in_place(MatMut::from_row_major_slice_mut(solution.as_slice_mut()?, n, n_columns));
    solution.iter().all(|x| x.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::normal_matrix;

    fn on_threads<T: Send>(n: usize, work: impl FnOnce() -> T + Send) -> T {
        rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap().install(work)
    }

    #[test]
    fn product_equals_the_sum_of_products() {
        let (left, right) = (normal_matrix(7, 5, 1), normal_matrix(5, 4, 2));
        let ours = product(left.view(), right.t().to_owned().t());
        let plain = left.dot(&right);
        assert!((&ours - &plain).iter().all(|d| d.abs() < 1e-12));
    }

    #[test]
    fn outer_product_has_the_same_bits_on_one_thread_and_two() {
        let block = normal_matrix(301, 777, 3);
        let sum = |threads: usize| {
            on_threads(threads, || {
                let mut sum = vec![0.0; 301 * 301];
                add_outer_product_lower(&mut sum, 301, block.as_slice().unwrap(), 777);
                sum
            })
        };
        assert_eq!(sum(1), sum(2));
    }

    #[test]
    fn eigendecomposition_has_the_same_bits_on_one_thread_and_two() {
        let factor = normal_matrix(150, 150, 4);
        let symmetric = factor.dot(&factor.t());
        let of = |threads| on_threads(threads, || symmetric_eigen("a test", symmetric.view()).unwrap());
        assert_eq!(of(1), of(2));
    }

    #[test]
    fn cholesky_refuses_a_matrix_that_is_not_positive_definite() {
        assert!(cholesky(ndarray::array![[1.0, 2.0], [2.0, 1.0]].view()).is_none());
        let lower = cholesky(ndarray::array![[4.0, 2.0], [2.0, 5.0]].view()).unwrap();
        assert_eq!(lower, ndarray::array![[2.0, 0.0], [1.0, 2.0]]);
    }

    #[test]
    fn inverse_and_solution_undo_the_matrix() {
        let factor = normal_matrix(9, 6, 5);
        let matrix = factor.t().dot(&factor);
        let (inverse, pivot) = inverse_of_positive_definite(matrix.view()).unwrap();
        assert!((&matrix.dot(&inverse) - &Array2::<f64>::eye(6)).iter().all(|d| d.abs() < 1e-11) && pivot > 0.0);
        let right = normal_matrix(6, 3, 6);
        let solution = solve_positive_definite(matrix.view(), right.view()).unwrap();
        assert!((&matrix.dot(&solution) - &right).iter().all(|d| d.abs() < 1e-11));
        assert!(inverse_of_positive_definite(ndarray::array![[1.0, 2.0], [2.0, 1.0]].view()).is_none());
    }
}
