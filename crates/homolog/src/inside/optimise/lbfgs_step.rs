//! Steps by the curvature of those before, for objectives that stay the same.

use burn::tensor::Tensor;
use homolog_stats::lbfgs::{Advanced, InitialCurvature, Lbfgs, LineSearch, Valued};

use super::Settings;
use super::run::{REDIRECTED_STEPS, Worker, through};
use super::state::{Mover, State};
use crate::inside::InsideError;
use crate::inside::image::{ImageModel, narrow};
use crate::inside::objective::Aim;
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;

impl Worker<'_> {
    /// One step of L-BFGS; the mean objective before it. Where no step betters the images, the scale is done.
    pub(super) fn step_lbfgs(
        &mut self,
        aim: &Aim,
        model: &ImageModel,
        state: &mut State,
        kept: Option<Lbfgs>,
    ) -> Result<f64, InsideError> {
        let random = Random::stream(self.look.settings.seed, 0);
        let n_images = self.look.settings.n_images as f64;
        let mut function = |point: &[f64]| -> Result<Valued, InsideError> {
            let leaves: Vec<Tensor<1>> =
                narrowed(model, point).into_iter().map(|numbers| numbers.autodiff().require_grad()).collect();
            let images = model.images(&leaves);
            // No redirected gradient: it would not be that of the value.
            let evaluated = self.evaluate(aim, images.clone().without_autodiff(), REDIRECTED_STEPS, &random)?;
            let gradients = through(images, evaluated.gradient, &leaves);
            Ok((-n_images * evaluated.objective, widened(&gradients).into_iter().map(|slope| -slope).collect()))
        };
        let mut lbfgs = match kept {
            Some(kept) => kept,
            None => {
                let point = widened(&state.parameters);
                let first = function(&point)?;
                Lbfgs::new(point, first)
            }
        };
        let objective = -lbfgs.value / n_images;
        let is_finite = objective.is_finite() && lbfgs.gradient.iter().all(|slope| slope.is_finite());
        if !is_finite {
            state.not_finite = Some(state.step);
            state.mover = Mover::Lbfgs(None);
            return Ok(objective);
        }
        state.trajectory.push(objective);
        let is_silent = lbfgs.gradient.iter().all(|slope| *slope == 0.0);
        let advanced = lbfgs.advance(InitialCurvature::LastStep, LineSearch::SINGLE, &mut function)?;
        state.parameters = narrowed(model, &lbfgs.point);
        state.mover = Mover::Lbfgs(Some(lbfgs));
        let Settings { recipe, n_steps, .. } = &self.look.settings;
        state.step = match advanced {
            Advanced::Moved => state.step + 1,
            Advanced::Stuck => ((state.scale + 1) * n_steps).div_ceil(recipe.n_scales).max(state.step + 1),
        };
        if is_silent {
            state.n_silent = state.step;
        }
        Ok(objective)
    }
}

/// Parameters one after the other, as L-BFGS has them.
fn widened(parameters: &[Tensor<1>]) -> Vec<f64> {
    let elements = |tensor: &Tensor<1>| Ranked::R1(tensor.clone()).into_elements().unwrap_or_default();
    parameters.iter().flat_map(elements).map(f64::from).collect()
}

/// Parameters as the model has them.
fn narrowed(model: &ImageModel, mut point: &[f64]) -> Vec<Tensor<1>> {
    let take = |size: usize| {
        let (taken, left) = point.split_at(size.min(point.len()));
        point = left;
        model.upload(taken.iter().copied().map(narrow).collect())
    };
    model.sizes().into_iter().map(take).collect()
}
