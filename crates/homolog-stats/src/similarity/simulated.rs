//! Responses for the tests of similarity.

use ndarray::Array2;

use crate::linear_algebra::thin_svd;
use crate::random::normal_matrix;

/// The same responses rotated at random, scaled and shifted.
pub(super) fn turned(x: &Array2<f64>, seed: u64) -> Array2<f64> {
    let rotation = thin_svd("a test", normal_matrix(x.ncols(), x.ncols(), seed).view()).unwrap().left;
    x.dot(&rotation) * 2.5 + 1.0
}
