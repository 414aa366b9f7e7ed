//! Which classes networks are asked for, where none are named.

use std::collections::BTreeSet;

use super::share_classes;
use crate::stimuli::generate::Random;
use crate::synthesis::classifier::Classifier;

/// Every way to ask each of some networks for a class: for two networks that know the same n classes, the n (n − 1) ordered pairs.
///
/// Networks that know equally many classes are each asked for another one; of networks that do not, each for any that it knows.
///
/// # Reference
/// Golan et al. (2020): an image for each ordered pair of different classes and each pair of networks, the most controversial kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassChoices {
    /// Classes of each network.
    n_classes: Vec<usize>,
    are_shared: bool,
}

impl ClassChoices {
    /// Of these networks.
    pub fn of(classifiers: &[Classifier<'_>]) -> Self {
        let n_classes = classifiers.iter().map(Classifier::n_classes).collect();
        Self { n_classes, are_shared: share_classes(classifiers) }
    }

    /// How many choices the `network`-th network has, the ones before having chosen.
    fn n_left(&self, network: usize) -> usize {
        let n = self.n_classes.get(network).copied().unwrap_or(0);
        if self.are_shared { n.saturating_sub(network) } else { n }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        (0..self.n_classes.len()).map(|network| self.n_left(network)).fold(1, usize::saturating_mul)
    }

    /// All of them in ascending order where there are no more than `n`; otherwise `n` different ones, each as likely as any other.
    ///
    /// # Accuracy and randomness
    /// The same seed gives the same choices; more of them begin with those of fewer.
    pub fn some(&self, n: usize, seed: u64) -> Vec<Vec<usize>> {
        let count = self.count();
        if count <= n {
            return (0..count).map(|place| self.nth(place)).collect();
        }
        let mut random = Random::new(seed);
        let (mut places, mut choices) = (BTreeSet::new(), Vec::new());
        while choices.len() < n {
            let place = random.index(count);
            if places.insert(place) {
                choices.push(self.nth(place));
            }
        }
        choices
    }

    /// The choice at a place below [`Self::count`]: the last network's class changes fastest.
    fn nth(&self, mut place: usize) -> Vec<usize> {
        let n_networks = self.n_classes.len();
        let mut digits = vec![0; n_networks];
        for (network, digit) in digits.iter_mut().enumerate().rev() {
            let n = self.n_left(network).max(1);
            (*digit, place) = (place % n, place / n);
        }
        let mut chosen: Vec<usize> = Vec::with_capacity(n_networks);
        for digit in digits {
            // The digit-th class that no network before has.
            let class = if self.are_shared {
                let mut taken = chosen.clone();
                taken.sort_unstable();
                taken.into_iter().fold(digit, |class, taken| if class >= taken { class + 1 } else { class })
            } else {
                digit
            };
            chosen.push(class);
        }
        chosen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(n_classes: &[usize], are_shared: bool) -> ClassChoices {
        ClassChoices { n_classes: n_classes.to_vec(), are_shared }
    }

    #[test]
    fn all_ordered_pairs_of_different_classes_are_asked_for_once() {
        let all = choices(&[3, 3], true);
        assert_eq!(all.count(), 6);
        assert_eq!(all.some(10, 1), [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]);
        let three = choices(&[4, 4, 4], true).some(usize::MAX, 1);
        let distinct: BTreeSet<Vec<usize>> = three.iter().cloned().collect();
        assert_eq!((three.len(), distinct.len()), (24, 24));
        assert!(three.iter().all(|one| one.iter().collect::<BTreeSet<_>>().len() == 3));
        // Networks with classes of their own: any pair.
        assert_eq!(choices(&[2, 3], false).some(6, 1), [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
        assert_eq!(choices(&[2, 2, 2], true).count(), 0);
    }

    #[test]
    fn some_pairs_are_different_ones_evenly_drawn_and_repeated_by_their_seed() {
        let all = choices(&[1000, 1000], true);
        assert_eq!(all.count(), 999_000);
        let some = all.some(50, 3);
        assert_eq!(some, all.some(50, 3));
        assert_eq!(some[..20], all.some(20, 3));
        assert_ne!(some, all.some(50, 4));
        assert_eq!(some.iter().collect::<BTreeSet<_>>().len(), 50);
        // Each of 90 pairs is drawn 10 of 90 times; 900 draws give each 100 ± 9.
        let pairs = choices(&[10, 10], true);
        let mut drawn = std::collections::BTreeMap::new();
        for seed in 0..900 {
            pairs.some(10, seed).into_iter().for_each(|pair| *drawn.entry(pair).or_insert(0) += 1);
        }
        assert_eq!(drawn.len(), 90);
        assert!(drawn.values().all(|n| (60..=140).contains(n)), "{drawn:?}");
    }
}
