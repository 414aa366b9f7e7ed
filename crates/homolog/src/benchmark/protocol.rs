//! How a network is compared with a recording, and what limits the comparison: every parameter, by name.

use serde::{Deserialize, Serialize};

/// How a network is compared with the recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Metric {
    /// Representational similarity: the RDM of a stage against the RDM of each subject.
    Rsa {
        /// How the stage's RDM is made.
        rdm: RdmMeasure,
        /// How two RDMs are compared, on their upper triangles.
        comparator: Comparator,
        /// Coordinates over whose values the brain's RDMs are averaged first, such as `session`.
        #[serde(default)]
        average_over: Vec<String>,
        /// The coordinate whose values are compared one by one; the value is the mean over them.
        each: String,
    },
    /// A mapping from the units of a stage to each recorded unit, fitted and tested on different stimuli.
    Encoding {
        /// What is fitted.
        mapping: Mapping,
        /// Which stimuli are for fitting and which for testing.
        splits: Splits,
        /// How a prediction is compared with the responses of a unit.
        #[serde(default)]
        correlation: Correlation,
        /// Over units, within a split.
        #[serde(default = "Aggregate::median")]
        over_units: Aggregate,
        /// Over splits.
        #[serde(default = "Aggregate::mean")]
        over_splits: Aggregate,
    },
    /// The network's choice among 16 entry-level categories against people's, stimulus by stimulus (Geirhos et al. 2019,
    /// 2021).
    #[serde(rename = "behaviour-16class")]
    Behaviour16Class {
        /// What is reported; the first is the value of the benchmark.
        measures: Vec<BehaviourMeasure>,
        /// How the probabilities of the ImageNet classes of one category become its own.
        #[serde(default = "Aggregate::mean")]
        over_classes: Aggregate,
    },
}

/// How an RDM is made from a stimulus × unit array.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RdmMeasure {
    /// 1 - Pearson correlation of two patterns.
    Correlation,
    /// 1 - cosine of two patterns.
    Cosine,
    /// Euclidean distance.
    Euclidean,
    /// Squared Euclidean distance divided by the number of units, which rsatoolbox calls `euclidean`.
    SquaredEuclideanPerUnit,
}

/// How two RDMs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparator {
    /// Pearson correlation.
    Pearson,
    /// Spearman rank correlation, ties at their mean rank.
    Spearman,
    /// Cosine.
    Cosine,
}

/// What is fitted from a stage to recorded units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Mapping {
    /// Partial least squares without scaling, all units of the recording at once.
    Pls {
        /// Components.
        components: usize,
    },
    /// Ridge regression, the penalty chosen within the training stimuli.
    Ridge {
        /// The grid of penalties.
        penalties: Vec<f64>,
        /// One penalty for each unit, or one for all.
        #[serde(default)]
        penalty_for: PenaltyFor,
    },
}

/// Who shares a penalty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PenaltyFor {
    /// Each recorded unit has its own.
    #[default]
    EachUnit,
    /// All recorded units share one.
    AllUnits,
}

/// Which stimuli are for fitting and which for testing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Splits {
    /// Random splits of the stimuli, index for index those of scikit-learn's `ShuffleSplit`.
    Shuffle {
        /// How many.
        n: usize,
        /// Share of the stimuli for fitting.
        train_size: f64,
        /// scikit-learn's `random_state`.
        seed: u32,
    },
    /// Random splits that keep the shares of a coordinate's values, those of scikit-learn's `StratifiedShuffleSplit`.
    StratifiedShuffle {
        /// The stimulus coordinate.
        by: String,
        /// How many.
        n: usize,
        /// Share of the stimuli for fitting.
        train_size: f64,
        /// scikit-learn's `random_state`.
        seed: u32,
    },
    /// One split for each value of a coordinate: tested on its stimuli, fitted on all others.
    LeaveOneGroupOut {
        /// The stimulus coordinate.
        by: String,
    },
}

/// How a prediction is compared with responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correlation {
    /// Pearson correlation over the test stimuli.
    #[default]
    Pearson,
}

/// How several numbers become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// Arithmetic mean.
    Mean,
    /// Median; of an even count, the mean of the two in the middle.
    Median,
}

impl Aggregate {
    fn mean() -> Aggregate {
        Aggregate::Mean
    }

    fn median() -> Aggregate {
        Aggregate::Median
    }
}

/// What is said of a network's choices beside people's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BehaviourMeasure {
    /// Share of shape choices among the choices that are either the shape's or the texture's category; stimuli whose
    /// shape and texture agree are left out.
    ShapeBias,
    /// Cohen's kappa of right and wrong between the network and each person, mean over people.
    ErrorConsistency,
    /// Share of choices that are the shape's category.
    Accuracy,
}

