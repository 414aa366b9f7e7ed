//! Bars with their errors, the subjects behind them, a noise ceiling, and which pairs differ.

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical, room_below, room_beside, room_left};
use super::colour::SERIES;
use super::label::shortened;
use super::line_chart::Band;
use super::pair_marks::{PairMarks, draw_pair_marks, room_for_pair_marks};
use super::scale::{Scale, number};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// Height of one row of marks below the bars.
const MARK_ROW: f64 = 14.0;

/// One bar for each model (or region, or mapping), as results of representational similarity are published.
#[derive(Clone, Debug, PartialEq)]
pub struct BarChart {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the vertical axis is, with its unit.
    pub vertical: String,
    /// The bars, from left to right.
    pub bars: Vec<Bar>,
    /// The noise ceiling from its lower to its upper bound.
    pub ceiling: Option<Band>,
    /// Pairs of bars that differ, by position, whatever the order within a pair.
    pub different: Vec<(usize, usize)>,
    /// How these pairs are shown.
    pub pair_marks: PairMarks,
    /// Rows of dots below the bars, such as which of them lie above zero.
    pub mark_rows: Vec<MarkRow>,
}

/// One bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it is called.
    pub name: String,
    /// Its height; no bar is drawn where there is none.
    pub value: Option<f64>,
    /// The ends of its error bar.
    pub interval: Option<(f64, f64)>,
    /// The value of each subject (or split), drawn as dots; those that are not finite are left out.
    pub subjects: Vec<f64>,
    /// Which colour of the series it has.
    pub colour: usize,
}

/// A row of dots below the bars: filled where something holds.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkRow {
    /// What holds, in few letters: "> 0", "< ceiling".
    pub name: String,
    /// Whether it holds, for each bar.
    pub holds: Vec<bool>,
}

impl BarChart {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let names = self.bars.iter().map(|bar| shortened(&bar.name, 22)).collect();
        let axis = Horizontal { title: String::new(), labels: Labels::Names(names) };
        let (numbers, right) = (room_beside(&Scale::holding(self.values(), (1.0, 0.0))), 8.0);
        let row_names = self.mark_rows.iter().map(|row| super::svg::text_width(&row.name) + 8.0).fold(0.0, f64::max);
        let left = numbers.max(row_names).max(room_left(&axis, width - numbers - right));
        let n_bars = self.bars.len().max(1);
        let plot_width = (width - left - right).max(40.0).min(n_bars as f64 * 90.0);
        let marks_room = room_for_pair_marks(&self.different, n_bars, self.pair_marks);
        let top = TEXT_PX + 20.0 + marks_room;
        let plot = Area { left, top, width: plot_width, height: (plot_width * 0.6).clamp(150.0, 260.0) };
        let vertical = Scale::holding(self.values(), (plot.bottom(), plot.top));
        let step = plot.width / n_bars as f64;
        let centre = |bar: usize| plot.left + (bar as f64 + 0.5) * step;

        // The ceiling's name stands beside the plot where there is room, so that no bar hides it.
        let name_room = self.ceiling.as_ref().map_or(0.0, |band| super::svg::text_width(&band.name) + 6.0);
        let name_room = if plot.right() + name_room + right <= width { name_room } else { 0.0 };

        let mut canvas = Canvas::default();
        canvas.text("", (0.0, TEXT_PX), Anchor::Start, &self.vertical);
        self.draw_ceiling(&mut canvas, &vertical, plot, name_room);
        draw_vertical(&mut canvas, "", &vertical, plot);
        for (position, bar) in self.bars.iter().enumerate() {
            draw_bar(&mut canvas, bar, centre(position), step, &vertical);
        }
        let zero = vertical.px(0.0);
        canvas.line("axis", (plot.left, zero), (plot.right(), zero));
        draw_pair_marks(&mut canvas, &self.different, n_bars, self.pair_marks, &centre, plot.top - 8.0);
        let rows_gap = if self.mark_rows.is_empty() { 0.0 } else { 6.0 };
        let mut bottom = plot.bottom() + rows_gap;
        for row in &self.mark_rows {
            draw_mark_row(&mut canvas, row, &centre, (plot.left, bottom + MARK_ROW * 0.75), n_bars);
            bottom += MARK_ROW;
        }
        bottom += rows_gap / 2.0;
        let below = Area { top: bottom - plot.height, ..plot };
        let places = Scale { low: -0.5, high: n_bars as f64 - 0.5, low_px: plot.left, high_px: plot.right() };
        draw_horizontal(&mut canvas, &axis, &places, below);
        canvas.finish(
            (plot.right() + name_room + right).min(width),
            bottom + room_below(&axis, plot.width),
            self.description.clone(),
        )
    }

    /// Everything that the vertical axis must hold; zero among it, where bars stand.
    fn values(&self) -> Vec<f64> {
        let mut values = vec![0.0];
        for bar in &self.bars {
            values.extend(bar.value);
            values.extend(bar.interval.iter().flat_map(|(low, high)| [*low, *high]));
            values.extend(&bar.subjects);
        }
        values.extend(self.ceiling.iter().flat_map(|band| [band.low, band.high]));
        values
    }

    /// `beside` is the room for its name to the right of the plot; 0 where it has to stand within.
    fn draw_ceiling(&self, canvas: &mut Canvas, vertical: &Scale, plot: Area, beside: f64) {
        let Some(band) = self.ceiling.as_ref().filter(|band| band.low.is_finite() && band.high.is_finite()) else {
            return;
        };
        let (top, bottom) = (vertical.px(band.high), vertical.px(band.low));
        canvas.rect("band", Area { left: plot.left, top, width: plot.width, height: (bottom - top).max(1.5) });
        let fits = bottom - top > TEXT_PX + 4.0;
        let middle = (top + bottom) / 2.0 + TEXT_PX * 0.35;
        if beside > 0.0 {
            canvas.text("quiet small", (plot.right() + 4.0, middle), Anchor::Start, &band.name);
        } else {
            let baseline = if fits { middle } else { top - 4.0 };
            canvas.text("quiet small", (plot.right() - 4.0, baseline), Anchor::End, &band.name);
        }
    }
}

