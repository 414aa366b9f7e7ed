//! Einstein summation of two values.

use std::sync::Arc;

use super::attributes::NodeAttributes;
use super::{Attribute, Call, Fact, Inputs, OpError, Operator};
use crate::network::value::{Ranked, Value};

/// A sum of products over the axes whose letters are in both inputs and not in the output: inputs `A`, `B`.
///
/// Each letter may stand once in each place, and a letter of one input alone must be in the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Einsum {
    /// Letters of A's axes.
    pub left: Vec<char>,
    /// Letters of B's axes.
    pub right: Vec<char>,
    /// Letters of the output's axes.
    pub output: Vec<char>,
}

impl Einsum {
    /// Reads the attributes of a node.
    pub(crate) fn read(attributes: &NodeAttributes) -> Result<Arc<dyn Operator>, OpError> {
        let refused = || {
            let needed = "homolog has two inputs and an explicit output, such as \"bij, bjk -> bik\", each letter once in each place and each letter \
                          of one input alone in the output";
            attributes.refuse("equation", needed)
        };
        let equation: String = attributes.text_or("equation", "")?.split_whitespace().collect();
        let (inputs, output) = equation.split_once("->").ok_or_else(refused)?;
        let (left, right) = inputs.split_once(',').ok_or_else(refused)?;
        let [left, right, output] = [left, right, output].map(|letters| letters.chars().collect::<Vec<char>>());
        let is_plain = |letters: &[char]| {
            letters.iter().enumerate().all(|(place, letter)| {
                letter.is_ascii_alphabetic() && !letters.get(..place).unwrap_or(&[]).contains(letter)
            })
        };
        let is_kept = |letters: &[char], other: &[char]| {
            letters.iter().all(|letter| other.contains(letter) || output.contains(letter))
        };
        let is_made = output.iter().all(|letter| left.contains(letter) || right.contains(letter));
        let is_readable = [&left, &right, &output].iter().all(|letters| is_plain(letters));
        if !is_readable || !is_made || !is_kept(&left, &right) || !is_kept(&right, &left) {
            return Err(refused());
        }
        Ok(Arc::new(Self { left, right, output }))
    }

    /// The letters that both inputs and the output have, that both inputs alone have, and that one input alone has.
    fn groups(&self) -> Groups {
        let pick = |letters: &[char], test: &dyn Fn(&char) -> bool| {
            letters.iter().filter(|letter| test(letter)).copied().collect()
        };
        Groups {
            stacked: pick(&self.left, &|letter| self.right.contains(letter) && self.output.contains(letter)),
            summed: pick(&self.left, &|letter| self.right.contains(letter) && !self.output.contains(letter)),
            rows: pick(&self.left, &|letter| !self.right.contains(letter)),
            columns: pick(&self.right, &|letter| !self.left.contains(letter)),
        }
    }
}

#[derive(Debug)]
struct Groups {
    stacked: Vec<char>,
    summed: Vec<char>,
    rows: Vec<char>,
    columns: Vec<char>,
}

/// Where each of `wanted` stands in `letters`.
fn places(letters: &[char], wanted: &[char]) -> Vec<usize> {
    wanted.iter().filter_map(|letter| letters.iter().position(|other| other == letter)).collect()
}

/// The sizes of the axes with these letters.
fn sizes(letters: &[char], shape: &[usize], wanted: &[char]) -> Vec<usize> {
    places(letters, wanted).into_iter().filter_map(|place| shape.get(place).copied()).collect()
}

impl Operator for Einsum {
    fn kind(&self) -> &'static str {
        "Einsum"
    }

    fn infer(&self, inputs: &[Option<&Fact>]) -> Result<Vec<Fact>, OpError> {
        let inputs = Inputs::new(self.kind(), inputs, 2..=2)?;
        let (left, right) = (&inputs.float(0)?.shape, &inputs.float(1)?.shape);
        if left.len() != self.left.len() || right.len() != self.right.len() {
            return Err(inputs.refuse(format!("the equation has {} and {} axes", self.left.len(), self.right.len())));
        }
        let size = |letter: &char| {
            let find = |letters: &[char], shape: &[usize]| {
                letters.iter().position(|other| other == letter).and_then(|place| shape.get(place).copied())
            };
            (find(&self.left, left), find(&self.right, right))
        };
        if self.left.iter().any(|letter| matches!(size(letter), (Some(a), Some(b)) if a != b)) {
            return Err(inputs.refuse("axes with the same letter must have the same size"));
        }
        let shape = self.output.iter().filter_map(|letter| size(letter).0.or(size(letter).1)).collect();
        Ok(vec![Fact::float(shape)])
    }

    fn forward(&self, mut call: Call<'_>) -> Result<Vec<Value>, OpError> {
        let Groups { stacked, summed, rows, columns } = self.groups();
        let (left, right) = (call.float(0)?, call.float(1)?);
        let of_left = |wanted: &[char]| sizes(&self.left, &left.shape(), wanted);
        let (stack, inner, n_rows) = (of_left(&stacked), of_left(&summed), of_left(&rows));
        let n_columns = sizes(&self.right, &right.shape(), &columns);
        let total = |sizes: &[usize]| sizes.iter().product::<usize>();
        let arrange = |value: Ranked, letters: &[char], order: [&[char]; 3], shape: [usize; 3]| {
            let axes: Vec<usize> = order.iter().flat_map(|wanted| places(letters, wanted)).collect();
            value.permute(&axes).reshape(&shape).into_rank::<3>()
        };
        let left =
            arrange(left, &self.left, [&stacked, &rows, &summed], [total(&stack), total(&n_rows), total(&inner)]);
        let right = arrange(
            right,
            &self.right,
            [&stacked, &summed, &columns],
            [total(&stack), total(&inner), total(&n_columns)],
        );
        let letters: Vec<char> = [stacked, rows, columns].concat();
        let product = Ranked::R3(left.matmul(right)).reshape(&[stack, n_rows, n_columns].concat());
        let output = if letters.is_empty() { product } else { product.permute(&places(&letters, &self.output)) };
        Ok(vec![Value::Float(output)])
    }

    fn attributes(&self) -> Vec<(&'static str, Attribute)> {
        let letters = |letters: &[char]| letters.iter().collect::<String>();
        let equation = format!("{},{}->{}", letters(&self.left), letters(&self.right), letters(&self.output));
        vec![("equation", Attribute::Text(equation))]
    }
}
