use super::*;

const LEVELS: [f64; 7] = [0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5];

fn settings(shape: PsychometricShape) -> PsychometricSettings {
    PsychometricSettings { shape, guess_rate: 0.0, lapse_rate: LapseRate::Fixed(0.0) }
}

#[test]
fn logistic_fit_meets_the_score_equations_of_logistic_regression() {
    let (n_correct, n_trials) = ([1, 3, 6, 11, 15, 19, 20], [20; 7]);
    let data = PsychometricData { levels: &LEVELS, n_correct: &n_correct, n_trials: &n_trials };
    let fit = fit_psychometric_function(&data, &settings(PsychometricShape::Logistic)).unwrap();
    let residual = |at: usize| f64::from(n_correct[at]) - 20.0 * fit.share_correct(LEVELS[at]);
    let total: f64 = (0..7).map(residual).sum();
    let with_level: f64 = (0..7).map(|at| residual(at) * LEVELS[at]).sum();
    assert!(total.abs() < 1e-4 && with_level.abs() < 1e-4, "{total} {with_level}");
    assert!(fit.is_rising && fit.deviance > 0.0 && fit.deviance < 5.0);
}

#[test]
fn shares_of_a_known_function_give_back_its_threshold() {
    for shape in PsychometricShape::ALL {
        let truth = PsychometricSettings { shape, guess_rate: 0.25, lapse_rate: LapseRate::Fixed(0.02) };
        let n_trials = [100_000; 7];
        let n_correct =
            LEVELS.map(|level| ((0.25 + 0.73 * shape.value(level, 1.9, 0.35)) * 100_000.0f64).round() as u32);
        let data = PsychometricData { levels: &LEVELS, n_correct: &n_correct, n_trials: &n_trials };
        for lapse_rate in [LapseRate::Fixed(0.02), LapseRate::Fitted] {
            let fit = fit_psychometric_function(&data, &PsychometricSettings { lapse_rate, ..truth }).unwrap();
            assert!((fit.threshold - 1.9).abs() < 2e-3 && (fit.width - 0.35).abs() < 2e-3, "{shape:?}: {fit:?}");
            assert!((fit.lapse_rate - 0.02).abs() < 2e-3);
            assert!((fit.share_correct(fit.level_at(0.6).unwrap()) - 0.6).abs() < 1e-12);
        }
    }
}

#[test]
fn answers_that_get_worse_with_noise_have_the_mirrored_threshold() {
    let n_trials = [40; 7];
    let falling = [40, 39, 36, 28, 15, 8, 3];
    let mut rising = falling;
    rising.reverse();
    let of = |n_correct: &[u32; 7], shape| {
        let data = PsychometricData { levels: &LEVELS, n_correct, n_trials: &n_trials };
        fit_psychometric_function(&data, &settings(shape))
    };
    let worse = of(&falling, PsychometricShape::CumulativeGaussian).unwrap();
    let better = of(&rising, PsychometricShape::CumulativeGaussian).unwrap();
    assert!(!worse.is_rising && (worse.threshold - (4.0 - better.threshold)).abs() < 1e-5);
    assert!(matches!(of(&falling, PsychometricShape::Weibull), Err(StatsError::Unsupported { .. })));
}

#[test]
fn interval_covers_the_threshold_and_narrows_with_trials() {
    let shape = PsychometricShape::CumulativeGaussian;
    let interval = |n: u32| {
        let n_correct = LEVELS.map(|level| (f64::from(n) * shape.value(level, 2.1, 0.6)).round() as u32);
        let data = PsychometricData { levels: &LEVELS, n_correct: &n_correct, n_trials: &[n; 7] };
        psychometric_threshold_interval(&data, &settings(shape), (60, 0.95), &Rng::new(1)).unwrap()
    };
    let (few, many) = (interval(20), interval(320));
    assert!(few.lower < 2.1 && 2.1 < few.upper);
    // Sixteen times the trials: a quarter of the standard error, known to a tenth or so.
    let ratio = few.standard_error / many.standard_error;
    assert!((2.8..5.6).contains(&ratio), "{ratio}");
}

#[test]
fn answers_without_a_threshold_are_refused() {
    let n_trials = [10; 7];
    let of = |n_correct: &[u32; 7]| {
        let data = PsychometricData { levels: &LEVELS, n_correct, n_trials: &n_trials };
        fit_psychometric_function(&data, &settings(PsychometricShape::Logistic))
    };
    assert!(matches!(of(&[10; 7]), Err(StatsError::ConstantPattern { .. })));
    assert!(matches!(of(&[10, 10, 10, 10, 10, 10, 11]), Err(StatsError::OutOfRange { .. })));
    // Nearly perfect throughout: the threshold would lie far below all levels.
    assert!(
        matches!(of(&[9, 10, 9, 10, 9, 10, 10]), Err(StatsError::OutOfRange { .. })),
        "{:?}",
        of(&[9, 10, 9, 10, 9, 10, 10])
    );
}
