//! NumPy's `.npy`: one array.
//!
//! Format: NEP 1 (numpy.lib.format), versions 1 to 3. Read are booleans, whole numbers, floats of 2, 4 and 8 bytes, and
//! strings of fixed length, of either byte order, in C and Fortran order. Arrays of Python objects are pickles, which can run
//! code, and are refused.

use super::bytes::Bytes;
use crate::recording::array::{DataArray, Elements, checked_product};
use crate::recording::error::ContentProblem;

const MAGIC: &[u8] = b"\x93NUMPY";

/// The array in the bytes of an `.npy` file.
///
/// # Errors
/// [`ContentProblem`]: the header is damaged, the element type is not supported, or there are fewer bytes than it says.
pub fn parse(bytes: &[u8]) -> Result<DataArray, ContentProblem> {
    let mut bytes = Bytes::new(bytes);
    let magic = bytes.take(6, "the first six bytes")?;
    if magic != MAGIC {
        return Err(ContentProblem::Unexpected {
            place: "the start of the file".to_owned(),
            found: format!("{:?}", String::from_utf8_lossy(magic)),
            needed: "the mark \\x93NUMPY",
        });
    }
    let version = bytes.take(2, "the format version")?[0];
    let header_length = if version == 1 {
        u64::from(u16::from_le_bytes(bytes.array("the length of the header")?))
    } else {
        u64::from(u32::from_le_bytes(bytes.array("the length of the header")?))
    };
    let header = String::from_utf8_lossy(bytes.take(header_length, "the header")?).into_owned();
    let shape = header_shape(&header)?;
    let kind = ElementKind::of(&header)?;
    let damaged = || unexpected_header(&header, "a shape whose elements can be counted");
    let count = checked_product(&shape).ok_or_else(damaged)?;
    let n_bytes = (count as u64).checked_mul(kind.size.max(1) as u64).ok_or_else(damaged)?;
    let elements = kind.decode(bytes.take(n_bytes, "the data")?)?;
    let array = match header_value(&header, "fortran_order") {
        Some(value) if value.starts_with("True") => DataArray::from_column_major(shape, elements),
        _ => DataArray::new(shape, elements),
    };
    array.ok_or_else(damaged)
}

/// The type of the elements, as the header's `descr` writes it.
struct ElementKind {
    code: char,
    size: usize,
    is_big_endian: bool,
}

impl ElementKind {
    fn of(header: &str) -> Result<Self, ContentProblem> {
        let described = header_value(header, "descr").unwrap_or_default();
        if described.starts_with('[') {
            return Err(unsupported_type(described, "Save each field of the structured array as its own array"));
        }
        let text = described.trim_start_matches(['\'', '"']);
        let text = &text[..text.find(['\'', '"']).unwrap_or(text.len())];
        let (order, rest) = match text.chars().next() {
            Some(order @ ('<' | '>' | '|' | '=')) => (order, &text[1..]),
            _ => ('<', text),
        };
        let mut letters = rest.chars();
        let code = letters.next().unwrap_or(' ');
        let number: usize = letters.as_str().parse().unwrap_or(0);
        let size = if code == 'U' { number.saturating_mul(4) } else { number };
        match (code, size) {
            ('b' | '?', 1) | ('i' | 'u', 1 | 2 | 4 | 8) | ('f', 2 | 4 | 8) | ('U' | 'S', _) => {
                Ok(Self { code, size, is_big_endian: order == '>' })
            }
            ('O', _) => Err(ContentProblem::Unsupported {
                place: "the array".to_owned(),
                found: "an array of Python objects, which are stored as a pickle that can run code".to_owned(),
                next_step: "Save numbers, or strings with dtype \"U\", and allow_pickle=False",
            }),
            _ => Err(unsupported_type(text, "Convert it with .astype(\"float64\") and save it again")),
        }
    }

    fn decode(&self, data: &[u8]) -> Result<Elements, ContentProblem> {
        Ok(match (self.code, self.size) {
            ('u', 1) => Elements::Byte(data.to_vec()),
            ('b' | '?', _) => Elements::Bool(data.iter().map(|byte| *byte != 0).collect()),
            ('U' | 'S', _) => Elements::Text(self.strings(data)?),
            ('f', 2) => Elements::Float(self.numbers(data, |bytes: [u8; 2]| half(u16::from_le_bytes(bytes)))),
            ('f', 4) => Elements::Float(self.numbers(data, |bytes| f64::from(f32::from_le_bytes(bytes)))),
            ('f', _) => Elements::Float(self.numbers(data, f64::from_le_bytes)),
            ('i', 1) => Elements::Integer(self.numbers(data, |bytes| i64::from(i8::from_le_bytes(bytes)))),
            ('i', 2) => Elements::Integer(self.numbers(data, |bytes| i64::from(i16::from_le_bytes(bytes)))),
            ('i', 4) => Elements::Integer(self.numbers(data, |bytes| i64::from(i32::from_le_bytes(bytes)))),
            ('u', 2) => Elements::Integer(self.numbers(data, |bytes| i64::from(u16::from_le_bytes(bytes)))),
            ('u', 4) => Elements::Integer(self.numbers(data, |bytes| i64::from(u32::from_le_bytes(bytes)))),
            ('u', _) => super::integers_from_u64(&self.numbers(data, u64::from_le_bytes), "the array")?,
            _ => Elements::Integer(self.numbers(data, i64::from_le_bytes)),
        })
    }

