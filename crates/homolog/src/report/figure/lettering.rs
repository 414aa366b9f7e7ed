//! Lines of text as pixels, for captions below pictures.

use std::fmt::Write as _;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg;

use super::save::text_options;
use super::svg::escape;

/// Height of the letters in pixels; a line takes [`LINE_PX`].
const LETTER_PX: usize = 12;

/// From one line to the next.
pub(crate) const LINE_PX: usize = 16;

/// The mean width of a letter as a share of its height.
const LETTER_WIDTH: f64 = 0.52;

/// Lines of text in Noto Sans, dark on white, in so many pixels across and down, as RGB; what is too long ends in "…".
pub(crate) fn lettered(lines: &[String], [width, height]: [usize; 2]) -> Vec<u8> {
    drawn(lines, [width, height]).unwrap_or_else(|| vec![255; width * height * 3])
}

fn drawn(lines: &[String], [width, height]: [usize; 2]) -> Option<Vec<u8>> {
    let n_letters = (width as f64 / (LETTER_WIDTH * LETTER_PX as f64)) as usize;
    let mut svg = format!(r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">"#);
    for (place, line) in lines.iter().enumerate() {
        let shown: String = match line.chars().count() > n_letters {
            true => line.chars().take(n_letters.saturating_sub(1)).chain(['…']).collect(),
            false => line.clone(),
        };
        let baseline = place * LINE_PX + LETTER_PX + 1;
        let text = escape(&shown);
        write!(svg, r##"<text x="0" y="{baseline}" font-size="{LETTER_PX}" fill="#282828">{text}</text>"##).ok()?;
    }
    svg.push_str("</svg>");
    let tree = usvg::Tree::from_str(&svg, &text_options()).ok()?;
    let mut pixels = Pixmap::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    Some(pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect())
}
