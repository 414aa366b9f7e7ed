//! From numbers to pixels, and the round numbers that an axis is marked with.

/// A straight mapping from an interval of numbers to an interval of pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Smallest number shown.
    pub low: f64,
    /// Largest number shown.
    pub high: f64,
    /// Pixel of `low`.
    pub low_px: f64,
    /// Pixel of `high`.
    pub high_px: f64,
}

impl Scale {
    /// A scale that holds all finite `values` and begins and ends at a mark; `pixels` are those of its ends.
    pub fn holding(values: impl IntoIterator<Item = f64>, pixels: (f64, f64)) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.into_iter().filter(|value| value.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low <= f64::EPSILON * high.abs().max(low.abs()).max(1e-300) {
            let margin = if high == 0.0 { 1.0 } else { high.abs() * 0.1 };
            (low, high) = (low - margin, high + margin);
        }
        let step = round_step(high - low);
        Scale {
            low: (low / step + 1e-9).floor() * step,
            high: (high / step - 1e-9).ceil() * step,
            low_px: pixels.0,
            high_px: pixels.1,
        }
    }

    /// The pixel of a number.
    pub fn px(&self, value: f64) -> f64 {
        self.low_px + (value - self.low) / (self.high - self.low) * (self.high_px - self.low_px)
    }

    /// Round numbers across the scale, from low to high, with the decimals that tell them apart.
    pub fn marks(&self) -> Vec<(f64, String)> {
        let step = round_step(self.high - self.low);
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|position| {
                let value = position as f64 * step;
                (value, number(value, decimals))
            })
            .collect()
    }
}

/// Powers of ten that a logarithmic axis has a mark at; where there are more, every second or third of them.
const MOST_POWERS: i32 = 8;

/// Round numbers from `low` to `high`, both above 0, for a logarithmic axis: their logarithms to base 10 and themselves. Powers
/// of ten, with twice and five times each where the axis spans less than three; as `1e−6` where they would be long.
pub(super) fn logarithmic_marks(low: f64, high: f64) -> Vec<(f64, String)> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let factors: &[f64] = if high / low < 1000.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let step = ((last - first) / MOST_POWERS + 1).max(1);
    let words = |value: f64, factor: f64, power: i32| match power {
        -3..=4 => number(value, (-power).max(0) as usize),
        _ => format!("{factor}e{}", number(f64::from(power), 0)),
    };
    (first..=last)
        .filter(|power| power % step == 0)
        .flat_map(|power| factors.iter().map(move |factor| (factor * 10_f64.powi(power), *factor, power)))
        .filter(|(value, ..)| *value >= low * (1.0 - 1e-9) && *value <= high * (1.0 + 1e-9))
        .map(|(value, factor, power)| (value.log10(), words(value, factor, power)))
        .collect()
}

/// The largest of 1, 2 and 5 times a power of ten that puts at least four steps into `span`.
fn round_step(span: f64) -> f64 {
    let power = 10_f64.powf((span / 4.0).log10().floor());
    let steps = [5.0, 2.0, 1.0].map(|factor| factor * power);
    steps.into_iter().find(|step| span / step >= 4.0 - 1e-9).unwrap_or(power)
}

/// A number with so many decimals, a true minus sign, and no minus before zero.
pub fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().all(|digit| digit == '0' || digit == '.') => digits.to_owned(),
        Some(digits) => format!("\u{2212}{digits}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(values: &[f64]) -> Vec<String> {
        Scale::holding(values.iter().copied(), (0.0, 100.0)).marks().into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn marks_are_round_and_hold_the_values() {
        assert_eq!(labels(&[0.0, 0.38]), ["0.0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(labels(&[0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(&[-0.3, 0.2]), ["\u{2212}0.3", "\u{2212}0.2", "\u{2212}0.1", "0.0", "0.1", "0.2"]);
        assert_eq!(labels(&[0.0, 360.0]), ["0", "100", "200", "300", "400"]);
    }

    #[test]
    fn a_scale_without_an_extent_or_without_numbers_still_has_one() {
        for values in [&[][..], &[0.5], &[0.0, 0.0], &[f64::NAN, f64::INFINITY]] {
            let scale = Scale::holding(values.iter().copied(), (0.0, 100.0));
            assert!(scale.low < scale.high && scale.low.is_finite() && scale.high.is_finite(), "{values:?}");
            assert!(scale.marks().len() >= 2, "{values:?}");
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(number(-0.0004, 2), "0.00");
        assert_eq!(number(-0.4, 1), "\u{2212}0.4");
    }

    #[test]
    fn a_logarithmic_axis_has_round_marks() {
        let labels = |low, high| logarithmic_marks(low, high).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(10.0, 200.0), ["10", "20", "50", "100", "200"]);
        assert_eq!(labels(0.03, 1.0), ["0.05", "0.1", "0.2", "0.5", "1"]);
        assert_eq!(labels(1.0, 10_000.0), ["1", "10", "100", "1000", "10000"]);
        assert_eq!(labels(1e-6, 0.01), ["1e\u{2212}6", "1e\u{2212}5", "1e\u{2212}4", "0.001", "0.01"]);
        assert_eq!(labels(1e-17, 1.0).len(), 6);
    }
}
