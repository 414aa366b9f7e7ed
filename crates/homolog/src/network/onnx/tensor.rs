//! Tensors of an ONNX file, in all the ways in which the format can hold their numbers.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

use prost::bytes::Bytes;

use super::error::TensorError;
use super::proto::{DATA_LOCATION_EXTERNAL, ElementType, TensorProto, element_name};
use crate::network::tensor::{DType, HostTensor};

/// The tensor with its numbers as 32-bit floats, 64-bit integers or truth values.
///
/// `folder` is where the files lie that the network keeps its numbers in, if any. Nothing is allocated before the
/// sizes were compared with the bytes that are there.
pub(crate) fn host_tensor(proto: &TensorProto, folder: Option<&Path>) -> Result<HostTensor, TensorError> {
    if proto.segment.is_some() {
        return Err(TensorError::Segment);
    }
    let element = ElementType::from_number(proto.data_type)
        .ok_or_else(|| TensorError::ElementType { found: element_name(proto.data_type) })?;
    let shape = shape(&proto.dims)?;
    let n_elements = shape.iter().product();
    let elements = if proto.data_location == DATA_LOCATION_EXTERNAL {
        from_bytes(element, &external_bytes(proto, element, n_elements, folder)?)?
    } else if let Some(raw) = &proto.raw_data {
        let needed = n_bytes(proto, element, n_elements)?;
        check_length(proto, "bytes", needed, raw.len())?;
        from_bytes(element, raw)?
    } else {
        let typed = from_typed(element, proto)?;
        check_length(proto, "numbers", n_elements, typed.len())?;
        typed
    };
    elements.into_tensor(&shape).ok_or_else(|| TensorError::Sizes { dims: proto.dims.clone() })
}

/// The tensor as a message under `name`, its numbers in `raw_data`.
pub(crate) fn tensor_proto(name: &str, tensor: &HostTensor) -> TensorProto {
    let (data_type, raw) = match tensor {
        HostTensor::F32(a) => (1, a.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>()),
        HostTensor::I64(a) => (7, a.iter().flat_map(|x| x.to_le_bytes()).collect()),
        HostTensor::Bool(a) => (9, a.iter().map(|x| u8::from(*x)).collect()),
    };
    TensorProto {
        name: name.to_owned(),
        data_type,
        dims: tensor.shape().iter().map(|size| i64::try_from(*size).unwrap_or(i64::MAX)).collect(),
        raw_data: Some(Bytes::from(raw)),
        ..TensorProto::default()
    }
}

/// The number in `TensorProto.DataType` of an element type.
pub(crate) fn element_number(dtype: DType) -> i32 {
    match dtype {
        DType::F32 => 1,
        DType::I64 => 7,
        DType::Bool => 9,
    }
}

/// What elements of a file's type become.
pub(crate) fn dtype_of(element: ElementType) -> DType {
    match element {
        ElementType::Float16 | ElementType::Bfloat16 | ElementType::Float32 | ElementType::Float64 => DType::F32,
        ElementType::Bool => DType::Bool,
        _ => DType::I64,
    }
}

/// Numbers in row-major order.
enum Elements {
    F32(Vec<f32>),
    I64(Vec<i64>),
    Bool(Vec<bool>),
}

impl Elements {
    fn len(&self) -> usize {
        match self {
            Self::F32(elements) => elements.len(),
            Self::I64(elements) => elements.len(),
            Self::Bool(elements) => elements.len(),
        }
    }

    fn into_tensor(self, shape: &[usize]) -> Option<HostTensor> {
        match self {
            Self::F32(elements) => HostTensor::from_f32(shape, elements),
            Self::I64(elements) => HostTensor::from_i64(shape, elements),
            Self::Bool(elements) => {
                ndarray::ArrayD::from_shape_vec(ndarray::IxDyn(shape), elements).ok().map(HostTensor::Bool)
            }
        }
    }
}

fn shape(dims: &[i64]) -> Result<Vec<usize>, TensorError> {
    let damaged = || TensorError::Sizes { dims: dims.to_vec() };
    let shape: Vec<usize> =
        dims.iter().map(|dim| usize::try_from(*dim)).collect::<Result<_, _>>().map_err(|_| damaged())?;
    // An empty axis does not excuse the others: ndarray, too, demands that the product of the non-zero sizes is countable.
    let n_elements =
        shape.iter().filter(|size| **size > 0).try_fold(1usize, |product, size| product.checked_mul(*size));
    match n_elements {
        Some(n_elements) if n_elements <= isize::MAX as usize => Ok(shape),
        _ => Err(damaged()),
    }
}

fn n_bytes(proto: &TensorProto, element: ElementType, n_elements: usize) -> Result<usize, TensorError> {
    n_elements.checked_mul(element.n_bytes()).ok_or_else(|| TensorError::Sizes { dims: proto.dims.clone() })
}

fn check_length(proto: &TensorProto, unit: &'static str, needed: usize, found: usize) -> Result<(), TensorError> {
    if needed == found {
        return Ok(());
    }
    Err(TensorError::Length { dims: proto.dims.clone(), unit, needed, found })
}

