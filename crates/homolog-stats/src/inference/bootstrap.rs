//! Bootstrap evaluations of fixed models: over subjects, over stimuli, and over both, from the same draws.

use ndarray::{Array2, ArrayView1, Axis};
use rayon::prelude::*;

use crate::StatsError;
use crate::comparator::{ComparisonSet, PairSample, Scratch};
use crate::random::Rng;

/// Fewest different stimuli that a bootstrap sample must hold: below it there is no correlation over pairs.
const FEWEST_STIMULI_IN_SAMPLE: usize = 3;

/// How often each subject and each stimulus occurs in one bootstrap sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// One count for each subject.
    pub subjects: Vec<u32>,
    /// One count for each stimulus.
    pub stimuli: Vec<u32>,
}

impl Draw {
    /// Draws sample number `index`: as many subjects and stimuli as there are, with replacement.
    pub fn sample(rng: &Rng, index: u64, n_subjects: usize, n_stimuli: usize) -> Self {
        let mut rng = rng.stream(index);
        Self { subjects: rng.bootstrap_counts(n_subjects), stimuli: rng.bootstrap_counts(n_stimuli) }
    }
}

/// What is drawn with replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resampling {
    /// Subjects: conclusions hold for more subjects and these stimuli.
    Subjects,
    /// Stimuli: conclusions hold for more stimuli and these subjects.
    Stimuli,
    /// Subjects and stimuli: conclusions hold for more of both.
    Both,
}

impl Resampling {
    /// Every resampling.
    pub const ALL: [Self; 3] = [Self::Subjects, Self::Stimuli, Self::Both];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subjects => "subjects",
            Self::Stimuli => "stimuli",
            Self::Both => "both",
        }
    }
}

impl std::str::FromStr for Resampling {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        Self::ALL
            .into_iter()
            .find(|resampling| resampling.name() == name)
            .ok_or_else(|| crate::naming::unknown_name("bootstrap", name, &Self::ALL.map(Self::name)))
    }
}

/// Scores and ceilings in every bootstrap sample of one resampling; a sample that has no value is NaN throughout.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluations {
    /// (n_samples, n_models + 2): each model's mean over subjects, then the lower and the upper noise ceiling.
    pub values: Array2<f64>,
    /// (n_models + 2)²: covariance over samples (divided by their number less one) of all columns, without the variance that a random
    /// division into parts adds where models were cross-validated.
    pub covariance: Array2<f64>,
}

impl Evaluations {
    /// Evaluations without a cross-validation.
    pub(crate) fn plain(values: Array2<f64>) -> Self {
        let covariance = covariance_of_samples(&values);
        Self { values, covariance }
    }

    /// Evaluations whose samples were cross-validated several times, each with another division into parts.
    ///
    /// The values are means over divisions; the covariance is that of infinitely many divisions, (c V_mean − V_single) / (c − 1) for c of
    /// them, with V_single the mean over divisions of the covariance of each.
    ///
    /// # Shapes and units
    /// - `divisions`: (n_samples, n_divisions, n_models + 2); NaN where a sample has no value.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] under 2 divisions, or when fewer than 2 samples have values throughout.
    ///
    /// # Accuracy and randomness
    /// Agrees with the correction in rsatoolbox 0.3.2's `bootstrap_crossval` to 1e-8 (goldens/rsatoolbox/models). Deterministic.
    ///
    /// # Reference
    /// Schütt et al. (2023). eLife 12:e82566. Equation 15.
    pub fn of_divisions(divisions: ndarray::ArrayView3<'_, f64>) -> Result<Self, StatsError> {
        const OPERATION: &str = "a bootstrap of cross-validated models";
        let (n_samples, n_divisions, width) = divisions.dim();
        crate::finite::require_count(OPERATION, "divisions into parts", n_divisions, 2)?;
        let whole = |sample: usize| divisions.index_axis(Axis(0), sample).iter().all(|value| value.is_finite());
        let usable: Vec<bool> = (0..n_samples).map(whole).collect();
        let n_usable = usable.iter().filter(|&&usable| usable).count();
        crate::finite::require_count(OPERATION, "bootstrap samples that allow the parts", n_usable, 2)?;
        let c = n_divisions as f64;
        // A sample is used for every division or for none, so that all covariances are over the same samples.
        let of = |value: &dyn Fn(usize, usize) -> f64| {
            Array2::from_shape_fn(
                (n_samples, width),
                |(sample, column)| {
                    if usable[sample] { value(sample, column) } else { f64::NAN }
                },
            )
        };
        let values = of(&|sample, column| divisions.slice(ndarray::s![sample, .., column]).sum() / c);
        let mut single = Array2::<f64>::zeros((width, width));
        for division in 0..n_divisions {
            single = single + covariance_of_samples(&of(&|s, column| divisions[[s, division, column]])) / c;
        }
        let covariance = (covariance_of_samples(&values) * c - single) / (c - 1.0);
        Ok(Self { values, covariance })
    }

