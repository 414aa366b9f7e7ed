//! A classifier and its passes: logits of an image, and gradients at it.

use burn::tensor::Tensor;
use ndarray::Array3;

use super::SynthesisError;
use crate::inside::image::{InputMap, to_host};
use crate::inside::objective::{Readout, logits_of};
use crate::inside::transform::View;
use crate::network::checked::Network;
use crate::network::engine::EngineError;
use crate::network::engine::burn::{Burn, BurnNetwork};
use crate::network::value::{Ranked, Value};
use crate::stimuli::generate::Random;

/// A network that gives a number for each class.
#[derive(Clone, Debug)]
pub struct Classifier<'a> {
    /// The network.
    pub network: &'a Network,
    /// From images in [0, 1] to its input.
    pub input: InputMap,
    /// What the network is, such as the hash of its weights: part of what determines a kept result.
    pub identity: String,
    /// What runs it.
    pub burn: Burn,
    logits: String,
    n_classes: usize,
    shape: [usize; 3],
}

impl<'a> Classifier<'a> {
    /// A network whose output is a number for each class, before or after a softmax.
    ///
    /// # Errors
    /// [`SynthesisError::NotAClassifier`], or an input that is no image.
    pub fn new(network: &'a Network, input: InputMap, identity: String, burn: Burn) -> Result<Self, SynthesisError> {
        let name = || network.graph().name.clone();
        let (logits, n_classes) = match logits_of(network)? {
            Readout::Classes { logits, n_classes } => (logits, n_classes),
            Readout::Other { shape } => return Err(SynthesisError::NotAClassifier { network: name(), shape }),
        };
        let shape = network.stimulus_shape();
        let shape = <[usize; 3]>::try_from(shape.as_slice())
            .map_err(|_| crate::inside::InsideError::NotImages { network: name(), shape })?;
        Ok(Self { network, input, identity, burn, logits, n_classes, shape })
    }

    /// The name of the value that has a number for each class, before any softmax.
    pub fn logits(&self) -> &str {
        &self.logits
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// (channel, height, width) of the images that it takes.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// The class of an image (channel, height, width) in [0, 1], resampled to the network's size where it has another.
    ///
    /// # Errors
    /// The engine's.
    pub fn class_of(&self, image: &Array3<f32>) -> Result<usize, SynthesisError> {
        Ok(largest(&self.passes().logits(image)?))
    }

    /// The network made ready to run.
    pub(super) fn passes(&self) -> Passes<'_> {
        Passes { classifier: self, burn: self.burn.with_gradients(self.network) }
    }
}

/// A number to be raised, and its slope along each logit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Loss {
    pub(super) value: f64,
    pub(super) slope: Vec<f64>,
}

/// One run forward and backward.
pub(super) struct Pass {
    pub(super) logits: Vec<f32>,
    pub(super) loss: f64,
    /// Of the loss at the image.
    pub(super) gradient: Array3<f32>,
}

impl Pass {
    pub(super) fn is_finite(&self) -> bool {
        self.loss.is_finite() && self.gradient.iter().all(|slope| slope.is_finite())
    }
}

/// A classifier on a device, used by one thread.
pub(super) struct Passes<'a> {
    pub(super) classifier: &'a Classifier<'a>,
    burn: BurnNetwork,
}

impl Passes<'_> {
    /// The logits for one image.
    pub(super) fn logits(&mut self, image: &Array3<f32>) -> Result<Vec<f32>, SynthesisError> {
        let images = self.uploaded(&[image]);
        let [_, height, width] = self.classifier.shape;
        let whole = View::Whole.apply(images, [height, width], &mut Random::new(0));
        Ok(elements(self.forward(whole)?))
    }

    /// The loss that `of` makes of the logits, and its gradient at the image.
    pub(super) fn pass(
        &mut self,
        image: &Array3<f32>,
        of: impl FnOnce(&[f32]) -> Loss,
    ) -> Result<Pass, SynthesisError> {
        let leaf = self.uploaded(&[image]).autodiff().require_grad();
        let logits = self.forward(leaf.clone())?;
        let numbers = elements(logits.clone());
        let Loss { value, slope } = of(&numbers);
        let gradient = gradients(&leaf, logits, slope).pop();
        Ok(Pass { gradient: gradient.unwrap_or_else(|| Array3::zeros(image.dim())), logits: numbers, loss: value })
    }

    /// The logits, and the gradient at the image of each row's product with them. The rows are run as one batch.
    pub(super) fn jacobian(
        &mut self,
        image: &Array3<f32>,
        rows: &[Vec<f64>],
    ) -> Result<(Vec<f32>, Vec<Array3<f32>>), SynthesisError> {
        let leaf = self.uploaded(&vec![image; rows.len()]).autodiff().require_grad();
        let logits = self.forward(leaf.clone())?;
        let mut numbers = elements(logits.clone());
        numbers.truncate(self.classifier.n_classes);
        Ok((numbers, gradients(&leaf, logits, rows.concat())))
    }

    fn uploaded(&self, images: &[&Array3<f32>]) -> Tensor<4> {
        let (n_channels, height, width) = images.first().map_or((0, 0, 0), |image| image.dim());
        let elements: Vec<f32> = images.iter().flat_map(|image| image.iter().copied()).collect();
        Ranked::from_elements(&[images.len(), n_channels, height, width], elements, self.burn.device()).into_rank()
    }

    fn forward(&mut self, images: Tensor<4>) -> Result<Tensor<2>, SynthesisError> {
        let n_images = images.dims()[0];
        let input = Ranked::R4(self.classifier.input.apply(images));
        let taps = [self.classifier.logits.clone()];
        let tapped = self.burn.tap(input, &taps, &[])?;
        match tapped.values.into_values().next() {
            Some(Value::Float(logits)) => Ok(logits.reshape(&[n_images, self.classifier.n_classes]).into_rank::<2>()),
            _ => Err(EngineError::OutputCount { engine: "burn" }.into()),
        }
    }
}

fn elements(logits: Tensor<2>) -> Vec<f32> {
    Ranked::R2(logits.without_autodiff()).into_elements().unwrap_or_default()
}

/// The gradient at each image of the sum of products.
fn gradients(leaf: &Tensor<4>, logits: Tensor<2>, slopes: Vec<f64>) -> Vec<Array3<f32>> {
    let device = leaf.device().inner();
    let slopes = slopes.into_iter().map(crate::inside::image::narrow).collect();
    let weights: Tensor<2> = Ranked::from_elements(&logits.dims(), slopes, &device).into_rank();
    let gradients = (logits * weights).sum().backward();
    leaf.grad(&gradients).map(to_host).unwrap_or_default()
}

/// The class with the largest number; the first of equal ones.
pub(super) fn largest(logits: &[f32]) -> usize {
    let mut best = 0;
    for (class, logit) in logits.iter().enumerate() {
        if logits.get(best).is_some_and(|largest| logit > largest) {
            best = class;
        }
    }
    best
}