    /// Each `N` bytes, put into little-endian order, as a number.
    fn numbers<const N: usize, T>(&self, data: &[u8], from_little_endian: impl Fn([u8; N]) -> T) -> Vec<T> {
        let (chunks, _) = data.as_chunks::<N>();
        chunks
            .iter()
            .map(|chunk| {
                let mut chunk = *chunk;
                if self.is_big_endian {
                    chunk.reverse();
                }
                from_little_endian(chunk)
            })
            .collect()
    }

    fn strings(&self, data: &[u8]) -> Result<Vec<String>, ContentProblem> {
        if self.size == 0 {
            return Ok(vec![String::new(); data.len()]);
        }
        data.chunks_exact(self.size)
            .map(|item| {
                let text: Option<String> = if self.code == 'S' {
                    Some(String::from_utf8_lossy(item).into_owned())
                } else {
                    self.numbers(item, u32::from_le_bytes).into_iter().map(char::from_u32).collect()
                };
                let text = text.ok_or_else(|| ContentProblem::Unexpected {
                    place: "a string".to_owned(),
                    found: "a number that is no character".to_owned(),
                    needed: "Unicode characters of four bytes",
                })?;
                Ok(text.trim_end_matches('\0').to_owned())
            })
            .collect()
    }
}

/// IEEE 754 half precision to double: sign, five bits of exponent with bias 15, ten of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((bits >> 10) & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    match exponent {
        0 => sign * fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2_f64.powi(exponent - 15),
    }
}

/// What follows a key in the header, which is a Python dictionary.
fn header_value<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let after_key = header.split_once(&format!("'{key}'")).or_else(|| header.split_once(&format!("\"{key}\"")))?.1;
    Some(after_key.split_once(':')?.1.trim_start())
}

fn header_shape(header: &str) -> Result<Vec<usize>, ContentProblem> {
    let damaged = || unexpected_header(header, "a dictionary with descr, fortran_order and shape");
    let (inside, _) = header_value(header, "shape")
        .and_then(|value| value.strip_prefix('('))
        .and_then(|value| value.split_once(')'))
        .ok_or_else(damaged)?;
    let lengths = inside.split(',').map(str::trim).filter(|length| !length.is_empty());
    lengths.map(|length| length.trim_end_matches('L').parse().map_err(|_| damaged())).collect()
}

fn unexpected_header(header: &str, needed: &'static str) -> ContentProblem {
    let shown: String = header.trim_end().chars().take(120).collect();
    ContentProblem::Unexpected { place: "the header".to_owned(), found: format!("\"{shown}\""), needed }
}

fn unsupported_type(found: &str, next_step: &'static str) -> ContentProblem {
    let shown: String = found.chars().take(60).collect();
    ContentProblem::Unsupported { place: "the element type".to_owned(), found: format!("\"{shown}\""), next_step }
}

/// An array as the bytes of an `.npy` file, version 1 (3 for none): C order, little-endian.
pub fn to_bytes(array: &DataArray) -> Vec<u8> {
    let longest = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1);
    let (kind, data): (String, Vec<u8>) = match array.elements() {
        Elements::Byte(values) => ("|u1".to_owned(), values.clone()),
        Elements::Bool(values) => ("|b1".to_owned(), values.iter().map(|value| u8::from(*value)).collect()),
        Elements::Integer(values) => ("<i8".to_owned(), values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        Elements::Float(values) => ("<f8".to_owned(), values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        Elements::Text(texts) => {
            let length = longest(texts);
            let padded = |text: &String| {
                let characters = text.chars().map(u32::from).chain(std::iter::repeat(0)).take(length);
                characters.flat_map(u32::to_le_bytes).collect::<Vec<u8>>()
            };
            (format!("<U{length}"), texts.iter().flat_map(padded).collect())
        }
    };
    let lengths: String = array.shape().iter().map(|length| format!("{length},")).collect();
    let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({lengths}), }}");
    // The data starts at a multiple of 64 bytes; the header ends with a line break.
    let padding = (64 - (MAGIC.len() + 4 + header.len() + 1) % 64) % 64;
    let header_length = (header.len() + padding + 1) as u16;
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend(header_length.to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(std::iter::repeat_n(b' ', padding));
    bytes.push(b'\n');
    bytes.extend(data);
    bytes
}