fn draw_bar(canvas: &mut Canvas, bar: &Bar, x: f64, step: f64, vertical: &Scale) {
    let Some(value) = bar.value.filter(|value| value.is_finite()) else {
        canvas.text("quiet small", (x, vertical.px(0.0) - 5.0), Anchor::Middle, "no value");
        return;
    };
    let colour = bar.colour % SERIES;
    let width = (step * 0.64).min(46.0);
    let (y, zero) = (vertical.px(value), vertical.px(0.0));
    let area = Area { left: x - width / 2.0, top: y.min(zero), width, height: (y - zero).abs() };
    canvas.rect_with_tip(&format!("bar fill-{colour}"), area, &format!("{}: {}", bar.name, number(value, 3)));
    let subjects: Vec<f64> = bar.subjects.iter().copied().filter(|value| value.is_finite()).collect();
    let spread = width * 0.62;
    for (subject, value) in subjects.iter().enumerate() {
        // Side by side in the order that they come in, so that a subject has its place in every bar.
        let share = (subject as f64 + 0.5) / subjects.len() as f64 - 0.5;
        let tip = format!("{}, {}: {}", bar.name, subject + 1, number(*value, 3));
        canvas.dot("hollow", (x + share * spread, vertical.px(*value)), 2.1, &tip);
    }
    if let Some((low, high)) = bar.interval.filter(|(low, high)| low.is_finite() && high.is_finite()) {
        let (low, high) = (vertical.px(low), vertical.px(high));
        canvas.line("whisker", (x, low), (x, high));
        for end in [low, high] {
            canvas.line("whisker", (x - 3.0, end), (x + 3.0, end));
        }
    }
}

fn draw_mark_row(canvas: &mut Canvas, row: &MarkRow, centre: &dyn Fn(usize) -> f64, at: (f64, f64), n_bars: usize) {
    canvas.text("quiet small", (at.0 - 6.0, at.1 + TEXT_PX * 0.3), Anchor::End, &row.name);
    for (bar, holds) in row.holds.iter().enumerate().take(n_bars) {
        let (class, answer) = if *holds { ("tee", "yes") } else { ("hollow", "no") };
        canvas.dot(class, (centre(bar), at.1), 2.6, &format!("{}: {answer}", row.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, value: Option<f64>) -> Bar {
        Bar {
            name: name.to_owned(),
            value,
            interval: value.map(|value| (value - 0.02, value + 0.03)),
            subjects: vec![0.1, f64::NAN, 0.3],
            colour: 0,
        }
    }

    fn chart() -> BarChart {
        BarChart {
            description: "models".to_owned(),
            vertical: "Spearman correlation".to_owned(),
            bars: vec![bar("a", Some(0.2)), bar("b.onnx", Some(-0.1)), bar("c", None)],
            ceiling: Some(Band { name: "noise ceiling".to_owned(), low: 0.4, high: 0.5 }),
            different: vec![(0, 1)],
            pair_marks: PairMarks::Automatic,
            mark_rows: vec![MarkRow { name: "> 0".to_owned(), holds: vec![true, false, false] }],
        }
    }

    #[test]
    fn a_chart_says_every_value_and_its_ceiling() {
        let svg = chart().figure(340.0).inline();
        for words in ["a: 0.200", "\u{2212}0.100", "noise ceiling", "&gt; 0: yes", ">b.onnx<", "no value"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn subjects_that_have_no_value_are_left_out() {
        // Two dots for each of the two bars with a value, and three in the row below.
        assert_eq!(chart().figure(340.0).inline().matches("<circle").count(), 7);
    }

    #[test]
    fn a_chart_of_nothing_is_still_a_chart() {
        let mut chart = chart();
        (chart.bars, chart.different) = (Vec::new(), vec![(3, 9)]);
        let svg = chart.figure(340.0).inline();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
