//! Carlini & Wagner's L2 attack.

use ndarray::{Array3, Zip};

use super::{Found, Norm, Task};
use crate::inside::image::narrow;
use crate::inside::optimise::Ended;
use crate::synthesis::SynthesisError;
use crate::synthesis::classifier::{Loss, Pass, Passes};

/// Keeps the inverse of tanh finite at black and white, as the authors' program does.
const INSIDE: f32 = 0.999_999;

/// Adam's constants.
const BETA: (f32, f32) = (0.9, 0.999);
const EPSILON: f32 = 1e-8;

/// The largest weight that is tried.
const LARGEST_WEIGHT: f64 = 1e10;

pub(super) struct CarliniWagner {
    pub(super) weight: f64,
    pub(super) confidence: f64,
    pub(super) n_steps: usize,
    pub(super) learning_rate: f64,
    pub(super) n_searches: usize,
}

/// What the searches have found.
struct Nearest {
    image: Option<Array3<f32>>,
    square: f64,
    trajectory: Vec<f64>,
}

/// How a search with one weight ended.
#[derive(PartialEq)]
enum Searched {
    Met,
    Missed,
    Over(Ended),
}

impl CarliniWagner {
    /// The trajectory is minus the cost, of all searches one after the other.
    pub(super) fn run(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Found, SynthesisError> {
        let mut nearest = Nearest { image: None, square: f64::INFINITY, trajectory: Vec::new() };
        let (mut low, mut high, mut weight) = (0.0, f64::INFINITY, self.weight);
        let mut ended = Ended::Done;
        for _ in 0..self.n_searches {
            match self.search(passes, task, weight, &mut nearest, told)? {
                Searched::Met => high = weight,
                Searched::Missed => low = weight,
                Searched::Over(over) => {
                    ended = over;
                    break;
                }
            }
            weight = if high.is_finite() { f64::midpoint(low, high) } else { (low * 10.0).min(LARGEST_WEIGHT) };
        }
        let Nearest { image, trajectory, .. } = nearest;
        Ok(Found { image: image.unwrap_or_else(|| task.image.clone()), trajectory, ended })
    }

    /// One search with a fixed weight.
    fn search(
        &self,
        passes: &mut Passes<'_>,
        task: &Task<'_>,
        weight: f64,
        nearest: &mut Nearest,
        told: &mut dyn FnMut(f64) -> bool,
    ) -> Result<Searched, SynthesisError> {
        let mut parameters = task.image.mapv(|pixel| ((2.0 * pixel - 1.0) * INSIDE).atanh());
        let (mut means, mut squares) = (Array3::zeros(parameters.dim()), Array3::zeros(parameters.dim()));
        let (mut last_cost, mut is_met) = (f64::INFINITY, false);
        for step in 0..self.n_steps {
            let image = parameters.mapv(|parameter| (parameter.tanh() + 1.0) / 2.0);
            let square = Norm::L2.distance(task.image, &image).powi(2);
            let pass = passes.pass(&image, |logits| self.shortfall(task, logits))?;
            let cost = square - weight * pass.loss;
            if !(cost.is_finite() && pass.is_finite()) {
                return Ok(Searched::Over(Ended::NotFinite { step: nearest.trajectory.len() }));
            }
            nearest.trajectory.push(-cost);
            if self.is_met(task, &pass) {
                is_met = true;
                if square < nearest.square {
                    (nearest.square, nearest.image) = (square, Some(image.clone()));
                }
            }
            if !told(-cost) {
                return Ok(Searched::Over(Ended::Cancelled { step: nearest.trajectory.len() }));
            }
            // As the authors' program: every tenth of the steps the cost must have fallen.
            if step.is_multiple_of((self.n_steps / 10).max(1)) {
                if cost > last_cost {
                    break;
                }
                last_cost = cost;
            }
            let mut slope = &image - task.image;
            slope.mapv_inplace(|change| 2.0 * change);
            slope.scaled_add(-narrow(weight), &pass.gradient);
            Zip::from(&mut slope).and(&image).for_each(|slope, pixel| *slope *= 2.0 * pixel * (1.0 - pixel));
            self.descend(&mut parameters, &slope, (&mut means, &mut squares), step);
        }
        Ok(if is_met { Searched::Met } else { Searched::Missed })
    }

    /// The margin up to the confidence; it is 0 or rises no further beyond.
    fn shortfall(&self, task: &Task<'_>, logits: &[f32]) -> Loss {
        let margin = task.goal.margin(logits);
        if margin.value < self.confidence {
            return margin;
        }
        Loss { value: self.confidence, slope: vec![0.0; logits.len()] }
    }

    fn is_met(&self, task: &Task<'_>, pass: &Pass) -> bool {
        task.goal.is_met(&pass.logits) && pass.loss >= self.confidence
    }

    /// A step of Adam, downwards.
    fn descend(
        &self,
        parameters: &mut Array3<f32>,
        slope: &Array3<f32>,
        (means, squares): (&mut Array3<f32>, &mut Array3<f32>),
        step: usize,
    ) {
        let n = i32::try_from(step + 1).unwrap_or(i32::MAX);
        let (whole_mean, whole_square) = (1.0 - BETA.0.powi(n), 1.0 - BETA.1.powi(n));
        let rate = narrow(self.learning_rate);
        Zip::from(parameters).and(slope).and(means).and(squares).for_each(|parameter, slope, mean, square| {
            *mean = BETA.0 * *mean + (1.0 - BETA.0) * slope;
            *square = BETA.1 * *square + (1.0 - BETA.1) * slope * slope;
            *parameter -= rate * (*mean / whole_mean) / ((*square / whole_square).sqrt() + EPSILON);
        });
    }
}
