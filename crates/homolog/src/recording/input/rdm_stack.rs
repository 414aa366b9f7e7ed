//! Dissimilarity matrices over the same stimuli, in any of the shapes that people store them in.

use ndarray::{Array2, ArrayD, ArrayView2, Ix2, Ix3, IxDyn};

use super::align::{StimulusIds, align};
use super::array_of_rdms::ArrayOfRdms;
use super::columns::{check_column_names, content, id_column};
use super::error::{InputError, RdmProblem};
use super::location::Location;
use crate::recording::format::table::Table;
use crate::recording::join::StimulusJoin;

/// Largest difference between the two triangles of a symmetric matrix, as a part of its largest entry.
const ASYMMETRY: f64 = 1e-5;

/// Whether dissimilarities may be missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingPairs {
    /// A NaN is refused.
    #[default]
    Refuse,
    /// A NaN stays: the pair was not measured, as in partial matrices.
    Keep,
}

/// Dissimilarity matrices over the same stimuli.
#[derive(Clone, Debug, PartialEq)]
pub struct RdmStack {
    /// The input, as the user named it.
    pub input: String,
    /// `[[matrix, pair]]`: the upper triangle of each matrix, row by row, as SciPy's `squareform` orders it.
    pub dissimilarities: Array2<f64>,
    /// What each matrix is called: by the file where it says so (an array `rdm_names`, `model_names`, `names` or `subject`), else
    /// by the file's name without its ending, with a number from 1 where it holds several.
    pub names: Vec<String>,
    /// The stimuli, in the order of the rows of the matrices.
    pub stimuli: StimulusIds,
}

impl RdmStack {
    /// The matrices at a place, recognised by shape: `(pairs)`, `(matrices, pairs)`, `(n, n)`, `(matrices, n, n)`, and with more
    /// axes in front, which are run through the last fastest. A netCDF file names its matrices and stimuli by its coordinates; a
    /// `.toml` file declares how another file is read ([`crate::recording::ReadSpec`]).
    ///
    /// A square shape that is also that of as many triangles (3 × 3, 6 × 6, 10 × 10, …) is one matrix where it is symmetric with
    /// a diagonal of 0, several triangles where it is neither, and refused where it is one of both.
    ///
    /// # Errors
    /// [`InputError::File`] when the file cannot be read; [`InputError::Rdm`] when no reading of its shape gives matrices, both
    /// do, a matrix is not symmetric or its diagonal is not 0, or a dissimilarity is infinite, or NaN unless that is kept.
    pub fn read(location: &Location, missing: MissingPairs) -> Result<RdmStack, InputError> {
        let ArrayOfRdms { values, ids, names, .. } = ArrayOfRdms::read(location)?;
        let mut stack = RdmStack::from_array(&location.text, values, ids, missing)?;
        let (stem, n_matrices) = (location.stem(), stack.n_matrices());
        stack.names = match names.filter(|names| names.len() == n_matrices) {
            Some(names) => names,
            None if n_matrices == 1 => vec![stem],
            None => (1..=n_matrices).map(|number| format!("{stem} {number}")).collect(),
        };
        Ok(stack)
    }

    /// Matrices from an array of one of the shapes that [`RdmStack::read`] takes, and the ids of its stimuli where they are known.
    ///
    /// # Errors
    /// As [`RdmStack::read`]; [`InputError::NumberOfIds`], [`InputError::RepeatedIds`].
    pub fn from_array(
        input: &str,
        values: ArrayD<f64>,
        ids: Option<Vec<String>>,
        missing: MissingPairs,
    ) -> Result<RdmStack, InputError> {
        let fault = |problem| InputError::Rdm { input: input.to_owned(), problem: Box::new(problem) };
        let (dissimilarities, n_stimuli) = triangles(values).map_err(fault)?;
        if n_stimuli < 3 {
            return Err(fault(RdmProblem::TooFewStimuli { n_stimuli }));
        }
        let stimuli = match ids {
            Some(ids) if ids.len() != n_stimuli => {
                return Err(InputError::NumberOfIds { input: input.to_owned(), found: ids.len(), needed: n_stimuli });
            }
            Some(ids) => StimulusIds::named(input, ids)?,
            None => StimulusIds::Positional(n_stimuli),
        };
        require_finite(&dissimilarities, &stimuli, missing).map_err(fault)?;
        let names = (0..dissimilarities.nrows()).map(|number| number.to_string()).collect();
        Ok(RdmStack { input: input.to_owned(), dissimilarities, names, stimuli })
    }

