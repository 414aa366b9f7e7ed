//! What the network is shown of an image: shifted, scaled, turned, cropped; always at the network's own size.

use burn::tensor::{Device, Int, Tensor};

use super::roll::Roll;
use crate::inside::image::{narrow, resampled};
use crate::network::op::host::is_here;
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;

/// The grey outside of an image.
const OUTSIDE: f32 = 0.5;

/// How an image becomes the network's image.
///
/// Where image and network differ in size, the whole image is resampled to the network's size (bilinear), but for
/// [`Rolled`](Self::Rolled), which repeats it, and [`Crops`](Self::Crops).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View {
    /// The whole image, unchanged where the sizes agree.
    Whole,
    /// Shifted around its edges by up to so many pixels.
    Rolled {
        /// The largest shift either way.
        jitter_px: usize,
    },
    /// lucid's transformations, in one bilinear resampling: shifted by up to 4 pixels, scaled by .9 to 1.1, turned by up to
    /// 10 degrees (not turned at 6 of 26 times), shifted by up to 2 pixels, on grey.
    ///
    /// # Reference
    /// lucid's `standard_transforms`: pad 12, jitter 8, scale 1 + (i - 5) / 50, rotate -10 … 10 and 5 times 0, jitter 4. There
    /// each is a resampling of its own, and the padding's edge can come into view.
    Robust,
    /// Random crops of .9 to 1.1 times the network's size (or the whole image, where it is smaller), with noise.
    ///
    /// # Reference
    /// Fel T et al. (2023), arXiv 2306.06805, whose crops of .20 to .25 of an image of 1000 pixels are of such a size.
    Crops {
        /// How many at once.
        n_crops: usize,
        /// Standard deviation of the noise added to each pixel of the range 0 to 1.
        noise: f32,
    },
}

impl View {
    /// How many images the network is shown for each.
    pub fn n_views(&self) -> usize {
        match self {
            Self::Crops { n_crops, .. } => *n_crops,
            _ => 1,
        }
    }

    /// What the network is shown of images (n_images, channel, height, width): (n_views × n_images, channel, `size`).
    pub(crate) fn apply(self, images: Tensor<4>, size: [usize; 2], random: &mut Random) -> Tensor<4> {
        let [_, _, height, width] = images.dims();
        let from = [height, width];
        let device = images.device().inner();
        match self {
            Self::Whole if from == size => images,
            Self::Whole => resampled(images, size, &device),
            Self::Rolled { jitter_px } => {
                let mut draw = |n: usize| random.index(2 * jitter_px + 1) + n * (jitter_px / n + 1) - jitter_px;
                let roll = Roll { from, to: size, shift: [draw(height), draw(width)] };
                if is_here(&Ranked::R4(images.clone())) {
                    return roll.apply(images);
                }
                Sampling::rolled(roll).apply(images, &device)
            }
            Self::Robust => Sampling::affine(from, size, &Affine::robust(from, size, random)).apply(images, &device),
            Self::Crops { n_crops, noise } => {
                let crops = (0..n_crops).map(|_| {
                    let crop = Affine::crop(from, size, random);
                    let shown = Sampling::affine(from, size, &crop).apply(images.clone(), &device);
                    let n = shown.dims().iter().product::<usize>();
                    let numbers = (0..n).map(|_| noise * narrow(random.normal())).collect();
                    let noise: Tensor<4> = Ranked::from_elements(&shown.dims(), numbers, &device).into_rank();
                    shown + noise
                });
                Tensor::cat(crops.collect(), 0)
            }
        }
    }
}

/// From a position of the view, relative to its middle, to one of the image.
struct Affine {
    /// [[yy, yx], [xy, xx]]
    matrix: [[f64; 2]; 2],
    /// The image's position at the middle of the view.
    middle: [f64; 2],
    /// Added to the view's position before.
    shift: [f64; 2],
}

fn middle(size: [usize; 2]) -> [f64; 2] {
    size.map(|size| (size as f64 - 1.0) / 2.0)
}

impl Affine {
    /// The whole image.
    fn fitting(from: [usize; 2], to: [usize; 2]) -> Self {
        let ratio = |axis: usize| from[axis] as f64 / to[axis] as f64;
        Self { matrix: [[ratio(0), 0.0], [0.0, ratio(1)]], middle: middle(from), shift: [0.0; 2] }
    }

    fn robust(from: [usize; 2], to: [usize; 2], random: &mut Random) -> Self {
        let mut jitter = |reach: usize| [0; 2].map(|_: i32| random.index(2 * reach + 1) as f64 - reach as f64);
        let (first, last) = (jitter(4), jitter(2));
        let scale = 1.0 + (random.index(11) as f64 - 5.0) / 50.0;
        let degrees = random.index(26) as f64 - 10.0;
        let angle = if degrees > 10.0 { 0.0 } else { degrees.to_radians() };
        let whole = Self::fitting(from, to);
        let [ratio_y, ratio_x] = [whole.matrix[0][0] / scale, whole.matrix[1][1] / scale];
        Self {
            matrix: [[ratio_y * angle.cos(), ratio_y * angle.sin()], [-ratio_x * angle.sin(), ratio_x * angle.cos()]],
            middle: [whole.middle[0] + first[0], whole.middle[1] + first[1]],
            shift: last,
        }
    }

