//! Tuning of many units: a row for each unit, a column for each curve.

use ndarray::Array2;

use super::axis::{Horizontal, Labels, draw_horizontal};
use super::colour::ColourMap;
use super::curve_chart::Spacing;
use super::label::shortened;
use super::picture::matrix_uri;
use super::scale::{Scale, logarithmic_marks, number};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX, text_width};

/// Height of a panel.
const PANEL_PX: f64 = 74.0;

/// Room below a panel for the numbers of its axis.
const AXIS_PX: f64 = 30.0;

/// Between columns.
const GAP: f64 = 18.0;

/// Rows of small panels, one row a unit.
#[derive(Clone, Debug, PartialEq)]
pub struct TuningSheet {
    /// What it shows, in a sentence.
    pub description: String,
    /// Written above it.
    pub title: String,
    /// What each column shows, and the unit of its horizontal axis.
    pub columns: Vec<(String, String)>,
    /// The units.
    pub rows: Vec<TuningRow>,
}

/// One unit.
#[derive(Clone, Debug, PartialEq)]
pub struct TuningRow {
    /// What it is called.
    pub name: String,
    /// Numbers below its name, a line each.
    pub notes: Vec<String>,
    /// One for each column.
    pub panels: Vec<TuningPanel>,
}

/// One curve or map.
#[derive(Clone, Debug, PartialEq)]
pub enum TuningPanel {
    /// Responses to orientations over 180 degrees, shown round the circle.
    Polar {
        /// (orientation in degrees, response).
        points: Vec<(f64, f64)>,
        /// The orientation that is marked.
        preferred_deg: Option<f64>,
    },
    /// Responses over a quantity. All curves of a row share their vertical scale.
    Curve {
        /// How the horizontal axis runs.
        spacing: Spacing,
        /// (place, response), from left to right.
        points: Vec<(f64, f64)>,
        /// A fitted curve; empty for none.
        fit: Vec<(f64, f64)>,
        /// A place that is marked.
        preferred: Option<f64>,
    },
    /// A map around 0, blue below and orange above, with a frame given as (top, left, height, width) in cells.
    Map {
        /// (rows, columns); scaled to its largest absolute value.
        values: Array2<f64>,
        /// Drawn around cells.
        frame: Option<[f64; 4]>,
    },
    /// Nothing was measured.
    Missing,
}

impl TuningSheet {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let notes = self.rows.iter().flat_map(|row| row.notes.iter().chain([&row.name]));
        let names = notes.map(|text| text_width(&shortened(text, 26))).fold(60.0, f64::max) + 10.0;
        let n_columns = self.columns.len().max(1) as f64;
        let panel_width = ((width - names - GAP * (n_columns - 1.0)) / n_columns).max(40.0);
        let left = |column: usize| names + column as f64 * (panel_width + GAP);
        let heading = TEXT_PX * 4.0 + 16.0;

        let mut canvas = Canvas::default();
        canvas.text("strong", (0.0, TEXT_PX), Anchor::Start, &self.title);
        for (column, (title, unit)) in self.columns.iter().enumerate() {
            let middle = left(column) + panel_width / 2.0;
            canvas.text("strong small", (middle, heading - TEXT_PX - 10.0), Anchor::Middle, title);
            canvas.text("quiet small", (middle, heading - 8.0), Anchor::Middle, unit);
        }
        for (place, row) in self.rows.iter().enumerate() {
            let top = heading + place as f64 * (PANEL_PX + AXIS_PX);
            canvas.text("strong small", (0.0, top + TEXT_PX), Anchor::Start, &shortened(&row.name, 26));
            for (line, note) in row.notes.iter().enumerate() {
                let baseline = top + TEXT_PX + (line + 1) as f64 * (TEXT_PX + 3.0);
                canvas.text("quiet small", (0.0, baseline), Anchor::Start, &shortened(note, 26));
            }
            let scale = row.scale();
            for (column, panel) in row.panels.iter().take(self.columns.len()).enumerate() {
                let area = Area { left: left(column), top, width: panel_width, height: PANEL_PX };
                panel.draw(&mut canvas, area, scale);
            }
        }
        let height = heading + self.rows.len() as f64 * (PANEL_PX + AXIS_PX);
        canvas.finish(width, height, self.description.clone())
    }
}

