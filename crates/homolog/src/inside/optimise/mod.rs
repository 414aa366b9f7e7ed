//! The loop: from objectives to images, by Adam or L-BFGS.
//!
//! Each objective is optimised by itself from the same seed, several side by side on threads of their own: an image does not
//! depend on what else was asked for, on memory or on the number of threads, and values stay in the cache.
//!
//! A step draws its random numbers from the seed and its own number, and Adam's state is kept, so that a run that was stopped
//! and goes on is the run undisturbed, to the bit.

mod adam;
mod lbfgs_step;
mod redirected;
mod run;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use ndarray::{Array3, ArrayView4, Axis};
use sha2::{Digest, Sha256};

use self::run::Worker;
use super::InsideError;
use super::image::{Colour, ImageModel, ImageShape, InputMap, Magnitudes, Parameterisation};
use super::objective::{Aim, Objective, Reference};
use super::side_by_side::{Workers, side_by_side};
use super::transform::{Optimiser, Recipe};
use crate::network::checked::Network;
use crate::network::engine::Engine as _;
use crate::network::engine::burn::Burn;
use crate::progress::{Cancel, Progress};
use crate::recording::record::Resources;
use crate::store::{PieceKey, Store};

/// How images are optimised.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How an image is made of parameters.
    pub parameterisation: Parameterisation,
    /// What the channels of the parameters are.
    pub colour: Colour,
    /// The regularizer.
    pub recipe: Recipe,
    /// (height, width) of the image.
    pub size: [usize; 2],
    /// Images of each objective.
    pub n_images: usize,
    /// Steps of the optimiser.
    pub n_steps: usize,
    /// Adam's step; L-BFGS finds its own.
    pub learning_rate: f64,
    /// Of the first noise and of every step's view.
    pub seed: u64,
    /// The magnitudes that `maco` keeps; 1 / f without.
    pub magnitudes: Option<Arc<Magnitudes>>,
    /// The image to start from, (channel, height, width) in [0, 1]; noise without.
    pub start: Option<Arc<Array3<f32>>>,
}

/// A network whose units are looked at.
#[derive(Debug)]
pub struct Look<'a> {
    /// The network.
    pub network: &'a Network,
    /// From images in [0, 1] to its input.
    pub input: InputMap,
    /// How images are optimised.
    pub settings: Settings,
    /// A network from noisy to clean images, of the optimised image's shape and both in [0, 1].
    pub prior: Option<&'a Network>,
    /// What the network is, such as the hash of its weights: part of what determines a kept state.
    pub identity: String,
    /// What runs the network, and where.
    pub burn: Burn,
}

/// How an optimisation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All steps were made.
    Done,
    /// The caller asked to stop; the state is kept where there is a store.
    Cancelled {
        /// Steps made.
        step: usize,
    },
    /// The objective or its gradient was infinite or not a number; the images are those of the step before.
    NotFinite {
        /// The step, counted from 0.
        step: usize,
    },
}

/// The images of one objective.
#[derive(Clone, Debug)]
pub struct Optimised {
    /// The objective, as text.
    pub name: String,
    /// (channel, height, width) in [0, 1].
    pub images: Vec<Array3<f32>>,
    /// The objective before each step, for what the network was shown; the mean over images.
    pub trajectory: Vec<f64>,
    /// The objective for the finished images as they are written: whole, rounded to 8 bits; the mean over images.
    pub objective: f64,
    /// How it ended.
    pub ended: Ended,
    /// Whether the true gradient was 0 in every step: nothing near the images makes the unit respond.
    pub is_dead: bool,
    /// Median duration of a step in seconds; 0 where no step was made in this run.
    pub step_seconds: f64,
}

/// Told after each step: which objective of the list, steps done, and the objective before the step.
pub type Watch<'a> = &'a (dyn Fn(usize, usize, f64) + Sync);

/// Threads, memory, progress and where states are kept, for one call.
pub struct Surroundings<'a> {
    /// Memory and threads.
    pub resources: Resources,
    /// Told of steps in all.
    pub progress: &'a dyn Progress,
    /// Told of each step.
    pub watch: Watch<'a>,
    /// Asks to stop.
    pub cancel: &'a Cancel,
    /// Where states are kept, so that the run can go on later.
    pub store: Option<&'a Store>,
}

