//! Floats of 16 and 64 bits as `f32`.

/// How the floats of a tensor are stored, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloatFormat {
    /// IEEE 754 half precision.
    F16,
    /// The upper half of an `f32`.
    Bf16,
    /// IEEE 754 single precision.
    F32,
    /// IEEE 754 double precision; rounded to the nearest `f32`.
    F64,
}

impl FloatFormat {
    /// The floats in `bytes`; a rest that is too short for a float is left out.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F16 => chunks(bytes, |two| f32_from_f16(u16::from_le_bytes(two))),
            Self::Bf16 => chunks(bytes, |two| f32::from_bits(u32::from(u16::from_le_bytes(two)) << 16)),
            Self::F32 => chunks(bytes, f32::from_le_bytes),
            Self::F64 => chunks(bytes, |eight| f64::from_le_bytes(eight) as f32),
        }
    }
}

fn chunks<const N: usize>(bytes: &[u8], float_from: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let (chunks, _rest) = bytes.as_chunks::<N>();
    chunks.iter().map(|chunk| float_from(*chunk)).collect()
}

/// Every half is exactly a single: 1 sign bit, 5 exponent bits (bias 15), 10 bits of fraction.
fn f32_from_f16(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((half >> 10) & 0x1f);
    let fraction = f32::from(half & 0x3ff);
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::FloatFormat;

    #[test]
    fn halves_are_read_exactly() {
        // 1, -2, 65504 (the largest), 2^-24 (the smallest), 0.333251953125 (nearest to a third), minus infinity
        let halves: Vec<u8> =
            [0x3c00u16, 0xc000, 0x7bff, 0x0001, 0x3555, 0xfc00].iter().flat_map(|half| half.to_le_bytes()).collect();
        assert_eq!(
            FloatFormat::F16.decode(&halves),
            [1.0, -2.0, 65504.0, 2f32.powi(-24), 0.333_251_95, f32::NEG_INFINITY]
        );
        assert!(FloatFormat::F16.decode(&0x7e00u16.to_le_bytes())[0].is_nan());
    }

    #[test]
    fn brain_floats_singles_and_doubles_are_read() {
        assert_eq!(FloatFormat::Bf16.decode(&[0x80, 0x3f, 0x40, 0xc0]), [1.0, -3.0]);
        assert_eq!(FloatFormat::F32.decode(&1.5f32.to_le_bytes()), [1.5]);
        assert_eq!(FloatFormat::F64.decode(&0.1f64.to_le_bytes()), [0.1]);
    }
}
