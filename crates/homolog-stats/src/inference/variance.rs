//! How much scores would vary in another experiment, from bootstrap evaluations.

use ndarray::Array2;

use super::bootstrap::{BootstrapEvaluations, Resampling};

/// How the variance over bootstrap samples becomes that over new experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BootstrapCorrection {
    /// n / (n − 1) for subjects, n / (n − 3) for stimuli.
    ///
    /// A score is over pairs of different stimuli. A stimulus drawn w times has w (n − w) such pairs rather than w (n − 1), so that what is drawn often
    /// counts too little: with w as of Poisson, the variance of w (n − w) is (n − 3)² + 2, and over the (n − 1)² pairs of a sample the bootstrap varies by
    /// 1 − 2/n of the sample's variance, which is 1 − 1/n of that of new stimuli: 1 − 3/n in all.
    PairsOfStimuli,
    /// n / (n − 1) for subjects and for stimuli, and with both never above the plain bootstrap of both: rsatoolbox 0.3.2.
    Rsatoolbox,
}

/// Variances of what is tested: each model, each difference of two models, and each model's distance from the ceilings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ScoreVariances {
    /// Variance of each model's score; (n_models).
    pub models: Vec<f64>,
    /// Variance of the difference of models i and j; (n_models, n_models), zero on the diagonal.
    pub differences: Array2<f64>,
    /// Variance of each model's distance from the lower ceiling; (n_models).
    pub from_lower_ceiling: Vec<f64>,
    /// Variance of each model's distance from the upper ceiling; (n_models).
    pub from_upper_ceiling: Vec<f64>,
    /// Degrees of freedom of each of these.
    pub degrees_of_freedom: DegreesOfFreedom,
}

/// Degrees of freedom of [`ScoreVariances`], of the same shapes.
///
/// One factor with n levels: n − 1. Both factors, by Satterthwaite: v² / (v_subjects² / (n_s − 1) + v_stimuli² / (n_p − 1)), v the variance and
/// v_subjects, v_stimuli the corrected variances of each factor alone; from the smaller n − 1 to n_s + n_p − 2.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DegreesOfFreedom {
    /// Of [`ScoreVariances::models`].
    pub models: Vec<f64>,
    /// Of [`ScoreVariances::differences`].
    pub differences: Array2<f64>,
    /// Of [`ScoreVariances::from_lower_ceiling`].
    pub from_lower_ceiling: Vec<f64>,
    /// Of [`ScoreVariances::from_upper_ceiling`].
    pub from_upper_ceiling: Vec<f64>,
}

