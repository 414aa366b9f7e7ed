//! The draws of NumPy's legacy generator, `numpy.random.RandomState(seed)`, bit for bit.
//!
//! scikit-learn draws its splits from it, so a published split can be drawn again. Only what the splitters and their neighbours need is here.

use rand_mt::Mt;

/// `numpy.random.RandomState(seed)` for a whole-number seed: MT19937 with Knuth's initialisation.
///
/// # Example
/// ```
/// use homolog_stats::splits::numpy_random::NumpyRandom;
/// // numpy.random.RandomState(0).permutation(5)
/// assert_eq!(NumpyRandom::new(0).permutation(5), [2, 0, 1, 3, 4]);
/// ```
///
/// # Reference
/// Matsumoto, Nishimura (1998). Mersenne twister. ACM TOMACS 8:3-30. doi:10.1145/272991.272995. NumPy keeps this stream frozen (NEP 19).
#[derive(Debug, Clone)]
pub struct NumpyRandom {
    twister: Mt,
}

impl NumpyRandom {
    /// The generator that `RandomState(seed)` gives.
    pub fn new(seed: u32) -> Self {
        Self { twister: Mt::new(seed) }
    }

    /// A whole number from 0 to `largest`, both included: masked bits, redrawn while too large (NumPy's `random_interval`).
    pub fn up_to(&mut self, largest: usize) -> usize {
        if largest == 0 {
            return 0;
        }
        let mask = usize::MAX >> largest.leading_zeros();
        loop {
            let bits = if largest as u64 <= u64::from(u32::MAX) {
                u64::from(self.twister.next_u32())
            } else {
                (u64::from(self.twister.next_u32()) << 32) | u64::from(self.twister.next_u32())
            };
            let drawn = bits as usize & mask;
            if drawn <= largest {
                return drawn;
            }
        }
    }

    /// `random_sample()`: a number from [0, 1) with 53 random bits.
    pub fn uniform(&mut self) -> f64 {
        let high = f64::from(self.twister.next_u32() >> 5);
        let low = f64::from(self.twister.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// `dirichlet([concentration] * n)`: `n` shares that sum to 1, for a concentration from above 0 to 1.
    ///
    /// Each share is a draw of `standard_gamma(concentration)`: the exponential distribution at 1, below it the rejection of
    /// Ahrens and Dieter (1974, doi:10.1007/BF02293108) as NumPy has it.
    pub fn dirichlet(&mut self, concentration: f64, n: usize) -> Vec<f64> {
        let sizes: Vec<f64> = (0..n).map(|_| self.gamma(concentration)).collect();
        let sum: f64 = sizes.iter().sum();
        sizes.iter().map(|size| size / sum).collect()
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// `standard_gamma(shape)` for a shape of at most 1.
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape >= 1.0 {
            return self.exponential();
        }
        loop {
            let (drawn, limit) = (self.uniform(), self.exponential());
            if drawn <= 1.0 - shape {
                let value = drawn.powf(1.0 / shape);
                if value <= limit {
                    return value;
                }
            } else {
                let rest = -((1.0 - drawn) / shape).ln();
                let value = (1.0 - shape + shape * rest).powf(1.0 / shape);
                if value <= limit + rest {
                    return value;
                }
            }
        }
    }

    /// `shuffle(items)`, in place.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.up_to(last);
            items.swap(last, other);
        }
    }

    /// `permutation(n)`: the numbers 0 to `n - 1` in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }

    /// `choice(items, size, replace=False)`: `size` of the items, each at most once.
    pub fn choose<T: Copy>(&mut self, items: &[T], size: usize) -> Vec<T> {
        let order = self.permutation(items.len());
        order.iter().take(size).map(|&at| items[at]).collect()
    }
}