    /// Mean over the samples that have a value, for each column.
    pub fn means(&self) -> Vec<f64> {
        means_of_columns(&used_samples(&self.values))
    }

    /// How many samples have a value.
    pub fn n_used(&self) -> usize {
        self.values.rows().into_iter().filter(|row| has_value(*row)).count()
    }

    /// The value below which a share of the samples lies, for one column, with NumPy's linear interpolation.
    pub fn quantile(&self, column: usize, share: f64) -> f64 {
        let mut values: Vec<f64> = used_samples(&self.values).column(column).to_vec();
        values.sort_unstable_by(f64::total_cmp);
        let at = share * (values.len() as f64 - 1.0);
        let (below, above) = (at.floor() as usize, at.ceil() as usize);
        match (values.get(below), values.get(above)) {
            (Some(low), Some(high)) => low + (high - low) * (at - at.floor()),
            _ => f64::NAN,
        }
    }
}

fn used_samples(values: &Array2<f64>) -> Array2<f64> {
    let rows: Vec<usize> = (0..values.nrows()).filter(|&row| has_value(values.row(row))).collect();
    values.select(Axis(0), &rows)
}

fn means_of_columns(values: &Array2<f64>) -> Vec<f64> {
    values.axis_iter(Axis(1)).map(|column| column.sum() / column.len() as f64).collect()
}

fn covariance_of_samples(values: &Array2<f64>) -> Array2<f64> {
    let used = used_samples(values);
    let means = means_of_columns(&used);
    let centred = Array2::from_shape_fn(used.dim(), |(row, column)| used[[row, column]] - means[column]);
    centred.t().dot(&centred) / (used.nrows() as f64 - 1.0)
}

fn has_value(row: ArrayView1<'_, f64>) -> bool {
    row.iter().all(|value| value.is_finite())
}

/// The evaluations that the requested resampling needs; both factors need each alone too.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapEvaluations {
    /// Subjects and stimuli drawn together.
    pub both: Option<Evaluations>,
    /// Subjects drawn, stimuli as they are.
    pub subjects: Option<Evaluations>,
    /// Stimuli drawn, subjects as they are.
    pub stimuli: Option<Evaluations>,
}

/// Evaluates fixed models in every draw.
///
/// In each sample a model's score is the mean over the drawn subjects of its comparison over the drawn pairs, and the ceilings
/// are pooled as in [`crate::noise_ceiling::CeilingConvention::PooledRdm`], leaving out all copies of a subject together.
///
/// # Shapes and units
/// - `models`: (n_models, n_pairs), `subjects`: (n_subjects, n_pairs), rows RDMs over the same stimuli.
///
/// # Errors
/// As [`crate::comparator::compare_rdms`]; [`StatsError::ShapeMismatch`] when a draw is over other numbers of subjects or stimuli.
///
/// # Accuracy and randomness
/// Agrees with the evaluations inside rsatoolbox 0.3.2's `eval_dual_bootstrap` on the same draws to 1e-10
/// (goldens/rsatoolbox/bootstrap). Deterministic in the draws, whatever the number of threads.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566. Methods, "Bootstrapping".
pub fn evaluate_draws(
    models: ndarray::ArrayView2<'_, f64>,
    subjects: ndarray::ArrayView2<'_, f64>,
    comparator: crate::comparator::Comparator,
    draws: &[Draw],
    resampling: Resampling,
) -> Result<BootstrapEvaluations, StatsError> {
    let set = ComparisonSet::new(models, subjects, comparator)?;
    evaluate_set(&set, draws, resampling)
}

