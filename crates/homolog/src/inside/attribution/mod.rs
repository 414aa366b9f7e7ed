//! Attribution: which pixels a number that a network computes owes to.
//!
//! The number is any [`Objective`](super::objective::Objective): a logit, a unit, a channel, a stage, or a unit of a read-out that
//! was fitted to a neuron ([`crate::network::readout`]). Maps belong to the network's own input, after preprocessing.
//!
//! | file | what is there |
//! |---|---|
//! | `method.rs` | the methods by name |
//! | `gradient.rs`, `quadrature.rs` | gradients of many inputs; integrated gradients; `SmoothGrad` |
//! | `grad_cam.rs` | Grad-CAM of any convolutional stage |
//! | `walk.rs` | from the objective back to the image node by node, with a rule at each |
//! | `rectifier.rs` | deconvnet and guided backpropagation, on the walk |
//! | [`lrp`] | layer-wise relevance propagation, on the walk |
//! | `baseline.rs` | the image without information that others compare with |
//! | `forward.rs`, `occlusion.rs`, `rise.rs` | methods that only look at the objective for changed images |
//! | `curve.rs` | deletion and insertion curves |
//! | [`randomisation`], [`similarity`] | whether a map depends on the weights |
//! | [`picture`] | maps as pictures |
//!
//! Start at [`Attributor`].

mod baseline;
mod curve;
mod error;
mod forward;
mod grad_cam;
mod gradient;
pub mod lrp;
mod method;
mod occlusion;
pub mod picture;
mod quadrature;
pub mod randomisation;
mod rectifier;
mod rise;
pub mod similarity;
#[cfg(test)]
mod tests;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::{Device, Tensor};
use ndarray::{Array2, Array3, Axis};

pub use baseline::Baseline;
pub use curve::{CurveKind, PixelCurve};
pub use error::AttributionError;
pub use grad_cam::StageMap;
pub use method::{METHODS, Method, Settings};

use self::forward::Forward;
use self::lrp::Conservation;
use self::walk::Walk;
use super::objective::Aim;
use crate::network::checked::Network;
use crate::network::engine::Engine;
use crate::network::engine::burn::{Burn, BurnNetwork};
use crate::network::value::Ranked;
use crate::progress::Cancel;
use crate::recording::record::Resources;

/// Attributes objectives of one network to images.
pub struct Attributor<'a> {
    network: &'a Network,
    /// Runs changed images forward.
    engine: &'a dyn Engine,
    /// Runs images forward and backward.
    burn: Burn,
    resources: Resources,
    cancel: &'a Cancel,
    /// Channels, height and width of the network's input.
    size: [usize; 3],
    /// What images are compared with; each method's own where none was chosen.
    baseline: Option<Baseline>,
    workers: Vec<BurnNetwork>,
    walk: Option<(Vec<String>, Walk)>,
    forward: Option<Forward>,
}

/// A map, the number that it is of, and what its sum should have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// The objective for the image.
    pub objective: f64,
    /// (channel, height, width) over the network's input; one channel for Grad-CAM, occlusion and RISE.
    pub map: Array3<f32>,
    /// What the method says about its own sum.
    pub balance: Balance,
    /// Grad-CAM's map at the size of its stage.
    pub stage_map: Option<StageMap>,
}

/// What a method's sum over the map should be.
#[derive(Clone, Debug, PartialEq)]
pub enum Balance {
    /// Nothing in particular.
    NotStated,
    /// Integrated gradients: the objective less that of the baseline.
    Completeness {
        /// The objective for the baseline.
        at_baseline: f64,
        /// The map's sum less (objective - `at_baseline`).
        gap: f64,
    },
    /// Relevance propagation.
    Conservation(Conservation),
}

impl Attribution {
    /// The sum over the map.
    pub fn sum(&self) -> f64 {
        self.map.iter().copied().map(f64::from).sum()
    }

    /// The map summed over channels: (height, width).
    pub fn plane(&self) -> Array2<f64> {
        self.map.mapv(f64::from).sum_axis(Axis(0))
    }
}

impl<'a> Attributor<'a> {
    /// Ready for objectives of `network`. Methods that only look at the objective for changed images run on `engine`, and those
    /// that take gradients on `burn`.
    ///
    /// # Errors
    /// [`AttributionError::NotImages`], [`AttributionError::FixedBatch`].
    pub fn new(
        network: &'a Network,
        engine: &'a dyn Engine,
        burn: &Burn,
        resources: Resources,
        cancel: &'a Cancel,
    ) -> Result<Self, AttributionError> {
        let shape = network.stimulus_shape();
        let name = || network.graph().name.clone();
        let refused = |_| AttributionError::NotImages { network: name(), shape: shape.clone() };
        let size = <[usize; 3]>::try_from(shape.as_slice()).map_err(refused)?;
        if let Some(n_images) = network.fixed_batch().filter(|n_images| *n_images != 1) {
            return Err(AttributionError::FixedBatch { network: name(), n_images });
        }
        let (burn, workers, walk, forward) = (burn.clone(), Vec::new(), None, None);
        Ok(Self { network, engine, burn, resources, cancel, size, baseline: None, workers, walk, forward })
    }

    /// With this baseline for integrated gradients, occlusion, RISE and both curves.
    ///
    /// Without one it is [`Baseline::Zero`], and insertion starts from the blurred image of RISE's code.
    #[must_use]
    pub fn with_baseline(self, baseline: Baseline) -> Self {
        Self { baseline: Some(baseline), ..self }
    }

    /// The baseline of an input.
    fn baseline_of(&self, input: &Array3<f32>) -> Result<Array3<f32>, AttributionError> {
        self.baseline.as_ref().unwrap_or(&Baseline::Zero).of(input)
    }

