//! Ranks, with ties sharing their mean rank; and ranks within a resampling, without sorting again.

use super::sample::PairSample;

/// The mean rank of each value, from 1; equal values share the mean of the ranks they take up (scipy's `rankdata`).
///
/// # Shapes and units
/// - `values`: finite; returns as many ranks.
///
/// # Errors
/// None; a NaN would be ranked by its bit pattern, so check before.
///
/// # Reference
/// Kendall (1945). The treatment of ties in ranking problems. Biometrika 33:239.
///
/// # Example
/// ```
/// assert_eq!(homolog_stats::comparator::mean_ranks(&[3.0, 1.0, 3.0]), [2.5, 1.0, 2.5]);
/// ```
pub fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let sorted = SortedRdm::of(values);
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for group in sorted.level_in_order.chunk_by(|a, b| a == b) {
        let rank = before as f64 + (group.len() as f64 + 1.0) / 2.0;
        for &at in &sorted.order[before..before + group.len()] {
            ranks[at as usize] = rank;
        }
        before += group.len();
    }
    ranks
}

/// An RDM sorted once: the order of its pairs, and which of them are tied.
#[derive(Debug, Clone)]
pub(crate) struct SortedRdm {
    /// Positions from the least value to the greatest.
    order: Vec<u32>,
    /// Along the order, how many smaller distinct values there are.
    level_in_order: Vec<u32>,
}

impl SortedRdm {
    pub(crate) fn of(values: &[f64]) -> Self {
        // A whole number that is ordered as value and then position are: the fastest thing to sort.
        let keyed = |(position, &value): (usize, &f64)| {
            let bits = value.to_bits();
            let ordered = if bits >> 63 == 0 { bits | 1 << 63 } else { !bits };
            u128::from(ordered) << 32 | position as u128
        };
        let mut keys: Vec<u128> = values.iter().enumerate().map(keyed).collect();
        keys.sort_unstable();
        let order: Vec<u32> = keys.iter().map(|key| (key & u128::from(u32::MAX)) as u32).collect();
        let mut level_in_order = Vec::with_capacity(order.len());
        let (mut level, mut last) = (0, None);
        for &position in &order {
            let value = values[position as usize];
            level += u32::from(last.is_some_and(|last| last != value));
            level_in_order.push(level);
            last = Some(value);
        }
        Self { order, level_in_order }
    }

    /// The same values at other positions: position p now holds what was at `from[p]`.
    pub(crate) fn relabelled(&self, from: &[u32]) -> Self {
        let mut to = vec![0; from.len()];
        for (new, &old) in from.iter().enumerate() {
            to[old as usize] = new as u32;
        }
        let order = self.order.iter().map(|&old| to[old as usize]).collect();
        Self { order, level_in_order: self.level_in_order.clone() }
    }
}

/// One RDM ranked within a sample of pairs.
#[derive(Debug, Clone, Default)]
pub(crate) struct RankedSample {
    /// Kept pairs (positions within the sample) from the least value to the greatest.
    pub(crate) order: Vec<u32>,
    /// For each kept pair, how many smaller distinct values the sample holds.
    pub(crate) level: Vec<u32>,
    /// For each kept pair, twice its mean rank among all pairs of the sample, copies counted: a whole number.
    pub(crate) doubled_ranks: Vec<u32>,
    /// How many distinct values there are.
    pub(crate) n_levels: usize,
}

impl RankedSample {
    /// Ranks within a sample from the order of the whole; `index_in_sample` maps a position of the whole to one of the sample,
    /// `u32::MAX` where the pair is not kept.
    pub(crate) fn of(sorted: &SortedRdm, index_in_sample: &[u32], weights: &[u32]) -> Self {
        // Every pair is written and only the kept ones count: whether one is kept cannot be foreseen, and a wrong guess costs more.
        let (mut order, mut levels) = (vec![0; weights.len() + 1], vec![0; weights.len() + 1]);
        let mut n_kept = 0;
        for (&position, &level) in sorted.order.iter().zip(&sorted.level_in_order) {
            let index = index_in_sample[position as usize];
            order[n_kept] = index;
            levels[n_kept] = level;
            n_kept += usize::from(index != u32::MAX);
        }
        order.truncate(n_kept);
        levels.truncate(n_kept);
        Self::from_order(order, &levels, weights)
    }

    /// Ranks of the values of the kept pairs themselves.
    pub(crate) fn of_values(values: &[f64], weights: &[u32]) -> Self {
        let sorted = SortedRdm::of(values);
        Self::from_order(sorted.order, &sorted.level_in_order, weights)
    }

    /// Ranks from keys that are whole numbers, such as sums of doubled ranks.
    pub(crate) fn of_keys(keys: &[u32], weights: &[u32], scratch: &mut RadixScratch) -> Self {
        let order = scratch.sorted_order(keys);
        let in_order: Vec<u32> = order.iter().map(|&at| keys[at as usize]).collect();
        Self::from_order(order, &in_order, weights)
    }

