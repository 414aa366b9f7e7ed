//! NumPy's `.npz`: a zip of named `.npy` arrays.

use std::collections::BTreeMap;
use std::io::{Cursor, Read, Seek, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::npy;
use crate::recording::array::DataArray;
use crate::recording::error::ContentProblem;
use crate::recording::tree::DataTree;

/// Deflate makes of one byte at most this many.
pub(super) const MOST_BYTES_INFLATED_FROM_ONE: u64 = 1032;

/// The arrays in the bytes of an `.npz` file by name.
///
/// # Errors
/// [`ContentProblem`]: it is no zip, or a member is no array that is supported; it names the member.
pub fn parse(bytes: &[u8]) -> Result<DataTree, ContentProblem> {
    let undecodable = |place: String| {
        move |source: zip::result::ZipError| ContentProblem::Undecodable { place, source: source.into() }
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(undecodable("the zip archive".to_owned()))?;
    let mut arrays = BTreeMap::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).map_err(undecodable(format!("member {}", index + 1)))?;
        let name = member.name().map_err(undecodable(format!("the name of member {}", index + 1)))?.into_owned();
        if member.is_dir() {
            continue;
        }
        let most = member.compressed_size().min(bytes.len() as u64).saturating_mul(MOST_BYTES_INFLATED_FROM_ONE);
        let mut content = Vec::new();
        member.by_ref().take(most).read_to_end(&mut content).map_err(|source| ContentProblem::Undecodable {
            place: format!("member \"{name}\""),
            source: source.into(),
        })?;
        let array = npy::parse(&content).map_err(|problem| ContentProblem::Undecodable {
            place: format!("member \"{name}\""),
            source: problem.into(),
        })?;
        arrays.insert(name.strip_suffix(".npy").unwrap_or(&name).to_owned(), DataTree::Array(array));
    }
    Ok(DataTree::named(arrays))
}

/// Writes arrays as an `.npz` that `numpy.load(…, allow_pickle=False)` opens, compressed.
///
/// # Errors
/// As the writer gives them.
pub fn write<'a>(
    writer: impl Write + Seek,
    arrays: impl IntoIterator<Item = (&'a str, &'a DataArray)>,
) -> std::io::Result<()> {
    let mut archive = ZipWriter::new(writer);
    // The zip format's earliest date: equal recordings make equal files.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    for (name, array) in arrays {
        let bytes = npy::to_bytes(array);
        archive.start_file(format!("{name}.npy"), options.large_file(bytes.len() > (u32::MAX / 2) as usize))?;
        archive.write_all(&bytes)?;
    }
    archive.finish()?;
    Ok(())
}
