//! Arrays as pictures: PNG, and contact sheets with captions.

use std::io::Cursor;

use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
use ndarray::{Array3, Axis};

use crate::report::figure::{LINE_PX, lettered};
use crate::stimuli::{Image, ImageError};

/// Pixels between the cells of a sheet.
const GAP_PX: usize = 8;

/// An image in [0, 1]: (channel, height, width).
pub type Pixels = Array3<f32>;

/// An image in [0, 1] (channel, height, width) as 8-bit pictures: one of three channels; of another number, each channel in grey.
///
/// # Errors
/// [`ImageError::NoPixels`] when a side is 0.
pub fn pictures(image: &Array3<f32>) -> Result<Vec<Image>, ImageError> {
    let (n_channels, height, width) = image.dim();
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 255")]
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    if n_channels == 3 {
        let mut rgb = Vec::with_capacity(3 * height * width);
        for y in 0..height {
            for x in 0..width {
                rgb.extend((0..3).map(|channel| byte(image[[channel, y, x]])));
            }
        }
        return Ok(vec![Image::new(width, height, rgb)?]);
    }
    let grey = |plane: ndarray::ArrayView2<'_, f32>| {
        Image::from_grey(width, height, &plane.iter().copied().map(byte).collect::<Vec<u8>>())
    };
    image.axis_iter(Axis(0)).map(grey).collect()
}

/// An image (channel, height, width) in [0, 1] from a picture, resized to height × width as a network's images are.
///
/// # Errors
/// [`ImageError`] when the size cannot be.
pub fn from_picture(picture: &Image, [height, width]: [usize; 2]) -> Result<Array3<f32>, ImageError> {
    use crate::stimuli::{Filter, PassOrder, resize};
    let sized = resize(picture, width, height, Filter::Bilinear, PassOrder::default())?;
    Ok(Array3::from_shape_fn((3, height, width), |(channel, y, x)| {
        f32::from(sized.rgb()[(y * width + x) * 3 + channel]) / 255.0
    }))
}

/// The picture as the bytes of a PNG file.
///
/// # Errors
/// The encoder's, for sides that PNG cannot have.
pub fn png(picture: &Image) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Cursor::new(Vec::new());
    let side = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    PngEncoder::new(&mut bytes).write_image(
        picture.rgb(),
        side(picture.width()),
        side(picture.height()),
        ExtendedColorType::Rgb8,
    )?;
    Ok(bytes.into_inner())
}

/// One cell of a contact sheet.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The picture; smaller ones stand in the middle of their cell.
    pub picture: Image,
    /// Lines of text below.
    pub caption: Vec<String>,
}

/// Pictures in rows of `n_columns`, on white, each with its caption.
///
/// # Errors
/// [`ImageError::NoPixels`] when there is no cell.
pub fn contact_sheet(cells: &[Cell], n_columns: usize) -> Result<Image, ImageError> {
    let n_columns = n_columns.clamp(1, cells.len().max(1));
    let n_rows = cells.len().div_ceil(n_columns);
    let width = cells.iter().map(|cell| cell.picture.width()).max().unwrap_or(0);
    let height = cells.iter().map(|cell| cell.picture.height()).max().unwrap_or(0);
    let n_lines = cells.iter().map(|cell| cell.caption.len()).max().unwrap_or(0);
    let (across, down) = (width + GAP_PX, height + GAP_PX + n_lines * LINE_PX);
    let mut sheet = Sheet::white(n_columns * across + GAP_PX, n_rows * down + GAP_PX);
    for (place, cell) in cells.iter().enumerate() {
        let (left, top) = (GAP_PX + place % n_columns * across, GAP_PX + place / n_columns * down);
        let inset = [(height - cell.picture.height()) / 2, (width - cell.picture.width()) / 2];
        sheet.place(&cell.picture, top + inset[0], left + inset[1]);
        if n_lines > 0 {
            let caption = lettered(&cell.caption, [width, n_lines * LINE_PX]);
            sheet.place(&Image::new(width, n_lines * LINE_PX, caption)?, top + height, left);
        }
    }
    Image::new(sheet.width, sheet.height, sheet.rgb)
}

/// A picture that is drawn on.
struct Sheet {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Sheet {
    fn white(width: usize, height: usize) -> Self {
        Self { width, height, rgb: vec![255; width * height * 3] }
    }

    fn place(&mut self, picture: &Image, top: usize, left: usize) {
        for (line, row) in picture.rows().enumerate() {
            let start = ((top + line) * self.width + left) * 3;
            if let Some(target) = self.rgb.get_mut(start..start + row.len()) {
                target.copy_from_slice(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_reads_back_as_the_same_pixels() {
        let image = Array3::from_shape_fn((3, 5, 7), |(c, y, x)| (c * 35 + y * 7 + x) as f32 / 104.0);
        let picture = pictures(&image).unwrap().remove(0);
        let read = image::load_from_memory(&png(&picture).unwrap()).unwrap().to_rgb8();
        assert_eq!(read.into_raw(), picture.rgb());
        // Channel 1, row 2, column 3: 52 / 104 = .5, which rounds to 128.
        assert_eq!(picture.rgb()[(2 * 7 + 3) * 3 + 1], 128);
    }

    #[test]
    fn other_numbers_of_channels_are_shown_one_by_one() {
        assert_eq!(pictures(&Array3::zeros((5, 2, 2))).unwrap().len(), 5);
    }

    #[test]
    fn a_contact_sheet_holds_every_picture_and_a_caption_below_it() {
        let cells: Vec<Cell> = [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
            .map(|colour| Cell { picture: Image::filled(20, 10, colour).unwrap(), caption: vec!["1".to_owned()] })
            .to_vec();
        let sheet = contact_sheet(&cells, 2).unwrap();
        assert_eq!((sheet.width(), sheet.height()), (2 * 28 + 8, 2 * (18 + LINE_PX) + 8));
        let pixel = |x: usize, y: usize| &sheet.rgb()[(y * sheet.width() + x) * 3..][..3];
        assert_eq!((pixel(8, 8), pixel(36, 8)), (&[255, 0, 0][..], &[0, 255, 0][..]));
        assert_eq!(pixel(8, 8 + 18 + LINE_PX), [0, 0, 255]);
        let darkest = (18..18 + LINE_PX).flat_map(|y| (8..28).map(move |x| (x, y))).map(|(x, y)| pixel(x, y)[0]).min();
        assert!(darkest < Some(120), "no caption below the first: {darkest:?}");
        assert_eq!(pixel(0, 0), [255; 3]);
    }
}
