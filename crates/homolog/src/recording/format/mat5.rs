//! MATLAB's version 5 to 7 `.mat` files: named arrays, structures, cells and strings.
//!
//! Format: "MAT-File Format" (MathWorks), chapter 1, level 5. Either byte order, compressed or not. Every length is checked
//! against the bytes that are there before anything is allocated. Functions, objects and sparse arrays are passed over and
//! named when they are asked for.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::bytes::Bytes;
use super::npz::MOST_BYTES_INFLATED_FROM_ONE;
use crate::recording::array::{DataArray, Elements, checked_product};
use crate::recording::error::ContentProblem;
use crate::recording::tree::DataTree;

const COMPRESSED: u32 = 15;
const MATRIX: u32 = 14;

const COMPLEX: u32 = 0x0800;
const LOGICAL: u32 = 0x0200;

/// Structures in cells in structures go no deeper than this.
const DEEPEST: usize = 64;

/// The variables in the bytes of a version 5 `.mat` file.
///
/// # Errors
/// [`ContentProblem`], which names the variable and what is wrong with it.
pub fn parse(bytes: &[u8]) -> Result<DataTree, ContentProblem> {
    let mut bytes = Bytes::new(bytes);
    let header = bytes.take(128, "the file's header")?;
    let is_big_endian = match &header[126..128] {
        b"IM" => false,
        b"MI" => true,
        other => {
            return Err(ContentProblem::Unexpected {
                place: "the byte order mark in the header".to_owned(),
                found: format!("{:?}", String::from_utf8_lossy(other)),
                needed: "MI or IM (a .mat file of version 5 to 7.3; version 4 is not read, save it again with -v7)",
            });
        }
    };
    let reader = Reader { is_big_endian };
    let mut variables = BTreeMap::new();
    while bytes.len() >= 8 {
        let number = variables.len() + 1;
        let place = format!("variable {number}");
        let element = reader.element(&mut bytes, &place)?;
        let inflated;
        let element = if element.kind == COMPRESSED {
            inflated = inflate(element.data, &place)?;
            reader.element(&mut Bytes::new(&inflated), &place)?
        } else {
            element
        };
        if element.kind == MATRIX {
            let (name, value) = reader.matrix(element.data, &place, 0)?;
            if !name.is_empty() {
                variables.insert(name, value);
            }
        }
    }
    Ok(DataTree::named(variables))
}

/// The whole of a compressed element.
fn inflate(data: &[u8], place: &str) -> Result<Vec<u8>, ContentProblem> {
    let most = (data.len() as u64).saturating_mul(MOST_BYTES_INFLATED_FROM_ONE);
    let mut inflated = Vec::new();
    ZlibDecoder::new(data).take(most).read_to_end(&mut inflated).map_err(|source| ContentProblem::Undecodable {
        place: format!("{place} (compressed)"),
        source: source.into(),
    })?;
    Ok(inflated)
}

/// A piece of the file: what it holds, and its bytes.
struct Element<'a> {
    kind: u32,
    data: &'a [u8],
}

struct Reader {
    is_big_endian: bool,
}

/// What stands at the start of a matrix.
struct MatrixHeader {
    class: u32,
    flags: u32,
    shape: Vec<usize>,
    name: String,
}

