//! As much of MATLAB's file format 5 as these tests read: numbers and structures, compressed.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// A value of a MATLAB file.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Column by column.
    Numbers(Vec<f64>),
    /// Structures, first index fastest.
    Structures(Vec<BTreeMap<String, Value>>),
    /// Anything else.
    Other,
}

impl Value {
    pub(crate) fn numbers(&self) -> &[f64] {
        match self {
            Self::Numbers(values) => values,
            other => panic!("expected numbers, found {other:?}"),
        }
    }

    pub(crate) fn structures(&self) -> &[BTreeMap<String, Value>] {
        match self {
            Self::Structures(values) => values,
            other => panic!("expected structures, found {other:?}"),
        }
    }
}

const COMPRESSED: u32 = 15;
const MATRIX: u32 = 14;

/// The variables of a file.
pub(crate) fn read(path: &Path) -> BTreeMap<String, Value> {
    let bytes = std::fs::read(path).expect("a file that can be read");
    let mut variables = BTreeMap::new();
    for (kind, data) in elements(&bytes[128..]) {
        let (kind, data) = match kind {
            COMPRESSED => {
                let mut inflated = Vec::new();
                flate2::read::ZlibDecoder::new(data).read_to_end(&mut inflated).expect("a compressed variable");
                let (kind, data) =
                    elements(&inflated).next().map(|(kind, data)| (kind, data.to_vec())).expect("an element");
                (kind, data)
            }
            kind => (kind, data.to_vec()),
        };
        if kind == MATRIX {
            let (name, value) = matrix(&data);
            variables.insert(name, value);
        }
    }
    variables
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// Type and data of each element that lies in `bytes`.
fn elements(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        if at + 8 > bytes.len() {
            return None;
        }
        let tag = word(bytes, at);
        if tag >> 16 != 0 {
            // A small element: type and size share a word, and the data the next.
            let found = (tag & 0xffff, &bytes[at + 4..at + 4 + (tag >> 16) as usize]);
            at += 8;
            return Some(found);
        }
        let size = word(bytes, at + 4) as usize;
        let found = (tag, &bytes[at + 8..at + 8 + size]);
        at += 8 + if tag == COMPRESSED { size } else { size.next_multiple_of(8) };
        Some(found)
    })
}

fn matrix(data: &[u8]) -> (String, Value) {
    let mut parts = elements(data);
    let Some((_, flags)) = parts.next() else { return (String::new(), Value::Other) };
    let class = flags[0];
    let (_, dimensions) = parts.next().expect("dimensions");
    let length: usize = (0..dimensions.len() / 4).map(|at| word(dimensions, 4 * at) as usize).product();
    let (_, name) = parts.next().expect("a name");
    let name = String::from_utf8_lossy(name).into_owned();
    let value = match class {
        2 => {
            let (_, width) = parts.next().expect("the length of field names");
            let (_, names) = parts.next().expect("field names");
            let names: Vec<String> = names
                .chunks(word(width, 0) as usize)
                .map(|name| String::from_utf8_lossy(name).trim_end_matches('\0').to_owned())
                .collect();
            let one = |_| {
                let field = |name: &String| (name.clone(), matrix(parts.next().expect("a field").1).1);
                names.iter().map(field).collect()
            };
            Value::Structures((0..length).map(one).collect())
        }
        6..=15 => {
            let (kind, numbers) = parts.next().expect("numbers");
            Value::Numbers(decode(kind, numbers))
        }
        _ => Value::Other,
    };
    (name, value)
}

fn decode(kind: u32, bytes: &[u8]) -> Vec<f64> {
    match kind {
        1 => bytes.iter().map(|&byte| f64::from(byte as i8)).collect(),
        2 => bytes.iter().map(|&byte| f64::from(byte)).collect(),
        3 => bytes.as_chunks().0.iter().map(|&b| f64::from(i16::from_le_bytes(b))).collect(),
        4 => bytes.as_chunks().0.iter().map(|&b| f64::from(u16::from_le_bytes(b))).collect(),
        5 => bytes.as_chunks().0.iter().map(|&b| f64::from(i32::from_le_bytes(b))).collect(),
        6 => bytes.as_chunks().0.iter().map(|&b| f64::from(u32::from_le_bytes(b))).collect(),
        7 => bytes.as_chunks().0.iter().map(|&b| f64::from(f32::from_le_bytes(b))).collect(),
        9 => bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
        other => panic!("numbers of MATLAB's type {other} are not read here"),
    }
}
