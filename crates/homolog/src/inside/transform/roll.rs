//! An image shifted around its edges, for the processor: whole stretches of rows are copied.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::network::op::host::{Gradient, Numbers, record_if_taped};
use crate::network::value::Ranked;

/// Position (y, x) of the view is pixel (y + `shift`, x + `shift`) of the image, which is repeated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roll {
    /// (height, width) of the image.
    pub(super) from: [usize; 2],
    /// (height, width) of the view.
    pub(super) to: [usize; 2],
    pub(super) shift: [usize; 2],
}

impl Roll {
    /// The views (n_images, channel, `to`) of images (n_images, channel, `from`) in the processor's memory.
    pub(super) fn apply(self, images: Tensor<4>) -> Tensor<4> {
        let [n_images, n_channels, ..] = images.dims();
        let shape = [n_images, n_channels, self.to[0], self.to[1]];
        record_if_taped(Ranked::R4(images), |images| (Numbers::new(self.views(images), &shape), self)).into_rank()
    }

    fn views(self, images: &[f32]) -> Vec<f32> {
        let [size, view_size] = [self.from, self.to].map(|[height, width]| height * width);
        let mut views = vec![0.0; images.len() / size * view_size];
        views.par_chunks_mut(view_size).zip(images.par_chunks(size)).for_each(|(view, image)| {
            self.each_stretch(|at, from, n| view[at..at + n].copy_from_slice(&image[from..from + n]));
        });
        views
    }

    /// Stretches of one row that the view takes as they are: where in the view, where in the image, how many pixels.
    fn each_stretch(self, mut of: impl FnMut(usize, usize, usize)) {
        for y in 0..self.to[0] {
            let row = (y + self.shift[0]) % self.from[0] * self.from[1];
            let mut x = 0;
            while x < self.to[1] {
                let column = (x + self.shift[1]) % self.from[1];
                let n = (self.from[1] - column).min(self.to[1] - x);
                of(y * self.to[1] + x, row + column, n);
                x += n;
            }
        }
    }
}

impl Gradient for Roll {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        let [size, view_size] = [self.from, self.to].map(|[height, width]| height * width);
        let of_views = of_output.as_slice();
        let mut of_images = vec![0.0; of_views.len() / view_size * size];
        of_images.par_chunks_mut(size).zip(of_views.par_chunks(view_size)).for_each(|(of_image, of_view)| {
            self.each_stretch(|at, from, n| {
                of_image[from..from + n].iter_mut().zip(&of_view[at..at + n]).for_each(|(sum, part)| *sum += *part);
            });
        });
        of_images
    }
}
