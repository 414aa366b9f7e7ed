//! What an operator is given: facts when its shapes are worked out, values when it runs.

use std::ops::RangeInclusive;

use burn::tensor::{Bool, Device, Float, Int};

use super::host::{Taped, is_plain, is_taped};
use super::{Fact, OpError};
use crate::network::tensor::{DType, HostTensor};
use crate::network::value::{Ranked, Value};

/// The facts about an operator's inputs, with the checks that every shape rule begins with.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    op: &'static str,
    facts: &'a [Option<&'a Fact>],
}

impl<'a> Inputs<'a> {
    /// The inputs of an operator that takes as many as `numbers` says, those up to its start required.
    pub fn new(
        op: &'static str,
        facts: &'a [Option<&'a Fact>],
        numbers: RangeInclusive<usize>,
    ) -> Result<Self, OpError> {
        let is_required_missing = facts.iter().take(*numbers.start()).any(Option::is_none);
        if is_required_missing || !numbers.contains(&facts.len()) {
            let found = facts.iter().flatten().count();
            return Err(OpError::Arity { op, found, needed: numbers_in_words(&numbers) });
        }
        Ok(Self { op, facts })
    }

    /// Number of inputs, absent optional ones before the last included.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks whether an operator has no input")]
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Input `index`, which is required.
    pub fn fact(&self, index: usize) -> Result<&'a Fact, OpError> {
        self.optional(index).ok_or_else(|| self.refuse(format!("input {index} is needed")))
    }

    /// Input `index`, where it is given.
    pub fn optional(&self, index: usize) -> Option<&'a Fact> {
        self.facts.get(index).copied().flatten()
    }

    /// Input `index`, which must hold floats.
    pub fn float(&self, index: usize) -> Result<&'a Fact, OpError> {
        self.of_type(index, DType::F32)
    }

    /// Input `index`, which must have elements of this type.
    pub fn of_type(&self, index: usize, dtype: DType) -> Result<&'a Fact, OpError> {
        let fact = self.fact(index)?;
        if fact.dtype == dtype { Ok(fact) } else { Err(self.refuse(format!("input {index} must hold {dtype}"))) }
    }

    /// Input `index`, which must hold floats in (batch, channel, space…) with one or two spatial axes.
    pub fn spatial(&self, index: usize) -> Result<&'a Fact, OpError> {
        let fact = self.float(index)?;
        if matches!(fact.shape.len(), 3 | 4) {
            Ok(fact)
        } else {
            Err(self.refuse("homolog needs (batch, channel, width) or (batch, channel, height, width)"))
        }
    }

    /// The integers of input `index`, which must be known before running.
    pub fn ints(&self, index: usize, name: &'static str) -> Result<Vec<i64>, OpError> {
        let fact = self.of_type(index, DType::I64)?;
        let constant = fact.constant.as_ref().ok_or(OpError::NotConstant { op: self.op, input: name })?;
        constant.integers().ok_or(OpError::NotConstant { op: self.op, input: name })
    }

    /// The integers of input `index`, which must be known before running where it is given.
    pub fn optional_ints(&self, index: usize, name: &'static str) -> Result<Option<Vec<i64>>, OpError> {
        self.optional(index).map(|_| self.ints(index, name)).transpose()
    }

    /// The shape to which all inputs are broadcast together.
    pub fn broadcast(&self) -> Result<Vec<usize>, OpError> {
        broadcast_shape(self.facts.iter().flatten().map(|fact| fact.shape.as_slice()))
            .ok_or_else(|| self.refuse("the shapes must broadcast against each other"))
    }

    /// An axis as it is counted from the first; a negative one counts from the last.
    pub fn axis(&self, axis: i64, rank: usize) -> Result<usize, OpError> {
        axis_from_first(axis, rank)
            .ok_or_else(|| self.refuse(format!("axis {axis} must lie between -{rank} and {}", rank.saturating_sub(1))))
    }

    /// An error that shows the inputs found and says what is needed.
    pub fn refuse(&self, needed: impl Into<String>) -> OpError {
        let found: Vec<String> =
            self.facts.iter().map(|fact| fact.map_or_else(|| "absent".to_owned(), Fact::in_words)).collect();
        OpError::Shape { op: self.op, found: found.join(", "), needed: needed.into() }
    }
}

