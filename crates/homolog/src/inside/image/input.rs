//! From an image in [0, 1] to the network's input, as differentiable operations.

use burn::tensor::{Device, Int, Tensor};
use ndarray::{Array3, ArrayView2, ArrayView3};
use rayon::prelude::*;

use crate::network::op::host::{Gradient, Numbers, is_here, record_if_taped};
use crate::network::value::Ranked;
use crate::stimuli::{ChannelOrder, Preprocessing, Scale};

use super::narrow;

/// What a preprocessing recipe does to the colours: the order of the channels, a factor and an offset for each.
#[derive(Clone, Debug, PartialEq)]
pub struct InputMap {
    order: Vec<usize>,
    gain: Vec<f32>,
    offset: Vec<f32>,
}

impl InputMap {
    /// The image as it is, for networks whose input has another number of channels than three.
    pub fn unchanged(n_channels: usize) -> Self {
        Self { order: (0..n_channels).collect(), gain: vec![1.0; n_channels], offset: vec![0.0; n_channels] }
    }

    /// What `preprocessing` does to the colours of a three-channel image; its changes of size do not apply.
    pub fn of(preprocessing: &Preprocessing) -> Self {
        let white = match preprocessing.scale {
            Scale::ZeroToOne => 1.0,
            Scale::ZeroTo255 => 255.0,
        };
        let order = match preprocessing.channels {
            ChannelOrder::Rgb => vec![0, 1, 2],
            ChannelOrder::Bgr => vec![2, 1, 0],
        };
        let pairs = preprocessing.mean.iter().zip(&preprocessing.std);
        let gain = preprocessing.std.iter().map(|std| narrow(white / std)).collect();
        Self { order, gain, offset: pairs.map(|(mean, std)| narrow(-mean / std)).collect() }
    }

    /// The input for images (n_images, channel, height, width) in [0, 1].
    pub fn apply(&self, images: Tensor<4>) -> Tensor<4> {
        let images = Ranked::R4(images);
        if is_here(&images) {
            let shape = images.shape();
            let n_pixels = shape.iter().rev().take(2).product::<usize>().max(1);
            let mapped = Mapped { map: self.clone(), n_pixels };
            let run = |images: &[f32]| (Numbers::new(mapped.of_images(images), &shape), mapped.clone());
            return record_if_taped(images, run).into_rank();
        }
        self.apply_by_engine(images.into_rank())
    }

    fn apply_by_engine(&self, images: Tensor<4>) -> Tensor<4> {
        let device = images.device().inner();
        let is_in_order = self.order.iter().enumerate().all(|(place, from)| place == *from);
        let images = if is_in_order { images } else { images.select(1, self.order_on(&device)) };
        let along = |numbers: &[f32]| -> Tensor<4> {
            Ranked::from_elements(&[1, numbers.len(), 1, 1], numbers.to_vec(), &device).into_rank()
        };
        images * along(&self.gain) + along(&self.offset)
    }

    /// The input (channel, height, width) for one image in grey, (height, width) in [0, 1], the same in every channel.
    pub fn of_grey(&self, grey: ArrayView2<'_, f32>) -> Array3<f32> {
        let (height, width) = grey.dim();
        Array3::from_shape_fn((self.gain.len(), height, width), |(channel, y, x)| {
            grey[[y, x]] * self.gain[channel] + self.offset[channel]
        })
    }

    /// The input for one image (channel, height, width) in [0, 1], which has as many channels as the map.
    pub fn of_image(&self, image: ArrayView3<'_, f32>) -> Array3<f32> {
        let (_, height, width) = image.dim();
        Array3::from_shape_fn((self.gain.len(), height, width), |(channel, y, x)| {
            image[[self.order[channel], y, x]] * self.gain[channel] + self.offset[channel]
        })
    }

    /// Channels of the input.
    pub fn n_channels(&self) -> usize {
        self.gain.len()
    }

    /// Which of the image's channels each of the input's is made of.
    pub(crate) fn order(&self) -> &[usize] {
        &self.order
    }

    /// The factor of each of the input's channels.
    pub(crate) fn gain(&self) -> &[f32] {
        &self.gain
    }

    /// What is added to each.
    pub(crate) fn offset(&self) -> &[f32] {
        &self.offset
    }

    fn order_on(&self, device: &Device) -> Tensor<1, Int> {
        let order: Vec<i64> = self.order.iter().map(|from| i64::try_from(*from).unwrap_or(0)).collect();
        Ranked::from_integers(&[order.len()], order, device).into_rank()
    }
}

/// A map in one pass, for the processor.
#[derive(Clone, Debug)]
struct Mapped {
    map: InputMap,
    n_pixels: usize,
}

impl Mapped {
    fn of_images(&self, images: &[f32]) -> Vec<f32> {
        let InputMap { order, gain, offset } = &self.map;
        let mut input = vec![0.0; images.len()];
        input.par_chunks_mut(self.n_pixels).enumerate().for_each(|(plane, input)| {
            let channel = plane % order.len();
            let from = (plane - channel + order[channel]) * self.n_pixels;
            let (gain, offset) = (gain[channel], offset[channel]);
            input.iter_mut().zip(&images[from..]).for_each(|(input, value)| *input = value * gain + offset);
        });
        input
    }
}

impl Gradient for Mapped {
    fn of_input(self, of_output: Numbers) -> Vec<f32> {
        let InputMap { order, gain, .. } = &self.map;
        let of_inputs = of_output.as_slice();
        let mut of_images = vec![0.0; of_inputs.len()];
        of_images.par_chunks_mut(self.n_pixels).enumerate().for_each(|(plane, of_image)| {
            let from = plane % order.len();
            for channel in (0..order.len()).filter(|channel| order[*channel] == from) {
                let of_input = &of_inputs[(plane - from + channel) * self.n_pixels..];
                of_image.iter_mut().zip(of_input).for_each(|(sum, of_input)| *sum += of_input * gain[channel]);
            }
        });
        of_images
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inside::host_check::assert_same;

    #[test]
    fn one_pass_is_what_the_engine_does() {
        let map = |order: &[usize]| InputMap {
            order: order.to_vec(),
            gain: vec![255.0, 0.5, -3.0],
            offset: vec![-104.0, 0.0, 0.25],
        };
        for map in [map(&[0, 1, 2]), map(&[2, 1, 0]), map(&[1, 1, 2]), InputMap::unchanged(5)] {
            let shape = [2, map.n_channels(), 4, 3];
            assert_same(shape, &|images| map.apply(images), &|images| map.apply_by_engine(images));
        }
    }
}
