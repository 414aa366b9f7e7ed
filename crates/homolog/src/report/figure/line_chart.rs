//! Lines over positions: scores against depth.

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical, room_below, room_beside, room_left};
use super::colour::SERIES;
use super::label::shortened;
use super::scale::{Scale, number};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX, text_width};

/// From the name of one line to the next.
const NAME_PX: f64 = TEXT_PX + 3.0;

/// A chart of one or more lines, with what bounds them.
#[derive(Clone, Debug, PartialEq)]
pub struct LineChart {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the vertical axis is, with its unit.
    pub vertical: String,
    /// The horizontal axis.
    pub horizontal: Horizontal,
    /// The lines.
    pub series: Vec<Series>,
    /// What the values cannot or hardly exceed.
    pub band: Option<Band>,
}

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Written beside its end.
    pub name: String,
    /// From left to right.
    pub points: Vec<Point>,
}

/// One value.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Where on the horizontal axis.
    pub position: f64,
    /// The value; the line is broken where there is none.
    pub value: Option<f64>,
    /// Half the length of its error bar.
    pub error: Option<f64>,
    /// What it is called, for a pointer that rests on it.
    pub name: String,
}

/// A ceiling: a line, or a band between two.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Written on it.
    pub name: String,
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
}

impl LineChart {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let named = self.series.len() > 1;
        let widest = self.series.iter().map(|series| text_width(&short_name(&series.name))).fold(0.0, f64::max);
        let beside = named && widest + 14.0 <= width * 0.22;
        let right = if beside { widest + 14.0 } else { 14.0 };
        let numbers = room_beside(&Scale::holding(self.values(), (1.0, 0.0)));
        let left = numbers.max(room_left(&self.horizontal, width - numbers - right));
        let plot_width = (width - left - right).max(40.0);
        let above = if named && !beside { self.series.len() as f64 * NAME_PX } else { 0.0 };
        let plot = Area { left, top: 34.0 + above, width: plot_width, height: (plot_width * 0.5).clamp(170.0, 300.0) };
        let vertical = Scale::holding(self.values(), (plot.bottom(), plot.top));
        let horizontal = self.horizontal_scale(plot);

        let mut canvas = Canvas::default();
        self.draw_band(&mut canvas, &vertical, plot);
        draw_vertical(&mut canvas, &self.vertical, &vertical, plot);
        if vertical.low < 0.0 {
            canvas.line("zero", (plot.left, vertical.px(0.0)), (plot.right(), vertical.px(0.0)));
        }
        draw_horizontal(&mut canvas, &self.horizontal, &horizontal, plot);
        for (position, series) in self.series.iter().enumerate() {
            draw_series(&mut canvas, series, position % SERIES, &horizontal, &vertical);
        }
        if beside {
            self.draw_names_beside(&mut canvas, &horizontal, &vertical, plot);
        } else if named {
            self.draw_names_above(&mut canvas);
        }
        let height = plot.bottom() + room_below(&self.horizontal, plot.width);
        canvas.finish(width, height, self.description.clone())
    }

    /// Everything that the vertical axis must hold; zero among it, so that heights can be compared.
    fn values(&self) -> Vec<f64> {
        let mut values = vec![0.0];
        for point in self.series.iter().flat_map(|series| &series.points) {
            if let Some(value) = point.value {
                let error = point.error.filter(|error| error.is_finite()).unwrap_or(0.0);
                values.extend([value - error, value + error]);
            }
        }
        values.extend(self.band.iter().flat_map(|band| [band.low, band.high]));
        values
    }

    fn horizontal_scale(&self, plot: Area) -> Scale {
        let inset = 12.0;
        let pixels = (plot.left + inset, plot.right() - inset);
        let (low, high) = match &self.horizontal.labels {
            Labels::Names(names) if names.len() > 1 => (0.0, (names.len() - 1) as f64),
            Labels::Names(_) => (-0.5, 0.5),
            Labels::Share { .. } => (0.0, 1.0),
            Labels::Numbers | Labels::Ticks(_) => {
                let positions = self.series.iter().flat_map(|series| &series.points).map(|point| point.position);
                return Scale::holding(positions, pixels);
            }
        };
        Scale { low, high, low_px: pixels.0, high_px: pixels.1 }
    }

    fn draw_band(&self, canvas: &mut Canvas, vertical: &Scale, plot: Area) {
        let Some(band) = &self.band else { return };
        let (top, bottom) = (vertical.px(band.high), vertical.px(band.low));
        if bottom - top >= 1.5 {
            canvas.rect("band", Area { left: plot.left, top, width: plot.width, height: bottom - top });
        } else {
            canvas.line("bound", (plot.left, bottom), (plot.right(), bottom));
        }
        let baseline = if bottom - top > TEXT_PX + 8.0 {
            top + TEXT_PX + 3.0
        } else if top - plot.top > TEXT_PX + 8.0 {
            top - 5.0
        } else {
            bottom + TEXT_PX + 3.0
        };
        canvas.text("quiet", (plot.left + 8.0, baseline), Anchor::Start, &band.name);
    }

    /// Names beside the last points, moved apart where they would overlap.
    fn draw_names_beside(&self, canvas: &mut Canvas, horizontal: &Scale, vertical: &Scale, plot: Area) {
        let mut names: Vec<(f64, f64, usize)> = Vec::new();
        for (position, series) in self.series.iter().enumerate() {
            let last = series.points.iter().rev().find_map(|point| Some((point.position, point.value?)));
            if let Some((at, value)) = last.filter(|(_, value)| value.is_finite()) {
                names.push((vertical.px(value), horizontal.px(at), position));
            }
        }
        let heights: Vec<f64> = names.iter().map(|(y, _, _)| *y).collect();
        let moved = moved_apart(&heights, NAME_PX, (plot.top + 6.0, plot.bottom() - 2.0));
        for ((_, x, position), y) in names.into_iter().zip(moved) {
            let class = format!("fill-{} strong", position % SERIES);
            let at = (x.max(plot.right() - 12.0) + 10.0, y + TEXT_PX * 0.35);
            canvas.text(&class, at, Anchor::Start, &short_name(&self.series[position].name));
        }
    }

    /// Names in lines above the plot, for figures that are too narrow to have them beside it.
    fn draw_names_above(&self, canvas: &mut Canvas) {
        for (position, series) in self.series.iter().enumerate() {
            let class = format!("fill-{} strong", position % SERIES);
            let baseline = TEXT_PX + (position + 1) as f64 * NAME_PX - 12.0;
            canvas.text(&class, (0.0, baseline), Anchor::Start, &shortened(&series.name, 40));
        }
    }
}

