//! Curves over a quantity: time courses, power against the number of stimuli, psychometric functions.

use super::axis::{Horizontal, Labels, draw_horizontal, draw_vertical, room_below, room_beside};
use super::colour::SERIES;
use super::label::shortened;
use super::legend::{self, Key, Swatch};
use super::scale::{Scale, logarithmic_marks, number};
use super::svg::{Anchor, Area, Canvas, Figure, Shape, TEXT_PX, text_width};

/// Height of the line under the curves that marks where one is significant.
const SIGNIFICANCE_LANE: f64 = 6.0;

/// Curves with confidence bands, measured points, a noise ceiling, lines of reference and marks of significance.
#[derive(Clone, Debug, PartialEq)]
pub struct CurveChart {
    /// What it shows, in a sentence.
    pub description: String,
    /// Written above it; nothing where empty.
    pub title: String,
    /// What the vertical axis is, with its unit.
    pub vertical: String,
    /// What the horizontal axis is, with its unit.
    pub horizontal: String,
    /// How the horizontal axis runs.
    pub spacing: Spacing,
    /// The ends of the vertical axis where they are known, such as 0 and 1 of a share; error bars and bands end there. An axis
    /// reaches farther where a value does.
    pub range: Option<(f64, f64)>,
    /// The curves.
    pub curves: Vec<Curve>,
    /// The noise ceiling, `(place, lower, upper)` from left to right; empty for none.
    pub ceiling: Vec<(f64, f64, f64)>,
    /// Lines of reference: stimulus onset, chance, the wanted power.
    pub references: Vec<Reference>,
}

/// How an axis runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spacing {
    /// Equal steps are equal differences.
    #[default]
    Linear,
    /// Equal steps are equal ratios; what is not above 0 has no place and is left out.
    Logarithmic,
}

/// One curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// What it is called in the legend.
    pub name: String,
    /// `(place, value)` from left to right; the line is broken where the value is not finite.
    pub line: Vec<(f64, f64)>,
    /// `(place, lower, upper)` of its confidence band, from left to right; empty for none.
    pub band: Vec<(f64, f64, f64)>,
    /// Measured points; empty for none.
    pub points: Vec<CurvePoint>,
    /// Where it is significant, from and to, marked below the curves.
    pub significant: Vec<(f64, f64)>,
}

/// A measured point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CurvePoint {
    /// Where.
    pub place: f64,
    /// What was measured there; not drawn where it is not finite.
    pub value: f64,
    /// The ends of its error bar.
    pub interval: Option<(f64, f64)>,
}

/// A line of reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Reference {
    /// Upright, such as stimulus onset.
    At {
        /// Where on the horizontal axis.
        place: f64,
        /// Written beside it.
        name: String,
    },
    /// Level, such as chance.
    Level {
        /// Where on the vertical axis.
        value: f64,
        /// Written on it.
        name: String,
    },
}

impl CurveChart {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let keys = self.keys();
        let left = room_beside(&self.vertical_scale((1.0, 0.0)));
        let plot_width = (width - left - 12.0).max(40.0);
        let heading = if self.title.is_empty() { 0.0 } else { TEXT_PX + 8.0 };
        let legend_room = legend::room(&keys, width) + if keys.is_empty() { 0.0 } else { 6.0 };
        let names_room = if self.has_upright_names() { TEXT_PX + 2.0 } else { 0.0 };
        let top = heading + legend_room + TEXT_PX + 18.0 + names_room;
        let plot = Area { left, top, width: plot_width, height: (plot_width * 0.55).clamp(150.0, 300.0) };
        let n_lanes = self.curves.iter().filter(|curve| !curve.significant.is_empty()).count();
        let lanes_room = if n_lanes == 0 { 0.0 } else { n_lanes as f64 * SIGNIFICANCE_LANE + 4.0 };
        let whole = Area { height: plot.height + lanes_room, ..plot };
        let vertical = self.vertical_scale((plot.bottom(), plot.top));
        let (across, axis) = self.horizontal_axis(plot);

