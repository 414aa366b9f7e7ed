//! The Gram matrix of stimuli, formed in one pass over the units.
//!
//! Recording a layer gives blocks of units; their products add up, so the whole (n_stimuli, n_units) matrix need never be in
//! memory. RDMs ([`crate::rdm::rdm_from_gram`]), linear CKA, effective dimensionality and kernel methods follow from it.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

use crate::StatsError;
use crate::finite::{require_finite, require_stimuli};
use crate::linear_algebra::mirror_lower;
use crate::products_of_rows::{Centre, add_products_of_rows};

/// Inner products of the responses to each pair of stimuli, with what is needed to centre them.
#[derive(Debug, Clone, PartialEq)]
pub struct Gram {
    /// Σ over units of response to stimulus i times response to stimulus j; (n_stimuli, n_stimuli), symmetric.
    pub products: Array2<f64>,
    /// Σ over units of the response to each stimulus; (n_stimuli).
    pub row_sums: Array1<f64>,
    /// How many units were added.
    pub n_units: usize,
}

impl Gram {
    /// The Gram matrix of a whole set of responses.
    ///
    /// # Shapes and units
    /// - `responses`: (n_stimuli, n_units).
    ///
    /// # Errors
    /// As [`GramAccumulator::add_columns`] and [`GramAccumulator::finish`].
    pub fn of<A: Copy + Into<f64> + Sync + Send>(responses: ArrayView2<'_, A>) -> Result<Self, StatsError> {
        let mut accumulator = GramAccumulator::new(responses.nrows());
        accumulator.add_columns(responses)?;
        accumulator.finish()
    }

    /// How many stimuli it is over.
    pub fn n_stimuli(&self) -> usize {
        self.row_sums.len()
    }

    /// The Gram matrix after the mean response of every unit over stimuli is taken away: H K H with H = I − 11ᵀ/n.
    ///
    /// Its eigenvalues divided by n − 1 are the variances along the principal components.
    pub fn centred_over_stimuli(&self) -> Array2<f64> {
        centre_both_sides(self.products.view())
    }
}

/// H K H with H = I − 11ᵀ/n: rows and columns of a symmetric matrix then sum to zero.
pub(crate) fn centre_both_sides(products: ArrayView2<'_, f64>) -> Array2<f64> {
    let n = products.nrows() as f64;
    let means: Array1<f64> = products.rows().into_iter().map(|row| row.sum() / n).collect();
    let grand = means.sum() / n;
    Array2::from_shape_fn(products.dim(), |(i, j)| products[[i, j]] - means[i] - means[j] + grand)
}

/// Adds up a [`Gram`] from blocks of units, in the order they come.
///
/// Memory: n_stimuli² f64, and one block of 1,024 units.
///
/// # Example
/// ```
/// use homolog_stats::gram::GramAccumulator;
/// use ndarray::array;
/// let mut sum = GramAccumulator::new(2);
/// sum.add_columns(array![[1.0_f32, 2.0], [0.0, 1.0]].view())?;
/// sum.add_columns(array![[3.0_f32], [1.0]].view())?;
/// let gram = sum.finish()?;
/// assert_eq!(gram.products, array![[14.0, 5.0], [5.0, 2.0]]);
/// assert_eq!((gram.row_sums[0], gram.n_units), (6.0, 3));
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct GramAccumulator {
    n_stimuli: usize,
    lower: Vec<f64>,
    row_sums: Array1<f64>,
    n_units: usize,
}

impl GramAccumulator {
    /// An empty sum over `n_stimuli` stimuli.
    pub fn new(n_stimuli: usize) -> Self {
        Self { n_stimuli, lower: vec![0.0; n_stimuli * n_stimuli], row_sums: Array1::zeros(n_stimuli), n_units: 0 }
    }