fn draw_series(canvas: &mut Canvas, series: &Series, colour: usize, horizontal: &Scale, vertical: &Scale) {
    let at = |point: &Point| {
        let value = point.value.filter(|value| value.is_finite())?;
        Some((horizontal.px(point.position), vertical.px(value)))
    };
    for point in &series.points {
        if let (Some((x, _)), Some(value), Some(error)) = (at(point), point.value, point.error)
            && error.is_finite()
        {
            let ends = (vertical.px(value - error), vertical.px(value + error));
            canvas.line(&format!("error stroke-{colour}"), (x, ends.0), (x, ends.1));
        }
    }
    let points: Vec<Option<(f64, f64)>> = series.points.iter().map(at).collect();
    canvas.path(&format!("series stroke-{colour}"), &points);
    let best = best_point(&series.points);
    for (position, point) in series.points.iter().enumerate() {
        let (Some(place), Some(value)) = (at(point), point.value) else {
            continue;
        };
        let tip = format!("{}: {}", point.name, number(value, 3));
        if Some(position) == best {
            canvas.dot(&format!("fill-{colour}"), place, 4.5, &tip);
        } else {
            canvas.dot(&format!("hollow-{colour}"), place, 2.6, &tip);
        }
    }
}

/// The first of the highest points.
fn best_point(points: &[Point]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (position, point) in points.iter().enumerate() {
        if let Some(value) = point.value.filter(|value| value.is_finite())
            && best.is_none_or(|(_, highest)| value > highest)
        {
            best = Some((position, value));
        }
    }
    best.map(|(position, _)| position)
}

/// Not more of a name than has room beside a plot.
fn short_name(name: &str) -> String {
    shortened(name, 22)
}

/// Heights at least `gap` apart and within `bounds` where there is room, each as near to where it was as its neighbours let it.
fn moved_apart(heights: &[f64], gap: f64, bounds: (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&left, &right| heights[left].total_cmp(&heights[right]));
    let mut moved = heights.to_vec();
    let mut lowest = bounds.0;
    for &position in &order {
        moved[position] = moved[position].max(lowest);
        lowest = moved[position] + gap;
    }
    let mut highest = bounds.1;
    for &position in order.iter().rev() {
        moved[position] = moved[position].min(highest);
        highest = moved[position] - gap;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(position: f64, value: Option<f64>) -> Point {
        Point { position, value, error: Some(0.01), name: format!("layer{position}") }
    }

    fn chart(series: Vec<Series>) -> LineChart {
        LineChart {
            description: "scores".to_owned(),
            vertical: "Spearman correlation".to_owned(),
            horizontal: Horizontal {
                title: "stage".to_owned(),
                labels: Labels::Names(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()]),
            },
            series,
            band: Some(Band { name: "noise ceiling".to_owned(), low: 0.4, high: 0.6 }),
        }
    }

    #[test]
    fn names_that_would_overlap_are_moved_apart_and_stay_inside() {
        assert_eq!(moved_apart(&[50.0, 50.0, 10.0], 14.0, (0.0, 60.0)), [46.0, 60.0, 10.0]);
        assert_eq!(moved_apart(&[], 14.0, (0.0, 60.0)), Vec::<f64>::new());
    }

    #[test]
    fn the_first_of_the_highest_points_is_the_best() {
        let points = [point(0.0, Some(0.2)), point(1.0, Some(0.3)), point(2.0, Some(0.3)), point(3.0, None)];
        assert_eq!(best_point(&points), Some(1));
        assert_eq!(best_point(&[point(0.0, Some(f64::NAN))]), None);
    }

    #[test]
    fn a_chart_says_its_axis_its_ceiling_and_each_value() {
        let series = Series {
            name: "net".to_owned(),
            points: vec![point(0.0, Some(0.1)), point(1.0, None), point(2.0, Some(0.3))],
        };
        let svg = chart(vec![series]).figure(600.0).inline();
        for words in ["Spearman correlation", "noise ceiling", "layer2: 0.300", ">b<"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn a_chart_of_nothing_is_still_a_chart() {
        for series in [vec![], vec![Series { name: "net".to_owned(), points: vec![point(0.0, None)] }]] {
            let svg = chart(series).figure(300.0).inline();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
