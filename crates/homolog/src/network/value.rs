//! Tensors on a device, of any rank up to [`MAX_RANK`] and of any kind: what flows between operators while a network runs.
//!
//! Burn's tensors have their rank in the type; a network's have it in the file. [`Ranked`] is the sum over the ranks and
//! `each_rank!` does one thing to whichever rank it is. A scalar (rank 0) is held as a tensor of one axis of size 1.

use burn::tensor::kind::{Autodiff, Basic};
use burn::tensor::{Bool, Device, Float, Int, Shape, Tensor, TensorData};
use ndarray::{ArrayD, IxDyn};

use super::tensor::{DType, HostTensor};

/// The largest number of axes that a value can have. [`Network::check`](super::checked::Network::check) refuses more.
pub const MAX_RANK: usize = 6;

/// A tensor of one kind and any rank.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the variants are the ranks")]
pub enum Ranked<K: Basic = Float> {
    R1(Tensor<1, K>),
    R2(Tensor<2, K>),
    R3(Tensor<3, K>),
    R4(Tensor<4, K>),
    R5(Tensor<5, K>),
    R6(Tensor<6, K>),
}

/// Does something to a [`Ranked`] that keeps the rank: `each_rank!(value, tensor => tensor.exp())`.
macro_rules! each_rank {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            $crate::network::value::Ranked::R1($tensor) => $crate::network::value::Ranked::R1($body),
            $crate::network::value::Ranked::R2($tensor) => $crate::network::value::Ranked::R2($body),
            $crate::network::value::Ranked::R3($tensor) => $crate::network::value::Ranked::R3($body),
            $crate::network::value::Ranked::R4($tensor) => $crate::network::value::Ranked::R4($body),
            $crate::network::value::Ranked::R5($tensor) => $crate::network::value::Ranked::R5($body),
            $crate::network::value::Ranked::R6($tensor) => $crate::network::value::Ranked::R6($body),
        }
    };
}

/// Makes something else of a [`Ranked`], of whatever rank: `any_rank!(value, tensor => tensor.into_data())`.
macro_rules! any_rank {
    ($value:expr, $tensor:ident => $body:expr) => {
        match $value {
            $crate::network::value::Ranked::R1($tensor) => $body,
            $crate::network::value::Ranked::R2($tensor) => $body,
            $crate::network::value::Ranked::R3($tensor) => $body,
            $crate::network::value::Ranked::R4($tensor) => $body,
            $crate::network::value::Ranked::R5($tensor) => $body,
            $crate::network::value::Ranked::R6($tensor) => $body,
        }
    };
}

/// Does something to two [`Ranked`]s after bringing them to one rank: `both_ranks!(a, b => a.add(b))`.
macro_rules! both_ranks {
    ($left:ident, $right:ident => $body:expr) => {{
        let (left, right) = $crate::network::value::to_one_rank($left, $right);
        match (left, right) {
            ($crate::network::value::Ranked::R1($left), right) => {
                let $right = right.into_rank::<1>();
                $crate::network::value::Ranked::R1($body)
            }
            ($crate::network::value::Ranked::R2($left), right) => {
                let $right = right.into_rank::<2>();
                $crate::network::value::Ranked::R2($body)
            }
            ($crate::network::value::Ranked::R3($left), right) => {
                let $right = right.into_rank::<3>();
                $crate::network::value::Ranked::R3($body)
            }
            ($crate::network::value::Ranked::R4($left), right) => {
                let $right = right.into_rank::<4>();
                $crate::network::value::Ranked::R4($body)
            }
            ($crate::network::value::Ranked::R5($left), right) => {
                let $right = right.into_rank::<5>();
                $crate::network::value::Ranked::R5($body)
            }
            ($crate::network::value::Ranked::R6($left), right) => {
                let $right = right.into_rank::<6>();
                $crate::network::value::Ranked::R6($body)
            }
        }
    }};
}

pub(crate) use {any_rank, both_ranks, each_rank};

/// Both tensors with the rank of the larger, axes of size 1 put in front of the other, as NumPy broadcasts.
pub(crate) fn to_one_rank<A: Basic, B: Basic>(left: Ranked<A>, right: Ranked<B>) -> (Ranked<A>, Ranked<B>) {
    let rank = left.rank().max(right.rank());
    (left.with_leading_axes(rank), right.with_leading_axes(rank))
}

impl<K: Basic> Ranked<K> {
    /// Number of axes.
    pub fn rank(&self) -> usize {
        match self {
            Self::R1(_) => 1,
            Self::R2(_) => 2,
            Self::R3(_) => 3,
            Self::R4(_) => 4,
            Self::R5(_) => 5,
            Self::R6(_) => 6,
        }
    }

    /// Sizes of the axes.
    pub fn shape(&self) -> Vec<usize> {
        any_rank!(self, tensor => tensor.dims().to_vec())
    }

