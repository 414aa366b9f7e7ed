//! A value for every pair of times: generalisation across time, representational similarity between times.

use ndarray::Array2;

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical, room_below, room_beside};
use super::colour::ColourMap;
use super::picture::{COLOUR_BAR_ROOM, ColourBar, matrix_uri};
use super::scale::Scale;
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// A map over two times; the first time rises upwards, so that the diagonal runs from lower left to upper right.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeMap {
    /// What it shows, in a sentence.
    pub description: String,
    /// Written above it.
    pub title: String,
    /// What the vertical times are, with their unit: "training time (ms)".
    pub vertical: String,
    /// What the horizontal times are, with their unit.
    pub horizontal: String,
    /// The middle of each vertical time bin, equally spaced.
    pub vertical_times: Vec<f64>,
    /// The middle of each horizontal time bin, equally spaced.
    pub horizontal_times: Vec<f64>,
    /// `[[vertical time, horizontal time]]`; NaN where there is no value.
    pub values: Array2<f64>,
    /// Entries inside a significant cluster, outlined; of the shape of `values`, or empty for none.
    pub significant: Array2<bool>,
    /// The number in the middle of the colours, such as chance.
    pub middle: f64,
    /// What a value is, with its unit.
    pub value: String,
    /// When the stimulus came, drawn along both axes.
    pub onset: Option<f64>,
}

impl TimeMap {
    /// Draws it, at most `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let (vertical, horizontal) = (edges(&self.vertical_times), edges(&self.horizontal_times));
        let axis = Horizontal { title: self.horizontal.clone(), labels: Labels::Numbers };
        let unplaced = |(low, high): (f64, f64)| Scale { low, high, low_px: 0.0, high_px: 1.0 };
        let left = room_beside(&unplaced(vertical));
        let side = (width - left - 12.0).clamp(60.0, 360.0);
        let heading = if self.title.is_empty() { 0.0 } else { TEXT_PX + 10.0 };
        let plot = Area { left, top: heading + TEXT_PX + 18.0, width: side, height: side };
        let up = Scale { low_px: plot.bottom(), high_px: plot.top, ..unplaced(vertical) };
        let across = Scale { low_px: plot.left, high_px: plot.right(), ..unplaced(horizontal) };

        let mut canvas = Canvas::default();
        canvas.text("strong", (0.0, TEXT_PX), Anchor::Start, &self.title);
        let (shares, range) = self.shares();
        if let Some(uri) = matrix_uri(shares.view(), ColourMap::BlueToOrange) {
            canvas.image(plot, &uri);
        }
        let diagonal = (vertical.0.max(horizontal.0), vertical.1.min(horizontal.1));
        if diagonal.0 < diagonal.1 {
            let at = |time: f64| (across.px(time), up.px(time));
            canvas.line("zero", at(diagonal.0), at(diagonal.1));
        }
        if let Some(onset) = self.onset {
            if onset > horizontal.0 && onset < horizontal.1 {
                canvas.line("bound", (across.px(onset), plot.top), (across.px(onset), plot.bottom()));
            }
            if onset > vertical.0 && onset < vertical.1 {
                canvas.line("bound", (plot.left, up.px(onset)), (plot.right(), up.px(onset)));
            }
        }
        let outline = outline(&self.significant, plot);
        for class in ["halo", "outline"] {
            if !outline.is_empty() {
                canvas.path(class, &outline);
            }
        }
        draw_vertical(&mut canvas, &self.vertical, &up, plot);
        draw_horizontal(&mut canvas, &axis, &across, plot);
        let bar_top = plot.bottom() + room_below(&axis, plot.width) + 10.0;
        let has_missing = self.values.iter().any(|value| value.is_nan());
        let bar = ColourBar { map: ColourMap::BlueToOrange, title: self.value.clone(), range, has_missing };
        let area = Area { left, top: bar_top, width: side.min(220.0), height: 8.0 };
        bar.draw(&mut canvas, area, side);
        canvas.finish(plot.right() + 12.0, bar_top + COLOUR_BAR_ROOM, self.description.clone())
    }

    /// The values as shares of colours that reach equally far to both sides of the middle, the last time first; and the
    /// numbers at the ends.
    fn shares(&self) -> (Array2<f64>, (f64, f64)) {
        let finite = self.values.iter().filter(|value| value.is_finite());
        let farthest = finite.fold(0.0, |farthest: f64, value| farthest.max((value - self.middle).abs()));
        let farthest = if farthest > 0.0 { farthest } else { 1.0 };
        let mut shares = self.values.mapv(|value| (value - self.middle) / farthest / 2.0 + 0.5);
        shares.invert_axis(ndarray::Axis(0));
        (shares, (self.middle - farthest, self.middle + farthest))
    }
}