    /// `keys_in_order` is equal exactly where neighbours of `order` are tied.
    fn from_order(order: Vec<u32>, keys_in_order: &[u32], weights: &[u32]) -> Self {
        let mut level = vec![0; order.len()];
        let mut doubled_ranks = vec![0; order.len()];
        let (mut before, mut n_levels, mut start) = (0u32, 0u32, 0);
        while start < order.len() {
            let mut end = start + 1;
            let mut weight = weights[order[start] as usize];
            while end < order.len() && keys_in_order[end] == keys_in_order[start] {
                weight += weights[order[end] as usize];
                end += 1;
            }
            for &at in &order[start..end] {
                level[at as usize] = n_levels;
                doubled_ranks[at as usize] = 2 * before + weight + 1;
            }
            before += weight;
            n_levels += 1;
            start = end;
        }
        Self { order, level, doubled_ranks, n_levels: n_levels as usize }
    }
}

/// The position within the sample of each pair of the whole, `u32::MAX` where it is not kept.
pub(crate) fn index_in_sample(sample: &PairSample, n_pairs: usize) -> Vec<u32> {
    let mut index = vec![u32::MAX; n_pairs];
    for (at, &position) in sample.positions.iter().enumerate() {
        index[position as usize] = at as u32;
    }
    index
}

/// Room for sorting whole numbers by their digits; kept between sorts.
#[derive(Debug, Default)]
pub(crate) struct RadixScratch {
    from: Vec<u64>,
    to: Vec<u64>,
}

/// Of a digit: few enough that its counts stay beside the processor.
const DIGIT_BITS: u32 = 9;

impl RadixScratch {
    /// Positions of `keys` from least to greatest; equal keys keep their order.
    fn sorted_order(&mut self, keys: &[u32]) -> Vec<u32> {
        self.from.clear();
        self.from.extend(keys.iter().enumerate().map(|(at, &key)| (u64::from(key) << 32) | at as u64));
        self.to.clear();
        self.to.resize(keys.len(), 0);
        let greatest = keys.iter().copied().max().unwrap_or(0);
        let mut shift = 32;
        while u64::from(greatest) >> (shift - 32) > 0 {
            let mut starts = [0u32; 1 << DIGIT_BITS];
            let digit = |entry: u64| (entry >> shift) as usize & ((1 << DIGIT_BITS) - 1);
            for &entry in &self.from {
                starts[digit(entry)] += 1;
            }
            let mut sum = 0;
            for start in &mut starts {
                sum += std::mem::replace(start, sum);
            }
            for &entry in &self.from {
                let slot = &mut starts[digit(entry)];
                self.to[*slot as usize] = entry;
                *slot += 1;
            }
            std::mem::swap(&mut self.from, &mut self.to);
            shift += DIGIT_BITS;
        }
        self.from.iter().map(|&entry| entry as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    #[test]
    fn tied_values_share_the_mean_of_their_ranks() {
        assert_eq!(mean_ranks(&[2.0, 2.0, 1.0, 5.0, 2.0]), [3.0, 3.0, 1.0, 5.0, 3.0]);
        assert_eq!(mean_ranks(&[0.0, -0.0]), [1.5, 1.5]);
    }

    #[test]
    fn ranks_within_a_sample_equal_ranks_of_the_copied_out_pairs() {
        let mut rng = Rng::new(2);
        let values: Vec<f64> = (0..45).map(|_| rng.below(12) as f64).collect();
        let sample = PairSample::of(rng.bootstrap_counts(10));
        let index = index_in_sample(&sample, 45);
        let ranked = RankedSample::of(&SortedRdm::of(&values), &index, &sample.weights);
        let copies: Vec<(usize, f64)> = (0..sample.positions.len())
            .flat_map(|at| {
                let value = values[sample.positions[at] as usize];
                std::iter::repeat_n((at, value), sample.weights[at] as usize)
            })
            .collect();
        let plain = mean_ranks(&copies.iter().map(|copy| copy.1).collect::<Vec<_>>());
        for ((at, _), rank) in copies.iter().zip(plain) {
            assert_eq!(f64::from(ranked.doubled_ranks[*at]), 2.0 * rank);
        }
    }

    #[test]
    fn radix_order_equals_the_stable_sort() {
        let mut rng = Rng::new(4);
        let keys: Vec<u32> = (0..3000).map(|_| rng.below(1 << 25) as u32).collect();
        let mut expected: Vec<u32> = (0..3000).collect();
        expected.sort_by_key(|&at| keys[at as usize]);
        assert_eq!(RadixScratch::default().sorted_order(&keys), expected);
    }
}
