//! Colours mixed and bounded by a sigmoid in one pass, for the processor.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::network::op::host::{Gradient, Numbers, record_if_taped};
use crate::network::value::Ranked;

/// From the parameters' colours to red, green and blue; none where they are the image's own.
type Mixing = Option<[[f32; 3]; 3]>;

/// Pixels of one channel that are made at once.
const PIECE: usize = 4096;

/// sigmoid(mixing · raw) of images (n_images, channel, height, width), of three channels where they are mixed.
pub(super) fn painted(raw: Ranked, mixing: Mixing) -> Tensor<4> {
    let shape = raw.shape();
    let n_pixels = shape.iter().rev().take(2).product();
    let run = |raw: &[f32]| {
        let mut images = vec![0.0; raw.len()];
        combined(raw, &mut images, n_pixels, mixing, |sum| 1.0 / (1.0 + (-sum).exp()));
        let images = Numbers::new(images, &shape);
        (images.clone(), Painted { images, n_pixels, mixing })
    };
    record_if_taped(raw, run).into_rank()
}

/// For each number of `to`, `change` of the sum over its pixel's channels in `from` by a row of `mixing`.
fn combined(from: &[f32], to: &mut [f32], n_pixels: usize, mixing: Mixing, change: impl Fn(f32) -> f32 + Sync) {
    let n_pixels = n_pixels.max(1);
    to.par_chunks_mut(n_pixels).enumerate().for_each(|(plane, to)| {
        to.par_chunks_mut(PIECE).enumerate().for_each(|(piece, to)| {
            let first = plane * n_pixels + piece * PIECE;
            let Some(mixing) = mixing else {
                to.iter_mut().zip(&from[first..]).for_each(|(to, from)| *to = change(*from));
                return;
            };
            let (channel, image) = (plane % 3, plane / 3 * 3 * n_pixels + piece * PIECE);
            let [red, green, blue] = [0, 1, 2].map(|channel| &from[image + channel * n_pixels..][..to.len()]);
            let [by_red, by_green, by_blue] = mixing[channel];
            for (place, to) in to.iter_mut().enumerate() {
                let sum = by_red * red[place] + by_green * green[place] + by_blue * blue[place];
                *to = change(sum);
            }
        });
    });
}

/// What is kept for the gradient.
#[derive(Clone, Debug)]
struct Painted {
    images: Numbers,
    n_pixels: usize,
    mixing: Mixing,
}

impl Gradient for Painted {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        let images = self.images.as_slice();
        let mut of_sums = of_output.into_vec();
        of_sums.par_chunks_mut(PIECE).zip(images.par_chunks(PIECE)).for_each(|(of_sums, images)| {
            of_sums.iter_mut().zip(images).for_each(|(of_sum, image)| *of_sum *= image * (1.0 - image));
        });
        let Some(mixing) = self.mixing else { return of_sums };
        let transposed = [0, 1, 2].map(|row| [0, 1, 2].map(|column: usize| mixing[column][row]));
        let mut of_raw = vec![0.0; of_sums.len()];
        combined(&of_sums, &mut of_raw, self.n_pixels, Some(transposed), |sum| sum);
        of_raw
    }
}
