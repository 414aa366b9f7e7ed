//! Stimuli from an array of images in NumPy's `.npy` format. Only the header is read here; rows are read when they are needed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use super::error::StimulusError;
use super::set::Stimulus;
use super::source::{Source, unreadable};

/// The longest header that is read; NumPy's own limit for headers it trusts is 10,000 characters.
const MAX_HEADER_BYTES: usize = 10_000;

/// The images of the array, ids numbered from 0 with leading zeros.
pub(super) fn stimuli(path: &Path) -> Result<Vec<Stimulus>, StimulusError> {
    let wrong = |found: String| StimulusError::Array { place: path.to_owned(), found };
    let failed = |source| unreadable(path.display(), source);
    let file = File::open(path).map_err(failed)?;
    let file_bytes = file.metadata().map_err(failed)?.len();
    let (header, data_start) = header(BufReader::new(file)).map_err(wrong)?;
    let (shape, [height, width, n_channels]) = image_shape(&header).map_err(wrong)?;
    let n_images = shape.first().copied().unwrap_or(0);
    let row_bytes =
        [height, width, n_channels].iter().try_fold(1u64, |product, &side| product.checked_mul(side as u64));
    let needed = row_bytes
        .and_then(|row| row.checked_mul(n_images as u64))
        .and_then(|rows| rows.checked_add(data_start))
        .ok_or_else(|| wrong(format!("its shape {shape:?} is larger than any file")))?;
    if file_bytes < needed {
        return Err(wrong(format!(
            "its shape {shape:?} needs {needed} bytes, and it has {file_bytes}; it is cut short"
        )));
    }
    let n_digits = n_images.saturating_sub(1).to_string().len();
    let stimulus = |row: usize| Stimulus {
        id: format!("{row:0n_digits$}"),
        source: Source::ArrayRow {
            file: path.to_owned(),
            offset: data_start + row as u64 * row_bytes.unwrap_or(0),
            width,
            height,
            n_channels,
        },
        properties: BTreeMap::new(),
    };
    if n_images == 0 {
        return Err(StimulusError::NoStimuli { place: path.to_owned() });
    }
    Ok((0..n_images).map(stimulus).collect())
}

/// The header's text, and the byte at which the numbers begin.
///
/// Format: `\x93NUMPY`, major and minor version, the header's length (2 bytes in version 1, 4 later, little-endian), the header.
fn header(mut reader: impl Read) -> Result<(String, u64), String> {
    let cut = |_| "it is cut short in its header".to_owned();
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(cut)?;
    let [magic @ .., major, _minor] = start;
    if magic != *b"\x93NUMPY" {
        return Err("it does not begin as an .npy file does".to_owned());
    }
    let (n_bytes, data_start) = if major == 1 {
        let mut length = [0; 2];
        reader.read_exact(&mut length).map_err(cut)?;
        (usize::from(u16::from_le_bytes(length)), 10)
    } else {
        let mut length = [0; 4];
        reader.read_exact(&mut length).map_err(cut)?;
        (u32::from_le_bytes(length) as usize, 12)
    };
    if n_bytes > MAX_HEADER_BYTES {
        return Err(format!("its header states {n_bytes} bytes, and the limit is {MAX_HEADER_BYTES}"));
    }
    let mut text = vec![0; n_bytes];
    reader.read_exact(&mut text).map_err(cut)?;
    Ok((String::from_utf8_lossy(&text).into_owned(), data_start + n_bytes as u64))
}

/// The shape in the header, and height, width and channels of one image.
fn image_shape(header: &str) -> Result<(Vec<usize>, [usize; 3]), String> {
    let needed = "images must be unsigned bytes (uint8), in C order, of shape (n, height, width, 3), (n, height, width, 1) or (n, height, width)";
    let number_type = value_of(header, "descr").unwrap_or_default().trim_matches(['\'', '"']).to_owned();
    if !["|u1", "<u1", ">u1", "u1"].contains(&number_type.as_str()) {
        return Err(format!("its numbers are of type {number_type:?}; {needed}"));
    }
    if value_of(header, "fortran_order").as_deref() != Some("False") {
        return Err(format!("it is in Fortran order; {needed}"));
    }
    let shape: Option<Vec<usize>> = value_of(header, "shape").and_then(|text| {
        text.trim_matches(['(', ')'])
            .split(',')
            .map(str::trim)
            .filter(|side| !side.is_empty())
            .map(|side| side.parse().ok())
            .collect()
    });
    let shape = shape.ok_or_else(|| format!("its header states no shape: {header:?}"))?;
    match *shape.as_slice() {
        [_, height, width, n_channels @ (1 | 3)] if height > 0 && width > 0 => Ok((shape, [height, width, n_channels])),
        // (height, width, 3) is a single colour image more likely than a stack of grey ones three pixels wide.
        [_, height, width] if height > 0 && width > 3 => Ok((shape, [height, width, 1])),
        _ => Err(format!("its shape is {shape:?}; {needed}")),
    }
}

/// The value of a key of the header's dictionary, as text: up to the next comma outside brackets.
fn value_of(header: &str, key: &str) -> Option<String> {
    let start = [format!("'{key}':"), format!("\"{key}\":")]
        .iter()
        .find_map(|pattern| header.find(pattern).map(|found| found + pattern.len()))?;
    let value = header.get(start..)?.trim_start();
    let end = if value.starts_with('(') { value.find(')')? + 1 } else { value.find([',', '}'])? };
    value.get(..end).map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn npy(header: &str, data: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        std::fs::write(folder.path().join("images.npy"), bytes).unwrap();
        folder
    }

    fn read(header: &str, data: &[u8]) -> Result<Vec<Stimulus>, StimulusError> {
        stimuli(&npy(header, data).path().join("images.npy"))
    }

    #[test]
    fn rows_are_found_where_the_shape_puts_them() {
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (11, 2, 4, 3), }";
        let found = read(header, &[0; 11 * 24]).unwrap();
        assert_eq!((found[0].id.as_str(), found[10].id.as_str()), ("00", "10"));
        let Source::ArrayRow { offset, width, height, n_channels, .. } = found[10].source else { unreachable!() };
        assert_eq!((offset, width, height, n_channels), (10 + header.len() as u64 + 240, 4, 2, 3));
    }

    #[test]
    fn what_is_not_a_stack_of_byte_images_is_refused_in_words() {
        let message = |header: &str| read(header, &[0; 24]).unwrap_err().to_string();
        assert!(message("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 4, 3), }").contains("type \"<f4\""));
        assert!(message("{'descr': '|u1', 'fortran_order': True, 'shape': (1, 2, 4, 3), }").contains("Fortran order"));
        assert!(
            message("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 3), }")
                .contains("its shape is [2, 4, 3]")
        );
        assert!(message("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2, 4, 3), }").contains("cut short"));
    }

    proptest! {
        #[test]
        fn no_header_makes_the_reader_panic(header in "[{}(), 0-9'a-z:|]{0,80}", data in proptest::collection::vec(any::<u8>(), 0..40)) {
            let _ = read(&header, &data);
            let _ = super::header(data.as_slice());
        }
    }
}
