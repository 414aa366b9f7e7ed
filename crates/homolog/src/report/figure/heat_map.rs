//! Square matrices as pictures: dissimilarity matrices side by side.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use ndarray::ArrayView2;

use super::colour::viridis;
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// Square matrices side by side under one colour bar.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMap {
    /// What it shows, in a sentence.
    pub description: String,
    /// The matrices.
    pub panels: Vec<Panel>,
    /// What the colour bar is, with its unit.
    pub bar: String,
    /// What stands at the dark end of the bar and at the bright one.
    pub ends: (String, String),
}

/// One matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// Written above it.
    pub title: String,
    /// Written above it, smaller, under the title.
    pub subtitle: String,
    /// A PNG as a data URI.
    uri: String,
}

impl Panel {
    /// A panel from the shares (0 dark, 1 bright, not a number grey) of a matrix, one pixel for each entry.
    ///
    /// Returns nothing where the matrix is empty or has more than 4096 rows or columns, which no page should hold.
    pub fn new(title: impl Into<String>, subtitle: impl Into<String>, shares: ArrayView2<f64>) -> Option<Panel> {
        let (n_rows, n_columns) = shares.dim();
        if shares.is_empty() || n_rows > 4096 || n_columns > 4096 {
            return None;
        }
        let mut picture = RgbImage::new(n_columns as u32, n_rows as u32);
        for ((row, column), share) in shares.indexed_iter() {
            picture.put_pixel(column as u32, row as u32, Rgb(viridis(*share)));
        }
        let mut png = Cursor::new(Vec::new());
        picture.write_to(&mut png, ImageFormat::Png).ok()?;
        let uri = format!("data:image/png;base64,{}", base64(png.get_ref()));
        Some(Panel { title: title.into(), subtitle: subtitle.into(), uri })
    }
}

impl HeatMap {
    /// Draws it, at most `width` pixels wide: the panels beside each other where each has 150 pixels, else below each other.
    pub fn figure(&self, width: f64) -> Figure {
        let gap = 22.0;
        let n_panels = self.panels.len().max(1);
        let beside = (width - gap * (n_panels - 1) as f64) / n_panels as f64;
        let (n_across, side) = if beside >= 150.0 { (n_panels, beside.min(300.0)) } else { (1, width.min(300.0)) };
        let heading = 2.0 * TEXT_PX + 12.0;
        let mut canvas = Canvas::default();
        for (position, panel) in self.panels.iter().enumerate() {
            let left = (position % n_across) as f64 * (side + gap);
            let top = (position / n_across) as f64 * (side + heading + gap);
            canvas.text("strong", (left, top + TEXT_PX), Anchor::Start, &panel.title);
            canvas.text("quiet small", (left, top + 2.0 * TEXT_PX + 3.0), Anchor::Start, &panel.subtitle);
            canvas.image(Area { left, top: top + heading, width: side, height: side }, &panel.uri);
        }
        let n_down = n_panels.div_ceil(n_across) as f64;
        let bar_top = n_down * (side + heading) + (n_down - 1.0) * gap + 16.0;
        self.draw_bar(&mut canvas, Area { left: 0.0, top: bar_top, width: side, height: 8.0 });
        let used = n_across as f64 * side + (n_across - 1) as f64 * gap;
        canvas.finish(used, bar_top + 8.0 + 2.0 * TEXT_PX + 14.0, self.description.clone())
    }

    fn draw_bar(&self, canvas: &mut Canvas, bar: Area) {
        let mut picture = RgbImage::new(128, 1);
        for (column, pixel) in picture.pixels_mut().enumerate() {
            *pixel = Rgb(viridis(column as f64 / 127.0));
        }
        let mut png = Cursor::new(Vec::new());
        if picture.write_to(&mut png, ImageFormat::Png).is_ok() {
            canvas.image(bar, &format!("data:image/png;base64,{}", base64(png.get_ref())));
        }
        let baseline = bar.bottom() + TEXT_PX + 4.0;
        canvas.text("quiet", (bar.left, baseline), Anchor::Start, &self.ends.0);
        canvas.text("quiet", (bar.right(), baseline), Anchor::End, &self.ends.1);
        canvas.text("", (bar.left + bar.width / 2.0, baseline + TEXT_PX + 4.0), Anchor::Middle, &self.bar);
    }
}

/// Bytes as text by RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |position: usize| u32::from(group.get(position).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            if position <= group.len() {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * position)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn base64_is_that_of_the_examples_of_rfc_4648() {
        let examples =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in examples {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn a_matrix_is_one_pixel_for_each_entry() {
        let panel = Panel::new("brain", "IT", array![[0.0, 1.0], [1.0, f64::NAN]].view()).expect("a picture");
        let map = HeatMap {
            description: "two".to_owned(),
            panels: vec![panel.clone(), panel],
            bar: "dissimilarity (percentile)".to_owned(),
            ends: ("0".to_owned(), "100".to_owned()),
        };
        let wide = map.figure(640.0);
        assert_eq!(wide.width, 622.0);
        let narrow = map.figure(280.0);
        assert!(narrow.height > wide.height && narrow.width == 280.0, "below each other");
        assert_eq!(wide.inline().matches("data:image/png;base64,").count(), 3);
    }

    #[test]
    fn an_empty_matrix_has_no_picture() {
        assert_eq!(Panel::new("brain", "", Array2::zeros((0, 0)).view()), None);
    }
}
