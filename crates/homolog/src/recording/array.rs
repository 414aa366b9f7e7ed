//! Arrays as files hold them, before anything is known of what their axes mean.

use ndarray::{ArrayD, IxDyn};

use super::coordinate::Coordinate;

/// An array of numbers, truth values or strings, row by row (the last axis runs fastest).
#[derive(Clone, Debug, PartialEq)]
pub struct DataArray {
    shape: Vec<usize>,
    elements: Elements,
}

/// The elements of a [`DataArray`] in the narrowest of these kinds that keeps every value.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Unsigned 8-bit numbers: pixels.
    Byte(Vec<u8>),
    /// Other whole numbers.
    Integer(Vec<i64>),
    /// Floats, of half and single precision too.
    Float(Vec<f64>),
    /// Truth values.
    Bool(Vec<bool>),
    /// Strings.
    Text(Vec<String>),
}

/// Does the same with the elements of any kind.
macro_rules! for_any_kind {
    ($elements:expr, $values:ident => $result:expr) => {
        match $elements {
            Elements::Byte($values) => Elements::Byte($result),
            Elements::Integer($values) => Elements::Integer($result),
            Elements::Float($values) => Elements::Float($result),
            Elements::Bool($values) => Elements::Bool($result),
            Elements::Text($values) => Elements::Text($result),
        }
    };
}

impl Elements {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Elements::Byte(values) => values.len(),
            Elements::Integer(values) => values.len(),
            Elements::Float(values) => values.len(),
            Elements::Bool(values) => values.len(),
            Elements::Text(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What they are, in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Elements::Byte(_) | Elements::Integer(_) => "whole numbers",
            Elements::Float(_) => "numbers",
            Elements::Bool(_) => "truth values",
            Elements::Text(_) => "text",
        }
    }

    /// The elements at these positions; a position that is not there is left out.
    fn pick(&self, positions: impl Iterator<Item = usize>) -> Elements {
        for_any_kind!(self, values => positions.filter_map(|position| values.get(position).cloned()).collect())
    }

    /// The elements as numbers: truth values as 0 and 1. None for text.
    pub fn into_numbers(self) -> Option<Vec<f64>> {
        match self {
            Elements::Byte(values) => Some(values.into_iter().map(f64::from).collect()),
            Elements::Integer(values) => Some(values.into_iter().map(|value| value as f64).collect()),
            Elements::Float(values) => Some(values),
            Elements::Bool(values) => Some(values.into_iter().map(|value| if value { 1.0 } else { 0.0 }).collect()),
            Elements::Text(_) => None,
        }
    }

    /// The elements as a coordinate.
    pub fn into_coordinate(self) -> Coordinate {
        match self {
            Elements::Byte(values) => Coordinate::Integer(values.into_iter().map(i64::from).collect()),
            Elements::Integer(values) => Coordinate::Integer(values),
            Elements::Float(values) => Coordinate::Float(values),
            Elements::Bool(values) => Coordinate::Bool(values),
            Elements::Text(values) => Coordinate::Text(values),
        }
    }
}

impl DataArray {
    /// An array of this shape, or None when the shape asks for another number of elements.
    pub fn new(shape: Vec<usize>, elements: Elements) -> Option<Self> {
        (checked_product(&shape)? == elements.len()).then_some(Self { shape, elements })
    }

    /// An array of this shape from elements whose first axis runs fastest, as MATLAB and Fortran store them.
    pub fn from_column_major(shape: Vec<usize>, elements: Elements) -> Option<Self> {
        let columns_first: Vec<usize> = shape.iter().rev().copied().collect();
        let array = Self::new(columns_first, elements)?;
        Some(if shape.len() < 2 { array } else { array.transposed() })
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The elements, row by row.
    pub fn elements(&self) -> &Elements {
        &self.elements
    }

    /// The elements, row by row.
    pub fn into_elements(self) -> Elements {
        self.elements
    }

    /// The array as numbers; None for text.
    pub fn into_numbers(self) -> Option<ArrayD<f64>> {
        ArrayD::from_shape_vec(IxDyn(&self.shape), self.elements.into_numbers()?).ok()
    }

    /// The same array with the axes in reverse order.
    pub fn transposed(&self) -> Self {
        let strides = row_major_strides(&self.shape);
        let shape: Vec<usize> = self.shape.iter().rev().copied().collect();
        let reversed: Vec<usize> = strides.into_iter().rev().collect();
        let elements = self.elements.pick(Positions::new(&shape, &reversed));
        Self { shape, elements }
    }

    /// The array with one position fixed on some axes, which then vanish; the others are kept whole. None when a position
    /// is not there.
    pub fn at(&self, index: &[Option<usize>]) -> Option<Self> {
        if index.len() != self.shape.len() {
            return None;
        }
        let strides = row_major_strides(&self.shape);
        let (mut start, mut shape, mut kept) = (0, Vec::new(), Vec::new());
        for ((position, length), stride) in index.iter().zip(&self.shape).zip(strides) {
            match position {
                Some(position) if position < length => start += position * stride,
                Some(_) => return None,
                None => {
                    shape.push(*length);
                    kept.push(stride);
                }
            }
        }
        let elements = self.elements.pick(Positions::new(&shape, &kept).map(|offset| start + offset));
        Some(Self { shape, elements })
    }

    /// The array under another shape of as many elements.
    pub fn reshaped(self, shape: Vec<usize>) -> Option<Self> {
        Self::new(shape, self.elements)
    }

    /// Arrays of one shape and kind below each other along new first axes. None when they do not fit; numbers of different
    /// kinds become floats.
    pub fn stacked(outer: &[usize], arrays: Vec<DataArray>) -> Option<Self> {
        let inner = arrays.first()?.shape.clone();
        if arrays.iter().any(|array| array.shape != inner) {
            return None;
        }
        let elements = concatenated(arrays.into_iter().map(|array| array.elements).collect())?;
        Self::new(outer.iter().copied().chain(inner).collect(), elements)
    }
}

/// Elements one after another; numbers of different kinds become floats, and numbers and text do not mix.
pub(super) fn concatenated(parts: Vec<Elements>) -> Option<Elements> {
    let one_kind = parts.windows(2).all(|pair| std::mem::discriminant(&pair[0]) == std::mem::discriminant(&pair[1]));
    if !one_kind {
        let numbers: Option<Vec<Vec<f64>>> = parts.into_iter().map(Elements::into_numbers).collect();
        return Some(Elements::Float(numbers?.concat()));
    }
    let mut parts = parts.into_iter();
    let mut whole = parts.next()?;
    for part in parts {
        match (&mut whole, part) {
            (Elements::Byte(whole), Elements::Byte(part)) => whole.extend(part),
            (Elements::Integer(whole), Elements::Integer(part)) => whole.extend(part),
            (Elements::Float(whole), Elements::Float(part)) => whole.extend(part),
            (Elements::Bool(whole), Elements::Bool(part)) => whole.extend(part),
            (Elements::Text(whole), Elements::Text(part)) => whole.extend(part),
            _ => return None,
        }
    }
    Some(whole)
}

/// How many elements a shape has; None when a step along one of its axes is more than can be counted.
pub(super) fn checked_product(shape: &[usize]) -> Option<usize> {
    let product = shape.iter().try_fold(1_usize, |product, length| product.checked_mul((*length).max(1)))?;
    Some(if shape.contains(&0) { 0 } else { product })
}

fn row_major_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis].max(1);
    }
    strides
}

