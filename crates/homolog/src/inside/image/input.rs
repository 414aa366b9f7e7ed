//! From an image in [0, 1] to the network's input, as differentiable operations.

use burn::tensor::{Device, Int, Tensor};
use ndarray::{Array3, ArrayView2, ArrayView3};

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
