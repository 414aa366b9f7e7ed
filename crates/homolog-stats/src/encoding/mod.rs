//! Encoding models scored on stimuli they have not seen: predictors × targets × splits in, a score per unit and split out.

mod aggregation;
mod bootstrap;
mod cross_validated;
mod relative_to_signal;
mod score;
mod stages;
mod variance;

pub use aggregation::{Aggregate, median_over_units_mean_over_splits};
pub use bootstrap::{BootstrapInterval, bootstrap_over_stimuli};
pub use cross_validated::{Encoding, EncodingProtocol, HeldOut, MissingTargets, UndefinedScores, encode};
pub use relative_to_signal::{SignalScore, SignalScores, score_relative_to_signal};
pub(crate) use score::poisson_deviance;
pub use score::{PredictionScore, pearson};
pub use stages::{encode_reversed, encode_stages};
pub use variance::{VariancePart, partition_variance, split_r2};