pub(crate) fn evaluate_set(
    set: &ComparisonSet,
    draws: &[Draw],
    resampling: Resampling,
) -> Result<BootstrapEvaluations, StatsError> {
    const OPERATION: &str = "a bootstrap of RDM comparisons";
    for draw in draws {
        crate::finite::require_same_length(
            OPERATION,
            "subjects",
            ("a draw", draw.subjects.len()),
            ("the set of RDMs", set.n_subjects()),
        )?;
        crate::finite::require_same_length(
            OPERATION,
            "stimuli",
            ("a draw", draw.stimuli.len()),
            ("the set of RDMs", set.n_stimuli()),
        )?;
    }
    let whole = set.on_all_stimuli();
    let whole_scores = whole.scores();
    let everyone = vec![1; set.n_subjects()];
    let rows: Vec<[Option<Vec<f64>>; 3]> = draws
        .par_iter()
        .map_init(Scratch::default, |scratch, draw| {
            let enough = draw.stimuli.iter().filter(|&&count| count > 0).count() >= FEWEST_STIMULI_IN_SAMPLE;
            let by_subjects = (resampling != Resampling::Stimuli).then(|| {
                if enough {
                    row(&whole_scores, &draw.subjects, whole.pooled_ceiling(&draw.subjects, scratch))
                } else {
                    vec![f64::NAN; set.n_models() + 2]
                }
            });
            if resampling == Resampling::Subjects {
                return [None, by_subjects, None];
            }
            if !enough {
                let none = vec![f64::NAN; set.n_models() + 2];
                let both = (resampling == Resampling::Both).then(|| none.clone());
                return [both, by_subjects, Some(none)];
            }
            let sampled = set.on_sample(PairSample::of(draw.stimuli.clone()));
            let scores = sampled.scores();
            let by_stimuli = row(&scores, &everyone, sampled.pooled_ceiling(&everyone, scratch));
            let both = (resampling == Resampling::Both)
                .then(|| row(&scores, &draw.subjects, sampled.pooled_ceiling(&draw.subjects, scratch)));
            [both, by_subjects, Some(by_stimuli)]
        })
        .collect();
    let [both, subjects, stimuli] = [0, 1, 2].map(|kind| stack(&rows, kind, set.n_models() + 2));
    Ok(BootstrapEvaluations { both, subjects, stimuli })
}

/// One row of evaluations: each model's mean over the drawn subjects, then the ceilings.
fn row(scores: &Array2<f64>, counts: &[u32], (lower, upper): (f64, f64)) -> Vec<f64> {
    let total: f64 = counts.iter().map(|&count| f64::from(count)).sum();
    let mut row: Vec<f64> = scores
        .rows()
        .into_iter()
        .map(|model| {
            let sum: f64 = model
                .iter()
                .zip(counts)
                .filter(|(_, count)| **count > 0)
                .map(|(score, &count)| score * f64::from(count))
                .sum();
            sum / total
        })
        .collect();
    row.extend([lower, upper]);
    row
}

