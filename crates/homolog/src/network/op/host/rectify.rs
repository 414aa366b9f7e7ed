//! The rectifier, written over its input where nobody else reads that.

use rayon::prelude::*;

/// Numbers that one thread takes at once.
const AT_ONCE: usize = 1 << 16;

/// Whether the rectifier lets a number through: where it is above 0, and where it is not a number, as in PyTorch.
fn is_through(number: f32) -> bool {
    number > 0.0 || number.is_nan()
}

/// max(x, 0) in place of each x.
pub(crate) fn rectify(numbers: &mut [f32]) {
    numbers.par_chunks_mut(AT_ONCE).for_each(|numbers| {
        numbers.iter_mut().for_each(|number| *number = if is_through(*number) { *number } else { 0.0 });
    });
}

/// The gradient with respect to the input in place of that with respect to `outputs`.
pub(crate) fn stop_silent(gradient: &mut [f32], outputs: &[f32]) {
    gradient.par_chunks_mut(AT_ONCE).zip(outputs.par_chunks(AT_ONCE)).for_each(|(gradient, outputs)| {
        gradient.iter_mut().zip(outputs).for_each(|(gradient, output)| {
            *gradient = if is_through(*output) { *gradient } else { 0.0 };
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_above_0_is_silent_both_ways() {
        let mut numbers = [-1.0, 0.0, 2.0, f32::NAN, f32::NEG_INFINITY, f32::INFINITY];
        rectify(&mut numbers);
        assert_eq!(numbers[..3], [0.0, 0.0, 2.0]);
        assert!(numbers[3].is_nan());
        assert_eq!(numbers[4..], [0.0, f32::INFINITY]);
        let mut gradient = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        stop_silent(&mut gradient, &numbers);
        assert_eq!(gradient, [0.0, 0.0, 3.0, 4.0, 0.0, 6.0]);
    }
}
