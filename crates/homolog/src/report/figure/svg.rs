//! Writing SVG.

use std::fmt::Write as _;

use super::colour::light_style_sheet;

/// Height of figure text in pixels.
pub(super) const TEXT_PX: f64 = 12.0;

/// White around a figure that is a file of its own.
pub(super) const PAPER_MARGIN: f64 = 6.0;

/// A finished figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Pixels across.
    pub width: f64,
    /// Pixels down.
    pub height: f64,
    /// What it shows, in a sentence, for those who cannot see it.
    pub description: String,
    /// The elements.
    body: String,
}

impl Figure {
    /// An `<svg>` element for a page that has the style sheet of [`style_sheet`](super::style_sheet).
    pub fn inline(&self) -> String {
        self.element("", "", 0.0)
    }

    /// A whole SVG file with its own style sheet, in light colours, on white, with a narrow margin.
    pub fn standalone(&self) -> String {
        let (width, height) = self.size_with_margin();
        let margin = px(-PAPER_MARGIN);
        let paper = format!(
            "<rect class=\"paper\" x=\"{margin}\" y=\"{margin}\" width=\"{}\" height=\"{}\"/>",
            px(width),
            px(height)
        );
        let style = format!("<style>{}</style>{paper}", light_style_sheet());
        self.element(" xmlns=\"http://www.w3.org/2000/svg\"", &style, PAPER_MARGIN)
    }

    /// The same with all text in one font.
    pub(super) fn standalone_in(&self, font: &str) -> String {
        let font = format!(".figure text{{font-family:\"{font}\"}}</style>");
        self.standalone().replacen("</style>", &font, 1)
    }

    /// Width and height of the figure as a file of its own.
    pub(super) fn size_with_margin(&self) -> (f64, f64) {
        (self.width + 2.0 * PAPER_MARGIN, self.height + 2.0 * PAPER_MARGIN)
    }

    fn element(&self, attributes: &str, first: &str, margin: f64) -> String {
        format!(
            "<svg{attributes} class=\"figure\" role=\"img\" viewBox=\"{corner} {corner} {w} {h}\" width=\"{w}\" height=\"{h}\">\
             <title>{}</title>{first}{}</svg>",
            escape(&self.description),
            self.body,
            corner = px(-margin),
            w = px(self.width + 2.0 * margin),
            h = px(self.height + 2.0 * margin),
        )
    }
}

/// Collects the elements of a figure.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

/// Where text stands relative to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        }
    }
}

/// The outline of a mark; several, so that marks differ by more than colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Circle,
    Square,
    Triangle,
    Diamond,
}

impl Shape {
    /// The shape of the n-th kind of mark.
    pub(super) fn of(kind: usize) -> Shape {
        [Shape::Circle, Shape::Square, Shape::Triangle, Shape::Diamond][kind % 4]
    }

    /// Corners around the origin, such that all shapes have about the area of a circle of radius 1.
    fn corners(self) -> &'static [(f64, f64)] {
        match self {
            Shape::Circle => &[],
            Shape::Square => &[(-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)],
            Shape::Triangle => &[(0.0, -1.4), (1.25, 0.8), (-1.25, 0.8)],
            Shape::Diamond => &[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)],
        }
    }
}

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub(super) fn overlaps(&self, other: &Area) -> bool {
        self.left < other.right() && other.left < self.right() && self.top < other.bottom() && other.top < self.bottom()
    }
}

impl Canvas {
    pub(super) fn finish(self, width: f64, height: f64, description: String) -> Figure {
        Figure { width, height, description, body: self.body }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.add(&format!(
            "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
            px(from.0),
            px(from.1),
            px(to.0),
            px(to.1)
        ));
    }

    /// A line through the points, broken where one is missing.
    pub(super) fn path(&mut self, class: &str, points: &[Option<(f64, f64)>]) {
        let mut data = String::new();
        let mut pen_is_down = false;
        for point in points {
            if let Some((x, y)) = point {
                // Writing to a string does not fail.
                let _ = write!(data, "{}{} {}", if pen_is_down { "L" } else { "M" }, px(*x), px(*y));
            }
            pen_is_down = point.is_some();
        }
        self.add(&format!("<path class=\"{class}\" d=\"{data}\"/>"));
    }

