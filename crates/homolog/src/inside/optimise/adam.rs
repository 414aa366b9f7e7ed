//! Adam, upwards.

use burn::tensor::Tensor;

/// Decay of the mean of gradients.
const BETA_1: f64 = 0.9;
/// Decay of the mean of their squares.
const BETA_2: f64 = 0.999;
/// Keeps a division finite.
const EPSILON: f64 = 1e-8;

/// The state of Adam for some parameters.
///
/// # Reference
/// Kingma D P, Ba J (2015). Adam: a method for stochastic optimization. ICLR. arXiv 1412.6980, algorithm 1, with the sign that
/// maximises.
#[derive(Clone, Debug)]
pub(super) struct Adam {
    /// Steps taken.
    pub(super) n_steps: usize,
    pub(super) means: Vec<Tensor<1>>,
    pub(super) squares: Vec<Tensor<1>>,
}

impl Adam {
    pub(super) fn new(parameters: &[Tensor<1>]) -> Self {
        let zeros = || parameters.iter().map(Tensor::zeros_like).collect();
        Self { n_steps: 0, means: zeros(), squares: zeros() }
    }

    /// The parameters after one step of this rate.
    pub(super) fn step(&mut self, parameters: Vec<Tensor<1>>, gradients: Vec<Tensor<1>>, rate: f64) -> Vec<Tensor<1>> {
        self.n_steps += 1;
        let n_steps = i32::try_from(self.n_steps).unwrap_or(i32::MAX);
        let (whole_mean, whole_square) = (1.0 - BETA_1.powi(n_steps), 1.0 - BETA_2.powi(n_steps));
        let states = self.means.iter_mut().zip(&mut self.squares);
        let pairs = parameters.into_iter().zip(gradients);
        pairs
            .zip(states)
            .map(|((parameter, gradient), (mean, square))| {
                *mean = mean.clone().mul_scalar(BETA_1) + gradient.clone().mul_scalar(1.0 - BETA_1);
                *square = square.clone().mul_scalar(BETA_2) + gradient.square().mul_scalar(1.0 - BETA_2);
                let spread = square.clone().div_scalar(whole_square).sqrt().add_scalar(EPSILON);
                parameter + (mean.clone() / spread).mul_scalar(rate / whole_mean)
            })
            .collect()
    }
}
