//! What tests of mappings draw and divide.

use ndarray::Array2;

use crate::random::Rng;
use crate::splits::Split;

/// Independent standard normal numbers.
pub(super) fn draw(n_rows: usize, n_columns: usize, seed: u64) -> Array2<f64> {
    let mut rng = Rng::new(seed);
    Array2::from_shape_simple_fn((n_rows, n_columns), || rng.normal())
}

/// The first `n_train` of `n` stimuli to learn from, the others to test on.
pub(super) fn first_to_train(n_train: usize, n: usize) -> Split {
    Split { train: (0..n_train).collect(), test: (n_train..n).collect() }
}