/// An axis as it is counted from the first; `None` when there is no such axis.
pub fn axis_from_first(axis: i64, rank: usize) -> Option<usize> {
    let signed_rank = i64::try_from(rank).ok()?;
    let from_first = if axis < 0 { axis + signed_rank } else { axis };
    usize::try_from(from_first).ok().filter(|axis| *axis < rank)
}

/// The shape to which values of these shapes are broadcast together, as NumPy does it.
pub fn broadcast_shape<'s>(shapes: impl IntoIterator<Item = &'s [usize]>) -> Option<Vec<usize>> {
    let mut result: Vec<usize> = Vec::new();
    for shape in shapes {
        while result.len() < shape.len() {
            result.insert(0, 1);
        }
        let offset = result.len() - shape.len();
        for (size, wanted) in result.iter_mut().skip(offset).zip(shape) {
            match (*size, *wanted) {
                (a, b) if a == b => {}
                (1, b) => *size = b,
                (_, 1) => {}
                _ => return None,
            }
        }
    }
    Some(result)
}

fn numbers_in_words(numbers: &RangeInclusive<usize>) -> String {
    match (*numbers.start(), *numbers.end()) {
        (start, end) if start == end => format!("{start}"),
        (start, usize::MAX) => format!("at least {start}"),
        (start, end) => format!("{start} to {end}"),
    }
}

impl Fact {
    /// A value that depends on the stimuli.
    pub fn variable(dtype: DType, shape: Vec<usize>) -> Self {
        Self { dtype, shape, constant: None }
    }

    /// Floats that depend on the stimuli.
    pub fn float(shape: Vec<usize>) -> Self {
        Self::variable(DType::F32, shape)
    }

    /// A value that is known.
    pub fn known(tensor: HostTensor) -> Self {
        Self { dtype: tensor.dtype(), shape: tensor.shape().to_vec(), constant: Some(std::sync::Arc::new(tensor)) }
    }

    /// Number of elements.
    pub fn n_elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Type and shape as an error message shows them.
    pub fn in_words(&self) -> String {
        let sizes: Vec<String> = self.shape.iter().map(usize::to_string).collect();
        format!("{} ({})", self.dtype, sizes.join(", "))
    }

    /// The one number of a constant with one element.
    pub fn scalar(&self) -> Option<f64> {
        match self.constant.as_deref()? {
            HostTensor::F32(array) if array.len() == 1 => array.first().copied().map(f64::from),
            #[allow(clippy::cast_precision_loss, reason = "constants of networks are far below 2^53")]
            HostTensor::I64(array) if array.len() == 1 => array.first().map(|value| *value as f64),
            _ => None,
        }
    }
}

/// One run of one operator: its input values, what was worked out about inputs and outputs, and where to compute.
#[derive(Debug)]
pub struct Call<'a> {
    /// ONNX name of the operator.
    pub op: &'static str,
    /// The input values, in the operator's order; the operator takes them out.
    pub values: Vec<Option<Value>>,
    /// The facts about the inputs.
    pub inputs: &'a [Option<&'a Fact>],
    /// The facts about the outputs, as the operator's shape rule gave them.
    pub outputs: &'a [Fact],
    /// Where to compute.
    pub device: &'a Device,
}

impl<'a> Call<'a> {
    /// Takes input `index` where it is given.
    pub fn optional(&mut self, index: usize) -> Option<Value> {
        self.values.get_mut(index).and_then(Option::take)
    }

    /// Takes input `index`.
    pub fn value(&mut self, index: usize) -> Result<Value, OpError> {
        self.optional(index).ok_or_else(|| self.refuse(format!("input {index} is needed")))
    }

    /// Takes input `index`, which must hold floats.
    pub fn float(&mut self, index: usize) -> Result<Ranked<Float>, OpError> {
        match self.value(index)? {
            Value::Float(ranked) => Ok(ranked),
            _ => Err(self.refuse(format!("input {index} must hold floats"))),
        }
    }