    /// Adds a block of units: (n_stimuli, any number of units), f32 or f64; the sums are f64.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when the block has another number of stimuli.
    /// - [`StatsError::NotFinite`] when a value is NaN or infinite; its column counts from the first unit ever added.
    pub fn add_columns<A: Copy + Into<f64> + Sync + Send>(
        &mut self,
        block: ArrayView2<'_, A>,
    ) -> Result<(), StatsError> {
        const OPERATION: &str = "a Gram matrix";
        crate::finite::require_same_length(
            OPERATION,
            "stimuli",
            ("the block of units", block.nrows()),
            ("the Gram matrix", self.n_stimuli),
        )?;
        require_finite(OPERATION, "responses", block).map_err(|error| self.counted_on(error))?;
        let sum = |row: ArrayView1<'_, A>| row.iter().map(|&value| value.into()).sum::<f64>();
        let sums: Vec<f64> = block.axis_iter(Axis(0)).into_par_iter().map(sum).collect();
        self.row_sums += &Array1::from(sums);
        add_products_of_rows(&mut self.lower, block, &Centre::Nothing);
        self.n_units += block.ncols();
        Ok(())
    }

    /// The finished Gram matrix.
    ///
    /// # Errors
    /// - [`StatsError::TooFewStimuli`] with no stimulus.
    /// - [`StatsError::TooFew`] when no unit was added.
    pub fn finish(self) -> Result<Gram, StatsError> {
        require_stimuli("a Gram matrix", self.n_stimuli, 1)?;
        crate::finite::require_count("a Gram matrix", "units", self.n_units, 1)?;
        let lower = self.lower;
        let n = self.n_stimuli;
        let mut products = Array2::from_shape_fn((n, n), |(i, j)| lower[i * n + j]);
        mirror_lower(&mut products.view_mut());
        Ok(Gram { products, row_sums: self.row_sums, n_units: self.n_units })
    }

    fn counted_on(&self, error: StatsError) -> StatsError {
        match error {
            StatsError::NotFinite { operation, what, row, column, value } => {
                StatsError::NotFinite { operation, what, row, column: column + self.n_units, value }
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::{array, s};

    #[test]
    fn blocks_of_units_add_up_to_the_whole() {
        let mut rng = Rng::new(5);
        let responses = Array2::from_shape_simple_fn((9, 1300), || rng.normal());
        let whole = Gram::of(responses.view()).unwrap();
        let mut parts = GramAccumulator::new(9);
        parts.add_columns(responses.slice(s![.., ..700])).unwrap();
        parts.add_columns(responses.slice(s![.., 700..])).unwrap();
        let parts = parts.finish().unwrap();
        let plain = responses.dot(&responses.t());
        for gram in [&whole, &parts] {
            assert!((&gram.products - &plain).iter().all(|d| d.abs() < 1e-9));
        }
        assert_eq!(parts.n_units, 1300);
    }

    #[test]
    fn a_value_that_is_not_finite_is_counted_from_the_first_unit() {
        let mut sum = GramAccumulator::new(1);
        sum.add_columns(array![[1.0, 2.0]].view()).unwrap();
        let found = sum.add_columns(array![[1.0, f64::NAN]].view());
        assert!(matches!(found, Err(StatsError::NotFinite { column: 3, .. })));
    }

    #[test]
    fn centred_gram_is_that_of_responses_without_the_mean_over_stimuli() {
        let responses = array![[1.0, 2.0, 0.5], [0.0, 4.0, 1.0], [2.0, 2.0, 3.0]];
        let mean = responses.mean_axis(ndarray::Axis(0)).unwrap();
        let centred = &responses - &mean;
        let expected = centred.dot(&centred.t());
        let found = Gram::of(responses.view()).unwrap().centred_over_stimuli();
        assert!((&found - &expected).iter().all(|d| d.abs() < 1e-12));
    }

    #[test]
    fn no_units_is_an_error() {
        assert!(matches!(GramAccumulator::new(3).finish(), Err(StatsError::TooFew { .. })));
    }
}
