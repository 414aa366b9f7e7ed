//! File formats of recordings, one file each. Here: which format a file is in, and reading it whole.
//!
//! Readers take bytes and give a [`DataTree`] or an array; only the functions of this module and of
//! [`zarr`] open files.

pub mod csv;
pub mod mat5;
pub mod mat73;
pub mod netcdf;
pub mod netcdf_write;
pub mod npy;
pub mod npz;
pub mod recording_npz;
pub mod table;
pub mod zarr;

mod bytes;
mod date;

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::array::Elements;
use super::assembly::Recording;
use super::error::{ContentProblem, DataError, FileError};
use super::tree::DataTree;

const HDF5_MARK: &[u8] = b"\x89HDF\r\n\x1a\n";

/// MATLAB puts 512 bytes of its own before the HDF5 file.
const MATLAB_BLOCK: usize = 512;

/// Everything that a file of arrays holds: `.npy`, `.npz`, `.mat` (versions 5 to 7.3), HDF5 (`.h5`, `.hdf5`), or the columns of
/// a `.csv` or `.tsv`; each also with `.gz` behind.
///
/// # Errors
/// [`FileError`]: the file cannot be read, its name ends in nothing known, or its content is damaged or not supported.
pub fn read_tree(path: &Path) -> Result<DataTree, FileError> {
    let bytes = read_bytes(path)?;
    let (format, tree) = match extension_of(path).as_deref() {
        Some("npy") => ("a NumPy array", npy::parse(&bytes).map(DataTree::Array)),
        Some("npz") => ("a NumPy archive", npz::parse(&bytes)),
        Some("mat" | "h5" | "hdf5") if is_hdf5(&bytes) => ("MATLAB 7.3 or HDF5", mat73::parse(bytes)),
        Some("mat") => ("MATLAB 5", mat5::parse(&bytes)),
        Some("csv") => ("a table", table::Table::parse(&bytes, b',').map(table::Table::into_tree)),
        Some("tsv") => ("a table", table::Table::parse(&bytes, b'\t').map(table::Table::into_tree)),
        _ => {
            return Err(FileError::UnknownFormat { path: path.to_owned() });
        }
    };
    tree.map_err(|source| FileError::Content { path: path.to_owned(), format, source: Box::new(source) })
}

fn is_hdf5(bytes: &[u8]) -> bool {
    bytes.starts_with(HDF5_MARK) || bytes.get(MATLAB_BLOCK..).is_some_and(|rest| rest.starts_with(HDF5_MARK))
}

/// The bytes of a file, unpacked when its name ends in `.gz`.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let unreadable = |source| FileError::Open { path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(unreadable)?;
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gz")) {
        return Ok(bytes);
    }
    let mut unpacked = Vec::new();
    let most = (bytes.len() as u64).saturating_mul(npz::MOST_BYTES_INFLATED_FROM_ONE);
    MultiGzDecoder::new(&bytes[..]).take(most).read_to_end(&mut unpacked).map_err(|source| FileError::Content {
        path: path.to_owned(),
        format: "gzip",
        source: Box::new(ContentProblem::Undecodable {
            place: "the compressed data".to_owned(),
            source: source.into(),
        }),
    })?;
    Ok(unpacked)
}

/// A recording from a file that carries its coordinates: BrainIO netCDF (`.nc`), or an `.npz` or long table (`.csv`, `.tsv`)
/// that homolog wrote.
///
/// # Errors
/// [`DataError`].
pub fn read_assembly(path: &Path) -> Result<Recording, DataError> {
    match extension_of(path).as_deref() {
        Some("nc" | "nc4" | "cdf") => netcdf::read(path),
        Some("npz") => recording_npz::read(path),
        Some("csv" | "tsv") => csv::read_written(path),
        _ => Err(FileError::UnknownFormat { path: path.to_owned() }.into()),
    }
}

/// Writes a recording with its coordinates, by the ending of the name: `.nc` (netCDF-4 as BrainIO has it), `.npz`, or `.csv`
/// (a long table). The file appears whole or not at all.
///
/// # Errors
/// [`DataError`].
pub fn write_assembly(path: &Path, recording: &Recording) -> Result<(), DataError> {
    match extension_of(path).as_deref() {
        Some("nc") => netcdf_write::write(path, recording),
        Some("npz") => recording_npz::write(path, recording),
        Some("csv") => csv::write_long(path, recording),
        _ => Err(FileError::UnknownFormat { path: path.to_owned() }.into()),
    }
}

/// The ending of a file's name, in lower case, without `.gz`.
fn extension_of(path: &Path) -> Option<String> {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    Path::new(name).extension().map(|extension| extension.to_string_lossy().into_owned())
}

/// Writes a file under another name in its folder and then renames it, so that it is never there in part.
fn written(path: &Path, write: impl FnOnce(&mut BufWriter<&mut fs::File>) -> io::Result<()>) -> Result<(), FileError> {
    let unwritable = |source| FileError::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".homolog-");
    // Readable for others as far as the user's umask allows, as any other file that a program writes.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(unwritable)?;
    let mut writer = BufWriter::new(file.as_file_mut());
    write(&mut writer).map_err(unwritable)?;
    writer.flush().map_err(unwritable)?;
    drop(writer);
    file.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Unsigned numbers of eight bytes; those beyond 2^63 have no place.
fn integers_from_u64(values: &[u64], place: &str) -> Result<Elements, ContentProblem> {
    let integers: Result<Vec<i64>, _> = values.iter().map(|value| i64::try_from(*value)).collect();
    integers.map(Elements::Integer).map_err(|_| ContentProblem::Unsupported {
        place: place.to_owned(),
        found: "numbers of 2^63 and more".to_owned(),
        next_step: "Convert it with .astype(\"float64\") and save it again",
    })
}