/// The outer edges of bins with these middles, half a step beyond the first and the last.
fn edges(times: &[f64]) -> (f64, f64) {
    match times {
        [] => (0.0, 1.0),
        [only] => (only - 0.5, only + 0.5),
        [first, .., last] => {
            let half_step = (last - first) / (times.len() - 1) as f64 / 2.0;
            if half_step > 0.0 { (first - half_step, last + half_step) } else { (first - 0.5, first + 0.5) }
        }
    }
}

/// The borders between entries inside and outside, as strokes over a plot whose first row is at the bottom.
fn outline(inside: &Array2<bool>, plot: Area) -> Vec<Option<(f64, f64)>> {
    let (n_rows, n_columns) = inside.dim();
    let (width, height) = (plot.width / n_columns.max(1) as f64, plot.height / n_rows.max(1) as f64);
    let is_inside = |row: isize, column: isize| {
        let place = (usize::try_from(row), usize::try_from(column));
        matches!(place, (Ok(row), Ok(column)) if inside.get([row, column]).is_some_and(|inside| *inside))
    };
    let at = |row: usize, column: usize| (plot.left + column as f64 * width, plot.bottom() - row as f64 * height);
    let mut strokes = Vec::new();
    for row in 0..=n_rows {
        for column in 0..=n_columns {
            let here = is_inside(row as isize, column as isize);
            if column < n_columns && here != is_inside(row as isize - 1, column as isize) {
                strokes.extend([Some(at(row, column)), Some(at(row, column + 1)), None]);
            }
            if row < n_rows && here != is_inside(row as isize, column as isize - 1) {
                strokes.extend([Some(at(row, column)), Some(at(row + 1, column)), None]);
            }
        }
    }
    strokes
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn map() -> TimeMap {
        TimeMap {
            description: "generalisation".to_owned(),
            title: "V4".to_owned(),
            vertical: "training time (ms)".to_owned(),
            horizontal: "test time (ms)".to_owned(),
            vertical_times: vec![0.0, 10.0],
            horizontal_times: vec![0.0, 10.0, 20.0],
            values: array![[0.5, 0.6, 0.5], [0.5, f64::NAN, 0.4]],
            significant: array![[false, true, false], [false, false, false]],
            middle: 0.5,
            value: "accuracy".to_owned(),
            onset: Some(0.0),
        }
    }

    #[test]
    fn colours_reach_equally_far_to_both_sides_and_the_first_time_is_below() {
        let (shares, range) = map().shares();
        assert!((range.0 - 0.4).abs() < 1e-12 && (range.1 - 0.6).abs() < 1e-12);
        assert!(shares[[0, 1]].is_nan() && (shares[[1, 1]] - 1.0).abs() < 1e-9 && shares[[1, 0]] == 0.5);
    }

    #[test]
    fn a_cluster_of_one_entry_has_four_sides() {
        let plot = Area { left: 0.0, top: 0.0, width: 30.0, height: 20.0 };
        let strokes = outline(&map().significant, plot);
        assert_eq!(strokes.iter().filter(|stroke| stroke.is_none()).count(), 4);
        let corners: Vec<(f64, f64)> = strokes.into_iter().flatten().collect();
        assert!(corners.iter().all(|(x, y)| (10.0..=20.0).contains(x) && (10.0..=20.0).contains(y)), "{corners:?}");
    }

    #[test]
    fn a_map_says_its_axes_and_what_is_missing() {
        let svg = map().figure(400.0).inline();
        for words in ["training time (ms)", "test time (ms)", "accuracy", "no value", "halo"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn a_map_of_nothing_is_still_a_map() {
        let mut map = map();
        (map.values, map.significant) = (Array2::zeros((0, 0)), Array2::from_elem((0, 0), false));
        (map.vertical_times, map.horizontal_times) = (Vec::new(), vec![3.0]);
        let svg = map.figure(340.0).inline();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
