//! Small matrices with a name for every row and column, and a number in every cell: confusions, model recovery, p-values.

use ndarray::Array2;

use super::colour::{ColourMap, text_class_on};
use super::label::shortened;
use super::picture::{COLOUR_BAR_ROOM, ColourBar, matrix_uri};
use super::scale::{Scale, number};
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX, text_width};

/// A cell has its number written in it from this many pixels on.
const CELL_WITH_NUMBER: f64 = 27.0;

/// Names of at most so many letters stand beside the matrix.
const NAME_LETTERS: usize = 18;

/// A matrix with names along both edges.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelledMatrix {
    /// What it shows, in a sentence.
    pub description: String,
    /// What the rows are: "shown", "data simulated from"; nothing is said of either where this and the columns are empty.
    pub rows: String,
    /// What the columns are: "answered", "model chosen".
    pub columns: String,
    /// The name of each row.
    pub row_names: Vec<String>,
    /// The name of each column.
    pub column_names: Vec<String>,
    /// `[[row, column]]`; NaN where there is no value.
    pub values: Array2<f64>,
    /// The numbers at the ends of the colours.
    pub range: (f64, f64),
    /// The colours.
    pub map: ColourMap,
    /// What a value is, with its unit.
    pub value: String,
    /// How many decimals a number in a cell has.
    pub decimals: usize,
}

impl LabelledMatrix {
    /// Draws it, at most `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let (n_rows, n_columns) = (self.values.nrows().max(1) as f64, self.values.ncols().max(1) as f64);
        let widest =
            |names: &[String]| names.iter().map(|name| text_width(&shortened(name, NAME_LETTERS))).fold(0.0, f64::max);
        let title_of_rows = format!("{} \u{2193}", self.rows);
        let left = widest(&self.row_names).max(text_width(&title_of_rows)) + 8.0;
        let cell = ((width - left) / n_columns).clamp(2.0, 46.0);
        let turned = widest(&self.column_names) + 6.0 > cell;
        let names_room = if turned { widest(&self.column_names) * 0.72 + 10.0 } else { TEXT_PX + 6.0 };
        // Turned names run up to the right of their column.
        let overhang = if turned { (widest(&self.column_names) * 0.7 + 12.0 - cell / 2.0).max(0.0) } else { 0.0 };
        let cell = ((width - left - overhang) / n_columns).clamp(2.0, 46.0);
        let has_titles = !(self.rows.is_empty() && self.columns.is_empty());
        let top = names_room + if has_titles { TEXT_PX + 8.0 } else { 0.0 };
        let area = Area { left, top, width: cell * n_columns, height: cell * n_rows };

