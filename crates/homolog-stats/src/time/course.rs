//! Comparisons of RDMs over time: with models, with other times, with regions.

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis, s};
use rayon::prelude::*;

use crate::StatsError;
use crate::comparator::{Comparator, compare_rdms};
use crate::finite::{require_count, require_same_length};

/// Model RDMs against each subject's RDM at each time.
///
/// # Shapes and units
/// - `models`: (n_models, n_pairs), such as a network's stages; `movies`: (n_subjects, n_bins, n_pairs).
/// - returns: (n_models, n_subjects, n_bins), as the comparator has it.
///
/// # Errors
/// As [`compare_rdms`] (an RDM is named by its time bin); [`StatsError::TooFew`] without a subject or a time bin.
///
/// # Accuracy and randomness
/// As [`compare_rdms`].
///
/// # Reference
/// Cichy, Khosla, Pantazis, Torralba, Oliva (2016). Comparison of deep neural networks to spatio-temporal cortical dynamics. Sci Rep 6:27755.
pub fn compare_over_time(
    models: ArrayView2<'_, f64>,
    movies: ArrayView3<'_, f64>,
    comparator: Comparator,
) -> Result<Array3<f64>, StatsError> {
    const OPERATION: &str = "a comparison of models with RDMs over time";
    require_movie(OPERATION, movies)?;
    let of_subjects: Vec<Array2<f64>> = movies
        .axis_iter(Axis(0))
        .into_par_iter()
        .map(|movie| compare_rdms(models, movie, comparator))
        .collect::<Result<_, _>>()?;
    let (n_subjects, n_bins, _) = movies.dim();
    Ok(Array3::from_shape_fn((models.nrows(), n_subjects, n_bins), |(model, subject, bin)| {
        of_subjects[subject][[model, bin]]
    }))
}

/// Whose RDM the RDM of a subject at one time is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrossTemporal {
    /// The same subject's at another time: symmetric, 1 on the diagonal, and high nearby for the noise that neighbouring times share.
    WithinSubject,
    /// The mean of the other subjects' at another time: what lasts is not noise.
    BetweenSubjects,
}

/// Each subject's RDM at each time against RDMs at each time (cross-temporal RSA).
///
/// # Shapes and units
/// - `movies`: (n_subjects, n_bins, n_pairs); returns (n_subjects, n_bins, n_bins), the subject's own time first.
///
/// # Errors
/// As [`compare_over_time`]; [`StatsError::TooFew`] with one subject between subjects.
///
/// # Accuracy and randomness
/// As [`compare_rdms`].
///
/// # Reference
/// King, Dehaene (2014). Characterizing the dynamics of mental representations: the temporal generalization method. Trends Cogn Sci 18:203,
/// with RDMs in place of decoders.
pub fn compare_across_time(
    movies: ArrayView3<'_, f64>,
    with: CrossTemporal,
    comparator: Comparator,
) -> Result<Array3<f64>, StatsError> {
    const OPERATION: &str = "a cross-temporal comparison of RDMs";
    require_movie(OPERATION, movies)?;
    let (n_subjects, n_bins, _) = movies.dim();
    if with == CrossTemporal::BetweenSubjects {
        require_count(OPERATION, "subjects", n_subjects, 2)?;
    }
    let sum = movies.sum_axis(Axis(0));
    let of_subjects: Vec<Array2<f64>> = (0..n_subjects)
        .into_par_iter()
        .map(|subject| {
            let own = movies.index_axis(Axis(0), subject);
            match with {
                CrossTemporal::WithinSubject => compare_rdms(own, own, comparator),
                CrossTemporal::BetweenSubjects => {
                    let others = (&sum - &own) / (n_subjects as f64 - 1.0);
                    compare_rdms(own, others.view(), comparator)
                }
            }
        })
        .collect::<Result<_, _>>()?;
    Ok(Array3::from_shape_fn((n_subjects, n_bins, n_bins), |(subject, own, other)| of_subjects[subject][[own, other]]))
}

