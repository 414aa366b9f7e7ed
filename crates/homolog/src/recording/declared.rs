//! A recording read as a [`ReadSpec`] declares it.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::{Array3, ArrayD, Axis, IxDyn};

use super::assembly::{Recording, RecordingAxis, RecordingParts};
use super::coordinate::{Coordinate, Coordinates, pick_all};
use super::error::{DataError, DeclarationProblem};
use super::format;
use super::labelled::{LabelledArray, LabelledAxis, Origin};
use super::read_spec::{Along, CoordinateSpec, Layout, ReadSpec};

impl ReadSpec {
    /// The declared recording, of the file in this folder.
    ///
    /// Presentations are the crossing of the axes along stimuli, repetitions and presentations, in the array's order;
    /// presentations at which no unit has a value are left out, as arrays are padded where stimuli were shown unequally
    /// often.
    ///
    /// # Errors
    /// [`DataError::File`] when the file cannot be read or has no such variable; [`DataError::Declaration`] when it is not as
    /// declared; otherwise as [`Recording::new`].
    pub fn read_recording(&self, folder: &Path) -> Result<Recording, DataError> {
        let path = folder.join(&self.path);
        let recording = match self.layout {
            Layout::Array => return self.recording_of_array(folder),
            Layout::Assembly => format::read_assembly(&path)?,
            Layout::WideTable => format::csv::read_wide(&path)?,
            Layout::LongTable => match &self.columns {
                Some(columns) => format::csv::read_long(&path, columns)?,
                None => {
                    let problem = DeclarationProblem::Contradiction {
                        place: "layout = \"long_table\"".to_owned(),
                        problem: "does not say which column is what".to_owned(),
                        next_step: "Add columns = { stimulus_id = …, value = … }".to_owned(),
                    };
                    return Err(DataError::Declaration { path, problem });
                }
            },
        };
        let mut parts = recording.into_parts();
        if let Some(missing) = self.missing_value {
            parts.values.mapv_inplace(|value| if value == missing { f64::NAN } else { value });
        }
        parts.attributes.extend(self.attributes.clone());
        let origin = Origin { folder, path, tree: super::tree::DataTree::named([]) };
        self.with_declared_coordinates(&origin, Recording::new(parts)?, &[])
    }

    fn recording_of_array(&self, folder: &Path) -> Result<Recording, DataError> {
        let origin = Origin::open(self, folder)?;
        let array = self.labelled_array(&origin)?;
        let crossed = Crossed::new(&origin, array)?;
        let array_axes: Vec<String> = self.axes.iter().map(|axis| axis.name.clone()).collect();
        let recording = self.assemble(&origin, crossed)?;
        self.with_declared_coordinates(&origin, recording, &array_axes)
    }

    /// Adds the coordinates that are declared for an axis of the recording and not of the array.
    fn with_declared_coordinates(
        &self,
        origin: &Origin<'_>,
        mut recording: Recording,
        array_axes: &[String],
    ) -> Result<Recording, DataError> {
        for spec in self.coordinates.iter().filter(|spec| !array_axes.contains(&spec.axis)) {
            let axis = recording_axis(origin, spec)?;
            let coordinate = origin.declared_coordinate(spec, recording.len_of(axis))?;
            recording = recording.with_coordinate(axis, &spec.name, coordinate)?;
        }
        Ok(recording)
    }

    fn assemble(&self, origin: &Origin<'_>, crossed: Crossed) -> Result<Recording, DataError> {
        let shown = crossed.presentations_with_a_value();
        let mut presentation = crossed.coordinates_along(|along| along != Along::Unit && along != Along::TimeBin);
        presentation = pick_all(&presentation, &shown);
        let labels = Labelled { axes: &crossed.presentation_axes, entries: &shown };
        if !presentation.contains_key("stimulus_id") || self.stimulus_id.is_some() {
            let ids = self.stimulus_ids(origin, &labels)?;
            presentation.insert("stimulus_id".to_owned(), Coordinate::Text(ids));
        }
        presentation.remove("stimulus");
        presentation.remove("presentation");
        if let Some(repetition) = presentation.remove("repetition") {
            let numbers = if self.stimulus_aliases.is_empty() { repetition } else { counted_again(&presentation) };
            presentation.insert("repetition".to_owned(), whole_numbers(numbers));
        }
        let mut unit = crossed.coordinates_along(|along| along == Along::Unit);
        unit.remove("unit");
        unit.entry("unit_id".to_owned()).or_insert_with(|| Coordinate::Text(crossed.unit_ids()));
        Recording::new(RecordingParts {
            values: crossed.values.select(Axis(0), &shown),
            presentation,
            unit,
            time_bin: crossed.time_bins(),
            attributes: self.attributes.clone(),
        })
    }