/// The variances of scores that bootstrap evaluations imply for new subjects, new stimuli, or both.
///
/// One factor: the variance over samples times the factor of [`BootstrapCorrection`], because a bootstrap varies by less than new experiments do.
/// Both factors, with the factors a of subjects and b of stimuli and the variances v of the three bootstraps:
/// a v_subjects + b v_stimuli − a b (v_both − v_subjects − v_stimuli), because the plain two-factor bootstrap counts the noise of single
/// measurements three times; not below the larger one-factor variance.
///
/// # Shapes and units
/// Evaluations as [`super::evaluate_draws`] gives them; `None` when they lack the resampling asked for, or there are too few levels for its factor.
///
/// # Errors
/// None.
///
/// # Accuracy and randomness
/// With [`BootstrapCorrection::Rsatoolbox`] as rsatoolbox 0.3.2's `extract_variances` (goldens/rsatoolbox/bootstrap). Deterministic. How often tests
/// reject and intervals cover stands in docs/decisions/0007-bootstrap-of-pairs.md.
///
/// # Reference
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566. Equations 9 to 12.
/// Satterthwaite (1946). An approximate distribution of estimates of variance components. Biometrics Bull 2:110.
/// Differs from Schütt et al. in: the factor of stimuli and the degrees of freedom, unless rsatoolbox's are asked for.
pub fn score_variances(
    evaluations: &BootstrapEvaluations,
    resampling: Resampling,
    (n_subjects, n_stimuli): (usize, usize),
    correction: BootstrapCorrection,
) -> Option<ScoreVariances> {
    let covariances = match resampling {
        Resampling::Subjects => vec![evaluations.subjects.as_ref()?.covariance.clone()],
        Resampling::Stimuli => vec![evaluations.stimuli.as_ref()?.covariance.clone()],
        Resampling::Both => [&evaluations.both, &evaluations.subjects, &evaluations.stimuli]
            .into_iter()
            .map(|kind| kind.as_ref().map(|evaluations| evaluations.covariance.clone()))
            .collect::<Option<Vec<_>>>()?,
    };
    let levels = Levels::of(resampling, n_subjects, n_stimuli, correction)?;
    let combine = |contrast: &dyn Fn(&Array2<f64>) -> f64| {
        let raw: Vec<f64> = covariances.iter().map(contrast).collect();
        match (resampling, raw.as_slice()) {
            (Resampling::Subjects, [v]) => (levels.by_subjects * v, levels.of_subjects),
            (Resampling::Stimuli, [v]) => (levels.by_stimuli * v, levels.of_stimuli),
            (_, [both, subjects, stimuli]) => levels.two_factor(*both, *subjects, *stimuli),
            _ => (f64::NAN, f64::NAN),
        }
    };
    let n_models = covariances.first()?.nrows().saturating_sub(2);
    let of_model = |m: usize| combine(&|c| c[[m, m]]);
    let of_difference = |i: usize, j: usize| combine(&|c| c[[i, i]] + c[[j, j]] - 2.0 * c[[i, j]]);
    let pairs = |of: &dyn Fn((f64, f64)) -> f64| {
        let entry = |(i, j)| if i == j { of((0.0, levels.fewest())) } else { of(of_difference(i, j)) };
        Array2::from_shape_fn((n_models, n_models), entry)
    };
    let each = |of: &dyn Fn(usize) -> (f64, f64)| (0..n_models).map(of).unzip::<f64, f64, Vec<f64>, Vec<f64>>();
    let (models, of_models) = each(&of_model);
    let (from_lower_ceiling, of_lower) = each(&|m| of_difference(m, n_models));
    let (from_upper_ceiling, of_upper) = each(&|m| of_difference(m, n_models + 1));
    Some(ScoreVariances {
        models,
        differences: pairs(&|(variance, _)| variance),
        from_lower_ceiling,
        from_upper_ceiling,
        degrees_of_freedom: DegreesOfFreedom {
            models: of_models,
            differences: pairs(&|(_, freedom)| freedom),
            from_lower_ceiling: of_lower,
            from_upper_ceiling: of_upper,
        },
    })
}

/// What the numbers of subjects and stimuli make of variances.
struct Levels {
    by_subjects: f64,
    by_stimuli: f64,
    of_subjects: f64,
    of_stimuli: f64,
    correction: BootstrapCorrection,
}

impl Levels {
    fn of(
        resampling: Resampling,
        n_subjects: usize,
        n_stimuli: usize,
        correction: BootstrapCorrection,
    ) -> Option<Self> {
        let lost = match correction {
            BootstrapCorrection::PairsOfStimuli => 3,
            BootstrapCorrection::Rsatoolbox => 1,
        };
        let enough_subjects = resampling == Resampling::Stimuli || n_subjects > 1;
        let enough_stimuli = resampling == Resampling::Subjects || n_stimuli > lost;
        let factor = |n: usize, lost: usize| n as f64 / (n as f64 - lost as f64);
        (enough_subjects && enough_stimuli).then(|| Self {
            by_subjects: factor(n_subjects, 1),
            by_stimuli: factor(n_stimuli, lost),
            of_subjects: n_subjects as f64 - 1.0,
            of_stimuli: n_stimuli as f64 - 1.0,
            correction,
        })
    }

    fn fewest(&self) -> f64 {
        self.of_subjects.min(self.of_stimuli)
    }

