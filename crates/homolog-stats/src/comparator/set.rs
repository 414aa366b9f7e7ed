//! Models and subjects made ready for one comparator, so that any resampling of stimuli and subjects is cheap.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate};
use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::inner::{Centring, InnerProduct, InnerProducts, Metric};
use super::rank::{RadixScratch, RankedSample, SortedRdm, index_in_sample};
use super::sample::PairSample;
use super::{Comparator, kendall};
use crate::StatsError;
use crate::finite::{require_count, require_finite, require_same_length, require_stimuli};
use crate::rdm;

/// RDMs of models and of subjects over the same stimuli, ready to be compared on any sample of the stimuli.
#[derive(Debug, Clone)]
pub(crate) struct ComparisonSet {
    comparator: Comparator,
    n_models: usize,
    n_subjects: usize,
    n_stimuli: usize,
    /// (n_pairs, n_models + n_subjects), models first, so that a pair's values lie together.
    values: Array2<f64>,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// The comparator is the cosine of this inner product.
    Inner(InnerProduct),
    /// The comparator is of ranks: models, then subjects, sorted.
    Sorted(Vec<SortedRdm>),
}

/// The inner product that stands in for comparators of ranks where weights are fitted.
const PEARSON: InnerProduct = InnerProduct { centring: Centring::MeanRemoved, metric: Metric::Plain };

impl ComparisonSet {
    pub(crate) fn new(
        models: ArrayView2<'_, f64>,
        subjects: ArrayView2<'_, f64>,
        comparator: Comparator,
    ) -> Result<Self, StatsError> {
        let operation = comparator.operation();
        require_same_length(
            operation,
            "pairs of stimuli",
            ("the first set of RDMs", models.ncols()),
            ("the second set of RDMs", subjects.ncols()),
        )?;
        let n_stimuli = rdm::n_stimuli(models.ncols())?;
        require_stimuli(operation, n_stimuli, 3)?;
        require_count(operation, "RDMs in the first set", models.nrows(), 1)?;
        require_count(operation, "RDMs in the second set", subjects.nrows(), 1)?;
        for (what, rdms) in [("the first set of RDMs", models), ("the second set of RDMs", subjects)] {
            require_finite(operation, what, rdms)?;
            require_varying(operation, rdms, comparator)?;
        }
        let all = concatenate![Axis(0), models, subjects];
        let form = match comparator.inner_product() {
            Some(inner) => Form::Inner(inner),
            None => {
                Form::Sorted(all.axis_iter(Axis(0)).into_par_iter().map(|rdm| SortedRdm::of(&rdm.to_vec())).collect())
            }
        };
        Ok(Self {
            comparator,
            n_models: models.nrows(),
            n_subjects: subjects.nrows(),
            n_stimuli,
            values: all.t().as_standard_layout().into_owned(),
            form,
        })
    }

    pub(crate) fn n_models(&self) -> usize {
        self.n_models
    }

    pub(crate) fn n_subjects(&self) -> usize {
        self.n_subjects
    }

    pub(crate) fn n_stimuli(&self) -> usize {
        self.n_stimuli
    }

    /// The same set with the stimuli of every model renamed: stimulus i of the models is now what was stimulus `order[i]`.
    pub(crate) fn with_models_relabelled(&self, order: &[usize]) -> Self {
        let from: Vec<u32> = rdm::pairs(self.n_stimuli)
            .map(|(i, j)| {
                let (a, b) = (order[i].min(order[j]), order[i].max(order[j]));
                rdm::pair_position(a, b, self.n_stimuli) as u32
            })
            .collect();
        let mut relabelled = self.clone();
        for (mut row, &old) in relabelled.values.rows_mut().into_iter().zip(&from) {
            let models = ndarray::s![..self.n_models];
            row.slice_mut(models).assign(&self.values.row(old as usize).slice(models));
        }
        if let Form::Sorted(rdms) = &mut relabelled.form {
            for model in &mut rdms[..self.n_models] {
                *model = model.relabelled(&from);
            }
        }
        relabelled
    }

    /// Inner products of all RDMs, models first, over a sample; for comparators of ranks those of Pearson's r.
    pub(crate) fn inner_products(&self, sample: &PairSample) -> InnerProducts {
        let inner = self.comparator.inner_product().unwrap_or(PEARSON);
        inner.of_sample(self.values.view(), sample)
    }

    /// The set on every stimulus once.
    pub(crate) fn on_all_stimuli(&self) -> ComparedSample<'_> {
        self.on_sample(PairSample::all(self.n_stimuli))
    }

    /// The set on a sample of the stimuli.
    pub(crate) fn on_sample(&self, sample: PairSample) -> ComparedSample<'_> {
        let on = match &self.form {
            Form::Inner(inner) => {
                let inner = inner.of_sample(self.values.view(), &sample);
                let norms = inner.products.diag().mapv(f64::sqrt);
                OnSample::Cosines {
                    cosines: Array2::from_shape_fn(inner.products.dim(), |(i, j)| {
                        inner.products[[i, j]] / (norms[i] * norms[j])
                    }),
                    pool_scale: (&norms / &inner.plain_squares.mapv(f64::sqrt)).to_vec(),
                    products: inner.products,
                }
            }
            Form::Sorted(rdms) => {
                let index = index_in_sample(&sample, rdm::n_pairs(self.n_stimuli));
                OnSample::Ranks(rdms.iter().map(|sorted| RankedSample::of(sorted, &index, &sample.weights)).collect())
            }
        };
        let total = sample.total_weight();
        ComparedSample { set: self, sample, total, on }
    }
}

