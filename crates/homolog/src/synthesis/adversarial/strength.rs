//! Accuracy against strength, and what other networks say.

use super::{Attack, Attacked, Goal, Outcome};

/// How a classifier stands an attack of one strength.
#[derive(Clone, Debug, PartialEq)]
pub struct Strength {
    /// The budget, in the attack's norm.
    pub budget: f64,
    /// Images, those that the network has wrong to begin with among them.
    pub n_images: usize,
    /// The share of images that are still put into the class of their label.
    pub accuracy: f64,
    /// The same for images rounded to 8 bits.
    pub accuracy_rounded: f64,
    /// The share of images that are put into their target's class; of those with a target.
    pub success: Option<f64>,
    /// The median length of the change over the images that were right before and meet the goal; `None` without any.
    pub median_l2: Option<f64>,
}

/// The classifier's accuracy at each budget.
///
/// An attack that looks for the nearest image leaves the image as it was at budgets that the change exceeds.
pub fn strengths(attack: &Attack, budgets: &[f64], attacked: &[Attacked]) -> Vec<Strength> {
    let at = |(place, budget): (usize, &f64)| {
        let share = |holds: &dyn Fn(&Attacked) -> bool| {
            attacked.iter().filter(|one| holds(one)).count() as f64 / attacked.len().max(1) as f64
        };
        let outcome = |one: &Attacked| outcome(attack, place, *budget, one).cloned();
        let class = |one: &Attacked| outcome(one).map_or(one.clean_class, |outcome| outcome.class);
        let rounded = |one: &Attacked| outcome(one).map_or(one.clean_class, |outcome| outcome.class_rounded);
        let changed = |one: &&Attacked| one.clean_class == one.goal.label && one.goal.is_met_by(class(one));
        let mut lengths: Vec<f64> = attacked.iter().filter(changed).filter_map(|one| Some(outcome(one)?.l2)).collect();
        lengths.sort_by(f64::total_cmp);
        let has_target = attacked.iter().any(|one| one.goal.target.is_some());
        Strength {
            budget: *budget,
            n_images: attacked.len(),
            accuracy: share(&|one| class(one) == one.goal.label),
            accuracy_rounded: share(&|one| rounded(one) == one.goal.label),
            success: has_target.then(|| share(&|one| one.goal.target == Some(class(one)))),
            median_l2: median(&lengths),
        }
    };
    budgets.iter().enumerate().map(at).collect()
}

/// The accuracy of each further network, in their order, on the rounded images that were found at a budget.
pub fn transferred(attack: &Attack, place: usize, budget: f64, attacked: &[Attacked]) -> Vec<f64> {
    let n_networks = attacked.first().map_or(0, |one| one.clean_shown.len());
    let is_right = |network: usize, one: &Attacked| {
        let Goal { label, .. } = one.goal;
        let shown = outcome(attack, place, budget, one).map_or(&one.clean_shown, |outcome| &outcome.shown);
        shown.get(network) == Some(&label)
    };
    let accuracy = |network: usize| attacked.iter().filter(|one| is_right(network, one)).count() as f64;
    (0..n_networks).map(|network| accuracy(network) / attacked.len().max(1) as f64).collect()
}

/// What counts at a budget; `None` where that is the unchanged image.
fn outcome<'a>(attack: &Attack, place: usize, budget: f64, attacked: &'a Attacked) -> Option<&'a Outcome> {
    if !attack.is_nearest() {
        return attacked.outcomes.get(place);
    }
    attacked.outcomes.first().filter(|outcome| outcome.l2 <= budget)
}

fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.len().checked_sub(1)? / 2, sorted.len() / 2);
    Some(f64::midpoint(*sorted.get(low)?, *sorted.get(high)?))
}