/// Little-endian elements; a remainder that makes no whole element was excluded by the caller.
fn from_bytes(element: ElementType, bytes: &[u8]) -> Result<Elements, TensorError> {
    fn each<const N: usize, T>(bytes: &[u8], convert: impl Fn([u8; N]) -> T) -> Vec<T> {
        bytes.as_chunks::<N>().0.iter().map(|chunk| convert(*chunk)).collect()
    }
    Ok(match element {
        ElementType::Float32 => Elements::F32(each(bytes, f32::from_le_bytes)),
        ElementType::Float64 => Elements::F32(each(bytes, |chunk| f64::from_le_bytes(chunk) as f32)),
        ElementType::Float16 => Elements::F32(each(bytes, |chunk| f32_from_half(u16::from_le_bytes(chunk)))),
        ElementType::Bfloat16 => Elements::F32(each(bytes, |chunk| f32_from_bfloat(u16::from_le_bytes(chunk)))),
        ElementType::Int64 => Elements::I64(each(bytes, i64::from_le_bytes)),
        ElementType::Int32 => Elements::I64(each(bytes, |chunk| i32::from_le_bytes(chunk).into())),
        ElementType::Int16 => Elements::I64(each(bytes, |chunk| i16::from_le_bytes(chunk).into())),
        ElementType::Int8 => Elements::I64(each(bytes, |chunk| i8::from_le_bytes(chunk).into())),
        ElementType::Uint32 => Elements::I64(each(bytes, |chunk| u32::from_le_bytes(chunk).into())),
        ElementType::Uint16 => Elements::I64(each(bytes, |chunk| u16::from_le_bytes(chunk).into())),
        ElementType::Uint8 => Elements::I64(each(bytes, |chunk: [u8; 1]| chunk[0].into())),
        ElementType::Uint64 => Elements::I64(signed(&each(bytes, u64::from_le_bytes))?),
        ElementType::Bool => Elements::Bool(each(bytes, |chunk: [u8; 1]| chunk[0] != 0)),
    })
}

/// Elements from the list that the format keeps for their type.
fn from_typed(element: ElementType, proto: &TensorProto) -> Result<Elements, TensorError> {
    // The bits of a 16-bit float stand in the lower half of an `int32`.
    let low_bits = |x: &i32| (*x & 0xffff) as u16;
    Ok(match element {
        ElementType::Float32 => Elements::F32(proto.float_data.clone()),
        ElementType::Float64 => Elements::F32(proto.double_data.iter().map(|x| *x as f32).collect()),
        ElementType::Float16 => Elements::F32(proto.int32_data.iter().map(|x| f32_from_half(low_bits(x))).collect()),
        ElementType::Bfloat16 => Elements::F32(proto.int32_data.iter().map(|x| f32_from_bfloat(low_bits(x))).collect()),
        ElementType::Int64 => Elements::I64(proto.int64_data.clone()),
        ElementType::Int32 | ElementType::Int16 | ElementType::Int8 | ElementType::Uint16 | ElementType::Uint8 => {
            Elements::I64(proto.int32_data.iter().map(|x| i64::from(*x)).collect())
        }
        ElementType::Uint32 | ElementType::Uint64 => Elements::I64(signed(&proto.uint64_data)?),
        ElementType::Bool => Elements::Bool(proto.int32_data.iter().map(|x| *x != 0).collect()),
    })
}

fn signed(elements: &[u64]) -> Result<Vec<i64>, TensorError> {
    elements.iter().map(|x| i64::try_from(*x).map_err(|_| TensorError::TooLarge { found: *x })).collect()
}

/// The numbers of a tensor that lies in another file of the network's folder.
fn external_bytes(
    proto: &TensorProto,
    element: ElementType,
    n_elements: usize,
    folder: Option<&Path>,
) -> Result<Vec<u8>, TensorError> {
    let entry = |key: &str| proto.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let location = entry("location").unwrap_or("");
    let folder = folder.ok_or_else(|| TensorError::ExternalWithoutFolder { location: location.to_owned() })?;
    let relative = Path::new(location);
    let stays_inside = relative.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if location.is_empty() || !stays_inside {
        let needed = "the name of a file in the network's own folder";
        return Err(TensorError::ExternalEntry { key: "location", value: location.to_owned(), needed });
    }
    let number = |key: &'static str| -> Result<Option<u64>, TensorError> {
        let Some(text) = entry(key) else {
            return Ok(None);
        };
        let needed = "a number of bytes";
        text.parse().map(Some).map_err(|_| TensorError::ExternalEntry { key, value: text.to_owned(), needed })
    };
    let needed = n_bytes(proto, element, n_elements)?;
    if let Some(length) = number("length")? {
        check_length(proto, "bytes", needed, usize::try_from(length).unwrap_or(usize::MAX))?;
    }
    read_part(&folder.join(relative), number("offset")?.unwrap_or(0), needed)
}