/// Refuses an RDM whose direction is undefined: constant, or all zero for a cosine.
fn require_varying(
    operation: &'static str,
    rdms: ArrayView2<'_, f64>,
    comparator: Comparator,
) -> Result<(), StatsError> {
    let zero_only = matches!(comparator, Comparator::Cosine | Comparator::WhitenedCosine);
    let flat = |rdm: ndarray::ArrayView1<'_, f64>| {
        let reference = if zero_only { 0.0 } else { rdm[0] };
        rdm.iter().all(|&value| value == reference)
    };
    match rdms.rows().into_iter().position(flat) {
        None => Ok(()),
        Some(index) => Err(StatsError::ConstantPattern { operation, what: "RDM", index }),
    }
}

/// A [`ComparisonSet`] on one sample of the stimuli. A comparison that has no value in the sample is NaN here.
pub(crate) struct ComparedSample<'a> {
    set: &'a ComparisonSet,
    sample: PairSample,
    total: f64,
    on: OnSample,
}

enum OnSample {
    Cosines {
        cosines: Array2<f64>,
        /// The inner products, before division by lengths.
        products: Array2<f64>,
        /// The length of each RDM after it is scaled for the pool: 1 but for whitened comparators, whose pool scales by plain length.
        pool_scale: Vec<f64>,
    },
    /// Models, then subjects.
    Ranks(Vec<RankedSample>),
}

/// Room that is kept between the ceilings of many samples.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    radix: RadixScratch,
    keys: Vec<u32>,
    others: Vec<u32>,
}

impl ComparedSample<'_> {
    /// Every model against every subject: (n_models, n_subjects).
    pub(crate) fn scores(&self) -> Array2<f64> {
        let (n_models, n_subjects) = (self.set.n_models, self.set.n_subjects);
        let one = |at: usize| self.score(at / n_subjects, at % n_subjects);
        let values: Vec<f64> = match &self.on {
            OnSample::Cosines { .. } => (0..n_models * n_subjects).map(one).collect(),
            OnSample::Ranks(_) => (0..n_models * n_subjects).into_par_iter().map(one).collect(),
        };
        Array2::from_shape_fn((n_models, n_subjects), |(model, subject)| values[model * n_subjects + subject])
    }

    fn score(&self, model: usize, subject: usize) -> f64 {
        let subject = self.set.n_models + subject;
        match &self.on {
            OnSample::Cosines { cosines, .. } => cosines[[model, subject]].clamp(-1.0, 1.0),
            OnSample::Ranks(ranked) => self.of_ranks(&ranked[model], &ranked[subject]),
        }
    }

    /// The weighted sum of the model RDMs from `first` on, against every subject.
    pub(crate) fn mixture_scores(&self, first: usize, weights: &[f64]) -> Vec<f64> {
        let models = first..first + weights.len();
        let weights = ArrayView1::from(weights);
        let subjects = self.set.n_models..self.set.n_models + self.set.n_subjects;
        match &self.on {
            OnSample::Cosines { products, .. } => {
                let among = products.slice(ndarray::s![models.clone(), models.clone()]);
                let length = weights.dot(&among.dot(&weights)).sqrt();
                subjects
                    .map(|row| {
                        let with = products.slice(ndarray::s![models.clone(), row]);
                        weights.dot(&with) / (length * products[[row, row]].sqrt())
                    })
                    .collect()
            }
            OnSample::Ranks(ranked) => {
                let mixture: Vec<f64> = self
                    .sample
                    .positions
                    .iter()
                    .map(|&pair| {
                        let values = self.set.values.row(pair as usize);
                        weights.dot(&values.slice(ndarray::s![models.clone()]))
                    })
                    .collect();
                let mixture = RankedSample::of_values(&mixture, &self.sample.weights);
                subjects.map(|row| self.of_ranks(&mixture, &ranked[row])).collect()
            }
        }
    }

    fn of_ranks(&self, left: &RankedSample, right: &RankedSample) -> f64 {
        let (weights, total) = (&self.sample.weights, self.total);
        match self.set.comparator {
            Comparator::TauA => kendall::tau_a(left, right, weights),
            Comparator::TauB => kendall::tau_b(left, right, weights),
            Comparator::RhoA => {
                // The ranks here are doubled, so their products are four times too large.
                3.0 * rank_product(left, right, weights, total) / (total.powi(3) - total)
            }
            _ => {
                let squares = rank_product(left, left, weights, total) * rank_product(right, right, weights, total);
                rank_product(left, right, weights, total) / squares.sqrt()
            }
        }
    }

    /// Lower and upper noise ceiling by pooled RDMs, with subject s drawn `counts[s]` times.
    ///
    /// As rsatoolbox: the mean over the different subjects that were drawn of the comparison with the pool of all (upper), and of
    /// all others (lower; with one subject alone, of all).
    pub(crate) fn pooled_ceiling(&self, counts: &[u32], scratch: &mut Scratch) -> (f64, f64) {
        let drawn: Vec<usize> = (0..counts.len()).filter(|&s| counts[s] > 0).collect();
        let (mut lower, mut upper) = (0.0, 0.0);
        for (low, high) in self.pooled_ceiling_per_subject(counts, &drawn, scratch) {
            lower += low;
            upper += high;
        }
        (lower / drawn.len() as f64, upper / drawn.len() as f64)
    }

    /// The two ceilings of each subject in `drawn`.
    pub(crate) fn pooled_ceiling_per_subject(
        &self,
        counts: &[u32],
        drawn: &[usize],
        scratch: &mut Scratch,
    ) -> Vec<(f64, f64)> {
        match &self.on {
            OnSample::Cosines { cosines, pool_scale, .. } => {
                let first = self.set.n_models;
                let among = cosines.slice(ndarray::s![first.., first..]);
                cosine_ceilings(among, &pool_scale[first..], counts, drawn)
            }
            OnSample::Ranks(ranked) => {
                let subjects = &ranked[self.set.n_models..];
                self.rank_ceilings(subjects, counts, drawn, scratch)
            }
        }
    }

    /// Ceilings of the rank correlations: the pool is the sum of ranks, a whole number for each pair, ranked again by its digits.
    fn rank_ceilings(
        &self,
        subjects: &[RankedSample],
        counts: &[u32],
        drawn: &[usize],
        scratch: &mut Scratch,
    ) -> Vec<(f64, f64)> {
        let weights = &self.sample.weights;
        scratch.keys.clear();
        scratch.keys.resize(weights.len(), 0);
        for (subject, &count) in subjects.iter().zip(counts) {
            if count > 0 {
                for (key, &rank) in scratch.keys.iter_mut().zip(&subject.doubled_ranks) {
                    *key += count * rank;
                }
            }
        }
        let pool = RankedSample::of_keys(&scratch.keys, weights, &mut scratch.radix);
        drawn
            .iter()
            .map(|&s| {
                let upper = self.of_ranks(&pool, &subjects[s]);
                if drawn.len() == 1 {
                    return (upper, upper);
                }
                scratch.others.clear();
                scratch.others.extend(
                    scratch.keys.iter().zip(&subjects[s].doubled_ranks).map(|(&key, &rank)| key - counts[s] * rank),
                );
                let others = RankedSample::of_keys(&scratch.others, weights, &mut scratch.radix);
                (self.of_ranks(&others, &subjects[s]), upper)
            })
            .collect()
    }
}