    /// The variance for both factors, and its degrees of freedom.
    fn two_factor(&self, both: f64, subjects: f64, stimuli: f64) -> (f64, f64) {
        let interaction = self.by_subjects * self.by_stimuli * (both - subjects - stimuli);
        let (subjects, stimuli) = (self.by_subjects * subjects, self.by_stimuli * stimuli);
        let combined = (subjects + stimuli - interaction).max(subjects).max(stimuli);
        let variance = match self.correction {
            BootstrapCorrection::PairsOfStimuli => combined,
            BootstrapCorrection::Rsatoolbox => combined.min(both),
        };
        let spread = subjects * subjects / self.of_subjects + stimuli * stimuli / self.of_stimuli;
        let freedom = if spread > 0.0 { variance * variance / spread } else { self.fewest() };
        (variance, freedom.clamp(self.fewest(), self.of_subjects + self.of_stimuli))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Evaluations;
    use super::*;
    use crate::random::Rng;
    use ndarray::array;

    #[test]
    fn one_factor_variance_is_inflated_by_its_levels() {
        let subjects = Evaluations::plain(array![[0.0, 1.0, 0.0, 0.0], [2.0, 1.0, 0.0, 0.0]]);
        let evaluations =
            BootstrapEvaluations { both: None, subjects: Some(subjects.clone()), stimuli: Some(subjects) };
        // Variance 2 of the first model; 5 subjects: 2 * 5 / 4.
        let of = |resampling, correction| score_variances(&evaluations, resampling, (5, 10), correction);
        let found = of(Resampling::Subjects, BootstrapCorrection::PairsOfStimuli).unwrap();
        assert_eq!(found.models, [2.5, 0.0]);
        assert_eq!((found.differences[[0, 1]], found.degrees_of_freedom.differences[[0, 1]]), (2.5, 4.0));
        assert_eq!(found.from_lower_ceiling, [2.5, 0.0]);
        // 10 stimuli: 2 * 10 / 7, and 2 * 10 / 9 as rsatoolbox has it.
        let found = of(Resampling::Stimuli, BootstrapCorrection::PairsOfStimuli).unwrap();
        assert!((found.models[0] - 20.0 / 7.0).abs() < 1e-12 && found.degrees_of_freedom.models[0] == 9.0);
        let found = of(Resampling::Stimuli, BootstrapCorrection::Rsatoolbox).unwrap();
        assert!((found.models[0] - 20.0 / 9.0).abs() < 1e-12);
        assert_eq!(of(Resampling::Both, BootstrapCorrection::Rsatoolbox), None);
    }

    #[test]
    fn two_factor_variance_takes_the_interaction_off() {
        let levels = |correction| Levels::of(Resampling::Both, 5, 10, correction).unwrap();
        // a = 5/4, b = 10/9: 1.25 * 2 + 10/9 * 3 - 25/18 * (6 - 5) = 4.4444…
        let (found, _) = levels(BootstrapCorrection::Rsatoolbox).two_factor(6.0, 2.0, 3.0);
        assert!((found - (2.5 + 30.0 / 9.0 - 25.0 / 18.0)).abs() < 1e-12);
        // Never below the larger single factor, and with rsatoolbox never above the plain bootstrap of both.
        assert_eq!(levels(BootstrapCorrection::Rsatoolbox).two_factor(4.0, 2.0, 3.0).0, 4.0);
        let (found, _) = levels(BootstrapCorrection::PairsOfStimuli).two_factor(4.0, 2.0, 3.0);
        assert!((found - (2.5 + 30.0 / 7.0 + 12.5 / 7.0)).abs() < 1e-12);
    }

    #[test]
    fn degrees_of_freedom_lie_between_those_of_the_factors() {
        let levels = Levels::of(Resampling::Both, 5, 41, BootstrapCorrection::PairsOfStimuli).unwrap();
        let freedom = |subjects: f64, stimuli: f64| levels.two_factor(subjects + stimuli, subjects, stimuli).1;
        assert_eq!(freedom(1.0, 0.0), 4.0);
        assert_eq!(freedom(0.0, 1.0), 40.0);
        // Equal corrected variances v: (2 v)² / (v² / 4 + v² / 40).
        let half = freedom(1.0 / levels.by_subjects, 1.0 / levels.by_stimuli);
        assert!((half - 4.0 / (0.25 + 0.025)).abs() < 1e-9, "{half}");
    }

    #[test]
    fn factor_of_stimuli_makes_the_bootstrap_of_a_mean_over_pairs_unbiased() {
        // d_ij = g_i + g_j: the mean over pairs of different stimuli is twice the mean of g, of variance 4/n.
        const N: usize = 20;
        let mut rng = Rng::new(1);
        let (mut total, n_sets, n_samples) = (0.0, 300, 300);
        for _ in 0..n_sets {
            let g: Vec<f64> = (0..N).map(|_| rng.normal()).collect();
            let sample = |rng: &mut Rng| {
                let counts = rng.bootstrap_counts(N);
                let (mut sum, mut pairs) = (0.0, 0.0);
                for i in 0..N {
                    for j in i + 1..N {
                        let weight = f64::from(counts[i] * counts[j]);
                        sum += weight * (g[i] + g[j]);
                        pairs += weight;
                    }
                }
                sum / pairs
            };
            let means: Vec<f64> = (0..n_samples).map(|_| sample(&mut rng)).collect();
            let mean = means.iter().sum::<f64>() / n_samples as f64;
            total += means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n_samples as f64 - 1.0);
        }
        let found = total / n_sets as f64 * N as f64 / (N as f64 - 3.0);
        // Standard error over sets: √(2/19/300) = 1.9%; n / (n − 1) would be 10.5% too small.
        assert!((found / (4.0 / N as f64) - 1.0).abs() < 0.06, "{found}");
    }
}
