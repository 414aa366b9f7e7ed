//! A Laplacian pyramid: images of halved sides, enlarged and added.

use burn::tensor::{Device, Tensor};

use crate::inside::bilinear::bilinear_numbers;
use crate::network::value::Ranked;

/// No level is smaller than this.
const SMALLEST_PX: usize = 7;

/// The levels, finest first.
#[derive(Debug)]
pub(super) struct Pyramid {
    levels: Vec<Level>,
    height: usize,
    width: usize,
    device: Device,
}

#[derive(Debug)]
struct Level {
    height: usize,
    width: usize,
    /// From the level's height to the image's, transposed: (level's, image's). None for the finest.
    enlarge: Option<(Tensor<2>, Tensor<2>)>,
}

impl Pyramid {
    pub(super) fn new(height: usize, width: usize, device: &Device) -> Self {
        let mut levels = vec![Level { height, width, enlarge: None }];
        let mut factor = 2;
        while height.min(width) / factor >= SMALLEST_PX {
            let (low, narrow) = (height / factor, width / factor);
            let enlarge = Some((bilinear(low, height, device), bilinear(narrow, width, device)));
            levels.push(Level { height: low, width: narrow, enlarge });
            factor *= 2;
        }
        Self { levels, height, width, device: device.clone() }
    }

    /// (height, width) of each level.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (usize, usize)> {
        self.levels.iter().map(|level| (level.height, level.width))
    }

    /// The sum of the enlarged levels.
    pub(super) fn images(&self, parameters: &[Tensor<1>], n_images: usize, n_channels: usize) -> Tensor<4> {
        let planes = n_images * n_channels;
        let mut sum: Option<Tensor<4>> = None;
        for (level, parameter) in self.levels.iter().zip(parameters) {
            let Level { height, width, enlarge } = level;
            let image = match enlarge {
                None => parameter.clone(),
                Some((down, across)) => {
                    let across = parameter.clone().reshape([planes * height, *width]).matmul(across.clone());
                    let turned = across.reshape([planes, *height, self.width]).swap_dims(1, 2);
                    let down = turned.reshape([planes * self.width, *height]).matmul(down.clone());
                    down.reshape([planes, self.width, self.height])
                        .swap_dims(1, 2)
                        .reshape([planes * self.height * self.width])
                }
            };
            let image = image.reshape([n_images, n_channels, self.height, self.width]);
            sum = Some(match sum {
                Some(sum) => sum + image,
                None => image,
            });
        }
        sum.unwrap_or_else(|| Tensor::zeros([n_images, n_channels, self.height, self.width], &self.device))
    }
}

/// Bilinear resampling as a matrix (from, to) to be multiplied from the right.
fn bilinear(from: usize, to: usize, device: &Device) -> Tensor<2> {
    Ranked::from_elements(&[from, to], bilinear_numbers(from, to), device).into_rank()
}

/// Images at another size, bilinear, pixels at the edge held beyond it.
pub(crate) fn resampled(images: Tensor<4>, [height, width]: [usize; 2], device: &Device) -> Tensor<4> {
    let [n_images, n_channels, from_height, from_width] = images.dims();
    let planes = n_images * n_channels;
    let across = images.reshape([planes * from_height, from_width]).matmul(bilinear(from_width, width, device));
    let turned = across.reshape([planes, from_height, width]).swap_dims(1, 2).reshape([planes * width, from_height]);
    let down = turned.matmul(bilinear(from_height, height, device)).reshape([planes, width, height]);
    down.swap_dims(1, 2).reshape([n_images, n_channels, height, width])
}
