//! How many values lie where.

use super::axis::{Horizontal, Labels, draw_horizontal, room_below};
use super::scale::{Scale, number};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// Counts of values in bins of equal width, with the median marked.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// What it shows, in a sentence.
    pub description: String,
    /// Written above it.
    pub title: String,
    /// What the horizontal axis is, with its unit.
    pub horizontal: String,
    /// The values; those that are not finite are left out and counted.
    pub values: Vec<f64>,
    /// Smallest and largest number that the axis must hold, so that several histograms can share an axis.
    pub range: (f64, f64),
    /// Which colour of the series it has.
    pub colour: usize,
    /// What is counted, in the plural.
    pub counted: String,
}

impl Histogram {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let mut values: Vec<f64> = self.values.iter().copied().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        let plot = Area { left: 32.0, top: 2.0 * TEXT_PX + 22.0, width: (width - 46.0).max(40.0), height: 84.0 };
        let scale = Scale::holding(
            [self.range.0, self.range.1].into_iter().chain(values.iter().copied()),
            (plot.left, plot.right()),
        );
        let counts = counts(&values, &scale, n_bins(values.len(), plot.width));
        let tallest = counts.iter().copied().max().unwrap_or(0).max(1);

        let mut canvas = Canvas::default();
        canvas.text("strong", (0.0, TEXT_PX), Anchor::Start, &self.title);
        canvas.text(
            "quiet small",
            (0.0, 2.0 * TEXT_PX + 4.0),
            Anchor::Start,
            &self.counted_text(values.len(), median(&values)),
        );
        let bin_px = plot.width / counts.len() as f64;
        for (bin, count) in counts.iter().enumerate() {
            let height = plot.height * *count as f64 / tallest as f64;
            let area = Area {
                left: plot.left + bin as f64 * bin_px + 0.5,
                top: plot.bottom() - height,
                width: bin_px - 1.0,
                height,
            };
            canvas.rect(&format!("bar fill-{}", self.colour), area);
        }
        for (count, y) in [(0, plot.bottom()), (tallest, plot.top)] {
            canvas.line("axis", (plot.left - 8.0, y), (plot.left - 4.0, y));
            canvas.text("quiet", (plot.left - 12.0, y + TEXT_PX * 0.35), Anchor::End, &count.to_string());
        }
        canvas.line("axis", (plot.left - 4.0, plot.top), (plot.left - 4.0, plot.bottom()));
        if let Some(median) = median(&values) {
            let x = scale.px(median);
            canvas.line("median", (x, plot.top - 6.0), (x, plot.bottom()));
        }
        let axis = Horizontal { title: self.horizontal.clone(), labels: Labels::Numbers };
        draw_horizontal(&mut canvas, &axis, &scale, plot);
        canvas.finish(width, plot.bottom() + room_below(&axis, plot.width), self.description.clone())
    }

    fn counted_text(&self, n_finite: usize, median: Option<f64>) -> String {
        let mut text = format!("{n_finite} {}", self.counted);
        if let Some(median) = median {
            text.push_str(&format!(", median {}", number(median, 3)));
        }
        let n_missing = self.values.len() - n_finite;
        if n_missing > 0 {
            text.push_str(&format!(", {n_missing} without a value"));
        }
        text
    }
}

/// Twice as many as the Rice rule (twice the cube root of the number of values) gives, since the shape is to be seen and not
/// only the spread; at least 8, and no bin thinner than 6 pixels.
fn n_bins(n_values: usize, plot_width: f64) -> usize {
    let rice = (2.0 * (n_values.max(1) as f64).cbrt()).ceil() as usize;
    (2 * rice).clamp(8, ((plot_width / 6.0) as usize).max(8))
}

/// How many values are in each bin between the ends of the scale; the upper end belongs to the last.
fn counts(values: &[f64], scale: &Scale, n_bins: usize) -> Vec<usize> {
    let mut counts = vec![0; n_bins];
    for value in values {
        let share = (value - scale.low) / (scale.high - scale.low);
        let bin = ((share * n_bins as f64) as usize).min(n_bins - 1);
        counts[bin] += 1;
    }
    counts
}

/// The middle of sorted values; of an even count, the mean of the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        length if length % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_counted_once_and_the_upper_end_is_in_the_last_bin() {
        let scale = Scale { low: 0.0, high: 1.0, low_px: 0.0, high_px: 100.0 };
        assert_eq!(counts(&[0.0, 0.1, 0.5, 0.99, 1.0], &scale, 4), [2, 0, 1, 2]);
    }

    #[test]
    fn the_median_of_an_even_count_is_the_mean_of_the_two_in_the_middle() {
        assert_eq!(median(&[1.0, 2.0, 4.0, 8.0]), Some(3.0));
        assert_eq!(median(&[1.0, 2.0, 8.0]), Some(2.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn values_that_are_missing_are_said_to_be() {
        let histogram = Histogram {
            description: "units".to_owned(),
            title: "net".to_owned(),
            horizontal: "Pearson correlation".to_owned(),
            values: vec![0.1, 0.3, f64::NAN],
            range: (0.0, 1.0),
            colour: 0,
            counted: "units".to_owned(),
        };
        let svg = histogram.figure(300.0).inline();
        assert!(svg.contains("2 units, median 0.200, 1 without a value"), "{svg}");
        assert!(!svg.contains("NaN"), "{svg}");
    }
}