        let mut canvas = Canvas::default();
        canvas.text("strong", (0.0, TEXT_PX), Anchor::Start, &self.title);
        legend::draw(&mut canvas, &keys, (0.0, heading), width);
        let title_y = heading + legend_room + TEXT_PX;
        canvas.text("", (0.0, title_y), Anchor::Start, &self.vertical);
        let places = Places { across, up: vertical, spacing: self.spacing };
        canvas.area_between("band", &places.area(&self.ceiling));
        self.draw_references(&mut canvas, &places, whole, plot.bottom());
        for (position, curve) in self.curves.iter().enumerate().filter(|(_, curve)| !curve.band.is_empty()) {
            canvas.area_between(&format!("shade fill-{}", position % SERIES), &places.area(&curve.band));
        }
        for (position, curve) in self.curves.iter().enumerate() {
            draw_curve(&mut canvas, curve, position, &places);
        }
        self.draw_significance(&mut canvas, &places, plot);
        draw_vertical(&mut canvas, "", &places.up, plot);
        draw_horizontal(&mut canvas, &axis, &places.across, whole);
        canvas.finish(width, whole.bottom() + room_below(&axis, plot.width), self.description.clone())
    }

    /// A line below the curves for each that is significant somewhere.
    fn draw_significance(&self, canvas: &mut Canvas, places: &Places, plot: Area) {
        let mut lane = plot.bottom() + 6.0;
        for (position, curve) in self.curves.iter().enumerate().filter(|(_, curve)| !curve.significant.is_empty()) {
            let class = format!("significant stroke-{}", position % SERIES);
            for (from, to) in &curve.significant {
                if let (Some(from), Some(to)) = (places.x(*from), places.x(*to)) {
                    let (from, to) = (from.max(plot.left), to.min(plot.right()));
                    // A single sample is a mark that can be seen, too.
                    let short = (2.0 - (to - from)).max(0.0) / 2.0;
                    canvas.line(&class, (from - short, lane), (to + short, lane));
                }
            }
            lane += SIGNIFICANCE_LANE;
        }
    }

    fn keys(&self) -> Vec<Key> {
        let swatch = |position: usize, curve: &Curve| {
            let colour = position % SERIES;
            if curve.line.is_empty() { Swatch::Mark(colour, Shape::of(position)) } else { Swatch::Line(colour) }
        };
        let named = self.curves.iter().enumerate().filter(|(_, curve)| !curve.name.is_empty());
        let mut keys: Vec<Key> = if self.curves.len() > 1 || !self.ceiling.is_empty() {
            named
                .map(|(position, curve)| Key { name: shortened(&curve.name, 40), swatch: swatch(position, curve) })
                .collect()
        } else {
            Vec::new()
        };
        if !self.ceiling.is_empty() {
            keys.push(Key { name: "noise ceiling".to_owned(), swatch: Swatch::Band });
        }
        keys
    }

    fn has_upright_names(&self) -> bool {
        self.references.iter().any(|reference| matches!(reference, Reference::At { name, .. } if !name.is_empty()))
    }

    fn vertical_scale(&self, pixels: (f64, f64)) -> Scale {
        let values = self.values();
        match self.range.filter(|(low, high)| low < high && (high - low).is_finite()) {
            Some((low, high)) if values.iter().all(|value| !value.is_finite() || (low..=high).contains(value)) => {
                Scale { low, high, low_px: pixels.0, high_px: pixels.1 }
            }
            Some((low, high)) => Scale::holding(values.into_iter().chain([low, high]), pixels),
            None => Scale::holding(values.into_iter().chain(self.errors()), pixels),
        }
    }

    /// Every value that has a place on the vertical axis.
    fn values(&self) -> Vec<f64> {
        let mut values = Vec::new();
        for curve in &self.curves {
            values.extend(curve.line.iter().map(|(_, value)| *value));
            values.extend(curve.points.iter().map(|point| point.value));
        }
        values.extend(self.references.iter().filter_map(|reference| match reference {
            Reference::Level { value, .. } => Some(*value),
            Reference::At { .. } => None,
        }));
        values
    }

    /// The ends of bands and error bars.
    fn errors(&self) -> Vec<f64> {
        let mut ends: Vec<f64> = self.ceiling.iter().flat_map(|(_, low, high)| [*low, *high]).collect();
        for curve in &self.curves {
            ends.extend(curve.band.iter().flat_map(|(_, low, high)| [*low, *high]));
            ends.extend(curve.points.iter().filter_map(|point| point.interval).flat_map(|(low, high)| [low, high]));
        }
        ends
    }

    /// Where the curves lie, from left to right end.
    fn span(&self) -> (f64, f64) {
        let lines = self.curves.iter().flat_map(|curve| curve.line.iter().map(|(place, _)| *place));
        let bands = self.curves.iter().flat_map(|curve| curve.band.iter().map(|(place, ..)| *place));
        let points = self.curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.place));
        let usable = |place: &f64| place.is_finite() && (self.spacing == Spacing::Linear || *place > 0.0);
        let all = lines.chain(bands).chain(points).filter(usable);
        all.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), place| (low.min(place), high.max(place)))
    }

    fn horizontal_axis(&self, plot: Area) -> (Scale, Horizontal) {
        let (low, high) = self.span();
        let title = self.horizontal.clone();
        let has_points = self.curves.iter().any(|curve| !curve.points.is_empty());
        let inset = if has_points { 10.0 } else { 0.0 };
        let pixels = (plot.left + inset, plot.right() - inset);
        if low < high && self.spacing == Spacing::Logarithmic {
            let scale = Scale { low: low.log10(), high: high.log10(), low_px: pixels.0, high_px: pixels.1 };
            return (scale, Horizontal { title, labels: Labels::Ticks(logarithmic_marks(low, high)) });
        }
        let scale = if low < high {
            // Curves reach from edge to edge: the axis ends where they do, and its marks are the round numbers between.
            Scale { low, high, low_px: pixels.0, high_px: pixels.1 }
        } else {
            Scale::holding([low], pixels)
        };
        (scale, Horizontal { title, labels: Labels::Numbers })
    }

    /// Whether the curves begin farther from a level than they end, so that its name is better read at the left.
    fn is_left_freer(&self, level: f64) -> bool {
        let nearest =
            |value: Option<f64>, nearest: f64| value.map_or(nearest, |value| nearest.min((value - level).abs()));
        let (mut left, mut right) = (f64::INFINITY, f64::INFINITY);
        for curve in &self.curves {
            let values: Vec<f64> =
                curve.line.iter().map(|(_, value)| *value).filter(|value| value.is_finite()).collect();
            left = nearest(values.first().copied(), left);
            right = nearest(values.last().copied(), right);
        }
        left > right
    }

    fn draw_references(&self, canvas: &mut Canvas, places: &Places, whole: Area, bottom: f64) {
        let mut free_from = f64::NEG_INFINITY;
        for reference in &self.references {
            match reference {
                Reference::At { place, name } => {
                    let Some(x) = places.x(*place).filter(|x| *x >= whole.left && *x <= whole.right()) else {
                        continue;
                    };
                    canvas.line("bound", (x, whole.top - 4.0), (x, whole.bottom()));
                    let half = text_width(name) / 2.0;
                    let middle = x.clamp(half, (whole.right() - half).max(half));
                    if middle - half >= free_from {
                        canvas.text("quiet small", (middle, whole.top - 7.0), Anchor::Middle, name);
                        free_from = middle + half + 4.0;
                    }
                }
                Reference::Level { value, name } => {
                    let y = places.up.px(*value);
                    if y.is_finite() && y <= bottom + 0.01 {
                        canvas.line("zero", (whole.left, y), (whole.right(), y));
                        if self.is_left_freer(*value) {
                            canvas.text("quiet small", (whole.left + 5.0, y - 4.0), Anchor::Start, name);
                        } else {
                            canvas.text("quiet small", (whole.right() - 2.0, y - 4.0), Anchor::End, name);
                        }
                    }
                }
            }
        }
    }
}