    fn crop(from: [usize; 2], to: [usize; 2], random: &mut Random) -> Self {
        let scale = random.between(0.9, 1.1);
        let side = |axis: usize| (scale * to[axis] as f64).min(from[axis] as f64);
        let (down, across) = (side(0), side(1));
        let mut place = |side: f64, axis: usize| random.between(0.0, from[axis] as f64 - side) + (side - 1.0) / 2.0;
        let middle = [place(down, 0), place(across, 1)];
        let matrix = [[down / to[0] as f64, 0.0], [0.0, across / to[1] as f64]];
        Self { matrix, middle, shift: [0.0; 2] }
    }
}

/// For each position of the view, the pixels that it is a mean of.
struct Sampling {
    size: [usize; 2],
    /// (tap, position): index into the pixels of a plane.
    indices: Vec<i64>,
    /// (tap, position), and what is added for what lies outside; none where each position is one pixel.
    weights: Option<(Vec<f32>, Vec<f32>)>,
}

impl Sampling {
    fn rolled(roll: Roll) -> Self {
        let Roll { from, to, shift } = roll;
        let row = |y: usize| (y + shift[0]) % from[0] * from[1];
        let index = |y: usize, x: usize| i64::try_from(row(y) + (x + shift[1]) % from[1]).unwrap_or(0);
        let indices = (0..to[0]).flat_map(|y| (0..to[1]).map(move |x| (y, x))).map(|(y, x)| index(y, x)).collect();
        Self { size: to, indices, weights: None }
    }

    /// Bilinear, grey outside.
    fn affine(from: [usize; 2], to: [usize; 2], affine: &Affine) -> Self {
        let n = to[0] * to[1];
        let (mut indices, mut weights, mut added) = (vec![0_i64; 4 * n], vec![0.0_f32; 4 * n], vec![0.0_f32; n]);
        let centre = middle(to);
        for place in 0..n {
            let v = (place / to[1]) as f64 - centre[0] + affine.shift[0];
            let u = (place % to[1]) as f64 - centre[1] + affine.shift[1];
            let [y, x] =
                [0, 1].map(|axis| affine.middle[axis] + affine.matrix[axis][0] * v + affine.matrix[axis][1] * u);
            let (low_y, low_x) = (y.floor(), x.floor());
            let mut inside = 0.0;
            for tap in 0..4 {
                let (dy, dx) = ((tap / 2) as f64, (tap % 2) as f64);
                let weight = (1.0 - (y - low_y - dy).abs()) * (1.0 - (x - low_x - dx).abs());
                let (row, column) = (low_y + dy, low_x + dx);
                let is_inside = row >= 0.0 && column >= 0.0 && row < from[0] as f64 && column < from[1] as f64;
                if is_inside && weight > 0.0 {
                    #[allow(clippy::cast_possible_truncation, reason = "inside the image")]
                    let index = (row * from[1] as f64 + column) as i64;
                    indices[tap * n + place] = index;
                    weights[tap * n + place] = narrow(weight);
                    inside += weight;
                }
            }
            added[place] = OUTSIDE * narrow(1.0 - inside);
        }
        Self { size: to, indices, weights: Some((weights, added)) }
    }

    fn apply(self, images: Tensor<4>, device: &Device) -> Tensor<4> {
        let [n_images, n_channels, height, width] = images.dims();
        let planes = n_images * n_channels;
        let n = self.size[0] * self.size[1];
        let indices: Tensor<1, Int> = Ranked::from_integers(&[self.indices.len()], self.indices, device).into_rank();
        let selected = images.reshape([planes, height * width]).select(1, indices);
        let shown = match self.weights {
            None => selected,
            Some((weights, added)) => {
                let weights: Tensor<3> = Ranked::from_elements(&[1, 4, n], weights, device).into_rank();
                let added: Tensor<2> = Ranked::from_elements(&[1, n], added, device).into_rank();
                (selected.reshape([planes, 4, n]) * weights).sum_dim(1).reshape([planes, n]) + added
            }
        };
        shown.reshape([n_images, n_channels, self.size[0], self.size[1]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::host_check::assert_same;

    #[test]
    fn stretches_of_rows_are_the_pixels_one_by_one() {
        for (from, to, shift) in [([5, 7], [5, 7], [3, 2]), ([4, 3], [9, 8], [1, 2]), ([6, 6], [2, 3], [5, 5])] {
            let roll = Roll { from, to, shift };
            let by_pixel = |images| Sampling::rolled(roll).apply(images, &Device::flex());
            assert_same([2, 3, from[0], from[1]], &|images| roll.apply(images), &by_pixel);
        }
    }
}
