//! Two dissimilarity matrices over the same stimuli, as pictures.

use ndarray::Array2;

use super::ReportError;
use super::figure::{Figure, HeatMap, Panel};

/// Pixels across a picture at most; larger matrices are averaged in blocks.
const MOST_PIXELS: usize = 400;

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
            brain: square(&percentiles(brain), n_stimuli),
            network: square(&percentiles(triangle), n_stimuli),
        })
    }

    /// The benchmark that it belongs to.
    pub fn benchmark(&self) -> &str {
        &self.benchmark
    }

    /// The brain's matrix; `region` is what it is called.
    pub fn brain_figure(&self, region: &str, width: f64) -> Option<Figure> {
        figure("Brain", region, &self.brain, width)
    }

    /// The stage's matrix.
    pub fn network_figure(&self, width: f64) -> Option<Figure> {
        figure(&self.model, &self.layer, &self.network, width)
    }
}

fn figure(title: &str, subtitle: &str, matrix: &Array2<f64>, width: f64) -> Option<Figure> {
    let n_stimuli = matrix.nrows();
    let description = format!("Dissimilarity matrix of {title}, {subtitle}: {n_stimuli} by {n_stimuli} stimuli");
    let panel = Panel::new(title, subtitle, averaged(matrix).view())?;
    let map = HeatMap {
        description,
        panels: vec![panel],
        bar: "dissimilarity (percentile)".to_owned(),
        ends: ("0 alike".to_owned(), "100 different".to_owned()),
    };
    Some(map.figure(width))
}

/// The rank of each value from 0 to 1, equal values at their mean rank; what is not a number stays so.
fn percentiles(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).filter(|&position| !values[position].is_nan()).collect();
    order.sort_by(|&left, &right| values[left].total_cmp(&values[right]));
    let highest = order.len().saturating_sub(1).max(1) as f64;
    let mut ranks = vec![f64::NAN; values.len()];
    let mut start = 0;
    while start < order.len() {
        let equal = order[start..].iter().take_while(|&&position| values[position] == values[order[start]]).count();
        let rank = (start as f64 + (equal - 1) as f64 / 2.0) / highest;
        order[start..start + equal].iter().for_each(|&position| ranks[position] = rank);
        start += equal;
    }
    ranks
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

/// The matrix itself, or the means of its blocks where it has more rows than a picture has pixels.
fn averaged(matrix: &Array2<f64>) -> Array2<f64> {
    let n_rows = matrix.nrows();
    if n_rows <= MOST_PIXELS {
        return matrix.clone();
    }
    let edge = |block: usize| block * n_rows / MOST_PIXELS;
    Array2::from_shape_fn((MOST_PIXELS, MOST_PIXELS), |(row, column)| {
        let block = matrix.slice(ndarray::s![edge(row)..edge(row + 1), edge(column)..edge(column + 1)]);
        block.mean().unwrap_or(f64::NAN)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_dissimilarities_share_their_mean_percentile() {
        assert_eq!(percentiles(&[5.0, 1.0, 5.0, 3.0, 9.0]), [0.625, 0.0, 0.625, 0.25, 1.0]);
        let with_a_gap = percentiles(&[2.0, f64::NAN, 1.0]);
        assert!(with_a_gap[1].is_nan() && with_a_gap[0] == 1.0 && with_a_gap[2] == 0.0);
    }

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

    #[test]
    fn a_large_matrix_is_averaged_in_blocks() {
        let matrix = Array2::from_shape_fn((800, 800), |(row, _)| (row / 2) as f64);
        let small = averaged(&matrix);
        assert_eq!(small.dim(), (400, 400));
        assert_eq!(small[[399, 0]], 399.0);
    }
}
