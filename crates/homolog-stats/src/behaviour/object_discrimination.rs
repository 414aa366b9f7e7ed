//! Patterns of object discrimination, by image and by object: i1, i2, their normalised forms, o1 and o2.

use ndarray::{Array2, ArrayView2};

use crate::encoding::pearson;
use crate::error::StatsError;
use crate::finite::{require_count, require_same_length};
use crate::normal::normal_quantile;
use crate::random::Rng;

const OPERATION: &str = "an object discrimination pattern";
/// d' is held to this size.
const LARGEST_D_PRIME: f64 = 5.0;

/// How often an object was taken for another, image by image.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfusionRates {
    /// The object in each image (n_images).
    pub truths: Vec<usize>,
    /// Share of choices of each object over the true one where the two were offered (n_images, n_objects); NaN at the true object and where it
    /// was never offered.
    pub rates: Array2<f64>,
}

/// One choice between the object in an image and another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwoWayChoice {
    /// The image.
    pub image: usize,
    /// The other object that was offered.
    pub distractor: usize,
    /// Whether the other object was chosen.
    pub chose_distractor: bool,
}

/// A pattern of behaviour. Names and definitions are those of Rajalingham et al. (2018).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscriminationPattern {
    /// d' of each image, mean over distractors.
    I1,
    /// [`DiscriminationPattern::I1`] of d' less its mean over the images of each object and distractor.
    I1Normalized,
    /// d' of each image and distractor.
    I2,
    /// d' of each image and distractor, less the mean over the images of that object and distractor.
    I2Normalized,
    /// d' of each object, mean over the other objects.
    O1,
    /// d' of each pair of objects.
    O2,
}

impl DiscriminationPattern {
    /// Every pattern.
    pub const ALL: [Self; 6] = [Self::I1, Self::I1Normalized, Self::I2, Self::I2Normalized, Self::O1, Self::O2];

    /// The name that the paper gives it.
    pub fn name(self) -> &'static str {
        match self {
            Self::I1 => "i1",
            Self::I1Normalized => "i1n",
            Self::I2 => "i2",
            Self::I2Normalized => "i2n",
            Self::O1 => "o1",
            Self::O2 => "o2",
        }
    }
}

impl std::str::FromStr for DiscriminationPattern {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        Self::ALL
            .into_iter()
            .find(|pattern| pattern.name() == name)
            .ok_or_else(|| crate::naming::unknown_name("pattern of behaviour", name, &Self::ALL.map(Self::name)))
    }
}

impl ConfusionRates {
    /// Rates that probabilities of objects imply: p_distractor / (p_distractor + p_true); undefined where both are 0.
    ///
    /// # Shapes and units
    /// - `probabilities`: (n_images, n_objects), each 0 or more.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when images differ in number.
    /// - [`StatsError::OutOfRange`] for a truth that is no object; [`StatsError::Negative`] for a probability below 0 or not finite.
    pub fn from_probabilities(probabilities: ArrayView2<'_, f64>, truths: &[usize]) -> Result<Self, StatsError> {
        check_truths(truths, probabilities.nrows(), probabilities.ncols())?;
        if let Some(((row, column), &value)) = probabilities.indexed_iter().find(|(_, p)| !p.is_finite() || **p < 0.0) {
            return Err(StatsError::Negative { operation: OPERATION, what: "a probability", row, column, value });
        }
        let rates = Array2::from_shape_fn(probabilities.dim(), |(image, object)| match truths[image] {
            truth if truth == object => f64::NAN,
            truth => probabilities[[image, object]] / (probabilities[[image, object]] + probabilities[[image, truth]]),
        });
        Ok(Self { truths: truths.to_vec(), rates })
    }

    /// Rates of two-way choices.
    ///
    /// # Errors
    /// - [`StatsError::OutOfRange`] for an image, a truth or a distractor beyond its range, or a distractor that is the true object.
    pub fn from_choices(choices: &[TwoWayChoice], truths: &[usize], n_objects: usize) -> Result<Self, StatsError> {
        check_truths(truths, truths.len(), n_objects)?;
        let mut chosen = Array2::<f64>::zeros((truths.len(), n_objects));
        let mut offered = chosen.clone();
        for choice in choices {
            let place = [choice.image, choice.distractor];
            if choice.image >= truths.len()
                || choice.distractor >= n_objects
                || truths[choice.image] == choice.distractor
            {
                return Err(StatsError::OutOfRange {
                    operation: OPERATION,
                    parameter: "the distractor of a choice",
                    value: choice.distractor as f64,
                    allowed: "an object other than the one in the image, of an image that exists",
                });
            }
            offered[place] += 1.0;
            chosen[place] += f64::from(u8::from(choice.chose_distractor));
        }
        // 0 / 0 is NaN: never offered.
        Ok(Self { truths: truths.to_vec(), rates: chosen / offered })
    }
}

