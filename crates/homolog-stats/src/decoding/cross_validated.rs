//! A classifier fitted on the training part and asked about the test part of every split.

use ndarray::{Array2, ArrayView2, Axis};
use rayon::prelude::*;

use super::classifier::{Decoder, FeatureScaling, LinearClassifier, check_classes};
use crate::error::StatsError;
use crate::finite::require_count;
use crate::normal::normal_quantile;
use crate::random::Rng;
use crate::splits::Split;

pub(super) const OPERATION: &str = "a cross-validated decoding";
/// d′ is held to this size, which a rate of 0 or 1 would exceed (Rajalingham et al. 2018).
const LARGEST_D_PRIME: f64 = 5.0;

/// How a decoder is cross-validated.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodingProtocol {
    /// The classifier.
    pub decoder: Decoder,
    /// Whether features are brought to unit variance by each training part.
    pub scaling: FeatureScaling,
    /// Training and test part of each split.
    pub splits: Vec<Split>,
    /// How often the whole is repeated with the training labels in random order; 0 for no test against chance.
    pub n_permutations: usize,
}

/// What was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoding {
    /// How often a stimulus of each class (row) was taken for each class (column), over the test parts of all splits.
    pub confusion: Array2<usize>,
    /// Share of correct choices in the test part of each split.
    pub of_splits: Vec<f64>,
    /// Mean over splits of the share of correct choices.
    pub accuracy: f64,
    /// Share of correct choices among the stimuli of each class.
    pub of_classes: Vec<f64>,
    /// Mean of [`Decoding::of_classes`].
    pub balanced_accuracy: f64,
    /// z(share of the class taken for it) − z(share of the rest taken for it), for each class; held to −5..5.
    pub d_primes: Vec<f64>,
    /// Against chance, when permutations were asked for.
    pub permutation: Option<PermutationNull>,
}

/// The accuracy that remains when labels tell nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct PermutationNull {
    /// Accuracy of each permutation, as [`Decoding::accuracy`].
    pub accuracies: Vec<f64>,
    /// (1 + permutations at least as accurate) / (1 + permutations), one-sided.
    pub p_value: f64,
}

/// Cross-validated decoding of classes from responses.
///
/// For each split: fit on the training stimuli, choose a class for each test stimulus. Permutation: the labels of each training part are put in
/// random order, the test part left as it is, and everything is fitted again.
///
/// # Shapes and units
/// - `responses`: (n_stimuli or trials, n_units), any real unit.
/// - `classes`: the class of each stimulus, numbered from 0 without a gap.
///
/// # Errors
/// - [`StatsError::TooFew`] without a split; as [`Split::check`].
/// - [`StatsError::Missing`] when a class is in no test part, or not in every training part.
/// - Those of [`Decoder::fit`].
///
/// # Accuracy and randomness
/// f64; permutation k draws from stream k of `rng`: the same seed gives the same null on any number of threads.
///
/// # Reference
/// d′: Green, Swets (1966), Signal detection theory. Permutations: Ojala, Garriga (2010), JMLR 11:1833-1863.
pub fn decode(
    responses: ArrayView2<'_, f64>,
    classes: &[usize],
    protocol: &DecodingProtocol,
    rng: &Rng,
) -> Result<Decoding, StatsError> {
    let n_classes = check_classes(OPERATION, responses, classes)?;
    check_splits(&protocol.splits, classes, n_classes)?;
    let (confusion, of_splits) = choices(responses, classes, protocol, None)?;
    let mut decoding = summary(confusion, of_splits)?;
    if protocol.n_permutations > 0 {
        let accuracy_of = |permutation: usize| {
            let shuffled = Some(rng.stream(permutation as u64));
            choices(responses, classes, protocol, shuffled).map(|(_, of_splits)| mean(&of_splits))
        };
        let accuracies: Vec<f64> =
            (0..protocol.n_permutations).into_par_iter().map(accuracy_of).collect::<Result<_, _>>()?;
        let as_good = accuracies.iter().filter(|&&accuracy| accuracy >= decoding.accuracy).count();
        let p_value = (1 + as_good) as f64 / (1 + accuracies.len()) as f64;
        decoding.permutation = Some(PermutationNull { accuracies, p_value });
    }
    Ok(decoding)
}