fn stack(rows: &[[Option<Vec<f64>>; 3]], kind: usize, width: usize) -> Option<Evaluations> {
    rows.first()?[kind].as_ref()?;
    let mut values = Array2::from_elem((rows.len(), width), f64::NAN);
    for (mut to, from) in values.rows_mut().into_iter().zip(rows) {
        if let Some(from) = &from[kind] {
            to.assign(&ArrayView1::from(from.as_slice()));
        }
    }
    Some(Evaluations::plain(values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::comparator::{Comparator, compare_rdms};
    use crate::rdm;

    pub(crate) fn noisy(n_rdms: usize, n_stimuli: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        let truth: Vec<f64> = (0..rdm::n_pairs(n_stimuli)).map(|_| rng.uniform()).collect();
        Array2::from_shape_fn((n_rdms, truth.len()), |(_, pair)| truth[pair] + rng.uniform())
    }

    /// The comparison of RDMs copied out pair by pair, copies of one stimulus left out: slow and plain.
    fn by_copies(
        model: ArrayView1<'_, f64>,
        subject: ArrayView1<'_, f64>,
        counts: &[u32],
        comparator: Comparator,
    ) -> f64 {
        let drawn: Vec<usize> =
            counts.iter().enumerate().flat_map(|(i, &c)| std::iter::repeat_n(i, c as usize)).collect();
        let n = counts.len();
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for (a, &i) in drawn.iter().enumerate() {
            for &j in &drawn[a + 1..] {
                if i != j {
                    let at = rdm::pair_position(i.min(j), i.max(j), n);
                    x.push(model[at]);
                    y.push(subject[at]);
                }
            }
        }
        if matches!(comparator, Comparator::Spearman) {
            x = crate::comparator::mean_ranks(&x);
            y = crate::comparator::mean_ranks(&y);
        }
        let centre = |v: &[f64]| {
            let mean = if comparator == Comparator::Cosine { 0.0 } else { v.iter().sum::<f64>() / v.len() as f64 };
            v.iter().map(|value| value - mean).collect::<Vec<_>>()
        };
        let (x, y) = (centre(&x), centre(&y));
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt()
    }

    #[test]
    fn weights_give_what_copies_give() {
        let (models, subjects) = (noisy(2, 12, 1), noisy(4, 12, 2));
        let draws: Vec<Draw> = (0..5).map(|i| Draw::sample(&Rng::new(3), i, 4, 12)).collect();
        for comparator in [Comparator::Cosine, Comparator::Pearson, Comparator::Spearman] {
            let found = evaluate_draws(models.view(), subjects.view(), comparator, &draws, Resampling::Both).unwrap();
            let both = found.both.unwrap();
            for (at, draw) in draws.iter().enumerate() {
                for m in 0..2 {
                    let expected: f64 = (0..4)
                        .map(|s| {
                            f64::from(draw.subjects[s])
                                * by_copies(models.row(m), subjects.row(s), &draw.stimuli, comparator)
                        })
                        .sum::<f64>()
                        / 4.0;
                    assert!((both.values[[at, m]] - expected).abs() < 1e-12, "{comparator:?}");
                }
            }
        }
    }

    #[test]
    fn every_comparator_has_the_same_bits_on_one_thread_and_two() {
        let (models, subjects) = (noisy(3, 15, 4), noisy(5, 15, 5));
        let draws: Vec<Draw> = (0..8).map(|i| Draw::sample(&Rng::new(6), i, 5, 15)).collect();
        for comparator in Comparator::ALL {
            let on = |threads| {
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(|| {
                    evaluate_draws(models.view(), subjects.view(), comparator, &draws, Resampling::Both).unwrap()
                })
            };
            assert_eq!(on(1), on(2), "{comparator:?}");
        }
    }

    #[test]
    fn drawing_everything_once_gives_the_plain_comparison() {
        let (models, subjects) = (noisy(2, 10, 7), noisy(3, 10, 8));
        let draw = Draw { subjects: vec![1; 3], stimuli: vec![1; 10] };
        for comparator in Comparator::ALL {
            let found = evaluate_draws(
                models.view(),
                subjects.view(),
                comparator,
                std::slice::from_ref(&draw),
                Resampling::Stimuli,
            )
            .unwrap();
            let plain = compare_rdms(models.view(), subjects.view(), comparator).unwrap();
            let values = found.stimuli.unwrap().values;
            for m in 0..2 {
                assert!((values[[0, m]] - plain.row(m).sum() / 3.0).abs() < 1e-12);
            }
        }
    }
}
