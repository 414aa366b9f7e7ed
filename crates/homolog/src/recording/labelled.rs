//! An array as a [`ReadSpec`] declares it: numbers with a name and labels on every axis.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ndarray::{ArrayD, Axis};

use super::coordinate::Coordinate;
use super::error::{DataError, DeclarationProblem, FileError};
use super::format::read_tree;
use super::read_spec::{Along, AxisSpec, CoordinateSpec, Labels, ReadSpec};
use super::repetition::mean_of_present;
use super::tree::DataTree;

/// An array of numbers with a name and labels on every axis; missing values are NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledArray {
    /// What each axis of `values` is.
    pub axes: Vec<LabelledAxis>,
    /// The numbers.
    pub values: ArrayD<f64>,
}

/// One axis of a [`LabelledArray`].
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledAxis {
    /// Its name.
    pub name: String,
    /// What it runs along.
    pub along: Along,
    /// What its entries are called; on an axis of pairs, what the stimuli are called.
    pub labels: Vec<String>,
    /// Further coordinates by name.
    pub coordinates: Vec<(String, Coordinate)>,
    /// Start and end of each time bin in milliseconds, on a time axis that says so.
    pub times_ms: Option<(Vec<f64>, Vec<f64>)>,
}

/// Where declared variables are read from: the folder, and the file of the recording.
pub(super) struct Origin<'a> {
    pub(super) folder: &'a Path,
    pub(super) path: PathBuf,
    pub(super) tree: DataTree,
}

impl<'a> Origin<'a> {
    pub(super) fn open(spec: &ReadSpec, folder: &'a Path) -> Result<Self, DataError> {
        let path = folder.join(&spec.path);
        let tree = read_tree(&path)?;
        Ok(Self { folder, path, tree })
    }

    /// The declaration does not fit.
    pub(super) fn misfit(&self, problem: DeclarationProblem) -> DataError {
        DataError::Declaration { path: self.path.clone(), problem }
    }

    pub(super) fn contradiction(&self, place: impl Into<String>, problem: &str, next_step: &str) -> DataError {
        self.misfit(DeclarationProblem::Contradiction {
            place: place.into(),
            problem: problem.to_owned(),
            next_step: next_step.to_owned(),
        })
    }

    /// One value for each entry of something, from a variable of this file or of another.
    fn column(&self, path: Option<&PathBuf>, variable: Option<&str>) -> Result<Coordinate, DataError> {
        let at_fault = path.map_or_else(|| self.path.clone(), |path| self.folder.join(path));
        let array = match path {
            Some(_) => read_tree(&at_fault)?.array(variable),
            None => self.tree.array(variable),
        };
        let array = array.map_err(|problem| FileError::Variable {
            path: at_fault,
            wanted: variable.unwrap_or("the only variable").to_owned(),
            problem: Box::new(problem),
        })?;
        Ok(array.into_elements().into_coordinate())
    }

    /// The values that a declared coordinate has along an axis of this many entries.
    pub(super) fn declared_coordinate(&self, spec: &CoordinateSpec, n_entries: usize) -> Result<Coordinate, DataError> {
        let place = format!("coordinate \"{}\"", spec.name);
        let from_variable = spec.path.is_some() || spec.variable.is_some();
        let coordinate = match (&spec.value, &spec.values, from_variable) {
            (Some(value), None, false) => Coordinate::constant(value, n_entries),
            (None, Some(values), false) => Coordinate::Text(values.clone()),
            (None, None, true) => self.column(spec.path.as_ref(), spec.variable.as_deref())?,
            _ => {
                let next_step = "Give exactly one of value, values, and variable with path";
                return Err(self.contradiction(place, "has no value, or has it in two ways", next_step));
            }
        };
        if coordinate.len() != n_entries {
            return Err(self.misfit(DeclarationProblem::AxisLength {
                axis: spec.axis.clone(),
                found: n_entries,
                needed: coordinate.len(),
                what: "values are declared for its coordinate",
            }));
        }
        if spec.meanings.is_empty() {
            return Ok(coordinate);
        }
        let meaning = |value: String| match spec.meanings.get(&value) {
            Some(meaning) => Ok(meaning.clone()),
            None => Err(self.misfit(DeclarationProblem::UnknownName {
                place: format!("{place}, by the values found,"),
                wanted: value,
                known: spec.meanings.keys().cloned().collect(),
            })),
        };
        coordinate.to_texts().into_iter().map(meaning).collect::<Result<_, _>>().map(Coordinate::Text)
    }
}

