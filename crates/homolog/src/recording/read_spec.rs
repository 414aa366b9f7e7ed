//! How a recording is read from a file that does not describe itself: a declaration, as benchmarks and users write it.
//!
//! A bare array has no coordinates. A [`ReadSpec`] says which array of which file, what each of its axes is, what the
//! entries of the axes are called, and what stands for a missing value:
//!
//! ```toml
//! path = "responses_raw/responses_210325.npy"
//! axes = ["unit", { name = "stimulus", numbered = "image{:04}.jpg" }, "repetition"]
//! coordinates = [{ axis = "unit", name = "region", value = "V4" }]
//! ```
//!
//! A variable is named as in MATLAB, counting from 1; `:` keeps an axis, and an index into a structure array that is `:`
//! puts an axis before those of the field. The eight dissimilarity matrices of four people in two sessions are
//!
//! ```toml
//! path = "92_brainRDMs.mat"
//! variable = "RDMs(1,:,:).RDM"
//! axes = ["subject", "session", { name = "stimulus", numbered = "stimulus_{:02}" }, "stimulus"]
//! ```
//!
//! Stimuli can be crossed from several axes; their labels fill a template:
//!
//! ```toml
//! path = "responses_npy/ay4_u006.npy"
//! missing_value = 255
//! stimulus_id = "{scale}/movie{movie}/{category}FF_{frame}"
//! axes = [
//!     { name = "scale", along = "stimulus", labels = ["zoom1x", "zoom2x"] },
//!     { name = "category", along = "stimulus", labels = ["natural", "synthetic"] },
//!     { name = "movie", along = "stimulus", numbered = "{}" },
//!     { name = "frame", along = "stimulus", numbered = "{:02}" },
//!     "unit",
//!     "repetition",
//! ]
//! stimulus_aliases = [
//!     { where = { category = "synthetic", frame = "01" }, same_as = { category = "natural" } },
//! ]
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

/// Which array of which file is a recording, and what its axes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSpec {
    /// The file, relative to the folder that the reader is given.
    pub path: PathBuf,
    /// How the file lays its data out.
    #[serde(default)]
    pub layout: Layout,
    /// Which array of the file: a key of an `.npz`, a MATLAB path such as `RDMs(1,:).RDM`, a netCDF variable. May be left
    /// out where the file holds one array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// The axes of the array, in its order. Only for [`Layout::Array`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub axes: Vec<AxisSpec>,
    /// The number that stands for a missing value; it is read as NaN. NaN always means missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_value: Option<f64>,
    /// How a stimulus id is made of the labels of the axes along the stimuli: `"{scale}/movie{movie}"`. May be left out
    /// where there is one such axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stimulus_id: Option<String>,
    /// Combinations of labels that showed the same stimulus as another combination.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stimulus_aliases: Vec<StimulusAlias>,
    /// Axes to average over, missing values left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean_over: Vec<String>,
    /// Further coordinates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coordinates: Vec<CoordinateSpec>,
    /// Which columns of a long table are what. Only for [`Layout::LongTable`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnSpec>,
    /// What is to be said of the whole: species, unit of response, citation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// How a file lays its data out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// One array whose axes the specification names.
    #[default]
    Array,
    /// A file that carries its own coordinates: BrainIO netCDF-4, or an `.npz` written by homolog.
    Assembly,
    /// A table with one row per stimulus and one column per unit; the first column is the stimulus id.
    WideTable,
    /// A table with one row per response; [`ReadSpec::columns`] says which column is what.
    LongTable,
}

/// One axis of an array. In TOML either its name alone or a table.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(into = "AxisTable")]
pub struct AxisSpec {
    /// Its name, which becomes the name of its coordinate.
    pub name: String,
    /// What it runs along. May be left out for the names `presentation`, `stimulus`, `repetition`, `unit`, `time_bin`,
    /// `pair`, `subject` and `session`.
    pub along: Option<Along>,
    /// What its entries are called.
    pub labels: Labels,
    /// The only labels to keep, in the order wanted.
    pub keep: Option<Vec<String>>,
    /// Start of each time bin in milliseconds; only for a time axis.
    pub start_ms: Option<Vec<f64>>,
    /// End of each time bin in milliseconds; only for a time axis.
    pub end_ms: Option<Vec<f64>>,
}

/// What an axis of an array runs along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Along {
    /// Stimuli; several such axes are crossed.
    Stimulus,
    /// Repetitions of a stimulus.
    Repetition,
    /// Something else that tells presentations apart: subject, session.
    Presentation,
    /// Units; several such axes are crossed.
    Unit,
    /// Time bins.
    TimeBin,
    /// Pairs of stimuli: the upper triangle of a dissimilarity matrix, row by row.
    Pair,
}

