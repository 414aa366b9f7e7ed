//! Recordings: of a brain or of a network, presentations × units (× time bins), with coordinates.
//!
//! Both sides of a comparison are a [`Recording`], and everything after it works on either without knowing which it has.
//! Rows are joined by stimulus id, never by position.

pub mod read_spec;

use std::collections::BTreeMap;

use ndarray::Array3;

/// One column of coordinates along an axis: a value for each entry of the axis.
#[derive(Clone, Debug, PartialEq)]
pub enum Coordinate {
    /// Strings.
    Text(Vec<String>),
    /// Integers.
    Integer(Vec<i64>),
    /// Floats; NaN where the origin has no value.
    Float(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
}

/// The coordinates along one axis by name, all of one length.
pub type Coordinates = BTreeMap<String, Coordinate>;

/// What units did when stimuli were presented.
///
/// `values[[presentation, unit, time_bin]]`; a recording without time has one bin and an empty `time_bin` table. Missing
/// values are NaN. `presentation` always has `stimulus_id` (text); `repetition` and `subject` where they are known. `unit`
/// has `unit_id`, and `region`, `layer`, `subject` where they are known. `time_bin` has `start_ms` and `end_ms`.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Responses, in the unit that `attributes["unit_of_response"]` names where it is known (spikes, Hz, beta, …).
    pub values: Array3<f64>,
    /// Coordinates of the first axis.
    pub presentation: Coordinates,
    /// Coordinates of the second axis.
    pub unit: Coordinates,
    /// Coordinates of the third axis.
    pub time_bin: Coordinates,
    /// What the origin says of the whole, by name.
    pub attributes: BTreeMap<String, String>,
}
