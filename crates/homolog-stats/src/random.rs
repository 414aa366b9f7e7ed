//! The random generator of this crate: small, seeded by the caller, the same on every platform.
//!
//! Where numbers must equal NumPy's or scikit-learn's for a seed, their Mersenne Twister is used instead (elsewhere); this
//! one serves our own bootstraps, permutations and simulations. It is SplitMix64, which can jump: draw `k` of stream `s` is a
//! function of (seed, s, k) alone, so that work split over threads draws the same numbers in any order.

/// Weyl increment of SplitMix64: the odd number nearest 2^64 divided by the golden ratio.
const INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

/// A seeded generator of random numbers: SplitMix64.
///
/// Deterministic: the same seed gives the same integers on every platform. [`Rng::normal`] goes through the platform's logarithm
/// and cosine, whose last bit may differ between platforms.
///
/// # Example
/// ```
/// use homolog_stats::random::Rng;
/// assert_eq!(Rng::new(0).next_u64(), 0xE220_A839_7B1D_CDAF);
/// ```
///
/// # Reference
/// Steele, Lea, Flood (2014). Fast splittable pseudorandom number generators. OOPSLA. doi:10.1145/2660193.2660195. Figure 17,
/// with the finaliser of variant 13 of Stafford.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng {
    state: u64,
}

impl Rng {
    /// A generator that starts from `seed`.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// An independent generator for piece `index` of the work, the same whatever was drawn from others.
    ///
    /// Its seed is the mixed sum of this generator's state and the mixed index: give each bootstrap sample its own.
    pub fn stream(&self, index: u64) -> Self {
        Self { state: mix(self.state ^ mix(index.wrapping_mul(INCREMENT).wrapping_add(1))) }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(INCREMENT);
        mix(self.state)
    }

    /// A number drawn evenly from [0, 1): the upper 53 bits divided by 2^53.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number drawn evenly from 0 to `n - 1`, without bias; 0 when `n` is 0.
    ///
    /// Lemire (2019), doi:10.1145/3230636: the high word of a product, redrawn in the rare case that would favour some numbers.
    pub fn below(&mut self, n: usize) -> usize {
        let n = n as u64;
        if n == 0 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// A number from the normal distribution with mean 0 and standard deviation 1 (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A number from the chi-square distribution with `freedom` degrees of freedom, above 0 (Marsaglia and Tsang 2000, doi:10.1145/358407.358414).
    pub fn chi_square(&mut self, freedom: f64) -> f64 {
        let shape = freedom / 2.0;
        // Below 1 the shape is raised by one, and the draw scaled down by a power of a uniform number.
        let raised = if shape < 1.0 { shape + 1.0 } else { shape };
        let d = raised - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        let gamma = loop {
            let normal = self.normal();
            let cube = (1.0 + c * normal).powi(3);
            if cube > 0.0 && (1.0 - self.uniform()).ln() < 0.5 * normal * normal + d - d * cube + d * cube.ln() {
                break d * cube;
            }
        };
        let gamma = if shape < 1.0 { gamma * (1.0 - self.uniform()).powf(1.0 / shape) } else { gamma };
        2.0 * gamma
    }

    /// Puts `items` into random order, every order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }

    /// The numbers 0 to `n - 1` in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// How often each of `n` items occurs in a sample of `n` drawn with replacement (a bootstrap sample).
    pub fn bootstrap_counts(&mut self, n: usize) -> Vec<u32> {
        let mut counts = vec![0; n];
        for _ in 0..n {
            let drawn = self.below(n);
            counts[drawn] += 1;
        }
        counts
    }
}

/// Stafford's variant 13 of the MurmurHash3 finaliser: every bit of the input changes half the bits of the output.
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// Independent numbers from the normal distribution.
#[cfg(test)]
pub(crate) fn normal_matrix(n_rows: usize, n_columns: usize, seed: u64) -> ndarray::Array2<f64> {
    let mut rng = Rng::new(seed);
    ndarray::Array2::from_shape_simple_fn((n_rows, n_columns), || rng.normal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_draws_are_those_of_the_published_generator() {
        // The test vector of java.util.SplittableRandom and of the C reference, seed 1234567.
        let mut rng = Rng::new(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| rng.next_u64()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn streams_do_not_depend_on_what_was_drawn_from_others() {
        let root = Rng::new(7);
        let mut first = root.stream(0);
        first.next_u64();
        assert_eq!(root.stream(5), Rng::new(7).stream(5));
        assert_ne!(root.stream(5), root.stream(6));
    }

    #[test]
    fn below_is_even_over_its_range() {
        let mut rng = Rng::new(3);
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[rng.below(7)] += 1;
        }
        // Standard deviation of each count is 93.
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 400));
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut rng = Rng::new(11);
        let drawn: Vec<f64> = (0..100_000).map(|_| rng.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 1e5;
        let variance = drawn.iter().map(|x| x * x).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.015 && (variance - 1.0).abs() < 0.02);
    }

    #[test]
    fn chi_square_has_its_mean_and_variance() {
        for freedom in [1.0, 3.0, 20.0] {
            let mut rng = Rng::new(5);
            let drawn: Vec<f64> = (0..100_000).map(|_| rng.chi_square(freedom)).collect();
            let mean = drawn.iter().sum::<f64>() / 1e5;
            let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
            assert!((mean / freedom - 1.0).abs() < 0.03 && (variance / freedom / 2.0 - 1.0).abs() < 0.06);
        }
    }

    #[test]
    fn bootstrap_counts_sum_to_the_number_of_items() {
        assert_eq!(Rng::new(1).bootstrap_counts(92).iter().sum::<u32>(), 92);
    }
}
