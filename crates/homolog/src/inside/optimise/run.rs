//! The steps of one objective.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use burn::tensor::{Device, Tensor};
use ndarray::Array3;

use super::redirected::{Shown, largest, redirected};
use super::state::{Mover, State};
use super::{Ended, Look, Optimised, Surroundings};
use crate::inside::InsideError;
use crate::inside::image::{ImageModel, resampled, to_host};
use crate::inside::objective::Aim;
use crate::inside::transform::{Bands, Blur, GradientFilter, PixelFilter, View, smoothed};
use crate::network::engine::EngineError;
use crate::network::engine::burn::BurnNetwork;
use crate::network::op::host::{Gradient, Numbers, is_taped, record_if_taped};
use crate::network::value::{Ranked, Value};
use crate::stimuli::generate::Random;

/// The folder of states in the store.
const KIND: &str = "state";

/// A state is kept every so many steps.
const KEPT_EVERY: usize = 64;

/// A silent unit's gradient is redirected in so many first steps, as in lucid.
pub(super) const REDIRECTED_STEPS: usize = 16;

/// Runs objectives one after the other on one thread.
pub(super) struct Worker<'a> {
    pub(super) look: &'a Look<'a>,
    surroundings: &'a Surroundings<'a>,
    network: BurnNetwork,
    prior: Option<BurnNetwork>,
    device: Device,
    input_size: [usize; 2],
}

/// The objective of some images, and the gradient at them.
pub(super) struct Evaluated {
    /// The mean over images and views.
    pub(super) objective: f64,
    pub(super) gradient: Tensor<4>,
    /// The largest of the gradient.
    largest: f64,
    /// Whether the true gradient was 0.
    is_silent: bool,
}

impl<'a> Worker<'a> {
    pub(super) fn new(look: &'a Look<'a>, surroundings: &'a Surroundings<'a>) -> Result<Self, InsideError> {
        let network = look.burn.with_gradients(look.network);
        let prior = look.prior.map(|prior| look.burn.with_gradients(prior));
        let [_, height, width] = look.input_size()?;
        let device = network.device().clone();
        Ok(Self { look, surroundings, network, prior, device, input_size: [height, width] })
    }