        let mut canvas = Canvas::default();
        if has_titles {
            canvas.text("", (left, TEXT_PX), Anchor::Start, &format!("{} \u{2192}", self.columns));
            canvas.text("", (left - 8.0, top - 6.0), Anchor::End, &title_of_rows);
        }
        self.draw_cells(&mut canvas, area, cell);
        self.draw_names(&mut canvas, area, cell, turned);
        let bar_top = area.bottom() + 16.0;
        let bar = ColourBar {
            map: self.map,
            title: self.value.clone(),
            range: self.range,
            has_missing: self.values.iter().any(|value| value.is_nan()),
        };
        bar.draw(
            &mut canvas,
            Area { left, top: bar_top, width: area.width.clamp(90.0, 200.0), height: 8.0 },
            width - left,
        );
        let used = if bar.has_missing { width } else { (area.right() + overhang).max(left + 206.0).min(width) };
        canvas.finish(used, bar_top + COLOUR_BAR_ROOM, self.description.clone())
    }

    fn draw_cells(&self, canvas: &mut Canvas, area: Area, cell: f64) {
        let scale = Scale { low: self.range.0, high: self.range.1, low_px: 0.0, high_px: 1.0 };
        let shares = self.values.mapv(|value| scale.px(value));
        if cell < 6.0 {
            if let Some(uri) = matrix_uri(shares.view(), self.map) {
                canvas.image(area, &uri);
            }
        } else {
            for ((row, column), share) in shares.indexed_iter() {
                let place = Area {
                    left: area.left + column as f64 * cell,
                    top: area.top + row as f64 * cell,
                    width: cell,
                    height: cell,
                };
                self.draw_cell(canvas, place, *share, (row, column));
            }
        }
        canvas.rect("frame", area);
    }

    fn draw_cell(&self, canvas: &mut Canvas, place: Area, share: f64, (row, column): (usize, usize)) {
        let value = self.values[[row, column]];
        let text = if value.is_finite() { number(value, self.decimals) } else { "no value".to_owned() };
        let name = |names: &[String], position: usize| names.get(position).cloned().unwrap_or_default();
        let tip = format!("{}, {}: {text}", name(&self.row_names, row), name(&self.column_names, column));
        let colour = self.map.colour(share);
        canvas.cell(colour, place, &tip);
        if value.is_finite() && place.width >= CELL_WITH_NUMBER && text_width(&text) * 0.92 < place.width {
            let at = (place.left + place.width / 2.0, place.top + place.height / 2.0 + TEXT_PX * 0.33);
            canvas.text(&format!("small {}", text_class_on(colour)), at, Anchor::Middle, &text);
        }
    }

    fn draw_names(&self, canvas: &mut Canvas, area: Area, cell: f64, turned: bool) {
        let every = ((TEXT_PX + 1.0) / cell).ceil().max(1.0) as usize;
        for (row, name) in self.row_names.iter().enumerate().step_by(every) {
            let y = area.top + (row as f64 + 0.5) * cell + TEXT_PX * 0.35;
            canvas.text("quiet", (area.left - 6.0, y), Anchor::End, &shortened(name, NAME_LETTERS));
        }
        for (column, name) in self.column_names.iter().enumerate().step_by(every) {
            let (x, y) = (area.left + (column as f64 + 0.5) * cell, area.top - 6.0);
            let name = shortened(name, NAME_LETTERS);
            if turned {
                canvas.turned_text("quiet", (x + 3.0, y), Anchor::Start, -45.0, &name);
            } else {
                canvas.text("quiet", (x, y), Anchor::Middle, &name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn matrix(values: Array2<f64>) -> LabelledMatrix {
        let names = |count: usize| (0..count).map(|position| format!("model {position}")).collect::<Vec<_>>();
        LabelledMatrix {
            description: "recovery".to_owned(),
            rows: "simulated".to_owned(),
            columns: "chosen".to_owned(),
            row_names: names(values.nrows()),
            column_names: names(values.ncols()),
            values,
            range: (0.0, 1.0),
            map: ColourMap::WhiteToBlue,
            value: "share of simulations".to_owned(),
            decimals: 2,
        }
    }

    #[test]
    fn every_cell_says_its_names_and_its_number() {
        let svg = matrix(array![[0.9, 0.1], [f64::NAN, 1.0]]).figure(340.0).inline();
        for words in ["model 0, model 1: 0.10", "model 1, model 0: no value", ">0.90<", "no value<", "simulated"] {
            assert!(svg.contains(words), "{words} in {svg}");
        }
        assert!(!svg.contains("NaN"));
    }

    #[test]
    fn a_large_matrix_stays_within_the_width_and_thins_its_names() {
        let figure = matrix(Array2::zeros((80, 80))).figure(340.0);
        assert!(figure.width <= 340.0);
        assert!(figure.inline().matches("<text").count() < 80);
    }

    #[test]
    fn a_range_without_an_extent_gives_no_numbers_to_the_colours() {
        let mut matrix = matrix(array![[0.0, 0.0], [0.0, 0.0]]);
        matrix.range = (0.0, 0.0);
        let svg = matrix.figure(340.0).inline();
        assert!(!svg.contains("NaN") && svg.contains(">0.00<"), "{svg}");
    }

    #[test]
    fn arrows_point_along_what_has_a_title_alone() {
        let mut matrix = matrix(array![[0.9, 0.1], [0.2, 0.8]]);
        assert!(matrix.figure(340.0).inline().contains("chosen \u{2192}"));
        (matrix.rows, matrix.columns) = (String::new(), String::new());
        assert!(!matrix.figure(340.0).inline().contains('\u{2192}'));
    }

    #[test]
    fn an_empty_matrix_is_still_a_figure() {
        let svg = matrix(Array2::zeros((0, 0))).figure(340.0).inline();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
