//! How well any model could do, given how much subjects differ: noise ceilings of RSA.

use ndarray::{Array2, ArrayView2, Axis};

use crate::StatsError;
use crate::comparator::{Comparator, ComparisonSet, Scratch, compare_rdms};
use crate::finite::require_count;
use crate::naming::unknown_name;

/// How the RDM that stands for "the best model" is made from subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CeilingConvention {
    /// rsatoolbox 0.3: each RDM is first scaled as suits the comparator (to length 1 for the cosines, z-scored for the Pearson
    /// correlations, ranked for the rank correlations), then averaged, which is the best RDM there is for most comparators.
    PooledRdm,
    /// Brain-Score, and Nili et al. before scaling: the plain mean of the dissimilarities.
    MeanRdm,
}

impl CeilingConvention {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::PooledRdm => "pooled-rdm",
            Self::MeanRdm => "mean-rdm",
        }
    }
}

impl std::str::FromStr for CeilingConvention {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        [Self::PooledRdm, Self::MeanRdm].into_iter().find(|convention| convention.name() == name).ok_or_else(|| {
            unknown_name("convention of noise ceilings", name, &[Self::PooledRdm.name(), Self::MeanRdm.name()])
        })
    }
}

/// The range in which the score of the true model is expected.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NoiseCeiling {
    /// Mean over subjects of the comparison of each with the others: below it, a model misses something that subjects share.
    pub lower: f64,
    /// Mean over subjects of the comparison of each with all, itself included: no model can be expected above it.
    pub upper: f64,
    /// The lower ceiling of each subject.
    pub lower_per_subject: Vec<f64>,
    /// The upper ceiling of each subject.
    pub upper_per_subject: Vec<f64>,
}

/// The noise ceiling of a set of subjects' RDMs.
///
/// lower = mean over subjects s of compare(centre of all but s, s); upper = mean over s of compare(centre of all, s), with the
/// centre formed by `convention`.
///
/// # Shapes and units
/// - `subjects`: (n_subjects, n_pairs), each row an RDM over the same stimuli.
///
/// # Errors
/// - [`StatsError::TooFew`] with one subject: nothing says how much subjects differ.
/// - As [`compare_rdms`]; [`StatsError::ConstantPattern`] also when a centre is constant.
///
/// # Edge cases
/// For the Kendall correlations the pooled RDM is that of mean ranks, which is near the best one but not it, as in rsatoolbox.
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 (`boot_noise_ceiling`) to 1e-10 (goldens/rsatoolbox/compare), whitened to the 1e-5 of its
/// iterative solver. Deterministic.
///
/// # Example
/// ```
/// use homolog_stats::{comparator::Comparator, noise_ceiling::{CeilingConvention, noise_ceiling}};
/// use ndarray::array;
/// let alike = array![[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]];
/// let ceiling = noise_ceiling(alike.view(), Comparator::Pearson, CeilingConvention::PooledRdm)?;
/// assert!((ceiling.lower - 1.0).abs() < 1e-12);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Nili et al. (2014). A toolbox for representational similarity analysis. PLoS Comput Biol 10:e1003553. Figure 4 and text.
pub fn noise_ceiling(
    subjects: ArrayView2<'_, f64>,
    comparator: Comparator,
    convention: CeilingConvention,
) -> Result<NoiseCeiling, StatsError> {
    require_count("a noise ceiling over subjects", "subjects", subjects.nrows(), 2)?;
    let per_subject = match convention {
        CeilingConvention::PooledRdm => pooled(subjects, comparator)?,
        CeilingConvention::MeanRdm => of_means(subjects, comparator)?,
    };
    if let Some(index) = per_subject.iter().position(|(low, high)| !(low.is_finite() && high.is_finite())) {
        return Err(StatsError::ConstantPattern {
            operation: "a noise ceiling over subjects",
            what: "the mean RDM without subject",
            index,
        });
    }
    let (lower_per_subject, upper_per_subject): (Vec<f64>, Vec<f64>) = per_subject.into_iter().unzip();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Ok(NoiseCeiling {
        lower: mean(&lower_per_subject),
        upper: mean(&upper_per_subject),
        lower_per_subject,
        upper_per_subject,
    })
}

