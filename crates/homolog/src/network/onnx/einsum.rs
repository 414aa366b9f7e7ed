//! Einstein sums that are batched matrix products, written with `Transpose` and `MatMul`.

use super::convert::{Converted, Ranks};
use crate::network::op::{Attribute, OpError};

/// What can be read, for messages.
const NEEDED: &str = "homolog has batched matrix products of two operands, such as \"bhid,bhjd->bhij\": one label that is \
                      summed over, one that only each operand has, the others in both and in the result";

/// The order of axes in which both operands and the result are a batched matrix product.
#[derive(Debug, PartialEq, Eq)]
struct MatrixProduct {
    /// For each axis of (batch…, row, summed): the axis of the first operand.
    left: Vec<i64>,
    /// For each axis of (batch…, summed, column): the axis of the second operand.
    right: Vec<i64>,
    /// For each axis of the result: the axis of (batch…, row, column).
    result: Vec<i64>,
}

/// `Einsum` stays a `MatMul` of the node's own name, with transpositions around it where the axes stand otherwise.
pub(super) fn einsum_as_matrix_product(converted: &mut Converted, _: &Ranks) -> Result<(), OpError> {
    let attributes = converted.attributes();
    let product = matrix_product(attributes.text_or("equation", "")?);
    let Some(product) = product.filter(|_| converted.node.inputs.len() == 2) else {
        return Err(attributes.refuse("equation", NEEDED));
    };
    converted.node.op = "MatMul";
    converted.node.attributes.clear();
    for (index, (axes, part)) in [(product.left, "left"), (product.right, "right")].into_iter().enumerate() {
        if is_in_order(&axes) {
            continue;
        }
        let input = converted.node.inputs.get(index).cloned().flatten();
        let transpose = converted.companion("Transpose", part, vec![input], [("perm", Attribute::Ints(axes))]);
        converted.set_input(index, transpose.outputs.first().cloned());
        converted.before.push(transpose);
    }
    if !is_in_order(&product.result) {
        let inner = format!("{}:product", converted.node.name);
        let perm = Attribute::Ints(product.result);
        let mut transpose = converted.companion("Transpose", "result", vec![Some(inner.clone())], [("perm", perm)]);
        transpose.outputs = std::mem::replace(&mut converted.node.outputs, vec![inner]);
        converted.after.push(transpose);
    }
    Ok(())
}

fn is_in_order(axes: &[i64]) -> bool {
    axes.is_sorted()
}

fn matrix_product(equation: &str) -> Option<MatrixProduct> {
    let equation: String = equation.split_whitespace().collect();
    let (operands, result) = equation.split_once("->")?;
    let (left, right) = operands.split_once(',')?;
    let [left, right, result] = [labels(left)?, labels(right)?, labels(result)?];
    let batch: Vec<char> =
        result.iter().copied().filter(|label| left.contains(label) && right.contains(label)).collect();
    let only = |own: &[char], other: &[char]| -> Option<char> {
        let mut own = own.iter().copied().filter(|label| !other.contains(label));
        own.next().filter(|label| own.next().is_none() && result.contains(label))
    };
    let (row, column) = (only(&left, &right)?, only(&right, &left)?);
    let summed: Vec<char> = left.iter().copied().filter(|label| *label != row && !batch.contains(label)).collect();
    let [summed] = summed.as_slice() else {
        return None;
    };
    if result.len() != batch.len() + 2 {
        return None;
    }
    let with = |last: [char; 2]| -> Vec<char> { batch.iter().copied().chain(last).collect() };
    Some(MatrixProduct {
        left: axes_of(&with([row, *summed]), &left)?,
        right: axes_of(&with([*summed, column]), &right)?,
        result: axes_of(&result, &with([row, column]))?,
    })
}

/// The labels of one operand; `None` where one is repeated or is no letter.
fn labels(operand: &str) -> Option<Vec<char>> {
    let labels: Vec<char> = operand.chars().collect();
    let is_unique = labels.iter().enumerate().all(|(place, label)| !labels[..place].contains(label));
    (is_unique && labels.iter().all(char::is_ascii_alphabetic)).then_some(labels)
}

/// For each wanted label: its axis.
fn axes_of(wanted: &[char], labels: &[char]) -> Option<Vec<i64>> {
    wanted
        .iter()
        .map(|label| labels.iter().position(|known| known == label).and_then(|axis| i64::try_from(axis).ok()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_attention_are_recognized() {
        let scores =
            MatrixProduct { left: vec![0, 1, 2, 3, 4], right: vec![0, 1, 2, 4, 3], result: vec![0, 1, 2, 3, 4] };
        assert_eq!(matrix_product("B G H I D, B G H J D -> B G H I J"), Some(scores));
        // (i, j) by (j, k) into (k, i): the plain product, transposed.
        let transposed = MatrixProduct { left: vec![0, 1], right: vec![0, 1], result: vec![1, 0] };
        assert_eq!(matrix_product("ij,jk->ki"), Some(transposed));
    }

    #[test]
    fn other_sums_are_not_taken_for_products() {
        for equation in
            ["ii->i", "ij->ji", "i,j->ij", "ij,ij->ij", "ijk,jkl->il", "...ij,...jk->...ik", "ij,jk", "ij,jk->i", ""]
        {
            assert_eq!(matrix_product(equation), None, "{equation}");
        }
    }
}
