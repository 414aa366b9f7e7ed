//! Gradients of many inputs, and the methods that are means of them.

use ndarray::{Array3, Zip};
use rayon::prelude::*;

use super::quadrature::gauss_legendre;
use super::{Attribution, AttributionError, Attributor, Balance, array_of, uploaded};
use crate::inside::image::narrow;
use crate::inside::objective::Aim;
use crate::network::engine::EngineError;
use crate::network::engine::burn::{BurnNetwork, Wrt};
use crate::network::value::Ranked;
use crate::stimuli::generate::Random;

impl Attributor<'_> {
    /// The objective and its gradient.
    pub(super) fn gradient(&mut self, aim: &Aim, input: &Array3<f32>) -> Result<(f64, Array3<f32>), AttributionError> {
        let mut found = (f64::NAN, Array3::zeros(input.dim()));
        self.gradients(aim, 1, &|_| input.clone(), |_, objective, gradient| found = (objective, gradient))?;
        Ok(found)
    }

    /// The objective of the image itself, and the mean gradient at noisy copies.
    ///
    /// Copy i has noise of [`Random::stream`] i of the seed, channel by channel, row by row.
    pub(super) fn smooth_gradient(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        n_samples: usize,
        noise: f64,
        seed: u64,
    ) -> Result<(f64, Array3<f32>), AttributionError> {
        let (low, high) = input
            .iter()
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
        let deviation = noise * (f64::from(high) - f64::from(low));
        let noisy = |place: usize| {
            let Some(sample) = place.checked_sub(1) else { return input.clone() };
            let mut random = Random::stream(seed, sample as u64);
            input.mapv(|value| narrow(f64::from(value) + deviation * random.normal()))
        };
        let mut sum: Array3<f64> = Array3::zeros(input.dim());
        let mut objective = f64::NAN;
        self.gradients(aim, n_samples + 1, &noisy, |place, value, gradient| {
            if place == 0 { objective = value } else { add(&mut sum, &gradient, 1.0) }
        })?;
        Ok((objective, sum.mapv(|sum| narrow(sum / n_samples as f64))))
    }

    /// The input less the baseline, times the mean gradient on the way from there.
    pub(super) fn integrated_gradients(
        &mut self,
        aim: &Aim,
        input: &Array3<f32>,
        n_steps: usize,
    ) -> Result<Attribution, AttributionError> {
        let from = self.baseline_of(input)?;
        let difference = input - &from;
        // The two ends besides the nodes, for completeness.
        let mut nodes = gauss_legendre(n_steps);
        nodes.extend([(0.0, 0.0), (1.0, 0.0)]);
        let along = |place: usize| {
            let share = nodes.get(place).map_or(1.0, |(share, _)| *share);
            let point = |from: &f32, difference: &f32| narrow(f64::from(*from) + share * f64::from(*difference));
            Zip::from(&from).and(&difference).map_collect(point)
        };
        let mut mean: Array3<f64> = Array3::zeros(input.dim());
        let (mut at_baseline, mut objective) = (f64::NAN, f64::NAN);
        self.gradients(aim, nodes.len(), &along, |place, value, gradient| match place.checked_sub(n_steps) {
            Some(0) => at_baseline = value,
            Some(_) => objective = value,
            None => add(&mut mean, &gradient, nodes.get(place).map_or(0.0, |(_, weight)| *weight)),
        })?;
        Zip::from(&mut mean).and(&difference).for_each(|mean, value| *mean *= f64::from(*value));
        let gap = mean.sum() - (objective - at_baseline);
        let balance = Balance::Completeness { at_baseline, gap };
        Ok(Attribution { objective, map: mean.mapv(narrow), balance, stage_map: None })
    }

    /// Objective and gradient of each of `n` inputs, told to `take` in their order.
    ///
    /// Each input is run by itself, several side by side, so the numbers depend neither on threads nor on memory.
    fn gradients(
        &mut self,
        aim: &Aim,
        n: usize,
        make: &(dyn Fn(usize) -> Array3<f32> + Sync),
        mut take: impl FnMut(usize, f64, Array3<f32>),
    ) -> Result<(), AttributionError> {
        let n_workers = self.side_by_side(aim)?.min(self.resources.n_threads).min(n).max(1);
        while self.workers.len() < n_workers {
            self.workers.push(self.burn.with_gradients(self.network));
        }
        for first in (0..n).step_by(n_workers) {
            if self.cancel.is_cancelled() {
                return Err(AttributionError::Cancelled);
            }
            let n_now = n_workers.min(n - first);
            let workers = self.workers.get_mut(..n_now).unwrap_or_default();
            let one = |(place, network): (usize, &mut BurnNetwork)| gradient_of(network, aim, &make(first + place));
            let found: Vec<_> = match workers {
                [alone] => vec![one((0, alone))],
                several => several.par_iter_mut().enumerate().map(one).collect(),
            };
            for (place, found) in found.into_iter().enumerate() {
                let (objective, gradient) = found?;
                take(first + place, objective, gradient);
            }
        }
        Ok(())
    }
}

fn gradient_of(
    network: &mut BurnNetwork,
    aim: &Aim,
    input: &Array3<f32>,
) -> Result<(f64, Array3<f32>), AttributionError> {
    let image = uploaded(input, network.device());
    let tapped = network.tap(Ranked::R4(image), aim.taps(), &[Wrt::Images])?;
    let measured = aim.measure(&tapped.values, 1)?.sum();
    let objective = measured.clone().without_autodiff().try_into_scalar::<f32>().map_or(f64::NAN, f64::from);
    let gradients = measured.backward();
    let Some(Ranked::R4(leaf)) = tapped.leaves.get(&Wrt::Images) else {
        return Err(EngineError::OutputCount { engine: "burn" }.into());
    };
    let gradient = leaf.grad(&gradients);
    let map = gradient.map_or_else(|| Array3::zeros(input.dim()), |found| array_of(Ranked::R4(found), input.dim()));
    Ok((objective, map))
}

fn add(sum: &mut Array3<f64>, gradient: &Array3<f32>, weight: f64) {
    Zip::from(sum).and(gradient).for_each(|sum, value| *sum += weight * f64::from(*value));
}
