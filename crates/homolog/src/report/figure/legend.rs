//! What the colours and shapes of a figure stand for.

use super::svg::{Anchor, Area, Canvas, Shape, TEXT_PX, text_width};

/// Height of a row of keys in pixels.
const ROW_PX: f64 = TEXT_PX + 5.0;

/// From the left end of a swatch to its name.
const NAME_LEFT: f64 = 18.0;

/// One entry of a legend.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) swatch: Swatch,
}

/// What stands before the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Swatch {
    /// A line in the colour of a series.
    Line(usize),
    /// A mark in the colour of a series.
    Mark(usize, Shape),
    /// A rectangle in the colour of a series.
    Box(usize),
    /// The band of a noise ceiling.
    Band,
    /// A line in the colour of text.
    Ink,
    /// A broken line in the colour of text, as of a fitted function.
    Fitted,
}

/// Where each key stands in rows of at most `width` pixels: its left end and its row.
fn places(keys: &[Key], width: f64) -> Vec<(f64, usize)> {
    let (mut left, mut row) = (0.0, 0);
    keys.iter()
        .map(|key| {
            let needed = NAME_LEFT + text_width(&key.name) + 14.0;
            if left > 0.0 && left + needed - 14.0 > width {
                (left, row) = (0.0, row + 1);
            }
            let place = (left, row);
            left += needed;
            place
        })
        .collect()
}

/// Room in pixels that the keys need in rows of at most `width` pixels.
pub(super) fn room(keys: &[Key], width: f64) -> f64 {
    places(keys, width).last().map_or(0.0, |(_, row)| (row + 1) as f64 * ROW_PX)
}

/// Draws the keys in rows from `at` on, which is the upper left corner.
pub(super) fn draw(canvas: &mut Canvas, keys: &[Key], at: (f64, f64), width: f64) {
    for (key, (left, row)) in keys.iter().zip(places(keys, width)) {
        let (left, middle) = (at.0 + left, at.1 + (row as f64 + 0.5) * ROW_PX);
        match key.swatch {
            Swatch::Line(colour) => {
                canvas.line(&format!("series stroke-{colour}"), (left, middle), (left + 13.0, middle));
            }
            Swatch::Mark(colour, shape) => {
                canvas.mark(&format!("fill-{colour}"), shape, (left + 6.5, middle), 4.2, &key.name);
            }
            Swatch::Box(colour) => {
                let area = Area { left: left + 1.0, top: middle - 5.5, width: 11.0, height: 11.0 };
                canvas.rect(&format!("bar fill-{colour}"), area);
            }
            Swatch::Fitted => canvas.line("fitted", (left, middle), (left + 13.0, middle)),
            Swatch::Ink => canvas.line("median", (left, middle), (left + 13.0, middle)),
            Swatch::Band => canvas.rect("band", Area { left, top: middle - 5.5, width: 13.0, height: 11.0 }),
        }
        canvas.text("", (left + NAME_LEFT, middle + TEXT_PX * 0.35), Anchor::Start, &key.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(names: &[&str]) -> Vec<Key> {
        names.iter().map(|name| Key { name: (*name).to_owned(), swatch: Swatch::Line(0) }).collect()
    }

    #[test]
    fn keys_flow_into_rows_where_one_is_too_narrow() {
        let keys = keys(&["squeezenet1_1", "alexnet", "a model with a long name"]);
        assert_eq!(places(&keys, 1000.0).iter().map(|(_, row)| *row).collect::<Vec<_>>(), [0, 0, 0]);
        assert_eq!(places(&keys, 200.0).iter().map(|(_, row)| *row).collect::<Vec<_>>(), [0, 0, 1]);
        assert_eq!(room(&[], 200.0), 0.0);
    }
}
