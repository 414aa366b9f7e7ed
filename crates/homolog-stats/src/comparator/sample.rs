//! A resampling of stimuli as a weight for each pair: nothing is copied, and a stimulus that was drawn twice has no pair with itself.

use ndarray::Array1;

use crate::rdm;

/// The pairs that a (re)sampling of stimuli keeps, each with how often it occurs.
///
/// With stimulus i drawn m_i times, the pair (i, j) occurs m_i · m_j times; the pairs of a stimulus with its own copies, whose
/// dissimilarity is zero by construction, are left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairSample {
    /// How often each stimulus was drawn.
    pub(crate) multiplicity: Vec<u32>,
    /// Pairs that occur, by their position in the RDM vector, in order.
    pub(crate) positions: Vec<u32>,
    /// The two stimuli of each kept pair.
    pub(crate) stimuli: Vec<(u32, u32)>,
    /// How often each kept pair occurs.
    pub(crate) weights: Vec<u32>,
}

impl PairSample {
    /// Every stimulus once.
    pub(crate) fn all(n_stimuli: usize) -> Self {
        Self::of(vec![1; n_stimuli])
    }

    /// Stimulus i drawn `multiplicity[i]` times.
    pub(crate) fn of(multiplicity: Vec<u32>) -> Self {
        let n = multiplicity.len();
        let drawn: Vec<usize> = (0..n).filter(|&i| multiplicity[i] > 0).collect();
        let size = rdm::n_pairs(drawn.len());
        let mut positions = Vec::with_capacity(size);
        let mut stimuli = Vec::with_capacity(size);
        let mut weights = Vec::with_capacity(size);
        for (at, &i) in drawn.iter().enumerate() {
            for &j in &drawn[at + 1..] {
                positions.push(rdm::pair_position(i, j, n) as u32);
                stimuli.push((i as u32, j as u32));
                weights.push(multiplicity[i] * multiplicity[j]);
            }
        }
        Self { multiplicity, positions, stimuli, weights }
    }

    /// How many pairs there are, copies counted.
    pub(crate) fn total_weight(&self) -> f64 {
        self.weights.iter().map(|&weight| f64::from(weight)).sum()
    }

    /// How often each stimulus was drawn, as reals.
    pub(crate) fn multiplicities(&self) -> Array1<f64> {
        self.multiplicity.iter().map(|&count| f64::from(count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_copies_of_one_stimulus_are_left_out() {
        // Stimuli 0, 0, 2: the pairs are (0, 2) twice.
        let sample = PairSample::of(vec![2, 0, 1]);
        assert_eq!(sample.positions, [1]);
        assert_eq!(sample.weights, [2]);
        assert_eq!(sample.total_weight(), 2.0);
    }

    #[test]
    fn whole_sample_keeps_every_pair_once() {
        let sample = PairSample::all(5);
        assert_eq!(sample.positions, (0..10).collect::<Vec<u32>>());
        assert!(sample.weights.iter().all(|&weight| weight == 1));
    }
}