impl TuningRow {
    /// The lowest and highest of all curves of the row, 0 among them.
    fn scale(&self) -> (f64, f64) {
        let values = self.panels.iter().flat_map(TuningPanel::values).filter(|value| value.is_finite());
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
        if low < high { (low, high) } else { (0.0, 1.0) }
    }
}

impl TuningPanel {
    fn values(&self) -> Vec<f64> {
        match self {
            Self::Polar { points, .. } => points.iter().map(|(_, value)| *value).collect(),
            Self::Curve { points, fit, .. } => points.iter().chain(fit).map(|(_, value)| *value).collect(),
            Self::Map { .. } | Self::Missing => Vec::new(),
        }
    }

    fn draw(&self, canvas: &mut Canvas, area: Area, scale: (f64, f64)) {
        match self {
            Self::Polar { points, preferred_deg } => draw_polar(canvas, area, scale.1, points, *preferred_deg),
            Self::Curve { spacing, points, fit, preferred } => {
                draw_curve(canvas, area, scale, &Curve { spacing: *spacing, points, fit, preferred: *preferred });
            }
            Self::Map { values, frame } => draw_map(canvas, area, values, *frame),
            Self::Missing => {
                canvas.text(
                    "quiet small",
                    (area.left + area.width / 2.0, area.top + area.height / 2.0),
                    Anchor::Middle,
                    "\u{2013}",
                );
            }
        }
    }
}

fn draw_polar(canvas: &mut Canvas, area: Area, largest: f64, points: &[(f64, f64)], preferred_deg: Option<f64>) {
    let radius = (area.height.min(area.width) / 2.0 - 1.0).max(4.0);
    let middle = (area.left + area.width / 2.0, area.top + area.height / 2.0);
    let at = |angle_deg: f64, share: f64| {
        let (sine, cosine) = angle_deg.to_radians().sin_cos();
        (middle.0 + radius * share * cosine, middle.1 - radius * share * sine)
    };
    canvas.dot("frame", middle, radius, "the largest response of the row");
    for spoke in [0.0, 90.0] {
        canvas.line("zero", at(spoke, 1.0), at(spoke + 180.0, 1.0));
    }
    if let Some(angle) = preferred_deg {
        canvas.line("bound", at(angle, 1.0), at(angle + 180.0, 1.0));
    }
    // A unit that is never driven above 0 has no shape: its curve is a point.
    let share = |value: f64| if largest > 0.0 { (value / largest).clamp(0.0, 1.0) } else { 0.0 };
    let round =
        [0.0, 180.0].into_iter().flat_map(|turn| points.iter().map(move |(angle, value)| (angle + turn, *value)));
    let mut path: Vec<Option<(f64, f64)>> =
        round.map(|(angle, value)| value.is_finite().then(|| at(angle, share(value)))).collect();
    path.extend(path.first().copied());
    canvas.path("series stroke-0", &path);
}

/// What [`draw_curve`] draws.
struct Curve<'a> {
    spacing: Spacing,
    points: &'a [(f64, f64)],
    fit: &'a [(f64, f64)],
    preferred: Option<f64>,
}

fn draw_curve(canvas: &mut Canvas, area: Area, (low, high): (f64, f64), curve: &Curve<'_>) {
    let is_log = curve.spacing == Spacing::Logarithmic;
    let place = |x: f64| if is_log { x.log10() } else { x };
    let ends = curve.points.first().zip(curve.points.last()).filter(|(first, last)| first.0 < last.0);
    let Some(((first, _), (last, _))) = ends else { return };
    let inset = 5.0;
    let pixels = (area.left + inset, area.right() - inset);
    let across = Scale { low: place(*first), high: place(*last), low_px: pixels.0, high_px: pixels.1 };
    let up = Scale { low, high, low_px: area.bottom(), high_px: area.top };
    let px = |(x, y): &(f64, f64)| (x.is_finite() && y.is_finite()).then(|| (across.px(place(*x)), up.px(*y)));
    if let Some(preferred) = curve.preferred.filter(|preferred| (*first..=*last).contains(preferred)) {
        let x = across.px(place(preferred));
        canvas.line("bound", (x, area.top), (x, area.bottom()));
    }
    if low < 0.0 {
        canvas.line("zero", (area.left, up.px(0.0)), (area.right(), up.px(0.0)));
    }
    if curve.fit.is_empty() {
        canvas.path("series stroke-0", &curve.points.iter().map(px).collect::<Vec<_>>());
    } else {
        canvas.path("series stroke-1", &curve.fit.iter().map(px).collect::<Vec<_>>());
    }
    for point in curve.points {
        if let Some(at) = px(point) {
            canvas.dot("fill-0", at, 1.9, &format!("{}: {}", number(point.0, 3), number(point.1, 3)));
        }
    }
    let ticks = if is_log { logarithmic_marks(*first, *last) } else { linear_marks(*first, *last) };
    canvas.line("axis", (area.left, area.top), (area.left, area.bottom()));
    draw_horizontal(canvas, &Horizontal { title: String::new(), labels: Labels::Ticks(ticks) }, &across, area);
}