/// Ceilings of the cosines: the pool is a weighted sum of the RDMs, so its cosine with each subject follows from the cosines among
/// subjects.
fn cosine_ceilings(among: ArrayView2<'_, f64>, pool_scale: &[f64], counts: &[u32], drawn: &[usize]) -> Vec<(f64, f64)> {
    let share: Array1<f64> = counts.iter().zip(pool_scale).map(|(&count, scale)| f64::from(count) * scale).collect();
    let with_pool = among.dot(&share);
    let pool_square = share.dot(&with_pool);
    drawn
        .iter()
        .map(|&s| {
            let upper = with_pool[s] / pool_square.sqrt();
            if drawn.len() == 1 {
                return (upper, upper);
            }
            let own = share[s];
            let others_square = pool_square - 2.0 * own * with_pool[s] + own * own;
            ((with_pool[s] - own) / others_square.sqrt(), upper)
        })
        .collect()
}

/// Σ weight · (2r − N − 1)(2q − N − 1): exact, because every term is a whole number.
fn rank_product(left: &RankedSample, right: &RankedSample, weights: &[u32], total: f64) -> f64 {
    // With the widest instructions that the processor has.
    Arch::new().dispatch(RankProduct {
        left: &left.doubled_ranks,
        right: &right.doubled_ranks,
        weights,
        mean: total + 1.0,
    })
}

struct RankProduct<'a> {
    left: &'a [u32],
    right: &'a [u32],
    weights: &'a [u32],
    mean: f64,
}

impl WithSimd for RankProduct<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> f64 {
        /// As many sums as are added at once.
        const LANES: usize = 16;
        let term = |left: u32, right: u32, weight: u32| {
            (f64::from(left) - self.mean) * (f64::from(right) - self.mean) * f64::from(weight)
        };
        let (left, right) = (self.left.chunks_exact(LANES), self.right.chunks_exact(LANES));
        let weights = self.weights.chunks_exact(LANES);
        let rest = left.remainder().iter().zip(right.remainder()).zip(weights.remainder());
        let rest: f64 = rest.map(|((&left, &right), &weight)| term(left, right, weight)).sum();
        let mut sums = [0.0; LANES];
        for ((left, right), weights) in left.zip(right).zip(weights) {
            for lane in 0..LANES {
                sums[lane] += term(left[lane], right[lane], weights[lane]);
            }
        }
        sums.iter().sum::<f64>() + rest
    }
}