/// Passes when there is a split, and each has every class in its training part.
pub(super) fn check_splits(splits: &[Split], classes: &[usize], n_classes: usize) -> Result<(), StatsError> {
    require_count(OPERATION, "splits", splits.len(), 1)?;
    let mut is_tested = vec![false; n_classes];
    for split in splits {
        split.check(classes.len())?;
        let mut is_trained = vec![false; n_classes];
        split.train.iter().for_each(|&at| is_trained[classes[at]] = true);
        split.test.iter().for_each(|&at| is_tested[classes[at]] = true);
        if let Some(index) = is_trained.iter().position(|there| !there) {
            return Err(lacks(index, "stimulus in the training part of a split"));
        }
    }
    match is_tested.iter().position(|there| !there) {
        Some(index) => Err(lacks(index, "stimulus in the test part of any split")),
        None => Ok(()),
    }
}

fn lacks(index: usize, missing: &'static str) -> StatsError {
    let advice = "Choose stratified splits, which keep every class in both parts";
    StatsError::Missing { operation: OPERATION, what: "class", index, missing, advice }
}

/// Counts of true and chosen classes over all test parts, and the accuracy of each split.
fn choices(
    responses: ArrayView2<'_, f64>,
    classes: &[usize],
    protocol: &DecodingProtocol,
    shuffled: Option<Rng>,
) -> Result<(Array2<usize>, Vec<f64>), StatsError> {
    let n_classes = classes.iter().max().map_or(0, |last| last + 1);
    let of_split = |(at, split): (usize, &Split)| {
        let mut labels: Vec<usize> = split.train.iter().map(|&at| classes[at]).collect();
        if let Some(rng) = &shuffled {
            rng.stream(at as u64).shuffle(&mut labels);
        }
        let tested = responses.select(Axis(0), &split.test);
        fit_and_classify(protocol, responses.select(Axis(0), &split.train).view(), &labels, tested.view())
    };
    let chosen: Vec<Vec<usize>> = protocol.splits.par_iter().enumerate().map(of_split).collect::<Result<_, _>>()?;
    let mut confusion = Array2::zeros((n_classes, n_classes));
    let mut accuracies = Vec::with_capacity(chosen.len());
    for (split, chosen) in protocol.splits.iter().zip(&chosen) {
        let correct = split.test.iter().zip(chosen).filter(|&(&at, &class)| classes[at] == class).count();
        accuracies.push(correct as f64 / chosen.len() as f64);
        split.test.iter().zip(chosen).for_each(|(&at, &class)| confusion[[classes[at], class]] += 1);
    }
    Ok((confusion, accuracies))
}

fn fit_and_classify(
    protocol: &DecodingProtocol,
    train: ArrayView2<'_, f64>,
    labels: &[usize],
    test: ArrayView2<'_, f64>,
) -> Result<Vec<usize>, StatsError> {
    let (train, test) = protocol.scaling.apply(train, test);
    let classifier: LinearClassifier = protocol.decoder.fit(train.view(), labels)?;
    classifier.classify(test.view())
}