/// What limits the comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ceiling {
    /// Correlation, unit by unit, of the means over two random halves of the repetitions, corrected by Spearman and Brown
    /// for the full number; median over units, mean over halvings.
    SplitHalfSpearmanBrown {
        /// How many random halvings.
        n: usize,
        /// Seed of the halvings.
        seed: u32,
        /// The presentation coordinate that is halved.
        #[serde(default = "repetition")]
        over: String,
        /// How the score becomes a ceiled one.
        formula: CeilingFormula,
    },
    /// As `split-half-spearman-brown`, the repetitions of each population of units halved by themselves; median over all
    /// units, mean over halvings.
    Population {
        /// The unit coordinate that tells populations apart.
        by: String,
        /// How many random halvings.
        n: usize,
        /// Seed of the halvings.
        seed: u32,
        /// The presentation coordinate that is halved.
        #[serde(default = "repetition")]
        over: String,
        /// How the score becomes a ceiled one.
        formula: CeilingFormula,
    },
    /// The best that an RDM can do: lower, each subject with the mean of the others; upper, with the mean of all.
    RsaLowerUpper {
        /// Which of the two is divided by.
        against: Bound,
        /// How the score becomes a ceiled one.
        formula: CeilingFormula,
    },
    /// Mean agreement of each pair of people.
    BetweenPeople {
        /// How the score becomes a ceiled one.
        formula: CeilingFormula,
    },
    /// A published number.
    Given {
        /// The number.
        value: f64,
        /// Where it stands.
        source: String,
        /// How the score becomes a ceiled one.
        formula: CeilingFormula,
    },
    /// There is none to be had, and no score is ceiled.
    None {
        /// Why.
        reason: String,
    },
}

fn repetition() -> String {
    "repetition".to_owned()
}

/// Which end of a pair of bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The lower.
    Lower,
    /// The upper.
    Upper,
}

/// How a value and its ceiling become a ceiled value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CeilingFormula {
    /// value / ceiling: Brain-Score until 2025, and its RSA benchmarks since.
    ValueOverCeiling,
    /// value² / ceiling: Brain-Score's neural benchmarks since January 2026.
    #[serde(rename = "brain-score-2026")]
    BrainScore2026,
}

impl CeilingFormula {
    /// The same formula as the statistics name it.
    pub fn in_statistics(self) -> homolog_stats::ceiling::CeilingFormula {
        match self {
            CeilingFormula::ValueOverCeiling => homolog_stats::ceiling::CeilingFormula::Ratio,
            CeilingFormula::BrainScore2026 => homolog_stats::ceiling::CeilingFormula::SquaredOverCeiling,
        }
    }

    /// The name that manifests and reports give it.
    pub fn name(self) -> &'static str {
        match self {
            CeilingFormula::ValueOverCeiling => "value-over-ceiling",
            CeilingFormula::BrainScore2026 => "brain-score-2026",
        }
    }
}

impl Ceiling {
    /// The name that manifests and reports give its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Ceiling::SplitHalfSpearmanBrown { .. } => "split-half-spearman-brown",
            Ceiling::Population { .. } => "population",
            Ceiling::RsaLowerUpper { .. } => "rsa-lower-upper",
            Ceiling::BetweenPeople { .. } => "between-people",
            Ceiling::Given { .. } => "given",
            Ceiling::None { .. } => "none",
        }
    }

    /// How a value is ceiled.
    pub fn formula(&self) -> Option<CeilingFormula> {
        match self {
            Ceiling::SplitHalfSpearmanBrown { formula, .. }
            | Ceiling::Population { formula, .. }
            | Ceiling::RsaLowerUpper { formula, .. }
            | Ceiling::BetweenPeople { formula }
            | Ceiling::Given { formula, .. } => Some(*formula),
            Ceiling::None { .. } => None,
        }
    }

    /// Why there is none.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Ceiling::None { reason } => Some(reason),
            _ => None,
        }
    }
}

impl BehaviourMeasure {
    /// The name that manifests and reports give it.
    pub fn name(self) -> String {
        kebab_name(&self)
    }
}

impl Metric {
    /// A short name for tables: `rsa-correlation-spearman`, `encoding-pls-25`, `behaviour-16class`.
    pub fn name(&self) -> String {
        match self {
            Metric::Rsa { rdm, comparator, .. } => {
                format!("rsa-{}-{}", kebab_name(rdm), kebab_name(comparator))
            }
            Metric::Encoding { mapping: Mapping::Pls { components }, .. } => format!("encoding-pls-{components}"),
            Metric::Encoding { mapping: Mapping::Ridge { .. }, .. } => "encoding-ridge".to_owned(),
            Metric::Behaviour16Class { measures, .. } => measures
                .first()
                .map_or_else(|| "behaviour-16class".to_owned(), |measure| format!("behaviour-{}", kebab_name(measure))),
        }
    }
}

impl Metric {
    /// What a value is, for axes.
    pub fn value_label(&self) -> &'static str {
        match self {
            Metric::Rsa { comparator: Comparator::Pearson, .. } => "Pearson correlation of RDMs",
            Metric::Rsa { comparator: Comparator::Spearman, .. } => "Spearman correlation of RDMs",
            Metric::Rsa { comparator: Comparator::Cosine, .. } => "Cosine of RDMs",
            Metric::Encoding { .. } => "Pearson correlation, predicted and recorded",
            Metric::Behaviour16Class { .. } => "Shape bias",
        }
    }
}

/// The name that a choice has in manifests.
fn kebab_name(choice: &impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}