/// The mean RDM of each region over one set of subjects against each subject's RDM at each time of another (MEG-fMRI fusion).
///
/// # Shapes and units
/// - `regions`: (n_fmri_subjects, n_regions, n_pairs); `movies`: (n_meg_subjects, n_bins, n_pairs), over the same stimuli in the same order.
/// - returns: (n_regions, n_meg_subjects, n_bins).
///
/// # Errors
/// As [`compare_over_time`].
///
/// # Accuracy and randomness
/// As [`compare_rdms`].
///
/// # Reference
/// Cichy, Pantazis, Oliva (2014). Resolving human object recognition in space and time. Nat Neurosci 17:455. doi:10.1038/nn.3635.
pub fn fuse_regions_with_time(
    regions: ArrayView3<'_, f64>,
    movies: ArrayView3<'_, f64>,
    comparator: Comparator,
) -> Result<Array3<f64>, StatsError> {
    const OPERATION: &str = "a fusion of regions and times";
    require_count(OPERATION, "subjects of the regions", regions.len_of(Axis(0)), 1)?;
    require_count(OPERATION, "regions", regions.len_of(Axis(1)), 1)?;
    require_same_length(
        OPERATION,
        "pairs of stimuli",
        ("the RDMs of the regions", regions.len_of(Axis(2))),
        ("the RDMs over time", movies.len_of(Axis(2))),
    )?;
    for subject in 0..regions.len_of(Axis(0)) {
        crate::finite::require_finite(
            OPERATION,
            "a subject's RDMs of the regions",
            regions.slice(s![subject, .., ..]),
        )?;
    }
    let mean = regions.sum_axis(Axis(0)) / regions.len_of(Axis(0)) as f64;
    compare_over_time(mean.view(), movies, comparator)
}

fn require_movie(operation: &'static str, movies: ArrayView3<'_, f64>) -> Result<(), StatsError> {
    require_count(operation, "subjects", movies.len_of(Axis(0)), 1)?;
    require_count(operation, "time bins", movies.len_of(Axis(1)), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// Geometry 0 rules bins 0 and 1, geometry 1 bins 2 and 3.
    fn experiment(seed: u64) -> (Array2<f64>, Array3<f64>) {
        let mut rng = Rng::new(seed);
        let geometries = Array2::from_shape_simple_fn((2, 66), || rng.uniform());
        let movies =
            Array3::from_shape_fn((5, 4, 66), |(_, bin, pair)| geometries[[bin / 2, pair]] + 0.5 * rng.uniform());
        (geometries, movies)
    }

    #[test]
    fn each_geometry_is_found_at_its_times() {
        let (geometries, movies) = experiment(1);
        let found = compare_over_time(geometries.view(), movies.view(), Comparator::Spearman).unwrap();
        assert_eq!(found.dim(), (2, 5, 4));
        for subject in 0..5 {
            for bin in 0..4 {
                assert!(found[[bin / 2, subject, bin]] > found[[1 - bin / 2, subject, bin]] + 0.3);
            }
        }
        let one = compare_rdms(geometries.slice(s![1..2, ..]), movies.slice(s![3, 2..3, ..]), Comparator::Spearman);
        assert_eq!(found[[1, 3, 2]], one.unwrap()[[0, 0]]);
    }

    #[test]
    fn geometry_lasts_over_its_own_times_only() {
        let (_, movies) = experiment(2);
        for with in [CrossTemporal::WithinSubject, CrossTemporal::BetweenSubjects] {
            let found = compare_across_time(movies.view(), with, Comparator::Pearson).unwrap();
            for subject in 0..5 {
                assert!(found[[subject, 0, 1]] > found[[subject, 0, 2]] + 0.3, "{with:?}");
            }
        }
        let within = compare_across_time(movies.view(), CrossTemporal::WithinSubject, Comparator::Pearson).unwrap();
        assert!((within[[0, 2, 2]] - 1.0).abs() < 1e-12 && within[[0, 1, 3]] == within[[0, 3, 1]]);
    }

    #[test]
    fn region_is_fused_with_the_times_of_its_geometry() {
        let (geometries, movies) = experiment(3);
        let mut rng = Rng::new(4);
        let regions =
            Array3::from_shape_fn((3, 2, 66), |(_, region, pair)| geometries[[region, pair]] + 0.5 * rng.uniform());
        let found = fuse_regions_with_time(regions.view(), movies.view(), Comparator::Spearman).unwrap();
        assert!((0..5).all(|subject| found[[0, subject, 0]] > found[[0, subject, 3]] + 0.3));
        assert!((0..5).all(|subject| found[[1, subject, 3]] > found[[1, subject, 0]] + 0.3));
    }

    #[test]
    fn no_time_bin_one_subject_between_and_other_stimuli_are_refused() {
        let (geometries, movies) = experiment(5);
        let none = compare_over_time(geometries.view(), movies.slice(s![.., ..0, ..]), Comparator::Cosine);
        assert!(matches!(none, Err(StatsError::TooFew { what: "time bins", .. })));
        let one = movies.slice(s![..1, .., ..]);
        assert!(compare_across_time(one, CrossTemporal::BetweenSubjects, Comparator::Cosine).is_err());
        let other = fuse_regions_with_time(movies.slice(s![.., .., ..45]), movies.view(), Comparator::Cosine);
        assert!(matches!(other, Err(StatsError::ShapeMismatch { .. })));
    }
}
