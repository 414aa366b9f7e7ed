//! How alike two RDMs are: the comparators of representational similarity analysis.
//!
//! [`compare_rdms`] gives one number for each pair of RDMs of two sets. Noise ceilings are in [`crate::noise_ceiling`], intervals and
//! tests in [`crate::inference`].

mod geometry;
mod inner;
mod kendall;
mod rank;
mod sample;
mod set;
mod several;

use ndarray::{Array2, ArrayView2};

pub use geometry::{GeometryComparator, compare_geometries};
pub use rank::mean_ranks;
pub(crate) use sample::PairSample;
pub(crate) use set::{ComparisonSet, Scratch};
pub(crate) use several::solve as solve_weights;
pub use several::{RegressionRsa, Scale, WeightSign, partial_correlation, regression_rsa};

use crate::StatsError;
use crate::naming::unknown_name;
use inner::{Centring, InnerProduct, Metric};

/// The number that says how alike two RDMs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparator {
    /// Cosine of the angle between the two vectors of dissimilarities.
    Cosine,
    /// Pearson's r over pairs. rsatoolbox: "corr".
    Pearson,
    /// Spearman's rank correlation: Pearson's r of mean ranks, so ties share ranks and shrink the denominator.
    Spearman,
    /// Spearman's correlation expected when ties are broken at random: 12 Σ (r − r̄)(q − q̄) / (N³ − N).
    RhoA,
    /// Kendall's tau-a: (concordant − discordant) / all pairs of pairs; ties count as neither.
    TauA,
    /// Kendall's tau-b: the denominator leaves out pairs of pairs that either side ties.
    TauB,
    /// Cosine after whitening with the covariance of the dissimilarity estimates under independent noise, which equals linear
    /// CKA of centred patterns. rsatoolbox: "cosine_cov".
    WhitenedCosine,
    /// Pearson's r after whitening: the mean over pairs is taken away, then the whitened cosine. rsatoolbox: "corr_cov".
    WhitenedPearson,
}

impl Comparator {
    /// Every comparator.
    pub const ALL: [Self; 8] = [
        Self::Cosine,
        Self::Pearson,
        Self::Spearman,
        Self::RhoA,
        Self::TauA,
        Self::TauB,
        Self::WhitenedCosine,
        Self::WhitenedPearson,
    ];

    /// Its name on command lines and in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::RhoA => "rho-a",
            Self::TauA => "tau-a",
            Self::TauB => "tau-b",
            Self::WhitenedCosine => "whitened-cosine",
            Self::WhitenedPearson => "whitened-pearson",
        }
    }

    /// What readers call it, as it stands at the axis of a figure.
    pub fn label(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Pearson => "Pearson\u{2019}s r",
            Self::Spearman => "Spearman\u{2019}s \u{3c1}",
            Self::RhoA => "\u{3c1}a",
            Self::TauA => "Kendall\u{2019}s \u{3c4}a",
            Self::TauB => "Kendall\u{2019}s \u{3c4}b",
            Self::WhitenedCosine => "whitened cosine",
            Self::WhitenedPearson => "whitened Pearson\u{2019}s r",
        }
    }

    /// The comparator with this name; rsatoolbox's names are understood too.
    ///
    /// # Errors
    /// [`StatsError::UnknownName`] lists all names, the nearest first.
    pub fn from_name(name: &str) -> Result<Self, StatsError> {
        let ours = match name {
            "corr" => "pearson",
            "kendall" => "tau-b",
            "cosine_cov" => "whitened-cosine",
            "corr_cov" => "whitened-pearson",
            other => other,
        };
        Self::ALL
            .into_iter()
            .find(|comparator| comparator.name() == ours)
            .ok_or_else(|| unknown_name("comparator of RDMs", name, &Self::ALL.map(Self::name)))
    }

    /// The inner product whose cosine this is, or `None` for the comparators of ranks.
    fn inner_product(self) -> Option<InnerProduct> {
        let (centring, metric) = match self {
            Self::Cosine => (Centring::AsIs, Metric::Plain),
            Self::Pearson => (Centring::MeanRemoved, Metric::Plain),
            Self::WhitenedCosine => (Centring::AsIs, Metric::Whitened),
            Self::WhitenedPearson => (Centring::MeanRemoved, Metric::Whitened),
            Self::Spearman | Self::RhoA | Self::TauA | Self::TauB => return None,
        };
        Some(InnerProduct { centring, metric })
    }

    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Cosine => "the cosine of two RDMs",
            Self::Pearson => "the Pearson correlation of two RDMs",
            Self::Spearman => "the Spearman correlation of two RDMs",
            Self::RhoA => "rho-a of two RDMs",
            Self::TauA => "tau-a of two RDMs",
            Self::TauB => "tau-b of two RDMs",
            Self::WhitenedCosine => "the whitened cosine of two RDMs",
            Self::WhitenedPearson => "the whitened Pearson correlation of two RDMs",
        }
    }
}

impl std::str::FromStr for Comparator {
    type Err = StatsError;

    fn from_str(name: &str) -> Result<Self, StatsError> {
        Self::from_name(name)
    }
}

/// How alike each RDM of one set is to each of another.
///
/// # Shapes and units
/// - `left`: (n_left, n_pairs), `right`: (n_right, n_pairs); each row an RDM, upper triangle row by row, over the same stimuli in the
///   same order.
/// - returns: (n_left, n_right), in \[−1, 1\], no unit.
///
/// # Errors
/// - [`StatsError::ShapeMismatch`] when the two sets have different numbers of pairs; [`StatsError::NotPairs`] when that is no RDM's.
/// - [`StatsError::TooFewStimuli`] under 3 stimuli.
/// - [`StatsError::NotFinite`] names the first value that is not finite by RDM (row) and pair (column).
/// - [`StatsError::ConstantPattern`] when an RDM is constant (all zero for the cosines): rsatoolbox gives 0 there.
///
/// # Edge cases
/// Tied dissimilarities lower rho-a and tau-a but not Spearman and tau-b: a model of categories is favoured by the latter.
///
/// # Accuracy and randomness
/// f64; agrees with rsatoolbox 0.3.2 to 1e-10 (goldens/rsatoolbox/compare). Deterministic, whatever the number of threads.
///
/// # Example
/// ```
/// use homolog_stats::comparator::{Comparator, compare_rdms};
/// use ndarray::array;
/// let model = array![[1.0, 2.0, 3.0]];
/// let brain = array![[2.0, 4.0, 6.5], [3.0, 2.0, 1.0]];
/// let tau = compare_rdms(model.view(), brain.view(), Comparator::TauA)?;
/// assert_eq!(tau, array![[1.0, -1.0]]);
/// # Ok::<(), homolog_stats::StatsError>(())
/// ```
///
/// # Reference
/// Nili et al. (2014). A toolbox for representational similarity analysis. PLoS Comput Biol 10:e1003553 (tau-a).
/// Schütt et al. (2023). Statistical inference on representational geometries. eLife 12:e82566 (rho-a, whitened).
/// Diedrichsen et al. (2020). Comparing representational geometries using whitened unbiased-distance-matrix similarity.
/// arXiv:2007.02789.
pub fn compare_rdms(
    left: ArrayView2<'_, f64>,
    right: ArrayView2<'_, f64>,
    comparator: Comparator,
) -> Result<Array2<f64>, StatsError> {
    let set = ComparisonSet::new(left, right, comparator)?;
    let whole = set.on_all_stimuli();
    Ok(whole.scores())
}
