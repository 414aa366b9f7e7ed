//! Recordings written as BrainIO netCDF-4, which xarray opens; [`super::netcdf`] says how names are translated.

use std::collections::BTreeSet;
use std::path::Path;

use netcdf_writer::{DimensionId, NcAttrValue, NcFileBuilder, NcWriteFormat, NcWriteOptions};

use super::netcdf::NAME_HERE;
use super::written;
use crate::recording::assembly::{Recording, RecordingAxis};
use crate::recording::coordinate::Coordinate;
use crate::recording::error::{DataError, FileError};

const FORMAT: &str = "BrainIO netCDF";

/// The data variable's name.
const DATA: &str = "data";

/// Writes a recording as netCDF-4. A recording without time has no time axis in the file.
///
/// # Errors
/// [`DataError::File`] when it cannot be written or has something that netCDF cannot hold: a text with the character NUL.
pub fn write(path: &Path, recording: &Recording) -> Result<(), DataError> {
    let bytes = to_bytes(recording).map_err(|source| FileError::CannotHold {
        path: path.to_owned(),
        format: FORMAT,
        what: source.to_string(),
        next_step: "Change that text or name, or write an .npz",
    })?;
    written(path, |file| std::io::Write::write_all(file, &bytes))?;
    Ok(())
}

/// A recording as the bytes of a netCDF-4 file.
fn to_bytes(recording: &Recording) -> Result<Vec<u8>, netcdf_writer::Error> {
    let mut file = NcFileBuilder::new();
    let mut taken: BTreeSet<String> = [DATA, "presentation", "neuroid", "time_bin"].map(str::to_owned).into();
    let (mut dimensions, mut names) = (Vec::new(), Vec::new());
    for axis in [RecordingAxis::Presentation, RecordingAxis::Unit, RecordingAxis::TimeBin] {
        let coordinates = recording.coordinates(axis);
        if axis == RecordingAxis::TimeBin && coordinates.is_empty() && recording.n_time_bins() == 1 {
            continue;
        }
        let dimension = file.add_dimension(axis_name(axis), recording.len_of(axis) as u64)?;
        dimensions.push(dimension);
        for (name, coordinate) in coordinates {
            let their_name = free_name(name, axis, &mut taken);
            write_coordinate(&mut file, dimension, &their_name, coordinate, name)?;
            names.push(their_name);
        }
    }
    let data = file.add_variable::<f64>(DATA, &dimensions)?;
    file.add_variable_attribute(data, "coordinates", NcAttrValue::Chars(names.join(" ")))?;
    file.add_variable_attribute(data, "_FillValue", NcAttrValue::Doubles(vec![f64::NAN]))?;
    file.write_variable(data, &recording.values().iter().copied().collect::<Vec<f64>>())?;
    for (name, text) in recording.attributes() {
        file.add_attribute(name, NcAttrValue::Strings(vec![text.clone()]))?;
    }
    Ok(file.to_vec(NcWriteOptions { format: NcWriteFormat::Nc4 })?.1)
}

fn axis_name(axis: RecordingAxis) -> &'static str {
    match axis {
        RecordingAxis::Presentation => "presentation",
        RecordingAxis::Unit => "neuroid",
        RecordingAxis::TimeBin => "time_bin",
    }
}

/// BrainIO's name of a coordinate, or one like it that no other variable of the file has.
fn free_name(name: &str, axis: RecordingAxis, taken: &mut BTreeSet<String>) -> String {
    let theirs = match (axis, name) {
        (RecordingAxis::Unit, "unit_id") => "neuroid_id".to_owned(),
        (RecordingAxis::TimeBin, "start_ms") => "time_bin_start".to_owned(),
        (RecordingAxis::TimeBin, "end_ms") => "time_bin_end".to_owned(),
        _ => name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect(),
    };
    let begins_well = theirs.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let wanted = if begins_well && !taken.contains(&theirs) { theirs } else { format!("{}_{theirs}", axis_name(axis)) };
    let numbered = (2..).map(|number| format!("{wanted}_{number}"));
    let free = std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(wanted);
    taken.insert(free.clone());
    free
}

fn write_coordinate(
    file: &mut NcFileBuilder,
    dimension: DimensionId,
    their_name: &str,
    coordinate: &Coordinate,
    our_name: &str,
) -> Result<(), netcdf_writer::Error> {
    let variable = match coordinate {
        Coordinate::Text(values) => {
            let variable = file.add_string_variable(their_name, &[dimension])?;
            file.write_string_variable(variable, values)?;
            variable
        }
        Coordinate::Integer(values) => {
            let variable = file.add_variable::<i64>(their_name, &[dimension])?;
            file.write_variable(variable, values)?;
            variable
        }
        Coordinate::Float(values) => {
            let variable = file.add_variable::<f64>(their_name, &[dimension])?;
            file.write_variable(variable, values)?;
            variable
        }
        // netCDF has no truth values; this is how xarray writes and reads them.
        Coordinate::Bool(values) => {
            let variable = file.add_variable::<i8>(their_name, &[dimension])?;
            file.add_variable_attribute(variable, "dtype", NcAttrValue::Chars("bool".to_owned()))?;
            file.write_variable(variable, &values.iter().map(|value| i8::from(*value)).collect::<Vec<i8>>())?;
            variable
        }
    };
    if our_name != their_name {
        file.add_variable_attribute(variable, NAME_HERE, NcAttrValue::Chars(our_name.to_owned()))?;
    }
    Ok(())
}