    /// Optimises the images of one objective, the `place`-th of the list.
    pub(super) fn run(&mut self, place: usize, aim: &Aim) -> Result<Optimised, InsideError> {
        // Burn reports mistakes in shapes by panicking; none is known to be left.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.run_unguarded(place, aim)));
        outcome.unwrap_or_else(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Err(InsideError::Panicked { objective: aim.name().to_owned(), said: said.unwrap_or_default() })
        })
    }

    fn run_unguarded(&mut self, place: usize, aim: &Aim) -> Result<Optimised, InsideError> {
        let key = self.surroundings.store.map(|_| self.look.state_key(aim)).transpose()?;
        let (mut model, mut state) = match self.kept_state(aim, key.as_ref())? {
            Some(kept) => kept,
            None => self.first_state()?,
        };
        self.surroundings.progress.advance(state.step as u64);
        let n_steps = self.look.settings.n_steps;
        let mut before = state.parameters.clone();
        let mut seconds = Vec::new();
        while state.step < n_steps && state.not_finite.is_none() && !self.surroundings.cancel.is_cancelled() {
            let began = Instant::now();
            self.enlarge(&mut model, &mut state, &mut before)?;
            let from = state.step;
            let objective = match &mut state.mover {
                Mover::Adam(_) => self.step(aim, &model, &mut state, &mut before)?,
                Mover::Lbfgs(lbfgs) => {
                    let lbfgs = lbfgs.take();
                    self.step_lbfgs(aim, &model, &mut state, lbfgs)?
                }
            };
            seconds.push(began.elapsed().as_secs_f64());
            self.surroundings.progress.advance((state.step - from) as u64);
            (self.surroundings.watch)(place, state.step, objective);
            if state.step / KEPT_EVERY > from / KEPT_EVERY && state.step < n_steps {
                self.keep(key.as_ref(), &state)?;
            }
        }
        self.keep(key.as_ref(), &state)?;
        let images = model.images(&state.parameters);
        let objective = self.final_objective(aim, images.clone())?;
        let ended = match state.not_finite {
            Some(step) => Ended::NotFinite { step },
            None if state.step < n_steps => Ended::Cancelled { step: state.step },
            None => Ended::Done,
        };
        seconds.sort_by(f64::total_cmp);
        Ok(Optimised {
            name: aim.name().to_owned(),
            images: to_host(images),
            objective,
            ended,
            is_dead: state.step > 0 && state.n_silent == state.step,
            trajectory: state.trajectory,
            step_seconds: seconds.get(seconds.len() / 2).copied().unwrap_or(0.0),
        })
    }

    fn first_state(&self) -> Result<(ImageModel, State), InsideError> {
        let model = self.look.model(0, &self.device)?;
        let mut random = Random::stream(self.look.settings.seed, 0);
        let start = self.look.settings.start.as_ref().map(|image| self.sized(image, self.look.size_at(0)));
        let parameters = model.start(&mut random, start.as_ref().map(|image| image.view()))?;
        let parameters: Vec<Tensor<1>> = parameters.into_iter().map(|numbers| model.upload(numbers)).collect();
        let mover = Mover::new(self.look.settings.recipe.optimiser, &parameters);
        let state =
            State { step: 0, scale: 0, n_silent: 0, parameters, mover, trajectory: Vec::new(), not_finite: None };
        Ok((model, state))
    }

    /// The image at a scale's size; unchanged where it has it.
    fn sized(&self, image: &Array3<f32>, [height, width]: [usize; 2]) -> Array3<f32> {
        let (n_channels, from_height, from_width) = image.dim();
        if (from_height, from_width) == (height, width) || self.look.settings.recipe.n_scales == 1 {
            return image.clone();
        }
        let elements = image.iter().copied().collect();
        let uploaded = Ranked::from_elements(&[1, n_channels, from_height, from_width], elements, &self.device);
        to_host(resampled(uploaded.into_rank(), [height, width], &self.device)).pop().unwrap_or_else(|| image.clone())
    }

    /// One step; the objective before it.
    fn step(
        &mut self,
        aim: &Aim,
        model: &ImageModel,
        state: &mut State,
        before: &mut Vec<Tensor<1>>,
    ) -> Result<f64, InsideError> {
        let leaves: Vec<Tensor<1>> =
            state.parameters.iter().map(|numbers| numbers.clone().autodiff().require_grad()).collect();
        let images = model.images(&leaves);
        let random = Random::stream(self.look.settings.seed, 1 + state.step as u64);
        let evaluated = self.evaluate(aim, images.clone().without_autodiff(), state.step, &random)?;
        let Evaluated { objective, largest, .. } = evaluated;
        if !(objective.is_finite() && largest.is_finite()) {
            state.not_finite = Some(state.step);
            state.parameters.clone_from(before);
            return Ok(objective);
        }
        state.trajectory.push(objective);
        if evaluated.is_silent {
            state.n_silent += 1;
        }
        let gradient = self.regularized(images.clone().without_autodiff(), evaluated, state.step);
        let gradients = through(images, gradient, &leaves);
        before.clone_from(&state.parameters);
        if let Mover::Adam(adam) = &mut state.mover {
            let parameters = std::mem::take(&mut state.parameters);
            state.parameters = adam.step(parameters, gradients, self.look.settings.learning_rate);
        }
        state.step += 1;
        self.change_pixels(model, state)?;
        Ok(objective)
    }

    pub(super) fn evaluate(
        &mut self,
        aim: &Aim,
        images: Tensor<4>,
        step: usize,
        random: &Random,
    ) -> Result<Evaluated, InsideError> {
        let view = self.look.settings.recipe.view;
        let (input_map, size) = (&self.look.input, self.input_size);
        let shown = || {
            let leaf = images.clone().autodiff().require_grad();
            let input = input_map.apply(view.apply(leaf.clone(), size, &mut random.clone()));
            Shown { leaf, input }
        };
        let Shown { leaf, input } = shown();
        let n_shown = input.dims()[0];
        let tapped = self.network.tap(Ranked::R4(input), aim.taps(), &[])?;
        let measured = aim.measure(&tapped.values, n_shown)?;
        drop(tapped);
        let objective = scalar(measured.clone().without_autodiff().mean());
        let gradients = measured.sum().div_scalar(view.n_views() as f64).backward();
        let gradient = leaf.grad(&gradients).unwrap_or_else(|| images.zeros_like());
        let at = largest(&gradient.clone().reshape([-1]));
        let is_silent = at == 0.0;
        if is_silent
            && step < REDIRECTED_STEPS
            && objective.is_finite()
            && let Some(gradient) = redirected(&mut self.network, aim, shown)?
        {
            let largest = largest(&gradient.clone().reshape([-1]));
            return Ok(Evaluated { objective, gradient, largest, is_silent });
        }
        Ok(Evaluated { objective, gradient, largest: at, is_silent })
    }

    /// The gradient at the images after penalties and filters.
    fn regularized(&self, images: Tensor<4>, evaluated: Evaluated, step: usize) -> Tensor<4> {
        let recipe = &self.look.settings.recipe;
        let Evaluated { mut gradient, largest, .. } = evaluated;
        if let Some((penalty, strength)) = recipe.penalty {
            let leaf = images.autodiff().require_grad();
            let gradients = penalty.of(leaf.clone()).backward();
            let pull = leaf.grad(&gradients).unwrap_or_else(|| leaf.without_autodiff().zeros_like());
            if largest > 0.0 {
                // Divided by the largest first, so that squares neither vanish nor overflow.
                gradient = gradient.div_scalar(largest);
                let mean_square = scalar(gradient.clone().square().mean());
                gradient = gradient.div_scalar(mean_square.sqrt().max(f64::MIN_POSITIVE));
            }
            gradient = gradient - pull.mul_scalar(strength);
        }
        let [_, _, height, width] = gradient.dims();
        match recipe.gradient {
            Some(GradientFilter::Blurred { from_px, to_px }) => {
                let share = step as f64 / (self.look.settings.n_steps.max(2) - 1) as f64;
                Blur::new([height, width], from_px + (to_px - from_px) * share, &self.device).apply(gradient)
            }
            Some(GradientFilter::Normalised) if largest > 0.0 => {
                Bands::new([height, width], &self.device).equalised(gradient.div_scalar(largest))
            }
            _ => gradient,
        }
    }

    /// What the regularizer and the prior do to the pixels after a step.
    fn change_pixels(&mut self, model: &ImageModel, state: &mut State) -> Result<(), InsideError> {
        let recipe = &self.look.settings.recipe;
        let filter = recipe.pixels.filter(|(_, every)| state.step.is_multiple_of(*every)).map(|(filter, _)| filter);
        let pull = if self.prior.is_some() { recipe.prior } else { 0.0 };
        if filter.is_none() && pull == 0.0 {
            return Ok(());
        }
        let mut images = model.images(&state.parameters);
        let [_, _, height, width] = images.dims();
        if let Some(PixelFilter::Blurred { sigma_px }) = filter {
            images = Blur::new([height, width], sigma_px, &self.device).apply(images);
        }
        if pull > 0.0 {
            let clean = self.cleaned(images.clone())?;
            images = images.mul_scalar(1.0 - pull) + clean.mul_scalar(pull);
        }
        let mut images = to_host(images);
        if let Some(PixelFilter::Bilateral { sigma_px, sigma_colour }) = filter {
            images = images.iter().map(|image| smoothed(image, sigma_px, sigma_colour)).collect();
        }
        state.parameters = uploaded_images(model, &images)?;
        Ok(())
    }

    /// The prior's images.
    fn cleaned(&mut self, images: Tensor<4>) -> Result<Tensor<4>, InsideError> {
        let Some(prior) = &mut self.prior else { return Ok(images) };
        let output: Vec<String> = prior.network().graph().outputs.first().cloned().into_iter().collect();
        let dims = images.dims();
        let tapped = prior.tap(Ranked::R4(images), &output, &[])?;
        match tapped.values.into_values().next() {
            Some(Value::Float(clean)) if clean.shape() == dims => Ok(clean.into_rank::<4>().clamp(0.0, 1.0)),
            Some(other) => {
                Err(EngineError::ImageShape { found: other.shape().split_off(1), needed: dims[1..].to_vec() }.into())
            }
            None => Err(EngineError::OutputCount { engine: "burn" }.into()),
        }
    }

    /// Goes on to the next of the regularizer's scales when its time has come.
    fn enlarge(
        &self,
        model: &mut ImageModel,
        state: &mut State,
        before: &mut Vec<Tensor<1>>,
    ) -> Result<(), InsideError> {
        let n_scales = self.look.settings.recipe.n_scales;
        let due = (state.step * n_scales / self.look.settings.n_steps).min(n_scales - 1);
        if due == state.scale {
            return Ok(());
        }
        let images = model.images(&state.parameters);
        *model = self.look.model(due, &self.device)?;
        let images = to_host(resampled(images, self.look.size_at(due), &self.device));
        state.parameters = uploaded_images(model, &images)?;
        state.mover = Mover::new(self.look.settings.recipe.optimiser, &state.parameters);
        state.scale = due;
        before.clone_from(&state.parameters);
        Ok(())
    }

    /// The objective of the images as they are written: whole, of 8 bits.
    fn final_objective(&mut self, aim: &Aim, images: Tensor<4>) -> Result<f64, InsideError> {
        let rounded = images.mul_scalar(255.0).round().div_scalar(255.0);
        let n_images = rounded.dims()[0];
        let whole = View::Whole.apply(rounded, self.input_size, &mut Random::new(0));
        let tapped = self.network.tap(Ranked::R4(self.look.input.apply(whole)), aim.taps(), &[])?;
        Ok(scalar(aim.measure(&tapped.values, n_images)?.without_autodiff().mean()))
    }

    fn kept_state(
        &self,
        aim: &Aim,
        key: Option<&crate::store::PieceKey>,
    ) -> Result<Option<(ImageModel, State)>, InsideError> {
        let (Some(store), Some(key)) = (self.surroundings.store, key) else { return Ok(None) };
        let Some(bytes) = store.get(KIND, key)? else { return Ok(None) };
        let damaged =
            || InsideError::State { objective: aim.name().to_owned(), found: "the file is damaged".to_owned() };
        let scale = State::scale_of(&bytes).ok_or_else(damaged)?;
        let model = self.look.model(scale, &self.device)?;
        let state = State::from_bytes(&bytes, &model).ok_or_else(damaged)?;
        Ok(Some((model, state)))
    }

    fn keep(&self, key: Option<&crate::store::PieceKey>, state: &State) -> Result<(), InsideError> {
        if let (Some(store), Some(key)) = (self.surroundings.store, key) {
            store.put(KIND, key, &state.to_bytes())?;
        }
        Ok(())
    }
}

