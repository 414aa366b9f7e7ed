//! A small random generator, the same on every platform.

/// SplitMix64: a counter, scrambled. Good enough to draw scenes and spike counts; not for secrets.
///
/// # Reference
/// Steele G L, Lea D, Flood C H (2014). Fast splittable pseudorandom number generators. OOPSLA. doi:10.1145/2660193.2660195.
#[derive(Clone, Debug)]
pub struct Random {
    /// The counter.
    state: u64,
}

/// The odd number nearest to 2^64 divided by the golden ratio.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self { state: scrambled(seed ^ 0x5851_f42d_4c95_7f2d) }
    }

    /// A generator of its own for the `stream`-th of many things, so that each can be made alone and in any order.
    pub fn stream(seed: u64, stream: u64) -> Self {
        Self::new(scrambled(seed).wrapping_add(scrambled(stream.wrapping_mul(STEP))))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        scrambled(self.state)
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// One of 0, 1, …, n - 1; 0 when n is 0.
    pub fn index(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Normal with mean 0 and variance 1, by the Box-Muller transform.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A Poisson count. Knuth's product below a mean of 30; above it the rounded normal of equal mean and variance, at least 0.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 30.0 {
            return (mean + mean.sqrt() * self.normal()).round().max(0.0);
        }
        let limit = (-mean.max(0.0)).exp();
        let (mut count, mut product) = (0.0, self.uniform());
        while product > limit {
            count += 1.0;
            product *= self.uniform();
        }
        count
    }
}

/// SplitMix64's output function.
fn scrambled(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of many draws.
    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64) {
        let draws: Vec<f64> = (0..20_000).map(|_| draw()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        (mean, draws.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / draws.len() as f64)
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut random = Random::new(1);
        let near = |(mean, variance): (f64, f64), expected: (f64, f64)| {
            assert!((mean - expected.0).abs() < 0.03 * (1.0 + expected.1.sqrt()), "mean {mean}, not {}", expected.0);
            assert!((variance / expected.1 - 1.0).abs() < 0.06, "variance {variance}, not {}", expected.1);
        };
        near(moments(|| random.uniform()), (0.5, 1.0 / 12.0));
        near(moments(|| random.normal()), (0.0, 1.0));
        near(moments(|| random.poisson(4.0)), (4.0, 4.0));
        near(moments(|| random.poisson(80.0)), (80.0, 80.0));
        assert_eq!(random.poisson(0.0), 0.0);
    }

    #[test]
    fn a_seed_gives_the_same_bits_for_ever() {
        let first = |seed| Random::new(seed).bits();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
        assert_ne!(Random::stream(1, 0).bits(), Random::stream(1, 1).bits());
    }
}
