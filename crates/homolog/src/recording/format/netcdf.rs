//! BrainIO assemblies: netCDF-4 (or classic netCDF) with one data variable whose axes have coordinates.
//!
//! The names differ from ours in this:
//!
//! | BrainIO | here |
//! |---|---|
//! | axis `neuroid` | axis `unit` |
//! | `neuroid_id` (text or number) | `unit_id` (text) |
//! | `image_id` (before 2021) | `stimulus_id`, where the file has none |
//! | `time_bin_start`, `time_bin_end` | `start_ms`, `end_ms` |
//! | global attributes `identifier`, `stimulus_set_identifier` | attributes of the same names |
//!
//! Files that were written from a multi-indexed array keep a coordinate of the axis' own name with `_` behind (`choice_`); it
//! is read under that name. Dates become text as in ISO 8601.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ndarray::{Array3, ArrayD, Axis, IxDyn};
use netcdf_reader::{NcAttrValue, NcFile, NcOpenOptions, NcType, NcVariable};

use super::date::iso_dates;
use super::npz::MOST_BYTES_INFLATED_FROM_ONE;
use crate::recording::assembly::{Recording, RecordingParts};
use crate::recording::coordinate::{Coordinate, Coordinates};
use crate::recording::error::{ContentProblem, DataError, FileError};

/// The attribute in which homolog keeps a coordinate's name where netCDF needed another.
pub(super) const NAME_HERE: &str = "homolog_name";

/// Coordinates that tell which stimulus was shown, best first.
const STIMULUS_COORDINATES: [&str; 3] = ["stimulus_id", "image_id", "stimulus_path"];

/// The data variable of a netCDF file with its axes and their coordinates, before it is known which axis is what.
#[derive(Clone, Debug, PartialEq)]
pub struct NetcdfAssembly {
    /// The data variable's name.
    pub variable: String,
    /// The name of each axis.
    pub axes: Vec<String>,
    /// The numbers; NaN where the file has its fill value.
    pub values: ArrayD<f64>,
    /// The coordinates of each axis.
    pub coordinates: BTreeMap<String, Coordinates>,
    /// Attributes of the file and of the data variable.
    pub attributes: BTreeMap<String, String>,
}

/// A recording from a netCDF file.
///
/// # Errors
/// [`DataError::File`] when the file cannot be read, does not hold exactly one data variable, or has no axis of presentations
/// or units; otherwise as [`Recording::new`].
pub fn read(path: &Path) -> Result<Recording, DataError> {
    read_axes(path)?.into_recording().map_err(|problem| match problem {
        Unfit::Content(source) => {
            FileError::Content { path: path.to_owned(), format: "BrainIO netCDF", source: Box::new(source) }.into()
        }
        Unfit::Data(error) => error,
    })
}

/// The data variable of a netCDF file with its axes and their coordinates.
///
/// # Errors
/// [`FileError`] when the file cannot be read or does not hold exactly one data variable.
pub fn read_axes(path: &Path) -> Result<NetcdfAssembly, FileError> {
    let bytes = super::read_bytes(path)?;
    parse(bytes).map_err(|source| FileError::Content {
        path: path.to_owned(),
        format: "netCDF",
        source: Box::new(source),
    })
}

fn undecodable(place: &str) -> impl Fn(netcdf_reader::Error) -> ContentProblem {
    let place = place.to_owned();
    move |source| ContentProblem::Undecodable { place: place.clone(), source: source.into() }
}

/// The data variable in the bytes of a netCDF file.
///
/// # Errors
/// [`ContentProblem`], which names the variable and what is wrong with it.
pub fn parse(bytes: Vec<u8>) -> Result<NetcdfAssembly, ContentProblem> {
    let most = (bytes.len() as u64).saturating_mul(MOST_BYTES_INFLATED_FROM_ONE);
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let options = NcOpenOptions { max_chunk_bytes: limit, max_read_bytes: limit, ..NcOpenOptions::default() };
    let file = NcFile::from_owner(bytes, options).map_err(undecodable("the netCDF file"))?;
    let variables = file.variables().map_err(undecodable("the list of variables"))?;
    let data = data_variable(variables)?;
    let place = format!("variable \"{}\"", data.name());
    let axes: Vec<String> = data.dimensions().iter().map(|dimension| dimension.name.clone()).collect();
    let mut values = file.read_variable_as_f64(data.name()).map_err(undecodable(&place))?;
    for name in ["_FillValue", "missing_value"] {
        if let Some(fill) = data.attribute(name).and_then(|attribute| attribute.value.as_f64()) {
            values.mapv_inplace(|value| if value == fill { f64::NAN } else { value });
        }
    }
    let number = |name: &str| data.attribute(name).and_then(|attribute| attribute.value.as_f64());
    if let (scale, offset @ Some(_)) | (scale @ Some(_), offset) = (number("scale_factor"), number("add_offset")) {
        values.mapv_inplace(|value| value * scale.unwrap_or(1.0) + offset.unwrap_or(0.0));
    }
    let mut coordinates: BTreeMap<String, Coordinates> =
        axes.iter().map(|axis| (axis.clone(), Coordinates::new())).collect();
    for variable in variables.iter().filter(|variable| variable.name() != data.name()) {
        let [axis] = variable.dimensions() else {
            continue;
        };
        if let Some(along) = coordinates.get_mut(&axis.name) {
            let name = text_attribute(variable, NAME_HERE).unwrap_or_else(|| variable.name().to_owned());
            along.insert(name, coordinate(&file, variable)?);
        }
    }
    let ours = ["coordinates", "_FillValue", "missing_value", "scale_factor", "add_offset", "DIMENSION_LIST"];
    let global = file.global_attributes().map_err(undecodable("the global attributes"))?;
    let attributes = global
        .iter()
        .chain(data.attributes().iter().filter(|attribute| !ours.contains(&attribute.name.as_str())))
        .filter(|attribute| !attribute.name.starts_with("_NC"))
        .map(|attribute| (attribute.name.clone(), attribute_text(&attribute.value)))
        .collect();
    Ok(NetcdfAssembly { variable: data.name().to_owned(), axes, values, coordinates, attributes })
}

