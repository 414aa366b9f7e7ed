//! The same quantity of two systems, item by item.

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical, room_below, room_beside};
use super::colour::SERIES;
use super::label::shortened;
use super::legend::{self, Key, Swatch};
use super::scale::{Scale, number};
use super::svg::{Anchor, Area, Canvas, Figure, Shape, TEXT_PX};

/// Points whose place is the value of one system to the right and of another upwards. Both axes reach equally far, and a broken line
/// joins where the two are equal.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterPlot {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the vertical axis is, with its unit.
    pub vertical: String,
    /// What the horizontal axis is, with its unit.
    pub horizontal: String,
    /// The points; those that are not finite are left out.
    pub points: Vec<ScatterPoint>,
    /// What the kinds of points are called, in the order of their numbers; no legend where empty.
    pub kinds: Vec<String>,
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct ScatterPoint {
    /// What it is called.
    pub name: String,
    /// Its value in the system of the horizontal axis.
    pub across: f64,
    /// Its value in the system of the vertical axis.
    pub up: f64,
    /// Which kind it is of: its colour and shape.
    pub kind: usize,
}

impl ScatterPlot {
    /// Draws it, at most `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let keys = self.keys();
        let legend_room = legend::room(&keys, width) + if keys.is_empty() { 0.0 } else { 6.0 };
        let shown = || self.points.iter().filter(|point| point.across.is_finite() && point.up.is_finite());
        let both = || shown().flat_map(|point| [point.across, point.up]);
        let left = room_beside(&Scale::holding(both(), (1.0, 0.0)));
        let side = (width - left - 16.0).clamp(40.0, 340.0);
        let plot = Area { left, top: legend_room + TEXT_PX + 16.0, width: side, height: side };
        let across = Scale::holding(both(), (plot.left, plot.right()));
        let up = Scale::holding(both(), (plot.bottom(), plot.top));

        let mut canvas = Canvas::default();
        legend::draw(&mut canvas, &keys, (0.0, 0.0), width);
        canvas.text("", (0.0, legend_room + TEXT_PX), Anchor::Start, &self.vertical);
        canvas.line("bound", (plot.left, plot.bottom()), (plot.right(), plot.top));
        let radius = (30.0 / (shown().count().max(1) as f64).sqrt()).clamp(1.8, 4.0);
        for point in shown() {
            let tip = format!("{}: {}, {}", point.name, number(point.across, 2), number(point.up, 2));
            let class = format!("subject fill-{}", point.kind % SERIES);
            canvas.mark(&class, Shape::of(point.kind), (across.px(point.across), up.px(point.up)), radius, &tip);
        }
        draw_vertical(&mut canvas, "", &up, plot);
        let axis = Horizontal { title: self.horizontal.clone(), labels: Labels::Numbers };
        draw_horizontal(&mut canvas, &axis, &across, plot);
        let used = if keys.is_empty() { plot.right() + 16.0 } else { width };
        canvas.finish(used.min(width), plot.bottom() + room_below(&axis, plot.width), self.description.clone())
    }

    fn keys(&self) -> Vec<Key> {
        let key = |(kind, name): (usize, &String)| Key {
            name: shortened(name, 24),
            swatch: Swatch::Mark(kind % SERIES, Shape::of(kind)),
        };
        self.kinds.iter().enumerate().map(key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: &[(f64, f64)]) -> ScatterPlot {
        let point = |(at, (across, up)): (usize, &(f64, f64))| ScatterPoint {
            name: format!("image {at}"),
            across: *across,
            up: *up,
            kind: at % 2,
        };
        ScatterPlot {
            description: "two observers".to_owned(),
            vertical: "d\u{2032} of the network".to_owned(),
            horizontal: "d\u{2032} of people".to_owned(),
            points: points.iter().enumerate().map(point).collect(),
            kinds: vec!["bear".to_owned(), "dog".to_owned()],
        }
    }

    #[test]
    fn points_have_names_and_what_has_no_value_has_no_point() {
        let svg = plot(&[(0.5, 1.0), (2.0, 1.5), (f64::NAN, 1.0)]).figure(340.0).inline();
        for words in ["image 0: 0.50, 1.00", "bear", "d\u{2032} of people", "class=\"bound\""] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("image 2") && !svg.contains("NaN"));
    }

    #[test]
    fn a_plot_of_nothing_is_still_a_plot() {
        let svg = plot(&[]).figure(340.0).inline();
        assert!(svg.contains("of the network") && !svg.contains("NaN") && !svg.contains("inf"));
    }
}
