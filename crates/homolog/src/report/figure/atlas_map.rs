//! Images in a grid, each as large as its cell is full.

use super::picture::Thumbnail;
use super::svg::{Anchor, Area, Canvas, Figure, TEXT_PX};

/// The smallest side of an image, as a part of its cell's.
const SMALLEST: f64 = 0.3;

/// An activation atlas: the icons of a grid's cells, over the places of the images that they were made from.
#[derive(Clone, Debug, PartialEq)]
pub struct AtlasMap {
    /// What it shows, in a sentence.
    pub description: String,
    /// What stands above it.
    pub title: String,
    /// Cells along each side.
    pub n_cells: usize,
    /// The icons.
    pub icons: Vec<AtlasIcon>,
    /// Across and down in [0, 1], of each image.
    pub points: Vec<(f64, f64)>,
}

/// The icon of one cell.
#[derive(Clone, Debug, PartialEq)]
pub struct AtlasIcon {
    /// From above.
    pub row: usize,
    /// From the left.
    pub column: usize,
    /// Side as a part of the cell's, from [`icon_side`].
    pub side: f64,
    /// The icon.
    pub picture: Thumbnail,
    /// What a pointer resting on it shows.
    pub tip: String,
}

/// The side of an icon as a part of its cell's: the area grows as the number of images, the fullest cell's icon fills it, and none is
/// smaller than three tenths.
pub fn icon_side(n_images: usize, n_most: usize) -> f64 {
    (n_images as f64 / n_most.max(1) as f64).sqrt().clamp(SMALLEST, 1.0)
}

impl AtlasMap {
    /// Draws it, `width` pixels wide.
    pub fn figure(&self, width: f64) -> Figure {
        let top = TEXT_PX + 10.0;
        let cell = width / self.n_cells.max(1) as f64;
        let mut canvas = Canvas::default();
        canvas.text("strong", (0.0, TEXT_PX), Anchor::Start, &self.title);
        for (x, y) in &self.points {
            canvas.dot("quiet", (x * width, top + y * width), 1.1, "");
        }
        for icon in &self.icons {
            let side = icon.side * cell * 0.97;
            let centre = ((icon.column as f64 + 0.5) * cell, top + (icon.row as f64 + 0.5) * cell);
            let area = Area { left: centre.0 - side / 2.0, top: centre.1 - side / 2.0, width: side, height: side };
            canvas.photograph(area, icon.picture.uri(), &icon.tip);
        }
        canvas.finish(width, top + width, self.description.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimuli::Image;

    #[test]
    fn the_fullest_cell_is_filled_and_a_quarter_as_many_images_have_half_the_side() {
        assert_eq!((icon_side(8, 8), icon_side(2, 8), icon_side(1, 1000)), (1.0, 0.5, 0.3));
    }

    #[test]
    fn an_icon_stands_in_the_middle_of_its_cell() {
        let picture = Thumbnail::of(&Image::filled(4, 4, [9, 9, 9]).unwrap()).unwrap();
        let icon = AtlasIcon { row: 1, column: 2, side: 0.5, picture, tip: "12 images".to_owned() };
        let map = AtlasMap {
            description: String::new(),
            title: "a".to_owned(),
            n_cells: 4,
            icons: vec![icon],
            points: vec![(0.5, 0.5)],
        };
        // Cells of 100 pixels: the middle of the third is at 250, the icon 48.5 wide.
        let svg = map.figure(400.0).inline();
        assert!(svg.contains("x=\"225.75\"") && svg.contains("width=\"48.5\""), "{svg}");
        assert!(svg.contains("12 images") && svg.matches("<circle").count() == 1);
    }
}
