//! The normal distribution: its distribution function and quantiles.

/// P(Z < z) for a standard normal Z, to about 1e-13 relative in both tails.
///
/// Near 0 by Marsaglia's series (2004, J Stat Softw 11:4), in the tails by Laplace's continued fraction.
pub(crate) fn normal_distribution(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    if z.abs() < 2.5 {
        let (mut term, mut sum, mut odd) = (z, z, 1.0);
        while term.abs() > 1e-17 * sum.abs() {
            odd += 2.0;
            term *= z * z / odd;
            sum += term;
        }
        return 0.5 + density * sum;
    }
    let size = z.abs();
    let fraction = (1..200).rev().fold(size, |below, k| size + f64::from(k) / below);
    let tail = density / fraction;
    if z > 0.0 { 1.0 - tail } else { tail }
}

/// z with P(Z < z) = `probability`; −∞ at 0 and ∞ at 1, NaN outside.
///
/// Wichura (1988). Algorithm AS 241. Appl Stat 37:477-484, PPND16: relative error about 1e-16.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    if !(0.0..=1.0).contains(&probability) {
        return f64::NAN;
    }
    let from_middle = probability - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * polynomial(&MIDDLE_ABOVE, r) / polynomial(&MIDDLE_BELOW, r);
    }
    let tail = probability.min(1.0 - probability);
    if tail == 0.0 {
        return from_middle.signum() * f64::INFINITY;
    }
    let r = (-tail.ln()).sqrt();
    let size = match r <= 5.0 {
        true => polynomial(&NEAR_ABOVE, r - 1.6) / polynomial(&NEAR_BELOW, r - 1.6),
        false => polynomial(&FAR_ABOVE, r - 5.0) / polynomial(&FAR_BELOW, r - 5.0),
    };
    from_middle.signum() * size
}

fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

const MIDDLE_ABOVE: [f64; 8] = [
    3.387_132_872_796_366_5,
    1.331_416_678_917_843_8e2,
    1.971_590_950_306_551_3e3,
    1.373_169_376_550_946e4,
    4.592_195_393_154_987e4,
    6.726_577_092_700_87e4,
    3.343_057_558_358_813e4,
    2.509_080_928_730_122_7e3,
];
const MIDDLE_BELOW: [f64; 8] = [
    1.0,
    4.231_333_070_160_091e1,
    6.871_870_074_920_579e2,
    5.394_196_021_424_751e3,
    2.121_379_430_158_659_7e4,
    3.930_789_580_009_271e4,
    2.872_908_573_572_194_3e4,
    5.226_495_278_852_854e3,
];
const NEAR_ABOVE: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    2.417_807_251_774_506e-1,
    2.272_384_498_926_918_4e-2,
    7.745_450_142_783_414e-4,
];
const NEAR_BELOW: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    6.897_673_349_851e-1,
    1.481_039_764_274_800_8e-1,
    1.519_866_656_361_645_7e-2,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_ABOVE: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    2.965_605_718_285_048_7e-1,
    2.653_218_952_657_612_4e-2,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_BELOW: [f64; 8] = [
    1.0,
    5.998_322_065_558_88e-1,
    1.369_298_809_227_358e-1,
    1.487_536_129_085_061_5e-2,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distribution_undoes_the_quantile_and_has_the_tails_of_the_tables() {
        for probability in [1e-12, 1e-3, 0.2, 0.5, 0.9, 0.999] {
            let found = normal_distribution(normal_quantile(probability));
            assert!((found - probability).abs() < 1e-12 * probability, "{probability}: {found}");
        }
        // scipy.stats.norm.cdf(-8) and (1.96).
        assert!((normal_distribution(-8.0) / 6.220_960_574_271_786e-16 - 1.0).abs() < 1e-10);
        assert!((normal_distribution(1.96) - 0.975_002_104_851_779_5).abs() < 1e-14);
        assert_eq!(normal_distribution(0.0), 0.5);
    }

    #[test]
    fn quantiles_are_those_of_the_tables() {
        // scipy.stats.norm.ppf of each.
        let table = [
            (0.5, 0.0),
            (0.975, 1.959_963_984_540_054),
            (0.01, -2.326_347_874_040_840_8),
            (1e-10, -6.361_340_902_404_056),
            (1e-15, -7.941_345_326_170_998),
        ];
        for (probability, z) in table {
            let found = normal_quantile(probability);
            assert!((found - z).abs() <= 1e-13 * z.abs(), "{probability}: {found}");
        }
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
    }
}