    /// Number of elements.
    pub fn n_elements(&self) -> usize {
        self.shape().iter().product()
    }

    /// The same elements in another shape of equally many; an empty shape gives one axis of size 1.
    pub fn reshape(self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self;
        }
        any_rank!(self, tensor => {
            let sizes = |shape: &[usize]| Shape::from(shape.to_vec());
            match shape.len() {
                0 => Self::R1(tensor.reshape(sizes(&[1]))),
                1 => Self::R1(tensor.reshape(sizes(shape))),
                2 => Self::R2(tensor.reshape(sizes(shape))),
                3 => Self::R3(tensor.reshape(sizes(shape))),
                4 => Self::R4(tensor.reshape(sizes(shape))),
                5 => Self::R5(tensor.reshape(sizes(shape))),
                _ => Self::R6(tensor.reshape(sizes(shape))),
            }
        })
    }

    /// With axes of size 1 in front until there are `rank`.
    pub fn with_leading_axes(self, rank: usize) -> Self {
        let mut shape = self.shape();
        while shape.len() < rank {
            shape.insert(0, 1);
        }
        self.reshape(&shape)
    }

    /// The tensor as one of `D` axes: unchanged when it has them; else with axes of size 1 in front, or with the first
    /// axes joined.
    pub fn into_rank<const D: usize>(self) -> Tensor<D, K> {
        let mut shape = self.shape();
        while shape.len() < D {
            shape.insert(0, 1);
        }
        while shape.len() > D {
            let first = shape.remove(0);
            if let Some(next) = shape.first_mut() {
                *next *= first;
            }
        }
        any_rank!(self, tensor => tensor.reshape(Shape::from(shape)))
    }

    /// Repeated along axes of size 1, and along new axes in front, to a larger shape.
    pub fn broadcast(self, shape: &[usize]) -> Self {
        // A scalar is held as one axis of size 1.
        let shape = if shape.is_empty() { &[1] } else { shape };
        let value = self.with_leading_axes(shape.len());
        if value.shape() == shape {
            return value;
        }
        each_rank!(value, tensor => tensor.expand(Shape::from(shape.to_vec())))
    }

    /// The axes in another order: for each axis of the result, the axis of the input.
    pub fn permute(self, axes: &[usize]) -> Self {
        each_rank!(self, tensor => {
            let mut order = [0_isize; _];
            for (place, axis) in order.iter_mut().zip(axes) {
                *place = isize::try_from(*axis).unwrap_or(0);
            }
            tensor.permute(order)
        })
    }

    /// `length` positions along `axis` from `start` on.
    pub fn narrow(self, axis: usize, start: usize, length: usize) -> Self {
        each_rank!(self, tensor => {
            if tensor.dims().get(axis) == Some(&length) { tensor } else { tensor.narrow(axis, start, length) }
        })
    }

    /// The tensors one after another along `axis`; all have one rank.
    pub fn concatenate(parts: Vec<Self>, axis: usize) -> Option<Self> {
        macro_rules! joined {
            ($rank:path) => {{
                let tensors: Option<Vec<_>> =
                    parts.into_iter().map(|part| if let $rank(tensor) = part { Some(tensor) } else { None }).collect();
                tensors.map(|tensors| $rank(Tensor::cat(tensors, axis)))
            }};
        }
        match parts.first()? {
            Self::R1(_) => joined!(Self::R1),
            Self::R2(_) => joined!(Self::R2),
            Self::R3(_) => joined!(Self::R3),
            Self::R4(_) => joined!(Self::R4),
            Self::R5(_) => joined!(Self::R5),
            Self::R6(_) => joined!(Self::R6),
        }
    }

    fn from_data(data: TensorData, rank: usize, device: &Device) -> Self
    where
        K: Autodiff,
    {
        let options = (device, data.dtype());
        match rank {
            0 | 1 => Self::R1(Tensor::from_data(data, options)),
            2 => Self::R2(Tensor::from_data(data, options)),
            3 => Self::R3(Tensor::from_data(data, options)),
            4 => Self::R4(Tensor::from_data(data, options)),
            5 => Self::R5(Tensor::from_data(data, options)),
            _ => Self::R6(Tensor::from_data(data, options)),
        }
    }

    fn into_data(self) -> TensorData {
        any_rank!(self, tensor => tensor.into_data())
    }
}

impl Ranked<Float> {
    /// A float tensor of 32 bits from its elements in row-major order.
    pub fn from_elements(shape: &[usize], elements: Vec<f32>, device: &Device) -> Self {
        Self::from_data(TensorData::new(elements, data_shape(shape)), shape.len(), device)
    }

    /// A float tensor of 64 bits from its elements in row-major order; gradients are checked in this precision.
    pub fn from_wide_elements(shape: &[usize], elements: Vec<f64>, device: &Device) -> Self {
        Self::from_data(TensorData::new(elements, data_shape(shape)), shape.len(), device)
    }

