//! Numbers from names: a counter-based generator, so that any element of any parameter can be made alone, in any order, by
//! any program.
//!
//! Element `i` of the tensor called `name` is, in integers modulo 2^64,
//!
//! ```text
//! key   = FNV-1a of the bytes of name
//! z     = key + (i + 1) * 0x9E3779B97F4A7C15
//! z     = (z ^ z >> 30) * 0xBF58476D1CE4E5B9
//! z     = (z ^ z >> 27) * 0x94D049BB133111EB
//! z     = z ^ z >> 31
//! u     = (z >> 40) / 2^24                    in [0, 1), exact in f32
//! value = f32(low + (high - low) * u)         computed in f64
//! ```
//!
//! which is SplitMix64 started at `key`. `goldens/torchvision/make.py` has the same in NumPy; both give the same bits.
//!
//! # Reference
//! Steele GL, Lea D, Flood CH (2014). Fast splittable pseudorandom number generators. OOPSLA. doi 10.1145/2660193.2660195.
//! Fowler, Noll and Vo's FNV-1a: <http://www.isthe.com/chongo/tech/comp/fnv/>.

use rayon::prelude::*;

/// The generator of one tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    key: u64,
}

impl Counter {
    /// The generator of the tensor called `name`.
    pub fn of(name: &str) -> Self {
        let key = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { key }
    }

    /// Element `index`, uniform in [low, high).
    pub fn uniform(self, index: usize, low: f64, high: f64) -> f32 {
        let count = (index as u64).wrapping_add(1);
        let mut z = self.key.wrapping_add(count.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        let u = (z >> 40) as f64 / (1u64 << 24) as f64;
        (low + (high - low) * u) as f32
    }

    /// The first `n` elements, uniform in [low, high). Memory: 4 n bytes.
    pub fn uniforms(self, n: usize, low: f64, high: f64) -> Vec<f32> {
        (0..n).into_par_iter().with_min_len(1 << 16).map(|index| self.uniform(index, low, high)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Counter;

    #[test]
    fn the_generator_agrees_with_the_golden_script() {
        // python -c "import make; print(make.uniform('features.0.weight', 3, -1, 1).tolist())" in goldens/torchvision
        let ours = Counter::of("features.0.weight").uniforms(3, -1.0, 1.0);
        assert_eq!(ours, [0.711_514_95, 0.052_881_002, 0.278_792_86]);
    }

    #[test]
    fn elements_are_uniform_and_differ_between_names() {
        // The mean of 100,000 uniform numbers in [-1, 1) has a standard deviation of 1 / sqrt(300,000) = 0.0018.
        let numbers = Counter::of("conv1.weight").uniforms(100_000, -1.0, 1.0);
        let mean = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / 1e5;
        let mean_square = numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.008 && (mean_square - 1.0 / 3.0).abs() < 0.005, "{mean} {mean_square}");
        assert_ne!(numbers[..4], Counter::of("conv2.weight").uniforms(4, -1.0, 1.0)[..]);
    }
}
