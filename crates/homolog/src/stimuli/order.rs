//! Names with numbers in them, in the order people give them.

use std::cmp::Ordering;
use std::iter::Peekable;
use std::str::Chars;

/// Compares two names so that runs of digits compare as numbers: `image2` before `image10`. A total order: names that
/// differ only in leading zeros are told apart by their characters.
pub fn compare_names(left: &str, right: &str) -> Ordering {
    let (mut left_chars, mut right_chars) = (left.chars().peekable(), right.chars().peekable());
    loop {
        let step = match (left_chars.peek(), right_chars.peek()) {
            (None, None) => return left.cmp(right),
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(a), Some(b)) if a.is_ascii_digit() && b.is_ascii_digit() => {
                let (a, b) = (number(&mut left_chars), number(&mut right_chars));
                a.len().cmp(&b.len()).then_with(|| a.cmp(&b))
            }
            (Some(_), Some(_)) => left_chars.next().cmp(&right_chars.next()),
        };
        if step != Ordering::Equal {
            return step;
        }
    }
}

/// Takes a run of digits, without its leading zeros, so that a longer one is a larger number.
fn number(chars: &mut Peekable<Chars>) -> String {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if digit != '0' || !digits.is_empty() {
            digits.push(digit);
        }
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_in_names_sort_by_value() {
        let mut names = vec!["image10.jpg", "image2.jpg", "b/1.jpg", "image0002.jpg", "a/10.jpg", "a/9.jpg"];
        names.sort_by(|a, b| compare_names(a, b));
        assert_eq!(names, ["a/9.jpg", "a/10.jpg", "b/1.jpg", "image0002.jpg", "image2.jpg", "image10.jpg"]);
    }

    proptest! {
        #[test]
        fn the_order_is_total(a in "[a01 9/]{0,6}", b in "[a01 9/]{0,6}", c in "[a01 9/]{0,6}") {
            prop_assert_eq!(compare_names(&a, &b), compare_names(&b, &a).reverse());
            prop_assert_eq!(compare_names(&a, &b) == Ordering::Equal, a == b);
            if compare_names(&a, &b) != Ordering::Greater && compare_names(&b, &c) != Ordering::Greater {
                prop_assert_ne!(compare_names(&a, &c), Ordering::Greater);
            }
        }
    }
}
