//! What attacks raise: numbers of the logits that grow as the goal comes nearer, with their slopes.

use super::ApgdLoss;
use crate::synthesis::classifier::{Loss, largest};

/// What is wanted of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Goal {
    /// The class that the image is of.
    pub label: usize,
    /// The class that it is to be put into; any but the label, without.
    pub target: Option<usize>,
}

impl Goal {
    /// Whether these logits meet it.
    pub(super) fn is_met(&self, logits: &[f32]) -> bool {
        self.is_met_by(largest(logits))
    }

    /// Whether this class meets it.
    pub fn is_met_by(&self, class: usize) -> bool {
        self.target.map_or(class != self.label, |target| class == target)
    }

    /// -ln p of the label, or ln p of the target.
    pub(super) fn cross_entropy(&self, logits: &[f32]) -> Loss {
        let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let exponentials: Vec<f64> = logits.iter().map(|logit| f64::from(logit - largest).exp()).collect();
        let sum: f64 = exponentials.iter().sum();
        let (class, sign) = self.target.map_or((self.label, 1.0), |target| (target, -1.0));
        let logit = logits.get(class).map_or(f64::NAN, |logit| f64::from(logit - largest));
        let mut slope: Vec<f64> = exponentials.iter().map(|exponential| sign * exponential / sum).collect();
        add(&mut slope, class, -sign);
        Loss { value: sign * (sum.ln() - logit), slope }
    }

    /// The difference-of-logits ratio.
    ///
    /// # Reference
    /// Croce & Hein 2020, equations (6) and (7): -(z_y - max of the others) / (z_1st - z_3rd), and, with a target t,
    /// -(z_y - z_t) / (z_1st - (z_3rd + z_4th) / 2), of logits in falling order.
    pub(super) fn difference_of_logits(&self, logits: &[f32]) -> Loss {
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|a, b| at(logits, *b).total_cmp(&at(logits, *a)).then(a.cmp(b)));
        let place = |rank: usize| order.get(rank).copied().unwrap_or(0);
        let (against, low): (usize, Vec<usize>) = match self.target {
            Some(target) => (target, vec![place(2), place(3)]),
            None => (if place(0) == self.label { place(1) } else { place(0) }, vec![place(2)]),
        };
        let share = 1.0 / low.len() as f64;
        let spread = at(logits, place(0)) - low.iter().map(|class| share * at(logits, *class)).sum::<f64>() + 1e-12;
        let difference = at(logits, against) - at(logits, self.label);
        let mut slope = vec![0.0; logits.len()];
        add(&mut slope, against, 1.0 / spread);
        add(&mut slope, self.label, -1.0 / spread);
        add(&mut slope, place(0), -difference / (spread * spread));
        for class in low {
            add(&mut slope, class, share * difference / (spread * spread));
        }
        Loss { value: difference / spread, slope }
    }

    /// The loss of APGD.
    pub(super) fn apgd(&self, loss: ApgdLoss, logits: &[f32]) -> Loss {
        match loss {
            ApgdLoss::CrossEntropy => self.cross_entropy(logits),
            ApgdLoss::DifferenceOfLogits => self.difference_of_logits(logits),
        }
    }

    /// By how much the goal's logit is larger than the next: largest other less the label's, or the target's less the largest
    /// other.
    pub(super) fn margin(&self, logits: &[f32]) -> Loss {
        let class = self.target.unwrap_or(self.label);
        let mut other = usize::from(class == 0);
        for (place, logit) in logits.iter().enumerate() {
            if place != class && f64::from(*logit) > at(logits, other) {
                other = place;
            }
        }
        let sign = if self.target.is_some() { 1.0 } else { -1.0 };
        let mut slope = vec![0.0; logits.len()];
        add(&mut slope, class, sign);
        add(&mut slope, other, -sign);
        Loss { value: sign * (at(logits, class) - at(logits, other)), slope }
    }
}

fn at(logits: &[f32], class: usize) -> f64 {
    logits.get(class).map_or(f64::NAN, |logit| f64::from(*logit))
}

fn add(slope: &mut [f64], class: usize, value: f64) {
    if let Some(slope) = slope.get_mut(class) {
        *slope += value;
    }
}