/// The gradient at the parameters of images with this gradient.
pub(super) fn through(images: Tensor<4>, gradient: Tensor<4>, leaves: &[Tensor<1>]) -> Vec<Tensor<1>> {
    let images = Ranked::R4(images);
    let product: Tensor<1> = if is_taped(&images) {
        let run = |_: &[f32]| (Numbers::new(vec![0.0], &[1]), Pushed(gradient));
        record_if_taped(images, run).into_rank()
    } else {
        (images.into_rank::<4>() * gradient).sum()
    };
    let gradients = product.backward();
    let of_leaf =
        |leaf: &Tensor<1>| leaf.grad(&gradients).unwrap_or_else(|| leaf.clone().without_autodiff().zeros_like());
    leaves.iter().map(of_leaf).collect()
}

/// The product with a tensor of which only the gradient is asked for: that tensor itself.
#[derive(Clone, Debug)]
struct Pushed(Tensor<4>);

impl Gradient for Pushed {
    fn of_input(self, _: Numbers) -> Vec<f32> {
        Ranked::R4(self.0).into_elements().unwrap_or_default()
    }
}

/// Parameters of a model whose images these are.
fn uploaded_images(model: &ImageModel, images: &[Array3<f32>]) -> Result<Vec<Tensor<1>>, InsideError> {
    let parameters = model.of_images(images)?;
    Ok(parameters.into_iter().map(|numbers| model.upload(numbers)).collect())
}

/// The number of a tensor of one.
fn scalar(tensor: Tensor<1>) -> f64 {
    tensor.try_into_scalar::<f32>().map_or(f64::NAN, f64::from)
}