    /// The id of each presentation's stimulus, aliases resolved.
    fn stimulus_ids(&self, origin: &Origin<'_>, presentations: &Labelled<'_>) -> Result<Vec<String>, DataError> {
        let along_stimuli: Vec<&str> = presentations
            .axes
            .iter()
            .filter(|axis| axis.along == Along::Stimulus)
            .map(|axis| axis.name.as_str())
            .collect();
        let template = match (&self.stimulus_id, along_stimuli.as_slice()) {
            (Some(template), _) => template.clone(),
            (None, [name]) => format!("{{{name}}}"),
            (None, found) => {
                let problem = format!("is left out, and {} axes run along stimuli", found.len());
                let next_step = "Write it of their names, such as stimulus_id = \"{category}/{number}\"";
                return Err(origin.contradiction("stimulus_id", &problem, next_step));
            }
        };
        for alias in &self.stimulus_aliases {
            for name in alias.condition.keys().chain(alias.same_as.keys()) {
                presentations.check_name(origin, "stimulus_aliases", name)?;
            }
        }
        (0..presentations.entries.len())
            .map(|presentation| {
                let mut labels = presentations.of(presentation);
                for alias in &self.stimulus_aliases {
                    if alias.condition.iter().all(|(name, label)| labels.get(name.as_str()) == Some(&label.as_str())) {
                        labels.extend(alias.same_as.iter().map(|(name, label)| (name.as_str(), label.as_str())));
                        break;
                    }
                }
                filled(&template, |name| match labels.get(name) {
                    Some(label) => Ok((*label).to_owned()),
                    None => Err(presentations.check_name(origin, "stimulus_id", name).err().unwrap_or_else(|| {
                        origin.contradiction("stimulus_id", "has a name that is no axis", "Use the names of axes")
                    })),
                })
            })
            .collect()
    }
}

fn recording_axis(origin: &Origin<'_>, spec: &CoordinateSpec) -> Result<RecordingAxis, DataError> {
    let axes = [RecordingAxis::Presentation, RecordingAxis::Unit, RecordingAxis::TimeBin];
    axes.into_iter().find(|axis| axis.name() == spec.axis).ok_or_else(|| {
        origin.misfit(DeclarationProblem::UnknownName {
            place: format!("coordinate \"{}\"", spec.name),
            wanted: spec.axis.clone(),
            known: axes.iter().map(|axis| axis.name().to_owned()).collect(),
        })
    })
}

/// A template whose `{name}`s are replaced.
fn filled(template: &str, value: impl Fn(&str) -> Result<String, DataError>) -> Result<String, DataError> {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            break;
        };
        text.push_str(before);
        text.push_str(&value(name)?);
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

/// Repetitions counted from 1 for presentations that agree in everything that tells presentations apart.
fn counted_again(presentation: &Coordinates) -> Coordinate {
    let keys: Vec<Vec<String>> = ["stimulus_id", "subject", "session"]
        .iter()
        .filter_map(|name| presentation.get(*name).map(Coordinate::to_texts))
        .collect();
    let mut so_far: BTreeMap<Vec<&str>, i64> = BTreeMap::new();
    let n_presentations = keys.first().map_or(0, Vec::len);
    let count = |row: usize| {
        let key = keys.iter().map(|column| column[row].as_str()).collect();
        let count = so_far.entry(key).or_insert(0);
        *count += 1;
        *count
    };
    Coordinate::Integer((0..n_presentations).map(count).collect())
}

fn whole_numbers(coordinate: Coordinate) -> Coordinate {
    let numbers: Result<Vec<i64>, _> = coordinate.to_texts().iter().map(|text| text.parse()).collect();
    numbers.map_or(coordinate, Coordinate::Integer)
}

/// An array whose axes are crossed into those of a recording.
struct Crossed {
    values: Array3<f64>,
    presentation_axes: Vec<LabelledAxis>,
    unit_axes: Vec<LabelledAxis>,
    time_axis: Option<LabelledAxis>,
}

impl Crossed {
    fn new(origin: &Origin<'_>, array: LabelledArray) -> Result<Self, DataError> {
        let order_of = |along| match along {
            Along::Unit => 1,
            Along::TimeBin => 2,
            _ => 0,
        };
        if array.axes.iter().any(|axis| axis.along == Along::Pair) || repeats_a_name(&array.axes) {
            let next_step = "Read it with read_rdms, or as a benchmark of RDMs";
            return Err(origin.contradiction("the array", "holds dissimilarities of pairs, not responses", next_step));
        }
        let mut order: Vec<usize> = (0..array.axes.len()).collect();
        order.sort_by_key(|position| order_of(array.axes[*position].along));
        let values: ArrayD<f64> = array.values.permuted_axes(IxDyn(&order));
        let count = |group| -> usize {
            array.axes.iter().filter(|axis| order_of(axis.along) == group).map(|axis| axis.labels.len()).product()
        };
        let shape = (count(0), count(1), count(2));
        let values = Array3::from_shape_vec(shape, values.iter().copied().collect()).map_err(|_| {
            origin.contradiction("the array", "cannot be put into presentations, units and time bins", "Check axes")
        })?;
        let of_group = |group| array.axes.iter().filter(move |axis| order_of(axis.along) == group).cloned();
        let mut time_axes = of_group(2);
        let time_axis = time_axes.next();
        if time_axes.next().is_some() {
            return Err(origin.contradiction(
                "axes",
                "have two axes along time",
                "Keep one, or average over the other",
            ));
        }
        Ok(Self { values, presentation_axes: of_group(0).collect(), unit_axes: of_group(1).collect(), time_axis })
    }