/// From places and values to pixels.
struct Places {
    across: Scale,
    up: Scale,
    spacing: Spacing,
}

impl Places {
    fn x(&self, place: f64) -> Option<f64> {
        let place = if self.spacing == Spacing::Logarithmic { place.log10() } else { place };
        Some(self.across.px(place)).filter(|x| x.is_finite())
    }

    fn y(&self, value: f64) -> Option<f64> {
        Some(self.up.px(value)).filter(|y| y.is_finite())
    }

    /// The pixel of an end of an error, at most at the end of the axis.
    fn end(&self, value: f64) -> Option<f64> {
        if value.is_finite() { self.y(value.clamp(self.up.low, self.up.high)) } else { None }
    }

    fn area(&self, edges: &[(f64, f64, f64)]) -> Vec<Option<(f64, f64, f64)>> {
        edges.iter().map(|(place, low, high)| Some((self.x(*place)?, self.end(*low)?, self.end(*high)?))).collect()
    }
}

fn draw_curve(canvas: &mut Canvas, curve: &Curve, position: usize, places: &Places) {
    let colour = position % SERIES;
    let line: Vec<Option<(f64, f64)>> =
        curve.line.iter().map(|(place, value)| places.x(*place).zip(places.y(*value))).collect();
    if !line.is_empty() {
        canvas.path(&format!("series stroke-{colour}"), &line);
    }
    for point in &curve.points {
        let (Some(x), Some(y)) = (places.x(point.place), places.y(point.value)) else { continue };
        if let Some((low, high)) = point.interval
            && let (Some(low), Some(high)) = (places.end(low), places.end(high))
        {
            canvas.line(&format!("error stroke-{colour}"), (x, low), (x, high));
        }
        let named = if curve.name.is_empty() { String::new() } else { format!("{}, ", curve.name) };
        let tip = format!("{named}{}: {}", point.place, number(point.value, 3));
        canvas.mark(&format!("fill-{colour}"), Shape::of(position), (x, y), 3.6, &tip);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart() -> CurveChart {
        let times: Vec<f64> = (-10..=40).map(|bin| f64::from(bin) * 10.0).collect();
        let curve = |name: &str, height: f64| Curve {
            name: name.to_owned(),
            line: times.iter().map(|time| (*time, if *time > 0.0 { height } else { f64::NAN })).collect(),
            band: times.iter().map(|time| (*time, height - 0.1, height + 0.1)).collect(),
            points: Vec::new(),
            significant: vec![(50.0, 200.0), (300.0, 300.0)],
        };
        CurveChart {
            description: "time courses".to_owned(),
            title: String::new(),
            vertical: "Spearman correlation".to_owned(),
            horizontal: "time (ms)".to_owned(),
            spacing: Spacing::Linear,
            range: None,
            curves: vec![curve("conv1", 0.2), curve("fc", 0.4)],
            ceiling: times.iter().map(|time| (*time, 0.5, 0.6)).collect(),
            references: vec![
                Reference::At { place: 0.0, name: "onset".to_owned() },
                Reference::Level { value: 0.0, name: String::new() },
            ],
        }
    }

    #[test]
    fn a_time_course_has_bands_a_ceiling_and_a_mark_for_each_significant_time() {
        let svg = chart().figure(340.0).inline();
        for words in ["time (ms)", "onset", "conv1", "noise ceiling", "shade fill-1"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert_eq!(svg.matches("significant stroke-").count(), 4);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn a_logarithmic_axis_puts_equal_ratios_at_equal_distances_and_leaves_out_what_is_not_above_zero() {
        let mut chart = chart();
        chart.spacing = Spacing::Logarithmic;
        chart.references.clear();
        chart.ceiling.clear();
        let point = |place| CurvePoint { place, value: 0.5, interval: Some((0.4, 0.6)) };
        chart.curves = vec![Curve { points: [0.0, 10.0, 100.0, 1000.0].map(point).to_vec(), ..Curve::default() }];
        let svg = chart.figure(340.0).inline();
        let places: Vec<f64> = svg
            .match_indices(" cx=\"")
            .filter_map(|(at, mark)| svg[at + mark.len()..].split('"').next()?.parse().ok())
            .collect();
        assert_eq!(places.len(), 3);
        assert!((places[2] - places[1] - (places[1] - places[0])).abs() < 0.02, "{places:?}");
    }

    #[test]
    fn an_axis_of_shares_ends_at_one_unless_a_value_does_not() {
        let mut chart = chart();
        (chart.ceiling, chart.range) = (Vec::new(), Some((0.0, 1.0)));
        let interval = Some((0.7, 1.2));
        chart.curves =
            vec![Curve { points: vec![CurvePoint { place: 1.0, value: 0.9, interval }], ..Curve::default() }];
        let ends = |chart: &CurveChart| chart.vertical_scale((0.0, 1.0)).marks();
        assert_eq!(ends(&chart).last().map(|(_, label)| label.as_str()), Some("1.0"));
        chart.curves[0].points[0].value = 1.1;
        assert_eq!(ends(&chart).last().map(|(_, label)| label.as_str()), Some("1.2"));
    }

    #[test]
    fn a_chart_of_nothing_is_still_a_chart() {
        let mut chart = chart();
        (chart.curves, chart.ceiling) = (Vec::new(), Vec::new());
        for spacing in [Spacing::Linear, Spacing::Logarithmic] {
            chart.spacing = spacing;
            let svg = chart.figure(340.0).inline();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }
}
