//! How tests of mappings divide their stimuli.

use crate::splits::Split;

/// The first `n_train` of `n` stimuli to learn from, the others to test on.
pub(super) fn first_to_train(n_train: usize, n: usize) -> Split {
    Split { train: (0..n_train).collect(), test: (n_train..n).collect() }
}