impl Reader {
    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    /// The next element with its padding to eight bytes.
    fn element<'a>(&self, bytes: &mut Bytes<'a>, place: &str) -> Result<Element<'a>, ContentProblem> {
        let tag = self.u32(bytes.array(place)?);
        if tag >> 16 != 0 {
            // A small element: its length in the upper half, its data in the next four bytes.
            let field = bytes.take(4, place)?;
            let length = (tag >> 16) as usize;
            let data = field.get(..length).ok_or_else(|| ContentProblem::Unexpected {
                place: place.to_owned(),
                found: format!("a small element of {length} bytes"),
                needed: "at most four",
            })?;
            return Ok(Element { kind: tag & 0xffff, data });
        }
        let length = self.u32(bytes.array(place)?);
        let data = bytes.take(u64::from(length), place)?;
        if tag != COMPRESSED {
            bytes.skip(data.len().next_multiple_of(8) - data.len());
        }
        Ok(Element { kind: tag, data })
    }

    fn header(&self, bytes: &mut Bytes<'_>, place: &str) -> Result<MatrixHeader, ContentProblem> {
        let flags =
            self.numbers(&self.element(bytes, place)?, place)?.into_integers().first().copied().unwrap_or(0) as u32;
        let lengths = self.numbers(&self.element(bytes, place)?, place)?.into_integers();
        let damaged = || ContentProblem::Unexpected {
            place: format!("the size of {place}"),
            found: format!("{lengths:?}"),
            needed: "lengths whose product can be counted",
        };
        let shape = lengths.iter().map(|length| usize::try_from(*length)).collect::<Result<Vec<_>, _>>();
        let shape = shape.ok().filter(|shape| checked_product(shape).is_some()).ok_or_else(damaged)?;
        let name = String::from_utf8_lossy(self.element(bytes, place)?.data).trim_end_matches('\0').to_owned();
        Ok(MatrixHeader { class: flags & 0xff, flags, shape, name })
    }

    /// A matrix and its name.
    fn matrix(&self, data: &[u8], place: &str, depth: usize) -> Result<(String, DataTree), ContentProblem> {
        if depth > DEEPEST {
            return Err(ContentProblem::Unsupported {
                place: place.to_owned(),
                found: format!("nested more than {DEEPEST} levels deep"),
                next_step: "Save the array that is wanted as a variable of its own",
            });
        }
        if data.is_empty() {
            let nothing = DataArray::new(vec![0, 0], Elements::Float(Vec::new()));
            return Ok((String::new(), nothing.map_or(DataTree::Unread { what: "nothing" }, DataTree::Array)));
        }
        let mut bytes = Bytes::new(data);
        let header = self.header(&mut bytes, place)?;
        let place = if header.name.is_empty() { place.to_owned() } else { format!("variable \"{}\"", header.name) };
        let value = match header.class {
            1 => self.cells(&mut bytes, &header, &place, depth)?,
            2 => self.structures(&mut bytes, &header, &place, depth)?,
            4 => self.text(&mut bytes, &header, &place)?,
            5 => DataTree::Unread { what: "a sparse matrix (save it as full(X))" },
            6..=15 if header.flags & COMPLEX != 0 => DataTree::Unread { what: "an array of complex numbers" },
            6..=15 => self.numeric(&mut bytes, &header, &place)?,
            16 => DataTree::Unread { what: "a function handle" },
            _ => DataTree::Unread {
                what: "a MATLAB object (table, string array, class instance; save its columns as arrays)",
            },
        };
        Ok((header.name, value))
    }

    fn numeric(&self, bytes: &mut Bytes<'_>, header: &MatrixHeader, place: &str) -> Result<DataTree, ContentProblem> {
        let stored = self.numbers(&self.element(bytes, place)?, place)?;
        let is_float = matches!(header.class, 6 | 7);
        let elements = match stored {
            Stored::Floats(values) => Elements::Float(values),
            Stored::Integers(values) if header.flags & LOGICAL != 0 => {
                Elements::Bool(values.into_iter().map(|value| value != 0).collect())
            }
            // MATLAB stores floats that are whole numbers in fewer bytes.
            Stored::Integers(values) if is_float => {
                Elements::Float(values.into_iter().map(|value| value as f64).collect())
            }
            Stored::Integers(values) if header.class == 9 => {
                Elements::Byte(values.into_iter().map(|value| value as u8).collect())
            }
            Stored::Integers(values) => Elements::Integer(values),
        };
        let found = elements.len();
        let array = DataArray::from_column_major(header.shape.clone(), elements);
        array.map(DataTree::Array).ok_or_else(|| wrong_count(place, found, &header.shape))
    }

    /// Rows of characters: one string for a single row.
    fn text(&self, bytes: &mut Bytes<'_>, header: &MatrixHeader, place: &str) -> Result<DataTree, ContentProblem> {
        let element = self.element(bytes, place)?;
        let characters: Vec<char> = match element.kind {
            16 => String::from_utf8_lossy(element.data).chars().collect(),
            _ => {
                let units: Vec<u16> =
                    self.numbers(&element, place)?.into_integers().into_iter().map(|unit| unit as u16).collect();
                String::from_utf16_lossy(&units).chars().collect()
            }
        };
        let array = text_array(&header.shape, &characters);
        array.map(DataTree::Array).ok_or_else(|| wrong_count(place, characters.len(), &header.shape))
    }

    fn cells(
        &self,
        bytes: &mut Bytes<'_>,
        header: &MatrixHeader,
        place: &str,
        depth: usize,
    ) -> Result<DataTree, ContentProblem> {
        let count = self.count(bytes, header, 1, place)?;
        let mut cells = Vec::with_capacity(count);
        for number in 1..=count {
            let here = format!("{place}{{{number}}}");
            cells.push(self.matrix(self.nested(bytes, &here)?, &here, depth + 1)?.1);
        }
        Ok(DataTree::Cells { cells: row_major(&header.shape, cells), shape: header.shape.clone() })
    }

    fn structures(
        &self,
        bytes: &mut Bytes<'_>,
        header: &MatrixHeader,
        place: &str,
        depth: usize,
    ) -> Result<DataTree, ContentProblem> {
        let name_length =
            self.numbers(&self.element(bytes, place)?, place)?.into_integers().first().copied().unwrap_or(0);
        let names = self.element(bytes, place)?.data;
        let name_length = usize::try_from(name_length).unwrap_or(0).max(1);
        let names: Vec<String> = names
            .chunks_exact(name_length)
            .map(|name| String::from_utf8_lossy(name.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned())
            .collect();
        let mut columns: Vec<Vec<DataTree>> = vec![Vec::new(); names.len()];
        if !names.is_empty() {
            for number in 1..=self.count(bytes, header, names.len(), place)? {
                for (name, column) in names.iter().zip(&mut columns) {
                    let here = format!("{place}({number}).{name}");
                    column.push(self.matrix(self.nested(bytes, &here)?, &here, depth + 1)?.1);
                }
            }
        }
        let columns = columns.into_iter().map(|column| row_major(&header.shape, column));
        Ok(DataTree::Structures { shape: header.shape.clone(), fields: names.into_iter().zip(columns).collect() })
    }

    fn nested<'a>(&self, bytes: &mut Bytes<'a>, place: &str) -> Result<&'a [u8], ContentProblem> {
        let element = self.element(bytes, place)?;
        if element.kind == MATRIX {
            return Ok(element.data);
        }
        Err(ContentProblem::Unexpected {
            place: place.to_owned(),
            found: format!("an element of type {}", element.kind),
            needed: "a matrix (type 14)",
        })
    }

    /// How many entries there are, once as many tags of eight bytes as that takes are seen to be left.
    fn count(
        &self,
        bytes: &Bytes<'_>,
        header: &MatrixHeader,
        elements_of_each: usize,
        place: &str,
    ) -> Result<usize, ContentProblem> {
        let count = checked_product(&header.shape).unwrap_or(usize::MAX);
        let needed = (count as u64).saturating_mul(elements_of_each as u64).saturating_mul(8);
        let left = bytes.len() as u64;
        if needed > left {
            return Err(ContentProblem::CutShort { place: place.to_owned(), needed, left });
        }
        Ok(count)
    }

    /// The numbers of an element, by the type they are stored in.
    fn numbers(&self, element: &Element<'_>, place: &str) -> Result<Stored, ContentProblem> {
        let data = element.data;
        Ok(match element.kind {
            1 => Stored::Integers(self.each(data, |bytes| i64::from(i8::from_le_bytes(bytes)))),
            2 | 16 => Stored::Integers(self.each(data, |bytes| i64::from(u8::from_le_bytes(bytes)))),
            3 => Stored::Integers(self.each(data, |bytes| i64::from(i16::from_le_bytes(bytes)))),
            4 | 17 => Stored::Integers(self.each(data, |bytes| i64::from(u16::from_le_bytes(bytes)))),
            5 => Stored::Integers(self.each(data, |bytes| i64::from(i32::from_le_bytes(bytes)))),
            6 => Stored::Integers(self.each(data, |bytes| i64::from(u32::from_le_bytes(bytes)))),
            7 => Stored::Floats(self.each(data, |bytes| f64::from(f32::from_le_bytes(bytes)))),
            9 => Stored::Floats(self.each(data, f64::from_le_bytes)),
            12 => Stored::Integers(self.each(data, i64::from_le_bytes)),
            13 => match super::integers_from_u64(&self.each(data, u64::from_le_bytes), place)? {
                Elements::Integer(values) => Stored::Integers(values),
                _ => Stored::Integers(Vec::new()),
            },
            kind => {
                return Err(ContentProblem::Unexpected {
                    place: place.to_owned(),
                    found: format!("an element of type {kind}"),
                    needed: "one of numbers (types 1 to 7, 9, 12, 13)",
                });
            }
        })
    }

    fn each<const N: usize, T>(&self, data: &[u8], from_little_endian: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = data.as_chunks::<N>();
        let number = |chunk: &[u8; N]| {
            let mut chunk = *chunk;
            if self.is_big_endian {
                chunk.reverse();
            }
            from_little_endian(chunk)
        };
        chunks.iter().map(number).collect()
    }
}

