//! The response that a unit exceeds at a share of all positions of all images, exactly, in memory of that share.

/// The largest of many values, as many as a quantile needs.
#[derive(Clone, Debug)]
pub(super) struct TopValues {
    /// At most twice as many as are needed; those that are needed are among them.
    kept: Vec<f32>,
    /// How many of the largest are needed.
    n_needed: usize,
    /// Values up to this one cannot be among them any more.
    floor: f32,
    /// Which part of the way from the lowest of them to the next the quantile is.
    between: f64,
}

impl TopValues {
    /// Room for the quantile 1 - `share` of `n_values`.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the number of values, which are below 2^53"
    )]
    pub(super) fn new(n_values: usize, share: f64) -> Self {
        let rank = n_values.saturating_sub(1) as f64 * (1.0 - share);
        let below = rank.floor();
        let n_needed = n_values.saturating_sub(below as usize).max(1);
        Self { kept: Vec::new(), n_needed, floor: f32::NEG_INFINITY, between: rank - below }
    }

    /// Bytes that it takes at most.
    pub(super) fn bytes(n_values: usize, share: f64) -> u64 {
        2 * size_of::<f32>() as u64 * Self::new(n_values, share).n_needed as u64
    }

    /// Takes a value.
    pub(super) fn push(&mut self, value: f32) {
        if value <= self.floor {
            return;
        }
        self.kept.push(value);
        if self.kept.len() >= 2 * self.n_needed {
            let last = self.n_needed - 1;
            let (_, lowest, _) = self.kept.select_nth_unstable_by(last, |one, other| other.total_cmp(one));
            self.floor = *lowest;
            self.kept.truncate(self.n_needed);
        }
    }

    /// The quantile, interpolated between the two values around it as NumPy's `quantile` does.
    ///
    /// Returns `None` when fewer values came than were announced.
    pub(super) fn quantile(&self) -> Option<f64> {
        let mut largest = self.kept.clone();
        largest.sort_unstable_by(|one, other| other.total_cmp(one));
        let lowest = f64::from(*largest.get(self.n_needed - 1)?);
        let next = self.n_needed.checked_sub(2).and_then(|place| largest.get(place));
        let next = next.map_or(lowest, |value| f64::from(*value));
        Some(lowest + self.between * (next - lowest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::weights::counter::Counter;

    /// NumPy's definition, on all values sorted.
    fn quantile(values: &[f32], share: f64) -> f64 {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f32::total_cmp);
        let rank = (values.len() - 1) as f64 * (1.0 - share);
        let (low, high) = (f64::from(sorted[rank.floor() as usize]), f64::from(sorted[rank.ceil() as usize]));
        low + rank.fract() * (high - low)
    }

    #[test]
    fn the_quantile_of_a_stream_is_that_of_all_its_values() {
        for (n, share) in [(1, 0.5), (2, 0.5), (10, 0.3), (1000, 0.005), (999, 0.005), (5000, 0.01), (64, 0.9)] {
            let mut values = Counter::of(&format!("{n} {share}")).uniforms(n, -1.0, 1.0);
            // With ties.
            values.iter_mut().step_by(3).for_each(|value| *value = (*value * 4.0).round() / 4.0);
            let mut top = TopValues::new(n, share);
            values.iter().for_each(|value| top.push(*value));
            assert_eq!(top.quantile(), Some(quantile(&values, share)), "{n} values, share {share}");
        }
    }

    #[test]
    fn what_is_kept_stays_within_what_was_announced() {
        let mut top = TopValues::new(100_000, 0.005);
        for place in 0..100_000_u32 {
            top.push(place as f32);
            assert!(4 * top.kept.len() as u64 <= TopValues::bytes(100_000, 0.005));
        }
        assert_eq!(TopValues::new(10, 0.5).quantile(), None);
    }
}
