//! A compositional pattern-producing network: from a position to a colour.

use burn::tensor::{Device, Tensor};

use super::{ImageShape, narrow};
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;

/// Units of each hidden layer, as in lucid.
const N_HIDDEN: usize = 24;

/// Hidden layers, as in lucid.
const N_LAYERS: usize = 8;

/// The network's constants: lucid's `cppn`, whose activation gives atan(x) / .67 and (atan(x)² - .45) / .396 of each unit.
#[derive(Debug)]
pub(super) struct Cppn {
    shape: ImageShape,
    /// Positions from -√3 to √3 in both directions: (1, height × width, 2).
    positions: Tensor<3>,
}

impl Cppn {
    pub(super) fn new(shape: ImageShape, device: &Device) -> Self {
        let ImageShape { height, width, .. } = shape;
        let root = 3.0_f64.sqrt();
        let along = |place: usize, n: usize| narrow(root * (2.0 * place as f64 / (n.max(2) - 1) as f64 - 1.0));
        let pairs = (0..height).flat_map(|y| (0..width).flat_map(move |x| [along(y, height), along(x, width)]));
        let positions = Ranked::from_elements(&[1, height * width, 2], pairs.collect(), device).into_rank();
        Self { shape, positions }
    }

    /// Inputs and outputs of each layer.
    fn layers(&self) -> Vec<(usize, usize)> {
        let hidden = std::iter::once((2, N_HIDDEN)).chain(std::iter::repeat_n((2 * N_HIDDEN, N_HIDDEN), N_LAYERS - 1));
        hidden.chain(std::iter::once((2 * N_HIDDEN, self.shape.n_channels))).collect()
    }

    /// Weights, then offsets, of each layer.
    pub(super) fn sizes(&self) -> Vec<usize> {
        let n = self.shape.n_images;
        self.layers().into_iter().flat_map(|(n_in, n_out)| [n * n_in * n_out, n * n_out]).collect()
    }

    /// Normal weights of variance 1 / inputs, offsets of 0; of the last layer all are 0, so that the image starts grey.
    pub(super) fn start(&self, random: &mut Random) -> Vec<Vec<f32>> {
        let (n, layers) = (self.shape.n_images, self.layers());
        let mut parameters = Vec::new();
        for (place, (n_in, n_out)) in layers.iter().enumerate() {
            let spread = if place + 1 == layers.len() { 0.0 } else { 1.0 / (*n_in as f64).sqrt() };
            parameters.push((0..n * n_in * n_out).map(|_| narrow(spread * random.normal())).collect());
            parameters.push(vec![0.0; n * n_out]);
        }
        parameters
    }

    /// The colour at every position, before the sigmoid.
    pub(super) fn images(&self, parameters: &[Tensor<1>]) -> Tensor<4> {
        let ImageShape { n_images, n_channels, height, width } = self.shape;
        let layers = self.layers();
        let mut x = self.positions.clone().expand([n_images, height * width, 2]);
        for (place, (pair, (n_in, n_out))) in parameters.chunks_exact(2).zip(&layers).enumerate() {
            let [weight, offset] = pair else { continue };
            let weight = weight.clone().reshape([n_images, *n_in, *n_out]);
            x = x.matmul(weight) + offset.clone().reshape([n_images, 1, *n_out]);
            if place + 1 < layers.len() {
                let bent = x.atan();
                let squared = bent.clone().square().sub_scalar(0.45).div_scalar(0.396);
                x = Tensor::cat(vec![bent.div_scalar(0.67), squared], 2);
            }
        }
        x.swap_dims(1, 2).reshape([n_images, n_channels, height, width])
    }
}