    /// The objective `aim` for `input`, attributed to it by `method`.
    ///
    /// `input`: (channel, height, width), preprocessed.
    ///
    /// # Errors
    /// An input of another size, a method that the network does not allow, a budget too small, [`AttributionError::Cancelled`];
    /// [`AttributionError::NotFinite`] instead of a map with numbers that are not finite.
    pub fn attribute(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        method: &Method,
    ) -> Result<Attribution, AttributionError> {
        self.check(aim, input)?;
        method.check()?;
        // Burn reports mistakes in shapes by panicking; none is known to be left.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.attribute_unguarded(aim, input, method)));
        let objective = || aim.name().to_owned();
        let attribution = outcome.unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            let said = said.unwrap_or_default();
            Err(AttributionError::Panicked { method: method.name(), objective: objective(), said })
        })?;
        if attribution.objective.is_finite() && attribution.map.iter().all(|value| value.is_finite()) {
            Ok(attribution)
        } else {
            Err(AttributionError::NotFinite { method: method.name(), objective: objective() })
        }
    }

    fn attribute_unguarded(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        method: &Method,
    ) -> Result<Attribution, AttributionError> {
        let plain = |(objective, map): (f64, Array3<f32>)| Attribution {
            objective,
            map,
            balance: Balance::NotStated,
            stage_map: None,
        };
        match method {
            Method::Gradient => self.gradient(aim, input).map(plain),
            Method::InputTimesGradient => {
                let (objective, gradient) = self.gradient(aim, input)?;
                Ok(plain((objective, gradient * input)))
            }
            Method::SmoothGrad { n_samples, noise, seed } => {
                self.smooth_gradient(aim, input, *n_samples, *noise, *seed).map(plain)
            }
            Method::IntegratedGradients { n_steps } => self.integrated_gradients(aim, input, *n_steps),
            Method::GradCam { stage } => self.grad_cam(aim, input, stage.as_deref()),
            Method::Occlusion { window, stride } => self.occlusion(aim, input, *window, *stride).map(plain),
            Method::Rise { n_masks, n_cells, shown, seed } => self
                .rise(aim, input, &rise::Masks { n_masks: *n_masks, n_cells: *n_cells, shown: *shown, seed: *seed })
                .map(plain),
            Method::Deconvnet | Method::GuidedBackpropagation => {
                let walk = self.walk(aim)?;
                rectifier::rectified(walk, aim, input, method).map(plain)
            }
            Method::Lrp(composite) => {
                let walk = self.walk(aim)?;
                let (objective, map, conservation) = lrp::propagate(walk, aim, input, composite)?;
                let balance = Balance::Conservation(conservation);
                Ok(Attribution { objective, map, balance, stage_map: None })
            }
        }
    }

    fn check(&self, aim: &Aim, input: &Array3<f32>) -> Result<(), AttributionError> {
        if aim.is_about_several_images() {
            return Err(AttributionError::SeveralImages { objective: aim.name().to_owned() });
        }
        if input.shape() != self.size {
            let (found, needed) = (input.shape().to_vec(), self.size.to_vec());
            return Err(AttributionError::InputShape { found, needed });
        }
        if self.cancel.is_cancelled() { Err(AttributionError::Cancelled) } else { Ok(()) }
    }

    /// The walk back from an objective, as the last one where that was from the same values.
    fn walk(&mut self, aim: &Aim) -> Result<&mut Walk, AttributionError> {
        self.side_by_side(aim)?;
        let kept = self.walk.take().filter(|(taps, _)| taps == aim.taps());
        let ready = match kept {
            Some(ready) => ready,
            None => (aim.taps().to_vec(), Walk::new(self.network, aim.taps(), &self.burn)?),
        };
        Ok(&mut self.walk.insert(ready).1)
    }

    /// How many images' gradients the memory allows side by side.
    fn side_by_side(&self, aim: &Aim) -> Result<usize, AttributionError> {
        let graph = self.network.graph();
        let plan = self.network.single_plan();
        let values: u64 = plan
            .needed_nodes(graph, aim.taps())
            .into_iter()
            .filter_map(|index| graph.nodes.get(index))
            .flat_map(|node| &node.outputs)
            .filter_map(|value| plan.facts.get(value))
            .map(|fact| 4 * fact.n_elements() as u64)
            .sum();
        let weights: u64 = graph.parameters.values().map(|one| 4 * one.n_elements() as u64).sum();
        let pixels = 4 * self.size.iter().product::<usize>() as u64;
        // Every value on the way has a gradient and a buffer; the image and the sums over it have some ten copies.
        let each = weights + 3 * values + 10 * pixels;
        let budget = self.resources.memory_bytes.saturating_sub(weights + (64 << 20));
        let n = usize::try_from(budget / each.max(1)).unwrap_or(usize::MAX);
        if n == 0 {
            let needed = each + weights + (64 << 20);
            return Err(AttributionError::BudgetTooSmall { budget: self.resources.memory_bytes, needed });
        }
        Ok(n)
    }
}

/// The input as the network takes it, for one image.
fn uploaded(input: &Array3<f32>, device: &Device) -> Tensor<4> {
    let (n_channels, height, width) = input.dim();
    let elements = input.iter().copied().collect();
    Ranked::from_elements(&[1, n_channels, height, width], elements, device).into_rank()
}

/// The elements as (channel, height, width).
fn array_of(value: Ranked, dim: (usize, usize, usize)) -> Array3<f32> {
    let elements = walk::untracked(value).into_elements().unwrap_or_default();
    // An empty result would be a mistake; it is caught as not finite.
    Array3::from_shape_vec(dim, elements).unwrap_or_else(|_| Array3::from_elem(dim, f32::NAN))
}