    /// A tensor on this one's device and with its precision.
    pub fn like(&self, shape: &[usize], elements: Vec<f64>) -> Self {
        any_rank!(self, tensor => {
            let data = TensorData::new(elements, data_shape(shape)).convert_dtype(tensor.dtype());
            Self::from_data(data, shape.len(), &tensor.device().inner())
        })
    }

    /// The elements in row-major order; nothing where the device does not give them back.
    pub fn into_elements(self) -> Option<Vec<f32>> {
        let data = any_rank!(self, tensor => tensor.inner().try_into_data()).ok()?;
        data.convert::<f32>().try_into_vec::<f32>().ok()
    }

    /// The elements in row-major order and double precision; nothing where the device does not give them back.
    pub fn into_wide_elements(self) -> Option<Vec<f64>> {
        let data = any_rank!(self, tensor => tensor.inner().try_into_data()).ok()?;
        data.convert::<f64>().try_into_vec::<f64>().ok()
    }
}

impl Ranked<Int> {
    /// An integer tensor from its elements in row-major order.
    ///
    /// GPUs count in 32 bits: there, an integer beyond becomes the largest or smallest one, which as a place means the end or
    /// the beginning as well.
    pub fn from_integers(shape: &[usize], elements: Vec<i64>, device: &Device) -> Self {
        if *device == Device::flex() {
            return Self::from_data(TensorData::new(elements, data_shape(shape)), shape.len(), device);
        }
        let nearest = |element: i64| i32::try_from(element).unwrap_or(if element < 0 { i32::MIN } else { i32::MAX });
        let elements: Vec<i32> = elements.into_iter().map(nearest).collect();
        Self::from_data(TensorData::new(elements, data_shape(shape)), shape.len(), device)
    }
}

fn data_shape(shape: &[usize]) -> Vec<usize> {
    if shape.is_empty() { vec![1] } else { shape.to_vec() }
}

/// A tensor of any kind and rank.
#[derive(Clone, Debug)]
pub enum Value {
    /// Floats.
    Float(Ranked<Float>),
    /// Integers.
    Int(Ranked<Int>),
    /// Truth values.
    Bool(Ranked<Bool>),
}

/// Does something to a [`Value`] of whatever kind that keeps the kind: `each_kind!(value, ranked => ranked.reshape(..))`.
macro_rules! each_kind {
    ($value:expr, $ranked:ident => $body:expr) => {
        match $value {
            $crate::network::value::Value::Float($ranked) => $crate::network::value::Value::Float($body),
            $crate::network::value::Value::Int($ranked) => $crate::network::value::Value::Int($body),
            $crate::network::value::Value::Bool($ranked) => $crate::network::value::Value::Bool($body),
        }
    };
}
pub(crate) use each_kind;

impl Value {
    /// Copies a tensor to a device.
    pub fn from_host(tensor: &HostTensor, device: &Device) -> Self {
        let shape = tensor.shape();
        match tensor {
            HostTensor::F32(array) => {
                let elements = array.as_slice().map_or_else(|| array.iter().copied().collect(), <[f32]>::to_vec);
                Self::Float(Ranked::from_elements(shape, elements, device))
            }
            HostTensor::I64(array) => Self::Int(Ranked::from_integers(shape, array.iter().copied().collect(), device)),
            HostTensor::Bool(array) => {
                let data = TensorData::new(array.iter().copied().collect::<Vec<bool>>(), data_shape(shape));
                Self::Bool(Ranked::from_data(data, shape.len(), device))
            }
        }
    }

    /// Copies the value to host memory, in `shape` (a scalar's is empty); `None` when the element count differs.
    pub fn into_host(self, shape: &[usize]) -> Option<HostTensor> {
        let shape = IxDyn(shape);
        match self {
            Self::Float(ranked) => ArrayD::from_shape_vec(shape, ranked.into_elements()?).ok().map(HostTensor::F32),
            Self::Int(ranked) => {
                let elements = ranked.into_data().convert::<i64>().try_into_vec::<i64>().ok()?;
                ArrayD::from_shape_vec(shape, elements).ok().map(HostTensor::I64)
            }
            Self::Bool(ranked) => {
                let elements = ranked.into_data().convert::<bool>().try_into_vec::<bool>().ok()?;
                ArrayD::from_shape_vec(shape, elements).ok().map(HostTensor::Bool)
            }
        }
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        match self {
            Self::Float(_) => DType::F32,
            Self::Int(_) => DType::I64,
            Self::Bool(_) => DType::Bool,
        }
    }

    /// Sizes of the axes; a scalar has one axis of size 1.
    pub fn shape(&self) -> Vec<usize> {
        match self {
            Self::Float(ranked) => ranked.shape(),
            Self::Int(ranked) => ranked.shape(),
            Self::Bool(ranked) => ranked.shape(),
        }
    }
}
