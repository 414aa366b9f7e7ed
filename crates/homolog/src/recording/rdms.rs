//! Recorded dissimilarity matrices: what some experiments publish in place of responses.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array2, Axis, IxDyn};

use super::coordinate::{Coordinate, Coordinates};
use super::error::DataError;
use super::labelled::{LabelledAxis, Origin};
use super::read_spec::{Along, ReadSpec};

/// Largest difference between the two triangles of a symmetric matrix, as a part of its largest entry.
const ASYMMETRY: f64 = 1e-5;

/// Dissimilarity matrices over the same stimuli, one for each subject (and session, or whatever else tells them apart).
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRdms {
    /// `[[rdm, pair]]`: the upper triangle of each matrix, row by row, as SciPy's `squareform` orders it.
    pub dissimilarities: Array2<f64>,
    /// The stimuli, in the order of the rows of the matrices.
    pub stimulus_ids: Vec<String>,
    /// What tells the matrices apart: `subject`, `session`.
    pub rdm: Coordinates,
    /// What is known of each stimulus.
    pub stimulus: Coordinates,
    /// What the declaration says of the whole.
    pub attributes: BTreeMap<String, String>,
}

impl ReadSpec {
    /// The declared dissimilarity matrices, of the file in this folder: two axes with one name along stimuli, or one axis of
    /// pairs (whose labels are then those of the stimuli), and any further axes.
    ///
    /// # Errors
    /// [`DataError::File`] when the file cannot be read or has no such variable; [`DataError::Declaration`] when it is not as
    /// declared, not symmetric, or has another number of pairs than its stimuli make.
    pub fn read_rdms(&self, folder: &Path) -> Result<RecordedRdms, DataError> {
        let origin = Origin::open(self, folder)?;
        let array = self.labelled_array(&origin)?;
        let along =
            |wanted| -> Vec<usize> { (0..array.axes.len()).filter(|axis| array.axes[*axis].along == wanted).collect() };
        let (stimuli, pairs) = (along(Along::Stimulus), along(Along::Pair));
        let inner = match (stimuli.as_slice(), pairs.as_slice()) {
            ([first, second], []) if array.axes[*first].labels == array.axes[*second].labels => stimuli,
            ([], [_]) => pairs,
            _ => {
                return Err(origin.contradiction(
                    "axes",
                    "are not those of dissimilarity matrices",
                    "Declare two axes \"stimulus\", or one axis \"pair\" with the labels of the stimuli",
                ));
            }
        };
        let outer: Vec<usize> = (0..array.axes.len()).filter(|axis| !inner.contains(axis)).collect();
        let n_rdms: usize = outer.iter().map(|axis| array.axes[*axis].labels.len()).product();
        let order: Vec<usize> = outer.iter().chain(&inner).copied().collect();
        let values = array.values.clone().permuted_axes(IxDyn(&order));
        let n_inner: usize = inner.iter().map(|axis| array.values.len_of(Axis(*axis))).product();
        let values = Array2::from_shape_vec((n_rdms, n_inner), values.iter().copied().collect());
        let values = values.map_err(|_| origin.contradiction("axes", "do not fit the array", "Check their number"))?;
        let stimulus = &array.axes[inner[0]];
        let dissimilarities =
            if inner.len() == 1 { values } else { upper_triangles(&origin, &values, stimulus.labels.len())? };
        Ok(RecordedRdms {
            dissimilarities,
            stimulus_ids: stimulus.labels.clone(),
            rdm: crossed(outer.iter().map(|axis| &array.axes[*axis]), n_rdms),
            stimulus: stimulus.coordinates.iter().cloned().collect(),
            attributes: self.attributes.clone(),
        })
    }
}

/// The upper triangle of each row's square matrix, row by row, once the lower is seen to mirror it.
fn upper_triangles(origin: &Origin<'_>, squares: &Array2<f64>, n_stimuli: usize) -> Result<Array2<f64>, DataError> {
    let mut triangles = Array2::zeros((squares.nrows(), n_stimuli * n_stimuli.saturating_sub(1) / 2));
    for (matrix, mut pairs) in squares.rows().into_iter().zip(triangles.rows_mut()) {
        let finite = matrix.iter().filter(|value| value.is_finite());
        let largest = finite.fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let upper = (0..n_stimuli).flat_map(|row| (row + 1..n_stimuli).map(move |column| (row, column)));
        for (pair, (row, column)) in pairs.iter_mut().zip(upper) {
            let (above, below) = (matrix[row * n_stimuli + column], matrix[column * n_stimuli + row]);
            if (above - below).abs() > ASYMMETRY * largest {
                let (row, column) = (row + 1, column + 1);
                let problem =
                    format!("is not symmetric: ({row}, {column}) is {above} and ({column}, {row}) is {below}");
                let next_step = "Dissimilarities have no direction: store the mean of both";
                return Err(origin.contradiction("a matrix", &problem, next_step));
            }
            *pair = above;
        }
    }
    Ok(triangles)
}

/// The labels and coordinates of crossed axes, the last fastest.
fn crossed<'a>(axes: impl Iterator<Item = &'a LabelledAxis>, n_combinations: usize) -> Coordinates {
    let mut coordinates = Coordinates::new();
    let mut each = n_combinations;
    for axis in axes {
        let length = axis.labels.len().max(1);
        each /= length;
        let entries: Vec<usize> = (0..n_combinations).map(|number| number / each.max(1) % length).collect();
        coordinates.insert(axis.name.clone(), Coordinate::Text(axis.labels.clone()).pick(&entries));
        coordinates.extend(axis.coordinates.iter().map(|(name, values)| (name.clone(), values.pick(&entries))));
    }
    coordinates
}
