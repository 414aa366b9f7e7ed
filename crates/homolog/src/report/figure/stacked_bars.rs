//! Bars made of parts: what each feature space explains alone, and what they share.

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical, room_below, room_beside, room_left};
use super::colour::SERIES;
use super::label::shortened;
use super::legend::{self, Key, Swatch};
use super::scale::{Scale, number};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// Bars whose parts stand on each other: those above zero upwards from it, those below downwards.
#[derive(Clone, Debug, PartialEq)]
pub struct StackedBars {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the vertical axis is, with its unit: "variance explained (R²)".
    pub vertical: String,
    /// What each part is: "only A", "shared", "only B". The colours are theirs.
    pub parts: Vec<String>,
    /// The bars, from left to right.
    pub bars: Vec<StackedBar>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct StackedBar {
    /// What it is called.
    pub name: String,
    /// The size of each part; a part that is not finite is left out and said to be.
    pub sizes: Vec<f64>,
    /// What the whole cannot exceed, drawn as a line across the bar.
    pub ceiling: Option<f64>,
}

impl StackedBars {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let key = |(part, name): (usize, &String)| Key { name: name.clone(), swatch: Swatch::Box(part % SERIES) };
        let mut keys: Vec<Key> = self.parts.iter().enumerate().map(key).collect();
        if self.bars.iter().any(|bar| bar.ceiling.is_some()) {
            keys.push(Key { name: "noise ceiling".to_owned(), swatch: Swatch::Ink });
        }
        let names = self.bars.iter().map(|bar| shortened(&bar.name, 22)).collect();
        let axis = Horizontal { title: String::new(), labels: Labels::Names(names) };
        let numbers = room_beside(&Scale::holding(self.values(), (1.0, 0.0)));
        let left = numbers.max(room_left(&axis, width - numbers - 8.0));
        let n_bars = self.bars.len().max(1);
        let plot_width = (width - left - 8.0).max(40.0).min(n_bars as f64 * 90.0);
        let top = legend::room(&keys, width) + TEXT_PX + 22.0;
        let plot = Area { left, top, width: plot_width, height: (plot_width * 0.6).clamp(150.0, 260.0) };
        let vertical = Scale::holding(self.values(), (plot.bottom(), plot.top));
        let step = plot.width / n_bars as f64;

        let mut canvas = Canvas::default();
        legend::draw(&mut canvas, &keys, (0.0, 0.0), width);
        canvas.text("", (0.0, top - 12.0), Anchor::Start, &self.vertical);
        draw_vertical(&mut canvas, "", &vertical, plot);
        for (position, bar) in self.bars.iter().enumerate() {
            self.draw_bar(&mut canvas, bar, plot.left + (position as f64 + 0.5) * step, step, &vertical);
        }
        canvas.line("axis", (plot.left, vertical.px(0.0)), (plot.right(), vertical.px(0.0)));
        let places = Scale { low: -0.5, high: n_bars as f64 - 0.5, low_px: plot.left, high_px: plot.right() };
        draw_horizontal(&mut canvas, &axis, &places, plot);
        canvas.finish(width, plot.bottom() + room_below(&axis, plot.width), self.description.clone())
    }

    /// The ends of every stack, the ceilings, and zero.
    fn values(&self) -> Vec<f64> {
        let mut values = vec![0.0];
        for bar in &self.bars {
            let sum = |sign: f64| bar.sizes.iter().filter(|size| **size * sign > 0.0 && size.is_finite()).sum::<f64>();
            values.extend([sum(1.0), sum(-1.0)]);
            values.extend(bar.ceiling);
        }
        values
    }

    fn draw_bar(&self, canvas: &mut Canvas, bar: &StackedBar, x: f64, step: f64, vertical: &Scale) {
        let width = (step * 0.64).min(46.0);
        let (mut above, mut below) = (0.0, 0.0);
        for (part, size) in bar.sizes.iter().enumerate().filter(|(_, size)| size.is_finite()) {
            let from = if *size >= 0.0 { above } else { below };
            let to = from + size;
            *(if *size >= 0.0 { &mut above } else { &mut below }) = to;
            let (first, second) = (vertical.px(from), vertical.px(to));
            let area = Area { left: x - width / 2.0, top: first.min(second), width, height: (first - second).abs() };
            let name = self.parts.get(part).map_or("", String::as_str);
            let tip = format!("{}, {name}: {}", bar.name, number(*size, 3));
            canvas.rect_with_tip(&format!("bar fill-{}", part % SERIES), area, &tip);
        }
        let n_missing = bar.sizes.iter().filter(|size| !size.is_finite()).count();
        if n_missing > 0 {
            let text =
                if n_missing == bar.sizes.len() { "no value".to_owned() } else { format!("{n_missing} missing") };
            canvas.text("quiet small", (x, vertical.px(above) - 5.0), Anchor::Middle, &text);
        }
        if let Some(ceiling) = bar.ceiling.filter(|ceiling| ceiling.is_finite()) {
            let y = vertical.px(ceiling);
            canvas.line("median", (x - width / 2.0 - 4.0, y), (x + width / 2.0 + 4.0, y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> StackedBars {
        StackedBars {
            description: "variance partition".to_owned(),
            vertical: "variance explained (R\u{b2})".to_owned(),
            parts: ["only A", "shared", "only B"].map(str::to_owned).to_vec(),
            bars: vec![
                StackedBar { name: "V1".to_owned(), sizes: vec![0.2, -0.05, 0.1], ceiling: Some(0.4) },
                StackedBar { name: "V4".to_owned(), sizes: vec![0.1, f64::NAN, 0.1], ceiling: None },
            ],
        }
    }

    #[test]
    fn parts_above_zero_stand_on_each_other_and_parts_below_hang_from_it() {
        let values = bars().values();
        assert!((values[1] - 0.3).abs() < 1e-12 && (values[2] + 0.05).abs() < 1e-12, "{values:?}");
    }

    #[test]
    fn every_part_says_its_size_and_a_missing_one_is_counted() {
        let svg = bars().figure(340.0).inline();
        for words in ["V1, only A: 0.200", "V1, shared: \u{2212}0.050", "1 missing", "only B"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn no_bars_are_still_a_figure() {
        let mut none = bars();
        (none.bars, none.parts) = (Vec::new(), Vec::new());
        let svg = none.figure(340.0).inline();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
