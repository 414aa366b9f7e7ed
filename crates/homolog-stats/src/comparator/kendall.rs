//! Kendall's tau of weighted observations, by a counting table over the order of both.

use super::rank::RankedSample;

/// Concordant minus discordant, and tied, pairs of observations; copies of one observation are tied with each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct KendallCounts {
    concordant_minus_discordant: f64,
    tied_left: f64,
    tied_right: f64,
    all: f64,
}

impl KendallCounts {
    /// Counts for two rankings of the same sample, each observation counted `weights` times.
    pub(crate) fn of(left: &RankedSample, right: &RankedSample, weights: &[u32]) -> Self {
        let n: u64 = weights.iter().map(|&weight| u64::from(weight)).sum();
        Self {
            concordant_minus_discordant: concordant_minus_discordant(left, right, weights) as f64,
            tied_left: tied(left, weights) as f64,
            tied_right: tied(right, weights) as f64,
            all: (n * n.saturating_sub(1) / 2) as f64,
        }
    }

    /// Tau-a: over all pairs of observations, ties counting as neither.
    pub(crate) fn tau_a(self) -> f64 {
        self.concordant_minus_discordant / self.all
    }

    /// Tau-b: over the geometric mean of the pairs that each side does not tie.
    pub(crate) fn tau_b(self) -> f64 {
        let untied = (self.all - self.tied_left) * (self.all - self.tied_right);
        self.concordant_minus_discordant / untied.sqrt()
    }
}

/// Pairs of observations that share a value, copies included.
fn tied(ranked: &RankedSample, weights: &[u32]) -> u64 {
    let mut by_level = vec![0u64; ranked.n_levels];
    for (&level, &weight) in ranked.level.iter().zip(weights) {
        by_level[level as usize] += u64::from(weight);
    }
    by_level.iter().map(|&count| count * count.saturating_sub(1) / 2).sum()
}

fn concordant_minus_discordant(left: &RankedSample, right: &RankedSample, weights: &[u32]) -> i64 {
    let mut table = CountTable::new(right.n_levels);
    let (mut sum, mut inserted, mut start) = (0i64, 0i64, 0);
    while start < left.order.len() {
        let level = left.level[left.order[start] as usize];
        let length = left.order[start..].iter().take_while(|&&at| left.level[at as usize] == level).count();
        let group = &left.order[start..start + length];
        for &at in group {
            let value = right.level[at as usize] as usize;
            let (below, up_to) = table.below_and_up_to(value);
            sum += i64::from(weights[at as usize]) * (below + up_to - inserted);
        }
        for &at in group {
            let weight = weights[at as usize];
            table.insert(right.level[at as usize] as usize, weight);
            inserted += i64::from(weight);
        }
        start += length;
    }
    sum
}

/// How much weight was inserted at or below each level: sums within blocks and sums of blocks, so that a look-up is two reads and
/// an insertion two short runs of additions.
struct CountTable {
    block: usize,
    within: Vec<u32>,
    before_block: Vec<u32>,
}

impl CountTable {
    fn new(n_levels: usize) -> Self {
        let block = ((n_levels as f64).sqrt() as usize).next_multiple_of(8).max(8);
        let n_blocks = n_levels.div_ceil(block);
        Self { block, within: vec![0; n_blocks * block], before_block: vec![0; n_blocks] }
    }

    fn insert(&mut self, level: usize, weight: u32) {
        let block = level / self.block;
        for sum in &mut self.before_block[block + 1..] {
            *sum += weight;
        }
        for sum in &mut self.within[level..(block + 1) * self.block] {
            *sum += weight;
        }
    }

    /// The weight at levels below `level`, and up to it.
    fn below_and_up_to(&self, level: usize) -> (i64, i64) {
        let block = level / self.block;
        let before = i64::from(self.before_block[block]);
        let below = match level % self.block {
            0 => 0,
            _ => i64::from(self.within[level - 1]),
        };
        (before + below, before + i64::from(self.within[level]))
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
            let counts = KendallCounts::of(&ranked(&left), &ranked(&right), &sample.weights);
            let kept = |x: &[f64]| sample.positions.iter().map(|&p| x[p as usize]).collect::<Vec<_>>();
            let (tau_a, tau_b) = by_definition(&kept(&left), &kept(&right), &sample.weights);
            assert!((counts.tau_a() - tau_a).abs() < 1e-12);
            assert!((counts.tau_b() - tau_b).abs() < 1e-12);
        }
    }

    #[test]
    fn reversed_order_has_tau_minus_one() {
        let sample = PairSample::all(5);
        let index = index_in_sample(&sample, 10);
        let up: Vec<f64> = (0..10).map(f64::from).collect();
        let down: Vec<f64> = up.iter().map(|x| -x).collect();
        let ranked = |x: &[f64]| RankedSample::of(&SortedRdm::of(x), &index, &sample.weights);
        let counts = KendallCounts::of(&ranked(&up), &ranked(&down), &sample.weights);
        assert_eq!((counts.tau_a(), counts.tau_b()), (-1.0, -1.0));
    }
}
