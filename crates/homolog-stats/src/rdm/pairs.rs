//! Where each pair of stimuli lies in an RDM vector: the upper triangle row by row, as scipy's `squareform` has it.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::StatsError;
use crate::finite::require_same_length;

/// How many pairs `n_stimuli` stimuli have: n(n − 1)/2.
pub fn n_pairs(n_stimuli: usize) -> usize {
    n_stimuli * n_stimuli.saturating_sub(1) / 2
}

/// How many stimuli have `n_pairs` pairs.
///
/// # Errors
/// [`StatsError::NotPairs`] when no number of stimuli has that many pairs (or there are none).
pub fn n_stimuli(n_pairs: usize) -> Result<usize, StatsError> {
    let guess = ((1.0 + (1.0 + 8.0 * n_pairs as f64).sqrt()) / 2.0).round() as usize;
    if n_pairs > 0 && self::n_pairs(guess) == n_pairs { Ok(guess) } else { Err(StatsError::NotPairs { n_pairs }) }
}

/// The position of pair (`first`, `second`) in an RDM vector over `n_stimuli` stimuli, for `first < second < n_stimuli`.
pub fn pair_position(first: usize, second: usize, n_stimuli: usize) -> usize {
    row_start(first, n_stimuli) + second - first - 1
}

/// Where the pairs (`first`, ·) begin.
pub(crate) fn row_start(first: usize, n_stimuli: usize) -> usize {
    first * (2 * n_stimuli - first - 1) / 2
}

/// All pairs (i, j), i < j, in the order of an RDM vector.
pub fn pairs(n_stimuli: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n_stimuli).flat_map(move |i| (i + 1..n_stimuli).map(move |j| (i, j)))
}

/// An RDM vector as a symmetric (n_stimuli, n_stimuli) matrix with zeros on the diagonal.
///
/// # Errors
/// [`StatsError::NotPairs`] when the length is not n(n − 1)/2 of any n.
///
/// # Example
/// ```
/// use homolog_stats::rdm::matrix_from_pairs;
/// use ndarray::array;
/// let matrix = matrix_from_pairs(array![1.0, 2.0, 3.0].view())?;
/// assert_eq!(matrix, array![[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
pub fn matrix_from_pairs(pairs: ArrayView1<'_, f64>) -> Result<Array2<f64>, StatsError> {
    let n = n_stimuli(pairs.len())?;
    let mut matrix = Array2::zeros((n, n));
    for (position, (i, j)) in self::pairs(n).enumerate() {
        matrix[[i, j]] = pairs[position];
        matrix[[j, i]] = pairs[position];
    }
    Ok(matrix)
}

/// The upper triangle of a square matrix as an RDM vector; the lower triangle and the diagonal are not read.
///
/// # Errors
/// [`StatsError::ShapeMismatch`] when the matrix is not square; [`StatsError::TooFewStimuli`] under 2 stimuli.
pub fn pairs_from_matrix(matrix: ArrayView2<'_, f64>) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "an RDM from a matrix";
    let (n_rows, n_columns) = matrix.dim();
    require_same_length(OPERATION, "stimuli", ("its rows", n_rows), ("its columns", n_columns))?;
    crate::finite::require_stimuli(OPERATION, n_rows, 2)?;
    Ok(pairs(n_rows).map(|(i, j)| matrix[[i, j]]).collect())
}

/// The RDM over some of the stimuli, in the order that `stimuli` lists them.
///
/// # Errors
/// [`StatsError::NotPairs`] when the length is no RDM's; [`StatsError::OutOfRange`] when a stimulus is not in it;
/// [`StatsError::TooFewStimuli`] when fewer than 2 are kept.
pub fn select_stimuli(rdm: ArrayView1<'_, f64>, stimuli: &[usize]) -> Result<Array1<f64>, StatsError> {
    const OPERATION: &str = "an RDM over some of the stimuli";
    let n = n_stimuli(rdm.len())?;
    crate::finite::require_stimuli(OPERATION, stimuli.len(), 2)?;
    if let Some(&outside) = stimuli.iter().find(|&&stimulus| stimulus >= n) {
        return Err(StatsError::OutOfRange {
            operation: OPERATION,
            parameter: "a stimulus",
            value: outside as f64,
            allowed: "below the number of stimuli of the RDM",
        });
    }
    let at = |i: usize, j: usize| match i.cmp(&j) {
        std::cmp::Ordering::Less => rdm[pair_position(i, j, n)],
        std::cmp::Ordering::Greater => rdm[pair_position(j, i, n)],
        std::cmp::Ordering::Equal => 0.0,
    };
    Ok(pairs(stimuli.len()).map(|(i, j)| at(stimuli[i], stimuli[j])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn pair_positions_count_up_in_order() {
        for (position, (i, j)) in pairs(7).enumerate() {
            assert_eq!(pair_position(i, j, 7), position);
        }
        assert_eq!(pairs(7).count(), n_pairs(7));
    }

    #[test]
    fn lengths_that_no_rdm_has_are_refused() {
        assert_eq!(n_stimuli(4186), Ok(92));
        assert_eq!(n_stimuli(4), Err(StatsError::NotPairs { n_pairs: 4 }));
        assert!(n_stimuli(0).is_err());
    }

    #[test]
    fn vector_and_matrix_are_each_others_inverse() {
        let rdm = array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let matrix = matrix_from_pairs(rdm.view()).unwrap();
        assert_eq!(pairs_from_matrix(matrix.view()).unwrap(), rdm);
    }

    #[test]
    fn stimuli_are_kept_in_the_order_asked_for() {
        let rdm = array![1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let kept = select_stimuli(rdm.view(), &[3, 0, 1]).unwrap();
        assert_eq!(kept, array![3.0, 5.0, 1.0]);
    }
}