/// What the entries of an axis are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// Not said: numbers from 1. Refused for stimuli, whose ids are what everything is joined by.
    #[default]
    Unnamed,
    /// One by one.
    Listed(Vec<String>),
    /// A template with one `{}` (or `{:04}`, padded with zeros) that is filled with running numbers.
    Numbered {
        /// The template.
        template: String,
        /// The first number.
        first_number: i64,
    },
    /// An array of strings or whole numbers.
    Variable {
        /// Its file, relative to the folder; the file of the recording where left out.
        path: Option<PathBuf>,
        /// Which array of that file.
        variable: Option<String>,
    },
}

/// A further coordinate of an axis of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoordinateSpec {
    /// `presentation`, `unit` or `time_bin`, or the name of an axis of the array.
    pub axis: String,
    /// The coordinate's name.
    pub name: String,
    /// One value for every entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// A value for each entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values: Option<Vec<String>>,
    /// The file of an array with a value for each entry; the file of the recording where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// The array with a value for each entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// What a value of the array stands for: `{ "1" = "EVC", "2" = "OPA" }`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub meanings: BTreeMap<String, String>,
}

/// A combination of labels that showed the same stimulus as another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StimulusAlias {
    /// The labels, by axis, of the presentations that are meant.
    #[serde(rename = "where")]
    pub condition: BTreeMap<String, String>,
    /// The labels, by axis, that take their place in the stimulus id.
    pub same_as: BTreeMap<String, String>,
}

/// Which column of a long table is what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    /// The column of stimulus ids.
    pub stimulus_id: String,
    /// The column of responses.
    pub value: String,
    /// The column of unit ids; one unit where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_id: Option<String>,
    /// The column of repetitions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repetition: Option<String>,
    /// Columns that tell presentations apart or describe them: subject, session.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub presentation: Vec<String>,
    /// Columns that describe units: region, layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unit: Vec<String>,
}

impl AxisSpec {
    /// An axis with this name and nothing more.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), along: None, labels: Labels::Unnamed, keep: None, start_ms: None, end_ms: None }
    }
}

/// The table that an axis is written as.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AxisTable {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    along: Option<Along>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    numbered: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_number: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels_path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    labels_variable: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_ms: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_ms: Option<Vec<f64>>,
}

impl From<AxisSpec> for AxisTable {
    fn from(axis: AxisSpec) -> Self {
        let mut table = AxisTable {
            name: axis.name,
            along: axis.along,
            labels: None,
            numbered: None,
            first_number: None,
            labels_path: None,
            labels_variable: None,
            keep: axis.keep,
            start_ms: axis.start_ms,
            end_ms: axis.end_ms,
        };
        match axis.labels {
            Labels::Unnamed => {}
            Labels::Listed(labels) => table.labels = Some(labels),
            Labels::Numbered { template, first_number } => {
                table.numbered = Some(template);
                table.first_number = Some(first_number);
            }
            Labels::Variable { path, variable } => {
                table.labels_path = path;
                table.labels_variable = variable;
            }
        }
        table
    }
}

impl AxisTable {
    fn into_axis<E: de::Error>(self) -> Result<AxisSpec, E> {
        let from_variable = self.labels_path.is_some() || self.labels_variable.is_some();
        if usize::from(self.labels.is_some()) + usize::from(self.numbered.is_some()) + usize::from(from_variable) > 1 {
            return Err(E::custom(format!(
                "axis \"{}\" names its entries twice; keep one of labels, numbered, and labels_variable with labels_path",
                self.name
            )));
        }
        if self.first_number.is_some() && self.numbered.is_none() {
            return Err(E::custom(format!(
                "axis \"{}\" has first_number without numbered; add numbered = \"…{{}}…\"",
                self.name
            )));
        }
        let labels = match (self.labels, self.numbered) {
            (Some(labels), _) => Labels::Listed(labels),
            (None, Some(template)) => Labels::Numbered { template, first_number: self.first_number.unwrap_or(1) },
            (None, None) if from_variable => {
                Labels::Variable { path: self.labels_path, variable: self.labels_variable }
            }
            (None, None) => Labels::Unnamed,
        };
        Ok(AxisSpec {
            name: self.name,
            along: self.along,
            labels,
            keep: self.keep,
            start_ms: self.start_ms,
            end_ms: self.end_ms,
        })
    }
}

impl<'de> Deserialize<'de> for AxisSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameOrTable;
        impl<'de> Visitor<'de> for NameOrTable {
            type Value = AxisSpec;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of an axis, or a table with its name")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<AxisSpec, E> {
                Ok(AxisSpec::named(name))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AxisSpec, A::Error> {
                AxisTable::deserialize(MapAccessDeserializer::new(map))?.into_axis()
            }
        }
        deserializer.deserialize_any(NameOrTable)
    }
}