    /// Takes the numbers of input `index`, where it lies in the processor's memory, in single precision and not tracked
    /// for gradients; else leaves it where it is.
    pub(crate) fn plain_elements(&mut self, index: usize) -> Option<Vec<f32>> {
        match self.values.get_mut(index) {
            Some(Some(Value::Float(ranked))) if is_plain(ranked) => {}
            _ => return None,
        }
        self.float(index).ok()?.into_elements()
    }

    /// Takes input `index`, where it lies in the processor's memory, in single precision and tracked for gradients; else
    /// leaves it where it is.
    pub(crate) fn taped(&mut self, index: usize) -> Option<Taped> {
        match self.values.get_mut(index) {
            Some(Some(Value::Float(ranked))) if is_taped(ranked) => {}
            _ => return None,
        }
        Taped::new(self.float(index).ok()?)
    }

    /// Takes input `index`, which must hold floats, where it is given.
    pub fn optional_float(&mut self, index: usize) -> Result<Option<Ranked<Float>>, OpError> {
        if self.values.get(index).is_some_and(Option::is_some) { self.float(index).map(Some) } else { Ok(None) }
    }

    /// Takes input `index`, which must hold integers.
    pub fn int(&mut self, index: usize) -> Result<Ranked<Int>, OpError> {
        match self.value(index)? {
            Value::Int(ranked) => Ok(ranked),
            _ => Err(self.refuse(format!("input {index} must hold integers"))),
        }
    }

    /// Takes input `index`, which must hold truth values.
    pub fn bool(&mut self, index: usize) -> Result<Ranked<Bool>, OpError> {
        match self.value(index)? {
            Value::Bool(ranked) => Ok(ranked),
            _ => Err(self.refuse(format!("input {index} must hold truth values"))),
        }
    }

    /// The shape of the first output.
    pub fn output_shape(&self) -> &'a [usize] {
        self.outputs.first().map_or(&[], |fact| fact.shape.as_slice())
    }

    /// The outputs, of an operator whose shape rule works out the values themselves.
    pub fn known_output(&self) -> Result<Vec<Value>, OpError> {
        let known = |fact: &Fact| fact.constant.as_ref().map(|constant| Value::from_host(constant, self.device));
        self.outputs.iter().map(known).collect::<Option<_>>().ok_or_else(|| self.refuse("the inputs must be known"))
    }

    /// The checked facts about the inputs.
    pub fn facts(&self) -> Inputs<'a> {
        Inputs { op: self.op, facts: self.inputs }
    }

    /// An error that shows the inputs found and says what is needed.
    pub fn refuse(&self, needed: impl Into<String>) -> OpError {
        self.facts().refuse(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_broadcast_from_the_last_axis() {
        assert_eq!(broadcast_shape([&[2, 3, 4][..], &[3, 1], &[]]), Some(vec![2, 3, 4]));
        assert_eq!(broadcast_shape([&[2, 3][..], &[2]]), None);
        assert_eq!(broadcast_shape([&[1][..], &[0]]), Some(vec![0]));
    }

    #[test]
    fn too_few_inputs_are_counted() {
        let fact = Fact::float(vec![1]);
        let error = Inputs::new("Conv", &[Some(&fact)], 2..=3).expect_err("one is too few");
        assert_eq!(error.to_string(), "Conv has 1 inputs and needs 2 to 3");
    }

    #[test]
    fn an_input_of_another_type_is_refused_with_all_inputs_shown() {
        let facts = [Fact::variable(DType::I64, vec![2, 3]), Fact::float(vec![])];
        let inputs = [Some(&facts[0]), Some(&facts[1])];
        let error = Inputs::new("Conv", &inputs, 2..=3).expect("two inputs").float(0).expect_err("integers");
        let words = "Conv cannot take its inputs: integers (2, 3), floats (); input 0 must hold floats";
        assert_eq!(error.to_string(), words);
    }
}
