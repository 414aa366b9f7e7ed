//! Kendall's tau of weighted observations, by a counting table over the order of both.

use pulp::{Arch, Simd, WithSimd};

use super::rank::RankedSample;

/// Kendall's tau-a of two rankings of one sample, each observation counted `weights` times: concordant less discordant pairs of
/// observations, over all pairs; copies of one observation are tied with each other, and ties count as neither.
pub(crate) fn tau_a(left: &RankedSample, right: &RankedSample, weights: &[u32]) -> f64 {
    concordant_minus_discordant(left, right, weights) as f64 / n_pairs(weights) as f64
}

/// Kendall's tau-b: as tau-a, over the geometric mean of the pairs that each side does not tie.
pub(crate) fn tau_b(left: &RankedSample, right: &RankedSample, weights: &[u32]) -> f64 {
    let untied = |ranked| (n_pairs(weights) - n_tied(ranked, weights)) as f64;
    concordant_minus_discordant(left, right, weights) as f64 / (untied(left) * untied(right)).sqrt()
}

/// Pairs of observations, copies included.
fn n_pairs(weights: &[u32]) -> u64 {
    let n: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
    n * n.saturating_sub(1) / 2
}

/// Pairs of observations that share a value, copies included.
fn n_tied(ranked: &RankedSample, weights: &[u32]) -> u64 {
    let mut by_level = vec![0u64; ranked.n_levels];
    for (&level, &weight) in ranked.level.iter().zip(weights) {
        by_level[level as usize] += u64::from(weight);
    }
    by_level.iter().map(|&count| count * count.saturating_sub(1) / 2).sum()
}

fn concordant_minus_discordant(left: &RankedSample, right: &RankedSample, weights: &[u32]) -> i64 {
    // With the widest instructions that the processor has.
    Arch::new().dispatch(CountInOrder { left, right, weights })
}

/// Goes through the observations from the left's least to its greatest, and counts those before with less and with more on the right.
struct CountInOrder<'a> {
    left: &'a RankedSample,
    right: &'a RankedSample,
    weights: &'a [u32],
}

impl WithSimd for CountInOrder<'_> {
    type Output = i64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> i64 {
        let Self { left, right, weights } = self;
        let mut counted = CountTree::new(right.n_levels);
        let (mut sum, mut n_counted, mut start) = (0i64, 0i64, 0);
        while start < left.order.len() {
            let level = left.level[left.order[start] as usize];
            let mut end = start + 1;
            while end < left.order.len() && left.level[left.order[end] as usize] == level {
                end += 1;
            }
            for &at in &left.order[start..end] {
                let level = right.level[at as usize] as usize;
                let (below, tied) = (counted.below(level), counted.at(level));
                sum += i64::from(weights[at as usize]) * (2 * below + tied - n_counted);
            }
            for &at in &left.order[start..end] {
                counted.add(right.level[at as usize] as usize, weights[at as usize]);
                n_counted += i64::from(weights[at as usize]);
            }
            start = end;
        }
        sum
    }
}

/// Children of a node of the tree: as many numbers as four of the widest registers hold.
const N_CHILDREN: usize = 64;

/// Nothing for so many places, then everything: a window of it selects the children after any one.
const STEP: [u32; 2 * N_CHILDREN] = {
    let mut step = [0; 2 * N_CHILDREN];
    let mut at = N_CHILDREN;
    while at < step.len() {
        step[at] = u32::MAX;
        at += 1;
    }
    step
};

/// How much weight was added at each level, and below it: a tree of wide nodes, each with the weight before every child, so that a
/// look-up reads one number of each layer and an addition is a few wide instructions without a branch.
struct CountTree {
    at_level: Vec<u32>,
    /// From the levels up: for each child of each node, the weight of its siblings before it.
    layers: Vec<Vec<u32>>,
}

impl CountTree {
    fn new(n_levels: usize) -> Self {
        let mut layers = Vec::new();
        let mut n_nodes = n_levels;
        while layers.is_empty() || n_nodes > 1 {
            n_nodes = n_nodes.div_ceil(N_CHILDREN);
            layers.push(vec![0; n_nodes * N_CHILDREN]);
        }
        Self { at_level: vec![0; n_levels], layers }
    }