    /// The matrices of several inputs below each other, over the stimuli that [`align`] gives, in the order of the first.
    ///
    /// # Errors
    /// As [`align`].
    pub fn together(stacks: &[RdmStack], join: StimulusJoin) -> Result<RdmStack, InputError> {
        let sides: Vec<(&str, &StimulusIds)> =
            stacks.iter().map(|stack| (stack.input.as_str(), &stack.stimuli)).collect();
        let aligned = align(&sides, join)?;
        let parts: Vec<RdmStack> =
            stacks.iter().zip(&aligned.rows).map(|(stack, rows)| stack.select_stimuli(rows)).collect();
        let n_pairs = parts.first().map_or(0, |part| part.dissimilarities.ncols());
        let n_matrices = parts.iter().map(RdmStack::n_matrices).sum();
        let mut dissimilarities = Array2::zeros((n_matrices, n_pairs));
        let rows = parts.iter().flat_map(|part| part.dissimilarities.rows());
        dissimilarities.rows_mut().into_iter().zip(rows).for_each(|(mut to, from)| to.assign(&from));
        Ok(RdmStack {
            input: sides.iter().map(|(input, _)| *input).collect::<Vec<_>>().join(", "),
            dissimilarities,
            names: parts.iter().flat_map(|part| part.names.iter().cloned()).collect(),
            stimuli: aligned.stimuli,
        })
    }

    /// How many matrices there are.
    pub fn n_matrices(&self) -> usize {
        self.dissimilarities.nrows()
    }

    /// How many stimuli there are.
    pub fn n_stimuli(&self) -> usize {
        self.stimuli.len()
    }

    /// The same matrices with ids for their stimuli, in their order.
    ///
    /// # Errors
    /// [`InputError::NumberOfIds`], [`InputError::RepeatedIds`].
    pub fn with_stimulus_ids(mut self, ids: Vec<String>) -> Result<RdmStack, InputError> {
        if ids.len() != self.n_stimuli() {
            let (found, needed) = (ids.len(), self.n_stimuli());
            return Err(InputError::NumberOfIds { input: self.input, found, needed });
        }
        self.stimuli = StimulusIds::named(&self.input, ids)?;
        Ok(self)
    }

    /// The stimuli at these positions, in this order; positions that are not there are left out.
    pub fn select_stimuli(&self, stimuli: &[usize]) -> RdmStack {
        let n = self.n_stimuli();
        let stimuli: Vec<usize> = stimuli.iter().copied().filter(|stimulus| *stimulus < n).collect();
        let pairs = homolog_stats::rdm::pairs(stimuli.len());
        let columns: Vec<usize> = pairs
            .map(|(first, second)| {
                let (one, other) = (stimuli[first], stimuli[second]);
                homolog_stats::rdm::pair_position(one.min(other), one.max(other), n)
            })
            .collect();
        RdmStack {
            input: self.input.clone(),
            dissimilarities: self.dissimilarities.select(ndarray::Axis(1), &columns),
            names: self.names.clone(),
            stimuli: self.stimuli.select(&stimuli),
        }
    }

    /// One matrix as a whole, `[[stimulus, stimulus]]`, for figures; none where it is not there.
    pub fn square(&self, matrix: usize) -> Option<Array2<f64>> {
        if matrix >= self.n_matrices() {
            return None;
        }
        homolog_stats::rdm::matrix_from_pairs(self.dissimilarities.row(matrix)).ok()
    }
}

/// The upper triangle of each matrix, and how many stimuli there are.
fn triangles(values: ArrayD<f64>) -> Result<(Array2<f64>, usize), RdmProblem> {
    let shape = values.shape().to_vec();
    let unfit = || RdmProblem::Shape { shape: shape.clone() };
    let (outer, n_last) = match shape.as_slice() {
        [] => return Err(unfit()),
        [outer @ .., last] => (outer, *last),
    };
    if values.is_empty() {
        return Err(unfit());
    }
    let of_pairs = homolog_stats::rdm::n_stimuli(n_last).ok();
    let is_square = outer.last() == Some(&n_last) && n_last > 1;
    let as_squares = |values: ArrayD<f64>| {
        let n_matrices = values.len() / (n_last * n_last);
        let squares =
            in_shape(values, &[n_matrices, n_last, n_last]).and_then(|array| array.into_dimensionality::<Ix3>().ok());
        squares.ok_or_else(unfit)
    };
    let as_rows = |values: ArrayD<f64>| {
        let n_matrices = values.len() / n_last;
        let rows = in_shape(values, &[n_matrices, n_last]).and_then(|array| array.into_dimensionality::<Ix2>().ok());
        rows.ok_or_else(unfit)
    };
    match (is_square, of_pairs) {
        (false, Some(n_stimuli)) => Ok((as_rows(values)?, n_stimuli)),
        (false, None) => Err(unfit()),
        (true, Some(n_stimuli)) if shape.len() == 2 => {
            let square = as_rows(values)?;
            let symmetric = asymmetry(square.view()).is_none();
            let zero_diagonal = square.diag().iter().all(|value| *value == 0.0);
            let found = match (symmetric, zero_diagonal) {
                (true, true) => return Ok((upper_triangle(square.view(), "the matrix")?, n_last)),
                (false, false) => return Ok((square, n_stimuli)),
                (true, false) => "symmetric, but its diagonal is not 0",
                (false, true) => "not symmetric, but its diagonal is 0",
            };
            Err(RdmProblem::Ambiguous { shape, found })
        }
        (true, _) => {
            let squares = as_squares(values)?;
            let n_matrices = squares.len_of(ndarray::Axis(0));
            let mut rows = Array2::zeros((n_matrices, homolog_stats::rdm::n_pairs(n_last)));
            for (number, (square, mut row)) in squares.outer_iter().zip(rows.rows_mut()).enumerate() {
                let name =
                    if n_matrices == 1 { "the matrix".to_owned() } else { format!("matrix {number} (counted from 0)") };
                row.assign(&upper_triangle(square, &name)?.row(0));
            }
            Ok((rows, n_last))
        }
    }
}

