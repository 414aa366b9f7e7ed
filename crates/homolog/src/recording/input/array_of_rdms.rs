//! Where dissimilarity matrices come from, before their shape is looked at: arrays, tables, netCDF, a declaration.

use ndarray::{ArrayD, IxDyn};

use super::error::{InputError, RdmProblem};
use super::location::{Kind, Location, ReadArray};
use super::rdm_stack::square_table;
use crate::recording::coordinate::Coordinates;
use crate::recording::error::{ContentProblem, FileError};
use crate::recording::format::netcdf;
use crate::recording::{ReadSpec, RecordedRdms};

/// Names of the coordinate that says what stimuli are called, best first.
const STIMULUS_COORDINATES: [&str; 2] = ["stimulus_id", "image_id"];

/// An axis in front of pairs or of squares.
pub(super) struct OuterAxis {
    /// What it runs along: `subject`, `time_bin`.
    pub(super) name: String,
    /// What its entries are called.
    pub(super) labels: Vec<String>,
}

/// An array whose last axis is pairs, or whose last two are squares.
pub(super) struct ArrayOfRdms {
    pub(super) values: ArrayD<f64>,
    /// The ids of the stimuli.
    pub(super) ids: Option<Vec<String>>,
    /// What all matrices are called, the last axis in front fastest.
    pub(super) names: Option<Vec<String>>,
    /// The axes in front, where the file says what they are; empty otherwise.
    pub(super) outer: Vec<OuterAxis>,
}

impl ArrayOfRdms {
    pub(super) fn read(location: &Location) -> Result<Self, InputError> {
        match location.kind() {
            Kind::Table => square_table(location),
            Kind::Assembly => Self::of_netcdf(location),
            Kind::Declaration => Self::declared(location),
            Kind::Recorded | Kind::Arrays => {
                let ReadArray { array, ids, names } = location.array()?;
                let found = array.elements().kind();
                let fault = || InputError::Rdm {
                    input: location.text.clone(),
                    problem: Box::new(RdmProblem::NotNumbers { found }),
                };
                Ok(Self { values: array.into_numbers().ok_or_else(fault)?, ids, names, outer: Vec::new() })
            }
        }
    }

    /// The data variable of a netCDF file. The axes of squares are called as the file likes; ids are the coordinate `stimulus_id` of
    /// either, or of the axis of pairs where it has as many entries as stimuli.
    fn of_netcdf(location: &Location) -> Result<Self, InputError> {
        let read = netcdf::read_axes(&location.path)?;
        let shape = read.values.shape().to_vec();
        let n_inner = match shape.as_slice() {
            [.., rows, columns] if rows == columns && *rows > 1 => 2,
            _ => 1,
        };
        let n_outer = shape.len().saturating_sub(n_inner);
        let of_axis = |axis: &String| read.coordinates.get(axis);
        let ids = read.axes.iter().skip(n_outer).filter_map(of_axis).find_map(ids_among);
        let outer = read.axes.iter().zip(&shape).take(n_outer).map(|(axis, &length)| OuterAxis {
            name: axis.clone(),
            labels: of_axis(axis).map_or_else(|| counted(length), |coordinates| labels_of(axis, coordinates, length)),
        });
        let outer: Vec<OuterAxis> = outer.collect();
        let names = (!outer.is_empty()).then(|| crossed_names(&outer));
        Ok(Self { values: read.values, ids, names, outer })
    }

    /// What a [`ReadSpec`] in a TOML file declares, relative to its folder.
    fn declared(location: &Location) -> Result<Self, InputError> {
        let content = |source: Box<dyn std::error::Error + Send + Sync>| FileError::Content {
            path: location.path.clone(),
            format: "a declaration of how dissimilarity matrices are read",
            source: Box::new(ContentProblem::Undecodable { place: "the declaration".to_owned(), source }),
        };
        let text = String::from_utf8(crate::recording::format::read_bytes(&location.path)?)
            .map_err(|source| content(Box::new(source)))?;
        let spec: ReadSpec = toml::from_str(&text).map_err(|source| content(Box::new(source)))?;
        let folder = location.path.parent().map_or_else(std::path::PathBuf::new, std::path::Path::to_owned);
        Ok(Self::of_recorded(spec.read_rdms(&folder)?))
    }

    fn of_recorded(recorded: RecordedRdms) -> Self {
        let n_matrices = recorded.dissimilarities.nrows();
        let texts: Vec<(String, Vec<String>)> =
            recorded.rdm.iter().map(|(name, values)| (name.clone(), values.to_texts())).collect();
        let name = |matrix: usize| {
            texts.iter().map(|(name, values)| format!("{name} {}", values[matrix])).collect::<Vec<_>>().join(" ")
        };
        let names = (n_matrices > 1 && !texts.is_empty()).then(|| (0..n_matrices).map(name).collect());
        // Times that repeat for every other combination are an axis of their own.
        let times = texts.iter().find(|(name, _)| is_time(name)).and_then(|(name, values)| {
            let n_bins =
                values.iter().skip(1).position(|value| Some(value) == values.first()).map_or(values.len(), |at| at + 1);
            let repeats = values.chunks(n_bins).all(|chunk| chunk == &values[..n_bins]);
            repeats.then(|| OuterAxis { name: name.clone(), labels: values[..n_bins].to_vec() })
        });
        let ids = Some(recorded.stimulus_ids);
        let values = recorded.dissimilarities;
        match times {
            Some(times) => {
                let (n_bins, n_pairs) = (times.labels.len(), values.ncols());
                let others = counted(n_matrices / n_bins.max(1));
                let shape = [others.len(), n_bins, n_pairs];
                let flat: Vec<f64> = values.iter().copied().collect();
                let values = ArrayD::from_shape_vec(IxDyn(&shape), flat).unwrap_or_else(|_| values.into_dyn());
                let outer = vec![OuterAxis { name: "matrix".to_owned(), labels: others }, times];
                Self { values, ids, names, outer }
            }
            None => Self { values: values.into_dyn(), ids, names, outer: Vec::new() },
        }
    }
}

/// Whether an axis of this name runs along time.
pub(super) fn is_time(name: &str) -> bool {
    name.starts_with("time") || name.ends_with("_ms")
}

fn counted(length: usize) -> Vec<String> {
    (0..length).map(|entry| entry.to_string()).collect()
}

fn ids_among(coordinates: &Coordinates) -> Option<Vec<String>> {
    STIMULUS_COORDINATES.iter().find_map(|name| Some(coordinates.get(*name)?.to_texts()))
}

/// The labels of an axis: where its time bins begin, the coordinate of its own name, the only one, or numbers.
fn labels_of(axis: &str, coordinates: &Coordinates, length: usize) -> Vec<String> {
    let named = ["time_bin_start", axis].into_iter().find_map(|name| coordinates.get(name));
    let only = || coordinates.values().next().filter(|_| coordinates.len() == 1);
    let found = named.or_else(only).map(crate::recording::Coordinate::to_texts);
    found.filter(|labels| labels.len() == length).unwrap_or_else(|| counted(length))
}

fn crossed_names(outer: &[OuterAxis]) -> Vec<String> {
    let mut names = vec![String::new()];
    for axis in outer {
        let extended = names.iter().flat_map(|name| {
            axis.labels.iter().map(move |label| format!("{name} {} {label}", axis.name).trim().to_owned())
        });
        names = extended.collect();
    }
    names
}
