//! Tensors in host memory: parameters, constants, and what an engine hands back.

use ndarray::{ArrayD, IxDyn};

/// The type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit floating point; 16- and 64-bit floats of files are converted to it on reading.
    F32,
    /// 64-bit integers; narrower integers of files are widened to it on reading.
    I64,
    /// Truth values.
    Bool,
}

impl std::fmt::Display for DType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::F32 => "floats",
            Self::I64 => "integers",
            Self::Bool => "truth values",
        })
    }
}

/// A dense tensor in host memory, row-major.
#[derive(Clone, Debug, PartialEq)]
pub enum HostTensor {
    /// Floats.
    F32(ArrayD<f32>),
    /// Integers.
    I64(ArrayD<i64>),
    /// Truth values.
    Bool(ArrayD<bool>),
}

impl HostTensor {
    /// Element type.
    pub fn dtype(&self) -> DType {
        match self {
            Self::F32(_) => DType::F32,
            Self::I64(_) => DType::I64,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// Sizes of the axes; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::F32(a) => a.shape(),
            Self::I64(a) => a.shape(),
            Self::Bool(a) => a.shape(),
        }
    }

    /// Number of elements.
    pub fn n_elements(&self) -> usize {
        self.shape().iter().product()
    }

    /// A float tensor from its elements in row-major order; `None` when their number does not fit the shape.
    pub fn from_f32(shape: &[usize], elements: Vec<f32>) -> Option<Self> {
        ArrayD::from_shape_vec(IxDyn(shape), elements).ok().map(Self::F32)
    }

    /// An integer tensor from its elements in row-major order; `None` when their number does not fit the shape.
    pub fn from_i64(shape: &[usize], elements: Vec<i64>) -> Option<Self> {
        ArrayD::from_shape_vec(IxDyn(shape), elements).ok().map(Self::I64)
    }

    /// The floats in row-major order, when the elements are floats and lie so.
    pub fn floats(&self) -> Option<&[f32]> {
        match self {
            Self::F32(a) => a.as_slice(),
            _ => None,
        }
    }

    /// The integers in row-major order, when the elements are integers.
    pub fn integers(&self) -> Option<Vec<i64>> {
        match self {
            Self::I64(a) => Some(a.iter().copied().collect()),
            _ => None,
        }
    }
}