fn in_shape(values: ArrayD<f64>, shape: &[usize]) -> Option<ArrayD<f64>> {
    ArrayD::from_shape_vec(IxDyn(shape), values.iter().copied().collect()).ok()
}

/// The first entry above the diagonal that differs from the one below by more than rounding; NaN equals NaN.
fn asymmetry(square: ArrayView2<'_, f64>) -> Option<(usize, usize)> {
    let finite = square.iter().filter(|value| value.is_finite());
    let largest = finite.fold(0.0, |largest: f64, value| largest.max(value.abs()));
    homolog_stats::rdm::pairs(square.nrows()).find(|(row, column)| {
        let (above, below) = (square[[*row, *column]], square[[*column, *row]]);
        above.is_nan() != below.is_nan() || (above - below).abs() > ASYMMETRY * largest
    })
}

/// The upper triangle of a square matrix as one row, once it is symmetric and its diagonal 0.
fn upper_triangle(square: ArrayView2<'_, f64>, matrix: &str) -> Result<Array2<f64>, RdmProblem> {
    let diagonal = square.diag();
    if let Some(stimulus) = diagonal.iter().position(|value| *value != 0.0) {
        let value = diagonal[stimulus];
        let advice = if diagonal.iter().all(|value| (value - 1.0).abs() < 1e-9) {
            "These are similarities: store 1 minus them"
        } else if value.is_nan() {
            "Store 0 there"
        } else {
            "Store dissimilarities, with 0 there"
        };
        return Err(RdmProblem::Diagonal { matrix: matrix.to_owned(), stimulus, value, advice });
    }
    if let Some((row, column)) = asymmetry(square) {
        let (above, below) = (square[[row, column]], square[[column, row]]);
        return Err(RdmProblem::Asymmetric { matrix: matrix.to_owned(), row, column, above, below });
    }
    let pairs: Vec<f64> = homolog_stats::rdm::pairs(square.nrows()).map(|pair| square[pair]).collect();
    Ok(Array2::from_shape_fn((1, pairs.len()), |(_, pair)| pairs[pair]))
}

fn require_finite(values: &Array2<f64>, stimuli: &StimulusIds, missing: MissingPairs) -> Result<(), RdmProblem> {
    let is_fault = |value: f64| if missing == MissingPairs::Keep { value.is_infinite() } else { !value.is_finite() };
    let Some(((row, column), value)) = values.indexed_iter().find(|(_, value)| is_fault(**value)) else {
        return Ok(());
    };
    let pair = homolog_stats::rdm::pairs(stimuli.len()).nth(column).unwrap_or_default();
    let advice = if value.is_nan() {
        "Leave these stimuli out: every pair has to be measured here"
    } else {
        "Mend the file: no dissimilarity is infinite"
    };
    Err(RdmProblem::NotFinite {
        matrix: if values.nrows() == 1 { "the matrix".to_owned() } else { format!("matrix {row} (counted from 0)") },
        value: *value,
        first: stimuli.text(pair.0),
        second: stimuli.text(pair.1),
        n_values: values.iter().filter(|value| is_fault(**value)).count(),
        advice,
    })
}

/// A table of one square matrix, whose columns are called as its rows, or of one matrix a row, named
/// by the first column.
pub(super) fn square_table(location: &Location) -> Result<ArrayOfRdms, InputError> {
    let table = Table::read(&location.path)?;
    check_column_names(&location.text, &table)?;
    let content = |source| content(&location.path, source);
    let id_column = id_column(&table).map_err(content)?;
    let columns: Vec<&String> = table.names().iter().filter(|name| Some(*name) != id_column.as_ref()).collect();
    let mut values = Array2::zeros((table.n_rows(), columns.len()));
    for (mut column, name) in values.columns_mut().into_iter().zip(&columns) {
        let numbers = table.numbers(name).map_err(content)?;
        column.iter_mut().zip(numbers).for_each(|(value, number)| *value = number);
    }
    let texts = match id_column {
        Some(name) => Some(table.column(&name).map_err(content)?.to_vec()),
        None => None,
    };
    // Where the columns are called as the rows are, both are the stimuli.
    let is_over_stimuli = texts.as_ref().is_some_and(|texts| texts.iter().eq(columns.iter().copied()));
    let (values, ids, names) = if is_over_stimuli {
        (values.insert_axis(ndarray::Axis(0)).into_dyn(), texts, None)
    } else {
        (values.into_dyn(), None, texts)
    };
    Ok(ArrayOfRdms { values, ids, names, outer: Vec::new() })
}