impl Look<'_> {
    /// The responses of some stages to one image (channel, height, width) of the network's size in [0, 1], for objectives
    /// that compare.
    ///
    /// # Errors
    /// An unknown stage, or an image of another size.
    pub fn reference(&self, image: &Array3<f32>, stages: &[&str]) -> Result<Reference, InsideError> {
        let values: Result<Vec<String>, _> =
            stages.iter().map(|stage| self.network.stage(stage).map(|stage| stage.value.clone())).collect();
        let values = values?;
        let responses = self.responses(image.view().insert_axis(Axis(0)), &values)?;
        Ok(values.into_iter().zip(responses.into_iter().map(|rows| rows.into_iter().collect())).collect())
    }

    /// (n_images, n_units) of each value.
    fn responses(
        &self,
        images: ArrayView4<'_, f32>,
        values: &[String],
    ) -> Result<Vec<ndarray::Array2<f32>>, InsideError> {
        let (n_images, n_channels, height, width) = images.dim();
        let uploaded = crate::network::value::Ranked::from_elements(
            images.shape(),
            images.iter().copied().collect(),
            self.burn.device(),
        );
        let input = super::image::to_host(self.input.apply(uploaded.into_rank()));
        let mut batch = ndarray::Array4::zeros((n_images, n_channels, height, width));
        for (mut row, image) in batch.outer_iter_mut().zip(&input) {
            row.assign(image);
        }
        let mut session = self.burn.open(self.network, values)?;
        Ok(session.run(batch.view())?)
    }

    /// Checks objectives against the network.
    ///
    /// # Errors
    /// The first that cannot be maximised.
    pub fn aims(&self, objectives: &[Objective], reference: Option<&Reference>) -> Result<Vec<Aim>, InsideError> {
        let aim = |objective| {
            let aim = Aim::new(objective, self.network, reference)?;
            if aim.is_about_several_images() && self.settings.n_images < 2 {
                return Err(super::objective::ObjectiveError::OneImage { objective: aim.name().to_owned() }.into());
            }
            Ok(aim)
        };
        objectives.iter().map(aim).collect()
    }

    /// Optimises the images of every objective, in their order.
    ///
    /// When the caller asks to stop, the images are those so far, [`Ended::Cancelled`].
    ///
    /// # Errors
    /// Settings that cannot be, a budget too small for one unit, or the engine's.
    pub fn optimise(&self, aims: &[Aim], surroundings: &Surroundings<'_>) -> Result<Vec<Optimised>, InsideError> {
        self.check()?;
        let n_side_by_side = self.side_by_side(aims, surroundings.resources)?;
        surroundings.progress.begin("optimising", (aims.len() * self.settings.n_steps) as u64);
        let outcome = if n_side_by_side == 1 {
            let mut worker = Worker::new(self, surroundings)?;
            aims.iter().enumerate().map(|(place, aim)| worker.run(place, aim)).collect()
        } else {
            self.optimise_side_by_side(aims, surroundings, n_side_by_side)
        };
        surroundings.progress.end();
        outcome
    }

    fn optimise_side_by_side(
        &self,
        aims: &[Aim],
        surroundings: &Surroundings<'_>,
        n_workers: usize,
    ) -> Result<Vec<Optimised>, InsideError> {
        let n_threads = (surroundings.resources.n_threads / n_workers).max(1);
        let start = || Worker::new(self, surroundings);
        let job = |worker: &mut Worker<'_>, place: usize| match aims.get(place) {
            Some(aim) => worker.run(place, aim),
            None => Err(InsideError::Panicked { objective: "the list".to_owned(), said: "it is too short".to_owned() }),
        };
        side_by_side(Workers { n_workers, n_threads }, aims.len(), start, job)
    }

    fn check(&self) -> Result<(), InsideError> {
        let Settings { n_images, n_steps, learning_rate, recipe, parameterisation, .. } = &self.settings;
        self.input_size()?;
        let setting = |what, found: String, needed| Err(InsideError::Setting { what, found, needed });
        if *n_steps == 0 {
            return setting("steps", "0".to_owned(), "at least 1 is needed");
        }
        if *n_images == 0 {
            return setting("images of a unit", "0".to_owned(), "at least 1 is needed");
        }
        if !(learning_rate.is_finite() && *learning_rate > 0.0) {
            return setting("a learning rate of", learning_rate.to_string(), "it must be above 0");
        }
        if !(0.0..=1.0).contains(&recipe.prior) {
            return setting("a pull to the prior of", recipe.prior.to_string(), "it must be 0 to 1");
        }
        let n_shown = n_images * recipe.view.n_views();
        if let Some(fixed) = self.network.fixed_batch().filter(|fixed| *fixed != n_shown) {
            let found = format!("{n_shown}, and the network's file fixes {fixed}");
            return setting(
                "a number of images at once of",
                found,
                "export it with a free batch axis, or pass --diverse",
            );
        }
        if recipe.optimiser == Optimiser::Lbfgs && !recipe.keeps_the_objective() {
            return Err(InsideError::NeedsSameObjective { regularizer: recipe.name });
        }
        if recipe.filters_pixels() && *parameterisation != Parameterisation::Pixels {
            let (regularizer, parameterisation) = (recipe.name, parameterisation.name());
            return Err(InsideError::NeedsPixels { regularizer, parameterisation });
        }
        Ok(())
    }

    /// Channels, height and width of the network's input.
    pub fn input_size(&self) -> Result<[usize; 3], InsideError> {
        let shape = self.network.stimulus_shape();
        let refused = || InsideError::NotImages { network: self.network.graph().name.clone(), shape: shape.clone() };
        <[usize; 3]>::try_from(shape.as_slice()).map_err(|_| refused())
    }

    /// How many units fit side by side, up to one a thread.
    fn side_by_side(&self, aims: &[Aim], resources: Resources) -> Result<usize, InsideError> {
        let mut needed = 0;
        for aim in aims {
            needed = needed.max(self.unit_bytes(aim)?);
        }
        let weights: u64 = self.network.graph().parameters.values().map(|one| 4 * one.n_elements() as u64).sum();
        let fixed = 2 * weights + (64 << 20);
        let budget = resources.memory_bytes;
        let n = (budget.saturating_sub(fixed) / needed.max(1)).min(resources.n_threads as u64).min(aims.len() as u64);
        match usize::try_from(n) {
            Ok(0) if !aims.is_empty() => Err(InsideError::BudgetTooSmall { budget, needed: needed + fixed }),
            Ok(n) => Ok(n.max(1)),
            Err(_) => Ok(1),
        }
    }

    /// Bytes of one unit's step: the way there and back, and copies of the image and its parameters.
    fn unit_bytes(&self, aim: &Aim) -> Result<u64, InsideError> {
        let n_shown = self.settings.n_images * self.settings.recipe.view.n_views();
        let pixels =
            (self.settings.size.iter().product::<usize>() * self.input_size()?[0] * self.settings.n_images) as u64;
        let copies = match self.settings.recipe.optimiser {
            Optimiser::Adam => 20,
            // Twenty steps of two vectors of 64 bits, and the present ones.
            Optimiser::Lbfgs => 120,
        };
        Ok(backward_bytes(self.network, aim.taps(), n_shown)? + copies * 4 * pixels)
    }

    /// The image model at one of the regularizer's scales.
    fn model(&self, scale: usize, device: &burn::tensor::Device) -> Result<ImageModel, InsideError> {
        let Settings { parameterisation, colour, n_images, .. } = self.settings;
        let [height, width] = self.size_at(scale);
        let shape = ImageShape { n_images, n_channels: self.input_size()?[0], height, width };
        ImageModel::new(parameterisation, colour, shape, self.settings.magnitudes.as_ref(), device)
    }

    /// (height, width) at one of the regularizer's scales: each 1.4 times the one before, the last the image's own.
    fn size_at(&self, scale: usize) -> [usize; 2] {
        let n_after = self.settings.recipe.n_scales.saturating_sub(scale + 1);
        let factor = 1.4_f64.powi(i32::try_from(n_after).unwrap_or(0));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "smaller than the image's side")]
        let smaller = |side: usize| (side as f64 / factor).round() as usize;
        if n_after == 0 { self.settings.size } else { self.settings.size.map(smaller) }
    }

    /// The name under which the state of `aim` is kept: the hash of all that determines it.
    fn state_key(&self, aim: &Aim) -> Result<PieceKey, InsideError> {
        let start = self.settings.start.as_ref().map(|image| {
            let bytes: Vec<u8> = image.iter().flat_map(|value| value.to_le_bytes()).collect();
            crate::store::hex(&Sha256::digest(&bytes))
        });
        let magnitudes = self.settings.magnitudes.as_ref().map(|magnitudes| magnitudes.content_hash());
        let Settings { parameterisation, colour, recipe, size, n_images, n_steps, learning_rate, seed, .. } =
            &self.settings;
        let settings = format!(
            "{parameterisation:?} {colour:?} {recipe:?} {size:?} {n_images} {n_steps} {learning_rate:?} {seed} {:?} {}",
            self.input,
            self.prior.map_or("", |prior| &prior.graph().name)
        );
        let engine = self.burn.description();
        let determinants = ("look state 2", engine, &self.identity, aim.content_hash(), settings, start, magnitudes);
        Ok(PieceKey::of(&determinants)?)
    }
}

/// Bytes of a run forward and backward: every value on the way is kept for the way back, and has a gradient and a buffer.
pub(crate) fn backward_bytes(network: &Network, taps: &[String], n_images: usize) -> Result<u64, InsideError> {
    let graph = network.graph();
    let plan = network.plan(network.fixed_batch().unwrap_or(1))?;
    let values: u64 = plan
        .needed_nodes(graph, taps)
        .into_iter()
        .filter_map(|index| graph.nodes.get(index))
        .flat_map(|node| &node.outputs)
        .filter_map(|value| plan.facts.get(value))
        .map(|fact| 4 * fact.n_elements() as u64)
        .sum();
    Ok(3 * values * n_images as u64 / plan.batch.max(1) as u64)
}