impl ReadSpec {
    /// The declared array with its axes, of the file in this folder.
    ///
    /// # Errors
    /// [`DataError::File`] when the file cannot be read or has no such variable; [`DataError::Declaration`] when the array is
    /// not as declared.
    pub fn read_array(&self, folder: &Path) -> Result<LabelledArray, DataError> {
        self.labelled_array(&Origin::open(self, folder)?)
    }

    pub(super) fn labelled_array(&self, origin: &Origin<'_>) -> Result<LabelledArray, DataError> {
        let wanted = self.variable.as_deref();
        let mut values = origin.tree.numbers(wanted).map_err(|problem| FileError::Variable {
            path: origin.path.clone(),
            wanted: wanted.unwrap_or("the only variable").to_owned(),
            problem: Box::new(problem),
        })?;
        if values.ndim() != self.axes.len() {
            return Err(origin.misfit(DeclarationProblem::NumberOfAxes {
                found: values.shape().to_vec(),
                needed: self.axes.len(),
                names: self.axes.iter().map(|axis| axis.name.clone()).collect(),
            }));
        }
        if let Some(missing) = self.missing_value {
            values.mapv_inplace(|value| if value == missing { f64::NAN } else { value });
        }
        let mut axes: Vec<LabelledAxis> = Vec::new();
        for (position, spec) in self.axes.iter().enumerate() {
            let twin = axes.iter().find(|axis| axis.name == spec.name).filter(|_| spec.labels == Labels::Unnamed);
            let axis = match twin {
                Some(twin) if twin.labels.len() == values.len_of(Axis(position)) => twin.clone(),
                _ => labelled_axis(origin, spec, values.len_of(Axis(position)))?,
            };
            axes.push(axis);
        }
        for spec in &self.coordinates {
            for axis in axes.iter_mut().filter(|axis| axis.name == spec.axis) {
                let coordinate = origin.declared_coordinate(spec, axis.labels.len())?;
                axis.coordinates.push((spec.name.clone(), coordinate));
            }
        }
        let mut array = LabelledArray { axes, values };
        for (position, spec) in self.axes.iter().enumerate() {
            if let Some(keep) = &spec.keep {
                array.keep(origin, position, keep)?;
            }
        }
        for name in &self.mean_over {
            array.mean_over(origin, name)?;
        }
        Ok(array)
    }
}

fn labelled_axis(origin: &Origin<'_>, spec: &AxisSpec, length: usize) -> Result<LabelledAxis, DataError> {
    let along = match spec.along.or_else(|| usual_meaning(&spec.name)) {
        Some(along) => along,
        None => {
            return Err(origin.contradiction(
                format!("axis \"{}\"", spec.name),
                "does not say what it runs along, and its name is none of presentation, stimulus, repetition, unit, \
                 time_bin, pair, subject, session",
                "Add along = \"stimulus\" (or repetition, presentation, unit, time_bin, pair)",
            ));
        }
    };
    let n_labels = match along {
        Along::Pair => n_stimuli_of_pairs(length).ok_or_else(|| {
            let problem = format!("has {length} entries, and no number of stimuli makes {length} pairs");
            origin.contradiction(format!("axis \"{}\"", spec.name), &problem, "Check along = \"pair\"")
        })?,
        _ => length,
    };
    let labels = match &spec.labels {
        Labels::Unnamed if along == Along::Stimulus || along == Along::Pair => {
            return Err(origin.contradiction(
                format!("axis \"{}\"", spec.name),
                "runs along stimuli and does not name them",
                "Add labels = […], numbered = \"image{:03}\", or labels_variable; stimuli are joined by id, never by position",
            ));
        }
        Labels::Unnamed => (1..=n_labels).map(|number| number.to_string()).collect(),
        Labels::Listed(labels) => labels.clone(),
        Labels::Numbered { template, first_number } => {
            let numbers = (*first_number..).take(n_labels);
            let filled: Option<Vec<String>> = numbers.map(|number| numbered(template, number)).collect();
            filled.ok_or_else(|| {
                let place = format!("numbered = \"{template}\" of axis \"{}\"", spec.name);
                origin.contradiction(place, "has no place for the number", "Write {} or, padded with zeros, {:04} once")
            })?
        }
        Labels::Variable { path, variable } => origin.column(path.as_ref(), variable.as_deref())?.to_texts(),
    };
    let mismatch = |needed, what| {
        origin.misfit(DeclarationProblem::AxisLength { axis: spec.name.clone(), found: n_labels, needed, what })
    };
    if labels.len() != n_labels {
        return Err(mismatch(labels.len(), "labels are declared for it"));
    }
    let mut seen = BTreeSet::new();
    if let Some(label) = labels.iter().find(|label| !seen.insert(label.as_str())) {
        return Err(origin.misfit(DeclarationProblem::RepeatedLabel { axis: spec.name.clone(), label: label.clone() }));
    }
    let times_ms = spec.start_ms.clone().zip(spec.end_ms.clone());
    if let Some((start, end)) = &times_ms
        && (start.len() != n_labels || end.len() != n_labels)
    {
        return Err(mismatch(start.len().min(end.len()), "times are declared for it"));
    }
    Ok(LabelledAxis { name: spec.name.clone(), along, labels, coordinates: Vec::new(), times_ms })
}

