//! The two axes of a chart.

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
}

/// Room in pixels that an axis needs below the plot.
pub(super) fn room_below(axis: &Horizontal, plot_width: f64) -> f64 {
    let labels = match &axis.labels {
        Labels::Names(names) if turned(names, plot_width) => {
            names.iter().map(|name| text_width(&shortened(name))).fold(0.0, f64::max) * 0.72 + 8.0
        }
        Labels::Names(_) | Labels::Numbers | Labels::Share { .. } => TEXT_PX,
    };
    TICK + 6.0 + labels + 8.0 + TEXT_PX + 6.0
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
        Labels::Numbers => {
            let marks = scale.marks();
            marks.iter().for_each(|(value, _)| mark(*value));
            for (value, label) in &marks {
                canvas.text("quiet", (scale.px(*value), y + TICK + 4.0 + TEXT_PX), Anchor::Middle, label);
            }
        }
    }
    let title_y = y + room_below(axis, plot.width) - 6.0;
    canvas.text("", (plot.left + plot.width / 2.0, title_y), Anchor::Middle, &axis.title);
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
    canvas.line("axis", (plot.left, plot.top), (plot.left, plot.bottom()));
    for (value, label) in scale.marks() {
        let y = scale.px(value);
        canvas.line("axis", (plot.left - TICK, y), (plot.left, y));
        canvas.text("quiet", (plot.left - TICK - 4.0, y + TEXT_PX * 0.35), Anchor::End, &label);
    }
    canvas.text("", (0.0, plot.top - 16.0), Anchor::Start, title);
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

/// The end of a long name, which is where the names of stages differ.
fn shortened(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= 22 {
        return name.to_owned();
    }
    let end: String = letters[letters.len() - 20..].iter().collect();
    format!("\u{2026}{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_keep_their_end() {
        assert_eq!(shortened("features.10"), "features.10");
        assert_eq!(shortened("encoder.layers.encoder_layer_11.mlp"), "\u{2026}encoder_layer_11.mlp");
    }

    #[test]
    fn names_are_thinned_out_when_there_is_no_room() {
        assert_eq!(every_which(13, 600.0), 1);
        assert_eq!(every_which(150, 600.0), 4);
        assert_eq!(every_which(0, 600.0), 1);
    }
}