    #[inline(always)]
    fn add(&mut self, level: usize, weight: u32) {
        self.at_level[level] += weight;
        let mut place = level;
        for layer in &mut self.layers {
            let (node, child) = (place / N_CHILDREN, place % N_CHILDREN);
            let later = &STEP[N_CHILDREN - 1 - child..][..N_CHILDREN];
            let children = &mut layer[node * N_CHILDREN..][..N_CHILDREN];
            for (before, is_later) in children.iter_mut().zip(later) {
                *before += weight & is_later;
            }
            place = node;
        }
    }

    /// The weight at lower levels.
    #[inline(always)]
    fn below(&self, level: usize) -> i64 {
        let (mut sum, mut place) = (0, level);
        for layer in &self.layers {
            sum += i64::from(layer[place]);
            place /= N_CHILDREN;
        }
        sum
    }

    #[inline(always)]
    fn at(&self, level: usize) -> i64 {
        i64::from(self.at_level[level])
    }
}

#[cfg(test)]
mod tests {
    use super::super::rank::{SortedRdm, index_in_sample};
    use super::super::sample::PairSample;
    use super::*;
    use crate::random::Rng;

    fn by_definition(left: &[f64], right: &[f64], weights: &[u32]) -> (f64, f64) {
        let (mut difference, mut all, mut untied) = (0.0, 0.0, (0.0, 0.0));
        for i in 0..left.len() {
            all += f64::from(weights[i] * weights[i].saturating_sub(1)) / 2.0;
            for j in i + 1..left.len() {
                let weight = f64::from(weights[i] * weights[j]);
                let sign = |x: &[f64]| (x[i] - x[j]).partial_cmp(&0.0).unwrap() as i8 as f64;
                difference += weight * sign(left) * sign(right);
                all += weight;
                untied.0 += weight * sign(left).abs();
                untied.1 += weight * sign(right).abs();
            }
        }
        (difference / all, difference / (untied.0 * untied.1).sqrt())
    }

    #[test]
    fn weighted_tau_equals_its_definition_pair_by_pair() {
        let mut rng = Rng::new(9);
        for distinct in [3, 40, 100_000] {
            let draw = |rng: &mut Rng| (0..91).map(|_| rng.below(distinct) as f64).collect::<Vec<_>>();
            let (left, right) = (draw(&mut rng), draw(&mut rng));
            let sample = PairSample::of(rng.bootstrap_counts(14));
            let index = index_in_sample(&sample, 91);
            let ranked = |x: &[f64]| RankedSample::of(&SortedRdm::of(x), &index, &sample.weights);
            let found = [tau_a, tau_b].map(|tau| tau(&ranked(&left), &ranked(&right), &sample.weights));
            let kept = |x: &[f64]| sample.positions.iter().map(|&p| x[p as usize]).collect::<Vec<_>>();
            let (tau_a, tau_b) = by_definition(&kept(&left), &kept(&right), &sample.weights);
            assert!((found[0] - tau_a).abs() < 1e-12);
            assert!((found[1] - tau_b).abs() < 1e-12);
        }
    }

    #[test]
    fn reversed_order_has_tau_minus_one() {
        let sample = PairSample::all(5);
        let index = index_in_sample(&sample, 10);
        let up: Vec<f64> = (0..10).map(f64::from).collect();
        let down: Vec<f64> = up.iter().map(|x| -x).collect();
        let ranked = |x: &[f64]| RankedSample::of(&SortedRdm::of(x), &index, &sample.weights);
        assert_eq!([tau_a, tau_b].map(|tau| tau(&ranked(&up), &ranked(&down), &sample.weights)), [-1.0, -1.0]);
    }

    #[test]
    fn tree_of_three_layers_counts_what_lies_below() {
        let mut rng = Rng::new(3);
        let n_levels = N_CHILDREN * N_CHILDREN + 700;
        let mut tree = CountTree::new(n_levels);
        assert_eq!(tree.layers.len(), 3);
        let mut plain = vec![0i64; n_levels];
        for weight in 1..3000u32 {
            let level = rng.below(n_levels);
            tree.add(level, weight);
            plain[level] += i64::from(weight);
        }
        let mut below = 0;
        for (level, &weight) in plain.iter().enumerate() {
            assert_eq!((tree.below(level), tree.at(level)), (below, weight), "{level}");
            below += weight;
        }
    }
}