/// The n of n (n - 1) / 2 pairs.
fn n_stimuli_of_pairs(n_pairs: usize) -> Option<usize> {
    let n_stimuli = (1.0 + (1.0 + 8.0 * n_pairs as f64).sqrt()) / 2.0;
    let n_stimuli = n_stimuli.round() as usize;
    (n_stimuli.checked_mul(n_stimuli.saturating_sub(1))? / 2 == n_pairs).then_some(n_stimuli)
}

fn usual_meaning(name: &str) -> Option<Along> {
    Some(match name {
        "stimulus" => Along::Stimulus,
        "repetition" => Along::Repetition,
        "presentation" | "subject" | "session" => Along::Presentation,
        "unit" => Along::Unit,
        "time_bin" => Along::TimeBin,
        "pair" => Along::Pair,
        _ => return None,
    })
}

/// A template with `{}` or `{:04}` filled with a number.
pub(crate) fn numbered(template: &str, number: i64) -> Option<String> {
    let (before, rest) = template.split_once('{')?;
    let (inside, after) = rest.split_once('}')?;
    if inside.is_empty() {
        return Some(format!("{before}{number}{after}"));
    }
    let width: usize = inside.strip_prefix(":0")?.parse().ok().filter(|width| *width <= 20)?;
    Some(format!("{before}{number:0width$}{after}"))
}

impl LabelledArray {
    fn keep(&mut self, origin: &Origin<'_>, position: usize, keep: &[String]) -> Result<(), DataError> {
        let axis = &self.axes[position];
        if axis.along == Along::Pair {
            let place = format!("keep of axis \"{}\"", axis.name);
            return Err(origin.contradiction(place, "would keep pairs", "Leave stimuli out after reading"));
        }
        let find = |wanted: &String| {
            axis.labels.iter().position(|label| label == wanted).ok_or_else(|| {
                origin.misfit(DeclarationProblem::UnknownName {
                    place: format!("keep of axis \"{}\"", axis.name),
                    wanted: wanted.clone(),
                    known: axis.labels.clone(),
                })
            })
        };
        let entries = keep.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        self.values = self.values.select(Axis(position), &entries);
        let axis = &mut self.axes[position];
        axis.labels = entries.iter().map(|entry| axis.labels[*entry].clone()).collect();
        for (_, coordinate) in &mut axis.coordinates {
            *coordinate = coordinate.pick(&entries);
        }
        if let Some((start, end)) = &mut axis.times_ms {
            *start = entries.iter().map(|entry| start[*entry]).collect();
            *end = entries.iter().map(|entry| end[*entry]).collect();
        }
        Ok(())
    }

    fn mean_over(&mut self, origin: &Origin<'_>, name: &str) -> Result<(), DataError> {
        let Some(position) = self.axes.iter().position(|axis| axis.name == name) else {
            return Err(origin.misfit(DeclarationProblem::UnknownName {
                place: "mean_over".to_owned(),
                wanted: name.to_owned(),
                known: self.axes.iter().map(|axis| axis.name.clone()).collect(),
            }));
        };
        self.values = self.values.map_axis(Axis(position), |values| mean_of_present(values.iter().copied()));
        self.axes.remove(position);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::numbered;

    #[test]
    fn numbers_fill_a_template_with_zeros_in_front_where_asked_for() {
        assert_eq!(numbered("image{:04}.jpg", 7).as_deref(), Some("image0007.jpg"));
        assert_eq!(numbered("movie{}", 12).as_deref(), Some("movie12"));
        assert_eq!(numbered("{:02}", 123).as_deref(), Some("123"));
        assert_eq!(numbered("image", 7), None);
        assert_eq!(numbered("{:x}", 7), None);
    }
}
