//! Pixels, one bit each.

/// Pixels of an image that have something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// None of `n` pixels.
    pub(super) fn none(n: usize) -> Self {
        Self { words: vec![0; n.div_ceil(64)] }
    }

    /// Those for which it holds.
    pub(super) fn of(holds: &[bool]) -> Self {
        let mut bits = Self::none(holds.len());
        for (place, _) in holds.iter().enumerate().filter(|(_, holds)| **holds) {
            bits.set(place);
        }
        bits
    }

    pub(super) fn set(&mut self, place: usize) {
        if let Some(word) = self.words.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.words.get(place / 64).is_some_and(|word| word >> (place % 64) & 1 == 1)
    }

    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// How many both have.
    pub(super) fn count_both(&self, other: &Self) -> u64 {
        self.words.iter().zip(&other.words).map(|(one, other)| u64::from((one & other).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_count_what_booleans_do() {
        let one: Vec<bool> = (0..150).map(|place| place % 3 == 0).collect();
        let other: Vec<bool> = (0..150).map(|place| place % 7 != 0).collect();
        let both = one.iter().zip(&other).filter(|(one, other)| **one && **other).count();
        assert_eq!(Bits::of(&one).count(), 50);
        assert_eq!(Bits::of(&one).count_both(&Bits::of(&other)), both as u64);
        assert!(Bits::of(&one).has(147) && !Bits::of(&one).has(148) && !Bits::of(&one).has(10_000));
    }
}
