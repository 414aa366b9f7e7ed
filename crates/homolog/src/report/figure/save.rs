//! Figures as files: SVG, and PNG with its text drawn in a font that the program carries.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, fontdb};

use super::svg::Figure;
use crate::report::{ReportError, write_file};

/// Pixels of a PNG for each pixel of the figure: at 89 mm, one column of most journals, a figure of 340 pixels has 194 dpi.
const PNG_SCALE: f32 = 2.0;

/// The name of the font in the style of a PNG.
const FONT: &str = "Noto Sans";

/// The font in its two weights, parsed once.
static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for face in [notosans::REGULAR_TTF, notosans::BOLD_TTF] {
        fonts.load_font_data(face.to_vec());
    }
    fonts.set_sans_serif_family(FONT);
    Arc::new(fonts)
});

/// A figure that cannot be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FigureError {
    /// The name of the file says no format that figures are written in.
    #[error(
        "cannot save a figure as \"{}\": its name ends in neither .svg nor .png. Give it one of these endings",
        .path.display()
    )]
    Ending {
        /// The file.
        path: PathBuf,
    },
    /// The figure has too many pixels, or none.
    #[error("cannot draw a figure of {width} × {height} pixels as PNG. Save it as .svg, or draw it narrower")]
    Size {
        /// Pixels across, at the scale of the PNG.
        width: f64,
        /// Pixels down, at the scale of the PNG.
        height: f64,
    },
    /// The SVG of the figure was not understood, which is a mistake of this program.
    #[error("cannot draw \"{description}\" as PNG. Save it as .svg, and report this as a mistake of homolog")]
    Drawing {
        /// What the figure shows.
        description: String,
        /// What the library that draws says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file could not be written.
    #[error(transparent)]
    Write(#[from] ReportError),
}

/// Text is drawn in the font that the program carries.
pub(super) fn text_options() -> usvg::Options<'static> {
    usvg::Options { fontdb: FONTS.clone(), font_family: FONT.to_owned(), ..usvg::Options::default() }
}

impl Figure {
    /// The figure as a PNG of twice its width and height in pixels, in light colours on white. Text is drawn in Noto Sans, which
    /// the program carries, so that the picture is the same on every machine.
    ///
    /// # Errors
    /// [`FigureError::Size`] when a side is below one pixel or the picture would have more pixels than memory can be asked for.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        let drawing = |source: Box<dyn std::error::Error + Send + Sync>| FigureError::Drawing {
            description: self.description.clone(),
            source,
        };
        let tree =
            usvg::Tree::from_str(&self.standalone_in(FONT), &text_options()).map_err(|error| drawing(error.into()))?;
        let (width, height) = self.size_with_margin();
        let (width, height) = (width * f64::from(PNG_SCALE), height * f64::from(PNG_SCALE));
        // Beyond 2^14 pixels a side no reader opens it; a side is never rounded down to cut the figure.
        let side = |length: f64| (1.0..=16_384.0).contains(&length).then_some(length.ceil() as u32);
        let pixels = side(width).zip(side(height)).and_then(|(width, height)| Pixmap::new(width, height));
        let mut pixels = pixels.ok_or(FigureError::Size { width, height })?;
        resvg::render(&tree, Transform::from_scale(PNG_SCALE, PNG_SCALE), &mut pixels.as_mut());
        pixels.encode_png().map_err(|error| drawing(error.into()))
    }

    /// Saves the figure in the format that the name ends in, `.svg` or `.png`, whole or not at all. Folders that are missing are
    /// made.
    ///
    /// # Errors
    /// [`FigureError::Ending`] for any other ending; [`FigureError::Write`] when the file cannot be written; otherwise as
    /// [`Figure::png`].
    pub fn save(&self, path: &Path) -> Result<(), FigureError> {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let bytes = match ending.as_deref() {
            Some("svg") => self.standalone().into_bytes(),
            Some("png") => self.png()?,
            _ => return Err(FigureError::Ending { path: path.to_owned() }),
        };
        Ok(write_file(path, &bytes)?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::svg::{Anchor, Canvas};
    use super::*;

    fn figure(text: &str) -> Figure {
        let mut canvas = Canvas::default();
        canvas.text("", (5.0, 15.0), Anchor::Start, text);
        canvas.line("series stroke-1", (0.0, 25.0), (40.0, 25.0));
        canvas.finish(60.0, 30.0, "a text and a line".to_owned())
    }

    fn pixels(figure: &Figure) -> image::RgbaImage {
        image::load_from_memory(&figure.png().expect("a picture")).expect("a PNG").to_rgba8()
    }

    #[test]
    fn a_png_has_twice_the_pixels_white_paper_and_the_colours_of_the_style() {
        let picture = pixels(&figure(""));
        assert_eq!(picture.dimensions(), (120 + 24, 60 + 24), "and a margin of 6 on every side");
        assert_eq!(picture.get_pixel(110, 10).0, [255; 4]);
        assert_eq!(picture.get_pixel(40 + 12, 50 + 12).0, [0xd5, 0x5e, 0x00, 255], "the second colour of the series");
    }

    #[test]
    fn text_is_drawn_without_any_font_of_the_system() {
        let is_dark = |picture: &image::RgbaImage| {
            picture.enumerate_pixels().filter(|(_, y, pixel)| *y < 52 && pixel.0[0] < 100).count()
        };
        let (with, without) = (is_dark(&pixels(&figure("\u{3c1} = 0.3"))), is_dark(&pixels(&figure(""))));
        assert!(with > 100 && without == 0, "{with} dark pixels with text, {without} without");
    }

    #[test]
    fn the_ending_chooses_the_format_and_another_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let save = |name: &str| figure("a").save(&folder.path().join(name));
        save("new/a.PNG").expect("saved");
        save("a.svg").expect("saved");
        assert!(std::fs::read(folder.path().join("new/a.PNG")).expect("there").starts_with(b"\x89PNG"));
        assert!(std::fs::read_to_string(folder.path().join("a.svg")).expect("there").starts_with("<svg"));
        for name in ["a.pdf", "a"] {
            let message = save(name).expect_err("no such format").to_string();
            assert!(message.contains(name) && message.contains("neither .svg nor .png"), "{message}");
        }
    }

    #[test]
    fn a_picture_without_pixels_or_with_too_many_is_refused() {
        for width in [-20.0, 1e6, f64::NAN] {
            let figure = Canvas::default().finish(width, 30.0, String::new());
            assert!(matches!(figure.png(), Err(FigureError::Size { .. } | FigureError::Drawing { .. })), "{width}");
        }
    }
}
