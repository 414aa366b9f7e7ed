//! Pixels inside figures: matrices as pictures, colour bars, thumbnails of stimuli.

use std::io::Cursor;

use image::{ImageFormat, Rgb, RgbImage};
use ndarray::{Array2, ArrayView2};

use super::colour::ColourMap;
use super::scale::Scale;
use super::svg::{Anchor, Area, Canvas, TEXT_PX, text_width};
use crate::stimuli::{Filter, Image, PassOrder, resize};

/// Pixels across a matrix at most; larger ones are averaged in blocks.
const MOST_PIXELS: usize = 400;

/// Pixels along the longer side of a thumbnail, twice what it is drawn at.
const THUMBNAIL_PX: usize = 72;

/// A stimulus, small enough that a page can hold hundreds.
#[derive(Clone, Debug, PartialEq)]
pub struct Thumbnail {
    uri: String,
}

impl Thumbnail {
    /// A small copy of an image, its sides in the same proportion; none where the image cannot be made smaller.
    pub fn of(image: &Image) -> Option<Thumbnail> {
        Self::within(image, THUMBNAIL_PX)
    }

    /// A copy of an image whose longer side is at most so many pixels.
    pub fn within(image: &Image, most_px: usize) -> Option<Thumbnail> {
        let (width, height) = (image.width(), image.height());
        let longest = width.max(height);
        let scaled = |side: usize| (side * most_px).div_ceil(longest).max(1);
        let small = if longest > most_px {
            resize(image, scaled(width), scaled(height), Filter::Bilinear, PassOrder::default()).ok()?
        } else {
            image.clone()
        };
        let picture = RgbImage::from_raw(small.width() as u32, small.height() as u32, small.rgb().to_vec())?;
        Some(Thumbnail { uri: png_uri(&picture)? })
    }

    pub(in crate::report) fn uri(&self) -> &str {
        &self.uri
    }
}

/// A matrix of shares (0 to 1, not a number grey) as a picture, one pixel for each entry; none where it is empty.
pub(super) fn matrix_uri(shares: ArrayView2<'_, f64>, map: ColourMap) -> Option<String> {
    let shares = averaged(shares);
    let mut picture = RgbImage::new(shares.ncols() as u32, shares.nrows() as u32);
    for ((row, column), share) in shares.indexed_iter() {
        picture.put_pixel(column as u32, row as u32, Rgb(map.colour(*share)));
    }
    if shares.is_empty() { None } else { png_uri(&picture) }
}

/// The matrix itself, or the means of its blocks where it has more rows or columns than a picture has pixels.
fn averaged(matrix: ArrayView2<'_, f64>) -> Array2<f64> {
    let (n_rows, n_columns) = matrix.dim();
    let shape = (n_rows.min(MOST_PIXELS), n_columns.min(MOST_PIXELS));
    if shape == (n_rows, n_columns) {
        return matrix.to_owned();
    }
    let edge = |block: usize, length: usize, n_blocks: usize| block * length / n_blocks;
    Array2::from_shape_fn(shape, |(row, column)| {
        let rows = edge(row, n_rows, shape.0)..edge(row + 1, n_rows, shape.0);
        let columns = edge(column, n_columns, shape.1)..edge(column + 1, n_columns, shape.1);
        mean_of_numbers(matrix.slice(ndarray::s![rows, columns]))
    })
}

/// The mean of what is a number; not a number where nothing is.
fn mean_of_numbers(block: ArrayView2<'_, f64>) -> f64 {
    let (sum, count) = block
        .iter()
        .filter(|value| !value.is_nan())
        .fold((0.0, 0_usize), |(sum, count), value| (sum + value, count + 1));
    sum / count as f64
}

fn png_uri(picture: &RgbImage) -> Option<String> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).ok()?;
    Some(format!("data:image/png;base64,{}", base64(png.get_ref())))
}

/// A bar that says which colour is which number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ColourBar {
    pub(super) map: ColourMap,
    /// What the numbers are, with their unit.
    pub(super) title: String,
    /// The numbers at the two ends.
    pub(super) range: (f64, f64),
    /// Whether grey, for what is missing, has to be explained.
    pub(super) has_missing: bool,
}

/// Room in pixels that a colour bar needs.
pub(super) const COLOUR_BAR_ROOM: f64 = 8.0 + 2.0 * TEXT_PX + 16.0;

