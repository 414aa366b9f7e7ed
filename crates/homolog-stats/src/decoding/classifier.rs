//! A linear classifier, however it was fitted, and the choice among the ways.

use std::str::FromStr;

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::discriminant::{Discriminant, Shrinkage};
use super::logistic::LogisticRegression;
use super::support_vectors::SupportVectors;
use crate::error::StatsError;
use crate::finite::{require_count, require_finite, require_same_length};
use crate::mapping::product;
use crate::naming::unknown_name;

/// How a classifier is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decoder {
    /// Multinomial logistic regression.
    Logistic(LogisticRegression),
    /// Linear discriminant analysis with a shrunk covariance.
    Discriminant(Discriminant),
    /// A linear support vector machine.
    SupportVectors(SupportVectors),
}

impl Decoder {
    /// The names that commands take.
    pub const NAMES: [&'static str; 3] = ["logistic", "lda", "svm"];

    /// The name that commands and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logistic(_) => "logistic",
            Self::Discriminant(_) => "lda",
            Self::SupportVectors(_) => "svm",
        }
    }

    /// Fits the classifier.
    ///
    /// # Shapes and units
    /// - `features`: (n_stimuli, n_features); `classes`: the class of each stimulus, numbered from 0 without a gap.
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when features and classes differ in stimuli.
    /// - [`StatsError::TooFew`] with fewer than two classes, or without a feature.
    /// - [`StatsError::Missing`] names the first class without a stimulus.
    /// - [`StatsError::NotFinite`] names the first feature that is NaN or infinite.
    /// - Those of the way it is fitted.
    pub fn fit(self, features: ArrayView2<'_, f64>, classes: &[usize]) -> Result<LinearClassifier, StatsError> {
        match self {
            Self::Logistic(options) => options.fit(features, classes),
            Self::Discriminant(options) => options.fit(features, classes),
            Self::SupportVectors(options) => options.fit(features, classes),
        }
    }
}

impl FromStr for Decoder {
    type Err = StatsError;

    /// The decoder of this name with scikit-learn's options: `logistic` and `svm` with C = 1, `lda` with automatic shrinkage.
    fn from_str(name: &str) -> Result<Self, StatsError> {
        match name {
            "logistic" => Ok(Self::Logistic(LogisticRegression { inverse_penalty: 1.0 })),
            "lda" => Ok(Self::Discriminant(Discriminant { shrinkage: Shrinkage::LedoitWolf })),
            "svm" => Ok(Self::SupportVectors(SupportVectors { inverse_penalty: 1.0 })),
            _ => Err(unknown_name("decoder", name, &Self::NAMES)),
        }
    }
}

/// A class is chosen by the largest of linear functions of the features; with two classes by the sign of one.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearClassifier {
    /// One row for each class, (n_classes, n_features); with two classes one row, in favour of class 1.
    pub coefficients: Array2<f64>,
    /// One for each row.
    pub intercepts: Array1<f64>,
}

impl LinearClassifier {
    /// The value of each linear function: (n_stimuli, n_rows).
    ///
    /// # Errors
    /// - [`StatsError::ShapeMismatch`] when the features are not those it was fitted to.
    /// - [`StatsError::NotFinite`] names the first feature that is NaN or infinite.
    pub fn decision(&self, features: ArrayView2<'_, f64>) -> Result<Array2<f64>, StatsError> {
        const OPERATION: &str = "the decision of a classifier";
        let found = (("the responses", features.ncols()), ("the classifier", self.coefficients.ncols()));
        require_same_length(OPERATION, "features", found.0, found.1)?;
        require_finite(OPERATION, "features", features)?;
        Ok(product(features, self.coefficients.t()) + &self.intercepts)
    }

    /// The class of each stimulus; the first among equals.
    ///
    /// # Errors
    /// As [`LinearClassifier::decision`].
    pub fn classify(&self, features: ArrayView2<'_, f64>) -> Result<Vec<usize>, StatsError> {
        let decision = self.decision(features)?;
        let largest = |row: ndarray::ArrayView1<'_, f64>| match row.len() {
            1 => usize::from(row[0] > 0.0),
            n => (1..n).fold(0, |best, at| if row[at] > row[best] { at } else { best }),
        };
        Ok(decision.outer_iter().map(largest).collect())
    }
}