fn check_truths(truths: &[usize], n_images: usize, n_objects: usize) -> Result<(), StatsError> {
    require_same_length(OPERATION, "images", ("the list of true objects", truths.len()), ("the responses", n_images))?;
    require_count(OPERATION, "objects", n_objects, 2)?;
    match truths.iter().find(|&&truth| truth >= n_objects) {
        None => Ok(()),
        Some(&truth) => {
            let allowed = "below the number of objects";
            Err(StatsError::OutOfRange {
                operation: OPERATION,
                parameter: "a true object",
                value: truth as f64,
                allowed,
            })
        }
    }
}

/// The pattern of d' of one observer; NaN where it is undefined.
///
/// d'(image, distractor) = z(1 − rate(image, distractor)) − z(false alarms), where the false alarms are the mean rate at which images
/// of the distractor are taken for the image's object; z is the inverse normal distribution function.
/// d'(object, other) = z(1 − rate(other, object)) − z(rate(object, other)), with rates averaged over the images of an object.
/// Convention: held to −5..5 before anything is averaged. Means leave undefined values out.
///
/// # Shapes and units
/// - returns: I2: (n_images, n_objects); I1: (n_images, 1); O2: (n_objects, n_objects); O1: (n_objects, 1).
///
/// # Errors
/// None.
///
/// # Accuracy and randomness
/// f64; agrees with the definitions in NumPy and SciPy to 1e-10 (goldens/scipy/behaviour). Deterministic.
///
/// # Reference
/// Rajalingham, Issa et al. (2018). Large-scale, high-resolution comparison of the core visual object recognition behavior. J Neurosci 38:7255-7269.
/// doi:10.1523/JNEUROSCI.0388-18.2018, with Brain-Score's changes (false alarms per object; `metrics/i1i2`).
pub fn discrimination_pattern(rates: &ConfusionRates, pattern: DiscriminationPattern) -> Array2<f64> {
    let n_objects = rates.rates.ncols();
    let by_object = mean_by_object(rates);
    let d_prime = |hit: f64, false_alarm: f64| {
        (normal_quantile(hit) - normal_quantile(false_alarm)).clamp(-LARGEST_D_PRIME, LARGEST_D_PRIME)
    };
    let of_images = || {
        Array2::from_shape_fn(rates.rates.dim(), |(image, object)| {
            d_prime(1.0 - rates.rates[[image, object]], by_object[[object, rates.truths[image]]])
        })
    };
    let normalized = || {
        let values = of_images();
        let means = mean_by_object(&ConfusionRates { truths: rates.truths.clone(), rates: values.clone() });
        Array2::from_shape_fn(values.dim(), |(image, object)| {
            values[[image, object]] - means[[rates.truths[image], object]]
        })
    };
    let of_objects = || {
        Array2::from_shape_fn((n_objects, n_objects), |(object, other)| {
            d_prime(1.0 - by_object[[other, object]], by_object[[object, other]])
        })
    };
    let collapsed = |values: Array2<f64>| {
        let means = values.outer_iter().map(|row| defined_mean(row.iter().copied()));
        Array2::from_shape_vec((values.nrows(), 1), means.collect()).unwrap_or_default()
    };
    match pattern {
        DiscriminationPattern::I2 => of_images(),
        DiscriminationPattern::I2Normalized => normalized(),
        DiscriminationPattern::I1 => collapsed(of_images()),
        DiscriminationPattern::I1Normalized => collapsed(normalized()),
        DiscriminationPattern::O2 => of_objects(),
        DiscriminationPattern::O1 => collapsed(of_objects()),
    }
}

/// Mean of the rates over the images of each object: (n_objects, n_objects).
fn mean_by_object(rates: &ConfusionRates) -> Array2<f64> {
    let n_objects = rates.rates.ncols();
    Array2::from_shape_fn((n_objects, n_objects), |(truth, object)| {
        let images = rates.truths.iter().enumerate().filter(|&(_, &of_image)| of_image == truth);
        defined_mean(images.map(|(image, _)| rates.rates[[image, object]]))
    })
}

fn defined_mean(values: impl Iterator<Item = f64>) -> f64 {
    let defined: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
    defined.iter().sum::<f64>() / defined.len() as f64
}

/// Pearson's correlation of two observers' patterns over the values that both have.
///
/// # Shapes and units
/// - returns: from −1 to 1.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when the observers differ in images; [`StatsError::TooFew`] when fewer than 3 values are shared, or they do not vary.
pub fn pattern_consistency(
    first: &ConfusionRates,
    second: &ConfusionRates,
    pattern: DiscriminationPattern,
) -> Result<f64, StatsError> {
    require_same_length(
        OPERATION,
        "images",
        ("the first observer", first.truths.len()),
        ("the second", second.truths.len()),
    )?;
    let (one, other) = (discrimination_pattern(first, pattern), discrimination_pattern(second, pattern));
    let shared = one.iter().zip(&other).filter(|(a, b)| !a.is_nan() && !b.is_nan());
    let (one, other): (Vec<f64>, Vec<f64>) = shared.map(|(a, b)| (*a, *b)).unzip();
    require_count(OPERATION, "values that both observers have", one.len(), 3)?;
    let index = usize::from(one.iter().any(|value| Some(value) != one.first()));
    pearson(&one, &other).ok_or(StatsError::ConstantPattern { operation: OPERATION, what: "observer", index })
}