fn pooled(subjects: ArrayView2<'_, f64>, comparator: Comparator) -> Result<Vec<(f64, f64)>, StatsError> {
    // A set needs a model; the first subject stands in, and no score of it is asked for.
    let set = ComparisonSet::new(subjects.slice(ndarray::s![..1, ..]), subjects, comparator)?;
    let everyone: Vec<usize> = (0..subjects.nrows()).collect();
    let counts = vec![1; subjects.nrows()];
    Ok(set.on_all_stimuli().pooled_ceiling_per_subject(&counts, &everyone, &mut Scratch::default()))
}

fn of_means(subjects: ArrayView2<'_, f64>, comparator: Comparator) -> Result<Vec<(f64, f64)>, StatsError> {
    let n = subjects.nrows();
    let sum = subjects.sum_axis(Axis(0));
    let mut centres = Array2::zeros((n + 1, subjects.ncols()));
    for (mut centre, subject) in centres.rows_mut().into_iter().zip(subjects.rows()) {
        centre.assign(&((&sum - &subject) / (n as f64 - 1.0)));
    }
    centres.row_mut(n).assign(&(&sum / n as f64));
    let scores = compare_rdms(centres.view(), subjects, comparator)?;
    Ok((0..n).map(|s| (scores[[s, s]], scores[[n, s]])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    fn noisy_subjects(n: usize, seed: u64) -> Array2<f64> {
        let mut rng = Rng::new(seed);
        let truth: Vec<f64> = (0..66).map(|_| rng.uniform()).collect();
        Array2::from_shape_fn((n, 66), |(_, pair)| truth[pair] + 0.4 * rng.uniform())
    }

    #[test]
    fn lower_ceiling_is_at_most_the_upper() {
        let subjects = noisy_subjects(6, 1);
        for comparator in Comparator::ALL {
            for convention in [CeilingConvention::PooledRdm, CeilingConvention::MeanRdm] {
                let ceiling = noise_ceiling(subjects.view(), comparator, convention).unwrap();
                assert!(ceiling.lower < ceiling.upper && ceiling.upper < 1.0, "{comparator:?}");
            }
        }
    }

    #[test]
    fn pooled_ceiling_equals_the_pool_written_out() {
        let subjects = noisy_subjects(5, 2);
        let z_scored = |skip: Option<usize>| {
            let mut sum = ndarray::Array1::<f64>::zeros(66);
            for (s, row) in subjects.rows().into_iter().enumerate() {
                if Some(s) != skip {
                    let centred = &row - row.sum() / 66.0;
                    sum += &(&centred / centred.dot(&centred).sqrt());
                }
            }
            sum.insert_axis(Axis(0))
        };
        let found = noise_ceiling(subjects.view(), Comparator::Pearson, CeilingConvention::PooledRdm).unwrap();
        let of = |pool: Array2<f64>, s: usize| {
            compare_rdms(pool.view(), subjects.slice(ndarray::s![s..=s, ..]), Comparator::Pearson).unwrap()[[0, 0]]
        };
        for s in 0..5 {
            assert!((found.lower_per_subject[s] - of(z_scored(Some(s)), s)).abs() < 1e-12);
            assert!((found.upper_per_subject[s] - of(z_scored(None), s)).abs() < 1e-12);
        }
    }

    #[test]
    fn one_subject_has_no_ceiling() {
        let found = noise_ceiling(array![[1.0, 2.0, 3.0]].view(), Comparator::Cosine, CeilingConvention::PooledRdm);
        assert!(matches!(found, Err(StatsError::TooFew { found: 1, needed: 2, .. })));
    }
}
