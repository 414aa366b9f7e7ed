//! Several model RDMs at once, against NumPy's and SciPy's least squares (`goldens/numpy/rsa`).

use homolog_stats::comparator::{
    GeometryComparator, Scale, WeightSign, compare_geometries, partial_correlation, regression_rsa,
};
use ndarray::{Array1, Array2, s};

use crate::golden::{assert_close, golden, numbers, uniform};

fn models_and_subjects() -> (Array2<f64>, Array2<f64>) {
    let models = uniform(81, (3, 45));
    let shared: Array1<f64> = &models.row(0) * 0.8 - &(&models.row(1) * 0.3);
    let subjects = uniform(82, (4, 45)) + &shared;
    (models, subjects)
}

#[test]
fn partial_correlations_agree_with_numpy() {
    let golden = golden("numpy/rsa");
    let (models, subjects) = models_and_subjects();
    for (name, scale) in [("values", Scale::Values), ("ranks", Scale::Ranks)] {
        let ours = partial_correlation(models.row(0), subjects.view(), models.slice(s![1.., ..]), scale).unwrap();
        assert_close(name, &ours, &numbers(&golden["partial"][name]), 1e-9);
    }
}

#[test]
fn regressions_of_rdms_agree_with_numpy_and_scipy() {
    let golden = golden("numpy/rsa");
    let (models, subjects) = models_and_subjects();
    for (scale_name, scale) in [("values", Scale::Values), ("ranks", Scale::Ranks)] {
        for (sign_name, sign) in [("free", WeightSign::Free), ("non-negative", WeightSign::NonNegative)] {
            let name = format!("{scale_name}, {sign_name}");
            let found = regression_rsa(models.view(), subjects.view(), scale, sign).unwrap();
            let ours: Vec<f64> = (0..4)
                .flat_map(|subject| {
                    found.weights.row(subject).iter().copied().chain([found.r_squared[subject]]).collect::<Vec<_>>()
                })
                .collect();
            assert_close(&name, &ours, &numbers(&golden["regression"][&name]), 1e-9);
        }
    }
}

/// The Bures forms take roots of eigenvalues that are 0 up to rounding, so they agree to the root of that; the Riemannian distance is
/// as near as rsatoolbox's optimiser came to its least value.
#[test]
fn geometries_agree_with_rsatoolbox() {
    let golden = golden("rsatoolbox/compare");
    let (models, subjects) = super::rsatoolbox::models_and_subjects();
    for (name, comparator) in
        [("bures", GeometryComparator::BuresSimilarity), ("bures_metric", GeometryComparator::SquaredBuresDistance)]
    {
        let ours = compare_geometries(models.view(), subjects.view(), comparator).unwrap();
        assert_close(name, &ours, &numbers(&golden["compare"][name]), 1e-6);
    }
    let wide = |seed| super::rsatoolbox::euclidean_rdm(seed, 30).insert_axis(ndarray::Axis(0));
    let ours =
        compare_geometries(wide(13).view(), wide(14).view(), GeometryComparator::NegativeRiemannianDistance).unwrap();
    assert_close("neg_riem_dist", &ours, &numbers(&golden["neg_riem_dist"]), 1e-4);
}
