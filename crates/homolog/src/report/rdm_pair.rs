//! Two dissimilarity matrices over the same stimuli, as pictures.

use ndarray::Array2;

use super::ReportError;
use super::figure::{Figure, RdmMap, RdmPanel, RdmShown};

/// The dissimilarity matrix of the brain beside that of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct RdmPair {
    benchmark: String,
    model: String,
    layer: String,
    brain: Array2<f64>,
    network: Array2<f64>,
}

impl RdmPair {
    /// A pair for a benchmark, from upper triangles row by row; `network` is `(model, layer, triangle)`.
    ///
    /// They are shown as percentiles of their own dissimilarities, as Kriegeskorte et al. (2008) show them, since a rank
    /// comparison sees nothing else and two measures need not share a unit.
    ///
    /// # Errors
    /// - [`ReportError::PairCount`] when a triangle does not have n (n - 1) / 2 entries.
    pub fn new(
        benchmark: &str,
        n_stimuli: usize,
        brain: &[f64],
        network: (&str, &str, &[f64]),
    ) -> Result<RdmPair, ReportError> {
        let (model, layer, triangle) = network;
        let needed = n_stimuli * n_stimuli.saturating_sub(1) / 2;
        for (side, pairs) in [("brain", brain), ("network", triangle)] {
            if pairs.len() != needed {
                let benchmark = benchmark.to_owned();
                return Err(ReportError::PairCount { benchmark, n_stimuli, needed, side, found: pairs.len() });
            }
        }
        Ok(RdmPair {
            benchmark: benchmark.to_owned(),
            model: model.to_owned(),
            layer: layer.to_owned(),
            brain: square(brain, n_stimuli),
            network: square(triangle, n_stimuli),
        })
    }

    /// The benchmark that it belongs to.
    pub fn benchmark(&self) -> &str {
        &self.benchmark
    }

    /// The brain's matrix; `region` is what it is called.
    pub fn brain_figure(&self, region: &str, width: f64) -> Figure {
        figure("Brain", region, &self.brain, width)
    }

    /// The model that its stage is of.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The stage's matrix; `model` is what its model is called.
    pub fn network_figure(&self, model: &str, width: f64) -> Figure {
        figure(model, &self.layer, &self.network, width)
    }
}

fn figure(title: &str, subtitle: &str, matrix: &Array2<f64>, width: f64) -> Figure {
    let n_stimuli = matrix.nrows();
    let description = format!("Dissimilarity matrix of {title}, {subtitle}: {n_stimuli} by {n_stimuli} stimuli");
    let panel = RdmPanel { title: title.to_owned(), subtitle: subtitle.to_owned(), dissimilarities: matrix.clone() };
    let map = RdmMap {
        description,
        panels: vec![panel],
        shown: RdmShown::Percentile,
        thumbnails: Vec::new(),
        categories: Vec::new(),
    };
    map.figure(width)
}

/// The whole matrix from its upper triangle, row by row; 0 on the diagonal.
fn square(triangle: &[f64], n_stimuli: usize) -> Array2<f64> {
    let mut matrix = Array2::zeros((n_stimuli, n_stimuli));
    let pairs = (0..n_stimuli).flat_map(|row| (row + 1..n_stimuli).map(move |column| (row, column)));
    for ((row, column), value) in pairs.zip(triangle) {
        matrix[[row, column]] = *value;
        matrix[[column, row]] = *value;
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_triangle_is_laid_out_row_by_row() {
        let matrix = square(&[1.0, 2.0, 3.0], 3);
        assert_eq!(matrix, ndarray::array![[0.0, 1.0, 2.0], [1.0, 0.0, 3.0], [2.0, 3.0, 0.0]]);
    }

    #[test]
    fn a_triangle_of_another_size_is_refused_with_both_counts() {
        let message = RdmPair::new("mine", 4, &[0.0; 6], ("net", "conv1", &[0.0; 5])).expect_err("5 pairs").to_string();
        assert!(message.contains("4 stimuli make 6 pairs, and the matrix of the network has 5"), "{message}");
    }
}