fn summary(confusion: Array2<usize>, of_splits: Vec<f64>) -> Result<Decoding, StatsError> {
    let total = confusion.sum() as f64;
    let (mut of_classes, mut d_primes) = (Vec::new(), Vec::new());
    for class in 0..confusion.nrows() {
        let (members, hits) = (confusion.row(class).sum() as f64, confusion[[class, class]] as f64);
        let false_alarms = confusion.column(class).sum() as f64 - hits;
        of_classes.push(hits / members);
        let difference = normal_quantile(hits / members) - normal_quantile(false_alarms / (total - members));
        // Both rates 0, or both 1: nothing is told apart.
        let d_prime = if difference.is_nan() { 0.0 } else { difference };
        d_primes.push(d_prime.clamp(-LARGEST_D_PRIME, LARGEST_D_PRIME));
    }
    let (accuracy, balanced_accuracy) = (mean(&of_splits), mean(&of_classes));
    Ok(Decoding { confusion, of_splits, accuracy, of_classes, balanced_accuracy, d_primes, permutation: None })
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::{FoldOrder, k_fold, stratified_k_fold};

    fn simulated(separation: f64, seed: u64) -> (Array2<f64>, Vec<usize>) {
        let mut rng = Rng::new(seed);
        let classes: Vec<usize> = (0..90).map(|at| at % 3).collect();
        let responses =
            Array2::from_shape_fn((90, 5), |(at, unit)| rng.normal() + if at % 3 == unit { separation } else { 0.0 });
        (responses, classes)
    }

    fn protocol(name: &str, classes: &[usize], n_permutations: usize) -> DecodingProtocol {
        DecodingProtocol {
            decoder: name.parse().unwrap(),
            scaling: FeatureScaling::UnitVariance,
            splits: stratified_k_fold(classes, 5, FoldOrder::Shuffled(0)).unwrap(),
            n_permutations,
        }
    }

    #[test]
    fn summary_gives_the_hand_worked_numbers() {
        // 8 of 10 hits and 1 of 10 false alarms: d′ = z(0.8) − z(0.1) = 0.841621 + 1.281552.
        let found = summary(ndarray::array![[8, 2], [1, 9]], vec![0.8, 0.9]).unwrap();
        assert!(found.of_classes == [0.8, 0.9] && (found.accuracy - 0.85).abs() < 1e-15);
        assert!(found.d_primes.iter().all(|d| (d - 2.123_172_8).abs() < 1e-6), "{:?}", found.d_primes);
        let perfect = summary(ndarray::array![[3, 0], [0, 3]], vec![1.0]).unwrap();
        assert_eq!(perfect.d_primes, [5.0, 5.0]);
    }

    #[test]
    fn separated_classes_are_decoded_and_chance_is_not() {
        for name in Decoder::NAMES {
            let (responses, classes) = simulated(4.0, 1);
            let found = decode(responses.view(), &classes, &protocol(name, &classes, 19), &Rng::new(2)).unwrap();
            assert!(found.accuracy > 0.9 && found.confusion.sum() == 90, "{name}: {}", found.accuracy);
            assert_eq!(found.permutation.unwrap().p_value, 0.05);
            let (responses, classes) = simulated(0.0, 3);
            let found = decode(responses.view(), &classes, &protocol(name, &classes, 0), &Rng::new(2)).unwrap();
            assert!(found.accuracy < 0.5 && found.permutation.is_none(), "{name}: {}", found.accuracy);
        }
    }

    #[test]
    fn p_values_under_the_null_are_even() {
        let p_value = |seed: u64| {
            let (responses, classes) = simulated(0.0, 100 + seed);
            let found = decode(responses.view(), &classes, &protocol("lda", &classes, 19), &Rng::new(seed)).unwrap();
            found.permutation.unwrap().p_value
        };
        let rejected = (0..100).filter(|&seed| p_value(seed) <= 0.25).count();
        // 100 draws at 0.25, less what ties of a discrete accuracy take: standard deviation 4.3.
        assert!((8..=38).contains(&rejected), "{rejected}");
    }

    #[test]
    fn class_that_a_training_part_lacks_is_named() {
        let (responses, _) = simulated(1.0, 1);
        let classes: Vec<usize> = (0..90).map(|at| at / 30).collect();
        let splits = k_fold(90, 3, FoldOrder::AsGiven).unwrap();
        let protocol = DecodingProtocol { splits, ..protocol("lda", &classes, 0) };
        let refused = decode(responses.view(), &classes, &protocol, &Rng::new(0)).unwrap_err().to_string();
        assert!(refused.contains("class 0 (counted from 0) has no stimulus in the training part"), "{refused}");
    }

    #[test]
    fn decoding_has_the_same_bits_on_one_thread_and_two() {
        let (responses, classes) = simulated(1.0, 5);
        let on = |n| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
            pool.install(|| {
                decode(responses.view(), &classes, &protocol("logistic", &classes, 5), &Rng::new(1)).unwrap()
            })
        };
        assert_eq!(on(1), on(2));
    }
}