/// Numbers as they are stored.
enum Stored {
    Integers(Vec<i64>),
    Floats(Vec<f64>),
}

impl Stored {
    fn into_integers(self) -> Vec<i64> {
        match self {
            Stored::Integers(values) => values,
            Stored::Floats(values) => values.into_iter().map(|value| value as i64).collect(),
        }
    }
}

/// A matrix of characters, first axis fastest, as strings: one for a single row or nothing, one for each row otherwise.
pub(super) fn text_array(shape: &[usize], characters: &[char]) -> Option<DataArray> {
    let (n_rows, n_columns) = match shape {
        [n_rows, n_columns] => (*n_rows, *n_columns),
        _ => return None,
    };
    if n_rows.checked_mul(n_columns)? != characters.len() {
        // Characters outside the first plane are two units of the shape and one here: only one row can be told apart then.
        let is_one_row = n_rows == 1 && characters.len() <= n_columns;
        return is_one_row.then(|| DataArray::new(Vec::new(), Elements::Text(vec![characters.iter().collect()])))?;
    }
    if n_rows <= 1 || n_columns == 0 {
        return DataArray::new(Vec::new(), Elements::Text(vec![characters.iter().collect()]));
    }
    let row = |row: usize| -> String {
        let text: String = characters.iter().skip(row).step_by(n_rows).collect();
        text.trim_end().to_owned()
    };
    DataArray::new(vec![n_rows], Elements::Text((0..n_rows).map(row).collect()))
}

/// Entries of which the first axis runs fastest, put row by row.
pub(super) fn row_major(shape: &[usize], entries: Vec<DataTree>) -> Vec<DataTree> {
    let positions = Elements::Integer((0..entries.len() as i64).collect());
    let Some(order) = DataArray::from_column_major(shape.to_vec(), positions) else {
        return entries;
    };
    let Elements::Integer(order) = order.into_elements() else {
        return entries;
    };
    let mut entries: Vec<Option<DataTree>> = entries.into_iter().map(Some).collect();
    order.into_iter().filter_map(|position| entries.get_mut(position as usize)?.take()).collect()
}

fn wrong_count(place: &str, found: usize, shape: &[usize]) -> ContentProblem {
    ContentProblem::Unexpected {
        place: place.to_owned(),
        found: format!("{found} elements for the size {shape:?}"),
        needed: "as many elements as the size says",
    }
}
