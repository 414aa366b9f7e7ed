//! The two axes of a chart.

use super::label;
use super::scale::Scale;
use super::svg::{Anchor, Area, Canvas, TEXT_PX, text_width};

/// Length of a tick in pixels.
const TICK: f64 = 4.0;

/// A horizontal axis that counts: what stands at 0, 1, 2, ….
#[derive(Clone, Debug, PartialEq)]
pub struct Horizontal {
    /// What the axis is, with its unit.
    pub title: String,
    /// What its positions are called.
    pub labels: Labels,
}

/// What the positions along a horizontal axis are called.
#[derive(Clone, Debug, PartialEq)]
pub enum Labels {
    /// Position 0, 1, 2, … by name.
    Names(Vec<String>),
    /// From 0 to 1, with a word for either end.
    Share {
        /// The word for 0.
        low: String,
        /// The word for 1.
        high: String,
    },
    /// Numbers.
    Numbers,
    /// These words at these places.
    Ticks(Vec<(f64, String)>),
}

/// Room in pixels that an axis needs below the plot.
pub(super) fn room_below(axis: &Horizontal, plot_width: f64) -> f64 {
    let labels = match &axis.labels {
        Labels::Names(names) if turned(names, plot_width) => {
            names.iter().map(|name| text_width(&shortened(name))).fold(0.0, f64::max) * 0.64 + 8.0
        }
        Labels::Names(_) | Labels::Numbers | Labels::Ticks(_) | Labels::Share { .. } => TEXT_PX,
    };
    let title = if axis.title.is_empty() { 0.0 } else { 8.0 + TEXT_PX };
    TICK + 6.0 + labels + title + 6.0
}

/// Room in pixels that turned names need left of the first position.
pub(super) fn room_left(axis: &Horizontal, plot_width: f64) -> f64 {
    match &axis.labels {
        Labels::Names(names) if turned(names, plot_width) => {
            let step = plot_width / names.len().max(1) as f64;
            // The first position stands at least 10 pixels inside the plot.
            let overhangs = names
                .iter()
                .enumerate()
                .map(|(position, name)| text_width(&shortened(name)) * 0.7 - position as f64 * step - 10.0);
            overhangs.fold(0.0, f64::max)
        }
        _ => 0.0,
    }
}

/// Room in pixels that the numbers of a vertical axis need left of it.
pub(super) fn room_beside(scale: &Scale) -> f64 {
    room_beside_ticks(&scale.marks())
}

/// Room in pixels that these words need left of a vertical axis.
pub(super) fn room_beside_ticks(ticks: &[(f64, String)]) -> f64 {
    let widest = ticks.iter().map(|(_, label)| text_width(label)).fold(0.0, f64::max);
    (widest + TICK + 6.0).max(32.0)
}

/// Draws the horizontal axis below `plot`.
pub(super) fn draw_horizontal(canvas: &mut Canvas, axis: &Horizontal, scale: &Scale, plot: Area) {
    let y = plot.bottom();
    canvas.line("axis", (plot.left, y), (plot.right(), y));
    let mut mark = |value: f64| canvas.line("axis", (scale.px(value), y), (scale.px(value), y + TICK));
    match &axis.labels {
        Labels::Names(names) => {
            let every = every_which(names.len(), plot.width);
            (0..names.len()).step_by(every).for_each(|position| mark(position as f64));
            draw_names(canvas, names, every, scale, plot);
        }
        Labels::Share { low, high } => {
            [0.0, 0.25, 0.5, 0.75, 1.0].into_iter().for_each(&mut mark);
            let baseline = y + TICK + 4.0 + TEXT_PX;
            canvas.text("quiet", (scale.px(0.0), baseline), Anchor::Start, low);
            canvas.text("quiet", (scale.px(1.0), baseline), Anchor::End, high);
        }
        Labels::Numbers => draw_ticks(canvas, &scale.marks(), scale, y),
        Labels::Ticks(ticks) => draw_ticks(canvas, ticks, scale, y),
    }
    if !axis.title.is_empty() {
        let title_y = y + room_below(axis, plot.width) - 6.0;
        canvas.text("", (plot.left + plot.width / 2.0, title_y), Anchor::Middle, &axis.title);
    }
}