/// Room in pixels right of a colour bar in which it is said what grey is.
const MISSING_ROOM: f64 = 92.0;

impl ColourBar {
    /// Draws it lying, with its title below; what is missing is explained at its right, within `room` pixels from its left.
    pub(super) fn draw(&self, canvas: &mut Canvas, bar: Area, room: f64) {
        let most = if self.has_missing { (room - MISSING_ROOM).max(60.0) } else { room };
        let bar = Area { width: bar.width.min(most), ..bar };
        let shares = Array2::from_shape_fn((1, 128), |(_, column)| column as f64 / 127.0);
        if let Some(uri) = matrix_uri(shares.view(), self.map) {
            canvas.image(bar, &uri);
        }
        let scale = Scale { low: self.range.0, high: self.range.1, low_px: bar.left, high_px: bar.right() };
        let baseline = bar.bottom() + TEXT_PX + 6.0;
        let has_extent = scale.low < scale.high && (scale.high - scale.low).is_finite();
        let marks = if has_extent { scale.marks() } else { Vec::new() };
        let every = every_which(&marks, &scale);
        for (value, label) in &marks {
            let x = scale.px(*value);
            canvas.line("axis", (x, bar.bottom()), (x, bar.bottom() + 3.0));
            if every.is_none_or(|(step, every)| (value / step).round() as i64 % every == 0) {
                canvas.text("quiet", (x, baseline), Anchor::Middle, label);
            }
        }
        let title_y = baseline + TEXT_PX + 4.0;
        if text_width(&self.title) > bar.width {
            canvas.text("", (bar.left, title_y), Anchor::Start, &self.title);
        } else {
            canvas.text("", (bar.left + bar.width / 2.0, title_y), Anchor::Middle, &self.title);
        }
        if self.has_missing {
            let left = bar.right() + 20.0;
            canvas.rect("missing", Area { left, top: bar.top - 1.0, width: 10.0, height: 10.0 });
            canvas.text("quiet", (left + 15.0, bar.bottom()), Anchor::Start, "no value");
        }
    }
}

/// How far marks are apart, and every how many-th has a label so that labels do not touch; 0 has one wherever it is a mark.
fn every_which(marks: &[(f64, String)], scale: &Scale) -> Option<(f64, i64)> {
    let [(first, _), (second, _), ..] = marks else { return None };
    let widest = marks.iter().map(|(_, label)| text_width(label)).fold(0.0, f64::max);
    let apart = scale.px(*second) - scale.px(*first);
    Some((second - first, ((widest + 3.0) / apart).ceil().max(1.0) as i64))
}

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
    fn a_large_matrix_is_averaged_in_blocks_and_missing_entries_are_left_out_of_the_means() {
        let mut matrix = Array2::from_shape_fn((800, 800), |(row, _)| (row / 2) as f64);
        matrix[[0, 0]] = f64::NAN;
        matrix.slice_mut(ndarray::s![798.., 798..]).fill(f64::NAN);
        let small = averaged(matrix.view());
        assert_eq!(small.dim(), (400, 400));
        assert_eq!((small[[399, 0]], small[[0, 0]]), (399.0, 0.0));
        assert!(small[[399, 399]].is_nan());
    }

    #[test]
    fn labels_of_a_colour_bar_are_thinned_evenly_and_keep_zero() {
        let bar =
            ColourBar { map: ColourMap::BlueToOrange, title: String::new(), range: (-0.19, 0.19), has_missing: false };
        let mut canvas = Canvas::default();
        bar.draw(&mut canvas, Area { left: 0.0, top: 0.0, width: 200.0, height: 8.0 }, 200.0);
        let svg = canvas.finish(200.0, 40.0, String::new()).inline();
        for (label, is_there) in [(">0.00<", true), (">0.10<", true), (">\u{2212}0.10<", true), (">0.05<", false)] {
            assert_eq!(svg.contains(label), is_there, "{label} in {svg}");
        }
    }

    #[test]
    fn an_empty_matrix_has_no_picture() {
        assert_eq!(matrix_uri(Array2::zeros((0, 0)).view(), ColourMap::Viridis), None);
    }

    #[test]
    fn a_thumbnail_keeps_the_proportions() {
        let image = Image::filled(144, 36, [9, 9, 9]).expect("an image");
        let thumbnail = Thumbnail::of(&image).expect("a thumbnail");
        assert!(thumbnail.uri().starts_with("data:image/png;base64,"));
    }
}