/// The consistency of two random halves of the choices, mean over `n_splits`: the ceiling of a pattern. Not corrected for length, as Brain-Score has it.
///
/// # Shapes and units
/// - `truths`: the object in each image; `choices`: any number, in any order.
///
/// # Errors
/// - [`StatsError::TooFew`] without a split; those of [`ConfusionRates::from_choices`] and [`pattern_consistency`].
///
/// # Accuracy and randomness
/// Split k draws from stream k of `rng`.
///
/// # Reference
/// As [`discrimination_pattern`]; Brain-Score's `ceiling` of `metrics/i1i2`.
pub fn pattern_ceiling(
    choices: &[TwoWayChoice],
    truths: &[usize],
    n_objects: usize,
    pattern: DiscriminationPattern,
    (n_splits, rng): (usize, &Rng),
) -> Result<f64, StatsError> {
    require_count(OPERATION, "random halvings", n_splits, 1)?;
    let mut sum = 0.0;
    for split in 0..n_splits {
        let mut order = choices.to_vec();
        rng.stream(split as u64).shuffle(&mut order);
        let (first, second) = order.split_at(order.len() / 2);
        let of = |half: &[TwoWayChoice]| ConfusionRates::from_choices(half, truths, n_objects);
        sum += pattern_consistency(&of(first)?, &of(second)?, pattern)?;
    }
    Ok(sum / n_splits as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn two_objects_give_the_hand_worked_d_prime() {
        // Image 0 (object 0) is taken for object 1 at 0.2; images of object 1 for object 0 at mean 0.4: d' = z(0.8) − z(0.4) = 0.8416 + 0.2533.
        let probabilities = array![[0.8, 0.2], [0.3, 0.7], [0.5, 0.5]];
        let rates = ConfusionRates::from_probabilities(probabilities.view(), &[0, 1, 1]).unwrap();
        let found = discrimination_pattern(&rates, DiscriminationPattern::I2);
        assert!((found[[0, 1]] - 1.094_968_337).abs() < 1e-8, "{found}");
        assert!(found[[0, 0]].is_nan());
        let normalized = discrimination_pattern(&rates, DiscriminationPattern::I2Normalized);
        assert!(normalized[[0, 1]].abs() < 1e-15 && (normalized[[1, 0]] + normalized[[2, 0]]).abs() < 1e-15);
        let of_objects = discrimination_pattern(&rates, DiscriminationPattern::O2);
        assert!((of_objects[[0, 1]] - 1.094_968_337).abs() < 1e-8);
        assert!((of_objects[[0, 1]] - of_objects[[1, 0]]).abs() < 1e-12);
    }

    #[test]
    fn certain_choices_are_held_to_five() {
        let rates = ConfusionRates::from_probabilities(array![[1.0, 0.0], [0.0, 1.0]].view(), &[0, 1]).unwrap();
        assert_eq!(discrimination_pattern(&rates, DiscriminationPattern::I1), array![[5.0], [5.0]]);
    }

    #[test]
    fn choices_are_counted_where_they_were_offered() {
        let choice = |distractor, chose_distractor| TwoWayChoice { image: 0, distractor, chose_distractor };
        let rates = ConfusionRates::from_choices(&[choice(1, true), choice(1, false)], &[0, 1, 2], 3).unwrap();
        assert_eq!(rates.rates[[0, 1]], 0.5);
        assert!(rates.rates[[0, 2]].is_nan());
        assert!(ConfusionRates::from_choices(&[choice(0, true)], &[0, 1, 2], 3).is_err());
    }

    #[test]
    fn observer_agrees_with_itself_and_halves_less() {
        let mut rng = Rng::new(6);
        let truths: Vec<usize> = (0..60).map(|image| image % 4).collect();
        let rates: Vec<f64> = (0..240).map(|_| 0.5 * rng.uniform()).collect();
        let mut choices = Vec::new();
        for image in 0..60 {
            for distractor in (0..4).filter(|&object| object != truths[image]) {
                for _ in 0..30 {
                    choices.push(TwoWayChoice {
                        image,
                        distractor,
                        chose_distractor: rng.uniform() < rates[image * 4 + distractor],
                    });
                }
            }
        }
        let all = ConfusionRates::from_choices(&choices, &truths, 4).unwrap();
        let itself = pattern_consistency(&all, &all, DiscriminationPattern::I2Normalized).unwrap();
        let halves = pattern_ceiling(&choices, &truths, 4, DiscriminationPattern::I2Normalized, (4, &rng)).unwrap();
        assert!((itself - 1.0).abs() < 1e-12 && halves > 0.5 && halves < 0.98, "{itself} {halves}");
    }
}
