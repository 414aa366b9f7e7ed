//! Adam, upwards, in one pass over the parameters; on the host, since there are few of them wherever the network runs.

use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::inside::image::narrow;
use crate::network::value::Ranked;

/// Decay of the mean of gradients.
const BETA_1: f64 = 0.9;
/// Decay of the mean of their squares.
const BETA_2: f64 = 0.999;
/// Keeps a division finite.
const EPSILON: f32 = 1e-8;

/// Parameters that are moved at once.
const PIECE: usize = 4096;

/// The state of Adam for some parameters.
///
/// # Reference
/// Kingma D P, Ba J (2015). Adam: a method for stochastic optimization. ICLR. arXiv 1412.6980, algorithm 1, with the sign that
/// maximises.
#[derive(Clone, Debug)]
pub(super) struct Adam {
    /// Steps taken.
    pub(super) n_steps: usize,
    pub(super) means: Vec<Vec<f32>>,
    pub(super) squares: Vec<Vec<f32>>,
}

impl Adam {
    pub(super) fn new(parameters: &[Tensor<1>]) -> Self {
        let zeros = || parameters.iter().map(|numbers| vec![0.0; numbers.dims()[0]]).collect();
        Self { n_steps: 0, means: zeros(), squares: zeros() }
    }

    /// The parameters after one step of this rate.
    pub(super) fn step(&mut self, parameters: Vec<Tensor<1>>, gradients: Vec<Tensor<1>>, rate: f64) -> Vec<Tensor<1>> {
        self.n_steps += 1;
        let n_steps = i32::try_from(self.n_steps).unwrap_or(i32::MAX);
        let moved = Moved::new(n_steps, rate);
        let states = self.means.iter_mut().zip(&mut self.squares);
        let pairs = parameters.into_iter().zip(gradients);
        pairs
            .zip(states)
            .map(|((parameter, gradient), (means, squares))| {
                let device = parameter.device();
                let (mut numbers, gradient) = (on_host(parameter), on_host(gradient));
                let states = means.par_chunks_mut(PIECE).zip(squares.par_chunks_mut(PIECE));
                numbers
                    .par_chunks_mut(PIECE)
                    .zip(gradient.par_chunks(PIECE))
                    .zip(states)
                    .for_each(|((numbers, gradient), (means, squares))| moved.step(numbers, gradient, means, squares));
                Ranked::from_elements(&[numbers.len()], numbers, &device).into_rank()
            })
            .collect()
    }
}

/// The factors of one step.
struct Moved {
    whole_square: f32,
    rate: f32,
}

impl Moved {
    fn new(n_steps: i32, rate: f64) -> Self {
        Self { whole_square: narrow(1.0 - BETA_2.powi(n_steps)), rate: narrow(rate / (1.0 - BETA_1.powi(n_steps))) }
    }

    fn step(&self, numbers: &mut [f32], gradient: &[f32], means: &mut [f32], squares: &mut [f32]) {
        let [kept_mean, new_mean] = [narrow(BETA_1), narrow(1.0 - BETA_1)];
        let [kept_square, new_square] = [narrow(BETA_2), narrow(1.0 - BETA_2)];
        for (((number, gradient), mean), square) in numbers.iter_mut().zip(gradient).zip(means).zip(squares) {
            *mean = *mean * kept_mean + gradient * new_mean;
            *square = *square * kept_square + gradient * gradient * new_square;
            *number += *mean / ((*square / self.whole_square).sqrt() + EPSILON) * self.rate;
        }
    }
}

/// The numbers; not finite, which ends a run, where the device does not give them back.
fn on_host(tensor: Tensor<1>) -> Vec<f32> {
    let n = tensor.dims()[0];
    Ranked::R1(tensor).into_elements().unwrap_or_else(|| vec![f32::NAN; n])
}