/// Round numbers within the ends, at most five.
fn linear_marks(low: f64, high: f64) -> Vec<(f64, String)> {
    let whole = Scale::holding([low, high], (0.0, 1.0));
    let within = |(value, _): &(f64, String)| *value >= low - 1e-9 && *value <= high + 1e-9;
    let marks: Vec<(f64, String)> = whole.marks().into_iter().filter(within).collect();
    let every = marks.len().div_ceil(5).max(1);
    marks.into_iter().step_by(every).collect()
}

fn draw_map(canvas: &mut Canvas, area: Area, values: &Array2<f64>, frame: Option<[f64; 4]>) {
    let largest =
        values.iter().copied().filter(|value| value.is_finite()).fold(0.0, |most: f64, value| most.max(value.abs()));
    let (n_rows, n_columns) = values.dim();
    let scale = if largest > 0.0 { 0.5 / largest } else { 0.0 };
    let Some(uri) = matrix_uri(values.mapv(|value| 0.5 + scale * value).view(), ColourMap::BlueToOrange) else {
        return;
    };
    let cell = (area.width / n_columns as f64).min(area.height / n_rows as f64);
    let (width, height) = (cell * n_columns as f64, cell * n_rows as f64);
    let left = area.left + (area.width - width) / 2.0;
    let top = area.top + (area.height - height) / 2.0;
    canvas.image(Area { left, top, width, height }, &uri);
    canvas.rect("frame", Area { left, top, width, height });
    if let Some([first_row, first_column, rows, columns]) = frame {
        let (row, column) = (first_row.max(0.0), first_column.max(0.0));
        let field = Area {
            left: left + column * cell,
            top: top + row * cell,
            width: ((first_column + columns).min(n_columns as f64) - column) * cell,
            height: ((first_row + rows).min(n_rows as f64) - row) * cell,
        };
        let corners = [
            (field.left, field.top),
            (field.right(), field.top),
            (field.right(), field.bottom()),
            (field.left, field.bottom()),
            (field.left, field.top),
        ];
        canvas.path("outline", &corners.map(Some));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(values: [f64; 3]) -> TuningSheet {
        let points: Vec<(f64, f64)> = [1.0, 2.0, 4.0].into_iter().zip(values).collect();
        let curve =
            |spacing| TuningPanel::Curve { spacing, points: points.clone(), fit: Vec::new(), preferred: Some(2.0) };
        TuningSheet {
            description: "tuning".to_owned(),
            title: "features.0".to_owned(),
            columns: ["orientation", "frequency", "size", "field", "phase"]
                .map(|name| (name.to_owned(), "px".to_owned()))
                .to_vec(),
            rows: vec![TuningRow {
                name: "features.0:3".to_owned(),
                notes: vec!["simple".to_owned()],
                panels: vec![
                    TuningPanel::Polar { points: points.clone(), preferred_deg: Some(45.0) },
                    curve(Spacing::Logarithmic),
                    curve(Spacing::Linear),
                    TuningPanel::Map {
                        values: Array2::from_elem((3, 3), values[0]),
                        frame: Some([1.0, 1.0, 1.0, 1.0]),
                    },
                    TuningPanel::Missing,
                ],
            }],
        }
    }

    #[test]
    fn a_sheet_names_its_units_and_columns() {
        let svg = sheet([0.0, 1.0, 0.5]).figure(700.0).inline();
        for words in ["features.0:3", "orientation", "frequency", "simple", "<image"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
    }

    #[test]
    fn a_silent_unit_and_one_without_numbers_are_still_drawn() {
        for values in [[0.0; 3], [f64::NAN; 3], [-1.0, -2.0, 0.0]] {
            let svg = sheet(values).figure(300.0).inline();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
        let empty = TuningSheet { rows: Vec::new(), columns: Vec::new(), ..sheet([0.0; 3]) };
        assert!(empty.figure(300.0).png().is_ok());
    }
}