    /// The presentations at which some unit has a value; all where nothing was repeated.
    fn presentations_with_a_value(&self) -> Vec<usize> {
        let is_padded = self.presentation_axes.iter().any(|axis| axis.along == Along::Repetition);
        let has_value =
            |row: &usize| !is_padded || self.values.index_axis(Axis(0), *row).iter().any(|value| !value.is_nan());
        (0..self.values.len_of(Axis(0))).filter(has_value).collect()
    }

    /// The labels and coordinates of the axes that are wanted, one value for each combination.
    fn coordinates_along(&self, wanted: impl Fn(Along) -> bool) -> Coordinates {
        let mut coordinates = Coordinates::new();
        for axes in [&self.presentation_axes, &self.unit_axes] {
            for (position, axis) in axes.iter().enumerate().filter(|(_, axis)| wanted(axis.along)) {
                let entries = entries_of(axes, position);
                let name = if axis.along == Along::Repetition { "repetition" } else { axis.name.as_str() };
                coordinates.insert(name.to_owned(), Coordinate::Text(axis.labels.clone()).pick(&entries));
                for (name, coordinate) in &axis.coordinates {
                    coordinates.insert(name.clone(), coordinate.pick(&entries));
                }
            }
        }
        coordinates
    }

    fn unit_ids(&self) -> Vec<String> {
        let columns: Vec<Vec<usize>> =
            (0..self.unit_axes.len()).map(|position| entries_of(&self.unit_axes, position)).collect();
        let id = |unit: usize| {
            let labels = self.unit_axes.iter().zip(&columns).map(|(axis, entries)| axis.labels[entries[unit]].as_str());
            labels.collect::<Vec<_>>().join("/")
        };
        match self.unit_axes.as_slice() {
            [] => vec!["1".to_owned()],
            _ => (0..self.values.len_of(Axis(1))).map(id).collect(),
        }
    }

    fn time_bins(&self) -> Coordinates {
        let Some(axis) = &self.time_axis else {
            return Coordinates::new();
        };
        let mut coordinates: Coordinates = axis.coordinates.iter().cloned().collect();
        if let Some((start, end)) = &axis.times_ms {
            coordinates.insert("start_ms".to_owned(), Coordinate::Float(start.clone()));
            coordinates.insert("end_ms".to_owned(), Coordinate::Float(end.clone()));
        }
        coordinates
    }
}

fn repeats_a_name(axes: &[LabelledAxis]) -> bool {
    (1..axes.len()).any(|position| axes[..position].iter().any(|axis| axis.name == axes[position].name))
}

/// For each combination of entries of the axes, the last fastest, the entry of one of them.
fn entries_of(axes: &[LabelledAxis], position: usize) -> Vec<usize> {
    let product = |axes: &[LabelledAxis]| axes.iter().map(|axis| axis.labels.len()).product::<usize>();
    let length = axes[position].labels.len().max(1);
    let each = product(&axes[position + 1..]).max(1);
    (0..product(axes)).map(|combination| combination / each % length).collect()
}

/// The labels of presentations.
struct Labelled<'a> {
    axes: &'a [LabelledAxis],
    /// Combinations of entries, the last axis fastest.
    entries: &'a [usize],
}

impl<'a> Labelled<'a> {
    fn of(&self, presentation: usize) -> BTreeMap<&'a str, &'a str> {
        let mut rest = self.entries[presentation];
        let mut labels = BTreeMap::new();
        for axis in self.axes.iter().rev() {
            let length = axis.labels.len().max(1);
            if let Some(label) = axis.labels.get(rest % length) {
                labels.insert(axis.name.as_str(), label.as_str());
            }
            rest /= length;
        }
        labels
    }

    fn check_name(&self, origin: &Origin<'_>, place: &str, name: &str) -> Result<(), DataError> {
        if self.axes.iter().any(|axis| axis.name == name) {
            return Ok(());
        }
        Err(origin.misfit(DeclarationProblem::UnknownName {
            place: place.to_owned(),
            wanted: name.to_owned(),
            known: self.axes.iter().map(|axis| axis.name.clone()).collect(),
        }))
    }
}
