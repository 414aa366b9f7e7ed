//! Similarities of representations against their formulas written out in NumPy (`goldens/numpy/similarity`).

use homolog_stats::gram::Gram;
use homolog_stats::similarity::{
    CkaEstimate, PowerLawWeights, angular_shape_distance, cross_validated_variances, effective_dimensionality,
    fit_power_law, linear_cka, principal_variances, pwcca, rbf_cka, soft_matching_correlation,
    squared_procrustes_distance, svcca,
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
    let fit = fit_power_law(&variances, 2, 6, PowerLawWeights::Equal).unwrap();
    assert_close("slope", &[fit.exponent], &numbers(&golden["slope"]), 1e-9);
}

#[test]
fn spectra_that_two_repetitions_share_and_their_power_laws_agree_with_numpy() {
    for case in golden("numpy/spectrum")["cases"].as_array().unwrap() {
        let [n, p, seed] = ["n_stimuli", "n_units", "seed"].map(|name| case[name].as_u64().unwrap() as usize);
        let seed = seed as u64;
        let scales = ndarray::array![5.0, 3.0, 2.0, 1.5, 1.0, 0.7];
        let signal = ((uniform(seed, (n, 6)) - 0.5) * &scales).dot(&(uniform(seed + 1, (6, p)) - 0.5));
        let [first, second] = [0, 1].map(|at| &signal + &((uniform(seed + 2 + at, (n, p)) - 0.5) * 0.2));
        let variances = cross_validated_variances(first.view(), second.view()).unwrap();
        assert_close(&format!("{n} by {p}"), &variances, &numbers(&case["variances"]), 1e-8);
        for (name, weights) in
            [("one over component", PowerLawWeights::OneOverComponent), ("equal", PowerLawWeights::Equal)]
        {
            let fit = fit_power_law(&variances, 2, 5, weights).unwrap();
            let expected = numbers(&case["power law of 2 to 5"][name]);
            assert_close(name, &[fit.exponent, fit.scale], &expected, 1e-8);
        }
    }
}