/// Whether features are brought to unit variance by the training part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureScaling {
    /// As they come.
    None,
    /// Less their mean and divided by their standard deviation over the training part (ddof 0; a constant feature only centred): scikit-learn's
    /// `StandardScaler`.
    UnitVariance,
}

impl FeatureScaling {
    /// Training and other features, scaled by the training features.
    pub(super) fn apply(self, train: ArrayView2<'_, f64>, others: ArrayView2<'_, f64>) -> (Array2<f64>, Array2<f64>) {
        if self == Self::None {
            return (train.to_owned(), others.to_owned());
        }
        let means = train.mean_axis(Axis(0)).unwrap_or_default();
        let deviations = deviations(train);
        let scale = |features: ArrayView2<'_, f64>| (&features - &means) / &deviations;
        (scale(train), scale(others))
    }
}

/// Standard deviation of each column (ddof 0), 1 where it is constant.
pub(super) fn deviations(features: ArrayView2<'_, f64>) -> Array1<f64> {
    let mut deviations = features.std_axis(Axis(0), 0.0);
    for (deviation, column) in deviations.iter_mut().zip(features.columns()) {
        if deviation.is_nan() || *deviation <= 0.0 || column.iter().all(|value| Some(value) == column.first()) {
            *deviation = 1.0;
        }
    }
    deviations
}

/// How many classes there are, once features and classes are found to belong together.
pub(super) fn check_classes(
    operation: &'static str,
    features: ArrayView2<'_, f64>,
    classes: &[usize],
) -> Result<usize, StatsError> {
    let found = (("the responses", features.nrows()), ("the classes", classes.len()));
    require_same_length(operation, "stimuli", found.0, found.1)?;
    require_count(operation, "features", features.ncols(), 1)?;
    let n_classes = classes.iter().max().map_or(0, |last| last.saturating_add(1));
    require_count(operation, "classes", n_classes, 2)?;
    // More classes than stimuli leave one empty, whatever number it was given.
    let mut is_there = vec![false; n_classes.min(classes.len() + 1)];
    for &class in classes {
        if let Some(there) = is_there.get_mut(class) {
            *there = true;
        }
    }
    if let Some(index) = is_there.iter().position(|there| !there) {
        let advice =
            "Number the classes from 0 without a gap, and use splits that keep every class in the training part";
        return Err(StatsError::Missing { operation, what: "class", index, missing: "stimulus to learn from", advice });
    }
    require_finite(operation, "features", features)?;
    Ok(n_classes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn every_name_gives_a_decoder_of_that_name() {
        for name in Decoder::NAMES {
            assert_eq!(name.parse::<Decoder>().unwrap().name(), name);
        }
        let words = "logistics".parse::<Decoder>().unwrap_err().to_string();
        assert!(words.contains("There are: logistic, "), "{words}");
    }

    #[test]
    fn classes_are_checked_before_anything_is_fitted() {
        let features = array![[0.0, 1.0], [1.0, 0.0], [2.0, 3.0], [3.0, 1.0]];
        for name in Decoder::NAMES {
            let decoder: Decoder = name.parse().unwrap();
            let refused = |classes: &[usize]| decoder.fit(features.view(), classes).unwrap_err();
            assert!(matches!(refused(&[0, 0, 0, 0]), StatsError::TooFew { what: "classes", .. }));
            assert!(matches!(refused(&[0, 2, 0, 2]), StatsError::Missing { index: 1, .. }));
            assert!(matches!(refused(&[0, usize::MAX - 1, 0, 2]), StatsError::Missing { index: 1, .. }));
            assert!(matches!(refused(&[0, 1]), StatsError::ShapeMismatch { .. }));
            let broken = array![[0.0, 1.0], [1.0, 0.0], [f64::NAN, 3.0], [3.0, 1.0]];
            let refused = decoder.fit(broken.view(), &[0, 0, 1, 1]).unwrap_err();
            assert!(matches!(refused, StatsError::NotFinite { row: 2, column: 0, .. }));
        }
    }

    #[test]
    fn unit_variance_leaves_a_constant_feature_at_zero() {
        let train = array![[1.0, 5.0], [3.0, 5.0]];
        let (scaled, others) = FeatureScaling::UnitVariance.apply(train.view(), array![[2.0, 6.0]].view());
        assert_eq!(scaled, array![[-1.0, 0.0], [1.0, 0.0]]);
        assert_eq!(others, array![[0.0, 1.0]]);
    }
}