/// The one variable that is neither a coordinate of another nor of its own axis.
fn data_variable(variables: &[NcVariable]) -> Result<&NcVariable, ContentProblem> {
    let listed: BTreeSet<String> = variables
        .iter()
        .filter_map(|variable| text_attribute(variable, "coordinates"))
        .flat_map(|names| names.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let candidates: Vec<&NcVariable> = variables
        .iter()
        .filter(|variable| !listed.contains(variable.name()) && !variable.is_coordinate_variable())
        .filter(|variable| *variable.dtype() != NcType::String && *variable.dtype() != NcType::Char)
        .collect();
    let with_coordinates = |variable: &&&NcVariable| text_attribute(variable, "coordinates").is_some();
    let named: Vec<&NcVariable> = candidates.iter().filter(with_coordinates).copied().collect();
    match (candidates.as_slice(), named.as_slice()) {
        ([only], _) | (_, [only]) => Ok(only),
        _ => Err(ContentProblem::Unexpected {
            place: "the file".to_owned(),
            found: format!(
                "holding {} data variables ({})",
                candidates.len(),
                crate::naming::listed(candidates.iter().map(|variable| variable.name()), 8)
            ),
            needed: "exactly one data variable, as BrainIO writes",
        }),
    }
}

fn text_attribute(variable: &NcVariable, name: &str) -> Option<String> {
    variable.attribute(name)?.value.as_string()
}

fn attribute_text(value: &NcAttrValue) -> String {
    if let Some(text) = value.as_string() {
        return text;
    }
    if let NcAttrValue::Strings(texts) = value {
        return texts.join(", ");
    }
    let numbers = value.as_f64_vec().unwrap_or_default();
    numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(", ")
}

fn coordinate(file: &NcFile, variable: &NcVariable) -> Result<Coordinate, ContentProblem> {
    let name = variable.name();
    let place = format!("coordinate \"{name}\"");
    let is_truth = text_attribute(variable, "dtype").as_deref() == Some("bool");
    Ok(match variable.dtype() {
        NcType::String | NcType::Char => {
            Coordinate::Text(file.read_variable_as_strings(name).map_err(undecodable(&place))?)
        }
        NcType::Float | NcType::Double => {
            let values = file.read_variable_as_f64(name).map_err(undecodable(&place))?;
            Coordinate::Float(values.into_iter().collect())
        }
        NcType::Int64 | NcType::UInt64 => {
            // Not by way of floats, which hold only 53 bits.
            let integers: Vec<i64> = if *variable.dtype() == NcType::Int64 {
                file.read_variable::<i64>(name).map_err(undecodable(&place))?.into_iter().collect()
            } else {
                let values = file.read_variable::<u64>(name).map_err(undecodable(&place))?;
                values.into_iter().map(|value| i64::try_from(value).unwrap_or(i64::MAX)).collect()
            };
            dates_or(variable, integers)
        }
        _ => {
            let values = file.read_variable_as_f64(name).map_err(undecodable(&place))?;
            if is_truth {
                return Ok(Coordinate::Bool(values.into_iter().map(|value| value != 0.0).collect()));
            }
            dates_or(variable, values.into_iter().map(|value| value as i64).collect())
        }
    })
}

fn dates_or(variable: &NcVariable, integers: Vec<i64>) -> Coordinate {
    let calendar = text_attribute(variable, "calendar");
    let dates = text_attribute(variable, "units").and_then(|units| iso_dates(&integers, &units, calendar.as_deref()));
    dates.map_or(Coordinate::Integer(integers), Coordinate::Text)
}

/// Why an assembly is no recording.
#[derive(Debug)]
pub(super) enum Unfit {
    Content(ContentProblem),
    Data(DataError),
}

impl From<DataError> for Unfit {
    fn from(error: DataError) -> Self {
        Unfit::Data(error)
    }
}

impl NetcdfAssembly {
    /// The assembly as a recording: presentations along the axis `presentation`, or the one that has a coordinate
    /// `stimulus_id`, `image_id` or `stimulus_path`; units along `neuroid`, `unit` or `choice`; time along `time_bin`.
    pub(super) fn into_recording(mut self) -> Result<Recording, Unfit> {
        let shows_stimuli = |axis: &&String| {
            let coordinates = &self.coordinates[*axis];
            *axis == "presentation" || STIMULUS_COORDINATES.iter().any(|name| coordinates.contains_key(*name))
        };
        let presentation = self.axes.iter().find(shows_stimuli).cloned();
        let unit = self.axes.iter().find(|axis| ["neuroid", "unit", "choice"].contains(&axis.as_str())).cloned();
        let presentation = presentation.ok_or_else(|| self.lacks("axis of presentations", "presentation"))?;
        let unit = unit.ok_or_else(|| self.lacks("axis of units", "neuroid"))?;
        let time = self.axes.iter().find(|axis| *axis == "time_bin").cloned();
        let values = self.in_order(&presentation, &unit, time.as_deref())?;
        let mut take = |axis: &str| self.coordinates.remove(axis).unwrap_or_default();
        let (mut along_presentation, mut along_unit) = (take(&presentation), take(&unit));
        let mut along_time = time.map(|axis| take(&axis)).unwrap_or_default();
        for (theirs, ours) in [("time_bin_start", "start_ms"), ("time_bin_end", "end_ms")] {
            if !along_time.contains_key(ours)
                && let Some(times) = along_time.remove(theirs)
            {
                along_time.insert(ours.to_owned(), times);
            }
        }
        if !along_presentation.contains_key("stimulus_id") {
            let known = STIMULUS_COORDINATES.iter().find_map(|name| along_presentation.remove(*name));
            let ids = known.ok_or_else(|| self.lacks("coordinate of presentations", "stimulus_id"))?;
            along_presentation.insert("stimulus_id".to_owned(), Coordinate::Text(ids.to_texts()));
        }
        name_units(&mut along_unit, &unit, values.len_of(Axis(1)));
        Ok(Recording::new(RecordingParts {
            values,
            presentation: along_presentation,
            unit: along_unit,
            time_bin: along_time,
            attributes: self.attributes,
        })?)
    }

    fn lacks(&self, what: &'static str, wanted: &str) -> Unfit {
        let known = self
            .coordinates
            .iter()
            .flat_map(|(axis, coordinates)| {
                std::iter::once(format!("axis {axis}"))
                    .chain(coordinates.keys().map(move |name| format!("{axis}: {name}")))
            })
            .collect();
        Unfit::Content(ContentProblem::Missing { what, wanted: wanted.to_owned(), known })
    }

    fn in_order(&self, presentation: &str, unit: &str, time: Option<&str>) -> Result<Array3<f64>, Unfit> {
        let position = |wanted: &str| self.axes.iter().position(|axis| axis == wanted);
        let order: Vec<usize> =
            [Some(presentation), Some(unit), time].into_iter().flatten().filter_map(position).collect();
        let unexpected = || {
            Unfit::Content(ContentProblem::Unexpected {
                place: format!("variable \"{}\"", self.variable),
                found: format!("an array with the axes {}", self.axes.join(", ")),
                needed: "presentation and neuroid, with or without time_bin, and no other axis",
            })
        };
        if order.len() != self.axes.len() {
            return Err(unexpected());
        }
        let mut values = self.values.clone().permuted_axes(IxDyn(&order));
        if time.is_none() {
            values = values.insert_axis(Axis(2));
        }
        let values: Array3<f64> = values.into_dimensionality().map_err(|_| unexpected())?;
        Ok(values.as_standard_layout().into_owned())
    }
}

/// Gives units the ids that the file has for them, with the layer in front where different layers repeat an id.
fn name_units(coordinates: &mut Coordinates, axis: &str, n_units: usize) {
    if coordinates.get("unit_id").is_some_and(|ids| ids.as_text().is_some()) {
        return;
    }
    let own = [axis.to_owned(), format!("{axis}_")];
    let ids = coordinates
        .remove("neuroid_id")
        .or_else(|| own.iter().find_map(|name| coordinates.get(name).cloned()))
        .map_or_else(|| (1..=n_units).map(|number| number.to_string()).collect(), |ids| ids.to_texts());
    let are_unique = ids.iter().collect::<BTreeSet<_>>().len() == ids.len();
    let ids = match coordinates.get("layer") {
        Some(layer) if !are_unique => {
            layer.to_texts().iter().zip(&ids).map(|(layer, id)| format!("{layer}/{id}")).collect()
        }
        _ => ids,
    };
    coordinates.insert("unit_id".to_owned(), Coordinate::Text(ids));
}