/// Offsets of the elements of a block of this shape, the last axis fastest, when a step along each axis moves by its stride.
struct Positions {
    shape: Vec<usize>,
    strides: Vec<usize>,
    counter: Vec<usize>,
    offset: usize,
    left: usize,
}

impl Positions {
    fn new(shape: &[usize], strides: &[usize]) -> Self {
        Self {
            shape: shape.to_vec(),
            strides: strides.to_vec(),
            counter: vec![0; shape.len()],
            offset: 0,
            left: checked_product(shape).unwrap_or(0),
        }
    }
}

impl Iterator for Positions {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let here = self.offset;
        for axis in (0..self.shape.len()).rev() {
            self.counter[axis] += 1;
            self.offset += self.strides[axis];
            if self.counter[axis] < self.shape[axis] {
                break;
            }
            self.offset -= self.strides[axis] * self.counter[axis];
            self.counter[axis] = 0;
        }
        Some(here)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

#[cfg(test)]
mod tests {
    use super::{DataArray, Elements};

    fn counted(shape: &[usize]) -> DataArray {
        let elements = Elements::Integer((0..shape.iter().product::<usize>() as i64).collect());
        DataArray::new(shape.to_vec(), elements).expect("the count matches the shape")
    }

    #[test]
    fn column_major_elements_are_put_row_by_row() {
        let array =
            DataArray::from_column_major(vec![2, 3], Elements::Integer(vec![1, 4, 2, 5, 3, 6])).expect("six elements");
        assert_eq!(array.elements(), &Elements::Integer(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(array.shape(), [2, 3]);
    }

    #[test]
    fn fixing_an_axis_takes_the_slice_that_numpy_takes() {
        // numpy.arange(24).reshape(2, 3, 4)[:, 1, :]
        let slice = counted(&[2, 3, 4]).at(&[None, Some(1), None]).expect("in range");
        assert_eq!(slice.elements(), &Elements::Integer(vec![4, 5, 6, 7, 16, 17, 18, 19]));
        assert_eq!(slice.shape(), [2, 4]);
    }

    #[test]
    fn a_position_outside_is_refused() {
        assert_eq!(counted(&[2, 3]).at(&[Some(2), None]), None);
        assert_eq!(counted(&[2, 3]).at(&[Some(1)]), None);
    }

    #[test]
    fn a_shape_that_overflows_is_refused() {
        assert_eq!(DataArray::new(vec![usize::MAX, 2], Elements::Byte(vec![])), None);
        assert_eq!(DataArray::new(vec![usize::MAX, 0, usize::MAX], Elements::Byte(vec![])), None);
        assert!(DataArray::new(vec![7, 0], Elements::Byte(vec![])).is_some());
    }

    #[test]
    fn transposing_twice_changes_nothing() {
        let array = counted(&[2, 3, 4, 5]);
        assert_eq!(array.transposed().transposed(), array);
    }

    #[test]
    fn stacking_numbers_of_two_kinds_makes_floats() {
        let floats = DataArray::new(vec![2], Elements::Float(vec![0.5, 1.5])).expect("two");
        let stacked = DataArray::stacked(&[2], vec![counted(&[2]), floats]).expect("one shape");
        assert_eq!(stacked.elements(), &Elements::Float(vec![0.0, 1.0, 0.5, 1.5]));
        assert_eq!(stacked.shape(), [2, 2]);
    }
}