/// A tick at every place, and its label where it does not touch the one before.
fn draw_ticks(canvas: &mut Canvas, ticks: &[(f64, String)], scale: &Scale, y: f64) {
    let mut free_from = f64::NEG_INFINITY;
    for (value, label) in ticks {
        let (x, half) = (scale.px(*value), text_width(label) / 2.0);
        canvas.line("axis", (x, y), (x, y + TICK));
        if x - half >= free_from {
            canvas.text("quiet", (x, y + TICK + 4.0 + TEXT_PX), Anchor::Middle, label);
            free_from = x + half + 4.0;
        }
    }
}

fn draw_names(canvas: &mut Canvas, names: &[String], every: usize, scale: &Scale, plot: Area) {
    let turn = turned(names, plot.width);
    for (position, name) in names.iter().enumerate().step_by(every) {
        let (x, y) = (scale.px(position as f64), plot.bottom() + TICK + 6.0);
        let name = shortened(name);
        if turn {
            canvas.turned_text("quiet small", (x + 4.0, y + 5.0), Anchor::End, -45.0, &name);
        } else {
            canvas.text("quiet", (x, y + TEXT_PX - 2.0), Anchor::Middle, &name);
        }
    }
}

/// Draws the vertical axis left of `plot`; the title stands above it, to be read without turning the head.
pub(super) fn draw_vertical(canvas: &mut Canvas, title: &str, scale: &Scale, plot: Area) {
    draw_vertical_ticks(canvas, &scale.marks(), scale, plot);
    canvas.text("", (0.0, plot.top - 16.0), Anchor::Start, title);
}

/// Draws the vertical axis left of `plot` with these words at these places.
pub(super) fn draw_vertical_ticks(canvas: &mut Canvas, ticks: &[(f64, String)], scale: &Scale, plot: Area) {
    canvas.line("axis", (plot.left, plot.top), (plot.left, plot.bottom()));
    for (value, label) in ticks {
        let y = scale.px(*value);
        canvas.line("axis", (plot.left - TICK, y), (plot.left, y));
        canvas.text("quiet", (plot.left - TICK - 4.0, y + TEXT_PX * 0.35), Anchor::End, label);
    }
}

/// Whether names are turned because they would touch if level.
fn turned(names: &[String], plot_width: f64) -> bool {
    let widest = names.iter().map(|name| text_width(&shortened(name))).fold(0.0, f64::max);
    widest + 8.0 > plot_width / names.len().max(1) as f64
}

/// Every how many-th name is shown so that turned ones do not touch.
fn every_which(n_names: usize, plot_width: f64) -> usize {
    let fit = (plot_width / (TEXT_PX * 1.25)).max(1.0) as usize;
    n_names.div_ceil(fit).max(1)
}

/// A name short enough to stand at an axis.
fn shortened(name: &str) -> String {
    label::shortened(name, 22)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_would_touch_are_left_out() {
        let mut canvas = Canvas::default();
        let scale = Scale { low: 0.0, high: 10.0, low_px: 0.0, high_px: 60.0 };
        let ticks: Vec<(f64, String)> = (0..=10).map(|tick| (f64::from(tick), "1000".to_owned())).collect();
        draw_ticks(&mut canvas, &ticks, &scale, 0.0);
        let svg = canvas.finish(60.0, 30.0, String::new()).inline();
        assert_eq!(svg.matches("<line").count(), 11);
        assert!(svg.matches("<text").count() <= 2, "{svg}");
    }

    #[test]
    fn turned_names_ask_for_room_left_of_the_first() {
        let names = vec!["encoder.layers.encoder_layer_11".to_owned(); 13];
        let axis = Horizontal { title: "stage".to_owned(), labels: Labels::Names(names) };
        assert!(room_left(&axis, 300.0) > 60.0);
        assert_eq!(room_left(&Horizontal { title: String::new(), labels: Labels::Numbers }, 300.0), 0.0);
    }

    #[test]
    fn names_are_thinned_out_when_there_is_no_room() {
        assert_eq!(every_which(13, 600.0), 1);
        assert_eq!(every_which(150, 600.0), 4);
        assert_eq!(every_which(0, 600.0), 1);
    }
}
