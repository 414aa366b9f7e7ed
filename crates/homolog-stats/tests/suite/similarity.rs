//! Similarities of representations against their formulas written out in NumPy (`goldens/numpy/similarity`).

use homolog_stats::gram::Gram;
use homolog_stats::similarity::{
    CkaEstimate, angular_shape_distance, effective_dimensionality, eigenspectrum_slope, linear_cka,
    principal_variances, pwcca, rbf_cka, soft_matching_correlation, squared_procrustes_distance, svcca,
};
use ndarray::{Array2, s};

use crate::golden::{assert_close, golden, numbers, uniform};

const N: usize = 24;

fn representations() -> (Array2<f64>, Array2<f64>) {
    let x = uniform(71, (N, 5));
    let y = x.slice(s![.., ..3]).dot(&uniform(72, (3, 7))) + 0.3 * uniform(73, (N, 7));
    (x, y)
}

#[test]
fn similarities_agree_with_their_formulas_in_numpy() {
    let golden = golden("numpy/similarity");
    let (x, y) = representations();
    let (gram_x, gram_y) = (Gram::of(x.view()).unwrap(), Gram::of(y.view()).unwrap());
    let linear = |estimate| linear_cka(&gram_x, &gram_y, estimate).unwrap();
    let rbf = |estimate| rbf_cka(&gram_x, &gram_y, 0.5, estimate).unwrap();
    for (name, ours) in [
        ("linear biased", linear(CkaEstimate::Biased)),
        ("linear debiased", linear(CkaEstimate::Debiased)),
        ("rbf biased", rbf(CkaEstimate::Biased)),
        ("rbf debiased", rbf(CkaEstimate::Debiased)),
        ("svcca", svcca(x.view(), y.view(), 0.9).unwrap()),
        ("pwcca", pwcca(x.view(), y.view(), 1.0).unwrap()),
        ("procrustes", squared_procrustes_distance(x.view(), y.view()).unwrap()),
        ("angular", angular_shape_distance(x.view(), y.view()).unwrap()),
        ("soft matching", soft_matching_correlation(x.view(), y.view()).unwrap()),
    ] {
        assert_close(name, &[ours], &numbers(&golden[name]), 1e-9);
    }
}

#[test]
fn spectra_agree_with_numpy() {
    let golden = golden("numpy/similarity");
    let (_, y) = representations();
    let variances = principal_variances(&Gram::of(y.view()).unwrap()).unwrap();
    assert_close("variances", &variances, &numbers(&golden["variances"]), 1e-9);
    let dimensionality = effective_dimensionality(&variances).unwrap();
    assert_close("dimensionality", &[dimensionality], &numbers(&golden["effective dimensionality"]), 1e-9);
    let slope = eigenspectrum_slope(&variances, 2, 6).unwrap();
    assert_close("slope", &[slope], &numbers(&golden["slope"]), 1e-9);
}