fn read_part(path: &Path, start: u64, n_bytes: usize) -> Result<Vec<u8>, TensorError> {
    let unreadable = |source| TensorError::ExternalUnreadable { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?.len();
    let end = start.saturating_add(n_bytes as u64);
    if end > found {
        return Err(TensorError::ExternalTooShort { path: path.to_owned(), start, end, found });
    }
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    let mut bytes = vec![0; n_bytes];
    file.read_exact(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// A 16-bit float of IEEE 754 (1 sign, 5 exponent and 10 fraction bits) as a 32-bit one, exactly.
fn f32_from_half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits) & 0x3ff;
    let magnitude = match exponent {
        // Zero and subnormal: fraction * 2^-24.
        0 => (fraction as f32 * 2f32.powi(-24)).to_bits(),
        0x1f => 0x7f80_0000 | (fraction << 13),
        _ => ((exponent + 127 - 15) << 23) | (fraction << 13),
    };
    f32::from_bits(sign | magnitude)
}

/// A bfloat16 is the upper half of a 32-bit float.
fn f32_from_bfloat(bits: u16) -> f32 {
    f32::from_bits(u32::from(bits) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::onnx::proto::StringStringEntryProto;

    fn message(data_type: i32, dims: &[i64]) -> TensorProto {
        TensorProto { data_type, dims: dims.to_vec(), ..TensorProto::default() }
    }

    #[test]
    fn half_floats_become_the_same_number() {
        // Worked by hand: 1, -2, largest finite 65504, smallest subnormal 2^-24, infinity.
        let cases =
            [(0x3c00, 1.0), (0xc000, -2.0), (0x7bff, 65504.0), (0x0001, 2f32.powi(-24)), (0x7c00, f32::INFINITY)];
        for (bits, number) in cases {
            assert_eq!(f32_from_half(bits), number, "{bits:#06x}");
        }
        assert!(f32_from_half(0x7e00).is_nan());
        assert_eq!(f32_from_bfloat(0x3fc0), 1.5);
    }

    #[test]
    fn raw_and_typed_numbers_give_the_same_tensor() {
        let mut typed = message(7, &[2]);
        typed.int64_data = vec![-1, 3];
        let mut raw = message(6, &[2]);
        raw.raw_data = Some(Bytes::from([(-1i32).to_le_bytes(), 3i32.to_le_bytes()].concat()));
        let expected = HostTensor::from_i64(&[2], vec![-1, 3]);
        assert_eq!(host_tensor(&typed, None).ok(), expected);
        assert_eq!(host_tensor(&raw, None).ok(), expected);
    }

    #[test]
    fn a_tensor_that_is_written_is_read_back() {
        for tensor in [
            HostTensor::from_f32(&[2, 1], vec![0.5, f32::MIN_POSITIVE]),
            HostTensor::from_f32(&[], vec![3.0]),
            HostTensor::from_i64(&[0], Vec::new()),
            Some(HostTensor::Bool(ndarray::arr1(&[true, false]).into_dyn())),
        ] {
            let tensor = tensor.expect("sizes fit");
            assert_eq!(host_tensor(&tensor_proto("w", &tensor), None).ok(), Some(tensor));
        }
    }

    #[test]
    fn sizes_that_do_not_fit_the_bytes_are_named() {
        let mut tensor = message(1, &[2, 3]);
        tensor.raw_data = Some(Bytes::from(vec![0; 20]));
        let words = host_tensor(&tensor, None).expect_err("20 bytes are not 6 floats").to_string();
        assert!(words.starts_with("its sizes [2, 3] need 24 bytes and the file holds 20"), "{words}");
    }

    #[test]
    fn sizes_that_overflow_are_refused_without_allocating() {
        for dims in [&[i64::MAX, i64::MAX][..], &[-1], &[0, i64::MAX, 3]] {
            assert!(matches!(host_tensor(&message(1, dims), None), Err(TensorError::Sizes { .. })), "{dims:?}");
        }
    }

    #[test]
    fn numbers_outside_the_networks_folder_are_refused() {
        for location in ["/etc/passwd", "../secret", "a/../../b", ""] {
            let mut tensor = message(1, &[1]);
            tensor.data_location = DATA_LOCATION_EXTERNAL;
            tensor.external_data = vec![StringStringEntryProto { key: "location".into(), value: location.into() }];
            let words = host_tensor(&tensor, Some(Path::new("."))).expect_err("outside").to_string();
            assert!(words.contains("the name of a file in the network's own folder"), "{words}");
        }
    }

    #[test]
    fn numbers_in_a_file_that_is_cut_off_name_the_bytes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("w.bin"), [0, 0, 128, 63, 0, 0]).expect("written");
        let mut tensor = message(1, &[1]);
        tensor.data_location = DATA_LOCATION_EXTERNAL;
        tensor.external_data = vec![StringStringEntryProto { key: "location".into(), value: "w.bin".into() }];
        assert_eq!(host_tensor(&tensor, Some(folder.path())).ok(), HostTensor::from_f32(&[1], vec![1.0]));
        tensor.external_data.push(StringStringEntryProto { key: "offset".into(), value: "4".into() });
        let words = host_tensor(&tensor, Some(folder.path())).expect_err("2 bytes are left").to_string();
        assert!(words.contains("bytes 4 to 8") && words.contains("has 6 bytes"), "{words}");
    }
}