    pub(super) fn rect(&mut self, class: &str, area: Area) {
        self.add(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            px(area.left),
            px(area.top),
            px(area.width.max(0.0)),
            px(area.height.max(0.0))
        ));
    }

    /// A dot; `tip` is what a pointer resting on it shows.
    pub(super) fn dot(&mut self, class: &str, at: (f64, f64), radius: f64, tip: &str) {
        self.add(&format!(
            "<circle class=\"{class}\" cx=\"{}\" cy=\"{}\" r=\"{}\"><title>{}</title></circle>",
            px(at.0),
            px(at.1),
            px(radius),
            escape(tip)
        ));
    }

    /// A mark of some shape; `tip` is what a pointer resting on it shows.
    pub(super) fn mark(&mut self, class: &str, shape: Shape, at: (f64, f64), radius: f64, tip: &str) {
        if shape == Shape::Circle {
            return self.dot(class, at, radius, tip);
        }
        let corner = |(x, y): &(f64, f64)| format!("{},{}", px(at.0 + x * radius), px(at.1 + y * radius));
        let corners: Vec<String> = shape.corners().iter().map(corner).collect();
        self.add(&format!(
            "<polygon class=\"{class}\" points=\"{}\"><title>{}</title></polygon>",
            corners.join(" "),
            escape(tip)
        ));
    }

    /// The area between two lines over the same places, `(x, y of one, y of the other)`, broken where one is missing.
    pub(super) fn area_between(&mut self, class: &str, edges: &[Option<(f64, f64, f64)>]) {
        for run in edges.split(Option::is_none).filter(|run| run.len() > 1) {
            let run: Vec<(f64, f64, f64)> = run.iter().copied().flatten().collect();
            let there = run.iter().map(|(x, y, _)| (*x, *y));
            let back = run.iter().rev().map(|(x, _, y)| (*x, *y));
            let corners: Vec<String> = there.chain(back).map(|(x, y)| format!("{} {}", px(x), px(y))).collect();
            self.add(&format!("<path class=\"{class}\" d=\"M{}Z\"/>", corners.join("L")));
        }
    }

    /// A rectangle that says something when a pointer rests on it.
    pub(super) fn rect_with_tip(&mut self, class: &str, area: Area, tip: &str) {
        self.add(&format!(
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            px(area.left),
            px(area.top),
            px(area.width.max(0.0)),
            px(area.height.max(0.0)),
            escape(tip)
        ));
    }

    /// A rectangle in a colour of its own, the same on light and on dark.
    pub(super) fn cell(&mut self, [red, green, blue]: [u8; 3], area: Area, tip: &str) {
        self.add(&format!(
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#{red:02x}{green:02x}{blue:02x}\">\
             <title>{}</title></rect>",
            px(area.left),
            px(area.top),
            px(area.width),
            px(area.height),
            escape(tip)
        ));
    }

    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, text: &str) {
        self.turned_text(class, at, anchor, 0.0, text);
    }

    /// Text turned around its point, clockwise.
    pub(super) fn turned_text(&mut self, class: &str, at: (f64, f64), anchor: Anchor, degrees: f64, text: &str) {
        let (x, y) = (px(at.0), px(at.1));
        let turn = if degrees == 0.0 { String::new() } else { format!(" transform=\"rotate({degrees} {x} {y})\"") };
        self.add(&format!(
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{}\"{turn}>{}</text>",
            anchor.name(),
            escape(text)
        ));
    }

    /// A matrix as a picture from a data URI, each pixel a sharp rectangle.
    pub(super) fn image(&mut self, area: Area, uri: &str) {
        self.add(&format!(
            "<image class=\"pixels\" image-rendering=\"pixelated\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" \
             preserveAspectRatio=\"none\" href=\"{uri}\"/>",
            px(area.left),
            px(area.top),
            px(area.width),
            px(area.height)
        ));
    }

    /// A photograph from a data URI, as large as fits into the area.
    pub(super) fn photograph(&mut self, area: Area, uri: &str, tip: &str) {
        self.add(&format!(
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"{uri}\"><title>{}</title></image>",
            px(area.left),
            px(area.top),
            px(area.width),
            px(area.height),
            escape(tip)
        ));
    }

    fn add(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }
}

/// Pixels with at most two decimals.
pub(super) fn px(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// About how wide a text is; a font of the reader's choice draws it, so this is an estimate from above, after the widest of
/// the usual fonts.
pub(super) fn text_width(text: &str) -> f64 {
    text.chars().map(letter_width).sum::<f64>() * TEXT_PX
}

/// Width of a letter as a part of the font's height.
fn letter_width(letter: char) -> f64 {
    match letter {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.29,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 0.41,
        'm' | 'M' | 'W' | '@' | '%' | '\u{2026}' => 0.93,
        'w' => 0.8,
        'A'..='Z' => 0.69,
        _ => 0.6,
    }
}

/// Text for HTML or SVG, in element content or a quoted attribute.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Control characters are not allowed in XML, escaped or not.
            control if control.is_control() && control != '\n' && control != '\t' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("<b>\"a\" & 'b'\u{1}"), "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;\u{fffd}");
    }

    #[test]
    fn a_path_is_broken_where_a_point_is_missing() {
        let mut canvas = Canvas::default();
        canvas.path("series", &[Some((0.0, 1.0)), Some((1.5, 2.0)), None, Some((3.0, 4.128))]);
        assert_eq!(canvas.body, "<path class=\"series\" d=\"M0 1L1.5 2M3 4.13\"/>\n");
    }

    #[test]
    fn a_file_of_its_own_carries_its_colours_and_a_description() {
        let figure = Canvas::default().finish(10.0, 20.0, "a < b".to_owned());
        let file = figure.standalone();
        assert!(file.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""), "{file}");
        assert!(file.contains("<style>") && file.contains("<title>a &lt; b</title>"), "{file}");
        assert!(!figure.inline().contains("<style>"));
    }
}
